/* The tree as indented text: one node a line, its type behind it once sema has set one. */
#include "ast/dump.h"

#include "ast/format.h"

struct dump {
	struct strbuf *out;
	unsigned indent;
};

static void dump_expr(struct dump *d, const struct expr *expr);
static void dump_block(struct dump *d, const struct block *block);

static void __attribute__((format(printf, 2, 3))) line(struct dump *d, const char *fmt, ...)
{
	va_list args;

	strbuf_fill(d->out, ' ', d->indent * 2);
	va_start(args, fmt);
	strbuf_vaddf(d->out, fmt, args);
	va_end(args);
	strbuf_addc(d->out, '\n');
}

/* What is said of a node on its own line. */
static void describe(struct strbuf *out, const struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_INT:
		strbuf_addf(out, "int %s%lu", expr->integer.is_negative ? "-" : "",
			    expr->integer.value);
		break;
	case EXPR_BOOL:
		strbuf_addf(out, "bool %s", expr->integer.value ? "true" : "false");
		break;
	case EXPR_STRING:
		strbuf_adds(out, "string ");
		string_text(expr->string.data, expr->string.len, out);
		break;
	case EXPR_PARAM:
		strbuf_addf(out, "parameter $%u", expr->param);
		break;
	case EXPR_PARAM_COUNT:
		strbuf_adds(out, "parameter $#");
		break;
	case EXPR_IDENT:
		strbuf_addf(out, "name %s", expr->ident.name);
		break;
	case EXPR_BUILTIN:
		strbuf_addf(out, "builtin %s", expr->ident.name);
		break;
	case EXPR_VAR:
		strbuf_addf(out, "variable $%s", expr->var.name);
		break;
	case EXPR_MAP:
		strbuf_addf(out, "map @%s%s", expr->map.name, expr->map.has_brackets ? "[]" : "");
		break;
	case EXPR_CALL:
		strbuf_addf(out, "call %s", expr->call.name);
		break;
	case EXPR_UNARY:
		strbuf_addf(out, "unary %s", unary_op_text(expr->unary.op));
		break;
	case EXPR_INCDEC:
		strbuf_addf(out, "%s %s", expr->incdec.is_prefix ? "prefix" : "postfix",
			    expr->incdec.is_decrement ? "--" : "++");
		break;
	case EXPR_BINARY:
		strbuf_addf(out, "binary %s", binary_op_text(expr->binary.op));
		break;
	case EXPR_TERNARY:
		strbuf_adds(out, expr->ternary.then ? "ternary" : "elvis");
		break;
	case EXPR_CAST:
		strbuf_adds(out, expr->cast.is_implicit ? "convert" : "cast ");
		if (expr->cast.to)
			ast_format_type(expr->cast.to, out);
		break;
	case EXPR_FIELD:
		strbuf_addf(out, "field .%s", expr->field.name);
		break;
	case EXPR_TUPLE_FIELD:
		strbuf_addf(out, "field .%u", expr->tuple_field.index);
		break;
	case EXPR_INDEX:
		strbuf_adds(out, "index");
		break;
	case EXPR_TUPLE:
		strbuf_adds(out, "tuple");
		break;
	case EXPR_RECORD:
		strbuf_adds(out, "record");
		break;
	case EXPR_SIZEOF:
		strbuf_adds(out, "sizeof");
		break;
	case EXPR_OFFSETOF:
		strbuf_adds(out, "offsetof");
		break;
	case EXPR_TYPEINFO:
		strbuf_adds(out, "typeinfo");
		break;
	case EXPR_BLOCK:
		strbuf_adds(out, "block");
		break;
	case EXPR_COMPTIME:
		strbuf_adds(out, "comptime");
		break;
	case EXPR_TYPE:
		strbuf_adds(out, "type ");
		ast_format_type(expr->type_name, out);
		break;
	}
}

static void dump_exprs(struct dump *d, const expr_vec *exprs)
{
	for (size_t i = 0; i < exprs->len; i++)
		dump_expr(d, exprs->data[i]);
}

static void dump_type(struct dump *d, const struct type_expr *type)
{
	struct strbuf text = STRBUF_INIT;

	if (!type)
		return;
	ast_format_type(type, &text);
	line(d, "type %s", strbuf_str(&text));
	strbuf_free(&text);
}

