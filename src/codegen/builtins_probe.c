/* Builtins that speak of the probe and of what it was given: its name, its arguments, registers. */
#include "codegen/functions.h"

#include <string.h>

/* --- names --- */

static const char *const *target_names(struct codegen *cg, uint32_t *n)
{
	const struct plan_prog *prog = cg->program->plan;
	const char **names = arena_new_array(cg->arena, const char *, prog->targets.len);
	size_t i;

	for (i = 0; i < prog->targets.len; i++)
		names[i] = prog->targets.data[i].name;
	*n = prog->targets.len;
	return names;
}

LLVMValueRef cg_const_table(struct codegen *cg, const char *const *texts, uint32_t n,
			    uint32_t stride)
{
	char *bytes = arena_alloc(cg->arena, (size_t)n * stride);
	uint32_t i;

	for (i = 0; i < n; i++)
		if (texts[i])
			memcpy(bytes + (size_t)i * stride, texts[i], strnlen(texts[i], stride - 1));
	return cg_const_bytes(cg, bytes, (size_t)n * stride);
}

LLVMValueRef emit_table_row(struct codegen *cg, LLVMValueRef table, LLVMValueRef index, uint32_t n,
			    uint32_t stride)
{
	index = emit_clamp(cg, index, n - 1);
	return emit_offset_by(cg, table, LLVMBuildMul(cg->builder, index, cg_i64(cg, stride), ""));
}

LLVMValueRef emit_cookie(struct codegen *cg)
{
	return emit_helper(cg, BPF_FUNC_get_attach_cookie, cg->i64, cg_ctx(cg));
}

LLVMValueRef emit_builtin_probe(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	uint32_t size = builtin->type->size, n;
	const char *const *names = target_names(cg, &n);
	LLVMValueRef row = cg_const_table(cg, names, n, size);

	if (cg->program->plan->uses_cookie && n > 1) {
		row = emit_table_row(cg, row, emit_cookie(cg), n, size);
	}
	emit_copy(cg, dst, row, size, 1);
	return NULL;
}

LLVMValueRef emit_builtin_probetype(struct codegen *cg, const struct expr *builtin,
				    LLVMValueRef dst)
{
	const struct provider *provider = cg->program->provider;
	const char *name = provider->flags & PROVIDER_SPECIAL ? "special" : provider->name;
	uint32_t size = builtin->type->size;

	emit_copy(cg, dst, cg_const_table(cg, &name, 1, size), size, 1);
	return NULL;
}

/* --- registers --- */

static bool has_registers(const struct codegen *cg)
{
	switch (cg->program->provider->context) {
	case CONTEXT_PT_REGS:
	case CONTEXT_USDT:
	case CONTEXT_PERF_EVENT:
		return true;
	case CONTEXT_NONE:
	case CONTEXT_RECORD:
	case CONTEXT_RAW_ARGS:
	case CONTEXT_BTF_ARGS:
	case CONTEXT_ITER:
		break;
	}
	return false;
}

/* Without registers the program runs in the kernel, on behalf of its own probe; the special ones
 * run in sonde. */
LLVMValueRef emit_builtin_usermode(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	bool is_special = cg->program->provider->flags & PROVIDER_SPECIAL;
	LLVMValueRef ring;

	(void)dst;
	if (!has_registers(cg))
		return LLVMConstInt(cg_type(cg, builtin->type), is_special, 0);
	ring = LLVMBuildAnd(cg->builder, emit_ctx_load(cg, REGS_CS, 8), cg_i64(cg, 3), "");
	ring = LLVMBuildICmp(cg->builder, LLVMIntEQ, ring, cg_i64(cg, 3), "");
	return LLVMBuildZExt(cg->builder, ring, cg_type(cg, builtin->type), "");
}

LLVMValueRef emit_call_reg(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	(void)dst;
	return emit_ctx_load(cg, call->call.data[0], 8);
}

/* --- the traced function --- */

static bool is_return_to_user(const struct provider *provider)
{
	return provider->flags & PROVIDER_USER && provider->provides & PROVIDES_RETVAL;
}

/* Where kprobes and uprobes are not at a function's start, there is the instruction pointer only;
 * before Linux 6.6, that is so for all uprobes. On return it is where the function was called. */
