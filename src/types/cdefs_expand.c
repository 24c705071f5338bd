/*
 * Bodies of macros as the language can read them: macros with parameters are replaced by what they
 * stand for, characters by their numbers. Macros without parameters stay, as names.
 */
#include "types/cdefs_internal.h"

#include "lang/lang.h"

#include <ctype.h>
#include <string.h>

#define LONGEST_BODY 65536u
#define DEEPEST_NESTING 64
#define DEEPEST_USE 256 /* of macros in the bodies of others */

typedef VEC(const char *)
list;

/* A macro that is being replaced, and is not again within its own body. */
struct use {
	const char *name;
	const struct use *outer;
	unsigned depth;
};

/* What a macro's parameter stands for in one use of it. */
struct argument {
	const char *name, *text;
	const char *expanded; /* NULL: not yet. Once for all places: each would double the time
				 where uses are in one another */
};
typedef VEC(struct argument)
arguments;

static const char *expand(struct cdefs *cdefs, const char *text, const struct use *outer);

/* --- tokens --- */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* A word, a number, a literal, or one character. */
static size_t token_length(const char *text)
{
	size_t len = 1;

	if (*text == '"' || *text == '\'') {
		while (text[len] && text[len] != *text)
			len += text[len] == '\\' && text[len + 1] ? 2 : 1;
		return text[len] ? len + 1 : len;
	}
	while (is_word(*text) && is_word(text[len]))
		len++;
	return len;
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t\r\n");
}

static const char *copy_trimmed(struct arena *arena, const char *from, const char *to)
{
	from = skip_blanks(from);
	while (to > from && isspace((unsigned char)to[-1]))
		to--;
	return from < to ? arena_strndup(arena, from, (size_t)(to - from)) : "";
}

/* What stands between commas in the parenthesis at @text; returns what is behind it, or NULL. */
static const char *read_list(struct arena *arena, const char *text, list *items)
{
	const char *start = text + 1;
	int depth = 0;

	for (; *text; text += token_length(text)) {
		depth += *text == '(';
		if (depth > DEEPEST_NESTING)
			return NULL;
		if (depth == 1 && (*text == ',' || *text == ')')) {
			vec_push(arena, items, copy_trimmed(arena, start, text));
			start = text + 1;
		}
		if (*text == ')' && !--depth)
			return text + 1;
	}
	return NULL;
}

/* --- characters --- */

/* The number of a character, whose quotes are @len bytes apart; -1 if it is not a simple one. */
static int character(const char *text, size_t len)
{
	static const char from[] = "ntr0\\'\"", to[] = "\n\t\r\0\\'\"";
	const char *escape;

	if (len == 3 && text[1] != '\\')
		return (signed char)text[1];
	escape = len == 4 && text[1] == '\\' ? strchr(from, text[2]) : NULL;
	return escape && *escape ? to[escape - from] : -1;
}

/* --- macros with parameters --- */

static bool is_used(const struct use *use, const char *name)
{
	for (; use; use = use->outer)
		if (!strcmp(use->name, name))
			return true;
	return false;
}

/* "(a, b) a + b" of a macro of this name; NULL if there is none. */
static const char *find_definition(struct cdefs *cdefs, const char *name)
{
	const char *text = hashmap_gets(&cdefs->functions, name);

	/* What a header says of the language's own functions is not meant. */
	if (text || lang_find_function(name))
		return text;
	if (strcmp(name, "sizeof") && strcmp(name, "offsetof"))
		cdefs_read_headers(cdefs->types);
	return cdefs_header_function(cdefs, name);
}

/* "#x" */
static void put_quoted(struct strbuf *out, const char *text)
{
	strbuf_addc(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			strbuf_addc(out, '\\');
		strbuf_addc(out, *text);
	}
	strbuf_addc(out, '"');
}

static struct argument *find_argument(const arguments *args, const char *text, size_t len)
{
	for (size_t i = 0; i < args->len; i++)
		if (len && strlen(args->data[i].name) == len &&
		    !strncmp(args->data[i].name, text, len))
			return &args->data[i];
	return NULL;
}

