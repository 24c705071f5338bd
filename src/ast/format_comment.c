/* Comments of a source text: found between what the tree accounts for. */
#include "ast/format_internal.h"

#include <stdlib.h>

static int compare_spans(const void *left, const void *right)
{
	const struct span *a = left, *b = right;

	return a->start < b->start ? -1 : a->start > b->start;
}

typedef VEC(struct span)
span_vec;

/* What looks like a comment in here is none. */
static span_vec find_raw(struct format *format, const struct script *script)
{
	span_vec raw = {0};

	for (size_t i = 0; i < script->preambles.len; i++)
		vec_push(format->arena, &raw, script->preambles.data[i].span);
	for (size_t i = 0; i < script->probes.len; i++) {
		const struct probe *probe = script->probes.data[i];

		for (size_t k = 0; k < probe->attach_points.len; k++)
			vec_push(format->arena, &raw, probe->attach_points.data[k]->span);
	}
	if (raw.len)
		qsort(raw.data, raw.len, sizeof(raw.data[0]), compare_spans);
	return raw;
}

static const char *skip_string(const char *text)
{
	for (text++; *text && *text != '"' && *text != '\n'; text++)
		if (*text == '\\' && text[1])
			text++;
	return *text == '"' ? text + 1 : text;
}

/* The end of the comment that begins at @text; NULL if none does. */
static const char *comment_end(const char *text)
{
	const char *end;

	if (text[0] == '/' && text[1] == '*') {
		end = strstr(text + 2, "*/");
		return end ? end + 2 : text + strlen(text);
	}
	if ((text[0] == '/' && text[1] == '/') || (text[0] == '#' && text[1] == '!')) {
		end = text + strcspn(text, "\n");
		while (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')
			end--;
		return end;
	}
	return NULL;
}

void format_find_comments(struct format *format, const struct script *script)
{
	const struct source *source = format->source;
	span_vec raw = find_raw(format, script);
	size_t next_raw = 0;

	for (const char *text = source->text; *text;) {
		uint32_t position = source->base + (uint32_t)(text - source->text);
		const char *end = comment_end(text);

		while (next_raw < raw.len && raw.data[next_raw].end <= position)
			next_raw++;
		if (next_raw < raw.len && raw.data[next_raw].start <= position) {
			text = source->text + (raw.data[next_raw].end - source->base);
		} else if (*text == '"') {
			text = skip_string(text);
		} else if (text[0] == '$' && text[1] == '#') {
			/* "$#!=" begins no "#!" line. */
			text += 2;
		} else if (end) {
			struct comment comment = {position,
						  source->base + (uint32_t)(end - source->text)};

			vec_push(format->arena, &format->comments, comment);
			text = end;
		} else {
			text++;
		}
	}
}

bool format_is_spaced(const struct format *format, uint32_t position)
{
	const char *text = format->source->text, *at = text + (position - format->source->base);
	int newlines = 0;

	while (at > text && strchr(" \t\r\n", at[-1]))
		newlines += *--at == '\n';
	return newlines > 1;
}

bool format_is_beside(const struct format *format, uint32_t from, uint32_t to)
{
	const char *text = format->source->text - format->source->base + from;

	return to >= from && strspn(text, " \t\r,;/") >= to - from;
}
