/*
 * How this room works.
 *
 * sema_check() (sema.c) reads the config block, declares maps, turns attach points into instances
 * (attach.c: one body to be checked for each, see struct sema_instance), and then checks all bodies
 * in ROUNDS. In each round every body is cloned afresh from the parsed tree, and checked and
 * annotated by the same code, with conversions inserted; the plan's events, strings and stacks are
 * empty at its start, so whoever needs an event simply makes one. What lives on from round to round
 * is only what was learned: the types of variables (struct sema_variable) and of maps (struct
 * sema_map). Rounds go on, with diagnostics muted, until one learns nothing new (@changed stays
 * false); then
 * @final is set and one more round makes the tree, the plan and the diagnostics that stay. So a
 * hook never asks in which round it runs, and may write what it likes into the tree.
 *
 * A type may be unknown: of a map or variable that no round has met a value for yet, or because of
 * an error that has already been reported. Such an expression has the type sema->unknown (kind
 * TYPE_NONE); test with sema_is_known() and, if it is not known, do nothing and report nothing:
 * give your result its type if that does not depend on the unknown one, else sema->unknown.
 *
 * Every error goes through sema_error(), which adds the "expanded from" note of instances.
 *
 * Who does what
 *   sema.c      sema_check(): the passes, the rounds
 *   config.c    the config block, sema_config_set()
 *   attach.c    attach points to targets to instances; limits and filters
 *   infer.c     what is learned of a variable or map: joins over all assignments
 *   scope.c     variables
 *   map.c       maps: keys, values, references
 *   stmt.c      statements
 *   expr.c      sema_expr(): dispatch; names, tuples, records, ?:, blocks
 *   arith.c     unary, binary, ++ --
 *   access.c    . -> [] * &
 *   cast.c      written and inserted conversions, conditions
 *   typename.c  struct type_expr to type
 *   plan.c      events and places while bodies are checked
 *   size.c      how much memory values take
 *   banks.c     how many maps a program uses
 *   finish.c    the plan's remaining fields
 *   functions*.c, format.c  calls: sema_call(), a hook for each row of functions.def, directives
 *   builtins.c  sema_builtin(), a hook for each row of builtins.def
 *   fold.c      what is known at compile time: literals, sizeof, typeinfo, comptime, $1
 *   number.c    numbers that come as text
 */
#ifndef SONDE_SEMA_INTERNAL_H
#define SONDE_SEMA_INTERNAL_H

#include "base/hashmap.h"
#include "lang/lang.h"
#include "sema/sema.h"
#include "types/btf.h"

#include <string.h>

/* What is learned of a type from the values that go to one place. */
struct infer {
	const struct type *type; /* NULL: nothing is known */
	/* Integers: the join of what is not a literal (NULL: only literals), and the literals'
	 * range */
	const struct type *base;
	uint64_t most; /* largest literal */
	uint64_t least; /* magnitude of the most negative literal */
	bool has_literal;
	bool is_mixed; /* pointers: into different spaces */
	bool is_wide; /* written by ++ or +=: 8 bytes */
	const struct type *shape; /* tuple or record: kind, number and names of the members */
	struct infer *members; /* one for each */
};

struct sema_variable {
	struct variable *variable; /* what the tree points to; the same in all rounds */
	struct infer infer;
	struct sema_variable *next; /* that a macro has put in the same place */
	uint32_t round; /* in which it was met last */
	bool has_value; /* somewhere assigned */
	bool is_circular; /* it is made only of itself */
};

struct sema_scope {
	struct sema_scope *outer;
	VEC(struct sema_variable *)
	variables;
	struct hashmap names; /* the same by their names */
};

struct sema_map {
	const char *name; /* without "@" */
	uint32_t index; /* in sema->maps, and in the plan's */
	struct infer key, value;
	struct span first_use; /* where it was met first */
	struct span first_value; /* where it was given its first value */
	struct span first_key; /* where it was used with or without a key first */
	bool shape_known, is_scalar;
	bool is_assigned; /* something writes it */
	bool is_left_out; /* a probe that is left out writes it */
	bool is_circular; /* it is made only of itself */
	enum type_clock clock; /* as of a variable */
	const struct map_decl *decl;
	uint32_t updaters; /* programs that update it: 0, 1, 2 for more */
	uint32_t last_updater; /* index + 1 */
	bool preemptible; /* one of them can be preempted */
};

/* A named parameter that the script asks for by getopt(). */
struct sema_option {
	struct sema_named named;
	struct span span; /* of the call */
};

