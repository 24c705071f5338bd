/* printf() and its directives, in text and JSON, and JSON values: LANGUAGE.md 6.5, 10.7. */
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

static const char *formatted(const char *format, const struct type *payload, const void *value)
{
	struct plan_event *event = case_event(c, EVENT_PRINTF, format, payload);

	output_printf(c->output, event, value);
	return case_out(c);
}

static const char *formatted_int(const char *format, const struct type *type, int64_t number)
{
	const struct type *payload = case_tuple(c, type, NULL, NULL);
	void *value = case_bytes(c, payload);

	case_set_int(value, payload, 0, number);
	return formatted(format, payload, value);
}

static const char *formatted_i64(const char *format, int64_t number)
{
	return formatted_int(format, case_int(c, 8, true), number);
}

static const char *formatted_str(const char *format, const char *str)
{
	const struct type *payload = case_tuple(c, type_string(c->types, 16), NULL, NULL);

	return formatted(format, payload, case_string(c, 16, str));
}

/* --- integers --- */

START_TEST(plain_directives_have_32_bits)
{
	const int64_t big = (1ll << 53) + 1;

	ck_assert_str_eq(formatted_i64("%d", -7), "-7");
	ck_assert_str_eq(formatted_i64("%d", big), "1");
	ck_assert_str_eq(formatted_i64("%d", 0x80000000), "-2147483648");
	ck_assert_str_eq(formatted_i64("%i", 5), "5");
	ck_assert_str_eq(formatted_i64("%u", -1), "4294967295");
	ck_assert_str_eq(formatted_i64("%x", -1), "ffffffff");
	ck_assert_str_eq(formatted_i64("%X", 0xabc), "ABC");
	ck_assert_str_eq(formatted_i64("%o", 8), "10");
	ck_assert_str_eq(formatted_int("%u", case_int(c, 1, true), -5), "4294967291");
	ck_assert_str_eq(formatted_int("%d", case_int(c, 1, false), -5), "251");
}
END_TEST

START_TEST(modifiers_choose_the_width)
{
	const int64_t big = (1ll << 53) + 1;

	ck_assert_str_eq(formatted_i64("%ld", big), "9007199254740993");
	ck_assert_str_eq(formatted_i64("%lld", big), "9007199254740993");
	ck_assert_str_eq(formatted_i64("%lu", -1), "18446744073709551615");
	ck_assert_str_eq(formatted_i64("%llx", -1), "ffffffffffffffff");
	ck_assert_str_eq(formatted_i64("%zu", big), "9007199254740993");
	ck_assert_str_eq(formatted_i64("%jd", INT64_MIN), "-9223372036854775808");
	ck_assert_str_eq(formatted_i64("%td", big), "9007199254740993");
	ck_assert_str_eq(formatted_i64("%hd", 0x18000), "-32768");
	ck_assert_str_eq(formatted_i64("%hhd", 0x1ff), "-1");
	ck_assert_str_eq(formatted_i64("%hhx", 0x1ff), "ff");
}
END_TEST

/* What printf(3) gives, for all combinations of flags. */
START_TEST(flags_are_those_of_c)
{
	static const char *const directives[] = {"d", "u", "x", "X", "o"};
	static const int numbers[] = {0, 3000, -3000, 7};
	static const char *const widths[] = {"", "5", "12", ".3", "9.6", "5.0"};
	const struct type *payload = case_tuple(c, case_int(c, 4, true), NULL, NULL);
	struct plan_event *event = case_event(c, EVENT_PRINTF, "", payload);
	char format[32], expected[64];

	for (unsigned flags = 0; flags < 32; flags++) {
		for (unsigned i = 0; i < 5 * 6 * 4; i++) {
			struct strbuf got = STRBUF_INIT;
			int number = numbers[i % 4];

			snprintf(format, sizeof(format), "%%%s%s%s%s%s%s%s", flags & 1 ? "-" : "",
				 flags & 2 ? "+" : "", flags & 4 ? " " : "", flags & 8 ? "0" : "",
				 flags & 16 ? "#" : "", widths[i / 4 % 6], directives[i / 24]);
			snprintf(expected, sizeof(expected), format, number);
			/* A fresh renderer takes the format apart anew. */
			output_free(c->output);
			c->output = output_new(OUTPUT_TEXT, c->plan, c->streams[0], c->streams[1],
					       &case_style, &case_resolver);
			event->format = format;
			output_format(c->output, event, &number, &got);
			ck_assert_msg(!strcmp(strbuf_str(&got), expected),
				      "%s of %d: '%s', not '%s'", format, number, strbuf_str(&got),
				      expected);
			strbuf_free(&got);
		}
	}
}
END_TEST

