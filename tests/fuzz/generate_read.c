/* What holds values: variables and maps, and their parts. */
#include "tests/fuzz/generate.h"

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
	if (key) {
		node_add(node, key);
		node->index = random_below(&script->random, 2);
	}
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

static bool has_members(const struct shape *shape)
{
	return shape->kind == SHAPE_TUPLE || shape->kind == SHAPE_RECORD ||
	       shape->kind == SHAPE_STRUCT;
}

static bool stores_members(const struct storage *storage)
{
	return has_members(storage->shape);
}

static const struct node *element(struct script *script, const struct node *array, uint32_t depth)
{
	const struct shape *shape = array->shape;
	const struct node *index = node_int(script, random_below(&script->random, shape->n));
	struct node *node;

	script->no_steps++; /* no rule says whether they come before the array is read */
	if (random_below(&script->random, 2))
		index = node_binary(script, OP_AND, node_integer(script, depth),
				    node_int(script, (wide)shape->n - 1));
	script->no_steps--;
	shape = shape->kind == SHAPE_LIST ? shape->members[0]
					  : shape_int(shape->size, shape->is_signed);
	node = node_new(script, NODE_ELEMENT, shape);
	node_add(node, array);
	node_add(node, index);
	return node;
}

const struct node *node_read_element(struct script *script, uint32_t depth)
{
	struct storage *storage = storage_pick(script, is_array);

	if (!storage)
		return NULL;
	return element(script, node_storage(script, storage, node_key(script, storage)), depth);
}

static bool is_wanted(const struct shape *shape, const struct shape *wanted)
{
	return wanted->kind == SHAPE_INT ? shape->kind == SHAPE_INT : shape_equal(shape, wanted);
}

static bool is_list(const struct shape *shape)
{
	return shape->kind == SHAPE_ARRAY || shape->kind == SHAPE_LIST;
}

const struct node *node_descend(struct script *script, const struct node *from,
				const struct shape *wanted)
{
	while (!is_wanted(from->shape, wanted)) {
		struct node *node;
		uint32_t index;

		if (is_list(from->shape)) {
			from = element(script, from, 0);
			continue;
		}
		if (!has_members(from->shape))
			return NULL;
		index = random_below(&script->random, from->shape->n);
		node = node_new(script, NODE_MEMBER, shape_member(from->shape, index));
		node->index = index;
		node_add(node, from);
		from = node;
	}
	return from;
}

const struct node *node_read_member(struct script *script, const struct shape *shape)
{
	struct storage *storage = storage_pick(script, stores_members);

	if (!storage)
		return NULL;
	return node_descend(script, node_storage(script, storage, node_key(script, storage)),
			    shape);
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
bool storage_is_assignable(const struct storage *storage)
{
	return !storage->is_counter && !storage->aggregate;
}

bool storage_is_updatable(const struct storage *storage)
{
	return storage_is_assignable(storage) && storage->shape->kind == SHAPE_INT &&
	       (storage->is_fixed || storage->shape->size == 8);
}

/* What -- makes of it is signed. */
static bool is_steppable(const struct storage *storage)
{
	return storage_is_updatable(storage) && (storage->is_fixed || storage->shape->is_signed);
}

const struct node *node_step(struct script *script)
{
	struct storage *storage = script->no_steps ? NULL : storage_pick(script, is_steppable);
	struct node *node;
	enum op op;

	if (!storage)
		return NULL;
	op = random_below(&script->random, 2) ? OP_ADD : OP_SUB;
	node = node_new(script, NODE_STEP, shape_int(8, op == OP_SUB || storage->shape->is_signed));
	node->op = op;
	node->index = random_below(&script->random, 2);
	node_add(node, node_storage(script, storage, node_key(script, storage)));
	return node;
}

const struct node *node_read(struct script *script, const struct shape *shape)
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
