/*
 * Definitions of types that a unit only declares: of what a library hides from its users, and of
 * classes that Clang defines only where their functions are. They go by their names, with those of
 * the namespaces and classes around them.
 */
#include "types/dwarf_define.h"

#include "types/dwarf.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

struct search {
	Dwarf_Die *scopes; /* the declaration, then what is around it, the unit last */
	Dwarf_Die *definition;
};

static bool is_scope(int tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_structure_type ||
	       tag == DW_TAG_class_type || tag == DW_TAG_union_type;
}

/* A namespace has a DIE wherever it is opened, and may have no name. */
static bool same_name(Dwarf_Die *a, Dwarf_Die *b)
{
	const char *left = dwarf_diename(a), *right = dwarf_diename(b);

	return left && right ? !strcmp(left, right) : left == right;
}

/* Looks in @die for what is @depth scopes above the declaration. */
static bool search_in(const struct search *search, Dwarf_Die *die, int depth)
{
	Dwarf_Die *wanted = &search->scopes[depth], child;

	for (int more = dwarf_child(die, &child); !more; more = dwarf_siblingof(&child, &child)) {
		if (!is_scope(dwarf_tag(&child)) || !same_name(&child, wanted))
			continue;
		if (depth ? search_in(search, &child, depth - 1)
			  : !dwarf_hasattr(&child, DW_AT_declaration) &&
				    dwarf_bytesize(&child) >= 0) {
			if (!depth)
				*search->definition = child;
			return true;
		}
	}
	return false;
}

bool dwarf_find_definition(Dwfl_Module *module, Dwarf_Die *declaration, Dwarf_Die *definition)
{
	struct search search = {.definition = definition};
	Dwarf_Die *unit = NULL;
	Dwarf_Addr bias;
	bool found = false;
	int n = dwarf_getscopes_die(declaration, &search.scopes);

	while (n > 1 && dwarf_diename(declaration) && !found &&
	       (unit = dwfl_module_nextcu(module, unit, &bias))) {
		Dwarf_Die whole = dwarf_whole_unit(unit);

		found = search_in(&search, &whole, n - 2);
	}
	free(search.scopes);
	return found;
}
