/* Attached things with one owner: perf events with their BPF links, other links. */
#include "provider/internal.h"

#include <bpf/libbpf.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PERF_EVENTS_FEW 16 /* that are closed while one waits */
#define CLOSERS 64 /* threads, which do nothing but wait */

struct link_entry {
	struct bpf_link *link; /* or */
	int fd;
	bool is_perf, is_iterator, is_watch;
	uint64_t address; /* that is watched, or of the semaphore */
	pid_t semaphore; /* whose memory it is in, or 0 */
};

struct missed {
	uint32_t prog_id;
	uint64_t n;
};

struct provider_links {
	struct link_entry *entries;
	size_t n, cap;
	struct iteration *iteration; /* or NULL */
	const char *pin; /* where an iterator was left, or NULL */
	struct missed *missed; /* by program, once all is stopped */
	size_t nmissed;
};

struct provider_links *provider_links_new(void)
{
	struct provider_links *links = calloc(1, sizeof(*links));

	if (!links)
		abort();
	return links;
}

static void add(struct provider_links *links, struct link_entry entry)
{
	if (links->n == links->cap) {
		links->cap = links->cap ? links->cap * 2 : 64;
		links->entries = realloc(links->entries, links->cap * sizeof(*links->entries));
		if (!links->entries)
			abort();
	}
	links->entries[links->n++] = entry;
}

void provider_links_add_link(struct provider_links *links, struct bpf_link *link)
{
	add(links, (struct link_entry){.link = link, .fd = -1});
}

void provider_links_add_fd(struct provider_links *links, int fd)
{
	add(links, (struct link_entry){.fd = fd});
}

void provider_links_add_perf(struct provider_links *links, int fd)
{
	add(links, (struct link_entry){.fd = fd, .is_perf = true});
}

void provider_links_add_iterator(struct provider_links *links, int fd)
{
	add(links, (struct link_entry){.fd = fd, .is_iterator = true});
}

void provider_links_add_semaphore(struct provider_links *links, pid_t pid, uint64_t address)
{
	add(links, (struct link_entry){.fd = -1, .semaphore = pid, .address = address});
}

void provider_links_add_pin(struct provider_links *links, const char *path)
{
	links->pin = path;
}

const char *provider_links_pin(const struct provider_links *links)
{
	return links->pin;
}

int provider_links_iterate(struct provider_links *links, const uint64_t *stop)
{
	int *fds = calloc(links->n + 1, sizeof(*fds));
	size_t n = 0;

	if (!fds)
		abort();
	for (size_t i = 0; i < links->n; i++)
		if (links->entries[i].is_iterator)
			fds[n++] = links->entries[i].fd;
	if (n)
		links->iteration = iteration_start(fds, n, stop);
	free(fds);
	return links->iteration ? iteration_fd(links->iteration) : -1;
}

size_t provider_links_count(const struct provider_links *links)
{
	return links->n;
}

struct closing {
	int *fds;
	size_t n, next;
};

static void *close_some(void *data)
{
	struct closing *closing = data;
	size_t i;

	while ((i = __atomic_fetch_add(&closing->next, 1, __ATOMIC_RELAXED)) < closing->n)
		close(closing->fds[i]);
	return NULL;
}

/* Where a program is taken off its event the kernel waits for all CPUs; many such waits are no
 * longer than one. */
static void close_all(int *fds, size_t n)
{
	struct closing closing = {fds, n, 0};
	pthread_t threads[CLOSERS];
	size_t started = 0;

	while (started < CLOSERS && started + 1 < n &&
	       !pthread_create(&threads[started], NULL, close_some, &closing))
		started++;
	close_some(&closing);
	while (started)
		pthread_join(threads[--started], NULL);
}

static void release_semaphore(struct link_entry *entry)
{
	if (entry->semaphore)
		semaphore_count(entry->semaphore, entry->address, -1);
	entry->semaphore = 0;
}

