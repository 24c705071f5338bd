/* Operators: arithmetic, comparison, unary. Operands have been brought to one type by sema. */
#include "codegen/internal.h"

#include <assert.h>

/* --- division --- */

static LLVMValueRef emit_is_negative(struct codegen *cg, LLVMValueRef value)
{
	return LLVMBuildICmp(cg->builder, LLVMIntSLT, value, LLVMConstNull(LLVMTypeOf(value)), "");
}

static LLVMValueRef emit_negate_if(struct codegen *cg, LLVMValueRef condition, LLVMValueRef value)
{
	return LLVMBuildSelect(cg->builder, condition, LLVMBuildNeg(cg->builder, value, ""), value,
			       "");
}

/* BPF has unsigned division only (before cpu v4): the signs are put aside and back. */
static LLVMValueRef emit_signed_division(struct codegen *cg, bool is_modulo, LLVMValueRef left,
					 LLVMValueRef right)
{
	LLVMValueRef left_negative = emit_is_negative(cg, left), result;
	LLVMValueRef right_negative = emit_is_negative(cg, right);

	left = emit_negate_if(cg, left_negative, left);
	right = emit_negate_if(cg, right_negative, right);
	if (is_modulo) {
		result = LLVMBuildURem(cg->builder, left, right, "");
		return emit_negate_if(cg, left_negative, result);
	}
	result = LLVMBuildUDiv(cg->builder, left, right, "");
	return emit_negate_if(cg, LLVMBuildXor(cg->builder, left_negative, right_negative, ""),
			      result);
}

LLVMValueRef emit_division(struct codegen *cg, bool is_modulo, bool is_signed, LLVMValueRef left,
			   LLVMValueRef right)
{
	if (is_signed)
		return emit_signed_division(cg, is_modulo, left, right);
	return is_modulo ? LLVMBuildURem(cg->builder, left, right, "")
			 : LLVMBuildUDiv(cg->builder, left, right, "");
}

/* Division by zero gives 1, and an event. */
static LLVMValueRef emit_checked_division(struct codegen *cg, bool is_modulo, bool is_signed,
					  LLVMValueRef left, LLVMValueRef right, uint32_t error)
{
	LLVMBasicBlockRef zero, other, next;
	LLVMValueRef result, one = LLVMConstInt(LLVMTypeOf(left), 1, 0);

	if (LLVMIsConstant(right) && !LLVMIsNull(right))
		return emit_division(cg, is_modulo, is_signed, left, right);
	zero = cg_block(cg, "zero");
	other = cg_block(cg, "divide");
	next = cg_block(cg, "divided");
	emit_branch(cg, LLVMBuildIsNull(cg->builder, right, ""), zero, other);
	cg_position(cg, zero);
	emit_error_event(cg, error, NULL);
	zero = cg_current(cg);
	emit_jump(cg, next);
	cg_position(cg, other);
	result = emit_division(cg, is_modulo, is_signed, left, right);
	other = cg_current(cg);
	emit_jump(cg, next);
	cg_position(cg, next);
	return emit_phi(cg, result, other, one, zero);
}

/* --- arithmetic --- */

