/*
 * Random scripts of well-typed code. A script is made as a tree, printed as text, and - if all its
 * values are known - carried out by an evaluator that is written from LANGUAGE.md 3, 6.5, 7 and 14
 * alone, so that what sonde prints can be compared.
 *
 * A script is a function of its seed and nothing else. Everything lives in the script's arena.
 */
#ifndef SONDE_TESTS_FUZZ_GENERATE_H
#define SONDE_TESTS_FUZZ_GENERATE_H

#include "base/arena.h"
#include "base/strbuf.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>

/* --- random.c: numbers, and choices --- */
struct random {
	uint64_t state;
};
uint64_t random_next(struct random *random);
/* 0 .. n-1; n > 0 */
uint32_t random_below(struct random *random, uint32_t n);
/* True once in n times. */
bool random_once_in(struct random *random, uint32_t n);

/* --- types --- */
enum shape_kind {
	SHAPE_INT,
	SHAPE_BOOL,
	SHAPE_STRING, /* any capacity: the text is what counts */
	SHAPE_TUPLE,
	SHAPE_RECORD,
	SHAPE_ARRAY, /* of integers */
	SHAPE_LIST, /* an array of members[0], which is no integer */
	SHAPE_STRUCT,
	SHAPE_ENUM,
	SHAPE_BYTES, /* addresses, buffers: only printed here; value.text is what is printed */
	SHAPE_OTHER, /* can be printed, kept and be a key: stacks, symbols, addresses, pointers */
};

#define SHAPE_MEMBERS 6

struct shape {
	enum shape_kind kind;
	uint32_t size; /* bytes of an integer, or of an array's element */
	bool is_signed;
	uint32_t n; /* members, elements */
	const struct shape *members[SHAPE_MEMBERS];
	const char *name; /* of an integer, as casts spell it */
	struct c_type *c; /* of structs and enums */
};

struct c_member {
	const char *name;
	const struct shape *shape;
	uint32_t offset, width; /* in bits; width: of bit-fields */
	uint32_t bytes; /* of a text */
	int64_t constant; /* of an enumerator */
};

struct c_type {
	const char *text; /* its definition */
	VEC(struct c_member)
	members;
	uint32_t align;
	bool has_text; /* or a _Bool: not all bytes will do */
	struct storage *memory; /* that such a struct lies over */
};

extern const struct shape shape_bool, shape_string, shape_inet, shape_mac, shape_buffer;
extern const char *const shape_member_names[SHAPE_MEMBERS];
const struct shape *shape_int(uint32_t size, bool is_signed);
/* Of tuples, records, structs and lists. */
const struct shape *shape_member(const struct shape *shape, uint32_t index);
bool shape_equal(const struct shape *a, const struct shape *b);

typedef __int128 wide;

/* --- values --- */
struct value {
	int64_t number; /* integers as they are extended to 64 bits, bools as 0 and 1 */
	const char *text;
	struct value *members;
};

/* An integer as it is in a type of so many bytes. */
int64_t value_cut(const struct shape *shape, int64_t number);
/* As print() shows it. */
void value_print(struct strbuf *out, const struct shape *shape, const struct value *value);
bool value_equal(const struct shape *shape, const struct value *a, const struct value *b);
struct value value_zero(struct arena *arena, const struct shape *shape);

/* --- what holds values: variables and maps --- */
struct entry {
	const char *text; /* the key as it is printed; "" in a scalar map */
	struct value key, value;
	int64_t calls, total; /* avg, stats */
	VEC(int64_t)
	numbers; /* histograms */
	bool is_gone;
};

enum aggregate {
	AGGREGATE_NONE,
	AGGREGATE_COUNT,
	AGGREGATE_SUM,
	AGGREGATE_MIN,
	AGGREGATE_MAX,
	AGGREGATE_AVG,
	AGGREGATE_STATS, /* these are never read */
	AGGREGATE_HIST,
	AGGREGATE_LHIST,
	AGGREGATE_TSERIES,
};

struct storage {
	const char *name; /* with its sigil */
	const struct shape *shape, *key; /* key: NULL for variables and scalar maps */
	bool is_map;
	bool is_fixed; /* let $x: T: what is assigned is cut */
	const char *declared; /* as which kind of map; NULL: it is not */
	bool is_counter; /* of a loop: not to be assigned */
	enum aggregate aggregate;
	bool is_parameter; /* of a macro */
	struct storage *alias; /* what was passed, while it is carried out */
	const struct node *bound;
	uint32_t bits; /* hist */
	int64_t low, high, step; /* lhist; hist: 0 */
	VEC(struct entry)
	entries; /* of a variable: the one value */
};

