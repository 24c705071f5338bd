/*
 * BTF to types. A struct becomes a type with a name, a size and an alignment; its members follow
 * when somebody asks for them, so that a struct may refer to itself and nothing is converted that
 * nobody looks at. Typedefs and qualifiers vanish on the way.
 */
#include "types/btf.h"

#include "types/btf_source.h"

#include <string.h>

/* Longer chains of references than any compiler makes: damaged data. */
#define DEPTH_MAX 64

static const uint32_t tag_kinds[] = {
	[TYPE_STRUCT] = BTF_KINDS(BTF_KIND_STRUCT),
	[TYPE_UNION] = BTF_KINDS(BTF_KIND_UNION),
	[TYPE_ENUM] = BTF_KINDS(BTF_KIND_ENUM) | BTF_KINDS(BTF_KIND_ENUM64),
};

uint32_t btf_strip(const struct btf_data *data, uint32_t id, bool *is_user)
{
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		const struct btf_type *type = btf_data_type(data, id);

		if (!type || !(btf_is_mod(type) || btf_is_typedef(type) || btf_is_type_tag(type)))
			return id;
		if (is_user && btf_is_type_tag(type) && !strcmp(btf_data_name(data, type), "user"))
			*is_user = true;
		id = type->type;
	}
	return 0;
}

/* --- alignments, which need no types --- */

struct alignment {
	const struct btf_data *data;
	int steps; /* left: damaged data may describe more members than there is time for */
};

static uint32_t align_of(struct alignment *alignment, uint32_t id, int depth);

/*
 * BTF does not say how a struct is aligned: its members do, unless their places tell that it is
 * packed. An alignment of more than 8 (by attribute) is not known.
 */
static uint32_t struct_align(struct alignment *alignment, const struct btf_type *type, int depth)
{
	const struct btf_member *members = btf_members(type);
	uint32_t most = 1;

	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		uint32_t bits = btf_member_bit_offset(type, i), align;

		if (btf_member_bitfield_size(type, i))
			continue;
		align = align_of(alignment, members[i].type, depth + 1);
		if (bits % (align * 8) || type->size % align)
			return 1;
		if (align > most)
			most = align;
	}
	return most;
}

static uint32_t align_of(struct alignment *alignment, uint32_t id, int depth)
{
	const struct btf_type *type =
		btf_data_type(alignment->data, btf_strip(alignment->data, id, NULL));

	if (!type || depth > DEPTH_MAX || alignment->steps-- <= 0)
		return 1;
	if (btf_is_ptr(type))
		return 8;
	if (btf_is_array(type))
		return align_of(alignment, btf_array(type)->type, depth + 1);
	if (btf_is_composite(type))
		return struct_align(alignment, type, depth);
	if (!btf_is_int(type) && !btf_is_any_enum(type) && btf_kind(type) != BTF_KIND_FLOAT)
		return 1;
	if (!type->size || type->size & (type->size - 1))
		return 1;
	return type->size > 8 ? 8 : type->size;
}

/* --- conversion --- */

struct convert {
	struct types *types;
	struct btf_object *object;
	int depth;
};

static const struct type *convert(struct convert *c, uint32_t id);

/* Integers that no register holds are arrays of what one holds. */
static const struct type *convert_number(struct convert *c, uint32_t size, bool is_signed)
{
	if (size == 1 || size == 2 || size == 4 || size == 8)
		return type_int(c->types, size, is_signed);
	if (size == 16)
		return type_array(c->types, type_int(c->types, 8, false), 2);
	return type_array(c->types, type_int(c->types, 1, false), size);
}

static const struct type *convert_int(struct convert *c, const struct btf_type *type)
{
	uint8_t encoding = btf_int_encoding(type);

	if (encoding & BTF_INT_BOOL && type->size == 1)
		return type_bool(c->types);
	return convert_number(c, type->size, encoding & BTF_INT_SIGNED);
}

static const struct type *convert_ptr(struct convert *c, const struct btf_type *type)
{
	bool is_user = false;

	btf_strip(&c->object->data, type->type, &is_user);
	/* Only some compilers mark what is __user. */
	return type_ptr(c->types, convert(c, type->type), is_user ? SPACE_USER : SPACE_ADDRESS);
}

static bool is_char(const struct btf_data *data, uint32_t id)
{
	const struct btf_type *type = btf_data_type(data, btf_strip(data, id, NULL));

	return type && btf_is_int(type) && !strcmp(btf_data_name(data, type), "char");
}

