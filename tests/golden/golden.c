/*
 * The golden runner: every case of every tests/golden/<name>.test as one forked check case.
 *
 *	golden [--update] [--strict] [--runs] [--scripts] [--part I/N] [WORD ...]
 *
 * Only cases whose file or name holds one of the WORDs are run, and of those the I-th of each N.
 * --runs leaves out cases that trace nothing, which are the same under every kernel; --scripts also
 * leaves out the objects that scripts compile to. --update rewrites the expectations of exact
 * sections. --strict fails if a case was skipped that this machine should run.
 */
#include "tests/golden/case.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct selection {
	struct arena *arena;
	VEC(struct golden_file *)
	files;
	VEC(struct golden_case *)
	cases;
	unsigned part, nparts, seen;
	bool runs_only;
	enum golden_mode mode;
};

/* check(3) test functions take an index only; the runner is one process with one selection. */
static struct selection selection;

START_TEST(golden_case)
{
	struct golden_case *c = selection.cases.data[_i];
	const char *failure = golden_case_run(selection.arena, c, selection.mode);

	ck_assert_msg(!failure, "%s", failure ? failure : "");
}
END_TEST

static bool has_word(const struct golden_case *c, char **words, int n)
{
	for (int i = 0; i < n; i++)
		if (strstr(c->file, words[i]) || strstr(c->name, words[i]))
			return true;
	return n == 0;
}

static bool is_selected(const struct golden_case *c, char **words, int n)
{
	return has_word(c, words, n) && (!selection.runs_only || golden_section(c, "run")) &&
	       selection.seen++ % selection.nparts == selection.part;
}

/* Returns how many cases were skipped though the machine should run them. */
static int select_cases(char **words, int n)
{
	int skipped = 0;
	glob_t paths;

	if (glob(SONDE_GOLDEN_DIR "/*.test", 0, NULL, &paths))
		return 0;
	for (size_t i = 0; i < paths.gl_pathc; i++) {
		struct golden_file *file = golden_file_read(selection.arena, paths.gl_pathv[i]);

		vec_push(selection.arena, &selection.files, file);
		for (size_t k = 0; k < file->cases.len; k++) {
			struct golden_case *c = file->cases.data[k];
			struct section *requires = golden_section(c, "requires");
			const char *missing;

			if (!is_selected(c, words, n))
				continue;
			missing = requires ? golden_missing_requirement(selection.arena,
									requires->text)
					   : NULL;
			if (!missing) {
				vec_push(selection.arena, &selection.cases, c);
				continue;
			}
			printf("SKIP %s:%u: %s: %s\n", c->file, c->line, c->name, missing);
			/* The kernel matrix runs what this kernel cannot. */
			if (!strstr(missing, "kprobe") && !strstr(missing, "fentry") &&
			    !strstr(missing, "kernel") && !strstr(missing, "watchpoint"))
				skipped++;
		}
	}
	globfree(&paths);
	return skipped;
}

static int update_all(void)
{
	int failed = 0;

	for (size_t i = 0; i < selection.cases.len; i++) {
		struct golden_case *c = selection.cases.data[i];
		const char *failure = golden_case_run(selection.arena, c, GOLDEN_UPDATE);

		if (failure) {
			fprintf(stderr, "%s", failure);
			failed++;
		}
	}
	for (size_t i = 0; i < selection.files.len; i++)
		golden_file_write(selection.files.data[i]);
	return failed;
}

static int run_all(void)
{
	Suite *suite = suite_create("golden");
	TCase *tcase = tcase_create("cases");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 500);
	tcase_add_loop_test(tcase, golden_case, 0, (int)selection.cases.len);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed;
}

/* "2/3"; false if it makes no sense. */
static bool parse_part(const char *text)
{
	if (!text || sscanf(text, "%u/%u", &selection.part, &selection.nparts) != 2)
		return false;
	return selection.part-- >= 1 && selection.part < selection.nparts;
}

int main(int argc, char **argv)
{
	bool update = false, strict = false;
	int skipped, failed;

	selection.nparts = 1;
	for (argc--, argv++; argc && !strncmp(*argv, "--", 2); argc--, argv++) {
		if (!strcmp(*argv, "--part")) {
			argc--, argv++;
			if (!parse_part(*argv))
				return EXIT_FAILURE;
		}
		update |= !strcmp(*argv, "--update");
		strict |= !strcmp(*argv, "--strict");
		selection.runs_only |= !strcmp(*argv, "--runs");
		if (!strcmp(*argv, "--scripts")) {
			selection.runs_only = true;
			selection.mode = GOLDEN_SCRIPTS;
		}
	}
	selection.arena = arena_new();
	skipped = select_cases(argv, argc);
	failed = update ? update_all() : run_all();
	if (strict && skipped) {
		printf("%d cases were skipped that this machine must run\n", skipped);
		failed += skipped;
	}
	arena_free(selection.arena);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