static LLVMValueRef emit_unknown_function(struct codegen *cg)
{
	if (is_return_to_user(cg->program->provider))
		return emit_returning_function(cg);
	return emit_ctx_load(cg, REGS_IP, 8);
}

LLVMValueRef emit_function_address(struct codegen *cg)
{
	LLVMValueRef known = emit_helper(cg, BPF_FUNC_get_func_ip, cg->i64, cg_ctx(cg)), other;
	LLVMBasicBlockRef from, unknown, next;

	if (!has_registers(cg))
		return known;
	from = cg_current(cg);
	unknown = cg_block(cg, "func_unknown");
	next = cg_block(cg, "func");
	emit_branch(cg, LLVMBuildIsNull(cg->builder, known, ""), unknown, next);
	cg_position(cg, unknown);
	other = emit_unknown_function(cg);
	unknown = cg_current(cg);
	emit_jump(cg, next);
	cg_position(cg, next);
	return emit_phi(cg, other, unknown, known, from);
}

LLVMValueRef emit_builtin_func(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	LLVMValueRef address = emit_function_address(cg);

	if (builtin->type->kind == TYPE_USYM)
		emit_usym(cg, address, dst);
	return address;
}

/* --- arguments --- */

/* The calling convention of x86_64. */
static LLVMValueRef emit_argument_register(struct codegen *cg, uint32_t n)
{
	static const uint32_t registers[] = {REGS_DI, REGS_SI, REGS_DX, REGS_CX, REGS_R8, REGS_R9};

	if (n >= sizeof(registers) / sizeof(*registers))
		return cg_i64(cg, 0);
	return emit_ctx_load(cg, registers[n], 8);
}

LLVMValueRef emit_builtin_argn(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	uint32_t n = builtin->ident.index;

	(void)dst;
	switch (cg->program->provider->context) {
	case CONTEXT_RAW_ARGS:
	case CONTEXT_BTF_ARGS:
		return emit_ctx_arg(cg, n);
	case CONTEXT_USDT:
		return emit_usdt_argument(cg, n);
	case CONTEXT_PT_REGS:
	case CONTEXT_PERF_EVENT:
		return emit_argument_register(cg, n);
	case CONTEXT_NONE:
	case CONTEXT_RECORD:
	case CONTEXT_ITER:
		break;
	}
	return cg_i64(cg, 0);
}

/* All arguments as one struct. */
LLVMValueRef emit_builtin_args(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	const struct type *type = builtin->type;
	const struct type_field *fields;
	LLVMValueRef address;
	uint32_t n, i;

	if (cg->program->provider->context == CONTEXT_RECORD) {
		address = LLVMBuildPtrToInt(cg->builder, cg_ctx(cg), cg->i64, "");
		emit_probe_read(cg, dst, type->size, address, SPACE_KERNEL, 0);
		return NULL;
	}
	fields = types_fields(cg->types, type, &n);
	emit_zero(cg, dst, type->size, type->align);
	for (i = 0; i < n; i++)
		emit_store_value(cg, fields[i].type, emit_args_field(cg, i),
				 emit_offset(cg, dst, fields[i].offset));
	return NULL;
}

/* A trampoline keeps it for the helper to fetch. */
static LLVMValueRef emit_trampoline_result(struct codegen *cg)
{
	LLVMValueRef memory = cg_temp(cg, 8, 8);

	emit_store(cg, cg_i64(cg, 0), memory, 8);
	emit_helper(cg, BPF_FUNC_get_func_ret, cg->i64, cg_ctx(cg), memory);
	return emit_load(cg, memory, 8, 8);
}

LLVMValueRef emit_builtin_retval(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	LLVMValueRef value;

	if (cg->program->provider->context == CONTEXT_BTF_ARGS)
		value = emit_trampoline_result(cg);
	else
		value = emit_ctx_load(cg, REGS_AX, 8);
	if (type_is_scalar(builtin->type))
		return emit_resize(cg, value, builtin->type->size, false);
	emit_zero(cg, dst, builtin->type->size, builtin->type->align);
	emit_store(cg, value, dst, 1);
	return NULL;
}

/* The address of the context: to the verifier more than a number, until a helper has copied it. */
LLVMValueRef emit_builtin_ctx(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	(void)builtin;
	(void)dst;
	return emit_plain_number(cg, LLVMBuildPtrToInt(cg->builder, cg_ctx(cg), cg->i64, ""));
}
