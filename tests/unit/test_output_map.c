/* Maps: merging, order, charts, in text and JSON: LANGUAGE.md 7.1, 10.3 to 10.5, 10.7. */
#include "tests/unit/test_output_case.h"

static struct output_case *c;

static void setup(void)
{
	c = case_new(OUTPUT_TEXT);
}

static void setup_json(void)
{
	c = case_new(OUTPUT_JSON);
}

static void teardown(void)
{
	case_free(c);
}

static const char *shown(struct plan_map map, struct output_entry *entries, size_t n, uint64_t top,
			 uint64_t div)
{
	output_map(c->output, &map, entries, n, top, div);
	return case_out(c);
}

static const char *shown_scalar(const char *name, const struct type *type, const void *value)
{
	struct output_entry entry = {.value = value};

	return shown(case_map(name, NULL, type), &entry, 1, 0, 0);
}

/* A map from int64 to int64 or an aggregate whose value is two words. */
struct pair {
	int64_t key;
	uint64_t value[2];
};

static const char *shown_pairs(const struct type *type, const struct pair *pairs, size_t n,
			       uint64_t top, uint64_t div)
{
	struct output_entry entries[8];

	for (size_t i = 0; i < n; i++)
		entries[i] = (struct output_entry){&pairs[i].key, pairs[i].value, false};
	return shown(case_map("m", case_int(c, 8, true), type), entries, n, top, div);
}

/* --- merging --- */

START_TEST(counts_and_sums_add_up)
{
	const uint64_t values[] = {5, 1, 0, 0, 7, 1};
	uint64_t merged[2];

	output_merge(type_simple(c->types, TYPE_COUNT), values, 16, 3, merged);
	ck_assert_uint_eq(merged[0], 12);
	output_merge(type_aggregate(c->types, TYPE_AVG, true), values, 16, 3, merged);
	ck_assert_uint_eq(merged[0], 12);
	ck_assert_uint_eq(merged[1], 2);
}
END_TEST

START_TEST(extremes_are_of_what_is_set)
{
	const int64_t values[] = {0, 0, -3, 1, 5, 1};
	const struct type *type = type_aggregate(c->types, TYPE_MIN, true);
	int64_t merged[2];

	output_merge(type, values, 16, 3, merged);
	ck_assert_int_eq(merged[0], -3);
	output_merge(type_aggregate(c->types, TYPE_MAX, true), values, 16, 2, merged);
	ck_assert_int_eq(merged[0], -3);
	/* Without a sign -3 is the largest. */
	output_merge(type_aggregate(c->types, TYPE_MAX, false), values, 16, 3, merged);
	ck_assert_int_eq(merged[0], -3);
	output_merge(type_aggregate(c->types, TYPE_MIN, false), values, 16, 3, merged);
	ck_assert_int_eq(merged[0], 5);
	output_merge(type, values, 16, 1, merged);
	ck_assert_int_eq(merged[0], 0);
	ck_assert_int_eq(merged[1], 0);
}
END_TEST

START_TEST(series_merge_by_interval)
{
	/* Two CPUs, two places each: {epoch, value, count, set}. */
	const uint64_t values[] = {4, 10, 2, 1, 7, 5, 1, 1, 6, 20, 1, 1, 7, 8, 3, 2};
	uint64_t merged[8];
	const uint64_t *last = merged + 4;

	output_merge(type_tseries(c->types, 1000, 2, REDUCE_SUM, false), values, 64, 2, merged);
	ck_assert_uint_eq(merged[0], 6);
	ck_assert_uint_eq(merged[1], 20);
	ck_assert_uint_eq(last[1], 13);
	ck_assert_uint_eq(last[2], 4);
	output_merge(type_tseries(c->types, 1000, 2, REDUCE_MIN, false), values, 64, 2, merged);
	ck_assert_uint_eq(last[1], 5);
	output_merge(type_tseries(c->types, 1000, 2, REDUCE_MAX, false), values, 64, 2, merged);
	ck_assert_uint_eq(last[1], 8);
	output_merge(type_tseries(c->types, 1000, 2, REDUCE_LAST, false), values, 64, 2, merged);
	ck_assert_uint_eq(last[1], 8);
}
END_TEST

