/*
 * The table of types in a plan. It holds what rendering needs: structs by value with their members,
 * of a struct that is only pointed to no more than the name. What is read is bounded: in size, in
 * nesting, and in the number of scalars that a value holds, whatever the bytes are.
 */
#include "program/serial.h"

#include <string.h>

#define SIZE_MAX_OF_VALUE (1u << 26)
#define WEIGHT_MAX (1u << 22)
#define DEPTH_MAX 512u
#define LHIST_BUCKETS_MAX 1000u
#define HIST_BITS_MAX 5u
#define ALIGN_MAX 4096u
#define LEAST_ENUMERATOR 12
#define LEAST_MEMBER 8 /* of a tuple */
#define LEAST_STRUCT_MEMBER 20

/* --- an entry, in both directions: @form is a type, or what has been read of one --- */

static void walk_enum(struct serial *serial, struct type *form)
{
	size_t n;
	struct type_enumerator *values;

	form->enumeration.name = serial_text(serial, form->enumeration.name);
	form->size = serial_u32(serial, form->size);
	form->is_signed = serial_bool(serial, form->is_signed);
	n = serial_count(serial, form->enumeration.nvalues, LEAST_ENUMERATOR);
	values = arena_new_array(serial->arena, struct type_enumerator, n);
	for (size_t i = 0; i < n; i++) {
		if (!serial->is_reading)
			values[i] = form->enumeration.values[i];
		values[i].name = serial_text(serial, values[i].name);
		values[i].value = (int64_t)serial_u64(serial, (uint64_t)values[i].value);
	}
	form->enumeration.values = values;
	form->enumeration.nvalues = (uint32_t)n;
}

/* Members of tuples and records lie as their types say: neither offsets nor names of tuples. */
static void walk_members(struct serial *serial, struct type *form)
{
	size_t n = serial_count(serial, form->record.nfields, LEAST_MEMBER);
	struct type_field *fields = arena_new_array(serial->arena, struct type_field, n);

	for (size_t i = 0; i < n; i++) {
		if (!serial->is_reading)
			fields[i] = form->record.fields[i];
		fields[i].type = serial_type(serial, fields[i].type);
		fields[i].name =
			serial_string(serial, form->kind == TYPE_RECORD ? fields[i].name : NULL);
	}
	form->record.fields = fields;
	form->record.nfields = (uint32_t)n;
}

static void walk_struct_member(struct serial *serial, struct type_field *field)
{
	const struct type *type = field->type;

	/* The descriptor of data elsewhere in a record is a number to whom has a copy. */
	if (field->is_data_loc || field->is_rel_loc)
		type = type_int(serial->types, sizeof(uint32_t), false);
	field->name = serial_text(serial, field->name);
	field->type = serial_type(serial, type);
	field->offset = serial_u32(serial, field->offset);
	field->bit_offset = serial_u32(serial, field->bit_offset);
	field->bit_size = serial_u32(serial, field->bit_size);
}

/* @form->record.loaded says whether the members are there. */
static void walk_struct(struct serial *serial, struct type *form)
{
	struct type_field *fields;
	size_t n;

	form->record.name = serial_text(serial, form->record.name);
	form->record.loaded = serial_bool(serial, form->record.loaded);
	if (!form->record.loaded)
		return;
	form->size = serial_u32(serial, form->size);
	form->align = serial_u32(serial, form->align);
	n = serial_count(serial, form->record.nfields, LEAST_STRUCT_MEMBER);
	fields = arena_new_array(serial->arena, struct type_field, n);
	for (size_t i = 0; i < n; i++) {
		if (!serial->is_reading)
			fields[i] = form->record.fields[i];
		walk_struct_member(serial, &fields[i]);
	}
	form->record.fields = fields;
	form->record.nfields = (uint32_t)n;
}

static void walk_tseries(struct serial *serial, struct type *form)
{
	form->tseries.interval_ns = serial_u64(serial, form->tseries.interval_ns);
	form->tseries.intervals = serial_u32(serial, form->tseries.intervals);
	form->tseries.reduce = serial_enum(serial, form->tseries.reduce, REDUCE_SUM);
	form->is_signed = serial_bool(serial, form->is_signed);
}

static const struct type *serial_pointee(struct serial *serial, const struct type *type);

