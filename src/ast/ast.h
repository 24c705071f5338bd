/*
 * The syntax tree. The parser makes it, macro expansion and sema rewrite and annotate it, codegen
 * reads it. Nodes live in the compilation's arena and are never freed one by one. A node has one
 * parent: use ast_clone_*() to have it twice.
 *
 * Fields under a comment "sema:" are zero until sema sets them.
 */
#ifndef SONDE_AST_AST_H
#define SONDE_AST_AST_H

#include "base/arena.h"
#include "base/source.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "types/type.h"

#include <stdbool.h>
#include <stdint.h>

struct expr;
struct stmt;
struct block;
struct macro;
struct lang_builtin; /* lang/builtin.h */
struct lang_function; /* lang/function.h */

typedef VEC(struct expr *)
expr_vec;
typedef VEC(struct stmt *)
stmt_vec;

/* --- type syntax --- */

struct type_suffix {
	bool is_pointer; /* "*"; otherwise "[count]" */
	bool has_count;
	uint32_t count;
};

struct type_expr {
	struct span span;
	uint32_t depth; /* of the tree below, as parsed */
	/* Either a name, with the keyword before it (TYPE_STRUCT, TYPE_UNION, TYPE_ENUM, TYPE_NONE:
	 * none) ... */
	enum type_kind keyword;
	const char *name; /* words joined by one blank; qualifiers dropped */
	/* ... or typeof(type) / typeof(expr) */
	struct type_expr *of_type;
	struct expr *of_expr;
	VEC(struct type_suffix)
	suffixes; /* left to right */
};

/* --- expressions --- */

enum expr_kind {
	EXPR_INT,
	EXPR_BOOL,
	EXPR_STRING,
	EXPR_PARAM, /* $1 */
	EXPR_PARAM_COUNT, /* $# */
	EXPR_IDENT, /* builtin, enumerator, constant, macro parameter; sema turns it into one of the
		       next or into EXPR_INT */
	EXPR_BUILTIN, /* sema only (from EXPR_IDENT or EXPR_CALL) */
	EXPR_VAR, /* $x */
	EXPR_MAP, /* @x, @x[...] */
	EXPR_CALL,
	EXPR_UNARY,
	EXPR_INCDEC,
	EXPR_BINARY,
	EXPR_TERNARY,
	EXPR_CAST, /* written, or inserted by sema (is_implicit) */
	EXPR_FIELD, /* a.b a->b */
	EXPR_TUPLE_FIELD, /* a.0 */
	EXPR_INDEX, /* a[i] */
	EXPR_TUPLE,
	EXPR_RECORD,
	EXPR_SIZEOF, /* sema folds to EXPR_INT */
	EXPR_OFFSETOF, /* sema folds to EXPR_INT */
	EXPR_TYPEINFO,
	EXPR_BLOCK, /* { ...; tail } */
	EXPR_COMPTIME, /* sema folds away */
	EXPR_TYPE, /* a type as an argument: struct x, typeof(x) */
};

enum unary_op {
	UNARY_NEG,
	UNARY_NOT, /* ! */
	UNARY_COMPL, /* ~ */
	UNARY_DEREF, /* * */
	UNARY_ADDR, /* & */
};

enum binary_op {
	BINARY_ADD,
	BINARY_SUB,
	BINARY_MUL,
	BINARY_DIV,
	BINARY_MOD,
	BINARY_SHL,
	BINARY_SHR,
	BINARY_AND,
	BINARY_OR,
	BINARY_XOR,
	BINARY_EQ,
	BINARY_NE,
	BINARY_LT,
	BINARY_LE,
	BINARY_GT,
	BINARY_GE,
	BINARY_LAND,
	BINARY_LOR,
};

/* A scratch variable: one per declaration (per instantiation of a probe body). */
struct variable {
	const char *name; /* without "$" */
	struct span span; /* declaration or first assignment */
	const struct type *type; /* sema: join over all assignments */
	uint32_t id; /* sema: unique in its probe, from 0 */
	/* sema: of its nanoseconds, if it was given nsecs() of another one */
	enum type_clock clock;
	bool is_fixed; /* declared with a type */
	bool is_assigned;
	bool is_read;
};