/* --- scalars and keys --- */

START_TEST(scalars)
{
	int64_t five = 5;
	const uint64_t stats[] = {30, 2};

	ck_assert_str_eq(shown_scalar("x", case_int(c, 8, true), &five), "@x: 5\n");
	ck_assert_str_eq(shown_scalar("", case_int(c, 8, true), &five), "@: 5\n");
	ck_assert_str_eq(shown_scalar("s", type_string(c->types, 8), "str\0\0\0\0"), "@s: str\n");
	ck_assert_str_eq(shown_scalar("st", type_aggregate(c->types, TYPE_STATS, true), stats),
			 "@st: { .count = 2, .average = 15, .total = 30 }\n");
	ck_assert_str_eq(shown_scalar("av", type_aggregate(c->types, TYPE_AVG, true), stats),
			 "@av: 15\n");
}
END_TEST

START_TEST(keyed_maps)
{
	const struct type *small = case_int(c, 1, true), *one = case_int(c, 8, true);
	const struct type *pair = case_tuple(c, small, small, NULL);
	const struct type *name_type = type_string(c->types, 2);
	const int64_t value = 1;
	struct output_entry entry = {.value = &value};

	entry.key = "a\0\1";
	ck_assert_str_eq(
		shown(case_map("m", case_tuple(c, name_type, small, NULL), one), &entry, 1, 0, 0),
		"@m[a, 1]: 1\n");
	entry.key = "\1\2\3\4";
	ck_assert_str_eq(
		shown(case_map("kk", case_tuple(c, pair, pair, NULL), one), &entry, 1, 0, 0),
		"@kk[(1, 2), (3, 4)]: 1\n");
	ck_assert_str_eq(
		shown(case_map("m", case_tuple(c, small, NULL, NULL), one), &entry, 1, 0, 0),
		"@m[1]: 1\n");
	ck_assert_str_eq(
		shown(case_map("k2", type_array(c->types, small, 3), one), &entry, 1, 0, 0),
		"@k2[[1,2,3]]: 1\n");
}
END_TEST

static const struct type *record_key(void)
{
	static const char *const names[] = {"a", "b"};
	const struct type *parts[] = {case_int(c, 1, true), type_string(c->types, 2)};

	return case_tuple(c, case_int(c, 1, true), type_record(c->types, names, parts, 2), NULL);
}

static const struct type *stack_key(void)
{
	return case_tuple(c, type_stack(c->types, TYPE_KSTACK, STACK_BPFTRACE, 127),
			  type_string(c->types, 2), NULL);
}

static const char *shown_record_and_stack(void)
{
	struct {
		struct plan_stack_key stack;
		char name[8];
	} key = {{1, 2, 0}, "t"};
	int64_t two = 2;
	struct output_entry record = {.key = "\1\2z\0", .value = &two};
	struct output_entry stack = {.key = &key, .value = &two};
	struct plan_map map = case_map("", stack_key(), case_int(c, 8, true));

	output_map(c->output, &map, &stack, 1, 0, 0);
	return shown(case_map("nk", record_key(), case_int(c, 8, true)), &record, 1, 0, 0);
}

START_TEST(records_and_stacks_in_keys)
{
	ck_assert_str_eq(shown_record_and_stack(), "@[\n"
						   "        func+0\n"
						   "        main+281\n"
						   ", t]: 2\n"
						   "@nk[1, { .a = 2, .b = z }]: 2\n");
}
END_TEST

/* --- order --- */

START_TEST(numbers_are_sorted_by_value_then_key)
{
	const struct pair pairs[] = {{3, {5, 0}}, {2, {7, 0}}, {-1, {5, 0}}, {9, {-1ull, 0}}};

	ck_assert_str_eq(shown_pairs(case_int(c, 8, true), pairs, 4, 0, 0),
			 "@m[9]: -1\n@m[-1]: 5\n@m[3]: 5\n@m[2]: 7\n");
	ck_assert_str_eq(shown_pairs(case_int(c, 8, false), pairs, 4, 0, 0),
			 "@m[-1]: 5\n@m[3]: 5\n@m[2]: 7\n@m[9]: 18446744073709551615\n");
	/* Whatever their width. */
	ck_assert_str_eq(shown_pairs(case_int(c, 1, true), pairs, 4, 0, 0),
			 "@m[9]: -1\n@m[-1]: 5\n@m[3]: 5\n@m[2]: 7\n");
	ck_assert_str_eq(shown_pairs(type_simple(c->types, TYPE_COUNT), pairs, 3, 0, 0),
			 "@m[-1]: 5\n@m[3]: 5\n@m[2]: 7\n");
}
END_TEST

