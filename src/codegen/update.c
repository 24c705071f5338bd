/*
 * Updates of maps and variables in place: ++, --, compound assignment. On maps they are atomic, so
 * that no update is lost between CPUs: + - & | ^ by one instruction, the others by trying again
 * until no other CPU came between. The element is made when it is not there.
 */
#include "codegen/internal.h"

#include <errno.h>

/* Rounds of a compare-and-exchange before the value is simply stored: each costs the verifier. */
#define EXCHANGE_ROUNDS 16

struct update {
	enum binary_op op;
	const struct type *type; /* of the value: 8 bytes */
	LLVMValueRef operand; /* i64 */
	uint32_t error; /* of a division */
};

/* --- on a value in memory --- */

static bool atomic_op(enum binary_op op, LLVMAtomicRMWBinOp *atomic)
{
	switch (op) {
	case BINARY_ADD:
	case BINARY_SUB: /* of the negative: the machine has no other */
		*atomic = LLVMAtomicRMWBinOpAdd;
		return true;
	case BINARY_AND:
		*atomic = LLVMAtomicRMWBinOpAnd;
		return true;
	case BINARY_OR:
		*atomic = LLVMAtomicRMWBinOpOr;
		return true;
	case BINARY_XOR:
		*atomic = LLVMAtomicRMWBinOpXor;
		return true;
	case BINARY_MUL:
	case BINARY_DIV:
	case BINARY_MOD:
	case BINARY_SHL:
	case BINARY_SHR:
	case BINARY_EQ:
	case BINARY_NE:
	case BINARY_LT:
	case BINARY_LE:
	case BINARY_GT:
	case BINARY_GE:
	case BINARY_LAND:
	case BINARY_LOR:
		break;
	}
	return false;
}

/* old = *slot; while (!exchange(slot, old, old OP operand)) old = *slot */
static LLVMValueRef emit_exchange(struct codegen *cg, const struct update *update,
				  LLVMValueRef slot)
{
	LLVMBasicBlockRef from = cg_current(cg), loop = cg_block(cg, "exchange"), failed, last;
	LLVMBasicBlockRef store = cg_block(cg, "exchange_store"), next = cg_block(cg, "exchanged");
	LLVMValueRef round, old, new, pair, more;

	emit_jump(cg, loop);
	cg_position(cg, loop);
	round = LLVMBuildPhi(cg->builder, cg->i64, "");
	old = emit_load(cg, slot, 8, 8);
	new = emit_arith(cg, update->op, update->type, old, update->operand, update->error);
	pair = LLVMBuildAtomicCmpXchg(cg->builder, slot, old, new,
				      LLVMAtomicOrderingSequentiallyConsistent,
				      LLVMAtomicOrderingSequentiallyConsistent, 0);
	last = cg_current(cg);
	failed = cg_block(cg, "exchange_failed");
	emit_branch(cg, LLVMBuildExtractValue(cg->builder, pair, 1, ""), next, failed);
	cg_position(cg, failed);
	more = LLVMBuildAdd(cg->builder, round, cg_i64(cg, 1), "");
	LLVMAddIncoming(round, (LLVMValueRef[]){cg_i64(cg, 0), more},
			(LLVMBasicBlockRef[]){from, failed}, 2);
	emit_branch(cg,
		    LLVMBuildICmp(cg->builder, LLVMIntULT, more, cg_i64(cg, EXCHANGE_ROUNDS), ""),
		    loop, store);
	cg_position(cg, store);
	emit_store(cg, new, slot, 8);
	emit_jump(cg, next);
	cg_position(cg, next);
	return emit_phi(cg, old, last, old, store);
}

/* The old value. */
static LLVMValueRef emit_update(struct codegen *cg, const struct update *update, LLVMValueRef slot)
{
	LLVMValueRef operand = update->operand;
	LLVMAtomicRMWBinOp op;

	if (!atomic_op(update->op, &op))
		return emit_exchange(cg, update, slot);
	if (update->op == BINARY_SUB)
		operand = LLVMBuildNeg(cg->builder, operand, "");
	return LLVMBuildAtomicRMW(cg->builder, op, slot, operand,
				  LLVMAtomicOrderingSequentiallyConsistent, 0);
}

/* --- on a map --- */

static LLVMValueRef emit_scalar_update(struct codegen *cg, const struct expr *target,
				       const struct update *update)
{
	const struct plan_map *map = &cg->plan->maps.data[target->map.map];
	LLVMValueRef slot = emit_element(cg, target->map.map, emit_map_key(cg, target));
	LLVMBasicBlockRef from = cg_current(cg), found = cg_block(cg, "found");
	LLVMBasicBlockRef next = cg_block(cg, "updated");
	LLVMValueRef old;

	emit_branch(cg, emit_is_null(cg, slot), next, found);
	cg_position(cg, found);
	old = emit_update(cg, update, slot);
	emit_store(cg, cg_i64(cg, 1), emit_offset(cg, slot, plan_map_set_offset(map)), 8);
	found = cg_current(cg);
	emit_jump(cg, next);
	cg_position(cg, next);
	return emit_phi(cg, old, found, cg_i64(cg, 0), from);
}

