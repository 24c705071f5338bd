/*
 * The source formatter. It works on the text's own words, so that comments, spellings and numbers
 * stay as they were written; only white space changes: one statement a line, tabs for depth, blanks
 * around binary operators, at most one empty line in a row.
 */
#include "ast/format.h"

#include <ctype.h>
#include <string.h>

enum word_kind {
	WORD_END,
	WORD_NAME, /* names, numbers, strings, $x, @x: operands */
	WORD_OPERATOR,
	WORD_COMMENT, /* to the end of the line */
	WORD_BLOCK_COMMENT,
	WORD_C_TEXT, /* preprocessor line, C definition: as it is */
	WORD_ATTACH, /* an attach point */
};

struct word {
	enum word_kind kind;
	const char *text;
	size_t len;
	unsigned newlines; /* between the word before and this one */
	bool blank; /* white space before it */
};

#define MAX_DEPTH 256

struct formatter {
	struct strbuf *out;
	const char *next; /* in the source */
	struct word previous;
	unsigned depth; /* braces */
	unsigned brackets; /* parentheses and square brackets */
	unsigned ternaries;
	bool is_value[MAX_DEPTH]; /* by depth: the brace opened a block that is a value */
	bool unary; /* the operator before stands in front of its operand */
	bool in_predicate;
	bool in_item; /* inside a top-level item that is no attach point: import, let, macro, config
		       */
	bool line_start;
};

static bool is_word(const struct word *word, const char *text)
{
	return word->len == strlen(text) && !strncmp(word->text, text, word->len);
}

static bool is_any(const struct word *word, const char *const *texts)
{
	for (; *texts; texts++)
		if (is_word(word, *texts))
			return true;
	return false;
}

/* --- words --- */

static size_t name_length(const char *text)
{
	size_t n = *text == '$' || *text == '@';

	if (text[0] == '$' && text[1] == '#')
		return 2;
	while (isalnum((unsigned char)text[n]) || text[n] == '_')
		n++;
	return n;
}

static size_t string_length(const char *text)
{
	size_t n = 1;

	while (text[n] && text[n] != '"')
		n += text[n] == '\\' && text[n + 1] ? 2 : 1;
	return n + (text[n] == '"');
}

static size_t operator_length(const char *text)
{
	static const char *const longer[] = {
		"<<=", ">>=", "...", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=",
		"-=",  "*=",  "/=",  "%=", "&=", "|=", "^=", "++", "--", "->", "..", NULL};

	for (const char *const *op = longer; *op; op++)
		if (!strncmp(text, *op, strlen(*op)))
			return strlen(*op);
	return 1;
}

static size_t attach_length(const char *text)
{
	bool quoted = false;
	size_t n = 0;

	for (; text[n]; n++) {
		quoted ^= text[n] == '"';
		if (!quoted &&
		    (isspace((unsigned char)text[n]) || text[n] == ',' || text[n] == '{'))
			break;
	}
	return n;
}

/* A preprocessor line with its continuations, or a C definition; 0 if there is none. */
static size_t c_text_length(const char *text)
{
	static const char *const words[] = {"struct ", "union ", "enum ", "typedef ", NULL};
	size_t n = 0;
	int depth = 0;

	if (*text == '#') {
		while (text[n] && text[n] != '\n')
			n += text[n] == '\\' && text[n + 1] ? 2 : 1;
		return n;
	}
	for (const char *const *word = words; *word; word++) {
		if (strncmp(text, *word, strlen(*word)) != 0)
			continue;
		for (; text[n]; n++) {
			if (text[n] == '{')
				depth++;
			else if (text[n] == '}' && !--depth && **word != 't')
				return n + 1 + (text[n + 1] == ';');
			else if (text[n] == ';' && !depth)
				return n + 1;
		}
	}
	return n;
}

static bool at_top(const struct formatter *f)
{
	return !f->depth && !f->in_predicate && !f->in_item;
}

static struct word scan(const struct formatter *f)
{
	const char *text = f->next;
	struct word word = {.kind = WORD_END};
	const char *end;

