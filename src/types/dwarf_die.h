/* What DIEs tell, in the forms that compilers write it in. */
#ifndef SONDE_TYPES_DWARF_DIE_H
#define SONDE_TYPES_DWARF_DIE_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

uint64_t die_number(Dwarf_Die *die, unsigned attribute, uint64_t otherwise);
bool die_flag(Dwarf_Die *die, unsigned attribute);

/* The DIE of the type attribute, which may be @die itself; false for void. */
bool die_type(Dwarf_Die *die, Dwarf_Die *type);
/* The same without qualifiers and typedefs. */
bool die_bare_type(Dwarf_Die *die, Dwarf_Die *type);
/* A type without qualifiers and typedefs; false if nothing is left, as of "const void". */
bool die_peel(Dwarf_Die *die, Dwarf_Die *type);

/* Bytes of a type without qualifiers and typedefs, 0 if that is not told. */
uint64_t die_size(Dwarf_Die *type);

/* Where the member lies in its object; false if that depends on the object, as of virtual bases. */
bool die_member_offset(Dwarf_Die *member, uint64_t *offset);

#endif
