/*
 * What the files of this room share: the state of one compilation, the model of values, and the
 * emitters that others build upon.
 *
 * Values. An expression whose type is scalar (type_is_scalar(): bool, int, enum, pointer, ksym,
 * username) is an LLVM integer of 8 * type->size bits: bool is an i8 that is 0 or 1, a pointer of
 * the script's is an i64. LLVM's `ptr` is used for memory that the program itself may touch only:
 * stack, scratch, map values, ring buffer records, the context. Everything larger than a scalar is
 * bytes in such memory, laid out as types/type.h says, and is handed around by address:
 *
 *	emit_value(cg, expr)         scalars: the register. Other types: as emit_address()
 *	emit_address(cg, expr)       an address at which the value may be read, not written
 *	emit_into(cg, expr, dst)     writes type->size bytes to @dst, all of them (padding is zero)
 *
 * Nothing is assumed of the alignment of @dst and of other addresses, except where a type's
 * natural alignment holds: memory from cg_temp(), map keys and values, payloads.
 *
 * Memory. cg_temp() gives memory that lives until the current statement ends; small objects are on
 * the stack, larger ones in memory that the running program has to itself (scratch.c). Its contents
 * are undefined.
 *
 * Control flow. An emitter leaves the builder at the end of an open block. A block that nothing
 * reaches is fine: LLVM deletes it.
 */
#ifndef SONDE_CODEGEN_INTERNAL_H
#define SONDE_CODEGEN_INTERNAL_H

#include "base/hashmap.h"
#include "codegen/codegen.h"
#include "lang/lang.h"

#include <linux/bpf.h>
#include <llvm-c/Core.h>
#include <llvm-c/DebugInfo.h>
#include <llvm-c/TargetMachine.h>

struct cg_core_struct;
struct cg_debug;
struct cg_loop;
struct cg_scratch;
struct near_address;

/* The maps of scratch memory: see scratch.c. */
enum cg_scratch_kind { CG_SCRATCH_OWN, CG_SCRATCH_ALONE, CG_SCRATCH_CLAIMED };
#define CG_SCRATCH_KINDS (CG_SCRATCH_CLAIMED + 1)
#define CG_CLAIM_SLOTS 4

/* Memory in the scratch map. */
struct scratch_place {
	uint32_t offset;
};

/* An LLVM function under construction: a BPF program, or the callback of one of its loops. */
struct cg_function {
	struct cg_function *parent; /* of a callback: the function that holds the loop */
	LLVMValueRef function;
	LLVMMetadataRef subprogram;
	const struct source *source; /* that of the subprogram */
	LLVMBasicBlockRef entry; /* allocas and what must dominate everything; open until the end */
	LLVMBasicBlockRef leave; /* the way out of the program or callback */
	LLVMBasicBlockRef at; /* where the builder stands while another function is worked on */
	LLVMMetadataRef location;
	LLVMValueRef ctx; /* ptr: see cg_ctx() */
	LLVMValueRef frame; /* ptr to the program's frame, see loop.c; NULL if it has none */
	LLVMValueRef scratch; /* ptr to the program's memory, NULL while none is used */
	struct cg_stack_slot *slots; /* stack memory of cg_temp() */
	LLVMValueRef counter_key; /* i32 alloca */
	LLVMBasicBlockRef broken; /* of a callback: ends its loop */
	struct cg_loop *loop; /* innermost loop being emitted, or NULL */
	uint32_t nblocks;
	uint32_t depth; /* bytes of stack that it takes itself: set by frames_fit() */
};

/* The program that is being generated. */
struct cg_program {
	const struct ast_program *ast;
	const struct plan_prog *plan;
	uint32_t index; /* in the plan's programs */
	const struct provider *provider;
	bool is_preemptible; /* another run of it may start on this CPU before it ends */
	struct cg_function *main;
	struct cg_variable *variables; /* by variable id */
	LLVMValueRef result; /* i32 alloca: what the program returns, if it has no frame */
	LLVMBasicBlockRef missed; /* counts a miss and leaves; from where no scratch is held */
	struct cg_scratch *scratch; /* scratch.c */
	uint32_t stack_used; /* bytes of stack that cg_temp() and variables took */
	uint32_t ncallbacks;
	bool has_left; /* a callback may leave the program: see loop.c */
	struct scratch_place left; /* u64: it did */
};