START_TEST(characters_and_pointers)
{
	const struct type *pointer = type_ptr(c->types, type_none(c->types), SPACE_KERNEL);

	ck_assert_str_eq(formatted_i64("%c%c", 'A'), "A");
	ck_assert_str_eq(formatted_i64("[%3c]", 'A'), "[  A]");
	ck_assert_str_eq(formatted_i64("[%-3c]", 'A'), "[A  ]");
	ck_assert_str_eq(formatted_int("%p", pointer, 0xffff888000001000), "0xffff888000001000");
	ck_assert_str_eq(formatted_int("%p", pointer, 0), "0");
	ck_assert_str_eq(formatted_int("%lx", pointer, 0xffff888000001000), "ffff888000001000");
	ck_assert_str_eq(formatted_i64("[%8p]", 16), "[    0x10]");
}
END_TEST

START_TEST(enums_and_booleans_as_numbers)
{
	static const struct type_enumerator values[] = {{"RED", 2}};
	const struct type *type =
		type_define_enum(c->types, "e", ORIGIN_SCRIPT, 4, false, values, 1);

	ck_assert_str_eq(formatted_int("%d", type, 2), "2");
	ck_assert_str_eq(formatted_int("%s", type, 2), "RED");
	ck_assert_str_eq(formatted_int("%d", type_bool(c->types), 1), "1");
	ck_assert_str_eq(formatted_int("%s", type_bool(c->types), 1), "true");
}
END_TEST

START_TEST(allocation_flags)
{
	ck_assert_str_eq(formatted_i64("%gr", 0xcc0), "GFP_KERNEL");
	ck_assert_str_eq(formatted_i64("%20gr", 0xcc0), "GFP_KERNEL");
	ck_assert_str_eq(formatted_i64("%gr", 0), "0");
	ck_assert_str_eq(formatted_i64("%gr", 0xcc0 | 0x100), "GFP_KERNEL|__GFP_ZERO");
	ck_assert_str_eq(formatted_i64("%gr", 0x400cc0), "GFP_KERNEL_ACCOUNT");
	ck_assert_str_eq(formatted_i64("%gr", 0x820), "GFP_ATOMIC");
	ck_assert_str_eq(formatted_i64("%gr", 0x1000000), "0x1000000");
}
END_TEST

/* --- texts --- */

START_TEST(strings_are_padded_and_never_cut)
{
	ck_assert_str_eq(formatted_str("[%s]", "abc"), "[abc]");
	ck_assert_str_eq(formatted_str("[%6s]", "abc"), "[   abc]");
	ck_assert_str_eq(formatted_str("[%-6s]", "abc"), "[abc   ]");
	ck_assert_str_eq(formatted_str("[%2s]", "abc"), "[abc]");
	ck_assert_str_eq(formatted_str("[%.2s]", "abc"), "[abc]");
	ck_assert_str_eq(formatted_str("[%-6.2s]", "abc"), "[abc   ]");
	ck_assert_str_eq(formatted_i64("[%5s]", -12), "[  -12]");
}
END_TEST

START_TEST(texts_are_text)
{
	const struct type *none = type_none(c->types);

	ck_assert_str_eq(formatted("", none, NULL), "");
	ck_assert_str_eq(formatted("100%%, 5%z\n", none, NULL), "100%, 5%z\n");
	ck_assert_str_eq(formatted("%", none, NULL), "%");
	/* An argument that is not there is not read. */
	ck_assert_str_eq(formatted("a%db", none, NULL), "ab");
}
END_TEST

START_TEST(buffers_three_ways)
{
	const struct type *payload = case_tuple(c, type_buffer(c->types, 8), NULL, NULL);
	char *bytes = case_bytes(c, payload);

	memcpy(bytes, "\3\0\0\0a\x01z", 7);
	ck_assert_str_eq(formatted("%r", payload, bytes), "a\\x01z");
	ck_assert_str_eq(formatted("%rx", payload, bytes), "\\x61\\x01\\x7a");
	ck_assert_str_eq(formatted("%rh", payload, bytes), "61 01 7a");
	ck_assert_str_eq(formatted("[%10rh]", payload, bytes), "[  61 01 7a]");
	ck_assert_str_eq(formatted("%s", payload, bytes), "a\\x01z");
}
END_TEST

