/* Expressions: what types they have follows LANGUAGE.md 3.2 and 3.3. */
#include "tests/fuzz/generate.h"

#include <string.h>

#define MOST_NODES 24 /* in a statement, more or less */

static struct node *node_new(struct script *script, enum node_kind kind, const struct shape *shape)
{
	struct node *node = arena_new_object(script->arena, struct node);

	node->kind = kind;
	node->shape = shape;
	return node;
}

static void add_kid(struct node *node, const struct node *kid)
{
	node->kids[node->nkids++] = kid;
}

/* --- literals --- */

static bool holds(const struct shape *shape, wide value)
{
	uint32_t bits = shape->size * 8;
	wide most = ((wide)1 << (bits - shape->is_signed)) - 1;

	return value <= most && value >= (shape->is_signed ? -most - 1 : 0);
}

const struct node *node_int(struct script *script, wide value)
{
	struct node *node;
	uint32_t size = 1;

	while (size < 8 && !holds(shape_int(size, true), value))
		size *= 2;
	node = node_new(script, NODE_INT, shape_int(size, holds(shape_int(size, true), value)));
	node->literal = value;
	node->is_literal = node->is_constant = true;
	return node;
}

static const struct node *random_literal(struct script *script)
{
	static const int64_t edges[] = {
		0,     1,     -1,     127,        128,        -128,       255,       256,
		32767, 65535, -32769, 2147483647, 2147483648, 4294967295, INT64_MAX, INT64_MIN};
	struct random *random = &script->random;
	wide value = 0;

	switch (random_below(random, 4)) {
	case 0:
		value = edges[random_below(random, sizeof(edges) / sizeof(edges[0]))];
		break;
	case 1:
		value = (wide)(random_next(random) >> random_below(random, 64));
		break;
	default:
		value = (wide)random_below(random, 40) - 8;
		break;
	}
	return node_int(script, value);
}

const struct node *node_string(struct script *script)
{
	static const char letters[] = "abcabcabcxyz019 -_%\\\"";
	uint32_t most =
		script->is_large && script->max_strlen >= 1024 && random_once_in(&script->random, 4)
			? 900
			: 24;
	uint32_t n = random_below(&script->random, random_once_in(&script->random, 2) ? 5 : most);
	struct node *node = node_new(script, NODE_STRING, &shape_string);
	char *text = arena_alloc(script->arena, n + 1);

	for (uint32_t i = 0; i < n; i++)
		text[i] = letters[random_below(&script->random, sizeof(letters) - 1)];
	node->text = text;
	node->is_literal = true;
	node->is_constant = true;
	return node;
}

/* --- types --- */

static bool may_be_unsigned(const struct node *node)
{
	return node->is_literal ? node->literal >= 0 : !node->shape->is_signed;
}

static const struct shape *join_ints(const struct shape *a, const struct shape *b)
{
	uint32_t wider = a->size > b->size ? a->size : b->size;
	uint32_t of_signed = a->is_signed ? a->size : b->size;
	uint32_t of_unsigned = a->is_signed ? b->size : a->size;

	if (a->is_signed == b->is_signed)
		return shape_int(wider, a->is_signed);
	if (of_signed > of_unsigned)
		return shape_int(of_signed, true);
	return shape_int(of_unsigned < 8 ? of_unsigned * 2 : 8, true);
}

static const struct shape *join_nodes(const struct node *a, const struct node *b)
{
	if (a->is_literal && !b->is_literal && holds(b->shape, a->literal))
		return b->shape;
	if (b->is_literal && !a->is_literal && holds(a->shape, b->literal))
		return a->shape;
	return join_ints(a->shape, b->shape);
}

bool shape_takes(const struct shape *shape, const struct node *node)
{
	if (shape->kind != SHAPE_INT)
		return shape_equal(shape, node->shape);
	if (node->is_literal)
		return holds(shape, node->literal);
	/* Its arms are looked at one by one. */
	if (node->kind == NODE_TERNARY || node->kind == NODE_BLOCK)
		return false;
	return join_ints(shape, node->shape) == shape;
}

const struct shape *shape_random_int(struct script *script)
{
	return shape_int(1u << random_below(&script->random, 4), random_below(&script->random, 2));
}

