/*
 * Types. Every type is interned in a `struct types`: two types are the same if and only if their
 *pointers are equal. All memory belongs to the arena that the registry was made with.
 *
 * Layouts are those of the traced machine (little-endian x86_64, LP64). `size` is what a value
 *takes in a map, in an event or in scratch memory; nothing is stored with another layout.
 *
 *	none            0    has no value
 *	bool            1
 *	integer         1, 2, 4, 8
 *	enum            4 or 8, as its definition says
 *	pointer         8
 *	array           count * element size
 *	string[N]       N bytes: the text, then NULs up to N. A text with no NUL in its N bytes was
 *cut (the last byte is then the first one that did not fit, and is not shown) buffer[N]       4 +
 *N: u32 length, then the bytes inet            24: u64 address family (AF_INET or AF_INET6), 16
 *bytes of address mac             6 timestamp       16: u64 nanoseconds since boot (or TAI), u32
 *clock (enum type_clock), u32 index of the format in the plan's strings ksym            8: address
 *	usym            16: u64 address, u32 tgid, u32 0
 *	kstack, ustack  16: u64 hash of the frames, u32 number of frames, u32 tgid (0 for kstack).
 *The hash and number are the key of the program's stack map (see program.h); 0 frames: empty
 *	username        8: u64 uid
 *	cgroup path     16: u64 cgroup id, u32 index of the glob in the plan's strings, u32 0
 *	tuple, record   natural C layout of the members in the order given
 *	struct, union   as defined
 *	count           8   u64                       per CPU
 *	sum             16  {u64 sum, u64 set}        per CPU
 *	min, max        16  {u64 value, u64 set}      per CPU
 *	avg, stats      16  {u64 total, u64 count}    per CPU
 *	hist            8 * type_hist_buckets()       per CPU, u64 each
 *	lhist           8 * (buckets + 2)             per CPU, u64 each: under, buckets, over
 *	tseries         32 * intervals                per CPU, {u64 epoch, u64 value, u64 count, u64
 *set}
 *
 * `set` is 0 until the first update on that CPU. In a tseries it is the boot-time clock of the last
 * update, and the epoch is the number of intervals since the wall clock's beginning.
 */
#ifndef SONDE_TYPES_TYPE_H
#define SONDE_TYPES_TYPE_H

#include "base/arena.h"
#include "base/strbuf.h"

#include <stdbool.h>
#include <stdint.h>

enum type_kind {
	TYPE_NONE,
	TYPE_BOOL,
	TYPE_INT,
	TYPE_ENUM,
	TYPE_PTR,
	TYPE_ARRAY,
	TYPE_STRING,
	TYPE_BUFFER,
	TYPE_INET,
	TYPE_MAC,
	TYPE_TIMESTAMP,
	TYPE_KSYM,
	TYPE_USYM,
	TYPE_KSTACK,
	TYPE_USTACK,
	TYPE_USERNAME,
	TYPE_CGROUP_PATH,
	TYPE_TUPLE,
	TYPE_RECORD,
	TYPE_STRUCT,
	TYPE_UNION,
	TYPE_COUNT,
	TYPE_SUM,
	TYPE_MIN,
	TYPE_MAX,
	TYPE_AVG,
	TYPE_STATS,
	TYPE_HIST,
	TYPE_LHIST,
	TYPE_TSERIES,
};

/* The address space that a pointer points into; decides which helper reads through it. */
enum type_space {
	SPACE_UNKNOWN,
	SPACE_KERNEL,
	SPACE_USER,
	SPACE_BPF, /* storage of the script itself: &$v, &@m */
	SPACE_ADDRESS, /* of the kernel or a process, by its value */
};

enum type_stack_mode {
	STACK_BPFTRACE,
	STACK_PERF,
	STACK_RAW,
	STACK_BUILD_ID,
};

enum type_clock {
	CLOCK_BOOT,
	CLOCK_MONOTONIC_RAW_NS, /* nsecs(monotonic) */
	CLOCK_TAI_NS, /* nsecs(tai) */
	CLOCK_SW_TAI_NS,
};

enum type_reduce { /* how tseries() combines the values of one interval */
		   REDUCE_LAST,
		   REDUCE_AVG,
		   REDUCE_MIN,
		   REDUCE_MAX,
		   REDUCE_SUM,
};

/* Where a struct, union or enum is defined, which decides how its fields are reached. */
enum type_origin {
	ORIGIN_SCRIPT, /* C preamble, built-in, DWARF: fixed offsets */
	ORIGIN_BTF, /* kernel or module BTF: fields are relocated when the program is loaded (CO-RE)
		     */
	ORIGIN_CONTEXT, /* a tracepoint's record, uprobe arguments: fields of the program's context
			 */
};

