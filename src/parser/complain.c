/* Syntax errors in words: what was found, what could stand there, and hints for common mistakes. */
#include "parser/build.h"
#include "parser/parser.tab.h"

#include <ctype.h>
#include <string.h>

#define SHOWN_TOKEN 40

/* Words of other languages, where they come as a surprise. */
static const struct {
	const char *word, *hint;
} foreign[] = {
	{"and", "this operator is written '&&'"},
	{"or", "this operator is written '||'"},
	{"not", "this operator is written '!'"},
	{"elif", "write 'else if'"},
	{"elsif", "write 'else if'"},
	{"elseif", "write 'else if'"},
	{"in", "loops are written 'for ($kv : @map)' or 'for ($i : 0..10)'"},
	{"do", "there is no 'do' loop; use 'for ($i : 0..10) { ... }' and 'break'"},
	{"switch", "there is no 'switch'; use 'if' and 'else if'"},
	{"case", "there is no 'switch'; use 'if' and 'else if'"},
	{"goto", "there is no 'goto'"},
	{"var", "variables are declared by 'let $name'"},
	{"int", "variables are declared by 'let $name: int64'"},
	{"char", "variables are declared by 'let $name: string[16]'"},
	{"long", "variables are declared by 'let $name: int64'"},
	{"fn", "there are no functions; a macro can do: macro name($x) { ... }"},
	{"func", "there are no functions; a macro can do: macro name($x) { ... }"},
	{"function", "there are no functions; a macro can do: macro name($x) { ... }"},
	{"def", "there are no functions; a macro can do: macro name($x) { ... }"},
	{"void", "there are no functions; a macro can do: macro name($x) { ... }"},
	{"static", "there are no declarations in C's manner outside of the C definitions at the "
		   "script's head"},
};

static const char *foreign_hint(const char *text)
{
	size_t len = 0;

	while (isalpha((unsigned char)text[len]))
		len++;
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (strlen(foreign[i].word) == len && !strncmp(foreign[i].word, text, len))
			return foreign[i].hint;
	return NULL;
}

static bool ends_operand(int token)
{
	return token == INT || token == STRING || token == IDENT || token == VAR || token == MAP ||
	       token == PARAM || token == PARAM_COUNT || token == ')' || token == ']' ||
	       token == INCREMENT || token == DECREMENT || token == TRUE_WORD ||
	       token == FALSE_WORD || token == BREAK || token == CONTINUE || token == RETURN;
}

static bool starts_statement(int token)
{
	return token == IDENT || token == VAR || token == MAP || token == LET || token == IF ||
	       token == FOR || token == WHILE || token == UNROLL || token == BREAK ||
	       token == CONTINUE || token == RETURN || token == INCREMENT || token == DECREMENT;
}

static bool ends_statement(int token)
{
	return token == ';' || token == '}' || token == YYEOF;
}

static bool takes_block(int token)
{
	return token == IF || token == ELSE || token == FOR || token == WHILE || token == UNROLL;
}

static bool in_braces(const struct lexer *lexer)
{
	return lexer->depth && lexer->open[lexer->depth - 1].kind == '{';
}

/* A hint for an "=" that cannot stand where it does. */
static const char *assignment_hint(const struct lexer *lexer)
{
	if (lexer->before == EQUAL || lexer->before == NOT_EQUAL)
		return "to compare, write '==' or '!='";
	if (lexer->assigned && in_braces(lexer))
		return "an assignment has no value: assign to each variable in a statement of its "
		       "own";
	return "to compare, write '=='";
}

/* A hint for a statement that begins where the one before has not ended. */
static const char *separator_hint(const struct lexer *lexer)
{
	if (takes_block(lexer->statement) && (lexer->before == ')' || lexer->before == ELSE))
		return "the body needs braces: { ... }";
	if (starts_statement(lexer->previous) && ends_operand(lexer->before) && in_braces(lexer))
		return "statements are separated by ';'";
	return NULL;
}

/* "kprobe:f/pid == 1/": a slash in the last field of a probe's name, which no path begins with. */
static bool runs_into_predicate(const char *name, const char *text)
{
	const char *field = text, *slash;

	while (field > name && field[-1] != ':')
		field--;
	slash = memchr(field, '/', (size_t)(text - field));
	return *text != ':' && field > name && slash && slash > field && slash[-1] != ' ';
}

