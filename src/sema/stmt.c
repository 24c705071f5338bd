/* Statements. */
#include "sema/internal.h"

/* Copies that nested unroll() make of a statement: each is code of its own. */
#define MOST_UNROLLED 10000u
/* Rounds of a loop that the verifier follows. */
#define MOST_FOLLOWED 100u

static void sema_stmt(struct sema *sema, struct stmt *stmt);

/* --- values that nobody uses --- */

/* delete(@m[k]): scripts that spell it so are older than its value. */
static bool is_old_delete(const struct expr *expr)
{
	return expr->kind == EXPR_CALL && expr->call.function &&
	       expr->call.function->id == FUNCTION_delete && expr->call.args.len &&
	       expr->call.args.data[0]->kind == EXPR_MAP &&
	       expr->call.args.data[0]->map.has_brackets;
}

static bool is_effect(const struct sema *sema, const struct expr *expr)
{
	if (!sema_is_known(sema, expr) || expr->type->kind == TYPE_NONE || is_old_delete(expr))
		return true;
	return expr->kind == EXPR_INCDEC;
}

static void discard(struct sema *sema, struct expr **expr)
{
	size_t errors = diags_count(sema->diags, DIAG_ERROR);
	struct diag *diag;

	sema_expr(sema, expr);
	if (is_effect(sema, *expr) || diags_count(sema->diags, DIAG_ERROR) > errors)
		return;
	if ((*expr)->kind == EXPR_BLOCK)
		return;
	diag = sema_warning(sema, "discarded-value", (*expr)->span, "Return value discarded.");
	if ((*expr)->kind == EXPR_CALL)
		diag_hint(diag, "If this is meant, write: _ = %s(...)", (*expr)->call.name);
}

/* --- assignment --- */

static bool is_aggregate_call(const struct expr *expr)
{
	const struct lang_function *function;

	if (expr->kind != EXPR_CALL)
		return false;
	function = lang_find_function(expr->call.name);
	return function && function->flags & FN_AGGREGATE;
}

/* One map's aggregate cannot become another's value; as a number it can. */
static void report_aggregate_copy(struct sema *sema, const struct expr *target, struct expr *value)
{
	const char *type = sema_type_name(sema, value->type);
	struct diag *diag =
		sema_error(sema, "aggregate-copy", value->span,
			   "Map value '%s' cannot be assigned from one map to another. "
			   "The function that returns this type must be called directly",
			   type);

	if (type_is_castable_aggregate(value->type))
		diag_hint(diag, "Add a cast to store the number: @%s = (uint64)@%s",
			  target->map.name, value->map.name);
	value->type = sema->unknown;
}

static void assign_map(struct sema *sema, struct stmt *stmt)
{
	struct expr *target = stmt->assign.target;
	bool is_aggregate = is_aggregate_call(stmt->assign.value);
	struct sema_map *map;

	sema->aggregate_ok = is_aggregate;
	sema_expr(sema, &stmt->assign.value);
	sema->aggregate_ok = false;
	if (!is_aggregate && sema_is_known(sema, stmt->assign.value)) {
		if (stmt->assign.value->kind == EXPR_MAP &&
		    type_is_aggregate(stmt->assign.value->type))
			report_aggregate_copy(sema, target, stmt->assign.value);
		else
			sema_read(sema, &stmt->assign.value);
	}
	map = sema_map(sema, target, target->map.keys.len ? MAP_KEYED : MAP_SCALAR);
	map_assign(sema, map, target, &stmt->assign.value);
	if (is_aggregate)
		sema_map_updates(sema, map);
	else
		sema_join_to(sema, &stmt->assign.value, target->type);
}

static void check_variable_value(struct sema *sema, struct expr *value)
{
	if (!sema_is_known(sema, value))
		return;
	if (value->type->size)
		return;
	sema_error(sema, "no-value", value->span,
		   "A value of type '%s' cannot be assigned to a variable",
		   sema_type_name(sema, value->type));
	value->type = sema->unknown;
}

