/* Expressions and types, formatted. */
#include "ast/format_internal.h"

#include <ctype.h>

static void put(struct writer *w, const char *text)
{
	strbuf_adds(&w->line, text);
}

/* A blank where the line may be broken. */
static void put_break(struct writer *w)
{
	vec_push(w->format->arena, &w->breaks, w->line.len);
	strbuf_addc(&w->line, ' ');
}

void format_source_text(struct writer *w, struct span span)
{
	const struct source *source = w->format->source;

	strbuf_add(&w->line, source->text + (span.start - source->base), span.end - span.start);
}

static void format_exprs(struct writer *w, const expr_vec *exprs)
{
	for (size_t i = 0; i < exprs->len; i++) {
		if (i) {
			put(w, ",");
			put_break(w);
		}
		format_expr(w, exprs->data[i]);
	}
}

/* --- types --- */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* A type as the source has it, with its qualifiers, and blanks where they belong. */
static void format_written_type(struct writer *w, struct span span)
{
	const char *text = w->format->source->text - w->format->source->base;
	char last = '\0';

	for (const char *in = text + span.start; in < text + span.end; in++) {
		bool is_apart = isspace((unsigned char)in[-1]) && in > text + span.start;

		if (isspace((unsigned char)*in))
			continue;
		if ((*in == '*' && last != '*') || (is_apart && is_word(last) && is_word(*in)))
			put(w, " ");
		strbuf_addc(&w->line, *in);
		last = *in;
	}
}

/* Whether a type is words, stars and brackets, and no comment. */
static bool is_plain(const struct writer *w, const struct type_expr *type)
{
	const struct source *source = w->format->source;

	return source && type->name &&
	       !memchr(source->text + (type->span.start - source->base), '/',
		       type->span.end - type->span.start);
}

void format_type(struct writer *w, const struct type_expr *type)
{
	static const char *const keywords[] = {
		[TYPE_STRUCT] = "struct ", [TYPE_UNION] = "union ", [TYPE_ENUM] = "enum "};
	bool after_star = false;

	if (is_plain(w, type)) {
		format_written_type(w, type->span);
		return;
	}
	if (type->name) {
		if (type->keyword != TYPE_NONE)
			put(w, keywords[type->keyword]);
		put(w, type->name);
	} else {
		put(w, "typeof(");
		if (type->of_type)
			format_type(w, type->of_type);
		else
			format_expr(w, type->of_expr);
		put(w, ")");
	}
	for (size_t i = 0; i < type->suffixes.len; i++) {
		const struct type_suffix *suffix = &type->suffixes.data[i];

		if (suffix->is_pointer)
			put(w, after_star ? "*" : " *");
		else if (suffix->has_count)
			strbuf_addf(&w->line, "[%u]", suffix->count);
		else
			put(w, "[]");
		after_star = suffix->is_pointer;
	}
}

/* --- expressions --- */

static void format_literal(struct writer *w, const struct expr *expr)
{
	if (w->format->source && !expr->type)
		format_source_text(w, expr->span);
	else if (expr->kind == EXPR_STRING)
		string_text(expr->string.data, expr->string.len, &w->line);
	else if (expr->kind == EXPR_BOOL)
		put(w, expr->integer.value ? "true" : "false");
	else
		strbuf_addf(&w->line, "%s%lu", expr->integer.is_negative ? "-" : "",
			    expr->integer.value);
}

/* "- -1" is not "--1". */
static bool runs_together(enum unary_op op, const struct expr *operand)
{
	if (operand->in_parens)
		return false;
	if (operand->kind == EXPR_UNARY)
		return operand->unary.op == op && (op == UNARY_NEG || op == UNARY_ADDR);
	return operand->kind == EXPR_INCDEC && operand->incdec.is_prefix &&
	       operand->incdec.is_decrement && op == UNARY_NEG;
}

static void format_unary(struct writer *w, const struct expr *expr)
{
	put(w, unary_op_text(expr->unary.op));
	if (runs_together(expr->unary.op, expr->unary.operand))
		put(w, " ");
	format_expr(w, expr->unary.operand);
}

static void format_call(struct writer *w, const struct expr *expr)
{
	put(w, expr->call.name);
	put(w, "(");
	for (size_t i = 0; i < expr->call.args.len; i++) {
		if (i) {
			put(w, ",");
			put_break(w);
		}
		format_expr(w, expr->call.args.data[i]);
	}
	put(w, ")");
}