struct record_member {
	const char *name;
	struct span span;
	struct expr *value;
};

#define AST_NO_EVENT UINT32_MAX

struct expr {
	enum expr_kind kind;
	struct span span;
	const struct type *type; /* sema: never NULL afterwards */
	uint32_t depth; /* of the tree below, as parsed */
	bool in_parens; /* written in parentheses */
	bool is_literal; /* sema: constant known at compile time (int, bool, string) */
	/*
	 * sema: 1 + the index of the event that is sent when carrying out this expression fails, 0
	 * for none. Division and modulo by zero, cpid without a child: EVENT_RUNTIME_ERROR. A MAP
	 * that is written (update refused), and with -k a MAP that is read (no such key) and
	 * whatever reads memory: EVENT_HELPER_ERROR.
	 */
	uint32_t error_event;
	union {
		/* INT: the magnitude, and whether a minus sign was folded in. BOOL: 0 or 1 */
		struct {
			uint64_t value; /* magnitude; for is_negative the number is -value */
			bool is_negative;
			bool is_duration;
		} integer;
		struct { /* STRING; may hold no NUL */
			const char *data;
			size_t len;
		} string;
		uint32_t param; /* PARAM: N of $N */
		struct { /* IDENT, BUILTIN */
			const char *name;
			const struct lang_builtin *builtin; /* sema */
			uint32_t index; /* sema: N of argN */
			expr_vec args; /* BUILTIN called with arguments: pid(init), kstack(perf, 3)
					*/
		} ident;
		struct {
			const char *name; /* without "$"; a macro's own: behind a blank, whose */
			struct variable *variable; /* sema */
		} var;
		struct {
			const char *name; /* without "@"; "" for the anonymous map */
			expr_vec keys; /* as written; empty for a scalar or whole map */
			bool has_brackets;
			uint32_t map; /* sema: index in the plan's maps */
			struct expr *key; /* sema: the key as one value of the map's key type; NULL:
					     scalar or whole map */
		} map;
		struct {
			const char *name;
			struct span name_span;
			expr_vec args; /* sema may append defaults so that all parameters are there
					*/
			const struct lang_function *function; /* sema; lang_c_function: one of an
							 imported C program */
			uint32_t event; /* sema: index in the plan's events, for asynchronous
					   functions; AST_NO_EVENT if the kernel prints itself */
			uint32_t early; /* sema: so many arguments are worked out before the event
					   is there: those up to the last that has effects
					   or may fail */
			uint64_t data[2]; /* sema: for the function's own use, see its row */
		} call;
		struct {
			enum unary_op op;
			struct expr *operand;
		} unary;
		struct {
			struct expr *target; /* VAR or MAP */
			bool is_decrement;
			bool is_prefix;
		} incdec;
		struct { /* sema: operands of arithmetic and comparison have been cast to one type
			  */
			enum binary_op op;
			struct expr *left, *right;
		} binary;
		struct {
			struct expr *condition;
			struct expr *then; /* NULL: the condition's value (elvis) */
			struct expr *otherwise;
		} ternary;
		struct {
			struct type_expr *to; /* NULL if implicit */
			struct expr *operand;
			bool is_implicit;
		} cast;
		struct {
			struct expr *object;
			const char *name;
			struct span name_span;
			bool is_arrow;
			struct type_path path; /* sema; the object is a struct, or a pointer to it
						  that is followed */
		} field;
		struct {
			struct expr *object;
			uint32_t index;
		} tuple_field;
		struct {
			struct expr *object; /* array, string, pointer; tuple becomes TUPLE_FIELD */
			struct expr *index;
		} index;
		struct {
			expr_vec members;
		} tuple;
		struct {
			VEC(struct record_member)
			members;
		} record;
		struct { /* SIZEOF, OFFSETOF, TYPEINFO */
			struct type_expr *type;
			struct expr *expr;
			VEC(const char *)
			path; /* OFFSETOF: a.b.c */
		} query;
		struct block *block; /* BLOCK */
		struct expr *comptime;
		struct type_expr *type_name; /* TYPE */
	};
};