static const struct shape *random_array(struct script *script)
{
	struct shape *shape = arena_new_object(script->arena, struct shape);
	uint32_t bytes = 1u << (1 + random_below(&script->random, 3));

	*shape = *shape_random_int(script);
	while (shape->size >= bytes)
		*shape = *shape_int(shape->size / 2, shape->is_signed);
	shape->kind = SHAPE_ARRAY;
	shape->n = bytes / shape->size;
	return shape;
}

static const struct shape *random_members(struct script *script, uint32_t depth)
{
	struct shape *shape = arena_new_object(script->arena, struct shape);

	shape->kind = random_once_in(&script->random, 3) ? SHAPE_RECORD : SHAPE_TUPLE;
	shape->n = 2 + random_below(&script->random, SHAPE_MEMBERS - 1);
	for (uint32_t i = 0; i < shape->n; i++)
		shape->members[i] = shape_random(script, depth - 1);
	return shape;
}

const struct shape *shape_random(struct script *script, uint32_t depth)
{
	switch (random_below(&script->random, depth ? 10 : 8)) {
	case 0:
		return &shape_bool;
	case 1:
	case 2:
		return &shape_string;
	case 3:
		return random_array(script);
	case 4:
		if (script->kind != SCRIPT_KNOWN)
			return shape_unknown(script);
		/* fall through */
	case 5:
	case 6:
	case 7:
		return shape_random_int(script);
	}
	return random_members(script, depth);
}

/* --- operators --- */

const struct node *node_cast(struct script *script, const struct shape *shape,
			     const struct node *operand)
{
	struct node *node = node_new(script, NODE_CAST, shape);

	add_kid(node, operand);
	node->is_constant = operand->is_constant;
	return node;
}

static bool fold(enum op op, wide a, wide b, wide *result)
{
	bool is_signed = a < 0 || b < 0;
	uint64_t bits = 0;

	switch ((int)op) {
	case OP_ADD:
		*result = a + b;
		return true;
	case OP_SUB:
		*result = a - b;
		return true;
	case OP_MUL:
		return !__builtin_mul_overflow(a, b, result);
	case OP_DIV:
		*result = b ? a / b : 0;
		return b != 0;
	case OP_MOD:
		*result = b ? a % b : 0;
		return b != 0;
	case OP_SHL:
		return b >= 0 && b < 63 && !__builtin_mul_overflow(a, (wide)1 << b, result);
	case OP_SHR:
		*result = b >= 0 && b < 64 ? a >> b : 0;
		return b >= 0 && b < 64;
	case OP_AND:
		bits = (uint64_t)a & (uint64_t)b;
		break;
	case OP_OR:
		bits = (uint64_t)a | (uint64_t)b;
		break;
	case OP_XOR:
		bits = (uint64_t)a ^ (uint64_t)b;
		break;
	}
	*result = is_signed ? (wide)(int64_t)bits : (wide)bits;
	return true;
}

/* What is folded is shown as it was written, and is the literal. */
static const struct node *literals(struct script *script, enum op op, const struct node *a,
				   const struct node *b)
{
	struct node *node;
	wide value = 0;

	if (!fold(op, a->literal, b->literal, &value) || value < INT64_MIN || value > UINT64_MAX)
		return a;
	node = node_new(script, NODE_BINARY, node_int(script, value)->shape);
	node->literal = value;
	node->is_literal = node->is_constant = true;
	node->op = op;
	add_kid(node, a);
	add_kid(node, b);
	return node;
}

static const struct node *binary(struct script *script, enum op op, const struct node *a,
				 const struct node *b)
{
	bool is_unsigned = may_be_unsigned(a) && may_be_unsigned(b);
	const struct shape *shape = shape_int(8, !is_unsigned);
	struct node *node;

	if (a->is_literal && b->is_literal)
		return literals(script, op, a, b);
	if (op == OP_SUB)
		shape = shape_int(8, true);
	if (op == OP_SHL || op == OP_SHR)
		shape = shape_int(8, a->shape->is_signed);
	node = node_new(script, NODE_BINARY, shape);
	node->op = op;
	node->is_constant = a->is_constant && b->is_constant;
	add_kid(node, a);
	add_kid(node, b);
	return node;
}

