/* Region allocation: a list of blocks, each twice as large as the one before up to a limit. */
#include "base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BLOCK (16u << 10)
#define LARGEST_BLOCK (1u << 20)
#define ALIGNMENT 16u

struct block {
	struct block *next;
	size_t used, size;
	_Alignas(ALIGNMENT) char data[];
};

struct arena {
	struct block *head;
	size_t next_size;
};

static void *checked_calloc(size_t size)
{
	void *memory = calloc(1, size);

	if (!memory) {
		fputs("sonde: out of memory\n", stderr);
		abort();
	}
	return memory;
}

struct arena *arena_new(void)
{
	struct arena *arena = checked_calloc(sizeof(*arena));

	arena->next_size = FIRST_BLOCK;
	return arena;
}

void arena_free(struct arena *arena)
{
	struct block *next;

	if (!arena)
		return;
	for (struct block *block = arena->head; block; block = next) {
		next = block->next;
		free(block);
	}
	free(arena);
}

static struct block *add_block(struct arena *arena, size_t size)
{
	struct block *block = checked_calloc(sizeof(*block) + size);

	block->size = size;
	block->next = arena->head;
	arena->head = block;
	return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct block *block = arena->head;
	void *memory;

	size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (!block || block->size - block->used < size) {
		block = add_block(arena, size > arena->next_size ? size : arena->next_size);
		if (arena->next_size < LARGEST_BLOCK)
			arena->next_size *= 2;
	}
	memory = block->data + block->used;
	block->used += size;
	return memory;
}

void *arena_memdup(struct arena *arena, const void *data, size_t size)
{
	void *copy = arena_alloc(arena, size);

	if (size)
		memcpy(copy, data, size);
	return copy;
}

char *arena_strndup(struct arena *arena, const char *str, size_t len)
{
	char *copy;

	len = strnlen(str, len);
	copy = arena_alloc(arena, len + 1);
	memcpy(copy, str, len);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *str)
{
	return arena_strndup(arena, str, strlen(str));
}

char *arena_vprintf(struct arena *arena, const char *fmt, va_list args)
{
	va_list again;
	char *str;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len < 0)
		return arena_strdup(arena, "");
	str = arena_alloc(arena, (size_t)len + 1);
	vsnprintf(str, (size_t)len + 1, fmt, args);
	return str;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list args;
	char *str;

	va_start(args, fmt);
	str = arena_vprintf(arena, fmt, args);
	va_end(args);
	return str;
}
