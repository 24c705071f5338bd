/*
 * Loops. The verifier walks through each round of an ordinary loop; so the body becomes a function
 * of its own, which a helper calls for each round and the verifier reads once:
 *
 *	for ($i : a..b)   bpf_loop()
 *	while (c)         bpf_loop(), which ends when the condition is false
 *	for ($kv : @m)    bpf_for_each_map_elem()
 *
 * Where functions are too deep in one another already the verifier follows ranges of few rounds.
 *
 * The callback is given the program's frame (see internal.h). It returns 1 to end the loop: after
 * `break`, and after whatever leaves the program, which also sets a mark in scratch memory that the
 * caller looks at.
 *
 * Where values that live long do not fit the stack, or a program's jumps would be too far, long
 * blocks are cut into such functions, too, which are called once: nothing lives beyond them but
 * what is in memory. unroll() is then a loop as the others, or one that the verifier follows where
 * functions are too deep in one another already.
 */
#include "codegen/internal.h"

#define PIECE 4 /* statements of a block in one function, at least */
#define MOST_PIECES 16 /* of a block; the verifier takes 256 functions in all */
#define MOST_FOLLOWED 8192 /* blocks: the verifier puts off as many branches */
#define MOST_CHAINED 64 /* tests of an "else if" chain in one function */

/* Where `break` and `continue` go. */
struct cg_loop {
	struct cg_loop *outer;
	LLVMBasicBlockRef on_break, on_continue;
};

void emit_loop_exit(struct codegen *cg, bool is_break)
{
	emit_jump(cg, is_break ? cg->fn->loop->on_break : cg->fn->loop->on_continue);
	cg_position(cg, cg_block(cg, "dead"));
}

/* --- leaving the program from within --- */

void emit_leave(struct codegen *cg)
{
	struct cg_program *program = cg->program;

	if (cg->fn->parent) {
		program->has_left = true;
		emit_store(cg, cg_i64(cg, 1), scratch_address(cg, program->left), 8);
		emit_jump(cg, cg->fn->broken);
	} else {
		emit_jump(cg, cg->fn->leave);
	}
	cg_position(cg, cg_block(cg, "dead"));
}

/* After a loop: on with leaving, if its callback did. */
static void emit_leave_too(struct codegen *cg)
{
	LLVMBasicBlockRef leave = cg_block(cg, "leave_too"), next = cg_block(cg, "looped");
	LLVMValueRef left = emit_load(cg, scratch_address(cg, cg->program->left), 8, 8);

	emit_branch(cg, LLVMBuildIsNull(cg->builder, left, ""), next, leave);
	cg_position(cg, leave);
	emit_leave(cg);
	LLVMBuildUnreachable(cg->builder);
	cg_position(cg, next);
}

/* --- callbacks --- */

/* Whether a function that holds the block may be called from here. */
static bool can_be_called(const struct codegen *cg, const struct block *block)
{
	const struct cg_function *fn = cg->fn;
	uint32_t depth = 1;

	while ((fn = fn->parent))
		depth++;
	return depth + block->calls <= PLAN_MOST_NESTING;
}

struct callback {
	struct cg_function *fn, *caller;
	struct cg_loop loop;
	LLVMBasicBlockRef body;
	bool had_left; /* the program could be left before this loop */
};

static void returning_block(struct codegen *cg, LLVMBasicBlockRef block, uint64_t value)
{
	LLVMBasicBlockRef at = cg_current(cg);

	cg_position(cg, block);
	LLVMBuildRet(cg->builder, cg_i64(cg, value));
	cg_position(cg, at);
}

