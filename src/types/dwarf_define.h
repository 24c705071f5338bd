/* Definitions of types that a unit only declares. */
#ifndef SONDE_TYPES_DWARF_DEFINE_H
#define SONDE_TYPES_DWARF_DEFINE_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>

/* Where another unit defines the struct, class or union that @declaration names; false if none
 * does. Looks through all units until one is found. */
bool dwarf_find_definition(Dwfl_Module *module, Dwarf_Die *declaration, Dwarf_Die *definition);

#endif
