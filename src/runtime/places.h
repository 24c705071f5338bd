/*
 * Where the code at an address was written: file and line, and the functions that the compiler
 * inlined there, from the DWARF of its file or of the separate debug file that libdwfl finds.
 */
#ifndef SONDE_RUNTIME_PLACES_H
#define SONDE_RUNTIME_PLACES_H

#include "base/arena.h"

#include <elfutils/libdwfl.h>
#include <stdint.h>

struct place {
	const char *function; /* as linkers know it, mangled; NULL: that of the symbol */
	const char *file; /* NULL: not known, nor is the line */
	int line;
};

struct places;

/* Reads no more than is asked for. The module must outlive this. */
struct places *places_new(struct arena *arena, Dwfl_Module *module);
/*
 * The places of an address of libdwfl's: first the innermost function that was inlined there, last
 * the one that holds them all, each with the line that it has come to. *n is 0 if there is no debug
 * info. They live as long as the arena.
 */
const struct place *places_find(struct places *places, uint64_t address, size_t *n);

#endif