START_TEST(stacks_are_raw)
{
	const struct type *payload =
		case_tuple(c, type_stack(c->types, TYPE_KSTACK, STACK_BPFTRACE, 5), NULL, NULL);
	struct plan_stack_key key = {1, 2, 0};

	ck_assert_str_eq(formatted("<%s>\n", payload, &key),
			 "<\n        func+0\n        main+281\n>\n");
}
END_TEST

START_TEST(several_arguments)
{
	const struct type *payload = case_tuple(c, case_int(c, 1, true), type_string(c->types, 8),
						case_int(c, 8, false));
	void *value = case_bytes(c, payload);

	case_set_int(value, payload, 0, -1);
	case_set_str(value, payload, 1, "cat");
	case_set_int(value, payload, 2, 1234567890123);
	ck_assert_str_eq(formatted("%d %-5s|%lu\n", payload, value), "-1 cat  |1234567890123\n");
}
END_TEST

START_TEST(messages_go_to_the_error_stream)
{
	const struct type *none = type_none(c->types);
	struct plan_event *error = case_event(c, EVENT_ERRORF, "bad", none);
	struct plan_event *warning = case_event(c, EVENT_WARNF, "odd\n", none);

	error->place = warning->place = (struct plan_place){"stdin", 1, 9, 22, 0, "begin { }", 0};
	output_message(c->output, error, NULL);
	output_message(c->output, warning, NULL);
	ck_assert_str_eq(case_err(c), "stdin:1:9-22: ERROR: bad\nstdin:1:9-22: WARNING: odd\n");
	ck_assert_str_eq(case_out(c), "");
}
END_TEST

/* --- JSON --- */

static const char *printed(const struct type *type, const void *value)
{
	output_value(c->output, type, value);
	return case_out(c);
}

#define VALUE(data) "{\"type\": \"value\", \"data\": " data "}\n"

static void assert_number(const struct type *type, uint64_t number, const char *expected)
{
	ck_assert_str_eq(printed(type, &number), arena_printf(c->arena, VALUE("%s"), expected));
}

START_TEST(json_numbers)
{
	const struct type *plain = case_int(c, 8, false), *negative = case_int(c, 8, true);

	assert_number(plain, 5, "5");
	assert_number(negative, -5ull, "-5");
	assert_number(plain, 9007199254740992, "9007199254740992");
	assert_number(plain, 9007199254740993, "\"9007199254740993\"");
	assert_number(negative, -9007199254740993ull, "\"-9007199254740993\"");
	assert_number(plain, 1ull << 63, "9223372036854775808");
	assert_number(negative, 1ull << 63, "-9223372036854775808");
	assert_number(plain, UINT64_MAX, "\"18446744073709551615\"");
	assert_number(type_bool(c->types), 1, "true");
	assert_number(type_ptr(c->types, type_none(c->types), SPACE_USER), 4096, "4096");
}
END_TEST

START_TEST(json_enums_are_numbers)
{
	static const struct type_enumerator values[] = {{"RED", 2}};

	assert_number(type_define_enum(c->types, "e", ORIGIN_SCRIPT, 4, false, values, 1), 2, "2");
}
END_TEST

START_TEST(json_strings)
{
	const struct type *type = type_string(c->types, 16);

	ck_assert_str_eq(printed(type, case_string(c, 16, "a\"\\\n\t\r\1\x7f")),
			 VALUE("\"a\\\"\\\\\\n\\t\\r\\u0001\x7f\""));
	ck_assert_str_eq(printed(type, case_string(c, 16, "\xc3\xa4\xe2\x82\xac")),
			 VALUE("\"\xc3\xa4\xe2\x82\xac\""));
	/* What is no UTF-8 is taken for Latin-1. */
	ck_assert_str_eq(printed(type, case_string(c, 16, "\xff\xc3z")),
			 VALUE("\"\\u00ff\\u00c3z\""));
	/* Overlong, a surrogate, above U+10FFFF, cut short. */
	ck_assert_str_eq(printed(type, case_string(c, 16, "\xc0\xaf")),
			 VALUE("\"\\u00c0\\u00af\""));
	ck_assert_str_eq(printed(type, case_string(c, 16, "\xed\xa0\x80")),
			 VALUE("\"\\u00ed\\u00a0\\u0080\""));
	ck_assert_str_eq(printed(type, case_string(c, 16, "\xf4\x90\x80\x80")),
			 VALUE("\"\\u00f4\\u0090\\u0080\\u0080\""));
	ck_assert_str_eq(printed(type, case_string(c, 16, "\xf0\x9f\x98")),
			 VALUE("\"\\u00f0\\u009f\\u0098\""));
	ck_assert_str_eq(printed(type, case_string(c, 16, "\xf0\x9f\x98\x80")),
			 VALUE("\"\xf0\x9f\x98\x80\""));
}
END_TEST

