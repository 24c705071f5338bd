/* The kernel's description of one tracepoint's record, as the files of this room read it. */
#ifndef SONDE_TYPES_FORMAT_H
#define SONDE_TYPES_FORMAT_H

#include "base/strbuf.h"

/* Reads events/<category>/<event>/<file>; 0 or negative errno. */
int tracefs_read_event(const char *category, const char *event, const char *file,
		       struct strbuf *out);

#endif
