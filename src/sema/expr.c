/* Expressions: dispatch over the kinds, and those that need no file of their own. */
#include "sema/internal.h"

/* --- nodes --- */

struct expr *sema_new(struct sema *sema, enum expr_kind kind, struct span span,
		      const struct type *type)
{
	struct expr *expr = expr_new(sema->arena, kind, span);

	expr->type = type;
	return expr;
}

struct expr *sema_int(struct sema *sema, struct span span, uint64_t magnitude, bool is_negative)
{
	const struct type *type = type_of_literal(sema->types, magnitude, is_negative);
	struct expr *expr = sema_new(sema, EXPR_INT, span, type);

	expr->integer.value = magnitude;
	expr->integer.is_negative = is_negative && magnitude;
	expr->is_literal = true;
	return expr;
}

struct expr *sema_bool(struct sema *sema, struct span span, bool value)
{
	struct expr *expr = sema_new(sema, EXPR_BOOL, span, type_bool(sema->types));

	expr->integer.value = value;
	expr->is_literal = true;
	return expr;
}

struct expr *sema_string(struct sema *sema, struct span span, const char *data, size_t len)
{
	struct expr *expr = sema_new(sema, EXPR_STRING, span, NULL);

	expr->string.data = data;
	expr->string.len = len;
	sema_expr(sema, &expr);
	return expr;
}

/* --- names --- */

static void hint_name(struct diag *diag, const char *name)
{
	const char *names[BUILTIN_COUNT_], *nearest;

	for (int i = 0; i < BUILTIN_COUNT_; i++)
		names[i] = lang_builtins[i].name;
	nearest = diag_nearest(name, names, BUILTIN_COUNT_);
	if (nearest)
		diag_hint(diag, "Did you mean '%s'?", nearest);
}

static bool is_constant(struct sema *sema, struct expr **expr)
{
	struct type_constant constant;
	struct expr *literal;

	if (!types_find_constant(sema->types, (*expr)->ident.name, &constant))
		return false;
	literal = sema_int(sema, (*expr)->span,
			   constant.is_negative ? -constant.value : constant.value,
			   constant.is_negative);
	if (constant.type)
		literal->type = constant.type;
	*expr = literal;
	return true;
}

/* Whatever is wrong in a macro's body, the place to look at is where the script uses it. */
static void move_expr(struct expr **at, void *data)
{
	const struct span *span = data;
	struct expr *expr = *at;

	expr->span = *span;
	if (expr->kind == EXPR_CALL)
		expr->call.name_span = *span;
	if (expr->kind == EXPR_FIELD)
		expr->field.name_span = *span;
	if (expr->kind == EXPR_CAST && expr->cast.to)
		expr->cast.to->span = *span;
}

/* More than anyone writes: macros that use each other twice double each time. */
#define MOST_MACROS 10000
#define DEEPEST_MACRO 100

static bool is_inside(const struct sema *sema, const char *name)
{
	for (const struct sema_c_macro *at = sema->c_macro; at; at = at->outer)
		if (!strcmp(at->name, name))
			return true;
	return false;
}

/* Said once, at the outermost macro, without what all of them stand for. */
static void report_excess(struct sema *sema, const struct expr *ident)
{
	const struct sema_c_macro *at = sema->c_macro;
	const char *name = ident->ident.name;

	for (; at; at = at->outer)
		name = at->name;
	at = sema->c_macro;
	sema->c_macro = NULL;
	sema_error(sema, "macro-limit", ident->span,
		   "The macro %s uses other macros too often, or too deep", name);
	sema->c_macro = at;
}

static void expand_macro(struct sema *sema, struct expr **expr, const struct types_macro *macro)
{
	struct expr *ident = *expr, *body = NULL;
	struct sema_c_macro inner = {ident->ident.name, sema_short_name(sema, macro->body),
				     sema->c_macro ? sema->c_macro->depth + 1 : 0, sema->c_macro};
	const struct ast_visitor visitor = {.expr = move_expr, .data = &ident->span};

	ident->type = sema->unknown;
	if (is_inside(sema, ident->ident.name)) {
		sema_error(sema, "macro-recursion", ident->span, "The macro %s contains itself",
			   ident->ident.name);
		return;
	}
	if (inner.depth > DEEPEST_MACRO || sema->c_macros >= MOST_MACROS) {
		report_excess(sema, ident);
		return;
	}
	sema->c_macros++;
	if (*macro->body)
		body = sema->options->parse_macro(sema->options->parse_data, ident->ident.name,
						  macro);
	if (!body) {
		sema_error(sema, "macro-body", ident->span,
			   "The macro %s cannot be used here: \"%s\" is not an expression",
			   ident->ident.name, inner.body);
		return;
	}
	ast_walk_expr(&body, &visitor);
	sema->c_macro = &inner;
	sema_expr(sema, &body);
	sema->c_macro = inner.outer;
	*expr = body;
}

