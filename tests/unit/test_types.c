/* The registry of types: interning, layouts, names, joins, literals and the buckets of hist(). */
#include "lang/lang.h"
#include "types/btf.h"
#include "types/type.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct arena *arena;
static struct types *types;

static void setup(void)
{
	arena = arena_new();
	types = types_new(arena);
}

static void teardown(void)
{
	types_free(types);
	arena_free(arena);
}

static const struct type *named(const char *name)
{
	return types_by_name(types, name);
}

/* --- interning and layout --- */

START_TEST(same_types_are_one)
{
	const struct type *u32 = type_int(types, 4, false), *s32 = type_int(types, 4, true);
	const struct type *members[] = {u32, s32};
	const char *names[] = {"a", "b"}, *others[] = {"a", "c"};

	ck_assert_ptr_eq(u32, type_int(types, 4, false));
	ck_assert_ptr_ne(u32, s32);
	ck_assert_ptr_eq(type_ptr(types, u32, SPACE_USER), type_ptr(types, u32, SPACE_USER));
	ck_assert_ptr_ne(type_ptr(types, u32, SPACE_USER), type_ptr(types, u32, SPACE_KERNEL));
	ck_assert_ptr_eq(type_array(types, u32, 3), type_array(types, u32, 3));
	ck_assert_ptr_ne(type_string(types, 16), type_buffer(types, 16));
	ck_assert_ptr_eq(type_tuple(types, members, 2), type_tuple(types, members, 2));
	ck_assert_ptr_ne(type_tuple(types, members, 2), type_tuple(types, members, 1));
	ck_assert_ptr_eq(type_record(types, names, members, 2),
			 type_record(types, names, members, 2));
	ck_assert_ptr_ne(type_record(types, names, members, 2),
			 type_record(types, others, members, 2));
	ck_assert_ptr_ne(type_record(types, names, members, 2), type_tuple(types, members, 2));
	ck_assert_ptr_eq(type_lhist(types, 0, 10, 2), type_lhist(types, 0, 10, 2));
	ck_assert_ptr_ne(type_hist(types, 0), type_hist(types, 1));
}
END_TEST

START_TEST(sizes_are_those_of_the_header)
{
	ck_assert_uint_eq(type_none(types)->size, 0);
	ck_assert_uint_eq(type_bool(types)->size, 1);
	ck_assert_uint_eq(type_buffer(types, 10)->size, 14);
	ck_assert_uint_eq(type_simple(types, TYPE_INET)->size, 24);
	ck_assert_uint_eq(type_simple(types, TYPE_MAC)->size, 6);
	ck_assert_uint_eq(type_simple(types, TYPE_MAC)->align, 1);
	ck_assert_uint_eq(type_simple(types, TYPE_TIMESTAMP)->size, 16);
	ck_assert_uint_eq(type_simple(types, TYPE_KSYM)->size, 8);
	ck_assert_uint_eq(type_simple(types, TYPE_USYM)->size, 16);
	ck_assert_uint_eq(type_simple(types, TYPE_USERNAME)->size, 8);
	ck_assert_uint_eq(type_simple(types, TYPE_CGROUP_PATH)->size, 16);
	ck_assert_uint_eq(type_simple(types, TYPE_COUNT)->size, 8);
	ck_assert_uint_eq(type_stack(types, TYPE_USTACK, STACK_PERF, 5)->size, 16);
	ck_assert_uint_eq(type_aggregate(types, TYPE_AVG, true)->size, 16);
	ck_assert_uint_eq(type_lhist(types, 0, 10, 3)->size, 8 * (3 + 2));
	ck_assert_uint_eq(type_tseries(types, 1000, 20, REDUCE_AVG, true)->size, 640);
	ck_assert(type_is_aggregate(type_simple(types, TYPE_COUNT)));
	ck_assert(!type_is_aggregate(type_simple(types, TYPE_KSYM)));
}
END_TEST