static void dump_query(struct dump *d, const struct expr *expr)
{
	dump_type(d, expr->query.type);
	dump_expr(d, expr->query.expr);
	for (size_t i = 0; i < expr->query.path.len; i++)
		line(d, "member %s", expr->query.path.data[i]);
}

static void dump_children(struct dump *d, const struct expr *expr)
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
		dump_exprs(d, &expr->ident.args);
		break;
	case EXPR_MAP:
		if (expr->map.key)
			dump_expr(d, expr->map.key);
		else
			dump_exprs(d, &expr->map.keys);
		break;
	case EXPR_CALL:
		dump_exprs(d, &expr->call.args);
		break;
	case EXPR_UNARY:
		dump_expr(d, expr->unary.operand);
		break;
	case EXPR_INCDEC:
		dump_expr(d, expr->incdec.target);
		break;
	case EXPR_BINARY:
		dump_expr(d, expr->binary.left);
		dump_expr(d, expr->binary.right);
		break;
	case EXPR_TERNARY:
		dump_expr(d, expr->ternary.condition);
		dump_expr(d, expr->ternary.then);
		dump_expr(d, expr->ternary.otherwise);
		break;
	case EXPR_CAST:
		dump_expr(d, expr->cast.operand);
		break;
	case EXPR_FIELD:
		dump_expr(d, expr->field.object);
		break;
	case EXPR_TUPLE_FIELD:
		dump_expr(d, expr->tuple_field.object);
		break;
	case EXPR_INDEX:
		dump_expr(d, expr->index.object);
		dump_expr(d, expr->index.index);
		break;
	case EXPR_TUPLE:
		dump_exprs(d, &expr->tuple.members);
		break;
	case EXPR_RECORD:
		for (size_t i = 0; i < expr->record.members.len; i++) {
			line(d, "member %s", expr->record.members.data[i].name);
			d->indent++;
			dump_expr(d, expr->record.members.data[i].value);
			d->indent--;
		}
		break;
	case EXPR_SIZEOF:
	case EXPR_OFFSETOF:
	case EXPR_TYPEINFO:
		dump_query(d, expr);
		break;
	case EXPR_BLOCK:
		/* A block indents itself. */
		d->indent--;
		dump_block(d, expr->block);
		d->indent++;
		break;
	case EXPR_COMPTIME:
		dump_expr(d, expr->comptime);
		break;
	case EXPR_TYPE:
		break;
	}
}

static void dump_expr(struct dump *d, const struct expr *expr)
{
	struct strbuf text = STRBUF_INIT;

	if (!expr)
		return;
	describe(&text, expr);
	if (expr->type) {
		strbuf_adds(&text, " :: ");
		type_name(expr->type, &text);
	}
	line(d, "%s", strbuf_str(&text));
	strbuf_free(&text);
	d->indent++;
	dump_children(d, expr);
	d->indent--;
}

static void dump_let(struct dump *d, const struct stmt *stmt)
{
	struct strbuf text = STRBUF_INIT;

	if (stmt->let.type) {
		strbuf_adds(&text, ": ");
		ast_format_type(stmt->let.type, &text);
	}
	line(d, "let $%s%s", stmt->let.name, strbuf_str(&text));
	strbuf_free(&text);
	d->indent++;
	dump_expr(d, stmt->let.value);
	d->indent--;
}

static void dump_if(struct dump *d, const struct stmt *stmt)
{
	line(d, stmt->branch.is_comptime ? "if comptime" : "if");
	d->indent++;
	dump_expr(d, stmt->branch.condition);
	line(d, "then");
	dump_block(d, stmt->branch.then);
	if (stmt->branch.otherwise) {
		line(d, "else");
		dump_block(d, stmt->branch.otherwise);
	}
	d->indent--;
}

static void dump_loop(struct dump *d, const struct stmt *stmt)
{
	line(d, "for $%s", stmt->loop.name);
	d->indent++;
	dump_expr(d, stmt->loop.map);
	dump_expr(d, stmt->loop.from);
	dump_expr(d, stmt->loop.to);
	d->indent--;
	dump_block(d, stmt->loop.body);
}

static void dump_with_expr(struct dump *d, const char *what, const struct expr *expr)
{
	line(d, "%s", what);
	d->indent++;
	dump_expr(d, expr);
	d->indent--;
}

