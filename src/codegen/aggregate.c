/*
 * Values that are gathered per CPU: count(), sum(), hist() and their kin. Each CPU has a value of
 * its own (layouts in types/type.h), which is changed without a lock; only where several programs,
 * or several runs of one, can meet on a CPU (plan_map.needs_atomic) are the additions atomic.
 */
#include "codegen/internal.h"

#include <errno.h>

#define EXCHANGE_ROUNDS 8

/* --- the value of this CPU --- */

/* Elements begin as zero; that another CPU makes the same element meanwhile is no failure. */
static LLVMValueRef emit_new_slot(struct codegen *cg, const struct expr *target, LLVMValueRef key)
{
	const struct plan_map *map = &cg->plan->maps.data[target->map.map];
	uint32_t size = plan_map_value_size(map);
	LLVMValueRef zero = cg_temp(cg, size, 8), code, exists;

	emit_zero(cg, zero, size, 8);
	code = emit_map_helper(cg, BPF_FUNC_map_update_elem, cg->i64, target->map.map, key, zero,
			       cg_i64(cg, BPF_NOEXIST));
	exists = LLVMBuildICmp(cg->builder, LLVMIntEQ, code, cg_i64(cg, -EEXIST), "");
	code = LLVMBuildSelect(cg->builder, exists, cg_i64(cg, 0), code, "");
	emit_map_refused(cg, target->map.map, code, target->error_event);
	return emit_element(cg, target->map.map, key);
}

/* Goes on in a block where the slot is there; @none is where it is not. */
static LLVMValueRef emit_slot(struct codegen *cg, const struct expr *target, LLVMBasicBlockRef none)
{
	const struct plan_map *map = &cg->plan->maps.data[target->map.map];
	LLVMValueRef key = emit_map_key(cg, target);
	LLVMValueRef slot = emit_element(cg, target->map.map, key), made;
	LLVMBasicBlockRef from = cg_current(cg), miss, from_miss, found = cg_block(cg, "slot");

	if (plan_map_is_scalar(map)) {
		emit_branch(cg, emit_is_null(cg, slot), none, found);
		cg_position(cg, found);
		return slot;
	}
	miss = cg_block(cg, "new_slot");
	emit_branch(cg, emit_is_null(cg, slot), miss, found);
	cg_position(cg, miss);
	made = emit_new_slot(cg, target, key);
	from_miss = cg_current(cg);
	emit_branch(cg, emit_is_null(cg, made), none, found);
	cg_position(cg, found);
	return emit_phi(cg, slot, from, made, from_miss);
}