START_TEST(averages_are_sorted_by_average)
{
	const struct pair pairs[] = {{1, {100, 1}}, {2, {200, 10}}, {3, {90, 3}}};

	ck_assert_str_eq(shown_pairs(type_aggregate(c->types, TYPE_AVG, true), pairs, 3, 0, 0),
			 "@m[2]: 20\n@m[3]: 30\n@m[1]: 100\n");
}
END_TEST

START_TEST(other_values_are_sorted_by_key)
{
	struct output_entry entries[] = {
		{"b\0\1", "y\0", false}, {"a\0\2", "z\0", false}, {"a\0\1", "a\0", false}};
	struct plan_map map =
		case_map("s", case_tuple(c, type_string(c->types, 2), case_int(c, 1, true), NULL),
			 type_string(c->types, 2));

	ck_assert_str_eq(shown(map, entries, 3, 0, 0), "@s[a, 1]: a\n@s[a, 2]: z\n@s[b, 1]: y\n");
}
END_TEST

START_TEST(the_largest_stay_and_are_divided)
{
	const struct pair pairs[] = {{1, {100, 1}}, {2, {-2007ull, 10}}, {3, {90, 3}}};

	ck_assert_str_eq(shown_pairs(case_int(c, 8, true), pairs, 3, 2, 0),
			 "@m[3]: 90\n@m[1]: 100\n");
	ck_assert_str_eq(shown_pairs(case_int(c, 8, true), pairs, 3, 9, 10),
			 "@m[2]: -200\n@m[3]: 9\n@m[1]: 10\n");
	ck_assert_str_eq(shown_pairs(type_aggregate(c->types, TYPE_STATS, true), pairs, 3, 1, 10),
			 "@m[1]: { .count = 1, .average = 10, .total = 100 }\n");
	ck_assert_str_eq(shown_pairs(case_int(c, 8, true), pairs, 0, 0, 0), "");
}
END_TEST

/* --- histograms --- */

#define BAR_10 "@@@@@@@@@@"
#define GAP_10 "          "
#define BAR_52 BAR_10 BAR_10 BAR_10 BAR_10 BAR_10 "@@"
#define GAP_52 GAP_10 GAP_10 GAP_10 GAP_10 GAP_10 "  "

/* Fills buckets of hist() from numbers. */
static const char *shown_hist(uint32_t bits, const int64_t *numbers, size_t n)
{
	const struct type *type = type_hist(c->types, bits);
	uint64_t *buckets = case_bytes(c, type);

	for (size_t i = 0; i < n; i++)
		buckets[type_hist_bucket(bits, numbers[i])]++;
	return shown_scalar("h", type, buckets);
}

START_TEST(histogram_rows)
{
	const struct type *type = type_lhist(c->types, 0, 10, 2);
	uint64_t *buckets = case_bytes(c, type);

	buckets[0] = 1;
	buckets[1] = 2;
	buckets[6] = 10;
	ck_assert_str_eq(
		shown_scalar("l", type, buckets),
		"@l:\n"
		"(..., 0)               1 |@@@@@                                               |\n"
		"[0, 2)                 2 |@@@@@@@@@@                                          |\n"
		"[2, 4)                 0 |                                                    |\n"
		"[4, 6)                 0 |                                                    |\n"
		"[6, 8)                 0 |                                                    |\n"
		"[8, 10)                0 |                                                    |\n"
		"[10, ...)             10 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@|\n"
		"\n");
}
END_TEST

