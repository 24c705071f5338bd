/* Numbers: from memory by their type, into text without printf(3), which is slow. */
#include "output/internal.h"

uint64_t load_u64(const void *data)
{
	uint64_t value;

	memcpy(&value, data, sizeof(value));
	return value;
}

uint32_t load_u32(const void *data)
{
	uint32_t value;

	memcpy(&value, data, sizeof(value));
	return value;
}

uint64_t load_scalar(const struct type *type, const void *data)
{
	unsigned unused = 64 - 8 * type->size;
	uint64_t value = 0;

	memcpy(&value, data, type->size);
	return type->is_signed ? (uint64_t)((int64_t)(value << unused) >> unused) : value;
}

void put_unsigned(struct strbuf *out, uint64_t value)
{
	char digits[20], *p = digits + sizeof(digits);

	do
		*--p = (char)('0' + value % 10);
	while (value /= 10);
	strbuf_add(out, p, (size_t)(digits + sizeof(digits) - p));
}

void put_signed(struct strbuf *out, int64_t value)
{
	if (value < 0)
		strbuf_addc(out, '-');
	put_unsigned(out, value < 0 ? -(uint64_t)value : (uint64_t)value);
}

void put_hex(struct strbuf *out, uint64_t value)
{
	char digits[16], *p = digits + sizeof(digits);

	do
		*--p = "0123456789abcdef"[value & 15];
	while (value >>= 4);
	strbuf_add(out, p, (size_t)(digits + sizeof(digits) - p));
}

void put_integer(struct strbuf *out, bool is_signed, uint64_t value)
{
	if (is_signed)
		put_signed(out, (int64_t)value);
	else
		put_unsigned(out, value);
}

uint64_t divide(bool is_signed, uint64_t value, uint64_t div)
{
	bool is_negative = is_signed && (int64_t)value < 0;

	if (!div)
		return value;
	return is_negative ? -(-value / div) : value / div;
}
