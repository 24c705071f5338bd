/* Macros and imports: LANGUAGE 2.4 and 2.5. */
#include "tests/unit/test_parser_case.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct script *expand(const char *text)
{
	struct script *script = case_parse(text);

	expand_imports(&the_case.parser, script, ".");
	if (!case_errors())
		expand_macros(&the_case.parser, script);
	return script;
}

/* The body of the last probe, in brackets. */
static const char *expanded(const char *text)
{
	const struct script *script = expand(text);
	const char *dump, *body = NULL;

	ck_assert_msg(!case_errors(), "%s: %s", text, case_diags());
	dump = case_dump_script(script);
	for (const char *at = dump; (at = strstr(at, "  body\n")); at++)
		body = at;
	ck_assert_ptr_nonnull(body);
	return case_brackets(body + strlen("  body\n"), 1);
}

/* Expanding the text gives the error; the text of all diagnostics is returned. */
static const char *fails(const char *text, const char *tag)
{
	const char *shown;

	case_teardown();
	case_setup();
	expand(text);
	shown = case_diags();
	ck_assert_msg(strstr(shown, arena_printf(the_case.arena, "ERROR[%s]", tag)) != NULL,
		      "%s\n%s", text, shown);
	return shown;
}

#define HAS(text, part) ck_assert_msg(strstr(text, part) != NULL, "%s", text)

/* --- expansion --- */

START_TEST(parameters_are_put_in)
{
	ck_assert_str_eq(expanded("macro f(x) { x + x } begin { print(f(pid)) }"),
			 "(call print (block (value (binary + (name pid) (name pid)))))");
	ck_assert_str_eq(expanded("macro f($v, x) { $v += x; $v } begin { print(f($a, 2)) }"),
			 "(call print (block (assign += (variable $a) (int 2)) "
			 "(value (variable $a))))");
	ck_assert_str_eq(expanded("macro f(@m, k) { @m[k]++; } begin { f(@x, 1); }"),
			 "(block (postfix ++ (map @x[] (int 1))))");
	ck_assert_str_eq(expanded("macro f(x) { sizeof(x) } begin { print(f($a)) }"),
			 "(call print (block (value (sizeof (type typeof($a))))))");
	ck_assert_str_eq(expanded("macro f(x) { (typeof(x))1 } begin { print(f($a)) }"),
			 "(call print (block (value (cast typeof(typeof($a)) (int 1)))))");
	ck_assert_str_eq(expanded("macro f(x) { x.pid } begin { print(f(curtask)) }"),
			 "(call print (block (value (field .pid (name curtask)))))");
}
END_TEST

START_TEST(a_macro_without_parameters_needs_no_parentheses)
{
	ck_assert_str_eq(expanded("macro one() { 1 } begin { print(one + one()) }"),
			 "(call print (binary + (block (value (int 1))) (block (value (int 1)))))");
}
END_TEST

START_TEST(locals_are_renamed)
{
	const struct script *script =
		expand("macro f() { let $a = 1; $a } begin { $a = f(); $b = f(); }");
	const struct block *body = script->probes.data[0]->body;
	const struct block *first = body->stmts.data[0]->assign.value->block;
	const struct block *second = body->stmts.data[1]->assign.value->block;

	ck_assert_str_eq(body->stmts.data[0]->assign.target->var.name, "a");
	ck_assert_str_ne(first->stmts.data[0]->let.name, "a");
	ck_assert_str_eq(first->stmts.data[0]->let.name, first->tail->var.name);
	ck_assert_str_ne(first->tail->var.name, second->tail->var.name);
}
END_TEST

START_TEST(an_argument_keeps_its_own_names)
{
	const struct script *script = expand("macro f(x) { let $a = 1; $a + x } begin { f($a) }");
	const struct expr *sum = script->probes.data[0]->body->stmts.data[0]->expr->block->tail;

	ck_assert_str_eq(sum->binary.right->var.name, "a");
	ck_assert_str_ne(sum->binary.left->var.name, "a");
}
END_TEST

