/*
 * The registry of types and their makers. A type is described by a few words (its key); the same
 * key always gives the same type. Definitions from outside are told apart by kind, origin and name.
 */
#include "types/internal.h"

#include <stdlib.h>
#include <string.h>

struct types *types_new(struct arena *arena)
{
	struct types *types = arena_new_object(arena, struct types);

	types->arena = arena;
	hashmap_init(&types->interned, arena);
	hashmap_init(&types->names, arena);
	hashmap_init(&types->defined, arena);
	hashmap_init(&types->typedefs, arena);
	hashmap_init(&types->enumerators, arena);
	return types;
}

void types_free(struct types *types)
{
	if (!types)
		return;
	cdefs_free(types->cdefs);
	dwarf_files_free(types->dwarf);
	btf_source_free(types->btf);
	c_objects_free(types);
	types->btf = NULL;
	types->cdefs = NULL;
	types->dwarf = NULL;
}

struct type *types_new_type(struct types *types, enum type_kind kind, uint32_t size, uint32_t align)
{
	struct type *type = arena_new_object(types->arena, struct type);

	type->kind = kind;
	type->size = size;
	type->align = align;
	return type;
}

static const struct type *find_key(struct types *types, const uint64_t *key, size_t n)
{
	return hashmap_get(&types->interned, key, n * sizeof(*key));
}

static const struct type *keep(struct types *types, const uint64_t *key, size_t n,
			       const struct type *type)
{
	size_t size = n * sizeof(*key);

	hashmap_set(&types->interned, arena_memdup(types->arena, key, size), size, (void *)type);
	return type;
}

#define KEY(...)                                                                                   \
	(const uint64_t[])                                                                         \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}
#define KEY_LEN(...) (sizeof(KEY(__VA_ARGS__)) / sizeof(uint64_t))

/*
 * Returns the type of this key from the calling function if there is one; otherwise declares `type`
 * as a new one, which the function completes and returns.
 */
#define INTERN(type, kind, bytes, alignment, ...)                                                  \
	const struct type *known_ =                                                                \
		find_key(types, KEY(kind, __VA_ARGS__), KEY_LEN(kind, __VA_ARGS__));               \
	struct type *type;                                                                         \
                                                                                                   \
	if (known_)                                                                                \
		return known_;                                                                     \
	type = types_new_type(types, kind, bytes, alignment);                                      \
	keep(types, KEY(kind, __VA_ARGS__), KEY_LEN(kind, __VA_ARGS__), type)

const struct type *type_none(struct types *types)
{
	INTERN(type, TYPE_NONE, 0, 1, 0);
	return type;
}

const struct type *type_bool(struct types *types)
{
	INTERN(type, TYPE_BOOL, 1, 1, 0);
	return type;
}

const struct type *type_int(struct types *types, uint32_t size, bool is_signed)
{
	INTERN(type, TYPE_INT, size, size, size, is_signed);
	type->is_signed = is_signed;
	return type;
}

const struct type *type_ptr(struct types *types, const struct type *to, enum type_space space)
{
	INTERN(type, TYPE_PTR, 8, 8, (uintptr_t)to, space);
	type->ptr.to = to;
	type->ptr.space = space;
	return type;
}

const struct type *type_array(struct types *types, const struct type *element, uint32_t count)
{
	INTERN(type, TYPE_ARRAY, count * element->size, element->align, (uintptr_t)element, count);
	type->array.element = element;
	type->array.count = count;
	return type;
}

const struct type *type_string(struct types *types, uint32_t capacity)
{
	INTERN(type, TYPE_STRING, capacity, 1, capacity);
	type->text.capacity = capacity;
	return type;
}

const struct type *type_buffer(struct types *types, uint32_t capacity)
{
	INTERN(type, TYPE_BUFFER, 4 + capacity, 4, capacity);
	type->text.capacity = capacity;
	return type;
}

