/*
 * A hash map from byte strings to pointers, in an arena. Keys are not copied: they must live as
 * long as the map. Iteration is in order of insertion, so that nothing depends on hash values.
 */
#ifndef SONDE_BASE_HASHMAP_H
#define SONDE_BASE_HASHMAP_H

#include "base/arena.h"

#include <stdbool.h>
#include <stdint.h>

struct hashmap_entry {
	const void *key;
	size_t key_len;
	uint64_t hash;
	void *value;
};

struct hashmap {
	struct arena *arena;
	struct hashmap_entry *entries; /* in order of insertion, @len of them */
	size_t len, cap;
	uint32_t *slots; /* index + 1 into entries, 0 is free */
	size_t nslots;
};

void hashmap_init(struct hashmap *map, struct arena *arena);
/* NULL when the key is absent (or when NULL was stored). */
void *hashmap_get(const struct hashmap *map, const void *key, size_t key_len);
/* Sets or replaces. */
void hashmap_set(struct hashmap *map, const void *key, size_t key_len, void *value);

void *hashmap_gets(const struct hashmap *map, const char *key);
void hashmap_sets(struct hashmap *map, const char *key, void *value);

#endif
