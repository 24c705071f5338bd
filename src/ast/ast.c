/* Constructors, copies and walks of the tree. */
#include "ast/ast.h"

struct expr *expr_new(struct arena *arena, enum expr_kind kind, struct span span)
{
	struct expr *expr = arena_new_object(arena, struct expr);

	expr->kind = kind;
	expr->span = span;
	return expr;
}

struct stmt *stmt_new(struct arena *arena, enum stmt_kind kind, struct span span)
{
	struct stmt *stmt = arena_new_object(arena, struct stmt);

	stmt->kind = kind;
	stmt->span = span;
	return stmt;
}

struct block *block_new(struct arena *arena, struct span span)
{
	struct block *block = arena_new_object(arena, struct block);

	block->span = span;
	return block;
}

struct expr *expr_int(struct arena *arena, struct span span, uint64_t value)
{
	struct expr *expr = expr_new(arena, EXPR_INT, span);

	expr->integer.value = value;
	return expr;
}

struct expr *expr_bool(struct arena *arena, struct span span, bool value)
{
	struct expr *expr = expr_new(arena, EXPR_BOOL, span);

	expr->integer.value = value;
	return expr;
}

struct expr *expr_string(struct arena *arena, struct span span, const char *data, size_t len)
{
	struct expr *expr = expr_new(arena, EXPR_STRING, span);

	expr->string.data = data;
	expr->string.len = len;
	return expr;
}

struct expr *expr_unary(struct arena *arena, struct span span, enum unary_op op,
			struct expr *operand)
{
	struct expr *expr = expr_new(arena, EXPR_UNARY, span);

	expr->unary.op = op;
	expr->unary.operand = operand;
	return expr;
}

struct expr *expr_binary(struct arena *arena, struct span span, enum binary_op op,
			 struct expr *left, struct expr *right)
{
	struct expr *expr = expr_new(arena, EXPR_BINARY, span);

	expr->binary.op = op;
	expr->binary.left = left;
	expr->binary.right = right;
	return expr;
}

struct expr *expr_implicit_cast(struct arena *arena, struct expr *operand, const struct type *type)
{
	struct expr *expr = expr_new(arena, EXPR_CAST, operand->span);

	expr->cast.operand = operand;
	expr->cast.is_implicit = true;
	expr->type = type;
	return expr;
}

/* --- copies --- */

static void clone_exprs(struct arena *arena, expr_vec *to, const expr_vec *from)
{
	*to = (expr_vec){0};
	for (size_t i = 0; i < from->len; i++)
		vec_push(arena, to, ast_clone_expr(arena, from->data[i]));
}

static struct type_expr *clone_type(struct arena *arena, const struct type_expr *type)
{
	struct type_expr *copy;

	if (!type)
		return NULL;
	copy = arena_memdup(arena, type, sizeof(*type));
	copy->of_type = clone_type(arena, type->of_type);
	copy->of_expr = ast_clone_expr(arena, type->of_expr);
	return copy;
}

static void clone_members(struct arena *arena, struct expr *copy, const struct expr *expr)
{
	memset(&copy->record.members, 0, sizeof(copy->record.members));
	for (size_t i = 0; i < expr->record.members.len; i++) {
		struct record_member member = expr->record.members.data[i];

		member.value = ast_clone_expr(arena, member.value);
		vec_push(arena, &copy->record.members, member);
	}
}

struct expr *ast_clone_expr(struct arena *arena, const struct expr *expr)
{
	struct expr *copy;

	if (!expr)
		return NULL;
	copy = arena_memdup(arena, expr, sizeof(*expr));
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
		clone_exprs(arena, &copy->ident.args, &expr->ident.args);
		break;
	case EXPR_MAP:
		clone_exprs(arena, &copy->map.keys, &expr->map.keys);
		copy->map.key = ast_clone_expr(arena, expr->map.key);
		break;
	case EXPR_CALL:
		clone_exprs(arena, &copy->call.args, &expr->call.args);
		break;
	case EXPR_UNARY:
		copy->unary.operand = ast_clone_expr(arena, expr->unary.operand);
		break;
	case EXPR_INCDEC:
		copy->incdec.target = ast_clone_expr(arena, expr->incdec.target);
		break;
	case EXPR_BINARY:
		copy->binary.left = ast_clone_expr(arena, expr->binary.left);
		copy->binary.right = ast_clone_expr(arena, expr->binary.right);
		break;
	case EXPR_TERNARY:
		copy->ternary.condition = ast_clone_expr(arena, expr->ternary.condition);
		copy->ternary.then = ast_clone_expr(arena, expr->ternary.then);
		copy->ternary.otherwise = ast_clone_expr(arena, expr->ternary.otherwise);
		break;
	case EXPR_CAST:
		copy->cast.to = clone_type(arena, expr->cast.to);
		copy->cast.operand = ast_clone_expr(arena, expr->cast.operand);
		break;
	case EXPR_FIELD:
		copy->field.object = ast_clone_expr(arena, expr->field.object);
		break;
	case EXPR_TUPLE_FIELD:
		copy->tuple_field.object = ast_clone_expr(arena, expr->tuple_field.object);
		break;
	case EXPR_INDEX:
		copy->index.object = ast_clone_expr(arena, expr->index.object);
		copy->index.index = ast_clone_expr(arena, expr->index.index);
		break;
	case EXPR_TUPLE:
		clone_exprs(arena, &copy->tuple.members, &expr->tuple.members);
		break;
	case EXPR_RECORD:
		clone_members(arena, copy, expr);
		break;
	case EXPR_SIZEOF:
	case EXPR_OFFSETOF:
	case EXPR_TYPEINFO:
		copy->query.type = clone_type(arena, expr->query.type);
		copy->query.expr = ast_clone_expr(arena, expr->query.expr);
		break;
	case EXPR_BLOCK:
		copy->block = ast_clone_block(arena, expr->block);
		break;
	case EXPR_COMPTIME:
		copy->comptime = ast_clone_expr(arena, expr->comptime);
		break;
	case EXPR_TYPE:
		copy->type_name = clone_type(arena, expr->type_name);
		break;
	}
	return copy;
}

