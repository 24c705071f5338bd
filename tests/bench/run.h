/*
 * Runs of a tracer beside the workload that it traces. The workload is a process of the bench's own
 * that makes getppid(2) calls; its pid is known before it starts, so that every tracer can be told
 * to look at it alone.
 */
#ifndef BENCH_RUN_H
#define BENCH_RUN_H

#include <stdbool.h>
#include <sys/types.h>

enum tracer {
	TRACER_SONDE,
	TRACER_TWIN,
	TRACER_BPFTRACE, /* if it is installed */
	TRACER_COUNT_,
};

/* One thing to trace, in the forms that the tracers take. */
struct task {
	const char *twin; /* the program's name */
	const char *script; /* $1 is the workload's pid */
};

struct first_run {
	double ms; /* from exec to the first line */
	double cpu_ms; /* of the tracer, from exec to its end */
	long rss_kib;
};

struct load_run {
	double workload_ns; /* CPU time of the workload */
	double tracer_ns; /* CPU time of the tracer, and the time that passed until it ended */
	double elapsed_ns;
	long lines; /* that it printed */
};

/* Where the program is; NULL if it is not installed. */
const char *tracer_path(enum tracer tracer);

/* Traces a running workload until the first line of output that has "first" in it. False (with a
 * message) if it did not work. */
bool run_first(enum tracer tracer, const struct task *task, struct first_run *run);

/* Traces a workload of @ncalls calls from its beginning to its end; with TRACER_COUNT_ it runs
 * untraced. */
bool run_load(enum tracer tracer, const struct task *task, long ncalls, struct load_run *run);

/* Runs a command with its output thrown away. False if it failed; *ms is the time it took. */
bool run_command(const char *const *argv, double *ms);

#endif