struct codegen {
	const struct codegen_options *options;
	const struct ast_unit *unit;
	const struct plan *plan;
	struct types *types;
	struct arena *arena;

	LLVMContextRef context;
	LLVMModuleRef module;
	LLVMBuilderRef builder;
	LLVMTargetMachineRef machine;
	LLVMTypeRef i1, i8, i16, i32, i64, ptr, none; /* none: void */

	LLVMValueRef *session_parts; /* by index of the program: session.c */
	struct cg_debug *debug; /* debug.c */
	struct cg_core_struct *core_structs; /* core.c */
	struct hashmap *constants; /* of cg_const_bytes() */

	/* maps, as the `ptr` that helpers take; made when first asked for */
	LLVMValueRef *maps; /* by index in the plan, of map.c */
	LLVMValueRef *banks; /* by number, less 1 */
	LLVMValueRef *stacks; /* by index in the plan's stacks; see cg_stacks_map() */
	LLVMValueRef events, counters; /* see cg_events_map() */
	LLVMValueRef scratch[CG_SCRATCH_KINDS];
	uint32_t scratch_size[CG_SCRATCH_KINDS]; /* OWN: of all programs; else the most of one */
	struct hashmap definitions; /* of maps: their types */
	LLVMValueRef settings, state; /* struct plan_settings, struct plan_state */

	VEC(struct near_address)
	near; /* near.c */
	struct hashmap functions; /* name -> struct cg_function */
	struct cg_program *program;
	struct cg_function *fn;
	uint32_t serial; /* see struct codegen_options */
	uint32_t stack_budget; /* bytes of stack for what is put there on purpose */
	/* blocks of so many statements are cut into functions, see loop.c; 0: none */
	uint32_t least_outlined;
	bool has_failed; /* LLVM reported an error, or a function is too long */
	const char *bad_bitcode; /* why imported C programs could not be linked, or NULL */
	const char *complaint; /* LLVM's last error */
	bool is_too_long;
	uint32_t most_instructions; /* of a function, LLVM's */
};

/* Instructions of a function as emitted, of which too many are left when it is optimized; known to
 * be too long, it is neither optimized nor emitted to its end, since both take their time. */
static inline uint32_t cg_most_unoptimized(const struct codegen *cg)
{
	return cg->most_instructions * 8;
}

/* --- types and constants --- */

LLVMTypeRef cg_int_type(struct codegen *cg, uint32_t size); /* size in bytes: 1, 2, 4, 8 */
LLVMTypeRef cg_type(struct codegen *cg, const struct type *type); /* register of a scalar */
LLVMValueRef cg_i8(struct codegen *cg, uint8_t value);
LLVMValueRef cg_i32(struct codegen *cg, uint32_t value);
LLVMValueRef cg_i64(struct codegen *cg, uint64_t value);
/* Read-only bytes in .rodata, 8-aligned; equal contents are shared. */
LLVMValueRef cg_const_bytes(struct codegen *cg, const void *data, size_t size);

/* --- expressions and statements (expr.c, stmt.c) --- */

LLVMValueRef emit_value(struct codegen *cg, const struct expr *expr);
LLVMValueRef emit_address(struct codegen *cg, const struct expr *expr);
void emit_into(struct codegen *cg, const struct expr *expr, LLVMValueRef dst);
/* A scalar widened to i64 by its signedness. */
LLVMValueRef emit_value64(struct codegen *cg, const struct expr *expr);
/* i1: whether the scalar is not zero. */
LLVMValueRef emit_condition(struct codegen *cg, const struct expr *expr);
void emit_block(struct codegen *cg, const struct block *block);
/* Address of a script variable's storage (find() writes through it). */
LLVMValueRef emit_variable_address(struct codegen *cg, const struct variable *variable);

