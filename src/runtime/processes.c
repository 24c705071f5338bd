/*
 * Which files are mapped where in which process. A process that has ended is remembered, since its
 * stacks may be printed later; but only so many, or a machine on which processes come and go would
 * fill its memory.
 */
#include "runtime/symbols.h"

#include "base/arena.h"
#include "base/hashmap.h"
#include "provider/provider.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>

#define MOST_ENDED 16384u /* remembered; a shell's command takes about a KiB */
#define SECOND_NS 1000000000u
#define MOST_BEFORE 8 /* histories in a row; those of more generations are copied */

/*
 * What was mapped, one after the other; later mappings hide what they overlap. That of a forked
 * process goes on from what its parent had then, which both share.
 */
struct history {
	unsigned users;
	struct mapping *mappings;
	size_t n, room;
	struct history *before; /* NULL, or whose first @nbefore go before these */
	size_t nbefore;
	unsigned depth; /* histories before this */
};

struct process {
	pid_t tgid, parent; /* parent: 0 if it is not known */
	struct history *history; /* NULL: nothing is known */
	uint64_t forked_ns, ended_ns; /* 0: unknown, not yet */
	uint64_t ended; /* counts the ends of processes; 0: it has not ended */
	size_t nended; /* mappings of the history at its end: further ones may be a new process' */
};

struct end {
	struct process *process;
	uint64_t ended; /* it may live, and have ended, again since */
};

struct processes {
	struct arena *arena;
	struct hashmap by_tgid; /* pid_t -> struct process */
	struct hashmap paths; /* path -> itself */
	struct end ends[MOST_ENDED]; /* a ring, by `ended` */
	uint64_t nended;
	mapping_fn tell; /* or NULL */
	void *data;
};

/* --- histories --- */

static struct history *history_new(void)
{
	struct history *history = calloc(1, sizeof(*history));

	if (!history)
		abort();
	history->users = 1;
	return history;
}

static void history_release(struct history *history)
{
	while (history && !--history->users) {
		struct history *before = history->before;

		free(history->mappings);
		free(history);
		history = before;
	}
}

static void history_add(struct history *history, const struct mapping *mapping)
{
	if (history->n == history->room) {
		history->room = history->room ? history->room * 2 : 8;
		history->mappings =
			realloc(history->mappings, history->room * sizeof(*history->mappings));
		if (!history->mappings)
			abort();
	}
	history->mappings[history->n++] = *mapping;
}

static void history_copy(struct history *to, const struct history *from, size_t n)
{
	if (from->before)
		history_copy(to, from->before, from->nbefore);
	for (size_t i = 0; i < n; i++)
		history_add(to, &from->mappings[i]);
}

/* One that goes on from another. */
static struct history *history_after(struct history *before)
{
	struct history *history = history_new();

	if (before->depth >= MOST_BEFORE) {
		history_copy(history, before, before->n);
		return history;
	}
	/* Of one that has added nothing it is not known either. */
	history->nbefore = before->n ? before->n : before->nbefore;
	history->before = before->n ? before : before->before;
	if (history->before) {
		history->before->users++;
		history->depth = history->before->depth + 1;
	}
	return history;
}

/* The last mapping until a time that overlaps an address range, or the first one after it; NULL if
 * none overlaps it. */
static const struct mapping *history_find(const struct history *history, uint64_t start,
					  uint64_t end, uint64_t time_ns)
{
	size_t n = history ? history->n : 0;
	const struct mapping *found = NULL;

	while (history) {
		while (n--) {
			const struct mapping *mapping = &history->mappings[n];

			if (mapping->start >= end || start >= mapping->end)
				continue;
			found = mapping;
			if (mapping->since_ns <= time_ns)
				return found;
		}
		n = history->nbefore;
		history = history->before;
	}
	return found;
}

/* --- processes --- */

struct processes *processes_new(void)
{
	struct processes *processes = calloc(1, sizeof(*processes));

	if (!processes)
		abort();
	processes->arena = arena_new();
	hashmap_init(&processes->by_tgid, processes->arena);
	hashmap_init(&processes->paths, processes->arena);
	return processes;
}

void processes_free(struct processes *processes)
{
	for (size_t i = 0; i < processes->by_tgid.len; i++) {
		struct process *process = processes->by_tgid.entries[i].value;

		history_release(process->history);
	}
	arena_free(processes->arena);
	free(processes);
}

void processes_tell(struct processes *processes, mapping_fn fn, void *data)
{
	processes->tell = fn;
	processes->data = data;
}

static struct process *find_process(const struct processes *processes, pid_t tgid)
{
	return hashmap_get(&processes->by_tgid, &tgid, sizeof(tgid));
}

