/*
 * Inside the formatter: comments, the line being written with the places where it may be broken,
 * and expressions. The formatter prints what the tree says, literals as the source has them, and
 * puts the comments back by their positions.
 */
#ifndef SONDE_AST_FORMAT_INTERNAL_H
#define SONDE_AST_FORMAT_INTERNAL_H

#include "ast/ast.h"

struct comment {
	uint32_t start, end; /* positions; without the newline */
};

struct format {
	struct arena *arena;
	const struct source *source; /* NULL: literals are written by their values */
	VEC(struct comment)
	comments; /* in order */
	size_t next; /* first comment not yet written */
};

struct writer {
	struct format *format;
	struct strbuf *out; /* finished lines */
	struct strbuf line; /* what is being written, without indentation */
	VEC(size_t)
	breaks; /* offsets of blanks in @line where it may be broken */
	unsigned indent;
};

/* --- format_comment.c --- */
void format_find_comments(struct format *format, const struct script *script);
/* Whether there is an empty line above @position. */
bool format_is_spaced(const struct format *format, uint32_t position);
/* Whether nothing but what ends a part of the script stands between two positions of a line. */
bool format_is_beside(const struct format *format, uint32_t from, uint32_t to);

/* --- format_expr.c --- */
void format_expr(struct writer *w, const struct expr *expr);
/* The expression between parentheses, once. */
void format_in_parens(struct writer *w, const struct expr *expr);
void format_type(struct writer *w, const struct type_expr *type);
/* The bytes of the source. */
void format_source_text(struct writer *w, struct span span);

/* --- format.c --- */
/* "{", the statements, "}" on lines of their own; the last line is left unfinished. */
void format_block(struct writer *w, const struct block *block);

#endif