START_TEST(macros_call_macros)
{
	ck_assert_str_eq(
		expanded("macro f(x) { g(x) + 1 } macro g(x) { x * 2 } begin { print(f(3)) }"),
		"(call print (block (value (binary + (block (value (binary * (int 3) (int 2)))) "
		"(int 1)))))");
	/* Without a value it is a statement, also as the last one of another. */
	ck_assert_str_eq(expanded("macro f() { g() } macro g() { if (1) { } } begin { f(); }"),
			 "(block (block (if (int 1) (then))))");
}
END_TEST

START_TEST(overloads_are_chosen_by_number_and_kind)
{
	static const char macros[] = "macro f() { 0 } macro f(x) { 1 } macro f($x) { 2 } "
				     "macro f(@x) { 3 } macro f(x, y) { 4 } ";
	static const struct {
		const char *call, *value;
	} cases[] = {
		{"f()", "0"},   {"f", "0"},        {"f(1)", "1"},  {"f($a + 1)", "1"},
		{"f($a)", "2"}, {"f(@m[1])", "1"}, {"f(@m)", "3"}, {"f(1, $a)", "4"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text = arena_printf(the_case.arena, "%sbegin { print(%s) }", macros,
						cases[i].call);
		const char *tree = arena_printf(
			the_case.arena, "(call print (block (value (int %s))))", cases[i].value);

		ck_assert_str_eq(expanded(text), tree);
	}
}
END_TEST

START_TEST(a_predicate_is_expanded)
{
	const struct script *script = expand("macro f(x) { x == 1 } begin /f(pid)/ { }");

	ck_assert_int_eq(script->probes.data[0]->predicate->kind, EXPR_BLOCK);
}
END_TEST

START_TEST(the_library_can_be_overridden)
{
	ck_assert_str_eq(expanded("macro abs(x) { 7 } begin { print(abs(1)) }"),
			 "(call print (block (value (int 7))))");
	/* Of another arity it is another macro. */
	HAS(expanded("macro abs(x, y) { 7 } begin { print(abs(1)) }"), "ternary");
	HAS(expanded("begin { print(clamp(5, 1, 3)) }"), "ternary");
}
END_TEST

START_TEST(expansions_are_remembered)
{
	const struct script *script = expand("macro f() { g() } macro g() { 1 } begin { f(); }");
	const struct block *f = script->probes.data[0]->body->stmts.data[0]->expr->block;
	const struct expansion *inner = f->tail->block->expansion;

	ck_assert_str_eq(f->expansion->macro->name, "f");
	ck_assert_ptr_null(f->expansion->outer);
	ck_assert_str_eq(inner->macro->name, "g");
	ck_assert_ptr_eq(inner->outer, f->expansion);
	ck_assert_str_eq(sources_text(the_case.sources, inner->call), "g()");
}
END_TEST

/* --- what is refused --- */

START_TEST(calls_that_do_not_fit)
{
	HAS(fails("macro f(x) { x } begin { f(1, 2) }", "macro-arguments"), "it is: f(x)");
	fails("macro f($x) { $x } begin { f(1) }", "macro-arguments");
	fails("macro f(@x) { @x = 1 } begin { f(@m[1]) }", "macro-arguments");
	fails("macro f(x) { x } begin { f() }", "macro-arguments");
}
END_TEST

START_TEST(hygiene)
{
	HAS(fails("macro f() { @x = 1 } begin { }", "unhygienic"),
	    "Unhygienic access to map: @x. Maps must be passed into the macro as arguments.");
	HAS(fails("macro f() { $x } begin { }", "unhygienic"),
	    "Unhygienic access to variable: $x.");
	fails("macro f($y) { $x += 1; } begin { }", "unhygienic");
	fails("macro f(x) { @x[1] } begin { }", "unhygienic");
}
END_TEST

START_TEST(definitions_that_cannot_be)
{
	HAS(fails("macro f(pid) { 1 } begin { }", "macro-definition"), "stdin:1:9-12");
	fails("macro f(x, x) { 1 } begin { }", "macro-definition");
	HAS(fails("macro f(x) { 1 } macro f(y) { 2 } begin { }", "macro-definition"),
	    "This is the first definition.");
}
END_TEST

START_TEST(recursion_is_refused_with_its_chain)
{
	HAS(fails("macro f() { f() } begin { f() }", "macro-recursion"),
	    "recursive macro call: f > f");
	HAS(fails("macro f() { g() } macro g() { h() } macro h() { g() } begin { f() }",
		  "macro-recursion"),
	    "recursive macro call: g > h > g");
	HAS(fails("macro f() { f() } begin { f() }", "macro-recursion"),
	    "stdin:1:27-30: expanded from");
}
END_TEST

START_TEST(expansion_has_limits)
{
	struct strbuf text = STRBUF_INIT;

	/* An argument doubled a hundred times. */
	strbuf_adds(&text, "macro f(x) { x + x } begin { print(");
	for (int i = 0; i < 100; i++)
		strbuf_adds(&text, "f(");
	strbuf_adds(&text, "1");
	strbuf_fill(&text, ')', 100);
	strbuf_adds(&text, ") }");
	fails(strbuf_str(&text), "macro-limit");
	/* Macros that each call the next one twice. */
	strbuf_clear(&text);
	for (int i = 0; i < 60; i++)
		strbuf_addf(&text, "macro f%d() { f%d() + f%d() } ", i, i + 1, i + 1);
	strbuf_adds(&text, "macro f60() { 1 } begin { f0() }");
	fails(strbuf_str(&text), "macro-limit");
	/* Macros that each lie deep in the one before. */
	strbuf_clear(&text);
	for (int i = 0; i < 60; i++) {
		strbuf_addf(&text, "macro f%d() { ", i);
		strbuf_fill(&text, '~', 300);
		strbuf_addf(&text, "f%d() } ", i + 1);
	}
	strbuf_adds(&text, "macro f60() { 1 } begin { f0() }");
	fails(strbuf_str(&text), "macro-limit");
	strbuf_free(&text);
}
END_TEST

/* --- imports --- */

static char directory[64];

static void files_setup(void)
{
	case_setup();
	strcpy(directory, "/tmp/sonde-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
}

static void files_teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", directory);
	ck_assert_int_eq(system(command), 0);
	case_teardown();
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(arena_printf(the_case.arena, "%s/%s", directory, name), "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

static void make_directory(const char *name, mode_t mode)
{
	const char *path = arena_printf(the_case.arena, "%s/%s", directory, name);

	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static struct script *import(const char *text)
{
	struct script *script = case_parse(text);

	expand_imports(&the_case.parser, script, directory);
	return script;
}

/* The names of all probes. */
static const char *probes(const struct script *script)
{
	const char *text = "";

	for (size_t i = 0; i < script->probes.len; i++)
		text = arena_printf(the_case.arena, "%s%s%s", text, i ? " " : "",
				    script->probes.data[i]->attach_points.data[0]->text);
	return text;
}

START_TEST(scripts_are_merged_and_come_first)
{
	const struct script *script;

	write_file("a.bt", "struct s { int a; }; let @m = hash(5) macro one() { 1 } i:s:1 { }");
	write_file("b.bt", "import \"a.bt\"; i:s:2 { }");
	script = import("import \"b.bt\"; begin { one }");
	ck_assert_msg(!case_errors(), "%s", case_diags());
	ck_assert_str_eq(probes(script), "i:s:1 i:s:2 begin");
	ck_assert_uint_eq(script->macros.len, 1);
	ck_assert_uint_eq(script->map_decls.len, 1);
	ck_assert_uint_eq(script->preambles.len, 1);
}
END_TEST

START_TEST(an_import_is_done_once)
{
	write_file("a.bt", "import \"b.bt\"; i:s:1 { }");
	write_file("b.bt", "import \"a.bt\"; i:s:2 { }");
	ck_assert_str_eq(probes(import("import \"a.bt\"; import \"./b.bt\"; import \"a.bt\"; "
				       "begin { }")),
			 "i:s:2 i:s:1 begin");
	ck_assert_uint_eq(case_errors(), 0);
}
END_TEST

START_TEST(paths_start_at_the_importing_file)
{
	make_directory("sub", 0755);
	write_file("sub/a.bt", "import \"b.bt\"; i:s:1 { }");
	write_file("sub/b.bt", "i:s:2 { }");
	ck_assert_str_eq(probes(import("import \"sub/a.bt\"; begin { }")), "i:s:2 i:s:1 begin");
}
END_TEST

START_TEST(headers_join_the_preamble)
{
	const struct script *script;

	write_file("a.h", "struct s { int a; };");
	script = import("import \"a.h\"; begin { }");
	ck_assert_uint_eq(script->preambles.len, 1);
	ck_assert_str_eq(script->preambles.data[0].text,
			 arena_printf(the_case.arena, "#include \"%s/a.h\"\n", directory));
}
END_TEST

START_TEST(directories_are_not_searched_recursively)
{
	make_directory("lib", 0755);
	make_directory("lib/sub", 0755);
	write_file("lib/b.bt", "i:s:2 { }");
	write_file("lib/a.bt", "i:s:1 { }");
	write_file("lib/readme.txt", "not a script");
	write_file("lib/.hidden.bt", "i:s:3 { }");
	write_file("lib/sub/c.bt", "i:s:4 { }");
	ck_assert_str_eq(probes(import("import \"lib\"; begin { }")), "i:s:1 i:s:2 begin");
	ck_assert_uint_eq(case_errors(), 0);
}
END_TEST

START_TEST(directories_that_everybody_writes_to_are_skipped)
{
	make_directory("lib", 0777);
	write_file("lib/a.bt", "i:s:1 { }");
	ck_assert_str_eq(probes(import("import \"lib\"; begin { }")), "begin");
	HAS(case_diags(), "WARNING[import-skipped]");
	ck_assert_uint_eq(case_errors(), 0);
}
END_TEST

static void import_fails(const char *path, const char *said)
{
	import(arena_printf(the_case.arena, "import \"%s\"; begin { }", path));
	HAS(case_diags(), said);
	ck_assert_uint_gt(case_errors(), 0);
}

START_TEST(imports_that_cannot_be)
{
	write_file("a.txt", "");
	write_file("config.bt", "config = { max_strlen = 64 }");
	write_file("wrong.bt", "begin {\n$x = ;\n}");
	import_fails("none.bt", "there is no such file");
	import_fails("a.txt", "unknown import type");
	import_fails("config.bt", "config.bt:1:1-29: ERROR[bad-import]: invalid `config` within "
				  "import");
	import_fails("wrong.bt", "wrong.bt:2:6-7: ERROR[syntax]");
}
END_TEST

START_TEST(a_script_needs_probes)
{
	fails("", "empty-program");
	fails("// nothing", "empty-program");
	fails("macro f() { 1 }", "empty-program");
	case_teardown();
	case_setup();
	write_file("a.bt", "begin { }");
	ck_assert_str_eq(probes(import("import \"a.bt\";")), "begin");
	ck_assert_uint_eq(case_errors(), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("macros and imports");
	TCase *macros = tcase_create("macros"), *imports = tcase_create("imports");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(macros, case_setup, case_teardown);
	tcase_set_timeout(macros, 60);
	tcase_add_test(macros, parameters_are_put_in);
	tcase_add_test(macros, a_macro_without_parameters_needs_no_parentheses);
	tcase_add_test(macros, locals_are_renamed);
	tcase_add_test(macros, an_argument_keeps_its_own_names);
	tcase_add_test(macros, macros_call_macros);
	tcase_add_test(macros, overloads_are_chosen_by_number_and_kind);
	tcase_add_test(macros, a_predicate_is_expanded);
	tcase_add_test(macros, the_library_can_be_overridden);
	tcase_add_test(macros, expansions_are_remembered);
	tcase_add_test(macros, calls_that_do_not_fit);
	tcase_add_test(macros, hygiene);
	tcase_add_test(macros, definitions_that_cannot_be);
	tcase_add_test(macros, recursion_is_refused_with_its_chain);
	tcase_add_test(macros, expansion_has_limits);
	suite_add_tcase(suite, macros);
	tcase_add_checked_fixture(imports, files_setup, files_teardown);
	tcase_add_test(imports, scripts_are_merged_and_come_first);
	tcase_add_test(imports, an_import_is_done_once);
	tcase_add_test(imports, paths_start_at_the_importing_file);
	tcase_add_test(imports, headers_join_the_preamble);
	tcase_add_test(imports, directories_are_not_searched_recursively);
	tcase_add_test(imports, directories_that_everybody_writes_to_are_skipped);
	tcase_add_test(imports, imports_that_cannot_be);
	tcase_add_test(imports, a_script_needs_probes);
	suite_add_tcase(suite, imports);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
