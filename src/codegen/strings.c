/*
 * Texts and bytes in memory compared: ==, strncmp(), memcmp(). A text is NUL-terminated, with zeros
 * up to the capacity of its type, so that equal texts of one capacity are equal bytes. Short ones
 * are compared word by word in a row, long ones in a loop, or by the kernel where one of them is
 * known.
 */
#include "codegen/functions.h"

#include <string.h>

#define CHUNK_BYTES 64 /* that one round of a loop compares */
#define PIECES_AT_ONCE 8
#define NO_LIMIT UINT32_MAX

static uint32_t piece_at(uint32_t offset, uint32_t n, uint32_t align)
{
	uint32_t size = align < 8 ? align : 8;

	while (offset + size > n)
		size /= 2;
	return size;
}

/*
 * i64: zero if the bytes are the same. Of the sum LLVM must not know how it came about: it would
 * compare, and so branch, at each piece, and the verifier would follow every way through these. And
 * of many pieces it would read all before it takes the first difference.
 */
static LLVMValueRef emit_short_difference(struct codegen *cg, LLVMValueRef a, LLVMValueRef b,
					  uint32_t n, uint32_t align)
{
	LLVMValueRef all = cg_i64(cg, 0), difference;
	uint32_t offset, size, pieces = 0;

	for (offset = 0; offset < n; offset += size) {
		size = piece_at(offset, n, align);
		difference = LLVMBuildXor(
			cg->builder, emit_load(cg, emit_offset(cg, a, offset), size, size),
			emit_load(cg, emit_offset(cg, b, offset), size, size), "");
		all = LLVMBuildOr(cg->builder, all, emit_resize(cg, difference, 8, false), "");
		if (++pieces % PIECES_AT_ONCE == 0)
			all = emit_ordered(cg, all);
	}
	return emit_ordered(cg, all);
}

/* Where a loop's round works: the index times the chunk, which the verifier sees to be inside. */
static LLVMValueRef emit_chunk_offset(struct codegen *cg, const struct cg_repeat *repeat,
				      uint32_t rounds)
{
	LLVMBasicBlockRef inside = cg_block(cg, "inside"), outside = cg_block(cg, "outside");
	LLVMValueRef index = emit_opaque(cg, repeat->index);

	emit_branch(cg, LLVMBuildICmp(cg->builder, LLVMIntULT, index, cg_i64(cg, rounds), ""),
		    inside, outside);
	cg_position(cg, outside);
	cg_repeat_next(cg, true);
	cg_position(cg, inside);
	return LLVMBuildMul(cg->builder, index, cg_i64(cg, CHUNK_BYTES), "");
}

/* A loop over whole chunks; *difference, an i64 on the stack, becomes that of the first two that
 * differ. */
static void emit_compare_chunks(struct codegen *cg, struct span span, LLVMValueRef a,
				LLVMValueRef b, uint32_t rounds, uint32_t align,
				LLVMValueRef difference)
{
	LLVMValueRef pointers[] = {a, b, difference}, offset, one;
	LLVMValueRef context = cg_repeat_context(cg, pointers, 3);
	struct cg_repeat repeat = cg_repeat_begin(cg, span, "compare");
	LLVMBasicBlockRef differ, next;

	offset = emit_chunk_offset(cg, &repeat, rounds);
	one = emit_short_difference(
		cg, emit_offset_by(cg, cg_repeat_pointer(cg, &repeat, 0), offset),
		emit_offset_by(cg, cg_repeat_pointer(cg, &repeat, 1), offset), CHUNK_BYTES, align);
	differ = cg_block(cg, "differ");
	next = cg_block(cg, "same");
	emit_branch(cg, LLVMBuildIsNull(cg->builder, one, ""), next, differ);
	cg_position(cg, differ);
	emit_store(cg, one, cg_repeat_pointer(cg, &repeat, 2), 8);
	cg_repeat_next(cg, true);
	cg_position(cg, next);
	cg_repeat_next(cg, false);
	cg_repeat_end(cg, &repeat);
	emit_repeat(cg, &repeat, cg_i32(cg, rounds), context);
	cg_stack_free(cg, context);
}

