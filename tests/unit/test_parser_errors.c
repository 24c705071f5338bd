/* What is refused, with which tag, where, and what is said: LANGUAGE 1 and 2. */
#include "tests/unit/test_parser_case.h"

/* A statement in "begin { ... }": columns count in the statement. */
static void stmt_error(const char *stmt, const char *tag, unsigned from, unsigned to)
{
	char text[256];
	const unsigned head = (unsigned)strlen("begin { ");

	snprintf(text, sizeof(text), "begin { %s }", stmt);
	case_error(text, tag, 1, head + from, head + to);
}

/* --- literals --- */

START_TEST(numbers_that_are_none)
{
	stmt_error("$x = 09", "bad-number", 6, 8);
	stmt_error("$x = 018", "bad-number", 6, 9);
	stmt_error("$x = 0x", "bad-number", 6, 8);
	stmt_error("$x = 0b11", "bad-number", 6, 10);
	stmt_error("$x = 1_", "bad-number", 6, 8);
	stmt_error("$x = 12abc", "bad-number", 6, 11);
	stmt_error("$x = 0x1ms", "bad-number", 6, 11);
	stmt_error("$x = 1.5", "bad-number", 6, 9);
	stmt_error("$x = 1e-3", "bad-number", 6, 8);
}
END_TEST

START_TEST(numbers_that_are_too_large)
{
	stmt_error("$x = 18446744073709551616", "integer-overflow", 6, 26);
	stmt_error("$x = 0x10000000000000000", "integer-overflow", 6, 25);
	stmt_error("$x = 1e20", "integer-overflow", 6, 10);
	stmt_error("$x = 213504d", "integer-overflow", 6, 13);
	case_says("begin { $x = 99999999999999999999; }",
		  "overflow error, maximum value is 18446744073709551615");
}
END_TEST

START_TEST(strings_that_are_wrong)
{
	stmt_error("$x = \"\\q\"", "bad-escape", 7, 9);
	stmt_error("$x = \"ab\\a\"", "bad-escape", 9, 11);
	stmt_error("$x = \"\\x\"", "bad-escape", 7, 9);
	stmt_error("$x = \"\\u1234\"", "bad-escape", 7, 9);
	case_error("begin { $x = \"abc; }\n", "unterminated-string", 1, 14, 21);
	case_error("begin { print(\"a\nb\"); }", "unterminated-string", 1, 15, 17);
	case_error("begin { print(\"a\\\"\n); }", "unterminated-string", 1, 15, 19);
	case_error("begin { $x = 'abc'; }", "syntax", 1, 14, 19);
	case_says("begin { $x = 'abc'; }", "HINT: strings are written with double quotes");
}
END_TEST

START_TEST(comments_end)
{
	case_error("begin { /* abc }", "unterminated-comment", 1, 9, 11);
	case_error("begin { } /*", "unterminated-comment", 1, 11, 13);
}
END_TEST

START_TEST(parameters_are_numbered_from_one)
{
	stmt_error("$0", "bad-parameter", 1, 3);
	case_error("k:f$0 { }", "missing-parameter", 1, 1, 6);
	case_error("k:f$3 { }", "missing-parameter", 1, 1, 6);
}
END_TEST

/* --- statements --- */

START_TEST(what_cannot_be_assigned)
{
	stmt_error("x = 1", "not-assignable", 1, 2);
	stmt_error("$x.a = 1", "not-assignable", 1, 5);
	stmt_error("$x[0] = 1", "not-assignable", 1, 6);
	stmt_error("*$x += 1", "not-assignable", 1, 4);
	stmt_error("++1", "not-assignable", 3, 4);
	stmt_error("f()--", "not-assignable", 1, 4);
	case_says("begin { x = 1; }", "HINT: variables begin with '$', maps with '@'");
}
END_TEST

START_TEST(common_mistakes_get_hints)
{
	static const struct {
		const char *stmt, *said;
	} cases[] = {
		{"$x = 1 $y = 2;", "HINT: statements are separated by ';'"},
		{"if (1) print(1);", "HINT: the body needs braces"},
		{"for ($i : 0..2) $x++;", "HINT: the body needs braces"},
		{"while (1)", "HINT: the body needs braces"},
		{"if ($x = 1) { }", "HINT: to compare, write '=='"},
		{"if $x = 1 { }", "HINT: to compare, write '=='"},
		{"$x = 1 === 2;", "HINT: to compare, write '=='"},
		{"$x := 1;", "HINT: assign with '='"},
		{"$x = $y = 1;", "HINT: an assignment has no value"},
		{"if ($x and $y) { }", "HINT: this operator is written '&&'"},
		{"if ($x or $y) { }", "HINT: this operator is written '||'"},
		{"elif ($x) { }", "HINT: write 'else if'"},
		{"do { } while (1);", "HINT: there is no 'do' loop"},
		{"switch ($x) { }", "HINT: there is no 'switch'"},
		{"for ($i in @x) { }", "HINT: loops are written"},
		{"for ($i : 1+1..3) { }", "HINT: a bound that is computed"},
		{"for ($i : -2..2) { }", "HINT: a bound that is computed"},
		{"for (i : @x) { }", "HINT: the names of variables begin with '$'"},
		{"let x = 1;", "HINT: the names of variables begin with '$'"},
		{"let @x = 1;", "HINT: maps are declared between probes"},
		{"int x = 1;", "HINT: variables are declared by 'let $name"},
		{"print(1,);", "HINT: there is no comma behind the last one"},
		{"$x = +1;", "HINT: there is no unary '+'"},
		{"print(\"a\" \"b\");", "HINT: strings that follow each other are not joined"},
		{"else { }", "HINT: 'else' stands directly behind"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256];

		snprintf(text, sizeof(text), "begin { %s }", cases[i].stmt);
		case_says(text, cases[i].said);
	}
}
END_TEST