struct stmt *ast_clone_stmt(struct arena *arena, const struct stmt *stmt)
{
	struct stmt *copy = arena_memdup(arena, stmt, sizeof(*stmt));

	switch (stmt->kind) {
	case STMT_EXPR:
	case STMT_DISCARD:
	case STMT_RETURN:
		copy->expr = ast_clone_expr(arena, stmt->expr);
		break;
	case STMT_ASSIGN:
		copy->assign.target = ast_clone_expr(arena, stmt->assign.target);
		copy->assign.value = ast_clone_expr(arena, stmt->assign.value);
		break;
	case STMT_LET:
		copy->let.type = clone_type(arena, stmt->let.type);
		copy->let.value = ast_clone_expr(arena, stmt->let.value);
		break;
	case STMT_IF:
		copy->branch.condition = ast_clone_expr(arena, stmt->branch.condition);
		copy->branch.then = ast_clone_block(arena, stmt->branch.then);
		copy->branch.otherwise = ast_clone_block(arena, stmt->branch.otherwise);
		break;
	case STMT_FOR_MAP:
	case STMT_FOR_RANGE:
		copy->loop.map = ast_clone_expr(arena, stmt->loop.map);
		copy->loop.from = ast_clone_expr(arena, stmt->loop.from);
		copy->loop.to = ast_clone_expr(arena, stmt->loop.to);
		copy->loop.body = ast_clone_block(arena, stmt->loop.body);
		break;
	case STMT_WHILE:
	case STMT_UNROLL:
		copy->repeat.condition = ast_clone_expr(arena, stmt->repeat.condition);
		copy->repeat.body = ast_clone_block(arena, stmt->repeat.body);
		break;
	case STMT_BREAK:
	case STMT_CONTINUE:
		break;
	case STMT_BLOCK:
		copy->block = ast_clone_block(arena, stmt->block);
		break;
	}
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
		vec_push(arena, &copy->stmts, ast_clone_stmt(arena, block->stmts.data[i]));
	copy->tail = ast_clone_expr(arena, block->tail);
	return copy;
}

/* --- walks --- */

static void walk_exprs(expr_vec *exprs, const struct ast_visitor *visitor)
{
	for (size_t i = 0; i < exprs->len; i++)
		ast_walk_expr(&exprs->data[i], visitor);
}

static void walk_type(struct type_expr *type, const struct ast_visitor *visitor)
{
	if (!type)
		return;
	walk_type(type->of_type, visitor);
	ast_walk_expr(&type->of_expr, visitor);
}

static void walk_children(struct expr *expr, const struct ast_visitor *visitor)
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
		walk_exprs(&expr->ident.args, visitor);
		break;
	case EXPR_MAP:
		walk_exprs(&expr->map.keys, visitor);
		ast_walk_expr(&expr->map.key, visitor);
		break;
	case EXPR_CALL:
		walk_exprs(&expr->call.args, visitor);
		break;
	case EXPR_UNARY:
		ast_walk_expr(&expr->unary.operand, visitor);
		break;
	case EXPR_INCDEC:
		ast_walk_expr(&expr->incdec.target, visitor);
		break;
	case EXPR_BINARY:
		ast_walk_expr(&expr->binary.left, visitor);
		ast_walk_expr(&expr->binary.right, visitor);
		break;
	case EXPR_TERNARY:
		ast_walk_expr(&expr->ternary.condition, visitor);
		ast_walk_expr(&expr->ternary.then, visitor);
		ast_walk_expr(&expr->ternary.otherwise, visitor);
		break;
	case EXPR_CAST:
		walk_type(expr->cast.to, visitor);
		ast_walk_expr(&expr->cast.operand, visitor);
		break;
	case EXPR_FIELD:
		ast_walk_expr(&expr->field.object, visitor);
		break;
	case EXPR_TUPLE_FIELD:
		ast_walk_expr(&expr->tuple_field.object, visitor);
		break;
	case EXPR_INDEX:
		ast_walk_expr(&expr->index.object, visitor);
		ast_walk_expr(&expr->index.index, visitor);
		break;
	case EXPR_TUPLE:
		walk_exprs(&expr->tuple.members, visitor);
		break;
	case EXPR_RECORD:
		for (size_t i = 0; i < expr->record.members.len; i++)
			ast_walk_expr(&expr->record.members.data[i].value, visitor);
		break;
	case EXPR_SIZEOF:
	case EXPR_OFFSETOF:
	case EXPR_TYPEINFO:
		walk_type(expr->query.type, visitor);
		ast_walk_expr(&expr->query.expr, visitor);
		break;
	case EXPR_BLOCK:
		ast_walk_block(expr->block, visitor);
		break;
	case EXPR_COMPTIME:
		ast_walk_expr(&expr->comptime, visitor);
		break;
	case EXPR_TYPE:
		walk_type(expr->type_name, visitor);
		break;
	}
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
	if (!*expr || !enter(visitor))
		return;
	walk_children(*expr, visitor);
	if (visitor->expr)
		visitor->expr(expr, visitor->data);
	leave(visitor);
}

