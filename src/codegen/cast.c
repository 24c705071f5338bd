/* Conversions of values from one type to another; sema has allowed them. */
#include "codegen/internal.h"

#include <string.h>

static LLVMValueRef convert_scalar(struct codegen *cg, const struct type *from, LLVMValueRef value,
				   const struct type *to)
{
	if (to->kind == TYPE_BOOL && from->kind != TYPE_BOOL) {
		value = LLVMBuildIsNotNull(cg->builder, value, "");
		return LLVMBuildZExt(cg->builder, value, cg->i8, "");
	}
	return emit_resize(cg, value, to->size, from->is_signed);
}

static void convert_into(struct codegen *cg, const struct type *from, LLVMValueRef value,
			 const struct type *to, LLVMValueRef dst);

/* Bytes to bytes: what is too long is cut, what is missing is zero. Of a text that was cut the byte
 * that says so is no part of a larger one. */
static void convert_bytes(struct codegen *cg, const struct type *from, LLVMValueRef value,
			  const struct type *to, LLVMValueRef dst)
{
	uint32_t size = from->size < to->size ? from->size : to->size;

	if (from->kind == TYPE_STRING && size < to->size)
		size = cg_most_text(cg, from);

	if (size < to->size)
		emit_zero(cg, dst, to->size, 1);
	emit_copy(cg, dst, value, size, 1);
}

/* Members of tuples belong together by place, those of records by name. */
static const struct type_field *counterpart(const struct type_field *fields, uint32_t n,
					    const struct type_field *field, uint32_t index)
{
	uint32_t i;

	for (i = 0; field->name && field->name[0] && i < n; i++)
		if (!strcmp(fields[i].name, field->name))
			return &fields[i];
	return &fields[index];
}

static void convert_members(struct codegen *cg, const struct type *from, LLVMValueRef value,
			    const struct type *to, LLVMValueRef dst)
{
	const struct type_field *fields, *old_fields, *old;
	uint32_t n, old_n, i;
	LLVMValueRef member;

	fields = types_fields(cg->types, to, &n);
	old_fields = types_fields(cg->types, from, &old_n);
	emit_zero(cg, dst, to->size, to->align);
	for (i = 0; i < n; i++) {
		old = counterpart(old_fields, old_n, &fields[i], i);
		member = emit_load_value(cg, old->type, emit_offset(cg, value, old->offset));
		convert_into(cg, old->type, member, fields[i].type,
			     emit_offset(cg, dst, fields[i].offset));
	}
}

static void convert_into(struct codegen *cg, const struct type *from, LLVMValueRef value,
			 const struct type *to, LLVMValueRef dst)
{
	if (from == to)
		emit_store_value(cg, to, value, dst);
	else if (type_is_scalar(from) && type_is_scalar(to))
		emit_store(cg, convert_scalar(cg, from, value, to), dst, to->align);
	else if (type_is_scalar(from))
		emit_store(cg, value, dst, 1);
	else if (to->kind == TYPE_TUPLE || to->kind == TYPE_RECORD)
		convert_members(cg, from, value, to, dst);
	else
		convert_bytes(cg, from, value, to, dst);
}

/* count() and its kin as a number. */
static LLVMValueRef cast_aggregate(struct codegen *cg, const struct expr *expr)
{
	LLVMValueRef number = emit_aggregate_number(cg, expr->cast.operand);
	const struct type *from = type_int(cg->types, 8, expr->cast.operand->type->is_signed);

	return convert_scalar(cg, from, number, expr->type);
}

/* A literal of another capacity is made so at once. */
static bool cast_literal(struct codegen *cg, const struct expr *expr, LLVMValueRef dst)
{
	struct expr literal = *expr->cast.operand;

	if (literal.kind != EXPR_STRING || expr->type->kind != TYPE_STRING)
		return false;
	literal.type = expr->type;
	emit_into(cg, &literal, dst);
	return true;
}

LLVMValueRef emit_cast(struct codegen *cg, const struct expr *expr, LLVMValueRef dst)
{
	const struct expr *operand = expr->cast.operand;
	const struct type *from = operand->type, *to = expr->type;

	if (type_is_aggregate(from))
		return cast_aggregate(cg, expr);
	if (type_is_scalar(to)) {
		if (type_is_scalar(from))
			return convert_scalar(cg, from,
					      to->kind == TYPE_PTR && to->ptr.space == SPACE_BPF
						      ? emit_value(cg, operand)
						      : emit_pointer_value(cg, operand),
					      to);
		if (to->kind == TYPE_PTR)
			return emit_place_address(cg, operand);
		return emit_load(cg, emit_address(cg, operand), to->size, from->align);
	}
	if (from->kind == TYPE_STRING && to->kind == TYPE_ARRAY)
		convert_into(cg, from, emit_bytes_address(cg, operand), to, dst);
	else if (!cast_literal(cg, expr, dst))
		convert_into(cg, from, emit_value(cg, operand), to, dst);
	return NULL;
}
