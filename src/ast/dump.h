/* The tree as indented text (-d ast): one node a line, its type behind it once sema has set one. */
#ifndef SONDE_AST_DUMP_H
#define SONDE_AST_DUMP_H

#include "ast/ast.h"

void ast_dump_script(const struct script *script, struct strbuf *out);
/* The typed bodies (-d types). */
void ast_dump_unit(const struct ast_unit *unit, struct strbuf *out);

#endif
