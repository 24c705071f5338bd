/* What the emitters of functions and builtins share among themselves; the rest of the room uses
 * internal.h only. */
#ifndef SONDE_CODEGEN_FUNCTIONS_H
#define SONDE_CODEGEN_FUNCTIONS_H

#include "codegen/internal.h"

/* --- records (events.c) --- */

struct cg_record {
	LLVMValueRef memory; /* ptr: struct plan_record, the payload at PLAN_PAYLOAD_OFFSET */
	LLVMBasicBlockRef next; /* where both ways meet, with and without a record */
	uint32_t event;
};

/* Reserves a record of a plan event. The builder goes on where there is one, and nothing emitted
 * until cg_record_end() may leave the program. */
struct cg_record cg_record_begin(struct codegen *cg, uint32_t event);
/* Address of member @index of the payload. */
LLVMValueRef cg_record_member(struct codegen *cg, const struct cg_record *record, uint32_t index);
void cg_record_end(struct codegen *cg, const struct cg_record *record);
/* An event whose payload is made of these integers, each of its member's size. */
void emit_event_words(struct codegen *cg, uint32_t event, LLVMValueRef *words, uint32_t n);
/* An event whose payload is made of the values of @args, of which the first @early are worked out
 * before the record is there. */
void emit_event(struct codegen *cg, uint32_t event, struct expr *const *args, uint32_t n,
		uint32_t early);

/* --- texts and bytes from memory (functions_memory.c) --- */

/*
 * str() to @dst, of the call's type. @is_padded: the bytes after the NUL are zero, as values must
 * be; otherwise they are undefined. Returns what the helper does (i64): bytes with the NUL, or a
 * negative error.
 */
LLVMValueRef emit_str(struct codegen *cg, const struct expr *call, LLVMValueRef dst,
		      bool is_padded);
/* The first @n bytes of the text that str() would give, zero if there are fewer. */
void emit_str_start(struct codegen *cg, const struct expr *call, LLVMValueRef dst, uint32_t n);
/* buf() to @dst; bytes after the length are zero if @is_padded, otherwise undefined. */
void emit_buf(struct codegen *cg, const struct expr *call, LLVMValueRef dst, bool is_padded);
/* Copies a text to @dst, zero behind it. */
void emit_copy_text(struct codegen *cg, const struct type *type, LLVMValueRef dst,
		    LLVMValueRef src);
/* An i64 that is between 0 and @max: below and above it is one of these. The verifier sees it. */
LLVMValueRef emit_clamp(struct codegen *cg, LLVMValueRef value, uint64_t max);

/* An integer of 2, 4 or 8 bytes with its bytes in reverse order. */
LLVMValueRef emit_reversed(struct codegen *cg, LLVMValueRef value);

/* --- loops within an operation (repeat.c) --- */

/*
 * A loop too long for the verifier to follow round by round: bpf_loop() and its callback. What the
 * callback needs is handed over in @context, memory on the stack that holds pointers; numbers that
 * change belong in scratch memory, where the verifier does not follow them.
 */
struct cg_repeat {
	struct cg_function *outer;
	LLVMValueRef callback; /* the function */
	LLVMValueRef index; /* i64: number of the round */
	LLVMValueRef context; /* ptr */
};

/* The builder goes on in the callback. */
struct cg_repeat cg_repeat_begin(struct codegen *cg, struct span span, const char *name);
/* Ends the callback's current block: goes on with the next round, or ends the loop. */
void cg_repeat_next(struct codegen *cg, bool ends);
/* Back in the outer function. */
void cg_repeat_end(struct codegen *cg, struct cg_repeat *repeat);
/* Runs it for at most @rounds, an i32. */
void emit_repeat(struct codegen *cg, const struct cg_repeat *repeat, LLVMValueRef rounds,
		 LLVMValueRef context);
/* Memory for @n pointers on the stack. */
LLVMValueRef cg_repeat_context(struct codegen *cg, LLVMValueRef *pointers, uint32_t n);
LLVMValueRef cg_repeat_pointer(struct codegen *cg, const struct cg_repeat *repeat, uint32_t index);

/* --- the probe (builtins_probe.c) --- */

/* Rows of @stride bytes in .rodata, each a text (NULL: none) with zeros behind it. */
LLVMValueRef cg_const_table(struct codegen *cg, const char *const *texts, uint32_t n,
			    uint32_t stride);
/* The address of row @index (i64), the last one's if there are fewer. */
LLVMValueRef emit_table_row(struct codegen *cg, LLVMValueRef table, LLVMValueRef index, uint32_t n,
			    uint32_t stride);
/* i64: the index of the target that fired, in a program that has several (uses_cookie). */
LLVMValueRef emit_cookie(struct codegen *cg);
/* i64: where the traced function begins; within it for probes that are not at its start. */
LLVMValueRef emit_function_address(struct codegen *cg);
LLVMValueRef emit_returning_function(struct codegen *cg); /* i64; in a uretprobe */

/* --- static probes (usdt.c) --- */

/* Argument @n of a USDT probe: i64. */
LLVMValueRef emit_usdt_argument(struct codegen *cg, uint32_t n);

/* --- processes (builtins.c, functions_process.c) --- */

/* i64 as bpf_get_current_pid_tgid() gives it, in the pid namespace of sonde. */
LLVMValueRef emit_pid_tgid(struct codegen *cg);
/* The same; @info is 8 bytes to work with. */
LLVMValueRef emit_pid_tgid_at(struct codegen *cg, LLVMValueRef info);

/* A user address of the current process as a usym. */
void emit_usym(struct codegen *cg, LLVMValueRef address, LLVMValueRef dst);

/* --- stacks (stacks.c) --- */

void emit_stack(struct codegen *cg, const struct type *type, LLVMValueRef dst);

/* Offsets in the kernel's struct pt_regs of x86_64 (arch/x86/include/asm/ptrace.h). */
enum {
	REGS_R9 = 64,
	REGS_R8 = 72,
	REGS_AX = 80,
	REGS_CX = 88,
	REGS_DX = 96,
	REGS_SI = 104,
	REGS_DI = 112,
	REGS_IP = 128,
	REGS_CS = 136,
	REGS_SP = 152,
};

/* Prints to the file that the program, an iterator, is read through; what printf() takes, as far as
 * the kernel knows it. (functions_print.c) */
void emit_seq_printf(struct codegen *cg, const char *text, struct expr *const *args, size_t n);

#endif
