/*
 * User symbols: those of the files that processes have mapped, through libdwfl, which also knows
 * .gnu_debugdata and separate debug files.
 */
#include "runtime/places.h"
#include "runtime/symbols.h"
#include "runtime/symtab.h"

#include "base/archive.h"
#include "base/arena.h"
#include "base/hashmap.h"

#include <elfutils/libdwfl.h>
#include <gelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000u
#define FILE_NAME (PATH_MAX + 64)
/* Files that are opened before they are asked for; of few descriptors a quarter. */
#define MOST_KEPT 1024
#define USUAL_DEBUGINFO ":.debug:/usr/lib/debug" /* libdwfl's own search path */

struct file {
	bool is_open; /* otherwise it was not asked for, or could not be opened */
	bool is_archive; /* its members have names of their own */
	pid_t refused; /* the process that was asked for it last, in vain */
	Dwfl *dwfl;
	Dwfl_Module *module; /* NULL: cannot be read */
	struct symtab *symtab; /* NULL: nothing was asked for yet */
	struct places *places; /* NULL: nothing was asked for yet */
	uint64_t base; /* where it begins in the file that is mapped: that of an archive's member */
};

/* What was asked for of a process that runs code of no file. */
struct generated {
	pid_t tgid;
	uint64_t noted_ns; /* when its mappings were last read; 0: never */
	struct perfmap *map;
};

struct usyms {
	struct arena *arena;
	Dwfl_Callbacks callbacks;
	char *debuginfo; /* libdwfl reads it through a pointer in `callbacks` */
	struct processes *processes;
	struct hashmap generated; /* pid_t -> struct generated */
	struct hashmap files; /* "DEVICE:INODE:PATH" -> struct file */
	size_t nkept, most_kept; /* files that were opened before anybody asked for them */
};

static void name_file(const struct mapping *mapping, char name[FILE_NAME])
{
	snprintf(name, FILE_NAME, "%lx:%lx:%s", mapping->device, mapping->inode, mapping->path);
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

static struct file *find_file(struct usyms *usyms, const char *name)
{
	struct file *file = hashmap_gets(&usyms->files, name);

	if (file)
		return file;
	file = arena_new_object(usyms->arena, struct file);
	hashmap_sets(&usyms->files, arena_strdup(usyms->arena, name), file);
	return file;
}

/* One that cannot be opened for one process may be for another. */
static void open_for(struct usyms *usyms, pid_t tgid, const struct mapping *mapping,
		     struct file *file, bool is_member)
{
	int fd;

	if (file->is_open || file->is_archive || file->refused == tgid)
		return;
	fd = mapped_open(usyms->processes, tgid, mapping);
	file->refused = fd < 0 ? tgid : 0;
	if (fd < 0)
		return;
	if (!is_member && !is_elf(fd)) {
		file->is_archive = true;
		close(fd);
		return;
	}
	file->is_open = true;
	if (is_member)
		fd = open_member(fd, mapping->file_offset, &file->base);
	report_module(usyms, file, mapping->path, fd);
}

/* Files are the same for all their mappings, members of archives are told apart by theirs. */
static struct file *get_file(struct usyms *usyms, pid_t tgid, const struct mapping *mapping)
{
	char name[FILE_NAME], member[FILE_NAME + 32];
	struct file *file;

	name_file(mapping, name);
	file = find_file(usyms, name);
	open_for(usyms, tgid, mapping, file, false);
	if (!file->is_archive)
		return file;
	snprintf(member, sizeof(member), "%s!%lx", name, mapping->file_offset);
	file = find_file(usyms, member);
	open_for(usyms, tgid, mapping, file, true);
	return file;
}

/* --- files that may be out of reach later --- */

/*
 * A file of another mount namespace, or one that was deleted, is there as long as the process is:
 * it is opened when it is mapped, whether it will be asked for or not.
 */
static void keep_file(void *data, pid_t tgid, const struct mapping *mapping)
{
	struct usyms *usyms = data;
	char name[FILE_NAME];
	struct file *file;

	if (mapping->path[0] != '/' || usyms->nkept >= usyms->most_kept)
		return;
	name_file(mapping, name);
	file = hashmap_gets(&usyms->files, name);
	if (file && (file->is_open || file->is_archive || !file->refused))
		return;
	file = find_file(usyms, name);
	if (mapped_is_reachable(tgid, mapping))
		return;
	open_for(usyms, tgid, mapping, file, false);
	usyms->nkept += file->is_open;
}

struct usyms *usyms_new(const char *debuginfo)
{
	struct arena *arena = arena_new();
	struct usyms *usyms = arena_new_object(arena, struct usyms);
	struct rlimit limit;

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
	usyms->processes = processes_new();
	hashmap_init(&usyms->generated, arena);
	hashmap_init(&usyms->files, arena);
	usyms->most_kept = MOST_KEPT;
	if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur / 4 < MOST_KEPT)
		usyms->most_kept = limit.rlim_cur / 4;
	processes_tell(usyms->processes, keep_file, usyms);
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
	processes_free(usyms->processes);
	arena_free(usyms->arena);
}

