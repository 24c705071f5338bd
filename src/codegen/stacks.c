/*
 * Stacks: the frames are gathered by the kernel, named by a hash over them, and kept in the stacks
 * map of their kind and depth. The value that the script handles is struct plan_stack_key.
 *
 * The walk is by frame pointers; emit_walk() is the place for others.
 */
#include "codegen/functions.h"

#include <assert.h>
#include <errno.h>

#define HASH_START 0xcbf29ce484222325u
#define HASH_FACTOR 0x9e3779b97f4a7c15u
/* Words that one round hashes: the verifier follows every round, and a program may have many
 * stacks. */
#define HASH_GROUP 4

static bool is_build_id(const struct type *type)
{
	return type->kind == TYPE_USTACK && type->stack.mode == STACK_BUILD_ID;
}

static uint32_t frame_size(const struct type *type)
{
	return is_build_id(type) ? sizeof(struct bpf_stack_build_id) : sizeof(uint64_t);
}

static uint32_t stacks_index(const struct codegen *cg, const struct type *type)
{
	uint32_t i;

	for (i = 0; i < cg->plan->stacks.len; i++) {
		const struct plan_stacks *stacks = &cg->plan->stacks.data[i];

		if (stacks->kind == type->kind && stacks->depth == type->stack.depth &&
		    stacks->is_build_id == is_build_id(type))
			return i;
	}
	assert(!"the plan lacks a stacks map");
	return 0;
}

/* Fills @frames, zeros behind the last one; the bytes of frames (i64), or a negative error. */
static LLVMValueRef emit_walk(struct codegen *cg, const struct type *type, LLVMValueRef frames)
{
	uint64_t flags = type->kind == TYPE_USTACK ? BPF_F_USER_STACK : 0;

	if (is_build_id(type))
		flags |= BPF_F_USER_BUILD_ID;
	return emit_helper(cg, BPF_FUNC_get_stack, cg->i64, cg_ctx(cg), frames,
			   cg_i32(cg, type->stack.depth * frame_size(type)), cg_i64(cg, flags));
}

static LLVMValueRef emit_mix(struct codegen *cg, LLVMValueRef hash, LLVMValueRef word)
{
	hash = LLVMBuildMul(cg->builder, LLVMBuildXor(cg->builder, hash, word, ""),
			    cg_i64(cg, HASH_FACTOR), "");
	return LLVMBuildXor(cg->builder, hash, LLVMBuildLShr(cg->builder, hash, cg_i64(cg, 32), ""),
			    "");
}

/* What the frames take, in whole groups. */
static uint32_t padded_size(const struct type *type)
{
	uint32_t group = HASH_GROUP * sizeof(uint64_t);

	return (type->stack.depth * frame_size(type) + group - 1) / group * group;
}

/* i64: over the groups in which the first @n words stand, of at most @most words. */
static LLVMValueRef emit_hash(struct codegen *cg, LLVMValueRef words, LLVMValueRef n, uint32_t most)
{
	LLVMBasicBlockRef from = cg_current(cg), loop = cg_block(cg, "hash");
	LLVMBasicBlockRef body = cg_block(cg, "frame"), next = cg_block(cg, "hashed"), inside;
	LLVMValueRef i, hash, group, mixed, following;

	emit_jump(cg, loop);
	cg_position(cg, loop);
	i = LLVMBuildPhi(cg->builder, cg->i64, "");
	hash = LLVMBuildPhi(cg->builder, cg->i64, "");
	emit_branch(cg, LLVMBuildICmp(cg->builder, LLVMIntULT, i, n, ""), body, next);
	cg_position(cg, body);
	inside = cg_block(cg, "word");
	emit_branch(cg, LLVMBuildICmp(cg->builder, LLVMIntULT, i, cg_i64(cg, most), ""), inside,
		    next);
	cg_position(cg, inside);
	group = emit_offset_by(cg, words, LLVMBuildShl(cg->builder, i, cg_i64(cg, 3), ""));
	mixed = hash;
	for (uint32_t k = 0; k < HASH_GROUP; k++)
		mixed = emit_mix(cg, mixed, emit_load(cg, emit_offset(cg, group, k * 8), 8, 8));
	following = LLVMBuildAdd(cg->builder, i, cg_i64(cg, HASH_GROUP), "");
	LLVMAddIncoming(i, (LLVMValueRef[]){cg_i64(cg, 0), following},
			(LLVMBasicBlockRef[]){from, inside}, 2);
	LLVMAddIncoming(hash, (LLVMValueRef[]){cg_i64(cg, HASH_START), mixed},
			(LLVMBasicBlockRef[]){from, inside}, 2);
	emit_jump(cg, loop);
	cg_position(cg, next);
	return hash;
}

