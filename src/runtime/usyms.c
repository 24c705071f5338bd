/*
 * User symbols: which file is mapped where in which process (recorded while the process lives), and
 * the symbols of those files through libdwfl, which also knows .gnu_debugdata and separate debug
 * files.
 */
#include "runtime/symbols.h"

#include "base/archive.h"
#include "base/arena.h"
#include "base/hashmap.h"
#include "base/vec.h"

#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000u

struct mapping {
	uint64_t start, end, file_offset;
	const char *path;
};

struct process {
	pid_t tgid;
	uint64_t noted_ns; /* when its mappings were last read; 0: never */
	VEC(struct mapping)
	mappings; /* later ones replace earlier ones that they overlap */
};

struct symbol {
	uint64_t file_offset; /* that was asked for */
	const char *name; /* NULL: there is none */
	uint64_t within;
};

struct file {
	Dwfl *dwfl;
	Dwfl_Module *module; /* NULL: cannot be read */
	struct hashmap found; /* file offset -> struct symbol: libdwfl looks at every symbol */
	uint64_t base; /* where it begins in the file that is mapped: that of an archive's member */
};

struct usyms {
	struct arena *arena;
	struct hashmap processes; /* pid_t -> struct process */
	struct hashmap files; /* path -> struct file */
	struct hashmap paths; /* path -> itself */
};

struct usyms *usyms_new(void)
{
	struct arena *arena = arena_new();
	struct usyms *usyms = arena_new_object(arena, struct usyms);

	usyms->arena = arena;
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
		    other->file_offset == mapping->file_offset &&
		    !strcmp(other->path, mapping->path))
			return true;
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

void usyms_add_mapping(struct usyms *usyms, pid_t tgid, uint64_t start, uint64_t end,
		       uint64_t file_offset, const char *path)
{
	struct process *process = get_process(usyms, tgid);
	struct mapping mapping = {start, end, file_offset, path};

	if (is_known(process, &mapping))
		return;
	mapping.path = shared_path(usyms, path);
	vec_push(usyms->arena, &process->mappings, mapping);
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

void usyms_note_process(struct usyms *usyms, pid_t tgid)
{
	char path[64], line[4352];
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)tgid);
	maps = fopen(path, "re");
	while (maps && fgets(line, sizeof(line), maps)) {
		unsigned long start, end, offset;
		char permissions[5];
		int name = 0;

		if (sscanf(line, "%lx-%lx %4s %lx %*s %*s %n", &start, &end, permissions, &offset,
			   &name) < 4 ||
		    !name || permissions[2] != 'x' || line[name] != '/')
			continue;
		line[strcspn(line, "\n")] = '\0';
		usyms_add_mapping(usyms, tgid, start, end, offset, line + name);
	}
	if (maps)
		fclose(maps);
}

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

/*
 * Through the process' own root while it lives, so that files of other mount namespaces are found.
 * It may end between any two system calls.
 */
static int open_file(struct usyms *usyms, pid_t tgid, const char *path)
{
	int fd = open(arena_printf(usyms->arena, "/proc/%d/root%s", (int)tgid, path),
		      O_RDONLY | O_CLOEXEC);

	return fd < 0 ? open(path, O_RDONLY | O_CLOEXEC) : fd;
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

static void report_module(struct file *file, const char *path, int fd)
{
	file->dwfl = dwfl_begin(&callbacks);
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
	struct file *file = hashmap_gets(&usyms->files, mapping->path);
	char key[PATH_MAX + 32];
	int fd;

	snprintf(key, sizeof(key), "%s!%lx", mapping->path, mapping->file_offset);
	if (!file)
		file = hashmap_gets(&usyms->files, key);
	if (file)
		return file;
	file = arena_new_object(usyms->arena, struct file);
	hashmap_init(&file->found, usyms->arena);
	fd = open_file(usyms, tgid, mapping->path);
	if (fd < 0 || is_elf(fd)) {
		hashmap_sets(&usyms->files, mapping->path, file);
	} else {
		hashmap_sets(&usyms->files, arena_strdup(usyms->arena, key), file);
		fd = open_member(fd, mapping->file_offset, &file->base);
	}
	if (fd >= 0)
		report_module(file, mapping->path, fd);
	return file;
}

/* The address in libdwfl's image of a byte of the file. */
static bool image_address(const struct file *file, uint64_t file_offset, uint64_t *address)
{
	GElf_Addr bias;
	Elf *elf = dwfl_module_getelf(file->module, &bias);
	size_t n;

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
 * Whether something was mapped there meanwhile is not asked more than once a second.
 */
static const struct mapping *look_again(struct usyms *usyms, struct process *process,
					uint64_t address)
{
	struct timespec now;
	uint64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ns = (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
	if (process->noted_ns && ns - process->noted_ns < SECOND_NS)
		return NULL;
	process->noted_ns = ns;
	usyms_note_process(usyms, process->tgid);
	return find_mapping(process, address);
}

static const struct symbol *find_symbol(struct usyms *usyms, struct file *file,
					uint64_t file_offset)
{
	struct symbol *symbol = hashmap_get(&file->found, &file_offset, sizeof(file_offset));
	uint64_t image;
	GElf_Sym elf;

	if (symbol)
		return symbol;
	symbol = arena_new_object(usyms->arena, struct symbol);
	symbol->file_offset = file_offset;
	hashmap_set(&file->found, &symbol->file_offset, sizeof(file_offset), symbol);
	if (file->module && image_address(file, file_offset - file->base, &image))
		symbol->name = dwfl_module_addrinfo(file->module, image, &symbol->within, &elf,
						    NULL, NULL, NULL);
	return symbol;
}

bool usyms_find(struct usyms *usyms, pid_t tgid, uint64_t address, const char **name,
		const char **path, uint64_t *offset)
{
	struct process *process = get_process(usyms, tgid);
	const struct mapping *mapping = find_mapping(process, address);
	const struct symbol *symbol;

	if (!mapping)
		mapping = look_again(usyms, process, address);
	if (!mapping)
		return false;
	*path = mapping->path;
	*offset = address - mapping->start + mapping->file_offset;
	symbol = find_symbol(usyms, get_file(usyms, tgid, mapping), *offset);
	*name = symbol->name;
	if (*name)
		*offset = symbol->within;
	return true;
}
