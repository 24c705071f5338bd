/*
 * Bytes: of texts and arrays, by number and as a whole; addresses; and the texts that stand for
 * numbers. LANGUAGE.md 3.5, 3.6, 6.2 and 6.5.
 */
#include "tests/fuzz/generate.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const struct shape shape_inet = {.kind = SHAPE_BYTES, .name = "inet"};
const struct shape shape_mac = {.kind = SHAPE_BYTES, .name = "mac_address"};
const struct shape shape_buffer = {.kind = SHAPE_BYTES, .name = "buffer"};

static struct node *call_new(struct script *script, enum call call, const struct shape *shape)
{
	struct node *node = node_new(script, NODE_CALL, shape);

	node->call = call;
	return node;
}

static bool is_array(const struct storage *storage)
{
	return storage->shape->kind == SHAPE_ARRAY;
}

static const struct node *read_array(struct script *script)
{
	struct storage *storage = storage_pick(script, is_array);

	return storage ? node_storage(script, storage, node_key(script, storage)) : NULL;
}

/* --- numbers --- */

/* A text that was never longer has no further bytes. */
static const struct node *byte_of_text(struct script *script, uint32_t depth)
{
	const struct node *text =
		random_below(&script->random, 2) ? node_read(script, &shape_string) : NULL;
	struct node *node = node_new(script, NODE_ELEMENT, shape_int(1, true));
	size_t len;

	if (!text) {
		text = node_string(script);
		len = strlen(text->text);
		node_add(node, text);
		if (len >= 4 && random_below(&script->random, 2))
			node_add(node, node_binary(script, OP_AND, node_integer(script, depth),
						   node_int(script, 3)));
		else
			node_add(node, node_int(script,
						random_below(&script->random, (uint32_t)len + 1)));
		return node;
	}
	node_add(node, text);
	node_add(node, node_int(script, 0));
	return node;
}

static const struct node *number_of_array(struct script *script)
{
	const struct node *array = read_array(script);

	if (!array)
		return NULL;
	return node_cast(
		script,
		shape_int(array->shape->size * array->shape->n, random_below(&script->random, 2)),
		array);
}

static const struct node *compare_bytes(struct script *script)
{
	struct node *node = call_new(script, CALL_MEMCMP, shape_int(4, true));
	const struct node *array = read_array(script), *text;
	uint32_t most;

	if (array && random_below(&script->random, 2)) {
		node_add(node, array);
		node_add(node, node_exact(script, array->shape, 1));
		most = array->shape->size * array->shape->n;
	} else {
		text = node_string(script);
		most = (uint32_t)strlen(text->text);
		node_add(node, text);
		text = node_string(script);
		most = most < strlen(text->text) ? most : (uint32_t)strlen(text->text);
		node_add(node, text);
	}
	node_add(node, node_int(script, most ? 1 + random_below(&script->random, most) : 1));
	return node;
}

const struct node *node_bytes_integer(struct script *script, uint32_t depth)
{
	switch (random_below(&script->random, 3)) {
	case 0:
		return byte_of_text(script, depth);
	case 1:
		return number_of_array(script);
	}
	return compare_bytes(script);
}

/* Each byte of a number as one, by an index that may be unknown. */
const struct node *node_bytes_bool(struct script *script, uint32_t depth)
{
	static const struct shape arrays[] = {
		{.kind = SHAPE_ARRAY, .size = 1, .n = 2, .name = "bool"},
		{.kind = SHAPE_ARRAY, .size = 1, .n = 4, .name = "bool"},
		{.kind = SHAPE_ARRAY, .size = 1, .n = 8, .name = "bool"},
	};
	const struct shape *array = &arrays[random_below(&script->random, 3)];
	struct node *node = node_new(script, NODE_ELEMENT, &shape_bool);

	node_add(node,
		 node_cast(script, array, node_exact(script, shape_int(array->n, false), depth)));
	node_add(node, node_binary(script, OP_AND, node_integer(script, depth),
				   node_int(script, (wide)array->n - 1)));
	return node;
}

