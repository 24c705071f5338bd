/*
 * Macros: LANGUAGE.md 2.5. What is passed for a plain parameter stands in each of its places, and
 * is worked out there; variables and maps are those of the caller.
 */
#include "tests/fuzz/generate.h"

#include <string.h>

#define MOST_PARAMETERS 3

struct macro {
	const char *name;
	uint32_t n;
	struct storage *parameters[MOST_PARAMETERS];
	bool changes; /* what it was passed */
	const struct body *body;
	const struct node *value;
	const struct shape *shape;
	VEC(struct storage *)
	locals;
};

/* Of such a value can be made anywhere. */
static bool is_plain(const struct shape *shape)
{
	if (shape->kind == SHAPE_STRUCT || shape->kind == SHAPE_LIST || shape->kind >= SHAPE_BYTES)
		return false;
	for (uint32_t i = 0; i < shape->n && !shape->c && shape->kind != SHAPE_ARRAY; i++)
		if (!is_plain(shape->members[i]))
			return false;
	return true;
}

static bool is_passable(const struct storage *storage)
{
	return storage_is_assignable(storage) && !storage->is_parameter &&
	       is_plain(storage->shape) && (!storage->key || is_plain(storage->key));
}

/* A variable or a map of the caller's, and what the macro calls it. */
static struct storage *parameter_like(struct script *script, const struct storage *like)
{
	struct storage *parameter = storage_new(script, like->is_map ? "@" : "$", like->shape);

	parameter->key = like->key;
	parameter->is_fixed = like->is_fixed;
	parameter->is_parameter = true;
	return parameter;
}

static struct storage *plain_parameter(struct script *script)
{
	const struct shape *shape = shape_random(script, 1);
	struct storage *parameter =
		storage_new(script, "p", is_plain(shape) ? shape : shape_random_int(script));

	parameter->is_counter = parameter->is_parameter = true;
	return parameter;
}

static void add_parameters(struct script *script, struct macro *macro)
{
	macro->n = random_below(&script->random, MOST_PARAMETERS + 1);
	for (uint32_t i = 0; i < macro->n; i++) {
		struct storage *like = NULL;

		if (!script->no_steps && random_below(&script->random, 2))
			like = storage_pick(script, is_passable);
		macro->parameters[i] =
			like ? parameter_like(script, like) : plain_parameter(script);
		macro->changes |= like != NULL;
	}
}

/* Its body has its parameters and its own variables, and nothing else of the script. */
static void make_body(struct script *script, struct macro *macro)
{
	struct script outside = *script;

	script->kind = SCRIPT_KNOWN;
	script->no_concat = true;
	script->in_macro = true;
	script->no_options++;
	memset(&script->c_types, 0, sizeof(script->c_types));
	memset(&script->maps, 0, sizeof(script->maps));
	memset(&script->variables, 0, sizeof(script->variables));
	for (uint32_t i = 0; i < macro->n; i++)
		if (macro->parameters[i]->is_map)
			vec_push(script->arena, &script->maps, macro->parameters[i]);
		else
			vec_push(script->arena, &script->variables, macro->parameters[i]);
	macro->body = body_of_assignments(script, random_below(&script->random, 3));
	macro->value = node_exact(script, macro->shape, 2);
	for (size_t i = 0; i < script->variables.len; i++)
		if (!script->variables.data[i]->is_parameter)
			vec_push(script->arena, &macro->locals, script->variables.data[i]);
	script->kind = outside.kind;
	script->no_concat = outside.no_concat;
	script->in_macro = outside.in_macro;
	script->no_options--;
	script->c_types = outside.c_types;
	script->maps = outside.maps;
	script->variables = outside.variables;
}

/* That of another one with another number of parameters, or a new one. */
static const char *macro_name(struct script *script, uint32_t n)
{
	const char *name = NULL;

	if (script->macros.len && random_once_in(&script->random, 3))
		name = script->macros
			       .data[random_below(&script->random, (uint32_t)script->macros.len)]
			       ->name;
	for (size_t i = 0; i < script->macros.len && name; i++)
		if (!strcmp(script->macros.data[i]->name, name) && script->macros.data[i]->n == n)
			name = NULL;
	return name ? name : arena_printf(script->arena, "m%u_", script->names++);
}

static const struct macro *define(struct script *script, const struct shape *shape)
{
	struct macro *macro = arena_new_object(script->arena, struct macro);

	macro->shape = shape;
	add_parameters(script, macro);
	macro->name = macro_name(script, macro->n);
	make_body(script, macro);
	vec_push(script->arena, &script->macros, macro);
	return macro;
}

/* --- calls --- */

static bool is_like(const struct storage *storage, const struct storage *parameter)
{
	if (!is_passable(storage) || storage->is_map != parameter->is_map ||
	    storage->is_fixed != parameter->is_fixed || !storage->key != !parameter->key)
		return false;
	return shape_equal(storage->shape, parameter->shape) &&
	       (!storage->key || shape_equal(storage->key, parameter->key));
}

static struct storage *find_like(struct script *script, const struct storage *parameter)
{
	for (size_t i = 0; i < script->maps.len; i++)
		if (is_like(script->maps.data[i], parameter))
			return script->maps.data[i];
	for (size_t i = 0; i < script->variables.len; i++)
		if (is_like(script->variables.data[i], parameter))
			return script->variables.data[i];
	return NULL;
}

