/*
 * The source formatter: statements, and a script's parts in the order of the source. A statement is
 * written to a line; comments inside it move above it, those behind it stay. One empty line is kept
 * where there were some.
 */
#include "ast/format.h"

#include "ast/format_internal.h"

#include <stdlib.h>

#define WIDTH 100
#define TAB 8

/* --- lines --- */

/* How far the text runs up to the next place for a break. */
static size_t piece_length(const struct writer *w, size_t start, size_t next_break)
{
	size_t end = next_break < w->breaks.len ? w->breaks.data[next_break] : w->line.len;
	const char *newline = memchr(w->line.data + start, '\n', end - start);

	return newline ? (size_t)(newline - (w->line.data + start)) : end - start;
}

/* Finishes the line without its newline, broken where it is too long. */
static void flush(struct writer *w)
{
	size_t column = w->indent * TAB, next = 0;

	strbuf_fill(w->out, '\t', w->line.len ? w->indent : 0);
	for (size_t i = 0; i < w->line.len; i++) {
		bool is_break = next < w->breaks.len && w->breaks.data[next] == i;

		if (is_break && column + 1 + piece_length(w, i + 1, ++next) > WIDTH) {
			strbuf_addc(w->out, '\n');
			strbuf_fill(w->out, '\t', w->indent + 1);
			column = (w->indent + 1) * TAB;
			continue;
		}
		strbuf_addc(w->out, w->line.data[i]);
		column = w->line.data[i] == '\n' ? 0 : column + (w->line.data[i] == '\t' ? TAB : 1);
	}
	strbuf_clear(&w->line);
	w->breaks.len = 0;
}

static void end_line(struct writer *w)
{
	flush(w);
	strbuf_addc(w->out, '\n');
}

static void put(struct writer *w, const char *text)
{
	strbuf_adds(&w->line, text);
}

/* --- comments --- */

static bool is_at_start(const struct writer *w)
{
	const struct strbuf *out = w->out;

	return !out->len || (out->len >= 2 && !strcmp(out->data + out->len - 2, "{\n")) ||
	       (out->len >= 2 && !strcmp(out->data + out->len - 2, "\n\n"));
}

/* An empty line where the source has some, except at the beginning of a block. */
static void keep_space(struct writer *w, uint32_t position)
{
	if (format_is_spaced(w->format, position) && !is_at_start(w))
		strbuf_addc(w->out, '\n');
}

/* Comments before @position, each on its own line. */
static void write_comments(struct writer *w, uint32_t position)
{
	struct format *f = w->format;

	for (; f->next < f->comments.len && f->comments.data[f->next].start < position; f->next++) {
		const struct comment *comment = &f->comments.data[f->next];

		keep_space(w, comment->start);
		format_source_text(w, (struct span){comment->start, comment->end});
		end_line(w);
	}
}

/* Comments on the line where something ended: they stay behind it. */
static void write_trailing(struct writer *w, uint32_t end)
{
	struct format *f = w->format;

	for (; f->next < f->comments.len; f->next++) {
		const struct comment *comment = &f->comments.data[f->next];

		if (!format_is_beside(f, end, comment->start))
			break;
		strbuf_addc(w->out, ' ');
		strbuf_add(w->out, f->source->text + (comment->start - f->source->base),
			   comment->end - comment->start);
	}
	strbuf_addc(w->out, '\n');
}

/* --- statements --- */

static void format_condition(struct writer *w, const char *keyword, const struct expr *condition)
{
	put(w, keyword);
	put(w, " ");
	format_in_parens(w, condition);
	put(w, " ");
}

/* Whether "else" was followed by "if" rather than a brace. */
static bool is_else_if(const struct writer *w, const struct block *block)
{
	const struct source *source = w->format->source;

	return block->stmts.len == 1 && block->stmts.data[0]->kind == STMT_IF &&
	       source->text[block->span.start - source->base] != '{';
}

