/*
 * sonde beside hand-written libbpf C, and bpftrace where it is installed: time to the first event,
 * peak memory, cost per event, rate of rendering; and what of sonde has a budget by itself. All in
 * one run, alternating, so that the ratios hold on a busy machine too. bench [RUNS [CALLS]]
 */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_RUNS 101
#define PROBE "tracepoint:syscalls:sys_enter_getppid /pid == $1/ "
#define EXIT_PROBE "tracepoint:syscalls:sys_exit_getppid /pid == $1/ "

enum { FIRST, FIRST_TYPED, COUNT, COUNT_BY_KEY, HIST, PRINT };

static const struct task tasks[] = {
	[FIRST] = {"first", PROBE "{ printf(\"first %d\\n\", pid); exit(); }"},
	[FIRST_TYPED] = {"first_typed",
			 PROBE "{ printf(\"first %d\\n\", curtask->tgid); exit(); }"},
	[COUNT] = {"count", PROBE "{ @ = count(); }"},
	[COUNT_BY_KEY] = {"count_by_key", PROBE "{ @[pid] = count(); }"},
	[HIST] = {"hist", EXIT_PROBE "{ @ = hist(args->ret); }"},
	[PRINT] = {"print", PROBE "{ printf(\"%d %d\\n\", pid, tid); }"},
};

struct samples {
	double values[MAX_RUNS];
	int n;
};

/* One line of the table: the same measure for each tracer. */
struct row {
	const char *name, *unit, *budget;
	struct samples samples[TRACER_COUNT_];
};

