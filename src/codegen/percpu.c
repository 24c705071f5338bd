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

/* The number of CPUs is constant when the program is loaded, so that the loop is bounded. */
static void emit_each_cpu(struct codegen *cg, const struct gather *gather, LLVMValueRef map,
			  LLVMValueRef key)
{
	LLVMBasicBlockRef from = cg_current(cg), loop = cg_block(cg, "cpus"), body, found, latch,
			  next;
	LLVMValueRef ncpus = emit_setting(cg, offsetof(struct plan_settings, ncpus)), cpu, slot,
		     more;

	body = cg_block(cg, "cpu");
	found = cg_block(cg, "cpu_value");
	latch = cg_block(cg, "next_cpu");
	next = cg_block(cg, "all_cpus");
	emit_jump(cg, loop);
	cg_position(cg, loop);
	cpu = LLVMBuildPhi(cg->builder, cg->i64, "");
	emit_branch(cg, LLVMBuildICmp(cg->builder, LLVMIntULT, cpu, ncpus, ""), body, next);
	cg_position(cg, body);
	slot = emit_helper(cg, BPF_FUNC_map_lookup_percpu_elem, cg->ptr, map, key,
			   LLVMBuildTrunc(cg->builder, cpu, cg->i32, ""));
	emit_branch(cg, emit_is_null(cg, slot), latch, found);
	cg_position(cg, found);
	emit_gather(cg, gather, slot);
	emit_jump(cg, latch);
	cg_position(cg, latch);
	more = LLVMBuildAdd(cg->builder, cpu, cg_i64(cg, 1), "");
	LLVMAddIncoming(cpu, (LLVMValueRef[]){cg_i64(cg, 0), more},
			(LLVMBasicBlockRef[]){from, latch}, 2);
	emit_jump(cg, loop);
	cg_position(cg, next);
}

LLVMValueRef emit_aggregate_number_at(struct codegen *cg, uint32_t map, LLVMValueRef key)
{
	struct gather gather = {.type = cg->plan->maps.data[map].value};
	const struct type *number = type_int(cg->types, 8, gather.type->is_signed);
	LLVMValueRef total, count;

	gather.total = cg_temp(cg, 8, 8);
	gather.second = cg_temp(cg, 8, 8);
	emit_store(cg, cg_i64(cg, 0), gather.total, 8);
	emit_store(cg, cg_i64(cg, 0), gather.second, 8);
	emit_each_cpu(cg, &gather, cg_map(cg, map), key);
	total = emit_load(cg, gather.total, 8, 8);
	if (gather.type->kind != TYPE_AVG && gather.type->kind != TYPE_STATS)
		return total;
	count = emit_load(cg, gather.second, 8, 8);
	count = LLVMBuildSelect(cg->builder, LLVMBuildIsNull(cg->builder, count, ""), cg_i64(cg, 1),
				count, "");
	return emit_division(cg, false, number->is_signed, total, count);
}

LLVMValueRef emit_aggregate_number(struct codegen *cg, const struct expr *map)
{
	return emit_aggregate_number_at(cg, map->map.map, emit_map_key(cg, map));
}
