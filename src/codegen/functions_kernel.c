/*
 * Functions that need more of the kernel than a number: its symbols, and pointers that the verifier
 * has followed from the context on.
 */
#include "codegen/functions.h"

#include <string.h>

/* --- symbols --- */

/*
 * A symbol of the kernel that the object is loaded on: libbpf fills in its address, or 0 if there
 * is none.
 */
static LLVMValueRef kernel_symbol(struct codegen *cg, const struct expr *name, LLVMMetadataRef type)
{
	LLVMValueRef symbol = LLVMGetNamedGlobal(cg->module, name->string.data);

	if (symbol)
		return symbol;
	symbol = LLVMAddGlobal(cg->module, cg->i8, name->string.data);
	LLVMSetLinkage(symbol, LLVMExternalWeakLinkage);
	LLVMSetSection(symbol, ".ksyms");
	debug_global(cg, symbol, debug_const(cg, type));
	return symbol;
}

LLVMValueRef emit_call_kaddr(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	LLVMValueRef symbol = kernel_symbol(cg, call->call.args.data[0], NULL);

	(void)dst;
	return LLVMBuildPtrToInt(cg->builder, symbol, cg->i64, "");
}

/* What the verifier knows as the CPU's copy; without a CPU number it is that of this one. */
static LLVMValueRef emit_copy_of_cpu(struct codegen *cg, LLVMValueRef symbol, LLVMValueRef cpu)
{
	LLVMValueRef copy;

	if (cpu)
		copy = emit_helper(cg, BPF_FUNC_per_cpu_ptr, cg->ptr, symbol, cpu);
	else
		copy = emit_helper(cg, BPF_FUNC_this_cpu_ptr, cg->ptr, symbol);
	return emit_plain_number(cg, LLVMBuildPtrToInt(cg->builder, copy, cg->i64, ""));
}

LLVMValueRef emit_call_percpu_kaddr(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	const expr_vec *args = &call->call.args;
	LLVMBasicBlockRef from = cg_current(cg), found = cg_block(cg, "percpu"), next;
	LLVMValueRef symbol, address, cpu = NULL;

	(void)dst;
	if (args->len > 1) {
		cpu = emit_resize(cg, emit_value(cg, args->data[1]), 4, true);
		from = cg_current(cg);
	}
	symbol = kernel_symbol(cg, args->data[0], core_debug_type(cg, call->type->ptr.to));
	next = cg_block(cg, "percpu_kaddr");
	emit_branch(cg, emit_is_null(cg, symbol), next, found);
	cg_position(cg, found);
	address = emit_copy_of_cpu(cg, symbol, cpu);
	found = cg_current(cg);
	emit_jump(cg, next);
	cg_position(cg, next);
	return emit_phi(cg, address, found, cg_i64(cg, 0), from);
}

/* Where the probe that fired is in its file. */
static LLVMValueRef emit_probe_address(struct codegen *cg, struct expr *const *addresses, size_t n)
{
	uint64_t *table = arena_new_array(cg->arena, uint64_t, n);
	LLVMValueRef row;
	size_t i;

	for (i = 0; i < n; i++)
		table[i] = addresses[i]->integer.value;
	if (n == 1)
		return cg_i64(cg, table[0]);
	row = emit_table_row(cg, cg_const_bytes(cg, table, n * sizeof(*table)), emit_cookie(cg), n,
			     sizeof(*table));
	return emit_load(cg, row, 8, 8);
}

/* data: the symbol's address in the file; further arguments: those of the probes, if the file is
 * moved when it is loaded. */
LLVMValueRef emit_call_uaddr(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	const expr_vec *args = &call->call.args;
	LLVMValueRef symbol = cg_i64(cg, call->call.data[0]), moved;

	(void)dst;
	if (args->len == 1)
		return symbol;
	moved = LLVMBuildSub(cg->builder, emit_function_address(cg),
			     emit_probe_address(cg, args->data + 1, args->len - 1), "");
	return LLVMBuildAdd(cg->builder, symbol, moved, "");
}

/* --- pointers that the verifier follows --- */

static LLVMValueRef emit_followed(struct codegen *cg, const struct expr *expr,
				  LLVMBasicBlockRef none);