/* One body to be checked, and the targets whose programs share it. */
struct sema_instance {
	const struct probe *probe;
	const struct attach_point *point; /* the first one that led to it */
	const struct provider *provider;
	struct provider_signature signature;
	VEC(struct plan_target)
	targets;
	bool is_multi;
	bool is_expanded; /* of one or several attach points that stand for more */
	VEC(struct sema_variable *)
	variables; /* learned; all rounds */
	struct hashmap places; /* the first variable of each place in the script, by its offset */
	struct ast_program *program; /* of this round */
};

/* A macro of the preamble that is being read, and the one in whose body it stands. */
struct sema_c_macro {
	const char *name, *body;
	uint32_t depth;
	const struct sema_c_macro *outer;
};

struct sema {
	const struct sema_options *options;
	struct arena *arena;
	struct types *types;
	struct diags *diags;
	struct script *script;
	struct ast_unit *unit;
	struct plan *plan; /* plan->config is the configuration in force */

	VEC(struct sema_instance *)
	instances;
	VEC(struct sema_map *)
	maps;
	struct hashmap map_names;
	VEC(struct sema_option)
	named; /* what getopt() asks for */

	uint32_t round;
	bool changed; /* this round learned something */
	bool final;
	const struct type *unknown;

	/* the body being checked */
	struct sema_instance *instance;
	const struct provider *provider; /* instance->provider */
	const struct provider_signature *signature; /* &instance->signature */
	uint32_t prog; /* index in the plan's programs: &plan->progs.data[prog] */
	struct sema_scope *scope;
	const struct expansion *expansion; /* the script's macro whose body we are in, or NULL */
	uint32_t c_macros; /* of the preamble, put in since the round began */
	const struct sema_c_macro *c_macro; /* the preamble's macro whose body we are in, or NULL */
	uint32_t loop_depth; /* for, while and unroll around us */
	uint32_t call_depth; /* for and while, whose bodies become functions */
	uint32_t calls_within; /* what struct block will have as calls */
	uint32_t unrolled; /* copies beside the first of what is checked, by unroll() around it */
	bool in_predicate;
	bool aggregate_ok; /* the call being checked is the value assigned to a map; sema_call()
			      takes it down before it checks the arguments */
	bool dead; /* code is checked whose value is never used (sizeof, typeof): events, reads and
		      writes do not count */
};

static inline bool sema_is_known(const struct sema *sema, const struct expr *expr)
{
	return expr->type && expr->type != sema->unknown;
}