static uint32_t simple_size(enum type_kind kind)
{
	switch ((int)kind) {
	case TYPE_INET:
		return 24;
	case TYPE_MAC:
		return 6;
	case TYPE_TIMESTAMP:
	case TYPE_USYM:
	case TYPE_CGROUP_PATH:
		return 16;
	}
	return 8;
}

const struct type *type_simple(struct types *types, enum type_kind kind)
{
	INTERN(type, kind, simple_size(kind), kind == TYPE_MAC ? 1 : 8, 0);
	type->is_per_cpu = kind == TYPE_COUNT;
	return type;
}

const struct type *type_stack(struct types *types, enum type_kind kind, enum type_stack_mode mode,
			      uint32_t depth)
{
	INTERN(type, kind, 16, 8, mode, depth);
	type->stack.mode = mode;
	type->stack.depth = depth;
	return type;
}

const struct type *type_aggregate(struct types *types, enum type_kind kind, bool is_signed)
{
	INTERN(type, kind, 16, 8, is_signed);
	type->is_signed = is_signed;
	type->is_per_cpu = true;
	return type;
}

const struct type *type_hist(struct types *types, uint32_t bits)
{
	INTERN(type, TYPE_HIST, 8 * type_hist_buckets(bits), 8, bits);
	type->is_per_cpu = true;
	type->hist.bits = bits;
	return type;
}

const struct type *type_lhist(struct types *types, uint64_t min, uint64_t max, uint64_t step)
{
	INTERN(type, TYPE_LHIST, 0, 8, min, max, step);
	type->is_per_cpu = true;
	type->lhist.min = min;
	type->lhist.max = max;
	type->lhist.step = step;
	type->size = 8 * (type_lhist_buckets(type) + 2);
	return type;
}

const struct type *type_tseries(struct types *types, uint64_t interval_ns, uint32_t intervals,
				enum type_reduce reduce, bool is_signed)
{
	INTERN(type, TYPE_TSERIES, 32 * intervals, 8, interval_ns, intervals, reduce, is_signed);
	type->is_signed = is_signed;
	type->is_per_cpu = true;
	type->tseries.interval_ns = interval_ns;
	type->tseries.intervals = intervals;
	type->tseries.reduce = reduce;
	return type;
}

static uint32_t align_up(uint32_t n, uint32_t align)
{
	return (n + align - 1) / align * align;
}

/* Natural C layout. */
static void lay_out(struct type *type, struct type_field *fields, uint32_t n)
{
	uint32_t end = 0;

	type->align = 1;
	for (uint32_t i = 0; i < n; i++) {
		uint32_t align = fields[i].type->align ? fields[i].type->align : 1;

		fields[i].offset = align_up(end, align);
		end = fields[i].offset + fields[i].type->size;
		if (align > type->align)
			type->align = align;
	}
	type->size = align_up(end, type->align);
	type->record.fields = fields;
	type->record.nfields = n;
	type->record.loaded = true;
}

const char *types_intern_name(struct types *types, const char *name)
{
	const char *known = hashmap_gets(&types->names, name);
	char *copy;

	if (known)
		return known;
	copy = arena_strdup(types->arena, name);
	hashmap_sets(&types->names, copy, copy);
	return copy;
}

static const struct type *make_members(struct types *types, enum type_kind kind,
				       const char *const *names, const struct type *const *members,
				       uint32_t n)
{
	size_t len = 2 + 2 * (size_t)n;
	uint64_t *key = arena_new_array(types->arena, uint64_t, len);
	const struct type *known;
	struct type_field *fields;
	struct type *type;

	key[0] = kind;
	key[1] = n;
	for (uint32_t i = 0; i < n; i++) {
		key[2 + 2 * i] = (uintptr_t)members[i];
		key[3 + 2 * i] = names ? (uintptr_t)types_intern_name(types, names[i]) : 0;
	}
	known = find_key(types, key, len);
	if (known)
		return known;
	fields = arena_new_array(types->arena, struct type_field, n);
	for (uint32_t i = 0; i < n; i++) {
		fields[i].name = names ? types_intern_name(types, names[i]) : "";
		fields[i].type = members[i];
	}
	type = types_new_type(types, kind, 0, 1);
	lay_out(type, fields, n);
	return keep(types, key, len, type);
}