START_TEST(json_composites)
{
	const struct type *pair = case_tuple(c, case_int(c, 1, true), type_bool(c->types), NULL);
	const struct type *type =
		case_tuple(c, case_int(c, 8, true), type_string(c->types, 2), pair);
	static const char *const names[] = {"a", "b"};
	const struct type *parts[] = {case_int(c, 1, true), type_string(c->types, 2)};
	void *value = case_bytes(c, type);

	case_set_int(value, type, 0, 1);
	case_set_str(value, type, 1, "x");
	case_set(value, type, 2, "\2\1", 2);
	ck_assert_str_eq(printed(type, value), VALUE("[1,\"x\",[2,true]]"));
	ck_assert_str_eq(printed(type_record(c->types, names, parts, 2), "\1q\0"),
			 VALUE("{\"a\": 1, \"b\": \"q\"}"));
	ck_assert_str_eq(printed(type_array(c->types, case_int(c, 1, true), 3), "\1\2\xff"),
			 VALUE("[1,2,-1]"));
	ck_assert_str_eq(printed(type_buffer(c->types, 4), "\2\0\0\0ab??"), VALUE("[97,98]"));
}
END_TEST

START_TEST(json_names)
{
	struct {
		uint64_t word;
		unsigned char bytes[16];
	} inet = {2, {1, 0, 0, 0}};
	struct plan_stack_key key = {1, 2, 0};
	uint64_t address = 0x1000;
	const uint64_t stats[] = {30, 2};

	ck_assert_str_eq(printed(type_simple(c->types, TYPE_INET), &inet), VALUE("\"1.0.0.0\""));
	ck_assert_str_eq(printed(type_simple(c->types, TYPE_KSYM), &address), VALUE("\"func\""));
	ck_assert_str_eq(printed(type_simple(c->types, TYPE_MAC), "\1\2\3\4\5\xfe"),
			 VALUE("\"01:02:03:04:05:FE\""));
	ck_assert_str_eq(printed(type_stack(c->types, TYPE_KSTACK, STACK_BPFTRACE, 9), &key),
			 VALUE("\"\\n        func+0\\n        main+281\\n\""));
	ck_assert_str_eq(printed(type_aggregate(c->types, TYPE_STATS, true), stats),
			 VALUE("{\"count\": 2, \"average\": 15, \"total\": 30}"));
}
END_TEST

START_TEST(json_lines)
{
	const struct type *payload = case_tuple(c, case_int(c, 8, true), NULL, NULL);
	struct plan_event *event = case_event(c, EVENT_PRINTF, "B %d\n", payload);
	int64_t three = 3;

	output_attached(c->output, 1);
	ck_assert_str_eq(case_out(c), "{\"type\": \"attached_probes\", \"count\": 1, \"data\": "
				      "{\"probes\": 1}}\n");
	output_printf(c->output, event, &three);
	ck_assert_str_eq(case_out(c), "{\"type\": \"printf\", \"data\": \"B 3\\n\"}\n");
	output_text(c->output, TEXT_CAT, "x\n", 2);
	output_text(c->output, TEXT_TIME, "12:00\n", 6);
	output_text(c->output, TEXT_JOIN, "a b", 3);
	output_text(c->output, TEXT_SYSTEM, "hi\n", 3);
	ck_assert_str_eq(case_out(c), "{\"type\": \"cat\", \"data\": \"x\\n\"}\n"
				      "{\"type\": \"time\", \"data\": \"12:00\\n\"}\n"
				      "{\"type\": \"join\", \"data\": \"a b\"}\n"
				      "{\"type\": \"syscall\", \"data\": \"hi\\n\"}\n");
	output_lost(c->output, 4, 9);
	ck_assert_str_eq(case_out(c),
			 "{\"type\": \"lost_events\", \"count\": 4, \"data\": {\"events\": 4}}\n");
	output_end(c->output);
	ck_assert_str_eq(case_out(c), "");
	ck_assert_str_eq(case_err(c), "");
}
END_TEST