/* Most comparisons are decided by the first word: the rest is looked at only if it is the same. */
LLVMValueRef emit_bytes_difference(struct codegen *cg, struct span span, LLVMValueRef a,
				   LLVMValueRef b, uint32_t n, uint32_t align)
{
	uint32_t rounds = n / CHUNK_BYTES, done = rounds * CHUNK_BYTES;
	LLVMBasicBlockRef more, next, from_first, from_rest;
	LLVMValueRef chunks, first, rest;

	if (n <= PLAN_COMPARED_AT_ONCE)
		return emit_short_difference(cg, a, b, n, align);
	more = cg_block(cg, "compare");
	next = cg_block(cg, "compared");
	first = emit_short_difference(cg, a, b, 8, align);
	from_first = cg_current(cg);
	emit_branch(cg, LLVMBuildIsNull(cg->builder, first, ""), more, next);
	cg_position(cg, more);
	chunks = cg_temp(cg, 8, 8);
	emit_store(cg, cg_i64(cg, 0), chunks, 8);
	emit_compare_chunks(cg, span, a, b, rounds, align, chunks);
	rest = emit_short_difference(cg, emit_offset(cg, a, done), emit_offset(cg, b, done),
				     n - done, align);
	rest = LLVMBuildOr(cg->builder, rest, emit_load(cg, chunks, 8, 8), "");
	from_rest = cg_current(cg);
	emit_jump(cg, next);
	cg_position(cg, next);
	return emit_phi(cg, first, from_first, rest, from_rest);
}

static LLVMValueRef emit_bytes_equal(struct codegen *cg, struct span span, LLVMValueRef a,
				     LLVMValueRef b, uint32_t n)
{
	return LLVMBuildIsNull(cg->builder, emit_bytes_difference(cg, span, a, b, n, 8), "");
}

/* A number that is known, whatever it was cast to. */
static uint64_t cg_literal(struct codegen *cg, const struct expr *expr)
{
	return LLVMConstIntGetZExtValue(emit_value(cg, expr));
}

/* --- texts --- */

/* Without the casts to a larger capacity that sema put around it. */
static const struct expr *bare_text(const struct expr *expr)
{
	while (expr->kind == EXPR_CAST && expr->type->kind == TYPE_STRING &&
	       expr->cast.operand->type->kind == TYPE_STRING &&
	       expr->cast.operand->type->size <= expr->type->size)
		expr = expr->cast.operand;
	return expr;
}

/* In memory aligned to 8, where a member of something larger need not be. */
static LLVMValueRef emit_aligned(struct codegen *cg, const struct expr *expr)
{
	LLVMValueRef memory;

	if (expr->kind != EXPR_FIELD && expr->kind != EXPR_TUPLE_FIELD &&
	    expr->kind != EXPR_INDEX && expr->kind != EXPR_BLOCK)
		return emit_address(cg, expr);
	memory = cg_temp(cg, expr->type->size, 8);
	emit_into(cg, expr, memory);
	return memory;
}

/* At least @n bytes of the text; of str() no more than these are read. */
static LLVMValueRef emit_text_start(struct codegen *cg, const struct expr *expr, uint32_t n)
{
	LLVMValueRef memory;

	if (expr->kind != EXPR_CALL || expr->call.function->id != FUNCTION_str)
		return emit_aligned(cg, expr);
	memory = cg_temp(cg, n + 1, 8);
	emit_str_start(cg, expr, memory, n);
	return memory;
}

/* Whether the first @n bytes, those of the literal, are there. */
static LLVMValueRef emit_equals_literal(struct codegen *cg, const struct expr *expr,
					const struct expr *literal, uint32_t n)
{
	uint32_t len = literal->string.len;
	LLVMValueRef address, bytes;
	char *text;

	if (len == cg_most_text(cg, expr->type) && n > len)
		n = len; /* the array ends where the literal does */
	if (n > expr->type->size) {
		emit_value(cg, expr);
		return LLVMConstInt(cg->i1, 0, 0);
	}
	text = arena_alloc(cg->arena, (len + 8) & ~7u);
	memcpy(text, literal->string.data, len);
	bytes = cg_const_bytes(cg, text, (len + 8) & ~7u);
	address = emit_text_start(cg, expr, n);
	if (n <= PLAN_COMPARED_AT_ONCE)
		return emit_bytes_equal(cg, expr->span, address, bytes, n);
	return LLVMBuildIsNull(
		cg->builder,
		emit_helper(cg, BPF_FUNC_strncmp, cg->i64, address, cg_i32(cg, n), bytes), "");
}