static void assign_var(struct sema *sema, struct stmt *stmt)
{
	sema_value(sema, &stmt->assign.value);
	check_variable_value(sema, stmt->assign.value);
	sema_assign_var(sema, stmt->assign.target, stmt->assign.value, NULL);
	sema_join_to(sema, &stmt->assign.value, stmt->assign.target->type);
}

/* --- compound assignment --- */

static bool compound_on_pointer(struct sema *sema, struct stmt *stmt)
{
	const struct type *type = stmt->assign.target->type;
	enum binary_op op = stmt->assign.op;

	if (!sema_is_known(sema, stmt->assign.target) || type->kind != TYPE_PTR)
		return false;
	if (op != BINARY_ADD && op != BINARY_SUB)
		sema_error(sema, "operand-types", stmt->span,
			   "The %s= operator can not be used on expressions of types '%s' and '%s'",
			   binary_op_text(op), sema_type_name(sema, type),
			   sema_type_name(sema, stmt->assign.value->type));
	sema_cast_to(sema, &stmt->assign.value, sema_int64(sema));
	return true;
}

/*
 * What the operation leaves in its target, as a value to be joined into the target's type: the
 * operand itself, except that differences are signed and that shifts keep the target's sign.
 */
static const struct expr *compound_value(struct sema *sema, const struct stmt *stmt)
{
	const struct expr *value = stmt->assign.value;
	struct expr *stand_in = sema_int(sema, value->span, 0, false);

	switch (stmt->assign.op) {
	case BINARY_SHL:
	case BINARY_SHR:
		return stand_in;
	case BINARY_SUB:
		stand_in = sema_new(sema, EXPR_CAST, value->span, sema_int64(sema));
		stand_in->cast.operand = (struct expr *)value;
		return stand_in;
	case BINARY_ADD:
	case BINARY_MUL:
	case BINARY_DIV:
	case BINARY_MOD:
	case BINARY_AND:
	case BINARY_OR:
	case BINARY_XOR:
	case BINARY_EQ:
	case BINARY_NE:
	case BINARY_LT:
	case BINARY_LE:
	case BINARY_GT:
	case BINARY_GE:
	case BINARY_LAND:
	case BINARY_LOR:
		break;
	}
	if (value->kind != EXPR_BOOL && value->type->kind != TYPE_BOOL)
		return value;
	return stand_in;
}

static void compound_var(struct sema *sema, struct stmt *stmt)
{
	struct expr *target = stmt->assign.target;
	struct sema_variable *variable = scope_use(sema, target);

	if (!variable)
		return;
	variable->variable->is_read = true;
	variable->has_value = true;
	if (!sema_is_known(sema, stmt->assign.value) || compound_on_pointer(sema, stmt))
		return;
	if (sema_is_known(sema, target) && !type_is_integer(target->type)) {
		sema_error(sema, "type-mismatch", stmt->span,
			   "Type mismatch for $%s: the %s= operator can not be used on a variable "
			   "of type '%s'",
			   sema_written_name(sema, target->var.name),
			   binary_op_text(stmt->assign.op), sema_type_name(sema, target->type));
		return;
	}
	if (variable->variable->is_fixed)
		return;
	scope_assign(sema, variable, compound_value(sema, stmt), NULL, stmt->span);
	infer_wide(sema, &variable->infer);
	scope_learned(sema, variable);
	target->type = variable->variable->type;
}

static void compound_map(struct sema *sema, struct stmt *stmt)
{
	struct expr *target = stmt->assign.target;
	struct sema_map *map =
		sema_map(sema, target, target->map.keys.len ? MAP_KEYED : MAP_SCALAR);

	if (!sema_is_known(sema, stmt->assign.value))
		return;
	map_update(sema, map, target, compound_value(sema, stmt));
	compound_on_pointer(sema, stmt);
}

static void compound_division(struct sema *sema, struct stmt *stmt)
{
	const struct expr *value = stmt->assign.value;

	if (stmt->assign.op != BINARY_DIV && stmt->assign.op != BINARY_MOD)
		return;
	if (value->kind != EXPR_INT || !value->integer.value)
		stmt->error_event = sema_division_error(sema, stmt->span);
}

