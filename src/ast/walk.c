/*
 * Copies and walks of the tree. Both need to know what hangs in a node; each_in_expr() and
 * each_in_stmt() alone do.
 */
#include "ast/ast.h"

/* What is done at each place where something hangs; what is there may be NULL. */
struct places {
	void (*expr)(struct expr **at, void *data);
	void (*type)(struct type_expr **at, void *data);
	void (*block)(struct block **at, void *data);
	void (*elements)(void **at, size_t bytes, void *data); /* a vector's, before each of them */
	void *data;
};

static void at_expr(const struct places *places, struct expr **at)
{
	places->expr(at, places->data);
}

static void at_type(const struct places *places, struct type_expr **at)
{
	places->type(at, places->data);
}

static void at_block(const struct places *places, struct block **at)
{
	places->block(at, places->data);
}

static void at_elements(const struct places *places, void **at, size_t bytes)
{
	if (places->elements && *at)
		places->elements(at, bytes, places->data);
}

static void each_in_exprs(expr_vec *exprs, const struct places *places)
{
	at_elements(places, (void **)&exprs->data, exprs->cap * sizeof(*exprs->data));
	for (size_t i = 0; i < exprs->len; i++)
		at_expr(places, &exprs->data[i]);
}

static void each_in_record(struct expr *expr, const struct places *places)
{
	at_elements(places, (void **)&expr->record.members.data,
		    expr->record.members.cap * sizeof(*expr->record.members.data));
	for (size_t i = 0; i < expr->record.members.len; i++)
		at_expr(places, &expr->record.members.data[i].value);
}

static void each_in_type(struct type_expr *type, const struct places *places)
{
	at_type(places, &type->of_type);
	at_expr(places, &type->of_expr);
}

static void each_in_expr(struct expr *expr, const struct places *places)
{
	switch (expr->kind) {
	case EXPR_INT:
	case EXPR_BOOL:
	case EXPR_STRING:
	case EXPR_PARAM:
	case EXPR_PARAM_COUNT:
	case EXPR_VAR:
		break;
	case EXPR_IDENT:
	case EXPR_BUILTIN:
		each_in_exprs(&expr->ident.args, places);
		break;
	case EXPR_MAP:
		each_in_exprs(&expr->map.keys, places);
		at_expr(places, &expr->map.key);
		break;
	case EXPR_CALL:
		each_in_exprs(&expr->call.args, places);
		break;
	case EXPR_UNARY:
		at_expr(places, &expr->unary.operand);
		break;
	case EXPR_INCDEC:
		at_expr(places, &expr->incdec.target);
		break;
	case EXPR_BINARY:
		at_expr(places, &expr->binary.left);
		at_expr(places, &expr->binary.right);
		break;
	case EXPR_TERNARY:
		at_expr(places, &expr->ternary.condition);
		at_expr(places, &expr->ternary.then);
		at_expr(places, &expr->ternary.otherwise);
		break;
	case EXPR_CAST:
		at_type(places, &expr->cast.to);
		at_expr(places, &expr->cast.operand);
		break;
	case EXPR_FIELD:
		at_expr(places, &expr->field.object);
		break;
	case EXPR_TUPLE_FIELD:
		at_expr(places, &expr->tuple_field.object);
		break;
	case EXPR_INDEX:
		at_expr(places, &expr->index.object);
		at_expr(places, &expr->index.index);
		break;
	case EXPR_TUPLE:
		each_in_exprs(&expr->tuple.members, places);
		break;
	case EXPR_RECORD:
		each_in_record(expr, places);
		break;
	case EXPR_SIZEOF:
	case EXPR_OFFSETOF:
	case EXPR_TYPEINFO:
		at_type(places, &expr->query.type);
		at_expr(places, &expr->query.expr);
		break;
	case EXPR_BLOCK:
		at_block(places, &expr->block);
		break;
	case EXPR_COMPTIME:
		at_expr(places, &expr->comptime);
		break;
	case EXPR_TYPE:
		at_type(places, &expr->type_name);
		break;
	}
}