START_TEST(labels_of_powers)
{
	const int64_t numbers[] = {-5, 0, 1};

	ck_assert_str_eq(shown_hist(0, numbers, 3), "@h:\n"
						    "(..., 0)               1 |" BAR_52 "|\n"
						    "[0]                    1 |" BAR_52 "|\n"
						    "[1]                    1 |" BAR_52 "|\n"
						    "\n");
	ck_assert_str_eq(shown_hist(0, (int64_t[]){8}, 1),
			 "@h:\n[8, 16)                1 |" BAR_52 "|\n\n");
	ck_assert_str_eq(shown_hist(0, (int64_t[]){512, 1024}, 2),
			 "@h:\n[512, 1K)              1 |" BAR_52 "|\n"
			 "[1K, 2K)               1 |" BAR_52 "|\n\n");
	ck_assert_str_eq(shown_hist(0, (int64_t[]){1 << 20}, 1),
			 "@h:\n[1M, 2M)               1 |" BAR_52 "|\n\n");
	ck_assert_str_eq(shown_hist(0, (int64_t[]){INT64_MAX}, 1),
			 "@h:\n[4E, 8E)               1 |" BAR_52 "|\n\n");
}
END_TEST

START_TEST(labels_of_parts_of_powers)
{
	ck_assert_str_eq(shown_hist(2, (int64_t[]){3, 7, 900}, 1),
			 "@h:\n[3]                    1 |" BAR_52 "|\n\n");
	ck_assert_str_eq(shown_hist(2, (int64_t[]){896, 1024}, 2),
			 "@h:\n[896, 1024)            1 |" BAR_52 "|\n"
			 "[1024, 1280)           1 |" BAR_52 "|\n\n");
	ck_assert_str_eq(shown_hist(2, (int64_t[]){3584, 4096}, 2),
			 "@h:\n[3584, 4K)             1 |" BAR_52 "|\n"
			 "[4K, 5K)               1 |" BAR_52 "|\n\n");
}
END_TEST

static const char *shown_lhist(uint64_t min, uint64_t max, uint64_t step, uint32_t bucket)
{
	const struct type *type = type_lhist(c->types, min, max, step);
	uint64_t *buckets = case_bytes(c, type);

	buckets[bucket] = 1;
	return shown_scalar("l", type, buckets);
}

START_TEST(labels_of_steps)
{
	ck_assert_str_eq(shown_lhist(0, 10, 1, 6),
			 "@l:\n[5]                    1 |" BAR_52 "|\n\n");
	ck_assert_str_eq(shown_lhist(0, 10, 3, 4),
			 "@l:\n[9, ...)               1 |" BAR_52 "|\n\n");
	ck_assert_str_eq(shown_lhist(5, 10, 1, 0),
			 "@l:\n(..., 5)               1 |" BAR_52 "|\n\n");
	ck_assert_str_eq(shown_lhist(0, 1 << 23, 1 << 19, 3),
			 "@l:\n[1M, 1536K)            1 |" BAR_52 "|\n\n");
	ck_assert_str_eq(shown_lhist(0, 10000, 1000, 2),
			 "@l:\n[1000, 2000)           1 |" BAR_52 "|\n\n");
	ck_assert_str_eq(shown_lhist(0, 10000000, 1000000, 3),
			 "@l:\n[2000000, 3000000)       1 |" BAR_52 "|\n\n");
}
END_TEST

START_TEST(histograms_are_sorted_by_total_then_key)
{
	const struct type *type = type_lhist(c->types, 0, 2, 1);
	const uint64_t values[3][4] = {{0, 3, 0, 0}, {0, 0, 1, 0}, {0, 2, 1, 0}};
	const int64_t keys[] = {7, 8, -1};
	struct output_entry entries[3];

	for (int i = 0; i < 3; i++)
		entries[i] = (struct output_entry){&keys[i], values[i], false};
	ck_assert_str_eq(shown(case_map("h", case_int(c, 8, true), type), entries, 3, 0, 0),
			 "@h[8]:\n[1]                    1 |" BAR_52 "|\n\n"
			 "@h[-1]:\n[0]                    2 |" BAR_52 "|\n"
			 "[1]                    1 |" BAR_10 BAR_10 "@@@@@@" GAP_10 GAP_10
			 "      |\n\n"
			 "@h[7]:\n[0]                    3 |" BAR_52 "|\n\n");
	ck_assert_str_eq(shown(case_map("h", case_int(c, 8, true), type), entries, 3, 1, 2),
			 "@h[7]:\n[0]                    1 |" BAR_52 "|\n\n");
	/* Nothing is left. */
	ck_assert_str_eq(shown(case_map("h", case_int(c, 8, true), type), entries, 3, 1, 4),
			 "@h[7]:\n\n");
}
END_TEST

