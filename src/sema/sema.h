/*
 * Names, types and probes: turns a parsed script (imports and macros already expanded) into typed
 * programs and their plan.
 *
 * What holds of the result when no error was queued, so that codegen need not ask again:
 *
 *  - Every expression has a type. PARAM, PARAM_COUNT, IDENT, SIZEOF, OFFSETOF, TYPEINFO and
 * COMPTIME are gone, and so are calls of FN_FOLDS functions: folded to INT, BOOL or STRING literals
 * or to other nodes.
 *  - Arithmetic: both operands and the result have one type, int64 or uint64. Shifts: left and
 * result 64 bit; right any integer. Comparison: both operands have one type (64-bit integer, bool,
 * string, array, tuple, record), or both are pointers or a pointer and a 64-bit integer; the result
 * is bool. && || and !: operands are bool, integer or pointer, the result is bool. Pointer + -
 * integer: the left operand is the pointer, the right an int64 that codegen scales by the pointee's
 * size.
 *  - Every conversion is an EXPR_CAST (is_implicit where the script has none). Casts are between:
 * integers, bool, enum, pointer in any pair; count sum min max avg to integer (operand: a MAP;
 * reads all CPUs); string to another capacity; string to int8 array; integer and array of equal
 * size; tuple and record to one of the same shape with other member types.
 *  - Assigned values, arms of ?:, map keys (map.key) and payload members have exactly the type of
 * their place.
 *  - Where a struct, array, string or other large value is read from memory: FIELD, INDEX and
 * UNARY_DEREF of such type are the value, read from the object's address space (the type_space of
 * the pointer followed). An array or string of a map, variable or tuple is in script memory.
 *  - A map that is written by ++ -- or a compound assignment has 8-byte integer values.
 *  - Aggregates: STMT_ASSIGN with target MAP and value CALL of an FN_AGGREGATE function, whose
 * integer argument has been cast to int64 or uint64; hist bits etc. are in the map's type.
 *  - printf and its kin: call.args[0] is the format; the other arguments, uncast, have the members'
 * types of the event's payload.
 */
#ifndef SONDE_SEMA_SEMA_H
#define SONDE_SEMA_SEMA_H

#include "ast/ast.h"
#include "base/diag.h"
#include "program/program.h"
#include "provider/provider.h"
#include "types/cdefs.h"

/* A named parameter of the script. */
struct sema_named {
	const char *name;
	const char *otherwise; /* its default, as text: "10", "true" */
	const char *help; /* "" if there is none */
	bool is_bool; /* "--name" alone sets it */
};
typedef VEC(struct sema_named)
sema_named_vec;

struct sema_options {
	struct arena *arena;
	struct sources *sources;
	struct diags *diags;
	struct types *types;
	const struct provider_env *env;
	const char *const *params; /* positional */
	uint32_t nparams;
	const char *const *named; /* "name=value" or "name", for getopt() */
	uint32_t nnamed;
	sema_named_vec *asked; /* gets the script's named parameters, and "help" is then none that
				  is unknown; may be NULL */
	bool *bad_words; /* set if an error is the command line's: a bad named parameter or probe
			    filter; may be NULL */
	const struct plan_config
		*config; /* defaults, already changed by the environment; the script's block is
			    applied to a copy, except for what the environment set */
	const bool *config_fixed; /* by config_id: set by the environment */
	bool unsafe, warnings /* -k */, verbose, test_mode, bench_mode;
	bool check_only; /* --check: probes need not exist on this machine */
	const char *probe_filter; /* regular expression, or NULL */
	/*
	 * Parses the body of a macro of the C preamble (types_find_macro()) as one expression; NULL
	 * if it is not one. May itself be NULL: macros that are no numbers are then unknown names.
	 */
	struct expr *(*parse_macro)(void *data, const char *name, const struct types_macro *macro);
	void *parse_data;
};

/* NULL if errors were queued. The plan's strings and types live in the arena. */
struct plan *sema_check(const struct sema_options *options, struct script *script,
			struct ast_unit *unit);

/* One of a config variable's values from text ("8192", "warn"), for the environment; false with
 * *error (arena). */
bool sema_config_set(struct arena *arena, struct plan_config *config, const char *name,
		     const char *value, const char **error);

#endif
