/*
 * Expressions: what each kind of node is turned into. Three entrances (a register, an address, into
 * memory) and one table of how the larger values are written.
 */
#include "codegen/internal.h"

#include <string.h>

static const emit_call_fn call_hooks[FUNCTION_COUNT_] = {
#define FUNCTION(id, name, prototype, flags, ...)                                                  \
	CG_HOOK(flags, [FUNCTION_##id] = NULL, [FUNCTION_##id] = NULL,                             \
		[FUNCTION_##id] = emit_call_##id),
#include "lang/functions.def"
#undef FUNCTION
};

static const emit_builtin_fn builtin_hooks[BUILTIN_COUNT_] = {
#define BUILTIN(id, ...) [BUILTIN_##id] = emit_builtin_##id,
#include "lang/builtins.def"
#undef BUILTIN
};

static LLVMValueRef emit_call(struct codegen *cg, const struct expr *expr, LLVMValueRef dst)
{
	if (expr->call.function == &lang_c_function)
		return emit_c_call(cg, expr, dst);
	return call_hooks[expr->call.function->id](cg, expr, dst);
}

static LLVMValueRef emit_builtin(struct codegen *cg, const struct expr *expr, LLVMValueRef dst)
{
	return builtin_hooks[expr->ident.builtin->id](cg, expr, dst);
}

/* The text, NULs up to the type's capacity. */
static LLVMValueRef emit_string(struct codegen *cg, const struct expr *expr)
{
	uint32_t size = expr->type->size;
	size_t len = expr->string.len < size ? expr->string.len : size;
	char *bytes = arena_alloc(cg->arena, size ? size : 1);

	memcpy(bytes, expr->string.data, len);
	return cg_const_bytes(cg, bytes, size);
}

static LLVMValueRef emit_int(struct codegen *cg, const struct expr *expr)
{
	uint64_t value = expr->integer.value;

	return LLVMConstInt(cg_type(cg, expr->type), expr->integer.is_negative ? -value : value, 0);
}

static LLVMValueRef emit_var(struct codegen *cg, const struct expr *expr)
{
	return emit_load_value(cg, expr->type, emit_variable_address(cg, expr->var.variable));
}

void emit_no_key(struct codegen *cg, const struct expr *map)
{
	if (map->error_event)
		emit_error_event(cg, map->error_event, cg_i64(cg, -2 /* ENOENT */));
}

static LLVMValueRef emit_map_scalar(struct codegen *cg, const struct expr *expr)
{
	LLVMValueRef slot = emit_element(cg, expr->map.map, emit_map_key(cg, expr));
	LLVMBasicBlockRef hit = cg_block(cg, "hit"), miss = cg_block(cg, "miss"), from_hit,
			  from_miss;
	LLVMBasicBlockRef next = cg_block(cg, "map");
	LLVMValueRef value;

	emit_branch(cg, emit_is_null(cg, slot), miss, hit);
	cg_position(cg, hit);
	value = emit_load_value(cg, expr->type, slot);
	from_hit = cg_current(cg);
	emit_jump(cg, next);
	cg_position(cg, miss);
	emit_no_key(cg, expr);
	from_miss = cg_current(cg);
	emit_jump(cg, next);
	cg_position(cg, next);
	return emit_phi(cg, value, from_hit, LLVMConstNull(LLVMTypeOf(value)), from_miss);
}

static void emit_map_into(struct codegen *cg, const struct expr *expr, LLVMValueRef dst)
{
	LLVMValueRef slot = emit_element(cg, expr->map.map, emit_map_key(cg, expr));
	LLVMBasicBlockRef hit = cg_block(cg, "hit"), miss = cg_block(cg, "miss");
	LLVMBasicBlockRef next = cg_block(cg, "map");
	const struct type *type = expr->type;

	emit_branch(cg, emit_is_null(cg, slot), miss, hit);
	cg_position(cg, hit);
	emit_copy(cg, dst, slot, type->size, type->align);
	emit_jump(cg, next);
	cg_position(cg, miss);
	emit_zero(cg, dst, type->size, type->align);
	emit_no_key(cg, expr);
	emit_jump(cg, next);
	cg_position(cg, next);
}

/* Tuples and records: members at their offsets, what lies between them zero. */
static void emit_members_into(struct codegen *cg, const struct expr *expr, LLVMValueRef dst)
{
	const struct type_field *fields;
	uint32_t n, i, used = 0;

	fields = types_fields(cg->types, expr->type, &n);
	for (i = 0; i < n; i++)
		used += fields[i].type->size;
	if (used < expr->type->size)
		emit_zero(cg, dst, expr->type->size, expr->type->align);
	for (i = 0; i < n; i++) {
		const struct expr *member = expr->kind == EXPR_TUPLE
						    ? expr->tuple.members.data[i]
						    : expr->record.members.data[i].value;

		emit_into(cg, member, emit_offset(cg, dst, fields[i].offset));
	}
}

/* && and ||: the right operand is evaluated only if it decides. */
static LLVMValueRef emit_logical(struct codegen *cg, const struct expr *expr)
{
	bool is_and = expr->binary.op == BINARY_LAND;
	LLVMValueRef left = emit_condition(cg, expr->binary.left), right, result;
	LLVMBasicBlockRef from_left = cg_current(cg), from_right;
	LLVMBasicBlockRef more = cg_block(cg, "right"), next = cg_block(cg, "logical");

	emit_branch(cg, left, is_and ? more : next, is_and ? next : more);
	cg_position(cg, more);
	right = emit_condition(cg, expr->binary.right);
	from_right = cg_current(cg);
	emit_jump(cg, next);
	cg_position(cg, next);
	result = emit_phi(cg, LLVMConstInt(cg->i1, !is_and, 0), from_left, right, from_right);
	return LLVMBuildZExt(cg->builder, result, cg->i8, "");
}

/* Evaluates an arm; without @dst the result is a register. */
static LLVMValueRef emit_arm(struct codegen *cg, const struct expr *arm, LLVMValueRef dst)
{
	if (!dst)
		return emit_value(cg, arm);
	emit_into(cg, arm, dst);
	return NULL;
}

/* In "a ?: b" the condition is evaluated once: @then is NULL, and its value @tested. */
static LLVMValueRef emit_ternary(struct codegen *cg, const struct expr *expr, LLVMValueRef dst)
{
	LLVMBasicBlockRef then = cg_block(cg, "then"), otherwise = cg_block(cg, "else");
	LLVMBasicBlockRef next = cg_block(cg, "ternary");
	LLVMValueRef tested = NULL, a, b;

	if (expr->ternary.then) {
		emit_branch(cg, emit_condition(cg, expr->ternary.condition), then, otherwise);
	} else {
		tested = emit_value(cg, expr->ternary.condition);
		emit_branch(cg, LLVMBuildIsNotNull(cg->builder, tested, ""), then, otherwise);
	}
	cg_position(cg, then);
	a = tested ? emit_resize(cg, tested, expr->type->size,
				 expr->ternary.condition->type->is_signed)
		   : emit_arm(cg, expr->ternary.then, dst);
	then = cg_current(cg);
	emit_jump(cg, next);
	cg_position(cg, otherwise);
	b = emit_arm(cg, expr->ternary.otherwise, dst);
	otherwise = cg_current(cg);
	emit_jump(cg, next);
	cg_position(cg, next);
	return a && b ? emit_phi(cg, a, then, b, otherwise) : NULL;
}

/* The statements, then the tail as the block's value. */
static const struct expr *emit_block_head(struct codegen *cg, const struct block *block)
{
	size_t i;

	for (i = 0; i < block->stmts.len; i++)
		emit_stmt(cg, block->stmts.data[i]);
	return block->tail;
}

LLVMValueRef emit_value(struct codegen *cg, const struct expr *expr)
{
	if (!type_is_scalar(expr->type))
		return emit_address(cg, expr);
	switch (expr->kind) {
	case EXPR_INT:
	case EXPR_BOOL:
		return emit_int(cg, expr);
	case EXPR_BUILTIN:
		return emit_builtin(cg, expr, NULL);
	case EXPR_CALL:
		return emit_call(cg, expr, NULL);
	case EXPR_VAR:
		return emit_var(cg, expr);
	case EXPR_MAP:
		return emit_map_scalar(cg, expr);
	case EXPR_UNARY:
		return emit_unary(cg, expr);
	case EXPR_INCDEC:
		return emit_incdec(cg, expr, true);
	case EXPR_BINARY:
		if (expr->binary.op == BINARY_LAND || expr->binary.op == BINARY_LOR)
			return emit_logical(cg, expr);
		return emit_binary(cg, expr);
	case EXPR_TERNARY:
		return emit_ternary(cg, expr, NULL);
	case EXPR_CAST:
		return emit_cast(cg, expr, NULL);
	case EXPR_FIELD:
	case EXPR_TUPLE_FIELD:
	case EXPR_INDEX:
		return emit_member(cg, expr);
	case EXPR_BLOCK:
		expr = emit_block_head(cg, expr->block);
		return expr ? emit_value(cg, expr) : NULL;
	case EXPR_STRING:
	case EXPR_TUPLE:
	case EXPR_RECORD:
	case EXPR_PARAM:
	case EXPR_PARAM_COUNT:
	case EXPR_IDENT:
	case EXPR_SIZEOF:
	case EXPR_OFFSETOF:
	case EXPR_TYPEINFO:
	case EXPR_COMPTIME:
	case EXPR_TYPE:
		break;
	}
	return NULL;
}

/* Values that are in memory are not copied. */
LLVMValueRef emit_address(struct codegen *cg, const struct expr *expr)
{
	LLVMValueRef memory;

	switch (expr->kind) {
	case EXPR_STRING:
		return emit_string(cg, expr);
	case EXPR_VAR:
		return emit_variable_address(cg, expr->var.variable);
	case EXPR_FIELD:
	case EXPR_TUPLE_FIELD:
	case EXPR_INDEX:
	case EXPR_UNARY:
		if (!type_is_scalar(expr->type))
			return emit_member(cg, expr);
		break;
	case EXPR_BLOCK:
		return emit_address(cg, emit_block_head(cg, expr->block));
	case EXPR_INT:
	case EXPR_BOOL:
	case EXPR_PARAM:
	case EXPR_PARAM_COUNT:
	case EXPR_IDENT:
	case EXPR_BUILTIN:
	case EXPR_MAP:
	case EXPR_CALL:
	case EXPR_INCDEC:
	case EXPR_BINARY:
	case EXPR_TERNARY:
	case EXPR_CAST:
	case EXPR_TUPLE:
	case EXPR_RECORD:
	case EXPR_SIZEOF:
	case EXPR_OFFSETOF:
	case EXPR_TYPEINFO:
	case EXPR_COMPTIME:
	case EXPR_TYPE:
		break;
	}
	memory = cg_temp(cg, expr->type->size, expr->type->align);
	emit_into(cg, expr, memory);
	return memory;
}

void emit_into(struct codegen *cg, const struct expr *expr, LLVMValueRef dst)
{
	if (type_is_scalar(expr->type)) {
		emit_store(cg, emit_value(cg, expr), dst, expr->type->align);
		return;
	}
	switch (expr->kind) {
	case EXPR_BUILTIN:
		emit_builtin(cg, expr, dst);
		return;
	case EXPR_CALL:
		emit_call(cg, expr, dst);
		return;
	case EXPR_MAP:
		if (expr->type->kind == TYPE_STATS)
			emit_stats_into(cg, expr, dst);
		else
			emit_map_into(cg, expr, dst);
		return;
	case EXPR_TERNARY:
		emit_ternary(cg, expr, dst);
		return;
	case EXPR_CAST:
		emit_cast(cg, expr, dst);
		return;
	case EXPR_TUPLE:
	case EXPR_RECORD:
		emit_members_into(cg, expr, dst);
		return;
	case EXPR_FIELD:
	case EXPR_TUPLE_FIELD:
	case EXPR_INDEX:
	case EXPR_UNARY:
		emit_member_into(cg, expr, dst);
		return;
	case EXPR_BLOCK:
		emit_into(cg, emit_block_head(cg, expr->block), dst);
		return;
	case EXPR_STRING:
	case EXPR_VAR:
	case EXPR_INT:
	case EXPR_BOOL:
	case EXPR_PARAM:
	case EXPR_PARAM_COUNT:
	case EXPR_IDENT:
	case EXPR_INCDEC:
	case EXPR_BINARY:
	case EXPR_SIZEOF:
	case EXPR_OFFSETOF:
	case EXPR_TYPEINFO:
	case EXPR_COMPTIME:
	case EXPR_TYPE:
		break;
	}
	emit_copy(cg, dst, emit_address(cg, expr), expr->type->size, expr->type->align);
}

LLVMValueRef emit_value64(struct codegen *cg, const struct expr *expr)
{
	return emit_resize(cg, emit_value(cg, expr), 8, expr->type->is_signed);
}

LLVMValueRef emit_condition(struct codegen *cg, const struct expr *expr)
{
	return LLVMBuildIsNotNull(cg->builder, emit_value(cg, expr), "");
}