START_TEST(empty_histograms)
{
	const struct type *type = type_hist(c->types, 0);
	struct output_entry entry = {.value = case_bytes(c, type), .is_unset = true};
	struct plan_map map = case_map("h", NULL, type);
	int64_t zero = 0;

	ck_assert_str_eq(shown(map, &entry, 1, 0, 0), "");
	entry.is_unset = false;
	ck_assert_str_eq(shown(map, &entry, 1, 0, 0), "@h:\n\n");
	entry = (struct output_entry){.value = &zero, .is_unset = true};
	ck_assert_str_eq(shown(case_map("x", NULL, case_int(c, 8, true)), &entry, 1, 0, 0),
			 "@x: 0\n");
}
END_TEST

/* --- time series --- */

/* Puts a value where its interval belongs. */
static void put_point(const struct type *type, void *data, uint64_t wall_ns, int64_t value)
{
	uint64_t epoch = wall_ns / type->tseries.interval_ns;
	uint64_t entry[] = {epoch, (uint64_t)value, 1, 1};

	memcpy((char *)data + epoch % type->tseries.intervals * 32, entry, sizeof(entry));
}

#define MS 1000000u
#define LINE_51 "___________________________________________________"

START_TEST(a_plot_of_a_series)
{
	const struct type *type = type_tseries(c->types, 200 * MS, 10, REDUCE_LAST, true);
	void *data = case_bytes(c, type);

	put_point(type, data, CASE_BOOT_NS, -5);
	put_point(type, data, CASE_BOOT_NS + 200 * MS, -15);
	put_point(type, data, CASE_BOOT_NS + 600 * MS, -4);
	ck_assert_str_eq(shown_scalar("", type, data),
			 "@:\n"
			 "             -15                                                -4\n"
			 "hh:mm:ss.ms  |" LINE_51 "|\n"
			 "08:56:30.000 |                                              *    | -5\n"
			 "08:56:30.200 *                                                   | -15\n"
			 "08:56:30.400 |                                                   | -\n"
			 "08:56:30.600 |                                                   * -4\n"
			 "             v" LINE_51 "v\n"
			 "             -15                                                -4\n"
			 "\n");
}
END_TEST

START_TEST(zero_is_marked)
{
	const struct type *type = type_tseries(c->types, 1000 * MS, 5, REDUCE_LAST, true);
	void *data = case_bytes(c, type);

	put_point(type, data, CASE_BOOT_NS, -10);
	put_point(type, data, CASE_BOOT_NS + 2000 * MS, 10);
	ck_assert_str_eq(shown_scalar("z", type, data),
			 "@z:\n"
			 "         -10                                                10\n"
			 "hh:mm:ss |" LINE_51 "|\n"
			 "08:56:30 *                         .                         | -10\n"
			 "08:56:31 |                         .                         | -\n"
			 "08:56:32 |                         .                         * 10\n"
			 "         v" LINE_51 "v\n"
			 "         -10                                                10\n"
			 "\n");
}
END_TEST

START_TEST(one_row_shows_nanoseconds)
{
	const struct type *type = type_tseries(c->types, 1000, 5, REDUCE_LAST, false);
	void *data = case_bytes(c, type);

	put_point(type, data, CASE_BOOT_NS + 1234000, 7);
	ck_assert_str_eq(
		shown_scalar("", type, data),
		"@:\n"
		"                   6                                                   8\n"
		"hh:mm:ss.ns        |" LINE_51 "|\n"
		"08:56:30.001234000 |                         *                         | 7\n"
		"                   v" LINE_51 "v\n"
		"                   6                                                   8\n"
		"\n");
	put_point(type, data, CASE_BOOT_NS + 1235000, 7);
	ck_assert_ptr_nonnull(strstr(shown_scalar("", type, data), "hh:mm:ss.μs     |" LINE_51 "|\n"
								   "08:56:30.001234 |"));
}
END_TEST

