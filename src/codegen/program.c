/*
 * One BPF program: entry, pid filter, scratch memory, predicate, body, the way out. Every run is
 * counted: it ran, was filtered out, or was missed.
 *
 *	entry      allocas; callbacks get at the context through the frame
 *	           -p: another process -> filtered
 *	scratch    filled in when the body turns out to need scratch memory: none free -> missed
 *	           the predicate is false -> filtered
 *	body
 *	leave      gives scratch memory back
 *	return
 */
#include "codegen/functions.h"

#include <string.h>

#define MOST_FUNCTIONS 256 /* of a program: BPF_MAX_SUBPROGS */

void cg_switch(struct codegen *cg, struct cg_function *fn)
{
	if (cg->fn)
		cg->fn->at = cg_current(cg);
	cg->fn = fn;
	cg_position(cg, fn->at);
	LLVMSetCurrentDebugLocation2(cg->builder, fn->location);
}

void cg_function_attribute(struct codegen *cg, LLVMValueRef function, const char *name)
{
	unsigned kind = LLVMGetEnumAttributeKindForName(name, strlen(name));
	LLVMAttributeRef attribute = LLVMCreateEnumAttribute(cg->context, kind, 0);

	LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex, attribute);
}

/* Without "no-builtins" LLVM would make calls of memset() from loops. */
struct cg_function *cg_function_new(struct codegen *cg, const char *name, LLVMTypeRef type)
{
	struct cg_function *fn = arena_new_object(cg->arena, struct cg_function);
	LLVMAttributeRef attribute =
		LLVMCreateStringAttribute(cg->context, "no-builtins", 11, "", 0);

	fn->function = LLVMAddFunction(cg->module, name, type);
	cg_function_attribute(cg, fn->function, "nounwind");
	LLVMAddAttributeAtIndex(fn->function, LLVMAttributeFunctionIndex, attribute);
	fn->entry = LLVMAppendBasicBlockInContext(cg->context, fn->function, "entry");
	fn->leave = LLVMAppendBasicBlockInContext(cg->context, fn->function, "leave");
	hashmap_sets(&cg->functions, name, fn);
	cg->is_too_long |= cg->program && cg->program->ncallbacks >= MOST_FUNCTIONS;
	return fn;
}

static struct cg_function *main_begin(struct codegen *cg)
{
	const struct plan_prog *plan = cg->program->plan;
	bool is_part = plan->is_session || plan->session;
	LLVMTypeRef type = LLVMFunctionType(cg->i32, &cg->ptr, 1, 0);
	const char *name = !is_part ? plan->name
				    : arena_printf(cg->arena, "%s_%s", plan->name,
						   plan->session ? "end" : "begin");
	struct cg_function *fn = cg_function_new(cg, name, type);
	const struct debug_param ctx = {"ctx", debug_pointer(cg, NULL)};
	struct span span = cg->program->ast->probe->span;

	if (is_part)
		session_add(cg, cg->program, fn->function);
	else
		LLVMSetSection(fn->function, plan->section);
	fn->ctx = LLVMGetParam(fn->function, 0);
	debug_function(cg, fn, span, is_part, debug_int(cg, 4, true), &ctx, 1);
	cg->program->main = fn;
	cg->fn = fn;
	cg_set_location(cg, span);
	return fn;
}

static void frame_begin(struct codegen *cg)
{
	struct cg_function *fn = cg->fn;

	if (!cg->least_outlined && !program_has_callbacks(cg->program->ast))
		return;
	cg->program->stack_used += CG_FRAME_SIZE;
	fn->frame = cg_local(cg, LLVMArrayType2(cg->i64, CG_FRAME_SIZE / 8), "frame");
	LLVMBuildStore(cg->builder, fn->ctx, emit_offset(cg, fn->frame, CG_FRAME_CTX));
}

LLVMValueRef cg_result_address(struct codegen *cg)
{
	return cg->fn->frame ? emit_offset(cg, cg->fn->frame, CG_FRAME_RESULT)
			     : cg->program->result;
}

LLVMValueRef emit_frame_pointer(struct codegen *cg, LLVMValueRef frame, uint32_t offset)
{
	return LLVMBuildLoad2(cg->builder, cg->ptr, emit_offset(cg, frame, offset), "");
}

LLVMValueRef cg_from_frame(struct codegen *cg, uint32_t offset, LLVMValueRef *known)
{
	LLVMBasicBlockRef at = cg_current(cg);
	LLVMValueRef frame = cg->fn->frame;

	if (frame && !cg->stack_budget)
		return emit_frame_pointer(cg, frame, offset);
	if (*known)
		return *known;
	cg_position(cg, cg->fn->entry);
	*known = emit_frame_pointer(cg, frame, offset);
	cg_position(cg, at);
	return *known;
}

LLVMValueRef cg_ctx(struct codegen *cg)
{
	return cg_from_frame(cg, CG_FRAME_CTX, &cg->fn->ctx);
}

/* A block that counts and goes on to @next. */
static LLVMBasicBlockRef counting_block(struct codegen *cg, const char *name, uint32_t counter,
					LLVMBasicBlockRef next)
{
	LLVMBasicBlockRef at = cg_current(cg), block = cg_block(cg, name);

	cg_position(cg, block);
	emit_counter_increment(cg, counter, cg->program->is_preemptible);
	emit_jump(cg, next);
	cg_position(cg, at);
	return block;
}

