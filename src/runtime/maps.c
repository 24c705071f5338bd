/* The script's maps as the kernel holds them: read whole, merge per-CPU values, clear, zero. */
#include "runtime/internal.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 256u

/* A map read to user space. Values are merged: one of the plan's type for each key. */
struct snapshot {
	char *keys, *values;
	size_t n, cap;
	bool is_unset; /* a scalar that was never assigned */
};

static void snapshot_free(struct snapshot *snapshot)
{
	free(snapshot->keys);
	free(snapshot->values);
}

static bool is_per_cpu(const struct run_map *map)
{
	switch (map->plan->kind) {
	case MAP_KIND_PERCPU_HASH:
	case MAP_KIND_LRU_PERCPU_HASH:
	case MAP_KIND_PERCPU_ARRAY:
		return true;
	case MAP_KIND_HASH:
	case MAP_KIND_LRU_HASH:
	case MAP_KIND_ARRAY:
		return false;
	}
	return false;
}

/* Bytes that one look-up gives: of one value, or of one for each CPU. */
static size_t raw_size(const struct run *run, const struct run_map *map)
{
	return (size_t)map->value_size * (is_per_cpu(map) ? run->ncpus : 1);
}

static void merge(const struct run *run, const struct run_map *map, const char *raw, char *value)
{
	if (map->plan->value->is_per_cpu)
		output_merge(map->plan->value, raw, map->value_size, run->ncpus, value);
	else
		memcpy(value, raw, map->plan->value->size);
}

static void *checked_realloc(void *memory, size_t size)
{
	memory = realloc(memory, size ? size : 1);
	if (!memory)
		abort();
	return memory;
}

static void snapshot_add(const struct run *run, const struct run_map *map,
			 struct snapshot *snapshot, const char *key, const char *raw)
{
	size_t value_size = map->plan->value->size;

	if (snapshot->n == snapshot->cap) {
		snapshot->cap = snapshot->cap ? snapshot->cap * 2 : 64;
		snapshot->keys = checked_realloc(snapshot->keys, snapshot->cap * map->key_size);
		snapshot->values = checked_realloc(snapshot->values, snapshot->cap * value_size);
	}
	memcpy(snapshot->keys + snapshot->n * map->key_size, key, map->key_size);
	merge(run, map, raw, snapshot->values + snapshot->n * value_size);
	snapshot->n++;
}

/* One key after another: for kernels and kinds without batches. */
static void read_one_by_one(const struct run *run, const struct run_map *map,
			    struct snapshot *snapshot)
{
	char *key = checked_realloc(NULL, map->key_size), *raw;
	const char *previous = NULL;

	raw = checked_realloc(NULL, raw_size(run, map));
	while (!bpf_map_get_next_key(map->fd, previous, key)) {
		if (!bpf_map_lookup_elem(map->fd, key, raw))
			snapshot_add(run, map, snapshot, key, raw);
		previous = key;
	}
	free(key);
	free(raw);
}

static void read_hash(const struct run *run, const struct run_map *map, struct snapshot *snapshot)
{
	size_t size = raw_size(run, map);
	uint32_t capacity = BATCH, cursor;
	char *keys = NULL, *raws = NULL;
	const void *from = NULL;
	int error;

	do {
		uint32_t n = capacity;

		keys = checked_realloc(keys, (size_t)capacity * map->key_size);
		raws = checked_realloc(raws, capacity * size);
		error = bpf_map_lookup_batch(map->fd, (void *)(uintptr_t)from, &cursor, keys, raws,
					     &n, NULL);
		if (error == -ENOSPC) {
			/* One bucket holds more than the batch. */
			capacity *= 2;
			continue;
		}
		if (error && error != -ENOENT)
			break;
		for (uint32_t i = 0; i < n; i++)
			snapshot_add(run, map, snapshot, keys + (size_t)i * map->key_size,
				     raws + i * size);
		from = &cursor;
	} while (error != -ENOENT);
	free(keys);
	free(raws);
	if (error != -ENOENT && !snapshot->n)
		read_one_by_one(run, map, snapshot);
}

/* The "set" word of a scalar, on any CPU. */
static bool is_set(const struct run *run, const struct run_map *map, const char *raw)
{
	unsigned ncpus = is_per_cpu(map) ? run->ncpus : 1;
	uint64_t set;

	for (unsigned cpu = 0; cpu < ncpus; cpu++) {
		memcpy(&set, raw + (size_t)cpu * map->value_size + plan_map_set_offset(map->plan),
		       sizeof(set));
		if (set)
			return true;
	}
	return false;
}

/* Reads a scalar; false if it was never assigned (its zero is read all the same). */
static bool read_scalar(const struct run *run, const struct run_map *map, struct snapshot *snapshot)
{
	char *raw = checked_realloc(NULL, raw_size(run, map));
	uint32_t zero = 0;
	bool set = false;

	memset(raw, 0, raw_size(run, map));
	if (!bpf_map_lookup_elem(map->fd, &zero, raw))
		set = is_set(run, map, raw);
	snapshot_add(run, map, snapshot, (const char *)&zero, raw);
	snapshot->is_unset = !set;
	free(raw);
	return set;
}

