/* Expressions: what types they have follows LANGUAGE.md 3.2 and 3.3. */
#include "tests/fuzz/generate.h"

#define MOST_NODES 24 /* in a statement, more or less */

/* --- operators --- */

const struct node *node_cast(struct script *script, const struct shape *shape,
			     const struct node *operand)
{
	struct node *node = node_new(script, NODE_CAST, shape);

	node_add(node, operand);
	node->is_constant = operand->is_constant;
	if (shape->kind == SHAPE_INT && random_once_in(&script->random, 10))
		node->text = shape_typeof(script, shape);
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
	node_add(node, a);
	node_add(node, b);
	return node;
}

const struct node *node_binary(struct script *script, enum op op, const struct node *a,
			       const struct node *b)
{
	bool is_unsigned = node_may_be_unsigned(a) && node_may_be_unsigned(b);
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
	node_add(node, a);
	node_add(node, b);
	return node;
}

static const struct node *random_binary(struct script *script, uint32_t depth)
{
	static const enum op ops[] = {OP_MUL, OP_DIV, OP_MOD, OP_ADD, OP_ADD, OP_SUB,
				      OP_SHL, OP_SHR, OP_AND, OP_XOR, OP_OR};
	enum op op = ops[random_below(&script->random, sizeof(ops) / sizeof(ops[0]))];
	const struct node *a = node_integer(script, depth), *b;

	if (op != OP_SHL && op != OP_SHR)
		return node_binary(script, op, a, node_integer(script, depth));
	b = node_int(script, random_below(&script->random, a->is_literal ? 8 : 64));
	if (random_once_in(&script->random, 3))
		b = node_binary(script, OP_AND, node_integer(script, depth), node_int(script, 63));
	return node_binary(script, op, a, b);
}

static const struct node *random_unary(struct script *script, uint32_t depth)
{
	const struct node *operand = node_integer(script, depth);
	enum op op = random_below(&script->random, 2) ? OP_NEG : OP_COMPL;
	wide value = op == OP_NEG ? -operand->literal : (wide) ~(uint64_t)operand->literal;
	struct node *node;

	if (operand->is_literal && value < INT64_MIN)
		return operand;
	node = node_new(script, NODE_UNARY, shape_int(8, operand->shape->is_signed));
	node->op = op;
	node_add(node, operand);
	node->is_constant = operand->is_constant;
	if (operand->is_literal) {
		node->literal = value;
		node->is_literal = true;
		node->shape = node_int(script, value)->shape;
	}
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
		if (node_has_arms(arms[i]))
			arms[i] = shape->kind == SHAPE_INT
					  ? node_cast(script, arms[i]->shape, arms[i])
					  : arms[i];
	}
	if (shape->kind == SHAPE_INT)
		shape = shape_join_nodes(arms[0], arms[1]);
	node = node_new(script, NODE_TERNARY, shape);
	node_add(node, condition);
	node_add(node, arms[0]);
	node_add(node, arms[1]);
	return node;
}

/* What is tested, and is the value if it is not 0, is worked out once. */
static const struct node *elvis(struct script *script, uint32_t depth)
{
	const struct node *arms[2] = {node_integer(script, depth), node_integer(script, depth)};
	struct node *node;

	if (arms[0]->is_constant)
		return NULL;
	for (uint32_t i = 0; i < 2; i++)
		if (node_has_arms(arms[i]))
			arms[i] = node_cast(script, arms[i]->shape, arms[i]);
	node = node_new(script, NODE_ELVIS, shape_join_nodes(arms[0], arms[1]));
	node_add(node, arms[0]);
	node_add(node, arms[1]);
	return node;
}

static const struct node *block(struct script *script, const struct shape *shape, uint32_t depth)
{
	struct storage *variable = storage_new(script, "$", shape_random(script, 1));
	struct node *node = node_new(script, NODE_BLOCK, shape);

	node->storage = variable;
	node_add(node, node_exact(script, variable->shape, depth));
	vec_push(script->arena, &script->variables, variable);
	node_add(node, node_exact(script, shape, depth));
	script->variables.len--;
	return node;
}