static void add_missed(struct provider_links *links, uint32_t prog_id, uint64_t n)
{
	size_t i = 0;

	while (i < links->nmissed && links->missed[i].prog_id != prog_id)
		i++;
	if (i == links->nmissed) {
		links->missed =
			realloc(links->missed, (links->nmissed + 1) * sizeof(*links->missed));
		if (!links->missed)
			abort();
		links->missed[links->nmissed++] = (struct missed){.prog_id = prog_id};
	}
	links->missed[i].n += n;
}

/* The kernel knows until the link is closed. */
static void note_missed(struct provider_links *links, int fd)
{
	uint32_t prog_id;
	uint64_t n;

	if (link_missed(fd, &prog_id, &n) && n)
		add_missed(links, prog_id, n);
}

uint64_t provider_links_missed(const struct provider_links *links, uint32_t prog_id)
{
	for (size_t i = 0; i < links->nmissed; i++)
		if (links->missed[i].prog_id == prog_id)
			return links->missed[i].n;
	return 0;
}

/* An event's program runs for tracepoints and probes even while the event is disabled, until its
 * link is closed. */
void provider_links_disable(struct provider_links *links)
{
	int *fds = calloc(links->n + 1, sizeof(*fds));
	size_t n = 0;

	if (!fds)
		abort();
	iteration_end(links->iteration);
	links->iteration = NULL;
	for (size_t i = 0; i < links->n; i++)
		if (links->entries[i].is_perf && links->entries[i].fd >= 0)
			ioctl(links->entries[i].fd, PERF_EVENT_IOC_DISABLE, 0);
	for (size_t i = 0; i < links->n; i++) {
		struct link_entry *entry = &links->entries[i];

		release_semaphore(entry);
		bpf_link__destroy(entry->link);
		entry->link = NULL;
		if (entry->is_perf || entry->fd < 0)
			continue;
		note_missed(links, entry->fd);
		fds[n++] = entry->fd;
		entry->fd = -1;
	}
	close_all(fds, n);
	free(fds);
}

static void close_entry(struct link_entry *entry)
{
	release_semaphore(entry);
	bpf_link__destroy(entry->link);
	entry->link = NULL;
	if (entry->fd >= 0)
		close(entry->fd);
	entry->fd = -1;
}

void provider_links_watch(struct provider_links *links, size_t count, uint64_t address)
{
	for (size_t i = count; i < links->n; i++) {
		links->entries[i].is_watch = true;
		links->entries[i].address = address;
	}
}

void provider_links_unwatch(struct provider_links *links, uint64_t address)
{
	for (size_t i = 0; i < links->n; i++)
		if (links->entries[i].is_watch && links->entries[i].address == address)
			close_entry(&links->entries[i]);
}

void provider_links_cut(struct provider_links *links, size_t count)
{
	while (links->n > count)
		close_entry(&links->entries[--links->n]);
}

static int compare_fds(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/*
 * Where the kernel lets go of a tracepoint's or probe's event it waits for all CPUs, 20 ms and more
 * for each. Of many a process of its own takes care, which has nothing else open and ends when they
 * are closed; nobody needs to wait for it, since their programs are gone.
 */
static void leave_behind(const struct provider_links *links)
{
	int *fds = calloc(links->n + 1, sizeof(*fds));
	size_t n = 0;
	unsigned from = 0;
	pid_t pid;

	for (size_t i = 0; fds && i < links->n; i++)
		if (links->entries[i].is_perf && links->entries[i].fd >= 0)
			fds[n++] = links->entries[i].fd;
	pid = n > PERF_EVENTS_FEW ? fork() : -1;
	if (!pid) {
		setsid();
		qsort(fds, n, sizeof(*fds), compare_fds);
		for (size_t i = 0; i < n; i++) {
			if ((unsigned)fds[i] > from)
				close_range(from, (unsigned)fds[i] - 1, 0);
			from = (unsigned)fds[i] + 1;
		}
		close_range(from, ~0u, 0);
		_exit(0);
	}
	free(fds);
}

void provider_links_free(struct provider_links *links)
{
	if (!links)
		return;
	iteration_end(links->iteration);
	provider_links_disable(links);
	leave_behind(links);
	provider_links_cut(links, 0);
	free(links->missed);
	free(links->entries);
	free(links);
}
