/* What a script does, by the rules of LANGUAGE.md: nothing here is taken from how sonde does it. */
#include "tests/fuzz/generate.h"

#include <stdlib.h>
#include <string.h>

/* --- what holds values --- */

static const char *key_text(struct script *script, const struct shape *shape,
			    const struct value *key)
{
	struct strbuf text = STRBUF_INIT;
	const char *kept = "";

	if (shape) {
		value_print(&text, shape, key);
		kept = arena_strdup(script->arena, strbuf_str(&text));
		strbuf_free(&text);
	}
	return kept;
}

static struct value convert(struct script *script, const struct shape *to, const struct shape *from,
			    struct value value);

static struct value key_of(struct script *script, const struct node *target)
{
	const struct node *key = target->nkids ? target->kids[0] : NULL;

	if (!key)
		return (struct value){0};
	return convert(script, target->storage->key, key->shape, node_evaluate(script, key));
}

/* NULL: there is none. */
static struct entry *entry_find(struct script *script, const struct storage *storage,
				const struct value *key)
{
	const char *text = key_text(script, storage->key, key);

	storage = storage->alias ? storage->alias : storage;
	for (size_t i = 0; i < storage->entries.len; i++)
		if (!storage->entries.data[i].is_gone &&
		    !strcmp(storage->entries.data[i].text, text))
			return &storage->entries.data[i];
	return NULL;
}

static void entry_set(struct script *script, struct storage *storage, const struct value *key,
		      struct value value)
{
	struct entry *entry = entry_find(script, storage, key);
	struct entry added = {.text = key_text(script, storage->key, key), .value = value};

	storage = storage->alias ? storage->alias : storage;
	if (key)
		added.key = *key;
	if (entry)
		entry->value = value;
	else
		vec_push(script->arena, &storage->entries, added);
}

static struct value entry_get(struct script *script, const struct storage *storage,
			      const struct value *key)
{
	const struct entry *entry = entry_find(script, storage, key);

	return entry ? entry->value : value_zero(script->arena, storage->shape);
}

static int64_t entries_count(const struct storage *map)
{
	int64_t n = 0;

	map = map->alias ? map->alias : map;
	for (size_t i = 0; i < map->entries.len; i++)
		n += !map->entries.data[i].is_gone;
	return n;
}

/* --- conversions --- */

static struct value number_value(int64_t number)
{
	return (struct value){.number = number};
}

static struct value to_array(struct script *script, const struct shape *to, int64_t number)
{
	struct value value = value_zero(script->arena, to);

	for (uint32_t i = 0; i < to->n; i++) {
		int64_t element = (int64_t)((uint64_t)number >> (i * to->size * 8));

		value.members[i].number = value_cut(shape_int(to->size, to->is_signed), element);
	}
	return value;
}

static int64_t from_array(const struct shape *from, const struct value *value)
{
	uint64_t number = 0;

	for (uint32_t i = 0; i < from->n; i++) {
		uint64_t mask = UINT64_MAX >> (64 - from->size * 8);

		number |= ((uint64_t)value->members[i].number & mask) << (i * from->size * 8);
	}
	return (int64_t)number;
}

static struct value convert(struct script *script, const struct shape *to, const struct shape *from,
			    struct value value)
{
	struct value converted;

	if (to->kind == SHAPE_INT && from->kind == SHAPE_ARRAY)
		return number_value(value_cut(to, from_array(from, &value)));
	if (to->kind == SHAPE_INT || to->kind == SHAPE_ENUM)
		return number_value(value_cut(to, value.number));
	if (to->kind == SHAPE_BOOL)
		return number_value(value.number != 0);
	if (to->kind == SHAPE_ARRAY && from->kind != SHAPE_ARRAY)
		return to_array(script, to, value.number);
	if (to->kind != SHAPE_TUPLE && to->kind != SHAPE_RECORD)
		return value;
	converted = value_zero(script->arena, to);
	for (uint32_t i = 0; i < to->n; i++)
		converted.members[i] =
			convert(script, to->members[i], from->members[i], value.members[i]);
	return converted;
}

/* --- operators --- */

static int64_t divide(bool is_signed, int64_t a, int64_t b)
{
	if (!b)
		return 1;
	if (!is_signed)
		return (int64_t)((uint64_t)a / (uint64_t)b);
	return b == -1 ? (int64_t) - (uint64_t)a : a / b;
}

static int64_t rest(bool is_signed, int64_t a, int64_t b)
{
	if (!b)
		return 1;
	if (!is_signed)
		return (int64_t)((uint64_t)a % (uint64_t)b);
	return b == -1 ? 0 : a % b;
}