static void walk_entry(struct serial *serial, struct type *form)
{
	form->kind = serial_enum(serial, form->kind, TYPE_TSERIES);
	switch (form->kind) {
	case TYPE_NONE:
	case TYPE_BOOL:
	case TYPE_INET:
	case TYPE_MAC:
	case TYPE_TIMESTAMP:
	case TYPE_KSYM:
	case TYPE_USYM:
	case TYPE_USERNAME:
	case TYPE_CGROUP_PATH:
	case TYPE_COUNT:
		break;
	case TYPE_INT:
		form->size = serial_u32(serial, form->size);
		form->is_signed = serial_bool(serial, form->is_signed);
		break;
	case TYPE_ENUM:
		walk_enum(serial, form);
		break;
	case TYPE_PTR:
		form->ptr.to = serial_pointee(serial, form->ptr.to);
		form->ptr.space = serial_enum(serial, form->ptr.space, SPACE_ADDRESS);
		break;
	case TYPE_ARRAY:
		form->array.element = serial_type(serial, form->array.element);
		form->array.count = serial_u32(serial, form->array.count);
		break;
	case TYPE_STRING:
	case TYPE_BUFFER:
		form->text.capacity = serial_u32(serial, form->text.capacity);
		break;
	case TYPE_KSTACK:
	case TYPE_USTACK:
		form->stack.mode = serial_enum(serial, form->stack.mode, STACK_BUILD_ID);
		form->stack.depth = serial_u32(serial, form->stack.depth);
		break;
	case TYPE_TUPLE:
	case TYPE_RECORD:
		walk_members(serial, form);
		break;
	case TYPE_STRUCT:
	case TYPE_UNION:
		walk_struct(serial, form);
		break;
	case TYPE_SUM:
	case TYPE_MIN:
	case TYPE_MAX:
	case TYPE_AVG:
	case TYPE_STATS:
		form->is_signed = serial_bool(serial, form->is_signed);
		break;
	case TYPE_HIST:
		form->hist.bits = serial_u32(serial, form->hist.bits);
		break;
	case TYPE_LHIST:
		form->lhist.min = serial_u64(serial, form->lhist.min);
		form->lhist.max = serial_u64(serial, form->lhist.max);
		form->lhist.step = serial_u64(serial, form->lhist.step);
		break;
	case TYPE_TSERIES:
		walk_tseries(serial, form);
		break;
	}
}

/* --- writing --- */

static uint32_t known_index(const struct hashmap *indices, const struct type *type)
{
	return (uint32_t)(uintptr_t)hashmap_get(indices, &type, sizeof(type));
}

/* Appends the entry, behind those of the types that it refers to. Returns its index + 1. */
static uint32_t add_entry(struct serial *serial, struct hashmap *indices, const struct type *type,
			  struct type *form)
{
	const struct type **key = arena_new_object(serial->arena, const struct type *);
	struct strbuf entry = STRBUF_INIT, *out = serial->out;

	serial->out = &entry;
	walk_entry(serial, form);
	serial->out = out;
	strbuf_add(serial->table, strbuf_str(&entry), entry.len);
	strbuf_free(&entry);
	*key = type;
	hashmap_set(indices, key, sizeof(*key), (void *)(uintptr_t)++serial->ntypes);
	return serial->ntypes;
}

static void write_type(struct serial *serial, const struct type *type)
{
	struct type form;
	uint32_t index;

	if (!type) {
		serial_u32(serial, SERIAL_NO_TYPE);
		return;
	}
	index = known_index(&serial->indices, type);
	if (!index) {
		form = *type;
		if (type_is_struct(type)) {
			form.record.fields =
				types_fields(serial->types, type, &form.record.nfields);
			form.record.loaded = true;
		}
		index = add_entry(serial, &serial->indices, type, &form);
	}
	serial_u32(serial, index - 1);
}

static bool is_array_of_structs(const struct type *type)
{
	while (type->kind == TYPE_ARRAY)
		type = type->array.element;
	return type_is_struct(type);
}

/* Of structs behind pointers the name alone, so that the table ends somewhere. */
static void write_pointee(struct serial *serial, const struct type *type)
{
	struct type form = *type;
	uint32_t index;

	if (!type_is_struct(type)) {
		write_type(serial, is_array_of_structs(type) ? type_none(serial->types) : type);
		return;
	}
	index = known_index(&serial->pointees, type);
	if (!index) {
		form.record.loaded = false;
		index = add_entry(serial, &serial->pointees, type, &form);
	}
	serial_u32(serial, index - 1);
}

/* --- reading --- */

static const struct serial_type *read_reference(struct serial *serial)
{
	static const struct serial_type none;
	uint32_t index = serial_u32(serial, 0);

	if (index == SERIAL_NO_TYPE)
		return &none;
	if (index < serial->read.len)
		return &serial->read.data[index];
	serial_fail(serial, "a type is not in the table");
	return &none;
}