static struct process *get_process(struct processes *processes, pid_t tgid)
{
	struct process *process = find_process(processes, tgid);

	if (process)
		return process;
	process = arena_new_object(processes->arena, struct process);
	process->tgid = tgid;
	hashmap_set(&processes->by_tgid, &process->tgid, sizeof(tgid), process);
	return process;
}

/* Paths are many times the same: one copy of each. */
static const char *shared_path(struct processes *processes, const char *path)
{
	char *copy = hashmap_gets(&processes->paths, path);

	if (copy)
		return copy;
	copy = arena_strdup(processes->arena, path);
	hashmap_sets(&processes->paths, copy, copy);
	return copy;
}

static bool is_same(const struct mapping *a, const struct mapping *b)
{
	return a->start == b->start && a->end == b->end && a->file_offset == b->file_offset &&
	       a->inode == b->inode && !strcmp(a->path, b->path);
}

void processes_map(struct processes *processes, pid_t tgid, const struct mapping *mapping)
{
	struct process *process = get_process(processes, tgid);
	const struct mapping *known =
		history_find(process->history, mapping->start, mapping->end, UINT64_MAX);
	struct mapping copy = *mapping;

	/* What stands further down was hidden: then it has come back. */
	if (known && is_same(known, mapping))
		return;
	copy.path = shared_path(processes, mapping->path);
	if (!process->history)
		process->history = history_new();
	history_add(process->history, &copy);
	if (processes->tell)
		processes->tell(processes->data, tgid, &copy);
}

void processes_fork(struct processes *processes, pid_t parent, pid_t child, uint64_t time_ns)
{
	struct process *from = find_process(processes, parent), *to;
	struct history *own, *history;
	bool is_another;

	/* A parent that nobody noted: its child is looked at instead. */
	to = get_process(processes, child);
	to->parent = parent;
	if (!from || !from->history) {
		processes_note(processes, child);
		return;
	}
	own = to->history;
	history = history_after(from->history);
	/* The child's own mappings, and its end, may have been told first, by another CPU: they
	 * hide the parent's. Those that a process of the same number had are no longer its. */
	is_another = to->ended && to->ended_ns <= time_ns;
	for (size_t i = is_another ? to->nended : 0; own && i < own->n; i++)
		history_add(history, &own->mappings[i]);
	history_release(own);
	to->history = history;
	to->forked_ns = time_ns;
	if (is_another)
		to->ended = 0;
}

void processes_end(struct processes *processes, pid_t tgid, uint64_t time_ns)
{
	struct process *process = find_process(processes, tgid);
	struct end *end = &processes->ends[processes->nended % MOST_ENDED];

	/* The end of one that had the number before may be told late. */
	if (!process || process->ended || time_ns < process->forked_ns)
		return;
	/* The one that ended longest ago is forgotten. */
	if (end->process && end->process->ended == end->ended) {
		history_release(end->process->history);
		end->process->history = NULL;
		end->process->ended = 0;
	}
	process->ended = ++processes->nended;
	process->ended_ns = time_ns;
	process->nended = process->history ? process->history->n : 0;
	*end = (struct end){process, process->ended};
}

pid_t processes_parent(const struct processes *processes, pid_t tgid)
{
	const struct process *process = find_process(processes, tgid);

	return process ? process->parent : 0;
}

const struct mapping *processes_find(const struct processes *processes, pid_t tgid,
				     uint64_t address, uint64_t time_ns)
{
	const struct process *process = find_process(processes, tgid);

	return process ? history_find(process->history, address, address + 1, time_ns) : NULL;
}

/* --- /proc --- */

void processes_note(struct processes *processes, pid_t tgid)
{
	char path[64], line[4352];
	struct timespec now;
	FILE *maps;

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)provider_thread(tgid));
	maps = fopen(path, "re");
	while (maps && fgets(line, sizeof(line), maps)) {
		struct mapping mapping = {
			.since_ns = (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec,
		};
		unsigned major, minor;
		char permissions[5];
		int name = 0;

		if (sscanf(line, "%lx-%lx %4s %lx %x:%x %lu %n", &mapping.start, &mapping.end,
			   permissions, &mapping.file_offset, &major, &minor, &mapping.inode,
			   &name) < 7 ||
		    !name || permissions[2] != 'x')
			continue;
		line[strcspn(line, "\n")] = '\0';
		mapping.path = line + name;
		mapping.device = makedev(major, minor);
		if (mapping.path[0] == '/' || !strcmp(mapping.path, MAPPING_VDSO))
			processes_map(processes, tgid, &mapping);
	}
	if (maps)
		fclose(maps);
}