struct processes *usyms_processes(struct usyms *usyms)
{
	return usyms->processes;
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

static struct generated *get_generated(struct usyms *usyms, pid_t tgid)
{
	struct generated *generated = hashmap_get(&usyms->generated, &tgid, sizeof(tgid));

	if (generated)
		return generated;
	generated = arena_new_object(usyms->arena, struct generated);
	generated->tgid = tgid;
	generated->map = perfmap_new(usyms->arena, tgid);
	hashmap_set(&usyms->generated, &generated->tgid, sizeof(tgid), generated);
	return generated;
}

/*
 * Code that no file is mapped at is often no code: a frame of a function without frame pointers.
 * Whether something was mapped or generated there meanwhile is not asked more than once a second.
 */
static void look_again(struct usyms *usyms, struct generated *generated)
{
	struct timespec now;
	uint64_t ns;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ns = (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
	if (generated->noted_ns && ns - generated->noted_ns < SECOND_NS)
		return;
	generated->noted_ns = ns;
	processes_note(usyms->processes, generated->tgid);
	perfmap_read(generated->map);
}

static bool find_generated(const struct generated *generated, uint64_t address, const char **name,
			   const char **path, uint64_t *offset)
{
	*name = perfmap_find(generated->map, address, offset);
	*path = perfmap_path(generated->map);
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

static const struct mapping *find_mapping(const struct usyms *usyms,
					  const struct usyms_address *address)
{
	return processes_find(usyms->processes, address->tgid, address->address, address->seen_ns);
}

bool usyms_find(struct usyms *usyms, const struct usyms_address *address, const char **name,
		const char **path, uint64_t *offset)
{
	const struct mapping *mapping = find_mapping(usyms, address);
	uint64_t within;

	if (!mapping) {
		struct generated *generated = get_generated(usyms, address->tgid);

		if (find_generated(generated, address->address, name, path, offset))
			return true;
		look_again(usyms, generated);
		mapping = find_mapping(usyms, address);
		if (!mapping)
			return find_generated(generated, address->address, name, path, offset);
	}
	*path = mapping->path;
	*offset = address->address - mapping->start + mapping->file_offset;
	*name = find_symbol(usyms, get_file(usyms, address->tgid, mapping), *offset, &within);
	if (*name)
		*offset = within;
	return true;
}

const struct place *usyms_places(struct usyms *usyms, const struct usyms_address *address,
				 size_t *n)
{
	const struct mapping *mapping = find_mapping(usyms, address);
	struct file *file = mapping ? get_file(usyms, address->tgid, mapping) : NULL;
	uint64_t image;

	*n = 0;
	if (!file ||
	    !image_address(file, address->address - mapping->start + mapping->file_offset, &image))
		return NULL;
	if (!file->places)
		file->places = places_new(usyms->arena, file->module);
	return places_find(file->places, image, n);
}
