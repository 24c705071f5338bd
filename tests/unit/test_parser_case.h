/*
 * One text through the parser, for tests: its dump, the dump of one expression in brackets, its
 * diagnostics, its formatted form. Everything lives in one arena that the fixture makes anew.
 */
#ifndef SONDE_TESTS_TEST_PARSER_CASE_H
#define SONDE_TESTS_TEST_PARSER_CASE_H

#include "ast/dump.h"
#include "ast/format.h"
#include "parser/parser.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct parser_case {
	struct arena *arena;
	struct sources *sources;
	struct diags *diags;
	struct parser parser;
	const struct source *source;
} the_case;

static inline void case_setup(void)
{
	static const char *const params[] = {"first", "22"};
	struct parser_case *c = &the_case;

	c->arena = arena_new();
	c->sources = sources_new(c->arena);
	c->diags = diags_new(c->arena, c->sources);
	c->parser = (struct parser){c->arena, c->sources, c->diags, params, 2, false};
}

static inline void case_teardown(void)
{
	arena_free(the_case.arena);
}

static inline struct script *case_parse_bytes(const char *text, size_t len)
{
	the_case.source = sources_add(the_case.sources, "stdin", text, len);
	return parse_script(&the_case.parser, the_case.source);
}

static inline struct script *case_parse(const char *text)
{
	return case_parse_bytes(text, strlen(text));
}

/* All diagnostics so far, as they are shown. */
static inline const char *case_diags(void)
{
	struct diag_style style = {0};
	char *text = NULL, *copy;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	diags_render(the_case.diags, out, &style);
	ck_assert_int_eq(fclose(out), 0);
	copy = arena_strndup(the_case.arena, text, len);
	free(text);
	return copy;
}

static inline size_t case_errors(void)
{
	return diags_count(the_case.diags, DIAG_ERROR);
}

static inline const char *case_dump_script(const struct script *script)
{
	struct strbuf text = STRBUF_INIT;
	const char *copy;

	ast_dump_script(script, &text);
	copy = arena_strdup(the_case.arena, strbuf_str(&text));
	strbuf_free(&text);
	return copy;
}

static inline const char *case_dump(const char *text)
{
	const struct script *script = case_parse(text);

	ck_assert_msg(!case_errors(), "%s: %s", text, case_diags());
	return case_dump_script(script);
}

static inline const char *case_format(const char *text)
{
	const struct script *script = case_parse(text);
	struct strbuf out = STRBUF_INIT;
	const char *copy;

	ck_assert_msg(!case_errors(), "%s: %s", text, case_diags());
	ast_format(script, the_case.source, &out);
	copy = arena_strdup(the_case.arena, strbuf_str(&out));
	strbuf_free(&out);
	return copy;
}

static inline size_t indentation(const char *line)
{
	return strspn(line, " ") / 2;
}

/* The dump's lines from @dump on that are deeper than @base, with brackets instead of indentation.
 */
static inline const char *case_brackets(const char *dump, size_t base)
{
	struct strbuf text = STRBUF_INIT;
	const char *copy;
	size_t open = 0;

	while (*dump && indentation(dump) > base) {
		size_t len = strcspn(dump, "\n"), depth = indentation(dump) - base;

		while (open >= depth) {
			strbuf_addc(&text, ')');
			open--;
		}
		if (text.len)
			strbuf_addc(&text, ' ');
		strbuf_addc(&text, '(');
		strbuf_add(&text, dump + strspn(dump, " "), len - strspn(dump, " "));
		open++;
		dump += len + 1;
	}
	strbuf_fill(&text, ')', open);
	copy = arena_strdup(the_case.arena, strbuf_str(&text));
	strbuf_free(&text);
	return copy;
}

/* The body of a probe: its statements in brackets. */
static inline const char *case_body(const char *statements)
{
	const char *script = arena_printf(the_case.arena, "begin { %s }", statements);

	return case_brackets(strstr(case_dump(script), "  body\n") + strlen("  body\n"), 1);
}

/* One expression, as the argument of a statement that every expression can be. */
static inline const char *case_expr(const char *expr)
{
	const char *body = case_body(arena_printf(the_case.arena, "_ = %s;", expr));
	size_t head = strlen("(discard ");

	ck_assert_msg(!strncmp(body, "(discard ", head), "%s", body);
	return arena_strndup(the_case.arena, body + head, strlen(body) - head - 1);
}

/* The one error of a text has this tag and stands at these columns of line @line. */
static inline void case_error(const char *text, const char *tag, unsigned line, unsigned from,
			      unsigned to)
{
	const char *expected, *shown;

	case_teardown();
	case_setup();
	case_parse(text);
	shown = case_diags();
	expected = arena_printf(the_case.arena, "stdin:%u:%u-%u: ERROR[%s]: ", line, from, to, tag);
	ck_assert_msg(strstr(shown, expected) == shown, "%s\nexpected %s\n%s", text, expected,
		      shown);
	ck_assert_msg(case_errors() == 1, "%s\n%s", text, shown);
}

/* The text's diagnostics contain @part. */
static inline void case_says(const char *text, const char *part)
{
	const char *shown;

	case_teardown();
	case_setup();
	case_parse(text);
	shown = case_diags();
	ck_assert_msg(strstr(shown, part) != NULL, "%s\nexpected %s\n%s", text, part, shown);
}

static inline int case_run(const char *name, const TTest *const *tests, size_t ntests)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, case_setup, case_teardown);
	tcase_set_timeout(tcase, 60);
	for (size_t i = 0; i < ntests; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