static void each_in_stmt(struct stmt *stmt, const struct places *places)
{
	switch (stmt->kind) {
	case STMT_EXPR:
	case STMT_DISCARD:
	case STMT_RETURN:
		at_expr(places, &stmt->expr);
		break;
	case STMT_ASSIGN:
		at_expr(places, &stmt->assign.target);
		at_expr(places, &stmt->assign.value);
		break;
	case STMT_LET:
		at_type(places, &stmt->let.type);
		at_expr(places, &stmt->let.value);
		break;
	case STMT_IF:
		at_expr(places, &stmt->branch.condition);
		at_block(places, &stmt->branch.then);
		at_block(places, &stmt->branch.otherwise);
		break;
	case STMT_FOR_MAP:
	case STMT_FOR_RANGE:
		at_expr(places, &stmt->loop.map);
		at_expr(places, &stmt->loop.from);
		at_expr(places, &stmt->loop.to);
		at_block(places, &stmt->loop.body);
		break;
	case STMT_WHILE:
	case STMT_UNROLL:
		at_expr(places, &stmt->repeat.condition);
		at_block(places, &stmt->repeat.body);
		break;
	case STMT_BREAK:
	case STMT_CONTINUE:
		break;
	case STMT_BLOCK:
		at_block(places, &stmt->block);
		break;
	}
}

/* --- copies --- */

static void clone_expr_at(struct expr **at, void *data)
{
	*at = ast_clone_expr(data, *at);
}

static void clone_block_at(struct block **at, void *data)
{
	*at = ast_clone_block(data, *at);
}

static void clone_elements_at(void **at, size_t bytes, void *data)
{
	*at = arena_memdup(data, *at, bytes);
}

static void clone_type_at(struct type_expr **at, void *data);

static struct places cloning(struct arena *arena)
{
	return (struct places){clone_expr_at, clone_type_at, clone_block_at, clone_elements_at,
			       arena};
}

static void clone_type_at(struct type_expr **at, void *data)
{
	struct places places = cloning(data);

	if (!*at)
		return;
	*at = arena_memdup(data, *at, sizeof(**at));
	each_in_type(*at, &places);
}

struct expr *ast_clone_expr(struct arena *arena, const struct expr *expr)
{
	struct places places = cloning(arena);
	struct expr *copy;

	if (!expr)
		return NULL;
	copy = arena_memdup(arena, expr, sizeof(*expr));
	each_in_expr(copy, &places);
	return copy;
}

static struct stmt *clone_stmt(struct arena *arena, const struct stmt *stmt)
{
	struct places places = cloning(arena);
	struct stmt *copy = arena_memdup(arena, stmt, sizeof(*stmt));

	each_in_stmt(copy, &places);
	return copy;
}

struct block *ast_clone_block(struct arena *arena, const struct block *block)
{
	struct block *copy;

	if (!block)
		return NULL;
	copy = block_new(arena, block->span);
	copy->depth = block->depth;
	copy->expansion = block->expansion;
	for (size_t i = 0; i < block->stmts.len; i++)
		vec_push(arena, &copy->stmts, clone_stmt(arena, block->stmts.data[i]));
	copy->tail = ast_clone_expr(arena, block->tail);
	return copy;
}

/* --- walks --- */

static void walk_expr_at(struct expr **at, void *visitor)
{
	ast_walk_expr(at, visitor);
}

static void walk_block_at(struct block **at, void *visitor)
{
	ast_walk_block(*at, visitor);
}

static void walk_type_at(struct type_expr **at, void *visitor);

static struct places walking(const struct ast_visitor *visitor)
{
	return (struct places){walk_expr_at, walk_type_at, walk_block_at, NULL, (void *)visitor};
}

static void walk_type_at(struct type_expr **at, void *visitor)
{
	struct places places = walking(visitor);

	if (*at)
		each_in_type(*at, &places);
}

static bool enter(const struct ast_visitor *visitor)
{
	struct ast_limit *limit = visitor->limit;

	if (!limit)
		return true;
	limit->exceeded |= limit->depth == limit->most;
	if (limit->exceeded)
		return false;
	limit->depth++;
	return true;
}

static void leave(const struct ast_visitor *visitor)
{
	if (visitor->limit)
		visitor->limit->depth--;
}

void ast_walk_expr(struct expr **expr, const struct ast_visitor *visitor)
{
	struct places places = walking(visitor);

	if (!*expr || !enter(visitor))
		return;
	each_in_expr(*expr, &places);
	if (visitor->expr)
		visitor->expr(expr, visitor->data);
	leave(visitor);
}

static void walk_stmt(struct stmt **at, const struct ast_visitor *visitor)
{
	struct places places = walking(visitor);

	if (!enter(visitor))
		return;
	each_in_stmt(*at, &places);
	if (visitor->stmt)
		visitor->stmt(at, visitor->data);
	leave(visitor);
}

void ast_walk_block(struct block *block, const struct ast_visitor *visitor)
{
	if (!block)
		return;
	for (size_t i = 0; i < block->stmts.len; i++)
		walk_stmt(&block->stmts.data[i], visitor);
	ast_walk_expr(&block->tail, visitor);
}