static LLVMValueRef emit_operation(struct codegen *cg, enum binary_op op, const struct type *type,
				   LLVMValueRef left, LLVMValueRef right, uint32_t error)
{
	LLVMBuilderRef b = cg->builder;

	switch (op) {
	case BINARY_ADD:
		return LLVMBuildAdd(b, left, right, "");
	case BINARY_SUB:
		return LLVMBuildSub(b, left, right, "");
	case BINARY_MUL:
		return LLVMBuildMul(b, left, right, "");
	case BINARY_DIV:
	case BINARY_MOD:
		return emit_checked_division(cg, op == BINARY_MOD, type->is_signed, left, right,
					     error);
	/* as the machine does; beyond 63 LLVM would make anything of it */
	case BINARY_SHL:
		return LLVMBuildShl(b, left, LLVMBuildAnd(b, right, cg_i64(cg, 63), ""), "");
	case BINARY_SHR:
		right = LLVMBuildAnd(b, right, cg_i64(cg, 63), "");
		return type->is_signed ? LLVMBuildAShr(b, left, right, "")
				       : LLVMBuildLShr(b, left, right, "");
	case BINARY_AND:
		return LLVMBuildAnd(b, left, right, "");
	case BINARY_OR:
		return LLVMBuildOr(b, left, right, "");
	case BINARY_XOR:
		return LLVMBuildXor(b, left, right, "");
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
	assert(!"arithmetic operator");
	return NULL;
}

LLVMValueRef emit_arith(struct codegen *cg, enum binary_op op, const struct type *type,
			LLVMValueRef left, LLVMValueRef right, uint32_t error)
{
	LLVMValueRef value = emit_operation(cg, op, type, left, right, error);

	return LLVMTypeOf(value) == cg->i64 ? emit_fresh(cg, value) : value;
}

LLVMValueRef emit_scaled(struct codegen *cg, const struct type *type, LLVMValueRef count)
{
	uint32_t size = type->ptr.to->size;

	return LLVMBuildMul(cg->builder, count, cg_i64(cg, size ? size : 1), "");
}

/* --- equality --- */

/* What is at @offset of something so aligned is a multiple of this. */
static uint32_t align_at(uint32_t align, uint32_t offset)
{
	while (offset % align)
		align /= 2;
	return align;
}

/*
 * i64: zero if the two, of a type that == accepts, are the same. In memory they are aligned to
 * @align.
 */
static LLVMValueRef emit_difference(struct codegen *cg, struct span span, const struct type *type,
				    LLVMValueRef a, LLVMValueRef b, uint32_t align)
{
	LLVMValueRef all = cg_i64(cg, 0), one, left, right;
	const struct type_field *fields;
	uint32_t n, i;

	if (type_is_scalar(type))
		return emit_resize(cg, LLVMBuildXor(cg->builder, a, b, ""), 8, false);
	if (type->kind == TYPE_STRING)
		return emit_bytes_difference(cg, span, a, b, cg_most_text(cg, type), align);
	if (type->kind != TYPE_TUPLE && type->kind != TYPE_RECORD)
		return emit_bytes_difference(cg, span, a, b, type->size, align);
	fields = types_fields(cg->types, type, &n);
	for (i = 0; i < n; i++) {
		left = emit_load_value(cg, fields[i].type, emit_offset(cg, a, fields[i].offset));
		right = emit_load_value(cg, fields[i].type, emit_offset(cg, b, fields[i].offset));
		one = emit_difference(cg, span, fields[i].type, left, right,
				      align_at(align, fields[i].offset));
		all = LLVMBuildOr(cg->builder, all, one, "");
	}
	return all;
}

/* --- comparison --- */

static LLVMIntPredicate predicate(enum binary_op op, bool is_signed)
{
	switch (op) {
	case BINARY_EQ:
		return LLVMIntEQ;
	case BINARY_NE:
		return LLVMIntNE;
	case BINARY_LT:
		return is_signed ? LLVMIntSLT : LLVMIntULT;
	case BINARY_LE:
		return is_signed ? LLVMIntSLE : LLVMIntULE;
	case BINARY_GT:
		return is_signed ? LLVMIntSGT : LLVMIntUGT;
	case BINARY_GE:
		return is_signed ? LLVMIntSGE : LLVMIntUGE;
	case BINARY_ADD:
	case BINARY_SUB:
	case BINARY_MUL:
	case BINARY_DIV:
	case BINARY_MOD:
	case BINARY_SHL:
	case BINARY_SHR:
	case BINARY_AND:
	case BINARY_OR:
	case BINARY_XOR:
	case BINARY_LAND:
	case BINARY_LOR:
		break;
	}
	assert(!"comparison operator");
	return LLVMIntEQ;
}

/*
 * The left one first. While the right one is worked out it is held in a register; of those there
 * are four that calls leave alone, and further ones LLVM keeps on the stack: where there is none to
 * spare, it is put aside instead.
 */
static void emit_operands(struct codegen *cg, const struct expr *expr, LLVMValueRef *left,
			  LLVMValueRef *right)
{
	const struct expr *other = expr->binary.right;
	struct scratch_place place = {0};
	bool is_aside = !cg->stack_budget && other->kind != EXPR_INT && other->kind != EXPR_VAR;

	*left = emit_value64(cg, expr->binary.left);
	is_aside = is_aside && !LLVMIsConstant(*left);
	if (is_aside) {
		place = scratch_reserve(cg, 8);
		emit_store(cg, *left, scratch_address(cg, place), 8);
	}
	*right = emit_value64(cg, other);
	if (is_aside)
		*left = emit_load(cg, scratch_address(cg, place), 8, 8);
}

/* A pointer beside an integer makes the comparison one of addresses. */
static LLVMValueRef emit_compare_scalars(struct codegen *cg, const struct expr *expr)
{
	bool is_signed = expr->binary.left->type->is_signed && expr->binary.right->type->is_signed;
	LLVMValueRef left, right;

	emit_operands(cg, expr, &left, &right);
	return LLVMBuildICmp(cg->builder, predicate(expr->binary.op, is_signed), left, right, "");
}

static LLVMValueRef emit_compare(struct codegen *cg, const struct expr *expr)
{
	const struct expr *left = expr->binary.left, *right = expr->binary.right;
	LLVMValueRef result, a, b;

	if (type_is_scalar(left->type)) {
		result = emit_compare_scalars(cg, expr);
		return LLVMBuildZExt(cg->builder, result, cg->i8, "");
	}
	if (left->type->kind == TYPE_STRING) {
		result = emit_string_equal(cg, left, right);
	} else {
		a = emit_address(cg, left);
		b = emit_address(cg, right);
		a = emit_difference(cg, expr->span, left->type, a, b,
				    left->type->align ? left->type->align : 1);
		result = LLVMBuildIsNull(cg->builder, emit_ordered(cg, a), "");
	}
	if (expr->binary.op == BINARY_NE)
		result = LLVMBuildNot(cg->builder, result, "");
	return LLVMBuildZExt(cg->builder, result, cg->i8, "");
}

static bool is_comparison(enum binary_op op)
{
	return op >= BINARY_EQ && op <= BINARY_GE;
}

LLVMValueRef emit_binary(struct codegen *cg, const struct expr *expr)
{
	LLVMValueRef left, right;

	if (is_comparison(expr->binary.op))
		return emit_compare(cg, expr);
	emit_operands(cg, expr, &left, &right);
	if (expr->type->kind == TYPE_PTR)
		right = emit_scaled(cg, expr->type, right);
	if (expr->type->kind == TYPE_PTR && expr->type->ptr.space == SPACE_BPF)
		left = emit_plain_number(cg, left);
	return emit_arith(cg, expr->binary.op, expr->type, left, right, expr->error_event);
}

/* --- unary --- */

LLVMValueRef emit_address_of(struct codegen *cg, const struct expr *operand)
{
	LLVMValueRef memory;

	if (operand->kind == EXPR_VAR)
		memory = emit_variable_address(cg, operand->var.variable);
	else
		memory = emit_element(cg, operand->map.map, emit_map_key(cg, operand));
	return LLVMBuildPtrToInt(cg->builder, memory, cg->i64, "");
}

/* With a pointer that may be null the verifier allows nothing but a test of it. */
static LLVMValueRef emit_address_number(struct codegen *cg, const struct expr *operand)
{
	LLVMValueRef address = emit_address_of(cg, operand);

	return operand->kind == EXPR_VAR ? address : emit_plain_number(cg, address);
}

LLVMValueRef emit_unary(struct codegen *cg, const struct expr *expr)
{
	const struct expr *operand = expr->unary.operand;
	LLVMValueRef value;

	switch (expr->unary.op) {
	case UNARY_NEG:
		value = LLVMBuildNeg(cg->builder, emit_value64(cg, operand), "");
		return emit_resize(cg, value, expr->type->size, true);
	case UNARY_COMPL:
		value = LLVMBuildNot(cg->builder, emit_value64(cg, operand), "");
		return emit_resize(cg, value, expr->type->size, true);
	case UNARY_NOT:
		value = LLVMBuildIsNull(cg->builder, emit_value(cg, operand), "");
		return LLVMBuildZExt(cg->builder, value, cg->i8, "");
	case UNARY_DEREF:
		return emit_member(cg, expr);
	case UNARY_ADDR:
		break;
	}
	return emit_address_number(cg, operand);
}