static void make_ident(struct sema *sema, struct expr **expr)
{
	struct types_macro macro;
	struct expr *ident = *expr;
	uint32_t index = 0;

	ident->ident.builtin = lang_find_builtin(ident->ident.name, &index);
	if (ident->ident.builtin) {
		ident->kind = EXPR_BUILTIN;
		ident->ident.index = index;
		sema_builtin(sema, expr);
		return;
	}
	if (sema->options->parse_macro &&
	    types_find_macro(sema->types, ident->ident.name, &macro)) {
		expand_macro(sema, expr, &macro);
		return;
	}
	if (is_constant(sema, expr))
		return;
	hint_name(sema_error(sema, "unknown-identifier", ident->span, "Unknown identifier: '%s'",
			     ident->ident.name),
		  ident->ident.name);
	ident->type = sema->unknown;
}

/* --- literals --- */

static void literal_int(struct sema *sema, struct expr *literal)
{
	literal->is_literal = true;
	literal->type =
		type_of_literal(sema->types, literal->integer.value, literal->integer.is_negative);
}

static void literal_string(struct sema *sema, struct expr *literal)
{
	size_t len = strnlen(literal->string.data, literal->string.len);
	uint64_t most = sema->plan->config.max_strlen;

	if (len > most) {
		sema_error(sema, "long-string", literal->span,
			   "String is too long (over %llu bytes)", (unsigned long long)most);
		literal->string.len = most;
	}
	sema_literal_text(sema, literal);
}

void sema_literal_text(struct sema *sema, struct expr *literal)
{
	size_t len = strnlen(literal->string.data, literal->string.len);

	literal->string.len = len;
	literal->is_literal = true;
	literal->type = type_string(sema->types, (uint32_t)len + 1);
}

/* --- tuples and records --- */

static void make_tuple(struct sema *sema, struct expr *expr)
{
	uint32_t n = (uint32_t)expr->tuple.members.len;
	const struct type **types = arena_new_array(sema->arena, const struct type *, n + 1);
	bool known = true;

	for (uint32_t i = 0; i < n; i++) {
		sema_value(sema, &expr->tuple.members.data[i]);
		types[i] = expr->tuple.members.data[i]->type;
		known &= sema_is_known(sema, expr->tuple.members.data[i]);
	}
	if (!n)
		expr->type = type_none(sema->types);
	else
		expr->type = known ? type_tuple(sema->types, types, n) : sema->unknown;
}

static void make_record(struct sema *sema, struct expr *expr)
{
	uint32_t n = (uint32_t)expr->record.members.len;
	const struct type **types = arena_new_array(sema->arena, const struct type *, n + 1);
	const char **names = arena_new_array(sema->arena, const char *, n + 1);
	bool known = true;

	for (uint32_t i = 0; i < n; i++) {
		struct record_member *member = &expr->record.members.data[i];

		sema_value(sema, &member->value);
		names[i] = member->name;
		types[i] = member->value->type;
		known &= sema_is_known(sema, member->value);
	}
	expr->type = known ? type_record(sema->types, names, types, n) : sema->unknown;
}

/* --- ?: and blocks --- */

static void report_arms(struct sema *sema, struct expr *expr, const struct expr *then)
{
	sema_error(sema, "branch-mismatch", expr->span,
		   "Branches must return the same type or compatible types: have '%s' and '%s'",
		   sema_type_name(sema, then->type),
		   sema_type_name(sema, expr->ternary.otherwise->type));
	expr->type = sema->unknown;
}

/* The value of the condition is the result: it must be of the result's type, and tested as such. */
static void make_elvis(struct sema *sema, struct expr *expr)
{
	const struct type *type;

	sema_value(sema, &expr->ternary.otherwise);
	type = infer_join(sema, expr->ternary.condition, expr->ternary.otherwise);
	if (!type) {
		report_arms(sema, expr, expr->ternary.condition);
		return;
	}
	sema_cast_to(sema, &expr->ternary.condition, type);
	sema_cast_to(sema, &expr->ternary.otherwise, type);
	expr->type = type;
}

static bool is_none(const struct sema *sema, const struct expr *expr)
{
	return sema_is_known(sema, expr) && expr->type->kind == TYPE_NONE;
}