/* --- expressions --- */
/* Of a literal, in node.index. */
enum spelling {
	SPELLING_PLAIN,
	SPELLING_HEX,
	SPELLING_OCTAL,
	SPELLING_UNDERSCORES,
	SPELLING_SUFFIX,
	SPELLING_POWER, /* 3e6 */
	SPELLING_DURATION,
	SPELLING_COUNT,
};

enum node_kind {
	NODE_INT,
	NODE_BOOL,
	NODE_STRING,
	NODE_STORAGE, /* kids[0]: key */
	NODE_UNARY,
	NODE_BINARY,
	NODE_TERNARY,
	NODE_ELVIS,
	NODE_CAST,
	NODE_MEMBER, /* by number */
	NODE_ELEMENT, /* kids[1]: index */
	NODE_AGGREGATE_OF, /* a tuple, a record */
	NODE_CALL,
	NODE_STEP, /* ++ and --; index: 0 behind, 1 in front */
	NODE_BLOCK, /* { let $name = kids[0]; kids[1] } */
	NODE_ENUMERATOR,
	NODE_OVERLAY, /* kids[0]: the memory that a struct is laid over; text: its address */
	NODE_MACRO,
	NODE_POINTED, /* an integer at kids[0]'s address and index kids[1]; text: a variable */
	NODE_VEILED, /* text, whose value only a run tells; it is literal */
	NODE_TEXT, /* an expression whose value is not known */
};

enum op {
	OP_MUL,
	OP_DIV,
	OP_MOD,
	OP_ADD,
	OP_SUB,
	OP_SHL,
	OP_SHR,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_EQ,
	OP_NE,
	OP_AND,
	OP_XOR,
	OP_OR,
	OP_LAND,
	OP_LOR,
	OP_COUNT,
	OP_NEG = OP_COUNT,
	OP_NOT,
	OP_COMPL,
};

enum call {
	CALL_STRLEN,
	CALL_STRNCMP,
	CALL_STRSTR,
	CALL_STRCONTAINS,
	CALL_STR_CONCAT,
	CALL_BSWAP,
	CALL_HAS_KEY,
	CALL_DELETE,
	CALL_LEN,
	CALL_ABS,
	CALL_CLAMP,
	CALL_MEMCMP, /* bytes.c has this one and those behind it */
	CALL_PTON,
	CALL_NTOP,
	CALL_STRERROR,
	CALL_SIGNAL_NAME,
	CALL_BUF,
	CALL_MACADDR,
};

struct macro;
struct node {
	enum node_kind kind;
	const struct shape *shape;
	bool is_literal; /* what sema folds to a literal, or has as one */
	bool is_constant; /* as that, or cast */
	enum op op;
	enum call call;
	uint32_t index, nkids;
	wide literal;
	const char *text;
	const char *source; /* what is written instead of a literal */
	struct storage *storage;
	const struct macro *macro;
	const struct node *kids[SHAPE_MEMBERS];
};

/* --- statements --- */
enum stmt_kind {
	STMT_LET,
	STMT_ASSIGN, /* target.kids[0], if any, is the key */
	STMT_UPDATE, /* op= */
	STMT_STEP, /* ++ and -- */
	STMT_CALCULATE, /* @m = count() and its like */
	STMT_IF,
	STMT_FOR,
	STMT_FOR_MAP, /* args: what stands for the key and the value */
	STMT_WHILE,
	STMT_UNROLL,
	STMT_BLOCK,
	STMT_DISCARD,
	STMT_BREAK,
	STMT_CONTINUE,
	STMT_RETURN,
	STMT_PRINTF,
	STMT_PRINT,
	STMT_PRINT_MAP,
	STMT_CLEAR,
	STMT_ZERO,
	STMT_DELETE,
	STMT_FIND,
	STMT_TEXT, /* whose effects are not known */
};

struct statement;
struct body {
	VEC(const struct statement *)
	stmts;
};

struct statement {
	enum stmt_kind kind;
	const struct node *target, *value, *from, *to;
	const char *text; /* the statement; the format of printf */
	enum op op;
	VEC(const struct node *)
	args;
	const struct body *body, *otherwise;
	struct storage *storage; /* the loop's variable; the map */
	enum aggregate aggregate;
	uint32_t n; /* of unroll; entries of a map */
	uint32_t divisor;
};

struct program {
	const char *probe;
	const struct node *predicate;
	const struct body *body;
};