/* --- memory (memory.c, scratch.c) --- */

LLVMValueRef cg_temp(struct codegen *cg, uint32_t size, uint32_t align);
/* The same for what must be on the stack: pointers. */
LLVMValueRef cg_stack_temp(struct codegen *cg, uint32_t size);
/* It is not needed any more. */
void cg_stack_free(struct codegen *cg, LLVMValueRef memory);
/* @address + @bytes */
LLVMValueRef emit_offset(struct codegen *cg, LLVMValueRef address, uint64_t bytes);
/* The same value, of which LLVM then knows nothing: a test of it is kept as it stands. */
LLVMValueRef emit_opaque(struct codegen *cg, LLVMValueRef value);
/*
 * As that, and the value is computed here. LLVM would do so where it is used, and keep on the stack
 * till then all that it is made from.
 */
LLVMValueRef emit_ordered(struct codegen *cg, LLVMValueRef value);
/*
 * Where the stack is short (stack_budget 0), nothing may be kept there that can be had again: a
 * pointer or i64 that LLVM computes here and now, and takes for another one each time.
 */
LLVMValueRef emit_fresh(struct codegen *cg, LLVMValueRef value);
/* @address + @bytes, an i64 */
LLVMValueRef emit_offset_by(struct codegen *cg, LLVMValueRef address, LLVMValueRef bytes);
/* An integer of @size bytes; @align 1 if nothing is known. */
LLVMValueRef emit_load(struct codegen *cg, LLVMValueRef address, uint32_t size, uint32_t align);
void emit_store(struct codegen *cg, LLVMValueRef value, LLVMValueRef address, uint32_t align);
/* A value of @type in memory as emit_value() would give it. */
LLVMValueRef emit_load_value(struct codegen *cg, const struct type *type, LLVMValueRef address);
/* Writes a value as emit_value() gives it. */
void emit_store_value(struct codegen *cg, const struct type *type, LLVMValueRef value,
		      LLVMValueRef dst);
/* Constant sizes of any magnitude; inline when small, by a helper when large. */
void emit_copy(struct codegen *cg, LLVMValueRef dst, LLVMValueRef src, uint32_t size,
	       uint32_t align);
void emit_zero(struct codegen *cg, LLVMValueRef dst, uint32_t size, uint32_t align);
/* An integer widened or cut to @size bytes. */
LLVMValueRef emit_resize(struct codegen *cg, LLVMValueRef value, uint32_t size, bool is_signed);

/* --- helpers, and what reads through them (memory.c) --- */

/* Calls a BPF helper. Arguments are integers or ptr as they are; @result is cg->i64, cg->i32 or
 * cg->ptr. */
LLVMValueRef emit_helper_call(struct codegen *cg, enum bpf_func_id id, LLVMTypeRef result,
			      LLVMValueRef *args, unsigned nargs);
#define emit_helper(cg, id, result, ...)                                                           \
	emit_helper_call((cg), (id), (result), (LLVMValueRef[]){__VA_ARGS__},                      \
			 sizeof((LLVMValueRef[]){__VA_ARGS__}) / sizeof(LLVMValueRef))
#define emit_helper0(cg, id, result) emit_helper_call((cg), (id), (result), NULL, 0)

/*
 * Reads @size bytes at the script address @addr (i64) to @dst; on failure @dst is zero, and the
 * event @error (see expr.error_event) is sent if it is not 0. SPACE_UNKNOWN means what the probe
 * kind suggests.
 */
void emit_probe_read(struct codegen *cg, LLVMValueRef dst, uint32_t size, LLVMValueRef addr,
		     enum type_space space, uint32_t error);
/* The text in the @size bytes at @addr to as many, NULs behind it; otherwise as emit_probe_read().
 */
