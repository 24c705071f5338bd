/* Members of structs, unions, tuples and records, and what kinds of types have in common. */
#include "types/internal.h"

#include <string.h>

const struct type_field *types_fields(struct types *types, const struct type *type, uint32_t *n)
{
	/* Fields are filled in when first asked for; all else of a type is fixed. */
	struct type *loading = (struct type *)type;

	if (type->record.loaded)
		;
	else if (type->record.origin == ORIGIN_BTF)
		btf_load_fields(types, loading);
	else if (type->record.module)
		dwarf_load_fields(types, loading);
	else
		cdefs_load_fields(types, loading);
	*n = type->record.nfields;
	return type->record.fields;
}

/* Searches the members in order, anonymous ones by what they hold. */
static bool find_from(struct types *types, const struct type *type, const char *name,
		      struct type_path *path)
{
	uint32_t n, step = path->n;
	const struct type_field *fields = types_fields(types, type, &n);

	if (step == TYPE_PATH_MAX)
		return false;
	path->n++;
	for (uint32_t i = 0; i < n; i++) {
		path->in[step] = type;
		path->field[step] = &fields[i];
		if (!strcmp(fields[i].name, name))
			return true;
		if (!*fields[i].name && type_is_struct(fields[i].type) &&
		    find_from(types, fields[i].type, name, path))
			return true;
	}
	path->n = step;
	return false;
}

bool types_find_field(struct types *types, const struct type *type, const char *name,
		      struct type_path *path)
{
	path->n = 0;
	if (!*name || (!type_is_struct(type) && type->kind != TYPE_RECORD))
		return false;
	return find_from(types, type, name, path);
}

uint32_t type_path_offset(const struct type_path *path)
{
	uint32_t offset = 0;

	for (uint32_t i = 0; i < path->n; i++)
		offset += path->field[i]->offset;
	return offset;
}

void types_place_bits(struct type_field *field, uint32_t bits, uint32_t size)
{
	field->bit_size = size;
	for (uint32_t unit = 1; unit <= 8; unit *= 2) {
		field->offset = bits / 8 / unit * unit;
		field->bit_offset = bits - field->offset * 8;
		if (field->bit_offset + size <= unit * 8)
			return;
	}
	field->offset = bits / 8;
	field->bit_offset = bits % 8;
}

bool type_is_integer(const struct type *type)
{
	return type->kind == TYPE_INT || type->kind == TYPE_ENUM;
}

bool type_is_aggregate(const struct type *type)
{
	return type->is_per_cpu;
}

bool type_is_castable_aggregate(const struct type *type)
{
	return type->kind == TYPE_COUNT || type->kind == TYPE_SUM || type->kind == TYPE_MIN ||
	       type->kind == TYPE_MAX || type->kind == TYPE_AVG;
}

bool type_is_stack(const struct type *type)
{
	return type->kind == TYPE_KSTACK || type->kind == TYPE_USTACK;
}

bool type_is_struct(const struct type *type)
{
	return type->kind == TYPE_STRUCT || type->kind == TYPE_UNION;
}

bool type_is_scalar(const struct type *type)
{
	return type->kind == TYPE_NONE || type->kind == TYPE_BOOL || type->kind == TYPE_INT ||
	       type->kind == TYPE_ENUM || type->kind == TYPE_PTR || type->kind == TYPE_KSYM ||
	       type->kind == TYPE_USERNAME;
}
