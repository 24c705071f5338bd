/* Which file is mapped where in which process, as the kernel's records tell it, in whatever order.
 */
#include "runtime/symbols.h"

#include <check.h>
#include <stdlib.h>

/* No process has such numbers: /proc knows nothing of them. */
#define PARENT 5000000
#define CHILD 5000001

static void map(struct processes *processes, pid_t tgid, uint64_t start, const char *path)
{
	processes_map(processes, tgid,
		      &(struct mapping){.start = start, .end = start + 0x1000, .path = path});
}

static const char *path_at(const struct processes *processes, pid_t tgid, uint64_t address)
{
	const struct mapping *mapping = processes_find(processes, tgid, address, UINT64_MAX);

	return mapping ? mapping->path : "nothing";
}

START_TEST(later_mappings_hide_earlier_ones)
{
	struct processes *processes = processes_new();

	map(processes, PARENT, 0x1000, "a");
	map(processes, PARENT, 0x2000, "b");
	ck_assert_str_eq(path_at(processes, PARENT, 0x1fff), "a");
	ck_assert_str_eq(path_at(processes, PARENT, 0x2000), "b");
	ck_assert_str_eq(path_at(processes, PARENT, 0x3000), "nothing");
	map(processes, PARENT, 0x1000, "c");
	ck_assert_str_eq(path_at(processes, PARENT, 0x1000), "c");
	map(processes, PARENT, 0x1000, "a");
	ck_assert_str_eq(path_at(processes, PARENT, 0x1000), "a");
	ck_assert_str_eq(path_at(processes, CHILD, 0x1000), "nothing");
	processes_free(processes);
}
END_TEST

static const char *path_then(const struct processes *processes, pid_t tgid, uint64_t time_ns)
{
	const struct mapping *mapping = processes_find(processes, tgid, 0x1000, time_ns);

	return mapping ? mapping->path : "nothing";
}

START_TEST(what_was_mapped_at_a_time)
{
	static const char *const paths[] = {"a", "b", "a"};
	struct processes *processes = processes_new();

	for (uint64_t i = 0; i < 3; i++)
		processes_map(processes, PARENT,
			      &(struct mapping){.start = 0x1000,
						.end = 0x2000,
						.path = paths[i],
						.since_ns = (i + 1) * 10});
	processes_fork(processes, PARENT, CHILD, 35);
	processes_map(
		processes, CHILD,
		&(struct mapping){.start = 0x1000, .end = 0x2000, .path = "c", .since_ns = 40});
	/* It is not known when what was there first was mapped. */
	ck_assert_str_eq(path_then(processes, PARENT, 9), "a");
	ck_assert_str_eq(path_then(processes, PARENT, 19), "a");
	ck_assert_str_eq(path_then(processes, PARENT, 20), "b");
	ck_assert_str_eq(path_then(processes, PARENT, 29), "b");
	ck_assert_str_eq(path_then(processes, PARENT, 30), "a");
	ck_assert_str_eq(path_then(processes, CHILD, 39), "a");
	ck_assert_str_eq(path_then(processes, CHILD, 40), "c");
	processes_free(processes);
}
END_TEST

START_TEST(children_have_what_their_parents_had)
{
	struct processes *processes = processes_new();

	map(processes, PARENT, 0x1000, "a");
	processes_fork(processes, PARENT, CHILD, 1);
	map(processes, PARENT, 0x1000, "parent");
	map(processes, CHILD, 0x2000, "child");
	ck_assert_str_eq(path_at(processes, CHILD, 0x1000), "a");
	ck_assert_str_eq(path_at(processes, CHILD, 0x2000), "child");
	ck_assert_str_eq(path_at(processes, PARENT, 0x1000), "parent");
	ck_assert_str_eq(path_at(processes, PARENT, 0x2000), "nothing");
	processes_free(processes);
}
END_TEST

/* The records of two CPUs are not in order. */
START_TEST(a_mapping_may_be_told_before_the_fork)
{
	struct processes *processes = processes_new();

	map(processes, PARENT, 0x1000, "a");
	map(processes, PARENT, 0x2000, "b");
	map(processes, CHILD, 0x1000, "child");
	processes_fork(processes, PARENT, CHILD, 1);
	ck_assert_str_eq(path_at(processes, CHILD, 0x1000), "child");
	ck_assert_str_eq(path_at(processes, CHILD, 0x2000), "b");
	processes_free(processes);
}
END_TEST

