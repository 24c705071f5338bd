/*
 * Macros: a call is replaced by a block expression that holds the macro's body, with parameters put
 * in and local variables renamed, so that neither side sees the other's names.
 */
#include "parser/parser.h"

#include <string.h>

#define MAX_EXPANSIONS 20000

struct expander {
	const struct parser *parser;
	const struct script *script;
	VEC(const struct macro *)
	active; /* being expanded: for recursion */
	uint32_t expansions;
};

/* One macro's body being filled in. */
struct filling {
	struct expander *ex;
	const struct macro *macro;
	const struct expr *call;
	const expr_vec *args;
	uint32_t id; /* makes local names unique */
};

static void expand_block(struct expander *ex, struct block *block);

static const char *call_name(const struct expr *call)
{
	return call->kind == EXPR_CALL ? call->call.name : call->ident.name;
}

static bool fits(const struct macro_param *param, const struct expr *arg)
{
	switch (param->kind) {
	case MACRO_VAR:
		return arg->kind == EXPR_VAR;
	case MACRO_MAP:
		return arg->kind == EXPR_MAP && !arg->map.has_brackets;
	case MACRO_EXPR:
		return true;
	}
	return false;
}

static bool fits_all(const struct macro *macro, const expr_vec *args)
{
	if (macro->params.len != args->len)
		return false;
	for (size_t i = 0; i < args->len; i++)
		if (!fits(&macro->params.data[i], args->data[i]))
			return false;
	return true;
}

/* The macro that the call means; *named is any of that name, for diagnostics. Script macros come
 * before the library's. */
static const struct macro *find_macro(const struct expander *ex, const char *name,
				      const expr_vec *args, const struct macro **named)
{
	*named = NULL;
	for (size_t i = 0; i < ex->script->macros.len; i++) {
		const struct macro *macro = ex->script->macros.data[i];

		if (strcmp(macro->name, name) != 0)
			continue;
		*named = macro;
		if (fits_all(macro, args))
			return macro;
	}
	return NULL;
}

static const struct macro_param *find_param(const struct macro *macro, enum macro_param_kind kind,
					    const char *name, size_t *index)
{
	for (*index = 0; *index < macro->params.len; (*index)++) {
		const struct macro_param *param = &macro->params.data[*index];

		if (param->kind == kind && !strcmp(param->name, name))
			return param;
	}
	return NULL;
}

/* The name that a variable of the macro's body has at the call. */
static const char *variable_name(const struct filling *f, const char *name)
{
	size_t index;

	if (find_param(f->macro, MACRO_VAR, name, &index))
		return f->args->data[index]->var.name;
	return arena_printf(f->ex->parser->arena, "%s (of macro %s, #%u)", name, f->macro->name,
			    f->id);
}

static void note_call(struct diag *diag, const struct filling *f)
{
	diag_note(diag, f->call->span, "expanded from");
}

static void fill_map(const struct filling *f, struct expr *map)
{
	struct diag *diag;
	size_t index;

	if (find_param(f->macro, MACRO_MAP, map->map.name, &index)) {
		map->map.name = f->args->data[index]->map.name;
		return;
	}
	diag = diag_error(f->ex->parser->diags, "unhygienic", map->span,
			  "Unhygienic access to map: @%s. Maps must be passed into the macro as "
			  "arguments.",
			  map->map.name);
	note_call(diag, f);
}

static void fill_expr(struct expr **at, void *data)
{
	const struct filling *f = data;
	struct expr *expr = *at;
	size_t index;

	switch (expr->kind) {
	case EXPR_VAR:
		expr->var.name = variable_name(f, expr->var.name);
		break;
	case EXPR_MAP:
		fill_map(f, expr);
		break;
	case EXPR_IDENT:
		if (find_param(f->macro, MACRO_EXPR, expr->ident.name, &index))
			*at = ast_clone_expr(f->ex->parser->arena, f->args->data[index]);
		break;
	default:
		break;
	}
}

