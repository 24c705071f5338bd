/*
 * Which objects of C++ are passed by their address because bytes are not all that makes a copy: the
 * Itanium C++ ABI, 3.1.2 ("non-trivial for the purposes of calls"). Clang tells it of each class,
 * GCC does not: there it follows from the class's own functions, and from what the class consists
 * of.
 */
#include "types/dwarf_class.h"

#include "types/dwarf_die.h"

#include <dwarf.h>
#include <string.h>

#define DEPTH_MAX 16

/* Whether the function's first argument behind `this` refers to such an object. */
static bool takes_another(Dwarf_Die *function, const Dwarf_Die *class)
{
	Dwarf_Die child, type;

	for (int more = dwarf_child(function, &child); !more;
	     more = dwarf_siblingof(&child, &child)) {
		if (dwarf_tag(&child) != DW_TAG_formal_parameter ||
		    die_flag(&child, DW_AT_artificial))
			continue;
		return die_bare_type(&child, &type) &&
		       (dwarf_tag(&type) == DW_TAG_reference_type ||
			dwarf_tag(&type) == DW_TAG_rvalue_reference_type) &&
		       die_bare_type(&type, &type) && type.addr == class->addr;
	}
	return false;
}

/* A destructor or a constructor that copies or moves, and that somebody wrote. */
static bool is_written_copy(Dwarf_Die *function, Dwarf_Die *class)
{
	const char *name = dwarf_diename(function), *of = dwarf_diename(class);
	size_t len = of ? strcspn(of, "<") : 0;

	if (!name || !len || die_flag(function, DW_AT_artificial) ||
	    die_flag(function, DW_AT_deleted) ||
	    die_number(function, DW_AT_defaulted, 0) == DW_DEFAULTED_in_class)
		return false;
	if (*name == '~')
		return true;
	return !strncmp(name, of, len) && !name[len] && takes_another(function, class);
}

static bool is_trivial(Dwarf_Die *class, int depth);

static bool is_trivial_part(Dwarf_Die *part, Dwarf_Die *class, int depth)
{
	Dwarf_Die type;

	switch (dwarf_tag(part)) {
	case DW_TAG_subprogram:
		return !die_number(part, DW_AT_virtuality, 0) && !is_written_copy(part, class);
	case DW_TAG_inheritance:
	case DW_TAG_member:
		if (die_number(part, DW_AT_virtuality, 0))
			return false;
		if (die_flag(part, DW_AT_external) || !die_bare_type(part, &type))
			return true;
		while (dwarf_tag(&type) == DW_TAG_array_type && die_bare_type(&type, &type))
			;
		return is_trivial(&type, depth + 1);
	}
	return true;
}

static bool is_trivial(Dwarf_Die *class, int depth)
{
	Dwarf_Die child;
	int tag = dwarf_tag(class);

	if (depth > DEPTH_MAX ||
	    (tag != DW_TAG_class_type && tag != DW_TAG_structure_type && tag != DW_TAG_union_type))
		return true;
	for (int more = dwarf_child(class, &child); !more; more = dwarf_siblingof(&child, &child))
		if (!is_trivial_part(&child, class, depth))
			return false;
	return true;
}

bool dwarf_is_copied_by_bytes(Dwarf_Die *type)
{
	Dwarf_Word convention = die_number(type, DW_AT_calling_convention, 0);

	return convention ? convention != DW_CC_pass_by_reference : is_trivial(type, 0);
}
