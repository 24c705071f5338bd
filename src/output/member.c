/* Parts of structs, tuples and records: where they lie, and bit-fields taken out of their unit. */
#include "output/internal.h"

/* Bits are counted from the least significant of the first byte. */
static uint64_t load_bits(const struct type_field *field, const unsigned char *bytes)
{
	unsigned unused = 64 - field->bit_size;
	uint64_t value = 0;

	for (unsigned i = 0; i < field->bit_size; i++) {
		unsigned bit = field->bit_offset + i;

		value |= (uint64_t)(bytes[bit / 8] >> bit % 8 & 1) << i;
	}
	if (field->type->is_signed)
		value = (uint64_t)((int64_t)(value << unused) >> unused);
	return value;
}

const void *member_data(const struct type_field *field, const void *data, uint64_t *bits)
{
	const unsigned char *at = (const unsigned char *)data + field->offset;

	if (!field->bit_size)
		return at;
	*bits = load_bits(field, at);
	return bits;
}

const struct type_field *members(const struct output *output, const struct type *type, uint32_t *n)
{
	return types_fields(output->plan->types, type, n);
}

static bool is_anonymous(const struct type_field *field)
{
	return !field->name || !*field->name;
}

bool member_is_flattened(const struct type_field *field)
{
	return is_anonymous(field) && type_is_struct(field->type);
}

bool member_is_hidden(const struct type_field *field)
{
	return is_anonymous(field) && !type_is_struct(field->type);
}

const char *enumerator_name(const struct type *type, uint64_t value)
{
	for (uint32_t i = 0; i < type->enumeration.nvalues; i++) {
		const struct type_enumerator *known = &type->enumeration.values[i];

		if (!memcmp(&known->value, &value, type->size))
			return known->name;
	}
	return NULL;
}
