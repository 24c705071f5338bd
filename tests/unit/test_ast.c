/* The tree itself: copies, walks, and the formatter. */
#include "tests/unit/test_parser_case.h"

/* Every kind of node. */
static const char everything[] =
	"begin { $a = (1, \"s\", true); $b = (x = $1, y = $#); "
	"@m[pid, -1] += sizeof(uint8) + offsetof(struct s, a.b) + sizeof($a); "
	"let $c: typeof($a.0) = (uint64)$a.0 ?: f(&$b)[2]->c; "
	"if comptime (!1) { $d++; } else if (@n) { --@n; } else { return 2; } "
	"for ($i : @m) { break; } for ($i : 0..9) { continue; } while (1) { } "
	"unroll (2) { } _ = { let $z = 1; $z }; { $q ? 1 : comptime 2; } typeinfo(int8); }";

START_TEST(a_copy_is_the_same_and_apart)
{
	struct script *script = case_parse(everything);
	struct probe *probe = script->probes.data[0];
	struct block *original = probe->body;
	const char *before, *after;

	ck_assert_msg(!case_errors(), "%s", case_diags());
	before = case_dump_script(script);
	probe->body = ast_clone_block(the_case.arena, original);
	ck_assert_str_eq(case_dump_script(script), before);
	/* Changing the copy leaves the original alone. */
	probe->body->stmts.data[0]->assign.value->tuple.members.data[0]->integer.value = 7;
	probe->body->stmts.data[2]->assign.target->map.keys.data[0]->ident.name = "tid";
	probe->body->stmts.data[4]->branch.then->stmts.len = 0;
	ck_assert_str_ne(case_dump_script(script), before);
	probe->body = original;
	after = case_dump_script(script);
	ck_assert_str_eq(after, before);
}
END_TEST

/* --- walks --- */

static void append_name(struct expr **expr, void *data)
{
	struct strbuf *out = data;

	if ((*expr)->kind == EXPR_IDENT)
		strbuf_adds(out, (*expr)->ident.name);
	else if ((*expr)->kind == EXPR_BINARY)
		strbuf_adds(out, binary_op_text((*expr)->binary.op));
}

START_TEST(children_are_visited_before_parents_in_order)
{
	struct strbuf names = STRBUF_INIT;
	const struct ast_visitor visitor = {.expr = append_name, .data = &names};
	struct script *script = case_parse("begin { a + b * c; if (d) { e } else { f } "
					   "@m[g, h] = i; { j; { k } } $x = { l; m }; "
					   "n(o, (p, q), (r = s)); for ($i : t..u) { v } }");

	ast_walk_block(script->probes.data[0]->body, &visitor);
	ck_assert_str_eq(strbuf_str(&names), "abc*+defghijklmopqstuv");
	strbuf_free(&names);
}
END_TEST

static void replace_name(struct expr **expr, void *data)
{
	(void)data;
	if ((*expr)->kind == EXPR_IDENT)
		*expr = expr_int(the_case.arena, (*expr)->span, 9);
}

static void count_stmt(struct stmt **stmt, void *data)
{
	(void)stmt;
	++*(unsigned *)data;
}

START_TEST(nodes_can_be_replaced)
{
	const struct ast_visitor visitor = {.expr = replace_name};
	struct script *script = case_parse("begin { a; f(b); }");

	ast_walk_block(script->probes.data[0]->body, &visitor);
	ck_assert_str_eq(case_dump_script(script),
			 "probe begin\n  body\n    int 9\n    call f\n      int 9\n");
}
END_TEST

START_TEST(statements_are_visited)
{
	unsigned n = 0;
	const struct ast_visitor visitor = {.stmt = count_stmt, .data = &n};
	struct script *script = case_parse("begin { 1; if (2) { 3 } $x = { 4; 5 }; }");

	ast_walk_block(script->probes.data[0]->body, &visitor);
	/* 1, if, 3, the assignment, 4; 5 is a value. */
	ck_assert_uint_eq(n, 5);
}
END_TEST

START_TEST(a_walk_can_be_limited)
{
	struct strbuf names = STRBUF_INIT;
	struct ast_limit limit = {.most = 3};
	const struct ast_visitor visitor = {.expr = append_name, .data = &names, .limit = &limit};
	struct script *script = case_parse("begin { a + b; }");

	ast_walk_block(script->probes.data[0]->body, &visitor);
	ck_assert(!limit.exceeded);
	ck_assert_uint_eq(limit.depth, 0);
	script = case_parse("begin { -(a + b); c }");
	ast_walk_block(script->probes.data[0]->body, &visitor);
	ck_assert(limit.exceeded);
	ck_assert_uint_eq(limit.depth, 0);
	strbuf_free(&names);
}
END_TEST

/* --- texts --- */

START_TEST(strings_are_quoted)
{
	struct strbuf text = STRBUF_INIT;

	string_text("a\"\\\n\t\x01\x7f\xc3", 8, &text);
	ck_assert_str_eq(strbuf_str(&text), "\"a\\\"\\\\\\n\\t\\x01\\x7f\xc3\"");
	strbuf_free(&text);
}
END_TEST

