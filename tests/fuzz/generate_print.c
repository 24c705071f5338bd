/* A script as text. */
#include "tests/fuzz/generate.h"

#include <inttypes.h>

#include <string.h>

static const struct {
	const char *text;
	int precedence;
} ops[] = {
	[OP_MUL] = {"*", 3},    [OP_DIV] = {"/", 3},   [OP_MOD] = {"%", 3},  [OP_ADD] = {"+", 4},
	[OP_SUB] = {"-", 4},    [OP_SHL] = {"<<", 5},  [OP_SHR] = {">>", 5}, [OP_LT] = {"<", 6},
	[OP_LE] = {"<=", 6},    [OP_GT] = {">", 6},    [OP_GE] = {">=", 6},  [OP_EQ] = {"==", 7},
	[OP_NE] = {"!=", 7},    [OP_AND] = {"&", 8},   [OP_XOR] = {"^", 9},  [OP_OR] = {"|", 10},
	[OP_LAND] = {"&&", 11}, [OP_LOR] = {"||", 12}, [OP_NEG] = {"-", 2},  [OP_NOT] = {"!", 2},
	[OP_COMPL] = {"~", 2},
};

static int precedence(const struct node *node)
{
	switch (node->kind) {
	case NODE_UNARY:
	case NODE_OVERLAY:
	case NODE_CAST:
		return 2;
	case NODE_INT:
		if (node->source)
			return *node->source == 'c' ? 2 : 1; /* comptime */
		return node->literal < 0 ? 2 : 1;
	case NODE_STEP:
		return node->index ? 2 : 1;
	case NODE_BINARY:
		return ops[node->op].precedence;
	case NODE_TERNARY:
	case NODE_ELVIS:
		return 13;
	case NODE_BOOL:
	case NODE_STRING:
	case NODE_STORAGE:
	case NODE_MEMBER:
	case NODE_ELEMENT:
	case NODE_AGGREGATE_OF:
	case NODE_CALL:
	case NODE_BLOCK:
	case NODE_ENUMERATOR:
	case NODE_MACRO:
		break;
	case NODE_POINTED:
		return pointed_precedence(node);
	case NODE_VEILED:
	case NODE_TEXT:
		return (int)node->index;
	}
	return 1;
}

static void print_within(struct strbuf *out, const struct node *node, int most)
{
	if (precedence(node) <= most) {
		node_print(out, node);
		return;
	}
	strbuf_addc(out, '(');
	node_print(out, node);
	strbuf_addc(out, ')');
}

/* Where a statement may stand, ++ and -- at the beginning are the whole of it. */
void tail_print(struct strbuf *out, const struct node *node)
{
	print_within(out, node, 2);
}

static void print_list(struct strbuf *out, const struct node *const *nodes, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		strbuf_adds(out, i ? ", " : "");
		node_print(out, nodes[i]);
	}
}

static void print_storage(struct strbuf *out, const struct node *node)
{
	strbuf_adds(out, node->storage->name);
	if (!node->nkids)
		return;
	strbuf_addc(out, '[');
	if (node->index && node->kids[0]->kind == NODE_AGGREGATE_OF && node->kids[0]->nkids > 1 &&
	    node->kids[0]->shape->kind == SHAPE_TUPLE)
		print_list(out, node->kids[0]->kids, node->kids[0]->nkids);
	else
		node_print(out, node->kids[0]);
	strbuf_addc(out, ']');
}

static void print_shape(struct strbuf *out, const struct shape *shape)
{
	strbuf_adds(out, shape->name);
	if (shape->kind == SHAPE_ARRAY)
		strbuf_addf(out, "[%u]", shape->n);
}

