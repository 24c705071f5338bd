/*
 * How much memory values take. A program has PLAN_SCRATCH_MOST bytes for all that is larger than a
 * few words, and no value may be larger than PLAN_SCRATCH_VALUE. What code generation will use is
 * estimated from above: the variables, and the values that occur in the statement that has most of
 * them.
 */
#include "sema/internal.h"

/* The frames of a stack before they are kept: 127 of 32 bytes (build ids). */
#define STACK_FRAMES 4096

struct measure {
	struct sema *sema;
	uint64_t bytes;
	VEC(const struct expr *)
	large; /* more than one value may have */
};

static uint64_t block_need(struct sema *sema, struct block *block);

/* Something in memory of its own: literals lie among the constants, variables have their place. */
static bool is_value(const struct expr *expr)
{
	return expr->type && expr->kind != EXPR_STRING && expr->kind != EXPR_VAR &&
	       !type_is_scalar(expr->type) && !type_is_aggregate(expr->type);
}

/* An operand that does not come to lie in memory of its own. */
static void leave_out(struct measure *measure, const struct expr *operand)
{
	if (!is_value(operand))
		return;
	measure->bytes -= operand->type->size;
	for (size_t i = measure->large.len; i-- > 0;)
		if (measure->large.data[i] == operand)
			measure->large.data[i] = vec_last(&measure->large), measure->large.len--;
}

/* What is passed through on the way to a member is never in memory as a whole. */
static void leave_out_object(struct measure *measure, const struct expr *expr)
{
	if (expr->kind == EXPR_FIELD)
		leave_out(measure, expr->field.object);
	if (expr->kind == EXPR_INDEX)
		leave_out(measure, expr->index.object);
	if (expr->kind == EXPR_TUPLE_FIELD)
		leave_out(measure, expr->tuple_field.object);
}

/* Members are made in their place. */
static void leave_out_members(struct measure *measure, const struct expr *expr)
{
	if (expr->kind == EXPR_TUPLE)
		for (size_t i = 0; i < expr->tuple.members.len; i++)
			leave_out(measure, expr->tuple.members.data[i]);
	if (expr->kind == EXPR_RECORD)
		for (size_t i = 0; i < expr->record.members.len; i++)
			leave_out(measure, expr->record.members.data[i].value);
}

static void note_effect(struct expr **expr, void *data)
{
	const struct expr *at = *expr;

	*(bool *)data |= at->kind == EXPR_BLOCK || at->kind == EXPR_INCDEC ||
			 (at->kind == EXPR_CALL && at->call.function &&
			  at->call.function->flags & FN_CHANGES);
}

bool sema_has_effects(struct expr *expr)
{
	bool found = false;
	const struct ast_visitor visitor = {.expr = note_effect, .data = &found};

	ast_walk_expr(&expr, &visitor);
	return found;
}

static void note_error(struct expr **expr, void *data)
{
	*(bool *)data |= (*expr)->error_event != 0;
}

/* What goes wrong is sent before the event that it goes wrong for. */
static bool may_fail(struct expr *expr)
{
	bool found = false;
	const struct ast_visitor visitor = {.expr = note_error, .data = &found};

	if (expr->type && !type_is_scalar(expr->type))
		ast_walk_expr(&expr, &visitor);
	return found;
}

/* Arguments are written into the event, except numbers and those before the last that has effects
 * or may fail, and that one. */
static void measure_arguments(struct measure *measure, struct expr *call)
{
	expr_vec *args = &call->call.args;
	uint32_t early = (uint32_t)args->len;

	while (early && !sema_has_effects(args->data[early - 1]) &&
	       !may_fail(args->data[early - 1]))
		early--;
	call->call.early = early;
	for (size_t i = 0; i < args->len; i++) {
		if (i >= early)
			leave_out(measure, args->data[i]);
		else if (args->data[i]->kind == EXPR_VAR)
			measure->bytes += args->data[i]->type->size;
		measure->bytes += sizeof(uint64_t);
	}
}