/* Begins the function; the builder goes on in its body. The last parameter is the frame. */
static void callback_begin(struct codegen *cg, struct callback *callback, struct span span,
			   const struct debug_param *params, LLVMTypeRef *types, uint32_t nparams)
{
	struct cg_program *program = cg->program;
	const char *name =
		arena_printf(cg->arena, "%s_loop_%u", program->plan->name, ++program->ncallbacks);
	LLVMTypeRef type = LLVMFunctionType(cg->i64, types, nparams, 0);
	struct cg_function *fn = cg_function_new(cg, name, type);

	emit_store(cg, cg_i64(cg, 0), scratch_address(cg, program->left), 8);
	callback->had_left = program->has_left;
	program->has_left = false;
	callback->fn = fn;
	callback->caller = cg->fn;
	LLVMSetLinkage(fn->function, LLVMInternalLinkage);
	fn->parent = cg->fn;
	fn->frame = LLVMGetParam(fn->function, nparams - 1);
	debug_function(cg, fn, span, true, debug_int(cg, 8, true), params, nparams);
	fn->location = cg->fn->location;
	fn->at = fn->entry;
	cg_switch(cg, fn);
	cg_set_location(cg, span);
	fn->broken = cg_block(cg, "break");
	returning_block(cg, fn->broken, 1);
	returning_block(cg, fn->leave, 0);
	callback->loop = (struct cg_loop){NULL, fn->broken, fn->leave};
	fn->loop = &callback->loop;
	callback->body = cg_block(cg, "round");
	cg_position(cg, callback->body);
}

/* Ends the function; the builder is back with the caller. */
static void callback_end(struct codegen *cg, struct callback *callback)
{
	emit_jump(cg, callback->fn->leave);
	cg_position(cg, callback->fn->entry);
	emit_jump(cg, callback->body);
	cg_switch(cg, callback->caller);
}

static void emit_after_loop(struct codegen *cg, const struct callback *callback)
{
	if (cg->program->has_left)
		emit_leave_too(cg);
	cg->program->has_left |= callback->had_left;
}

static void callback_begin_rounds(struct codegen *cg, struct callback *callback, struct span span)
{
	const struct debug_param params[] = {{"index", debug_int(cg, 8, false)},
					     {"frame", debug_pointer(cg, NULL)}};
	LLVMTypeRef types[] = {cg->i64, cg->ptr};

	callback_begin(cg, callback, span, params, types, 2);
}

/*
 * Of a loop of no rounds the kernel takes the callback away, as code that nobody reaches, and then
 * misses it: the call must not be reached either. Returns how many rounds were begun (i64).
 */
static LLVMValueRef emit_bpf_loop(struct codegen *cg, const struct callback *callback,
				  LLVMValueRef rounds)
{
	LLVMBasicBlockRef from = cg_current(cg), loop = cg_block(cg, "loop");
	LLVMBasicBlockRef next = cg_block(cg, "loop_done");
	LLVMValueRef begun;

	emit_branch(cg, LLVMBuildIsNull(cg->builder, rounds, ""), next, loop);
	cg_position(cg, loop);
	begun = emit_helper(cg, BPF_FUNC_loop, cg->i64, rounds, callback->fn->function,
			    cg->fn->frame, cg_i64(cg, 0));
	emit_after_loop(cg, callback);
	loop = cg_current(cg);
	emit_jump(cg, next);
	cg_position(cg, next);
	return emit_phi(cg, begun, loop, cg_i64(cg, 0), from);
}

/* --- the loops --- */

static LLVMValueRef emit_rounds(struct codegen *cg, LLVMValueRef from, LLVMValueRef to)
{
	return LLVMBuildSelect(cg->builder, LLVMBuildICmp(cg->builder, LLVMIntSGT, to, from, ""),
			       LLVMBuildSub(cg->builder, to, from, ""), cg_i64(cg, 0), "");
}

/* Runs the loop, and sends its error if there would be more rounds than the kernel allows and no
 * break came before. */
static void emit_checked_loop(struct codegen *cg, const struct stmt *stmt,
			      const struct callback *callback, LLVMValueRef rounds)
{
	LLVMBuilderRef b = cg->builder;
	LLVMValueRef most = cg_i64(cg, PLAN_MOST_ROUNDS), is_too_many, begun;
	LLVMBasicBlockRef cut, next;

	is_too_many = LLVMBuildICmp(b, LLVMIntUGT, rounds, most, "");
	rounds = LLVMBuildSelect(b, is_too_many, most, rounds, "");
	begun = emit_bpf_loop(cg, callback, LLVMBuildTrunc(b, rounds, cg->i32, ""));
	if (!stmt->error_event)
		return;
	cut = cg_block(cg, "too_many_rounds");
	next = cg_block(cg, "rounds");
	is_too_many =
		LLVMBuildAnd(b, is_too_many, LLVMBuildICmp(b, LLVMIntEQ, begun, most, ""), "");
	emit_branch(cg, is_too_many, cut, next);
	cg_position(cg, cut);
	emit_error_event(cg, stmt->error_event, NULL);
	emit_jump(cg, next);
	cg_position(cg, next);
}

