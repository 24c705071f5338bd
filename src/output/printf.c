/*
 * printf(): a format of the plan applied to the arguments in a payload. Formats are taken apart
 * when first used; after that an event costs no allocation.
 */
#include "output/internal.h"

#include "program/format.h"

#include <stdlib.h>

struct printf_format {
	struct format_part *parts; /* NULL: not taken apart yet */
	size_t n;
};

void printf_formats_new(struct output *output)
{
	output->nformats = output->plan->events.len;
	output->formats = calloc(output->nformats + 1, sizeof(*output->formats));
	if (!output->formats)
		abort();
}

void printf_formats_free(struct output *output)
{
	for (size_t i = 0; i < output->nformats; i++)
		free(output->formats[i].parts);
	free(output->formats);
}

static void take_apart(struct printf_format *format, const char *text)
{
	/* Each part is at least a character long. */
	format->parts = calloc(strlen(text) + 1, sizeof(*format->parts));
	if (!format->parts)
		abort();
	while (format_next(&text, &format->parts[format->n]))
		format->n++;
}

/* --- numbers --- */

static uint64_t argument_number(const struct type *type, const void *data)
{
	return type->size && type_is_scalar(type) ? load_scalar(type, data) : 0;
}

/* Cut to the C type that the directive names, and extended again. */
static uint64_t cut(uint64_t value, uint32_t size, bool is_signed)
{
	unsigned unused = 64 - 8 * size;

	value <<= unused;
	return is_signed ? (uint64_t)((int64_t)value >> unused) : value >> unused;
}

/* Digits of @value, at the end of @digits of 22 bytes; the first one is returned. */
static char *put_digits(char *digits, uint64_t value, unsigned base, bool is_upper)
{
	const char *alphabet = is_upper ? "0123456789ABCDEF" : "0123456789abcdef";
	unsigned shift = base == 16 ? 4 : 3;
	char *p = digits + 22;

	if (base == 10) {
		do
			*--p = (char)('0' + value % 10);
		while (value /= 10);
		return p;
	}
	do
		*--p = alphabet[value & (base - 1)];
	while (value >>= shift);
	return p;
}

/* Prefix and digits, padded as C does. */
static void put_padded(struct strbuf *out, const struct format_part *part, const char *prefix,
		       const char *digits, size_t n)
{
	size_t zeros = part->precision > 0 && (size_t)part->precision > n
			       ? (size_t)part->precision - n
			       : 0;
	size_t len = strlen(prefix) + zeros + n;
	size_t pad = part->width > len ? part->width - len : 0;

	if (pad && part->zero && !part->left && part->precision < 0) {
		zeros += pad;
		pad = 0;
	}
	if (pad && !part->left)
		strbuf_fill(out, ' ', pad);
	strbuf_adds(out, prefix);
	strbuf_fill(out, '0', zeros);
	strbuf_add(out, digits, n);
	if (pad && part->left)
		strbuf_fill(out, ' ', pad);
}

static void put_number(struct strbuf *out, const struct format_part *part, uint64_t value,
		       unsigned base, const char *prefix)
{
	char digits[22];
	const char *first = put_digits(digits, value, base, part->kind == FORMAT_HEX_UPPER);
	size_t n = (size_t)(digits + sizeof(digits) - first);

	if (!value && !part->precision)
		n = 0;
	put_padded(out, part, prefix, first, n);
}

/* "#" makes the first digit a zero, unless it is one. */
static const char *octal_prefix(const struct format_part *part, uint64_t value)
{
	int32_t digits = value ? (66 - __builtin_clzll(value)) / 3 : part->precision != 0;

	return part->alternate && (value || !digits) && part->precision <= digits ? "0" : "";
}

static void put_decimal(struct strbuf *out, const struct format_part *part, uint64_t value)
{
	int64_t number = (int64_t)cut(value, part->size, true);
	const char *sign = number < 0 ? "-" : part->plus ? "+" : part->blank ? " " : "";

	put_number(out, part, number < 0 ? -(uint64_t)number : (uint64_t)number, 10, sign);
}