void emit_probe_read_text(struct codegen *cg, LLVMValueRef dst, uint32_t size, LLVMValueRef addr,
			  enum type_space space, uint32_t error);
/* After a helper that copied a text of at most @size bytes and returned @code: if it fills them,
 * the last one too. */
void emit_read_last(struct codegen *cg, LLVMValueRef dst, uint32_t size, LLVMValueRef addr,
		    enum type_space space, LLVMValueRef code);
/* The helpers that read memory of @space, SPACE_UNKNOWN decided by the probe kind: bytes, texts. */
enum bpf_func_id cg_read_helper(const struct codegen *cg, enum type_space space);
enum bpf_func_id cg_read_text_helper(const struct codegen *cg, enum type_space space);
/* An integer of @size bytes of the context at @offset. */
LLVMValueRef emit_ctx_load(struct codegen *cg, uint32_t offset, uint32_t size);
/* An address as a number: the verifier lets little be calculated with pointers, but what a helper
 * has read it does not take for one. */
LLVMValueRef emit_plain_number(struct codegen *cg, LLVMValueRef address);
/* The value of @expr to calculate with: addresses of the script's own memory as numbers. Functions
 * in C need them as the pointers that they are otherwise. */
LLVMValueRef emit_pointer_value(struct codegen *cg, const struct expr *expr);
/* Argument @n of a RAW_ARGS or BTF_ARGS context: i64. */
LLVMValueRef emit_ctx_arg(struct codegen *cg, uint32_t n);
/* The field of `args` at @index of the args struct's fields; as emit_value(). */
LLVMValueRef emit_args_field(struct codegen *cg, uint32_t index);
/*
 * Field @path of the struct at the script address @object (i64), as emit_value(): relocated where
 * the struct is from BTF.
 */
LLVMValueRef emit_read_field(struct codegen *cg, LLVMValueRef object, enum type_space space,
			     const struct type_path *path, uint32_t error);
/* Its address (i64). */
LLVMValueRef emit_field_address(struct codegen *cg, LLVMValueRef object,
				const struct type_path *path);

/* A member of the shared data, i64: emit_setting(cg, offsetof(struct plan_settings, child_pid)) */
LLVMValueRef emit_setting(struct codegen *cg, size_t offset);
/* The address of a member of struct plan_state. */
LLVMValueRef emit_state(struct codegen *cg, size_t offset);

/* --- maps (map.c) --- */

/* Calls a helper whose first argument is the map (index in the plan); @args[0] is set to that. */
LLVMValueRef emit_map_call(struct codegen *cg, enum bpf_func_id id, LLVMTypeRef result,
			   uint32_t map, LLVMValueRef *args, unsigned nargs);
#define emit_map_helper(cg, id, result, map, ...)                                                  \
	emit_map_call((cg), (id), (result), (map), (LLVMValueRef[]){NULL, __VA_ARGS__},            \
		      sizeof((LLVMValueRef[]){NULL, __VA_ARGS__}) / sizeof(LLVMValueRef))
LLVMValueRef cg_stacks_map(struct codegen *cg, uint32_t stacks); /* index in the plan */
LLVMValueRef cg_events_map(struct codegen *cg);
/* Address of the key of an EXPR_MAP (a zero u32 for a scalar). */
LLVMValueRef emit_map_key(struct codegen *cg, const struct expr *map);
/* ptr to the value, may be null: test it with emit_is_null(). */
LLVMValueRef emit_map_lookup(struct codegen *cg, LLVMValueRef map, LLVMValueRef key);
/* The same of a map of the script (index in the plan). */
LLVMValueRef emit_element(struct codegen *cg, uint32_t map, LLVMValueRef key);
/* The missing key of a map that is read: reported under -k only. */
void emit_no_key(struct codegen *cg, const struct expr *map);
/*
 * Writes an element; @value holds plan_map_value_size() bytes. A refused update is counted, and the
 * event @error sent with the code if it is not 0. Returns the helper's result (i64).
 */
