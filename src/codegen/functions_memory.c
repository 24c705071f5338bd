/*
 * Functions that read memory: texts, bytes, paths; and those that make new texts. Reads cannot
 * fail as far as the script is concerned: what cannot be read is empty, and under -k reported.
 */
#include "codegen/functions.h"

LLVMValueRef emit_clamp(struct codegen *cg, LLVMValueRef value, uint64_t max)
{
	LLVMValueRef is_negative;

	if (LLVMIsAConstantInt(value)) {
		int64_t known = LLVMConstIntGetSExtValue(value);

		return cg_i64(cg, known < 0 ? 0 : (uint64_t)known > max ? max : (uint64_t)known);
	}
	is_negative = LLVMBuildICmp(cg->builder, LLVMIntSLT, value, cg_i64(cg, 0), "");
	value = LLVMBuildSelect(cg->builder, is_negative, cg_i64(cg, 0), value, "");
	value = emit_opaque(cg, value);
	return LLVMBuildSelect(cg->builder,
			       LLVMBuildICmp(cg->builder, LLVMIntUGT, value, cg_i64(cg, max), ""),
			       cg_i64(cg, max), value, "");
}

/* A script address, and in which space it is. */
struct read_from {
	LLVMValueRef address; /* i64 */
	enum type_space space;
};

/* What a function reads from: where a pointer points, or a value in memory of the program. */
static struct read_from emit_read_from(struct codegen *cg, const struct expr *expr)
{
	struct read_from from = {.space = SPACE_UNKNOWN};

	if (expr->type->kind == TYPE_PTR)
		from.space = expr->type->ptr.space;
	if (type_is_scalar(expr->type)) {
		from.address = emit_value64(cg, expr);
	} else {
		from.space = SPACE_BPF;
		from.address =
			LLVMBuildPtrToInt(cg->builder, emit_bytes_address(cg, expr), cg->i64, "");
	}
	return from;
}

static LLVMValueRef emit_read_text(struct codegen *cg, LLVMValueRef dst, LLVMValueRef size,
				   const struct read_from *from)
{
	return emit_helper(cg, cg_read_text_helper(cg, from->space), cg->i64, dst, size,
			   from->address);
}

static LLVMValueRef emit_read_bytes(struct codegen *cg, LLVMValueRef dst, LLVMValueRef size,
				    const struct read_from *from)
{
	return emit_helper(cg, cg_read_helper(cg, from->space), cg->i64, dst, size, from->address);
}

/* --- str() --- */

LLVMValueRef emit_str(struct codegen *cg, const struct expr *call, LLVMValueRef dst, bool is_padded)
{
	const struct expr *length = call->call.args.len > 1 ? call->call.args.data[1] : NULL;
	struct read_from from = emit_read_from(cg, call->call.args.data[0]);
	uint32_t capacity = call->type->size;
	LLVMValueRef size = cg_i64(cg, capacity), code;

	if (length)
		size = emit_clamp(cg, emit_value64(cg, length), capacity);
	if (is_padded)
		emit_zero(cg, dst, capacity, 1);
	else if (!LLVMIsAConstantInt(size))
		emit_store(cg, cg_i8(cg, 0), dst, 1);
	code = emit_read_text(cg, dst, size, &from);
	if (!length) /* what fills max_strlen may go on: that it has no NUL says so */
		emit_read_last(cg, dst, capacity, from.address, from.space, code);
	emit_check(cg, code, call->error_event);
	return code;
}

void emit_str_start(struct codegen *cg, const struct expr *call, LLVMValueRef dst, uint32_t n)
{
	const struct expr *length = call->call.args.len > 1 ? call->call.args.data[1] : NULL;
	struct read_from from = emit_read_from(cg, call->call.args.data[0]);
	LLVMValueRef size = cg_i64(cg, n + 1), code;

	if (length)
		size = emit_clamp(cg, emit_value64(cg, length), n + 1);
	emit_zero(cg, dst, n + 1, 8);
	code = emit_read_text(cg, dst, size, &from);
	emit_check(cg, code, call->error_event);
}

LLVMValueRef emit_call_str(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	emit_str(cg, call, dst, true);
	return NULL;
}

/* --- buf() --- */