START_TEST(tuples_have_natural_layout)
{
	const struct type *members[] = {type_int(types, 1, true), type_int(types, 8, false),
					type_string(types, 5), type_int(types, 2, false)};
	const struct type *tuple = type_tuple(types, members, 4);
	const struct type_field *fields;
	uint32_t n;

	fields = types_fields(types, tuple, &n);
	ck_assert_uint_eq(n, 4);
	ck_assert_uint_eq(fields[0].offset, 0);
	ck_assert_uint_eq(fields[1].offset, 8);
	ck_assert_uint_eq(fields[2].offset, 16);
	ck_assert_uint_eq(fields[3].offset, 22);
	ck_assert_uint_eq(tuple->size, 24);
	ck_assert_uint_eq(tuple->align, 8);
}
END_TEST

START_TEST(members_are_found_inside_anonymous_ones)
{
	const struct type *u32 = type_int(types, 4, false);
	struct type_field inner[] = {{.name = "x", .type = u32},
				     {.name = "y", .type = u32, .offset = 4}};
	const struct type *anonymous =
		type_define_struct(types, TYPE_UNION, "", ORIGIN_SCRIPT, inner, 2, 8, 4);
	struct type_field outer[] = {{.name = "a", .type = u32},
				     {.name = "", .type = anonymous, .offset = 8}};
	const struct type *type =
		type_define_struct(types, TYPE_STRUCT, "s", ORIGIN_SCRIPT, outer, 2, 16, 4);
	struct type_path path;

	ck_assert(types_find_field(types, type, "y", &path));
	ck_assert_uint_eq(path.n, 2);
	ck_assert_ptr_eq(path.in[0], type);
	ck_assert_ptr_eq(path.in[1], anonymous);
	ck_assert_uint_eq(type_path_offset(&path), 12);
	ck_assert(types_find_field(types, type, "a", &path));
	ck_assert_uint_eq(path.n, 1);
	ck_assert(!types_find_field(types, type, "z", &path));
	ck_assert(!types_find_field(types, type, "", &path));
	ck_assert_ptr_eq(type,
			 type_define_struct(types, TYPE_STRUCT, "s", ORIGIN_SCRIPT, NULL, 0, 0, 1));
	ck_assert_ptr_ne(type,
			 type_define_struct(types, TYPE_UNION, "s", ORIGIN_SCRIPT, NULL, 0, 0, 1));
	ck_assert_ptr_ne(anonymous,
			 type_define_struct(types, TYPE_UNION, "", ORIGIN_SCRIPT, inner, 2, 8, 4));
}
END_TEST

/* --- names --- */