static void emit_loop_variable(struct codegen *cg, const struct variable *variable,
			       LLVMValueRef value)
{
	emit_store(cg, emit_resize(cg, value, variable->type->size, false),
		   emit_variable_address(cg, variable), variable->type->align);
}

/* A loop that the verifier follows round by round, as if each were written out. */
struct followed {
	uint32_t rounds;
	const struct block *body;
	const struct variable *variable; /* is @first in the first round; or NULL */
	LLVMValueRef first;
};

static void emit_followed(struct codegen *cg, const struct followed *followed)
{
	struct cg_loop loop = {
		.outer = cg->fn->loop,
		.on_continue = cg_block(cg, "round_done"),
		.on_break = cg_block(cg, "rounds_done"),
	};
	LLVMBasicBlockRef from = cg_current(cg), head = cg_block(cg, "round");
	LLVMValueRef round, rounds = cg_i64(cg, followed->rounds), more;
	uint32_t before = cg->fn->nblocks;

	emit_jump(cg, head);
	cg_position(cg, head);
	round = LLVMBuildPhi(cg->builder, cg->i64, "");
	cg->fn->loop = &loop;
	if (followed->variable)
		emit_loop_variable(cg, followed->variable,
				   LLVMBuildAdd(cg->builder, followed->first, round, ""));
	emit_block(cg, followed->body);
	cg->fn->loop = loop.outer;
	cg->fn->nblocks += (followed->rounds - 1) * (cg->fn->nblocks - before);
	cg->is_too_long |= cg->fn->nblocks > MOST_FOLLOWED;
	emit_jump(cg, loop.on_continue);
	cg_position(cg, loop.on_continue);
	more = LLVMBuildAdd(cg->builder, round, cg_i64(cg, 1), "");
	LLVMAddIncoming(round, (LLVMValueRef[]){cg_i64(cg, 0), more},
			(LLVMBasicBlockRef[]){from, loop.on_continue}, 2);
	emit_branch(cg, LLVMBuildICmp(cg->builder, LLVMIntULT, more, rounds, ""), head,
		    loop.on_break);
	cg_position(cg, loop.on_break);
}

/* The bounds are evaluated once; the first is kept for the callback. */
static void emit_range_called(struct codegen *cg, const struct stmt *stmt)
{
	const struct variable *variable = stmt->loop.variable;
	struct scratch_place first = scratch_reserve(cg, 8);
	LLVMValueRef from = emit_value64(cg, stmt->loop.from), value;
	LLVMValueRef rounds = emit_rounds(cg, from, emit_value64(cg, stmt->loop.to));
	struct callback callback;

	if (!LLVMIsConstant(from))
		emit_store(cg, from, scratch_address(cg, first), 8);
	callback_begin_rounds(cg, &callback, stmt->span);
	value = LLVMIsConstant(from) ? from : emit_load(cg, scratch_address(cg, first), 8, 8);
	value = LLVMBuildAdd(cg->builder, value, LLVMGetParam(cg->fn->function, 0), "");
	emit_loop_variable(cg, variable, value);
	emit_block(cg, stmt->loop.body);
	callback_end(cg, &callback);
	emit_checked_loop(cg, stmt, &callback, rounds);
}

void emit_for_range(struct codegen *cg, const struct stmt *stmt)
{
	struct followed followed = {
		.rounds = stmt->loop.rounds,
		.body = stmt->loop.body,
		.variable = stmt->loop.variable,
	};

	if (!stmt->loop.is_followed) {
		emit_range_called(cg, stmt);
	} else if (followed.rounds) {
		followed.first = emit_value64(cg, stmt->loop.from);
		emit_followed(cg, &followed);
	}
}

