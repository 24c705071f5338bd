/* One run, top to bottom: load, begin, attach, poll, detach, end, drain, maps, accounts. */
#include "runtime/internal.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

/* How often it is looked at what processes map: files are there as long as they live. */
#define FOLLOW_MS 50
#define POLL_MS 1000 /* how often losses are looked at when nothing else happens */

void run_error(const struct run *run, const char *tag, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = arena_vprintf(run->arena, fmt, args);
	va_end(args);
	if (run->output)
		output_flush(run->output);
	diag_say(run->options->err, run->options->style, DIAG_ERROR, tag, "%s", text);
}

static bool start_target(struct run *run)
{
	const struct runtime_options *options = run->options;
	const char *error = "";
	pid_t pid = options->pid;

	run->target_fd = -1;
	if (options->child_argv) {
		run->child = pid = child_start(run->arena, options->child_argv, &error);
		if (!pid) {
			run_error(run, "child", "%s", error);
			run->result->status = RUNTIME_CHILD_FAILED;
			return false;
		}
	}
	if (!pid)
		return true;
	run->target_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (run->target_fd < 0) {
		run_error(run, "pid", "cannot trace process %d: %s", (int)pid,
			  errno == ESRCH ? "there is no such process" : strerror(errno));
		run->result->status = RUNTIME_CHILD_FAILED;
		return false;
	}
	symbols_note_process(run->symbols, pid);
	return true;
}

static bool start(struct run *run)
{
	const struct runtime_options *options = run->options;
	const char *error = "";
	struct output_resolver resolver;

	run->plan = runtime_read_plan(run->arena, options->env->types, options->object,
				      options->object_size, &error);
	if (!run->plan) {
		run_error(run, "bad-object", "%s", error);
		run->result->status = RUNTIME_BAD_OBJECT;
		return false;
	}
	if (!run->plan->progs.len) {
		run->result->status = RUNTIME_NO_PROBES;
		return false;
	}
	run->received = arena_new_array(run->arena, uint64_t, run->plan->events.len);
	run->warnings = arena_new_array(run->arena, struct run_warning, run->plan->events.len);
	run->attached = arena_new_array(run->arena, uint32_t, run->plan->progs.len);
	run->symbols = symbols_new(run->plan, options->env);
	resolver = symbols_resolver(run->symbols);
	run->output = output_new(options->format, run->plan, options->out, options->err,
				 options->style, &resolver);
	run->links = provider_links_new();
	symbols_start(run->symbols, (unsigned)sysconf(_SC_NPROCESSORS_CONF));
	if (!start_target(run) || !run_load(run))
		return false;
	symbols_set_stacks(run->symbols, run->stacks_fds);
	return true;
}

static void finish(struct run *run)
{
	if (run->child) {
		run->result->child_status = child_end(run->child);
		run->child = 0;
	}
	provider_links_free(run->links);
	run_unload(run);
	run_pcap_close(run);
	if (run->target_fd >= 0)
		close(run->target_fd);
	output_free(run->output);
	symbols_free(run->symbols);
}

/* Renders what lies in the ring buffer; returns when it is empty, or now and then for others to be
 * served. */
static void drain_some(struct run *run)
{
	if (run->ring)
		ring_buffer__consume(run->ring);
	if (run->state->exiting && !run->result->exit_called) {
		/* The event itself was lost. */
		run->result->exit_called = true;
		run->result->exit_code = (int)(run->state->exit_code & 0xff);
		run->stopping = true;
	}
	if (!run->options->full_buffering) {
		output_flush(run->output);
		run_pcap_flush(run);
	}
	if (output_error(run->output))
		run->stopping = true;
}

void run_drain(struct run *run)
{
	/* A negative number is a turn's end, zero an empty buffer. */
	while (run->ring && ring_buffer__consume(run->ring))
		;
	drain_some(run);
}

static void announce(struct run *run, uint64_t attached)
{
	const struct runtime_options *options = run->options;

	if (!options->quiet)
		output_attached(run->output, attached);
	output_flush(run->output);
	if (options->notify) {
		fputs("__BPFTRACE_NOTIFY_PROBES_ATTACHED\n", options->notify);
		fflush(options->notify);
	}
	fflush(options->out);
	if (options->ready_fd >= 0 && write(options->ready_fd, "\n", 1) < 0)
		diag_say(options->err, options->style, DIAG_WARNING, "ready-fd",
			 "cannot write to descriptor %d: %s", options->ready_fd, strerror(errno));
	notify_service_manager();
}

