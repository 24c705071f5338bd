/*
 * Memory for values. Small ones go to the BPF stack, of which there are 512 bytes for a program and
 * the callbacks of its loops together. The others go to sonde_scratch, a per-CPU array, of which a
 * running program has one element to itself:
 *
 *  - element 0: programs that the kernel runs one at a time per CPU (PROVIDER_PERF_GUARD);
 *  - elements 1 to 4: programs that can be preempted. Each run claims a free element in
 *    plan_state.scratch_busy, and is missed when there is none;
 *  - further elements: one for each other program. The kernel does not start a program on a CPU on
 *    which it is running, but may start another one in an interrupt.
 *
 * An element of a per-CPU map has 32 KiB at most: programs that need more use further maps
 * (sonde_scratch_1 ...), called chunks, under the same element number.
 */
#include "codegen/internal.h"

#include <assert.h>

#define CHUNK_SIZE (32 * 1024)
#define CLAIM_SLOTS 4

struct cg_stack_slot {
	struct cg_stack_slot *next;
	LLVMValueRef memory;
	uint32_t size;
	uint32_t serial; /* 0: free */
};

struct cg_scratch {
	uint32_t chunk, top; /* first free byte */
	uint32_t high[CG_SCRATCH_CHUNKS];
	uint32_t serial;
	LLVMBasicBlockRef block; /* where elements are claimed and looked up; open until the end */
	LLVMValueRef element; /* i32, NULL while none is needed */
	LLVMValueRef busy, slot; /* of a claim: address of the mask, i64 bit */
};

static uint32_t align_up(uint32_t n)
{
	return (n + 7) & ~7u;
}

static bool any_preemptible(const struct codegen *cg)
{
	size_t i;

	for (i = 0; i < cg->plan->progs.len; i++) {
		const struct provider *provider = provider_find(cg->plan->progs.data[i].provider);

		if (provider->flags & PROVIDER_PREEMPTIBLE || provider->context == CONTEXT_ITER)
			return true;
	}
	return false;
}

void scratch_begin(struct codegen *cg)
{
	struct cg_scratch *scratch = arena_new_object(cg->arena, struct cg_scratch);

	cg->program->scratch = scratch;
	scratch->block = cg_block(cg, "scratch");
	emit_jump(cg, scratch->block);
}

/* Takes the lowest free slot of this CPU; the bits are tried one after another. */
static LLVMValueRef emit_claim(struct codegen *cg, struct cg_scratch *scratch)
{
	LLVMValueRef cpu = emit_helper0(cg, BPF_FUNC_get_smp_processor_id, cg->i64);
	LLVMBasicBlockRef claimed = cg_block(cg, "claimed"), from[CLAIM_SLOTS], next;
	LLVMValueRef bits[CLAIM_SLOTS], elements[CLAIM_SLOTS], old, element;
	int i;

	cpu = LLVMBuildAnd(cg->builder, cpu, cg_i64(cg, 511), "");
	scratch->busy =
		emit_offset_by(cg, emit_state(cg, offsetof(struct plan_state, scratch_busy)),
			       LLVMBuildShl(cg->builder, cpu, cg_i64(cg, 3), ""));
	for (i = 0; i < CLAIM_SLOTS; i++) {
		bits[i] = cg_i64(cg, 1u << i);
		elements[i] = cg_i32(cg, i + 1);
		next = i + 1 < CLAIM_SLOTS ? cg_block(cg, "claim") : cg->program->missed;
		old = LLVMBuildAtomicRMW(cg->builder, LLVMAtomicRMWBinOpOr, scratch->busy, bits[i],
					 LLVMAtomicOrderingSequentiallyConsistent, 0);
		old = LLVMBuildAnd(cg->builder, old, bits[i], "");
		from[i] = cg_current(cg);
		emit_branch(cg, LLVMBuildIsNull(cg->builder, old, ""), claimed, next);
		if (i + 1 < CLAIM_SLOTS)
			cg_position(cg, next);
	}
	cg_position(cg, claimed);
	scratch->slot = LLVMBuildPhi(cg->builder, cg->i64, "");
	LLVMAddIncoming(scratch->slot, bits, from, CLAIM_SLOTS);
	element = LLVMBuildPhi(cg->builder, cg->i32, "");
	LLVMAddIncoming(element, elements, from, CLAIM_SLOTS);
	return element;
}