static void format_if(struct writer *w, const struct stmt *stmt)
{
	format_condition(w, stmt->branch.is_comptime ? "if comptime" : "if",
			 stmt->branch.condition);
	format_block(w, stmt->branch.then);
	if (!stmt->branch.otherwise)
		return;
	put(w, " else ");
	if (is_else_if(w, stmt->branch.otherwise))
		format_if(w, stmt->branch.otherwise->stmts.data[0]);
	else
		format_block(w, stmt->branch.otherwise);
}

static void format_for(struct writer *w, const struct stmt *stmt)
{
	strbuf_addf(&w->line, "for ($%s : ", stmt->loop.name);
	if (stmt->kind == STMT_FOR_MAP) {
		format_expr(w, stmt->loop.map);
	} else {
		format_expr(w, stmt->loop.from);
		put(w, "..");
		format_expr(w, stmt->loop.to);
	}
	put(w, ") ");
	format_block(w, stmt->loop.body);
}

static void format_let(struct writer *w, const struct stmt *stmt)
{
	strbuf_addf(&w->line, "let $%s", stmt->let.name);
	if (stmt->let.type) {
		put(w, ": ");
		format_type(w, stmt->let.type);
	}
	if (stmt->let.value) {
		put(w, " = ");
		format_expr(w, stmt->let.value);
	}
}

static void format_assign(struct writer *w, const struct stmt *stmt)
{
	format_expr(w, stmt->assign.target);
	strbuf_addf(&w->line,
		    " %s= ", stmt->assign.is_compound ? binary_op_text(stmt->assign.op) : "");
	format_expr(w, stmt->assign.value);
}

static void format_stmt(struct writer *w, const struct stmt *stmt)
{
	switch (stmt->kind) {
	case STMT_EXPR:
		format_expr(w, stmt->expr);
		put(w, ";");
		break;
	case STMT_DISCARD:
		put(w, "_ = ");
		format_expr(w, stmt->expr);
		put(w, ";");
		break;
	case STMT_ASSIGN:
		format_assign(w, stmt);
		put(w, ";");
		break;
	case STMT_LET:
		format_let(w, stmt);
		put(w, ";");
		break;
	case STMT_IF:
		format_if(w, stmt);
		break;
	case STMT_FOR_MAP:
	case STMT_FOR_RANGE:
		format_for(w, stmt);
		break;
	case STMT_WHILE:
	case STMT_UNROLL:
		format_condition(w, stmt->kind == STMT_WHILE ? "while" : "unroll",
				 stmt->repeat.condition);
		format_block(w, stmt->repeat.body);
		break;
	case STMT_BREAK:
		put(w, "break;");
		break;
	case STMT_CONTINUE:
		put(w, "continue;");
		break;
	case STMT_RETURN:
		put(w, stmt->expr ? "return " : "return");
		if (stmt->expr)
			format_expr(w, stmt->expr);
		put(w, ";");
		break;
	case STMT_BLOCK:
		format_block(w, stmt->block);
		break;
	}
}

/* Where the first block inside of the statement begins: comments before it stand above. */
static uint32_t first_block(const struct stmt *stmt)
{
	switch (stmt->kind) {
	case STMT_IF:
		return stmt->branch.then->span.start;
	case STMT_FOR_MAP:
	case STMT_FOR_RANGE:
		return stmt->loop.body->span.start;
	case STMT_WHILE:
	case STMT_UNROLL:
		return stmt->repeat.body->span.start;
	case STMT_BLOCK:
		return stmt->block->span.start;
	case STMT_EXPR:
	case STMT_DISCARD:
	case STMT_ASSIGN:
	case STMT_LET:
	case STMT_BREAK:
	case STMT_CONTINUE:
	case STMT_RETURN:
		break;
	}
	return stmt->span.end;
}

static void note_block(struct expr **expr, void *data)
{
	uint32_t *position = data;

	if ((*expr)->kind == EXPR_BLOCK && (*expr)->span.start < *position)
		*position = (*expr)->span.start;
}