START_TEST(brackets_that_are_not_closed_are_shown)
{
	case_says("begin { if ($x { } }", "stdin:1:12-13: this '(' is not closed");
	case_says("begin { f(1; }", "stdin:1:10-11: this '(' is not closed");
	case_says("begin { @x[1) = 2; }", "stdin:1:11-12: this '[' is not closed");
	case_says("begin {\n  if (1) {\n}\n", "stdin:1:7-8: this '{' is not closed");
	case_error("begin { } }", "syntax", 1, 11, 12);
	case_error("}", "syntax", 1, 1, 2);
}
END_TEST

START_TEST(what_is_expected_is_said)
{
	case_says("begin { $x = ; }", "unexpected ';', expected an expression");
	case_says("begin { ) }", "unexpected ')', expected a statement");
	case_says("begin { f(1 }", "unexpected '}', expected ')' or ','");
	case_says("begin { $x = 1", "unexpected end of the script, expected ';' or '}'");
	case_says("begin { @x[1 }", "expected ']' or ','");
	case_says("begin", "expected the predicate's '/', '{' or ','");
	case_says("begin /1 { }", "expected the predicate's closing '/'");
	case_says("let @x = hash() begin { }", "expected a number");
}
END_TEST

/* --- the script's parts --- */

START_TEST(parts_of_a_script_have_an_order)
{
	case_error("begin { } config = { a = 1 }", "misplaced", 1, 11, 29);
	case_error("config = { } config = { }", "misplaced", 1, 14, 26);
	case_error("begin { } import \"x\";", "misplaced", 1, 11, 22);
	case_error("begin { } struct s { int a; };", "misplaced", 1, 11, 31);
	case_error("import \"x\"; struct s { int a; };", "misplaced", 1, 13, 33);
}
END_TEST

START_TEST(parts_of_a_script_have_a_form)
{
	case_error("config = { a = 1, b = 2 } begin { }", "syntax", 1, 17, 18);
	case_error("config = { a = } begin { }", "syntax", 1, 16, 17);
	case_error("config { } begin { }", "syntax", 1, 8, 9);
	case_error("import \"x\" begin { }", "syntax", 1, 12, 17);
	case_error("import x; begin { }", "syntax", 1, 8, 9);
	case_error("let $x = 1; begin { }", "syntax", 1, 5, 7);
	case_error("macro m { } begin { }", "syntax", 1, 9, 10);
	case_error("macro m(1) { } begin { }", "syntax", 1, 9, 10);
	case_error("{ }", "syntax", 1, 1, 2);
	case_error("/1/ { }", "syntax", 1, 1, 2);
	case_error("struct s { int a;", "syntax", 1, 1, 2);
	case_error("fn f() { }", "syntax", 1, 4, 7);
	case_error("begin { $r = (a = 1, a = 2); }", "duplicate-member", 1, 22, 23);
}
END_TEST

START_TEST(probes_have_no_blanks)
{
	case_says("t : a : b { }", "HINT: there are no blanks inside a probe's name");
	case_says("k:f/pid == 1/ { }", "HINT: there is a blank before a predicate");
	case_says("u:/bin/sh:f x { }", "HINT: there are no blanks inside a probe's name");
	case_says("t:a:b t:c:d { }", "commas between probes");
	case_error("t:\"abc { }", "unterminated-string", 1, 1, 11);
}
END_TEST

/* --- several errors --- */

static void expect_lines(const char *text, const unsigned *lines, size_t n)
{
	const char *shown;

	case_teardown();
	case_setup();
	case_parse(text);
	shown = case_diags();
	ck_assert_msg(case_errors() == n, "%s\n%s", text, shown);
	for (size_t i = 0; i < n; i++)
		ck_assert_msg(strstr(shown, arena_printf(the_case.arena, "stdin:%u:", lines[i])) !=
				      NULL,
			      "%s", shown);
}