/* NULL if there is nothing to say. */
static const char *find_hint(const struct lexer *lexer, const char *text, bool expects_variable)
{
	const char *statement = lexer->source->text + lexer->statement_offset;
	const char *hint = foreign_hint(text);

	/* What is behind a foreign word is found, more often than the word itself. */
	if (!hint && (lexer->statement == ATTACH_POINT ||
		      (lexer->statement == IDENT && !ends_statement(lexer->previous))))
		hint = foreign_hint(statement);
	if (hint)
		return hint;
	if (expects_variable && lexer->previous == IDENT)
		return "the names of variables begin with '$'";
	if (expects_variable && lexer->previous == MAP)
		return "maps are declared between probes: let @name = hash(100)";
	switch (lexer->previous) {
	case '=':
		return assignment_hint(lexer);
	case ')':
		return lexer->before == ',' ? "there is no comma behind the last one" : NULL;
	case ELSE:
		return "'else' stands directly behind the block of an 'if'";
	case STRING:
		return lexer->before == STRING ? "strings that follow each other are not joined"
					       : separator_hint(lexer);
	case ATTACH_POINT:
		if (runs_into_predicate(statement, text))
			return "there is a blank before a predicate: kprobe:f /pid == 1/";
		return *text == ':' || (lexer->before == ATTACH_POINT && text[-1] == ' ')
			       ? "there are no blanks inside a probe's name, and commas between "
				 "probes"
			       : NULL;
	case '{':
		return lexer->statement == '{' ? "a block belongs to a probe: begin { ... }" : NULL;
	case '}':
		return separator_hint(lexer);
	case ':':
		return text[1] == '=' ? "assign with '='" : NULL;
	case PREDICATE_START:
		return "a predicate stands between a probe and its block";
	default:
		break;
	}
	if (lexer->statement == FOR && (lexer->previous == '-' || lexer->previous == '+' ||
					lexer->previous == '*' || lexer->previous == '/'))
		return "a bound that is computed stands in parentheses: 0..($n + 1)";
	if (lexer->previous == '+' && !ends_operand(lexer->before))
		return "there is no unary '+'";
	return separator_hint(lexer);
}

/* A token's text fit to be shown: no control characters, not too long. */
static const char *printable(struct arena *arena, const char *text, size_t len)
{
	char *shown = arena_strndup(arena, text, len < SHOWN_TOKEN ? len : SHOWN_TOKEN);

	for (char *c = shown; *c; c++)
		if ((unsigned char)*c < 0x20 || (unsigned char)*c >= 0x7f)
			*c = '?';
	return shown;
}

/* Points at the bracket that is still open. */
static void note_unclosed(struct diag *diag, const struct lexer *lexer)
{
	uint32_t unclosed = lexer_unclosed(lexer);

	if (unclosed)
		diag_note(diag, lexer_span(lexer, unclosed - 1, unclosed),
			  "this '%c' is not closed", lexer->source->text[unclosed - 1]);
}

void complain(struct build *b, struct span span, const char *expected, bool expects_variable)
{
	struct lexer *lexer = b->lexer;
	struct diags *diags = b->parser->diags;
	const char *text = lexer->source->text + (span.start - lexer->source->base), *hint;
	struct diag *diag;

	/* The scanner has said what is wrong. */
	if (lexer->failed)
		return;
	if (lexer->previous == YYUNDEF) {
		lexer_recover(lexer);
		return;
	}
	if (*expected)
		expected = arena_printf(b->parser->arena, ", expected %s", expected);
	if (lexer->previous == YYEOF)
		diag = diag_error(diags, "syntax", span, "syntax: unexpected end of the script%s",
				  expected);
	else
		diag = diag_error(diags, "syntax", span, "syntax: unexpected '%s'%s",
				  printable(b->parser->arena, text, span.end - span.start),
				  expected);
	note_unclosed(diag, lexer);
	hint = find_hint(lexer, text, expects_variable);
	if (hint)
		diag_hint(diag, "%s", hint);
	lexer_recover(lexer);
}
