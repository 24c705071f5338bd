/*
 * Values gathered per CPU (layouts in types/type.h): those of all CPUs made into one, and the
 * number that it shows.
 */
#include "output/internal.h"

enum { SERIES_EPOCH = 0, SERIES_VALUE = 8, SERIES_COUNT = 16, SERIES_SET = 24, SERIES_SIZE = 32 };

static void store_u64(void *data, uint64_t value)
{
	memcpy(data, &value, sizeof(value));
}

static void add_words(char *merged, const char *value, size_t size)
{
	for (size_t at = 0; at + 8 <= size; at += 8)
		store_u64(merged + at, load_u64(merged + at) + load_u64(value + at));
}

static bool is_less(bool is_signed, uint64_t a, uint64_t b)
{
	return is_signed ? (int64_t)a < (int64_t)b : a < b;
}

/* {u64 value, u64 set}: of the values that are set, the smaller, or the larger. */
static void merge_extreme(const struct type *type, char *merged, const char *value)
{
	bool is_min = type->kind == TYPE_MIN;
	uint64_t new = load_u64(value), old = load_u64(merged);

	if (!load_u64(value + 8))
		return;
	if (!load_u64(merged + 8) ||
	    (is_min ? is_less(type->is_signed, new, old) : is_less(type->is_signed, old, new)))
		memcpy(merged, value, type->size);
}

/* The values that two CPUs gathered in the same interval. */
static void merge_interval(const struct type *type, char *merged, const char *value)
{
	uint64_t new = load_u64(value + SERIES_VALUE), old = load_u64(merged + SERIES_VALUE);
	uint64_t count = load_u64(value + SERIES_COUNT) + load_u64(merged + SERIES_COUNT);
	uint64_t set = load_u64(value + SERIES_SET), old_set = load_u64(merged + SERIES_SET);

	switch (type->tseries.reduce) {
	case REDUCE_LAST:
		/* `set` tells when it was set. */
		old = set >= old_set ? new : old;
		break;
	case REDUCE_AVG:
	case REDUCE_SUM:
		old += new;
		break;
	case REDUCE_MIN:
		old = is_less(type->is_signed, new, old) ? new : old;
		break;
	case REDUCE_MAX:
		old = is_less(type->is_signed, old, new) ? new : old;
		break;
	}
	store_u64(merged + SERIES_VALUE, old);
	store_u64(merged + SERIES_COUNT, count);
	store_u64(merged + SERIES_SET, set > old_set ? set : old_set);
}

/* Each place of the ring holds one interval; of two, the later one counts. */
static void merge_series(const struct type *type, char *merged, const char *value)
{
	for (size_t at = 0; at < type->size; at += SERIES_SIZE) {
		char *to = merged + at;
		const char *from = value + at;
		uint64_t epoch = load_u64(from + SERIES_EPOCH);

		if (!load_u64(from + SERIES_SET))
			continue;
		if (!load_u64(to + SERIES_SET) || epoch > load_u64(to + SERIES_EPOCH))
			memcpy(to, from, SERIES_SIZE);
		else if (epoch == load_u64(to + SERIES_EPOCH))
			merge_interval(type, to, from);
	}
}

static void merge_one(const struct type *type, char *merged, const char *value)
{
	if (type->kind == TYPE_MIN || type->kind == TYPE_MAX)
		merge_extreme(type, merged, value);
	else if (type->kind == TYPE_TSERIES)
		merge_series(type, merged, value);
	else
		add_words(merged, value, type->size);
}

void output_merge(const struct type *type, const void *values, size_t stride, unsigned ncpus,
		  void *merged)
{
	memset(merged, 0, type->size);
	for (unsigned cpu = 0; cpu < ncpus; cpu++)
		merge_one(type, merged, (const char *)values + cpu * stride);
}

/* --- the number shown --- */

bool is_average(const struct type *type)
{
	return type->kind == TYPE_AVG || type->kind == TYPE_STATS;
}

bool is_histogram(const struct type *type)
{
	return type->kind == TYPE_HIST || type->kind == TYPE_LHIST;
}

bool is_chart(const struct type *type)
{
	return is_histogram(type) || type->kind == TYPE_TSERIES;
}

struct average load_average(const struct type *type, const void *data, uint64_t div)
{
	struct average average = {
		.total = load_u64(data),
		.count = load_u64((const char *)data + 8),
	};

	if (average.count)
		average.average =
			divide(type->is_signed,
			       divide(type->is_signed, average.total, average.count), div);
	return average;
}

uint64_t aggregate_shown(const struct type *type, const void *data, uint64_t div)
{
	if (is_average(type))
		return load_average(type, data, div).average;
	return divide(type->is_signed, load_u64(data), div);
}