void emit_buf(struct codegen *cg, const struct expr *call, LLVMValueRef dst, bool is_padded)
{
	const struct expr *length = call->call.args.len > 1 ? call->call.args.data[1] : NULL;
	struct read_from from = emit_read_from(cg, call->call.args.data[0]);
	uint32_t capacity = call->type->text.capacity;
	LLVMValueRef size = cg_i64(cg, capacity), code;

	if (length)
		size = emit_clamp(cg, emit_value64(cg, length), capacity);
	if (is_padded)
		emit_zero(cg, dst, call->type->size, 4);
	emit_store(cg, emit_resize(cg, size, 4, false), dst, 4);
	if (!capacity)
		return;
	code = emit_read_bytes(cg, emit_offset(cg, dst, 4), size, &from);
	emit_check(cg, code, call->error_event);
}

LLVMValueRef emit_call_buf(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	emit_buf(cg, call, dst, true);
	return NULL;
}

/* --- lengths and concatenation --- */

uint32_t cg_most_text(const struct codegen *cg, const struct type *type)
{
	return type->size - (type->size == cg->plan->config.max_strlen);
}

/* i64: how long the text is of which a helper that copied it to @memory returned @code. */
static LLVMValueRef emit_text_length(struct codegen *cg, const struct type *type,
				     LLVMValueRef memory, LLVMValueRef code)
{
	LLVMValueRef is_empty = LLVMBuildICmp(cg->builder, LLVMIntSLT, code, cg_i64(cg, 1), "");
	LLVMValueRef n = LLVMBuildSub(cg->builder, code, cg_i64(cg, 1), ""), last, is_full;

	n = LLVMBuildSelect(cg->builder, is_empty, cg_i64(cg, 0), n, "");
	if (cg_most_text(cg, type) < type->size)
		return n;
	last = emit_load(cg, emit_offset(cg, memory, type->size - 1), 1, 1);
	is_full = LLVMBuildAnd(
		cg->builder,
		LLVMBuildICmp(cg->builder, LLVMIntEQ, code, cg_i64(cg, type->size), ""),
		LLVMBuildIsNotNull(cg->builder, last, ""), "");
	return LLVMBuildSelect(cg->builder, is_full, cg_i64(cg, type->size), n, "");
}

/* What is behind the text stays as it was. The helper counts it on the way. */
static LLVMValueRef emit_take_text(struct codegen *cg, const struct type *type, LLVMValueRef dst,
				   LLVMValueRef src)
{
	/* LLVM must not calculate with an address of which it knows the last bits. */
	LLVMValueRef from = emit_opaque(cg, LLVMBuildPtrToInt(cg->builder, src, cg->i64, ""));
	LLVMValueRef code = emit_helper(cg, BPF_FUNC_probe_read_kernel_str, cg->i64, dst,
					cg_i32(cg, type->size), from);

	emit_read_last(cg, dst, type->size, from, SPACE_KERNEL, code);
	return emit_text_length(cg, type, dst, code);
}

void emit_copy_text(struct codegen *cg, const struct type *type, LLVMValueRef dst, LLVMValueRef src)
{
	emit_zero(cg, dst, type->size, 1);
	emit_take_text(cg, type, dst, src);
}

LLVMValueRef emit_call_strlen(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	const struct expr *text = call->call.args.data[0];
	LLVMValueRef memory = cg_temp(cg, text->type->size, 8);

	(void)dst;
	if (text->kind == EXPR_CALL && text->call.function->id == FUNCTION_str)
		return emit_text_length(cg, text->type, memory, emit_str(cg, text, memory, false));
	return emit_take_text(cg, text->type, memory, emit_address(cg, text));
}

/*
 * The second text is copied to where the first one's NUL is. Where the result cannot hold both,
 * this is done in memory that can, since the verifier wants to know that the second fits wherever
 * the first ends; the end is then cut off.
 */
LLVMValueRef emit_call_str_concat(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	const struct expr *first = call->call.args.data[0], *second = call->call.args.data[1];
	uint32_t total = call->type->size, most = cg_most_text(cg, first->type);
	uint32_t all = first->type->size + second->type->size;
	LLVMValueRef a = emit_address(cg, first), b = emit_address(cg, second), memory, n;

	memory = all > total ? cg_temp(cg, all, 8) : dst;
	emit_zero(cg, memory, all > total ? all : total, 1);
	n = emit_clamp(cg, emit_take_text(cg, first->type, memory, a), most);
	emit_take_text(cg, second->type, emit_offset_by(cg, memory, n), b);
	if (memory == dst)
		return NULL;
	emit_copy(cg, dst, memory, total, 1);
	emit_store(cg, LLVMConstNull(cg->i8), emit_offset(cg, dst, total - 1), 1);
	return NULL;
}

