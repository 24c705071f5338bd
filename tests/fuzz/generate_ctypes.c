/*
 * C definitions in front of a script: structs, unions, bit-fields, arrays, enums. What is in them
 * is known, since they are laid over memory that the script fills itself: a map, or a variable, of
 * numbers.
 */
#include "tests/fuzz/generate.h"

#include <stdlib.h>
#include <string.h>

#define MOST_BYTES (SHAPE_MEMBERS * 8)

/* --- layout: that of the C ABI --- */

struct layout {
	struct script *script;
	struct strbuf text;
	struct c_type *type; /* members of anonymous ones are its own */
	uint32_t base; /* bits in front of it */
	uint32_t bits, align;
	bool is_union, is_packed, is_anonymous;
};

static uint32_t round_up(uint32_t n, uint32_t to)
{
	return (n + to - 1) / to * to;
}

static uint32_t c_align(const struct shape *shape)
{
	if (shape->kind == SHAPE_STRUCT)
		return shape->c->align;
	if (shape->kind == SHAPE_LIST)
		return c_align(shape->members[0]);
	return shape->kind == SHAPE_STRING ? 1 : shape->size;
}

static uint32_t c_size(const struct shape *shape, uint32_t text_bytes)
{
	if (shape->kind == SHAPE_STRING)
		return text_bytes;
	if (shape->kind == SHAPE_LIST)
		return shape->n * c_size(shape->members[0], 0);
	return shape->kind == SHAPE_ARRAY ? shape->n * shape->size : shape->size;
}

static void add_member(struct layout *layout, struct c_member member)
{
	uint32_t align = layout->is_packed ? 1 : c_align(member.shape);
	uint32_t unit = member.shape->size * 8, at = layout->is_union ? 0 : layout->bits;
	uint32_t bits = member.width ? member.width : c_size(member.shape, member.bytes) * 8;

	if (!member.width)
		at = round_up(at, align * 8);
	else if (!layout->is_packed && at / unit != (at + bits - 1) / unit)
		at = round_up(at, unit);
	layout->align = align > layout->align ? align : layout->align;
	layout->bits = at + bits > layout->bits ? at + bits : layout->bits;
	member.offset = layout->base + at;
	member.name = arena_printf(layout->script->arena, "m%zu", layout->type->members.len);
	vec_push(layout->script->arena, &layout->type->members, member);
}

static const char *c_name(const struct shape *shape)
{
	static const char *const names[2][4] = {
		{"unsigned char", "unsigned short", "unsigned int", "unsigned long long"},
		{"signed char", "short", "int", "long long"},
	};

	if (shape->kind == SHAPE_STRUCT || shape->kind == SHAPE_ENUM)
		return shape->name;
	if (shape->kind == SHAPE_BOOL)
		return "_Bool";
	return names[shape->is_signed][__builtin_ctz(shape->size)];
}

/* --- members --- */

static void add_number(struct layout *layout, bool is_bits)
{
	struct random *random = &layout->script->random;
	const struct shape *shape = shape_random_int(layout->script);
	/* What else than 0 and 1 stands there is nobody's business. */
	bool may_be_bool = !layout->is_union && !layout->is_anonymous;
	struct c_member member = {.shape = shape};

	if (is_bits)
		member.width = 1 + random_below(random, shape->size * 8 - 1);
	else if (may_be_bool && random_once_in(random, 6))
		member.shape = shape = &shape_bool;
	layout->type->has_text |= shape == &shape_bool;
	add_member(layout, member);
	strbuf_addf(&layout->text, "%s %s", c_name(shape), vec_last(&layout->type->members).name);
	if (is_bits)
		strbuf_addf(&layout->text, " : %u", member.width);
	strbuf_adds(&layout->text, "; ");
}

static void add_text(struct layout *layout)
{
	struct c_member member = {.shape = &shape_string,
				  .bytes = 2 + random_below(&layout->script->random, 9)};

	add_member(layout, member);
	layout->type->has_text = true;
	strbuf_addf(&layout->text, "char %s[%u]; ", vec_last(&layout->type->members).name,
		    member.bytes);
}

/* Those of signed char are texts. */
static void add_array(struct layout *layout)
{
	struct random *random = &layout->script->random;
	struct shape *shape = arena_new_object(layout->script->arena, struct shape);

	*shape = *shape_int(1u << random_below(random, 3), false);
	if (shape->size > 1 && random_below(random, 2))
		*shape = *shape_int(shape->size, true);
	strbuf_addf(&layout->text, "%s ", c_name(shape));
	shape->kind = SHAPE_ARRAY;
	shape->n = random_below(random, 2) ? 2 : 4;
	add_member(layout, (struct c_member){.shape = shape});
	strbuf_addf(&layout->text, "%s[%u]; ", vec_last(&layout->type->members).name, shape->n);
}

