/* State of one scan, shared by the scanner (lexer.l), its helpers (scan.c) and the parser. */
#ifndef SONDE_LEXER_LEXER_H
#define SONDE_LEXER_LEXER_H

#include "parser/parser.h"

#define LEXER_MAX_NESTING 200

struct bracket {
	char kind; /* "(", "[" or "{" */
	bool is_cast;
	uint32_t offset;
};

struct lexer {
	const struct parser *parser;
	const struct source *source;
	uint32_t offset; /* of the next byte, in the text */
	uint32_t token; /* where the token being scanned began */
	uint32_t end; /* behind the last token that is not blank */
	int start; /* a first token that says what is parsed; 0 once it was given */
	bool at_top; /* between probes: attach points, not expressions */
	bool in_predicate;
	bool in_import, in_map_decl; /* top-level items that end outside braces */
	size_t item_length; /* of the top-level item just recognized */
	size_t most_errors; /* in the queue; more are not worth reading */
	bool failed; /* hopeless: only end of text is returned */

	/* For messages: the last token and the one before, how the statement began. */
	int previous, before;
	int statement;
	uint32_t statement_offset;
	bool assigned; /* the statement has had its "=" */

	struct bracket open[LEXER_MAX_NESTING];
	uint32_t depth; /* brackets that are open */
	bool closed_cast; /* the last parenthesis that was closed is that of a cast */
	uint32_t unclosed; /* 1 + the offset of a bracket that the last token leaves unclosed */

	/* Behind a syntax error tokens are dropped until so many brackets are open and a statement
	 * ends. */
	bool recovering;
	uint32_t recover_depth;
};

union YYSTYPE;

/* The next token of the source, with its value and place. */
int lexer_next(union YYSTYPE *value, struct span *span, void *scanner);

/* --- brackets.c --- */
/* The token for an opening bracket: @token, unless it is nested too deep. */
int lexer_open(struct lexer *lexer, int token, struct span span);
int lexer_close(struct lexer *lexer, int bracket);
/* A semicolon: parentheses do not reach over it. */
int lexer_end_statement(struct lexer *lexer);
/* Begins to drop tokens behind a syntax error. */
void lexer_recover(struct lexer *lexer);
/* Whether the token just scanned is dropped. May turn it into the end of a statement. */
bool lexer_drops(struct lexer *lexer, int *token);
/* 1 + the offset of the bracket whose end is missing, as far as the last token tells; 0: none. */
uint32_t lexer_unclosed(const struct lexer *lexer);

/* --- scan.c: what regular expressions do not say well; all queue their own errors --- */
struct span lexer_span(const struct lexer *lexer, uint32_t start, uint32_t end);
/* A number as written: false if it is malformed (reported; *number is then 1). */
bool scan_number(const struct lexer *lexer, const char *text, size_t len, uint64_t *number,
		 bool *is_duration);
/* Whether a decimal point and a digit stand at @text. */
bool scan_is_float(const char *text);
/* The length of a number with a decimal point; reports it. */
size_t scan_float(const struct lexer *lexer, const char *text);
/*
 * The string literal that starts at @text (a quote): its bytes, NULL if it has no end; returns the
 * length of the source text.
 */
size_t scan_string(struct lexer *lexer, const char *text, const char **data, size_t *len);
/* Length of the attach point that starts at @text. */
size_t scan_attach_point(const char *text);
struct attach_point *make_attach_point(struct lexer *lexer, const char *text, size_t len,
				       struct span span);
/* Length of the C definition or directive at @offset, 0 if there is none, -1 if it is not closed.
 */
long scan_preamble(const struct source *source, uint32_t offset);
enum top_word { TOP_OTHER, TOP_CONFIG, TOP_IMPORT, TOP_LET, TOP_MACRO };
/* The word that begins a top-level item, with what must follow it looked at; its length in *len. */
enum top_word scan_top_word(const char *text, size_t *len);
/* Whether the parenthesis at @text opens a cast: it holds a type, and an operand follows; @in_head:
 * a brace does not begin one, but the body of an `if` or a loop. */
bool scan_is_cast(const char *text, bool in_head);
/* Whether the parenthesis behind sizeof and its kin holds a type. */
bool scan_is_type_operand(const char *text);
/* Whether a slash at @text ends a predicate: only blanks and comments up to "{". */
bool scan_ends_predicate(const char *text);
/* Whether "name =" (not "==") stands at @text: a record's member. */
bool scan_is_member(const char *text);
/* Whether the next word is "else". */
bool scan_is_else(const char *text);

#endif
