/* Maps as they are printed: LANGUAGE.md 7.1, 10.2 to 10.4. */
#include "tests/fuzz/generate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BAR 52

/* --- what is printed: a program of its own, after all others --- */

static bool is_printed_by_value(const struct storage *map)
{
	return map->aggregate || map->shape->kind == SHAPE_INT;
}

static struct statement *map_statement(struct script *script, enum stmt_kind kind,
				       struct storage *map)
{
	struct statement *stmt = arena_new_object(script->arena, struct statement);

	stmt->kind = kind;
	stmt->storage = map;
	return stmt;
}

static const struct statement *print_of(struct script *script, struct storage *map)
{
	struct statement *stmt = map_statement(script, STMT_PRINT_MAP, map);

	if (map->key && random_below(&script->random, 2))
		stmt->n = 1 + random_below(&script->random, 3);
	if (stmt->n && is_printed_by_value(map) && random_below(&script->random, 2))
		stmt->divisor = 1 + random_below(&script->random, 20);
	return stmt;
}

const struct body *maps_body(struct script *script)
{
	struct body *body = arena_new_object(script->arena, struct body);

	for (size_t i = 0; i < script->maps.len; i++) {
		struct storage *map = script->maps.data[i];

		if (map->aggregate == AGGREGATE_TSERIES) { /* shows when it was */
			vec_push(script->arena, &body->stmts,
				 map_statement(script, STMT_CLEAR, map));
			continue;
		}
		if (random_below(&script->random, 2))
			vec_push(script->arena, &body->stmts, print_of(script, map));
		if (!random_once_in(&script->random, 4))
			continue;
		vec_push(script->arena, &body->stmts,
			 map_statement(script,
				       random_below(&script->random, 2) ? STMT_CLEAR : STMT_ZERO,
				       map));
		vec_push(script->arena, &body->stmts, print_of(script, map));
	}
	return body;
}

/* --- order --- */

static int compare_numbers(bool is_signed, int64_t a, int64_t b)
{
	if (a == b)
		return 0;
	return (is_signed ? a < b : (uint64_t)a < (uint64_t)b) ? -1 : 1;
}

static int compare_values(const struct shape *shape, const struct value *a, const struct value *b)
{
	int order = 0;

	switch (shape->kind) {
	case SHAPE_INT:
	case SHAPE_ENUM:
	case SHAPE_BOOL:
		return compare_numbers(shape->is_signed, a->number, b->number);
	case SHAPE_STRING:
		return strcmp(a->text, b->text);
	case SHAPE_TUPLE:
	case SHAPE_RECORD:
	case SHAPE_STRUCT:
	case SHAPE_LIST:
		for (uint32_t i = 0; i < shape->n && !order; i++)
			order = compare_values(shape_member(shape, i), &a->members[i],
					       &b->members[i]);
		return order;
	case SHAPE_ARRAY:
		for (uint32_t i = 0; i < shape->n && !order; i++)
			order = compare_numbers(shape->is_signed, a->members[i].number,
						b->members[i].number);
		return order;
	case SHAPE_BYTES:
	case SHAPE_OTHER:
		break;
	}
	abort();
}

static int compare_shown(const struct storage *map, const struct entry *a, const struct entry *b)
{
	if (map->aggregate == AGGREGATE_HIST || map->aggregate == AGGREGATE_LHIST)
		return compare_numbers(false, (int64_t)a->numbers.len, (int64_t)b->numbers.len);
	if (is_printed_by_value(map) || map->shape->kind == SHAPE_ENUM)
		return compare_numbers(map->shape->is_signed, a->value.number, b->value.number);
	return 0;
}

static int compare_entries(const void *a, const void *b, void *data)
{
	const struct entry *const *left = a, *const *right = b;
	const struct storage *map = data;
	int order = compare_shown(map, *left, *right);

	return order ? order : compare_values(map->key, &(*left)->key, &(*right)->key);
}

/* --- histograms --- */

struct bucket {
	int64_t low, high; /* high: the first that is not in it */
	bool is_first, is_last;
};