/* An array of arrays, of structs, of enums. */
static void add_list(struct layout *layout, const struct shape *element)
{
	struct shape *list = arena_new_object(layout->script->arena, struct shape), *inner;

	*list = (struct shape){.kind = SHAPE_LIST, .n = 2, .members = {element}};
	if (!element) {
		inner = arena_new_object(layout->script->arena, struct shape);
		*inner = *shape_int(2, random_below(&layout->script->random, 2));
		strbuf_addf(&layout->text, "%s", c_name(inner));
		inner->kind = SHAPE_ARRAY;
		inner->n = 4;
		list->members[0] = inner;
	} else {
		strbuf_adds(&layout->text, c_name(element));
	}
	add_member(layout, (struct c_member){.shape = list});
	strbuf_addf(&layout->text, " %s[2]%s; ", vec_last(&layout->type->members).name,
		    element ? "" : "[4]");
}

static const struct shape *earlier(struct layout *layout)
{
	const struct script *script = layout->script;
	const struct shape *shape;

	if (!script->c_types.len)
		return NULL;
	shape = script->c_types
			.data[random_below(&layout->script->random, (uint32_t)script->c_types.len)];
	return layout->is_union && shape->c->has_text ? NULL : shape;
}

static void add_other(struct layout *layout, const struct shape *shape)
{
	add_member(layout, (struct c_member){.shape = shape});
	layout->type->has_text |= shape->c->has_text;
	strbuf_addf(&layout->text, "%s %s; ", c_name(shape), vec_last(&layout->type->members).name);
}

static void add_members(struct layout *layout, uint32_t n);

/* Of anonymous ones the members are reached as if they were the outer one's. */
static void add_anonymous(struct layout *layout)
{
	struct layout inner = {.script = layout->script,
			       .type = layout->type,
			       .align = 1,
			       .is_anonymous = true,
			       .is_union = random_below(&layout->script->random, 2)};
	size_t first = layout->type->members.len;
	uint32_t at;

	add_members(&inner, 2);
	at = layout->is_union ? 0
			      : round_up(layout->bits, (layout->is_packed ? 1 : inner.align) * 8);
	for (size_t i = first; i < layout->type->members.len; i++)
		layout->type->members.data[i].offset += layout->base + at;
	inner.bits = round_up(inner.bits, inner.align * 8);
	if (!layout->is_packed && inner.align > layout->align)
		layout->align = inner.align;
	if (at + inner.bits > layout->bits)
		layout->bits = at + inner.bits;
	strbuf_addf(&layout->text, "%s { %s}; ", inner.is_union ? "union" : "struct",
		    strbuf_str(&inner.text));
	strbuf_free(&inner.text);
}

static void add_random_member(struct layout *layout)
{
	const struct shape *other = earlier(layout);
	bool may_have_text = !layout->is_union && !layout->is_anonymous;

	switch (random_below(&layout->script->random, 10)) {
	case 0:
	case 1:
		add_number(layout, true);
		return;
	case 2:
		add_array(layout);
		return;
	case 3:
		add_list(layout, NULL);
		return;
	case 4:
		if (other && !other->c->has_text)
			add_list(layout, other);
		return;
	case 5:
		if (other && (may_have_text || !other->c->has_text))
			add_other(layout, other);
		return;
	case 6:
		if (may_have_text)
			add_text(layout);
		return;
	case 7:
		if (!layout->is_anonymous)
			add_anonymous(layout);
		return;
	}
	add_number(layout, false);
}

static void add_members(struct layout *layout, uint32_t n)
{
	size_t first = layout->type->members.len;

	for (uint32_t i = 0; i < n && layout->bits / 8 < MOST_BYTES / 3; i++)
		add_random_member(layout);
	if (layout->type->members.len == first)
		add_number(layout, false);
}

