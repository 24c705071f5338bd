/*
 * Tracepoints as tracefs describes them: which there are, and the layout of their records from
 * events/<category>/<event>/format.
 */
#ifndef SONDE_TYPES_TRACEFS_H
#define SONDE_TYPES_TRACEFS_H

#include "types/type.h"

/* The mount point (/sys/kernel/tracing, else /sys/kernel/debug/tracing), or NULL when it is not
 * mounted. */
const char *tracefs_path(void);
/* In words, why there is no tracefs_path(). */
const char *tracefs_missing(void);

/*
 * The record of a tracepoint as a struct of ORIGIN_CONTEXT named "<category>:<event>". Its fields
 * have the types that the format file names, resolved through BTF where they are struct pointers;
 * pointers of syscall arguments marked __user (all pointers of syscalls:sys_enter_*) are in the
 * user's space. Fields `common_*` come first. NULL if there is no such tracepoint, with *error set
 * (arena) to a reason.
 */
const struct type *types_tracepoint(struct types *types, const char *category, const char *event,
				    const char **error);
/* Whether a field is one of the common_* fields that listings omit. */
bool tracefs_is_common_field(const char *name);
/* Whether it lies where the kernel puts a pointer before programs see the record. */
bool tracefs_is_overwritten(const struct type_field *field);
/* The C text of each field as -lv shows it ("__data_loc char[] filename"), without common fields;
 * false if unknown. */
bool tracefs_field_texts(struct arena *arena, const char *category, const char *event,
			 const char *const **texts, uint32_t *n);

typedef void (*tracefs_event_fn)(const char *category, const char *event, void *data);
/* All events that can take a probe, sorted; 0 or negative errno (-ENOENT: see tracefs_missing()).
 */
int tracefs_each_event(tracefs_event_fn fn, void *data);
/* The id for perf_event_open(2), or negative errno. */
int tracefs_event_id(const char *category, const char *event);

#endif