void emit_aggregate(struct codegen *cg, const struct expr *target, const struct expr *call)
{
	static const emit_update_fn hooks[FUNCTION_COUNT_] = {
#define FUNCTION(id, name, prototype, flags, ...)                                                  \
	CG_HOOK(flags, [FUNCTION_##id] = NULL, [FUNCTION_##id] = emit_update_##id,                 \
		[FUNCTION_##id] = NULL),
#include "lang/functions.def"
#undef FUNCTION
	};
	const struct plan_map *map = &cg->plan->maps.data[target->map.map];
	LLVMBasicBlockRef next = cg_block(cg, "aggregated");
	LLVMValueRef value = NULL, slot;

	/* Before there is an entry: len() of the map does not count it. */
	if (call->call.args.len)
		value = emit_value64(cg, call->call.args.data[0]);
	slot = emit_slot(cg, target, next);
	hooks[call->call.function->id](cg, map, call, value, slot);
	if (plan_map_is_scalar(map))
		emit_store(cg, cg_i64(cg, 1), emit_offset(cg, slot, plan_map_set_offset(map)), 8);
	emit_jump(cg, next);
	cg_position(cg, next);
}

/* --- the functions --- */

static void emit_add(struct codegen *cg, const struct plan_map *map, LLVMValueRef slot,
		     LLVMValueRef value)
{
	LLVMValueRef old;

	if (map->needs_atomic) {
		LLVMBuildAtomicRMW(cg->builder, LLVMAtomicRMWBinOpAdd, slot, value,
				   LLVMAtomicOrderingSequentiallyConsistent, 0);
		return;
	}
	old = emit_load(cg, slot, 8, 8);
	emit_store(cg, LLVMBuildAdd(cg->builder, old, value, ""), slot, 8);
}

void emit_update_count(struct codegen *cg, const struct plan_map *map, const struct expr *call,
		       LLVMValueRef value, LLVMValueRef slot)
{
	(void)call;
	(void)value;
	emit_add(cg, map, slot, cg_i64(cg, 1));
}

void emit_update_sum(struct codegen *cg, const struct plan_map *map, const struct expr *call,
		     LLVMValueRef value, LLVMValueRef slot)
{
	(void)call;
	emit_add(cg, map, slot, value);
	emit_store(cg, cg_i64(cg, 1), emit_offset(cg, slot, 8), 8);
}

void emit_update_avg(struct codegen *cg, const struct plan_map *map, const struct expr *call,
		     LLVMValueRef value, LLVMValueRef slot)
{
	(void)call;
	emit_add(cg, map, slot, value);
	emit_add(cg, map, emit_offset(cg, slot, 8), cg_i64(cg, 1));
}

void emit_update_stats(struct codegen *cg, const struct plan_map *map, const struct expr *call,
		       LLVMValueRef value, LLVMValueRef slot)
{
	emit_update_avg(cg, map, call, value, slot);
}

/* i1: @value is smaller (larger) than @old, or nothing was there before. */
static LLVMValueRef emit_is_better(struct codegen *cg, const struct plan_map *map,
				   LLVMValueRef slot, LLVMValueRef old, LLVMValueRef value)
{
	bool is_min = map->value->kind == TYPE_MIN, is_signed = map->value->is_signed;
	LLVMIntPredicate than = is_min      ? (is_signed ? LLVMIntSLT : LLVMIntULT)
				: is_signed ? LLVMIntSGT
					    : LLVMIntUGT;
	LLVMValueRef set = emit_load(cg, emit_offset(cg, slot, 8), 8, 8);

	return LLVMBuildOr(cg->builder, LLVMBuildIsNull(cg->builder, set, ""),
			   LLVMBuildICmp(cg->builder, than, value, old, ""), "");
}

static void emit_best_plain(struct codegen *cg, const struct plan_map *map, LLVMValueRef slot,
			    LLVMValueRef value)
{
	LLVMBasicBlockRef better = cg_block(cg, "better"), next = cg_block(cg, "best");
	LLVMValueRef old = emit_load(cg, slot, 8, 8);

	emit_branch(cg, emit_is_better(cg, map, slot, old, value), better, next);
	cg_position(cg, better);
	emit_store(cg, value, slot, 8);
	emit_store(cg, cg_i64(cg, 1), emit_offset(cg, slot, 8), 8);
	emit_jump(cg, next);
	cg_position(cg, next);
}

/* Tries again while something else on this CPU comes between. */
static void emit_best_atomic(struct codegen *cg, const struct plan_map *map, LLVMValueRef slot,
			     LLVMValueRef value)
{
	LLVMBasicBlockRef from = cg_current(cg), loop = cg_block(cg, "exchange"), done;
	LLVMBasicBlockRef better = cg_block(cg, "better"), next = cg_block(cg, "best"), failed;
	LLVMValueRef round, more, old, pair;

	emit_jump(cg, loop);
	cg_position(cg, loop);
	round = LLVMBuildPhi(cg->builder, cg->i64, "");
	old = emit_load(cg, slot, 8, 8);
	emit_branch(cg, emit_is_better(cg, map, slot, old, value), better, next);
	cg_position(cg, better);
	pair = LLVMBuildAtomicCmpXchg(cg->builder, slot, old, value,
				      LLVMAtomicOrderingSequentiallyConsistent,
				      LLVMAtomicOrderingSequentiallyConsistent, 0);
	done = cg_block(cg, "exchanged");
	failed = cg_block(cg, "exchange_failed");
	emit_branch(cg, LLVMBuildExtractValue(cg->builder, pair, 1, ""), done, failed);
	cg_position(cg, failed);
	more = LLVMBuildAdd(cg->builder, round, cg_i64(cg, 1), "");
	LLVMAddIncoming(round, (LLVMValueRef[]){cg_i64(cg, 0), more},
			(LLVMBasicBlockRef[]){from, failed}, 2);
	emit_branch(cg,
		    LLVMBuildICmp(cg->builder, LLVMIntULT, more, cg_i64(cg, EXCHANGE_ROUNDS), ""),
		    loop, next);
	cg_position(cg, done);
	emit_store(cg, cg_i64(cg, 1), emit_offset(cg, slot, 8), 8);
	emit_jump(cg, next);
	cg_position(cg, next);
}

static void emit_best(struct codegen *cg, const struct plan_map *map, LLVMValueRef value,
		      LLVMValueRef slot)
{
	if (map->needs_atomic)
		emit_best_atomic(cg, map, slot, value);
	else
		emit_best_plain(cg, map, slot, value);
}

void emit_update_min(struct codegen *cg, const struct plan_map *map, const struct expr *call,
		     LLVMValueRef value, LLVMValueRef slot)
{
	(void)call;
	emit_best(cg, map, value, slot);
}

void emit_update_max(struct codegen *cg, const struct plan_map *map, const struct expr *call,
		     LLVMValueRef value, LLVMValueRef slot)
{
	(void)call;
	emit_best(cg, map, value, slot);
}

/* --- histograms --- */

LLVMValueRef emit_entry(struct codegen *cg, LLVMValueRef array, LLVMValueRef index, uint32_t count,
			uint32_t size)
{
	LLVMValueRef last = cg_i64(cg, count - 1), inside;

	/* LLVM knows the bounds of some, and would drop the test that tells the verifier */
	index = emit_opaque(cg, index);
	inside = LLVMBuildICmp(cg->builder, LLVMIntULT, index, last, "");
	index = LLVMBuildSelect(cg->builder, inside, index, last, "");
	return emit_offset_by(cg, array, LLVMBuildMul(cg->builder, index, cg_i64(cg, size), ""));
}

static void emit_add_bucket(struct codegen *cg, const struct plan_map *map, LLVMValueRef slot,
			    LLVMValueRef bucket)
{
	slot = emit_entry(cg, slot, bucket, map->value->size / 8, 8);
	emit_add(cg, map, slot, cg_i64(cg, 1));
}

/* floor(log2(value)), by halves. */
static LLVMValueRef emit_log2(struct codegen *cg, LLVMValueRef value)
{
	LLVMValueRef log = cg_i64(cg, 0), big, bits;
	int step;

	for (step = 32; step; step /= 2) {
		big = LLVMBuildICmp(cg->builder, LLVMIntUGE, value, cg_i64(cg, 1ull << step), "");
		bits = LLVMBuildSelect(cg->builder, big, cg_i64(cg, step), cg_i64(cg, 0), "");
		value = LLVMBuildLShr(cg->builder, value, bits, "");
		log = LLVMBuildOr(cg->builder, log, bits, "");
	}
	return log;
}

/* type_hist_bucket(): with k = bits, 1 + 2^(k+1) + (p - k - 1) * 2^k + the k bits after the first,
 * p being the power of two. */
static LLVMValueRef emit_power_bucket(struct codegen *cg, LLVMValueRef value, uint32_t k)
{
	LLVMBuilderRef b = cg->builder;
	LLVMValueRef power = emit_log2(cg, value), bucket, part;

	bucket = LLVMBuildShl(b, power, cg_i64(cg, k), "");
	bucket = LLVMBuildAdd(b, bucket,
			      cg_i64(cg, 1 + (1ull << (k + 1)) - ((uint64_t)(k + 1) << k)), "");
	if (!k)
		return bucket;
	part = LLVMBuildLShr(b, value, LLVMBuildSub(b, power, cg_i64(cg, k), ""), "");
	part = LLVMBuildAnd(b, part, cg_i64(cg, (1u << k) - 1), "");
	return LLVMBuildAdd(b, bucket, part, "");
}

void emit_update_hist(struct codegen *cg, const struct plan_map *map, const struct expr *call,
		      LLVMValueRef value, LLVMValueRef slot)
{
	LLVMBuilderRef b = cg->builder;
	uint32_t k = map->value->hist.bits;
	LLVMValueRef bucket, test;
	LLVMBasicBlockRef from = cg_current(cg), more, power, next = cg_block(cg, "bucket");
	LLVMBasicBlockRef exact;

	(void)call;
	more = cg_block(cg, "not_negative");
	power = cg_block(cg, "power");
	test = LLVMBuildICmp(b, LLVMIntSLT, value, cg_i64(cg, 0), "");
	emit_branch(cg, test, next, more);
	cg_position(cg, more);
	exact = more;
	test = LLVMBuildICmp(b, LLVMIntULT, value, cg_i64(cg, 2ull << k), "");
	bucket = LLVMBuildAdd(b, value, cg_i64(cg, 1), "");
	emit_branch(cg, test, next, power);
	cg_position(cg, power);
	value = emit_power_bucket(cg, value, k);
	emit_jump(cg, next);
	cg_position(cg, next);
	test = LLVMBuildPhi(b, cg->i64, "");
	LLVMAddIncoming(test, (LLVMValueRef[]){cg_i64(cg, 0), bucket, value},
			(LLVMBasicBlockRef[]){from, exact, power}, 3);
	emit_add_bucket(cg, map, slot, test);
}

void emit_update_lhist(struct codegen *cg, const struct plan_map *map, const struct expr *call,
		       LLVMValueRef value, LLVMValueRef slot)
{
	LLVMBuilderRef b = cg->builder;
	const struct type *type = map->value;
	uint64_t min = type->lhist.min, step = type->lhist.step;
	uint32_t buckets = type_lhist_buckets(type);
	bool is_signed = call->call.args.data[0]->type->is_signed;
	LLVMValueRef under, over, bucket;

	under = LLVMBuildICmp(b, is_signed ? LLVMIntSLT : LLVMIntULT, value, cg_i64(cg, min), "");
	over = LLVMBuildICmp(b, is_signed ? LLVMIntSGE : LLVMIntUGE, value,
			     cg_i64(cg, min + buckets * step), "");
	bucket =
		LLVMBuildUDiv(b, LLVMBuildSub(b, value, cg_i64(cg, min), ""), cg_i64(cg, step), "");
	bucket = LLVMBuildAdd(b, bucket, cg_i64(cg, 1), "");
	bucket = LLVMBuildSelect(b, over, cg_i64(cg, buckets + 1), bucket, "");
	bucket = LLVMBuildSelect(b, under, cg_i64(cg, 0), bucket, "");
	emit_add_bucket(cg, map, slot, bucket);
}