/* --- texts and arrays --- */

/* The names of those that all systems have. */
const struct node *node_bytes_text(struct script *script, uint32_t depth)
{
	bool is_error = random_below(&script->random, 2);
	struct node *node =
		call_new(script, is_error ? CALL_STRERROR : CALL_SIGNAL_NAME, &shape_string);
	const struct node *number = node_binary(
		script, OP_AND, node_cast(script, shape_int(8, true), node_integer(script, depth)),
		node_int(script, 7));

	if (random_below(&script->random, 2))
		number = node_int(script, random_below(&script->random, 8));
	node_add(node, node_binary(script, OP_ADD, number, node_int(script, 1)));
	return node;
}

const struct node *node_bytes_array(struct script *script, const struct shape *shape)
{
	struct node *node;

	if (shape->size != 1 || shape->is_signed || shape->n != 4)
		return NULL;
	node = call_new(script, CALL_PTON, shape);
	node->text = arena_printf(script->arena, "%u.%u.%u.%u", random_below(&script->random, 256),
				  random_below(&script->random, 256),
				  random_below(&script->random, 3), 255 - node->index);
	return node;
}

const struct node *node_bytes_cut(struct script *script, uint32_t depth)
{
	struct node *node = node_new(script, NODE_CAST, &shape_string);

	node_add(node, node_of(script, &shape_string, depth));
	node->is_constant = node->kids[0]->is_constant;
	node->literal = 1 + random_below(&script->random, 12);
	node->text = arena_printf(script->arena, "string[%u]", (unsigned)node->literal);
	return node;
}

/* --- what is only printed --- */

static const struct node *address(struct script *script)
{
	static const char *const texts[] = {
		"::1", "fe80::1", "2001:db8::42:0:1", "1:2:3:4:5:6:7:8", "::", "ff02::1:ff00:0"};
	struct node *node = call_new(script, CALL_NTOP, &shape_inet);

	if (random_below(&script->random, 2)) {
		node->text = texts[random_below(&script->random, 6)];
		return node;
	}
	node_add(node, node_cast(script, shape_int(4, false), node_integer(script, 2)));
	return node;
}

/* Those of an array of bytes, of a literal, or of the memory that structs are laid over. */
static const struct node *buffer(struct script *script)
{
	struct node *node = call_new(script, CALL_BUF, &shape_buffer);
	const struct node *array = read_array(script), *text = node_string(script);
	const struct shape *c = shape_random_c(script);
	uint32_t len = (uint32_t)strlen(text->text);

	if (c && c->kind == SHAPE_STRUCT && random_below(&script->random, 2)) {
		node_add(node, node_storage(script, c->c->memory, NULL));
		node_add(node, node_int(script, random_below(&script->random, c->size + 1)));
		if (random_below(&script->random, 2) && c->size >= 6) {
			node->call = CALL_MACADDR;
			node->shape = &shape_mac;
		}
	} else if (array && array->shape->size == 1 && random_below(&script->random, 2)) {
		node_add(node, array);
	} else {
		node_add(node, text);
		node_add(node, node_int(script, random_below(&script->random, len + 1)));
	}
	return node;
}

const struct node *node_bytes(struct script *script)
{
	return random_below(&script->random, 2) ? address(script) : buffer(script);
}

/* --- values --- */

uint32_t value_bytes(const struct shape *shape, const struct value *value, uint8_t *bytes)
{
	uint32_t size = shape->size, n = shape->n;

	if (shape->kind == SHAPE_STRING) {
		n = (uint32_t)strlen(value->text);
		memcpy(bytes, value->text, n);
		return n;
	}
	if (shape->kind == SHAPE_INT) {
		memcpy(bytes, &value->number, size);
		return size;
	}
	if (shape->kind == SHAPE_TUPLE)
		size = 8;
	for (uint32_t i = 0; i < n; i++)
		memcpy(bytes + (size_t)i * size, &value->members[i].number, size);
	return n * size;
}

static struct value number_value(int64_t number)
{
	return (struct value){.number = number};
}

