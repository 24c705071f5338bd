/*
 * A first look at the preamble's lines, without libclang: #define, #include and conditionals that a
 * handful of rules decide. Whatever else there is sets needs_clang, and libclang decides.
 */
#include "types/cdefs_internal.h"

#include "types/btf.h"

#include <ctype.h>
#include <string.h>

#define NESTING_MAX 64

enum activity { OFF, ON, UNSURE };

struct level {
	enum activity outer; /* of what the conditional stands in */
	enum activity now; /* of the present branch */
	bool was_taken; /* some branch before was ON */
};

struct scan {
	struct cdefs *cdefs;
	const char *clean; /* the text without comments, byte for byte at the same places */
	struct level levels[NESTING_MAX];
	uint32_t depth;
};

struct span cdefs_span(const struct cdefs *cdefs, uint32_t start, uint32_t len)
{
	for (size_t i = 0; i < cdefs->parts.len; i++) {
		const struct cdefs_part *part = &cdefs->parts.data[i];

		if (start < part->start || start >= part->start + part->len)
			continue;
		/* A header that is imported is named by its import. */
		if (part->span.end - part->span.start != part->text_len)
			return part->span;
		start = part->span.start + (start - part->start);
		len = start + len > part->span.end ? part->span.end - start : len;
		return (struct span){start, start + len};
	}
	return SPAN_NONE;
}

/* --- the text without comments and continued lines --- */

/* Copies a literal that begins at @at; returns where it ends. */
static uint32_t skip_literal(const char *text, uint32_t at)
{
	char quote = text[at++];

	while (text[at] && text[at] != quote && text[at] != '\n')
		at += text[at] == '\\' && text[at + 1] ? 2 : 1;
	return text[at] == quote ? at + 1 : at;
}

static uint32_t comment_end(const char *text, uint32_t at)
{
	const char *end;

	if (text[at + 1] == '/')
		return at + (uint32_t)strcspn(text + at, "\n");
	end = strstr(text + at + 2, "*/");
	return end ? (uint32_t)(end - text) + 2 : at + (uint32_t)strlen(text + at);
}

/* The length of a line's end that does not count as one, behind a backslash. */
static uint32_t continuation(const char *text)
{
	uint32_t len = 1 + (uint32_t)strspn(text + 1, "\r");

	return text[0] == '\\' && text[len] == '\n' ? len + 1 : 0;
}

/* The lines that a comment takes up are one. */
static const char *without_comments(struct arena *arena, const char *text)
{
	char *clean = arena_strdup(arena, text);
	uint32_t at = 0;

	while (text[at]) {
		if (text[at] == '"' || text[at] == '\'') {
			at = skip_literal(text, at);
		} else if (text[at] == '/' && (text[at + 1] == '/' || text[at + 1] == '*')) {
			uint32_t end = comment_end(text, at);

			memset(clean + at, ' ', end - at);
			at = end;
		} else if (continuation(text + at)) {
			uint32_t end = at + continuation(text + at);

			memset(clean + at, ' ', end - at);
			at = end;
		} else {
			at++;
		}
	}
	return clean;
}

/* --- words of a line --- */

/* A line's rest: @at moves, @end is the newline or the text's end. */
struct line {
	const char *at, *end;
};

static void skip_blanks(struct line *line)
{
	while (line->at < line->end && isspace((unsigned char)*line->at))
		line->at++;
}

static const char *take_word(struct scan *scan, struct line *line)
{
	const char *start;

	skip_blanks(line);
	start = line->at;
	while (line->at < line->end && (isalnum((unsigned char)*line->at) || *line->at == '_'))
		line->at++;
	return arena_strndup(scan->cdefs->types->arena, start, (size_t)(line->at - start));
}

static bool take_char(struct line *line, char c)
{
	skip_blanks(line);
	if (line->at == line->end || *line->at != c)
		return false;
	line->at++;
	return true;
}