static bool next_bucket(const struct storage *map, struct bucket *bucket)
{
	if (bucket->is_last)
		return false;
	if (map->aggregate == AGGREGATE_LHIST) {
		bucket->low = bucket->is_first ? map->low : bucket->high;
		bucket->high = bucket->low + map->step;
		bucket->is_last = bucket->high > map->high;
	} else {
		uint64_t low = bucket->is_first ? 0 : (uint64_t)bucket->high, step = 1;

		if (low >> (map->bits + 1))
			step = 1ull << (63 - __builtin_clzll(low) - (int)map->bits);
		bucket->low = (int64_t)low;
		bucket->high = (int64_t)(low + step);
		bucket->is_last = low + step == 1ull << 63;
	}
	bucket->is_first = false;
	return true;
}

static bool is_in(const struct bucket *bucket, const struct storage *map, int64_t number)
{
	if (bucket->is_first)
		return number < map->low;
	if (number < bucket->low)
		return false;
	return (bucket->is_last) || number < bucket->high;
}

static uint64_t count_in(const struct storage *map, const struct entry *entry,
			 const struct bucket *bucket, uint32_t divisor)
{
	uint64_t n = 0;

	for (size_t i = 0; i < entry->numbers.len; i++)
		n += is_in(bucket, map, entry->numbers.data[i]);
	return divisor ? n / divisor : n;
}

/* In units of the step of the bucket that begins there; of lhist(), in those that leave no rest. */
static void print_bound(struct strbuf *out, const struct storage *map, uint64_t bound)
{
	uint32_t units = 0;

	if (map->aggregate == AGGREGATE_LHIST)
		while (bound && bound % 1024 == 0)
			bound /= 1024, units++;
	else if (bound >> (map->bits + 1))
		units = (63u - (uint32_t)__builtin_clzll(bound) - map->bits) / 10;
	if (map->aggregate == AGGREGATE_HIST)
		bound >>= units * 10;
	strbuf_addf(out, "%" PRIu64, bound);
	if (units)
		strbuf_addc(out, " KMGTPE"[units]);
}

static void print_label(struct strbuf *out, const struct storage *map, const struct bucket *bucket)
{
	bool is_over = bucket->is_last && map->aggregate == AGGREGATE_LHIST;

	strbuf_adds(out, bucket->is_first ? "(..." : "[");
	if (!bucket->is_first)
		print_bound(out, map, (uint64_t)bucket->low);
	if (is_over) {
		strbuf_adds(out, ", ...)");
	} else if (!bucket->is_first && bucket->high == (int64_t)((uint64_t)bucket->low + 1)) {
		strbuf_addc(out, ']');
	} else {
		strbuf_adds(out, ", ");
		print_bound(out, map, (uint64_t)(bucket->is_first ? map->low : bucket->high));
		strbuf_addc(out, ')');
	}
}

static void print_row(struct strbuf *out, const struct storage *map, const struct bucket *bucket,
		      uint64_t n, uint64_t most)
{
	struct strbuf label = STRBUF_INIT;
	size_t bar = n * BAR / most;

	print_label(&label, map, bucket);
	strbuf_addf(out, "%-16s%8" PRIu64 " |", strbuf_str(&label), n);
	strbuf_fill(out, '@', bar);
	strbuf_fill(out, ' ', BAR - bar);
	strbuf_adds(out, "|\n");
	strbuf_free(&label);
}

/* From the first bucket that has something to the last. */
static void print_histogram(struct strbuf *out, const struct storage *map,
			    const struct entry *entry, uint32_t divisor)
{
	struct bucket bucket = {.is_first = true};
	uint64_t most = 0, first = UINT64_MAX, last = 0, at = 0;

	do {
		uint64_t n = count_in(map, entry, &bucket, divisor);

		if (n && first == UINT64_MAX)
			first = at;
		if (n)
			last = at;
		most = n > most ? n : most;
		at++;
	} while (next_bucket(map, &bucket));
	bucket = (struct bucket){.is_first = true};
	for (at = 0; most && at <= last; at++, next_bucket(map, &bucket))
		if (at >= first)
			print_row(out, map, &bucket, count_in(map, entry, &bucket, divisor), most);
}

/* --- entries --- */