LLVMValueRef emit_map_update(struct codegen *cg, uint32_t map, LLVMValueRef key, LLVMValueRef value,
			     uint64_t flags, uint32_t error);
/* The helper's result (i64): 0 or -ENOENT. */
LLVMValueRef emit_map_delete(struct codegen *cg, uint32_t map, LLVMValueRef key);
/* Counts what the kernel refused for plan map @map when @code (i64) is negative. */
void emit_map_refused(struct codegen *cg, uint32_t map, LLVMValueRef code, uint32_t error);
/*
 * Adds 1 to a counter of sonde_counters. @is_shared: others than this program count there, or it
 * may be preempted: the addition is atomic.
 */
void emit_counter_increment(struct codegen *cg, uint32_t index, bool is_shared);

/* --- imported C programs (cobject.c) --- */
void c_objects_link(struct codegen *cg);
LLVMValueRef emit_c_call(struct codegen *cg, const struct expr *call, LLVMValueRef dst);

/* --- control flow (flow.c) --- */

LLVMBasicBlockRef cg_block(struct codegen *cg, const char *name); /* of the current function */
void cg_position(struct codegen *cg, LLVMBasicBlockRef block); /* go on at its end */
LLVMBasicBlockRef cg_current(struct codegen *cg);
void emit_jump(struct codegen *cg, LLVMBasicBlockRef to);
void emit_branch(struct codegen *cg, LLVMValueRef condition, LLVMBasicBlockRef then,
		 LLVMBasicBlockRef otherwise);
LLVMValueRef emit_is_null(struct codegen *cg, LLVMValueRef ptr); /* i1 */
/* Value that is @a when control came from block @from_a, else @b. */
LLVMValueRef emit_phi(struct codegen *cg, LLVMValueRef a, LLVMBasicBlockRef from_a, LLVMValueRef b,
		      LLVMBasicBlockRef from_b);
/* Memory for a small scalar in the function's entry block; LLVM makes it a register. */
LLVMValueRef cg_local(struct codegen *cg, LLVMTypeRef type, const char *name);
/* Leaves the program, also from within a loop's callback. The builder goes on in a dead block. */
void emit_leave(struct codegen *cg);
/* Everything emitted from here on belongs to the source at @span. */
void cg_set_location(struct codegen *cg, struct span span);

/* --- the module's parts, for the room's core only --- */

/* debug.c: debug information, from which LLVM makes BTF and line info */
void debug_begin(struct codegen *cg);
void debug_end(struct codegen *cg);
LLVMMetadataRef debug_int(struct codegen *cg, uint32_t size, bool is_signed);
LLVMMetadataRef debug_pointer(struct codegen *cg, LLVMMetadataRef to); /* NULL: void * */
LLVMMetadataRef debug_const(struct codegen *cg, LLVMMetadataRef type); /* NULL: void */
LLVMMetadataRef debug_array(struct codegen *cg, LLVMMetadataRef element, uint32_t element_size,
			    uint32_t count);
void debug_global(struct codegen *cg, LLVMValueRef global, LLVMMetadataRef type);
struct debug_member {
	const char *name;
	LLVMMetadataRef type;
	uint64_t bit_size, bit_offset;
	bool is_bit_field;
};
/* A struct, or with @is_union a union; sizes in bits. */
LLVMMetadataRef debug_struct(struct codegen *cg, const char *name, bool is_union,
			     const struct debug_member *members, uint32_t n, uint64_t bit_size);
/* A struct that is made later, and its making. */
LLVMMetadataRef debug_forward(struct codegen *cg, const char *name, bool is_union);
void debug_resolve(struct codegen *cg, LLVMMetadataRef forward, LLVMMetadataRef type);
LLVMMetadataRef debug_enum(struct codegen *cg, uint32_t size);
struct debug_param {
	const char *name;
	LLVMMetadataRef type;
};
/* Describes a function of the kernel that takes nothing. */
void debug_declaration(struct codegen *cg, LLVMValueRef function, struct span span,
		       LLVMMetadataRef result);
