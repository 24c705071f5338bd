/* Parameters of user-space functions, from the DWARF of a binary or of its separate debug file. */
#ifndef SONDE_TYPES_DWARF_H
#define SONDE_TYPES_DWARF_H

#include "types/btf.h"

/*
 * The prototype of @function (a symbol's name, mangled for C++) in the ELF file @path. Pointers are
 * in user space; where arguments are is the calling convention's affair. @debuginfo: directories
 * for separate debug files, separated by colons, or NULL for the usual ones. False if the file has
 * no debug information or not of that function. id is 0; module is the path.
 */
bool types_dwarf_function(struct types *types, const char *path, const char *debuginfo,
			  const char *function, struct type_function *prototype);

#endif
