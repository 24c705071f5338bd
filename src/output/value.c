/*
 * One value as text: what print(), %s and the keys and values of maps show. In come the bytes and
 * their type; strings are cut, numbers signed, and members in order as LANGUAGE.md 10.2 says.
 */
#include "output/internal.h"

struct separators {
	const char *item; /* between items */
	const char *open, *assign, *close; /* of records and structs */
};

static const struct separators separators[] = {
	[STYLE_TEXT] = {", ", "{ ", " = ", " }"},
	[STYLE_COMPACT] = {",", "{", "=", "}"},
};

/* --- texts and bytes --- */

/* Without a NUL, what is as long as max_strlen was cut there, and its last byte only says so; any
 * other was an array of C's that is full. */
static void put_string(struct output *output, const struct type *type, const char *data,
		       struct strbuf *out)
{
	const struct plan_config *config = &output->plan->config;
	size_t len = strnlen(data, type->size);
	bool is_cut = len && len == type->size && len == config->max_strlen;

	strbuf_add(out, data, len - is_cut);
	if (is_cut)
		strbuf_adds(out, config->str_trunc_trailer);
}

const char *buffer_bytes(const struct type *type, const void *data, uint32_t *len)
{
	*len = load_u32(data);
	if (*len > type->text.capacity)
		*len = type->text.capacity;
	return (const char *)data + sizeof(uint32_t);
}

void put_escaped_bytes(struct strbuf *out, const void *data, size_t len, bool escape_all)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = data;

	for (size_t i = 0; i < len; i++) {
		char escape[4] = {'\\', 'x', digits[bytes[i] >> 4], digits[bytes[i] & 15]};

		if (!escape_all && bytes[i] >= ' ' && bytes[i] <= '~')
			strbuf_addc(out, (char)bytes[i]);
		else
			strbuf_add(out, escape, sizeof(escape));
	}
}

static void put_buffer(const struct type *type, const void *data, struct strbuf *out)
{
	uint32_t len;
	const char *bytes = buffer_bytes(type, data, &len);

	put_escaped_bytes(out, bytes, len, false);
}

/* --- scalars --- */

static void put_enum(const struct type *type, const void *data, struct strbuf *out)
{
	uint64_t value = load_scalar(type, data);
	const char *name = enumerator_name(type, value);

	if (name)
		strbuf_adds(out, name);
	else
		put_integer(out, type->is_signed, value);
}

static void put_pointer(const void *data, struct strbuf *out)
{
	strbuf_adds(out, "0x");
	put_hex(out, load_u64(data));
}

/* --- composites --- */

/* A member of a struct; text in it is an array of characters, full if there is no NUL. */
static void memory_text(struct output *output, const struct type *type, const void *data,
			enum value_style style, struct strbuf *out);

static void array_text(struct output *output, const struct type *type, const void *data,
		       enum value_style style, struct strbuf *out)
{
	const char *element = data;

	strbuf_addc(out, '[');
	for (uint32_t i = 0; i < type->array.count; i++) {
		if (i)
			strbuf_addc(out, ',');
		memory_text(output, type->array.element, element, style, out);
		element += type->array.element->size;
	}
	strbuf_addc(out, ']');
}

static void memory_text(struct output *output, const struct type *type, const void *data,
			enum value_style style, struct strbuf *out)
{
	if (type->kind == TYPE_STRING)
		strbuf_add(out, data, strnlen(data, type->size));
	else
		value_text(output, type, data, style, out);
}

static void tuple_text(struct output *output, const struct type *type, const void *data,
		       enum value_style style, struct strbuf *out)
{
	uint32_t n;
	const struct type_field *fields = members(output, type, &n);

	for (uint32_t i = 0; i < n; i++) {
		if (i)
			strbuf_adds(out, separators[style].item);
		value_text(output, fields[i].type, (const char *)data + fields[i].offset, style,
			   out);
	}
}

/* The members of a struct, those of anonymous members in their place. */
static void struct_members(struct output *output, const struct type *type, const void *data,
			   enum value_style style, bool *is_first, struct strbuf *out)
{
	uint32_t n;
	const struct type_field *fields = members(output, type, &n);

