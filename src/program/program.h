/*
 * The plan: everything that the runtime must know of a compiled script, beside the BPF code and the
 * maps themselves. It is written into the section "sonde.plan" of the BPF ELF object and read back
 * from there, also when the object was made in the same process. It refers to nothing outside
 * itself.
 *
 * The object's fixed parts, shared by codegen and runtime:
 *
 *	map sonde_events      ring buffer of records: struct plan_record, then the payload, of the
 *	                      event's type
 *	map sonde_counters    per-CPU array of u64, see plan_counter_*()
 *	map sonde_scratch*    arrays: values too large for the BPF stack. As many elements as a CPU
 *	                      has; before loading it is made as many as all CPUs have
 *	map sonde_stacks_<N>  hash from struct plan_stack_key to struct plan_stack of that many
 *	                      frames: one for each of the plan's stacks
 *	map at_<name>         the script's @<name>, see struct plan_map
 *	.rodata               sonde_settings: struct plan_settings, filled by the runtime before
 *	                      loading: constant for the verifier
 *	.data                 sonde_state: struct plan_state, shared with the runtime while running
 */
#ifndef SONDE_PROGRAM_PROGRAM_H
#define SONDE_PROGRAM_PROGRAM_H

#include "base/arena.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "types/type.h"

#include <stdbool.h>
#include <stdint.h>

#define PLAN_SECTION "sonde.plan"
#define PLAN_SECTION_LICENSE "license"
#define PLAN_SYMBOL_PLAN "sonde_plan"
#define PLAN_SYMBOL_LICENSE "_license"
#define PLAN_MAP_EVENTS "sonde_events"
#define PLAN_MAP_COUNTERS "sonde_counters"
#define PLAN_MAP_SCRATCH "sonde_scratch"
#define PLAN_MAP_SCRATCH_ALONE "sonde_scratch_alone"
#define PLAN_MAP_SCRATCH_CLAIMED "sonde_scratch_claimed"
#define PLAN_MAP_STACKS "sonde_stacks_" /* + decimal index */
#define PLAN_MAP_BANK "sonde_bank_" /* + decimal number */
/* Bytes of one value, and of all that a program may have in scratch memory at one time: each CPU
 * has so much for it. */
#define PLAN_SCRATCH_VALUE (256u * 1024)
#define PLAN_SCRATCH_MOST (2048u * 1024)
/* Bytes of an event's payload. */
#define PLAN_EVENT_MOST (1024u * 1024)
/* Functions of a program in one another, besides itself: loops, and what loops within. The verifier
 * takes 8 frames (MAX_CALL_FRAMES). */
#define PLAN_MOST_NESTING 7
/* Rounds of one loop; bpf_loop() refuses more (BPF_MAX_LOOPS). */
#define PLAN_MOST_ROUNDS (1u << 23)
/* Bytes of two texts that are compared without a loop, which would be a function of its own. */
#define PLAN_COMPARED_AT_ONCE 128
#define PLAN_SYMBOL_SETTINGS "sonde_settings"
#define PLAN_SYMBOL_STATE "sonde_state"

/* --- data shared with the BPF program; layouts are fixed --- */

struct plan_settings {
	uint64_t target_tgid; /* -p: programs of kernel providers run for this process only; 0: all
			       */
	uint64_t child_pid; /* -c: cpid; else 0 */
	uint64_t pid_ns_dev, pid_ns_ino; /* pid namespace of pid and tid; ino 0: the initial one */
	uint64_t has_child; /* has_cpid */
	uint64_t ncpus;
	uint64_t start_ns; /* boot-time clock when tracing began: elapsed */
	uint64_t wall_offset_ns; /* wall clock less boot-time clock when tracing began: the
				    intervals of tseries() lie at multiples of wall-clock time */
};

struct plan_state {
	uint64_t exiting; /* set to 1 by exit(); the programs go on until they are detached, the
			     runtime looks at it at each wake-up, so that a full ring buffer cannot
			     keep a script from ending */
	uint64_t exit_code;
	uint64_t scratch_busy[512]; /* per CPU: bit i set while slot i of the scratch element is in
				       use */
};

/* Head of each record in the ring buffer. The payload follows at PLAN_PAYLOAD_OFFSET. */
struct plan_record {
	uint32_t event; /* index in the plan's events */
	uint32_t cpu;
};
#define PLAN_PAYLOAD_OFFSET 16 /* payloads are aligned to 16 at most */

struct plan_stack_key {
	uint64_t hash;
	uint32_t nframes;
	uint32_t tgid;
};

struct plan_stack {
	uint64_t seen_ns; /* monotonic clock, when it was seen first: what its addresses stood for
			     then they may not later */
	uint64_t frames[]; /* of STACK_BUILD_ID: struct bpf_stack_build_id */
};

/* --- configuration that the runtime needs (LANGUAGE.md 8.1) --- */