static const struct node *random_binary(struct script *script, uint32_t depth)
{
	static const enum op ops[] = {OP_MUL, OP_DIV, OP_MOD, OP_ADD, OP_ADD, OP_SUB,
				      OP_SHL, OP_SHR, OP_AND, OP_XOR, OP_OR};
	enum op op = ops[random_below(&script->random, sizeof(ops) / sizeof(ops[0]))];
	const struct node *a = node_integer(script, depth), *b;

	if (op != OP_SHL && op != OP_SHR)
		return binary(script, op, a, node_integer(script, depth));
	b = node_int(script, random_below(&script->random, a->is_literal ? 8 : 64));
	if (random_once_in(&script->random, 3))
		b = binary(script, OP_AND, node_integer(script, depth), node_int(script, 63));
	return binary(script, op, a, b);
}

static const struct node *random_unary(struct script *script, uint32_t depth)
{
	const struct node *operand = node_integer(script, depth);
	enum op op = random_below(&script->random, 2) ? OP_NEG : OP_COMPL;
	wide value = op == OP_NEG                   ? -operand->literal
		     : operand->literal > INT64_MAX ? (wide) ~(uint64_t)operand->literal
						    : ~operand->literal;
	struct node *node;

	if (operand->is_literal && value < INT64_MIN)
		return operand;
	node = node_new(script, NODE_UNARY, shape_int(8, operand->shape->is_signed));
	node->op = op;
	add_kid(node, operand);
	node->is_constant = operand->is_constant;
	if (operand->is_literal) {
		node->literal = value;
		node->is_literal = true;
		node->shape = node_int(script, value)->shape;
	}
	return node;
}

/* --- what holds values --- */

struct storage *storage_new(struct script *script, const char *sigil, const struct shape *shape)
{
	struct storage *storage = arena_new_object(script->arena, struct storage);

	storage->name = arena_printf(script->arena, "%sv%u", sigil, script->names++);
	storage->shape = shape;
	storage->is_map = *sigil == '@';
	return storage;
}

const struct node *node_storage(struct script *script, struct storage *storage,
				const struct node *key)
{
	struct node *node = node_new(script, NODE_STORAGE, storage->shape);

	node->storage = storage;
	if (key)
		add_kid(node, key);
	return node;
}

const struct node *node_key(struct script *script, const struct storage *map)
{
	const struct node *key;
	bool was = script->no_concat;

	if (!map->key)
		return NULL;
	script->no_concat = true;
	script->keys++;
	key = node_of(script, map->key, 1);
	script->keys--;
	script->no_concat = was;
	return key;
}

static bool is_readable(const struct storage *storage)
{
	return storage->aggregate < AGGREGATE_STATS;
}

struct storage *storage_pick(struct script *script, bool (*fits)(const struct storage *))
{
	uint32_t nmaps = (uint32_t)script->maps.len, n = nmaps + (uint32_t)script->variables.len;
	uint32_t start = n ? random_below(&script->random, n) : 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = (start + i) % n;
		struct storage *storage =
			at < nmaps ? script->maps.data[at] : script->variables.data[at - nmaps];

		/* A key is not looked up by keys that are looked up. */
		if (fits(storage) && !(script->keys && storage->key))
			return storage;
	}
	return NULL;
}

static bool is_array(const struct storage *storage)
{
	return storage->shape->kind == SHAPE_ARRAY;
}

static bool has_members(const struct storage *storage)
{
	return storage->shape->kind == SHAPE_TUPLE || storage->shape->kind == SHAPE_RECORD;
}

static const struct node *read_element(struct script *script, uint32_t depth)
{
	struct storage *storage = storage_pick(script, is_array);
	const struct node *array, *index;
	struct node *node;

	if (!storage)
		return NULL;
	array = node_storage(script, storage, node_key(script, storage));
	index = node_int(script, random_below(&script->random, array->shape->n));
	if (random_below(&script->random, 2))
		index = binary(script, OP_AND, node_integer(script, depth),
			       node_int(script, (wide)array->shape->n - 1));
	node = node_new(script, NODE_ELEMENT,
			shape_int(array->shape->size, array->shape->is_signed));
	add_kid(node, array);
	add_kid(node, index);
	return node;
}

/* A member, or a member's member. */
static const struct node *read_member(struct script *script, const struct shape *shape)
{
	struct storage *storage = storage_pick(script, has_members);
	const struct node *from;

	if (!storage)
		return NULL;
	from = node_storage(script, storage, node_key(script, storage));
	while (from->shape->kind == SHAPE_TUPLE || from->shape->kind == SHAPE_RECORD) {
		uint32_t index = random_below(&script->random, from->shape->n);
		struct node *node = node_new(script, NODE_MEMBER, from->shape->members[index]);

		node->index = index;
		add_kid(node, from);
		from = node;
	}
	if (shape->kind != SHAPE_INT)
		return shape_equal(from->shape, shape) ? from : NULL;
	return from->shape->kind == SHAPE_INT ? from : NULL;
}

