/*
 * Pointers to what the script itself keeps: variables, maps, and the memory that structs are laid
 * over. They are cast, calculated with, indexed by what only a run tells, and pointed to by others.
 * LANGUAGE.md 3.3, 3.5, 3.6 and 6.2.
 */
#include "tests/fuzz/generate.h"

#include <inttypes.h>
#include <string.h>

/* As a whole of numbers without gaps; the address of an entry cannot be taken. */
static bool is_memory(const struct storage *storage)
{
	const struct shape *shape = storage->shape;

	if (storage->key || storage->aggregate || (storage->is_counter && !storage->is_map))
		return false;
	if (shape->kind == SHAPE_TUPLE)
		return storage->is_counter;
	return shape->kind == SHAPE_ARRAY || (shape->kind == SHAPE_INT && shape->size == 8);
}

static uint32_t bytes_in(const struct shape *shape)
{
	if (shape->kind == SHAPE_TUPLE)
		return shape->n * 8;
	return shape->kind == SHAPE_ARRAY ? shape->n * shape->size : shape->size;
}

/* 0 .. n-1, whatever the integer is. */
static const struct node *index_below(struct script *script, uint32_t n, uint32_t depth)
{
	const struct node *any = node_integer(script, depth);

	return node_binary(script, OP_MOD, node_cast(script, shape_int(8, false), any),
			   node_int(script, n));
}

const struct node *node_pointed(struct script *script, uint32_t depth)
{
	struct storage *storage = storage_pick(script, is_memory);
	const struct shape *shape = shape_random_int(script);
	struct node *node;

	if (!storage || shape->size > bytes_in(storage->shape))
		return NULL;
	node = node_new(script, NODE_POINTED, shape);
	node_add(node, node_storage(script, storage, NULL));
	node_add(node, index_below(script, bytes_in(storage->shape) / shape->size, depth));
	node->index = random_below(&script->random, 9);
	node->text = arena_printf(script->arena, "$v%u", script->names++);
	return node;
}

struct value pointed_evaluate(struct script *script, const struct node *node)
{
	const struct shape *shape = node->kids[0]->shape;
	struct value memory, value = {0};
	uint8_t bytes[SHAPE_MEMBERS * 8] = {0};
	uint64_t index = (uint64_t)node_evaluate(script, node->kids[1]).number;

	memory = node_evaluate(script, node->kids[0]);
	value_bytes(shape, &memory, bytes);
	memcpy(&value.number, bytes + index * node->shape->size, node->shape->size);
	value.number = value_cut(node->shape, value.number);
	return value;
}

/* --- as it is written --- */

/* "#T": the type, "#A": the address, "#I": the index, "#S": the size of one, "#V": a variable. */
static const char *const spellings[] = {
	"((#T *)#A)[#I]",
	"*((#T *)#A + (#I))",
	"*(#T *)((uint64)#A + (#I) * #S)",
	"*(#T *)((uint8 *)#A + (#I) * #S)",
	"({ let #V = (#T *)#A; #V += #I; *#V })",
	"({ let #V = (uint64)((#T *)#A + (#I)); **(#T **)&#V })",
	"({ let #V = (#T *)#A; (*&#V)[#I] })",
	"({ let #V = (#T *)#A; let #Vp = &#V; let #Vq = &#Vp; (**#Vq)[#I] })",
	"*((#I) + (#T *)kptr((int32 *)#A))",
};

static void print_part(struct strbuf *out, const struct node *node, char part)
{
	switch (part) {
	case 'T':
		strbuf_adds(out, node->shape->name);
		break;
	case 'A':
		strbuf_addf(out, "&%s", node->kids[0]->storage->name);
		break;
	case 'I':
		node_print(out, node->kids[1]);
		break;
	case 'S':
		strbuf_addf(out, "%u", node->shape->size);
		break;
	case 'V':
		strbuf_adds(out, node->text);
		break;
	}
}

void pointed_print(struct strbuf *out, const struct node *node)
{
	for (const char *at = spellings[node->index]; *at; at++)
		if (*at == '#')
			print_part(out, node, *++at);
		else
			strbuf_addc(out, *at);
}

int pointed_precedence(const struct node *node)
{
	return *spellings[node->index] == '*' ? 2 : 1;
}

/* --- to structs --- */

/* NULL: it has none that could be pointed to. */
static const struct c_member *member_of(struct script *script, const struct shape *shape)
{
	const struct c_member *member =
		&shape->c->members.data[random_below(&script->random, shape->n)];

	return member->width ? NULL : member;
}

const char *pointer_text(struct script *script, const struct shape *shape)
{
	const char *of = shape->name, *memory = shape->c->memory->name;
	const struct c_member *member = member_of(script, shape);
	struct strbuf veil = STRBUF_INIT;
	const char *text = NULL;
	uint32_t number = script->names++;

	node_print(&veil, node_veil(script, node_int(script, member ? member->offset / 8 : 0)));
	switch (random_below(&script->random, 5)) {
	case 0:
		text = arena_printf(script->arena, "(%s *)((uint64)&%s + (%s) - %u)", of, memory,
				    strbuf_str(&veil), member ? member->offset / 8 : 0);
		break;
	case 1:
		text = arena_printf(script->arena, "({ let $v%u = (uint64)&%s; *(%s **)&$v%u })",
				    number, memory, of, number);
		break;
	case 2:
		text = arena_printf(script->arena, "((%s *)&%s + %u - %u)", of, memory, number,
				    number);
		break;
	case 3:
		if (member)
			text = arena_printf(script->arena,
					    "container_of((uint8 *)&%s + (%s), %s, %s)", memory,
					    strbuf_str(&veil), of, member->name);
		break;
	case 4:
		if (member)
			text = arena_printf(script->arena,
					    "container_of((uint16 *)((uint64)&%s + %u), %s, %s)",
					    memory, member->offset / 8, of, member->name);
		break;
	}
	strbuf_free(&veil);
	return text;
}