static const char *expand_argument(struct cdefs *cdefs, struct argument *arg,
				   const struct use *outer)
{
	if (!arg->expanded)
		arg->expanded = expand(cdefs, arg->text, outer);
	return arg->expanded;
}

/* The body with arguments for parameters, each expanded itself unless # or ## stand beside it. */
static const char *fill_in(struct cdefs *cdefs, const char *body, const arguments *args,
			   const struct use *outer)
{
	struct strbuf out = STRBUF_INIT;
	bool is_joined = false;
	const char *copy;

	while (*skip_blanks(body) && out.len < LONGEST_BODY) {
		const char *token = skip_blanks(body);
		size_t len = token_length(token);
		const char *behind = skip_blanks(token + len);
		struct argument *arg;

		if (!strncmp(token, "##", 2)) {
			is_joined = true;
			body = skip_blanks(token + 2);
			continue;
		}
		if (token > body)
			strbuf_addc(&out, ' ');
		body = token + len;
		if (*token == '#' && (arg = find_argument(args, behind, token_length(behind)))) {
			put_quoted(&out, arg->text);
			body = behind + token_length(behind);
		} else if ((arg = find_argument(args, token, len))) {
			is_joined |= !strncmp(behind, "##", 2);
			strbuf_adds(&out,
				    is_joined ? arg->text : expand_argument(cdefs, arg, outer));
		} else {
			strbuf_add(&out, token, len);
		}
		is_joined = false;
	}
	copy = arena_strdup(cdefs->types->arena, strbuf_str(&out));
	strbuf_free(&out);
	return copy;
}

/* Replaces the use of a macro at @text, whose parenthesis is at @behind; returns what follows it,
 * or NULL if it is none. */
static const char *replace(struct cdefs *cdefs, struct strbuf *out, const char *name,
			   const char *behind, const struct use *outer)
{
	struct arena *arena = cdefs->types->arena;
	const struct use use = {name, outer, outer ? outer->depth + 1 : 1};
	list params = {0}, texts = {0};
	const char *definition, *body;
	arguments args = {0};

	if (*behind != '(' || use.depth > DEEPEST_USE || is_used(outer, name))
		return NULL;
	definition = find_definition(cdefs, name);
	if (!definition)
		return NULL;
	body = read_list(arena, definition, &params);
	behind = read_list(arena, behind, &texts);
	if (!body || !behind || params.len != texts.len)
		return NULL;
	for (size_t i = 0; i < params.len; i++) {
		struct argument arg = {params.data[i], texts.data[i], NULL};

		vec_push(arena, &args, arg);
	}
	strbuf_addf(out, " %s ", expand(cdefs, fill_in(cdefs, body, &args, outer), &use));
	return behind;
}

static const char *expand(struct cdefs *cdefs, const char *text, const struct use *outer)
{
	struct arena *arena = cdefs->types->arena;
	struct strbuf out = STRBUF_INIT;
	const char *copy;

	while (*text && out.len < LONGEST_BODY) {
		size_t len = token_length(text);
		const char *behind = NULL;

		if (is_word(*text) && !isdigit((unsigned char)*text))
			behind = replace(cdefs, &out, arena_strndup(arena, text, len),
					 skip_blanks(text + len), outer);
		if (behind) {
			text = behind;
			continue;
		}
		if (*text == '\'' && character(text, len) >= 0)
			strbuf_addf(&out, "%d", character(text, len));
		else
			strbuf_add(&out, text, len);
		text += len;
	}
	copy = arena_strdup(arena, strbuf_str(&out));
	strbuf_free(&out);
	return copy;
}

const char *cdefs_expand(struct cdefs *cdefs, const char *body)
{
	const char *text = expand(cdefs, body, NULL);

	return copy_trimmed(cdefs->types->arena, text, text + strlen(text));
}