/* Most stacks have been seen before: then @kept, a struct plan_stack, need not be copied. */
static void emit_keep(struct codegen *cg, uint32_t stacks, LLVMValueRef key, LLVMValueRef kept)
{
	LLVMBasicBlockRef add = cg_block(cg, "new_stack"), check = cg_block(cg, "not_added");
	LLVMBasicBlockRef refused = cg_block(cg, "stack_refused"), next = cg_block(cg, "stack");
	LLVMValueRef map = cg_stacks_map(cg, stacks), code, is_there;

	emit_branch(cg, emit_is_null(cg, emit_map_lookup(cg, map, key)), add, next);
	cg_position(cg, add);
	emit_store(cg, emit_helper_call(cg, BPF_FUNC_ktime_get_ns, cg->i64, NULL, 0),
		   emit_offset(cg, kept, offsetof(struct plan_stack, seen_ns)), 8);
	code = emit_helper(cg, BPF_FUNC_map_update_elem, cg->i64, map, key, kept,
			   cg_i64(cg, BPF_NOEXIST));
	emit_branch(cg, LLVMBuildIsNull(cg->builder, code, ""), next, check);
	cg_position(cg, check);
	is_there = LLVMBuildICmp(cg->builder, LLVMIntEQ, code, cg_i64(cg, (uint64_t)-EEXIST), "");
	emit_branch(cg, is_there, next, refused);
	cg_position(cg, refused);
	emit_counter_increment(cg, plan_counter_stack_refused(cg->plan, stacks), true);
	emit_jump(cg, next);
	cg_position(cg, next);
}

static void emit_key(struct codegen *cg, const struct type *type, LLVMValueRef key,
		     LLVMValueRef frames, LLVMValueRef size)
{
	uint32_t words = frame_size(type) / 8;
	LLVMValueRef n = LLVMBuildUDiv(cg->builder, size, cg_i64(cg, frame_size(type)), "");
	LLVMValueRef hash =
		emit_hash(cg, frames, LLVMBuildMul(cg->builder, n, cg_i64(cg, words), ""),
			  padded_size(type) / 8);

	emit_store(cg, hash, emit_offset(cg, key, offsetof(struct plan_stack_key, hash)), 8);
	emit_store(cg, emit_resize(cg, n, 4, false),
		   emit_offset(cg, key, offsetof(struct plan_stack_key, nframes)), 4);
}

static void emit_tgid(struct codegen *cg, const struct type *type, LLVMValueRef key)
{
	LLVMValueRef tgid = cg_i64(cg, 0);

	if (type->kind == TYPE_USTACK)
		tgid = LLVMBuildLShr(cg->builder, emit_pid_tgid(cg), cg_i64(cg, 32), "");
	emit_store(cg, emit_resize(cg, tgid, 4, false),
		   emit_offset(cg, key, offsetof(struct plan_stack_key, tgid)), 4);
}

void emit_stack(struct codegen *cg, const struct type *type, LLVMValueRef dst)
{
	uint32_t frames_size = type->stack.depth * frame_size(type);
	LLVMBasicBlockRef some, next;
	LLVMValueRef key, kept, frames, size;

	if (!type->stack.depth) {
		emit_zero(cg, dst, type->size, 8);
		return;
	}
	some = cg_block(cg, "frames");
	next = cg_block(cg, "stack");
	key = cg_temp(cg, sizeof(struct plan_stack_key), 8);
	kept = cg_temp(cg, (uint32_t)sizeof(struct plan_stack) + padded_size(type), 8);
	frames = emit_offset(cg, kept, offsetof(struct plan_stack, frames));
	if (padded_size(type) > frames_size)
		emit_zero(cg, emit_offset(cg, frames, frames_size), padded_size(type) - frames_size,
			  8);
	emit_zero(cg, key, sizeof(struct plan_stack_key), 8);
	emit_tgid(cg, type, key);
	size = emit_walk(cg, type, frames);
	emit_branch(cg, LLVMBuildICmp(cg->builder, LLVMIntSGT, size, cg_i64(cg, 0), ""), some,
		    next);
	cg_position(cg, some);
	emit_key(cg, type, key, frames, size);
	emit_keep(cg, stacks_index(cg, type), key, kept);
	emit_jump(cg, next);
	cg_position(cg, next);
	emit_copy(cg, dst, key, type->size, 8);
}
