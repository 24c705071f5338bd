/*
 * One value as JSON (LANGUAGE.md 10.7). Numbers that a double cannot hold exactly are strings,
 * since that is how most readers take numbers.
 */
#include "output/internal.h"

#define DOUBLE_BITS 53

/* --- strings --- */

/* Bytes of the UTF-8 sequence that begins at @text; 0 if it is none (RFC 3629). */
static size_t utf8_length(const unsigned char *text, size_t len)
{
	unsigned char first = text[0], low = 0x80, high = 0xbf;
	size_t n;

	if (first >= 0xc2 && first <= 0xdf)
		n = 2;
	else if (first >= 0xe0 && first <= 0xef)
		n = 3;
	else if (first >= 0xf0 && first <= 0xf4)
		n = 4;
	else
		return 0;
	if (len < n)
		return 0;
	/* No overlong forms, no surrogates, nothing above U+10FFFF. */
	low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : low;
	high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : high;
	if (text[1] < low || text[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (text[i] < 0x80 || text[i] > 0xbf)
			return 0;
	return n;
}

/* Bytes at the start that stand for themselves. */
static size_t plain_length(const unsigned char *text, size_t len)
{
	size_t i = 0;

	while (i < len && text[i] >= ' ' && text[i] < 0x80 && text[i] != '"' && text[i] != '\\')
		i++;
	return i;
}

static void put_special(struct strbuf *out, unsigned char byte)
{
	switch (byte) {
	case '"':
		strbuf_adds(out, "\\\"");
		break;
	case '\\':
		strbuf_adds(out, "\\\\");
		break;
	case '\n':
		strbuf_adds(out, "\\n");
		break;
	case '\t':
		strbuf_adds(out, "\\t");
		break;
	case '\r':
		strbuf_adds(out, "\\r");
		break;
	default:
		strbuf_addf(out, "\\u%04x", byte);
		break;
	}
}

void json_string(struct strbuf *out, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;

	strbuf_addc(out, '"');
	while (len) {
		size_t n = plain_length(p, len);

		if (!n && *p >= 0x80)
			n = utf8_length(p, len);
		strbuf_add(out, p, n);
		if (!n) {
			put_special(out, *p);
			n = 1;
		}
		p += n;
		len -= n;
	}
	strbuf_addc(out, '"');
}

static void json_text(struct strbuf *out, const char *text)
{
	json_string(out, text, strlen(text));
}

/* --- numbers --- */

static bool is_exact_double(bool is_signed, uint64_t value)
{
	if (is_signed && (int64_t)value < 0)
		value = -value;
	return !value || !(value >> __builtin_ctzll(value) >> DOUBLE_BITS);
}

void json_integer(struct strbuf *out, bool is_signed, uint64_t value)
{
	bool is_exact = is_exact_double(is_signed, value);

	if (!is_exact)
		strbuf_addc(out, '"');
	put_integer(out, is_signed, value);
	if (!is_exact)
		strbuf_addc(out, '"');
}

void json_average(const struct type *type, const void *data, uint64_t div, struct strbuf *out)
{
	struct average average = load_average(type, data, div);

	if (type->kind == TYPE_AVG) {
		json_integer(out, type->is_signed, average.average);
		return;
	}
	strbuf_adds(out, "{\"count\": ");
	json_integer(out, false, average.count);
	strbuf_adds(out, ", \"average\": ");
	json_integer(out, type->is_signed, average.average);
	strbuf_adds(out, ", \"total\": ");
	json_integer(out, type->is_signed, average.total);
	strbuf_addc(out, '}');
}

/* --- composites --- */

static void json_memory(struct output *output, const struct type *type, const void *data,
			struct strbuf *out)
{
	if (type->kind == TYPE_STRING)
		json_string(out, data, strnlen(data, type->size));
	else
		json_value(output, type, data, out);
}

static void json_array(struct output *output, const struct type *type, const void *data,
		       struct strbuf *out)
{
	const char *element = data;

	strbuf_addc(out, '[');
	for (uint32_t i = 0; i < type->array.count; i++) {
		if (i)
			strbuf_addc(out, ',');
		json_memory(output, type->array.element, element, out);
		element += type->array.element->size;
	}
	strbuf_addc(out, ']');
}

static void json_bytes(const struct type *type, const void *data, struct strbuf *out)
{
	uint32_t len;
	const char *bytes = buffer_bytes(type, data, &len);

	strbuf_addc(out, '[');
	for (uint32_t i = 0; i < len; i++) {
		if (i)
			strbuf_addc(out, ',');
		put_unsigned(out, (unsigned char)bytes[i]);
	}
	strbuf_addc(out, ']');
}

static void json_tuple(struct output *output, const struct type *type, const void *data,
		       struct strbuf *out)
{
	uint32_t n;
	const struct type_field *fields = members(output, type, &n);

	strbuf_addc(out, '[');
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			strbuf_addc(out, ',');
		json_value(output, fields[i].type, (const char *)data + fields[i].offset, out);
	}
	strbuf_addc(out, ']');
}

static void json_name(struct strbuf *out, const char *name, bool *is_first)
{
	if (!*is_first)
		strbuf_adds(out, ", ");
	*is_first = false;
	json_text(out, name);
	strbuf_adds(out, ": ");
}

static void json_members(struct output *output, const struct type *type, const void *data,
			 bool *is_first, struct strbuf *out)
{
	uint32_t n;
	const struct type_field *fields = members(output, type, &n);

	for (uint32_t i = 0; i < n; i++) {
		const struct type_field *field = &fields[i];
		uint64_t bits;
		const void *member = member_data(field, data, &bits);

		if (member_is_flattened(field)) {
			json_members(output, field->type, member, is_first, out);
		} else if (!member_is_hidden(field)) {
			json_name(out, field->name, is_first);
			json_memory(output, field->type, member, out);
		}
	}
}

static void json_record(struct output *output, const struct type *type, const void *data,
			struct strbuf *out)
{
	uint32_t n;
	const struct type_field *fields = members(output, type, &n);
	bool is_first = true;

	for (uint32_t i = 0; i < n; i++) {
		json_name(out, fields[i].name, &is_first);
		json_value(output, fields[i].type, (const char *)data + fields[i].offset, out);
	}
}

/* A value whose text is its JSON form too, as a string. */
static void json_as_text(struct output *output, const struct type *type, const void *data,
			 struct strbuf *out)
{
	struct strbuf text = STRBUF_INIT;

	value_text(output, type, data, STYLE_TEXT, &text);
	json_string(out, strbuf_str(&text), text.len);
	strbuf_free(&text);
}

/* --- any value --- */

void json_value(struct output *output, const struct type *type, const void *data,
		struct strbuf *out)
{
	switch (type->kind) {
	case TYPE_NONE:
		strbuf_adds(out, "null");
		break;
	case TYPE_BOOL:
		strbuf_adds(out, load_scalar(type, data) ? "true" : "false");
		break;
	case TYPE_INT:
	case TYPE_ENUM:
	case TYPE_PTR:
		json_integer(out, type->is_signed, load_scalar(type, data));
		break;
	case TYPE_ARRAY:
		json_array(output, type, data, out);
		break;
	case TYPE_BUFFER:
		json_bytes(type, data, out);
		break;
	case TYPE_STRING:
	case TYPE_INET:
	case TYPE_MAC:
	case TYPE_TIMESTAMP:
	case TYPE_KSYM:
	case TYPE_USYM:
	case TYPE_KSTACK:
	case TYPE_USTACK:
	case TYPE_USERNAME:
	case TYPE_CGROUP_PATH:
		json_as_text(output, type, data, out);
		break;
	case TYPE_TUPLE:
		json_tuple(output, type, data, out);
		break;
	case TYPE_RECORD:
		strbuf_addc(out, '{');
		json_record(output, type, data, out);
		strbuf_addc(out, '}');
		break;
	case TYPE_STRUCT:
	case TYPE_UNION: {
		bool is_first = true;

		strbuf_addc(out, '{');
		json_members(output, type, data, &is_first, out);
		strbuf_addc(out, '}');
		break;
	}
	case TYPE_COUNT:
	case TYPE_SUM:
	case TYPE_MIN:
	case TYPE_MAX:
		json_integer(out, type->is_signed, aggregate_shown(type, data, 0));
		break;
	case TYPE_AVG:
	case TYPE_STATS:
		json_average(type, data, 0, out);
		break;
	case TYPE_HIST:
	case TYPE_LHIST:
		hist_json(type, data, 0, out);
		break;
	case TYPE_TSERIES: {
		struct output_entry entry = {.value = data};

		tseries_json(type, data, tseries_range_of(type, &entry, 1), 0, out);
		break;
	}
	}
}
