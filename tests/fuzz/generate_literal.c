/* Literals. */
#include "tests/fuzz/generate.h"

struct node *node_new(struct script *script, enum node_kind kind, const struct shape *shape)
{
	struct node *node = arena_new_object(script->arena, struct node);

	node->kind = kind;
	node->shape = shape;
	return node;
}

void node_add(struct node *node, const struct node *kid)
{
	node->kids[node->nkids++] = kid;
}
const struct node *node_int(struct script *script, wide value)
{
	struct node *node;
	uint32_t size = 1;

	while (size < 8 && !shape_holds(shape_int(size, true), value))
		size *= 2;
	node = node_new(script, NODE_INT,
			shape_int(size, shape_holds(shape_int(size, true), value)));
	node->literal = value;
	node->is_literal = node->is_constant = true;
	return node;
}

const struct node *node_literal(struct script *script)
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