static void print_snapshot(struct run *run, const struct run_map *map,
			   const struct snapshot *snapshot, uint64_t top, uint64_t div)
{
	bool scalar = plan_map_is_scalar(map->plan);
	struct output_entry *entries = checked_realloc(NULL, snapshot->n * sizeof(*entries));

	for (size_t i = 0; i < snapshot->n; i++) {
		entries[i].key = scalar ? NULL : snapshot->keys + i * map->key_size;
		entries[i].value = snapshot->values + i * map->plan->value->size;
		entries[i].is_unset = snapshot->is_unset;
	}
	output_map(run->output, map->plan, entries, snapshot->n, top, div);
	run->handled += snapshot->n;
	free(entries);
}

void run_map_print(struct run *run, uint32_t index, uint64_t top, uint64_t div)
{
	const struct run_map *map = &run->maps[index];
	struct snapshot snapshot = {0};

	if (plan_map_is_scalar(map->plan))
		read_scalar(run, map, &snapshot);
	else
		read_hash(run, map, &snapshot);
	print_snapshot(run, map, &snapshot, top, div);
	snapshot_free(&snapshot);
}

void run_map_print_value(struct run *run, uint32_t index, const void *key)
{
	const struct run_map *map = &run->maps[index];
	char *raw = checked_realloc(NULL, raw_size(run, map));
	char *value = checked_realloc(NULL, map->plan->value->size);
	uint32_t zero = 0;

	memset(raw, 0, raw_size(run, map));
	if (bpf_map_lookup_elem(map->fd, plan_map_is_scalar(map->plan) ? &zero : key, raw))
		memset(raw, 0, raw_size(run, map));
	merge(run, map, raw, value);
	output_value(run->output, map->plan->value, value);
	free(raw);
	free(value);
}

static int compare_names(const void *a, const void *b)
{
	const struct run_map *const *left = a, *const *right = b;

	return strcmp((*left)->plan->name, (*right)->plan->name);
}

void run_print_all_maps(struct run *run)
{
	size_t n = run->plan->maps.len;
	const struct run_map **sorted = arena_new_array(run->arena, const struct run_map *, n);

	for (size_t i = 0; i < n; i++)
		sorted[i] = &run->maps[i];
	qsort(sorted, n, sizeof(*sorted), compare_names);
	for (size_t i = 0; i < n; i++) {
		const struct run_map *map = sorted[i];
		struct snapshot snapshot = {0};

		if (!plan_map_is_scalar(map->plan))
			read_hash(run, map, &snapshot);
		else if (!read_scalar(run, map, &snapshot))
			snapshot.n = 0;
		/* In JSON the statistics maps show even when they are empty. */
		if (snapshot.n || map->plan->value->kind == TYPE_AVG ||
		    map->plan->value->kind == TYPE_STATS)
			print_snapshot(run, map, &snapshot, 0, 0);
		snapshot_free(&snapshot);
	}
}

/* Sets every value to zero bytes, or removes it. */
static void wipe_hash(const struct run *run, const struct run_map *map, bool remove)
{
	struct snapshot snapshot = {0};
	char *zeros = checked_realloc(NULL, raw_size(run, map));

	memset(zeros, 0, raw_size(run, map));
	read_hash(run, map, &snapshot);
	for (size_t i = 0; i < snapshot.n; i++) {
		const char *key = snapshot.keys + i * map->key_size;

		if (remove)
			bpf_map_delete_elem(map->fd, key);
		else
			bpf_map_update_elem(map->fd, key, zeros, BPF_EXIST);
	}
	free(zeros);
	snapshot_free(&snapshot);
}

static void wipe_scalar(const struct run *run, const struct run_map *map, bool keep_set)
{
	char *raw = checked_realloc(NULL, raw_size(run, map));
	uint32_t key = 0;
	uint64_t set = 1;
	bool was_set;

	memset(raw, 0, raw_size(run, map));
	was_set = !bpf_map_lookup_elem(map->fd, &key, raw) && is_set(run, map, raw);
	memset(raw, 0, raw_size(run, map));
	if (keep_set && was_set)
		memcpy(raw + plan_map_set_offset(map->plan), &set, sizeof(set));
	bpf_map_update_elem(map->fd, &key, raw, BPF_ANY);
	free(raw);
}

void run_map_clear(struct run *run, uint32_t index)
{
	const struct run_map *map = &run->maps[index];

	if (plan_map_is_scalar(map->plan))
		wipe_scalar(run, map, false);
	else
		wipe_hash(run, map, true);
}

void run_map_zero(struct run *run, uint32_t index)
{
	const struct run_map *map = &run->maps[index];

	if (plan_map_is_scalar(map->plan))
		wipe_scalar(run, map, true);
	else
		wipe_hash(run, map, false);
}
