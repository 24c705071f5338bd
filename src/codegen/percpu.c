/* Reads of aggregates as numbers: the values of all CPUs, taken together. */
#include "codegen/internal.h"

/* What is gathered while the CPUs are visited: registers, once LLVM has seen it. */
struct gather {
	const struct type *type;
	LLVMValueRef total, second; /* i64: second: how many for avg, whether any for min and max */
};

static LLVMValueRef emit_better(struct codegen *cg, const struct gather *gather, LLVMValueRef old,
				LLVMValueRef new)
{
	bool is_min = gather->type->kind == TYPE_MIN, is_signed = gather->type->is_signed;
	LLVMIntPredicate than = is_min      ? (is_signed ? LLVMIntSLT : LLVMIntULT)
				: is_signed ? LLVMIntSGT
					    : LLVMIntUGT;
	LLVMValueRef none = LLVMBuildIsNull(cg->builder, emit_load(cg, gather->second, 8, 8), "");

	return LLVMBuildOr(cg->builder, none, LLVMBuildICmp(cg->builder, than, new, old, ""), "");
}

/* One CPU's value at @slot. */
static void emit_gather(struct codegen *cg, const struct gather *gather, LLVMValueRef slot)
{
	LLVMBuilderRef b = cg->builder;
	LLVMValueRef total = emit_load(cg, gather->total, 8, 8), value = emit_load(cg, slot, 8, 8),
		     set;
	LLVMValueRef second, take;

	if (gather->type->kind == TYPE_COUNT || gather->type->kind == TYPE_SUM) {
		emit_store(cg, LLVMBuildAdd(b, total, value, ""), gather->total, 8);
		return;
	}
	second = emit_load(cg, gather->second, 8, 8);
	set = emit_load(cg, emit_offset(cg, slot, 8), 8, 8);
	if (gather->type->kind == TYPE_AVG || gather->type->kind == TYPE_STATS) {
		emit_store(cg, LLVMBuildAdd(b, total, value, ""), gather->total, 8);
		emit_store(cg, LLVMBuildAdd(b, second, set, ""), gather->second, 8);
		return;
	}
	take = LLVMBuildAnd(b, LLVMBuildIsNotNull(b, set, ""),
			    emit_better(cg, gather, total, value), "");
	emit_store(cg, LLVMBuildSelect(b, take, value, total, ""), gather->total, 8);
	emit_store(cg, LLVMBuildOr(b, second, set, ""), gather->second, 8);
}

/*
 * So many that the jump back to the loop's head is longer than what an x86 jump of two bytes
 * reaches: the kernel's JIT, which shortens jumps pass by pass, takes the distance of a jump back
 * for longer than it is while what stands before shrinks, and gives up on one that was short and
 * seems long again ("unexpected jmp_cond padding").
 */
static uint32_t cpus_at_once(const struct type *type)
{
	return type->kind == TYPE_MIN || type->kind == TYPE_MAX ? 2 : 4;
}

/* Goes on at @next behind the last CPU. */
static void emit_one_cpu(struct codegen *cg, const struct gather *gather, uint32_t map,
			 LLVMValueRef key, LLVMValueRef cpu, LLVMBasicBlockRef next)
{
	LLVMValueRef ncpus = emit_setting(cg, offsetof(struct plan_settings, ncpus)), slot;
	LLVMBasicBlockRef body = cg_block(cg, "cpu"), found, after;

	emit_branch(cg, LLVMBuildICmp(cg->builder, LLVMIntULT, cpu, ncpus, ""), body, next);
	cg_position(cg, body);
	slot = emit_map_helper(cg, BPF_FUNC_map_lookup_percpu_elem, cg->ptr, map, key,
			       LLVMBuildTrunc(cg->builder, cpu, cg->i32, ""));
	found = cg_block(cg, "cpu_value");
	after = cg_block(cg, "next_cpu");
	emit_branch(cg, emit_is_null(cg, slot), after, found);
	cg_position(cg, found);
	emit_gather(cg, gather, slot);
	emit_jump(cg, after);
	cg_position(cg, after);
}

/* The number of CPUs is constant when the program is loaded, so that the loop is bounded. */
static void emit_each_cpu(struct codegen *cg, const struct gather *gather, uint32_t map,
			  LLVMValueRef key)
{
	LLVMBasicBlockRef from = cg_current(cg), loop = cg_block(cg, "cpus"), latch,
			  next = cg_block(cg, "all_cpus");
	LLVMValueRef first, cpu;

	emit_jump(cg, loop);
	cg_position(cg, loop);
	first = cpu = LLVMBuildPhi(cg->builder, cg->i64, "");
	for (uint32_t i = cpus_at_once(gather->type); i--;) {
		emit_one_cpu(cg, gather, map, key, cpu, next);
		cpu = LLVMBuildAdd(cg->builder, cpu, cg_i64(cg, 1), "");
	}
	latch = cg_current(cg);
	LLVMAddIncoming(first, (LLVMValueRef[]){cg_i64(cg, 0), cpu},
			(LLVMBasicBlockRef[]){from, latch}, 2);
	emit_jump(cg, loop);
	cg_position(cg, next);
}

static void emit_gather_all(struct codegen *cg, const struct gather *gather, uint32_t map,
			    LLVMValueRef key)
{
	emit_store(cg, cg_i64(cg, 0), gather->total, 8);
	emit_store(cg, cg_i64(cg, 0), gather->second, 8);
	emit_each_cpu(cg, gather, map, key);
}

LLVMValueRef emit_aggregate_number_at(struct codegen *cg, uint32_t map, LLVMValueRef key)
{
	struct gather gather = {
		.type = cg->plan->maps.data[map].value,
		.total = cg_temp(cg, 8, 8),
		.second = cg_temp(cg, 8, 8),
	};
	const struct type *number = type_int(cg->types, 8, gather.type->is_signed);
	LLVMValueRef total, count;

	emit_gather_all(cg, &gather, map, key);
	total = emit_load(cg, gather.total, 8, 8);
	if (gather.type->kind != TYPE_AVG)
		return total;
	count = emit_load(cg, gather.second, 8, 8);
	count = LLVMBuildSelect(cg->builder, LLVMBuildIsNull(cg->builder, count, ""), cg_i64(cg, 1),
				count, "");
	return emit_division(cg, false, number->is_signed, total, count);
}

LLVMValueRef emit_gathered_key(struct codegen *cg, const struct expr *map)
{
	LLVMValueRef key = emit_map_key(cg, map), slot;
	LLVMBasicBlockRef miss, next;

	if (!map->error_event)
		return key;
	slot = emit_element(cg, map->map.map, key);
	miss = cg_block(cg, "miss");
	next = cg_block(cg, "map");
	emit_branch(cg, emit_is_null(cg, slot), miss, next);
	cg_position(cg, miss);
	emit_no_key(cg, map);
	emit_jump(cg, next);
	cg_position(cg, next);
	return key;
}

LLVMValueRef emit_aggregate_number(struct codegen *cg, const struct expr *map)
{
	return emit_aggregate_number_at(cg, map->map.map, emit_gathered_key(cg, map));
}

void emit_stats_into(struct codegen *cg, const struct expr *map, LLVMValueRef dst)
{
	struct gather gather = {
		.type = map->type,
		.total = dst,
		.second = emit_offset(cg, dst, 8),
	};

	emit_gather_all(cg, &gather, map->map.map, emit_gathered_key(cg, map));
}