static int64_t calculate(enum op op, bool is_signed, int64_t left, int64_t right)
{
	uint64_t a = (uint64_t)left, b = (uint64_t)right;

	switch ((int)op) {
	case OP_MUL:
		return (int64_t)(a * b);
	case OP_DIV:
		return divide(is_signed, left, right);
	case OP_MOD:
		return rest(is_signed, left, right);
	case OP_ADD:
		return (int64_t)(a + b);
	case OP_SUB:
		return (int64_t)(a - b);
	case OP_SHL:
		return (int64_t)(a << b);
	case OP_SHR:
		return is_signed ? left >> right : (int64_t)(a >> b);
	case OP_AND:
		return left & right;
	case OP_XOR:
		return left ^ right;
	case OP_OR:
		return left | right;
	}
	abort();
}

static bool is_less(bool is_signed, int64_t a, int64_t b)
{
	return is_signed ? a < b : (uint64_t)a < (uint64_t)b;
}

static bool compare_numbers(const struct node *node, int64_t a, int64_t b)
{
	const struct node *left = node->kids[0], *right = node->kids[1];
	bool is_signed = (left->is_literal ? left->literal < 0 : left->shape->is_signed) ||
			 (right->is_literal ? right->literal < 0 : right->shape->is_signed);

	switch ((int)node->op) {
	case OP_LT:
		return is_less(is_signed, a, b);
	case OP_LE:
		return !is_less(is_signed, b, a);
	case OP_GT:
		return is_less(is_signed, b, a);
	case OP_GE:
		return !is_less(is_signed, a, b);
	case OP_EQ:
		return a == b;
	case OP_NE:
		return a != b;
	}
	abort();
}

static bool is_true(struct script *script, const struct node *node)
{
	return node_evaluate(script, node).number != 0;
}

static struct value evaluate_binary(struct script *script, const struct node *node)
{
	const struct shape *shape = node->kids[0]->shape;
	struct value a, b;

	if (node->op == OP_LAND)
		return number_value(is_true(script, node->kids[0]) &&
				    is_true(script, node->kids[1]));
	if (node->op == OP_LOR)
		return number_value(is_true(script, node->kids[0]) ||
				    is_true(script, node->kids[1]));
	a = node_evaluate(script, node->kids[0]);
	b = node_evaluate(script, node->kids[1]);
	if (node->op < OP_LT || node->op > OP_NE)
		return number_value(
			calculate(node->op, node->shape->is_signed, a.number, b.number));
	if (shape->kind == SHAPE_INT)
		return number_value(compare_numbers(node, a.number, b.number));
	return number_value(value_equal(shape, &a, &b) == (node->op == OP_EQ));
}

static struct value evaluate_unary(struct script *script, const struct node *node)
{
	int64_t number = node_evaluate(script, node->kids[0]).number;

	switch ((int)node->op) {
	case OP_NEG:
		return number_value((int64_t) - (uint64_t)number);
	case OP_COMPL:
		return number_value(~number);
	}
	return number_value(!number);
}

/* --- calls --- */

static int64_t find_text(const char *text, const char *wanted)
{
	const char *at = strstr(text, wanted);

	return at ? at - text : -1;
}

