/* Statements. */
#include "codegen/internal.h"

/* --- assignment --- */

struct reference {
	const struct expr *target;
	bool is_found;
};

static void find_reference(struct expr **expr, void *data)
{
	struct reference *reference = data;
	const struct expr *target = reference->target;

	if ((*expr)->kind != target->kind)
		return;
	if (target->kind == EXPR_VAR && (*expr)->var.variable == target->var.variable)
		reference->is_found = true;
	if (target->kind == EXPR_MAP && (*expr)->map.map == target->map.map)
		reference->is_found = true;
}

/* Whether the value is made from what it is assigned to, so that it must not be written there
 * piece by piece. */
static bool refers_to(const struct expr *value, const struct expr *target)
{
	struct reference reference = {.target = target};
	const struct ast_visitor visitor = {.expr = find_reference, .data = &reference};
	struct expr *root = (struct expr *)value;

	ast_walk_expr(&root, &visitor);
	return reference.is_found;
}

static void emit_assign_at(struct codegen *cg, const struct expr *target, const struct expr *value,
			   LLVMValueRef dst)
{
	const struct type *type = value->type;
	LLVMValueRef temp;

	if (type_is_scalar(type) || !refers_to(value, target)) {
		emit_into(cg, value, dst);
		return;
	}
	temp = cg_temp(cg, type->size, type->align);
	emit_into(cg, value, temp);
	emit_copy(cg, dst, temp, type->size, type->align);
}

static void emit_assign_scalar_map(struct codegen *cg, const struct expr *target,
				   const struct expr *value)
{
	const struct plan_map *map = &cg->plan->maps.data[target->map.map];
	LLVMBasicBlockRef found = cg_block(cg, "found"), next = cg_block(cg, "assigned");
	LLVMValueRef slot, ready = NULL;

	if (type_is_scalar(value->type))
		ready = emit_value(cg, value);
	slot = emit_element(cg, target->map.map, emit_map_key(cg, target));
	emit_branch(cg, emit_is_null(cg, slot), next, found);
	cg_position(cg, found);
	if (ready)
		emit_store(cg, ready, slot, value->type->align);
	else
		emit_assign_at(cg, target, value, slot);
	emit_store(cg, cg_i64(cg, 1), emit_offset(cg, slot, plan_map_set_offset(map)), 8);
	emit_jump(cg, next);
	cg_position(cg, next);
}

/* The value as the map holds it: padded to a multiple of 8 bytes. */
static LLVMValueRef emit_map_value(struct codegen *cg, const struct expr *value, uint32_t size)
{
	LLVMValueRef memory;

	if (size == value->type->size && !type_is_scalar(value->type))
		return emit_address(cg, value);
	memory = cg_temp(cg, size, 8);
	if (size != value->type->size)
		emit_zero(cg, memory, size, 8);
	emit_into(cg, value, memory);
	return memory;
}

static void emit_assign_map(struct codegen *cg, const struct expr *target, const struct expr *value)
{
	uint32_t size = plan_map_value_size(&cg->plan->maps.data[target->map.map]);
	LLVMValueRef memory = emit_map_value(cg, value, size);
	LLVMValueRef key = emit_map_key(cg, target);

	emit_map_update(cg, target->map.map, key, memory, BPF_ANY, target->error_event);
}

static bool is_aggregate(const struct expr *value)
{
	return value->kind == EXPR_CALL && value->call.function->flags & FN_AGGREGATE;
}

static void emit_assign(struct codegen *cg, const struct stmt *stmt)
{
	const struct expr *target = stmt->assign.target, *value = stmt->assign.value;

	if (stmt->assign.is_compound)
		emit_compound(cg, stmt);
	else if (target->kind == EXPR_VAR)
		emit_assign_at(cg, target, value, emit_variable_address(cg, target->var.variable));
	else if (is_aggregate(value))
		emit_aggregate(cg, target, value);
	else if (plan_map_is_scalar(&cg->plan->maps.data[target->map.map]))
		emit_assign_scalar_map(cg, target, value);
	else
		emit_assign_map(cg, target, value);
}