static void dump_stmt(struct dump *d, const struct stmt *stmt)
{
	switch (stmt->kind) {
	case STMT_EXPR:
		dump_expr(d, stmt->expr);
		break;
	case STMT_DISCARD:
		dump_with_expr(d, "discard", stmt->expr);
		break;
	case STMT_ASSIGN:
		line(d,
		     "assign %s=", stmt->assign.is_compound ? binary_op_text(stmt->assign.op) : "");
		d->indent++;
		dump_expr(d, stmt->assign.target);
		dump_expr(d, stmt->assign.value);
		d->indent--;
		break;
	case STMT_LET:
		dump_let(d, stmt);
		break;
	case STMT_IF:
		dump_if(d, stmt);
		break;
	case STMT_FOR_MAP:
	case STMT_FOR_RANGE:
		dump_loop(d, stmt);
		break;
	case STMT_WHILE:
	case STMT_UNROLL:
		dump_with_expr(d, stmt->kind == STMT_WHILE ? "while" : "unroll",
			       stmt->repeat.condition);
		dump_block(d, stmt->repeat.body);
		break;
	case STMT_BREAK:
		line(d, "break");
		break;
	case STMT_CONTINUE:
		line(d, "continue");
		break;
	case STMT_RETURN:
		dump_with_expr(d, "return", stmt->expr);
		break;
	case STMT_BLOCK:
		line(d, "block");
		dump_block(d, stmt->block);
		break;
	}
}

static void dump_block(struct dump *d, const struct block *block)
{
	d->indent++;
	for (size_t i = 0; i < block->stmts.len; i++)
		dump_stmt(d, block->stmts.data[i]);
	if (block->tail)
		dump_with_expr(d, "value", block->tail);
	d->indent--;
}

static void dump_body(struct dump *d, const struct expr *predicate, const struct block *body)
{
	d->indent++;
	if (predicate)
		dump_with_expr(d, "predicate", predicate);
	line(d, "body");
	dump_block(d, body);
	d->indent--;
}

static void dump_preamble(struct dump *d, const struct preamble *preamble)
{
	struct strbuf text = STRBUF_INIT;

	string_text(preamble->text, strlen(preamble->text), &text);
	line(d, "preamble %s", strbuf_str(&text));
	strbuf_free(&text);
}

static void dump_macro(struct dump *d, const struct macro *macro)
{
	struct strbuf text = STRBUF_INIT;

	macro_signature(macro, &text);
	line(d, "macro %s", strbuf_str(&text));
	strbuf_free(&text);
	dump_block(d, macro->body);
}

static void dump_setting(struct dump *d, const struct config_setting *setting)
{
	line(d, "config %s", setting->name);
	d->indent++;
	dump_expr(d, setting->value);
	d->indent--;
}

void ast_dump_script(const struct script *script, struct strbuf *out)
{
	struct dump d = {.out = out};

	for (size_t i = 0; i < script->preambles.len; i++)
		dump_preamble(&d, &script->preambles.data[i]);
	for (size_t i = 0; i < script->config.len; i++)
		dump_setting(&d, &script->config.data[i]);
	for (size_t i = 0; i < script->imports.len; i++)
		line(&d, "import %s", script->imports.data[i].path);
	for (size_t i = 0; i < script->map_decls.len; i++)
		line(&d, "map @%s %s(%lu)", script->map_decls.data[i].name,
		     script->map_decls.data[i].kind, script->map_decls.data[i].max_entries);
	for (size_t i = 0; i < script->macros.len; i++)
		if (!script->macros.data[i]->is_library)
			dump_macro(&d, script->macros.data[i]);
	for (size_t i = 0; i < script->probes.len; i++) {
		const struct probe *probe = script->probes.data[i];

		for (size_t k = 0; k < probe->attach_points.len; k++)
			line(&d, "probe %s", probe->attach_points.data[k]->text);
		dump_body(&d, probe->predicate, probe->body);
	}
}

void ast_dump_unit(const struct ast_unit *unit, struct strbuf *out)
{
	struct dump d = {.out = out};

	for (size_t i = 0; i < unit->programs.len; i++) {
		const struct ast_program *program = unit->programs.data[i];

		line(&d, "program %s", program->probe->attach_points.data[0]->text);
		dump_body(&d, program->predicate, program->body);
	}
}