static void print_members(struct strbuf *out, const struct node *node)
{
	bool is_alone = node->nkids == 1 && node->shape->kind == SHAPE_TUPLE;

	strbuf_addc(out, '(');
	for (uint32_t i = 0; i < node->nkids; i++) {
		strbuf_adds(out, i ? ", " : "");
		if (node->shape->kind == SHAPE_RECORD)
			strbuf_addf(out, "%s = ", shape_member_names[i]);
		node_print(out, node->kids[i]);
	}
	strbuf_adds(out, is_alone ? ",)" : ")");
}

static void print_call(struct strbuf *out, const struct node *node)
{
	static const char *const names[] = {
		[CALL_STRLEN] = "strlen",
		[CALL_STRNCMP] = "strncmp",
		[CALL_STRSTR] = "strstr",
		[CALL_STRCONTAINS] = "strcontains",
		[CALL_STR_CONCAT] = "str_concat",
		[CALL_BSWAP] = "bswap",
		[CALL_HAS_KEY] = "has_key",
		[CALL_DELETE] = "delete",
		[CALL_LEN] = "len",
		[CALL_ABS] = "abs",
		[CALL_CLAMP] = "clamp",
		[CALL_MEMCMP] = "memcmp",
		[CALL_NTOP] = "ntop",
		[CALL_STRERROR] = "strerror",
		[CALL_SIGNAL_NAME] = "signal_name",
		[CALL_BUF] = "buf",
	};

	if (bytes_print(out, node))
		return;
	strbuf_addf(out, "%s(", names[node->call]);
	if (node->storage)
		strbuf_addf(out, "%s%s", node->storage->name, node->nkids ? ", " : "");
	print_list(out, node->kids, node->nkids);
	strbuf_addc(out, ')');
}

static void print_unary(struct strbuf *out, const struct node *node)
{
	const struct node *operand = node->kids[0];
	bool is_minus = operand->kind == NODE_INT
				? operand->literal < 0
				: operand->kind == NODE_UNARY || operand->kind == NODE_STEP;

	strbuf_adds(out, ops[node->op].text);
	print_within(out, operand, is_minus ? 1 : 2);
}

static void print_pointer(struct strbuf *out, const struct node *overlay)
{
	if (overlay->text)
		strbuf_adds(out, overlay->text);
	else
		strbuf_addf(out, "(%s *)&%s", overlay->shape->name,
			    overlay->kids[0]->storage->name);
}

/* Members are reached from a struct and from a pointer to it alike. */
static bool print_pointed(struct strbuf *out, const struct node *node)
{
	const struct node *from = node->kids[0];

	if (from->kind != NODE_OVERLAY || !from->index)
		return false;
	strbuf_addc(out, '(');
	print_pointer(out, from);
	strbuf_addf(out, ")%s%s", from->index == 1 ? "->" : ".",
		    from->shape->c->members.data[node->index].name);
	return true;
}

static void print_member(struct strbuf *out, const struct node *node)
{
	if (print_pointed(out, node))
		return;
	print_within(out, node->kids[0], 1);
	if (node->kids[0]->shape->kind == SHAPE_RECORD)
		strbuf_addf(out, ".%s", shape_member_names[node->index]);
	else if (node->kids[0]->shape->kind == SHAPE_STRUCT)
		strbuf_addf(out, ".%s", node->kids[0]->shape->c->members.data[node->index].name);
	else
		strbuf_addf(out, ".%u", node->index);
}

/* The brackets behind a map's name are its key's. */
static void print_element(struct strbuf *out, const struct node *node)
{
	bool is_scalar = node->kids[0]->kind == NODE_STORAGE && !node->kids[0]->nkids;

	print_within(out, node->kids[0], is_scalar ? 0 : 1);
	strbuf_addc(out, '[');
	node_print(out, node->kids[1]);
	strbuf_addc(out, ']');
}

static void print_step(struct strbuf *out, const struct node *node)
{
	const char *op = node->op == OP_ADD ? "++" : "--";

	strbuf_adds(out, node->index ? op : "");
	node_print(out, node->kids[0]);
	strbuf_adds(out, node->index ? "" : op);
}