	for (uint32_t i = 0; i < n; i++) {
		const struct type_field *field = &fields[i];
		uint64_t bits;
		const void *member = member_data(field, data, &bits);

		if (member_is_flattened(field)) {
			struct_members(output, field->type, member, style, is_first, out);
			continue;
		}
		if (member_is_hidden(field))
			continue;
		if (!*is_first)
			strbuf_adds(out, separators[style].item);
		*is_first = false;
		strbuf_addc(out, '.');
		strbuf_adds(out, field->name);
		strbuf_adds(out, separators[style].assign);
		memory_text(output, field->type, member, style, out);
	}
}

static void struct_text(struct output *output, const struct type *type, const void *data,
			enum value_style style, struct strbuf *out)
{
	bool is_first = true;

	strbuf_adds(out, separators[style].open);
	struct_members(output, type, data, style, &is_first, out);
	strbuf_adds(out, separators[style].close);
}

static void record_text(struct output *output, const struct type *type, const void *data,
			enum value_style style, struct strbuf *out)
{
	uint32_t n;
	const struct type_field *fields = members(output, type, &n);

	strbuf_adds(out, separators[style].open);
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			strbuf_adds(out, separators[style].item);
		strbuf_addc(out, '.');
		strbuf_adds(out, fields[i].name);
		strbuf_adds(out, separators[style].assign);
		value_text(output, fields[i].type, (const char *)data + fields[i].offset, style,
			   out);
	}
	strbuf_adds(out, separators[style].close);
}

void stats_text(const struct type *type, const void *data, uint64_t div, struct strbuf *out)
{
	struct average average = load_average(type, data, div);

	strbuf_adds(out, "{ .count = ");
	put_unsigned(out, average.count);
	strbuf_adds(out, ", .average = ");
	put_integer(out, type->is_signed, average.average);
	strbuf_adds(out, ", .total = ");
	put_integer(out, type->is_signed, average.total);
	strbuf_adds(out, " }");
}

/* --- any value --- */

void value_text(struct output *output, const struct type *type, const void *data,
		enum value_style style, struct strbuf *out)
{
	switch (type->kind) {
	case TYPE_NONE:
		break;
	case TYPE_BOOL:
		strbuf_adds(out, load_scalar(type, data) ? "true" : "false");
		break;
	case TYPE_INT:
		put_integer(out, type->is_signed, load_scalar(type, data));
		break;
	case TYPE_ENUM:
		put_enum(type, data, out);
		break;
	case TYPE_PTR:
		put_pointer(data, out);
		break;
	case TYPE_ARRAY:
		array_text(output, type, data, style, out);
		break;
	case TYPE_STRING:
		put_string(output, type, data, out);
		break;
	case TYPE_BUFFER:
		put_buffer(type, data, out);
		break;
	case TYPE_INET:
		put_inet(out, data);
		break;
	case TYPE_MAC:
		put_mac(out, data);
		break;
	case TYPE_TIMESTAMP:
		put_timestamp(output, data, out);
		break;
	case TYPE_KSYM:
		put_ksym(output, data, out);
		break;
	case TYPE_USYM:
		put_usym(output, data, out);
		break;
	case TYPE_KSTACK:
	case TYPE_USTACK:
		put_stack(output, type, data, style, out);
		break;
	case TYPE_USERNAME:
		put_username(output, data, out);
		break;
	case TYPE_CGROUP_PATH:
		put_cgroup_path(output, data, out);
		break;
	case TYPE_TUPLE:
		strbuf_addc(out, '(');
		tuple_text(output, type, data, style, out);
		strbuf_addc(out, ')');
		break;
	case TYPE_RECORD:
		record_text(output, type, data, style, out);
		break;
	case TYPE_STRUCT:
	case TYPE_UNION:
		struct_text(output, type, data, style, out);
		break;
	case TYPE_COUNT:
	case TYPE_SUM:
	case TYPE_MIN:
	case TYPE_MAX:
	case TYPE_AVG:
		put_integer(out, type->is_signed, aggregate_shown(type, data, 0));
		break;
	case TYPE_STATS:
		stats_text(type, data, 0, out);
		break;
	case TYPE_HIST:
	case TYPE_LHIST:
		hist_text(type, data, 0, out);
		break;
	case TYPE_TSERIES: {
		struct output_entry entry = {.value = data};

		tseries_text(type, data, tseries_range_of(type, &entry, 1), 0, out);
		break;
	}
	}
}

void key_text(struct output *output, const struct type *type, const void *data,
	      enum value_style style, struct strbuf *out)
{
	if (type->kind == TYPE_TUPLE)
		tuple_text(output, type, data, style, out);
	else
		value_text(output, type, data, style, out);
}