static const struct type *convert_array(struct convert *c, const struct btf_type *type)
{
	const struct btf_array *array = btf_array(type);

	if (array->nelems && is_char(&c->object->data, array->type))
		return type_string(c->types, array->nelems);
	return type_array(c->types, convert(c, array->type), array->nelems);
}

static const struct type *new_struct(struct convert *c, const struct btf_type *type, uint32_t id,
				     enum type_kind kind)
{
	bool is_whole = btf_is_composite(type);
	struct alignment alignment = {&c->object->data, 100000};
	struct type *made = types_new_type(c->types, kind, is_whole ? type->size : 0, 1);

	if (is_whole)
		made->align = struct_align(&alignment, type, 0);
	made->record.name = types_intern_name(c->types, btf_data_name(&c->object->data, type));
	made->record.origin = ORIGIN_BTF;
	made->record.id = id;
	made->record.module = c->object->data.module;
	made->record.loaded = !is_whole;
	return made;
}

static int64_t enum_value(const struct btf_type *type, uint32_t i, bool is_signed)
{
	if (btf_is_enum64(type))
		return (int64_t)btf_enum64_value(&btf_enum64(type)[i]);
	if (is_signed)
		return btf_enum(type)[i].val;
	return (uint32_t)btf_enum(type)[i].val;
}

/* True if the data's maker told signed enums by the kind flag: since Linux 6.0. */
static bool tells_signs(const struct btf_data *data)
{
	for (uint32_t id = data->first; id < data->first + data->n; id++) {
		const struct btf_type *type = btf_data_type(data, id);

		if (btf_is_any_enum(type) && btf_kflag(type))
			return true;
	}
	return false;
}

static bool enum_is_signed(const struct btf_data *data, const struct btf_type *type)
{
	if (btf_kflag(type) || btf_is_enum64(type))
		return btf_kflag(type);
	for (uint32_t i = 0; i < btf_vlen(type); i++)
		if (btf_enum(type)[i].val < 0)
			return !tells_signs(data);
	return false;
}

static uint32_t enumerator_name(const struct btf_type *type, uint32_t i)
{
	return btf_is_enum64(type) ? btf_enum64(type)[i].name_off : btf_enum(type)[i].name_off;
}

static const struct type *convert_enum(struct convert *c, const struct btf_type *type)
{
	const struct btf_data *data = &c->object->data;
	uint32_t n = btf_vlen(type);
	struct type_enumerator *values =
		arena_new_array(c->types->arena, struct type_enumerator, n);
	struct type *made = types_new_type(c->types, TYPE_ENUM, type->size, type->size);

	made->is_signed = enum_is_signed(data, type);
	for (uint32_t i = 0; i < n; i++) {
		values[i].name = types_intern_name(c->types,
						   btf_data_string(data, enumerator_name(type, i)));
		values[i].value = enum_value(type, i, made->is_signed);
	}
	made->enumeration.name = types_intern_name(c->types, btf_data_name(data, type));
	made->enumeration.origin = ORIGIN_BTF;
	made->enumeration.values = values;
	made->enumeration.nvalues = n;
	return made;
}

static const struct type *convert_new(struct convert *c, const struct btf_type *type, uint32_t id)
{
	switch (btf_kind(type)) {
	case BTF_KIND_INT:
		return convert_int(c, type);
	case BTF_KIND_FLOAT:
		return convert_number(c, type->size, false);
	case BTF_KIND_PTR:
		return convert_ptr(c, type);
	case BTF_KIND_ARRAY:
		return convert_array(c, type);
	case BTF_KIND_STRUCT:
		return new_struct(c, type, id, TYPE_STRUCT);
	case BTF_KIND_UNION:
		return new_struct(c, type, id, TYPE_UNION);
	case BTF_KIND_FWD:
		return new_struct(c, type, id, btf_kflag(type) ? TYPE_UNION : TYPE_STRUCT);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		if (type->size && type->size <= 8 && !(type->size & (type->size - 1)))
			return convert_enum(c, type);
		break;
	}
	return type_none(c->types);
}

/* Conversions of one id are the same type each time. */
static const struct type *convert(struct convert *c, uint32_t id)
{
	struct btf_object *object = c->object;
	const struct btf_type *type;
	const struct type **slot;

	id = btf_strip(&object->data, id, NULL);
	if (object->data.base && id < object->data.first) {
		struct convert base = {c->types, &c->types->btf->vmlinux, c->depth};

		return convert(&base, id);
	}
	type = btf_data_type(&object->data, id);
	if (!type || c->depth > DEPTH_MAX)
		return type_none(c->types);
	slot = &object->types[id - object->data.first];
	if (!*slot) {
		c->depth++;
		*slot = convert_new(c, type, id);
		c->depth--;
	}
	return *slot;
}

