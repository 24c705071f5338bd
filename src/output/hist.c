/*
 * Histograms: hist() and lhist(), as bars and as JSON. In comes one merged value: a count for each
 * bucket.
 */
#include "output/internal.h"

#include <inttypes.h>

#define LABEL_WIDTH 16
#define COUNT_WIDTH 8
#define BAR_WIDTH 52
#define UNIT_BITS 10 /* 1024 */
#define UNITS_MAX 6 /* E */

/* Buckets with something in them, after division. */
struct rows {
	uint32_t first, last;
	uint64_t largest;
	bool is_empty;
};

static uint32_t bucket_count(const struct type *type)
{
	return type->size / sizeof(uint64_t);
}

static uint64_t bucket_value(const void *data, uint32_t index, uint64_t div)
{
	return divide(false, load_u64((const char *)data + (size_t)index * 8), div);
}

static struct rows find_rows(const struct type *type, const void *data, uint64_t div)
{
	struct rows rows = {.is_empty = true};

	for (uint32_t i = 0; i < bucket_count(type); i++) {
		uint64_t value = bucket_value(data, i, div);

		if (!value)
			continue;
		if (rows.is_empty)
			rows.first = i;
		rows.is_empty = false;
		rows.last = i;
		if (value > rows.largest)
			rows.largest = value;
	}
	return rows;
}

uint64_t hist_total(const struct type *type, const void *data)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < bucket_count(type); i++)
		total += bucket_value(data, i, 0);
	return total;
}

/* --- bounds --- */

struct bounds {
	bool has_low, has_high;
	uint64_t low, high; /* inclusive; without low, high is signed */
};

static struct bounds bucket_bounds(const struct type *type, uint32_t index)
{
	struct bounds bounds = {.has_low = index > 0, .has_high = true};
	uint64_t min = type->lhist.min, step = type->lhist.step;

	if (type->kind == TYPE_HIST) {
		bounds.high = UINT64_MAX; /* -1 */
		if (index)
			type_hist_bounds(type->hist.bits, index, &bounds.low, &bounds.high);
		return bounds;
	}
	bounds.has_high = index + 1 < bucket_count(type);
	bounds.low = min + (index - 1) * step;
	bounds.high = index ? bounds.low + step - 1 : min - 1;
	return bounds;
}

/* --- labels --- */

/*
 * A bound of hist() is shown in the largest unit that divides the step of the bucket that begins
 * there, 2^(power - bits).
 */
static unsigned hist_units(uint32_t bits, uint64_t bound)
{
	unsigned power = bound ? 63 - (unsigned)__builtin_clzll(bound) : 0;

	return power > bits ? (power - bits) / UNIT_BITS : 0;
}

/* Those of lhist() are round numbers of the script's own. */
static unsigned lhist_units(uint64_t bound)
{
	unsigned units = 0;

	while (bound && bound % 1024 == 0 && units < UNITS_MAX) {
		bound /= 1024;
		units++;
	}
	return units;
}

static void put_bound(struct strbuf *out, const struct type *type, uint64_t bound)
{
	unsigned units =
		type->kind == TYPE_HIST ? hist_units(type->hist.bits, bound) : lhist_units(bound);

	put_unsigned(out, bound >> (UNIT_BITS * units));
	if (units)
		strbuf_addc(out, " KMGTPE"[units]);
}

/* 2^64, which ends the last bucket, is no number of 64 bits. */
static void put_end(struct strbuf *out, const struct type *type, uint64_t high)
{
	if (high == UINT64_MAX)
		strbuf_adds(out, "16E");
	else
		put_bound(out, type, high + 1);
}

static void put_label(struct strbuf *out, const struct type *type, uint32_t index)
{
	struct bounds bounds = bucket_bounds(type, index);

	if (!bounds.has_low) {
		strbuf_adds(out, "(..., ");
		put_bound(out, type, bounds.high + 1);
		strbuf_addc(out, ')');
		return;
	}
	strbuf_addc(out, '[');
	put_bound(out, type, bounds.low);
	if (!bounds.has_high) {
		strbuf_adds(out, ", ...)");
	} else if (bounds.low == bounds.high) {
		strbuf_addc(out, ']');
	} else {
		strbuf_adds(out, ", ");
		put_end(out, type, bounds.high);
		strbuf_addc(out, ')');
	}
}

/* --- the two forms --- */

static void put_row(struct strbuf *out, const struct type *type, uint32_t index, uint64_t value,
		    uint64_t largest)
{
	size_t start = out->len;
	size_t bar = (size_t)((unsigned __int128)value * BAR_WIDTH / largest);

	put_label(out, type, index);
	if (out->len - start < LABEL_WIDTH)
		strbuf_fill(out, ' ', LABEL_WIDTH - (out->len - start));
	strbuf_addf(out, "%*" PRIu64 " |", COUNT_WIDTH, value);
	strbuf_fill(out, '@', bar);
	strbuf_fill(out, ' ', BAR_WIDTH - bar);
	strbuf_adds(out, "|\n");
}

void hist_text(const struct type *type, const void *data, uint64_t div, struct strbuf *out)
{
	struct rows rows = find_rows(type, data, div);

	if (rows.is_empty)
		return;
	for (uint32_t i = rows.first; i <= rows.last; i++)
		put_row(out, type, i, bucket_value(data, i, div), rows.largest);
}

static void put_bucket(struct strbuf *out, const struct type *type, uint32_t index, uint64_t value)
{
	struct bounds bounds = bucket_bounds(type, index);

	strbuf_addc(out, '{');
	if (bounds.has_low) {
		strbuf_adds(out, "\"min\": ");
		json_integer(out, false, bounds.low);
		strbuf_adds(out, ", ");
	}
	if (bounds.has_high) {
		strbuf_adds(out, "\"max\": ");
		json_integer(out, !bounds.has_low, bounds.high);
		strbuf_adds(out, ", ");
	}
	strbuf_adds(out, "\"count\": ");
	json_integer(out, false, value);
	strbuf_addc(out, '}');
}

void hist_json(const struct type *type, const void *data, uint64_t div, struct strbuf *out)
{
	struct rows rows = find_rows(type, data, div);

	strbuf_addc(out, '[');
	for (uint32_t i = rows.first; !rows.is_empty && i <= rows.last; i++) {
		if (i > rows.first)
			strbuf_addc(out, ',');
		put_bucket(out, type, i, bucket_value(data, i, div));
	}
	strbuf_addc(out, ']');
}