const struct type *type_tuple(struct types *types, const struct type *const *members, uint32_t n)
{
	return make_members(types, TYPE_TUPLE, NULL, members, n);
}

const struct type *type_record(struct types *types, const char *const *names,
			       const struct type *const *members, uint32_t n)
{
	return make_members(types, TYPE_RECORD, names, members, n);
}

/* Names are interned first: a definition's key is then three words. */
const struct type *types_defined(struct types *types, enum type_kind kind, enum type_origin origin,
				 const char *name)
{
	uint64_t key[3] = {kind, origin, (uintptr_t)hashmap_gets(&types->names, name)};

	return *name && key[2] ? hashmap_get(&types->defined, key, sizeof(key)) : NULL;
}

static void remember_definition(struct types *types, enum type_kind kind, enum type_origin origin,
				const char *name, const struct type *type)
{
	uint64_t key[3] = {kind, origin, (uintptr_t)name};

	if (*name)
		hashmap_set(&types->defined, arena_memdup(types->arena, key, sizeof(key)),
			    sizeof(key), (void *)type);
}

const struct type *type_define_struct(struct types *types, enum type_kind kind, const char *name,
				      enum type_origin origin, const struct type_field *fields,
				      uint32_t nfields, uint32_t size, uint32_t align)
{
	const struct type *known = types_defined(types, kind, origin, name);
	struct type_field *copy;
	struct type *type;

	if (known)
		return known;
	copy = arena_memdup(types->arena, fields, nfields * sizeof(*fields));
	for (uint32_t i = 0; i < nfields; i++)
		copy[i].name = types_intern_name(types, fields[i].name);
	type = types_new_type(types, kind, size, align);
	type->record.name = types_intern_name(types, name);
	type->record.origin = origin;
	type->record.id = ++types->serial;
	type->record.fields = copy;
	type->record.nfields = nfields;
	type->record.loaded = true;
	remember_definition(types, kind, origin, type->record.name, type);
	return type;
}

/* The preamble's enumerators are found by name, the first of a name wins. */
static void remember_enumerators(struct types *types, const struct type *type)
{
	for (uint32_t i = 0; i < type->enumeration.nvalues; i++) {
		const struct type_enumerator *value = &type->enumeration.values[i];
		struct type_constant *constant;

		if (hashmap_gets(&types->enumerators, value->name))
			continue;
		constant = arena_new_object(types->arena, struct type_constant);
		constant->value = (uint64_t)value->value;
		constant->is_negative = type->is_signed && value->value < 0;
		constant->type = type;
		hashmap_sets(&types->enumerators, value->name, constant);
	}
}

const struct type *type_define_enum(struct types *types, const char *name, enum type_origin origin,
				    uint32_t size, bool is_signed,
				    const struct type_enumerator *values, uint32_t nvalues)
{
	const struct type *known = types_defined(types, TYPE_ENUM, origin, name);
	struct type_enumerator *copy;
	struct type *type;

	if (known)
		return known;
	copy = arena_memdup(types->arena, values, nvalues * sizeof(*values));
	for (uint32_t i = 0; i < nvalues; i++)
		copy[i].name = types_intern_name(types, values[i].name);
	type = types_new_type(types, TYPE_ENUM, size, size);
	type->is_signed = is_signed;
	type->enumeration.name = types_intern_name(types, name);
	type->enumeration.origin = origin;
	type->enumeration.values = copy;
	type->enumeration.nvalues = nvalues;
	remember_definition(types, TYPE_ENUM, origin, type->enumeration.name, type);
	if (origin == ORIGIN_SCRIPT)
		remember_enumerators(types, type);
	return type;
}

void types_define_typedef(struct types *types, const char *name, const struct type *type)
{
	if (!hashmap_gets(&types->typedefs, name))
		hashmap_sets(&types->typedefs, types_intern_name(types, name), (void *)type);
}