static struct value evaluate_memcmp(struct script *script, const struct node *node)
{
	struct value a = node_evaluate(script, node->kids[0]);
	struct value b = node_evaluate(script, node->kids[1]);
	uint8_t left[1024] = {0}, right[1024] = {0};
	int order;

	value_bytes(node->kids[0]->shape, &a, left);
	value_bytes(node->kids[1]->shape, &b, right);
	order = memcmp(left, right, (size_t)node->kids[2]->literal);
	return number_value((order > 0) - (order < 0));
}

static struct value evaluate_pton(struct script *script, const struct node *node)
{
	struct value value = value_zero(script->arena, node->shape);
	uint8_t bytes[4] = {0};

	inet_pton(AF_INET, node->text, bytes);
	for (uint32_t i = 0; i < 4; i++)
		value.members[i].number = bytes[i];
	return value;
}

static struct value evaluate_ntop(struct script *script, const struct node *node)
{
	char text[INET6_ADDRSTRLEN];
	uint32_t address;

	if (node->text)
		return (struct value){.text = node->text};
	address = (uint32_t)node_evaluate(script, node->kids[0]).number;
	inet_ntop(AF_INET, &address, text, sizeof(text));
	return (struct value){.text = arena_strdup(script->arena, text)};
}

/* As it is printed; value.members are the bytes. */
static struct value evaluate_buffer(struct script *script, const struct node *node)
{
	struct value from = node_evaluate(script, node->kids[0]), value = {0};
	struct strbuf text = STRBUF_INIT;
	uint8_t bytes[1024];
	uint32_t n = value_bytes(node->kids[0]->shape, &from, bytes);
	bool is_mac = node->call == CALL_MACADDR;

	if (node->nkids > 1)
		n = (uint32_t)node->kids[1]->literal;
	n = is_mac ? 6 : n;
	value.number = n;
	value.members = arena_new_array(script->arena, struct value, n + 1);
	for (uint32_t i = 0; i < n; i++) {
		value.members[i].number = bytes[i];
		if (is_mac)
			strbuf_addf(&text, "%s%02X", i ? ":" : "", bytes[i]);
		else if (isprint(bytes[i]))
			strbuf_addc(&text, (char)bytes[i]);
		else
			strbuf_addf(&text, "\\x%02x", bytes[i]);
	}
	value.text = arena_strdup(script->arena, strbuf_str(&text));
	strbuf_free(&text);
	return value;
}

struct value bytes_evaluate(struct script *script, const struct node *node)
{
	int64_t number;

	switch ((int)node->call) {
	case CALL_MEMCMP:
		return evaluate_memcmp(script, node);
	case CALL_PTON:
		return evaluate_pton(script, node);
	case CALL_NTOP:
		return evaluate_ntop(script, node);
	case CALL_STRERROR:
		number = node_evaluate(script, node->kids[0]).number;
		return (struct value){.text = strerror((int)number)};
	case CALL_SIGNAL_NAME:
		number = node_evaluate(script, node->kids[0]).number;
		return (struct value){.text = strsignal((int)number)};
	}
	return evaluate_buffer(script, node);
}

/* --- as it is written --- */

bool bytes_print(struct strbuf *out, const struct node *node)
{
	switch ((int)node->call) {
	case CALL_PTON:
		strbuf_addf(out, "pton(\"%s\")", node->text);
		return true;
	case CALL_NTOP:
		if (!node->text)
			return false;
		strbuf_addf(out, "ntop(pton(\"%s\"))", node->text);
		return true;
	case CALL_BUF:
	case CALL_MACADDR:
		if (node->kids[0]->shape->kind != SHAPE_TUPLE)
			return false;
		strbuf_addf(out, "%s((uint8 *)&%s", node->call == CALL_BUF ? "buf" : "macaddr",
			    node->kids[0]->storage->name);
		if (node->call == CALL_BUF) {
			strbuf_adds(out, ", ");
			node_print(out, node->kids[1]);
		}
		strbuf_addc(out, ')');
		return true;
	}
	return false;
}
