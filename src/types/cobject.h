/* Functions of compiled C programs that scripts import, from the programs' own BTF. */
#ifndef SONDE_TYPES_COBJECT_H
#define SONDE_TYPES_COBJECT_H

#include "base/source.h"
#include "types/btf.h"

/*
 * Makes known the functions of a compiled program, which the script imports at @import. @bytes stay
 * the caller's as long as the registry lives. False if they are not BTF, or, with *twice set, if
 * another program has a function or variable of this name, too.
 */
bool types_add_c_object(struct types *types, const void *bytes, size_t size, struct span import,
			const char **twice);
/*
 * A function that is not static. Types are integers, bool, pointers, and none for void; that of
 * what a script cannot hand over or take (a struct by value) is NULL.
 */
bool types_find_c_function(struct types *types, const char *name, struct type_function *function);
/* Names of all of them. */
void types_walk_c_functions(struct types *types, void (*visit)(const char *name, void *data),
			    void *data);
/* Whether a program has a function or variable of that name, static or not, and who imports it. */
bool types_find_c_symbol(struct types *types, const char *name, struct span *import);

#endif
