/* Types: random ones, and what integers of two types have in common, by LANGUAGE.md 3.2. */
#include "tests/fuzz/generate.h"

bool shape_holds(const struct shape *shape, wide value)
{
	uint32_t bits = shape->size * 8;
	wide most = ((wide)1 << (bits - shape->is_signed)) - 1;

	return value <= most && value >= (shape->is_signed ? -most - 1 : 0);
}

bool node_may_be_unsigned(const struct node *node)
{
	return node->is_literal ? node->literal >= 0 : !node->shape->is_signed;
}

const struct shape *shape_join(const struct shape *a, const struct shape *b)
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

const struct shape *shape_join_nodes(const struct node *a, const struct node *b)
{
	if (a->is_literal && !b->is_literal && shape_holds(b->shape, a->literal))
		return b->shape;
	if (b->is_literal && !a->is_literal && shape_holds(a->shape, b->literal))
		return a->shape;
	if (a->is_literal && b->is_literal && a->literal >= 0 && b->literal >= 0)
		return a->shape->size > b->shape->size || !a->shape->is_signed ? a->shape
									       : b->shape;
	return shape_join(a->shape, b->shape);
}

bool node_has_arms(const struct node *node)
{
	return node->kind == NODE_TERNARY || node->kind == NODE_ELVIS || node->kind == NODE_BLOCK ||
	       node->kind == NODE_MACRO;
}

const char *shape_typeof(struct script *script, const struct shape *shape)
{
	for (size_t i = 0; i < script->variables.len; i++) {
		const struct storage *variable = script->variables.data[i];

		if (variable->shape == shape && !variable->is_counter)
			return arena_printf(script->arena, "typeof(%s)", variable->name);
	}
	return NULL;
}

bool shape_takes(const struct shape *shape, const struct node *node)
{
	if (shape->kind != SHAPE_INT)
		return shape_equal(shape, node->shape);
	if (node->is_literal)
		return shape_holds(shape, node->literal);
	/* Its arms are looked at one by one. */
	if (node_has_arms(node))
		return false;
	return shape_join(shape, node->shape) == shape;
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
	shape->n = 1 + random_below(&script->random, 4);
	for (uint32_t i = 0; i < shape->n; i++)
		shape->members[i] = shape_random(script, depth - 1);
	return shape;
}

const struct shape *shape_random(struct script *script, uint32_t depth)
{
	if (script->c_types.len && random_once_in(&script->random, 5))
		return shape_random_c(script);
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