enum plan_missing { MISSING_ERROR, MISSING_WARN, MISSING_IGNORE };
enum plan_user_symbols {
	USER_SYMBOLS_DEFAULT,
	USER_SYMBOLS_PER_PID,
	USER_SYMBOLS_PER_PROGRAM,
	USER_SYMBOLS_NONE
};

/* What using an unstable feature is; sema alone asks. */
enum plan_unstable { UNSTABLE_DEFAULT, UNSTABLE_ERROR, UNSTABLE_WARN, UNSTABLE_ENABLE };

struct plan_config {
	uint64_t max_map_keys, max_strlen, max_cat_bytes, max_probes, max_bpf_progs, log_size;
	uint64_t on_stack_limit;
	uint64_t perf_rb_pages; /* 0: from the machine's memory */
	const char *license;
	const char *str_trunc_trailer;
	enum type_stack_mode stack_mode;
	enum plan_missing missing_probes;
	enum plan_user_symbols user_symbols;
	enum plan_unstable unstable_tseries, unstable_dw_ustack, unstable_typeinfo;
	bool cpp_demangle, lazy_symbolication, print_maps_on_exit, show_debug_info;
	bool unsafe; /* compiled with --unsafe */
};
struct plan_config plan_config_default(void);
/* Pages of the ring buffer, a power of two: as configured, or 1/8192 of this machine's memory. */
uint32_t plan_ring_pages(const struct plan_config *config);

/* --- places in the script, for messages at run time --- */

struct plan_place {
	const char *file;
	uint32_t line, column, end_column; /* 1-based, end exclusive */
	uint32_t end_line; /* behind line, if the range is one of several lines */
	const char *text; /* the source line; of a long one the part around the place, "..." where
			     it was cut; of a range all lines, as far as they are shown */
	int32_t text_offset; /* of its first byte in that line; 0 unless it was cut */
};

/* --- programs --- */

enum plan_unit { UNIT_NONE, UNIT_HZ, UNIT_S, UNIT_MS, UNIT_US, UNIT_NS };

/* One attach point. Which fields are used is the provider's affair; strings are NULL when unused.
 */
struct plan_target {
	const char *name; /* canonical: what `probe` gives, e.g. "tracepoint:sched:sched_switch" */
	const char *module; /* category, kernel module, path of the binary */
	const char *function; /* event, function, kind, signal */
	const char *extra; /* usdt: provider name; iter: pin; watchpoint: mode; uprobe: demangled
			      name */
	const char *source_file; /* uprobe pattern: a line (@rate) and column (@offset) of it */
	const char *arguments; /* usdt: operands as the note has them; not kept in objects */
	uint64_t offset; /* bytes into the function; file offset or address with has_address */
	bool has_offset, has_address;
	uint64_t rate; /* timers: in @unit; software, hardware: the count (0: default); watchpoint:
			  length */
	enum plan_unit unit;
	bool is_match; /* one of those that a pattern stands for: it may be missing */
};

/* A field of a tracepoint's record that a program reads at a fixed offset: checked when an object
 * is loaded elsewhere. */
struct plan_field_use {
	const char *name;
	uint32_t offset, size;
};

struct plan_prog {
	const char *name; /* of the BPF function: "begin_1", "tracepoint_sched_sched_switch_2";
			     unique, but that the two ends of a session have one function */
	const char *section; /* ELF section, from the provider */
	const char *provider; /* canonical name: "tracepoint" */
	struct plan_place place; /* the probe's attach point */
	bool is_multi; /* attach with one link for all targets */
	bool uses_cookie; /* the target's index must be given as the BPF cookie of each link */
	bool is_session; /* attach with one link to where the targets begin and end */
	uint32_t session; /* of what such a program runs at the end: 1 + its index; else 0 */
	bool has_predicate;
	VEC(struct plan_target)
	targets;
	VEC(struct plan_field_use)
	fields;
};

/* --- maps --- */

enum plan_map_kind {
	MAP_KIND_HASH,
	MAP_KIND_LRU_HASH,
	MAP_KIND_PERCPU_HASH,
	MAP_KIND_LRU_PERCPU_HASH,
	MAP_KIND_ARRAY, /* scalar: one element */
	MAP_KIND_PERCPU_ARRAY, /* scalar aggregate: one element */
};

/*
 * The script's map @<name>. In the object it is at_<name>. A value is of type @value; for the array
 * kinds it is followed, at the next multiple of 8, by a u64 that is 1 once the scalar was assigned.
 * Value sizes are rounded up to 8.
 */
struct plan_map {
	const char *name; /* without "@" */
	const char *elf_name;
	enum plan_map_kind kind;
	const struct type *key; /* NULL for a scalar */
	const struct type *value;
	uint64_t max_entries;
	bool needs_atomic; /* more than one program, or one that can be preempted, updates the
			      per-CPU values */
	bool is_assigned; /* something in the script writes it */
	/* Programs that use more maps than the kernel lets one refer to find it in a map of maps,
	 * the bank of this number (PLAN_MAP_BANK, from 1; 0: none), at this place. */
	uint32_t bank, bank_place;
	struct plan_place place;
};
uint32_t plan_map_value_size(const struct plan_map *map); /* including the "set" word and padding */
uint32_t plan_map_set_offset(const struct plan_map *map); /* of the "set" word; array kinds only */
bool plan_map_is_scalar(const struct plan_map *map);

