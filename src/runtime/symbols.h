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
/* The symbol that @address lies in; strings live as long as @ksyms. */
bool ksyms_find(struct ksyms *ksyms, uint64_t address, const char **name, const char **module,
		uint64_t *offset);

/* --- usyms.c --- */
struct usyms;
struct usyms *usyms_new(void);
void usyms_free(struct usyms *usyms);
/* Reads where the process' files are mapped, as long as it lives; repeated calls add what is new.
 */
void usyms_note_process(struct usyms *usyms, pid_t tgid);
/* A file is mapped; it hides what was there. */
void usyms_add_mapping(struct usyms *usyms, pid_t tgid, uint64_t start, uint64_t end,
		       uint64_t file_offset, const char *path);
/* A new process, with its parent's mappings. */
void usyms_fork(struct usyms *usyms, pid_t parent, pid_t child);
/*
 * The symbol and file of an address in a process. False if even the file is unknown; *name is NULL
 * if the file has no symbol there. Strings live until the next call.
 */
bool usyms_find(struct usyms *usyms, pid_t tgid, uint64_t address, const char **name,
		const char **file, uint64_t *offset);

/* --- mappings.c --- */
struct mappings;
/* Begins to follow all processes; what the kernel refuses is done without. */
struct mappings *mappings_new(struct usyms *usyms, unsigned ncpus);
void mappings_free(struct mappings *mappings);
/* Readable when there is much to take in. */
int mappings_fd(const struct mappings *mappings);
void mappings_follow(struct mappings *mappings);

#endif
