/* Constructors of the tree, and what stands in scripts for its parts. */
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

bool block_has_value(const struct block *block)
{
	const struct stmt *last;

	if (!block || block->tail || !block->stmts.len)
		return block && block->tail;
	last = vec_last(&block->stmts);
	return last->kind == STMT_IF && last->branch.is_comptime &&
	       (block_has_value(last->branch.then) || block_has_value(last->branch.otherwise));
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