const struct type *serial_type(struct serial *serial, const struct type *type)
{
	const struct serial_type *read;

	if (!serial->is_reading) {
		write_type(serial, type);
		return type;
	}
	read = read_reference(serial);
	if (serial->parts.depth < read->depth)
		serial->parts.depth = read->depth;
	/* Both are at most WEIGHT_MAX. */
	serial->parts.weight += read->weight;
	if (serial->parts.weight > WEIGHT_MAX)
		serial_fail(serial, "a type has too many parts");
	return read->type;
}

static const struct type *serial_pointee(struct serial *serial, const struct type *type)
{
	if (serial->is_reading)
		return read_reference(serial)->type;
	write_pointee(serial, type);
	return type;
}

static bool is_power_of_two(uint64_t n)
{
	return n && !(n & (n - 1));
}

static bool is_integer_size(uint32_t size)
{
	return is_power_of_two(size) && size <= 8;
}

static const struct type *build_array(struct serial *serial, const struct type *form)
{
	const struct type *element = form->array.element;
	uint64_t count = form->array.count;

	if (!element || (uint64_t)element->size * count > SIZE_MAX_OF_VALUE || count > WEIGHT_MAX ||
	    serial->parts.weight * count > WEIGHT_MAX)
		return NULL;
	serial->parts.weight *= (uint32_t)count;
	return type_array(serial->types, element, (uint32_t)count);
}

static const struct type *build_members(struct serial *serial, const struct type *form)
{
	uint32_t n = form->record.nfields;
	const struct type **members = arena_new_array(serial->arena, const struct type *, n);
	const char **names = arena_new_array(serial->arena, const char *, n);
	uint64_t size = 0;

	for (uint32_t i = 0; i < n; i++) {
		members[i] = form->record.fields[i].type;
		names[i] = form->record.fields[i].name;
		if (!members[i] || (form->kind == TYPE_RECORD && !names[i]))
			return NULL;
		size += (uint64_t)members[i]->size + members[i]->align;
		if (size > SIZE_MAX_OF_VALUE)
			return NULL;
	}
	return form->kind == TYPE_RECORD ? type_record(serial->types, names, members, n)
					 : type_tuple(serial->types, members, n);
}

static bool member_is_inside(const struct type *form, const struct type_field *field)
{
	uint64_t size;

	if (!field->type)
		return false;
	size = field->type->size;
	if (field->bit_size) {
		if (field->bit_size > 64 || field->bit_offset > 64 ||
		    (!type_is_integer(field->type) && field->type->kind != TYPE_BOOL))
			return false;
		size = (field->bit_offset + field->bit_size + 7) / 8;
	}
	return field->offset + size <= form->size;
}

static bool has_members(const struct type *type, const struct type *form)
{
	if (type->size != form->size || type->record.nfields != form->record.nfields)
		return false;
	for (uint32_t i = 0; i < form->record.nfields; i++) {
		const struct type_field *a = &type->record.fields[i], *b = &form->record.fields[i];

		if (a->type != b->type || a->offset != b->offset ||
		    a->bit_offset != b->bit_offset || a->bit_size != b->bit_size ||
		    strcmp(a->name, b->name) != 0)
			return false;
	}
	return true;
}

/*
 * Two structs may have one name, of different modules say. The second is then read as one without a
 * name, which rendering does not miss.
 */
static const struct type *build_struct(struct serial *serial, const struct type *form)
{
	const struct type *type;

	if (!form->record.loaded)
		return type_define_struct(serial->types, form->kind, form->record.name,
					  ORIGIN_CONTEXT, NULL, 0, 0, 1);
	if (form->size > SIZE_MAX_OF_VALUE || !is_power_of_two(form->align) ||
	    form->align > ALIGN_MAX)
		return NULL;
	for (uint32_t i = 0; i < form->record.nfields; i++)
		if (!member_is_inside(form, &form->record.fields[i]))
			return NULL;
	type = type_define_struct(serial->types, form->kind, form->record.name, ORIGIN_SCRIPT,
				  form->record.fields, form->record.nfields, form->size,
				  form->align);
	if (has_members(type, form))
		return type;
	return type_define_struct(serial->types, form->kind, "", ORIGIN_SCRIPT, form->record.fields,
				  form->record.nfields, form->size, form->align);
}

