/*
 * The symbols of one file, in order: libdwfl finds a symbol by looking at every one, which for each
 * of the thousands of addresses that a profile holds takes too long.
 */
#ifndef SONDE_RUNTIME_SYMTAB_H
#define SONDE_RUNTIME_SYMTAB_H

#include "base/arena.h"

#include <elfutils/libdwfl.h>
#include <stdint.h>

struct symtab;

/* Reads them all, of whichever table libdwfl has found. The names are the module's, which must
 * outlive this. */
struct symtab *symtab_new(struct arena *arena, Dwfl_Module *module);
/* The symbol at an address of libdwfl's, NULL if there is none; *within: bytes behind its start. */
const char *symtab_find(const struct symtab *symtab, uint64_t address, uint64_t *within);

#endif