static void assign_compound(struct sema *sema, struct stmt *stmt)
{
	struct expr *target = stmt->assign.target, *value;

	sema_value(sema, &stmt->assign.value);
	value = stmt->assign.value;
	if (sema_is_known(sema, value) && !type_is_integer(value->type) &&
	    value->type->kind != TYPE_BOOL) {
		sema_error(sema, "operand-types", value->span,
			   "The %s= operator can not be used with a value of type '%s'",
			   binary_op_text(stmt->assign.op), sema_type_name(sema, value->type));
		value->type = sema->unknown;
	}
	if (target->kind == EXPR_VAR)
		compound_var(sema, stmt);
	else
		compound_map(sema, stmt);
	if (!sema_is_known(sema, stmt->assign.value) || !sema_is_known(sema, target))
		return;
	if (target->type->kind != TYPE_PTR)
		sema_cast_to(sema, &stmt->assign.value,
			     type_int(sema->types, 8, target->type->is_signed));
	compound_division(sema, stmt);
}

static void sema_assign(struct sema *sema, struct stmt *stmt)
{
	if (stmt->assign.is_compound)
		assign_compound(sema, stmt);
	else if (stmt->assign.target->kind == EXPR_VAR)
		assign_var(sema, stmt);
	else
		assign_map(sema, stmt);
}

/* --- let --- */

static const struct type *declared_type(struct sema *sema, struct stmt *stmt)
{
	const struct expr *value = stmt->let.value;
	const struct type *type = sema_type(sema, stmt->let.type, value);

	if (type != sema->unknown && (type_is_aggregate(type) || type->kind == TYPE_NONE)) {
		sema_error(sema, "variable-type", stmt->let.type->span,
			   "A variable cannot be of type '%s'", sema_type_name(sema, type));
		return sema->unknown;
	}
	if (!value || !sema_is_known(sema, value) || type == sema->unknown)
		return type;
	return sema_keep_space(sema, type, value->type);
}

static void sema_let(struct sema *sema, struct stmt *stmt)
{
	struct sema_variable *variable;

	if (stmt->let.value) {
		sema_value(sema, &stmt->let.value);
		check_variable_value(sema, stmt->let.value);
	}
	if (scope_redeclares(sema, stmt->let.name, stmt->let.name_span))
		return;
	variable = scope_declare(sema, stmt->let.name, stmt->let.name_span);
	stmt->let.variable = variable->variable;
	if (stmt->let.type)
		scope_fix(sema, variable, declared_type(sema, stmt));
	if (!stmt->let.value)
		return;
	scope_assign(sema, variable, stmt->let.value, NULL, stmt->let.value->span);
	sema_join_to(sema, &stmt->let.value, variable->variable->type);
}

/* --- branches --- */

static void sema_comptime_if(struct sema *sema, struct stmt *stmt)
{
	struct block *taken;
	bool value;

	if (!sema_comptime_condition(sema, &stmt->branch.condition, &value))
		return;
	taken = value ? stmt->branch.then : stmt->branch.otherwise;
	stmt->kind = STMT_BLOCK;
	stmt->block = taken ? taken : block_new(sema->arena, stmt->span);
	sema_nested_block(sema, stmt->block);
}

static void sema_if(struct sema *sema, struct stmt *stmt)
{
	if (stmt->branch.is_comptime) {
		sema_comptime_if(sema, stmt);
		return;
	}
	sema_condition(sema, &stmt->branch.condition);
	sema_nested_block(sema, stmt->branch.then);
	if (stmt->branch.otherwise)
		sema_nested_block(sema, stmt->branch.otherwise);
}

/* --- loops --- */

/* The loop's variable is visible in its body only. */
static struct sema_variable *loop_variable(struct sema *sema, struct stmt *stmt)
{
	struct sema_variable *variable = scope_find(sema, stmt->loop.name);

	if (variable)
		diag_note(sema_error(sema, "shadowing", stmt->loop.name_span,
				     "Loop declaration shadows existing variable: $%s",
				     sema_written_name(sema, stmt->loop.name)),
			  variable->variable->span, "This is the initial declaration.");
	scope_push(sema);
	variable = scope_declare(sema, stmt->loop.name, stmt->loop.name_span);
	variable->has_value = true;
	variable->variable->is_assigned = true;
	stmt->loop.variable = variable->variable;
	return variable;
}

