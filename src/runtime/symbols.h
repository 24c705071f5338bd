/* Inside symbolization: kernel names, processes' mappings, names in files. */
#ifndef SONDE_RUNTIME_SYMBOLS_H
#define SONDE_RUNTIME_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* --- ksyms.c --- */
struct ksyms;
struct ksyms *ksyms_new(void);
void ksyms_free(struct ksyms *ksyms);
/* Reads them, if that has not been done. */
void ksyms_load(struct ksyms *ksyms);
/* The symbol that @address lies in; strings live as long as @ksyms. */
bool ksyms_find(struct ksyms *ksyms, uint64_t address, const char **name, const char **module,
		uint64_t *offset);

/* --- processes.c --- */
#define MAPPING_VDSO "[vdso]"

struct mapping {
	uint64_t start, end, file_offset;
	uint64_t device, inode; /* tell apart what had the same path, one after the other */
	const char *path; /* with the kernel's " (deleted)" behind it; or MAPPING_VDSO */
	uint64_t since_ns; /* monotonic clock: it was mapped then, or has been by then */
};

/* Which files all processes have mapped, and what those had that have ended, the last of them. */
struct processes;
struct processes *processes_new(void);
void processes_free(struct processes *processes);
/* @fn is told of each mapping that was not known; it must not ask for any. */
typedef void (*mapping_fn)(void *data, pid_t tgid, const struct mapping *mapping);
void processes_tell(struct processes *processes, mapping_fn fn, void *data);
/* Reads where a process' files are mapped, as long as it lives; repeated calls add what is new. */
void processes_note(struct processes *processes, pid_t tgid);
/* A file is mapped; it hides what was there. */
void processes_map(struct processes *processes, pid_t tgid, const struct mapping *mapping);
/* A new process, with its parent's mappings; and the end of one. Of one process the end may be told
 * first, as what is told comes from several CPUs: the times are of one clock. */
void processes_fork(struct processes *processes, pid_t parent, pid_t child, uint64_t time_ns);
void processes_end(struct processes *processes, pid_t tgid, uint64_t time_ns);
/* The process that a process was forked by, which need not live any longer; 0 if it is not known.
 */
pid_t processes_parent(const struct processes *processes, pid_t tgid);
/* What was mapped at an address at a time (UINT64_MAX: what is, or was last); NULL if nothing is
 * known. Since not all is known what was mapped later is told where nothing was before. It lives
 * until the next call of another function. */
const struct mapping *processes_find(const struct processes *processes, pid_t tgid,
				     uint64_t address, uint64_t time_ns);

/* --- mapped.c --- */
/* A descriptor of the mapped file, which is the caller's, or -1; of the vdso one of a copy. */
int mapped_open(const struct processes *processes, pid_t tgid, const struct mapping *mapping);
/* Whether the file will be found by its path when the process has ended. */
bool mapped_is_reachable(pid_t tgid, const struct mapping *mapping);

/* --- usyms.c --- */
struct usyms;
/* @debuginfo: directories of separate debug files, "DIR[:DIR]", or NULL. */
struct usyms *usyms_new(const char *debuginfo);
void usyms_free(struct usyms *usyms);
/* Of whose files the symbols are; lives as long as @usyms. */
struct processes *usyms_processes(struct usyms *usyms);
struct usyms_address {
	pid_t tgid;
	uint64_t address;
	uint64_t seen_ns; /* when it was seen there, by the monotonic clock; UINT64_MAX: now */
};
/*
 * The symbol and file of an address in a process. False if even the file is unknown; *name is NULL
 * if the file has no symbol there. Strings live until the next call.
 */
bool usyms_find(struct usyms *usyms, const struct usyms_address *address, const char **name,
		const char **file, uint64_t *offset);
struct place;
/* What places_find() (places.h) knows of an address that usyms_find() has found. */
const struct place *usyms_places(struct usyms *usyms, const struct usyms_address *address,
				 size_t *n);

/* --- perfmap.c: names of generated code --- */
struct arena;
struct perfmap;
struct perfmap *perfmap_new(struct arena *arena, pid_t tgid);
/* Reads the process' map, if it has one and it has grown. */
void perfmap_read(struct perfmap *map);
/* NULL if the map does not have the address. The name lives as long as the arena. */
const char *perfmap_find(const struct perfmap *map, uint64_t address, uint64_t *within);
const char *perfmap_path(const struct perfmap *map);

/* --- mappings.c --- */
struct mappings;
/* Begins to follow all processes; what the kernel refuses is done without. */
struct mappings *mappings_new(struct processes *processes, unsigned ncpus);
void mappings_free(struct mappings *mappings);
/* Readable when there is much to take in. */
int mappings_fd(const struct mappings *mappings);
void mappings_follow(struct mappings *mappings);

#endif