/* Describes @fn->function, which starts at @span. */
void debug_function(struct codegen *cg, struct cg_function *fn, struct span span, bool is_static,
		    LLVMMetadataRef result, const struct debug_param *params, uint32_t nparams);

/* globals.c */
void globals_begin(struct codegen *cg);
void globals_end(struct codegen *cg); /* license, plan */

/* map.c */
void maps_end(struct codegen *cg); /* describes the maps that were used */
LLVMValueRef cg_scratch_map(struct codegen *cg, enum cg_scratch_kind kind);

/* scratch.c */
struct scratch_mark {
	uint32_t top, serial;
};
void scratch_begin(struct codegen *cg); /* the builder stands where memory may be claimed */
void scratch_end(struct codegen *cg, LLVMBasicBlockRef body);
/* In the leave block. */
void scratch_leave(struct codegen *cg);
/* Temporaries made since the mark may be used again. */
struct scratch_mark scratch_mark(struct codegen *cg);
void scratch_release(struct codegen *cg, struct scratch_mark mark);
/* Reachable from all functions of the program: its address in the current one is
 * scratch_address(). */
struct scratch_place scratch_reserve(struct codegen *cg, uint32_t size);
LLVMValueRef scratch_address(struct codegen *cg, struct scratch_place place);
/* Takes @size bytes of the stack for the current function, if so much may and can be had. */
bool scratch_take_stack(struct codegen *cg, uint32_t size);

/* near.c */
/* An address made by the current function, @offset bytes into scratch memory. */
void near_note(struct codegen *cg, LLVMValueRef address, uint32_t offset);
void near_end(struct codegen *cg);

/* variable.c: where variables are kept */
void variables_begin(struct codegen *cg);
/* Whether some loop of the program is a callback: it then has a frame. */
bool program_has_callbacks(const struct ast_program *program);

/* program.c */
void emit_program(struct codegen *cg, const struct ast_program *ast);
/* Leaves the current function for another where that one stopped. */
void cg_switch(struct codegen *cg, struct cg_function *fn);
void cg_function_attribute(struct codegen *cg, LLVMValueRef function, const char *name);
/* Where the program's result is kept, an i32. */
LLVMValueRef cg_result_address(struct codegen *cg);
struct cg_function *cg_function_new(struct codegen *cg, const char *name, LLVMTypeRef type);

/*
 * The frame of a program with callbacks is on the stack of its main function; the callbacks are
 * given its address. It holds what they cannot get otherwise: pointers.
 */
#define CG_FRAME_CTX 0
#define CG_FRAME_RESULT 8 /* i32: what the program returns */
#define CG_FRAME_SCRATCH 16
#define CG_FRAME_SIZE 24
/*
 * A pointer of the frame. It is loaded once, at the function's begin, unless *known; where the
 * stack is short here and now, since LLVM would keep it there.
 */
LLVMValueRef emit_frame_pointer(struct codegen *cg, LLVMValueRef frame, uint32_t offset);
LLVMValueRef cg_from_frame(struct codegen *cg, uint32_t offset, LLVMValueRef *known);
LLVMValueRef cg_ctx(struct codegen *cg); /* the program's context */

/* place.c: FIELD, TUPLE_FIELD, INDEX and UNARY_DEREF */
LLVMValueRef emit_member(struct codegen *cg, const struct expr *expr);
void emit_member_into(struct codegen *cg, const struct expr *expr, LLVMValueRef dst);
/* As emit_address(); of a text in an array of C's also what is behind its NUL. */
LLVMValueRef emit_bytes_address(struct codegen *cg, const struct expr *expr);
/* Where the kernel's or a process' memory has it (i64); nothing is read there. */
LLVMValueRef emit_place_address(struct codegen *cg, const struct expr *expr);

/* arith.c, cast.c */
LLVMValueRef emit_binary(struct codegen *cg, const struct expr *expr);
LLVMValueRef emit_unary(struct codegen *cg, const struct expr *expr);
/* &$v and &@m as the verifier knows them: addresses of the script's own memory, 0 for a map without
 * its element. */