/* --- a script in the making --- */
enum script_kind {
	SCRIPT_KNOWN, /* what it prints is known */
	SCRIPT_PROBES, /* loaded, not run */
	SCRIPT_ITERATOR, /* the same; an iterator's script has no other probe */
};

struct probe_kind;
struct script {
	struct arena *arena;
	struct random random;
	enum script_kind kind;
	uint32_t max_strlen;
	VEC(struct storage *)
	maps;
	VEC(struct storage *)
	variables; /* those in scope */
	VEC(const struct program *)
	programs;
	VEC(const struct macro *)
	macros;
	VEC(const char *)
	defines;
	VEC(const char *)
	positional; /* what it is given */
	VEC(const char *)
	options;
	VEC(const struct shape *)
	c_types;
	const struct probe_kind *probe; /* of the program that is made */
	uint32_t names; /* given so far */
	uint32_t loops, depth, iterations; /* around what is made; product of their counts */
	uint32_t budget; /* statements that may still be made */
	uint32_t nodes; /* of the statement that is made */
	uint32_t keys; /* around what is made */
	bool is_large;
	uint32_t no_options; /* what is not used has none that are known */
	bool prints_maps, in_macro;
	uint32_t no_steps; /* how often it is carried out, or in what order, is not known */
	bool no_concat; /* what is assigned may not grow in a loop */
};

struct script *script_make(struct arena *arena, uint64_t seed, uint32_t number);
void script_print(struct strbuf *out, const struct script *script);
/* What a script of known values prints. */
void script_evaluate(struct script *script, struct strbuf *out);

/* --- types.c --- */
const struct shape *shape_random(struct script *script, uint32_t depth);
const struct shape *shape_random_int(struct script *script);
bool shape_holds(const struct shape *shape, wide value);
/* What both fit in. */
const struct shape *shape_join(const struct shape *a, const struct shape *b);
const struct shape *shape_join_nodes(const struct node *a, const struct node *b);
bool shape_takes(const struct shape *shape, const struct node *node);
/* What is looked at on its own when types are joined. */
bool node_has_arms(const struct node *node);
/* That type by way of a variable that has it; NULL: there is none. */
const char *shape_typeof(struct script *script, const struct shape *shape);
bool node_may_be_unsigned(const struct node *node);

/* --- literal.c --- */
struct node *node_new(struct script *script, enum node_kind kind, const struct shape *shape);
void node_add(struct node *node, const struct node *kid);
const struct node *node_int(struct script *script, wide value);
const struct node *node_literal(struct script *script);
const struct node *node_string(struct script *script);
/* As they are written; @spelling: the index of a text's node, 0 for the plainest. */
void node_print_int(struct strbuf *out, const struct node *node);
void text_print(struct strbuf *out, const char *text, uint32_t spelling);

/* --- constant.c --- */
/* An integer that is known when compiling; NULL if what was tried does not exist here. */
const struct node *node_constant(struct script *script);
/* @node, a literal, in another way. */
const struct node *node_constant_bool(struct script *script, const struct node *node);
const struct node *node_constant_text(struct script *script);
/* Options that no expression has in the end are not given: there are none of that name. */
void options_settle(struct script *script);

/* --- read.c --- */
struct storage *storage_new(struct script *script, const char *sigil, const struct shape *shape);
/* A map or a variable for which @fits; NULL. */
struct storage *storage_pick(struct script *script, bool (*fits)(const struct storage *));
const struct node *node_storage(struct script *script, struct storage *storage,
				const struct node *key);
/* NULL: it has none. */
const struct node *node_key(struct script *script, const struct storage *map);
/* Of the shape, or any integer if it is one; NULL if there is none. */
const struct node *node_read(struct script *script, const struct shape *shape);
const struct node *node_read_member(struct script *script, const struct shape *shape);
/* NULL: there is nothing that may be changed here. */
const struct node *node_step(struct script *script);
bool storage_is_assignable(const struct storage *storage);
/* op= makes it 64 bits wide, unless its type was said. */
bool storage_is_updatable(const struct storage *storage);
/* A member, or a member's member, of a value; NULL if that is not what is @wanted. */
const struct node *node_descend(struct script *script, const struct node *from,
				const struct shape *wanted);
/* NULL: there is no array. */
const struct node *node_read_element(struct script *script, uint32_t depth);

/* --- call.c --- */
/* NULL if what was tried does not exist here. */
const struct node *node_call_integer(struct script *script, uint32_t depth);
const struct node *node_call_bool(struct script *script, uint32_t depth);
const struct node *node_call_concat(struct script *script, uint32_t depth);