struct type;

struct type_field {
	const char *name; /* "" for an anonymous struct or union member */
	const struct type *type;
	uint32_t offset; /* bytes; for a bit-field those of the smallest aligned unit that holds it
			  */
	uint32_t bit_offset; /* bit-field: bits from @offset, least significant first */
	uint32_t bit_size; /* 0: not a bit-field */
	/*
	 * Tracepoint `__data_loc` field: the record holds a u32, low half the data's offset in the
	 * record, high half its length; `type` is a pointer to the data. `is_rel_loc`: the offset
	 * counts from the field's end.
	 */
	bool is_data_loc, is_rel_loc;
};

struct type_enumerator {
	const char *name;
	int64_t value; /* as u64 where the enum is unsigned */
};

struct type {
	enum type_kind kind;
	uint32_t size, align;
	bool is_signed; /* int, enum, sum, min, max, avg, stats, tseries */
	bool is_per_cpu; /* count ... tseries */
	union {
		struct { /* ptr */
			const struct type *to; /* TYPE_NONE for void * */
			enum type_space space;
		} ptr;
		struct { /* array */
			const struct type *element;
			uint32_t count; /* 0: flexible */
		} array;
		struct { /* string: bytes in all; buffer: most bytes held */
			uint32_t capacity;
		} text;
		struct { /* kstack, ustack */
			enum type_stack_mode mode;
			uint32_t depth; /* most frames kept */
		} stack;
		struct { /* tuple, record, struct, union */
			const char *name; /* without "struct "; "" if anonymous; NULL for tuple and
					     record */
			enum type_origin origin;
			uint32_t id; /* BTF: type id in its object; otherwise a serial number */
			const char *module; /* BTF: NULL for vmlinux; DWARF: the binary */
			/* struct, union: read them through types_fields(), which loads them when
			 * first asked */
			const struct type_field *fields;
			uint32_t nfields;
			bool loaded;
		} record;
		struct {
			const char *name; /* "" if anonymous */
			enum type_origin origin;
			const struct type_enumerator *values; /* in order of definition */
			uint32_t nvalues;
		} enumeration;
		struct {
			uint32_t bits; /* 0..5 */
		} hist;
		struct {
			uint64_t min, max, step;
		} lhist;
		struct {
			uint64_t interval_ns;
			uint32_t intervals;
			enum type_reduce reduce;
		} tseries;
	};
};

struct types;

/* A registry in @arena. It knows nothing of the machine until outside types are asked for. */
struct types *types_new(struct arena *arena);
void types_free(struct types *types); /* releases what lies outside the arena (BTF, tracefs,
					 libclang, DWARF) */

/* --- making types; each returns the one interned instance --- */
const struct type *type_none(struct types *types);
const struct type *type_bool(struct types *types);
const struct type *type_int(struct types *types, uint32_t size, bool is_signed);
const struct type *type_ptr(struct types *types, const struct type *to, enum type_space space);
const struct type *type_array(struct types *types, const struct type *element, uint32_t count);
const struct type *type_string(struct types *types, uint32_t capacity);
const struct type *type_buffer(struct types *types, uint32_t capacity);
/* inet, mac, timestamp, ksym, usym, username, cgroup path, count */
const struct type *type_simple(struct types *types, enum type_kind kind);
const struct type *type_stack(struct types *types, enum type_kind kind, enum type_stack_mode mode,
			      uint32_t depth);
/* sum, min, max, avg, stats */
const struct type *type_aggregate(struct types *types, enum type_kind kind, bool is_signed);
const struct type *type_hist(struct types *types, uint32_t bits);
const struct type *type_lhist(struct types *types, uint64_t min, uint64_t max, uint64_t step);
const struct type *type_tseries(struct types *types, uint64_t interval_ns, uint32_t intervals,
				enum type_reduce reduce, bool is_signed);
const struct type *type_tuple(struct types *types, const struct type *const *members, uint32_t n);
/* @names are copied. */
const struct type *type_record(struct types *types, const char *const *names,
			       const struct type *const *members, uint32_t n);
/*
 * A struct or union with fields as given (copied), for types that come from outside. Each call
 * makes a new type, except that a named one with the same kind, name and origin as an earlier one
 * returns that.
 */
const struct type *type_define_struct(struct types *types, enum type_kind kind, const char *name,
				      enum type_origin origin, const struct type_field *fields,
				      uint32_t nfields, uint32_t size, uint32_t align);
