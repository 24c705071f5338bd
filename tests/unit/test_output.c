/* Values as text, and the messages around them: LANGUAGE.md 10.1, 10.2, 10.6, 10.8, 14.1. */
#include "tests/unit/test_output_case.h"

#include <errno.h>

static struct output_case *c;

static void setup(void)
{
	c = case_new(OUTPUT_TEXT);
}

static void teardown(void)
{
	case_free(c);
}

static const char *printed(const struct type *type, const void *value)
{
	output_value(c->output, type, value);
	return case_out(c);
}

static const char *printed_int(const struct type *type, int64_t value)
{
	return printed(type, &value);
}

/* --- scalars --- */

START_TEST(integers)
{
	ck_assert_str_eq(printed_int(case_int(c, 1, true), -1), "-1\n");
	ck_assert_str_eq(printed_int(case_int(c, 1, false), -1), "255\n");
	ck_assert_str_eq(printed_int(case_int(c, 2, true), -32768), "-32768\n");
	ck_assert_str_eq(printed_int(case_int(c, 4, false), -1), "4294967295\n");
	ck_assert_str_eq(printed_int(case_int(c, 8, true), INT64_MIN), "-9223372036854775808\n");
	ck_assert_str_eq(printed_int(case_int(c, 8, false), -1), "18446744073709551615\n");
	ck_assert_str_eq(printed_int(case_int(c, 8, false), 0), "0\n");
}
END_TEST

START_TEST(booleans_and_pointers)
{
	const struct type *pointer = type_ptr(c->types, type_none(c->types), SPACE_KERNEL);

	ck_assert_str_eq(printed_int(type_bool(c->types), 1), "true\n");
	ck_assert_str_eq(printed_int(type_bool(c->types), 0), "false\n");
	ck_assert_str_eq(printed_int(pointer, 0x1234abcd), "0x1234abcd\n");
	ck_assert_str_eq(printed_int(pointer, 0), "0x0\n");
}
END_TEST

START_TEST(enums_by_name)
{
	static const struct type_enumerator values[] = {{"RED", 0}, {"DEEP", -5}, {"BLUE", 7}};
	const struct type *type =
		type_define_enum(c->types, "e", ORIGIN_SCRIPT, 4, true, values, 3);

	ck_assert_str_eq(printed_int(type, 7), "BLUE\n");
	ck_assert_str_eq(printed_int(type, -5), "DEEP\n");
	ck_assert_str_eq(printed_int(type, 3), "3\n");
	ck_assert_str_eq(printed_int(type, -1), "-1\n");
}
END_TEST

START_TEST(strings_end_at_nul_or_are_cut)
{
	const struct type *type = type_string(c->types, 4);

	ck_assert_str_eq(printed(type, "ab\0"), "ab\n");
	ck_assert_str_eq(printed(type, "\0\0\0"), "\n");
	ck_assert_str_eq(printed(type, "abc"), "abc\n");
	/* An array of C's that is full. */
	ck_assert_str_eq(printed(type, "abcd"), "abcd\n");
	c->plan->config.max_strlen = 4;
	ck_assert_str_eq(printed(type, "abcd"), "abc..\n");
	c->plan->config.str_trunc_trailer = "";
	ck_assert_str_eq(printed(type, "abcd"), "abc\n");
	/* Bytes are raw. */
	ck_assert_str_eq(printed(type, "\xff\x01\0"), "\xff\x01\n");
}
END_TEST

START_TEST(buffers)
{
	const struct type *type = type_buffer(c->types, 6);

	ck_assert_str_eq(printed(type, "\x05\0\0\0ab\n\xff~!"), "ab\\x0a\\xff~\n");
	/* A length beyond the buffer is one that nobody wrote. */
	ck_assert_str_eq(printed(type, "\xff\xff\xff\xff"
				       "abcdef"),
			 "abcdef\n");
}
END_TEST