START_TEST(json_errors)
{
	struct plan_event *event = case_event(c, EVENT_ERRORF, "oh \"no\"", type_none(c->types));

	event->place = (struct plan_place){"stdin", 1, 44, 50, 0, "begin { }", 0};
	output_message(c->output, event, NULL);
	ck_assert_str_eq(case_out(c), "{\"type\": \"errorf\", \"msg\": \"oh \\\"no\\\"\", "
				      "\"filename\": \"stdin\", \"line\": 1, \"col\": 44}\n");
	output_runtime_error(c->output, event, "Divide or modulo by 0 detected.", NULL, 0, 1);
	ck_assert_str_eq(case_out(c),
			 "{\"type\": \"runtime_error\", \"msg\": \"Divide or modulo by 0 "
			 "detected.\", \"filename\": \"stdin\", \"line\": 1, \"col\": 44}\n");
	output_runtime_error(c->output, event, "Bad address", "probe_read_user_str", -14, 1);
	ck_assert_str_eq(case_out(c),
			 "{\"type\": \"helper_error\", \"msg\": \"Bad address\", \"helper\": "
			 "\"probe_read_user_str\", \"retcode\": -14, \"filename\": \"stdin\", "
			 "\"line\": 1, \"col\": 44}\n");
	ck_assert_str_eq(case_err(c), "");
}
END_TEST

START_TEST(json_accounting)
{
	static const struct output_account_row rows[] = {
		{ACCOUNT_PROBE, "kprobe:f", .total = 10, .ran = 5, .filtered = 2, .missed = 3},
		{ACCOUNT_EVENT, "stdin:1:9", .total = 9, .sent = 9, .rendered = 7, .lost = 2},
		{ACCOUNT_EVENT, "stdin:2:9", .total = 1, .sent = 1, .rendered = 1},
		{ACCOUNT_MAP, "@m", .refused = 1},
	};

	output_accounting(c->output, rows, 4);
	ck_assert_str_eq(
		case_out(c),
		"{\"type\": \"accounting\", \"data\": {\"probes\": [{\"name\": \"kprobe:f\", "
		"\"fired\": 10, \"ran\": 5, \"filtered\": 2, \"missed\": 3}], \"events\": "
		"[{\"name\": \"stdin:1:9\", \"sent\": 9, \"rendered\": 7, \"lost\": 2}, "
		"{\"name\": \"stdin:2:9\", \"sent\": 1, \"rendered\": 1, \"lost\": 0}], "
		"\"maps\": [{\"name\": \"@m\", \"refused\": 1}], \"stacks\": []}}\n");
	ck_assert_str_eq(case_err(c), "WARNING: Total lost event count: 2\n");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("output of events");
	TCase *text = tcase_create("printf"), *json = tcase_create("json");

	tcase_add_checked_fixture(text, setup, teardown);
	tcase_add_test(text, plain_directives_have_32_bits);
	tcase_add_test(text, modifiers_choose_the_width);
	tcase_add_test(text, flags_are_those_of_c);
	tcase_add_test(text, characters_and_pointers);
	tcase_add_test(text, enums_and_booleans_as_numbers);
	tcase_add_test(text, allocation_flags);
	tcase_add_test(text, strings_are_padded_and_never_cut);
	tcase_add_test(text, texts_are_text);
	tcase_add_test(text, buffers_three_ways);
	tcase_add_test(text, stacks_are_raw);
	tcase_add_test(text, several_arguments);
	tcase_add_test(text, messages_go_to_the_error_stream);
	suite_add_tcase(suite, text);
	tcase_add_checked_fixture(json, setup_json, teardown);
	tcase_add_test(json, json_numbers);
	tcase_add_test(json, json_enums_are_numbers);
	tcase_add_test(json, json_strings);
	tcase_add_test(json, json_composites);
	tcase_add_test(json, json_names);
	tcase_add_test(json, json_lines);
	tcase_add_test(json, json_errors);
	tcase_add_test(json, json_accounting);
	suite_add_tcase(suite, json);
	return suite;
}

int main(void)
{
	return case_run(make_suite());
}
