/* Named numbers: enumerators of the preamble and of BTF, then the table of header constants. */
#include "types/internal.h"

#include "lang/lang.h"

#include <string.h>

/* The table is sorted by name (a unit test checks it). */
static const struct lang_constant *find_row(const char *name)
{
	uint32_t low = 0, high = lang_nconstants;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = strcmp(name, lang_constants[middle].name);

		if (!order)
			return &lang_constants[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

bool types_find_constant(struct types *types, const char *name, struct type_constant *constant)
{
	const struct type_constant *known = hashmap_gets(&types->enumerators, name);
	const struct lang_constant *row;

	if (known) {
		*constant = *known;
		return true;
	}
	if (cdefs_find_enumerator(types, name, constant) ||
	    btf_find_enumerator(types, BTF_VMLINUX, name, constant))
		return true;
	row = find_row(name);
	if (row) {
		constant->value = (uint64_t)row->value;
		constant->is_negative = row->value < 0;
		constant->type = NULL;
		return true;
	}
	if (cdefs_read_headers(types) && cdefs_find_enumerator(types, name, constant))
		return true;
	/* There may be hundreds of modules to open: last. */
	return btf_find_enumerator(types, BTF_MODULES, name, constant);
}
