/* The queue of diagnostics and its renderer. */
#include "base/diag.h"

#include "base/hashmap.h"
#include "base/strbuf.h"
#include "base/vec.h"

#include <stdlib.h>
#include <string.h>

#define TAB_WIDTH 4
#define LONGEST_WORD 1024 /* in a message: of a longer one both ends are shown */
#define WORD_END 200
#define CUT "..."

struct note {
	struct span span;
	const char *text;
	bool is_hint;
};

struct diag {
	struct arena *arena;
	enum diag_severity severity;
	const char *tag;
	struct span span;
	const char *text;
	VEC(struct note)
	notes;
};

struct diags {
	struct arena *arena;
	const struct sources *sources;
	VEC(struct diag *)
	all;
	struct hashmap known; /* the same, by all that tells them apart */
	size_t rendered;
	size_t counts[2];
	unsigned muted;
	bool muted_error;
};

struct diags *diags_new(struct arena *arena, const struct sources *sources)
{
	struct diags *diags = arena_new_object(arena, struct diags);

	diags->arena = arena;
	diags->sources = sources;
	hashmap_init(&diags->known, arena);
	return diags;
}

/* Names, texts and numbers may be as long as a script. In place; returns the new length. */
static size_t shorten_words(char *text)
{
	char *start = text, *out = text;

	while (*text) {
		size_t len = strcspn(text, " \n");

		if (len > LONGEST_WORD) {
			memmove(out, text, WORD_END);
			memcpy(out + WORD_END, CUT, strlen(CUT));
			out += WORD_END + strlen(CUT);
			memmove(out, text + len - WORD_END, WORD_END);
			out += WORD_END;
		} else {
			memmove(out, text, len);
			out += len;
		}
		text += len;
		if (*text)
			*out++ = *text++;
	}
	*out = '\0';
	return (size_t)(out - start);
}

static const char *message(struct arena *arena, const char *fmt, va_list args)
{
	char *text = arena_vprintf(arena, fmt, args);

	shorten_words(text);
	return text;
}

/* Whether the same was queued before; otherwise it is from now on. */
static bool is_repeated(struct diags *diags, struct diag *diag)
{
	const char *key = arena_printf(diags->arena, "%d %s %u %u %s", diag->severity, diag->tag,
				       diag->span.start, diag->span.end, diag->text);

	if (hashmap_gets(&diags->known, key))
		return true;
	hashmap_sets(&diags->known, key, diag);
	return false;
}

static struct diag *queue(struct diags *diags, enum diag_severity severity, const char *tag,
			  struct span span, const char *fmt, va_list args)
{
	struct diag *diag = arena_new_object(diags->arena, struct diag);

	*diag = (struct diag){
		.arena = diags->arena,
		.severity = severity,
		.tag = tag,
		.span = span,
		.text = message(diags->arena, fmt, args),
	};
	if (diags->muted) {
		diags->muted_error |= severity == DIAG_ERROR;
		return diag;
	}
	/* Notes and hints of a repeated diagnostic go to the throwaway one. */
	if (is_repeated(diags, diag))
		return diag;
	vec_push(diags->arena, &diags->all, diag);
	diags->counts[severity]++;
	return diag;
}

struct diag *diag_error(struct diags *diags, const char *tag, struct span span, const char *fmt,
			...)
{
	struct diag *diag;
	va_list args;

	va_start(args, fmt);
	diag = queue(diags, DIAG_ERROR, tag, span, fmt, args);
	va_end(args);
	return diag;
}

struct diag *diag_warning(struct diags *diags, const char *tag, struct span span, const char *fmt,
			  ...)
{
	struct diag *diag;
	va_list args;

	va_start(args, fmt);
	diag = queue(diags, DIAG_WARNING, tag, span, fmt, args);
	va_end(args);
	return diag;
}

