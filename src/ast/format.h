/* The source formatter (--fmt): a script's canonical text, comments kept. Formatting it again
 * changes nothing. */
#ifndef SONDE_AST_FORMAT_H
#define SONDE_AST_FORMAT_H

#include "ast/ast.h"

/* @source is the text that @script was parsed from, before macro and import expansion. */
void ast_format(const struct script *script, const struct source *source, struct strbuf *out);

/* A type as written: "struct task_struct *". */
void ast_format_type(const struct type_expr *type, struct strbuf *out);

#endif
