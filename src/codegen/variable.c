/*
 * Where variables are kept. A variable that is used in one function only is on that function's
 * stack, which LLVM mostly turns into a register; large ones, and those that the callback of a loop
 * shares with its surroundings, are in scratch memory. There the verifier knows nothing of their
 * values, and so need not follow a counter through each round of a loop.
 */
#include "codegen/internal.h"

struct cg_variable {
	bool is_shared, is_placed;
	struct scratch_place place; /* if is_placed */
	LLVMValueRef memory; /* otherwise: on the stack, NULL before the first use */
	struct cg_function *fn; /* of the memory: an unrolled loop is emitted several times */
};

/* How often each variable, by id, is named. */
struct uses {
	uint32_t *counts;
	const struct ast_program *program;
	struct cg_variable *variables;
	struct arena *arena;
	const uint32_t *total;
};

static void count_expr(struct expr **expr, void *data)
{
	struct uses *uses = data;

	if ((*expr)->kind == EXPR_VAR)
		uses->counts[(*expr)->var.variable->id]++;
}

static void count_stmt(struct stmt **stmt, void *data)
{
	struct uses *uses = data;

	if ((*stmt)->kind == STMT_LET)
		uses->counts[(*stmt)->let.variable->id]++;
	if ((*stmt)->kind == STMT_FOR_MAP || (*stmt)->kind == STMT_FOR_RANGE)
		uses->counts[(*stmt)->loop.variable->id]++;
}

static const struct ast_visitor counter = {.expr = count_expr, .stmt = count_stmt};

static void count_block(struct uses *uses, const struct block *block)
{
	struct ast_visitor visitor = counter;

	visitor.data = uses;
	ast_walk_block((struct block *)block, &visitor);
}

static void count_in(struct uses *uses, const struct expr *expr)
{
	struct ast_visitor visitor = counter;
	struct expr *root = (struct expr *)expr;

	visitor.data = uses;
	if (root)
		ast_walk_expr(&root, &visitor);
}

static bool is_callback(const struct stmt *stmt)
{
	return stmt->kind == STMT_FOR_MAP || stmt->kind == STMT_FOR_RANGE ||
	       stmt->kind == STMT_WHILE;
}

/* What a loop names, but not it alone, is shared. */
static void find_shared(struct stmt **stmt, void *data)
{
	struct uses *all = data, inner = *all;
	size_t n = all->program->variables.len, i;

	if (!is_callback(*stmt))
		return;
	inner.counts = arena_new_array(all->arena, uint32_t, n);
	if ((*stmt)->kind == STMT_WHILE) {
		count_in(&inner, (*stmt)->repeat.condition);
		count_block(&inner, (*stmt)->repeat.body);
	} else {
		inner.counts[(*stmt)->loop.variable->id]++;
		count_block(&inner, (*stmt)->loop.body);
	}
	for (i = 0; i < n; i++)
		if (inner.counts[i] && inner.counts[i] != all->counts[i])
			all->variables[i].is_shared = true;
}

static void note_callback(struct stmt **stmt, void *data)
{
	if (is_callback(*stmt))
		*(bool *)data = true;
}

bool program_has_callbacks(const struct ast_program *program)
{
	bool found = false;
	const struct ast_visitor visitor = {.stmt = note_callback, .data = &found};
	struct expr *predicate = program->predicate;

	ast_walk_block(program->body, &visitor);
	if (predicate)
		ast_walk_expr(&predicate, &visitor);
	return found;
}

void variables_begin(struct codegen *cg)
{
	const struct ast_program *program = cg->program->ast;
	size_t n = program->variables.len, i;
	struct uses uses = {.program = program, .arena = cg->arena};
	struct ast_visitor visitor = {.stmt = find_shared, .data = &uses};

	uses.variables = cg->program->variables = arena_new_array(cg->arena, struct cg_variable, n);
	uses.counts = arena_new_array(cg->arena, uint32_t, n);
	count_in(&uses, program->predicate);
	count_block(&uses, program->body);
	ast_walk_block(program->body, &visitor);

	for (i = 0; i < n; i++) {
		struct cg_variable *variable = &uses.variables[i];
		const struct type *type = program->variables.data[i]->type;

		if (!variable->is_shared && type_is_scalar(type) && cg->stack_budget)
			continue;
		if (!variable->is_shared && scratch_take_stack(cg, type->size))
			continue;
		variable->is_placed = true;
		variable->place = scratch_reserve(cg, type->size);
	}
}

/* The first use, on the stack. Zero at first, for variables that only some paths assign. */
static void place(struct codegen *cg, struct cg_variable *variable, const struct type *type)
{
	LLVMBasicBlockRef at = cg_current(cg);

	if (type_is_scalar(type))
		variable->memory = cg_local(cg, cg_type(cg, type), "");
	else
		variable->memory = cg_local(cg, LLVMArrayType2(cg->i64, (type->size + 7) / 8), "");
	variable->fn = cg->fn;
	cg_position(cg, cg->fn->entry);
	emit_zero(cg, variable->memory, type->size, type->align);
	cg_position(cg, at);
}

LLVMValueRef emit_variable_address(struct codegen *cg, const struct variable *variable)
{
	struct cg_variable *place_of = &cg->program->variables[variable->id];

	if (place_of->is_placed)
		return scratch_address(cg, place_of->place);
	if (place_of->fn != cg->fn)
		place(cg, place_of, variable->type);
	return place_of->memory;
}
