/* What DIEs tell, in the forms that compilers write it in. */
#include "types/dwarf_die.h"

#include <dwarf.h>

uint64_t die_number(Dwarf_Die *die, unsigned attribute, uint64_t otherwise)
{
	Dwarf_Attribute attr;
	Dwarf_Word word;

	return dwarf_attr_integrate(die, attribute, &attr) && !dwarf_formudata(&attr, &word)
		       ? word
		       : otherwise;
}

bool die_flag(Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute attr;
	bool is = false;

	return dwarf_attr_integrate(die, attribute, &attr) && !dwarf_formflag(&attr, &is) && is;
}

/* A type that several units have may stand in a unit of its own. */
static bool follow_signature(Dwarf_Die *type)
{
	Dwarf_Attribute attr;

	return !dwarf_attr(type, DW_AT_signature, &attr) || dwarf_formref_die(&attr, type);
}

bool die_type(Dwarf_Die *die, Dwarf_Die *type)
{
	Dwarf_Attribute attr;

	return dwarf_attr_integrate(die, DW_AT_type, &attr) && dwarf_formref_die(&attr, type) &&
	       follow_signature(type);
}

bool die_peel(Dwarf_Die *die, Dwarf_Die *type)
{
	return !dwarf_peel_type(die, type) && follow_signature(type);
}

bool die_bare_type(Dwarf_Die *die, Dwarf_Die *type)
{
	return die_type(die, type) && die_peel(type, type);
}

static uint64_t count_elements(Dwarf_Die *array)
{
	uint64_t count = 1;
	Dwarf_Die range;

	for (int more = dwarf_child(array, &range); !more; more = dwarf_siblingof(&range, &range))
		if (dwarf_tag(&range) == DW_TAG_subrange_type)
			count *= die_number(&range, DW_AT_count,
					    die_number(&range, DW_AT_upper_bound, UINT64_MAX) + 1);
	return count;
}

/* libdw knows no size of arrays whose element stands in a unit of its own. */
uint64_t die_size(Dwarf_Die *type)
{
	Dwarf_Word size = 0;
	Dwarf_Die element;

	if (!dwarf_aggregate_size(type, &size))
		return size;
	if (dwarf_tag(type) != DW_TAG_array_type || !die_bare_type(type, &element))
		return 0;
	return count_elements(type) * die_size(&element);
}

/* Before DWARF 3 it is an expression, to which the object's address is given. */
bool die_member_offset(Dwarf_Die *member, uint64_t *offset)
{
	Dwarf_Attribute attr;
	Dwarf_Op *ops;
	size_t n;

	*offset = 0;
	if (!dwarf_attr_integrate(member, DW_AT_data_member_location, &attr) ||
	    !dwarf_formudata(&attr, offset))
		return true;
	if (dwarf_getlocation(&attr, &ops, &n) || n != 1 || ops[0].atom != DW_OP_plus_uconst)
		return false;
	*offset = ops[0].number;
	return true;
}
