/*
 * twin NAME PID: user side of the hand-written twins. Loads and attaches the program NAME of
 * twin.bpf.o for the process PID, writes a newline to descriptor 3 once attached, renders events
 * until the first one (first, first_typed) or SIGINT, and prints nothing else: reading a few
 * numbers back takes no time worth measuring.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct event {
	unsigned int pid, tid;
};

static volatile sig_atomic_t stopped;

static void stop(int sig)
{
	(void)sig;
	stopped = 1;
}

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN ? vfprintf(stderr, format, args) : 0;
}

static int render(void *data, void *record, size_t size)
{
	const struct event *event = record;
	bool only_one = *(bool *)data;

	(void)size;
	if (stopped && only_one)
		return 0;
	if (only_one) {
		printf("first %u\n", event->pid);
		stopped = 1;
	} else {
		printf("%u %u\n", event->pid, event->tid);
	}
	return 0;
}

/* The program @name alone, for the process @pid; NULL after a message. */
static struct bpf_object *load(const char *name, unsigned int pid)
{
	struct bpf_object *object = bpf_object__open_file(TWIN_OBJECT, NULL);
	struct bpf_program *program;
	struct bpf_map *map;
	unsigned int *target;
	size_t size;

	if (!object)
		return NULL;
	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, !strcmp(bpf_program__name(program), name));
	map = bpf_object__find_map_by_name(object, ".rodata");
	target = map ? (unsigned int *)bpf_map__initial_value(map, &size) : NULL;
	if (!target)
		return NULL;
	*target = pid;
	return bpf_object__load(object) ? NULL : object;
}

int main(int argc, char **argv)
{
	struct bpf_object *object;
	struct bpf_program *program;
	struct ring_buffer *ring;
	bool only_one;

	if (argc != 3)
		return 2;
	signal(SIGINT, stop);
	libbpf_set_print(quiet);
	only_one = !strncmp(argv[1], "first", 5);
	if (!only_one)
		setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	object = load(argv[1], (unsigned int)atoi(argv[2]));
	program = object ? bpf_object__find_program_by_name(object, argv[1]) : NULL;
	if (!program || !bpf_program__attach(program)) {
		fprintf(stderr, "twin: cannot attach %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	if (write(3, "\n", 1) < 0)
		signal(SIGPIPE, SIG_IGN);
	ring = ring_buffer__new(bpf_object__find_map_fd_by_name(object, "events"), render,
				&only_one, NULL);
	while (ring && !stopped)
		ring_buffer__poll(ring, 100);
	if (!only_one)
		ring_buffer__consume(ring);
	return fflush(stdout) ? 1 : 0;
}
