/*
 * The tables against the sources and the golden cases: every tag of a diagnostic is a row, used and
 * provoked; every function and builtin has a case, and its example is one.
 */
#include "base/arena.h"
#include "base/strbuf.h"
#include "lang/lang.h"

#include <check.h>
#include <ctype.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct arena *arena;
static const char *sources, *cases, *runs; /* all of them, one after the other */

static void add_file(struct strbuf *text, const char *path)
{
	FILE *file = fopen(path, "re");
	char buffer[8192];
	size_t n;

	ck_assert_ptr_nonnull(file);
	while ((n = fread(buffer, 1, sizeof(buffer), file)))
		for (size_t i = 0; i < n; i++)
			strbuf_addc(text, buffer[i] ? buffer[i] : ' ');
	fclose(file);
}

static const char *read_all(const char *const *patterns, size_t n)
{
	struct strbuf text = STRBUF_INIT;
	const char *copy;

	for (size_t i = 0; i < n; i++) {
		glob_t paths;

		if (glob(patterns[i], 0, NULL, &paths))
			continue;
		for (size_t j = 0; j < paths.gl_pathc; j++)
			add_file(&text, paths.gl_pathv[j]);
		globfree(&paths);
	}
	copy = arena_strndup(arena, strbuf_str(&text), text.len);
	strbuf_free(&text);
	return copy;
}

static void setup(void)
{
	static const char *const code[] = {
		SONDE_SOURCE_DIR "/src/*/*.[chly]",
	};
	static const char *const golden[] = {
		SONDE_SOURCE_DIR "/tests/golden/*.test",
	};
	static const char *const whole_runs[] = {
		SONDE_SOURCE_DIR "/tests/runs/*",
	};

	arena = arena_new();
	sources = read_all(code, 1);
	cases = read_all(golden, 1);
	runs = read_all(whole_runs, 1);
	ck_assert_uint_gt(strlen(sources), 100000);
	ck_assert_uint_gt(strlen(cases), 10000);
}

static void teardown(void)
{
	arena_free(arena);
}

static bool is_row(const char *tag, size_t len)
{
	for (uint32_t i = 0; i < lang_ndiags; i++)
		if (strlen(lang_diags[i].tag) == len && !strncmp(lang_diags[i].tag, tag, len))
			return true;
	return false;
}

/* The tag in the arguments that begin at @call: a literal of small letters, not the last one. */
static const char *find_tag(const char *call, size_t *len)
{
	size_t end = strcspn(call, ";");
	const char *quote = memchr(call, '"', end);

	if (!quote)
		return NULL;
	*len = strspn(quote + 1, "abcdefghijklmnopqrstuvwxyz-");
	return *len && !strncmp(quote + 1 + *len, "\",", 2) ? quote + 1 : NULL;
}

static unsigned check_calls(const char *name)
{
	unsigned found = 0;

	for (const char *at = sources; (at = strstr(at, name)); at += strlen(name)) {
		size_t len;
		const char *tag = find_tag(at, &len);

		if (!tag)
			continue;
		ck_assert_msg(is_row(tag, len), "%.*s is no row of src/lang/diag.def", (int)len,
			      tag);
		found++;
	}
	return found;
}

START_TEST(every_tag_is_a_row)
{
	ck_assert_uint_gt(check_calls("diag_error("), 40);
	ck_assert_uint_gt(check_calls("diag_warning("), 3);
	ck_assert_uint_gt(check_calls("sema_error("), 80);
	ck_assert_uint_gt(check_calls("sema_warning("), 5);
	ck_assert_uint_gt(check_calls("run_error("), 10);
	ck_assert_uint_gt(check_calls("diag_say("), 10);
}
END_TEST

START_TEST(every_row_is_used)
{
	for (uint32_t i = 0; i < lang_ndiags; i++)
		ck_assert_msg(strstr(sources, arena_printf(arena, "\"%s\"", lang_diags[i].tag)),
			      "nothing uses %s", lang_diags[i].tag);
}
END_TEST

/* What nothing can provoke on a machine that is fit for the tests. */
static const char *const unprovoked[] = {
	"bench", /* kernels before 5.8, or without a right to count run times */
	"poll", /* these three: no descriptors, or no memory, once the programs are loaded */
	"ring-buffer",
	"state",
	"skboutput", /* needs fentry; test_runtime_pcap provokes it without */
	"no-libclang", /* the cases need libclang; tests/runs/commandline hides it */
	"type-unresolved", /* the guard behind all rules of inference */
};

static bool may_be_unprovoked(const char *tag)
{
	for (size_t i = 0; i < sizeof(unprovoked) / sizeof(unprovoked[0]); i++)
		if (!strcmp(unprovoked[i], tag))
			return true;
	return false;
}

START_TEST(every_row_is_provoked)
{
	for (uint32_t i = 0; i < lang_ndiags; i++) {
		const char *tag = lang_diags[i].tag;

		const char *shown = arena_printf(arena, "[%s]: ", tag);

		ck_assert_msg(strstr(cases, shown) || strstr(runs, shown) || may_be_unprovoked(tag),
			      "no test provokes %s", tag);
	}
}
END_TEST

START_TEST(rows_are_sorted_and_explained)
{
	for (uint32_t i = 0; i < lang_ndiags; i++) {
		ck_assert_msg(*lang_diags[i].doc, "%s has no text", lang_diags[i].tag);
		ck_assert_msg(!i || strcmp(lang_diags[i - 1].tag, lang_diags[i].tag) < 0,
			      "%s is out of order", lang_diags[i].tag);
	}
}
END_TEST

/* Whether the cases hold the word, not as a part of a longer one. */
static bool is_in_cases(const char *word)
{
	size_t len = strlen(word);

	for (const char *at = cases; (at = strstr(at, word)); at += len)
		if (at > cases && !isalnum((unsigned char)at[-1]) && at[-1] != '_' &&
		    !isalnum((unsigned char)at[len]) && at[len] != '_')
			return true;
	return false;
}

START_TEST(every_function_has_a_case)
{
	for (int i = 0; i < FUNCTION_COUNT_; i++) {
		const char *name = lang_functions[i].name;

		ck_assert_msg(strstr(cases, arena_printf(arena, "%s(", name)),
			      "no golden case calls %s()", name);
		ck_assert_msg(strstr(cases, lang_functions[i].example),
			      "the example of %s() is no golden case: %s", name,
			      lang_functions[i].example);
	}
}
END_TEST

START_TEST(every_builtin_has_a_case)
{
	for (int i = 0; i < BUILTIN_COUNT_; i++) {
		const char *name = lang_builtins[i].name;

		ck_assert_msg(is_in_cases(name), "no golden case uses %s", name);
		ck_assert_msg(strstr(cases, lang_builtins[i].example),
			      "the example of %s is no golden case: %s", name,
			      lang_builtins[i].example);
	}
}
END_TEST

START_TEST(every_setting_has_a_case)
{
	for (int i = 0; i < CONFIG_COUNT_; i++)
		ck_assert_msg(is_in_cases(lang_configs[i].name), "no golden case uses %s",
			      lang_configs[i].name);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("tables");
	TCase *tcase = tcase_create("tables");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, every_tag_is_a_row);
	tcase_add_test(tcase, every_row_is_used);
	tcase_add_test(tcase, every_row_is_provoked);
	tcase_add_test(tcase, rows_are_sorted_and_explained);
	tcase_add_test(tcase, every_function_has_a_case);
	tcase_add_test(tcase, every_builtin_has_a_case);
	tcase_add_test(tcase, every_setting_has_a_case);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(make_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