static void put_character(struct strbuf *out, const struct format_part *part, uint64_t value)
{
	size_t pad = part->width > 1 ? part->width - 1 : 0;

	if (!part->left)
		strbuf_fill(out, ' ', pad);
	strbuf_addc(out, (char)value);
	if (part->left)
		strbuf_fill(out, ' ', pad);
}

/* --- texts --- */

/* Widens what was added since @start to the width. */
static void pad_from(struct strbuf *out, const struct format_part *part, size_t start)
{
	size_t len = out->len - start;

	if (len >= part->width)
		return;
	strbuf_fill(out, ' ', part->width - len);
	if (part->left)
		return;
	memmove(out->data + out->len - len, out->data + start, len);
	memset(out->data + start, ' ', part->width - len);
}

static void put_hex_pairs(struct strbuf *out, const char *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		unsigned char byte = (unsigned char)bytes[i];
		char pair[3] = {' ', digits[byte >> 4], digits[byte & 15]};

		strbuf_add(out, pair + !i, sizeof(pair) - !i);
	}
}

/* The bytes of a buffer; of other arguments those that they take in memory. */
static void put_bytes(struct strbuf *out, const struct format_part *part, const struct type *type,
		      const void *data)
{
	const char *bytes = data;
	uint32_t len = type->size;

	if (type->kind == TYPE_BUFFER)
		bytes = buffer_bytes(type, data, &len);
	else if (type->kind == TYPE_STRING)
		len = (uint32_t)strnlen(data, type->size);
	if (part->kind == FORMAT_BYTES_HEX)
		put_hex_pairs(out, bytes, len);
	else
		put_escaped_bytes(out, bytes, len, part->kind == FORMAT_BYTES_ESCAPED);
}

/* --- directives --- */

static void put_directive(struct output *output, const struct format_part *part,
			  const struct type *type, const void *data, struct strbuf *out)
{
	uint64_t value = argument_number(type, data), bits = cut(value, part->size, false);
	size_t start = out->len;

	switch (part->kind) {
	case FORMAT_TEXT:
	case FORMAT_UNSUPPORTED:
		break;
	case FORMAT_DECIMAL:
		put_decimal(out, part, value);
		break;
	case FORMAT_UNSIGNED:
		put_number(out, part, bits, 10, "");
		break;
	case FORMAT_OCTAL:
		put_number(out, part, bits, 8, octal_prefix(part, bits));
		break;
	case FORMAT_HEX:
		put_number(out, part, bits, 16, part->alternate && bits ? "0x" : "");
		break;
	case FORMAT_HEX_UPPER:
		put_number(out, part, bits, 16, part->alternate && bits ? "0X" : "");
		break;
	case FORMAT_POINTER:
		put_number(out, part, value, 16, value ? "0x" : "");
		break;
	case FORMAT_CHAR:
		put_character(out, part, value);
		break;
	case FORMAT_STRING:
		value_text(output, type, data, STYLE_TEXT, out);
		pad_from(out, part, start);
		break;
	case FORMAT_BYTES:
	case FORMAT_BYTES_ESCAPED:
	case FORMAT_BYTES_HEX:
		put_bytes(out, part, type, data);
		pad_from(out, part, start);
		break;
	case FORMAT_GFP:
		put_gfp_flags(out, value);
		break;
	}
}

void put_formatted(struct output *output, const struct plan_event *event, const void *payload,
		   struct strbuf *out)
{
	struct printf_format *format = &output->formats[event - output->plan->events.data];
	const struct type *arguments = event->payload;
	uint32_t n = arguments->kind == TYPE_TUPLE ? arguments->record.nfields : 0, next = 0;

	if (!format->parts)
		take_apart(format, event->format);
	for (size_t i = 0; i < format->n; i++) {
		const struct format_part *part = &format->parts[i];
		const struct type_field *argument;

		if (!format_takes_argument(part->kind)) {
			strbuf_add(out, part->start, part->len);
		} else if (next < n) {
			argument = &arguments->record.fields[next++];
			put_directive(output, part, argument->type,
				      (const char *)payload + argument->offset, out);
		}
	}
}