START_TEST(addresses)
{
	struct {
		uint64_t family;
		unsigned char bytes[16];
	} inet = {2, {127, 0, 0, 1}};
	const struct type *type = type_simple(c->types, TYPE_INET);

	ck_assert_str_eq(printed(type, &inet), "127.0.0.1\n");
	inet.family = 10;
	memcpy(inet.bytes, "\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	ck_assert_str_eq(printed(type, &inet), "fe80::1\n");
	ck_assert_str_eq(printed(type_simple(c->types, TYPE_MAC), "\x0f\x1f\x44\0\0\x41"),
			 "0F:1F:44:00:00:41\n");
}
END_TEST

START_TEST(timestamps)
{
	struct {
		uint64_t ns;
		uint32_t clock, format;
	} value = {123456789, CLOCK_BOOT, 0};
	const struct type *type = type_simple(c->types, TYPE_TIMESTAMP);

	plan_string(c->plan, "%Y-%m-%d %H:%M:%S.%f");
	plan_string(c->plan, "%%f%%");
	plan_string(c->plan, "%");
	ck_assert_str_eq(printed(type, &value), "2026-11-20 08:56:30.123456\n");
	value.format = 1;
	ck_assert_str_eq(printed(type, &value), "%f%\n");
	value.format = 2;
	ck_assert_str_eq(printed(type, &value), "%\n");
	value.format = 9;
	value.clock = 99;
	ck_assert_str_eq(printed(type, &value), "\n");
}
END_TEST

START_TEST(named_values)
{
	struct {
		uint64_t word;
		uint32_t half, rest;
	} value = {0x1010, 77, 0};

	ck_assert_str_eq(printed(type_simple(c->types, TYPE_KSYM), &value), "func\n");
	ck_assert_str_eq(printed(type_simple(c->types, TYPE_USYM), &value), "func\n");
	value.word = 1;
	ck_assert_str_eq(printed(type_simple(c->types, TYPE_KSYM), &value), "0x1\n");
	value.word = 0;
	ck_assert_str_eq(printed(type_simple(c->types, TYPE_KSYM), &value), "0\n");
	ck_assert_str_eq(printed(type_simple(c->types, TYPE_USERNAME), &value), "root\n");
	value.word = 5;
	value.half = plan_string(c->plan, "cpu*");
	ck_assert_str_eq(printed(type_simple(c->types, TYPE_CGROUP_PATH), &value), "cpu*:/5\n");
}
END_TEST

/* --- stacks --- */

static const char *stack(enum type_kind kind, enum type_stack_mode mode, uint64_t hash, uint32_t n)
{
	struct plan_stack_key key = {hash, n, kind == TYPE_USTACK ? 77 : 0};

	return printed(type_stack(c->types, kind, mode, 127), &key);
}

START_TEST(stacks)
{
	ck_assert_str_eq(stack(TYPE_KSTACK, STACK_BPFTRACE, 1, 2),
			 "\n        func+0\n        main+281\n\n");
	ck_assert_str_eq(stack(TYPE_KSTACK, STACK_PERF, 1, 2),
			 "\n\t1000 func+0 (vmlinux)\n\t2119 main+281 (vmlinux)\n\n");
	ck_assert_str_eq(stack(TYPE_USTACK, STACK_BPFTRACE, 1, 2),
			 "\n        func+0\n        main+281\n\n");
	ck_assert_str_eq(stack(TYPE_USTACK, STACK_PERF, 1, 2),
			 "\n\t1000 func+0 (/bin/t)\n\t2119 main+281 (/bin/t)\n\n");
	ck_assert_str_eq(stack(TYPE_KSTACK, STACK_RAW, 1, 2), "\n1000\n2119\n\n");
	ck_assert_str_eq(stack(TYPE_USTACK, STACK_BUILD_ID, 2, 2),
			 "\n0102030400000000000000000000000000000000 0x1234\n"
			 "[unknown] 0x5678\n\n");
	ck_assert_str_eq(stack(TYPE_KSTACK, STACK_BPFTRACE, 0, 0), "\n\n");
	ck_assert_str_eq(stack(TYPE_KSTACK, STACK_BPFTRACE, 3, 2), "\n        [lost]\n\n");
}
END_TEST

START_TEST(stacks_are_raw_in_tuples)
{
	const struct type *type =
		case_tuple(c, type_stack(c->types, TYPE_KSTACK, STACK_BPFTRACE, 5),
			   case_int(c, 1, true), NULL);
	struct plan_stack_key key = {1, 2, 0};
	void *value = case_bytes(c, type);

	case_set(value, type, 0, &key, sizeof(key));
	case_set_int(value, type, 1, 5);
	ck_assert_str_eq(printed(type, value), "(\n        func+0\n        main+281\n, 5)\n");
}
END_TEST

/* --- composites --- */

START_TEST(arrays)
{
	static const int16_t numbers[] = {1, -2, 3};

	ck_assert_str_eq(printed(type_array(c->types, case_int(c, 2, true), 3), numbers),
			 "[1,-2,3]\n");
	ck_assert_str_eq(printed(type_array(c->types, type_bool(c->types), 2), "\0\1"),
			 "[false,true]\n");
	ck_assert_str_eq(printed(type_array(c->types, case_int(c, 2, true), 0), numbers), "[]\n");
}
END_TEST

START_TEST(tuples)
{
	const struct type *pair = case_tuple(c, case_int(c, 1, true), type_bool(c->types), NULL);
	const struct type *type =
		case_tuple(c, case_int(c, 8, true), type_string(c->types, 2), pair);
	void *value = case_bytes(c, type);

	ck_assert_str_eq(printed(type, value), "(0, , (0, false))\n");
	case_set_int(value, type, 0, 1);
	case_set_str(value, type, 1, "x");
	case_set(value, type, 2, "\2\1", 2);
	ck_assert_str_eq(printed(type, value), "(1, x, (2, true))\n");
	ck_assert_str_eq(printed(case_tuple(c, case_int(c, 1, true), NULL, NULL), "\1"), "(1)\n");
}
END_TEST

START_TEST(records)
{
	static const char *const names[] = {"a", "b"};
	const struct type *parts[] = {case_int(c, 8, true), type_string(c->types, 2)};
	const struct type *type = type_record(c->types, names, parts, 2);
	void *value = case_bytes(c, type);

	case_set_int(value, type, 0, 1);
	case_set_str(value, type, 1, "q");
	ck_assert_str_eq(printed(type, value), "{ .a = 1, .b = q }\n");
}
END_TEST

/* struct { int a; char s[6]; u8 raw[4]; char c; } */
START_TEST(structs)
{
	const struct type_field fields[] = {
		{.name = "a", .type = case_int(c, 4, true)},
		{.name = "s", .type = type_string(c->types, 6), .offset = 4},
		{.name = "raw",
		 .type = type_array(c->types, case_int(c, 1, false), 4),
		 .offset = 10},
		{.name = "c", .type = case_int(c, 1, true), .offset = 14},
	};
	const struct type *type =
		type_define_struct(c->types, TYPE_STRUCT, "s", ORIGIN_SCRIPT, fields, 4, 16, 4);

	ck_assert_str_eq(printed(type, "\xf9\xff\xff\xffhello\0\1\2\xfe\xffZ\0"),
			 "{ .a = -7, .s = hello, .raw = [1,2,254,255], .c = 90 }\n");
}
END_TEST

/* struct { short a; char s[3]; } [2]: text of a struct may fill its array. */
START_TEST(arrays_of_structs)
{
	const struct type_field fields[] = {
		{.name = "a", .type = case_int(c, 2, true)},
		{.name = "s", .type = type_string(c->types, 3), .offset = 2},
	};
	const struct type *type =
		type_define_struct(c->types, TYPE_STRUCT, "t", ORIGIN_SCRIPT, fields, 2, 6, 2);

	ck_assert_str_eq(printed(type_array(c->types, type, 2), "\t\0\0\0\0\0\0\0wor\0"),
			 "[{ .a = 9, .s =  },{ .a = 0, .s = wor }]\n");
}
END_TEST

/* struct { u32 low : 3, : 2; int high : 4; union { u8 first; struct { u8 x, y; } in; }; struct {}
 * e;
 * } */
START_TEST(bit_fields_and_anonymous_members)
{
	const struct type *byte = case_int(c, 1, false);
	const struct type_field in_fields[] = {{.name = "x", .type = byte},
					       {.name = "y", .type = byte, .offset = 1}};
	const struct type *in =
		type_define_struct(c->types, TYPE_STRUCT, "", ORIGIN_SCRIPT, in_fields, 2, 2, 1);
	const struct type_field choices[] = {{.name = "first", .type = byte},
					     {.name = "in", .type = in}};
	const struct type *choice =
		type_define_struct(c->types, TYPE_UNION, "", ORIGIN_SCRIPT, choices, 2, 2, 1);
	const struct type *empty =
		type_define_struct(c->types, TYPE_STRUCT, "", ORIGIN_SCRIPT, choices, 0, 0, 1);
	const struct type_field fields[] = {
		{.name = "low", .type = case_int(c, 4, false), .bit_size = 3},
		{.name = "", .type = case_int(c, 4, false), .bit_offset = 3, .bit_size = 2},
		{.name = "high", .type = case_int(c, 4, true), .bit_offset = 5, .bit_size = 4},
		{.name = "", .type = choice, .offset = 4},
		{.name = "e", .type = empty, .offset = 6},
	};
	const struct type *type =
		type_define_struct(c->types, TYPE_STRUCT, "", ORIGIN_SCRIPT, fields, 5, 8, 4);

	/* low 5, padding 3, high 1010b = -6 */
	ck_assert_str_eq(
		printed(type, "\x5d\x01\0\0\x08\x09\0\0"),
		"{ .low = 5, .high = -6, .first = 8, .in = { .x = 8, .y = 9 }, .e = {  } }\n");
}
END_TEST

START_TEST(aggregates_as_values)
{
	const uint64_t average[] = {(uint64_t)-15, 2}, none[] = {0, 0};

	ck_assert_str_eq(printed(type_aggregate(c->types, TYPE_AVG, true), average), "-7\n");
	ck_assert_str_eq(printed(type_aggregate(c->types, TYPE_STATS, true), average),
			 "{ .count = 2, .average = -7, .total = -15 }\n");
	ck_assert_str_eq(printed(type_aggregate(c->types, TYPE_STATS, true), none),
			 "{ .count = 0, .average = 0, .total = 0 }\n");
	ck_assert_str_eq(printed(type_simple(c->types, TYPE_COUNT), average + 1), "2\n");
}
END_TEST

/* --- streams --- */

START_TEST(texts_from_elsewhere)
{
	output_text(c->output, TEXT_TIME, "12:00:00\n", 9);
	output_text(c->output, TEXT_TIME, "12:00", 5);
	ck_assert_str_eq(case_out(c), "12:00:00\n12:00");
	output_text(c->output, TEXT_CAT, "a\n", 2);
	ck_assert_str_eq(case_out(c), "a\n\n");
	output_text(c->output, TEXT_SYSTEM, "b", 1);
	ck_assert_str_eq(case_out(c), "b\n");
	output_text(c->output, TEXT_JOIN, "ls -l", 5);
	ck_assert_str_eq(case_out(c), "ls -l\n");
}
END_TEST

START_TEST(notices_go_to_the_error_stream)
{
	output_attached(c->output, 1);
	output_attached(c->output, 3);
	output_lost(c->output, 5, 12);
	ck_assert_str_eq(case_err(c), "Attached 1 probe\nAttached 3 probes\nLost 5 events\n");
	output_end(c->output);
	ck_assert_str_eq(case_out(c), "\n\n");
	ck_assert_str_eq(case_err(c), "");
}
END_TEST

START_TEST(errors_at_run_time_show_the_source)
{
	struct plan_event event = {
		.kind = EVENT_RUNTIME_ERROR,
		.place = {"stdin", 1, 9, 12, 1, "begin { 1/0 }", 0},
	};

	output_runtime_error(c->output, &event, "Divide or modulo by 0 detected.", NULL, 0, 1);
	ck_assert_str_eq(case_err(c), "stdin:1:9-12: WARNING: Divide or modulo by 0 detected.\n"
				      "begin { 1/0 }\n"
				      "        ~~~\n");
	event.kind = EVENT_HELPER_ERROR;
	event.place = (struct plan_place){"a.bt", 2, 2, 5, 2, "\tstr(0)", 0};
	output_runtime_error(c->output, &event, "Bad address", "probe_read_user_str", -14, 3);
	ck_assert_str_eq(case_err(c),
			 "a.bt:2:2-5: WARNING: Bad address (3 times)\n"
			 "Additional Info - helper: probe_read_user_str, retcode: -14\n"
			 "    str(0)\n"
			 "    ~~~\n");
	event.kind = EVENT_ASSERT;
	event.place.text = NULL;
	output_runtime_error(c->output, &event, "assert failed: x", NULL, 0, 1);
	ck_assert_str_eq(case_err(c), "a.bt:2:2-5: ERROR: assert failed: x\n");
	ck_assert_str_eq(case_out(c), "");
}
END_TEST

START_TEST(losses_are_summed_up)
{
	static const struct output_account_row rows[] = {
		{ACCOUNT_PROBE, "kprobe:f", .total = 10, .ran = 5, .filtered = 2, .missed = 3},
		{ACCOUNT_PROBE, "kprobe:g", .total = 10, .ran = 10},
		{ACCOUNT_EVENT, "stdin:1:9", .total = 9, .sent = 9, .rendered = 7, .lost = 2},
		{ACCOUNT_EVENT, "stdin:2:9", .total = 9, .sent = 9, .rendered = 5, .lost = 4},
		{ACCOUNT_MAP, "@m", .refused = 1},
		{ACCOUNT_STACK, "kstack", .refused = 2},
	};
	const char *text;

	output_accounting(c->output, rows, 6);
	text = case_err(c);
	ck_assert_ptr_nonnull(strstr(
		text, "WARNING: kprobe:f: missed 3 of 10 firings (5 ran, 2 filtered out)\n"));
	ck_assert_ptr_null(strstr(text, "kprobe:g"));
	ck_assert_ptr_nonnull(
		strstr(text, "WARNING: stdin:1:9: lost 2 of 9 events (7 rendered)\n"));
	ck_assert_ptr_nonnull(strstr(text, "WARNING: @m: refused 1 update\n"));
	ck_assert_ptr_nonnull(strstr(text, "WARNING: kstack: lost the frames of 2 stacks\n"));
	ck_assert_ptr_nonnull(strstr(text, "WARNING: Total lost event count: 6\n"));
	ck_assert_ptr_nonnull(strstr(text, "perf_rb_pages"));
	ck_assert_ptr_nonnull(strstr(text, "max_map_keys"));
	ck_assert_str_eq(case_out(c), "");
}
END_TEST

START_TEST(a_failed_write_is_remembered)
{
	FILE *full = fopen("/dev/full", "w");
	struct output *output;
	const struct output_resolver resolver = {0};
	int64_t one = 1;

	ck_assert_ptr_nonnull(full);
	output = output_new(OUTPUT_TEXT, c->plan, full, c->streams[1], &case_style, &resolver);
	ck_assert_int_eq(output_flush(output), 0);
	output_value(output, case_int(c, 8, true), &one);
	ck_assert_int_eq(output_flush(output), -ENOSPC);
	ck_assert_int_eq(output_error(output), -ENOSPC);
	output_value(output, case_int(c, 8, true), &one);
	ck_assert_int_eq(output_flush(output), -ENOSPC);
	output_free(output);
	fclose(full);
}
END_TEST

START_TEST(formats_by_name)
{
	enum output_format_id format = OUTPUT_TEXT;

	ck_assert(output_find_format("json", &format));
	ck_assert_int_eq(format, OUTPUT_JSON);
	ck_assert(output_find_format("text", &format));
	ck_assert_int_eq(format, OUTPUT_TEXT);
	ck_assert(!output_find_format("xml", &format));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("output");
	TCase *values = tcase_create("values"), *streams = tcase_create("streams");

	tcase_add_checked_fixture(values, setup, teardown);
	tcase_add_test(values, integers);
	tcase_add_test(values, booleans_and_pointers);
	tcase_add_test(values, enums_by_name);
	tcase_add_test(values, strings_end_at_nul_or_are_cut);
	tcase_add_test(values, buffers);
	tcase_add_test(values, addresses);
	tcase_add_test(values, timestamps);
	tcase_add_test(values, named_values);
	tcase_add_test(values, stacks);
	tcase_add_test(values, stacks_are_raw_in_tuples);
	tcase_add_test(values, arrays);
	tcase_add_test(values, tuples);
	tcase_add_test(values, records);
	tcase_add_test(values, structs);
	tcase_add_test(values, arrays_of_structs);
	tcase_add_test(values, bit_fields_and_anonymous_members);
	tcase_add_test(values, aggregates_as_values);
	suite_add_tcase(suite, values);
	tcase_add_checked_fixture(streams, setup, teardown);
	tcase_add_test(streams, texts_from_elsewhere);
	tcase_add_test(streams, notices_go_to_the_error_stream);
	tcase_add_test(streams, errors_at_run_time_show_the_source);
	tcase_add_test(streams, losses_are_summed_up);
	tcase_add_test(streams, a_failed_write_is_remembered);
	tcase_add_test(streams, formats_by_name);
	suite_add_tcase(suite, streams);
	return suite;
}

int main(void)
{
	return case_run(make_suite());
}