static void measure_event(struct measure *measure, struct expr *expr)
{
	const struct plan *plan = measure->sema->plan;
	uint32_t size;

	if (expr->kind != EXPR_CALL || !(expr->call.function->flags & FN_ASYNC) ||
	    expr->call.event == AST_NO_EVENT)
		return;
	size = plan->events.data[expr->call.event].payload->size;
	if (!size)
		return;
	measure_arguments(measure, expr);
	if (size > PLAN_EVENT_MOST)
		vec_push(measure->sema->arena, &measure->large, expr);
}

static uint64_t constant_or(const struct expr *expr, uint64_t otherwise)
{
	uint64_t value;
	bool is_negative;

	return sema_const_int(expr, &value, &is_negative) ? value : otherwise;
}

/* What some functions need beside their arguments and results. */
static uint64_t working_memory(const struct measure *measure, const struct expr *call)
{
	struct expr *const *args = call->call.args.data;
	uint64_t most = measure->sema->plan->config.max_strlen, bytes;

	switch ((int)call->call.function->id) {
	case FUNCTION_strstr:
	case FUNCTION_strcontains: /* a table of the needle */
		return args[1]->kind == EXPR_STRING ? 0 : args[1]->type->size * 2;
	case FUNCTION_delete:
	case FUNCTION_find:
	case FUNCTION_has_key: /* the key, if it lies elsewhere */
		return call->call.args.len > 1 && !is_value(args[1]) ? args[1]->type->size : 0;
	case FUNCTION_strlen: /* a copy */
		return args[0]->type->size;
	case FUNCTION_memcmp: /* both sides */
		return constant_or(args[2], 0) * 2;
	case FUNCTION_str_concat: /* both, where the result cannot hold them */
		bytes = (uint64_t)args[0]->type->size + args[1]->type->size - 1;
		return bytes > call->type->size ? bytes : 0;
	case FUNCTION_write_user:
		return constant_or(args[2], most);
	}
	return 0;
}

static void measure_work(struct measure *measure, const struct expr *expr)
{
	uint64_t bytes = 0;

	if (expr->kind == EXPR_CALL)
		bytes = working_memory(measure, expr);
	if (type_is_stack(expr->type))
		bytes = STACK_FRAMES;
	measure->bytes += bytes;
}

static void measure_expr(struct expr **at, void *data)
{
	struct measure *measure = data;
	struct expr *expr = *at;

	leave_out_object(measure, expr);
	leave_out_members(measure, expr);
	measure_event(measure, expr);
	if (expr->type)
		measure_work(measure, expr);
	if (!is_value(expr))
		return;
	measure->bytes += expr->type->size;
	if (expr->type->size > PLAN_SCRATCH_VALUE)
		vec_push(measure->sema->arena, &measure->large, expr);
}

static void report_event(struct sema *sema, const struct expr *call)
{
	sema_error(
		sema, "value-size", call->span,
		"The arguments of %s() take %u bytes together, more than the %u that may be sent",
		call->call.name, sema->plan->events.data[call->call.event].payload->size,
		PLAN_EVENT_MOST);
}

static void report_value(struct sema *sema, struct span span, const struct type *type)
{
	sema_error(sema, "value-size", span,
		   "A value of type '%s' takes %u bytes, more than the %u that one may have",
		   sema_type_name(sema, type), type->size, PLAN_SCRATCH_VALUE);
}