	for (; isspace((unsigned char)*text); text++) {
		word.newlines += *text == '\n';
		word.blank = true;
	}
	word.text = text;
	if (!*text)
		return word;
	if (!strncmp(text, "//", 2)) {
		word.kind = WORD_COMMENT;
		word.len = strcspn(text, "\n");
	} else if (!strncmp(text, "/*", 2)) {
		end = strstr(text, "*/");
		word.kind = WORD_BLOCK_COMMENT;
		word.len = end ? (size_t)(end + 2 - text) : strlen(text);
	} else if (at_top(f) && c_text_length(text)) {
		word.kind = WORD_C_TEXT;
		word.len = c_text_length(text);
	} else if (at_top(f) && !strchr("/,{;", *text)) {
		word.kind = WORD_ATTACH;
		word.len = attach_length(text);
	} else if (*text == '"') {
		word.kind = WORD_NAME;
		word.len = string_length(text);
	} else if (isalnum((unsigned char)*text) || *text == '_' || *text == '$' || *text == '@') {
		word.kind = WORD_NAME;
		word.len = name_length(text);
	} else {
		word.kind = WORD_OPERATOR;
		word.len = operator_length(text);
	}
	if (!word.len)
		word.len = 1;
	return word;
}

/* --- white space --- */

static void new_line(struct formatter *f)
{
	if (!f->line_start)
		strbuf_addc(f->out, '\n');
	f->line_start = true;
}

static bool ends_operand(const struct word *word)
{
	static const char *const keywords[] = {"return", "if",       "while", "unroll",
					       "for",    "comptime", NULL};
	static const char *const closers[] = {")", "]", "}", NULL};

	if (word->kind == WORD_NAME)
		return !is_any(word, keywords);
	return word->kind == WORD_OPERATOR && is_any(word, closers);
}

static bool is_unary(const struct formatter *f, const struct word *word)
{
	static const char *const unary[] = {"-", "!", "~", "*", "&", "++", "--", NULL};

	return is_any(word, unary) && (f->unary || !ends_operand(&f->previous));
}

static bool wants_blank_before_name(const struct formatter *f, const struct word *word)
{
	const struct word *previous = &f->previous;
	static const char *const tight[] = {"(", "[", ".", "->", "..", "...", NULL};

	if (previous->kind == WORD_OPERATOR && is_any(previous, tight))
		return false;
	if (f->unary)
		return false;
	/* "(type)value": a cast has no blank unless the script's author put one. */
	if (is_word(previous, ")"))
		return word->blank;
	return true;
}

static bool wants_blank_before_operator(const struct formatter *f, const struct word *word)
{
	static const char *const never[] = {")", "]", ",", ";", ".", "->", "..", "...", "[", NULL};
	static const char *const spaced[] = {"if", "while", "unroll", "for", "return", NULL};
	const struct word *previous = &f->previous;

	if (is_any(word, never))
		return is_word(word, "[") && !ends_operand(previous) && !is_word(previous, "(");
	if (is_word(word, "("))
		return previous->kind == WORD_NAME ? is_any(previous, spaced)
						   : wants_blank_before_name(f, word);
	if (is_word(word, ":"))
		return f->ternaries > 0;
	if (is_word(word, "++") || is_word(word, "--"))
		return !ends_operand(previous) && wants_blank_before_name(f, word);
	if (is_unary(f, word))
		return wants_blank_before_name(f, word);
	return true;
}

static void indent(struct formatter *f, unsigned depth)
{
	strbuf_fill(f->out, '\t', depth);
	f->line_start = false;
}

static void put(struct formatter *f, const struct word *word, bool blank)
{
	if (f->line_start)
		indent(f, f->depth + (f->brackets > 0));
	else if (blank)
		strbuf_addc(f->out, ' ');
	strbuf_add(f->out, word->text, word->len);
}

/* --- words in their places --- */

static void put_comment(struct formatter *f, const struct word *word)
{
	bool trailing = !word->newlines && f->out->len;

	if (!trailing)
		new_line(f);
	else if (f->line_start) {
		/* The line that it belongs to has just been ended. */
		f->out->len--;
		f->out->data[f->out->len] = '\0';
		f->line_start = false;
	}
	put(f, word, true);
	if (word->kind == WORD_COMMENT || !trailing)
		new_line(f);
}

static void open_brace(struct formatter *f, const struct word *word)
{
	bool value = !ends_operand(&f->previous) && f->previous.kind != WORD_ATTACH &&
		     !is_word(&f->previous, "else") && (f->depth || f->in_predicate) &&
		     !is_word(&f->previous, ";") && !is_word(&f->previous, "{");

	put(f, word, !is_word(&f->previous, "("));
	if (f->depth + 1 < MAX_DEPTH)
		f->is_value[++f->depth] = value;
	new_line(f);
}