void diag_note(struct diag *diag, struct span span, const char *fmt, ...)
{
	struct note note = {.span = span};
	va_list args;

	va_start(args, fmt);
	note.text = message(diag->arena, fmt, args);
	va_end(args);
	vec_push(diag->arena, &diag->notes, note);
}

void diag_hint(struct diag *diag, const char *fmt, ...)
{
	struct note note = {.span = SPAN_NONE, .is_hint = true};
	va_list args;

	va_start(args, fmt);
	note.text = message(diag->arena, fmt, args);
	va_end(args);
	vec_push(diag->arena, &diag->notes, note);
}

size_t diags_count(const struct diags *diags, enum diag_severity severity)
{
	return diags->counts[severity];
}

void diags_mute(struct diags *diags, bool mute)
{
	if (mute) {
		if (!diags->muted++)
			diags->muted_error = false;
	} else {
		diags->muted--;
	}
}

bool diags_muted_error(const struct diags *diags)
{
	return diags->muted_error;
}

/* The head of a located message: "FILE:L:C-E: ", or "FILE:L1-L2: ", or "". */
static char *location_text(struct arena *arena, const struct sources *sources, struct span span)
{
	struct location start = sources_locate(sources, span.start);
	struct location end = sources_locate(sources, span.end);

	if (!start.source)
		return arena_strdup(arena, "");
	if (end.source != start.source || end.line == start.line)
		return arena_printf(arena, "%s:%u:%u-%u: ", start.source->name, start.line,
				    start.column,
				    end.source == start.source ? end.column : start.column);
	return arena_printf(arena, "%s:%u-%u: ", start.source->name, start.line, end.line);
}

/* Shows @line; columns [from, to) are underlined when @to is not 0. */
static void render_line(FILE *out, const struct source *source, uint32_t line, uint32_t from,
			uint32_t to)
{
	struct strbuf shown = STRBUF_INIT, marks = STRBUF_INIT;
	uint32_t len, first, last;
	const char *text;

	text = source_line(source, line, &len);
	if (len && text[len - 1] == '\r')
		len--;
	source_window(len, from, &first, &last);
	if (first) {
		strbuf_adds(&shown, "...");
		strbuf_adds(&marks, "   ");
	}
	for (uint32_t i = first; i < last; i++) {
		unsigned char c = (unsigned char)text[i];
		size_t width = c == '\t' ? TAB_WIDTH : 1;

		if (c == '\t')
			strbuf_fill(&shown, ' ', TAB_WIDTH);
		else
			strbuf_addc(&shown, c < 0x20 || c == 0x7f ? '?' : (char)c);
		/* A UTF-8 continuation byte takes no column of its own. */
		if ((c & 0xc0) == 0x80)
			width = 0;
		if (i + 1 < to)
			strbuf_fill(&marks, i + 1 >= from ? '~' : ' ', width);
	}
	if (last < len)
		strbuf_adds(&shown, "...");
	/* A range at the line's very end still gets its mark. */
	if (to > from && from > len) {
		if (marks.len < shown.len)
			strbuf_fill(&marks, ' ', shown.len - marks.len);
		strbuf_addc(&marks, '~');
	}
	fprintf(out, "%s\n", strbuf_str(&shown));
	if (to > from)
		fprintf(out, "%s\n", strbuf_str(&marks));
	strbuf_free(&shown);
	strbuf_free(&marks);
}

static void render_place(FILE *out, const struct sources *sources, struct span span)
{
	struct location start = sources_locate(sources, span.start);
	struct location end = sources_locate(sources, span.end);

	if (!start.source || end.source != start.source)
		return;
	if (start.line == end.line) {
		render_line(out, start.source, start.line, start.column, end.column);
		return;
	}
	for (uint32_t line = start.line; line <= end.line && line < start.line + SOURCE_MOST_LINES;
	     line++)
		render_line(out, start.source, line, 0, 0);
}