/* What an aggregate is read as, and of what type the variable of a loop is, is said. */
static const struct node *storage_read(struct script *script, struct storage *storage)
{
	const struct node *node = node_storage(script, storage, node_key(script, storage));

	if (storage->aggregate || (storage->is_counter && storage->shape->kind == SHAPE_INT))
		return node_cast(script, shape_int(8, true), node);
	return node;
}

/* Of the shape, or any integer if it is one; NULL if there is none. */
static const struct node *read_storage(struct script *script, const struct shape *shape)
{
	for (uint32_t tries = 0; tries < 4; tries++) {
		struct storage *storage = storage_pick(script, is_readable);

		if (!storage)
			return NULL;
		if (shape->kind == SHAPE_INT ? storage->shape->kind == SHAPE_INT
					     : shape_equal(shape, storage->shape))
			return storage_read(script, storage);
	}
	return NULL;
}

/* --- calls --- */

static struct node *call_new(struct script *script, enum call call, const struct shape *shape)
{
	struct node *node = node_new(script, NODE_CALL, shape);

	node->call = call;
	return node;
}

static const struct node *call_text(struct script *script, enum call call,
				    const struct shape *shape, uint32_t depth)
{
	struct node *node = call_new(script, call, shape);

	add_kid(node, node_of(script, &shape_string, depth));
	if (call != CALL_STRLEN)
		add_kid(node, node_of(script, &shape_string, depth));
	if (call == CALL_STRNCMP)
		add_kid(node, node_int(script, random_below(&script->random, 12)));
	return node;
}

static bool is_keyed(const struct storage *storage)
{
	return storage->key != NULL;
}

static const struct node *call_map(struct script *script, enum call call, const struct shape *shape)
{
	struct storage *map = storage_pick(script, is_keyed);
	struct node *node;

	if (!map)
		return NULL;
	node = call_new(script, call, shape);
	node->storage = map;
	if (call == CALL_HAS_KEY)
		add_kid(node, node_key(script, map));
	return node;
}

static const struct node *integer_call(struct script *script, uint32_t depth)
{
	const struct shape *shape = shape_random_int(script);
	struct node *node;

	switch (random_below(&script->random, 5)) {
	case 0:
		return call_text(script, CALL_STRLEN, shape_int(8, false), depth);
	case 1:
		return call_text(script, CALL_STRSTR, shape_int(4, true), depth);
	case 2:
		return call_map(script, CALL_LEN, shape_int(8, false));
	case 3:
		node = call_new(script, CALL_BSWAP, shape_int(shape->size, false));
		add_kid(node, node_cast(script, shape, node_integer(script, depth)));
		return node;
	}
	node = call_new(script, random_below(&script->random, 2) ? CALL_ABS : CALL_CLAMP,
			shape_int(8, true));
	for (uint32_t i = 0; i < (node->call == CALL_ABS ? 1 : 3); i++)
		add_kid(node, node_cast(script, shape_int(8, true), node_integer(script, depth)));
	return node;
}

/* --- expressions of any type --- */

static const struct node *ternary(struct script *script, const struct shape *shape, uint32_t depth)
{
	const struct node *condition = node_condition(script, depth), *arms[2];
	struct node *node;

	if (condition->is_constant)
		return NULL;
	for (uint32_t i = 0; i < 2; i++) {
		arms[i] = shape->kind == SHAPE_INT ? node_integer(script, depth)
						   : node_exact(script, shape, depth);
		if (arms[i]->kind == NODE_TERNARY || arms[i]->kind == NODE_BLOCK)
			arms[i] = shape->kind == SHAPE_INT
					  ? node_cast(script, arms[i]->shape, arms[i])
					  : arms[i];
	}
	if (shape->kind == SHAPE_INT)
		shape = join_nodes(arms[0], arms[1]);
	node = node_new(script, NODE_TERNARY, shape);
	add_kid(node, condition);
	add_kid(node, arms[0]);
	add_kid(node, arms[1]);
	return node;
}

