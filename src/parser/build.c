/* Nodes as the grammar asks for them, and the checks that a grammar cannot make. */
#include "parser/build.h"

#include "base/hashmap.h"

#include <string.h>

#define MAX_DEPTH 400 /* of expressions: everything that walks the tree recurses */
#define MAX_ARRAY 0x7fffffffu

static struct arena *arena_of(struct build *b)
{
	return b->parser->arena;
}

static struct diag *error(struct build *b, const char *tag, struct span span, const char *text)
{
	return diag_error(b->parser->diags, tag, span, "syntax: %s", text);
}

/* The depth of a node whose deepest child is @below; too deep a tree ends the parse. */
static uint32_t deeper(struct build *b, uint32_t below, struct span span)
{
	if (below >= MAX_DEPTH && !b->lexer->failed) {
		diag_error(b->parser->diags, "nesting-too-deep", span,
			   "syntax: this is nested more than %d deep", MAX_DEPTH);
		b->lexer->failed = true;
	}
	return below + 1;
}

static uint32_t max_depth(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t depth_of(const struct expr *expr)
{
	return expr ? expr->depth : 0;
}

static uint32_t depth_of_block(const struct block *block)
{
	return block ? block->depth : 0;
}

static uint32_t depth_of_type(const struct type_expr *type)
{
	return type ? type->depth : 0;
}

static struct expr *deepen(struct build *b, struct expr *expr, const struct expr *left,
			   const struct expr *right)
{
	expr->depth = deeper(b, max_depth(depth_of(left), depth_of(right)), expr->span);
	return expr;
}

/* --- types --- */

struct type_expr *build_type(struct build *b, struct span span, enum type_kind keyword,
			     const char *name)
{
	struct type_expr *type = arena_new_object(arena_of(b), struct type_expr);

	type->span = span;
	type->keyword = keyword;
	type->name = !strcmp(name, "const") || !strcmp(name, "volatile") ? "" : name;
	return type;
}

struct type_expr *build_type_word(struct build *b, struct type_expr *type, struct span span,
				  const char *word)
{
	type->span = span;
	type->depth = deeper(b, type->depth, span);
	if (strcmp(word, "const") != 0 && strcmp(word, "volatile") != 0)
		type->name = arena_printf(arena_of(b), "%s%s%s", type->name, *type->name ? " " : "",
					  word);
	return type;
}

struct type_expr *build_typeof(struct build *b, struct span span, struct type_expr *of_type,
			       struct expr *of_expr)
{
	struct type_expr *type = arena_new_object(arena_of(b), struct type_expr);

	type->span = span;
	type->of_type = of_type;
	type->of_expr = of_expr;
	type->depth = deeper(b, max_depth(depth_of_type(of_type), depth_of(of_expr)), span);
	return type;
}

static struct type_expr *add_suffix(struct build *b, struct span span, struct type_expr *type,
				    struct type_suffix suffix)
{
	type->span = span;
	type->depth = deeper(b, type->depth, span);
	vec_push(arena_of(b), &type->suffixes, suffix);
	return type;
}

struct type_expr *build_pointer(struct build *b, struct span span, struct type_expr *type)
{
	return add_suffix(b, span, type, (struct type_suffix){.is_pointer = true});
}

struct type_expr *build_array(struct build *b, struct span span, struct type_expr *type,
			      bool has_count, uint64_t count)
{
	struct type_suffix suffix = {.has_count = has_count, .count = (uint32_t)count};

	if (count > MAX_ARRAY)
		error(b, "syntax", span, "the array is too large");
	return add_suffix(b, span, type, suffix);
}

/* --- expressions --- */

struct expr *build_int(struct build *b, struct span span, uint64_t value, bool is_duration)
{
	struct expr *expr = expr_int(arena_of(b), span, value);

	expr->integer.is_duration = is_duration;
	return expr;
}

struct expr *build_unary(struct build *b, struct span span, enum unary_op op, struct expr *operand)
{
	return deepen(b, expr_unary(arena_of(b), span, op, operand), operand, NULL);
}

struct expr *build_binary(struct build *b, enum binary_op op, struct expr *left, struct expr *right)
{
	struct span span = span_join(left->span, right->span);

	return deepen(b, expr_binary(arena_of(b), span, op, left, right), left, right);
}

struct expr *build_ternary(struct build *b, struct expr *condition, struct expr *then,
			   struct expr *otherwise)
{
	struct expr *expr =
		expr_new(arena_of(b), EXPR_TERNARY, span_join(condition->span, otherwise->span));

	expr->ternary.condition = condition;
	expr->ternary.then = then;
	expr->ternary.otherwise = otherwise;
	return deepen(b, expr, condition, depth_of(then) > otherwise->depth ? then : otherwise);
}

struct expr *build_cast(struct build *b, struct span span, struct type_expr *type,
			struct expr *operand)
{
	struct expr *expr = expr_new(arena_of(b), EXPR_CAST, span);

	expr->cast.to = type;
	expr->cast.operand = operand;
	expr->depth = deeper(b, max_depth(type->depth, operand->depth), span);
	return expr;
}

static bool is_lvalue(const struct expr *expr)
{
	return expr->kind == EXPR_VAR || expr->kind == EXPR_MAP;
}

struct expr *build_incdec(struct build *b, struct span span, struct expr *target, bool decrement,
			  bool prefix)
{
	struct expr *expr = expr_new(arena_of(b), EXPR_INCDEC, span);

	if (!is_lvalue(target))
		error(b, "not-assignable", target->span,
		      "++ and -- apply only to variables and maps");
	expr->incdec.target = target;
	expr->incdec.is_decrement = decrement;
	expr->incdec.is_prefix = prefix;
	return deepen(b, expr, target, NULL);
}

struct expr *build_field(struct build *b, struct span span, struct expr *object, const char *name,
			 struct span name_span, bool arrow)
{
	struct expr *expr = expr_new(arena_of(b), EXPR_FIELD, span);

	expr->field.object = object;
	expr->field.name = name;
	expr->field.name_span = name_span;
	expr->field.is_arrow = arrow;
	return deepen(b, expr, object, NULL);
}

struct expr *build_tuple_field(struct build *b, struct span span, struct expr *object,
			       uint64_t index)
{
	struct expr *expr = expr_new(arena_of(b), EXPR_TUPLE_FIELD, span);

	if (object->kind == EXPR_INT && !object->in_parens)
		error(b, "bad-number", span, "there are no numbers with a decimal point");
	expr->tuple_field.object = object;
	expr->tuple_field.index = index > UINT32_MAX ? UINT32_MAX : (uint32_t)index;
	return deepen(b, expr, object, NULL);
}

struct expr *build_index(struct build *b, struct span span, struct expr *object, struct expr *index)
{
	struct expr *expr = expr_new(arena_of(b), EXPR_INDEX, span);

	expr->index.object = object;
	expr->index.index = index;
	return deepen(b, expr, object, index);
}

struct expr *build_name(struct build *b, struct span span, enum expr_kind kind, const char *name)
{
	struct expr *expr = expr_new(arena_of(b), kind, span);

	if (kind == EXPR_VAR)
		expr->var.name = name;
	else
		expr->ident.name = name;
	return expr;
}

/* As deep as the deepest of @exprs and one more. */
static struct expr *deepen_all(struct build *b, struct expr *expr, const expr_vec *exprs)
{
	const struct expr *deepest = NULL;

	for (size_t i = 0; i < exprs->len; i++)
		if (!deepest || exprs->data[i]->depth > deepest->depth)
			deepest = exprs->data[i];
	return deepen(b, expr, deepest, NULL);
}

struct expr *build_map(struct build *b, struct span span, const char *name, struct args *keys)
{
	struct expr *expr = expr_new(arena_of(b), EXPR_MAP, span);

	expr->map.name = name;
	expr->map.has_brackets = keys != NULL;
	if (keys)
		expr->map.keys = keys->exprs;
	return deepen_all(b, expr, &expr->map.keys);
}

struct expr *build_param(struct build *b, struct span span, uint64_t number)
{
	struct expr *expr = expr_new(arena_of(b), EXPR_PARAM, span);

	expr->param = (uint32_t)number;
	return expr;
}

struct expr *build_call(struct build *b, struct span span, const char *name, struct span name_span,
			struct args *args)
{
	struct expr *expr = expr_new(arena_of(b), EXPR_CALL, span);

	expr->call.name = name;
	expr->call.name_span = name_span;
	if (args)
		expr->call.args = args->exprs;
	return deepen_all(b, expr, &expr->call.args);
}

struct expr *build_parens(struct expr *expr)
{
	expr->in_parens = true;
	return expr;
}

struct expr *build_tuple(struct build *b, struct span span, struct args *args)
{
	struct expr *expr = expr_new(arena_of(b), EXPR_TUPLE, span);

	if (args)
		expr->tuple.members = args->exprs;
	return deepen_all(b, expr, &expr->tuple.members);
}

struct expr *build_block_expr(struct build *b, struct span span, struct block *block)
{
	struct expr *expr = expr_new(arena_of(b), EXPR_BLOCK, span);

	expr->block = block;
	expr->depth = deeper(b, block->depth, span);
	return expr;
}

struct expr *build_query(struct build *b, struct span span, enum expr_kind kind,
			 struct type_expr *type, struct expr *of, struct args *path)
{
	struct expr *expr = expr_new(arena_of(b), kind, span);

	expr->query.type = type;
	expr->query.expr = of;
	for (size_t i = 0; path && i < path->exprs.len; i++)
		vec_push(arena_of(b), &expr->query.path, path->exprs.data[i]->ident.name);
	expr->depth = deeper(b, max_depth(depth_of_type(type), depth_of(of)), span);
	return expr;
}

struct expr *build_comptime(struct build *b, struct span span, struct expr *of)
{
	struct expr *expr = expr_new(arena_of(b), EXPR_COMPTIME, span);

	expr->comptime = of;
	return deepen(b, expr, of, NULL);
}

struct expr *build_record(struct build *b, struct span span)
{
	return expr_new(arena_of(b), EXPR_RECORD, span);
}

struct expr *build_member(struct build *b, struct expr *record, const char *name, struct span span,
			  struct expr *value)
{
	struct record_member member = {name, span, value};

	vec_push(arena_of(b), &record->record.members, member);
	record->depth = max_depth(record->depth, deeper(b, value->depth, span));
	return record;
}

struct expr *build_record_end(struct build *b, struct span span, struct expr *record)
{
	struct hashmap names;

	record->span = span;
	hashmap_init(&names, arena_of(b));
	for (size_t i = 0; i < record->record.members.len; i++) {
		struct record_member *member = &record->record.members.data[i];

		if (hashmap_gets(&names, member->name))
			error(b, "duplicate-member", member->span,
			      "the record has this member already");
		hashmap_sets(&names, member->name, member);
	}
	return record;
}

struct args *build_args(struct build *b, struct args *args, struct expr *expr)
{
	if (!args)
		args = arena_new_object(arena_of(b), struct args);
	vec_push(arena_of(b), &args->exprs, expr);
	return args;
}

struct expr *build_type_arg(struct build *b, struct type_expr *type)
{
	struct expr *expr = expr_new(arena_of(b), EXPR_TYPE, type->span);

	expr->type_name = type;
	expr->depth = deeper(b, depth_of_type(type), type->span);
	return expr;
}

/* --- statements --- */

static struct stmt *new_stmt(struct build *b, enum stmt_kind kind, struct span span, uint32_t below)
{
	struct stmt *stmt = stmt_new(arena_of(b), kind, span);

	stmt->depth = deeper(b, below, span);
	return stmt;
}

static bool is_discard(const struct expr *target)
{
	return target->kind == EXPR_IDENT && !strcmp(target->ident.name, "_");
}

struct stmt *build_assign(struct build *b, struct span span, struct expr *target, bool compound,
			  enum binary_op op, struct expr *value)
{
	struct stmt *stmt;

	if (is_discard(target) && !compound) {
		stmt = new_stmt(b, STMT_DISCARD, span, value->depth);
		stmt->expr = value;
		return stmt;
	}
	if (!is_lvalue(target)) {
		struct diag *diag = error(b, "not-assignable", target->span,
					  "only variables and maps can be assigned");

		if (target->kind == EXPR_IDENT)
			diag_hint(diag, "variables begin with '$', maps with '@'");
		else if (target->kind == EXPR_FIELD || target->kind == EXPR_INDEX ||
			 target->kind == EXPR_TUPLE_FIELD || target->kind == EXPR_UNARY)
			diag_hint(diag, "structs, tuples, records and memory are read-only");
	}
	stmt = new_stmt(b, STMT_ASSIGN, span, max_depth(target->depth, value->depth));
	stmt->assign.target = target;
	stmt->assign.is_compound = compound;
	stmt->assign.op = op;
	stmt->assign.value = value;
	return stmt;
}

/* What the expression begins with, as long as no parentheses are in between. */
static const struct expr *leftmost(const struct expr *expr)
{
	while (!expr->in_parens) {
		if (expr->kind == EXPR_BINARY)
			expr = expr->binary.left;
		else if (expr->kind == EXPR_TERNARY)
			expr = expr->ternary.condition;
		else
			break;
	}
	return expr;
}

/* "@x++" that begins a statement is all of it. */
static void check_step(struct build *b, const struct expr *expr)
{
	const struct expr *first = leftmost(expr);
	struct span rest = {first->span.end, expr->span.end};

	if (first == expr || first->in_parens || first->kind != EXPR_INCDEC ||
	    first->incdec.is_prefix)
		return;
	diag_hint(error(b, "syntax", rest, "++ or -- at its beginning is the whole statement"),
		  "to calculate with its value, put it in parentheses");
}

static struct stmt *new_expr_stmt(struct build *b, struct expr *expr)
{
	struct stmt *stmt = new_stmt(b, STMT_EXPR, expr->span, expr->depth);

	stmt->expr = expr;
	return stmt;
}

struct stmt *build_expr_stmt(struct build *b, struct expr *expr)
{
	check_step(b, expr);
	return new_expr_stmt(b, expr);
}

struct stmt *build_let(struct build *b, struct span span, const char *name, struct span name_span,
		       struct type_expr *type, struct expr *value)
{
	struct stmt *stmt =
		new_stmt(b, STMT_LET, span, max_depth(depth_of_type(type), depth_of(value)));

	stmt->let.name = name;
	stmt->let.name_span = name_span;
	stmt->let.type = type;
	stmt->let.value = value;
	return stmt;
}

/* Values at the end of a statement's blocks are thrown away. */
static void make_plain(struct build *b, struct stmt *stmt)
{
	if (stmt->kind == STMT_BLOCK)
		build_plain_block(b, stmt->block);
	if (stmt->kind != STMT_IF)
		return;
	build_plain_block(b, stmt->branch.then);
	if (stmt->branch.otherwise)
		build_plain_block(b, stmt->branch.otherwise);
}

struct stmt *build_if(struct build *b, struct span span, bool comptime, struct expr *condition,
		      struct block *then, struct block *otherwise)
{
	uint32_t below = max_depth(then->depth, depth_of_block(otherwise));
	struct stmt *stmt = new_stmt(b, STMT_IF, span, max_depth(condition->depth, below));

	/* "if comptime (c)": the word is read as an operator of the condition. */
	if (condition->kind == EXPR_COMPTIME) {
		comptime = true;
		condition = condition->comptime;
	}
	stmt->branch.is_comptime = comptime;
	stmt->branch.condition = condition;
	stmt->branch.then = then;
	stmt->branch.otherwise = otherwise;
	if (!comptime)
		make_plain(b, stmt);
	return stmt;
}

struct stmt *build_for(struct build *b, struct span span, const char *name, struct span name_span,
		       struct expr *from, struct expr *to, struct block *body)
{
	uint32_t below = max_depth(max_depth(from->depth, depth_of(to)), body->depth);
	struct stmt *stmt = new_stmt(b, to ? STMT_FOR_RANGE : STMT_FOR_MAP, span, below);

	stmt->loop.name = name;
	stmt->loop.name_span = name_span;
	stmt->loop.body = body;
	if (to) {
		stmt->loop.from = from;
		stmt->loop.to = to;
		return stmt;
	}
	if (from->kind != EXPR_MAP || from->map.has_brackets)
		diag_hint(error(b, "syntax", from->span, "a loop goes over a map or a range"),
			  "for ($kv : @map) { ... } or for ($i : 0..10) { ... }");
	stmt->loop.map = from;
	return stmt;
}

struct stmt *build_repeat(struct build *b, struct span span, enum stmt_kind kind,
			  struct expr *condition, struct block *body)
{
	struct stmt *stmt = new_stmt(b, kind, span, max_depth(condition->depth, body->depth));

	stmt->repeat.condition = condition;
	stmt->repeat.body = body;
	return stmt;
}

struct stmt *build_return(struct build *b, struct span span, struct expr *value)
{
	struct stmt *stmt = new_stmt(b, STMT_RETURN, span, depth_of(value));

	stmt->expr = value;
	return stmt;
}

struct stmt *build_block_stmt(struct build *b, struct block *block)
{
	struct stmt *stmt = new_stmt(b, STMT_BLOCK, block->span, block->depth);

	stmt->block = block;
	return stmt;
}

/*
 * A block or "if comptime" at the end of a block is its value, if it has one itself; what stands
 * behind it, be it but a ';', makes it a statement.
 */
struct block *build_separator(struct build *b, struct block *block)
{
	if (block->stmts.len)
		make_plain(b, vec_last(&block->stmts));
	return block;
}

struct block *build_end(struct build *b, struct block *block)
{
	struct stmt *last = block->stmts.len ? vec_last(&block->stmts) : NULL;

	if (!last || last->kind != STMT_BLOCK || !block_has_value(last->block))
		return block;
	block->stmts.len--;
	block->tail = build_block_expr(b, last->span, last->block);
	block->depth = max_depth(block->depth, block->tail->depth);
	return block;
}

struct block *build_stmt(struct build *b, struct block *block, struct stmt *stmt)
{
	build_separator(b, block);
	vec_push(arena_of(b), &block->stmts, stmt);
	block->depth = max_depth(block->depth, stmt->depth);
	return block;
}

struct block *build_block(struct build *b, struct span span, struct block *block, struct stmt *last)
{
	block->span = span;
	if (last->kind != STMT_EXPR)
		return build_stmt(b, block, last);
	build_separator(b, block);
	block->tail = last->expr;
	block->depth = max_depth(block->depth, last->depth);
	return block;
}

struct block *build_plain_block(struct build *b, struct block *block)
{
	struct expr *tail = block->tail;

	block->tail = NULL;
	if (tail && tail->kind == EXPR_BLOCK)
		build_stmt(b, block, build_block_stmt(b, build_plain_block(b, tail->block)));
	else if (tail)
		build_stmt(b, block, new_expr_stmt(b, tail));
	else
		build_separator(b, block);
	return block;
}

struct block *build_else_if(struct build *b, struct stmt *stmt)
{
	return build_stmt(b, block_new(arena_of(b), stmt->span), stmt);
}

/* --- top level --- */

void build_preamble(struct build *b, struct span span, const char *text)
{
	struct preamble preamble = {span, text};

	if (b->script->probes.len || b->script->has_config || b->script->imports.len) {
		error(b, "misplaced", span, "C definitions must appear before everything else");
		return;
	}
	vec_push(arena_of(b), &b->script->preambles, preamble);
}

void build_config(struct build *b, struct span span)
{
	if (b->script->has_config)
		error(b, "misplaced", span, "duplicate config block");
	else if (b->script->probes.len || b->script->macros.len || b->script->map_decls.len)
		error(b, "misplaced", span,
		      "config must appear before probes, macros and map "
		      "declarations");
	b->script->has_config = true;
	b->script->config_span = span;
}

void build_setting(struct build *b, struct span span, const char *name, struct span name_span,
		   struct expr *value)
{
	struct config_setting setting = {
		.name = name, .name_span = name_span, .value = value, .span = span};

	vec_push(arena_of(b), &b->script->config, setting);
}

void build_import(struct build *b, struct span span, const char *path)
{
	struct import import = {span, path};

	if (b->script->probes.len || b->script->macros.len || b->script->map_decls.len)
		error(b, "misplaced", span, "root imports must appear before probes and macros");
	vec_push(arena_of(b), &b->script->imports, import);
}

void build_map_decl(struct build *b, struct span span, const char *name, const char *kind,
		    struct span kind_span, uint64_t n, struct span entries_span)
{
	struct map_decl decl = {span, name, kind, kind_span, n, entries_span};

	vec_push(arena_of(b), &b->script->map_decls, decl);
}

struct macro *build_macro(struct build *b)
{
	return arena_new_object(arena_of(b), struct macro);
}

void build_macro_param(struct build *b, struct macro *macro, enum macro_param_kind kind,
		       const char *name, struct span span)
{
	struct macro_param param = {kind, name, span};

	vec_push(arena_of(b), &macro->params, param);
}

void build_add_macro(struct build *b, struct macro *macro, struct span span, const char *name,
		     struct span name_span, struct block *body)
{
	macro->span = span;
	macro->name = name;
	macro->name_span = name_span;
	macro->body = body;
	vec_push(arena_of(b), &b->script->macros, macro);
}

struct probe *build_attach(struct build *b, struct probe *probe, struct attach_point *point)
{
	if (!probe)
		probe = arena_new_object(arena_of(b), struct probe);
	vec_push(arena_of(b), &probe->attach_points, point);
	return probe;
}

void build_probe(struct build *b, struct span span, struct probe *probe, struct expr *predicate,
		 struct block *body)
{
	probe->span = span;
	probe->predicate = predicate;
	probe->body = body;
	vec_push(arena_of(b), &b->script->probes, probe);
}