/* The setting is constant when the program is loaded: without -p nothing of this is left. */
static void emit_pid_filter(struct codegen *cg, LLVMBasicBlockRef filtered)
{
	LLVMBasicBlockRef test, pass;
	LLVMValueRef target, ids;

	if (!(cg->program->provider->flags & PROVIDER_PID_PREDICATE))
		return;
	test = cg_block(cg, "pid_filter");
	pass = cg_block(cg, "pid_passed");
	target = emit_setting(cg, offsetof(struct plan_settings, target_tgid));
	emit_branch(cg, LLVMBuildIsNull(cg->builder, target, ""), pass, test);
	cg_position(cg, test);
	/* Scratch memory is not there yet. */
	cg->program->stack_used += sizeof(uint64_t);
	ids = emit_pid_tgid_at(cg, cg_local(cg, cg->i64, "ids"));
	ids = LLVMBuildLShr(cg->builder, ids, cg_i64(cg, 32), "");
	emit_branch(cg, LLVMBuildICmp(cg->builder, LLVMIntEQ, ids, target, ""), pass, filtered);
	cg_position(cg, pass);
}

/* An iterator's program is called once more at the end, without an object: the first field behind
 * the iterator's own (struct bpf_iter_meta *) is NULL. */
static void emit_end_filter(struct codegen *cg, LLVMBasicBlockRef out)
{
	LLVMBasicBlockRef at_object;

	if (cg->program->provider->context != CONTEXT_ITER)
		return;
	at_object = cg_block(cg, "at_object");
	emit_branch(cg, emit_is_null(cg, emit_ctx_load(cg, sizeof(void *), 8)), out, at_object);
	cg_position(cg, at_object);
}

static void emit_predicate(struct codegen *cg, LLVMBasicBlockRef filtered)
{
	const struct ast_program *ast = cg->program->ast;
	LLVMBasicBlockRef pass;
	struct scratch_mark mark;
	LLVMValueRef condition;

	if (!ast->predicate)
		return;
	cg_set_location(cg, ast->predicate->span);
	mark = scratch_mark(cg);
	condition = emit_condition(cg, ast->predicate);
	scratch_release(cg, mark);
	pass = cg_block(cg, "passed");
	emit_branch(cg, condition, pass, filtered);
	cg_position(cg, pass);
}

static void emit_body(struct codegen *cg)
{
	struct cg_program *program = cg->program;
	struct cg_function *fn = cg->fn;
	LLVMBasicBlockRef filtered =
		counting_block(cg, "filtered", plan_counter_filtered(program->index), fn->leave);

	emit_predicate(cg, filtered);
	cg_set_location(cg, program->ast->probe->span);
	emit_counter_increment(cg, plan_counter_ran(program->index), program->is_preemptible);
	emit_block(cg, program->ast->body);
	emit_jump(cg, fn->leave);
}

static void emit_main(struct codegen *cg)
{
	struct cg_program *program = cg->program;
	struct cg_function *fn = main_begin(cg);
	LLVMBasicBlockRef start = cg_block(cg, "start"), out = cg_block(cg, "return"), body, other;

	cg_position(cg, fn->entry);
	frame_begin(cg);
	if (!fn->frame)
		program->result = cg_local(cg, cg->i32, "result");
	emit_store(cg, cg_i32(cg, 0), cg_result_address(cg), 4);

	cg_position(cg, start);
	other = counting_block(cg, "other_pid", plan_counter_filtered(program->index), out);
	program->missed = counting_block(cg, "missed", plan_counter_missed(program->index), out);
	emit_pid_filter(cg, other);
	emit_end_filter(cg, out);
	scratch_begin(cg);
	if (fn->frame)
		program->left = scratch_reserve(cg, 8);
	variables_begin(cg);
	body = cg_block(cg, "body");
	cg_position(cg, body);
	emit_body(cg);

	cg_set_location(cg, program->ast->probe->span);
	scratch_end(cg, body);
	cg_position(cg, fn->leave);
	scratch_leave(cg);
	emit_jump(cg, out);
	cg_position(cg, out);
	LLVMBuildRet(cg->builder, emit_load(cg, cg_result_address(cg), 4, 4));
	cg_position(cg, fn->entry);
	emit_jump(cg, start);
}

/* Readers of one pinned iterator may run on one CPU by turns. */
static bool is_preemptible(const struct provider *provider)
{
	return provider->flags & PROVIDER_PREEMPTIBLE || provider->context == CONTEXT_ITER;
}

void emit_program(struct codegen *cg, const struct ast_program *ast)
{
	const struct plan_prog *plan = &cg->plan->progs.data[ast->plan_prog];
	struct cg_program program = {
		.ast = ast,
		.plan = plan,
		.index = ast->plan_prog,
		.provider = provider_find(plan->provider),
	};

	program.is_preemptible = is_preemptible(program.provider);
	cg->program = &program;
	emit_main(cg);
	cg->program = NULL;
	cg->fn = NULL;
}