void node_print(struct strbuf *out, const struct node *node)
{
	if (node->source) {
		strbuf_adds(out, node->source);
		return;
	}
	switch (node->kind) {
	case NODE_INT:
		node_print_int(out, node);
		break;
	case NODE_BOOL:
		strbuf_adds(out, node->literal ? "true" : "false");
		break;
	case NODE_STRING:
		text_print(out, node->text, node->index);
		break;
	case NODE_STORAGE:
		print_storage(out, node);
		break;
	case NODE_UNARY:
		print_unary(out, node);
		break;
	case NODE_BINARY:
		print_within(out, node->kids[0], ops[node->op].precedence);
		strbuf_addf(out, " %s ", ops[node->op].text);
		print_within(out, node->kids[1], ops[node->op].precedence - 1);
		break;
	case NODE_TERNARY:
		print_within(out, node->kids[0], 12);
		strbuf_adds(out, " ? ");
		node_print(out, node->kids[1]);
		strbuf_adds(out, " : ");
		print_within(out, node->kids[2], 13);
		break;
	case NODE_ELVIS:
		print_within(out, node->kids[0], 12);
		strbuf_adds(out, " ?: ");
		print_within(out, node->kids[1], 13);
		break;
	case NODE_CAST:
		strbuf_addc(out, '(');
		if (node->text)
			strbuf_adds(out, node->text);
		else
			print_shape(out, node->shape);
		strbuf_addc(out, ')');
		print_within(out, node->kids[0], 2);
		break;
	case NODE_MEMBER:
		print_member(out, node);
		break;
	case NODE_ELEMENT:
		print_element(out, node);
		break;
	case NODE_AGGREGATE_OF:
		print_members(out, node);
		break;
	case NODE_CALL:
		print_call(out, node);
		break;
	case NODE_STEP:
		print_step(out, node);
		break;
	case NODE_BLOCK:
		strbuf_addf(out, "({ let %s = ", node->storage->name);
		node_print(out, node->kids[0]);
		strbuf_adds(out, "; ");
		tail_print(out, node->kids[1]);
		strbuf_adds(out, " })");
		break;
	case NODE_ENUMERATOR:
		strbuf_adds(out, node->text);
		break;
	case NODE_OVERLAY:
		strbuf_addc(out, '*');
		print_pointer(out, node);
		break;
	case NODE_MACRO:
		macro_print_call(out, node);
		break;
	case NODE_POINTED:
		pointed_print(out, node);
		break;
	case NODE_VEILED:
	case NODE_TEXT:
		strbuf_adds(out, node->text);
		break;
	}
}

/* --- statements --- */

static void print_body(struct strbuf *out, const struct body *body, uint32_t depth);

static void indent(struct strbuf *out, uint32_t depth)
{
	strbuf_fill(out, '\t', depth);
}

static void print_value(struct strbuf *out, const char *before, const struct node *node,
			const char *after)
{
	strbuf_adds(out, before);
	node_print(out, node);
	strbuf_adds(out, after);
}

static void print_let(struct strbuf *out, const struct statement *stmt)
{
	strbuf_addf(out, "let %s", stmt->target->storage->name);
	if (stmt->target->storage->is_fixed)
		strbuf_addf(out, ": %s", stmt->text ? stmt->text : stmt->target->shape->name);
	if (stmt->value)
		print_value(out, " = ", stmt->value, "");
}

