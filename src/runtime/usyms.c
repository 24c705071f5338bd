/*
 * User symbols: which file is mapped where in which process (recorded while the process lives), and
 * the symbols of those files through libdwfl, which also knows .gnu_debugdata and separate debug
 * files.
 */
#include "runtime/places.h"
#include "runtime/symbols.h"
#include "runtime/symtab.h"

#include "base/archive.h"
#include "base/arena.h"
#include "base/hashmap.h"
#include "base/vec.h"

#include <dirent.h>
#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000u
#define VDSO "[vdso]"
#define USUAL_DEBUGINFO ":.debug:/usr/lib/debug" /* libdwfl's own search path */

struct process {
	pid_t tgid;
	uint64_t noted_ns; /* when its mappings were last read; 0: never */
	struct perfmap *generated; /* NULL: nothing was asked for yet */
	VEC(struct mapping)
	mappings; /* later ones replace earlier ones that they overlap */
};

struct file {
	Dwfl *dwfl;
	Dwfl_Module *module; /* NULL: cannot be read */
	struct symtab *symtab; /* NULL: nothing was asked for yet */
	struct places *places; /* NULL: nothing was asked for yet */
	uint64_t base; /* where it begins in the file that is mapped: that of an archive's member */
};

struct usyms {
	struct arena *arena;
	Dwfl_Callbacks callbacks;
	char *debuginfo; /* libdwfl reads it through a pointer in `callbacks` */
	struct hashmap processes; /* pid_t -> struct process */
	struct hashmap files; /* "INODE:PATH" -> struct file */
	struct hashmap paths; /* path -> itself */
};

struct usyms *usyms_new(const char *debuginfo)
{
	struct arena *arena = arena_new();
	struct usyms *usyms = arena_new_object(arena, struct usyms);

	usyms->arena = arena;
	usyms->callbacks = (Dwfl_Callbacks){
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};
	if (debuginfo) {
		usyms->debuginfo = arena_printf(arena, "%s" USUAL_DEBUGINFO, debuginfo);
		usyms->callbacks.debuginfo_path = &usyms->debuginfo;
	}
	hashmap_init(&usyms->processes, arena);
	hashmap_init(&usyms->files, arena);
	hashmap_init(&usyms->paths, arena);
	return usyms;
}

void usyms_free(struct usyms *usyms)
{
	if (!usyms)
		return;
	for (size_t i = 0; i < usyms->files.len; i++) {
		struct file *file = usyms->files.entries[i].value;

		if (file->dwfl)
			dwfl_end(file->dwfl);
	}
	arena_free(usyms->arena);
}

static struct process *get_process(struct usyms *usyms, pid_t tgid)
{
	struct process *process = hashmap_get(&usyms->processes, &tgid, sizeof(tgid));

	if (process)
		return process;
	process = arena_new_object(usyms->arena, struct process);
	process->tgid = tgid;
	hashmap_set(&usyms->processes, &process->tgid, sizeof(tgid), process);
	return process;
}

static bool is_known(const struct process *process, const struct mapping *mapping)
{
	for (size_t i = process->mappings.len; i-- > 0;) {
		const struct mapping *other = &process->mappings.data[i];

		if (other->start == mapping->start && other->end == mapping->end &&
		    other->file_offset == mapping->file_offset && other->inode == mapping->inode &&
		    !strcmp(other->path, mapping->path))
			return true;
		/* It may stand further down, hidden: then it has come back. */
		if (other->start < mapping->end && mapping->start < other->end)
			return false;
	}
	return false;
}

/* Paths are many times the same: one copy of each. */
static const char *shared_path(struct usyms *usyms, const char *path)
{
	char *copy = hashmap_gets(&usyms->paths, path);

	if (copy)
		return copy;
	copy = arena_strdup(usyms->arena, path);
	hashmap_sets(&usyms->paths, copy, copy);
	return copy;
}

void usyms_add_mapping(struct usyms *usyms, pid_t tgid, const struct mapping *mapping)
{
	struct process *process = get_process(usyms, tgid);
	struct mapping copy = *mapping;

	if (is_known(process, mapping))
		return;
	copy.path = shared_path(usyms, mapping->path);
	vec_push(usyms->arena, &process->mappings, copy);
}

/* The child's own mappings may have been told first, by another CPU: they hide the parent's. */
void usyms_fork(struct usyms *usyms, pid_t parent, pid_t child)
{
	const struct process *from = hashmap_get(&usyms->processes, &parent, sizeof(parent));
	struct process *to, own;

	/* A parent that nobody noted: its child is looked at instead. */
	if (!from) {
		usyms_note_process(usyms, child);
		return;
	}
	to = get_process(usyms, child);
	own = *to;
	*to = (struct process){.tgid = child};
	from = hashmap_get(&usyms->processes, &parent, sizeof(parent));
	for (size_t i = 0; i < from->mappings.len; i++)
		vec_push(usyms->arena, &to->mappings, from->mappings.data[i]);
	for (size_t i = 0; i < own.mappings.len; i++)
		vec_push(usyms->arena, &to->mappings, own.mappings.data[i]);
}