/* --- the formatter --- */

#define FORMAT(text, expected) ck_assert_str_eq(case_format(text), expected)

START_TEST(layout)
{
	FORMAT("begin{}", "begin\n{\n}\n");
	FORMAT("t:a:b,t:c:d/pid==1/{exit()}end{1}",
	       "t:a:b,\nt:c:d/pid==1/\n{\n\texit();\n}\n\nend\n{\n\t1;\n}\n");
	FORMAT("t:a:b /pid==1/ {exit()}", "t:a:b\n/pid == 1/\n{\n\texit();\n}\n");
	FORMAT("begin{if $a{1}else if($b){2}else{3}}", "begin\n{\n\tif ($a) {\n\t\t1;\n\t} else if "
						       "($b) {\n\t\t2;\n\t} else {\n\t\t3;\n\t}\n"
						       "}\n");
	FORMAT("begin{if(1){}else{if(2){}}}",
	       "begin\n{\n\tif (1) {\n\t} else {\n\t\tif (2) {\n\t\t}\n\t}\n}\n");
	FORMAT("begin{for $k:@m{1}for($i:0..3){2}while 1{break}unroll 3{4}}",
	       "begin\n{\n\tfor ($k : @m) {\n\t\t1;\n\t}\n\tfor ($i : 0..3) {\n\t\t2;\n\t}\n"
	       "\twhile (1) {\n\t\tbreak;\n\t}\n\tunroll (3) {\n\t\t4;\n\t}\n}\n");
	FORMAT("config={a=1;b=\"x\"}import\"y.bt\";let@m=hash(0x10)macro f($a,@b,c){c}begin{}",
	       "config = {\n\ta = 1;\n\tb = \"x\";\n}\n\nimport \"y.bt\";\n\n"
	       "let @m = hash(0x10);\n\nmacro f($a, @b, c) {\n\tc\n}\n\nbegin\n{\n}\n");
	FORMAT("macro f(@requests_of_a_process,$the_time_of_the_last_one,the_name_of_the_device,"
	       "how_often_that_was){0}",
	       "macro f(@requests_of_a_process, $the_time_of_the_last_one, "
	       "the_name_of_the_device,\n"
	       "\thow_often_that_was) {\n\t0\n}\n");
}
END_TEST

/* A statement's canonical text. */
static void stmt_is(const char *stmt, const char *expected)
{
	const char *text = case_format(arena_printf(the_case.arena, "begin { %s }", stmt));

	ck_assert_str_eq(text, arena_printf(the_case.arena, "begin\n{\n\t%s\n}\n", expected));
}

START_TEST(expressions_are_as_written)
{
	stmt_is("$x=0xFF+1e6+5us+017+1_0", "$x = 0xFF + 1e6 + 5us + 017 + 1_0;");
	stmt_is("$x=\"\\x41\\101\"", "$x = \"\\x41\\101\";");
	stmt_is("$x=(1+2)*3", "$x = (1 + 2) * 3;");
	stmt_is("$x=((1))", "$x = (1);");
	stmt_is("$x=- -1+-(-1)- --$y", "$x = - -1 + -(-1) - --$y;");
	stmt_is("$x=$a?$b:$c?:$d", "$x = $a ? $b : $c ?: $d;");
	stmt_is("$x=(pid)*tid", "$x = (pid) * tid;");
	stmt_is("$x=(foo)*$y", "$x = (foo)*$y;");
	stmt_is("$x=(foo)-1", "$x = (foo)-1;");
	stmt_is("$x=(foo) - 1", "$x = (foo) - 1;");
	stmt_is("$x=*(struct  s*)$p", "$x = *(struct s *)$p;");
	stmt_is("let $x:const char** =0", "let $x: const char ** = 0;");
	stmt_is("let $x:uint8[ 4 ]", "let $x: uint8[4];");
	stmt_is("let $x:typeof($y+1)", "let $x: typeof($y + 1);");
	stmt_is("@a[1,(2,)]=()", "@a[1, (2,)] = ();");
	stmt_is("$x=(a=1,b=$y->c.d[0])", "$x = (a = 1, b = $y->c.d[0]);");
	stmt_is("_=container_of($p,struct s,m)", "_ = container_of($p, struct s, m);");
	stmt_is("$x=sizeof((comm))+sizeof(comm())+offsetof(struct s,a.b)",
		"$x = sizeof((comm)) + sizeof(comm()) + offsetof(struct s, a.b);");
	stmt_is("$x={let $y=1;$y}", "$x = {\n\t\tlet $y = 1;\n\t\t$y\n\t};");
	stmt_is("if comptime(1){return 2}", "if comptime (1) {\n\t\treturn 2;\n\t}");
	stmt_is("@x++;--$y;$z<<=1", "@x++;\n\t--$y;\n\t$z <<= 1;");
}
END_TEST