const struct type *type_define_enum(struct types *types, const char *name, enum type_origin origin,
				    uint32_t size, bool is_signed,
				    const struct type_enumerator *values, uint32_t nvalues);
/* Adds a typedef of the C preamble. */
void types_define_typedef(struct types *types, const char *name, const struct type *type);

/* --- fields --- */
/* Fields of a struct, union, tuple or record in order of definition; loads them if needed. */
const struct type_field *types_fields(struct types *types, const struct type *type, uint32_t *n);

/* Where a function's argument lies when it is entered. */
struct type_place {
	uint32_t nregisters; /* 0: on the stack */
	uint32_t registers[2]; /* offsets in struct pt_regs, of each eight bytes */
	uint32_t stack; /* offset from the stack pointer */
};

#define TYPE_PATH_MAX 8
/* The way to a member: one step per named or anonymous struct entered. */
struct type_path {
	uint32_t n;
	const struct type *in[TYPE_PATH_MAX]; /* the struct or union of each step */
	const struct type_field *field[TYPE_PATH_MAX];
};
/*
 * Finds a member by name, also inside anonymous members. The last step is the member itself; false
 * if there is none.
 */
bool types_find_field(struct types *types, const struct type *type, const char *name,
		      struct type_path *path);
/* Bytes from the start of the struct. */
uint32_t type_path_offset(const struct type_path *path);

/* --- what is known of types --- */
bool type_is_integer(const struct type *type); /* int, enum (not bool) */
bool type_is_aggregate(const struct type *type); /* count ... tseries: values of maps only */
bool type_is_castable_aggregate(const struct type *type); /* count sum min max avg */
bool type_is_stack(const struct type *type);
bool type_is_struct(const struct type *type); /* struct or union */
/* True if a value is a single register: none, bool, int, enum, pointer, ksym, username. */
bool type_is_scalar(const struct type *type);
/* Number of buckets of hist: with k = bits, 1 (negative) + 2^(k+1) exact + (63 - k) * 2^k. */
uint32_t type_hist_buckets(uint32_t bits);
/* The bucket of @n, as codegen computes it; bucket 0 holds the negative numbers. */
uint32_t type_hist_bucket(uint32_t bits, int64_t n);
/* Inclusive bounds of a bucket >= 1. */
void type_hist_bounds(uint32_t bits, uint32_t bucket, uint64_t *low, uint64_t *high);
/* Buckets of lhist between the first and the last: floor((max - min) / step). */
uint32_t type_lhist_buckets(const struct type *type);

/* The name that diagnostics use: "uint64", "string[16]", "struct task_struct *",
 * "(int8,string[4])". */
void type_name(const struct type *type, struct strbuf *out);
const char *type_name_str(struct types *types, const struct type *type); /* in the arena */

/* --- joins and conversions (LANGUAGE.md 3.2); NULL if there is none --- */
/*
 * The type that holds values of both. Integers: the wider; mixed signs: the next larger signed,
 * else int64. Strings: the longer. Tuples element by element, records by name. Pointers only with
 * the same pointee. Aggregates, bool and all other kinds only with themselves.
 */
const struct type *type_join(struct types *types, const struct type *a, const struct type *b);
/* Where a pointer leads that is one of two into different spaces. */
enum type_space type_either_space(const struct type *a, const struct type *b);
/* Smallest signed integer type that holds the literal; above 2^63-1 uint64. */
const struct type *type_of_literal(struct types *types, uint64_t magnitude, bool is_negative);
/* True if the integer type holds the value. */
bool type_int_holds(const struct type *type, uint64_t magnitude, bool is_negative);

/* --- names --- */
/*
 * Built-in and C names of scalar types: "uint64", "u32", "__u64", "size_t", "unsigned int", "char",
 * "string", "void" ... Then typedefs of the preamble and of BTF. NULL if unknown. @name has single
 * blanks.
 */
const struct type *types_by_name(struct types *types, const char *name);
/* @kind is TYPE_STRUCT, TYPE_UNION or TYPE_ENUM; the preamble's definition unless BTF has it. */
const struct type *types_by_tag(struct types *types, enum type_kind kind, const char *name);
/* True of a struct or union of the kernel's that the preamble defines, too: the kernel's is used.
 */
bool types_hides_preamble(const struct types *types, const struct type *type);

struct type_constant {
	uint64_t value;
	bool is_negative; /* value is its two's complement */
	const struct type *type; /* the enum, or NULL */
};
/* Enumerators of the preamble, of BTF, then the built-in constants of src/lang/constants.def. */
bool types_find_constant(struct types *types, const char *name, struct type_constant *constant);

#endif
