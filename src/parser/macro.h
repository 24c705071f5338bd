/* What the expansion of macros and the checks of their definitions share. */
#ifndef SONDE_PARSER_MACRO_H
#define SONDE_PARSER_MACRO_H

#include "parser/parser.h"

/* NULL if there is no such parameter. */
const struct macro_param *macro_find_param(const struct macro *macro, enum macro_param_kind kind,
					   const char *name);
/* Reports definitions that cannot be, and bodies that touch what is not theirs. */
void macro_check_all(const struct parser *parser, const struct script *script);

#endif
