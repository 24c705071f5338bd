/* What the programs send: each record of the ring buffer is rendered, or carried out. */
#include "runtime/internal.h"

#include "base/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000u
#define HANDLED_PER_TURN 8192u
#define UNHEEDED (64u << 10) /* bytes that are read before signals are looked for */

static uint64_t member_u64(const struct plan_event *event, uint32_t index, const char *payload)
{
	uint64_t value;

	memcpy(&value, payload + event->payload->record.fields[index].offset, sizeof(value));
	return value;
}

static void request_exit(struct run *run, int64_t code)
{
	run->result->exit_called = true;
	run->result->exit_code = (int)(code & 0xff);
	run->stopping = true;
}

static void print_time(struct run *run, const struct plan_event *event)
{
	time_t now = time(NULL);
	char text[512];
	struct tm parts;
	size_t len;

	localtime_r(&now, &parts);
	len = strftime(text, sizeof(text), event->format, &parts);
	output_text(run->output, TEXT_TIME, text, len);
}

/* Reads at most @limit bytes of a descriptor to its end, or until a signal asks to stop. */
static int read_all(int fd, size_t limit, struct strbuf *out)
{
	char buffer[4096];

	while (out->len < limit && (out->len < UNHEEDED || !wait_is_over())) {
		size_t want = limit - out->len < sizeof(buffer) ? limit - out->len : sizeof(buffer);
		ssize_t n = read(fd, buffer, want);

		if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
			if (!wait_for(fd, POLLIN))
				return 0;
			continue;
		}
		if (n <= 0)
			return n < 0 ? -errno : 0;
		strbuf_add(out, buffer, (size_t)n);
	}
	return 0;
}

