/*
 * Source to AST. Lexing and parsing are one call; imports and macros are expanded by further calls
 * on the tree, so that
 * --fmt and -d ast can show it before.
 */
#ifndef SONDE_PARSER_PARSER_H
#define SONDE_PARSER_PARSER_H

#include "ast/ast.h"
#include "base/diag.h"

struct parser {
	struct arena *arena;
	struct sources *sources;
	struct diags *diags;
	const char *const *params; /* positional parameters, replaced inside attach points */
	uint32_t nparams;
	bool keep_params; /* attach points stay as written */
};

/*
 * Parses one text. Errors are queued; the result is then what could be understood (never NULL),
 * with probes whose text was in error left out.
 */
struct script *parse_script(const struct parser *parser, const struct source *source);

/*
 * Reads and merges the `import`s of @script, recursively. Relative paths start at @directory (that
 * of the importing file). Headers are added to the preambles as #include. A script that has no
 * probes then is an error.
 */
void expand_imports(const struct parser *parser, struct script *script, const char *directory);

/* Adds the library of macros (src/lang/library.bt) and replaces every use of a macro in the probes
 * by its body. */
void expand_macros(const struct parser *parser, struct script *script);

/*
 * Parses a C macro's body or another piece of text as one expression; NULL (nothing queued) if it
 * is not one.
 */
struct expr *parse_expression(const struct parser *parser, const struct source *source);

#endif
