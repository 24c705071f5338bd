/*
 * Definitions of macros: parameters, doubles, and hygiene: a body uses its parameters and its own
 * variables, nothing else.
 */
#include "parser/macro.h"

#include "base/hashmap.h"
#include "lang/lang.h"

#include <string.h>

struct checker {
	const struct parser *parser;
	const struct macro *macro;
	struct hashmap locals; /* names of variables that the body declares or assigns */
};

const struct macro_param *macro_find_param(const struct macro *macro, enum macro_param_kind kind,
					   const char *name)
{
	for (size_t i = 0; i < macro->params.len; i++)
		if (macro->params.data[i].kind == kind && !strcmp(macro->params.data[i].name, name))
			return &macro->params.data[i];
	return NULL;
}

/* --- names and parameters --- */

/* Words that the lexer reserves only where they begin a part of the script. */
static void check_name(const struct parser *parser, const struct macro *macro)
{
	static const char *const reserved[] = {"config", "import", "macro"};

	for (size_t i = 0; i < sizeof(reserved) / sizeof(*reserved); i++)
		if (!strcmp(macro->name, reserved[i]))
			diag_error(parser->diags, "macro-definition", macro->name_span,
				   "a macro cannot have the name of a keyword: %s", macro->name);
}

static void check_params(const struct parser *parser, const struct macro *macro)
{
	for (size_t i = 0; i < macro->params.len; i++) {
		const struct macro_param *param = &macro->params.data[i];
		uint32_t index;

		if (macro_find_param(macro, param->kind, param->name) != param)
			diag_error(parser->diags, "macro-definition", param->span,
				   "the macro has two parameters '%s'", param->name);
		if (param->kind == MACRO_EXPR && lang_find_builtin(param->name, &index))
			diag_error(parser->diags, "macro-definition", param->span,
				   "a parameter cannot have the name of a builtin: %s",
				   param->name);
	}
}

static bool same_signature(const struct macro *a, const struct macro *b)
{
	if (strcmp(a->name, b->name) != 0 || a->params.len != b->params.len ||
	    a->is_library != b->is_library)
		return false;
	for (size_t i = 0; i < a->params.len; i++)
		if (a->params.data[i].kind != b->params.data[i].kind)
			return false;
	return true;
}

static void check_doubles(const struct parser *parser, const struct script *script, size_t index)
{
	const struct macro *macro = script->macros.data[index];

	for (size_t i = 0; i < index; i++) {
		struct diag *diag;

		if (!same_signature(script->macros.data[i], macro))
			continue;
		diag = diag_error(parser->diags, "macro-definition", macro->name_span,
				  "macro '%s' is defined twice for the same kinds of arguments",
				  macro->name);
		diag_note(diag, script->macros.data[i]->name_span, "This is the first definition.");
		return;
	}
}

/* --- hygiene --- */

static void collect_local(struct stmt **at, void *data)
{
	struct checker *checker = data;
	const struct stmt *stmt = *at;
	const char *name = NULL;

	if (stmt->kind == STMT_LET)
		name = stmt->let.name;
	else if (stmt->kind == STMT_FOR_MAP || stmt->kind == STMT_FOR_RANGE)
		name = stmt->loop.name;
	else if (stmt->kind == STMT_ASSIGN && stmt->assign.target->kind == EXPR_VAR &&
		 !stmt->assign.is_compound)
		name = stmt->assign.target->var.name;
	if (name)
		hashmap_sets(&checker->locals, name, checker);
}

static void check_access(struct expr **at, void *data)
{
	struct checker *checker = data;
	struct diags *diags = checker->parser->diags;
	const struct expr *expr = *at;

	if (expr->kind == EXPR_MAP && !macro_find_param(checker->macro, MACRO_MAP, expr->map.name))
		diag_error(diags, "unhygienic", expr->span,
			   "Unhygienic access to map: @%s. Maps must be passed into the macro as "
			   "arguments.",
			   expr->map.name);
	if (expr->kind == EXPR_VAR &&
	    !macro_find_param(checker->macro, MACRO_VAR, expr->var.name) &&
	    !hashmap_gets(&checker->locals, expr->var.name))
		diag_error(diags, "unhygienic", expr->span,
			   "Unhygienic access to variable: $%s. Variables must be passed into the "
			   "macro as arguments.",
			   expr->var.name);
}

static void check_hygiene(const struct parser *parser, const struct macro *macro)
{
	struct checker checker = {.parser = parser, .macro = macro};
	const struct ast_visitor collect = {.stmt = collect_local, .data = &checker};
	const struct ast_visitor check = {.expr = check_access, .data = &checker};

	hashmap_init(&checker.locals, parser->arena);
	ast_walk_block(macro->body, &collect);
	ast_walk_block(macro->body, &check);
}

void macro_check_all(const struct parser *parser, const struct script *script)
{
	for (size_t i = 0; i < script->macros.len; i++) {
		check_name(parser, script->macros.data[i]);
		check_params(parser, script->macros.data[i]);
		check_doubles(parser, script, i);
		check_hygiene(parser, script->macros.data[i]);
	}
}