/* --- addresses --- */

static LLVMValueRef emit_same_pointer(struct codegen *cg, const struct expr *call)
{
	return emit_value64(cg, call->call.args.data[0]);
}

LLVMValueRef emit_call_kptr(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	(void)dst;
	return emit_same_pointer(cg, call);
}

LLVMValueRef emit_call_uptr(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	(void)dst;
	return emit_same_pointer(cg, call);
}

/* The last page of addresses holds error codes: MAX_ERRNO of include/linux/err.h. */
LLVMValueRef emit_call_is_err(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	LLVMValueRef is_error;

	(void)dst;
	is_error = LLVMBuildICmp(cg->builder, LLVMIntUGE, emit_same_pointer(cg, call),
				 cg_i64(cg, (uint64_t)-4095), "");
	return LLVMBuildZExt(cg->builder, is_error, cg->i8, "");
}

/* The member's offset, by which the struct precedes it, is relocated if the struct is the
 * kernel's. */
LLVMValueRef emit_call_container_of(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	const expr_vec *args = &call->call.args;
	struct type_path path;
	LLVMValueRef offset;

	(void)dst;
	types_find_field(cg->types, call->type->ptr.to, args->data[args->len - 1]->ident.name,
			 &path);
	offset = emit_field_address(cg, cg_i64(cg, 0), &path);
	return LLVMBuildSub(cg->builder, emit_value64(cg, args->data[0]), offset, "");
}

LLVMValueRef emit_call_macaddr(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	struct read_from from = emit_read_from(cg, call->call.args.data[0]);
	LLVMValueRef code;

	code = emit_read_bytes(cg, dst, cg_i32(cg, call->type->size), &from);
	emit_check(cg, code, call->error_event);
	return NULL;
}

/* --- network addresses --- */

enum { INET_FAMILY = 0, INET_ADDRESS = 8, IPV4_FAMILY = 2, IPV6_FAMILY = 10 };

/* The family goes by the size of the address, unless it is given. */
LLVMValueRef emit_call_ntop(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	const expr_vec *args = &call->call.args;
	const struct expr *address = args->data[args->len - 1];
	uint32_t size = type_is_scalar(address->type) ? 4 : address->type->size;
	LLVMValueRef family = cg_i64(cg, size == 16 ? IPV6_FAMILY : IPV4_FAMILY), bytes;

	if (args->len > 1)
		family = emit_value64(cg, args->data[0]);
	emit_store(cg, family, emit_offset(cg, dst, INET_FAMILY), 8);
	bytes = emit_offset(cg, dst, INET_ADDRESS);
	if (size < 16)
		emit_zero(cg, bytes, 16, 8);
	if (type_is_scalar(address->type))
		emit_store(cg, emit_resize(cg, emit_value(cg, address), 4, false), bytes, 8);
	else
		emit_copy(cg, bytes, emit_bytes_address(cg, address), size, 1);
	return NULL;
}

LLVMValueRef emit_call_pton(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	emit_copy(cg, dst, cg_const_bytes(cg, call->call.data, call->type->size), call->type->size,
		  1);
	return NULL;
}

LLVMValueRef emit_call_bswap(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	LLVMValueRef value = emit_value(cg, call->call.args.data[0]);

	(void)dst;
	if (call->type->size == 1)
		return value;
	return emit_reversed(cg, emit_resize(cg, value, call->type->size, false));
}

/* --- writing --- */

/* The bytes pass through memory of the program's own, which the helper asks for. */
LLVMValueRef emit_call_write_user(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	struct expr *const *args = call->call.args.data;
	uint32_t most = cg->plan->config.max_strlen;
	LLVMValueRef target = emit_value64(cg, args[0]), memory, size, code;
	struct read_from from = emit_read_from(cg, args[1]);

	(void)dst;
	size = emit_value64(cg, args[2]);
	if (LLVMIsAConstantInt(size))
		most = LLVMConstIntGetZExtValue(size);
	memory = cg_temp(cg, most, 8);
	size = emit_clamp(cg, size, most);
	emit_read_bytes(cg, memory, size, &from);
	code = emit_helper(cg, BPF_FUNC_probe_write_user, cg->i64, target, memory, size);
	emit_check(cg, code, call->error_event);
	return LLVMBuildZExt(cg->builder, LLVMBuildIsNull(cg->builder, code, ""), cg->i8, "");
}
