/*
 * Macros: a call is replaced by a block that holds the macro's body, with the arguments put in and
 * local variables renamed, so that neither side sees the other's names. Definitions are checked
 * once, whether they are used or not (macro_check.c).
 */
#include "parser/macro.h"

#include "lang/lang.h"

#include <string.h>

#define MAX_NODES 200000 /* that macros may expand to */
#define MAX_DEPTH 1000 /* of a tree with its macros expanded */

struct expander {
	const struct parser *parser;
	const struct script *script;
	VEC(const struct expansion *)
	active; /* being expanded: for recursion */
	struct ast_limit limit;
	uint32_t expansions, nodes;
	bool failed; /* no further expansion */
};

/* One macro's body being filled in. */
struct filling {
	struct expander *ex;
	const struct expansion *expansion;
	const struct macro *macro;
	const expr_vec *args;
	uint32_t id; /* makes local names unique */
};

static void expand_block(struct expander *ex, struct block *block);

static const struct expansion *innermost(const struct expander *ex)
{
	return ex->active.len ? vec_last(&ex->active) : NULL;
}

/* --- choosing --- */

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

/* How well the arguments fit: -1: not at all, otherwise the number of aliased parameters. */
static int rate(const struct macro *macro, const expr_vec *args)
{
	int aliases = 0;

	if (macro->params.len != args->len)
		return -1;
	for (size_t i = 0; i < args->len; i++) {
		if (!fits(&macro->params.data[i], args->data[i]))
			return -1;
		aliases += macro->params.data[i].kind != MACRO_EXPR;
	}
	return aliases;
}

static const struct macro *choose(const struct script *script, const char *name,
				  const expr_vec *args, bool library)
{
	const struct macro *best = NULL;
	int best_rate = -1;

	for (size_t i = 0; i < script->macros.len; i++) {
		const struct macro *macro = script->macros.data[i];

		if (macro->is_library != library || strcmp(macro->name, name) != 0)
			continue;
		if (rate(macro, args) > best_rate) {
			best = macro;
			best_rate = rate(macro, args);
		}
	}
	return best;
}

/* The library's macros see nothing of the script's. */
static const struct macro *find_macro(const struct expander *ex, const char *name,
				      const expr_vec *args)
{
	const struct expansion *inside = innermost(ex);
	const struct macro *macro = NULL;

	if (!inside || !inside->macro->is_library)
		macro = choose(ex->script, name, args, false);
	return macro ? macro : choose(ex->script, name, args, true);
}

static const struct macro *find_by_name(const struct script *script, const char *name)
{
	for (size_t i = 0; i < script->macros.len; i++)
		if (!strcmp(script->macros.data[i]->name, name))
			return script->macros.data[i];
	return NULL;
}

/* --- reporting --- */

static void note_expansions(struct diag *diag, const struct expansion *expansion)
{
	for (; expansion; expansion = expansion->outer)
		diag_note(diag, expansion->call, "expanded from");
}

static void report_arguments(const struct expander *ex, const struct expr *call,
			     const struct macro *named)
{
	struct diag *diag = diag_error(ex->parser->diags, "macro-arguments", call->span,
				       "macro '%s' is called with the wrong number or kinds of "
				       "arguments",
				       named->name);

	for (size_t i = 0; i < ex->script->macros.len; i++) {
		const struct macro *macro = ex->script->macros.data[i];
		struct strbuf text = STRBUF_INIT;

		if (strcmp(macro->name, named->name) != 0)
			continue;
		macro_signature(macro, &text);
		diag_note(diag, macro->name_span, "it is: %s", strbuf_str(&text));
		strbuf_free(&text);
	}
	note_expansions(diag, innermost(ex));
}

/* Reports the chain of calls that leads back to @macro. */
static bool is_recursive(struct expander *ex, const struct macro *macro, const struct expr *call)
{
	const char *chain = "";
	struct diag *diag;
	size_t from = 0;

	while (from < ex->active.len && ex->active.data[from]->macro != macro)
		from++;
	if (from == ex->active.len)
		return false;
	for (size_t i = from; i < ex->active.len; i++)
		chain = arena_printf(ex->parser->arena, "%s%s > ", chain,
				     ex->active.data[i]->macro->name);
	diag = diag_error(ex->parser->diags, "macro-recursion", call->span,
			  "recursive macro call: %s%s", chain, macro->name);
	note_expansions(diag, innermost(ex));
	return true;
}