/* --- expr.c --- */
const struct node *node_of(struct script *script, const struct shape *shape, uint32_t depth);
const struct node *node_integer(struct script *script, uint32_t depth);
const struct node *node_condition(struct script *script, uint32_t depth);
/* Of the very type: the first value of what keeps values. */
const struct node *node_exact(struct script *script, const struct shape *shape, uint32_t depth);
const struct node *node_cast(struct script *script, const struct shape *shape,
			     const struct node *operand);
const struct node *node_binary(struct script *script, enum op op, const struct node *a,
			       const struct node *b);

/* --- stmt.c --- */
const struct body *body_make(struct script *script, uint32_t most);
/* Only such as print nothing and go nowhere; its variables stay in scope. */
const struct body *body_of_assignments(struct script *script, uint32_t n);

/* --- format.c: printf --- */
const struct statement *printf_make(struct script *script);
void printf_evaluate(struct script *script, const struct statement *stmt, struct strbuf *out);

/* --- bytes.c --- */
/* NULL if what was tried does not exist here. */
const struct node *node_bytes_integer(struct script *script, uint32_t depth);
const struct node *node_bytes_bool(struct script *script, uint32_t depth);
const struct node *node_bytes_array(struct script *script, const struct shape *shape);
const struct node *node_bytes_text(struct script *script, uint32_t depth);
/* A text that is cast to a shorter one, or a longer. */
const struct node *node_bytes_cut(struct script *script, uint32_t depth);
/* Of the kind SHAPE_BYTES. */
const struct node *node_bytes(struct script *script);
struct value bytes_evaluate(struct script *script, const struct node *node);
/* False: it is printed as other calls are. */
bool bytes_print(struct strbuf *out, const struct node *node);
/* Returns how many there are. */
uint32_t value_bytes(const struct shape *shape, const struct value *value, uint8_t *bytes);

/* --- pointer.c --- */
/* What a pointer to a map or a variable points to; NULL: there is none. */
const struct node *node_pointed(struct script *script, uint32_t depth);
struct value pointed_evaluate(struct script *script, const struct node *node);
void pointed_print(struct strbuf *out, const struct node *node);
int pointed_precedence(const struct node *node);
/* A pointer to the struct that lies over its memory; NULL: the plain one. */
const char *pointer_text(struct script *script, const struct shape *shape);

/* --- ctypes.c --- */
/* Makes C types, and the statements that fill what they are laid over. */
const struct body *ctypes_make(struct script *script);
/* NULL: there are none. */
const struct shape *shape_random_c(struct script *script);
const struct node *node_c(struct script *script, const struct shape *shape);
/* A member of one of them; NULL if there is none @wanted. */
const struct node *node_read_c(struct script *script, const struct shape *wanted);
struct value overlay_evaluate(struct script *script, const struct node *node);

/* --- maps.c --- */
/* A program that prints, and empties, the maps that there are. */
const struct body *maps_body(struct script *script);
void maps_evaluate(struct script *script, const struct statement *stmt, struct strbuf *out);
void maps_print_at_exit(struct script *script, struct strbuf *out);

/* --- macro.c --- */
/* NULL: none can be called here. */
const struct node *node_macro(struct script *script, const struct shape *shape);
struct value macro_evaluate(struct script *script, const struct node *node);
/* Leaves out those that are not called. */
void macros_settle(struct script *script);
void macros_print(struct strbuf *out, const struct script *script);
void macro_print_call(struct strbuf *out, const struct node *node);

/* --- veiled.c: values that only a run tells, and that are known here --- */
const struct node *node_veiled(struct script *script);
const struct node *node_veiled_bool(struct script *script);
/* @node, an integer, with such a value in it that does not change it. */
const struct node *node_veil(struct script *script, const struct node *node);

/* --- unknown.c: probes, and what is known of their values is the type only --- */
const char *probe_pick(struct script *script, bool is_iterator);
const struct shape *shape_unknown(struct script *script);
/* NULL: there is none of this shape here. */
const struct node *node_unknown(struct script *script, const struct shape *shape, uint32_t depth);
const struct statement *statement_unknown(struct script *script);

/* --- print.c --- */
void node_print(struct strbuf *out, const struct node *node);
/* As the value of a block. */
void tail_print(struct strbuf *out, const struct node *node);
void body_print(struct strbuf *out, const struct body *body);

/* --- evaluate.c --- */
struct value node_evaluate(struct script *script, const struct node *node);
/* Of a body that prints nothing. */
void body_evaluate(struct script *script, const struct body *body);

#endif
