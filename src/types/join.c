/* The type that holds the values of two types, and the types of integer literals. */
#include "types/internal.h"

#include <string.h>

static const struct type *join_integers(struct types *types, const struct type *a,
					const struct type *b)
{
	uint32_t signed_size, unsigned_size, wider = a->size > b->size ? a->size : b->size;

	if (a->is_signed == b->is_signed)
		return type_int(types, wider, a->is_signed);
	signed_size = a->is_signed ? a->size : b->size;
	unsigned_size = a->is_signed ? b->size : a->size;
	if (signed_size <= unsigned_size)
		signed_size = unsigned_size < 8 ? unsigned_size * 2 : 8;
	return type_int(types, signed_size, true);
}

enum type_space type_either_space(const struct type *a, const struct type *b)
{
	bool is_by_address = a->ptr.space == SPACE_ADDRESS || b->ptr.space == SPACE_ADDRESS;

	if (is_by_address && a->ptr.space != SPACE_BPF && b->ptr.space != SPACE_BPF)
		return SPACE_ADDRESS;
	return SPACE_UNKNOWN;
}

static const struct type *join_pointers(struct types *types, const struct type *a,
					const struct type *b)
{
	if (a->ptr.to != b->ptr.to)
		return NULL;
	if (a->ptr.space == SPACE_UNKNOWN || b->ptr.space == SPACE_UNKNOWN)
		return a->ptr.space == SPACE_UNKNOWN ? b : a;
	return type_ptr(types, a->ptr.to, type_either_space(a, b));
}

static const struct type *join_tuples(struct types *types, const struct type *a,
				      const struct type *b)
{
	const struct type **members;
	uint32_t n = a->record.nfields;

	if (n != b->record.nfields)
		return NULL;
	members = arena_new_array(types->arena, const struct type *, n);
	for (uint32_t i = 0; i < n; i++) {
		members[i] = type_join(types, a->record.fields[i].type, b->record.fields[i].type);
		if (!members[i])
			return NULL;
	}
	return type_tuple(types, members, n);
}

static const struct type_field *record_member(const struct type *type, const char *name)
{
	for (uint32_t i = 0; i < type->record.nfields; i++)
		if (!strcmp(type->record.fields[i].name, name))
			return &type->record.fields[i];
	return NULL;
}

/* By name; the order is that of @a. */
static const struct type *join_records(struct types *types, const struct type *a,
				       const struct type *b)
{
	const struct type **members;
	const char **names;
	uint32_t n = a->record.nfields;

	if (n != b->record.nfields)
		return NULL;
	members = arena_new_array(types->arena, const struct type *, n);
	names = arena_new_array(types->arena, const char *, n);
	for (uint32_t i = 0; i < n; i++) {
		const struct type_field *mine = &a->record.fields[i];
		const struct type_field *other = record_member(b, mine->name);

		names[i] = mine->name;
		members[i] = other ? type_join(types, mine->type, other->type) : NULL;
		if (!members[i])
			return NULL;
	}
	return type_record(types, names, members, n);
}

const struct type *type_join(struct types *types, const struct type *a, const struct type *b)
{
	if (a == b)
		return a;
	if (type_is_integer(a) && type_is_integer(b))
		return join_integers(types, a, b);
	if (a->kind != b->kind)
		return NULL;
	switch (a->kind) {
	case TYPE_STRING:
	case TYPE_BUFFER:
		return a->text.capacity > b->text.capacity ? a : b;
	case TYPE_PTR:
		return join_pointers(types, a, b);
	case TYPE_TUPLE:
		return join_tuples(types, a, b);
	case TYPE_RECORD:
		return join_records(types, a, b);
	case TYPE_SUM:
	case TYPE_MIN:
	case TYPE_MAX:
	case TYPE_AVG:
	case TYPE_STATS:
		/* Two of a kind differ in their sign only. */
		return a->is_signed ? a : b;
	case TYPE_NONE:
	case TYPE_BOOL:
	case TYPE_INT:
	case TYPE_ENUM:
	case TYPE_ARRAY:
	case TYPE_INET:
	case TYPE_MAC:
	case TYPE_TIMESTAMP:
	case TYPE_KSYM:
	case TYPE_USYM:
	case TYPE_KSTACK:
	case TYPE_USTACK:
	case TYPE_USERNAME:
	case TYPE_CGROUP_PATH:
	case TYPE_STRUCT:
	case TYPE_UNION:
	case TYPE_COUNT:
	case TYPE_HIST:
	case TYPE_LHIST:
	case TYPE_TSERIES:
		return NULL;
	}
	return NULL;
}

/* Largest magnitude that an integer of this many bytes holds on its sign's side. */
static bool fits(uint32_t size, bool is_signed, uint64_t magnitude, bool is_negative)
{
	uint32_t bits = size * 8;

	if (!is_signed)
		return !(is_negative && magnitude) && (bits == 64 || magnitude < 1ull << bits);
	if (is_negative)
		return magnitude <= 1ull << (bits - 1);
	return magnitude < 1ull << (bits - 1);
}

bool type_int_holds(const struct type *type, uint64_t magnitude, bool is_negative)
{
	return fits(type->size, type->is_signed, magnitude, is_negative);
}

const struct type *type_of_literal(struct types *types, uint64_t magnitude, bool is_negative)
{
	for (uint32_t size = 1; size <= 8; size *= 2)
		if (fits(size, true, magnitude, is_negative))
			return type_int(types, size, true);
	return type_int(types, 8, false);
}