/*
 * lookup; if it is not there: insert 0 OP operand; if someone else has just done so: lookup again.
 */
static LLVMValueRef emit_hash_update(struct codegen *cg, const struct expr *target,
				     const struct update *update)
{
	LLVMValueRef key = emit_map_key(cg, target), value;
	LLVMValueRef zero = cg_i64(cg, 0), slot, again, code, old, result, first;
	LLVMBasicBlockRef from = NULL, miss = cg_block(cg, "miss"), raced = cg_block(cg, "raced");
	LLVMBasicBlockRef found = cg_block(cg, "found"), other = cg_block(cg, "not_raced");
	LLVMBasicBlockRef next = cg_block(cg, "updated"), from_raced;

	slot = emit_element(cg, target->map.map, key);
	from = cg_current(cg);
	emit_branch(cg, emit_is_null(cg, slot), miss, found);

	cg_position(cg, miss);
	first = emit_arith(cg, update->op, update->type, zero, update->operand, update->error);
	value = cg_temp(cg, 8, 8);
	emit_store(cg, first, value, 8);
	code = emit_map_helper(cg, BPF_FUNC_map_update_elem, cg->i64, target->map.map, key, value,
			       cg_i64(cg, BPF_NOEXIST));
	emit_branch(cg, LLVMBuildICmp(cg->builder, LLVMIntEQ, code, cg_i64(cg, -EEXIST), ""), raced,
		    other);

	cg_position(cg, other);
	emit_map_refused(cg, target->map.map, code, target->error_event);
	other = cg_current(cg);
	emit_jump(cg, next);

	cg_position(cg, raced);
	again = emit_element(cg, target->map.map, key);
	from_raced = cg_current(cg);
	raced = cg_block(cg, "deleted");
	emit_branch(cg, emit_is_null(cg, again), raced, found);
	cg_position(cg, raced);
	emit_map_refused(cg, target->map.map, code, target->error_event);
	raced = cg_current(cg);
	emit_jump(cg, next);

	cg_position(cg, found);
	slot = emit_phi(cg, slot, from, again, from_raced);
	old = emit_update(cg, update, slot);
	found = cg_current(cg);
	emit_jump(cg, next);

	cg_position(cg, next);
	result = LLVMBuildPhi(cg->builder, cg->i64, "");
	LLVMAddIncoming(result, (LLVMValueRef[]){old, zero, zero},
			(LLVMBasicBlockRef[]){found, other, raced}, 3);
	return result;
}

static LLVMValueRef emit_map_old(struct codegen *cg, const struct expr *target,
				 const struct update *update)
{
	if (plan_map_is_scalar(&cg->plan->maps.data[target->map.map]))
		return emit_scalar_update(cg, target, update);
	return emit_hash_update(cg, target, update);
}

/* --- on a variable --- */

static LLVMValueRef emit_variable_old(struct codegen *cg, const struct expr *target,
				      const struct update *update)
{
	LLVMValueRef memory = emit_variable_address(cg, target->var.variable), old, new;
	const struct type *type = target->type;

	old = emit_resize(cg, emit_load(cg, memory, type->size, type->align), 8, type->is_signed);
	if (type->kind == TYPE_PTR && type->ptr.space == SPACE_BPF)
		old = emit_plain_number(cg, old);
	new = emit_arith(cg, update->op, update->type, old, update->operand, update->error);
	emit_store(cg, emit_resize(cg, new, type->size, false), memory, type->align);
	return old;
}

/* --- entrances --- */

LLVMValueRef emit_incdec(struct codegen *cg, const struct expr *expr, bool is_used)
{
	const struct expr *target = expr->incdec.target;
	struct update update = {
		.op = expr->incdec.is_decrement ? BINARY_SUB : BINARY_ADD,
		.type = target->type,
		.operand = cg_i64(cg, 1),
	};
	LLVMValueRef value;

	if (target->type->kind == TYPE_PTR)
		update.operand = emit_scaled(cg, target->type, update.operand);
	value = target->kind == EXPR_VAR ? emit_variable_old(cg, target, &update)
					 : emit_map_old(cg, target, &update);
	if (!is_used)
		return NULL;
	if (expr->incdec.is_prefix)
		value = emit_arith(cg, update.op, update.type, value, update.operand, 0);
	return emit_resize(cg, value, expr->type->size, false);
}

void emit_compound(struct codegen *cg, const struct stmt *stmt)
{
	const struct expr *target = stmt->assign.target;
	struct update update = {
		.op = stmt->assign.op,
		.type = target->type,
		.operand = emit_value64(cg, stmt->assign.value),
		.error = stmt->error_event,
	};

	if (target->type->kind == TYPE_PTR)
		update.operand = emit_scaled(cg, target->type, update.operand);
	if (target->kind == EXPR_VAR)
		emit_variable_old(cg, target, &update);
	else
		emit_map_old(cg, target, &update);
}
