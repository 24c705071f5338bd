/*
 * Which objects of C++ are passed by their address because bytes are not all that makes a copy: the
 * Itanium C++ ABI, 3.1.2 ("non-trivial for the purposes of calls"). Clang tells it of each class,
 * GCC does not: there it follows from the class's own functions, and from what the class consists
 * of.
 */
#include "types/dwarf_class.h"

#include <dwarf.h>
#include <string.h>

#define DEPTH_MAX 16

static bool flag(Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute attr;
	bool is = false;

	return dwarf_attr_integrate(die, attribute, &attr) && !dwarf_formflag(&attr, &is) && is;
}

static Dwarf_Word number(Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute attr;
	Dwarf_Word word;

	return dwarf_attr_integrate(die, attribute, &attr) && !dwarf_formudata(&attr, &word) ? word
											     : 0;
}

static bool type_of(Dwarf_Die *die, Dwarf_Die *type)
{
	Dwarf_Attribute attr;

	return dwarf_attr_integrate(die, DW_AT_type, &attr) && dwarf_formref_die(&attr, type) &&
	       !dwarf_peel_type(type, type);
}

/* Whether the function's first argument behind `this` refers to such an object. */
static bool takes_another(Dwarf_Die *function, const Dwarf_Die *class)
{
	Dwarf_Die child, type;

	for (int more = dwarf_child(function, &child); !more;
	     more = dwarf_siblingof(&child, &child)) {
		if (dwarf_tag(&child) != DW_TAG_formal_parameter || flag(&child, DW_AT_artificial))
			continue;
		return type_of(&child, &type) &&
		       (dwarf_tag(&type) == DW_TAG_reference_type ||
			dwarf_tag(&type) == DW_TAG_rvalue_reference_type) &&
		       type_of(&type, &type) && type.addr == class->addr;
	}
	return false;
}

/* A destructor or a constructor that copies or moves, and that somebody wrote. */
static bool is_written_copy(Dwarf_Die *function, Dwarf_Die *class)
{
	const char *name = dwarf_diename(function), *of = dwarf_diename(class);
	size_t len = of ? strcspn(of, "<") : 0;

	if (!name || !len || flag(function, DW_AT_artificial) || flag(function, DW_AT_deleted) ||
	    number(function, DW_AT_defaulted) == DW_DEFAULTED_in_class)
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
		return !number(part, DW_AT_virtuality) && !is_written_copy(part, class);
	case DW_TAG_inheritance:
	case DW_TAG_member:
		if (number(part, DW_AT_virtuality))
			return false;
		if (flag(part, DW_AT_external) || !type_of(part, &type))
			return true;
		while (dwarf_tag(&type) == DW_TAG_array_type && type_of(&type, &type))
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
	Dwarf_Word convention = number(type, DW_AT_calling_convention);

	return convention ? convention != DW_CC_pass_by_reference : is_trivial(type, 0);
}