static void print_calculation(struct strbuf *out, const struct statement *stmt)
{
	static const char *const names[] = {
		[AGGREGATE_COUNT] = "count",     [AGGREGATE_SUM] = "sum",
		[AGGREGATE_MIN] = "min",         [AGGREGATE_MAX] = "max",
		[AGGREGATE_AVG] = "avg",         [AGGREGATE_STATS] = "stats",
		[AGGREGATE_HIST] = "hist",       [AGGREGATE_LHIST] = "lhist",
		[AGGREGATE_TSERIES] = "tseries",
	};
	const struct storage *map = stmt->target->storage;

	node_print(out, stmt->target);
	strbuf_addf(out, " = %s(", names[stmt->aggregate]);
	if (stmt->aggregate != AGGREGATE_COUNT)
		node_print(out, stmt->value);
	if (stmt->aggregate == AGGREGATE_HIST && map->bits)
		strbuf_addf(out, ", %u", map->bits);
	if (stmt->aggregate == AGGREGATE_LHIST)
		strbuf_addf(out, ", %" PRId64 ", %" PRId64 ", %" PRId64, map->low, map->high,
			    map->step);
	strbuf_adds(out, stmt->aggregate == AGGREGATE_TSERIES ? ", 1s, 10)" : ")");
}

static void print_delete(struct strbuf *out, const struct statement *stmt)
{
	strbuf_addf(out, "_ = delete(%s", stmt->target->storage->name);
	if (stmt->target->nkids) {
		print_value(out, stmt->n ? ", " : "[", stmt->target->kids[0], stmt->n ? "" : "]");
	}
	strbuf_addc(out, ')');
}

static void print_map_call(struct strbuf *out, const struct statement *stmt)
{
	const char *function = stmt->kind == STMT_CLEAR  ? "clear"
			       : stmt->kind == STMT_ZERO ? "zero"
							 : "print";

	strbuf_addf(out, "%s(%s", function, stmt->storage->name);
	if (stmt->n)
		strbuf_addf(out, ", %u", stmt->n);
	if (stmt->divisor)
		strbuf_addf(out, ", %u", stmt->divisor);
	strbuf_addc(out, ')');
}

static void print_printf(struct strbuf *out, const struct statement *stmt)
{
	strbuf_adds(out, "printf(");
	text_print(out, stmt->text, 0);
	for (size_t i = 0; i < stmt->args.len; i++)
		print_value(out, ", ", stmt->args.data[i], "");
	strbuf_addc(out, ')');
}

/* A bound is a single operand. */
static void print_range(struct strbuf *out, const struct statement *stmt)
{
	strbuf_addf(out, "for %s : ", stmt->storage->name);
	print_within(out, stmt->from, 1);
	strbuf_adds(out, "..");
	print_within(out, stmt->to, 1);
	strbuf_addc(out, ' ');
}

/* True if a block ends it. */
static bool print_flow(struct strbuf *out, const struct statement *stmt, uint32_t depth)
{
	switch ((int)stmt->kind) {
	case STMT_IF:
		print_value(out, stmt->n ? "if comptime (" : "if (", stmt->value, ") ");
		break;
	case STMT_FOR:
		print_range(out, stmt);
		break;
	case STMT_FOR_MAP:
		strbuf_addf(out, "for (%s : %s) ", stmt->text, stmt->target->storage->name);
		break;
	case STMT_WHILE:
		strbuf_addf(out, "while (%s < ", stmt->storage->name);
		print_within(out, stmt->to, 5);
		strbuf_addf(out, ") {\n%*s%s++;\n", 0, "", stmt->storage->name);
		print_body(out, stmt->body, depth);
		indent(out, depth);
		strbuf_addc(out, '}');
		return true;
	case STMT_UNROLL:
		if (stmt->text)
			strbuf_addf(out, "unroll %s ", stmt->text);
		else
			strbuf_addf(out, "unroll(%u) ", stmt->n);
		break;
	case STMT_FIND:
		strbuf_addf(out, "if (find(%s, ", stmt->target->storage->name);
		node_print(out, stmt->target->kids[0]);
		strbuf_addf(out, ", %s)) ", stmt->storage->name);
		break;
	case STMT_BLOCK:
		break;
	default:
		return false;
	}
	strbuf_adds(out, "{\n");
	print_body(out, stmt->body, depth);
	indent(out, depth);
	strbuf_addc(out, '}');
	if (stmt->otherwise && stmt->otherwise->stmts.len == 1 &&
	    stmt->otherwise->stmts.data[0]->kind == STMT_IF) {
		strbuf_adds(out, " else ");
		print_flow(out, stmt->otherwise->stmts.data[0], depth);
	} else if (stmt->otherwise) {
		strbuf_adds(out, " else {\n");
		print_body(out, stmt->otherwise, depth);
		indent(out, depth);
		strbuf_addc(out, '}');
	}
	return true;
}