START_TEST(each_statement_is_checked_on_its_own)
{
	expect_lines("begin {\n$x = 1 +;\n$y = *;\n$z = 1;\n$u = );\n}\nend {\n$a = ;\n}",
		     (const unsigned[]){2, 3, 5, 8}, 4);
	expect_lines("begin {\nif (1) { $x = } else { f( }\n$z = ;\n}", (const unsigned[]){2, 2, 3},
		     3);
	expect_lines("begin {\nif $x = 1 { $y = 2; } else { }\n$z = ;\n}", (const unsigned[]){2, 3},
		     2);
	expect_lines("begin {\n$x = 'a;\n$y = ;\n}", (const unsigned[]){2, 3}, 2);
	expect_lines("begin /1 {\n$x = ;\n}\nend {\n$y = ;\n}", (const unsigned[]){1, 5}, 2);
	expect_lines("macro m {\n$x = ;\n}\nend {\n$y = ;\n}", (const unsigned[]){1, 5}, 2);
	expect_lines("t : a {\n$x = 1;\n}\nend {\n$y = ;\n}", (const unsigned[]){1, 5}, 2);
}
END_TEST

START_TEST(errors_are_not_shown_without_end)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_adds(&text, "begin {");
	for (int i = 0; i < 1000; i++)
		strbuf_adds(&text, "$x = ;\n");
	case_parse_bytes(text.data, text.len);
	ck_assert_uint_le(case_errors(), 30);
	ck_assert_ptr_nonnull(strstr(case_diags(), "ERROR[too-many-errors]"));
	strbuf_free(&text);
}
END_TEST

/* --- what is no script --- */

static void repeat(const char *head, const char *part, size_t n, const char *tail, const char *tag)
{
	struct strbuf text = STRBUF_INIT;

	case_teardown();
	case_setup();
	strbuf_adds(&text, head);
	for (size_t i = 0; i < n; i++)
		strbuf_adds(&text, part);
	strbuf_adds(&text, tail);
	case_parse_bytes(text.data, text.len);
	ck_assert_msg(strstr(case_diags(), arena_printf(the_case.arena, "ERROR[%s]", tag)) != NULL,
		      "%s %s: %s", head, part, case_diags());
	ck_assert_uint_le(case_errors(), 30);
	strbuf_free(&text);
}

START_TEST(nesting_has_a_limit)
{
	repeat("begin { $x = ", "(", 1000000, "", "nesting-too-deep");
	repeat("begin { ", "{", 1000000, "", "nesting-too-deep");
	repeat("begin { $x = ", "~", 1000000, "1 }", "nesting-too-deep");
	repeat("begin { $x = ", "~", 500, "1 }", "nesting-too-deep");
	repeat("begin { $x = 1", "+1", 500000, " }", "nesting-too-deep");
	repeat("begin { $x = ", "(a)", 300000, "1 }", "nesting-too-deep");
	repeat("begin { $x = $a", ".b", 500000, " }", "nesting-too-deep");
	repeat("begin { if (1) { } ", "else if (1) { } ", 1000, "}", "nesting-too-deep");
	repeat("begin { ", "if (1) { ", 1000, "", "nesting-too-deep");
	repeat("begin { $x = ", "1 ? 2 : ", 1000, "3 }", "nesting-too-deep");
	repeat("begin { $x = ", "(typeof(", 150, "1", "syntax");
}
END_TEST

START_TEST(nonsense_is_refused)
{
	repeat("", "]", 1000000, "", "too-many-errors");
	repeat("", "}", 1000000, "", "too-many-errors");
	repeat("", "\xff", 1000, "", "syntax");
	repeat("begin { ", "\xff", 1000, "", "syntax");
	repeat("begin / ", "/", 1000000, "", "syntax");
	repeat("begin { ", "9z;", 300000, " }", "bad-number");
	repeat("begin { ", "$x = (typeof y)1; ", 50000, "}", "syntax");
}
END_TEST

START_TEST(a_nul_byte_is_refused)
{
	static const char text[] = "begin { \0 }";

	case_parse_bytes(text, sizeof(text) - 1);
	ck_assert_ptr_nonnull(strstr(case_diags(), "stdin:1:9-10: ERROR[not-text]"));
	ck_assert_uint_eq(case_errors(), 1);
}
END_TEST

START_TEST(long_but_flat_is_accepted)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_adds(&text, "begin {");
	for (int i = 0; i < 20000; i++)
		strbuf_adds(&text, "@x[1, $a] = (uint64)f(1) + 2; ");
	strbuf_adds(&text, "}");
	case_parse_bytes(text.data, text.len);
	ck_assert_msg(!case_errors(), "%s", case_diags());
	strbuf_free(&text);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		numbers_that_are_none,
		numbers_that_are_too_large,
		strings_that_are_wrong,
		comments_end,
		parameters_are_numbered_from_one,
		what_cannot_be_assigned,
		common_mistakes_get_hints,
		brackets_that_are_not_closed_are_shown,
		what_is_expected_is_said,
		parts_of_a_script_have_an_order,
		parts_of_a_script_have_a_form,
		probes_have_no_blanks,
		each_statement_is_checked_on_its_own,
		errors_are_not_shown_without_end,
		nesting_has_a_limit,
		nonsense_is_refused,
		a_nul_byte_is_refused,
		long_but_flat_is_accepted,
	};

	return case_run("parser errors", tests, sizeof(tests) / sizeof(tests[0]));
}