static const struct node *block(struct script *script, const struct shape *shape, uint32_t depth)
{
	struct storage *variable = storage_new(script, "$", shape_random(script, 1));
	struct node *node = node_new(script, NODE_BLOCK, shape);

	node->storage = variable;
	add_kid(node, node_exact(script, variable->shape, depth));
	vec_push(script->arena, &script->variables, variable);
	add_kid(node, node_exact(script, shape, depth));
	script->variables.len--;
	return node;
}

/* NULL if what was tried does not exist here. */
static const struct node *try_integer(struct script *script, uint32_t depth)
{
	const struct shape *any = shape_int(8, true);

	switch (random_below(&script->random, depth ? 14 : 6)) {
	case 0:
		return random_literal(script);
	case 1:
	case 2:
		return read_storage(script, any);
	case 3:
		return read_member(script, any);
	case 4:
	case 5:
		return node_unknown(script, any, depth);
	case 6:
		return random_unary(script, depth - 1);
	case 7:
		return ternary(script, any, depth - 1);
	case 8:
		return node_cast(script, shape_random_int(script), node_integer(script, depth - 1));
	case 9:
		return integer_call(script, depth - 1);
	case 10:
		return read_element(script, depth - 1);
	case 11:
		if (random_once_in(&script->random, 3))
			return block(script, shape_random_int(script), depth - 1);
		return node_cast(script, shape_random_int(script),
				 node_condition(script, depth - 1));
	}
	return random_binary(script, depth - 1);
}

const struct node *node_integer(struct script *script, uint32_t depth)
{
	if (script->nodes++ > MOST_NODES)
		return random_literal(script);
	for (uint32_t tries = 0; tries < 6; tries++) {
		const struct node *node = try_integer(script, depth);

		if (node)
			return node;
	}
	return random_literal(script);
}

static bool is_confusing(const struct node *a, const struct node *b)
{
	/* What the literals 2^64-1 and -1 compare as, no rule says. */
	return a->is_literal && b->is_literal;
}

static const struct node *comparison(struct script *script, uint32_t depth)
{
	const struct node *a = node_integer(script, depth), *b = node_integer(script, depth);
	struct node *node = node_new(script, NODE_BINARY, &shape_bool);

	node->op = OP_LT + random_below(&script->random, OP_AND - OP_LT);
	add_kid(node, is_confusing(a, b) ? node_cast(script, shape_int(8, true), a) : a);
	add_kid(node, b);
	node->is_constant = a->is_constant && b->is_constant;
	return node;
}

/* Stacks and the like are not. */
static bool is_comparable(const struct shape *shape)
{
	if (shape->kind == SHAPE_OTHER)
		return false;
	for (uint32_t i = 0; i < shape->n && shape->kind != SHAPE_ARRAY; i++)
		if (!is_comparable(shape->members[i]))
			return false;
	return true;
}

static const struct node *equality(struct script *script, uint32_t depth)
{
	const struct shape *shape = shape_random(script, 1);
	struct node *node;

	if (shape->kind == SHAPE_INT || !is_comparable(shape))
		shape = &shape_string;
	node = node_new(script, NODE_BINARY, &shape_bool);
	node->op = random_below(&script->random, 2) ? OP_EQ : OP_NE;
	add_kid(node, node_exact(script, shape, depth));
	add_kid(node, node_exact(script, shape, depth));
	node->is_constant = node->kids[0]->is_constant && node->kids[1]->is_constant;
	return node;
}

static const struct node *logic(struct script *script, uint32_t depth)
{
	struct node *node = node_new(script, NODE_BINARY, &shape_bool);

	if (random_once_in(&script->random, 3)) {
		node->kind = NODE_UNARY;
		node->op = OP_NOT;
		add_kid(node, node_condition(script, depth));
		node->is_constant = node->kids[0]->is_constant;
		return node;
	}
	node->op = random_below(&script->random, 2) ? OP_LAND : OP_LOR;
	add_kid(node, node_condition(script, depth));
	add_kid(node, node_condition(script, depth));
	/* Only with both sides known does one say that it is folded. */
	node->is_constant = node->kids[0]->is_constant || node->kids[1]->is_constant;
	return node;
}