static bool is_builtin(const struct expr *expr, enum builtin_id id)
{
	return expr->kind == EXPR_BUILTIN && expr->ident.builtin->id == id;
}

static LLVMValueRef emit_ctx_pointer(struct codegen *cg, uint32_t offset)
{
	return LLVMBuildIntToPtr(cg->builder, emit_ctx_load(cg, offset, 8), cg->ptr, "");
}

static LLVMValueRef emit_argument(struct codegen *cg, const struct type_path *path)
{
	uint32_t n;
	const struct type_field *fields = types_fields(cg->types, cg->program->ast->args, &n);

	return emit_ctx_pointer(cg, (path->field[0] - fields) * 8);
}

/* What an iterator is at, in a union without a name. It may have none of that kind, which the
 * verifier wants to be asked. *n: the steps of the path that are taken. */
static LLVMValueRef emit_object(struct codegen *cg, const struct type_path *path, uint32_t *n,
				LLVMBasicBlockRef none)
{
	LLVMBasicBlockRef some = cg_block(cg, "object");
	LLVMValueRef pointer;
	uint32_t offset = 0;

	for (*n = 0; *n < path->n; ++*n) {
		offset += path->field[*n]->offset;
		if (path->field[*n]->type->kind == TYPE_PTR)
			break;
	}
	++*n;
	pointer = emit_ctx_pointer(cg, offset);
	emit_branch(cg, LLVMBuildIsNull(cg->builder, pointer, ""), none, some);
	cg_position(cg, some);
	return pointer;
}

static LLVMValueRef emit_followed_field(struct codegen *cg, const struct expr *expr,
					LLVMBasicBlockRef none)
{
	const struct expr *object = expr->field.object;
	const struct type_path *path = &expr->field.path;
	LLVMValueRef pointer;
	uint32_t i = 0;

	if (is_builtin(object, BUILTIN_args)) {
		pointer = emit_argument(cg, path);
		i = 1;
	} else if (is_builtin(object, BUILTIN_ctx)) {
		pointer = emit_object(cg, path, &i, none);
	} else {
		pointer = emit_followed(cg, object, none);
	}
	for (; i < path->n; i++) {
		pointer = core_step(cg, pointer, path->in[i], path->field[i]);
		if (path->field[i]->type->kind == TYPE_PTR)
			pointer = LLVMBuildLoad2(cg->builder, cg->ptr, pointer, "");
	}
	return pointer;
}

/* The pointer, or the address of the struct, by plain loads from the context on; goes to @none if
 * the context has none. */
static LLVMValueRef emit_followed(struct codegen *cg, const struct expr *expr,
				  LLVMBasicBlockRef none)
{
	if (expr->kind == EXPR_FIELD)
		return emit_followed_field(cg, expr, none);
	if (expr->kind == EXPR_CAST)
		return emit_followed(cg, expr->cast.operand, none);
	return LLVMBuildIntToPtr(cg->builder, emit_value64(cg, expr), cg->ptr, "");
}

/* The helper builds the path from the end of its buffer, which leaves remains behind the text. */
LLVMValueRef emit_call_path(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	LLVMBasicBlockRef next = cg_block(cg, "path");
	uint32_t size = call->type->size;
	LLVMValueRef memory = cg_temp(cg, size, 8), path, code;

	emit_zero(cg, dst, size, 1);
	path = emit_followed(cg, call->call.args.data[0], next);
	code = emit_helper(cg, BPF_FUNC_d_path, cg->i64, path, memory, cg_i32(cg, size));
	emit_check(cg, code, call->error_event);
	code = LLVMBuildICmp(cg->builder, LLVMIntSGT, code, cg_i64(cg, 0), "");
	emit_helper(cg, BPF_FUNC_probe_read_kernel_str, cg->i64, dst,
		    LLVMBuildSelect(cg->builder, code, cg_i32(cg, size), cg_i32(cg, 0), ""),
		    memory);
	emit_jump(cg, next);
	cg_position(cg, next);
	return NULL;
}

LLVMValueRef emit_call_socket_cookie(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	(void)dst;
	return emit_helper(cg, BPF_FUNC_get_socket_cookie, cg->i64,
			   emit_followed(cg, call->call.args.data[0], NULL));
}
