/* The kernel's description of one tracepoint's record, as the files of this room read it. */
#ifndef SONDE_TYPES_FORMAT_H
#define SONDE_TYPES_FORMAT_H

#include "base/strbuf.h"
#include "types/type.h"

/* Reads events/<category>/<event>/<file>; 0 or negative errno. */
int tracefs_read_event(const char *category, const char *event, const char *file,
		       struct strbuf *out);
/* The description of a system call's event, for where tracefs has none; false if it is no such
 * event. */
bool format_of_syscall(const char *category, const char *event, struct strbuf *out);
/* An event's record from BTF, as the struct @name; NULL if BTF has none of the event's own. */
const struct type *record_of_btf(struct types *types, const char *name, const char *event);

#endif