static bool has_values(const struct type *type, const struct type *form)
{
	if (type->size != form->size || type->is_signed != form->is_signed ||
	    type->enumeration.nvalues != form->enumeration.nvalues)
		return false;
	for (uint32_t i = 0; i < form->enumeration.nvalues; i++) {
		const struct type_enumerator *a = &type->enumeration.values[i];
		const struct type_enumerator *b = &form->enumeration.values[i];

		if (a->value != b->value || strcmp(a->name, b->name) != 0)
			return false;
	}
	return true;
}

static const struct type *build_enum(struct serial *serial, const struct type *form)
{
	const struct type *type;

	if (!is_integer_size(form->size))
		return NULL;
	type = type_define_enum(serial->types, form->enumeration.name, ORIGIN_SCRIPT, form->size,
				form->is_signed, form->enumeration.values,
				form->enumeration.nvalues);
	if (has_values(type, form))
		return type;
	return type_define_enum(serial->types, "", ORIGIN_SCRIPT, form->size, form->is_signed,
				form->enumeration.values, form->enumeration.nvalues);
}

static const struct type *build_lhist(struct serial *serial, const struct type *form)
{
	uint64_t min = form->lhist.min, max = form->lhist.max, step = form->lhist.step;

	if (min >= max || !step || step > max - min || (max - min) / step > LHIST_BUCKETS_MAX)
		return NULL;
	return type_lhist(serial->types, min, max, step);
}

static const struct type *build_tseries(struct serial *serial, const struct type *form)
{
	if (!form->tseries.interval_ns || !form->tseries.intervals ||
	    form->tseries.intervals > SIZE_MAX_OF_VALUE / 32)
		return NULL;
	return type_tseries(serial->types, form->tseries.interval_ns, form->tseries.intervals,
			    form->tseries.reduce, form->is_signed);
}

/* The type that an entry describes; NULL if there is no such type. */
static const struct type *build(struct serial *serial, const struct type *form)
{
	struct types *types = serial->types;

	switch (form->kind) {
	case TYPE_NONE:
		return type_none(types);
	case TYPE_BOOL:
		return type_bool(types);
	case TYPE_INET:
	case TYPE_MAC:
	case TYPE_TIMESTAMP:
	case TYPE_KSYM:
	case TYPE_USYM:
	case TYPE_USERNAME:
	case TYPE_CGROUP_PATH:
	case TYPE_COUNT:
		return type_simple(types, form->kind);
	case TYPE_INT:
		return is_integer_size(form->size) ? type_int(types, form->size, form->is_signed)
						   : NULL;
	case TYPE_ENUM:
		return build_enum(serial, form);
	case TYPE_PTR:
		return form->ptr.to ? type_ptr(types, form->ptr.to, form->ptr.space) : NULL;
	case TYPE_ARRAY:
		return build_array(serial, form);
	case TYPE_STRING:
		return form->text.capacity <= SIZE_MAX_OF_VALUE
			       ? type_string(types, form->text.capacity)
			       : NULL;
	case TYPE_BUFFER:
		return form->text.capacity <= SIZE_MAX_OF_VALUE
			       ? type_buffer(types, form->text.capacity)
			       : NULL;
	case TYPE_KSTACK:
	case TYPE_USTACK:
		return type_stack(types, form->kind, form->stack.mode, form->stack.depth);
	case TYPE_TUPLE:
	case TYPE_RECORD:
		return build_members(serial, form);
	case TYPE_STRUCT:
	case TYPE_UNION:
		return build_struct(serial, form);
	case TYPE_SUM:
	case TYPE_MIN:
	case TYPE_MAX:
	case TYPE_AVG:
	case TYPE_STATS:
		return type_aggregate(types, form->kind, form->is_signed);
	case TYPE_HIST:
		return form->hist.bits <= HIST_BITS_MAX ? type_hist(types, form->hist.bits) : NULL;
	case TYPE_LHIST:
		return build_lhist(serial, form);
	case TYPE_TSERIES:
		return build_tseries(serial, form);
	}
	return NULL;
}

void serial_read_table(struct serial *serial)
{
	size_t n = serial_count(serial, 0, 1);

	for (size_t i = 0; i < n && !serial->error; i++) {
		struct type form = {0};
		struct serial_type read;

		serial->parts = (struct serial_type){0};
		walk_entry(serial, &form);
		if (serial->error)
			return;
		read.type = build(serial, &form);
		read.depth = serial->parts.depth + 1;
		read.weight = serial->parts.weight ? serial->parts.weight : 1;
		if (!read.type || read.depth > DEPTH_MAX) {
			serial_fail(serial, "a type is malformed");
			return;
		}
		vec_push(serial->arena, &serial->read, read);
	}
}