static void print_key(struct strbuf *out, const struct storage *map, const struct entry *entry)
{
	if (!map->key)
		return;
	strbuf_addc(out, '[');
	if (map->key->kind != SHAPE_TUPLE)
		value_print(out, map->key, &entry->key);
	for (uint32_t i = 0; map->key->kind == SHAPE_TUPLE && i < map->key->n; i++) {
		strbuf_adds(out, i ? ", " : "");
		value_print(out, map->key->members[i], &entry->key.members[i]);
	}
	strbuf_addc(out, ']');
}

static struct value divided(const struct storage *map, struct value value, uint32_t divisor)
{
	if (!divisor)
		return value;
	if (map->shape->is_signed)
		value.number /= divisor;
	else
		value.number = (int64_t)((uint64_t)value.number / divisor);
	return value;
}

static void print_stats(struct strbuf *out, const struct storage *map, const struct entry *entry,
			uint32_t divisor)
{
	struct value average = divided(map, entry->value, divisor);
	struct value total = {.number = entry->total};

	strbuf_addf(out, "{ .count = %" PRId64 ", .average = ", entry->calls);
	value_print(out, map->shape, &average);
	strbuf_adds(out, ", .total = ");
	value_print(out, map->shape, &total);
	strbuf_adds(out, " }");
}

static void print_entry(struct strbuf *out, const struct storage *map, const struct entry *entry,
			uint32_t divisor)
{
	bool is_chart = map->aggregate == AGGREGATE_HIST || map->aggregate == AGGREGATE_LHIST;
	struct value value = entry->value;

	strbuf_adds(out, map->name);
	print_key(out, map, entry);
	strbuf_adds(out, is_chart ? ":\n" : ": ");
	if (is_chart) {
		print_histogram(out, map, entry, divisor);
	} else if (map->aggregate == AGGREGATE_STATS) {
		print_stats(out, map, entry, divisor);
	} else {
		value = is_printed_by_value(map) ? divided(map, value, divisor) : value;
		value_print(out, map->shape, &value);
	}
	strbuf_addc(out, '\n');
}

static void print_map(struct script *script, struct strbuf *out, const struct storage *map,
		      uint32_t top, uint32_t divisor)
{
	const struct entry **entries =
		arena_new_array(script->arena, const struct entry *, map->entries.len + 1);
	size_t n = 0;

	for (size_t i = 0; i < map->entries.len; i++)
		if (!map->entries.data[i].is_gone)
			entries[n++] = &map->entries.data[i];
	if (map->key)
		qsort_r(entries, n, sizeof(struct entry *), compare_entries, (void *)map);
	for (size_t i = top && top < n ? n - top : 0; i < n; i++)
		print_entry(out, map, entries[i], divisor);
}

/* --- what is done --- */

static void zero_map(struct script *script, struct storage *map)
{
	for (size_t i = 0; i < map->entries.len; i++) {
		struct entry *entry = &map->entries.data[i];

		entry->value = value_zero(script->arena, map->shape);
		entry->calls = entry->total = 0;
		entry->numbers.len = 0;
	}
}

/* A scalar that was never assigned shows the zero that it is; a histogram nothing. */
static bool print_unset(struct script *script, struct strbuf *out, struct storage *map)
{
	struct entry unset = {.value = value_zero(script->arena, map->shape)};
	size_t n = 0;

	for (size_t i = 0; i < map->entries.len; i++)
		n += !map->entries.data[i].is_gone;
	if (map->key || n)
		return false;
	if (map->aggregate != AGGREGATE_HIST && map->aggregate != AGGREGATE_LHIST)
		print_entry(out, map, &unset, 0);
	return true;
}

void maps_evaluate(struct script *script, const struct statement *stmt, struct strbuf *out)
{
	struct storage *map = stmt->storage;

	if (stmt->kind == STMT_CLEAR)
		map->entries.len = 0;
	else if (stmt->kind == STMT_ZERO)
		zero_map(script, map);
	else if (!print_unset(script, out, map))
		print_map(script, out, map, stmt->n, stmt->divisor);
}

static int compare_names(const void *a, const void *b)
{
	const struct storage *const *left = a, *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

void maps_print_at_exit(struct script *script, struct strbuf *out)
{
	if (script->maps.len)
		qsort(script->maps.data, script->maps.len, sizeof(script->maps.data[0]),
		      compare_names);
	for (size_t i = 0; i < script->maps.len; i++)
		print_map(script, out, script->maps.data[i], 0, 0);
}