static void add_struct(struct script *script)
{
	struct shape *shape = arena_new_object(script->arena, struct shape);
	struct c_type *type = arena_new_object(script->arena, struct c_type);
	struct layout layout = {.script = script, .type = type, .align = 1};

	layout.is_union = random_once_in(&script->random, 6);
	layout.is_packed = random_once_in(&script->random, 5);
	shape->name = arena_printf(script->arena, "%s fuzz_%u",
				   layout.is_union ? "union" : "struct", script->names++);
	add_members(&layout, 1 + random_below(&script->random, 6));
	type->align = layout.align;
	type->text =
		arena_printf(script->arena, "%s { %s}%s;", shape->name, strbuf_str(&layout.text),
			     layout.is_packed ? " __attribute__((packed))" : "");
	strbuf_free(&layout.text);
	shape->kind = SHAPE_STRUCT;
	shape->c = type;
	shape->n = (uint32_t)type->members.len;
	shape->size = round_up(round_up(layout.bits, 8) / 8, layout.align);
	if (shape->size <= MOST_BYTES)
		vec_push(script->arena, &script->c_types, shape);
}

static void add_enum(struct script *script)
{
	struct shape *shape = arena_new_object(script->arena, struct shape);
	struct c_type *type = arena_new_object(script->arena, struct c_type);
	struct strbuf text = STRBUF_INIT;
	int64_t next = 0;

	*shape = *shape_int(4, random_below(&script->random, 2));
	shape->kind = SHAPE_ENUM;
	shape->name = arena_printf(script->arena, "enum fuzz_%u", script->names++);
	strbuf_addf(&text, "%s { ", shape->name);
	type->align = 4;
	for (uint32_t i = 0; i < 4; i++) {
		struct c_member member = {.shape = shape};

		next += 1 + random_below(&script->random, 3);
		if (shape->is_signed && !i)
			next = -5;
		member.constant = next;
		member.name = arena_printf(script->arena, "FUZZ_%u", script->names++);
		strbuf_addf(&text, "%s = %d, ", member.name, (int)next);
		vec_push(script->arena, &type->members, member);
	}
	strbuf_adds(&text, "};");
	type->text = arena_strdup(script->arena, strbuf_str(&text));
	strbuf_free(&text);
	shape->c = type;
	vec_push(script->arena, &script->c_types, shape);
}

/* --- memory --- */

static void fill(struct script *script, const struct shape *shape, uint8_t *bytes, uint32_t size)
{
	struct random *random = &script->random;
	int32_t constant;

	switch ((int)shape->kind) {
	case SHAPE_STRING:
		memset(bytes, 0, size);
		for (uint32_t i = 0, n = random_below(random, size); i < n; i++)
			bytes[i] = (uint8_t) "abc xyz019"[random_below(random, 10)];
		break;
	case SHAPE_BOOL:
		*bytes &= 1;
		break;
	case SHAPE_ENUM:
		constant = (int32_t)shape->c->members.data[random_below(random, 4)].constant;
		if (random_below(random, 2))
			memcpy(bytes, &constant, sizeof(constant));
		break;
	case SHAPE_LIST:
		for (uint32_t i = 0; i < shape->n; i++)
			fill(script, shape->members[0],
			     bytes + (size_t)i * c_size(shape->members[0], 0), 0);
		break;
	case SHAPE_STRUCT:
		for (size_t i = 0; i < shape->c->members.len; i++) {
			const struct c_member *member = &shape->c->members.data[i];

			if (!member->width)
				fill(script, member->shape, bytes + member->offset / 8,
				     member->bytes);
		}
		break;
	}
}

/* A tuple of numbers whose bytes are those of such a struct. */
static const struct node *memory_node(struct script *script, const struct shape *shape)
{
	struct shape *tuple = arena_new_object(script->arena, struct shape);
	uint8_t bytes[MOST_BYTES];
	uint64_t words[SHAPE_MEMBERS];
	struct node *node;

	for (uint32_t i = 0; i < MOST_BYTES; i++)
		bytes[i] = (uint8_t)random_next(&script->random);
	fill(script, shape, bytes, 0);
	memcpy(words, bytes, sizeof(words));
	tuple->kind = SHAPE_TUPLE;
	tuple->n = round_up(shape->size, 8) / 8;
	node = node_new(script, NODE_AGGREGATE_OF, tuple);
	for (uint32_t i = 0; i < tuple->n; i++) {
		tuple->members[i] = shape_int(8, false);
		node_add(node, node_cast(script, tuple->members[i], node_int(script, words[i])));
	}
	return node;
}

