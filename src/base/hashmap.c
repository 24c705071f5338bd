/* Open addressing over an array of entries kept in order of insertion. */
#include "base/hashmap.h"

#include <string.h>

/* FNV-1a, 64 bit. */
static uint64_t hash_bytes(const void *data, size_t len)
{
	const unsigned char *byte = data;
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ byte[i]) * 0x100000001b3u;
	return hash ^ (hash >> 32);
}

void hashmap_init(struct hashmap *map, struct arena *arena)
{
	*map = (struct hashmap){.arena = arena};
}

static uint32_t *find_slot(const struct hashmap *map, const void *key, size_t key_len,
			   uint64_t hash)
{
	size_t i = hash & (map->nslots - 1);

	for (; map->slots[i]; i = (i + 1) & (map->nslots - 1)) {
		const struct hashmap_entry *entry = &map->entries[map->slots[i] - 1];

		if (entry->hash == hash && entry->key_len == key_len &&
		    !memcmp(entry->key, key, key_len))
			break;
	}
	return &map->slots[i];
}

static void grow(struct hashmap *map)
{
	size_t cap = map->cap ? map->cap * 2 : 16;
	struct hashmap_entry *entries = arena_new_array(map->arena, struct hashmap_entry, cap);

	if (map->len)
		memcpy(entries, map->entries, map->len * sizeof(*entries));
	map->entries = entries;
	map->cap = cap;
	map->nslots = cap * 2;
	map->slots = arena_new_array(map->arena, uint32_t, map->nslots);
	for (size_t i = 0; i < map->len; i++)
		*find_slot(map, entries[i].key, entries[i].key_len, entries[i].hash) =
			(uint32_t)i + 1;
}

void *hashmap_get(const struct hashmap *map, const void *key, size_t key_len)
{
	uint32_t index;

	if (!map->len)
		return NULL;
	index = *find_slot(map, key, key_len, hash_bytes(key, key_len));
	return index ? map->entries[index - 1].value : NULL;
}

void hashmap_set(struct hashmap *map, const void *key, size_t key_len, void *value)
{
	uint64_t hash = hash_bytes(key, key_len);
	uint32_t *slot;

	if (map->len == map->cap)
		grow(map);
	slot = find_slot(map, key, key_len, hash);
	if (!*slot) {
		map->entries[map->len] = (struct hashmap_entry){key, key_len, hash, NULL};
		*slot = (uint32_t)++map->len;
	}
	map->entries[*slot - 1].value = value;
}

void *hashmap_gets(const struct hashmap *map, const char *key)
{
	return hashmap_get(map, key, strlen(key));
}

void hashmap_sets(struct hashmap *map, const char *key, void *value)
{
	hashmap_set(map, key, strlen(key), value);
}