static uint64_t expr_need(struct sema *sema, struct expr *expr)
{
	struct measure measure = {.sema = sema};
	const struct ast_visitor visitor = {.expr = measure_expr, .data = &measure};

	if (!expr)
		return 0;
	ast_walk_expr(&expr, &visitor);
	for (size_t i = 0; i < measure.large.len; i++) {
		const struct expr *large = measure.large.data[i];

		if (is_value(large))
			report_value(sema, large->span, large->type);
		else
			report_event(sema, large);
	}
	return measure.bytes;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* An aggregate's first value is made of zeros. */
static uint64_t assignment_need(struct sema *sema, const struct stmt *stmt)
{
	struct expr *target = stmt->assign.target;
	const struct expr *value = stmt->assign.value;
	uint64_t zero = type_is_aggregate(target->type) ? target->type->size : 0;

	/* What lies in memory already may have to be copied on its way, and padded. */
	if (value->type && !is_value(value))
		zero += value->type->size + sizeof(uint64_t);
	return zero + expr_need(sema, target) + expr_need(sema, stmt->assign.value);
}

static uint64_t stmt_need(struct sema *sema, struct stmt *stmt)
{
	switch (stmt->kind) {
	case STMT_EXPR:
	case STMT_DISCARD:
	case STMT_RETURN:
		return expr_need(sema, stmt->expr);
	case STMT_ASSIGN:
		return assignment_need(sema, stmt);
	case STMT_LET:
		return expr_need(sema, stmt->let.value);
	case STMT_IF:
		return expr_need(sema, stmt->branch.condition) +
		       larger(block_need(sema, stmt->branch.then),
			      block_need(sema, stmt->branch.otherwise));
	case STMT_FOR_MAP:
		return block_need(sema, stmt->loop.body);
	case STMT_FOR_RANGE:
		return expr_need(sema, stmt->loop.from) + expr_need(sema, stmt->loop.to) +
		       block_need(sema, stmt->loop.body);
	case STMT_WHILE:
	case STMT_UNROLL:
		return expr_need(sema, stmt->repeat.condition) +
		       block_need(sema, stmt->repeat.body);
	case STMT_BLOCK:
		return block_need(sema, stmt->block);
	case STMT_BREAK:
	case STMT_CONTINUE:
		break;
	}
	return 0;
}

static uint64_t block_need(struct sema *sema, struct block *block)
{
	uint64_t need = 0;

	if (!block)
		return 0;
	for (size_t i = 0; i < block->stmts.len; i++)
		need = larger(need, stmt_need(sema, block->stmts.data[i]));
	return larger(need, expr_need(sema, block->tail));
}

static uint64_t variables_need(struct sema *sema, const struct ast_program *program)
{
	uint64_t need = 0;

	for (size_t i = 0; i < program->variables.len; i++) {
		const struct variable *variable = program->variables.data[i];

		if (variable->type->size > PLAN_SCRATCH_VALUE)
			report_value(sema, variable->span, variable->type);
		/* Where there are many, the small ones are in memory, too. */
		need += (variable->type->size + 7) & ~7u;
	}
	return need;
}

static void check_memory(struct sema *sema, const struct sema_instance *instance)
{
	const struct ast_program *program = instance->program;
	uint64_t need = expr_need(sema, program->predicate);

	need = larger(need, block_need(sema, program->body)) + variables_need(sema, program);
	if (need <= PLAN_SCRATCH_MOST || diags_count(sema->diags, DIAG_ERROR))
		return;
	diag_hint(diag_error(sema->diags, "program-memory", instance->point->span,
			     "The probe needs about %llu KiB for its values, more than the %u KiB "
			     "that it may have",
			     (unsigned long long)(need + 1023) / 1024, PLAN_SCRATCH_MOST / 1024),
		  "Shorter texts need less: give str() a length, or set max_strlen");
}

void size_check(struct sema *sema)
{
	for (size_t i = 0; i < sema->instances.len; i++)
		check_memory(sema, sema->instances.data[i]);
	for (size_t i = 0; i < sema->plan->maps.len; i++) {
		const struct plan_map *map = &sema->plan->maps.data[i];
		struct span span = sema->maps.data[i]->first_use;

		if (map->value->size > PLAN_SCRATCH_VALUE)
			report_value(sema, span, map->value);
		if (map->key && map->key->size > PLAN_SCRATCH_VALUE)
			report_value(sema, span, map->key);
	}
}