void emit_while(struct codegen *cg, const struct stmt *stmt)
{
	LLVMValueRef last = cg_i64(cg, PLAN_MOST_ROUNDS - 1), is_last;
	struct callback callback;
	LLVMBasicBlockRef body, cut;

	callback_begin_rounds(cg, &callback, stmt->span);
	body = cg_block(cg, "while");
	emit_branch(cg, emit_condition(cg, stmt->repeat.condition), body, cg->fn->broken);
	cg_position(cg, body);
	is_last =
		LLVMBuildICmp(cg->builder, LLVMIntEQ, LLVMGetParam(cg->fn->function, 0), last, "");
	cut = cg_block(cg, "too_many_rounds");
	body = cg_block(cg, "round");
	emit_branch(cg, is_last, cut, body);
	cg_position(cg, cut);
	emit_error_event(cg, stmt->error_event, NULL);
	emit_jump(cg, cg->fn->broken);
	cg_position(cg, body);
	emit_block(cg, stmt->repeat.body);
	callback_end(cg, &callback);
	emit_bpf_loop(cg, &callback, cg_i32(cg, PLAN_MOST_ROUNDS));
}

static void emit_rounds_in_line(struct codegen *cg, const struct stmt *stmt)
{
	struct cg_loop loop = {.outer = cg->fn->loop, .on_break = cg_block(cg, "unrolled")};
	uint32_t i;

	cg->fn->loop = &loop;
	for (i = 0; i < stmt->repeat.count && !cg->is_too_long; i++) {
		loop.on_continue = cg_block(cg, "round");
		emit_block(cg, stmt->repeat.body);
		emit_jump(cg, loop.on_continue);
		cg_position(cg, loop.on_continue);
	}
	emit_jump(cg, loop.on_break);
	cg_position(cg, loop.on_break);
	cg->fn->loop = loop.outer;
}

void emit_unroll(struct codegen *cg, const struct stmt *stmt)
{
	const struct followed followed = {
		.rounds = stmt->repeat.count,
		.body = stmt->repeat.body,
	};
	struct callback callback;

	if (!cg->least_outlined) {
		emit_rounds_in_line(cg, stmt);
		return;
	}
	if (!can_be_called(cg, stmt->repeat.body)) {
		emit_followed(cg, &followed);
		return;
	}
	callback_begin_rounds(cg, &callback, stmt->span);
	emit_block(cg, stmt->repeat.body);
	callback_end(cg, &callback);
	emit_bpf_loop(cg, &callback, cg_i32(cg, stmt->repeat.count));
}

/* The loop's variable: a tuple of key and value. */
static void emit_entry_into(struct codegen *cg, uint32_t map, const struct variable *variable)
{
	const struct plan_map *plan = &cg->plan->maps.data[map];
	LLVMValueRef function = cg->fn->function, memory = emit_variable_address(cg, variable),
		     value;
	const struct type_field *fields;
	uint32_t n;

	fields = types_fields(cg->types, variable->type, &n);
	if (fields[0].type->size + fields[1].type->size < variable->type->size)
		emit_zero(cg, memory, variable->type->size, variable->type->align);
	value = emit_load_value(cg, plan->key, LLVMGetParam(function, 1));
	emit_store_value(cg, plan->key, value, emit_offset(cg, memory, fields[0].offset));
	if (type_is_aggregate(plan->value))
		value = emit_resize(cg,
				    emit_aggregate_number_at(cg, map, LLVMGetParam(function, 1)),
				    fields[1].type->size, false);
	else
		value = emit_load_value(cg, plan->value, LLVMGetParam(function, 2));
	emit_store_value(cg, fields[1].type, value, emit_offset(cg, memory, fields[1].offset));
}