struct plan_stacks { /* one per kind and depth in use */
	enum type_kind kind; /* TYPE_KSTACK or TYPE_USTACK */
	bool is_build_id;
	uint32_t depth;
};

/* --- events --- */

enum plan_event_kind {
	EVENT_PRINTF, /* payload: the arguments */
	EVENT_ERRORF,
	EVENT_WARNF,
	EVENT_PRINT_VALUE, /* payload: the value */
	EVENT_PRINT_MAP, /* payload: (uint64 top, uint64 div), 0 for none */
	EVENT_PRINT_MAP_VALUE, /* print(@m[k]) of a non-scalar aggregate; payload: (key) */
	EVENT_CLEAR,
	EVENT_ZERO,
	EVENT_TIME, /* format in @format */
	EVENT_CAT, /* payload: the arguments of @format */
	EVENT_SYSTEM,
	EVENT_JOIN, /* payload: (uint64 count, string[N] x 16); the separator in @format */
	EVENT_EXIT, /* payload: (int64 code) */
	EVENT_ASSERT, /* text in @format */
	EVENT_UNWATCH, /* payload: (uint64 address) */
	EVENT_SKBOUTPUT, /* payload: (uint64 ns, uint32 length, buffer); file name in @format */
	EVENT_RUNTIME_ERROR, /* text in @format */
	EVENT_HELPER_ERROR, /* payload: (int64 return code); helper in @helper */
};

struct plan_event {
	enum plan_event_kind kind;
	const struct type *payload; /* a tuple; TYPE_NONE for no payload */
	const char *format;
	const char *helper;
	uint32_t map; /* index; events about maps */
	bool only_with_k; /* HELPER_ERROR: reported only under -k */
	struct plan_place place;
	uint32_t prog; /* the program that sends it (the first, if several) */
};

/* --- the plan --- */

struct plan {
	struct arena *arena;
	struct types *types;
	const char *compiler; /* "sonde X.Y.Z" */
	struct plan_config config;
	VEC(struct plan_prog)
	progs; /* in source order */
	VEC(struct plan_map)
	maps; /* in order of first appearance */
	VEC(struct plan_event)
	events;
	VEC(struct plan_stacks)
	stacks;
	VEC(const char *)
	strings; /* referred to by index from values: strftime formats, cgroup globs */
	bool uses_warnings; /* compiled with -k: helper errors are in the code */
};

/* An iterator that is left in the BPF file system: what it prints goes to those who read it. */
bool plan_prog_is_pinned(const struct plan_prog *prog);

struct plan *plan_new(struct arena *arena, struct types *types);
/* Index of the string, added if new. */
uint32_t plan_string(struct plan *plan, const char *str);
/* Index of the stacks entry for a kstack or ustack type, added if new. */
uint32_t plan_stacks_index(struct plan *plan, const struct type *type);

/*
 * Indices in sonde_counters. For each program: how often its action ran, and how often it was
 * filtered out (by predicate or by pid), and was missed by the program itself (no scratch slot was
 * free). For each event: how many were sent, how many were lost. For each map: how many updates it
 * refused; for each stacks map: how many stacks it refused.
 */
static inline uint32_t plan_counter_ran(uint32_t prog)
{
	return prog * 3;
}
static inline uint32_t plan_counter_filtered(uint32_t prog)
{
	return prog * 3 + 1;
}
static inline uint32_t plan_counter_missed(uint32_t prog)
{
	return prog * 3 + 2;
}
uint32_t plan_counter_sent(const struct plan *plan, uint32_t event);
uint32_t plan_counter_lost(const struct plan *plan, uint32_t event);
uint32_t plan_counter_refused(const struct plan *plan, uint32_t map);
uint32_t plan_counter_stack_refused(const struct plan *plan, uint32_t stacks);
uint32_t plan_counters(const struct plan *plan); /* how many there are */

/* How many maps lie in the bank; the first bank without any is behind the last one. */
uint32_t plan_bank_size(const struct plan *plan, uint32_t bank);
/* Bytes of the ring buffer; unless it is configured some of the largest event fit. */
uint32_t plan_ring_bytes(const struct plan *plan);

/* --- serial form: versioned, bounds-checked, types with all that rendering needs --- */
void plan_write(const struct plan *plan, struct strbuf *out);
/* NULL with *error set (arena) for bytes that are not a plan, or one of another version. Never
 * crashes on bad input. */
struct plan *plan_read(struct arena *arena, struct types *types, const void *data, size_t size,
		       const char **error);
/* The plan as text (-d plan): stable, for golden tests. */
void plan_dump(const struct plan *plan, struct strbuf *out);

#endif
