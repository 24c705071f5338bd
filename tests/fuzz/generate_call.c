/* Calls whose results are known. */
#include "tests/fuzz/generate.h"

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

	node_add(node, node_of(script, &shape_string, depth));
	/* The length of a literal is known, too. */
	node->is_constant = call == CALL_STRLEN && node->kids[0]->is_constant;
	if (call != CALL_STRLEN)
		node_add(node, node_of(script, &shape_string, depth));
	if (call == CALL_STRNCMP)
		node_add(node, node_int(script, random_below(&script->random, 12)));
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
	if (call != CALL_LEN)
		node_add(node, node_key(script, map));
	return node;
}

const struct node *node_call_integer(struct script *script, uint32_t depth)
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
		node_add(node, node_cast(script, shape, node_integer(script, depth)));
		return node;
	}
	node = call_new(script, random_below(&script->random, 2) ? CALL_ABS : CALL_CLAMP,
			shape_int(8, true));
	script->no_steps++; /* they are macros: what they are given stands in them several times */
	for (uint32_t i = 0; i < (node->call == CALL_ABS ? 1 : 3); i++)
		node_add(node, node_cast(script, shape_int(8, true), node_integer(script, depth)));
	script->no_steps--;
	return node;
}
const struct node *node_call_bool(struct script *script, uint32_t depth)
{
	struct node *node;

	switch (random_below(&script->random, 4)) {
	case 2:
		return script->no_steps ? NULL : call_map(script, CALL_DELETE, &shape_bool);
	case 0:
		return call_text(script, CALL_STRCONTAINS, &shape_bool, depth);
	case 1:
		return call_map(script, CALL_HAS_KEY, &shape_bool);
	}
	node = node_new(script, NODE_BINARY, &shape_bool);
	node->op = random_below(&script->random, 2) ? OP_EQ : OP_NE;
	node_add(node, call_text(script, CALL_STRNCMP, shape_int(8, false), depth));
	node_add(node, node_int(script, 0));
	return node;
}

const struct node *node_call_concat(struct script *script, uint32_t depth)
{
	return call_text(script, CALL_STR_CONCAT, &shape_string, depth);
}
