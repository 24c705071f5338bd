/* printf formats taken apart, and what the checker lets each directive print. */
#include "program/format.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *format;
	struct format_part part; /* the first one; start is not looked at */
} part_cases[] = {
	{"abc", {.kind = FORMAT_TEXT, .len = 3, .precision = -1}},
	{"abc%d", {.kind = FORMAT_TEXT, .len = 3, .precision = -1}},
	{"%%d", {.kind = FORMAT_TEXT, .len = 1, .precision = -1}},
	{"%d", {.kind = FORMAT_DECIMAL, .len = 2, .precision = -1, .size = 4}},
	{"%i", {.kind = FORMAT_DECIMAL, .len = 2, .precision = -1, .size = 4}},
	{"%u", {.kind = FORMAT_UNSIGNED, .len = 2, .precision = -1, .size = 4}},
	{"%o", {.kind = FORMAT_OCTAL, .len = 2, .precision = -1, .size = 4}},
	{"%x", {.kind = FORMAT_HEX, .len = 2, .precision = -1, .size = 4}},
	{"%X", {.kind = FORMAT_HEX_UPPER, .len = 2, .precision = -1, .size = 4}},
	{"%c", {.kind = FORMAT_CHAR, .len = 2, .precision = -1, .size = 4}},
	{"%p", {.kind = FORMAT_POINTER, .len = 2, .precision = -1, .size = 4}},
	{"%s", {.kind = FORMAT_STRING, .len = 2, .precision = -1, .size = 4}},
	{"%r", {.kind = FORMAT_BYTES, .len = 2, .precision = -1, .size = 4}},
	{"%rx", {.kind = FORMAT_BYTES_ESCAPED, .len = 3, .precision = -1, .size = 4}},
	{"%rh", {.kind = FORMAT_BYTES_HEX, .len = 3, .precision = -1, .size = 4}},
	{"%gr", {.kind = FORMAT_GFP, .len = 3, .precision = -1, .size = 4}},
	/* the C type that a number is cut to */
	{"%hhd", {.kind = FORMAT_DECIMAL, .len = 4, .precision = -1, .size = 1}},
	{"%hd", {.kind = FORMAT_DECIMAL, .len = 3, .precision = -1, .size = 2}},
	{"%ld", {.kind = FORMAT_DECIMAL, .len = 3, .precision = -1, .size = 8}},
	{"%llx", {.kind = FORMAT_HEX, .len = 4, .precision = -1, .size = 8}},
	{"%zu", {.kind = FORMAT_UNSIGNED, .len = 3, .precision = -1, .size = 8}},
	{"%jd", {.kind = FORMAT_DECIMAL, .len = 3, .precision = -1, .size = 8}},
	{"%td", {.kind = FORMAT_DECIMAL, .len = 3, .precision = -1, .size = 8}},
	/* flags, width, precision */
	{"%-5d",
	 {.kind = FORMAT_DECIMAL, .len = 4, .left = true, .width = 5, .precision = -1, .size = 4}},
	{"%+d", {.kind = FORMAT_DECIMAL, .len = 3, .plus = true, .precision = -1, .size = 4}},
	{"% d", {.kind = FORMAT_DECIMAL, .len = 3, .blank = true, .precision = -1, .size = 4}},
	{"%#x", {.kind = FORMAT_HEX, .len = 3, .alternate = true, .precision = -1, .size = 4}},
	{"%05llu",
	 {.kind = FORMAT_UNSIGNED, .len = 6, .zero = true, .width = 5, .precision = -1, .size = 8}},
	{"%-10.3s",
	 {.kind = FORMAT_STRING, .len = 7, .left = true, .width = 10, .precision = 3, .size = 4}},
	{"%.s", {.kind = FORMAT_STRING, .len = 3, .precision = 0, .size = 4}},
	/* directives of C that are none here */
	{"%f", {.kind = FORMAT_UNSUPPORTED, .len = 2, .precision = -1, .size = 4}},
	{"%5.2e", {.kind = FORMAT_UNSUPPORTED, .len = 5, .width = 5, .precision = 2, .size = 4}},
	{"%n", {.kind = FORMAT_UNSUPPORTED, .len = 2, .precision = -1, .size = 4}},
	/* what is no directive is text */
	{"%", {.kind = FORMAT_TEXT, .len = 1, .precision = -1}},
	{"%y", {.kind = FORMAT_TEXT, .len = 2, .precision = -1}},
	{"100% of", {.kind = FORMAT_TEXT, .len = 3, .precision = -1}},
};

START_TEST(test_part)
{
	const char *format = part_cases[_i].format;
	const struct format_part *want = &part_cases[_i].part;
	struct format_part part;

	ck_assert(format_next(&format, &part));
	ck_assert_int_eq(part.kind, want->kind);
	ck_assert_uint_eq(part.len, want->len);
	if (part.kind == FORMAT_TEXT)
		return;
	ck_assert_uint_eq(part.left, want->left);
	ck_assert_uint_eq(part.plus, want->plus);
	ck_assert_uint_eq(part.blank, want->blank);
	ck_assert_uint_eq(part.zero, want->zero);
	ck_assert_uint_eq(part.alternate, want->alternate);
	ck_assert_uint_eq(part.width, want->width);
	ck_assert_int_eq(part.precision, want->precision);
	ck_assert_uint_eq(part.size, want->size);
}
END_TEST

/* The parts, put together again, are the format ("%%" is one percent sign). */
START_TEST(test_whole)
{
	const char *format = "a%%b %5d|%s%y%rx%";
	const char *const parts[] = {"a", "%", "b ", "%5d", "|", "%s", "%y", "%rx", "%"};
	struct format_part part;
	size_t n = 0;

	for (; format_next(&format, &part); n++) {
		ck_assert_uint_lt(n, sizeof(parts) / sizeof(parts[0]));
		ck_assert_uint_eq(part.len, strlen(parts[n]));
		ck_assert(!strncmp(part.start, parts[n], part.len));
	}
	ck_assert_uint_eq(n, sizeof(parts) / sizeof(parts[0]));
}
END_TEST

START_TEST(test_arguments)
{
	ck_assert_uint_eq(format_arguments(""), 0);
	ck_assert_uint_eq(format_arguments("100%% %y"), 0);
	ck_assert_uint_eq(format_arguments("%d %s %rh%gr%c"), 5);
}
END_TEST

/* A width that no number holds does not wrap around. */
START_TEST(test_wide)
{
	const char *format = "%99999999999999999999d";
	struct format_part part;

	ck_assert(format_next(&format, &part));
	ck_assert_int_eq(part.kind, FORMAT_DECIMAL);
	ck_assert_uint_ge(part.width, 100000);
	ck_assert_uint_lt(part.width, 10000000);
	ck_assert_str_eq(format, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("format");
	TCase *tests = tcase_create("format");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tests, test_part, 0, sizeof(part_cases) / sizeof(part_cases[0]));
	tcase_add_test(tests, test_whole);
	tcase_add_test(tests, test_arguments);
	tcase_add_test(tests, test_wide);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
