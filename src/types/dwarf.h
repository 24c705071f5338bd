/* Parameters of user-space functions, from the DWARF of a binary or of its separate debug file. */
#ifndef SONDE_TYPES_DWARF_H
#define SONDE_TYPES_DWARF_H

#include "types/btf.h"

#include <elfutils/libdw.h>

/*
 * The prototype of @function (a symbol's name, mangled for C++) at @address in the ELF file @path.
 * Pointers are in user space; where arguments are is the calling convention's affair. @debuginfo:
 * directories for separate debug files, separated by colons, or NULL for the usual ones. False if
 * the file has no debug information or not of that function, or if a compiler has changed what it
 * takes. id is 0; module is the path.
 */
bool types_dwarf_function(struct types *types, const char *path, const char *debuginfo,
			  const char *function, uint64_t address, struct type_function *prototype);

/* Of a unit whose debug info was split off, the unit in the other file, where it can be read: what
 * the linker did not have to see. Otherwise the unit itself. */
Dwarf_Die dwarf_whole_unit(const Dwarf_Die *unit);

#endif