static void note_calls(struct sema *sema, uint32_t calls)
{
	if (sema->calls_within < calls)
		sema->calls_within = calls;
}

void sema_needs_function(struct sema *sema, struct span span)
{
	if (sema->call_depth == PLAN_MOST_NESTING)
		sema_error(sema, "loop-nesting", span,
			   "This takes a loop of its own, in loops that are nested %u deep: more "
			   "than the kernel allows",
			   PLAN_MOST_NESTING);
	note_calls(sema, 1);
}

static void repeated_body(struct sema *sema, struct block *body)
{
	sema->loop_depth++;
	sema_nested_block(sema, body);
	sema->loop_depth--;
}

/* Of a loop whose body is a function of its own, called by a helper; @condition, which may be NULL,
 * is tested within it. */
static void called_body(struct sema *sema, const struct stmt *stmt, struct expr **condition,
			struct block *body)
{
	uint32_t calls = sema->calls_within, own;

	if (sema->call_depth++ == PLAN_MOST_NESTING)
		diag_hint(sema_error(sema, "loop-nesting", stmt->span,
				     "Loops are nested more than %u deep, which the kernel does "
				     "not allow",
				     PLAN_MOST_NESTING),
			  "unroll() and ranges of few rounds are not counted");
	sema->calls_within = 0;
	if (condition)
		sema_condition(sema, condition);
	repeated_body(sema, body);
	own = sema->calls_within;
	sema->calls_within = calls;
	sema->call_depth--;
	note_calls(sema, 1 + own);
}

/* What an entry's value is read as; NULL if a loop cannot have it. */
static const struct type *entry_value(struct sema *sema, const struct type *type)
{
	if (!type_is_aggregate(type))
		return type;
	if (!type_is_castable_aggregate(type))
		return NULL;
	return type_int(sema->types, 8, type->is_signed);
}

static const struct type *entry_type(struct sema *sema, const struct stmt *stmt,
				     const struct sema_map *map)
{
	const struct type *members[2] = {map->key.type, NULL};

	if (map->shape_known && map->is_scalar) {
		sema_error(sema, "loop-scalar", stmt->loop.map->span,
			   "@%s has no explicit keys (scalar map), and can not be used in a loop",
			   map->name);
		return sema->unknown;
	}
	if (!map->key.type || !map->value.type)
		return sema->unknown;
	members[1] = entry_value(sema, map->value.type);
	if (members[1])
		return type_tuple(sema->types, members, 2);
	sema_error(sema, "loop-type", stmt->loop.map->span,
		   "Loop expression does not support type: %s",
		   sema_type_name(sema, map->value.type));
	return sema->unknown;
}

static void sema_for_map(struct sema *sema, struct stmt *stmt)
{
	struct sema_variable *variable;
	struct sema_map *map;

	if (stmt->loop.map->kind != EXPR_MAP || stmt->loop.map->map.keys.len) {
		sema_error(sema, "loop-type", stmt->loop.map->span,
			   "A loop goes over a map: for ($kv : @map), or over a range: for ($i : "
			   "0..10)");
		return;
	}
	map = sema_map(sema, stmt->loop.map, MAP_WHOLE);
	variable = loop_variable(sema, stmt);
	scope_fix(sema, variable, entry_type(sema, stmt, map));
	called_body(sema, stmt, NULL, stmt->loop.body);
	scope_pop(sema);
}

/* The kernel ends a loop silently, or refuses it. */
static uint32_t rounds_error(struct sema *sema, struct span span)
{
	const char *text = arena_printf(sema->arena,
					"The loop was ended: it has more rounds than the kernel "
					"allows, %u.",
					PLAN_MOST_ROUNDS);

	return sema_runtime_error(sema, span, text);
}

