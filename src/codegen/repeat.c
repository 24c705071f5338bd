/*
 * Loops within an operation, such as the search in a text: bounded, but too long for the verifier
 * to follow round by round. It looks at the callback of bpf_loop() once.
 */
#include "codegen/functions.h"

struct cg_repeat cg_repeat_begin(struct codegen *cg, struct span span, const char *name)
{
	LLVMTypeRef params[] = {cg->i64, cg->ptr};
	LLVMTypeRef type = LLVMFunctionType(cg->i64, params, 2, 0);
	const struct debug_param debug[] = {
		{"index", debug_int(cg, 8, false)},
		{"context", debug_pointer(cg, NULL)},
	};
	struct cg_repeat repeat = {.outer = cg->fn};
	struct cg_function *fn;

	name = arena_printf(cg->arena, "%s_%s_%u", cg->program->plan->name, name,
			    ++cg->program->ncallbacks);
	fn = cg_function_new(cg, name, type);
	LLVMSetLinkage(fn->function, LLVMInternalLinkage);
	fn->parent = cg->fn;
	debug_function(cg, fn, span, true, debug_int(cg, 8, false), debug, 2);
	fn->at = fn->entry;
	cg_switch(cg, fn);
	cg_set_location(cg, span);
	repeat.callback = fn->function;
	repeat.index = LLVMGetParam(fn->function, 0);
	repeat.context = LLVMGetParam(fn->function, 1);
	return repeat;
}

void cg_repeat_next(struct codegen *cg, bool ends)
{
	LLVMBuildRet(cg->builder, cg_i64(cg, ends));
}

void cg_repeat_end(struct codegen *cg, struct cg_repeat *repeat)
{
	cg_position(cg, cg->fn->leave);
	LLVMBuildUnreachable(cg->builder);
	cg_switch(cg, repeat->outer);
}

void emit_repeat(struct codegen *cg, const struct cg_repeat *repeat, LLVMValueRef rounds,
		 LLVMValueRef context)
{
	emit_helper(cg, BPF_FUNC_loop, cg->i64, rounds, repeat->callback, context, cg_i64(cg, 0));
}

LLVMValueRef cg_repeat_context(struct codegen *cg, LLVMValueRef *pointers, uint32_t n)
{
	LLVMValueRef context = cg_stack_temp(cg, n * 8);
	uint32_t i;

	for (i = 0; i < n; i++)
		LLVMBuildStore(cg->builder, pointers[i], emit_offset(cg, context, i * 8));
	return context;
}

LLVMValueRef cg_repeat_pointer(struct codegen *cg, const struct cg_repeat *repeat, uint32_t index)
{
	return LLVMBuildLoad2(cg->builder, cg->ptr, emit_offset(cg, repeat->context, index * 8),
			      "");
}