/* NULL if what was tried does not exist here. */
static const struct node *try_integer(struct script *script, uint32_t depth)
{
	const struct shape *any = shape_int(8, true);

	switch (random_below(&script->random, depth ? 17 : 6)) {
	case 0:
		if (random_once_in(&script->random, 3))
			return node_constant(script);
		return node_literal(script);
	case 1:
	case 2:
		return node_read(script, any);
	case 3:
		return node_read_member(script, any);
	case 4:
	case 5:
		if (script->c_types.len && random_below(&script->random, 2))
			return node_read_c(script, any);
		if (script->kind == SCRIPT_KNOWN || random_once_in(&script->random, 4))
			return node_veiled(script);
		return node_unknown(script, any, depth);
	case 6:
		return random_unary(script, depth - 1);
	case 7:
		if (random_once_in(&script->random, 3))
			return elvis(script, depth - 1);
		return ternary(script, any, depth - 1);
	case 8:
		return node_cast(script, shape_random_int(script), node_integer(script, depth - 1));
	case 9:
		return node_call_integer(script, depth - 1);
	case 10:
		if (random_below(&script->random, 2))
			return node_pointed(script, depth - 1);
		return node_read_element(script, depth - 1);
	case 16:
		return node_macro(script, shape_random_int(script));
	case 15:
		return node_bytes_integer(script, depth - 1);
	case 11:
		return node_step(script);
	case 12:
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
		return node_literal(script);
	for (uint32_t tries = 0; tries < 6; tries++) {
		const struct node *node = try_integer(script, depth);

		if (node)
			return random_once_in(&script->random, 12) ? node_veil(script, node) : node;
	}
	return node_literal(script);
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
	node_add(node, is_confusing(a, b) ? node_cast(script, shape_int(8, true), a) : a);
	node_add(node, b);
	node->is_constant = a->is_constant && b->is_constant;
	return node;
}

/* Stacks and the like are not. */
static bool is_comparable(const struct shape *shape)
{
	if (shape->kind == SHAPE_OTHER || shape->kind == SHAPE_STRUCT)
		return false;
	for (uint32_t i = 0;
	     i < shape->n && shape->kind != SHAPE_ARRAY && shape->kind != SHAPE_ENUM; i++)
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
	node_add(node, node_exact(script, shape, depth));
	node_add(node, node_exact(script, shape, depth));
	node->is_constant = node->kids[0]->is_constant && node->kids[1]->is_constant;
	return node;
}

static const struct node *logic(struct script *script, uint32_t depth)
{
	struct node *node = node_new(script, NODE_BINARY, &shape_bool);

	if (random_once_in(&script->random, 3)) {
		node->kind = NODE_UNARY;
		node->op = OP_NOT;
		node_add(node, node_condition(script, depth));
		node->is_constant = node->kids[0]->is_constant;
		return node;
	}
	node->op = random_below(&script->random, 2) ? OP_LAND : OP_LOR;
	node_add(node, node_condition(script, depth));
	node_add(node, node_condition(script, depth));
	/* Only with both sides known does one say that it is folded. */
	node->is_constant = node->kids[0]->is_constant || node->kids[1]->is_constant;
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
		if (random_once_in(&script->random, 3))
			return node_constant_bool(script, node);
		return node;
	case 1:
		return node_read(script, &shape_bool);
	case 2:
		if (random_once_in(&script->random, 3))
			return node_veiled_bool(script);
		if (script->c_types.len && random_below(&script->random, 2))
			return node_read_c(script, &shape_bool);
		return node_read_member(script, &shape_bool);
	case 3:
		return logic(script, depth - 1);
	case 4:
		return equality(script, depth - 1);
	case 5:
		return node_call_bool(script, depth - 1);
	case 6:
		if (random_once_in(&script->random, 3))
			return node_bytes_bool(script, depth - 1);
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

	switch (random_below(&script->random, depth ? 8 : 4)) {
	case 7:
		node = node_macro(script, &shape_string);
		break;
	case 0:
		node = node_read(script, &shape_string);
		break;
	case 1:
		node = node_read_member(script, &shape_string);
		break;
	case 2:
		if (script->kind == SCRIPT_KNOWN || random_once_in(&script->random, 4))
			node = node_read_c(script, &shape_string);
		else
			node = node_unknown(script, &shape_string, depth);
		break;
	case 6:
		node = random_below(&script->random, 2) ? node_bytes_text(script, depth - 1)
							: node_bytes_cut(script, depth - 1);
		break;
	case 4:
		node = ternary(script, &shape_string, depth - 1);
		break;
	case 5:
		/* What is too long is cut: where it is compared, it may not be. */
		if (!script->no_concat && (script->kind != SCRIPT_KNOWN ||
					   (!script->is_large && script->max_strlen >= 1024)))
			node = node_call_concat(script, depth - 1);
		break;
	}
	if (!node && random_once_in(&script->random, 10))
		node = node_constant_text(script);
	return node ? node : node_string(script);
}

static const struct node *members(struct script *script, const struct shape *shape, uint32_t depth)
{
	struct node *node = node_new(script, NODE_AGGREGATE_OF, shape);

	for (uint32_t i = 0; i < shape->n; i++) {
		node_add(node, node_exact(script, shape->members[i], depth));
		/* A member of it that is a literal is that literal. */
		node->is_constant |= node->kids[i]->is_constant;
	}
	return node;
}

static const struct node *array(struct script *script, const struct shape *shape, uint32_t depth)
{
	const struct shape *from =
		shape_int(shape->size * shape->n, random_below(&script->random, 2));
	const struct node *node = node_bytes_array(script, shape);

	if (node && random_below(&script->random, 2))
		return node;
	return node_cast(script, shape, node_exact(script, from, depth));
}

static const struct node *compound(struct script *script, const struct shape *shape, uint32_t depth)
{
	const struct node *node = NULL;
	uint32_t less = depth ? depth - 1 : 0;

	if (random_below(&script->random, 2))
		node = node_read(script, shape);
	else if (depth && random_once_in(&script->random, 6))
		node = node_macro(script, shape);
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
	case SHAPE_STRUCT:
	case SHAPE_ENUM:
		node = random_below(&script->random, 2) ? node_read(script, shape) : NULL;
		return node ? node : node_c(script, shape);
	case SHAPE_LIST:
	case SHAPE_BYTES:
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