/* All targets of all programs; those that an early exit() kept from being attached count too. */
static uint64_t count_probes(const struct run *run, bool were_attached)
{
	uint64_t n = 0;

	for (size_t i = 0; i < run->plan->progs.len; i++) {
		const struct plan_prog *prog = &run->plan->progs.data[i];
		const struct provider *provider = provider_find(prog->provider);
		bool special = provider && provider->flags & PROVIDER_SPECIAL;

		n += special || !were_attached ? prog->targets.len : run->attached[i];
	}
	return n;
}

void run_handle_signals(struct run *run)
{
	struct signalfd_siginfo info;

	while (read(run->options->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGINT || info.ssi_signo == SIGTERM)
			run->stopping = true;
		else if (info.ssi_signo == SIGUSR1)
			run_special(run, "self", "SIGUSR1");
	}
}

static void watch(int epoll, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (fd >= 0)
		epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void handle_ready(struct run *run, int fd)
{
	if (fd == run->options->signal_fd) {
		run_handle_signals(run);
	} else if (fd == run->iterate_fd) {
		run->stopping = true;
	} else if (fd == run->target_fd) {
		run->result->child_ended = run->child != 0;
		run->stopping = true;
	}
}

static void poll_events(struct run *run)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event ready[8];
	int timeout = run->ring ? POLL_MS : -1;

	if (symbols_fd(run->symbols) >= 0)
		timeout = FOLLOW_MS;
	if (epoll < 0) {
		run_error(run, "poll", "cannot wait for events: %s", strerror(errno));
		run->result->status = RUNTIME_ATTACH_FAILED;
		return;
	}
	watch(epoll, run->options->signal_fd);
	watch(epoll, run->target_fd);
	watch(epoll, run->iterate_fd);
	watch(epoll, symbols_fd(run->symbols));
	if (run->ring)
		watch(epoll, ring_buffer__epoll_fd(run->ring));
	while (!run->stopping) {
		int n = epoll_wait(epoll, ready, 8, timeout);

		for (int i = 0; i < n; i++)
			handle_ready(run, ready[i].data.fd);
		symbols_follow(run->symbols);
		drain_some(run);
		run_report_losses(run);
	}
	close(epoll);
}

/* A reader that has seen enough is no failure; a full disk is. */
static void report_output_error(struct run *run)
{
	int error = output_error(run->output);

	if (!error || error == -EPIPE)
		return;
	run_error(run, "output", "cannot write the output: %s", strerror(-error));
	run->result->status = RUNTIME_OUTPUT_FAILED;
}

/* Shows everything that was gathered. Nothing fires any more. */
static void conclude(struct run *run)
{
	run_special(run, "end", NULL);
	run_drain(run);
	run_flush_warnings(run);
	output_end(run->output);
	if (run->plan->config.print_maps_on_exit)
		run_print_all_maps(run);
	run_account(run);
	output_flush(run->output);
	report_output_error(run);
}

/* --test and --bench attach nothing. */
static void test(struct run *run)
{
	run_drain(run);
	if (run->options->test_or_bench == 't')
		run_tests(run);
	else
		run_benches(run);
	run_special(run, "end", NULL);
	run_drain(run);
	output_flush(run->output);
	report_output_error(run);
}

static void trace(struct run *run)
{
	if (run->options->dry_run) {
		run_attach(run);
		return;
	}
	if (!run_special(run, "begin", NULL))
		return;
	/* What begin printed stands in the ring buffer until it is known how many probes there are.
	 */
	run->stopping = run->state->exiting;
	if (run->options->test_or_bench) {
		test(run);
		return;
	}
	if (!run->stopping && !run_attach(run))
		return;
	announce(run, count_probes(run, !run->stopping));
	symbols_note_all(run->symbols);
	run_drop_privileges();
	if (run->child)
		child_resume(run->child);
	if (provider_links_pin(run->links)) {
		fprintf(run->options->out, "Program pinned to %s\n",
			provider_links_pin(run->links));
		run->stopping = true;
	}
	if (!run->stopping)
		run->iterate_fd = provider_links_iterate(run->links, &run->state->exiting);
	if (!run->stopping && run_can_fire(run))
		poll_events(run);
	symbols_note_kernel(run->symbols);
	provider_links_disable(run->links);
	conclude(run);
}

void runtime_run(const struct runtime_options *options, struct runtime_result *result)
{
	struct run run = {
		.options = options,
		.result = result,
		.arena = options->arena,
		.target_fd = -1,
		.iterate_fd = -1,
		.counters_fd = -1,
	};

	*result = (struct runtime_result){.status = RUNTIME_OK};
	if (start(&run))
		trace(&run);
	finish(&run);
}