START_TEST(keys_share_the_time_but_not_the_scale)
{
	const struct type *type = type_tseries(c->types, 1000 * MS, 2, REDUCE_AVG, true);
	void *early = case_bytes(c, type), *late = case_bytes(c, type);
	uint64_t entry[] = {(CASE_BOOT_NS + 1000 * MS) / (1000 * MS), 30, 3, 1};
	struct output_entry entries[] = {{"\1", late, false}, {"\0", early, false}};

	put_point(type, early, CASE_BOOT_NS, 1);
	memcpy((char *)late + entry[0] % 2 * 32, entry, 32);
	ck_assert_str_eq(shown(case_map("", case_int(c, 1, true), type), entries, 2, 0, 0),
			 "@[0]:\n"
			 "         0                                                   2\n"
			 "hh:mm:ss |" LINE_51 "|\n"
			 "08:56:30 |                         *                         | 1\n"
			 "08:56:31 |                                                   | -\n"
			 "         v" LINE_51 "v\n"
			 "         0                                                   2\n"
			 "\n"
			 "@[1]:\n"
			 "         9                                                  11\n"
			 "hh:mm:ss |" LINE_51 "|\n"
			 "08:56:30 |                                                   | -\n"
			 "08:56:31 |                         *                         | 10\n"
			 "         v" LINE_51 "v\n"
			 "         9                                                  11\n"
			 "\n");
}
END_TEST

/* --- JSON --- */

START_TEST(json_maps)
{
	const struct pair pairs[] = {{2, {7, 0}}, {1, {5, 0}}};
	int64_t five = 5;

	ck_assert_str_eq(shown_scalar("x", case_int(c, 8, true), &five),
			 "{\"type\": \"map\", \"data\": {\"@x\": 5}}\n");
	ck_assert_str_eq(shown_pairs(case_int(c, 8, true), pairs, 2, 0, 0),
			 "{\"type\": \"map\", \"data\": {\"@m\": {\"1\": 5, \"2\": 7}}}\n");
	ck_assert_str_eq(shown_pairs(case_int(c, 8, true), pairs, 2, 1, 7),
			 "{\"type\": \"map\", \"data\": {\"@m\": {\"2\": 1}}}\n");
	ck_assert_str_eq(shown_pairs(case_int(c, 8, true), pairs, 0, 0, 0), "");
}
END_TEST

START_TEST(json_keys)
{
	ck_assert_str_eq(
		shown_record_and_stack(),
		"{\"type\": \"map\", \"data\": {\"@\": {\"\\nfunc+0\\nmain+281\\n,t\": 2}}}\n"
		"{\"type\": \"map\", \"data\": {\"@nk\": {\"1,{.a=2,.b=z}\": 2}}}\n");
}
END_TEST

START_TEST(json_stats)
{
	const struct pair pairs[] = {{1, {30, 2}}};
	const struct type *type = type_aggregate(c->types, TYPE_STATS, true);

	ck_assert_str_eq(
		shown_scalar("st", type, pairs[0].value),
		"{\"type\": \"stats\", \"data\": {\"@st\": {\"count\": 2, \"average\": 15, "
		"\"total\": 30}}}\n");
	ck_assert_str_eq(shown_pairs(type, pairs, 1, 0, 0),
			 "{\"type\": \"stats\", \"data\": {\"@m\": {\"1\": {\"count\": 2, "
			 "\"average\": 15, \"total\": 30}}}}\n");
	ck_assert_str_eq(shown_pairs(type, pairs, 0, 0, 0),
			 "{\"type\": \"stats\", \"data\": {\"@m\": {}}}\n");
	type = type_aggregate(c->types, TYPE_AVG, true);
	ck_assert_str_eq(shown_scalar("av", type, pairs[0].value),
			 "{\"type\": \"stats\", \"data\": {\"@av\": 15}}\n");
}
END_TEST

