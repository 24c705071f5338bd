/* Between dwarf.c, dwarf_class.c and dwarf_copy.c. */
#ifndef SONDE_TYPES_DWARF_CLASS_H
#define SONDE_TYPES_DWARF_CLASS_H

#include "types/btf.h"

#include <elfutils/libdw.h>

/* How a value of the type that the DIE describes is handed to a function of C or C++, and to one of
 * Rust. */
struct type_passing dwarf_passing(Dwarf_Die *die);
struct type_passing dwarf_passing_rust(Dwarf_Die *die);

/* Of a pointer whose size DWARF does not tell. */
uint64_t dwarf_pointer_size(Dwarf_Die *type);

/* Whether objects of the class, without qualifiers, are passed as they are; otherwise their address
 * is passed. */
bool dwarf_is_copied_by_bytes(Dwarf_Die *type);

#endif