static void sample(struct row *row, enum tracer tracer, double value)
{
	struct samples *samples = &row->samples[tracer];

	if (samples->n < MAX_RUNS)
		samples->values[samples->n++] = value;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double quantile(struct samples *samples, double q)
{
	qsort(samples->values, (size_t)samples->n, sizeof(double), compare);
	return samples->values[(int)(q * (samples->n - 1) + 0.5)];
}

static void print_head(void)
{
	printf("%-34s %-8s %10s %10s %10s %9s %9s  %s\n", "", "", "sonde", "twin", "bpftrace",
	       "s/twin", "bpft/s", "budget");
}

static void print_row(struct row *row, const char *suffix, double q)
{
	double values[TRACER_COUNT_] = {0};

	printf("%-25s %-8s %-8s", row->name, suffix, row->unit);
	for (int t = 0; t < TRACER_COUNT_; t++) {
		if (row->samples[t].n == 0) {
			printf(" %10s", "-");
			continue;
		}
		values[t] = quantile(&row->samples[t], q);
		printf(" %10.1f", values[t]);
	}
	if (values[TRACER_TWIN] > 0)
		printf(" %9.2f", values[TRACER_SONDE] / values[TRACER_TWIN]);
	else
		printf(" %9s", "-");
	if (values[TRACER_BPFTRACE] > 0 && values[TRACER_SONDE] > 0)
		printf(" %9.2f", values[TRACER_BPFTRACE] / values[TRACER_SONDE]);
	else
		printf(" %9s", "-");
	printf("  %s\n", row->budget);
}

static void measure_first(const struct task *task, const char *name, const char *budget, int runs)
{
	struct row time = {.name = name, .unit = "ms", .budget = budget};
	struct row cpu = {.name = "  its CPU time", .unit = "ms", .budget = ""};
	struct row memory = {.name = "  its peak memory", .unit = "MiB", .budget = "40 MiB"};
	struct first_run run;

	for (int i = 0; i < runs; i++)
		for (enum tracer t = 0; t < TRACER_COUNT_; t++)
			if (tracer_path(t) && run_first(t, task, &run)) {
				sample(&time, t, run.ms);
				sample(&cpu, t, run.cpu_ms);
				sample(&memory, t, (double)run.rss_kib / 1024);
			}
	print_row(&time, "min", 0);
	print_row(&time, "median", 0.5);
	print_row(&cpu, "min", 0);
	print_row(&cpu, "median", 0.5);
	print_row(&memory, "median", 0.5);
}

/*
 * Each round measures every tracer and the bare workload; the differences' medians are the cost.
 * Many short rounds: what disturbs the machine then disturbs all alike. bpftrace, which takes
 * seconds to be surely attached, takes part in every fourth.
 */
static void measure_cost(const struct task *task, const char *name, const char *budget, int runs,
			 long ncalls)
{
	struct row row = {.name = name, .unit = "ns", .budget = budget};
	struct load_run bare, run;

	ncalls /= 4;
	for (int i = 0; i < 2 * runs && i < MAX_RUNS; i++) {
		if (!run_load(TRACER_COUNT_, task, ncalls, &bare))
			return;
		for (enum tracer t = 0; t < TRACER_COUNT_; t++)
			if (tracer_path(t) && (t != TRACER_BPFTRACE || i % 4 == 0) &&
			    run_load(t, task, ncalls, &run))
				sample(&row, t,
				       (run.workload_ns - bare.workload_ns) / (double)ncalls);
	}
	print_row(&row, "quartile", 0.25);
	print_row(&row, "median", 0.5);
}

static void measure_rendering(const struct task *task, int runs, long ncalls)
{
	struct row rendered = {.name = "printf: lines of 1e6", .unit = "1000", .budget = ""};
	struct row rate = {.name = "  per second", .unit = "1000/s", .budget = ""};
	struct row cost = {.name = "  tracer's CPU per line", .unit = "ns", .budget = ""};
	struct load_run run;

	for (int i = 0; i < runs; i++)
		for (enum tracer t = 0; t < TRACER_COUNT_; t++)
			if (tracer_path(t) && run_load(t, task, ncalls, &run) && run.lines > 0) {
				sample(&rendered, t, (double)run.lines / 1e3);
				sample(&rate, t, (double)run.lines / run.elapsed_ns * 1e6);
				sample(&cost, t, run.tracer_ns / (double)run.lines);
			}
	print_row(&rendered, "median", 0.5);
	print_row(&rate, "median", 0.5);
	print_row(&cost, "median", 0.5);
}

static void measure_list(int runs)
{
	const char *const argv[] = {BENCH_SONDE, "-l", "*", NULL};
	struct row row = {.name = "-l '*'", .unit = "ms", .budget = "500 ms"};
	double ms;

	for (int i = 0; i < runs; i++)
		if (run_command(argv, &ms))
			sample(&row, TRACER_SONDE, ms);
	print_row(&row, "median", 0.5);
}

static void measure_object(void)
{
	char path[] = "/tmp/sonde-bench-XXXXXX";
	const char *const argv[] = {BENCH_SONDE,         "--emit-elf", path, "-e",
				    tasks[FIRST].script, "1",          NULL};
	struct row row = {.name = "object of a one-liner", .unit = "KiB", .budget = "20 KiB"};
	struct stat status;
	int fd = mkstemp(path);
	double ms;

	if (fd < 0)
		return;
	if (run_command(argv, &ms) && !stat(path, &status))
		sample(&row, TRACER_SONDE, (double)status.st_size / 1024);
	print_row(&row, "", 0);
	unlink(path);
	close(fd);
}

static int number(int argc, char **argv, int i, int otherwise)
{
	int n = argc > i ? atoi(argv[i]) : otherwise;

	return n < 1 ? 1 : n;
}

int main(int argc, char **argv)
{
	int runs = number(argc, argv, 1, 15);
	long ncalls = number(argc, argv, 2, 2000000);

	if (runs > MAX_RUNS)
		runs = MAX_RUNS;
	if (geteuid() != 0) {
		puts("SKIP: the bench needs root");
		return 0;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	print_head();
	measure_first(&tasks[FIRST], "first event", "15 ms, 1/8 of bpftrace", runs);
	measure_first(&tasks[FIRST_TYPED], "first event, kernel types", "30 ms", runs);
	measure_cost(&tasks[COUNT], "@ = count()", "1.1 x twin", runs, ncalls);
	measure_cost(&tasks[COUNT_BY_KEY], "@[pid] = count()", "1.1 x twin", runs, ncalls);
	measure_cost(&tasks[HIST], "@ = hist(args.ret)", "1.1 x twin", runs, ncalls);
	measure_rendering(&tasks[PRINT], (runs + 4) / 5, 1000000);
	measure_list((runs + 4) / 5);
	measure_object();
	return 0;
}