LLVMValueRef emit_address_of(struct codegen *cg, const struct expr *operand);
LLVMValueRef emit_arith(struct codegen *cg, enum binary_op op, const struct type *type,
			LLVMValueRef left, LLVMValueRef right, uint32_t error);
/* / or %; the divisor is not zero. */
LLVMValueRef emit_division(struct codegen *cg, bool is_modulo, bool is_signed, LLVMValueRef left,
			   LLVMValueRef right);
/* @count times the size of what the pointer type @type points to. */
LLVMValueRef emit_scaled(struct codegen *cg, const struct type *type, LLVMValueRef count);
LLVMValueRef emit_cast(struct codegen *cg, const struct expr *expr, LLVMValueRef dst);

/* core.c: fields that are relocated when the program is loaded */
/* The address (ptr) of a field of the struct at @base; a chain of steps is relocated as one. */
LLVMValueRef core_step(struct codegen *cg, LLVMValueRef base, const struct type *in,
		       const struct type_field *field);
enum core_info { /* what llvm.bpf.preserve.field.info tells of a bit-field */
		 CORE_BYTE_OFFSET = 0, /* from the start of the chain */
		 CORE_BYTE_SIZE = 1,
		 CORE_LSHIFT = 4,
		 CORE_RSHIFT = 5,
};
LLVMValueRef core_info(struct codegen *cg, LLVMValueRef field, enum core_info info); /* i64 */
/* The debug type of a kernel type, with the members that the script uses. */
LLVMMetadataRef core_debug_type(struct codegen *cg, const struct type *type);
void core_end(struct codegen *cg);

/* update.c, aggregate.c */
LLVMValueRef emit_incdec(struct codegen *cg, const struct expr *expr, bool is_used);
void emit_compound(struct codegen *cg, const struct stmt *stmt);
void emit_aggregate(struct codegen *cg, const struct expr *target, const struct expr *call);
/* Entry @index of an array of @count entries of @size bytes at @array, within its bounds. */
LLVMValueRef emit_entry(struct codegen *cg, LLVMValueRef array, LLVMValueRef index, uint32_t count,
			uint32_t size);
/* The key of a map of aggregates that is read; that there is none is reported under -k. */
LLVMValueRef emit_gathered_key(struct codegen *cg, const struct expr *map);
/* i64: count, sum, min, max or avg over all CPUs. */
LLVMValueRef emit_aggregate_number(struct codegen *cg, const struct expr *map);
LLVMValueRef emit_aggregate_number_at(struct codegen *cg, uint32_t map, LLVMValueRef key);
/* Total and count over all CPUs, as the renderer takes a value of stats. */
void emit_stats_into(struct codegen *cg, const struct expr *map, LLVMValueRef dst);

/* stmt.c, loop.c */
void emit_stmt(struct codegen *cg, const struct stmt *stmt);
void emit_for_range(struct codegen *cg, const struct stmt *stmt);
void emit_for_map(struct codegen *cg, const struct stmt *stmt);
void emit_while(struct codegen *cg, const struct stmt *stmt);
void emit_unroll(struct codegen *cg, const struct stmt *stmt);
void emit_loop_exit(struct codegen *cg, bool is_break);
/* The statements of a block, in functions of their own where there are many; false: emit them here.
 */
bool emit_outlined(struct codegen *cg, const struct block *block);

/* --- functions and builtins --- */

/*
 * Hooks of lang/functions.def, for each row without FN_FOLDS and FN_AGGREGATE. A result that is
 * scalar is returned, @dst is NULL; one that is larger is written to @dst, type->size bytes, and
 * what is returned is ignored; functions of type none return NULL.
 */
typedef LLVMValueRef (*emit_call_fn)(struct codegen *cg, const struct expr *call, LLVMValueRef dst);
/* Hooks of FN_AGGREGATE rows: update the value of this CPU at @slot. @value: the first argument, an
 * i64, if there is one. */
