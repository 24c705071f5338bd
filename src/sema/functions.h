/*
 * Calls: what the files of functions share. What codegen finds in a checked call, beside arguments
 * of the prototype's kinds:
 *
 *   printf errorf warnf cat system   call.event; args[0] the format
 *   print        call.event, of kind PRINT_VALUE (args[0]), PRINT_MAP or PRINT_MAP_VALUE (args[0] a
 * MAP with map.key) clear zero time exit assert join unwatch skboutput   call.event str args[1]
 * only if the script gives a length buf          args[1] only if given; the type has the capacity
 *   delete       (@m, k): args[0] MAP, args[1] the key; (@m[k]): args[0] MAP with map.key; (@m): a
 * scalar has_key find args[0] MAP, args[1] the key; find: args[2] VAR of the value's type strftime
 * data[0] index in the plan's strings, data[1] enum type_clock; args[1] the number cgroup_path
 * data[0] index in the plan's strings of the glob pton         data[0..1] the address' bytes in
 * memory order reg          data[0] byte offset in struct pt_regs uaddr        data[0] the symbol's
 * virtual address, data[1] 1 for a position-independent file signal*      args[0] an integer
 *   container_of args[0] the pointer, args[1] an IDENT that names the member; the result is a T *
 *   ntop         one argument: the address; two: family, address
 */
#ifndef SONDE_SEMA_FUNCTIONS_H
#define SONDE_SEMA_FUNCTIONS_H

#include "sema/internal.h"

extern sema_call_fn *const sema_call_hooks[FUNCTION_COUNT_];

/* --- prototype.c --- */
/* Checks number and kinds of the arguments by the row's prototype, and gives the call its result
 * type unless that is "*". */
bool prototype_check(struct sema *sema, struct expr *call);

/* --- format.c --- */
/* The directives of args[0] against the other arguments, which are checked; the payload type is a
 * tuple of theirs, NULL for none. */
bool format_check(struct sema *sema, struct expr *call, const struct type **payload);

/* --- shared by hooks --- */
/* Argument @i as an integer known at compile time; reports if it is none or negative. */
bool call_literal(struct sema *sema, const struct expr *call, size_t i, uint64_t *value);
const struct type *call_tuple(struct sema *sema, const struct type *const *types, uint32_t n);
/* Whether the call has an argument number @i. */
bool call_has(const struct expr *call, size_t i);

#define FUNCTION(id, ...) sema_call_fn sema_call_##id;
#include "lang/functions.def"
#undef FUNCTION

#endif
