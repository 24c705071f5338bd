/*
 * Growable arrays that live in an arena. A field or variable is declared with VEC(T); its members
 * `data` and `len` may be read freely. Growing moves the data, so do not keep pointers to elements
 * across a push.
 */
#ifndef SONDE_BASE_VEC_H
#define SONDE_BASE_VEC_H

#include "base/arena.h"

#include <string.h>

#define VEC(T)                                                                                     \
	struct {                                                                                   \
		T *data;                                                                           \
		size_t len;                                                                        \
		size_t cap;                                                                        \
	}

/* Appends @value; evaluates to the index of the new element. */
#define vec_push(arena, vec, value)                                                                \
	(vec_grow((arena), (void **)&(vec)->data, sizeof(*(vec)->data), (vec)->len, &(vec)->cap),  \
	 (vec)->data[(vec)->len] = (value), (vec)->len++)

#define vec_last(vec) ((vec)->data[(vec)->len - 1])

static inline void vec_grow(struct arena *arena, void **data, size_t size, size_t len, size_t *cap)
{
	void *grown;

	if (len < *cap)
		return;
	*cap = *cap ? *cap * 2 : 8;
	grown = arena_alloc(arena, *cap * size);
	if (len)
		memcpy(grown, *data, len * size);
	*data = grown;
}

#endif