static LLVMValueRef emit_element(struct codegen *cg, struct cg_scratch *scratch)
{
	uint32_t first = any_preemptible(cg) ? CLAIM_SLOTS + 1 : 1, element;

	if (cg->scratch_elements < first)
		cg->scratch_elements = first;
	if (cg->program->is_preemptible)
		return emit_claim(cg, scratch);
	element = cg->program->provider->flags & PROVIDER_PERF_GUARD ? 0 : cg->scratch_elements++;
	return cg_i32(cg, element);
}

/* Looks up the program's element of a chunk, in the main function before the body. */
static void emit_base(struct codegen *cg, uint32_t chunk)
{
	struct cg_function *fn = cg->fn, *main = cg->program->main;
	struct cg_scratch *scratch = cg->program->scratch;
	LLVMBasicBlockRef at, none, found;
	LLVMValueRef key, base;

	cg_switch(cg, main);
	at = cg_current(cg);
	cg_position(cg, scratch->block);
	if (!scratch->element)
		scratch->element = emit_element(cg, scratch);
	key = cg_local(cg, cg->i32, "scratch_key");
	emit_store(cg, scratch->element, key, 4);
	base = emit_map_lookup(cg, cg_scratch_map(cg, chunk), key);
	none = cg_block(cg, "no_scratch");
	found = cg_block(cg, "scratch");
	emit_branch(cg, emit_is_null(cg, base), none, found);
	cg_position(cg, none);
	emit_counter_increment(cg, plan_counter_missed(cg->program->index), true);
	emit_jump(cg, main->leave);
	cg_position(cg, found);
	if (main->frame)
		LLVMBuildStore(cg->builder, base,
			       emit_offset(cg, main->frame, CG_FRAME_SCRATCH + 8 * chunk));
	main->scratch[chunk] = base;
	scratch->block = found;
	cg_position(cg, at);
	cg_switch(cg, fn);
}

static LLVMValueRef scratch_base(struct codegen *cg, uint32_t chunk)
{
	struct cg_function *fn = cg->fn;
	LLVMBasicBlockRef at;

	if (!cg->program->main->scratch[chunk])
		emit_base(cg, chunk);
	if (!fn->scratch[chunk]) {
		at = cg_current(cg);
		cg_position(cg, fn->entry);
		fn->scratch[chunk] = LLVMBuildLoad2(
			cg->builder, cg->ptr,
			emit_offset(cg, fn->frame, CG_FRAME_SCRATCH + 8 * chunk), "");
		cg_position(cg, at);
	}
	return fn->scratch[chunk];
}

struct scratch_place scratch_reserve(struct codegen *cg, uint32_t size)
{
	struct cg_scratch *scratch = cg->program->scratch;
	struct scratch_place place;

	size = align_up(size);
	assert(size <= CHUNK_SIZE);
	if (scratch->top + size > CHUNK_SIZE) {
		/* sema has seen to it that there is enough */
		if (scratch->chunk + 1 < CG_SCRATCH_CHUNKS)
			scratch->chunk++;
		else
			cg->is_too_long = true;
		scratch->top = 0;
	}
	place = (struct scratch_place){scratch->chunk, scratch->top};
	scratch->top += size;
	if (scratch->high[scratch->chunk] < scratch->top)
		scratch->high[scratch->chunk] = scratch->top;
	return place;
}

LLVMValueRef scratch_address(struct codegen *cg, struct scratch_place place)
{
	return emit_offset(cg, emit_fresh(cg, scratch_base(cg, place.chunk)), place.offset);
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

	return (struct scratch_mark){scratch->chunk, scratch->top, scratch->serial};
}

void scratch_release(struct codegen *cg, struct scratch_mark mark)
{
	struct cg_scratch *scratch = cg->program->scratch;
	struct cg_stack_slot *slot;

	scratch->chunk = mark.chunk;
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

void scratch_end(struct codegen *cg, LLVMBasicBlockRef body)
{
	struct cg_scratch *scratch = cg->program->scratch;
	uint32_t i;

	cg_position(cg, scratch->block);
	emit_jump(cg, body);
	for (i = 0; i < CG_SCRATCH_CHUNKS; i++)
		if (cg->scratch_size[i] < scratch->high[i])
			cg->scratch_size[i] = scratch->high[i];
}
