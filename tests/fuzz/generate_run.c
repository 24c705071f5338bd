/* Each script in a process of its own, several at a time; within bounds of time and memory. */
#include "tests/fuzz/generate_run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLOW_SECONDS 10 /* five to ten times what the slowest ones take where nothing else runs */
#define LIMITED_PERMILLE 1 /* of the scripts, at most, may want more than a probe may have */

struct job {
	pid_t pid; /* 0: none */
	uint32_t number;
	int out, err; /* what it prints, in memory */
	int script;
};

struct runner {
	const struct run_options *options;
	struct job *jobs;
	uint32_t failed, known, limited;
	double slowest, seconds;
	uint32_t slowest_script;
};

static int memory_file(const char *name)
{
	int fd = memfd_create(name, 0);

	if (fd < 0) {
		perror("memfd_create");
		exit(2);
	}
	return fd;
}

static const char *read_all(struct arena *arena, int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	char *text = arena_alloc(arena, (size_t)size + 1);

	if (pread(fd, text, (size_t)size, 0) != size)
		return "(could not be read)";
	return text;
}

static void start(struct runner *runner, struct job *job, uint32_t number)
{
	struct arena *arena = arena_new();
	struct script *script = script_make(arena, runner->options->seed, number);
	struct strbuf text = STRBUF_INIT;

	job->number = number;
	job->out = memory_file("out");
	job->err = memory_file("err");
	job->script = memory_file("script");
	script_print(&text, script);
	if (write(job->script, strbuf_str(&text), text.len) != (ssize_t)text.len)
		perror("write");
	job->pid = fork();
	if (!job->pid)
		exec_script(runner->options, script, number, job->script, job->out, job->err);
	strbuf_free(&text);
	arena_free(arena);
}

/* Of the CPU: the machine may have other things to do. */
static double seconds_of(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
	       (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

static void report(struct runner *runner, const struct job *job, const char *what,
		   const char *details)
{
	runner->failed++;
	printf("FAILED: --seed %" PRIu64 " --script %u: %s\n%.3000s\n", runner->options->seed,
	       job->number, what, details);
	fflush(stdout);
}

/* The first line in which they differ. */
static const char *difference(struct arena *arena, const char *expected, const char *printed)
{
	size_t line = 1, from = 0;

	for (size_t i = 0; expected[i] && expected[i] == printed[i]; i++)
		if (expected[i] == '\n')
			line++, from = i + 1;
	return arena_printf(arena, "line %zu: expected \"%.*s\", printed \"%.*s\"", line,
			    (int)strcspn(expected + from, "\n"), expected + from,
			    (int)strcspn(printed + from, "\n"), printed + from);
}

static void compare(struct runner *runner, const struct job *job, struct arena *arena,
		    struct script *script)
{
	const char *printed = read_all(arena, job->out);
	struct strbuf expected = STRBUF_INIT;

	runner->known++;
	script_evaluate(script, &expected);
	if (strcmp(strbuf_str(&expected), printed) != 0)
		report(runner, job, "prints something else",
		       difference(arena, strbuf_str(&expected), printed));
	strbuf_free(&expected);
}

/* Whether the script was refused for wanting more than is promised, and for nothing else. */
static bool is_limited(int status, const char *errors)
{
	static const char *const limits[] = {"ERROR[program-memory]", "ERROR[value-size]",
					     "ERROR[program-maps]", "ERROR[too-large]"};
	bool found = false;

	if (WEXITSTATUS(status) != 2)
		return false;
	for (const char *at = errors; (at = strstr(at, "ERROR[")); at++) {
		bool is_limit = false;

		for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
			is_limit |= !strncmp(at, limits[i], strlen(limits[i]));
		if (!is_limit)
			return false;
		found = true;
	}
	return found;
}

/* Not a failure, but one that a better use of what there is may do away with. */
static void report_limited(struct runner *runner, const struct job *job, const char *errors)
{
	const char *error = strstr(errors, "ERROR[");

	runner->limited++;
	printf("beyond: --seed %" PRIu64 " --script %u: %.*s\n", runner->options->seed, job->number,
	       (int)strcspn(error, "\n"), error);
	fflush(stdout);
}

static void judge(struct runner *runner, const struct job *job, int status, double seconds)
{
	struct arena *arena = arena_new();
	struct script *script = script_make(arena, runner->options->seed, job->number);
	const char *errors = read_all(arena, job->err);

	if (WIFSIGNALED(status))
		report(runner, job, arena_printf(arena, "ended by signal %d", WTERMSIG(status)),
		       errors);
	else if (is_limited(status, errors))
		report_limited(runner, job, errors);
	else if (WEXITSTATUS(status))
		report(runner, job, arena_printf(arena, "exit status %d", WEXITSTATUS(status)),
		       errors);
	else if (seconds > SLOW_SECONDS && !runner->options->is_unlimited)
		report(runner, job, arena_printf(arena, "took %.1f seconds of CPU time", seconds),
		       errors);
	else if (script->kind == SCRIPT_KNOWN)
		compare(runner, job, arena, script);
	runner->seconds += seconds;
	if (seconds > runner->slowest) {
		runner->slowest = seconds;
		runner->slowest_script = job->number;
	}
	arena_free(arena);
}

/* Waits for one of them to end. */
static struct job *finish_one(struct runner *runner)
{
	struct rusage usage;
	int status;
	pid_t pid = wait4(-1, &status, 0, &usage);

	for (uint32_t i = 0; i < runner->options->jobs; i++) {
		struct job *job = &runner->jobs[i];

		if (job->pid != pid)
			continue;
		judge(runner, job, status, seconds_of(&usage));
		close(job->out);
		close(job->err);
		close(job->script);
		job->pid = 0;
		return job;
	}
	return NULL;
}

uint32_t run_scripts(const struct run_options *options)
{
	struct arena *arena = arena_new();
	struct runner runner = {
		.options = options,
		.jobs = arena_new_array(arena, struct job, options->jobs),
	};
	uint32_t running = 0, failed;

	printf("seed %" PRIu64 "\n", options->seed);
	fflush(stdout);
	for (uint32_t i = 0; i < options->count; i++) {
		struct job *job = &runner.jobs[running];

		if (running == options->jobs)
			job = finish_one(&runner);
		else
			running++;
		if (job)
			start(&runner, job, options->first + i);
	}
	while (running--)
		finish_one(&runner);
	printf("%u scripts, %u of them compared, %u beyond what a probe may have, %u failed; "
	       "%.0f ms of CPU time each, the slowest, %u, %.1f seconds\n",
	       options->count, runner.known, runner.limited, runner.failed,
	       runner.seconds * 1e3 / options->count, runner.slowest_script, runner.slowest);
	if (runner.limited > 1 + options->count * LIMITED_PERMILLE / 1000) {
		puts("FAILED: too many want more than a probe may have");
		runner.failed++;
	}
	failed = runner.failed;
	arena_free(arena);
	return failed;
}