void diag_put_severity(struct strbuf *out, const struct diag_style *style,
		       enum diag_severity severity, const char *tag)
{
	const char *name = severity == DIAG_ERROR ? "ERROR" : "WARNING";
	const char *colour = severity == DIAG_ERROR ? "\033[31m" : "\033[33m";

	strbuf_addf(out, "%s%s", style->colour ? colour : "", name);
	if (!style->no_tags && *tag)
		strbuf_addf(out, "[%s]", tag);
	strbuf_addf(out, ":%s ", style->colour ? "\033[0m" : "");
}

void diag_say(FILE *out, const struct diag_style *style, enum diag_severity severity,
	      const char *tag, const char *fmt, ...)
{
	struct strbuf line = STRBUF_INIT;
	va_list args;

	if (severity == DIAG_WARNING && style->no_warnings)
		return;
	diag_put_severity(&line, style, severity, tag);
	va_start(args, fmt);
	strbuf_vaddf(&line, fmt, args);
	va_end(args);
	line.len = shorten_words(line.data);
	strbuf_addc(&line, '\n');
	fwrite(line.data, 1, line.len, out);
	strbuf_free(&line);
}

void diag_say_hint(FILE *out, const struct diag_style *style, const char *fmt, ...)
{
	struct strbuf line = STRBUF_INIT;
	va_list args;

	if (style->no_warnings)
		return;
	strbuf_adds(&line, "HINT: ");
	va_start(args, fmt);
	strbuf_vaddf(&line, fmt, args);
	va_end(args);
	strbuf_addc(&line, '\n');
	fwrite(line.data, 1, line.len, out);
	strbuf_free(&line);
}

static void render(const struct diags *diags, const struct diag *diag, FILE *out,
		   const struct diag_style *style)
{
	struct strbuf head = STRBUF_INIT;
	struct arena *scratch = arena_new();

	strbuf_adds(&head, location_text(scratch, diags->sources, diag->span));
	diag_put_severity(&head, style, diag->severity, diag->tag);
	fprintf(out, "%s%s\n", strbuf_str(&head), diag->text);
	strbuf_free(&head);
	render_place(out, diags->sources, diag->span);
	for (size_t i = 0; i < diag->notes.len; i++) {
		const struct note *note = &diag->notes.data[i];

		if (note->is_hint && style->no_warnings)
			continue;
		fprintf(out, "%s%s%s\n", note->is_hint ? "HINT: " : "",
			location_text(scratch, diags->sources, note->span), note->text);
		render_place(out, diags->sources, note->span);
	}
	arena_free(scratch);
}

void diags_render(struct diags *diags, FILE *out, const struct diag_style *style)
{
	for (; diags->rendered < diags->all.len; diags->rendered++) {
		const struct diag *diag = diags->all.data[diags->rendered];

		if (diag->severity == DIAG_WARNING && style->no_warnings)
			continue;
		render(diags, diag, out, style);
	}
}

#define LONGEST_NAME 64

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters must be put in, left out, changed, or swapped with the next one; longer names
 * are never near. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][LONGEST_NAME + 1], la = strlen(a), lb = strlen(b);

	if (lb > LONGEST_NAME || la > LONGEST_NAME)
		return SIZE_MAX;
	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= la; i++) {
		size_t *row = rows[i % 3];
		const size_t *above = rows[(i - 1) % 3], *before = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			row[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = smaller(row[j], smaller(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = smaller(row[j], before[j - 2] + 1);
		}
	}
	return rows[la % 3][lb];
}

const char *diag_nearest(const char *name, const char *const *names, size_t n)
{
	/* Of a shorter name nearly all of the letters would be wrong. */
	size_t best = strlen(name) / 3 + 1;
	const char *nearest = NULL;

	for (size_t i = 0; i < n; i++) {
		size_t d = distance(name, names[i]);

		if (d < best) {
			best = d;
			nearest = names[i];
		}
	}
	return nearest;
}
