/* Starting, timing and ending tracers and workloads: see run.h. */
#include "run.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define READY_FD 3
#define WAIT_MS 20000

struct child {
	pid_t pid;
	struct rusage usage;
};

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double cpu_ns(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1e9 +
	       (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1e3;
}

const char *tracer_path(enum tracer tracer)
{
	switch (tracer) {
	case TRACER_SONDE:
		return BENCH_SONDE;
	case TRACER_TWIN:
		return BENCH_TWIN;
	case TRACER_BPFTRACE:
		return access("/usr/bin/bpftrace", X_OK) ? NULL : "/usr/bin/bpftrace";
	case TRACER_COUNT_:
		break;
	}
	return NULL;
}

/* @cpu from the last one downwards, so that workload and tracer do not share one. */
static void pin(int cpu)
{
	long ncpus = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)((ncpus - 1 - cpu % ncpus + ncpus) % ncpus), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* The workload, held back until a byte comes through *release. */
static pid_t start_workload(long ncalls, int *release)
{
	int fds[2];
	pid_t pid;
	char calls[32], byte;

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	snprintf(calls, sizeof(calls), "%ld", ncalls);
	pid = fork();
	if (pid == 0) {
		pin(0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (read(fds[0], &byte, 1) == 1)
			execl(BENCH_WORKLOAD, BENCH_WORKLOAD, calls, (char *)NULL);
		_exit(127);
	}
	close(fds[0]);
	*release = fds[1];
	return pid;
}

static void exec_tracer(enum tracer tracer, const struct task *task, pid_t target)
{
	const char *path = tracer_path(tracer);
	char pid[32];

	snprintf(pid, sizeof(pid), "%d", target);
	switch (tracer) {
	case TRACER_SONDE:
		execl(path, path, "-q", "--ready-fd", "3", "-B",
		      strstr(task->twin, "first") ? "line" : "full", "-e", task->script, pid,
		      (char *)NULL);
		break;
	case TRACER_TWIN:
		execl(path, path, task->twin, pid, (char *)NULL);
		break;
	case TRACER_BPFTRACE:
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
		execl(path, path, "-B", strstr(task->twin, "first") ? "line" : "full", "-e",
		      task->script, pid, (char *)NULL);
		break;
	case TRACER_COUNT_:
		break;
	}
	_exit(127);
}

/* @out: where its standard output goes. *ready gets a descriptor that tells when it is attached. */
static pid_t start_tracer(enum tracer tracer, const struct task *task, pid_t target, int out,
			  int *ready)
{
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	pid = fork();
	if (pid == 0) {
		pin(1);
		dup2(out, STDOUT_FILENO);
		if (fds[1] == READY_FD)
			fcntl(READY_FD, F_SETFD, 0);
		else
			dup2(fds[1], READY_FD);
		exec_tracer(tracer, task, target);
	}
	close(fds[1]);
	*ready = fds[0];
	return pid;
}

static bool wait_readable(int fd)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};

	return poll(&poller, 1, WAIT_MS) == 1;
}

/* bpftrace has no way to say that it is attached. */
static bool wait_ready(enum tracer tracer, int ready)
{
	char byte;

	if (tracer == TRACER_BPFTRACE) {
		sleep(2);
		return true;
	}
	return wait_readable(ready) && read(ready, &byte, 1) == 1;
}

static bool reap(struct child *child, int sig)
{
	int status;

	if (sig)
		kill(child->pid, sig);
	return wait4(child->pid, &status, 0, &child->usage) == child->pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

/* Reads until a line has "first" in it. */
static bool read_first(int fd)
{
	char text[4096];
	size_t len = 0;

	while (len + 1 < sizeof(text) && wait_readable(fd)) {
		ssize_t n = read(fd, text + len, sizeof(text) - 1 - len);

		if (n <= 0)
			break;
		len += (size_t)n;
		text[len] = '\0';
		if (strstr(text, "first"))
			return true;
	}
	return false;
}

/* The rest of a tracer's output: it must not wait for a reader when it ends. */
static void drain(int fd)
{
	char text[4096];

	while (read(fd, text, sizeof(text)) > 0)
		;
}

bool run_first(enum tracer tracer, const struct task *task, struct first_run *run)
{
	struct child workload = {0}, child = {0};
	int release, ready = -1, out[2];
	double start;
	bool ok;

	workload.pid = start_workload(1L << 40, &release);
	if (write(release, "\n", 1) != 1 || pipe2(out, O_CLOEXEC))
		return false;
	usleep(20000);
	start = now_ns();
	child.pid = start_tracer(tracer, task, workload.pid, out[1], &ready);
	close(out[1]);
	ok = read_first(out[0]);
	run->ms = (now_ns() - start) / 1e6;
	if (!ok)
		kill(child.pid, SIGKILL);
	drain(out[0]);
	ok = reap(&child, 0) && ok;
	run->cpu_ms = cpu_ns(&child.usage) / 1e6;
	run->rss_kib = child.usage.ru_maxrss;
	reap(&workload, SIGKILL);
	close(out[0]);
	close(ready);
	close(release);
	if (!ok)
		fprintf(stderr, "bench: %s did not see the first event\n", tracer_path(tracer));
	return ok;
}

static long count_lines(FILE *file)
{
	long lines = 0;
	int c;

	rewind(file);
	while ((c = getc_unlocked(file)) != EOF)
		lines += c == '\n';
	return lines;
}

bool run_load(enum tracer tracer, const struct task *task, long ncalls, struct load_run *run)
{
	struct child workload = {0}, child = {0};
	int release, ready = -1;
	FILE *out = tmpfile();
	double start;
	bool ok = true;

	if (!out)
		return false;
	workload.pid = start_workload(ncalls, &release);
	if (tracer != TRACER_COUNT_) {
		child.pid = start_tracer(tracer, task, workload.pid, fileno(out), &ready);
		ok = wait_ready(tracer, ready);
	}
	start = now_ns();
	ok = write(release, "\n", 1) == 1 && ok;
	ok = reap(&workload, 0) && ok;
	run->workload_ns = cpu_ns(&workload.usage);
	if (child.pid) {
		ok = reap(&child, SIGINT) && ok;
		run->tracer_ns = cpu_ns(&child.usage);
		close(ready);
	}
	run->elapsed_ns = now_ns() - start;
	run->lines = count_lines(out);
	fclose(out);
	close(release);
	if (!ok)
		fprintf(stderr, "bench: %s failed on: %s\n",
			tracer == TRACER_COUNT_ ? BENCH_WORKLOAD : tracer_path(tracer),
			task->script);
	return ok;
}

bool run_command(const char *const *argv, double *ms)
{
	double start = now_ns();
	struct child child = {.pid = fork()};
	bool ok;

	if (child.pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, STDOUT_FILENO);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	ok = reap(&child, 0);
	*ms = (now_ns() - start) / 1e6;
	return ok;
}
