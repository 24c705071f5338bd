/*
 * Kprobe sessions: one program for where functions begin and end. It asks the kernel which of the
 * two it is, and runs the body of one probe or the other.
 */
#include "codegen/internal.h"

#define IS_RETURN "bpf_session_is_return" /* Linux 6.10 */

void session_add(struct codegen *cg, const struct cg_program *program, LLVMValueRef function)
{
	if (!cg->session_parts)
		cg->session_parts = arena_new_array(cg->arena, LLVMValueRef, cg->plan->progs.len);
	LLVMSetLinkage(function, LLVMInternalLinkage);
	cg_function_attribute(cg, function, "alwaysinline");
	cg->session_parts[program->index] = function;
}

static LLVMValueRef emit_is_return(struct codegen *cg, struct span span)
{
	LLVMTypeRef type = LLVMFunctionType(cg->i8, NULL, 0, 0);
	LLVMValueRef function = LLVMGetNamedFunction(cg->module, IS_RETURN);

	if (!function) {
		function = LLVMAddFunction(cg->module, IS_RETURN, type);
		LLVMSetSection(function, ".ksyms");
		debug_declaration(cg, function, span, debug_int(cg, 1, false));
	}
	return LLVMBuildCall2(cg->builder, type, function, NULL, 0, "");
}

static void emit_part(struct codegen *cg, uint32_t prog)
{
	LLVMTypeRef type = LLVMFunctionType(cg->i32, &cg->ptr, 1, 0);

	LLVMBuildCall2(cg->builder, type, cg->session_parts[prog], &cg->fn->ctx, 1, "");
	emit_jump(cg, cg->fn->leave);
}

/* The program's value tells at the beginning whether the end is wanted: it is. */
static void emit_session(struct codegen *cg, uint32_t begin, uint32_t end, struct span span)
{
	const struct plan_prog *plan = &cg->plan->progs.data[begin];
	LLVMTypeRef type = LLVMFunctionType(cg->i32, &cg->ptr, 1, 0);
	struct cg_function *fn = cg_function_new(cg, plan->name, type);
	const struct debug_param ctx = {"ctx", debug_pointer(cg, NULL)};
	LLVMBasicBlockRef at_begin, at_end;

	LLVMSetSection(fn->function, plan->section);
	fn->ctx = LLVMGetParam(fn->function, 0);
	debug_function(cg, fn, span, false, debug_int(cg, 4, true), &ctx, 1);
	cg->fn = fn;
	cg_set_location(cg, span);
	at_begin = cg_block(cg, "at_begin");
	at_end = cg_block(cg, "at_end");
	cg_position(cg, fn->entry);
	emit_branch(cg, LLVMBuildIsNull(cg->builder, emit_is_return(cg, span), ""), at_begin,
		    at_end);
	cg_position(cg, at_begin);
	emit_part(cg, begin);
	cg_position(cg, at_end);
	emit_part(cg, end);
	cg_position(cg, fn->leave);
	LLVMBuildRet(cg->builder, cg_i32(cg, 0));
	cg->fn = NULL;
}

void sessions_end(struct codegen *cg)
{
	for (size_t i = 0; i < cg->unit->programs.len; i++) {
		const struct ast_program *ast = cg->unit->programs.data[i];
		uint32_t session = cg->plan->progs.data[ast->plan_prog].session;

		if (session)
			emit_session(cg, session - 1, ast->plan_prog, ast->probe->span);
	}
}