void emit_for_map(struct codegen *cg, const struct stmt *stmt)
{
	const struct debug_param params[] = {{"map", debug_pointer(cg, NULL)},
					     {"key", debug_pointer(cg, NULL)},
					     {"value", debug_pointer(cg, NULL)},
					     {"frame", debug_pointer(cg, NULL)}};
	LLVMTypeRef types[] = {cg->ptr, cg->ptr, cg->ptr, cg->ptr};
	uint32_t map = stmt->loop.map->map.map;
	struct callback callback;

	callback_begin(cg, &callback, stmt->span, params, types, 4);
	emit_entry_into(cg, map, stmt->loop.variable);
	emit_block(cg, stmt->loop.body);
	callback_end(cg, &callback);
	emit_map_helper(cg, BPF_FUNC_for_each_map_elem, cg->i64, map, callback.fn->function,
			cg->fn->frame, cg_i64(cg, 0));
	emit_after_loop(cg, &callback);
}

/* --- pieces of long blocks --- */

/* What a piece returns. */
enum { PIECE_ENDED, PIECE_BROKE, PIECE_CONTINUED };

/* On with `break` and `continue` of a loop around the piece. */
static void emit_after_piece(struct codegen *cg, LLVMValueRef result)
{
	struct cg_loop *loop = cg->fn->loop;
	LLVMBasicBlockRef next;

	if (!loop)
		return;
	next = cg_block(cg, "not_broken");
	emit_branch(cg, LLVMBuildICmp(cg->builder, LLVMIntEQ, result, cg_i64(cg, PIECE_BROKE), ""),
		    loop->on_break, next);
	cg_position(cg, next);
	next = cg_block(cg, "not_continued");
	emit_branch(cg,
		    LLVMBuildICmp(cg->builder, LLVMIntEQ, result, cg_i64(cg, PIECE_CONTINUED), ""),
		    loop->on_continue, next);
	cg_position(cg, next);
}

static void emit_piece(struct codegen *cg, const struct block *block, size_t from, size_t to)
{
	struct callback callback;
	LLVMValueRef function, args[] = {cg_i64(cg, 0), cg->fn->frame}, result;
	size_t i;

	callback_begin_rounds(cg, &callback, block->stmts.data[from]->span);
	function = callback.fn->function;
	cg_function_attribute(cg, function, "noinline");
	callback.loop.on_continue = cg_block(cg, "continue");
	returning_block(cg, callback.loop.on_continue, PIECE_CONTINUED);
	for (i = from; i < to; i++)
		emit_stmt(cg, block->stmts.data[i]);
	callback_end(cg, &callback);
	result = LLVMBuildCall2(cg->builder, LLVMGlobalGetValueType(function), function, args, 2,
				"");
	emit_after_loop(cg, &callback);
	emit_after_piece(cg, result);
}

/* How many tests an "else if" chain goes on with from here. */
static size_t chained(const struct block *block)
{
	size_t n = 0;

	while (block && block->stmts.len == 1 && block->stmts.data[0]->kind == STMT_IF) {
		block = block->stmts.data[0]->branch.otherwise;
		n++;
	}
	return n;
}

/* Statements of a block, with those in them but for loops, which are functions already. */
static size_t statements_within(const struct block *block)
{
	const struct stmt *stmt;
	size_t n = 0, i;

	for (i = 0; block && i < block->stmts.len; i++) {
		stmt = block->stmts.data[i];
		n++;
		if (stmt->kind == STMT_IF)
			n += statements_within(stmt->branch.then) +
			     statements_within(stmt->branch.otherwise);
		else if (stmt->kind == STMT_BLOCK)
			n += statements_within(stmt->block);
	}
	return n;
}

static bool is_long(const struct codegen *cg, const struct block *block)
{
	size_t n = chained(block);

	if (n && !(n % MOST_CHAINED))
		return true;
	return block->stmts.len > 1 && statements_within(block) >= cg->least_outlined;
}

bool emit_outlined(struct codegen *cg, const struct block *block)
{
	size_t n = block->stmts.len, size = n / MOST_PIECES + 1, i;

	if (!cg->least_outlined || !is_long(cg, block) || !can_be_called(cg, block))
		return false;
	if (size < PIECE)
		size = PIECE;
	for (i = 0; i < n; i += size)
		emit_piece(cg, block, i, i + size < n ? i + size : n);
	return true;
}