/* Whether the bounds are known to leave the loop so many rounds at most: *rounds, then. */
static bool knows_rounds(const struct stmt *stmt, uint32_t most, uint32_t *rounds)
{
	bool from_negative, to_negative;
	uint64_t from, to, n;

	if (!sema_const_int(stmt->loop.to, &to, &to_negative) ||
	    !sema_const_int(stmt->loop.from, &from, &from_negative))
		return false;
	from = from_negative ? -from : from;
	to = to_negative ? -to : to;
	n = (int64_t)to > (int64_t)from ? to - from : 0;
	*rounds = (uint32_t)n;
	return n <= most;
}

static void check_bound(struct sema *sema, struct expr **bound)
{
	sema_value(sema, bound);
	if (!sema_is_known(sema, *bound))
		return;
	if (type_is_integer((*bound)->type)) {
		sema_cast_to(sema, bound, sema_int64(sema));
		return;
	}
	sema_error(sema, "loop-range", (*bound)->span,
		   "A loop's range needs integers, but '%s' was given",
		   sema_type_name(sema, (*bound)->type));
}

static void sema_for_range(struct sema *sema, struct stmt *stmt)
{
	struct span range = {stmt->loop.from->span.start, stmt->loop.to->span.end};
	struct sema_variable *variable;

	check_bound(sema, &stmt->loop.from);
	check_bound(sema, &stmt->loop.to);
	variable = loop_variable(sema, stmt);
	scope_fix(sema, variable, sema_int64(sema));
	stmt->loop.is_followed = sema->call_depth == PLAN_MOST_NESTING &&
				 knows_rounds(stmt, MOST_FOLLOWED, &stmt->loop.rounds);
	if (!knows_rounds(stmt, PLAN_MOST_ROUNDS, &stmt->loop.rounds))
		stmt->error_event = rounds_error(sema, range);
	if (stmt->loop.is_followed)
		repeated_body(sema, stmt->loop.body);
	else
		called_body(sema, stmt, NULL, stmt->loop.body);
	scope_pop(sema);
}

static void sema_while(struct sema *sema, struct stmt *stmt)
{
	struct span head = {stmt->span.start, stmt->repeat.condition->span.end};
	struct diag *diag = sema_warning(sema, "deprecated-while", head,
					 "'while' is deprecated and may be removed");

	diag_hint(diag, "Use a loop over a range: for $i : 0..100 { ... }");
	stmt->error_event = rounds_error(sema, head);
	called_body(sema, stmt, &stmt->repeat.condition, stmt->repeat.body);
}

static void sema_unroll(struct sema *sema, struct stmt *stmt)
{
	struct span span = stmt->repeat.condition->span;
	uint32_t within = sema->unrolled;
	bool is_negative = false;
	uint64_t count = 1;

	sema_value(sema, &stmt->repeat.condition);
	if (sema_is_known(sema, stmt->repeat.condition) &&
	    !sema_const_int(stmt->repeat.condition, &count, &is_negative))
		sema_error(sema, "unroll-count", span,
			   "unroll needs a number that is known when the script is compiled");
	else if (is_negative || count < 1)
		sema_error(sema, "unroll-count", span, "unroll minimum value is 1");
	else if (count > 100)
		sema_error(sema, "unroll-count", span, "unroll maximum value is 100");
	else if ((within + 1) * count > MOST_UNROLLED)
		sema_error(sema, "unroll-count", span,
			   "unroll repeats this %llu times together with those around it, the "
			   "maximum is %u",
			   (within + 1ULL) * count, MOST_UNROLLED);
	else
		stmt->repeat.count = (uint32_t)count;
	sema->unrolled = (within + 1) * (stmt->repeat.count ? stmt->repeat.count : 1) - 1;
	repeated_body(sema, stmt->repeat.body);
	sema->unrolled = within;
}

static void check_in_loop(struct sema *sema, const struct stmt *stmt, const char *word)
{
	if (!sema->loop_depth)
		sema_error(sema, "outside-loop", stmt->span,
			   "%s statement must be inside of a loop", word);
}

/* --- all --- */