/* Arms may be calls for their effect: `c ? printf(..) : printf(..)`. */
static void make_ternary(struct sema *sema, struct expr **at)
{
	struct expr *expr = *at;
	const struct type *type;

	/* A text in quotes is true, and so its own result. */
	if (!expr->ternary.then && expr->ternary.condition->kind == EXPR_STRING) {
		sema_expr(sema, &expr->ternary.condition);
		make_elvis(sema, expr);
		if (sema_is_known(sema, expr))
			*at = expr->ternary.condition;
		return;
	}
	sema_condition(sema, &expr->ternary.condition);
	if (!expr->ternary.then) {
		make_elvis(sema, expr);
		if (sema_is_known(sema, expr))
			sema_fold_ternary(sema, at);
		return;
	}
	sema_expr(sema, &expr->ternary.then);
	sema_expr(sema, &expr->ternary.otherwise);
	if (is_none(sema, expr->ternary.then) && is_none(sema, expr->ternary.otherwise)) {
		expr->type = type_none(sema->types);
		return;
	}
	sema_read(sema, &expr->ternary.then);
	sema_read(sema, &expr->ternary.otherwise);
	type = infer_join(sema, expr->ternary.then, expr->ternary.otherwise);
	if (!type) {
		report_arms(sema, expr, expr->ternary.then);
		return;
	}
	sema_cast_to(sema, &expr->ternary.then, type);
	sema_cast_to(sema, &expr->ternary.otherwise, type);
	expr->type = type;
	sema_fold_ternary(sema, at);
}

/* A block that is nothing but a constant is that constant. */
static void make_block(struct sema *sema, struct expr **at)
{
	struct expr *expr = *at;
	struct block *block = expr->block;

	sema_block(sema, block);
	if (block->tail && sema_is_known(sema, block->tail) && type_is_aggregate(block->tail->type))
		sema_read(sema, &block->tail);
	expr->type = block->tail ? block->tail->type : type_none(sema->types);
	if (block->stmts.len || !block->tail || !block->tail->is_literal)
		return;
	*at = block->tail;
	(*at)->span = expr->span;
}

static void report_type(struct sema *sema, struct expr *expr)
{
	diag_hint(sema_error(sema, "no-value", expr->span, "A type is not a value"),
		  "Macros and some functions take types as arguments; sizeof() gives its size");
	expr->type = sema->unknown;
}

void sema_expr(struct sema *sema, struct expr **expr)
{
	switch ((*expr)->kind) {
	case EXPR_INT:
		literal_int(sema, *expr);
		break;
	case EXPR_BOOL:
		(*expr)->type = type_bool(sema->types);
		(*expr)->is_literal = true;
		break;
	case EXPR_STRING:
		literal_string(sema, *expr);
		break;
	case EXPR_PARAM:
		sema_param(sema, expr);
		break;
	case EXPR_PARAM_COUNT:
		sema_param_count(sema, expr);
		break;
	case EXPR_IDENT:
		make_ident(sema, expr);
		break;
	case EXPR_BUILTIN:
		sema_builtin(sema, expr);
		break;
	case EXPR_VAR:
		sema_var(sema, expr);
		break;
	case EXPR_MAP:
		sema_map_read(sema, expr);
		break;
	case EXPR_CALL:
		sema_call(sema, expr);
		break;
	case EXPR_UNARY:
		sema_unary(sema, expr);
		break;
	case EXPR_INCDEC:
		sema_incdec(sema, expr);
		break;
	case EXPR_BINARY:
		sema_binary(sema, expr);
		break;
	case EXPR_TERNARY:
		make_ternary(sema, expr);
		break;
	case EXPR_CAST:
		sema_cast(sema, expr);
		break;
	case EXPR_FIELD:
		sema_field(sema, expr);
		break;
	case EXPR_TUPLE_FIELD:
		sema_tuple_field(sema, expr);
		break;
	case EXPR_INDEX:
		sema_index(sema, expr);
		break;
	case EXPR_TUPLE:
		make_tuple(sema, *expr);
		break;
	case EXPR_RECORD:
		make_record(sema, *expr);
		break;
	case EXPR_SIZEOF:
		sema_sizeof(sema, expr);
		break;
	case EXPR_OFFSETOF:
		sema_offsetof(sema, expr);
		break;
	case EXPR_TYPEINFO:
		sema_typeinfo(sema, expr);
		break;
	case EXPR_BLOCK:
		make_block(sema, expr);
		break;
	case EXPR_COMPTIME:
		sema_comptime(sema, expr);
		break;
	case EXPR_TYPE:
		report_type(sema, *expr);
		break;
	}
}
