/* Source texts, each with its line table, laid end to end in one space of positions. */
#include "base/source.h"

#include "base/vec.h"

#include <string.h>

struct sources {
	struct arena *arena;
	VEC(struct source *)
	all;
	uint32_t next;
};

struct sources *sources_new(struct arena *arena)
{
	struct sources *sources = arena_new_object(arena, struct sources);

	sources->arena = arena;
	return sources;
}

static void build_line_table(struct arena *arena, struct source *source)
{
	uint32_t line = 1;

	source->nlines = 1;
	for (uint32_t i = 0; i < source->len; i++)
		source->nlines += source->text[i] == '\n';
	source->lines = arena_new_array(arena, uint32_t, source->nlines);
	for (uint32_t i = 0; i < source->len; i++)
		if (source->text[i] == '\n')
			source->lines[line++] = i + 1;
}

const struct source *sources_add(struct sources *sources, const char *name, const char *text,
				 size_t len)
{
	struct source *source;
	char *copy;

	/* One position past the end belongs to the text, SPAN_NONE stays free. */
	if (len >= UINT32_MAX - 1 - sources->next)
		return NULL;
	copy = arena_alloc(sources->arena, len + 2);
	if (len)
		memcpy(copy, text, len);
	source = arena_new_object(sources->arena, struct source);
	*source = (struct source){
		.name = arena_strdup(sources->arena, name),
		.text = copy,
		.len = (uint32_t)len,
		.base = sources->next,
	};
	build_line_table(sources->arena, source);
	sources->next += source->len + 1;
	vec_push(sources->arena, &sources->all, source);
	return source;
}

void sources_set_path(struct sources *sources, const struct source *source, const char *path)
{
	((struct source *)(uintptr_t)source)->path = arena_strdup(sources->arena, path);
}

const struct source *sources_find(const struct sources *sources, uint32_t position)
{
	size_t low = 0, high = sources->all.len;

	/* the first one that ends at or behind the position */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct source *source = sources->all.data[middle];

		if (source->base + source->len < position)
			low = middle + 1;
		else
			high = middle;
	}
	return low < sources->all.len ? sources->all.data[low] : NULL;
}

const char *sources_text(const struct sources *sources, struct span span)
{
	const struct source *source = sources_find(sources, span.start);
	uint32_t offset, len;

	if (!source || span.end < span.start)
		return "";
	offset = span.start - source->base;
	len = span.end - span.start;
	if (len > source->len - offset)
		len = source->len - offset;
	return arena_strndup(sources->arena, source->text + offset, len);
}

struct location sources_locate(const struct sources *sources, uint32_t position)
{
	const struct source *source = sources_find(sources, position);
	uint32_t low = 0, high, offset;

	if (!source)
		return (struct location){NULL, 0, 0};
	offset = position - source->base;
	high = source->nlines;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (source->lines[middle] <= offset)
			low = middle;
		else
			high = middle;
	}
	return (struct location){source, low + 1, offset - source->lines[low] + 1};
}

const char *source_line(const struct source *source, uint32_t line, uint32_t *len)
{
	uint32_t start = source->lines[line - 1];
	uint32_t end = line < source->nlines ? source->lines[line] - 1 : source->len;

	*len = end - start;
	return source->text + start;
}

#define WINDOW 200u /* most bytes of a line that are shown */

void source_window(uint32_t len, uint32_t column, uint32_t *first, uint32_t *last)
{
	*first = 0;
	*last = len;
	if (len <= WINDOW)
		return;
	if (column > WINDOW / 2)
		*first = column - WINDOW / 2;
	if (*first > len - WINDOW)
		*first = len - WINDOW;
	*last = *first + WINDOW;
}
