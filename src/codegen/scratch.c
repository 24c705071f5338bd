/*
 * Memory for values. Small ones go to the BPF stack, of which there are 512 bytes for a program and
 * the callbacks of its loops together. The others go to memory that a running program has to
 * itself, in one of three maps, which have an element for each CPU:
 *
 *  - sonde_scratch_alone: for programs that the kernel runs one at a time per CPU
 *    (PROVIDER_PERF_GUARD), which share it;
 *  - sonde_scratch_claimed: for programs that can be preempted, four elements for each CPU. Each
 *    run claims a free one in plan_state.scratch_busy, and is missed when there is none;
 *  - sonde_scratch: for each other program a part of its own. The kernel does not start a program
 *    on a CPU on which it is running, but may start another one in an interrupt.
 *
 * They are no per-CPU maps, whose elements have 32 KiB at most.
 */
#include "codegen/internal.h"

#define CACHE_LINE 64
/* Instructions reach 32767 bytes from a pointer; LLVM would have one for each word beyond. */
#define MOST_DISPLACEMENT 16384

struct cg_stack_slot {
	struct cg_stack_slot *next;
	LLVMValueRef memory;
	uint32_t size;
	uint32_t serial; /* 0: free */
};

struct cg_scratch {
	enum cg_scratch_kind kind;
	uint32_t top, high; /* first free byte; the most that it was */
	uint32_t serial;
	LLVMBasicBlockRef block; /* where memory is claimed and looked up; open until the end */
	LLVMValueRef busy, slot; /* of a claim: address of the mask, i64 bit */
};

static uint32_t align_up(uint32_t n)
{
	return (n + 7) & ~7u;
}

static enum cg_scratch_kind kind_of(const struct cg_program *program)
{
	if (program->is_preemptible)
		return CG_SCRATCH_CLAIMED;
	return program->provider->flags & PROVIDER_PERF_GUARD ? CG_SCRATCH_ALONE : CG_SCRATCH_OWN;
}

void scratch_begin(struct codegen *cg)
{
	struct cg_scratch *scratch = arena_new_object(cg->arena, struct cg_scratch);

	cg->program->scratch = scratch;
	scratch->kind = kind_of(cg->program);
	scratch->block = cg_block(cg, "scratch");
	emit_jump(cg, scratch->block);
}

/* Takes the lowest free slot of this CPU; the bits are tried one after another. */
static LLVMValueRef emit_claim(struct codegen *cg, struct cg_scratch *scratch, LLVMValueRef cpu)
{
	LLVMBasicBlockRef claimed = cg_block(cg, "claimed"), from[CG_CLAIM_SLOTS], next;
	LLVMValueRef bits[CG_CLAIM_SLOTS], slots[CG_CLAIM_SLOTS], old, slot;
	int i;

	cpu = LLVMBuildAnd(cg->builder, cpu, cg_i64(cg, 511), "");
	scratch->busy =
		emit_offset_by(cg, emit_state(cg, offsetof(struct plan_state, scratch_busy)),
			       LLVMBuildShl(cg->builder, cpu, cg_i64(cg, 3), ""));
	for (i = 0; i < CG_CLAIM_SLOTS; i++) {
		bits[i] = cg_i64(cg, 1u << i);
		slots[i] = cg_i64(cg, i);
		next = i + 1 < CG_CLAIM_SLOTS ? cg_block(cg, "claim") : cg->program->missed;
		old = LLVMBuildAtomicRMW(cg->builder, LLVMAtomicRMWBinOpOr, scratch->busy, bits[i],
					 LLVMAtomicOrderingSequentiallyConsistent, 0);
		old = LLVMBuildAnd(cg->builder, old, bits[i], "");
		from[i] = cg_current(cg);
		emit_branch(cg, LLVMBuildIsNull(cg->builder, old, ""), claimed, next);
		if (i + 1 < CG_CLAIM_SLOTS)
			cg_position(cg, next);
	}
	cg_position(cg, claimed);
	scratch->slot = LLVMBuildPhi(cg->builder, cg->i64, "");
	LLVMAddIncoming(scratch->slot, bits, from, CG_CLAIM_SLOTS);
	slot = LLVMBuildPhi(cg->builder, cg->i64, "");
	LLVMAddIncoming(slot, slots, from, CG_CLAIM_SLOTS);
	return slot;
}

/* Looks up the program's memory, in the main function before the body. */
static void emit_base(struct codegen *cg)
{
	struct cg_function *fn = cg->fn, *main = cg->program->main;
	struct cg_scratch *scratch = cg->program->scratch;
	LLVMBasicBlockRef at, none, found;
	LLVMValueRef element, key, base;

	cg_switch(cg, main);
	at = cg_current(cg);
	cg_position(cg, scratch->block);
	element = emit_helper0(cg, BPF_FUNC_get_smp_processor_id, cg->i64);
	if (scratch->kind == CG_SCRATCH_CLAIMED) {
		base = LLVMBuildMul(cg->builder, element, cg_i64(cg, CG_CLAIM_SLOTS), "");
		element = LLVMBuildAdd(cg->builder, base, emit_claim(cg, scratch, element), "");
	}
	key = cg_local(cg, cg->i32, "scratch_key");
	emit_store(cg, emit_resize(cg, element, 4, false), key, 4);
	base = emit_map_lookup(cg, cg_scratch_map(cg, scratch->kind), key);
	none = cg_block(cg, "no_scratch");
	found = cg_block(cg, "scratch");
	emit_branch(cg, emit_is_null(cg, base), none, found);
	cg_position(cg, none);
	emit_counter_increment(cg, plan_counter_missed(cg->program->index), true);
	emit_jump(cg, main->leave);
	cg_position(cg, found);
	if (scratch->kind == CG_SCRATCH_OWN)
		base = emit_offset(cg, base, cg->scratch_size[CG_SCRATCH_OWN]);
	if (main->frame)
		LLVMBuildStore(cg->builder, base, emit_offset(cg, main->frame, CG_FRAME_SCRATCH));
	main->scratch = base;
	scratch->block = found;
	cg_position(cg, at);
	cg_switch(cg, fn);
}