const struct type *btf_convert(struct types *types, struct btf_object *object, uint32_t id)
{
	struct convert c = {types, object, 0};

	return convert(&c, id);
}

/* --- members --- */

/* A bit-field's width; before kind_flag (Linux 4.20) its integer type tells. */
static uint32_t bitfield_size(const struct btf_data *data, const struct btf_type *type, uint32_t i)
{
	const struct btf_type *member;

	if (btf_kflag(type))
		return btf_member_bitfield_size(type, i);
	member = btf_data_type(data, btf_strip(data, btf_members(type)[i].type, NULL));
	if (member && btf_is_int(member) && btf_int_bits(member) < member->size * 8)
		return btf_int_bits(member);
	return 0;
}

void btf_load_fields(struct types *types, struct type *type)
{
	struct btf_object *object =
		btf_module(types, type->record.module ? type->record.module : "vmlinux");
	const struct btf_type *btf;
	struct type_field *fields;
	uint32_t n;

	type->record.loaded = true;
	btf = object ? btf_data_type(&object->data, type->record.id) : NULL;
	if (!btf)
		return;
	n = btf_vlen(btf);
	fields = arena_new_array(types->arena, struct type_field, n);
	for (uint32_t i = 0; i < n; i++) {
		const struct btf_member *member = &btf_members(btf)[i];
		uint32_t bits = btf_member_bit_offset(btf, i);
		uint32_t width = bitfield_size(&object->data, btf, i);

		fields[i].name =
			types_intern_name(types, btf_data_string(&object->data, member->name_off));
		fields[i].type = btf_convert(types, object, member->type);
		if (width)
			types_place_bits(&fields[i], bits, width);
		else
			fields[i].offset = bits / 8;
	}
	type->record.fields = fields;
	type->record.nfields = n;
}

/* --- by name --- */

const struct type *btf_find_tag(struct types *types, enum type_kind keyword, const char *name)
{
	struct btf_found found = btf_find(types, NULL, name, tag_kinds[keyword]);

	return found.id ? btf_convert(types, found.object, found.id) : NULL;
}

const struct type *btf_find_typedef(struct types *types, const char *name)
{
	struct btf_found found = btf_find(types, NULL, name, BTF_KINDS(BTF_KIND_TYPEDEF));

	return found.id ? btf_convert(types, found.object, found.id) : NULL;
}

/* The enumerator whose name stands at this position of the strings. */
static bool find_enumerator(struct types *types, struct btf_object *object, uint32_t position,
			    struct type_constant *constant)
{
	const struct btf_data *data = &object->data;

	for (uint32_t id = data->first; id < data->first + data->n; id++) {
		const struct btf_type *type = btf_data_type(data, id);

		if (!btf_is_any_enum(type))
			continue;
		for (uint32_t i = 0; i < btf_vlen(type); i++) {
			if (enumerator_name(type, i) != position)
				continue;
			constant->type = btf_convert(types, object, id);
			constant->value = (uint64_t)enum_value(type, i, constant->type->is_signed);
			constant->is_negative =
				constant->type->is_signed && (int64_t)constant->value < 0;
			return true;
		}
	}
	return false;
}

static bool find_named_enumerator(struct types *types, struct btf_object *object, const char *name,
				  struct type_constant *constant)
{
	const struct btf_data *strings = &object->data;

	for (; strings; strings = strings->base) {
		uint32_t state = 0, position;

		while ((position = btf_data_next_string(strings, name, &state)))
			if (find_enumerator(types, object, position, constant))
				return true;
	}
	return false;
}

bool btf_find_enumerator(struct types *types, enum btf_where where, const char *name,
			 struct type_constant *constant)
{
	struct btf_object *vmlinux = btf_vmlinux(types);

	if (!vmlinux)
		return false;
	if (where == BTF_VMLINUX)
		return find_named_enumerator(types, vmlinux, name, constant);
	btf_open_modules(types);
	for (size_t i = 0; i < types->btf->modules.len; i++) {
		struct btf_object *module = types->btf->modules.data[i];

		if (module->types && find_named_enumerator(types, module, name, constant))
			return true;
	}
	return false;
}