/* --- statements --- */

enum stmt_kind {
	STMT_EXPR, /* value discarded */
	STMT_DISCARD, /* _ = expr */
	STMT_ASSIGN, /* also compound */
	STMT_LET,
	STMT_IF,
	STMT_FOR_MAP,
	STMT_FOR_RANGE,
	STMT_WHILE,
	STMT_UNROLL,
	STMT_BREAK,
	STMT_CONTINUE,
	STMT_RETURN,
	STMT_BLOCK,
};

struct stmt {
	enum stmt_kind kind;
	struct span span;
	uint32_t depth; /* of the tree below, as parsed */
	/* sema, as in struct expr: of a compound division or modulo, of a loop that may have more
	 * rounds than the kernel allows */
	uint32_t error_event;
	union {
		struct expr *expr; /* EXPR, DISCARD; RETURN: NULL or ignored value */
		struct {
			struct expr *target; /* VAR or MAP */
			bool is_compound;
			enum binary_op op; /* of a compound assignment */
			struct expr *value;
		} assign;
		struct {
			const char *name;
			struct span name_span;
			struct type_expr *type; /* may be NULL */
			struct expr *value; /* may be NULL */
			struct variable *variable; /* sema */
		} let;
		struct {
			bool is_comptime;
			struct expr *condition;
			struct block *then;
			struct block
				*otherwise; /* may be NULL; "else if" is a block of one statement */
		} branch;
		struct {
			const char *name;
			struct span name_span;
			struct variable *variable; /* sema */
			struct expr *map; /* FOR_MAP: MAP */
			struct expr *from, *to; /* FOR_RANGE */
			/* sema, FOR_RANGE: too deep in others for a function; so many rounds */
			bool is_followed;
			uint32_t rounds;
			struct block *body;
		} loop;
		struct {
			struct expr *condition; /* WHILE; UNROLL: the count */
			struct block *body;
			uint32_t count; /* sema: UNROLL */
		} repeat;
		struct block *block;
	};
};

/* Where a macro's body was put in. */
struct expansion {
	const struct macro *macro;
	struct span call;
	const struct expansion *outer; /* the call stands in the body of another macro; or NULL */
};

struct block {
	struct span span;
	uint32_t depth; /* of the tree below, as parsed */
	const struct expansion *expansion; /* this is a macro's body; or NULL */
	stmt_vec stmts;
	struct expr *tail; /* value of a block expression or macro, or NULL */
	/* set by sema: how deep functions of their own lie in one another, for loops and such */
	uint32_t calls;
};

/* --- top level --- */

struct attach_point {
	struct span span;
	const char *text; /* parameters replaced, "name=" prefix removed */
	VEC(const char *)
	fields; /* split at colons outside quotes, quotes removed; fields[0] is the provider as
		   written */
	VEC(bool)
	quoted; /* of each field: it had quotes */
};

struct probe {
	struct span span;
	VEC(struct attach_point *)
	attach_points;
	struct expr *predicate; /* may be NULL */
	struct block *body;
};

struct map_decl {
	struct span span;
	const char *name; /* without "@" */
	const char *kind; /* "hash" ... as written */
	struct span kind_span;
	uint64_t max_entries;
	struct span entries_span;
};

struct config_setting {
	const char *name;
	struct span name_span;
	struct expr *value; /* INT, STRING, BOOL, IDENT */
	struct span span;
};

struct import {
	struct span span;
	const char *path;
};

enum macro_param_kind {
	MACRO_VAR, /* $v: a variable, aliased */
	MACRO_MAP, /* @m: a map, aliased */
	MACRO_EXPR, /* x: any expression, substituted */
};