/* False if there is none: the process has ended, or its first thread has. */
static bool read_maps(struct usyms *usyms, pid_t tgid, pid_t tid)
{
	char path[64], line[4352];
	bool any = false;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/maps", (int)tgid, (int)tid);
	maps = fopen(path, "re");
	while (maps && fgets(line, sizeof(line), maps)) {
		struct mapping mapping;
		unsigned major, minor;
		char permissions[5];
		int name = 0;

		any = true;
		if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu %n", &mapping.start, &mapping.end,
			   permissions, &mapping.file_offset, &major, &minor, &mapping.inode,
			   &name) < 7 ||
		    !name || permissions[2] != 'x')
			continue;
		line[strcspn(line, "\n")] = '\0';
		mapping.path = line + name;
		mapping.device = makedev(major, minor);
		if (mapping.path[0] == '/' || !strcmp(mapping.path, VDSO))
			usyms_add_mapping(usyms, tgid, &mapping);
	}
	if (maps)
		fclose(maps);
	return any;
}

void usyms_note_process(struct usyms *usyms, pid_t tgid)
{
	struct dirent *entry;
	char path[64];
	DIR *tasks;

	if (read_maps(usyms, tgid, tgid))
		return;
	snprintf(path, sizeof(path), "/proc/%d/task", (int)tgid);
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks)))
		if (entry->d_name[0] != '.' && read_maps(usyms, tgid, atoi(entry->d_name)))
			break;
	if (tasks)
		closedir(tasks);
}

/* The vdso is the same in all processes, also in this one. */
static int open_vdso(void)
{
	const char *image = (const char *)getauxval(AT_SYSINFO_EHDR); /* NOLINT */
	int fd = image ? memfd_create("vdso", MFD_CLOEXEC) : -1;
	const Elf64_Ehdr *header = (const void *)image;
	size_t size;

	if (fd < 0)
		return -1;
	size = header->e_shoff + (size_t)header->e_shnum * header->e_shentsize;
	if (write(fd, image, size) == (ssize_t)size)
		return fd;
	close(fd);
	return -1;
}

/* Opens what may be the mapped file; -1 if it cannot be, as its number shows. */
static int open_candidate(const char *path, const struct mapping *mapping, bool same_device)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -1;
	/* Overlays have devices of their own, and numbers too: there it cannot be told. */
	if (!fstat(fd, &status) && S_ISREG(status.st_mode) &&
	    (status.st_ino == mapping->inode || (!same_device && status.st_dev != mapping->device)))
		return fd;
	close(fd);
	return -1;
}

/*
 * As the process has it mapped, while it lives: so files that were deleted, and those of other
 * mount namespaces, are found. It may end between any two system calls; then the path is left.
 */
static int open_file(pid_t tgid, const struct mapping *mapping)
{
	char path[PATH_MAX + 64];
	int fd;

	if (!strcmp(mapping->path, VDSO))
		return open_vdso();
	snprintf(path, sizeof(path), "/proc/%d/map_files/%lx-%lx", (int)tgid, mapping->start,
		 mapping->end);
	fd = open_candidate(path, mapping, false);
	if (fd >= 0)
		return fd;
	/* Which takes a capability; the program itself does not. */
	snprintf(path, sizeof(path), "/proc/%d/exe", (int)tgid);
	fd = open_candidate(path, mapping, true);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "/proc/%d/root%s", (int)tgid, mapping->path);
	fd = open_candidate(path, mapping, false);
	return fd < 0 ? open_candidate(mapping->path, mapping, false) : fd;
}

/* A mapping of an archive is one of a member's: opens that, in place of the archive. */
static int open_member(int fd, uint64_t offset, uint64_t *base)
{
	struct archive_member member;
	int copy;

	if (!archive_find_at(fd, offset, &member))
		return fd;
	copy = archive_extract(fd, &member);
	if (copy < 0)
		return fd;
	*base = member.offset;
	close(fd);
	return copy;
}

static bool is_elf(int fd)
{
	char magic[SELFMAG];

	return pread(fd, magic, SELFMAG, 0) == SELFMAG && !memcmp(magic, ELFMAG, SELFMAG);
}

static void report_module(const struct usyms *usyms, struct file *file, const char *path, int fd)
{
	file->dwfl = dwfl_begin(&usyms->callbacks);
	if (!file->dwfl) {
		close(fd);
		return;
	}
	dwfl_report_begin(file->dwfl);
	file->module = dwfl_report_offline(file->dwfl, path, path, fd);
	if (!file->module)
		close(fd);
	dwfl_report_end(file->dwfl, NULL, NULL);
}

