/* Loads, stores, copies and helper calls; what reads the memory of the kernel and of processes. */
#include "codegen/internal.h"

#include <assert.h>

/* Copies and fills of more pieces than this are left to a helper: it is faster, and LLVM would call
 * memcpy(), which BPF has not. */
#define INLINE_PIECES 32
/* Where programs are too long otherwise: a call takes about as many instructions. */
#define INLINE_PIECES_OF_LONG 4

LLVMValueRef emit_offset(struct codegen *cg, LLVMValueRef address, uint64_t bytes)
{
	return bytes ? emit_offset_by(cg, address, cg_i64(cg, bytes)) : address;
}

static void add_attribute(struct codegen *cg, LLVMValueRef call, const char *name, size_t len)
{
	unsigned kind = LLVMGetEnumAttributeKindForName(name, len);

	LLVMAddCallSiteAttribute(call, (LLVMAttributeIndex)LLVMAttributeFunctionIndex,
				 LLVMCreateEnumAttribute(cg->context, kind, 0));
}

/* Assembly without instructions, of which LLVM does not know that it gives what it is given. */
static LLVMValueRef emit_passed_on(struct codegen *cg, LLVMValueRef value, bool is_ordered)
{
	LLVMTypeRef type = LLVMTypeOf(value), function = LLVMFunctionType(type, &type, 1, 0);
	LLVMValueRef assembly = LLVMGetInlineAsm(function, "", 0, "=r,0", 4, is_ordered, 0,
						 LLVMInlineAsmDialectATT, 0);

	return LLVMBuildCall2(cg->builder, function, assembly, &value, 1, "");
}

LLVMValueRef emit_ordered(struct codegen *cg, LLVMValueRef value)
{
	return emit_passed_on(cg, value, true);
}

LLVMValueRef emit_fresh(struct codegen *cg, LLVMValueRef value)
{
	return cg->stack_budget ? value : emit_ordered(cg, value);
}

LLVMValueRef emit_opaque(struct codegen *cg, LLVMValueRef value)
{
	value = emit_passed_on(cg, value, false);
	add_attribute(cg, value, "memory", 6); /* none */
	add_attribute(cg, value, "nounwind", 8);
	return value;
}

/* Of an offset that it knows to be small LLVM would make an "or", which the verifier refuses on
 * pointers. */
LLVMValueRef emit_offset_by(struct codegen *cg, LLVMValueRef address, LLVMValueRef bytes)
{
	if (!LLVMIsConstant(bytes))
		bytes = emit_opaque(cg, bytes);
	return LLVMBuildGEP2(cg->builder, cg->i8, address, &bytes, 1, "");
}

LLVMValueRef emit_load(struct codegen *cg, LLVMValueRef address, uint32_t size, uint32_t align)
{
	LLVMValueRef load = LLVMBuildLoad2(cg->builder, cg_int_type(cg, size), address, "");

	LLVMSetAlignment(load, align < size ? align : size);
	return load;
}

void emit_store(struct codegen *cg, LLVMValueRef value, LLVMValueRef address, uint32_t align)
{
	uint32_t size = LLVMGetIntTypeWidth(LLVMTypeOf(value)) / 8;
	LLVMValueRef store = LLVMBuildStore(cg->builder, value, address);

	LLVMSetAlignment(store, align < size ? align : size);
}

LLVMValueRef emit_load_value(struct codegen *cg, const struct type *type, LLVMValueRef address)
{
	if (!type_is_scalar(type))
		return address;
	return emit_load(cg, address, type->size, type->align);
}

void emit_store_value(struct codegen *cg, const struct type *type, LLVMValueRef value,
		      LLVMValueRef dst)
{
	if (type_is_scalar(type))
		emit_store(cg, value, dst, type->align);
	else
		emit_copy(cg, dst, value, type->size, type->align);
}

static bool is_inline(const struct codegen *cg, uint32_t size, uint32_t align)
{
	uint32_t pieces = size / (align > 8 ? 8 : align);

	return pieces <= (cg->least_outlined ? INLINE_PIECES_OF_LONG : INLINE_PIECES);
}