/* As first_block(), with blocks that are values. */
static uint32_t head_end(const struct stmt *stmt)
{
	uint32_t position = first_block(stmt);
	const struct ast_visitor visitor = {.expr = note_block, .data = &position};
	struct stmt *one[] = {(struct stmt *)(uintptr_t)stmt};
	struct block block = {.stmts = {one, 1, 1}};

	ast_walk_block(&block, &visitor);
	return position;
}

static void write_stmt(struct writer *w, const struct stmt *stmt)
{
	write_comments(w, stmt->span.start);
	keep_space(w, stmt->span.start);
	write_comments(w, head_end(stmt));
	format_stmt(w, stmt);
	flush(w);
	write_trailing(w, stmt->span.end);
}

void format_block(struct writer *w, const struct block *block)
{
	struct strbuf text = STRBUF_INIT;
	struct writer inner = {.format = w->format, .out = &text, .indent = w->indent + 1};

	strbuf_adds(&text, "{\n");
	for (size_t i = 0; i < block->stmts.len; i++)
		write_stmt(&inner, block->stmts.data[i]);
	if (block->tail) {
		write_comments(&inner, block->tail->span.start);
		keep_space(&inner, block->tail->span.start);
		write_comments(&inner, block->tail->span.end);
		format_expr(&inner, block->tail);
		flush(&inner);
		write_trailing(&inner, block->tail->span.end);
	}
	if (w->format->source)
		write_comments(&inner, block->span.end);
	strbuf_fill(&text, '\t', w->indent);
	strbuf_addc(&text, '}');
	strbuf_add(&w->line, text.data, text.len);
	strbuf_free(&inner.line);
	strbuf_free(&text);
}

/* --- the script's parts --- */

enum part_kind { PART_PREAMBLE, PART_CONFIG, PART_IMPORT, PART_MAP, PART_MACRO, PART_PROBE };

struct part {
	enum part_kind kind;
	struct span span;
	size_t index;
};

typedef VEC(struct part)
part_vec;

static void add_part(struct writer *w, part_vec *parts, enum part_kind kind, struct span span,
		     size_t index)
{
	struct part part = {kind, span, index};

	vec_push(w->format->arena, parts, part);
}

static int compare_parts(const void *left, const void *right)
{
	const struct part *a = left, *b = right;

	return a->span.start < b->span.start ? -1 : a->span.start > b->span.start;
}

static part_vec collect_parts(struct writer *w, const struct script *script)
{
	part_vec parts = {0};

	for (size_t i = 0; i < script->preambles.len; i++)
		add_part(w, &parts, PART_PREAMBLE, script->preambles.data[i].span, i);
	if (script->has_config)
		add_part(w, &parts, PART_CONFIG, script->config_span, 0);
	for (size_t i = 0; i < script->imports.len; i++)
		add_part(w, &parts, PART_IMPORT, script->imports.data[i].span, i);
	for (size_t i = 0; i < script->map_decls.len; i++)
		add_part(w, &parts, PART_MAP, script->map_decls.data[i].span, i);
	for (size_t i = 0; i < script->macros.len; i++)
		add_part(w, &parts, PART_MACRO, script->macros.data[i]->span, i);
	for (size_t i = 0; i < script->probes.len; i++)
		add_part(w, &parts, PART_PROBE, script->probes.data[i]->span, i);
	if (parts.len)
		qsort(parts.data, parts.len, sizeof(parts.data[0]), compare_parts);
	return parts;
}

static void format_config(struct writer *w, const struct script *script)
{
	put(w, "config = {");
	end_line(w);
	w->indent++;
	for (size_t i = 0; i < script->config.len; i++) {
		const struct config_setting *setting = &script->config.data[i];

		write_comments(w, setting->span.start);
		keep_space(w, setting->span.start);
		write_comments(w, setting->span.end);
		put(w, setting->name);
		put(w, " = ");
		format_source_text(w, setting->value->span);
		put(w, ";");
		flush(w);
		write_trailing(w, setting->span.end);
	}
	write_comments(w, script->config_span.end);
	w->indent--;
	put(w, "}");
}