static void emit_let(struct codegen *cg, const struct stmt *stmt)
{
	const struct variable *variable = stmt->let.variable;
	LLVMValueRef memory;

	if (!variable->type->size)
		return;
	memory = emit_variable_address(cg, variable);
	if (stmt->let.value)
		emit_into(cg, stmt->let.value, memory);
	else
		emit_zero(cg, memory, variable->type->size, variable->type->align);
}

/* --- control --- */

static void emit_if(struct codegen *cg, const struct stmt *stmt)
{
	LLVMBasicBlockRef then = cg_block(cg, "if"), next = cg_block(cg, "endif"), otherwise = next;

	if (stmt->branch.otherwise)
		otherwise = cg_block(cg, "else");
	emit_branch(cg, emit_condition(cg, stmt->branch.condition), then, otherwise);
	cg_position(cg, then);
	emit_block(cg, stmt->branch.then);
	emit_jump(cg, next);
	if (stmt->branch.otherwise) {
		cg_position(cg, otherwise);
		emit_block(cg, stmt->branch.otherwise);
		emit_jump(cg, next);
	}
	cg_position(cg, next);
}

/* A program's result has 32 bits; what is not 0 stays so. */
static LLVMValueRef emit_result(struct codegen *cg, LLVMValueRef value)
{
	LLVMValueRef high = LLVMBuildLShr(cg->builder, value, cg_i64(cg, 32), "");
	LLVMValueRef is_wide = LLVMBuildIsNotNull(cg->builder, high, "");
	LLVMValueRef low = LLVMBuildTrunc(cg->builder, value, cg->i32, "");
	LLVMValueRef is_null = LLVMBuildIsNull(cg->builder, low, "");

	is_wide = LLVMBuildAnd(cg->builder, is_wide, is_null, "");
	return LLVMBuildSelect(cg->builder, is_wide, cg_i32(cg, 1), low, "");
}

/* Only the `test` probes' value goes anywhere. */
static void emit_return(struct codegen *cg, const struct stmt *stmt)
{
	LLVMValueRef value;

	if (stmt->expr && type_is_scalar(stmt->expr->type)) {
		value = emit_value64(cg, stmt->expr);
		if (cg->program->provider->flags & PROVIDER_SPECIAL)
			emit_store(cg, emit_result(cg, value), cg_result_address(cg), 4);
	}
	emit_leave(cg);
}

/* A value that nobody wants; its effects happen. */
static void emit_discarded(struct codegen *cg, const struct expr *expr)
{
	if (expr->kind == EXPR_INCDEC)
		emit_incdec(cg, expr, false);
	else
		emit_value(cg, expr);
}

static void emit_stmt_kind(struct codegen *cg, const struct stmt *stmt)
{
	switch (stmt->kind) {
	case STMT_EXPR:
	case STMT_DISCARD:
		emit_discarded(cg, stmt->expr);
		break;
	case STMT_ASSIGN:
		emit_assign(cg, stmt);
		break;
	case STMT_LET:
		emit_let(cg, stmt);
		break;
	case STMT_IF:
		emit_if(cg, stmt);
		break;
	case STMT_FOR_MAP:
		emit_for_map(cg, stmt);
		break;
	case STMT_FOR_RANGE:
		emit_for_range(cg, stmt);
		break;
	case STMT_WHILE:
		emit_while(cg, stmt);
		break;
	case STMT_UNROLL:
		emit_unroll(cg, stmt);
		break;
	case STMT_BREAK:
		emit_loop_exit(cg, true);
		break;
	case STMT_CONTINUE:
		emit_loop_exit(cg, false);
		break;
	case STMT_RETURN:
		emit_return(cg, stmt);
		break;
	case STMT_BLOCK:
		emit_block(cg, stmt->block);
		break;
	}
}

void emit_stmt(struct codegen *cg, const struct stmt *stmt)
{
	struct scratch_mark mark = scratch_mark(cg);

	if (cg->is_too_long)
		return;
	cg_set_location(cg, stmt->span);
	emit_stmt_kind(cg, stmt);
	scratch_release(cg, mark);
}

void emit_block(struct codegen *cg, const struct block *block)
{
	size_t i;

	if (!emit_outlined(cg, block))
		for (i = 0; i < block->stmts.len; i++)
			emit_stmt(cg, block->stmts.data[i]);
	if (block->tail)
		emit_discarded(cg, block->tail);
}