static void fill_stmt(struct stmt **at, void *data)
{
	const struct filling *f = data;
	struct stmt *stmt = *at;

	if (stmt->kind == STMT_LET)
		stmt->let.name = variable_name(f, stmt->let.name);
	else if (stmt->kind == STMT_FOR_MAP || stmt->kind == STMT_FOR_RANGE)
		stmt->loop.name = variable_name(f, stmt->loop.name);
}

/* Reports the chain of calls that leads back to @macro. */
static bool is_recursive(struct expander *ex, const struct macro *macro, const struct expr *call)
{
	const char *chain = "";
	struct diag *diag;
	size_t from = 0;

	while (from < ex->active.len && ex->active.data[from] != macro)
		from++;
	if (from == ex->active.len)
		return false;
	for (size_t i = from; i < ex->active.len; i++)
		chain = arena_printf(ex->parser->arena, "%s%s > ", chain, ex->active.data[i]->name);
	diag = diag_error(ex->parser->diags, "macro-recursion", call->span,
			  "recursive macro call: %s%s", chain, macro->name);
	diag_note(diag, macro->name_span, "this is the macro");
	return true;
}

static struct expr *expand_call(struct expander *ex, const struct macro *macro,
				const struct expr *call, const expr_vec *args)
{
	struct filling f = {ex, macro, call, args, ++ex->expansions};
	struct ast_visitor visitor = {fill_expr, fill_stmt, &f};
	struct expr *expr = expr_new(ex->parser->arena, EXPR_BLOCK, call->span);

	expr->block = ast_clone_block(ex->parser->arena, macro->body);
	ast_walk_block(expr->block, &visitor);
	vec_push(ex->parser->arena, &ex->active, macro);
	expand_block(ex, expr->block);
	ex->active.len--;
	return expr;
}

static void expand_expr(struct expr **at, void *data)
{
	static const expr_vec none;
	struct expander *ex = data;
	struct expr *expr = *at;
	const struct macro *macro, *named;
	const expr_vec *args = &none;

	if (expr->kind == EXPR_CALL)
		args = &expr->call.args;
	else if (expr->kind != EXPR_IDENT)
		return;
	macro = find_macro(ex, call_name(expr), args, &named);
	if (!macro && named && expr->kind == EXPR_CALL) {
		struct diag *diag = diag_error(
			ex->parser->diags, "macro-arguments", expr->span,
			"Call to macro has wrong number or kind of arguments: %s", named->name);

		diag_note(diag, named->name_span, "this is the macro");
	}
	if (!macro || is_recursive(ex, macro, expr))
		return;
	if (ex->expansions >= MAX_EXPANSIONS) {
		diag_error(ex->parser->diags, "macro-limit", expr->span,
			   "macros are expanded more than %d times", MAX_EXPANSIONS);
		return;
	}
	*at = expand_call(ex, macro, expr, args);
}

/* A macro without a value stands where a statement does. */
static void expand_stmt(struct stmt **at, void *data)
{
	struct stmt *stmt = *at;

	(void)data;
	if (stmt->kind != STMT_EXPR || stmt->expr->kind != EXPR_BLOCK || stmt->expr->block->tail)
		return;
	stmt->kind = STMT_BLOCK;
	stmt->block = stmt->expr->block;
}

static void expand_block(struct expander *ex, struct block *block)
{
	struct ast_visitor visitor = {expand_expr, expand_stmt, ex};

	ast_walk_block(block, &visitor);
}

void expand_macros(const struct parser *parser, struct script *script)
{
	struct expander ex = {.parser = parser, .script = script};
	struct ast_visitor visitor = {expand_expr, expand_stmt, &ex};

	if (!script->macros.len)
		return;
	for (size_t i = 0; i < script->probes.len; i++) {
		ast_walk_expr(&script->probes.data[i]->predicate, &visitor);
		expand_block(&ex, script->probes.data[i]->body);
	}
}