/* The script's first program fills a map for each struct. */
const struct body *ctypes_make(struct script *script)
{
	struct body *body = arena_new_object(script->arena, struct body);
	uint32_t n = 1 + random_below(&script->random, 3);

	for (uint32_t i = 0; i < n; i++) {
		if (random_once_in(&script->random, 3))
			add_enum(script);
		add_struct(script);
	}
	for (size_t i = 0; i < script->c_types.len; i++) {
		struct shape *shape = (struct shape *)script->c_types.data[i];
		struct statement *stmt;

		if (shape->kind != SHAPE_STRUCT)
			continue;
		stmt = arena_new_object(script->arena, struct statement);
		stmt->kind = STMT_ASSIGN;
		stmt->value = memory_node(script, shape);
		shape->c->memory = storage_new(script, "@", stmt->value->shape);
		shape->c->memory->is_counter = true;
		stmt->target = node_storage(script, shape->c->memory, NULL);
		vec_push(script->arena, &script->maps, shape->c->memory);
		vec_push(script->arena, &body->stmts, stmt);
	}
	return body;
}

/* --- expressions --- */

const struct shape *shape_random_c(struct script *script)
{
	uint32_t n = (uint32_t)script->c_types.len;

	return n ? script->c_types.data[random_below(&script->random, n)] : NULL;
}

static const struct node *enumerator(struct script *script, const struct shape *shape)
{
	const struct c_member *member =
		&shape->c->members
			 .data[random_below(&script->random, (uint32_t)shape->c->members.len)];
	struct node *node = node_new(script, NODE_ENUMERATOR, shape);

	node->literal = member->constant;
	node->text = member->name;
	node->is_constant = true;
	if (random_below(&script->random, 2))
		return node;
	return node_cast(script, shape, node_int(script, member->constant));
}

/* A number that is known when the program runs only may be none of the enumerators. */
static const struct node *enum_node(struct script *script, const struct shape *shape)
{
	const struct node *number = node_read(script, shape_int(8, true));

	if (number && random_below(&script->random, 2))
		return node_cast(script, shape, number);
	return enumerator(script, shape);
}

const struct node *node_c(struct script *script, const struct shape *shape)
{
	struct node *node;

	if (shape->kind == SHAPE_ENUM)
		return enum_node(script, shape);
	node = node_new(script, NODE_OVERLAY, shape);
	node->index = random_below(&script->random, 3);
	node_add(node, node_storage(script, shape->c->memory, NULL));
	if (random_once_in(&script->random, 3))
		node->text = pointer_text(script, shape);
	return node;
}

const struct node *node_read_c(struct script *script, const struct shape *wanted)
{
	const struct shape *shape = shape_random_c(script);

	if (!shape || shape->kind != SHAPE_STRUCT)
		return NULL;
	return node_descend(script, node_c(script, shape), wanted);
}

/* --- values --- */

static int64_t read_bits(const uint8_t *bytes, uint32_t offset, uint32_t width, bool is_signed)
{
	uint64_t number = 0;

	for (uint32_t i = 0; i < width; i++)
		if (bytes[(offset + i) / 8] >> (offset + i) % 8 & 1)
			number |= 1ull << i;
	number <<= 64 - width;
	return is_signed ? (int64_t)number >> (64 - width) : (int64_t)(number >> (64 - width));
}

static struct value decode(struct script *script, const struct shape *shape, const uint8_t *bytes,
			   uint32_t offset, uint32_t width)
{
	struct value value = value_zero(script->arena, shape);

	switch ((int)shape->kind) {
	case SHAPE_INT:
	case SHAPE_ENUM:
	case SHAPE_BOOL:
		value.number =
			read_bits(bytes, offset, width ? width : shape->size * 8, shape->is_signed);
		break;
	case SHAPE_STRING:
		value.text = arena_strdup(script->arena, (const char *)bytes + offset / 8);
		break;
	case SHAPE_ARRAY:
		for (uint32_t i = 0; i < shape->n; i++)
			value.members[i].number = read_bits(bytes, offset + i * shape->size * 8,
							    shape->size * 8, shape->is_signed);
		break;
	case SHAPE_LIST:
		for (uint32_t i = 0; i < shape->n; i++)
			value.members[i] = decode(script, shape->members[0], bytes,
						  offset + i * c_size(shape->members[0], 0) * 8, 0);
		break;
	case SHAPE_STRUCT:
		for (uint32_t i = 0; i < shape->n; i++) {
			const struct c_member *member = &shape->c->members.data[i];

			value.members[i] = decode(script, member->shape, bytes,
						  offset + member->offset, member->width);
		}
		break;
	}
	return value;
}

struct value overlay_evaluate(struct script *script, const struct node *node)
{
	struct value memory = node_evaluate(script, node->kids[0]);
	uint8_t bytes[MOST_BYTES] = {0};

	for (uint32_t i = 0; i < node->kids[0]->shape->n; i++)
		memcpy(bytes + (size_t)i * 8, &memory.members[i].number, 8);
	return decode(script, node->shape, bytes, 0, 0);
}