START_TEST(types_have_names)
{
	const struct type *s8 = type_int(types, 1, true);
	const struct type *members[] = {s8, type_string(types, 4)};
	const char *names[] = {"a", "b"};
	const struct type *task =
		type_define_struct(types, TYPE_STRUCT, "t", ORIGIN_SCRIPT, NULL, 0, 0, 1);
	const struct {
		const struct type *type;
		const char *name;
	} rows[] = {
		{type_none(types), "none"},
		{type_int(types, 8, false), "uint64"},
		{s8, "int8"},
		{type_ptr(types, task, SPACE_KERNEL), "struct t *"},
		{type_ptr(types, type_ptr(types, s8, SPACE_USER), SPACE_USER), "int8 **"},
		{type_ptr(types, type_none(types), SPACE_USER), "void *"},
		{type_array(types, type_array(types, s8, 3), 2), "int8[2][3]"},
		{type_tuple(types, members, 2), "(int8,string[4])"},
		{type_record(types, names, members, 2), "record { .a = int8, .b = string[4] }"},
		{type_stack(types, TYPE_KSTACK, STACK_BPFTRACE, 127), "kstack_bpftrace_127"},
		{type_stack(types, TYPE_USTACK, STACK_BUILD_ID, 3), "ustack_build_id_3"},
		{type_simple(types, TYPE_COUNT), "count_t"},
		{type_hist(types, 2), "hist_t"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_str_eq(type_name_str(types, rows[i].type), rows[i].name);
}
END_TEST

START_TEST(integers_have_many_spellings)
{
	const struct {
		const char *name;
		uint32_t size;
		bool is_signed;
	} rows[] = {
		{"int", 4, true},
		{"unsigned", 4, false},
		{"unsigned int", 4, false},
		{"long unsigned int", 8, false},
		{"unsigned long long", 8, false},
		{"long long", 8, true},
		{"short", 2, true},
		{"unsigned char", 1, false},
		{"signed char", 1, true},
		{"char", 1, true},
		{"const char", 1, true},
		{"u32", 4, false},
		{"__u64", 8, false},
		{"s16", 2, true},
		{"uint64_t", 8, false},
		{"__be32", 4, false},
		{"size_t", 8, false},
		{"ssize_t", 8, true},
		{"pid_t", 4, true},
		{"uint8", 1, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(named(rows[i].name) ==
				      type_int(types, rows[i].size, rows[i].is_signed),
			      "%s", rows[i].name);
	ck_assert_ptr_eq(named("bool"), type_bool(types));
	ck_assert_ptr_eq(named("void"), type_none(types));
	ck_assert_ptr_eq(named("ustack_perf_7"), type_stack(types, TYPE_USTACK, STACK_PERF, 7));
	ck_assert_ptr_null(named("kstack_perf_"));
	ck_assert_ptr_null(named("const"));
	ck_assert_ptr_null(named("unsigned frob"));
}
END_TEST

START_TEST(typedefs_of_the_preamble_are_names)
{
	types_define_typedef(types, "my_t", type_int(types, 2, false));
	ck_assert_ptr_eq(named("my_t"), type_int(types, 2, false));
}
END_TEST

/* --- joins --- */

static void check_join(const char *a, const char *b, const char *joined)
{
	const struct type *type = type_join(types, named(a), named(b));
	const struct type *other = type_join(types, named(b), named(a));

	ck_assert_msg(type == named(joined), "%s and %s give %s", a, b,
		      type ? type_name_str(types, type) : "none");
	ck_assert_ptr_eq(type, other);
}

START_TEST(integers_join_to_what_holds_both)
{
	check_join("int8", "int32", "int32");
	check_join("uint8", "uint64", "uint64");
	check_join("uint8", "int16", "int16");
	check_join("uint8", "int8", "int16");
	check_join("uint32", "int8", "int64");
	check_join("uint32", "int32", "int64");
	check_join("uint32", "int64", "int64");
	check_join("uint64", "int8", "int64");
	check_join("uint64", "int64", "int64");
}
END_TEST

START_TEST(other_types_join)
{
	const struct type *u32 = type_int(types, 4, false), *s8 = type_int(types, 1, true);
	const struct type *a[] = {u32, type_string(types, 4)}, *b[] = {s8, type_string(types, 9)};
	const struct type *both[] = {type_int(types, 8, true), type_string(types, 9)};
	const struct type *swapped[] = {type_string(types, 9), s8};
	const char *ab[] = {"a", "b"}, *ba[] = {"b", "a"}, *ac[] = {"a", "c"};

	ck_assert_ptr_eq(type_join(types, type_string(types, 4), type_string(types, 64)),
			 type_string(types, 64));
	ck_assert_ptr_eq(type_join(types, type_tuple(types, a, 2), type_tuple(types, b, 2)),
			 type_tuple(types, both, 2));
	ck_assert_ptr_null(type_join(types, type_tuple(types, a, 2), type_tuple(types, b, 1)));
	ck_assert_ptr_null(
		type_join(types, type_tuple(types, a, 2), type_tuple(types, swapped, 2)));
	ck_assert_ptr_eq(
		type_join(types, type_record(types, ab, a, 2), type_record(types, ba, swapped, 2)),
		type_record(types, ab, both, 2));
	ck_assert_ptr_null(
		type_join(types, type_record(types, ab, a, 2), type_record(types, ac, b, 2)));
	ck_assert_ptr_null(type_join(types, type_bool(types), u32));
	ck_assert_ptr_null(type_join(types, type_ptr(types, u32, SPACE_USER), u32));
	ck_assert_ptr_null(type_join(types, type_ptr(types, u32, SPACE_USER),
				     type_ptr(types, s8, SPACE_USER)));
	ck_assert_ptr_eq(type_join(types, type_ptr(types, u32, SPACE_USER),
				   type_ptr(types, u32, SPACE_UNKNOWN)),
			 type_ptr(types, u32, SPACE_USER));
	ck_assert_ptr_eq(type_join(types, type_ptr(types, u32, SPACE_USER),
				   type_ptr(types, u32, SPACE_KERNEL)),
			 type_ptr(types, u32, SPACE_UNKNOWN));
	ck_assert_ptr_null(type_join(types, type_hist(types, 0), type_hist(types, 1)));
	ck_assert_ptr_null(type_join(types, type_simple(types, TYPE_COUNT), u32));
}
END_TEST

START_TEST(literals_take_the_smallest_signed_type)
{
	const struct {
		uint64_t magnitude;
		bool is_negative;
		const char *name;
	} rows[] = {
		{0, false, "int8"},
		{127, false, "int8"},
		{128, true, "int8"},
		{128, false, "int16"},
		{200, true, "int16"},
		{40000, false, "int32"},
		{3000000000, false, "int64"},
		{INT64_MAX, false, "int64"},
		{1ull << 63, true, "int64"},
		{1ull << 63, false, "uint64"},
		{UINT64_MAX, false, "uint64"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_ptr_eq(type_of_literal(types, rows[i].magnitude, rows[i].is_negative),
				 named(rows[i].name));
	ck_assert(type_int_holds(named("uint8"), 255, false));
	ck_assert(!type_int_holds(named("uint8"), 256, false));
	ck_assert(!type_int_holds(named("uint64"), 1, true));
	ck_assert(type_int_holds(named("uint64"), UINT64_MAX, false));
	ck_assert(type_int_holds(named("int64"), 1ull << 63, true));
	ck_assert(!type_int_holds(named("int64"), 1ull << 63, false));
}
END_TEST

/* --- buckets --- */

START_TEST(hist_buckets)
{
	const struct {
		uint32_t bits;
		int64_t n;
		uint64_t low, high;
	} rows[] = {
		{0, 0, 0, 0},
		{0, 1, 1, 1},
		{0, 2, 2, 3},
		{0, 3, 2, 3},
		{0, 9, 8, 15},
		{0, 1023, 512, 1023},
		{0, INT64_MAX, 1ull << 62, INT64_MAX},
		{2, 7, 7, 7},
		{2, 8, 8, 9},
		{2, 11, 10, 11},
		{2, 15, 14, 15},
		{2, 900, 896, 1023},
		{2, 1024, 1024, 1279},
		{5, 63, 63, 63},
		{5, 64, 64, 65},
		{5, 4095, 4032, 4095},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t bucket = type_hist_bucket(rows[i].bits, rows[i].n);
		uint64_t low, high;

		type_hist_bounds(rows[i].bits, bucket, &low, &high);
		ck_assert_uint_eq(low, rows[i].low);
		ck_assert_uint_eq(high, rows[i].high);
	}
	ck_assert_uint_eq(type_hist_bucket(0, -1), 0);
	ck_assert_uint_eq(type_hist_bucket(5, INT64_MIN), 0);
	ck_assert_uint_eq(type_hist_bucket(0, 0), 1);
}
END_TEST

START_TEST(hist_buckets_leave_no_gaps)
{
	for (uint32_t bits = 0; bits <= 5; bits++) {
		uint32_t last = type_hist_bucket(bits, INT64_MAX);
		uint64_t expected = 0, low, high;

		ck_assert_uint_lt(last, type_hist_buckets(bits));
		for (uint32_t bucket = 1; bucket <= last; bucket++) {
			type_hist_bounds(bits, bucket, &low, &high);
			ck_assert_uint_eq(low, expected);
			ck_assert_uint_eq(type_hist_bucket(bits, (int64_t)low), bucket);
			ck_assert_uint_eq(type_hist_bucket(bits, (int64_t)high), bucket);
			expected = high + 1;
		}
		ck_assert_uint_eq(expected, 1ull << 63);
	}
}
END_TEST

/* --- constants --- */

START_TEST(the_table_of_constants_is_sorted)
{
	for (uint32_t i = 1; i < lang_nconstants; i++)
		ck_assert_msg(strcmp(lang_constants[i - 1].name, lang_constants[i].name) < 0,
			      "%s stands before %s", lang_constants[i - 1].name,
			      lang_constants[i].name);
}
END_TEST

START_TEST(constants_of_headers)
{
	const struct {
		const char *name;
		int64_t value;
	} rows[] = {
		{"AF_INET6", 10},
		{"EINPROGRESS", 115},
		{"TASK_RUNNING", 0},
		{"O_DSYNC", 010000},
		{"O_LARGEFILE", 0100000},
		{"S_IFREG", 0100000},
		{"SOCK_STREAM", 1},
		{"IPPROTO_UDP", 17},
		{"ETH_P_IPV6", 0x86dd},
		{"PROT_EXEC", 4},
		{"MAP_ANONYMOUS", 32},
		{"CLONE_NEWPID", 0x20000000},
		{"SIGTERM", 15},
		{"DT_REG", 8},
		{"ICMPV6_ECHO_REQUEST", 128},
		{"AT_FDCWD", -100},
		{"INADDR_LOOPBACK", 0x7f000001},
		{"INT_MIN", -2147483648},
	};
	struct type_constant constant;

	types_set_btf_path(types, "/nonexistent");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ck_assert_msg(types_find_constant(types, rows[i].name, &constant), "%s",
			      rows[i].name);
		ck_assert_int_eq((int64_t)constant.value, rows[i].value);
		ck_assert_int_eq(constant.is_negative, rows[i].value < 0);
	}
}
END_TEST

START_TEST(enumerators_of_the_preamble_are_constants)
{
	struct type_enumerator values[] = {{"MINUS", -3}, {"AF_INET", 77}};
	const struct type *type = type_define_enum(types, "e", ORIGIN_SCRIPT, 4, true, values, 2);
	struct type_constant constant;

	ck_assert(types_find_constant(types, "MINUS", &constant));
	ck_assert_ptr_eq(constant.type, type);
	ck_assert(constant.is_negative);
	ck_assert_int_eq((int64_t)constant.value, -3);
	ck_assert(types_find_constant(types, "AF_INET", &constant));
	ck_assert_uint_eq(constant.value, 77);
	ck_assert(types_find_constant(types, "AF_INET6", &constant));
	ck_assert_uint_eq(constant.value, 10);
	ck_assert(!types_find_constant(types, "NO_SUCH_CONSTANT", &constant));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("types");
	TCase *tests = tcase_create("types");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, same_types_are_one);
	tcase_add_test(tests, sizes_are_those_of_the_header);
	tcase_add_test(tests, tuples_have_natural_layout);
	tcase_add_test(tests, members_are_found_inside_anonymous_ones);
	tcase_add_test(tests, types_have_names);
	tcase_add_test(tests, integers_have_many_spellings);
	tcase_add_test(tests, typedefs_of_the_preamble_are_names);
	tcase_add_test(tests, integers_join_to_what_holds_both);
	tcase_add_test(tests, other_types_join);
	tcase_add_test(tests, literals_take_the_smallest_signed_type);
	tcase_add_test(tests, hist_buckets);
	tcase_add_test(tests, hist_buckets_leave_no_gaps);
	tcase_add_test(tests, the_table_of_constants_is_sorted);
	tcase_add_test(tests, constants_of_headers);
	tcase_add_test(tests, enumerators_of_the_preamble_are_constants);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