static void format_query(struct writer *w, const struct expr *expr, const char *name)
{
	put(w, name);
	put(w, "(");
	if (expr->query.type)
		format_type(w, expr->query.type);
	else
		format_expr(w, expr->query.expr);
	for (size_t i = 0; i < expr->query.path.len; i++) {
		put(w, i ? "." : ", ");
		put(w, expr->query.path.data[i]);
	}
	put(w, ")");
}

static void format_record(struct writer *w, const struct expr *expr)
{
	put(w, "(");
	for (size_t i = 0; i < expr->record.members.len; i++) {
		if (i) {
			put(w, ",");
			put_break(w);
		}
		put(w, expr->record.members.data[i].name);
		put(w, " = ");
		format_expr(w, expr->record.members.data[i].value);
	}
	put(w, ")");
}

static void format_ternary(struct writer *w, const struct expr *expr)
{
	format_expr(w, expr->ternary.condition);
	put_break(w);
	put(w, "?");
	if (expr->ternary.then) {
		put(w, " ");
		format_expr(w, expr->ternary.then);
		put_break(w);
	}
	put(w, ": ");
	format_expr(w, expr->ternary.otherwise);
}

static void format_node(struct writer *w, const struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_INT:
	case EXPR_BOOL:
	case EXPR_STRING:
		format_literal(w, expr);
		break;
	case EXPR_PARAM:
		strbuf_addf(&w->line, "$%u", expr->param);
		break;
	case EXPR_PARAM_COUNT:
		put(w, "$#");
		break;
	case EXPR_IDENT:
	case EXPR_BUILTIN:
		put(w, expr->ident.name);
		break;
	case EXPR_VAR:
		put(w, "$");
		put(w, expr->var.name);
		break;
	case EXPR_MAP:
		put(w, "@");
		put(w, expr->map.name);
		if (!expr->map.has_brackets)
			break;
		put(w, "[");
		format_exprs(w, &expr->map.keys);
		put(w, "]");
		break;
	case EXPR_CALL:
		format_call(w, expr);
		break;
	case EXPR_UNARY:
		format_unary(w, expr);
		break;
	case EXPR_INCDEC:
		if (expr->incdec.is_prefix)
			put(w, expr->incdec.is_decrement ? "--" : "++");
		format_expr(w, expr->incdec.target);
		if (!expr->incdec.is_prefix)
			put(w, expr->incdec.is_decrement ? "--" : "++");
		break;
	case EXPR_BINARY:
		format_expr(w, expr->binary.left);
		strbuf_addf(&w->line, " %s", binary_op_text(expr->binary.op));
		put_break(w);
		format_expr(w, expr->binary.right);
		break;
	case EXPR_TERNARY:
		format_ternary(w, expr);
		break;
	case EXPR_CAST:
		if (expr->cast.to) {
			put(w, "(");
			format_type(w, expr->cast.to);
			put(w, ")");
		}
		format_expr(w, expr->cast.operand);
		break;
	case EXPR_FIELD:
		format_expr(w, expr->field.object);
		put(w, expr->field.is_arrow ? "->" : ".");
		put(w, expr->field.name);
		break;
	case EXPR_TUPLE_FIELD:
		format_expr(w, expr->tuple_field.object);
		strbuf_addf(&w->line, ".%u", expr->tuple_field.index);
		break;
	case EXPR_INDEX:
		format_expr(w, expr->index.object);
		put(w, "[");
		format_expr(w, expr->index.index);
		put(w, "]");
		break;
	case EXPR_TUPLE:
		put(w, "(");
		format_exprs(w, &expr->tuple.members);
		put(w, expr->tuple.members.len == 1 ? ",)" : ")");
		break;
	case EXPR_RECORD:
		format_record(w, expr);
		break;
	case EXPR_SIZEOF:
		format_query(w, expr, "sizeof");
		break;
	case EXPR_OFFSETOF:
		format_query(w, expr, "offsetof");
		break;
	case EXPR_TYPEINFO:
		format_query(w, expr, "typeinfo");
		break;
	case EXPR_BLOCK:
		format_block(w, expr->block);
		break;
	case EXPR_COMPTIME:
		put(w, "comptime ");
		format_expr(w, expr->comptime);
		break;
	case EXPR_TYPE:
		format_type(w, expr->type_name);
		break;
	}
}

void format_expr(struct writer *w, const struct expr *expr)
{
	if (expr->in_parens) {
		format_in_parens(w, expr);
		return;
	}
	format_node(w, expr);
}

void format_in_parens(struct writer *w, const struct expr *expr)
{
	put(w, "(");
	format_node(w, expr);
	put(w, ")");
}