static void count_node(struct expr **expr, void *data)
{
	(void)expr;
	++*(uint32_t *)data;
}

/* Notes what is about to be copied; false if that is too much. */
static bool afford(struct expander *ex, struct expr *expr, struct block *block)
{
	const struct ast_visitor visitor = {.expr = count_node, .data = &ex->nodes};

	ast_walk_expr(&expr, &visitor);
	ast_walk_block(block, &visitor);
	return ex->nodes <= MAX_NODES;
}

static void give_up(struct expander *ex, const struct expr *call, const char *text)
{
	if (!ex->failed)
		note_expansions(
			diag_error(ex->parser->diags, "macro-limit", call->span, "%s", text),
			innermost(ex));
	ex->failed = true;
}

/* --- filling in --- */

static const struct expr *argument(const struct filling *f, enum macro_param_kind kind,
				   const char *name)
{
	const struct macro_param *param = macro_find_param(f->macro, kind, name);

	return param ? f->args->data[param - f->macro->params.data] : NULL;
}

static struct expr *copy_argument(const struct filling *f, const struct expr *arg)
{
	struct expander *ex = f->ex;
	struct expr *copy = ast_clone_expr(ex->parser->arena, arg);

	if (afford(ex, copy, NULL))
		return copy;
	give_up(ex, arg, "macros expand to too much: an argument is used too often");
	return expr_int(ex->parser->arena, arg->span, 0);
}

/* The name that a variable of the macro's body has at the call. */
static const char *variable_name(const struct filling *f, const char *name)
{
	const struct expr *arg = argument(f, MACRO_VAR, name);

	return arg ? arg->var.name
		   : arena_printf(f->ex->parser->arena, "%s (of macro %s, #%u)", name,
				  f->macro->name, f->id);
}

/* A name of a type may be that of a parameter: it is then the type of the argument, or the argument
 * itself if that is a type. */
static void fill_type(const struct filling *f, struct type_expr *type)
{
	const struct expr *arg;

	if (!type)
		return;
	fill_type(f, type->of_type);
	if (!type->name || type->keyword != TYPE_NONE)
		return;
	arg = argument(f, MACRO_EXPR, type->name);
	if (!arg)
		return;
	type->name = NULL;
	type->of_expr = copy_argument(f, arg);
}

static void fill_expr(struct expr **at, void *data)
{
	const struct filling *f = data;
	struct expr *expr = *at;
	const struct expr *arg;

	if (f->ex->failed)
		return;
	switch (expr->kind) {
	case EXPR_VAR:
		expr->var.name = variable_name(f, expr->var.name);
		break;
	case EXPR_MAP:
		arg = argument(f, MACRO_MAP, expr->map.name);
		if (arg)
			expr->map.name = arg->map.name;
		break;
	case EXPR_IDENT:
		arg = argument(f, MACRO_EXPR, expr->ident.name);
		if (arg)
			*at = copy_argument(f, arg);
		break;
	case EXPR_SIZEOF:
	case EXPR_OFFSETOF:
	case EXPR_TYPEINFO:
		fill_type(f, expr->query.type);
		break;
	case EXPR_CAST:
		fill_type(f, expr->cast.to);
		break;
	case EXPR_TYPE:
		fill_type(f, expr->type_name);
		break;
	case EXPR_INT:
	case EXPR_BOOL:
	case EXPR_STRING:
	case EXPR_PARAM:
	case EXPR_PARAM_COUNT:
	case EXPR_BUILTIN:
	case EXPR_CALL:
	case EXPR_UNARY:
	case EXPR_INCDEC:
	case EXPR_BINARY:
	case EXPR_TERNARY:
	case EXPR_FIELD:
	case EXPR_TUPLE_FIELD:
	case EXPR_INDEX:
	case EXPR_TUPLE:
	case EXPR_RECORD:
	case EXPR_BLOCK:
	case EXPR_COMPTIME:
		break;
	}
}

static void fill_stmt(struct stmt **at, void *data)
{
	const struct filling *f = data;
	struct stmt *stmt = *at;

	if (stmt->kind == STMT_LET) {
		stmt->let.name = variable_name(f, stmt->let.name);
		fill_type(f, stmt->let.type);
	} else if (stmt->kind == STMT_FOR_MAP || stmt->kind == STMT_FOR_RANGE) {
		stmt->loop.name = variable_name(f, stmt->loop.name);
	}
}

