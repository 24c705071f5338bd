/*
 * Values that are known when compiling, and are written otherwise than as literals: parameters,
 * options, macros of a C preamble, sizes, comptime. LANGUAGE.md 1.4, 2.1, 5.1 and 6.2.
 */
#include "tests/fuzz/generate.h"

#include <inttypes.h>
#include <string.h>

static const char *text_of(struct script *script, const struct node *node)
{
	struct strbuf text = STRBUF_INIT;
	const char *kept;

	node_print(&text, node);
	kept = arena_strdup(script->arena, strbuf_str(&text));
	strbuf_free(&text);
	return kept;
}

/* The same value, written as @source. */
static const struct node *written(struct script *script, const struct node *node,
				  const char *source)
{
	struct node *copy = arena_new_object(script->arena, struct node);

	*copy = *node;
	copy->source = source;
	return copy;
}

static const struct node *define(struct script *script, const struct node *node)
{
	const char *name = arena_printf(script->arena, "FUZZ_%u", script->names++);

	vec_push(script->arena, &script->defines,
		 arena_printf(script->arena, "#define %s %s", name, text_of(script, node)));
	return written(script, node, name);
}

/* In any spelling that is one of a number; other text would be a string. */
static const struct node *positional(struct script *script, const struct node *node)
{
	struct node plain = *node;

	if (plain.index == SPELLING_SUFFIX || plain.index == SPELLING_UNDERSCORES)
		plain.index = SPELLING_PLAIN;
	vec_push(script->arena, &script->positional, text_of(script, &plain));
	return written(script, node, arena_printf(script->arena, "$%zu", script->positional.len));
}

/* An option that is given, or one that has its default. */
static const struct node *option(struct script *script, const struct node *node,
				 const struct node *otherwise, const char *plain)
{
	const char *name = arena_printf(script->arena, "o%u", script->names++);

	if (script->no_options)
		return node;
	if (random_below(&script->random, 2))
		otherwise = node;
	else
		vec_push(script->arena, &script->options,
			 arena_printf(script->arena, "--%s=%s", name, plain));
	return written(script, node,
		       arena_printf(script->arena, "getopt(\"%s\", %s)", name,
				    text_of(script, otherwise)));
}

static const struct node *integer_option(struct script *script, const struct node *node)
{
	return option(script, node, node_int(script, 3),
		      arena_printf(script->arena, "%" PRId64, (int64_t)node->literal));
}

static const struct node *size_of(struct script *script)
{
	const struct shape *shape = shape_random_c(script);
	struct storage *memory;

	if (!shape || random_below(&script->random, 2))
		shape = shape_random_int(script);
	memory = shape->kind == SHAPE_STRUCT ? shape->c->memory : NULL;
	if (memory && random_below(&script->random, 2))
		return written(script, node_int(script, shape->size),
			       arena_printf(script->arena, "sizeof(*(%s *)&%s)", shape->name,
					    memory->name));
	return written(script, node_int(script, shape->size),
		       arena_printf(script->arena, "sizeof(%s)", shape->name));
}

static const struct node *offset_of(struct script *script)
{
	const struct shape *shape = shape_random_c(script);
	const struct c_member *member;

	if (!shape || shape->kind != SHAPE_STRUCT)
		return NULL;
	member = &shape->c->members.data[random_below(&script->random, shape->n)];
	if (member->width)
		return NULL;
	return written(script, node_int(script, member->offset / 8),
		       arena_printf(script->arena, "offsetof(%s, %s)", shape->name, member->name));
}

/* An integer literal to sema. */
const struct node *node_constant(struct script *script)
{
	const struct node *node = node_literal(script);

	switch (random_below(&script->random, 6)) {
	case 0:
		return define(script, node);
	case 1:
		return positional(script, node);
	case 2:
		return node->literal <= INT64_MAX ? integer_option(script, node) : NULL;
	case 3:
		return written(script, node,
			       arena_printf(script->arena, "comptime (%s)", text_of(script, node)));
	case 4: /* cast: sizes are unsigned, whatever they are */
		node = size_of(script);
		return node_cast(script, shape_int(4, false), node);
	}
	node = offset_of(script);
	return node ? node_cast(script, shape_int(4, false), node) : NULL;
}

const struct node *node_constant_bool(struct script *script, const struct node *node)
{
	struct node *other = node_new(script, NODE_BOOL, &shape_bool);

	other->literal = !node->literal;
	if (random_below(&script->random, 2))
		return define(script, node);
	return option(script, node, other, node->literal ? "true" : "0");
}

/* A word, so that no shell and no rule of numbers matters. */
const struct node *node_constant_text(struct script *script)
{
	struct node *node = node_new(script, NODE_STRING, &shape_string);

	node->is_literal = node->is_constant = true;
	node->text =
		arena_printf(script->arena, "w%x x", (unsigned)random_below(&script->random, 999));
	switch (random_below(&script->random, 3)) {
	case 0:
		return define(script, node);
	case 1:
		vec_push(script->arena, &script->positional, node->text);
		return written(script, node,
			       arena_printf(script->arena, "str($%zu)", script->positional.len));
	}
	return option(script, node, node_string(script), node->text);
}

void options_settle(struct script *script)
{
	struct strbuf text = STRBUF_INIT;
	size_t kept = 0;

	script_print(&text, script);
	for (size_t i = 0; i < script->options.len; i++) {
		const char *option = script->options.data[i], *name = option + 2;
		const char *use = arena_printf(script->arena, "getopt(\"%.*s\"",
					       (int)strcspn(name, "="), name);

		if (strstr(strbuf_str(&text), use))
			script->options.data[kept++] = option;
	}
	script->options.len = kept;
	strbuf_free(&text);
}