void emit_copy(struct codegen *cg, LLVMValueRef dst, LLVMValueRef src, uint32_t size,
	       uint32_t align)
{
	if (!size || dst == src)
		return;
	if (is_inline(cg, size, align))
		LLVMBuildMemCpy(cg->builder, dst, align, src, align, cg_i64(cg, size));
	else
		emit_helper(cg, BPF_FUNC_probe_read_kernel, cg->i64, dst, cg_i32(cg, size), src);
}

/* A read from address 0 fails, and the helper then clears what it was to fill. */
void emit_zero(struct codegen *cg, LLVMValueRef dst, uint32_t size, uint32_t align)
{
	if (!size)
		return;
	if (is_inline(cg, size, align))
		LLVMBuildMemSet(cg->builder, dst, cg_i8(cg, 0), cg_i64(cg, size), align);
	else
		emit_helper(cg, BPF_FUNC_probe_read_kernel, cg->i64, dst, cg_i32(cg, size),
			    cg_i64(cg, 0));
}

LLVMValueRef emit_resize(struct codegen *cg, LLVMValueRef value, uint32_t size, bool is_signed)
{
	LLVMTypeRef to = cg_int_type(cg, size);
	unsigned from = LLVMGetIntTypeWidth(LLVMTypeOf(value));

	if (from > size * 8)
		return LLVMBuildTrunc(cg->builder, value, to, "");
	if (from == size * 8)
		return value;
	return is_signed ? LLVMBuildSExt(cg->builder, value, to, "")
			 : LLVMBuildZExt(cg->builder, value, to, "");
}

/*
 * The functions of maps that the verifier puts in the place of these helpers return an int before
 * Linux 6.4 (commit d7ba4cc900bf): a negative number fills the lower half of the register only.
 */
static bool returns_int(enum bpf_func_id id)
{
	return id == BPF_FUNC_map_update_elem || id == BPF_FUNC_map_delete_elem;
}

LLVMValueRef emit_helper_call(struct codegen *cg, enum bpf_func_id id, LLVMTypeRef result,
			      LLVMValueRef *args, unsigned nargs)
{
	LLVMValueRef function = LLVMConstIntToPtr(cg_i64(cg, id), cg->ptr);
	LLVMTypeRef params[5], returned = returns_int(id) ? cg->i32 : result;
	LLVMValueRef value;
	unsigned i;

	assert(nargs <= 5);
	for (i = 0; i < nargs; i++)
		params[i] = LLVMTypeOf(args[i]);
	value = LLVMBuildCall2(cg->builder, LLVMFunctionType(returned, params, nargs, 0), function,
			       args, nargs, "");
	return returned == result ? value : LLVMBuildSExt(cg->builder, value, result, "");
}

static enum type_space known_space(const struct codegen *cg, enum type_space space)
{
	if (space != SPACE_UNKNOWN)
		return space;
	return cg->program->provider->flags & PROVIDER_USER ? SPACE_USER : SPACE_KERNEL;
}

/* The oldest helpers go by the address, wherever those of the kernel and of processes differ. */
enum bpf_func_id cg_read_helper(const struct codegen *cg, enum type_space space)
{
	switch (known_space(cg, space)) {
	case SPACE_USER:
		return BPF_FUNC_probe_read_user;
	case SPACE_ADDRESS:
		return BPF_FUNC_probe_read;
	case SPACE_KERNEL:
	case SPACE_BPF:
	case SPACE_UNKNOWN:
		break;
	}
	return BPF_FUNC_probe_read_kernel;
}

enum bpf_func_id cg_read_text_helper(const struct codegen *cg, enum type_space space)
{
	switch (known_space(cg, space)) {
	case SPACE_USER:
		return BPF_FUNC_probe_read_user_str;
	case SPACE_ADDRESS:
		return BPF_FUNC_probe_read_str;
	case SPACE_KERNEL:
	case SPACE_BPF:
	case SPACE_UNKNOWN:
		break;
	}
	return BPF_FUNC_probe_read_kernel_str;
}

void emit_check(struct codegen *cg, LLVMValueRef code, uint32_t error)
{
	LLVMBasicBlockRef failed, next;

	if (!error)
		return;
	failed = cg_block(cg, "failed");
	next = cg_block(cg, "checked");
	emit_branch(cg, LLVMBuildICmp(cg->builder, LLVMIntSLT, code, cg_i64(cg, 0), ""), failed,
		    next);
	cg_position(cg, failed);
	emit_error_event(cg, error, code);
	emit_jump(cg, next);
	cg_position(cg, next);
}