struct macro_param {
	enum macro_param_kind kind;
	const char *name;
	struct span span;
};

struct macro {
	struct span span;
	const char *name;
	struct span name_span;
	VEC(struct macro_param)
	params;
	struct block *body;
	bool is_library;
};

/* C text before the first probe (several pieces when imports bring their own), in order. */
struct preamble {
	struct span span;
	const char *text;
};

struct script {
	VEC(struct preamble)
	preambles;
	VEC(struct config_setting)
	config;
	bool has_config;
	struct span config_span;
	VEC(struct import)
	imports;
	VEC(struct import)
	c_files; /* imported C programs, by paths from where sonde was started */
	VEC(struct map_decl)
	map_decls;
	VEC(struct macro *)
	macros;
	VEC(struct probe *)
	probes;
};

/*
 * One BPF program to be generated: sema makes them from the script's probes, with a body of their
 * own where attach points differ in type.
 */
struct ast_program {
	uint32_t plan_prog; /* index in the plan's programs */
	const struct probe *probe;
	struct expr *predicate; /* typed; may be NULL */
	struct block *body; /* typed */
	const struct type_place *places; /* where each of the fields of `args` is passed, or NULL */
	const struct type *args; /* type of `args` (a struct of ORIGIN_CONTEXT or of BTF
				    parameters), or NULL */
	const struct type *retval; /* or NULL */
	VEC(struct variable *)
	variables; /* by id */
	bool uses_banks; /* of maps, see struct plan_map: there are more than it may refer to */
};

/* What sema hands to codegen, beside the plan. */
struct ast_unit {
	VEC(struct ast_program *)
	programs;
};

/* --- constructors; strings are kept as given (arena) --- */
struct expr *expr_new(struct arena *arena, enum expr_kind kind, struct span span);
struct stmt *stmt_new(struct arena *arena, enum stmt_kind kind, struct span span);
struct block *block_new(struct arena *arena, struct span span);
struct expr *expr_int(struct arena *arena, struct span span, uint64_t value);
struct expr *expr_bool(struct arena *arena, struct span span, bool value);
struct expr *expr_string(struct arena *arena, struct span span, const char *data, size_t len);
struct expr *expr_unary(struct arena *arena, struct span span, enum unary_op op,
			struct expr *operand);
struct expr *expr_binary(struct arena *arena, struct span span, enum binary_op op,
			 struct expr *left, struct expr *right);
/* A cast that sema inserts; its type is set. */
struct expr *expr_implicit_cast(struct arena *arena, struct expr *operand, const struct type *type);

struct expr *ast_clone_expr(struct arena *arena, const struct expr *expr); /* NULL gives NULL */
struct block *ast_clone_block(struct arena *arena, const struct block *block);

/*
 * Calls @visit on every expression below and including @expr (@block), children before parents; the
 * callback may replace the node through the pointer it is given.
 */
struct ast_visitor {
	void (*expr)(struct expr **expr, void *data); /* may be NULL */
	void (*stmt)(struct stmt **stmt, void *data); /* may be NULL */
	void *data;
	struct ast_limit *limit; /* may be NULL */
};
/* Keeps a walk from going deeper than @most; what lies below is then not visited. */
struct ast_limit {
	uint32_t most, depth; /* @depth: of the walk at this moment */
	bool exceeded;
};
void ast_walk_expr(struct expr **expr, const struct ast_visitor *visitor);
void ast_walk_block(struct block *block, const struct ast_visitor *visitor);

/* Whether it ends in a value, or in an "if comptime" that may. */
bool block_has_value(const struct block *block);

/* --- texts, as written in scripts --- */
const char *unary_op_text(enum unary_op op);
const char *binary_op_text(enum binary_op op);
/* "name($v, @m, x)" */
void macro_signature(const struct macro *macro, struct strbuf *out);
/* In double quotes, with escapes. */
void string_text(const char *data, size_t len, struct strbuf *out);

#endif