static void format_macro(struct writer *w, const struct macro *macro)
{
	size_t start;

	write_comments(w, macro->body->span.start);
	put(w, "macro ");
	start = w->line.len;
	macro_signature(macro, &w->line);
	for (size_t i = start; i < w->line.len; i++)
		if (w->line.data[i] == ' ')
			vec_push(w->format->arena, &w->breaks, i);
	put(w, " ");
	format_block(w, macro->body);
}

/* "/" and "*" would begin a comment. */
static bool begins_with_star(const struct expr *expr)
{
	while (expr && !expr->in_parens) {
		if (expr->kind == EXPR_UNARY)
			return expr->unary.op == UNARY_DEREF;
		if (expr->kind == EXPR_BINARY)
			expr = expr->binary.left;
		else if (expr->kind == EXPR_TERNARY)
			expr = expr->ternary.condition;
		else if (expr->kind == EXPR_FIELD)
			expr = expr->field.object;
		else
			return false;
	}
	return false;
}

static void format_probe(struct writer *w, const struct probe *probe)
{
	for (size_t i = 0; i < probe->attach_points.len; i++) {
		struct span span = probe->attach_points.data[i]->span;

		write_comments(w, span.start);
		format_source_text(w, span);
		if (i + 1 < probe->attach_points.len)
			put(w, ",");
		flush(w);
		write_trailing(w, span.end);
	}
	if (probe->predicate) {
		write_comments(w, probe->predicate->span.end);
		put(w, begins_with_star(probe->predicate) ? "/ " : "/");
		format_expr(w, probe->predicate);
		put(w, "/");
		flush(w);
		write_trailing(w, probe->predicate->span.end);
	}
	write_comments(w, probe->body->span.start);
	format_block(w, probe->body);
}

static void format_part(struct writer *w, const struct script *script, const struct part *part)
{
	const struct map_decl *decl;
	const struct import *import;

	switch (part->kind) {
	case PART_PREAMBLE:
		format_source_text(w, part->span);
		break;
	case PART_CONFIG:
		format_config(w, script);
		break;
	case PART_IMPORT:
		write_comments(w, part->span.end);
		import = &script->imports.data[part->index];
		put(w, "import ");
		string_text(import->path, strlen(import->path), &w->line);
		put(w, ";");
		break;
	case PART_MAP:
		decl = &script->map_decls.data[part->index];
		write_comments(w, part->span.end);
		strbuf_addf(&w->line, "let @%s = %s(", decl->name, decl->kind);
		format_source_text(w, decl->entries_span);
		put(w, ");");
		break;
	case PART_MACRO:
		format_macro(w, script->macros.data[part->index]);
		break;
	case PART_PROBE:
		format_probe(w, script->probes.data[part->index]);
		break;
	}
}

/* What has a block, or is of another kind than what was before, is set apart. */
static bool is_set_apart(const part_vec *parts, size_t index)
{
	enum part_kind kind = parts->data[index].kind;

	return index &&
	       (kind == PART_MACRO || kind == PART_PROBE || kind != parts->data[index - 1].kind);
}

void ast_format(const struct script *script, const struct source *source, struct strbuf *out)
{
	struct format format = {.arena = arena_new(), .source = source};
	struct writer w = {.format = &format, .out = out};
	part_vec parts = collect_parts(&w, script);

	format_find_comments(&format, script);
	for (size_t i = 0; i < parts.len; i++) {
		if (is_set_apart(&parts, i) && !is_at_start(&w))
			strbuf_addc(out, '\n');
		write_comments(&w, parts.data[i].span.start);
		keep_space(&w, parts.data[i].span.start);
		format_part(&w, script, &parts.data[i]);
		flush(&w);
		write_trailing(&w, parts.data[i].span.end);
	}
	write_comments(&w, source->base + source->len + 1);
	strbuf_free(&w.line);
	arena_free(format.arena);
}

void ast_format_type(const struct type_expr *type, struct strbuf *out)
{
	struct format format = {.arena = arena_new()};
	struct writer w = {.format = &format};

	format_type(&w, type);
	strbuf_adds(out, strbuf_str(&w.line));
	strbuf_free(&w.line);
	arena_free(format.arena);
}