static LLVMValueRef emit_read(struct codegen *cg, enum bpf_func_id id, LLVMValueRef dst,
			      uint32_t size, LLVMValueRef addr, uint32_t error)
{
	LLVMValueRef code = emit_helper(cg, id, cg->i64, dst, cg_i32(cg, size), addr);

	emit_check(cg, code, error);
	return code;
}

/* Since Linux 5.5 the helpers clear the destination when they fail. */
void emit_probe_read(struct codegen *cg, LLVMValueRef dst, uint32_t size, LLVMValueRef addr,
		     enum type_space space, uint32_t error)
{
	emit_read(cg, cg_read_helper(cg, space), dst, size, addr, error);
}

/* In place of the last character of a text that fills @size the helpers put a NUL. */
void emit_read_last(struct codegen *cg, LLVMValueRef dst, uint32_t size, LLVMValueRef addr,
		    enum type_space space, LLVMValueRef code)
{
	LLVMBasicBlockRef full = cg_block(cg, "full"), next = cg_block(cg, "text");

	emit_branch(cg, LLVMBuildICmp(cg->builder, LLVMIntEQ, code, cg_i64(cg, size), ""), full,
		    next);
	cg_position(cg, full);
	emit_helper(cg, cg_read_helper(cg, space), cg->i64, emit_offset(cg, dst, size - 1),
		    cg_i32(cg, 1), LLVMBuildAdd(cg->builder, addr, cg_i64(cg, size - 1), ""));
	emit_jump(cg, next);
	cg_position(cg, next);
}

/* The helpers leave what is behind the NUL as it was. */
void emit_probe_read_text(struct codegen *cg, LLVMValueRef dst, uint32_t size, LLVMValueRef addr,
			  enum type_space space, uint32_t error)
{
	LLVMValueRef code;

	emit_zero(cg, dst, size, 1);
	code = emit_read(cg, cg_read_text_helper(cg, space), dst, size, addr, error);
	emit_read_last(cg, dst, size, addr, space, code);
}

LLVMValueRef emit_plain_number(struct codegen *cg, LLVMValueRef address)
{
	LLVMValueRef from = cg_temp(cg, 8, 8), number = cg_temp(cg, 8, 8);

	/* Opaque: stores of the context itself LLVM takes for stores to it. */
	emit_store(cg, emit_opaque(cg, address), from, 8);
	emit_helper(cg, BPF_FUNC_probe_read_kernel, cg->i64, number, cg_i32(cg, 8), from);
	return emit_load(cg, number, 8, 8);
}

LLVMValueRef emit_pointer_value(struct codegen *cg, const struct expr *expr)
{
	LLVMValueRef value = emit_value(cg, expr);

	if (expr->type->kind == TYPE_PTR && expr->type->ptr.space == SPACE_BPF)
		return emit_plain_number(cg, value);
	return value;
}

/*
 * The verifier allows constant offsets from the context only, which llvm.preserve.static.offset
 * keeps together with the load; and one instruction may not load from it and from other memory,
 * which LLVM would make of two branches that end alike.
 */
LLVMValueRef emit_ctx_load(struct codegen *cg, uint32_t offset, uint32_t size)
{
	static const char name[] = "llvm.preserve.static.offset";
	unsigned id = LLVMLookupIntrinsicID(name, sizeof(name) - 1);
	LLVMValueRef function = LLVMGetIntrinsicDeclaration(cg->module, id, NULL, 0);
	LLVMValueRef ctx = cg_ctx(cg), base;

	base = LLVMBuildCall2(cg->builder, LLVMIntrinsicGetType(cg->context, id, NULL, 0), function,
			      &ctx, 1, "");

	LLVMValueRef value = emit_load(cg, emit_offset(cg, base, offset), size, size);

	value = emit_resize(cg, value, size < 4 ? 4 : size, false); /* registers hold no less */
	return emit_resize(cg, emit_opaque(cg, value), size, false);
}