/* --- diagnostics (sema.c) --- */
struct diag *sema_error(struct sema *sema, const char *tag, struct span span, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Queued in the final round only. */
struct diag *sema_warning(struct sema *sema, const char *tag, struct span span, const char *fmt,
			  ...) __attribute__((format(printf, 4, 5)));
/* For messages: a long name has "..." in its middle. */
const char *sema_short_name(struct sema *sema, const char *name);
/* A variable's name as it is written: without the macro that it is one of. */
const char *sema_written_name(struct sema *sema, const char *name);
/* Says why @type has no field of that name, or which it has; false if nothing helps. */
bool sema_hint_field(struct sema *sema, struct diag *diag, const struct type *type,
		     const char *name);
const char *sema_type_name(struct sema *sema, const struct type *type);

/* --- expressions: each checks and annotates *expr, and may replace the node (expr.c) --- */
/* Any kind; a map of an aggregate stays one (printf, print). */
void sema_expr(struct sema *sema, struct expr **expr);
/* A string that is for the compiler and the runtime only, as formats are: of any length. */
void sema_literal_text(struct sema *sema, struct expr *literal);
/*
 * The same where a value is needed: castable aggregates are read (cast to int64 or uint64), other
 * aggregates and values of no type are errors. This is what arguments go through unless said
 * otherwise.
 */
void sema_value(struct sema *sema, struct expr **expr);
/* The second half of sema_value(), for what sema_expr() has been through. */
void sema_read(struct sema *sema, struct expr **expr);
/* A condition: integer, bool or pointer; anything else is reported ("Invalid condition: string").
 */
void sema_condition(struct sema *sema, struct expr **expr);
/* Checks a block in a scope of its own; its tail is a value (sema_expr()). */
void sema_block(struct sema *sema, struct block *block);
/* The same, the tail being one more statement. */
void sema_nested_block(struct sema *sema, struct block *block);
/* What is being checked loops in a function of its own, as the bodies of loops are: only so many
 * may be in one another (stmt.c). */
void sema_needs_function(struct sema *sema, struct span span);
/* A typed node. */
struct expr *sema_new(struct sema *sema, enum expr_kind kind, struct span span,
		      const struct type *type);
/* Literals, typed as literals are: the smallest signed type; is_literal is set. */
struct expr *sema_int(struct sema *sema, struct span span, uint64_t magnitude, bool is_negative);
struct expr *sema_bool(struct sema *sema, struct span span, bool value);
struct expr *sema_string(struct sema *sema, struct span span, const char *data, size_t len);

/* --- conversions (cast.c) --- */
/*
 * Makes *expr of exactly @type by an implicit cast, if it is not already; literals change their
 * type without a cast, tuple and record expressions member by member. No question is asked: the
 * caller knows that the conversion is one of those in sema.h.
 */
void sema_cast_to(struct sema *sema, struct expr **expr, const struct type *type);
/* A flexible array in a process' or the kernel's memory becomes its address: it says no length. */
void sema_decay_flexible(struct sema *sema, struct expr **expr);
/* The same of a value that meets others, which may have made the type a signed one: -v warns. */
void sema_join_to(struct sema *sema, struct expr **expr, const struct type *type);
/* int64 or uint64 by its own signedness; for integers, enums, bools, pointers, castable aggregates.
 */
void sema_cast_to_64(struct sema *sema, struct expr **expr);
/* A pointer type @to made of a value of type @from: it points into the same space. Others: @to. */
const struct type *sema_keep_space(struct sema *sema, const struct type *to,
				   const struct type *from);
/* Whether a literal that becomes an enum is one of its values; else that is reported. Others may be
 * any number. */
bool sema_check_enum(struct sema *sema, const struct expr *value, const struct type *to);
/* Whether it is an integer (enums included), without bool: what arithmetic takes. */
bool sema_is_number(const struct sema *sema, const struct type *type);

/* --- types (typename.c) --- */
/* Where a type is missing because none of the kernel's are known. */
void sema_hint_no_btf(const struct sema *sema, struct diag *diag);
/* sema->unknown, after an error, if it cannot be resolved. @init: the value that sizes a bare
 * "string" or "[]", or NULL. */
const struct type *sema_type(struct sema *sema, struct type_expr *type, const struct expr *init);
/* A name that stands for a type. */
struct type_expr *sema_named_type(struct sema *sema, const struct expr *ident);
/* The type of an expression that is not carried out; *expr is checked as by sema_expr(), with
 * @dead. It may also be a type itself. */
const struct type *sema_type_of(struct sema *sema, struct expr **expr);
/* The operand of sizeof, typeof, typeinfo, offsetof: @type, or *expr if @type is NULL. */
const struct type *sema_query_type(struct sema *sema, struct type_expr *type, struct expr **expr);
/* Where a pointer of unknown origin points, by the probe: user for uprobes, else kernel. */
enum type_space sema_space(const struct sema *sema);
/* Where a number points that is taken for an address. */
enum type_space sema_number_space(const struct sema *sema);
/* The space that reading through the pointer uses: never SPACE_UNKNOWN. */
enum type_space sema_ptr_space(const struct sema *sema, const struct type *ptr);
/* The space that an object is read from; SPACE_UNKNOWN if it is the script's own memory. */
enum type_space sema_object_space(struct sema *sema, const struct expr *object);
const struct type *sema_int64(struct sema *sema);
const struct type *sema_uint64(struct sema *sema);

/* --- variables (scope.c) --- */
void scope_push(struct sema *sema);
void scope_pop(struct sema *sema);
struct sema_variable *scope_find(struct sema *sema, const char *name); /* NULL: none is visible */
struct sema_variable *scope_declare(struct sema *sema, const char *name, struct span span);
/* Whether the name is taken; then it was reported. */
bool scope_redeclares(struct sema *sema, const char *name, struct span span);
/* The variable of a VAR, which is annotated; reports an unknown one (NULL). */
struct sema_variable *scope_use(struct sema *sema, struct expr *var);
/* The type of a declaration. */
void scope_fix(struct sema *sema, struct sema_variable *variable, const struct type *type);
/* Takes the type from variable->infer. */
void scope_learned(struct sema *sema, struct sema_variable *variable);
/* Joins in the type of @value, or @type if it is NULL; mismatches are reported. */
void scope_assign(struct sema *sema, struct sema_variable *variable, const struct expr *value,
		  const struct type *type, struct span span);
/* @var is a VAR used as an out-parameter or target: declares it if there is none, joins in the
 * value's type (@value: an expression, to know literals; else @type), and annotates the node. */
void sema_assign_var(struct sema *sema, struct expr *var, const struct expr *value,
		     const struct type *type);

/* --- maps (map.c) --- */
enum map_use {
	MAP_WHOLE, /* print(@m), clear, zero, len, for: "Undefined map" if nothing assigns it */
	MAP_SCALAR, /* without key, as a value */
	MAP_KEYED, /* with a key */
};
/*
 * The map that a MAP expression names, its index set. MAP_WHOLE: for maps by reference; the
 * expression gets the value's type, map.key stays NULL and its keys are not looked at. Others:
 * shape is checked ("@x used as a map with an explicit key ..."). Never NULL.
 */
struct sema_map *sema_map(struct sema *sema, struct expr *expr, enum map_use use);
/*
 * A key given apart, as in delete(@m, key), has_key, find: checks *key as a value, joins its type
 * into the map's key, casts it to the key's type.
 */
void sema_map_key(struct sema *sema, struct sema_map *map, struct expr **key);
/* The type learned so far; sema->unknown before the first value. */
const struct type *sema_map_value_type(struct sema *sema, const struct sema_map *map);
/* This program updates per-CPU values of the map (count() ...). */
void sema_map_updates(struct sema *sema, struct sema_map *map);
/* "Undefined map" if nothing assigns it. */
void map_check_defined(struct sema *sema, const struct sema_map *map, struct span span);
/* What a probe that is left out would write is a map in the others, too: there is just nothing in
 * it. */
void map_keep_left_out(struct sema *sema, const struct probe *probe);
/* The checked value is assigned: joins its type into the map's. */
void map_assign(struct sema *sema, struct sema_map *map, struct expr *target, struct expr **value);
/* ++ and -- (@value NULL), compound assignment of a checked value. */
void map_update(struct sema *sema, struct sema_map *map, struct expr *target,
		const struct expr *value);

/* --- the plan (plan.c) --- */
struct plan_place sema_place(struct sema *sema, struct span span);
/* A new event of the program being checked; set its other fields through the result, before the
 * next event is made. The index is in *index. @payload: a tuple, or NULL for none. */
struct plan_event *sema_event(struct sema *sema, enum plan_event_kind kind, struct span span,
			      const struct type *payload, uint32_t *index);
/* A new EVENT_RUNTIME_ERROR with @text, as error_event has it (1 + index). */
uint32_t sema_runtime_error(struct sema *sema, struct span span, const char *text);
/* The same for a division or modulo by zero. */
uint32_t sema_division_error(struct sema *sema, struct span span);
/* Gives @expr an EVENT_HELPER_ERROR of @helper ("probe_read_user_str"); only_with_k: nothing unless
 * the script is compiled with -k. */
void sema_helper_error(struct sema *sema, struct expr *expr, const char *helper, bool only_with_k);
/* The name of the helper that reads through the pointer: probe_read_kernel ... */
const char *sema_read_helper(const struct sema *sema, const struct type *ptr, bool is_string);

/* --- joins (infer.c) --- */
/* Joins in a value: false if the types do not go together (@infer is then unchanged). Sets
 * sema->changed when something new was learned. Unknown values change nothing. */
bool infer_expr(struct sema *sema, struct infer *infer, const struct expr *value);
bool infer_type(struct sema *sema, struct infer *infer, const struct type *type);
/* ++ and compound assignment: 8 bytes. */
void infer_wide(struct sema *sema, struct infer *infer);
/* What nothing is assigned to: a zero, as a literal. */
void infer_zero(struct sema *sema, struct infer *infer);
/* The join of two checked expressions, as arms of ?: have it: literals adopt the other's type. NULL
 * if there is none. */
const struct type *infer_join(struct sema *sema, const struct expr *a, const struct expr *b);
/* Of which clock a number of nanoseconds is, also with something added or taken away. */
enum type_clock infer_clock(const struct sema *sema, const struct expr *number);
/* Of a variable or map that is given the number: the first clock that is not the usual one stays.
 */
void infer_learn_clock(struct sema *sema, enum type_clock *clock, const struct expr *number);

/* --- calls: functions*.c --- */
typedef void sema_call_fn(struct sema *sema, struct expr **call);
/* An EXPR_CALL: finds the function (or the builtin written with parentheses: becomes EXPR_BUILTIN
 * and goes to sema_builtin()), checks --unsafe, loops, aggregate_ok, number and kinds of arguments
 * by the row's prototype, then the row's hook. */
void sema_call(struct sema *sema, struct expr **at);

/* --- builtins: builtins*.c --- */
typedef void sema_builtin_fn(struct sema *sema, struct expr **expr);
/* An EXPR_BUILTIN whose ident.builtin, index and args are set. */
void sema_builtin(struct sema *sema, struct expr **expr);

/* What the config variable @setting says of using an unstable feature; @usual: what it is by
 * default. False after an error. (functions.c) */
bool sema_allow_unstable(struct sema *sema, struct span span, const char *feature,
			 const char *setting, enum plan_unstable value, enum plan_unstable usual);

/* --- compile time: fold.c --- */
void sema_param(struct sema *sema, struct expr **at); /* $1, $# */
void sema_param_count(struct sema *sema, struct expr **at);
void sema_sizeof(struct sema *sema, struct expr **at);
void sema_offsetof(struct sema *sema, struct expr **at);
void sema_typeinfo(struct sema *sema, struct expr **at);
/* comptime expr: an error if it does not fold to a literal. */
void sema_comptime(struct sema *sema, struct expr **at);
/* Operands are checked; if they are literals, *expr becomes one. True if it did (or an error was
 * reported). */
bool sema_fold_unary(struct sema *sema, struct expr **expr);
/* The 64-bit type that two numbers are calculated and compared in. */
const struct type *sema_common_type(struct sema *sema, const struct expr *left,
				    const struct expr *right);
bool sema_fold_binary(struct sema *sema, struct expr **expr);
/* A checked ?: whose condition is known becomes the arm that it picks. */
void sema_fold_ternary(struct sema *sema, struct expr **at);
/* A checked member of a tuple or record that is written out: *expr becomes it if it is a literal
 * and nothing beside it has effects. */
void sema_fold_member(struct expr **at, struct expr *object, struct expr *member);
/* Whether it changes what others read, or may leave the program. */
bool sema_has_effects(struct expr *expr);
/* $1, or $1 + n to skip so many bytes, as a text whatever it looks like; false: it is neither. */
bool sema_param_string(struct sema *sema, struct expr **expr);
/* An error that was reported is one of the command line, not of the script. */
void sema_blame_words(struct sema *sema);
/* Whether a text is a number as a whole, as scripts write them, or with a sign: 1_000, 10ms, -3. */
bool number_read(const char *text, bool *is_negative, uint64_t *magnitude);
/* A literal from text that is a number as a whole, as on the command line (1e6, 10ms, -3); NULL if
 * it is none. */
struct expr *sema_number(struct sema *sema, struct span span, const char *text);
/* A checked expression that is an integer known at compile time, casts looked through. */
bool sema_const_int(const struct expr *expr, uint64_t *magnitude, bool *is_negative);
/* The condition of `if comptime`: checks it; false (after an error) if it does not fold. */
bool sema_comptime_condition(struct sema *sema, struct expr **expr, bool *value);

/* --- named parameters: functions_option.c --- */
/* After the bodies: parameters that were given and that no getopt() asks for. */
void named_check(struct sema *sema);

/* --- passes --- */
void config_apply(struct sema *sema); /* config.c */
/* attach.c: fills sema->instances and the plan's programs; false: the bodies cannot be checked */
bool attach_expand(struct sema *sema);
void finish_plan(struct sema *sema); /* finish.c */
void size_check(struct sema *sema); /* size.c: values and programs that take too much memory */
void banks_make(struct sema *sema); /* banks.c: programs that use many maps */

/* --- inside the core: each handles its kinds of sema_expr() --- */
void sema_var(struct sema *sema, struct expr **expr);
void sema_map_read(struct sema *sema, struct expr **expr);
void sema_unary(struct sema *sema, struct expr **expr);
void sema_incdec(struct sema *sema, struct expr **expr);
void sema_binary(struct sema *sema, struct expr **expr);
void sema_cast(struct sema *sema, struct expr **expr);
void sema_field(struct sema *sema, struct expr **expr);
void sema_index(struct sema *sema, struct expr **expr);
void sema_tuple_field(struct sema *sema, struct expr **expr);
void sema_deref(struct sema *sema, struct expr **expr);
void sema_addr(struct sema *sema, struct expr **expr);

#endif