START_TEST(comments_are_kept)
{
	FORMAT("#!/bin/x\n// a\n\n\n/* b\n * c */ begin { }\n// d\n",
	       "#!/bin/x\n// a\n\n/* b\n * c */\nbegin\n{\n}\n// d\n");
	FORMAT("begin // a\n{ // b\n$x = 1; // c\n/* d */ $y = 2 /* e */;\n\n// f\n} // g",
	       "begin // a\n{\n\t// b\n\t$x = 1; // c\n\t/* d */\n\t$y = 2; /* e */\n\n\t// f\n} "
	       "// g"
	       "\n");
	FORMAT("k:a, // a\n// b\nk:b { }", "k:a, // a\n// b\nk:b\n{\n}\n");
	FORMAT("begin { print(1, // a\n 2); if (1 /* b */) { } // c\n else { } }",
	       "begin\n{\n\t// a\n\tprint(1, 2);\n\t/* b */\n\tif (1) {\n\t} else {\n\t\t// "
	       "c\n\t}\n"
	       "}\n");
	FORMAT("u:/bin//x:\"/*\" { print(\"// no\"); }",
	       "u:/bin//x:\"/*\"\n{\n\tprint(\"// no\");\n}\n");
	FORMAT("#define A 1 // a\n#include <b.h>\n\nstruct s {\n  int a; // b\n};\nbegin { }",
	       "#define A 1 // a\n#include <b.h>\n\nstruct s {\n  int a; // "
	       "b\n};\n\nbegin\n{\n}\n");
}
END_TEST

START_TEST(one_empty_line_is_kept)
{
	FORMAT("begin {\n\n\n1;\n\n\n\n2;\n3;\n\n}\n\n\n\nend { }",
	       "begin\n{\n\t1;\n\n\t2;\n\t3;\n}\n\nend\n{\n}\n");
}
END_TEST

START_TEST(long_lines_are_broken)
{
	/* 8 columns of indentation, 36 of "printf(...", 48 of four arguments; the fifth would end
	 * in column 104. */
	FORMAT("begin { printf(\"%d %d %d %d %d %d %d %d\\n\", $abcdefghi, $abcdefghi, $abcdefghi, "
	       "$abcdefghi, $abcdefghi); }",
	       "begin\n{\n\tprintf(\"%d %d %d %d %d %d %d %d\\n\", $abcdefghi, $abcdefghi, "
	       "$abcdefghi, $abcdefghi,\n\t\t$abcdefghi);\n}\n");
}
END_TEST

START_TEST(no_comment_arises_in_a_predicate)
{
	FORMAT("begin / *$x == 1 / { }", "begin\n/ *$x == 1/\n{\n}\n");
	FORMAT("begin / -*$x / { }", "begin\n/-*$x/\n{\n}\n");
}
END_TEST

START_TEST(parameters_are_kept)
{
	the_case.parser.keep_params = true;
	FORMAT("t:a:$1,i:ms:$9{str($1);}", "t:a:$1,\ni:ms:$9\n{\n\tstr($1);\n}\n");
}
END_TEST

/* Formatting changes neither the tree nor, again, the text. */
static void check_stable(const char *text)
{
	const char *tree = case_dump(text), *once = case_format(text);

	ck_assert_str_eq(case_dump(once), tree);
	ck_assert_str_eq(case_format(once), once);
}

START_TEST(formatting_is_stable)
{
	check_stable(
		"begin { $x = 1 /* a */ + /* b */ 2; // c\n\n\n// d\n\n$y = { // e\n1; /* f */ 2 "
		"/* g */ } ; /* h */ $z = 3; } /* i\n j */ end { }");
	check_stable(
		"/* a */ config /* b */ = { /* c */ a = 1 /* d */ ; /* e */ b = 2 } /* f */ "
		"import /* g */ \"x\" /* h */ ; macro /* i */ f /* j */ ( /* k */ x ) /* l */ "
		"{ x /* m */ } /* n */ k:a /* o */ , /* p */ k:b /* q */ / /* r */ 1 /* s */ / "
		"/* t */ { /* u */ } /* v */");
	check_stable(
		"begin { if /* a */ (1) /* b */ { /* c */ } /* d */ else /* e */ if (2) { } /* f "
		"*/ "
		"else { /* g */ } for /* h */ ($i : 0..2) /* i */ { } @x[{ 1 }, { /* j */ 2 }] = "
		"f({ 3 }, /* k */ 4); }");
	check_stable(everything);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_copy_is_the_same_and_apart,
		children_are_visited_before_parents_in_order,
		nodes_can_be_replaced,
		statements_are_visited,
		a_walk_can_be_limited,
		strings_are_quoted,
		layout,
		expressions_are_as_written,
		comments_are_kept,
		one_empty_line_is_kept,
		long_lines_are_broken,
		no_comment_arises_in_a_predicate,
		parameters_are_kept,
		formatting_is_stable,
	};

	return case_run("ast", tests, sizeof(tests) / sizeof(tests[0]));
}