static bool at_end(struct line *line)
{
	skip_blanks(line);
	return line->at == line->end;
}

/* --- conditionals --- */

static enum activity activity(const struct scan *scan)
{
	return scan->depth ? scan->levels[scan->depth - 1].now : ON;
}

/* Headers and the compiler define names that are not known here. */
static enum activity is_defined(const struct scan *scan, const char *name)
{
	if (!strcmp(name, "BPFTRACE_HAVE_BTF"))
		return types_have_btf(scan->cdefs->types) ? ON : OFF;
	if (hashmap_gets(&scan->cdefs->macros, name) || hashmap_gets(&scan->cdefs->functions, name))
		return ON;
	if (scan->cdefs->has_headers || scan->cdefs->needs_clang || !*name || *name == '_' ||
	    !strcmp(name, "linux") || !strcmp(name, "unix"))
		return UNSURE;
	return OFF;
}

static enum activity negate(enum activity value)
{
	if (value == UNSURE)
		return UNSURE;
	return value == ON ? OFF : ON;
}

/* "defined X", "defined(X)", "!defined(X)", "0", "1". */
static enum activity condition(struct scan *scan, struct line *line)
{
	bool is_negated = take_char(line, '!');
	const char *word = take_word(scan, line);
	enum activity value = UNSURE;

	if (!strcmp(word, "defined")) {
		bool has_paren = take_char(line, '(');

		value = is_defined(scan, take_word(scan, line));
		if (has_paren && !take_char(line, ')'))
			return UNSURE;
	} else if (!strcmp(word, "0")) {
		value = OFF;
	} else if (!strcmp(word, "1")) {
		value = ON;
	}
	if (!at_end(line))
		return UNSURE;
	return is_negated ? negate(value) : value;
}

/* What a branch is, given its condition and what came before it. */
static void enter_branch(struct scan *scan, struct level *level, enum activity value)
{
	if (level->outer == OFF || level->was_taken)
		value = OFF;
	else if (level->outer == UNSURE || level->now == UNSURE)
		value = UNSURE;
	level->now = value;
	level->was_taken = level->was_taken || value == ON;
	if (value == UNSURE)
		scan->cdefs->needs_clang = true;
}

static void open_conditional(struct scan *scan, enum activity value)
{
	struct level level = {.outer = activity(scan), .now = OFF};

	if (scan->depth == NESTING_MAX) {
		scan->cdefs->needs_clang = true;
		return;
	}
	scan->levels[scan->depth] = level;
	enter_branch(scan, &scan->levels[scan->depth++], value);
}

static void close_conditional(struct scan *scan)
{
	if (scan->depth)
		scan->depth--;
	else
		scan->cdefs->needs_clang = true;
}

static bool read_conditional(struct scan *scan, const char *word, struct line *line)
{
	struct level *level = scan->depth ? &scan->levels[scan->depth - 1] : NULL;

	if (!strcmp(word, "ifdef"))
		open_conditional(scan, is_defined(scan, take_word(scan, line)));
	else if (!strcmp(word, "ifndef"))
		open_conditional(scan, negate(is_defined(scan, take_word(scan, line))));
	else if (!strcmp(word, "if"))
		open_conditional(scan, condition(scan, line));
	else if (!strcmp(word, "elif") && level)
		enter_branch(scan, level, condition(scan, line));
	else if (!strcmp(word, "else") && level)
		enter_branch(scan, level, ON);
	else if (!strcmp(word, "endif"))
		close_conditional(scan);
	else
		return false;
	return true;
}

/* --- #include and #define --- */

/* Headers that libclang shall not look for are taken out of the text. */
static void drop_include(struct scan *scan, const char *line_start, const char *line_end)
{
	char *text = scan->cdefs->text;

	for (ptrdiff_t i = line_start - scan->clean; i < line_end - scan->clean; i++)
		if (text[i] != '\n')
			text[i] = ' ';
}