START_TEST(json_histograms)
{
	const struct type *type = type_lhist(c->types, 0, 10, 2);
	uint64_t *buckets = case_bytes(c, type);
	int64_t key = 3;
	struct output_entry entry = {.key = &key, .value = buckets};

	buckets[0] = 1;
	buckets[1] = 2;
	ck_assert_str_eq(shown_scalar("l", type, buckets),
			 "{\"type\": \"hist\", \"data\": {\"@l\": [{\"max\": -1, \"count\": 1},"
			 "{\"min\": 0, \"max\": 1, \"count\": 2}]}}\n");
	buckets[0] = buckets[1] = 0;
	buckets[6] = 10;
	ck_assert_str_eq(
		shown(case_map("l", case_int(c, 8, true), type), &entry, 1, 0, 0),
		"{\"type\": \"hist\", \"data\": {\"@l\": {\"3\": [{\"min\": 10, \"count\": "
		"10}]}}}\n");
	ck_assert_str_eq(
		shown_hist(0, (int64_t[]){-1, 0, 8}, 1),
		"{\"type\": \"hist\", \"data\": {\"@h\": [{\"max\": -1, \"count\": 1}]}}\n");
	ck_assert_str_eq(
		shown_hist(0, (int64_t[]){8, 9}, 2),
		"{\"type\": \"hist\", \"data\": {\"@h\": [{\"min\": 8, \"max\": 15, \"count\": "
		"2}]}}\n");
	ck_assert_str_eq(shown_hist(0, NULL, 0), "{\"type\": \"hist\", \"data\": {\"@h\": []}}\n");
}
END_TEST

START_TEST(json_series)
{
	const struct type *type = type_tseries(c->types, 200 * MS, 10, REDUCE_LAST, true);
	void *data = case_bytes(c, type);

	put_point(type, data, CASE_BOOT_NS, 5);
	put_point(type, data, CASE_BOOT_NS + 400 * MS, -6);
	ck_assert_str_eq(
		shown_scalar("", type, data),
		"{\"type\": \"tseries\", \"data\": {\"@\": "
		"[{\"interval_start\":\"2026-11-20T08:56:30.000000000\",\"value\":5},"
		"{\"interval_start\":\"2026-11-20T08:56:30.400000000\",\"value\":-6}]}}\n");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("output of maps");
	TCase *text = tcase_create("text"), *json = tcase_create("json");

	tcase_add_checked_fixture(text, setup, teardown);
	tcase_add_test(text, counts_and_sums_add_up);
	tcase_add_test(text, extremes_are_of_what_is_set);
	tcase_add_test(text, series_merge_by_interval);
	tcase_add_test(text, scalars);
	tcase_add_test(text, keyed_maps);
	tcase_add_test(text, records_and_stacks_in_keys);
	tcase_add_test(text, numbers_are_sorted_by_value_then_key);
	tcase_add_test(text, averages_are_sorted_by_average);
	tcase_add_test(text, other_values_are_sorted_by_key);
	tcase_add_test(text, the_largest_stay_and_are_divided);
	tcase_add_test(text, histogram_rows);
	tcase_add_test(text, labels_of_powers);
	tcase_add_test(text, labels_of_parts_of_powers);
	tcase_add_test(text, labels_of_steps);
	tcase_add_test(text, histograms_are_sorted_by_total_then_key);
	tcase_add_test(text, empty_histograms);
	tcase_add_test(text, a_plot_of_a_series);
	tcase_add_test(text, zero_is_marked);
	tcase_add_test(text, one_row_shows_nanoseconds);
	tcase_add_test(text, keys_share_the_time_but_not_the_scale);
	suite_add_tcase(suite, text);
	tcase_add_checked_fixture(json, setup_json, teardown);
	tcase_add_test(json, json_maps);
	tcase_add_test(json, json_keys);
	tcase_add_test(json, json_stats);
	tcase_add_test(json, json_histograms);
	tcase_add_test(json, json_series);
	suite_add_tcase(suite, json);
	return suite;
}

int main(void)
{
	return case_run(make_suite());
}