typedef void (*emit_update_fn)(struct codegen *cg, const struct plan_map *map,
			       const struct expr *call, LLVMValueRef value, LLVMValueRef slot);
/* Hooks of lang/builtins.def; results as for functions. */
typedef LLVMValueRef (*emit_builtin_fn)(struct codegen *cg, const struct expr *builtin,
					LLVMValueRef dst);

/* Picks by the first flag of a row: CG_HOOK(flags, if FN_FOLDS, if FN_AGGREGATE, otherwise). */
#define CG_SECOND_(a, b, ...) b
#define CG_SECOND(...) CG_SECOND_(__VA_ARGS__)
#define CG_FOLDS_FN_FOLDS ~, 1
#define CG_AGGREGATE_FN_AGGREGATE ~, 1
#define CG_CAT_(a, b) a##b
#define CG_CAT(a, b) CG_CAT_(a, b)
#define CG_PICK_10(folds, aggregate, other) folds
#define CG_PICK_01(folds, aggregate, other) aggregate
#define CG_PICK_00(folds, aggregate, other) other
#define CG_PICK__(f, a) CG_PICK_##f##a
#define CG_PICK_(f, a) CG_PICK__(f, a)
#define CG_HOOK(flags, folds, aggregate, other)                                                    \
	CG_PICK_(CG_SECOND(CG_FOLDS_##flags, 0, ~), CG_SECOND(CG_AGGREGATE_##flags, 0, ~))         \
	(folds, aggregate, other)

#define FUNCTION(id, name, prototype, flags, ...)                                                  \
	CG_HOOK(flags, ,                                                                           \
		void emit_update_##id(struct codegen *cg, const struct plan_map *map,              \
				      const struct expr *call, LLVMValueRef value,                 \
				      LLVMValueRef slot);                                          \
		, LLVMValueRef emit_call_##id(struct codegen * cg, const struct expr *call,        \
					      LLVMValueRef dst);)
#include "lang/functions.def"
#undef FUNCTION
#define BUILTIN(id, ...)                                                                           \
	LLVMValueRef emit_builtin_##id(struct codegen *cg, const struct expr *builtin,             \
				       LLVMValueRef dst);
#include "lang/builtins.def"
#undef BUILTIN

/* --- strings (strings.c) --- */

/* The longest text of a type: an array of C's may be full, without a NUL; of what str() cut at
 * max_strlen the last byte only says that it goes on. */
uint32_t cg_most_text(const struct codegen *cg, const struct type *type);
/* i1: equality of two string expressions. */
LLVMValueRef emit_string_equal(struct codegen *cg, const struct expr *left,
			       const struct expr *right);
/* i64: zero if @n bytes are the same; addresses are multiples of @align. */
LLVMValueRef emit_bytes_difference(struct codegen *cg, struct span span, LLVMValueRef a,
				   LLVMValueRef b, uint32_t n, uint32_t align);

/* --- events (events.c) --- */

/*
 * Sends a runtime or helper error (see expr.error_event: 0 sends nothing, else 1 + the index of the
 * event). @code, an i64, is the payload of a helper error, NULL for a runtime error.
 */
void emit_error_event(struct codegen *cg, uint32_t error, LLVMValueRef code);
/* The same, if the code is negative and @error is not 0. */
void emit_check(struct codegen *cg, LLVMValueRef code, uint32_t error);

/* --- session.c --- */
/* The function of a program that is one end of a session. */
void session_add(struct codegen *cg, const struct cg_program *program, LLVMValueRef function);
/* Once all programs are there: those that run them. */
void sessions_end(struct codegen *cg);

/* --- frames.c --- */

/* Whether the stack suffices for each function of the object with those that call it. What one
 * takes is rounded up to @unit bytes: 32 on all kernels, 16 where programs are compiled, since
 * Linux 6.8. */
bool frames_fit(struct codegen *cg, const struct codegen_object *object, uint32_t unit);

#endif