static void print_simple(struct strbuf *out, const struct statement *stmt)
{
	switch ((int)stmt->kind) {
	case STMT_LET:
		print_let(out, stmt);
		break;
	case STMT_ASSIGN:
		node_print(out, stmt->target);
		print_value(out, " = ", stmt->value, "");
		break;
	case STMT_UPDATE:
		node_print(out, stmt->target);
		strbuf_addf(out, " %s= ", ops[stmt->op].text);
		node_print(out, stmt->value);
		break;
	case STMT_STEP:
		node_print(out, stmt->value);
		break;
	case STMT_DISCARD:
		print_value(out, "_ = ", stmt->value, "");
		break;
	case STMT_CALCULATE:
		print_calculation(out, stmt);
		break;
	case STMT_BREAK:
		strbuf_adds(out, "break");
		break;
	case STMT_CONTINUE:
		strbuf_adds(out, "continue");
		break;
	case STMT_RETURN:
		strbuf_adds(out, stmt->n ? "return 1" : "return");
		break;
	case STMT_PRINTF:
		print_printf(out, stmt);
		break;
	case STMT_PRINT:
		print_value(out, "print(", stmt->value, ")");
		break;
	case STMT_PRINT_MAP:
	case STMT_CLEAR:
	case STMT_ZERO:
		print_map_call(out, stmt);
		break;
	case STMT_DELETE:
		print_delete(out, stmt);
		break;
	case STMT_TEXT:
		strbuf_adds(out, stmt->text);
		break;
	}
}

static void print_body(struct strbuf *out, const struct body *body, uint32_t depth)
{
	for (size_t i = 0; i < body->stmts.len; i++) {
		indent(out, depth + 1);
		if (!print_flow(out, body->stmts.data[i], depth + 1)) {
			print_simple(out, body->stmts.data[i]);
			strbuf_addc(out, ';');
		}
		strbuf_addc(out, '\n');
	}
}

void body_print(struct strbuf *out, const struct body *body)
{
	print_body(out, body, 0);
}

void script_print(struct strbuf *out, const struct script *script)
{
	for (size_t i = 0; i < script->defines.len; i++)
		strbuf_addf(out, "%s\n", script->defines.data[i]);
	for (size_t i = 0; i < script->c_types.len; i++)
		strbuf_addf(out, "%s\n", script->c_types.data[i]->c->text);
	strbuf_addf(out,
		    "config = { print_maps_on_exit = %u; unstable_tseries = enable; "
		    "unstable_dw_ustack = enable; unstable_typeinfo = enable; max_strlen = %u }\n",
		    script->prints_maps, script->max_strlen);
	for (size_t i = 0; i < script->maps.len; i++)
		if (script->maps.data[i]->declared)
			strbuf_addf(out, "let %s = %s(5000)\n", script->maps.data[i]->name,
				    script->maps.data[i]->declared);
	macros_print(out, script);
	if (script->kind == SCRIPT_PROBES)
		strbuf_adds(out, "begin { exit(); }\n");
	for (size_t i = 0; i < script->programs.len; i++) {
		const struct program *program = script->programs.data[i];

		strbuf_addf(out, "%s ", program->probe);
		if (program->predicate)
			print_value(out, "/(", program->predicate, ")/ ");
		strbuf_adds(out, "{\n");
		print_body(out, program->body, 0);
		strbuf_adds(out, "}\n");
	}
}