static const struct node *bool_call(struct script *script, uint32_t depth)
{
	struct node *node;

	switch (random_below(&script->random, 3)) {
	case 0:
		return call_text(script, CALL_STRCONTAINS, &shape_bool, depth);
	case 1:
		return call_map(script, CALL_HAS_KEY, &shape_bool);
	}
	node = node_new(script, NODE_BINARY, &shape_bool);
	node->op = random_below(&script->random, 2) ? OP_EQ : OP_NE;
	add_kid(node, call_text(script, CALL_STRNCMP, shape_int(8, false), depth));
	add_kid(node, node_int(script, 0));
	return node;
}

static const struct node *try_bool(struct script *script, uint32_t depth)
{
	struct node *node;

	switch (random_below(&script->random, depth ? 9 : 3)) {
	case 0:
		node = node_new(script, NODE_BOOL, &shape_bool);
		node->literal = random_below(&script->random, 2);
		node->is_constant = true;
		return node;
	case 1:
		return read_storage(script, &shape_bool);
	case 2:
		return read_member(script, &shape_bool);
	case 3:
		return logic(script, depth - 1);
	case 4:
		return equality(script, depth - 1);
	case 5:
		return bool_call(script, depth - 1);
	case 6:
		return node_cast(script, &shape_bool, node_integer(script, depth - 1));
	}
	return comparison(script, depth - 1);
}

static const struct node *random_bool(struct script *script, uint32_t depth)
{
	if (script->nodes++ > MOST_NODES)
		depth = 0;
	for (uint32_t tries = 0; tries < 4; tries++) {
		const struct node *node = try_bool(script, depth);

		if (node)
			return node;
	}
	return comparison(script, depth ? depth - 1 : 0);
}

const struct node *node_condition(struct script *script, uint32_t depth)
{
	if (random_once_in(&script->random, 5))
		return node_integer(script, depth);
	return random_bool(script, depth);
}

static const struct node *random_text(struct script *script, uint32_t depth)
{
	const struct node *node = NULL;

	switch (random_below(&script->random, depth ? 6 : 4)) {
	case 0:
		node = read_storage(script, &shape_string);
		break;
	case 1:
		node = read_member(script, &shape_string);
		break;
	case 2:
		node = node_unknown(script, &shape_string, depth);
		break;
	case 4:
		node = ternary(script, &shape_string, depth - 1);
		break;
	case 5:
		if (!script->no_concat && !(script->is_large && script->kind == SCRIPT_KNOWN))
			node = call_text(script, CALL_STR_CONCAT, &shape_string, depth - 1);
		break;
	}
	return node ? node : node_string(script);
}

static const struct node *members(struct script *script, const struct shape *shape, uint32_t depth)
{
	struct node *node = node_new(script, NODE_AGGREGATE_OF, shape);

	for (uint32_t i = 0; i < shape->n; i++)
		add_kid(node, node_exact(script, shape->members[i], depth));
	return node;
}

static const struct node *array(struct script *script, const struct shape *shape, uint32_t depth)
{
	const struct shape *from =
		shape_int(shape->size * shape->n, random_below(&script->random, 2));

	return node_cast(script, shape, node_exact(script, from, depth));
}

static const struct node *compound(struct script *script, const struct shape *shape, uint32_t depth)
{
	const struct node *node = NULL;
	uint32_t less = depth ? depth - 1 : 0;

	if (random_below(&script->random, 2))
		node = read_storage(script, shape);
	else if (depth && random_once_in(&script->random, 4))
		node = ternary(script, shape, less);
	if (node)
		return node;
	return shape->kind == SHAPE_ARRAY ? array(script, shape, less)
					  : members(script, shape, less);
}

const struct node *node_of(struct script *script, const struct shape *shape, uint32_t depth)
{
	const struct node *node;

	switch (shape->kind) {
	case SHAPE_INT:
		node = node_integer(script, depth);
		return shape_takes(shape, node) ? node : node_cast(script, shape, node);
	case SHAPE_BOOL:
		return random_bool(script, depth);
	case SHAPE_STRING:
		return random_text(script, depth);
	case SHAPE_TUPLE:
	case SHAPE_RECORD:
	case SHAPE_ARRAY:
		return compound(script, shape, depth);
	case SHAPE_OTHER:
		break;
	}
	return node_unknown(script, shape, depth);
}

const struct node *node_exact(struct script *script, const struct shape *shape, uint32_t depth)
{
	if (shape->kind == SHAPE_INT)
		return node_cast(script, shape, node_integer(script, depth));
	return node_of(script, shape, depth);
}