static void print_file(struct run *run, const struct plan_event *event, const char *payload)
{
	struct strbuf path = STRBUF_INIT, content = STRBUF_INIT;
	int fd, error;

	output_format(run->output, event, payload, &path);
	fd = open(strbuf_str(&path), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	error = fd < 0 ? -errno : read_all(fd, run->plan->config.max_cat_bytes, &content);
	if (error) {
		run_error(run, "cat", "failed to %s file '%s' (%s)", fd < 0 ? "open" : "read",
			  strbuf_str(&path), strerror(-error));
	} else {
		output_text(run->output, TEXT_CAT, strbuf_str(&content), content.len);
	}
	if (fd >= 0)
		close(fd);
	strbuf_free(&path);
	strbuf_free(&content);
}

/* The shell's pid, its output and errors in one stream at *output; or a negative errno. */
static pid_t start_command(const char *command, int *output)
{
	int ends[2];
	sigset_t none;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid == 0) {
		/* So that all that it starts can be ended with it. A terminal ends them itself,
		 * and only lets the group read from it that it was given to. */
		if (!isatty(STDIN_FILENO))
			setpgid(0, 0);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		signal(SIGPIPE, SIG_DFL);
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (pid < 0)
		pid = -errno;
	close(ends[1]);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*output = ends[0];
	return pid;
}

/* A signal that asks to stop ends the command, too. */
static void run_command(struct run *run, const struct plan_event *event, const char *payload)
{
	struct strbuf command = STRBUF_INIT, output = STRBUF_INIT;
	int fd = -1, status = 0;
	pid_t pid;

	output_format(run->output, event, payload, &command);
	output_flush(run->output);
	run_pcap_flush(run); /* the command may read what was written */
	pid = start_command(strbuf_str(&command), &fd);
	if (pid > 0) {
		read_all(fd, SIZE_MAX, &output);
		status = child_wait(pid);
		output_text(run->output, TEXT_SYSTEM, strbuf_str(&output), output.len);
	}
	if (fd >= 0)
		close(fd);
	if (pid < 0)
		run_error(run, "system", "cannot start a process: %s (%s)", strerror(-pid),
			  strbuf_str(&command));
	else if (WIFSIGNALED(status))
		run_error(run, "system", "the command was killed by signal %d (%s)",
			  WTERMSIG(status), strbuf_str(&command));
	else if (WEXITSTATUS(status))
		run_error(run, "system", "the command exited with code %d (%s)",
			  WEXITSTATUS(status), strbuf_str(&command));
	strbuf_free(&command);
	strbuf_free(&output);
}

static void print_joined(struct run *run, const struct plan_event *event, const char *payload)
{
	const struct type_field *fields = event->payload->record.fields;
	uint64_t n = member_u64(event, 0, payload);
	struct strbuf text = STRBUF_INIT;

	for (uint32_t i = 1; i < event->payload->record.nfields && i <= n; i++) {
		const char *str = payload + fields[i].offset;

		if (i > 1)
			strbuf_adds(&text, event->format);
		strbuf_add(&text, str, strnlen(str, fields[i].type->size));
	}
	output_text(run->output, TEXT_JOIN, strbuf_str(&text), text.len);
	strbuf_free(&text);
}

/* (uint64 boot-time ns, uint32 length, buffer) */
static void write_packet(struct run *run, const struct plan_event *event, const char *payload)
{
	const struct type_field *fields = event->payload->record.fields;
	const char *buffer = payload + fields[2].offset;
	struct output_resolver resolver = symbols_resolver(run->symbols);
	struct run_packet packet = {
		.wall_ns =
			resolver.wall_ns(resolver.data, member_u64(event, 0, payload), CLOCK_BOOT),
		.snaplen = fields[2].type->text.capacity,
		.bytes = buffer + sizeof(packet.captured),
	};

	memcpy(&packet.length, payload + fields[1].offset, sizeof(packet.length));
	memcpy(&packet.captured, buffer, sizeof(packet.captured));
	if (packet.captured <= packet.snaplen)
		run_pcap_write(run, event->format, &packet);
}

/* A helper's usual failures (no room, no such key) may have a text of their own. */
static const char *error_text(const struct plan_event *event, int64_t code)
{
	if (event->kind != EVENT_HELPER_ERROR ||
	    (event->format && *event->format && (code == -E2BIG || code == -ENOENT)))
		return event->format ? event->format : "";
	return strerror((int)-code);
}

static void show_error(struct run *run, uint32_t index)
{
	const struct plan_event *event = &run->plan->events.data[index];
	struct run_warning *warning = &run->warnings[index];

	output_runtime_error(run->output, event, error_text(event, warning->code), event->helper,
			     warning->code, warning->held);
	warning->held = 0;
}

/* An update that a map refused: the map's counter has it too. */
static bool is_loss(const struct plan_event *event)
{
	return event->kind == EVENT_HELPER_ERROR && !event->only_with_k;
}

/* A warning at run time. What is lost is told at most once a second, with how often it was; all
 * else each time. */
static void report_error(struct run *run, uint32_t index, int64_t code)
{
	const struct plan_event *event = &run->plan->events.data[index];
	struct run_warning *warning = &run->warnings[index];
	struct timespec now;
	uint64_t ns;

	if (event->only_with_k && !run->options->warnings)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	ns = (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
	warning->held++;
	warning->code = code;
	if (is_loss(event) && warning->last_ns && ns - warning->last_ns < SECOND_NS)
		return;
	show_error(run, index);
	warning->last_ns = ns;
}

static void dispatch(struct run *run, uint32_t index, const char *payload)
{
	const struct plan_event *event = &run->plan->events.data[index];

	switch (event->kind) {
	case EVENT_PRINTF:
		output_printf(run->output, event, payload);
		break;
	case EVENT_ERRORF:
	case EVENT_WARNF:
		output_message(run->output, event, payload);
		break;
	case EVENT_PRINT_VALUE:
		output_value(run->output, event->payload->record.fields[0].type, payload);
		break;
	case EVENT_PRINT_MAP:
		run_map_print(run, event->map, member_u64(event, 0, payload),
			      member_u64(event, 1, payload));
		break;
	case EVENT_PRINT_MAP_VALUE:
		run_map_print_value(run, event->map, payload);
		break;
	case EVENT_CLEAR:
		run_map_clear(run, event->map);
		break;
	case EVENT_ZERO:
		run_map_zero(run, event->map);
		break;
	case EVENT_TIME:
		print_time(run, event);
		break;
	case EVENT_CAT:
		print_file(run, event, payload);
		break;
	case EVENT_SYSTEM:
		run_command(run, event, payload);
		break;
	case EVENT_JOIN:
		print_joined(run, event, payload);
		break;
	case EVENT_EXIT:
		request_exit(run, (int64_t)member_u64(event, 0, payload));
		break;
	case EVENT_ASSERT:
		output_runtime_error(run->output, event, event->format, NULL, 0, 1);
		run->result->assert_failed = true;
		run->stopping = true;
		break;
	case EVENT_UNWATCH:
		provider_links_unwatch(run->links, member_u64(event, 0, payload));
		break;
	case EVENT_SKBOUTPUT:
		write_packet(run, event, payload);
		break;
	case EVENT_RUNTIME_ERROR:
		report_error(run, index, 0);
		break;
	case EVENT_HELPER_ERROR:
		report_error(run, index, (int64_t)member_u64(event, 0, payload));
		break;
	}
}

int run_handle_record(void *data, void *record, size_t size)
{
	const struct plan_record *head = record;
	struct run *run = data;
	const struct plan_event *event;
	bool was_stopping = run->stopping;
	size_t payload_size;

	if (size < PLAN_PAYLOAD_OFFSET || head->event >= run->plan->events.len)
		return 0;
	event = &run->plan->events.data[head->event];
	payload_size = event->payload ? event->payload->size : 0;
	if (size - PLAN_PAYLOAD_OFFSET < payload_size)
		return 0;
	run->received[head->event]++;
	dispatch(run, head->event, (const char *)record + PLAN_PAYLOAD_OFFSET);
	/* A writer faster than this reader must not keep signals from being seen. What lies behind
	 * an exit() is shown when nothing is written any more. */
	if (++run->handled < HANDLED_PER_TURN && (was_stopping || !run->stopping))
		return 0;
	run->handled = 0;
	return -EAGAIN;
}

void run_flush_warnings(struct run *run)
{
	for (uint32_t i = 0; i < run->plan->events.len; i++)
		if (run->warnings[i].held && run->plan->events.data[i].kind != EVENT_ASSERT)
			show_error(run, i);
}
