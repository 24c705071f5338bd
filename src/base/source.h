/*
 * Source texts and positions in them. One compilation may read several texts (the script, imports,
 * the library of macros). Each is given its own range of positions, so that a position is one
 * number that also names its text.
 */
#ifndef SONDE_BASE_SOURCE_H
#define SONDE_BASE_SOURCE_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

/* Half-open range of positions. */
struct span {
	uint32_t start, end;
};

#define SPAN_NONE ((struct span){UINT32_MAX, UINT32_MAX})

static inline bool span_is_none(struct span span)
{
	return span.start == UINT32_MAX;
}

/* From the start of @a to the end of @b. */
static inline struct span span_join(struct span a, struct span b)
{
	return (struct span){a.start, b.end};
}

struct source {
	const char *name; /* as shown in diagnostics: "stdin" for -e and "-" */
	const char *path; /* a path from which the text can be read, or NULL */
	const char *text; /* followed by two NUL bytes */
	uint32_t len;
	uint32_t base; /* position of the first byte */
	uint32_t *lines; /* offsets of the lines' first bytes */
	uint32_t nlines;
};

struct sources;

struct sources *sources_new(struct arena *arena);
/* Copies name and text. NULL if the positions are used up (4 GiB of text). */
const struct source *sources_add(struct sources *sources, const char *name, const char *text,
				 size_t len);
/* Sets where the text can be read from (copied): line info is taken from there. */
void sources_set_path(struct sources *sources, const struct source *source, const char *path);
/* The text that holds @position; a position at a text's end belongs to it. NULL for none. */
const struct source *sources_find(const struct sources *sources, uint32_t position);
/* The bytes of @span, copied to the sources' arena. */
const char *sources_text(const struct sources *sources, struct span span);

struct location {
	const struct source *source; /* NULL: no location */
	uint32_t line, column; /* 1-based, columns count bytes */
};

struct location sources_locate(const struct sources *sources, uint32_t position);
/* The 1-based line's first byte; *len excludes the newline. */
const char *source_line(const struct source *source, uint32_t line, uint32_t *len);
#define SOURCE_MOST_LINES 12u /* of a range over several lines: so many are shown */
/* The part of a line of @len bytes that is shown: all of it, or of a long one what is around the
 * 1-based @column; offsets, @last exclusive. */
void source_window(uint32_t len, uint32_t column, uint32_t *first, uint32_t *last);

#endif
