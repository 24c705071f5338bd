/*
 * Calls: what the files of functions share. What codegen finds in a checked call, beside arguments
 * of the prototype's kinds (functions that are not listed have nothing else):
 *
 *   printf errorf warnf cat system
 *                call.event; args[0] is the format, the others are the payload
 *   print        call.event, of kind PRINT_VALUE (args[0]), PRINT_MAP (args[1], args[2]: literals
 *                or missing) or PRINT_MAP_VALUE (args[0] a MAP with map.key, NULL for a scalar)
 *   clear zero time exit assert join unwatch skboutput
 *                call.event; join: args[0] a pointer to pointers or an array of them
 *   str buf      args[0] a pointer or a value in memory; args[1] only if the script gives a length;
 *                the result's type has the capacity
 *   path         args[0] a struct path * or the struct
 *   memcmp       args[0], args[1] pointers or values in memory; args[2] an INT
 *   strncmp      args[2] an INT
 *   macaddr      args[0] a pointer or 6 bytes in memory
 *   ntop         one argument: the address; two: family, address
 *   pton         data[0..1]: the address' bytes in memory order
 *   strftime     data[0]: index in the plan's strings, data[1]: enum type_clock; args[1] the number
 *   cgroup_path  data[0]: index in the plan's strings of the glob
 *   reg          data[0]: byte offset in struct pt_regs
 *   kaddr        args[0] a STRING: the symbol
 *   percpu_kaddr args[0] a STRING: the variable; the result points to its type
 *   uaddr        data[0]: the symbol's address in the file; if that is moved when it is loaded,
 *                args[1..]: an INT for each target, the address of its probe in the file
 *   container_of args[0] the pointer, args[1] a TYPE, args[2] an IDENT that names the member; the
 *                result is a T *
 *   signal signal_thread
 *                args[0] an integer
 *   delete       (@m, k): args[0] MAP, args[1] the key; (@m[k]): args[0] MAP with map.key; (@m): a
 *                scalar
 *   has_key find args[0] MAP, args[1] the key; find: args[2] VAR of the value's type, or of the
 *                number that an aggregate is read as
 *   len          args[0] MAP or a stack
 */
#ifndef SONDE_SEMA_FUNCTIONS_H
#define SONDE_SEMA_FUNCTIONS_H

#include "sema/internal.h"

extern sema_call_fn *const sema_call_hooks[FUNCTION_COUNT_];

/* --- prototype.c --- */
/* Checks number and kinds of the arguments by the row's prototype, and gives the call its result
 * type unless that is "*". */
/* A function of an imported C program; false if there is none of this name. */
bool sema_call_c(struct sema *sema, struct expr *call);
bool prototype_check(struct sema *sema, struct expr *call);

/* --- format.c --- */
/* The directives of args[0] against the other arguments, which are checked; the payload type is a
 * tuple of theirs, NULL for none. */
bool format_check(struct sema *sema, struct expr *call, const struct type **payload);

/* --- builtins.c --- */
/* `args` as a value to be printed becomes a record of its members. */
void sema_spell_args(struct sema *sema, struct expr **at);

/* --- shared by hooks (functions.c) --- */
/* Argument @i, an integer literal; reports a negative one. */
bool call_literal(struct sema *sema, const struct expr *call, size_t i, uint64_t *value);
const struct type *call_tuple(struct sema *sema, const struct type *const *types, uint32_t n);
/* Whether the call has an argument number @i. */
bool call_has(const struct expr *call, size_t i);
/* An address that came as a number becomes a pointer to bytes, where the probe's pointers point. */
void call_take_pointer(struct sema *sema, struct expr **arg);
/* Whether the probe provides this (PROVIDES_*); reports if not. */
bool call_needs(struct sema *sema, const struct expr *call, uint32_t provides, const char *probes);
bool call_needs_context(struct sema *sema, const struct expr *call, enum provider_context context,
			const char *probes);
/* Whether argument @i is a pointer to the kernel's struct @name; reports if not. */
bool call_points_to(struct sema *sema, const struct expr *call, size_t i, const char *name);

/* A hook of a function whose prototype says all there is to check. */
#define PLAIN_CALL(id)                                                                             \
	void sema_call_##id(struct sema *sema, struct expr **call)                                 \
	{                                                                                          \
		(void)sema;                                                                        \
		(void)call;                                                                        \
	}

#define FUNCTION(id, ...) sema_call_fn sema_call_##id;
#include "lang/functions.def"
#undef FUNCTION

#endif