static void close_brace(struct formatter *f, const struct word *word)
{
	bool value = f->depth && f->is_value[f->depth];

	new_line(f);
	if (f->depth)
		f->depth--;
	put(f, word, false);
	if (!value)
		new_line(f);
	if (!f->depth && !f->in_predicate)
		f->in_item = false;
}

static void put_top(struct formatter *f, const struct word *word)
{
	static const char *const items[] = {"import", "let", "macro", "config", NULL};

	if (word->kind == WORD_C_TEXT || is_any(word, items))
		new_line(f);
	if (word->kind == WORD_ATTACH && f->previous.kind == WORD_ATTACH)
		new_line(f);
	put(f, word, true);
	f->in_item = is_any(word, items);
	if (word->kind == WORD_C_TEXT || (word->len > 1 && !strncmp(word->text, "#!", 2)))
		new_line(f);
}

static void put_slash(struct formatter *f, const struct word *word)
{
	if (!f->in_predicate) {
		f->in_predicate = true;
		put(f, word, true);
		f->unary = true;
		return;
	}
	f->in_predicate = false;
	put(f, word, false);
	f->unary = false;
}

static bool ends_predicate(const struct formatter *f, const struct word *word)
{
	struct formatter ahead = *f;

	if (!f->in_predicate || f->brackets || f->depth || !is_word(word, "/"))
		return false;
	ahead.next = word->text + 1;
	for (;;) {
		struct word next = scan(&ahead);

		if (next.kind != WORD_COMMENT && next.kind != WORD_BLOCK_COMMENT)
			return is_word(&next, "{");
		ahead.next = next.text + next.len;
	}
}

static void count_brackets(struct formatter *f, const struct word *word)
{
	if (is_word(word, "(") || is_word(word, "["))
		f->brackets++;
	else if ((is_word(word, ")") || is_word(word, "]")) && f->brackets)
		f->brackets--;
	else if (is_word(word, "?"))
		f->ternaries++;
}

static void put_operator(struct formatter *f, const struct word *word)
{
	bool unary = is_unary(f, word);

	put(f, word, wants_blank_before_operator(f, word));
	count_brackets(f, word);
	if (is_word(word, ":") && f->ternaries)
		f->ternaries--;
	f->unary = unary &&
		   !(ends_operand(&f->previous) && (is_word(word, "++") || is_word(word, "--")));
	if (is_word(word, ";") && !f->brackets) {
		f->ternaries = 0;
		if (!f->depth)
			f->in_item = false;
		new_line(f);
	} else if (is_word(word, ",") && at_top(f)) {
		new_line(f);
	}
}

static void put_name(struct formatter *f, const struct word *word)
{
	/* "} else" and the "(N)" that ends a map's declaration stay on their line. */
	if (is_word(word, "else") && is_word(&f->previous, "}") && f->line_start && f->out->len) {
		f->out->len--;
		f->out->data[f->out->len] = '\0';
		f->line_start = false;
	}
	put(f, word, wants_blank_before_name(f, word));
	f->unary = false;
}

static void empty_line(struct formatter *f, const struct word *word)
{
	if (word->newlines > 1 && f->line_start && f->out->len > 1 && !is_word(word, "}") &&
	    !is_word(&f->previous, "{"))
		strbuf_addc(f->out, '\n');
}

static void put_word(struct formatter *f, const struct word *word)
{
	if (word->kind == WORD_COMMENT || word->kind == WORD_BLOCK_COMMENT) {
		put_comment(f, word);
		return;
	}
	if (word->kind == WORD_ATTACH || word->kind == WORD_C_TEXT)
		put_top(f, word);
	else if ((at_top(f) && is_word(word, "/")) || ends_predicate(f, word))
		put_slash(f, word);
	else if (is_word(word, "{"))
		open_brace(f, word);
	else if (is_word(word, "}"))
		close_brace(f, word);
	else if (word->kind == WORD_OPERATOR)
		put_operator(f, word);
	else
		put_name(f, word);
	f->previous = *word;
}

void ast_format(const struct script *script, const struct source *source, struct strbuf *out)
{
	struct formatter f = {.out = out, .next = source->text, .line_start = true};

	(void)script;
	for (;;) {
		struct word word = scan(&f);

		if (word.kind == WORD_END)
			break;
		empty_line(&f, &word);
		put_word(&f, &word);
		f.next = word.text + word.len;
	}
	new_line(&f);
}