static LLVMValueRef scratch_base(struct codegen *cg)
{
	if (!cg->program->main->scratch)
		emit_base(cg);
	return cg_from_frame(cg, CG_FRAME_SCRATCH, &cg->fn->scratch);
}

struct scratch_place scratch_reserve(struct codegen *cg, uint32_t size)
{
	struct cg_scratch *scratch = cg->program->scratch;
	const struct scratch_place place = {scratch->top};

	scratch->top += align_up(size);
	if (scratch->high < scratch->top)
		scratch->high = scratch->top;
	return place;
}

LLVMValueRef scratch_address(struct codegen *cg, struct scratch_place place)
{
	LLVMValueRef address = emit_offset(cg, scratch_base(cg), place.offset);

	if (cg->fn->frame && !cg->stack_budget) {
		near_note(cg, address, place.offset);
		return address;
	}
	return place.offset > MOST_DISPLACEMENT ? emit_ordered(cg, address)
						: emit_fresh(cg, address);
}

bool scratch_take_stack(struct codegen *cg, uint32_t size)
{
	struct cg_program *program = cg->program;
	/* callbacks have their spills, too */
	uint32_t budget = program->main->frame ? cg->stack_budget / 2 : cg->stack_budget;

	size = align_up(size);
	if (size > cg->plan->config.on_stack_limit || program->stack_used + size > budget)
		return false;
	program->stack_used += size;
	return true;
}

static LLVMValueRef stack_temp(struct codegen *cg, uint32_t size, bool is_forced)
{
	struct cg_stack_slot *slot;

	for (slot = cg->fn->slots; slot; slot = slot->next)
		if (!slot->serial && slot->size == align_up(size))
			break;
	if (!slot) {
		if (is_forced)
			cg->program->stack_used += align_up(size);
		else if (!scratch_take_stack(cg, size))
			return NULL;
		slot = arena_new_object(cg->arena, struct cg_stack_slot);
		slot->memory = cg_local(cg, LLVMArrayType2(cg->i64, align_up(size) / 8), "");
		slot->size = align_up(size);
		slot->next = cg->fn->slots;
		cg->fn->slots = slot;
	}
	slot->serial = ++cg->program->scratch->serial;
	return slot->memory;
}

LLVMValueRef cg_temp(struct codegen *cg, uint32_t size, uint32_t align)
{
	LLVMValueRef memory = stack_temp(cg, size ? size : 1, false);

	(void)align; /* all of it is aligned to 8, and no type needs more */
	return memory ? memory : scratch_address(cg, scratch_reserve(cg, size));
}

LLVMValueRef cg_stack_temp(struct codegen *cg, uint32_t size)
{
	return stack_temp(cg, size, true);
}

void cg_stack_free(struct codegen *cg, LLVMValueRef memory)
{
	struct cg_stack_slot *slot;

	for (slot = cg->fn->slots; slot; slot = slot->next)
		if (slot->memory == memory)
			slot->serial = 0;
}

struct scratch_mark scratch_mark(struct codegen *cg)
{
	const struct cg_scratch *scratch = cg->program->scratch;

	return (struct scratch_mark){scratch->top, scratch->serial};
}

void scratch_release(struct codegen *cg, struct scratch_mark mark)
{
	struct cg_scratch *scratch = cg->program->scratch;
	struct cg_stack_slot *slot;

	scratch->top = mark.top;
	for (slot = cg->fn->slots; slot; slot = slot->next)
		if (slot->serial > mark.serial)
			slot->serial = 0;
}

void scratch_leave(struct codegen *cg)
{
	struct cg_scratch *scratch = cg->program->scratch;

	if (scratch->slot)
		LLVMBuildAtomicRMW(cg->builder, LLVMAtomicRMWBinOpAnd, scratch->busy,
				   LLVMBuildNot(cg->builder, scratch->slot, ""),
				   LLVMAtomicOrderingSequentiallyConsistent, 0);
}

/* CPUs do not write to one cache line. */
static uint32_t whole_lines(uint32_t size)
{
	return (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

void scratch_end(struct codegen *cg, LLVMBasicBlockRef body)
{
	struct cg_scratch *scratch = cg->program->scratch;
	uint32_t *size = &cg->scratch_size[scratch->kind], need = whole_lines(scratch->high);

	cg_position(cg, scratch->block);
	emit_jump(cg, body);
	if (scratch->kind == CG_SCRATCH_OWN)
		*size += need;
	else if (*size < need)
		*size = need;
}
