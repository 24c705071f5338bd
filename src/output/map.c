/*
 * A map's entries in order: numbers and aggregates by value, histograms by their total, all else by
 * key; equal ones by key (LANGUAGE.md 10.3).
 */
#include "output/internal.h"

#include <stdlib.h>

struct order {
	const struct output *output;
	const struct plan_map *map;
};

/* --- by key --- */

static int compare_numbers(bool is_signed, uint64_t a, uint64_t b)
{
	if (a == b)
		return 0;
	return (is_signed ? (int64_t)a < (int64_t)b : a < b) ? -1 : 1;
}

static int compare_strings(const struct type *type, const void *a, const void *b)
{
	return strncmp(a, b, type->size);
}

static int compare_buffers(const struct type *type, const void *a, const void *b)
{
	uint32_t na, nb;
	const char *left = buffer_bytes(type, a, &na), *right = buffer_bytes(type, b, &nb);
	int order = memcmp(left, right, na < nb ? na : nb);

	return order ? order : compare_numbers(false, na, nb);
}

/* Words of 8 and, at the end, of 4 bytes, in the order of their importance. */
static int compare_words(const void *a, const void *b, const uint8_t *offsets, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint64_t left = load_u32((const char *)a + offsets[i]);
		uint64_t right = load_u32((const char *)b + offsets[i]);

		if (left != right)
			return compare_numbers(false, left, right);
	}
	return 0;
}

static int compare_values(const struct output *output, const struct type *type, const void *a,
			  const void *b);

static int compare_arrays(const struct output *output, const struct type *type, const void *a,
			  const void *b)
{
	const struct type *element = type->array.element;
	int order = 0;

	for (size_t at = 0; !order && at + element->size <= type->size && element->size;
	     at += element->size)
		order = compare_values(output, element, (const char *)a + at, (const char *)b + at);
	return order;
}

static int compare_members(const struct output *output, const struct type *type, const void *a,
			   const void *b)
{
	uint32_t n;
	const struct type_field *fields = members(output, type, &n);
	int order = 0;

	for (uint32_t i = 0; !order && i < n; i++) {
		uint64_t left, right;
		const void *at_a = member_data(&fields[i], a, &left);
		const void *at_b = member_data(&fields[i], b, &right);

		order = compare_values(output, fields[i].type, at_a, at_b);
	}
	return order;
}

static int compare_values(const struct output *output, const struct type *type, const void *a,
			  const void *b)
{
	/* What was first asked for comes first; see the layouts in types/type.h. */
	static const uint8_t usym[] = {4, 0, 8}, stack[] = {12, 8, 4, 0};

	switch (type->kind) {
	case TYPE_BOOL:
	case TYPE_INT:
	case TYPE_ENUM:
	case TYPE_PTR:
	case TYPE_KSYM:
	case TYPE_USERNAME:
		return compare_numbers(type->is_signed, load_scalar(type, a), load_scalar(type, b));
	case TYPE_STRING:
		return compare_strings(type, a, b);
	case TYPE_BUFFER:
		return compare_buffers(type, a, b);
	case TYPE_INET:
	case TYPE_MAC:
		return memcmp(a, b, type->size);
	case TYPE_TIMESTAMP:
	case TYPE_CGROUP_PATH:
		return compare_numbers(false, load_u64(a), load_u64(b));
	case TYPE_USYM:
		return compare_words(a, b, usym, sizeof(usym));
	case TYPE_KSTACK:
	case TYPE_USTACK:
		return compare_words(a, b, stack, sizeof(stack));
	case TYPE_ARRAY:
		return compare_arrays(output, type, a, b);
	case TYPE_TUPLE:
	case TYPE_RECORD:
	case TYPE_STRUCT:
	case TYPE_UNION:
		return compare_members(output, type, a, b);
	case TYPE_NONE:
	case TYPE_COUNT:
	case TYPE_SUM:
	case TYPE_MIN:
	case TYPE_MAX:
	case TYPE_AVG:
	case TYPE_STATS:
	case TYPE_HIST:
	case TYPE_LHIST:
	case TYPE_TSERIES:
		return 0;
	}
	return 0;
}

/* --- by value --- */

static int compare_averages(const struct type *type, const void *a, const void *b)
{
	return compare_numbers(type->is_signed, load_average(type, a, 0).average,
			       load_average(type, b, 0).average);
}

/* 0 where the type is not one that maps are sorted by. */
static int compare_shown(const struct type *type, const void *a, const void *b)
{
	if (type_is_integer(type))
		return compare_numbers(type->is_signed, load_scalar(type, a), load_scalar(type, b));
	if (is_average(type))
		return compare_averages(type, a, b);
	if (is_histogram(type))
		return compare_numbers(false, hist_total(type, a), hist_total(type, b));
	if (type_is_castable_aggregate(type))
		return compare_numbers(type->is_signed, aggregate_shown(type, a, 0),
				       aggregate_shown(type, b, 0));
	return 0;
}

static int compare_entries(const void *a, const void *b, void *data)
{
	const struct output_entry *left = a, *right = b;
	const struct order *order = data;
	int result = compare_shown(order->map->value, left->value, right->value);

	return result ? result
		      : compare_values(order->output, order->map->key, left->key, right->key);
}

/* --- the map --- */

void output_map(struct output *output, const struct plan_map *map, struct output_entry *entries,
		size_t n, uint64_t top, uint64_t div)
{
	struct order order = {.output = output, .map = map};
	size_t first = top && top < n ? n - top : 0;

	/* A chart that was never assigned has nothing to show, not even a zero. */
	if (n && entries[0].is_unset && is_chart(map->value))
		return;
	if (map->key)
		qsort_r(entries, n, sizeof(*entries), compare_entries, &order);
	output->ops->map(output, map, entries + first, n - first, div);
}
