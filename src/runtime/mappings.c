/*
 * Follows which processes map which files, while they live: the kernel's own records of mmap(2),
 * fork(2) and exit(2), through perf's side-band events. So a process that ran for a millisecond and
 * is gone can still be named.
 */
#include "runtime/symbols.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#define RING_PAGES 64u /* a power of two */

struct ring {
	int fd;
	struct perf_event_mmap_page *page; /* followed by the data */
	uint64_t head, tail; /* of what is being taken out */
	const struct perf_event_header *next; /* NULL: nothing is left */
	uint64_t time_ns; /* of @next */
	_Alignas(8) char wrapped[UINT16_MAX + 1]; /* @next, if it goes around the ring's end */
};

struct mappings {
	struct processes *processes;
	struct ring *rings;
	unsigned n;
	int epoll;
	size_t data_size;
};

/* include/uapi/linux/perf_event.h, PERF_RECORD_MMAP2 */
struct mmap2_record {
	struct perf_event_header header;
	uint32_t pid, tid;
	uint64_t address, length, file_offset;
	uint32_t major, minor;
	uint64_t inode, generation;
	uint32_t protection, flags;
	char path[];
};

struct task_record { /* PERF_RECORD_FORK, _EXIT */
	struct perf_event_header header;
	uint32_t pid, parent, tid, parent_tid;
};

static bool open_ring(struct mappings *mappings, struct ring *ring, int cpu)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_DUMMY,
		.mmap = 1,
		.mmap2 = 1,
		.task = 1,
		/* Each record has its time at its end, by the clock of bpf_ktime_get_ns(). */
		.sample_id_all = 1,
		.sample_type = PERF_SAMPLE_TIME,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
		.watermark = 1,
		.wakeup_watermark = (uint32_t)(mappings->data_size / 4),
	};
	struct epoll_event event = {.events = EPOLLIN};

	ring->fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	if (ring->fd < 0)
		return false;
	ring->page = mmap(NULL, mappings->data_size + (size_t)sysconf(_SC_PAGESIZE),
			  PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
	if (ring->page == MAP_FAILED) {
		close(ring->fd);
		return false;
	}
	epoll_ctl(mappings->epoll, EPOLL_CTL_ADD, ring->fd, &event);
	return true;
}

struct mappings *mappings_new(struct processes *processes, unsigned ncpus)
{
	struct mappings *mappings = calloc(1, sizeof(*mappings));

	if (!mappings)
		abort();
	mappings->processes = processes;
	mappings->data_size = RING_PAGES * (size_t)sysconf(_SC_PAGESIZE);
	mappings->epoll = epoll_create1(EPOLL_CLOEXEC);
	mappings->rings = calloc(ncpus, sizeof(*mappings->rings));
	for (unsigned cpu = 0; mappings->rings && cpu < ncpus; cpu++)
		if (open_ring(mappings, &mappings->rings[mappings->n], (int)cpu))
			mappings->n++;
	return mappings;
}

void mappings_free(struct mappings *mappings)
{
	if (!mappings)
		return;
	for (unsigned i = 0; i < mappings->n; i++) {
		munmap(mappings->rings[i].page,
		       mappings->data_size + (size_t)sysconf(_SC_PAGESIZE));
		close(mappings->rings[i].fd);
	}
	close(mappings->epoll);
	free(mappings->rings);
	free(mappings);
}

int mappings_fd(const struct mappings *mappings)
{
	return mappings->epoll;
}

static void handle(struct mappings *mappings, const struct perf_event_header *header,
		   uint64_t time_ns)
{
	const struct mmap2_record *map = (const void *)header;
	const struct task_record *task = (const void *)header;

	switch (header->type) {
	case PERF_RECORD_MMAP2:
		if (map->path[0] == '/' && map->path[1] != '/')
			processes_map(mappings->processes, (pid_t)map->pid,
				      &(struct mapping){
					      .start = map->address,
					      .end = map->address + map->length,
					      .file_offset = map->file_offset,
					      .device = makedev(map->major, map->minor),
					      .inode = map->inode,
					      .path = map->path,
					      .since_ns = time_ns,
				      });
		break;
	case PERF_RECORD_FORK:
		if (task->pid != task->parent)
			processes_fork(mappings->processes, (pid_t)task->parent, (pid_t)task->pid,
				       time_ns);
		break;
	case PERF_RECORD_EXIT:
		if (task->pid == task->tid)
			processes_end(mappings->processes, (pid_t)task->pid, time_ns);
		break;
	default:
		break;
	}
}

/* Where the record at a position stands, or is put together if it goes around the ring's end. */
static const struct perf_event_header *record_at(struct ring *ring, size_t size, uint64_t position)
{
	const char *data = (const char *)ring->page + sysconf(_SC_PAGESIZE);
	size_t at = position & (size - 1), first = size - at;
	struct perf_event_header header;

	for (size_t i = 0; i < sizeof(header); i++)
		((char *)&header)[i] = data[(at + i) & (size - 1)];
	if (header.size <= first)
		return (const void *)(data + at);
	memcpy(ring->wrapped, data + at, first);
	memcpy(ring->wrapped + first, data, header.size - first);
	return (const void *)ring->wrapped;
}

static void find_next(const struct mappings *mappings, struct ring *ring)
{
	ring->next = NULL;
	if (ring->tail >= ring->head)
		return;
	ring->next = record_at(ring, mappings->data_size, ring->tail);
	if (ring->next->size < sizeof(*ring->next) + sizeof(ring->time_ns)) {
		ring->next = NULL;
		ring->tail = ring->head;
		return;
	}
	ring->time_ns = *(const uint64_t *)((const char *)ring->next + ring->next->size -
					    sizeof(ring->time_ns));
	ring->tail += ring->next->size;
}

static struct ring *find_oldest(const struct mappings *mappings)
{
	struct ring *oldest = NULL;

	for (unsigned i = 0; i < mappings->n; i++) {
		struct ring *ring = &mappings->rings[i];

		if (ring->next && (!oldest || ring->time_ns < oldest->time_ns))
			oldest = ring;
	}
	return oldest;
}

/* In the order of time, as far as all CPUs' records are there. */
void mappings_follow(struct mappings *mappings)
{
	struct ring *ring;

	for (unsigned i = 0; i < mappings->n; i++) {
		ring = &mappings->rings[i];
		ring->head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
		ring->tail = ring->page->data_tail;
		find_next(mappings, ring);
	}
	while ((ring = find_oldest(mappings))) {
		handle(mappings, ring->next, ring->time_ns);
		find_next(mappings, ring);
	}
	for (unsigned i = 0; i < mappings->n; i++)
		__atomic_store_n(&mappings->rings[i].page->data_tail, mappings->rings[i].tail,
				 __ATOMIC_RELEASE);
}
