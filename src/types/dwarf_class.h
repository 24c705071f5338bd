/* Between dwarf.c and dwarf_class.c. */
#ifndef SONDE_TYPES_DWARF_CLASS_H
#define SONDE_TYPES_DWARF_CLASS_H

#include "types/btf.h"

#include <elfutils/libdw.h>

/* How a value of the type that the DIE describes is handed to a function of C or C++, and to one of
 * Rust. */
struct type_passing dwarf_passing(Dwarf_Die *die);
struct type_passing dwarf_passing_rust(Dwarf_Die *die);

#endif