/* Whether two texts are equal as far as @limit bytes. */
static LLVMValueRef emit_texts_equal(struct codegen *cg, const struct expr *left,
				     const struct expr *right, uint32_t limit)
{
	const struct expr *swap;
	LLVMValueRef a, b, equal, end;
	uint32_t n, most_left, most_right;

	left = bare_text(left);
	right = bare_text(right);
	if (left->kind == EXPR_STRING || left->type->size > right->type->size) {
		swap = left;
		left = right;
		right = swap;
	}
	if (right->kind == EXPR_STRING) {
		n = right->string.len + 1;
		return emit_equals_literal(cg, left, right, n < limit ? n : limit);
	}
	a = emit_aligned(cg, left);
	b = emit_aligned(cg, right);
	most_left = cg_most_text(cg, left->type);
	most_right = cg_most_text(cg, right->type);
	n = most_left < most_right ? most_left : most_right;
	if (limit <= n || most_left == most_right)
		return emit_bytes_equal(cg, left->span, a, b, n < limit ? n : limit);
	/* the longer one ends where the shorter must */
	equal = emit_bytes_equal(cg, left->span, a, b, n);
	end = emit_load(cg, emit_offset(cg, most_left < most_right ? b : a, n), 1, 1);
	return LLVMBuildAnd(cg->builder, equal, LLVMBuildIsNull(cg->builder, end, ""), "");
}

LLVMValueRef emit_string_equal(struct codegen *cg, const struct expr *left,
			       const struct expr *right)
{
	return emit_texts_equal(cg, left, right, NO_LIMIT);
}

LLVMValueRef emit_call_strncmp(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	struct expr *const *args = call->call.args.data;
	uint64_t n = cg_literal(cg, args[2]);
	LLVMValueRef equal;

	(void)dst;
	equal = emit_texts_equal(cg, args[0], args[1], n < NO_LIMIT ? n : NO_LIMIT);
	return LLVMBuildZExt(cg->builder, LLVMBuildNot(cg->builder, equal, ""),
			     cg_type(cg, call->type), "");
}

/* --- memcmp() --- */

/* The bytes that an argument stands for. */
static LLVMValueRef emit_bytes(struct codegen *cg, const struct expr *expr, uint32_t n,
			       uint32_t error)
{
	LLVMValueRef memory;

	switch (expr->type->kind) {
	case TYPE_PTR:
		memory = cg_temp(cg, n, 8);
		emit_probe_read(cg, memory, n, emit_value(cg, expr), expr->type->ptr.space, error);
		return memory;
	case TYPE_BUFFER:
		return emit_offset(cg, emit_address(cg, expr), 4);
	case TYPE_STRING:
		memory = cg_temp(cg, expr->type->size, 8);
		emit_copy(cg, memory, emit_bytes_address(cg, expr), expr->type->size, 1);
		return memory;
	case TYPE_NONE:
	case TYPE_BOOL:
	case TYPE_INT:
	case TYPE_ENUM:
	case TYPE_ARRAY:
	case TYPE_INET:
	case TYPE_MAC:
	case TYPE_TIMESTAMP:
	case TYPE_KSYM:
	case TYPE_USYM:
	case TYPE_KSTACK:
	case TYPE_USTACK:
	case TYPE_USERNAME:
	case TYPE_CGROUP_PATH:
	case TYPE_TUPLE:
	case TYPE_RECORD:
	case TYPE_STRUCT:
	case TYPE_UNION:
	case TYPE_COUNT:
	case TYPE_SUM:
	case TYPE_MIN:
	case TYPE_MAX:
	case TYPE_AVG:
	case TYPE_STATS:
	case TYPE_HIST:
	case TYPE_LHIST:
	case TYPE_TSERIES:
		break;
	}
	if (!type_is_scalar(expr->type))
		return emit_aligned(cg, expr);
	memory = cg_temp(cg, 8, 8);
	emit_into(cg, expr, memory);
	return memory;
}

LLVMValueRef emit_reversed(struct codegen *cg, LLVMValueRef value)
{
	unsigned id = LLVMLookupIntrinsicID("llvm.bswap", 10);
	LLVMTypeRef type = LLVMTypeOf(value);

	return LLVMBuildCall2(cg->builder, LLVMIntrinsicGetType(cg->context, id, &type, 1),
			      LLVMGetIntrinsicDeclaration(cg->module, id, &type, 1), &value, 1, "");
}