/* Files are the same for all their mappings, members of archives are told apart by theirs. */
static struct file *get_file(struct usyms *usyms, pid_t tgid, const struct mapping *mapping)
{
	char name[PATH_MAX + 32], member[PATH_MAX + 64];
	struct file *file;
	int fd;

	snprintf(name, sizeof(name), "%lu:%s", mapping->inode, mapping->path);
	snprintf(member, sizeof(member), "%s!%lx", name, mapping->file_offset);
	file = hashmap_gets(&usyms->files, name);
	if (!file)
		file = hashmap_gets(&usyms->files, member);
	if (file)
		return file;
	file = arena_new_object(usyms->arena, struct file);
	fd = open_file(tgid, mapping);
	if (fd < 0 || is_elf(fd)) {
		hashmap_sets(&usyms->files, arena_strdup(usyms->arena, name), file);
	} else {
		hashmap_sets(&usyms->files, arena_strdup(usyms->arena, member), file);
		fd = open_member(fd, mapping->file_offset, &file->base);
	}
	if (fd >= 0)
		report_module(usyms, file, mapping->path, fd);
	return file;
}

/* The address in libdwfl's image of a byte of the file. */
static bool image_address(const struct file *file, uint64_t file_offset, uint64_t *address)
{
	GElf_Addr bias;
	Elf *elf = file->module ? dwfl_module_getelf(file->module, &bias) : NULL;
	size_t n;

	file_offset -= file->base;
	if (!elf || elf_getphdrnum(elf, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr header;

		if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_LOAD)
			continue;
		if (file_offset >= header.p_offset &&
		    file_offset - header.p_offset < header.p_filesz) {
			*address = file_offset - header.p_offset + header.p_vaddr + bias;
			return true;
		}
	}
	return false;
}

static const struct mapping *find_mapping(const struct process *process, uint64_t address)
{
	for (size_t i = process->mappings.len; i-- > 0;) {
		const struct mapping *mapping = &process->mappings.data[i];

		if (address >= mapping->start && address < mapping->end)
			return mapping;
	}
	return NULL;
}

/*
 * Code that no file is mapped at is often no code: a frame of a function without frame pointers.
 * Whether something was mapped or generated there meanwhile is not asked more than once a second.
 */
static void look_again(struct usyms *usyms, struct process *process)
{
	struct timespec now;
	uint64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ns = (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
	if (process->noted_ns && ns - process->noted_ns < SECOND_NS)
		return;
	process->noted_ns = ns;
	usyms_note_process(usyms, process->tgid);
	if (!process->generated)
		process->generated = perfmap_new(usyms->arena, process->tgid);
	perfmap_read(process->generated);
}

static bool find_generated(const struct process *process, uint64_t address, const char **name,
			   const char **path, uint64_t *offset)
{
	if (!process->generated)
		return false;
	*name = perfmap_find(process->generated, address, offset);
	*path = perfmap_path(process->generated);
	return *name != NULL;
}

static const char *find_symbol(struct usyms *usyms, struct file *file, uint64_t file_offset,
			       uint64_t *within)
{
	uint64_t image;

	if (!image_address(file, file_offset, &image))
		return NULL;
	if (!file->symtab)
		file->symtab = symtab_new(usyms->arena, file->module);
	return symtab_find(file->symtab, image, within);
}

bool usyms_find(struct usyms *usyms, pid_t tgid, uint64_t address, const char **name,
		const char **path, uint64_t *offset)
{
	struct process *process = get_process(usyms, tgid);
	const struct mapping *mapping = find_mapping(process, address);
	uint64_t within;

	if (!mapping && find_generated(process, address, name, path, offset))
		return true;
	if (!mapping) {
		look_again(usyms, process);
		mapping = find_mapping(process, address);
	}
	if (!mapping)
		return find_generated(process, address, name, path, offset);
	*path = mapping->path;
	*offset = address - mapping->start + mapping->file_offset;
	*name = find_symbol(usyms, get_file(usyms, tgid, mapping), *offset, &within);
	if (*name)
		*offset = within;
	return true;
}

const struct place *usyms_places(struct usyms *usyms, pid_t tgid, uint64_t address, size_t *n)
{
	const struct mapping *mapping = find_mapping(get_process(usyms, tgid), address);
	struct file *file = mapping ? get_file(usyms, tgid, mapping) : NULL;
	uint64_t image;

	*n = 0;
	if (!file || !image_address(file, address - mapping->start + mapping->file_offset, &image))
		return NULL;
	if (!file->places)
		file->places = places_new(usyms->arena, file->module);
	return places_find(file->places, image, n);
}