START_TEST(all_may_be_told_before_the_fork)
{
	struct processes *processes = processes_new();

	map(processes, PARENT, 0x1000, "a");
	map(processes, CHILD, 0x2000, "child");
	processes_end(processes, CHILD, 5);
	processes_fork(processes, PARENT, CHILD, 4);
	ck_assert_str_eq(path_at(processes, CHILD, 0x1000), "a");
	ck_assert_str_eq(path_at(processes, CHILD, 0x2000), "child");
	/* It has ended: one that comes later is another. */
	processes_fork(processes, PARENT, CHILD, 6);
	ck_assert_str_eq(path_at(processes, CHILD, 0x1000), "a");
	ck_assert_str_eq(path_at(processes, CHILD, 0x2000), "nothing");
	map(processes, CHILD, 0x2000, "again");
	processes_end(processes, CHILD, 5);
	processes_fork(processes, PARENT, CHILD, 6);
	ck_assert_str_eq(path_at(processes, CHILD, 0x2000), "again");
	processes_free(processes);
}
END_TEST

START_TEST(many_generations)
{
	struct processes *processes = processes_new();

	map(processes, PARENT, 0x1000, "a");
	for (pid_t i = 0; i < 100; i++) {
		/* Every third adds something. */
		if (i % 3 == 0)
			map(processes, PARENT + i, 0x10000 + (uint64_t)i * 0x1000, "own");
		processes_fork(processes, PARENT + i, PARENT + i + 1, 1);
		processes_end(processes, PARENT + i, 2);
	}
	for (pid_t i = 0; i < 100; i++) {
		ck_assert_str_eq(path_at(processes, PARENT + i, 0x1000), "a");
		ck_assert_str_eq(path_at(processes, PARENT + i, 0x10000), "own");
	}
	ck_assert_str_eq(path_at(processes, PARENT + 100, 0x10000 + 99 * 0x1000), "own");
	ck_assert_str_eq(path_at(processes, PARENT + 98, 0x10000 + 99 * 0x1000), "nothing");
	processes_free(processes);
}
END_TEST

START_TEST(a_number_is_given_again)
{
	struct processes *processes = processes_new();

	map(processes, PARENT, 0x1000, "a");
	map(processes, CHILD, 0x1000, "old");
	map(processes, CHILD, 0x5000, "old");
	processes_end(processes, CHILD, 2);
	/* It is still named, */
	ck_assert_str_eq(path_at(processes, CHILD, 0x1000), "old");
	/* until there is another one; of which something may be told first. */
	map(processes, CHILD, 0x2000, "new");
	processes_fork(processes, PARENT, CHILD, 3);
	ck_assert_str_eq(path_at(processes, CHILD, 0x1000), "a");
	ck_assert_str_eq(path_at(processes, CHILD, 0x2000), "new");
	ck_assert_str_eq(path_at(processes, CHILD, 0x5000), "nothing");
	processes_free(processes);
}
END_TEST

START_TEST(only_so_many_that_have_ended_are_remembered)
{
	struct processes *processes = processes_new();
	const pid_t n = 40000;

	map(processes, PARENT, 0x1000, "a");
	for (pid_t i = 1; i <= n; i++) {
		processes_fork(processes, PARENT, PARENT + i, 1);
		processes_end(processes, PARENT + i, 2);
	}
	ck_assert_str_eq(path_at(processes, PARENT, 0x1000), "a");
	ck_assert_str_eq(path_at(processes, PARENT + 1, 0x1000), "nothing");
	ck_assert_str_eq(path_at(processes, PARENT + n - 16384, 0x1000), "nothing");
	ck_assert_str_eq(path_at(processes, PARENT + n - 16383, 0x1000), "a");
	/* One that was given again, and lives, is not forgotten for its number's sake. */
	processes_fork(processes, PARENT, PARENT + n, 3);
	for (pid_t i = 1; i <= 20000; i++) {
		processes_fork(processes, PARENT, PARENT + i, 3);
		processes_end(processes, PARENT + i, 4);
	}
	ck_assert_str_eq(path_at(processes, PARENT + n, 0x1000), "a");
	processes_free(processes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("processes");
	TCase *tests = tcase_create("processes");
	SRunner *runner;
	int failed;

	tcase_add_test(tests, later_mappings_hide_earlier_ones);
	tcase_add_test(tests, what_was_mapped_at_a_time);
	tcase_add_test(tests, children_have_what_their_parents_had);
	tcase_add_test(tests, a_mapping_may_be_told_before_the_fork);
	tcase_add_test(tests, all_may_be_told_before_the_fork);
	tcase_add_test(tests, many_generations);
	tcase_add_test(tests, a_number_is_given_again);
	tcase_add_test(tests, only_so_many_that_have_ended_are_remembered);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
