/* Random numbers, types, and values as they are printed. */
#include "tests/fuzz/generate.h"

#include <inttypes.h>
#include <string.h>

/* --- splitmix64 --- */

uint64_t random_next(struct random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint32_t random_below(struct random *random, uint32_t n)
{
	return (uint32_t)(random_next(random) % n);
}

bool random_once_in(struct random *random, uint32_t n)
{
	return !random_below(random, n);
}

/* --- types --- */

const struct shape shape_bool = {.kind = SHAPE_BOOL, .size = 1, .name = "bool"};
const struct shape shape_string = {.kind = SHAPE_STRING};
const char *const shape_member_names[SHAPE_MEMBERS] = {"a", "b", "c", "d", "e", "f"};

const struct shape *shape_int(uint32_t size, bool is_signed)
{
	static const struct shape ints[2][4] = {
		{{.kind = SHAPE_INT, .size = 1, .name = "uint8"},
		 {.kind = SHAPE_INT, .size = 2, .name = "uint16"},
		 {.kind = SHAPE_INT, .size = 4, .name = "uint32"},
		 {.kind = SHAPE_INT, .size = 8, .name = "uint64"}},
		{{.kind = SHAPE_INT, .size = 1, .is_signed = true, .name = "int8"},
		 {.kind = SHAPE_INT, .size = 2, .is_signed = true, .name = "int16"},
		 {.kind = SHAPE_INT, .size = 4, .is_signed = true, .name = "int32"},
		 {.kind = SHAPE_INT, .size = 8, .is_signed = true, .name = "int64"}},
	};

	return &ints[is_signed][__builtin_ctz(size)];
}

const struct shape *shape_member(const struct shape *shape, uint32_t index)
{
	if (shape->kind == SHAPE_STRUCT)
		return shape->c->members.data[index].shape;
	return shape->members[shape->kind == SHAPE_LIST ? 0 : index];
}

bool shape_equal(const struct shape *a, const struct shape *b)
{
	if (a == b)
		return true;
	if (a->kind != b->kind || a->kind == SHAPE_OTHER || a->c || b->c || a->size != b->size ||
	    a->is_signed != b->is_signed || a->n != b->n)
		return false;
	for (uint32_t i = 0; i < a->n && a->kind != SHAPE_ARRAY; i++)
		if (!shape_equal(shape_member(a, i), shape_member(b, i)))
			return false;
	return true;
}

/* --- values --- */

int64_t value_cut(const struct shape *shape, int64_t number)
{
	uint32_t unused = 64 - shape->size * 8;

	if (shape->kind == SHAPE_BOOL)
		return number != 0;
	number = (int64_t)((uint64_t)number << unused);
	return shape->is_signed ? number >> unused : (int64_t)((uint64_t)number >> unused);
}

static void print_number(struct strbuf *out, bool is_signed, int64_t number)
{
	if (is_signed)
		strbuf_addf(out, "%" PRId64, number);
	else
		strbuf_addf(out, "%" PRIu64, (uint64_t)number);
}

static void print_members(struct strbuf *out, const struct shape *shape, const struct value *value)
{
	strbuf_adds(out, shape->kind == SHAPE_TUPLE ? "(" : "{ ");
	for (uint32_t i = 0; i < shape->n; i++) {
		strbuf_adds(out, i ? ", " : "");
		if (shape->kind != SHAPE_TUPLE)
			strbuf_addf(out, ".%s = ",
				    shape->c ? shape->c->members.data[i].name
					     : shape_member_names[i]);
		value_print(out, shape_member(shape, i), &value->members[i]);
	}
	strbuf_adds(out, shape->kind == SHAPE_TUPLE ? ")" : " }");
}

static void print_enum(struct strbuf *out, const struct shape *shape, int64_t number)
{
	for (size_t i = 0; i < shape->c->members.len; i++) {
		if (shape->c->members.data[i].constant != number)
			continue;
		strbuf_adds(out, shape->c->members.data[i].name);
		return;
	}
	print_number(out, shape->is_signed, number);
}

void value_print(struct strbuf *out, const struct shape *shape, const struct value *value)
{
	switch (shape->kind) {
	case SHAPE_INT:
		print_number(out, shape->is_signed, value->number);
		break;
	case SHAPE_BOOL:
		strbuf_adds(out, value->number ? "true" : "false");
		break;
	case SHAPE_STRING:
	case SHAPE_BYTES:
		strbuf_adds(out, value->text);
		break;
	case SHAPE_TUPLE:
	case SHAPE_RECORD:
	case SHAPE_STRUCT:
		print_members(out, shape, value);
		break;
	case SHAPE_ENUM:
		print_enum(out, shape, value->number);
		break;
	case SHAPE_LIST:
		for (uint32_t i = 0; i < shape->n; i++) {
			strbuf_addc(out, i ? ',' : '[');
			value_print(out, shape->members[0], &value->members[i]);
		}
		strbuf_addc(out, ']');
		break;
	case SHAPE_ARRAY:
		for (uint32_t i = 0; i < shape->n; i++) {
			strbuf_addc(out, i ? ',' : '[');
			print_number(out, shape->is_signed, value->members[i].number);
		}
		strbuf_addc(out, ']');
		break;
	case SHAPE_OTHER:
		break;
	}
}

bool value_equal(const struct shape *shape, const struct value *a, const struct value *b)
{
	switch (shape->kind) {
	case SHAPE_INT:
	case SHAPE_ENUM:
	case SHAPE_BOOL:
		return a->number == b->number;
	case SHAPE_STRING:
		return !strcmp(a->text, b->text);
	case SHAPE_TUPLE:
	case SHAPE_RECORD:
	case SHAPE_STRUCT:
	case SHAPE_LIST:
		for (uint32_t i = 0; i < shape->n; i++)
			if (!value_equal(shape_member(shape, i), &a->members[i], &b->members[i]))
				return false;
		return true;
	case SHAPE_ARRAY:
		for (uint32_t i = 0; i < shape->n; i++)
			if (a->members[i].number != b->members[i].number)
				return false;
		return true;
	case SHAPE_BYTES:
	case SHAPE_OTHER:
		break;
	}
	return false;
}

struct value value_zero(struct arena *arena, const struct shape *shape)
{
	struct value value = {.text = ""};

	if (!shape->n || shape->kind == SHAPE_ENUM)
		return value;
	value.members = arena_new_array(arena, struct value, shape->n);
	for (uint32_t i = 0; i < shape->n && shape->kind != SHAPE_ARRAY; i++)
		value.members[i] = value_zero(arena, shape_member(shape, i));
	return value;
}