static int64_t swap_bytes(uint32_t size, int64_t number)
{
	uint64_t swapped = __builtin_bswap64((uint64_t)number);

	return (int64_t)(swapped >> (64 - size * 8));
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

static struct value call_text(struct script *script, const struct node *node)
{
	const char *a = node_evaluate(script, node->kids[0]).text, *b = "";

	if (node->nkids > 1)
		b = node_evaluate(script, node->kids[1]).text;
	switch ((int)node->call) {
	case CALL_STRLEN:
		return number_value((int64_t)strlen(a));
	case CALL_STRNCMP:
		return number_value(strncmp(a, b, (size_t)node->kids[2]->literal) != 0);
	case CALL_STRSTR:
		return number_value(find_text(a, b));
	case CALL_STRCONTAINS:
		return number_value(find_text(a, b) >= 0);
	}
	return (struct value){.text = arena_printf(script->arena, "%s%s", a, b)};
}

static struct value evaluate_call(struct script *script, const struct node *node)
{
	struct value args[3] = {{0}}, key;
	struct entry *entry;

	switch (node->call) {
	case CALL_STRLEN:
	case CALL_STRNCMP:
	case CALL_STRSTR:
	case CALL_STRCONTAINS:
	case CALL_STR_CONCAT:
		return call_text(script, node);
	case CALL_HAS_KEY:
		key = key_of(script, node);
		return number_value(entry_find(script, node->storage, &key) != NULL);
	case CALL_DELETE:
		key = key_of(script, node);
		entry = entry_find(script, node->storage, &key);
		if (entry)
			entry->is_gone = true;
		return number_value(entry != NULL);
	case CALL_LEN:
		return number_value(entries_count(node->storage));
	case CALL_MEMCMP:
	case CALL_PTON:
	case CALL_NTOP:
	case CALL_STRERROR:
	case CALL_SIGNAL_NAME:
	case CALL_BUF:
	case CALL_MACADDR:
		return bytes_evaluate(script, node);
	case CALL_BSWAP:
	case CALL_ABS:
	case CALL_CLAMP:
		break;
	}
	for (uint32_t i = 0; i < node->nkids; i++)
		args[i] = node_evaluate(script, node->kids[i]);
	if (node->call == CALL_BSWAP)
		return number_value(swap_bytes(node->shape->size, args[0].number));
	if (node->call == CALL_ABS)
		return number_value(args[0].number < 0 ? (int64_t) - (uint64_t)args[0].number
						       : args[0].number);
	return number_value(clamp(args[0].number, args[1].number, args[2].number));
}

/* --- expressions --- */

static struct value evaluate_members(struct script *script, const struct node *node)
{
	struct value value = value_zero(script->arena, node->shape);

	for (uint32_t i = 0; i < node->nkids; i++)
		value.members[i] = convert(script, node->shape->members[i], node->kids[i]->shape,
					   node_evaluate(script, node->kids[i]));
	return value;
}

static struct value evaluate_storage(struct script *script, const struct node *node)
{
	struct value key;

	if (node->storage->bound)
		return node_evaluate(script, node->storage->bound);
	key = key_of(script, node);
	return entry_get(script, node->storage, &key);
}

static struct value evaluate_block(struct script *script, const struct node *node)
{
	entry_set(script, node->storage, NULL, node_evaluate(script, node->kids[0]));
	return node_evaluate(script, node->kids[1]);
}

static struct value evaluate_step(struct script *script, const struct node *node)
{
	const struct node *target = node->kids[0];
	struct value key = key_of(script, target);
	int64_t before = entry_get(script, target->storage, &key).number;
	int64_t after = (int64_t)((uint64_t)before + (node->op == OP_ADD ? 1 : UINT64_MAX));

	entry_set(script, target->storage, &key, number_value(value_cut(target->shape, after)));
	return number_value(node->index ? after : before);
}

struct value node_evaluate(struct script *script, const struct node *node)
{
	struct value object;
	int64_t index;

	if (node->is_literal && node->shape->kind == SHAPE_INT)
		return number_value((int64_t)node->literal);
	switch (node->kind) {
	case NODE_INT:
	case NODE_BOOL:
	case NODE_ENUMERATOR:
	case NODE_VEILED:
		return number_value((int64_t)node->literal);
	case NODE_STRING:
		return (struct value){.text = node->text};
	case NODE_STORAGE:
		return evaluate_storage(script, node);
	case NODE_UNARY:
		return evaluate_unary(script, node);
	case NODE_BINARY:
		return evaluate_binary(script, node);
	case NODE_TERNARY: {
		const struct node *arm = node->kids[is_true(script, node->kids[0]) ? 1 : 2];

		return convert(script, node->shape, arm->shape, node_evaluate(script, arm));
	}
	case NODE_ELVIS:
		object = node_evaluate(script, node->kids[0]);
		if (object.number)
			return convert(script, node->shape, node->kids[0]->shape, object);
		return convert(script, node->shape, node->kids[1]->shape,
			       node_evaluate(script, node->kids[1]));
	case NODE_CAST:
		object = node_evaluate(script, node->kids[0]);
		if (node->shape->kind == SHAPE_STRING)
			object.text = arena_printf(script->arena, "%.*s", (int)node->literal,
						   object.text);
		return convert(script, node->shape, node->kids[0]->shape, object);
	case NODE_MEMBER:
		object = node_evaluate(script, node->kids[0]);
		return object.members[node->index];
	case NODE_ELEMENT:
		object = node_evaluate(script, node->kids[0]);
		index = node_evaluate(script, node->kids[1]).number;
		if (node->kids[0]->shape->kind == SHAPE_STRING)
			return number_value((int8_t)object.text[index]);
		object = object.members[index];
		if (node->shape == &shape_bool)
			object.number = object.number != 0;
		return object;
	case NODE_AGGREGATE_OF:
		return evaluate_members(script, node);
	case NODE_CALL:
		return evaluate_call(script, node);
	case NODE_STEP:
		return evaluate_step(script, node);
	case NODE_BLOCK:
		return evaluate_block(script, node);
	case NODE_MACRO:
		return macro_evaluate(script, node);
	case NODE_OVERLAY:
		return overlay_evaluate(script, node);
	case NODE_POINTED:
		return pointed_evaluate(script, node);
	case NODE_TEXT:
		break;
	}
	abort();
}

/* --- statements --- */

enum after { AFTER_NEXT, AFTER_BREAK, AFTER_CONTINUE, AFTER_RETURN };

static enum after run_body(struct script *script, const struct body *body, struct strbuf *out);

static void run_assign(struct script *script, const struct statement *stmt)
{
	const struct node *target = stmt->target;
	struct value key, value = value_zero(script->arena, target->shape);

	if (stmt->value)
		value = convert(script, target->shape, stmt->value->shape,
				node_evaluate(script, stmt->value));
	key = key_of(script, target);

	entry_set(script, target->storage, &key, value);
}

static void run_update(struct script *script, const struct statement *stmt)
{
	const struct node *target = stmt->target;
	int64_t right = node_evaluate(script, stmt->value).number;
	struct value key = key_of(script, target);
	int64_t left = entry_get(script, target->storage, &key).number;
	bool is_signed = target->shape->is_signed;

	if (stmt->op != OP_SHL && stmt->op != OP_SHR)
		is_signed |= stmt->value->is_literal ? stmt->value->literal < 0
						     : stmt->value->shape->is_signed;
	entry_set(script, target->storage, &key,
		  number_value(
			  value_cut(target->shape, calculate(stmt->op, is_signed, left, right))));
}

static int64_t aggregated(const struct statement *stmt, const struct entry *entry, int64_t value)
{
	bool is_signed = stmt->target->shape->is_signed;
	int64_t has = entry ? entry->value.number : 0;

	switch (stmt->aggregate) {
	case AGGREGATE_COUNT:
		return has + 1;
	case AGGREGATE_SUM:
		return (int64_t)((uint64_t)has + (uint64_t)value);
	case AGGREGATE_MIN:
		return entry && is_less(is_signed, has, value) ? has : value;
	case AGGREGATE_MAX:
		return entry && is_less(is_signed, value, has) ? has : value;
	case AGGREGATE_NONE:
	case AGGREGATE_AVG:
	case AGGREGATE_STATS:
	case AGGREGATE_HIST:
	case AGGREGATE_LHIST:
	case AGGREGATE_TSERIES:
		break;
	}
	return 0;
}

static void run_calculate(struct script *script, const struct statement *stmt)
{
	struct storage *map = stmt->target->storage;
	int64_t value =
		stmt->aggregate == AGGREGATE_COUNT ? 0 : node_evaluate(script, stmt->value).number;
	struct value key = key_of(script, stmt->target);
	struct entry *entry = entry_find(script, map, &key);

	entry_set(script, map, &key, number_value(aggregated(stmt, entry, value)));
	entry = entry_find(script, map, &key);
	if (stmt->aggregate == AGGREGATE_HIST || stmt->aggregate == AGGREGATE_LHIST)
		vec_push(script->arena, &entry->numbers, value);
	if (stmt->aggregate != AGGREGATE_AVG && stmt->aggregate != AGGREGATE_STATS)
		return;
	entry->calls++;
	entry->total = (int64_t)((uint64_t)entry->total + (uint64_t)value);
	entry->value.number = divide(map->shape->is_signed, entry->total, entry->calls);
}

static bool ends_loop(enum after after)
{
	return after == AFTER_BREAK || after == AFTER_RETURN;
}

static enum after after_loop(enum after after)
{
	return after == AFTER_RETURN ? AFTER_RETURN : AFTER_NEXT;
}

static enum after run_for(struct script *script, const struct statement *stmt, struct strbuf *out)
{
	int64_t from = node_evaluate(script, stmt->from).number;
	int64_t to = node_evaluate(script, stmt->to).number;
	enum after after = AFTER_NEXT;

	for (int64_t i = from; i < to && !ends_loop(after); i++) {
		entry_set(script, stmt->storage, NULL, number_value(i));
		after = run_body(script, stmt->body, out);
	}
	return after_loop(after);
}

static enum after run_while(struct script *script, const struct statement *stmt, struct strbuf *out)
{
	enum after after = AFTER_NEXT;

	while (!ends_loop(after)) {
		int64_t i = entry_get(script, stmt->storage, NULL).number;

		if (i >= node_evaluate(script, stmt->to).number)
			break;
		entry_set(script, stmt->storage, NULL, number_value(i + 1));
		after = run_body(script, stmt->body, out);
	}
	return after_loop(after);
}

static enum after run_unrolled(struct script *script, const struct statement *stmt,
			       struct strbuf *out)
{
	enum after after = AFTER_NEXT;

	for (uint32_t i = 0; i < stmt->n && !ends_loop(after); i++)
		after = run_body(script, stmt->body, out);
	return after_loop(after);
}

static enum after run_for_map(struct script *script, const struct statement *stmt,
			      struct strbuf *out)
{
	const struct storage *map = stmt->target->storage;
	enum after after = AFTER_NEXT;

	for (size_t i = 0; i < map->entries.len && !ends_loop(after); i++) {
		struct entry entry = map->entries.data[i];

		if (entry.is_gone)
			continue;
		entry_set(script, stmt->args.data[0]->storage, NULL, entry.key);
		entry_set(script, stmt->args.data[1]->storage, NULL, entry.value);
		after = run_body(script, stmt->body, out);
	}
	return after_loop(after);
}

static void run_delete(struct script *script, const struct statement *stmt)
{
	struct value key = key_of(script, stmt->target);
	struct entry *entry = entry_find(script, stmt->target->storage, &key);

	if (entry)
		entry->is_gone = true;
}

static enum after run_find(struct script *script, const struct statement *stmt, struct strbuf *out)
{
	struct value key = key_of(script, stmt->target);
	const struct entry *entry = entry_find(script, stmt->target->storage, &key);

	if (!entry)
		return AFTER_NEXT;
	entry_set(script, stmt->storage, NULL, entry->value);
	return run_body(script, stmt->body, out);
}

static void run_print(struct script *script, const struct statement *stmt, struct strbuf *out)
{
	struct value value = node_evaluate(script, stmt->value);

	value_print(out, stmt->value->shape, &value);
	strbuf_addc(out, '\n');
}

static enum after run_statement(struct script *script, const struct statement *stmt,
				struct strbuf *out)
{
	switch (stmt->kind) {
	case STMT_LET:
	case STMT_ASSIGN:
		run_assign(script, stmt);
		break;
	case STMT_UPDATE:
		run_update(script, stmt);
		break;
	case STMT_DISCARD:
	case STMT_STEP:
		node_evaluate(script, stmt->value);
		break;
	case STMT_CALCULATE:
		run_calculate(script, stmt);
		break;
	case STMT_IF:
		if (is_true(script, stmt->value))
			return run_body(script, stmt->body, out);
		return stmt->otherwise ? run_body(script, stmt->otherwise, out) : AFTER_NEXT;
	case STMT_FOR:
		return run_for(script, stmt, out);
	case STMT_FOR_MAP:
		return run_for_map(script, stmt, out);
	case STMT_WHILE:
		return run_while(script, stmt, out);
	case STMT_UNROLL:
		return run_unrolled(script, stmt, out);
	case STMT_BLOCK:
		return run_body(script, stmt->body, out);
	case STMT_BREAK:
		return AFTER_BREAK;
	case STMT_CONTINUE:
		return AFTER_CONTINUE;
	case STMT_RETURN:
		return AFTER_RETURN;
	case STMT_PRINTF:
		printf_evaluate(script, stmt, out);
		break;
	case STMT_PRINT:
		run_print(script, stmt, out);
		break;
	case STMT_PRINT_MAP:
	case STMT_CLEAR:
	case STMT_ZERO:
		maps_evaluate(script, stmt, out);
		break;
	case STMT_DELETE:
		run_delete(script, stmt);
		break;
	case STMT_FIND:
		return run_find(script, stmt, out);
	case STMT_TEXT:
		abort();
	}
	return AFTER_NEXT;
}

static enum after run_body(struct script *script, const struct body *body, struct strbuf *out)
{
	enum after after = AFTER_NEXT;

	for (size_t i = 0; i < body->stmts.len && after == AFTER_NEXT; i++)
		after = run_statement(script, body->stmts.data[i], out);
	return after;
}

void body_evaluate(struct script *script, const struct body *body)
{
	struct strbuf nothing = STRBUF_INIT;

	run_body(script, body, &nothing);
	strbuf_free(&nothing);
}

void script_evaluate(struct script *script, struct strbuf *out)
{
	for (size_t i = 0; i < script->programs.len; i++) {
		const struct program *program = script->programs.data[i];

		if (!program->predicate || is_true(script, program->predicate))
			run_body(script, program->body, out);
	}
	strbuf_adds(out, "\n\n");
	if (script->prints_maps)
		maps_print_at_exit(script, out);
}
