/*
 * tseries(): the last intervals of a value, as a ring of {epoch, value, count, set}. An epoch is
 * the number of intervals since the wall clock's beginning; an entry of another epoch is begun
 * anew. `set` is the time of the last update, so that the last one of all CPUs can be told.
 */
#include "codegen/internal.h"

enum { ENTRY_EPOCH = 0, ENTRY_VALUE = 8, ENTRY_COUNT = 16, ENTRY_SET = 24, ENTRY_SIZE = 32 };

static LLVMValueRef emit_epoch(struct codegen *cg, const struct type *type, LLVMValueRef now)
{
	LLVMValueRef offset = emit_setting(cg, offsetof(struct plan_settings, wall_offset_ns));

	now = LLVMBuildAdd(cg->builder, now, offset, "");
	return LLVMBuildUDiv(cg->builder, now, cg_i64(cg, type->tseries.interval_ns), "");
}

/* Which of the two is kept: i1 for "the new one". */
static LLVMValueRef emit_prefers_new(struct codegen *cg, const struct type *type, LLVMValueRef old,
				     LLVMValueRef new)
{
	bool is_min = type->tseries.reduce == REDUCE_MIN;
	LLVMIntPredicate than = type->is_signed ? (is_min ? LLVMIntSLT : LLVMIntSGT)
						: (is_min ? LLVMIntULT : LLVMIntUGT);

	return LLVMBuildICmp(cg->builder, than, new, old, "");
}

static LLVMValueRef emit_reduce(struct codegen *cg, const struct type *type, LLVMValueRef old,
				LLVMValueRef new)
{
	switch (type->tseries.reduce) {
	case REDUCE_LAST:
		return new;
	case REDUCE_AVG:
	case REDUCE_SUM:
		return LLVMBuildAdd(cg->builder, old, new, "");
	case REDUCE_MIN:
	case REDUCE_MAX:
		break;
	}
	return LLVMBuildSelect(cg->builder, emit_prefers_new(cg, type, old, new), new, old, "");
}

static LLVMValueRef entry_load(struct codegen *cg, LLVMValueRef entry, uint32_t offset)
{
	return emit_load(cg, emit_offset(cg, entry, offset), 8, 8);
}

static void entry_store(struct codegen *cg, LLVMValueRef entry, uint32_t offset, LLVMValueRef value)
{
	emit_store(cg, value, emit_offset(cg, entry, offset), 8);
}

void emit_update_tseries(struct codegen *cg, const struct plan_map *map, const struct expr *call,
			 LLVMValueRef value, LLVMValueRef slot)
{
	LLVMBuilderRef b = cg->builder;
	const struct type *type = map->value;
	LLVMValueRef epoch, index, entry, same, old;
	LLVMValueRef count, set, now = emit_helper0(cg, BPF_FUNC_ktime_get_boot_ns, cg->i64);

	(void)call;
	epoch = emit_epoch(cg, type, now);
	index = LLVMBuildURem(b, epoch, cg_i64(cg, type->tseries.intervals), "");
	entry = emit_entry(cg, slot, index, type->tseries.intervals, ENTRY_SIZE);

	set = LLVMBuildIsNotNull(b, entry_load(cg, entry, ENTRY_SET), "");
	same = LLVMBuildICmp(b, LLVMIntEQ, entry_load(cg, entry, ENTRY_EPOCH), epoch, "");
	same = LLVMBuildAnd(b, same, set, "");
	old = entry_load(cg, entry, ENTRY_VALUE);
	count = entry_load(cg, entry, ENTRY_COUNT);
	old = LLVMBuildSelect(b, same, emit_reduce(cg, type, old, value), value, "");
	count = LLVMBuildSelect(b, same, count, cg_i64(cg, 0), "");
	entry_store(cg, entry, ENTRY_EPOCH, epoch);
	entry_store(cg, entry, ENTRY_VALUE, old);
	entry_store(cg, entry, ENTRY_COUNT, LLVMBuildAdd(b, count, cg_i64(cg, 1), ""));
	entry_store(cg, entry, ENTRY_SET, now);
}