static void walk_stmt(struct stmt **at, const struct ast_visitor *visitor)
{
	struct stmt *stmt = *at;

	if (!enter(visitor))
		return;
	switch (stmt->kind) {
	case STMT_EXPR:
	case STMT_DISCARD:
	case STMT_RETURN:
		ast_walk_expr(&stmt->expr, visitor);
		break;
	case STMT_ASSIGN:
		ast_walk_expr(&stmt->assign.target, visitor);
		ast_walk_expr(&stmt->assign.value, visitor);
		break;
	case STMT_LET:
		walk_type(stmt->let.type, visitor);
		ast_walk_expr(&stmt->let.value, visitor);
		break;
	case STMT_IF:
		ast_walk_expr(&stmt->branch.condition, visitor);
		ast_walk_block(stmt->branch.then, visitor);
		ast_walk_block(stmt->branch.otherwise, visitor);
		break;
	case STMT_FOR_MAP:
	case STMT_FOR_RANGE:
		ast_walk_expr(&stmt->loop.map, visitor);
		ast_walk_expr(&stmt->loop.from, visitor);
		ast_walk_expr(&stmt->loop.to, visitor);
		ast_walk_block(stmt->loop.body, visitor);
		break;
	case STMT_WHILE:
	case STMT_UNROLL:
		ast_walk_expr(&stmt->repeat.condition, visitor);
		ast_walk_block(stmt->repeat.body, visitor);
		break;
	case STMT_BREAK:
	case STMT_CONTINUE:
		break;
	case STMT_BLOCK:
		ast_walk_block(stmt->block, visitor);
		break;
	}
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

/* --- texts --- */

const char *unary_op_text(enum unary_op op)
{
	static const char *const texts[] = {
		[UNARY_NEG] = "-",   [UNARY_NOT] = "!",  [UNARY_COMPL] = "~",
		[UNARY_DEREF] = "*", [UNARY_ADDR] = "&",
	};

	return texts[op];
}

const char *binary_op_text(enum binary_op op)
{
	static const char *const texts[] = {
		[BINARY_ADD] = "+",   [BINARY_SUB] = "-",  [BINARY_MUL] = "*",  [BINARY_DIV] = "/",
		[BINARY_MOD] = "%",   [BINARY_SHL] = "<<", [BINARY_SHR] = ">>", [BINARY_AND] = "&",
		[BINARY_OR] = "|",    [BINARY_XOR] = "^",  [BINARY_EQ] = "==",  [BINARY_NE] = "!=",
		[BINARY_LT] = "<",    [BINARY_LE] = "<=",  [BINARY_GT] = ">",   [BINARY_GE] = ">=",
		[BINARY_LAND] = "&&", [BINARY_LOR] = "||",
	};

	return texts[op];
}

static const char *sigil(enum macro_param_kind kind)
{
	switch (kind) {
	case MACRO_VAR:
		return "$";
	case MACRO_MAP:
		return "@";
	case MACRO_EXPR:
		break;
	}
	return "";
}

void macro_signature(const struct macro *macro, struct strbuf *out)
{
	strbuf_addf(out, "%s(", macro->name);
	for (size_t i = 0; i < macro->params.len; i++)
		strbuf_addf(out, "%s%s%s", i ? ", " : "", sigil(macro->params.data[i].kind),
			    macro->params.data[i].name);
	strbuf_addc(out, ')');
}

void string_text(const char *data, size_t len, struct strbuf *out)
{
	strbuf_addc(out, '"');
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)data[i];

		if (c == '"' || c == '\\')
			strbuf_addf(out, "\\%c", c);
		else if (c == '\n')
			strbuf_adds(out, "\\n");
		else if (c == '\t')
			strbuf_adds(out, "\\t");
		else if (c < 0x20 || c == 0x7f)
			strbuf_addf(out, "\\x%02x", c);
		else
			strbuf_addc(out, (char)c);
	}
	strbuf_addc(out, '"');
}