/* i32: -1, 0 or 1 by the first difference. The last pieces are looked at first, so that earlier
 * ones overrule them. */
static LLVMValueRef emit_sign(struct codegen *cg, LLVMValueRef a, LLVMValueRef b, uint32_t n,
			      uint32_t align)
{
	uint32_t offsets[CHUNK_BYTES], count = 0, offset, size;
	LLVMValueRef sign = cg_i32(cg, 0), left, right, step;

	for (offset = 0; offset < n; offset += piece_at(offset, n, align))
		offsets[count++] = offset;
	while (count--) {
		offset = offsets[count];
		size = piece_at(offset, n, align);
		left = emit_load(cg, emit_offset(cg, a, offset), size, size);
		right = emit_load(cg, emit_offset(cg, b, offset), size, size);
		if (size > 1) {
			left = emit_reversed(cg, left);
			right = emit_reversed(cg, right);
		}
		step = LLVMBuildSelect(cg->builder,
				       LLVMBuildICmp(cg->builder, LLVMIntULT, left, right, ""),
				       cg_i32(cg, -1), cg_i32(cg, 1), "");
		sign = LLVMBuildSelect(cg->builder,
				       LLVMBuildICmp(cg->builder, LLVMIntEQ, left, right, ""), sign,
				       step, "");
	}
	return sign;
}

/* As emit_compare_chunks(); *sign, an i32 on the stack, is set where they differ. */
static void emit_sign_chunks(struct codegen *cg, struct span span, LLVMValueRef a, LLVMValueRef b,
			     uint32_t rounds, uint32_t align, LLVMValueRef sign)
{
	LLVMValueRef pointers[] = {a, b, sign}, offset, found;
	LLVMValueRef context = cg_repeat_context(cg, pointers, 3);
	struct cg_repeat repeat = cg_repeat_begin(cg, span, "memcmp");
	LLVMBasicBlockRef differ, next;

	offset = emit_chunk_offset(cg, &repeat, rounds);
	found = emit_sign(cg, emit_offset_by(cg, cg_repeat_pointer(cg, &repeat, 0), offset),
			  emit_offset_by(cg, cg_repeat_pointer(cg, &repeat, 1), offset),
			  CHUNK_BYTES, align);
	differ = cg_block(cg, "differ");
	next = cg_block(cg, "same");
	emit_branch(cg, LLVMBuildIsNull(cg->builder, found, ""), next, differ);
	cg_position(cg, differ);
	emit_store(cg, found, cg_repeat_pointer(cg, &repeat, 2), 4);
	cg_repeat_next(cg, true);
	cg_position(cg, next);
	cg_repeat_next(cg, false);
	cg_repeat_end(cg, &repeat);
	emit_repeat(cg, &repeat, cg_i32(cg, rounds), context);
}

static uint32_t bytes_align(const struct expr *expr)
{
	return expr->type->kind == TYPE_BUFFER ? 4 : 8;
}

LLVMValueRef emit_call_memcmp(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	struct expr *const *args = call->call.args.data;
	uint32_t n = cg_literal(cg, args[2]), rounds = n / CHUNK_BYTES, done = rounds * CHUNK_BYTES;
	uint32_t align = bytes_align(args[0]) < bytes_align(args[1]) ? bytes_align(args[0])
								     : bytes_align(args[1]);
	LLVMValueRef a = emit_bytes(cg, args[0], n, call->error_event);
	LLVMValueRef b = emit_bytes(cg, args[1], n, call->error_event), sign, rest;

	(void)dst;
	rest = emit_sign(cg, emit_offset(cg, a, done), emit_offset(cg, b, done), n - done, align);
	if (!rounds)
		return rest;
	sign = cg_temp(cg, 4, 4);
	emit_store(cg, cg_i32(cg, 0), sign, 4);
	emit_sign_chunks(cg, call->span, a, b, rounds, align, sign);
	sign = emit_load(cg, sign, 4, 4);
	return LLVMBuildSelect(cg->builder, LLVMBuildIsNull(cg->builder, sign, ""), rest, sign, "");
}
