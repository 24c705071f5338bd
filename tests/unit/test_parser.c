/* What is accepted, and what tree it becomes: LANGUAGE 1 and 2. */
#include "tests/unit/test_parser_case.h"

#define IS(expr, expected) ck_assert_str_eq(case_expr(expr), expected)
#define BODY(text, expected) ck_assert_str_eq(case_body(text), expected)
#define SCRIPT(text, expected) ck_assert_str_eq(case_dump(text), expected)

/* --- literals --- */

START_TEST(integers_have_many_forms)
{
	static const struct {
		const char *text;
		uint64_t value;
	} cases[] = {
		{"0", 0},
		{"42", 42},
		{"1_000_000", 1000000},
		{"1__0", 10},
		{"017", 15},
		{"01_7", 15},
		{"0x1F", 31},
		{"0X1f", 31},
		{"0x_1", 1},
		{"1e6", 1000000},
		{"2E3", 2000},
		{"10e6", 10000000},
		{"1e3ms", 1000000000},
		{"7u", 7},
		{"7UL", 7},
		{"0x10ull", 16},
		{"1e3LL", 1000},
		{"5ns", 5},
		{"5us", 5000},
		{"5ms", 5000000},
		{"2s", 2000000000},
		{"1m", 60000000000},
		{"1h", 3600000000000},
		{"2d", 172800000000000},
		{"18446744073709551615", UINT64_MAX},
		{"0xffffffffffffffff", UINT64_MAX},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_str_eq(case_expr(cases[i].text),
				 arena_printf(the_case.arena, "(int %lu)", cases[i].value));
}
END_TEST

START_TEST(a_minus_sign_is_an_operator)
{
	IS("-1", "(unary - (int 1))");
	IS("- -1", "(unary - (unary - (int 1)))");
	IS("1-1", "(binary - (int 1) (int 1))");
	IS("-$a.b", "(unary - (field .b (variable $a)))");
}
END_TEST

START_TEST(strings_have_escapes)
{
	IS("\"a b\"", "(string \"a b\")");
	IS("\"\\n\\t\\\"\\\\\"", "(string \"\\n\\t\\\"\\\\\")");
	IS("\"\\r\"", "(string \"\\x0d\")");
	IS("\"\\101\\x42\\x414\"", "(string \"ABA4\")");
	IS("\"\\7z\"", "(string \"\\x07z\")");
	/* A NUL ends the text. */
	IS("\"ab\\0cd\"", "(string \"ab\")");
	IS("\"tab\there\"", "(string \"tab\\there\")");
	IS("\"/* // */\"", "(string \"/* // */\")");
}
END_TEST

START_TEST(names_and_parameters)
{
	IS("$1", "(parameter $1)");
	IS("$01", "(parameter $1)");
	IS("$#", "(parameter $#)");
	IS("true", "(bool true)");
	IS("false", "(bool false)");
	IS("pid", "(name pid)");
	IS("$if", "(variable $if)");
	IS("$_", "(variable $_)");
	IS("@", "(map @)");
	IS("@if", "(map @if)");
	IS("@[1]", "(map @[] (int 1))");
	IS("args.struct", "(field .struct (name args))");
	IS("args->enum", "(field .enum (name args))");
}
END_TEST

/* --- operators --- */

START_TEST(precedence_is_that_of_c)
{
	IS("1 << 2 + 1", "(binary << (int 1) (binary + (int 2) (int 1)))");
	IS("5 & 3 == 3", "(binary & (int 5) (binary == (int 3) (int 3)))");
	IS("2 * 3 % 4", "(binary % (binary * (int 2) (int 3)) (int 4))");
	IS("3 > 2 > 1", "(binary > (binary > (int 3) (int 2)) (int 1))");
	IS("6 & 3 | 8 ^ 1", "(binary | (binary & (int 6) (int 3)) (binary ^ (int 8) (int 1)))");
	IS("1 ? 2 : 3 + 4", "(ternary (int 1) (int 2) (binary + (int 3) (int 4)))");
	IS("!1 == 0", "(binary == (unary ! (int 1)) (int 0))");
	IS("1 || 2 && 3", "(binary || (int 1) (binary && (int 2) (int 3)))");
	IS("(1 + 2) * 3", "(binary * (binary + (int 1) (int 2)) (int 3))");
	IS("1 - 2 - 3", "(binary - (binary - (int 1) (int 2)) (int 3))");
	IS("2 ** 3", "(binary * (int 2) (unary * (int 3)))");
}
END_TEST

START_TEST(ternary_is_right_associative)
{
	IS("1 ? 2 : 3 ? 4 : 5", "(ternary (int 1) (int 2) (ternary (int 3) (int 4) (int 5)))");
	IS("1 ? 2 ? 3 : 4 : 5", "(ternary (int 1) (ternary (int 2) (int 3) (int 4)) (int 5))");
	IS("$a ?: 2", "(elvis (variable $a) (int 2))");
}
END_TEST

START_TEST(unary_operators)
{
	IS("!~-*$x", "(unary ! (unary ~ (unary - (unary * (variable $x)))))");
	IS("&$x", "(unary & (variable $x))");
	IS("&@m", "(unary & (map @m))");
	IS("$x++", "(postfix ++ (variable $x))");
	IS("--@m[1]", "(prefix -- (map @m[] (int 1)))");
	IS("comptime 1 + 2", "(binary + (comptime (int 1)) (int 2))");
}
END_TEST

START_TEST(postfix_operators_chain)
{
	IS("$a.b->c[1].d", "(field .d (index (field .c (field .b (variable $a))) (int 1)))");
	IS("$t.1.2", "(field .2 (field .1 (variable $t)))");
	IS("@a[1][2]", "(index (map @a[] (int 1)) (int 2))");
	IS("@a[1, 2]", "(map @a[] (int 1) (int 2))");
	IS("@a[(1, 2)]", "(map @a[] (tuple (int 1) (int 2)))");
}
END_TEST

/* --- casts and types --- */

START_TEST(a_cast_is_told_from_parentheses)
{
	IS("(uint64)5", "(cast uint64 (int 5))");
	IS("(pid)*tid", "(binary * (name pid) (name tid))");
	IS("(myident)*$a", "(cast myident (unary * (variable $a)))");
	IS("(pid) - 1", "(binary - (name pid) (int 1))");
	IS("(foo) - 1", "(binary - (name foo) (int 1))");
	IS("(foo)-1", "(cast foo (unary - (int 1)))");
	IS("(int8)~3", "(cast int8 (unary ~ (int 3)))");
	IS("(foo) & 3", "(binary & (name foo) (int 3))");
	IS("(foo)&@m", "(cast foo (unary & (map @m)))");
	IS("(uint64)$p.f", "(cast uint64 (field .f (variable $p)))");
	IS("(uint8)(uint16)1", "(cast uint8 (cast uint16 (int 1)))");
	IS("(foo)->bar", "(field .bar (name foo))");
	IS("(int8)--$x", "(cast int8 (prefix -- (variable $x)))");
	IS("(int8)++@x", "(cast int8 (prefix ++ (map @x)))");
	IS("($a) * 3", "(binary * (variable $a) (int 3))");
	IS("*(uint32 *)arg0", "(unary * (cast uint32 * (name arg0)))");
	IS("((struct task_struct *)curtask)->pid",
	   "(field .pid (cast struct task_struct * (name curtask)))");
}
END_TEST

START_TEST(types_are_read)
{
	IS("(uint8[8])1", "(cast uint8[8] (int 1))");
	IS("(uint8[])1", "(cast uint8[] (int 1))");
	IS("(struct a *[4]*)1", "(cast struct a *[4] * (int 1))");
	IS("(union u **)1", "(cast union u ** (int 1))");
	IS("(unsigned long long)1", "(cast unsigned long long (int 1))");
	IS("(const char *)1", "(cast char * (int 1))");
	IS("(const struct s *)1", "(cast struct s * (int 1))");
	IS("(typeof(uint8)[2])1", "(cast typeof(uint8)[2] (int 1))");
	IS("(typeof($x + 1))1", "(cast typeof($x + 1) (int 1))");
}
END_TEST

START_TEST(operands_that_are_types)
{
	IS("sizeof(comm)", "(sizeof (type comm))");
	IS("sizeof(comm())", "(sizeof (call comm))");
	IS("sizeof((comm))", "(sizeof (name comm))");
	IS("sizeof(uint8[4])", "(sizeof (type uint8[4]))");
	IS("sizeof($x)", "(sizeof (variable $x))");
	IS("sizeof(1 + 2)", "(sizeof (binary + (int 1) (int 2)))");
	IS("sizeof(struct s *)", "(sizeof (type struct s *))");
	IS("offsetof(struct s, a.b.c)",
	   "(offsetof (type struct s) (member a) (member b) (member c))");
	IS("offsetof(*curtask, pid)", "(offsetof (unary * (name curtask)) (member pid))");
	IS("typeinfo(uint8)", "(typeinfo (type uint8))");
	IS("container_of($p, struct s, m)",
	   "(call container_of (variable $p) (type struct s) (name m))");
}
END_TEST

/* --- composite values --- */

START_TEST(tuples_and_records)
{
	IS("()", "(tuple)");
	IS("(1,)", "(tuple (int 1))");
	IS("(1, 2)", "(tuple (int 1) (int 2))");
	IS("(1, 2,)", "(tuple (int 1) (int 2))");
	IS("(1, (2, 3))", "(tuple (int 1) (tuple (int 2) (int 3)))");
	IS("(a = 1, if = 2)", "(record (member a (int 1)) (member if (int 2)))");
	IS("f()", "(call f)");
	IS("f(1, \"a\")", "(call f (int 1) (string \"a\"))");
}
END_TEST

START_TEST(a_block_has_a_value)
{
	IS("{ let $b = 3; $b + 1 }",
	   "(block (let $b (int 3)) (value (binary + (variable $b) (int 1))))");
	IS("{ $b; }", "(block (variable $b))");
	IS("1 + { 2 }", "(binary + (int 1) (block (value (int 2))))");
	IS("$c ? { 1 } : { 2 }",
	   "(ternary (variable $c) (block (value (int 1))) (block (value (int 2))))");
}
END_TEST

/* --- statements --- */

START_TEST(assignments)
{
	BODY("$x = 1", "(assign = (variable $x) (int 1))");
	BODY("@ = count();", "(assign = (map @) (call count))");
	BODY("@x[1] += 2", "(assign += (map @x[] (int 1)) (int 2))");
	BODY("$x <<= 1; $x >>= 2", "(assign <<= (variable $x) (int 1)) "
				   "(assign >>= (variable $x) (int 2))");
	BODY("_ = f()", "(discard (call f))");
	BODY("let $x", "(let $x)");
	BODY("let $x: uint8", "(let $x: uint8)");
	BODY("let $x: string[5] = \"a\";", "(let $x: string[5] (string \"a\"))");
}
END_TEST

START_TEST(branches_with_and_without_parentheses)
{
	BODY("if ($a) { 1 }", "(if (variable $a) (then (int 1)))");
	BODY("if $a { 1 }", "(if (variable $a) (then (int 1)))");
	BODY("if !pid { 1 }", "(if (unary ! (name pid)) (then (int 1)))");
	BODY("if (1) { } else { 2 }", "(if (int 1) (then) (else (int 2)))");
	BODY("if (1) { } else if (2) { } else { 3 }",
	     "(if (int 1) (then) (else (if (int 2) (then) (else (int 3)))))");
	BODY("if comptime (1) { }", "(if comptime (int 1) (then))");
	BODY("if comptime 1 { }", "(if comptime (int 1) (then))");
}
END_TEST

START_TEST(loops)
{
	BODY("for ($k : @m) { $k }", "(for $k (map @m) (variable $k))");
	BODY("for $k : @m { $k }", "(for $k (map @m) (variable $k))");
	BODY("for ($i : 0..$n) { }", "(for $i (int 0) (variable $n))");
	BODY("for $i : 0..5 { }", "(for $i (int 0) (int 5))");
	BODY("for ($i : (-2)..(3+1)) { }", "(for $i (unary - (int 2)) (binary + (int 3) (int 1)))");
	BODY("for ($i : (uint8)1..f()) { }", "(for $i (cast uint8 (int 1)) (call f))");
	BODY("for ($i : @a[1]..$t.1) { }", "(for $i (map @a[] (int 1)) (field .1 (variable $t)))");
	BODY("while ($a) { break; }", "(while (variable $a) (break))");
	BODY("while $a { continue }", "(while (variable $a) (continue))");
	BODY("unroll 5 { }", "(unroll (int 5))");
	BODY("unroll($1) { }", "(unroll (parameter $1))");
}
END_TEST

START_TEST(semicolons_may_be_many_or_missing_at_the_end)
{
	BODY("1; 2", "(int 1) (int 2)");
	BODY("1; 2;", "(int 1) (int 2)");
	BODY(";; 1;;", "(int 1)");
	BODY("{ 1 } 2", "(block (int 1)) (int 2)");
	BODY("{ 1 }; 2", "(block (int 1)) (int 2)");
	BODY("if (1) { } 2", "(if (int 1) (then)) (int 2)");
	BODY("return 1; return", "(return (int 1)) (return)");
	SCRIPT(";begin { };end { };", "probe begin\n  body\nprobe end\n  body\n");
}
END_TEST

/* --- probes --- */

START_TEST(attach_points_are_raw_text)
{
	SCRIPT("BEGIN{}", "probe BEGIN\n  body\n");
	SCRIPT("k:foo*,k:bar,{}", "probe k:foo*\nprobe k:bar\n  body\n");
	SCRIPT("k:a\n,\nk:b // c\n{ }", "probe k:a\nprobe k:b\n  body\n");
	SCRIPT("u:\"/a b,{\":\"f{\"{}", "probe u:\"/a b,{\":\"f{\"\n  body\n");
	SCRIPT("u:/bin//x:f{}", "probe u:/bin//x:f\n  body\n");
	SCRIPT("name=k:f{}", "probe k:f\n  body\n");
	SCRIPT("t:sched:sched_$1,i:ms:$2 {}", "probe t:sched:sched_first\nprobe i:ms:22\n  body\n");
}
END_TEST

START_TEST(attach_points_have_fields)
{
	const struct script *script = case_parse("uprobe:\"/a:b\":cpp:\"x::y(int)\"z { }");
	const struct attach_point *point = script->probes.data[0]->attach_points.data[0];

	ck_assert_uint_eq(point->fields.len, 4);
	ck_assert_str_eq(point->fields.data[0], "uprobe");
	ck_assert_str_eq(point->fields.data[1], "/a:b");
	ck_assert_str_eq(point->fields.data[2], "cpp");
	ck_assert_str_eq(point->fields.data[3], "x::y(int)z");
	ck_assert(!point->quoted.data[0] && point->quoted.data[1] && point->quoted.data[3]);
}
END_TEST

#define PREDICATE(text, expected)                                                                  \
	ck_assert_str_eq(case_brackets(strchr(case_dump(text), '\n') + 1, 0), expected)

START_TEST(a_predicate_ends_where_the_block_begins)
{
	PREDICATE("i:s:1 / 6 / 3 == 2 / { }",
		  "(predicate (binary == (binary / (int 6) (int 3)) (int 2))) (body)");
	PREDICATE("begin/1/{}", "(predicate (int 1)) (body)");
	PREDICATE("begin /1/ // c {\n{}", "(predicate (int 1)) (body)");
	PREDICATE("begin /1/ /* { */ {}", "(predicate (int 1)) (body)");
	PREDICATE("begin /@a[4 / 2]/ {}",
		  "(predicate (map @a[] (binary / (int 4) (int 2)))) (body)");
	PREDICATE("begin // no predicate\n{}", "(body)");
	PREDICATE("begin /* a */ /1/ /* b */ {}", "(predicate (int 1)) (body)");
}
END_TEST

/* --- the rest of a script --- */

START_TEST(a_script_has_parts)
{
	SCRIPT("#!/usr/bin/sonde\nconfig = { a = 1; b = \"x\"; c = word; d = true }\n"
	       "import \"x.bt\"; let @m = lruhash(10) macro f($a, @b, c) { c } begin { f }",
	       "config a\n  int 1\nconfig b\n  string \"x\"\nconfig c\n  name word\nconfig d\n"
	       "  bool true\nimport x.bt\nmap @m lruhash(10)\nmacro f($a, @b, c)\n  value\n"
	       "    name c\nprobe begin\n  body\n    name f\n");
	SCRIPT("config = { } config:x { }", "probe config:x\n  body\n");
	SCRIPT("// c\n\n#!x\nimport:a { }", "probe import:a\n  body\n");
}
END_TEST

START_TEST(c_text_is_taken_as_it_is)
{
	SCRIPT("#define A(x) \\\n x\n#include <a.h>\nstruct s { int a; struct { int } b; };\n"
	       "union u { int a } __attribute__((packed))\nenum e { A }\n"
	       "typedef struct { int a; } t; begin { }",
	       "preamble \"#define A(x) \\\\\\n x\\n\"\npreamble \"#include <a.h>\\n\"\n"
	       "preamble \"struct s { int a; struct { int } b; };\\n\"\n"
	       "preamble \"union u { int a } __attribute__((packed))\\n\"\n"
	       "preamble \"enum e { A }\\n\"\npreamble \"typedef struct { int a; } t;\\n\"\n"
	       "probe begin\n  body\n");
}
END_TEST

START_TEST(spans_are_of_the_source)
{
	const struct script *script = case_parse("begin { $abc = 1 + pid; }");
	const struct stmt *stmt = script->probes.data[0]->body->stmts.data[0];

	ck_assert_str_eq(sources_text(the_case.sources, stmt->span), "$abc = 1 + pid");
	ck_assert_str_eq(sources_text(the_case.sources, stmt->assign.value->span), "1 + pid");
	ck_assert_str_eq(sources_text(the_case.sources, script->probes.data[0]->span),
			 "begin { $abc = 1 + pid; }");
}
END_TEST

START_TEST(one_expression_is_parsed_alone)
{
	static const char *const good[] = {"1 + 2", "(uint64)5UL", "\"a\"", "pid", "(1, 2)"};
	static const char *const bad[] = {"", "1 +", "1 2", "\"a", "09", "{ 1", "1; 2", "'a'"};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ck_assert_ptr_nonnull(
			parse_expression(&the_case.parser, sources_add(the_case.sources, "x",
								       good[i], strlen(good[i]))));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_ptr_null(
			parse_expression(&the_case.parser, sources_add(the_case.sources, "x",
								       bad[i], strlen(bad[i]))));
	ck_assert_uint_eq(case_errors(), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		integers_have_many_forms,
		a_minus_sign_is_an_operator,
		strings_have_escapes,
		names_and_parameters,
		precedence_is_that_of_c,
		ternary_is_right_associative,
		unary_operators,
		postfix_operators_chain,
		a_cast_is_told_from_parentheses,
		types_are_read,
		operands_that_are_types,
		tuples_and_records,
		a_block_has_a_value,
		assignments,
		branches_with_and_without_parentheses,
		loops,
		semicolons_may_be_many_or_missing_at_the_end,
		attach_points_are_raw_text,
		attach_points_have_fields,
		a_predicate_ends_where_the_block_begins,
		a_script_has_parts,
		c_text_is_taken_as_it_is,
		spans_are_of_the_source,
		one_expression_is_parsed_alone,
	};

	return case_run("parser", tests, sizeof(tests) / sizeof(tests[0]));
}