/* Of which not even sema knows the value: what a constant makes of a condition is another matter.
 */
static const struct node *plain_argument(struct script *script, const struct shape *shape)
{
	const struct node *value;
	struct storage *variable;
	struct node *node;

	script->no_options++;
	value = node_exact(script, shape, 1);
	script->no_options--;
	if (!value->is_constant)
		return value;
	variable = storage_new(script, "$", shape);
	node = node_new(script, NODE_BLOCK, shape);
	node->storage = variable;
	node_add(node, value);
	node_add(node, node_storage(script, variable, NULL));
	return node;
}

/* NULL: the caller has nothing that could be passed. */
static const struct node *call(struct script *script, const struct macro *macro)
{
	struct node *node = node_new(script, NODE_MACRO, macro->shape);

	node->macro = macro;
	node->is_constant = macro->value->is_constant;
	node->index = random_below(&script->random, 2);
	if (macro->changes && script->no_steps)
		return NULL;
	for (uint32_t i = 0; i < macro->n; i++) {
		const struct storage *parameter = macro->parameters[i];
		struct storage *passed;

		if (parameter->is_counter) {
			node_add(node, plain_argument(script, parameter->shape));
			continue;
		}
		passed = find_like(script, parameter);
		if (!passed)
			return NULL;
		node_add(node, node_storage(script, passed, NULL));
	}
	return node;
}

const struct node *node_macro(struct script *script, const struct shape *shape)
{
	if (script->in_macro || script->keys || !is_plain(shape))
		return NULL;
	for (size_t i = 0; i < script->macros.len; i++)
		if (shape_equal(script->macros.data[i]->shape, shape) &&
		    random_below(&script->random, 2))
			return call(script, script->macros.data[i]);
	return script->macros.len < 4 ? call(script, define(script, shape)) : NULL;
}

/* --- what it does --- */

static struct storage *caller_of(const struct node *passed)
{
	struct storage *storage = passed->storage;

	return storage->alias ? storage->alias : storage;
}

/* What a macro has while it is carried out; what it is passed may itself be a call of it. */
struct frame {
	const struct node *bound[MOST_PARAMETERS];
	struct storage *aliases[MOST_PARAMETERS];
	struct entry *locals; /* without text: it had no value */
};

static struct frame enter(struct script *script, const struct node *node)
{
	const struct macro *macro = node->macro;
	struct frame outer = {
		.locals = arena_new_array(script->arena, struct entry, macro->locals.len + 1)};

	for (uint32_t i = 0; i < macro->n; i++) {
		struct storage *parameter = macro->parameters[i];

		outer.bound[i] = parameter->bound;
		outer.aliases[i] = parameter->alias;
		if (parameter->is_counter)
			parameter->bound = node->kids[i];
		else
			parameter->alias = caller_of(node->kids[i]);
	}
	for (size_t i = 0; i < macro->locals.len; i++)
		if (macro->locals.data[i]->entries.len)
			outer.locals[i] = macro->locals.data[i]->entries.data[0];
	return outer;
}

static void leave(const struct macro *macro, const struct frame *outer)
{
	for (size_t i = 0; i < macro->locals.len; i++) {
		struct storage *local = macro->locals.data[i];

		if (!outer->locals[i].text)
			local->entries.len = 0;
		else
			local->entries.data[0] = outer->locals[i];
	}
	for (uint32_t i = 0; i < macro->n; i++) {
		macro->parameters[i]->bound = outer->bound[i];
		macro->parameters[i]->alias = outer->aliases[i];
	}
}

struct value macro_evaluate(struct script *script, const struct node *node)
{
	struct frame outer = enter(script, node);
	struct value value;

	body_evaluate(script, node->macro->body);
	value = node_evaluate(script, node->macro->value);
	leave(node->macro, &outer);
	return value;
}

/* --- as it is written --- */

void macros_print(struct strbuf *out, const struct script *script)
{
	for (size_t i = 0; i < script->macros.len; i++) {
		const struct macro *macro = script->macros.data[i];

		strbuf_addf(out, "macro %s(", macro->name);
		for (uint32_t j = 0; j < macro->n; j++)
			strbuf_addf(out, "%s%s", j ? ", " : "", macro->parameters[j]->name);
		strbuf_adds(out, ") {\n");
		body_print(out, macro->body);
		strbuf_addc(out, '\t');
		tail_print(out, macro->value);
		strbuf_adds(out, "\n}\n");
	}
}

void macro_print_call(struct strbuf *out, const struct node *node)
{
	strbuf_adds(out, node->macro->name);
	if (!node->nkids && node->index)
		return;
	strbuf_addc(out, '(');
	for (uint32_t i = 0; i < node->nkids; i++) {
		strbuf_adds(out, i ? ", " : "");
		node_print(out, node->kids[i]);
	}
	strbuf_addc(out, ')');
}

/* Nobody needs one that is called nowhere; of several of a name all stay. */
void macros_settle(struct script *script)
{
	struct strbuf text = STRBUF_INIT;
	size_t kept = 0;

	script_print(&text, script);
	for (size_t i = 0; i < script->macros.len; i++) {
		const struct macro *macro = script->macros.data[i];
		const char *definition = strstr(strbuf_str(&text), macro->name);

		if (strstr(definition + 1, macro->name))
			script->macros.data[kept++] = macro;
	}
	script->macros.len = kept;
	strbuf_free(&text);
}