/* --- expanding --- */

/* A tail without a value is a statement. */
static void settle_tail(struct arena *arena, struct block *block)
{
	struct expr *tail = block->tail;
	struct stmt *stmt;

	if (!tail || tail->kind != EXPR_BLOCK || block_has_value(tail->block))
		return;
	stmt = stmt_new(arena, STMT_BLOCK, tail->span);
	stmt->block = tail->block;
	vec_push(arena, &block->stmts, stmt);
	block->tail = NULL;
}

static struct expr *expand_call(struct expander *ex, const struct macro *macro, struct expr *call,
				const expr_vec *args)
{
	struct arena *arena = ex->parser->arena;
	struct expansion *expansion = arena_new_object(arena, struct expansion);
	struct filling f = {ex, expansion, macro, args, ++ex->expansions};
	const struct ast_visitor visitor = {.expr = fill_expr, .stmt = fill_stmt, .data = &f};
	struct expr *expr;

	if (!afford(ex, NULL, macro->body)) {
		give_up(ex, call, "macros expand to too much: they call each other too often");
		return call;
	}
	*expansion = (struct expansion){macro, call->span, innermost(ex)};
	expr = expr_new(arena, EXPR_BLOCK, call->span);
	expr->block = ast_clone_block(arena, macro->body);
	expr->block->expansion = expansion;
	ast_walk_block(expr->block, &visitor);
	vec_push(arena, &ex->active, expansion);
	expand_block(ex, expr->block);
	ex->active.len--;
	settle_tail(arena, expr->block);
	if (ex->limit.exceeded)
		give_up(ex, call, "macros nest too deep when they are expanded");
	return expr;
}

static void expand_expr(struct expr **at, void *data)
{
	static const expr_vec none;
	struct expander *ex = data;
	struct expr *expr = *at;
	const struct macro *macro, *named;
	const expr_vec *args = &none;
	const char *name;

	if (ex->failed || (expr->kind != EXPR_CALL && expr->kind != EXPR_IDENT))
		return;
	name = expr->kind == EXPR_CALL ? expr->call.name : expr->ident.name;
	if (expr->kind == EXPR_CALL)
		args = &expr->call.args;
	macro = find_macro(ex, name, args);
	named = find_by_name(ex->script, name);
	if (macro && !is_recursive(ex, macro, expr))
		*at = expand_call(ex, macro, expr, args);
	else if (!macro && named && expr->kind == EXPR_CALL && !lang_find_function(name))
		report_arguments(ex, expr, named);
}

/* A macro without a value stands where a statement does. */
static void expand_stmt(struct stmt **at, void *data)
{
	struct stmt *stmt = *at;

	(void)data;
	if (stmt->kind != STMT_EXPR || stmt->expr->kind != EXPR_BLOCK ||
	    block_has_value(stmt->expr->block))
		return;
	stmt->kind = STMT_BLOCK;
	stmt->block = stmt->expr->block;
}

static struct ast_visitor expanding(struct expander *ex)
{
	return (struct ast_visitor){
		.expr = expand_expr, .stmt = expand_stmt, .data = ex, .limit = &ex->limit};
}

static void expand_block(struct expander *ex, struct block *block)
{
	const struct ast_visitor visitor = expanding(ex);

	ast_walk_block(block, &visitor);
}

static void add_library(const struct parser *parser, struct script *script)
{
	const struct source *source =
		sources_add(parser->sources, "library.bt", lang_library, strlen(lang_library));
	const struct script *library = source ? parse_script(parser, source) : NULL;

	for (size_t i = 0; library && i < library->macros.len; i++) {
		library->macros.data[i]->is_library = true;
		vec_push(parser->arena, &script->macros, library->macros.data[i]);
	}
}

void expand_macros(const struct parser *parser, struct script *script)
{
	struct expander ex = {.parser = parser, .script = script, .limit = {.most = MAX_DEPTH}};
	const struct ast_visitor visitor = expanding(&ex);

	add_library(parser, script);
	macro_check_all(parser, script);
	for (size_t i = 0; i < script->probes.len; i++) {
		ast_walk_expr(&script->probes.data[i]->predicate, &visitor);
		expand_block(&ex, script->probes.data[i]->body);
	}
}
