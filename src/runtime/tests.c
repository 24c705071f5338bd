/*
 * --test and --bench: the script's own tests and benchmarks, each run by test-run, with what it
 * prints kept apart.
 */
#include "runtime/internal.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000u
#define BENCH_NS (SECOND_NS / 2) /* how long a benchmark goes on */
#define BENCH_TURN 256 /* runs between two looks at the clock and at signals */
#define TURN_NS (SECOND_NS / 50) /* after which a turn ends, too */

/* --- tests --- */

/* Errors that the script or its run reported so far; warnings of -k do not count. */
static uint64_t count_errors(const struct run *run)
{
	uint64_t n = 0;

	for (size_t i = 0; i < run->plan->events.len; i++) {
		const struct plan_event *event = &run->plan->events.data[i];

		if (event->kind == EVENT_ERRORF ||
		    ((event->kind == EVENT_RUNTIME_ERROR || event->kind == EVENT_HELPER_ERROR) &&
		     !event->only_with_k))
			n += run->received[i];
	}
	return n;
}

/* Why it failed, or NULL. */
static const char *verdict(const struct run *run, int error, uint32_t retval, bool has_errors)
{
	const struct runtime_result *result = run->result;

	if (error)
		return arena_printf(run->arena, "cannot be run: %s", strerror(-error));
	if (result->assert_failed)
		return "an assertion failed";
	if (result->exit_called && result->exit_code)
		return arena_printf(run->arena, "exit code %d", result->exit_code);
	if (has_errors)
		return "an error was reported";
	return retval ? arena_printf(run->arena, "returned %d", (int32_t)retval) : NULL;
}

/* exit() and assert() end a test, not the run. */
static void forget_exit(struct run *run)
{
	run->result->assert_failed = false;
	run->result->exit_called = false;
	run->result->exit_code = 0;
	run->stopping = false;
	run->state->exiting = 0;
}

static void run_test(struct run *run, const struct plan_prog *prog, int fd)
{
	struct output_resolver resolver = symbols_resolver(run->symbols);
	struct output *output = run->output;
	struct output_test test = {.name = prog->targets.data[0].name};
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	uint64_t errors = count_errors(run);
	FILE *capture = open_memstream(&test.text, &test.len);
	int error;

	if (!capture)
		abort();
	run->output = output_new(OUTPUT_TEXT, run->plan, capture, capture, run->options->style,
				 &resolver);
	error = bpf_prog_test_run_opts(fd, &opts);
	run_drain(run);
	run_flush_warnings(run);
	output_free(run->output);
	run->output = output;
	fclose(capture);
	test.failure = verdict(run, error, opts.retval, count_errors(run) != errors);
	forget_exit(run);
	output_test(output, &test);
	free(test.text);
	if (test.failure)
		run->result->failed_tests++;
}

/* A filter with a slip in it must not look like success. */
static void complain_of_none(struct run *run, const char *what)
{
	run_error(run, "no-tests", "there is no %s to run", what);
	diag_say_hint(run->options->err, run->options->style,
		      "they are probes named %s:NAME; --probe-filter may have left none", what);
	run->result->failed_tests++;
}

void run_tests(struct run *run)
{
	uint64_t n = 0;

	for (size_t i = 0; i < run->plan->progs.len && !run->stopping; i++) {
		const struct plan_prog *prog = &run->plan->progs.data[i];

		if (strcmp(prog->provider, "test") != 0)
			continue;
		run_test(run, prog, bpf_program__fd(run->progs[i]));
		output_flush(run->output);
		run_handle_signals(run);
		n++;
	}
	if (!n && !run->stopping)
		complain_of_none(run, "test");
	else
		output_tests_end(run->output, n - run->result->failed_tests,
				 run->result->failed_tests);
}

/* --- benchmarks --- */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* The kernel's own statistics tell the program from the system calls that run it. */
static bool read_statistics(int fd, uint64_t *ns, uint64_t *runs)
{
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return false;
	*ns = info.run_time_ns;
	*runs = info.run_cnt;
	return true;
}

/* What it prints is not shown. */
static void run_bench(struct run *run, const struct plan_prog *prog, int fd)
{
	struct output_resolver resolver = symbols_resolver(run->symbols);
	struct output *output = run->output;
	FILE *nowhere = fopen("/dev/null", "we");
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	uint64_t start = now_ns(), ns = 0, runs = 0;

	if (!nowhere)
		abort();
	run->output = output_new(OUTPUT_TEXT, run->plan, nowhere, nowhere, run->options->style,
				 &resolver);
	while (now_ns() - start < BENCH_NS && !run->stopping) {
		uint64_t turn = now_ns();

		for (int i = 0; i < BENCH_TURN && now_ns() - turn < TURN_NS; i++)
			bpf_prog_test_run_opts(fd, &opts);
		run_drain(run);
		forget_exit(run);
		run_handle_signals(run);
	}
	output_free(run->output);
	fclose(nowhere);
	run->output = output;
	if (read_statistics(fd, &ns, &runs) && runs)
		output_bench(output, prog->targets.data[0].name, runs, (double)ns / (double)runs);
}

void run_benches(struct run *run)
{
	int statistics = bpf_enable_stats(BPF_STATS_RUN_TIME);
	uint64_t n = 0;

	if (statistics < 0) {
		run_error(run, "bench", "the kernel does not measure programs: %s",
			  strerror(-statistics));
		run->result->status = RUNTIME_ATTACH_FAILED;
		return;
	}
	for (size_t i = 0; i < run->plan->progs.len && !run->stopping; i++) {
		const struct plan_prog *prog = &run->plan->progs.data[i];

		if (strcmp(prog->provider, "bench") != 0)
			continue;
		run_bench(run, prog, bpf_program__fd(run->progs[i]));
		output_flush(run->output);
		n++;
	}
	if (!n && !run->stopping)
		complain_of_none(run, "bench");
	close(statistics);
}