static void read_include(struct scan *scan, struct line *line, const char *line_start)
{
	struct cdefs *cdefs = scan->cdefs;
	const char *start, *name;
	bool is_quoted;

	skip_blanks(line);
	start = line->at;
	is_quoted = take_char(line, '"');
	if (!is_quoted && !take_char(line, '<')) {
		cdefs->needs_clang = true;
		return;
	}
	while (line->at < line->end && *line->at != (is_quoted ? '"' : '>'))
		line->at++;
	name = arena_strndup(cdefs->types->arena, start + 1, (size_t)(line->at - start - 1));
	switch (cdefs_find_header(cdefs, name, is_quoted)) {
	case HEADER_LATER:
		cdefs->has_headers = cdefs->has_headers || activity(scan) != OFF;
		break;
	case HEADER_NOW:
		cdefs->needs_clang = cdefs->needs_clang || activity(scan) != OFF;
		break;
	case HEADER_ABSENT:
		drop_include(scan, line_start, line->end);
		break;
	case HEADER_MISSING:
		if (activity(scan) != ON)
			break;
		drop_include(scan, line_start, line->end);
		diag_error(cdefs->options.diags, "header-not-found",
			   cdefs_span(cdefs, (uint32_t)(start - scan->clean),
				      (uint32_t)(line->at + 1 - start)),
			   "fatal error: '%s' file not found", name);
		break;
	}
}

static void read_define(struct scan *scan, struct line *line)
{
	struct cdefs *cdefs = scan->cdefs;
	const char *name = take_word(scan, line), *end = line->end;
	struct types_macro *macro;

	if (!*name)
		return;
	/* A macro with parameters has its parenthesis right behind the name. */
	if (line->at < line->end && *line->at == '(') {
		hashmap_sets(
			&cdefs->functions, name,
			arena_strndup(cdefs->types->arena, line->at, (size_t)(end - line->at)));
		return;
	}
	skip_blanks(line);
	while (end > line->at && isspace((unsigned char)end[-1]))
		end--;
	macro = arena_new_object(cdefs->types->arena, struct types_macro);
	macro->body = arena_strndup(cdefs->types->arena, line->at, (size_t)(end - line->at));
	macro->span =
		cdefs_span(cdefs, (uint32_t)(line->at - scan->clean), (uint32_t)(end - line->at));
	hashmap_sets(&cdefs->macros, name, macro);
}

static void undefine(struct scan *scan, const char *name)
{
	hashmap_sets(&scan->cdefs->macros, name, NULL);
	hashmap_sets(&scan->cdefs->functions, name, NULL);
}

static void read_directive(struct scan *scan, struct line *line, const char *line_start)
{
	const char *word = take_word(scan, line);

	if (read_conditional(scan, word, line))
		return;
	/* Also where it is off: libclang may have to judge the conditions. */
	if (!strcmp(word, "include"))
		read_include(scan, line, line_start);
	else if (activity(scan) != ON)
		return;
	else if (!strcmp(word, "define"))
		read_define(scan, line);
	else if (!strcmp(word, "undef"))
		undefine(scan, take_word(scan, line));
	else if (*word && strcmp(word, "pragma") && strcmp(word, "line"))
		scan->cdefs->needs_clang = true;
}

void cdefs_scan(struct cdefs *cdefs)
{
	struct scan scan = {.cdefs = cdefs};
	const char *at;

	scan.clean = without_comments(cdefs->types->arena, cdefs->text);
	for (at = scan.clean; *at;) {
		const char *end = at + strcspn(at, "\n");
		struct line line = {at, end};

		if (take_char(&line, '#'))
			read_directive(&scan, &line, at);
		else if (!at_end(&line) && activity(&scan) != OFF)
			cdefs->needs_clang = true;
		at = *end ? end + 1 : end;
	}
	if (scan.depth)
		cdefs->needs_clang = true;
}