static void sema_stmt(struct sema *sema, struct stmt *stmt)
{
	switch (stmt->kind) {
	case STMT_EXPR:
		discard(sema, &stmt->expr);
		break;
	case STMT_DISCARD:
		sema_expr(sema, &stmt->expr);
		break;
	case STMT_ASSIGN:
		sema_assign(sema, stmt);
		break;
	case STMT_LET:
		sema_let(sema, stmt);
		break;
	case STMT_IF:
		sema_if(sema, stmt);
		break;
	case STMT_FOR_MAP:
		sema_for_map(sema, stmt);
		break;
	case STMT_FOR_RANGE:
		sema_for_range(sema, stmt);
		break;
	case STMT_WHILE:
		sema_while(sema, stmt);
		break;
	case STMT_UNROLL:
		sema_unroll(sema, stmt);
		break;
	case STMT_BREAK:
		check_in_loop(sema, stmt, "break");
		break;
	case STMT_CONTINUE:
		check_in_loop(sema, stmt, "continue");
		break;
	case STMT_RETURN:
		if (stmt->expr)
			sema_value(sema, &stmt->expr);
		break;
	case STMT_BLOCK:
		sema_nested_block(sema, stmt->block);
		break;
	}
}

static bool block_leaves(const struct block *block);

/* Whether nothing after the statement is carried out. */
static bool leaves(const struct stmt *stmt)
{
	const struct expr *expr = stmt->expr;

	switch (stmt->kind) {
	case STMT_RETURN:
	case STMT_BREAK:
	case STMT_CONTINUE:
		return true;
	case STMT_BLOCK:
		return block_leaves(stmt->block);
	case STMT_IF:
		return block_leaves(stmt->branch.then) && block_leaves(stmt->branch.otherwise);
	case STMT_EXPR:
		return expr->kind == EXPR_CALL && expr->call.function &&
		       expr->call.function->id == FUNCTION_exit;
	case STMT_LET:
	case STMT_ASSIGN:
	case STMT_DISCARD:
	case STMT_FOR_MAP:
	case STMT_FOR_RANGE:
	case STMT_WHILE:
	case STMT_UNROLL:
		break;
	}
	return false;
}

static bool block_leaves(const struct block *block)
{
	return block && !block->tail && block->stmts.len && leaves(vec_last(&block->stmts));
}

/* The branch of an "if comptime" at the end of a block that is a value has that value. */
static void yield_branch(struct sema *sema, struct block *block)
{
	struct stmt *stmt = vec_last(&block->stmts);
	struct block *taken = stmt->branch.then;
	bool is_true;

	block->stmts.len--;
	block->tail = sema_new(sema, EXPR_BLOCK, stmt->span, sema->unknown);
	block->tail->block = taken;
	if (!sema_comptime_condition(sema, &stmt->branch.condition, &is_true))
		return;
	if (!is_true)
		taken = stmt->branch.otherwise;
	block->tail->block = taken ? taken : block_new(sema->arena, stmt->span);
	sema_expr(sema, &block->tail);
}

static void check_stmts(struct sema *sema, struct block *block, size_t n)
{
	bool left = false;

	for (size_t i = 0; i < n; i++) {
		struct stmt *stmt = block->stmts.data[i];

		if (left)
			sema_warning(sema, "unreachable", stmt->span, "Unreachable statement.");
		sema_stmt(sema, stmt);
		left = leaves(stmt);
	}
}

static void check_block(struct sema *sema, struct block *block, bool is_value)
{
	bool yields = is_value && !block->tail && block_has_value(block);
	const struct expansion *outer = sema->expansion;
	uint32_t calls = sema->calls_within;

	if (block->expansion)
		sema->expansion = block->expansion;
	sema->calls_within = 0;
	scope_push(sema);
	check_stmts(sema, block, block->stmts.len - yields);
	if (yields)
		yield_branch(sema, block);
	else if (block->tail && is_value)
		sema_expr(sema, &block->tail);
	else if (block->tail)
		discard(sema, &block->tail);
	scope_pop(sema);
	sema->expansion = outer;
	block->calls = sema->calls_within;
	note_calls(sema, calls);
}

void sema_block(struct sema *sema, struct block *block)
{
	check_block(sema, block, true);
}

void sema_nested_block(struct sema *sema, struct block *block)
{
	check_block(sema, block, false);
}
