/* Statements, and scripts as a whole. */
#include "tests/fuzz/generate.h"

#include <string.h>

#define MOST_ITERATIONS 100

static struct statement *statement_new(struct script *script, enum stmt_kind kind)
{
	struct statement *stmt = arena_new_object(script->arena, struct statement);

	stmt->kind = kind;
	return stmt;
}

static void add(struct script *script, struct body *body, const struct statement *stmt)
{
	vec_push(script->arena, &body->stmts, stmt);
}

static struct body *body_new(struct script *script)
{
	return arena_new_object(script->arena, struct body);
}

static const struct statement *block_of(struct script *script, const struct body *body)
{
	struct statement *stmt = statement_new(script, STMT_BLOCK);

	stmt->body = body;
	return stmt;
}

/* --- assignments --- */

static struct statement *assign(struct script *script, enum stmt_kind kind,
				const struct node *target, const struct node *value)
{
	struct statement *stmt = statement_new(script, kind);

	stmt->target = target;
	stmt->value = value;
	return stmt;
}

/* What may come round again in a loop must not grow each time. */
static const struct node *assigned(struct script *script, const struct shape *shape, bool is_first)
{
	bool was = script->no_concat;
	const struct node *node;

	script->no_concat = script->kind == SCRIPT_KNOWN || random_below(&script->random, 4);
	node = is_first ? node_exact(script, shape, 3) : node_of(script, shape, 3);
	script->no_concat = was;
	return node;
}

/* Of a type that was said: literals must fit it, also those that are a condition's arms; of others
 * the low bits are kept. */
static const struct node *fixed_value(struct script *script, const struct shape *shape)
{
	const struct node *value = node_integer(script, 3);
	bool has_literals = value->is_literal || node_has_arms(value);

	return has_literals && !shape_takes(shape, value) ? node_cast(script, shape, value) : value;
}

static const struct statement *new_variable(struct script *script)
{
	const struct shape *shape = shape_random(script, 2);
	struct storage *variable = storage_new(script, "$", shape);
	const struct node *value;
	enum stmt_kind kind = random_below(&script->random, 3) ? STMT_ASSIGN : STMT_LET;
	struct statement *stmt;

	if (shape->kind == SHAPE_INT && random_below(&script->random, 2)) {
		variable->is_fixed = true;
		kind = STMT_LET;
		value = random_once_in(&script->random, 6) ? NULL : fixed_value(script, shape);
	} else {
		value = assigned(script, shape, true);
	}
	stmt = assign(script, kind, node_storage(script, variable, NULL), value);
	if (variable->is_fixed && random_once_in(&script->random, 4))
		stmt->text = shape_typeof(script, shape);
	vec_push(script->arena, &script->variables, variable);
	return stmt;
}

static struct storage *map_new(struct script *script, const struct shape *shape)
{
	struct storage *map = storage_new(script, "@", shape);

	if (random_below(&script->random, 3))
		map->key = shape_random(script, 2);
	if (map->key && random_once_in(&script->random, 6))
		map->declared = random_below(&script->random, 2) ? "hash" : "lruhash";
	return map;
}

/* Its first key settles the type of all. */
static const struct node *first_key(struct script *script, const struct storage *map)
{
	return map->key ? assigned(script, map->key, true) : NULL;
}

static const struct statement *new_map(struct script *script)
{
	struct storage *map = map_new(script, shape_random(script, 2));
	const struct node *key = first_key(script, map);
	const struct node *value = assigned(script, map->shape, true);

	vec_push(script->arena, &script->maps, map);
	return assign(script, STMT_ASSIGN, node_storage(script, map, key), value);
}

static const struct statement *assign_again(struct script *script)
{
	struct storage *storage = storage_pick(script, storage_is_assignable);
	const struct node *target, *value;

	if (!storage)
		return NULL;
	target = node_storage(script, storage, node_key(script, storage));
	if (!storage->is_fixed)
		return assign(script, STMT_ASSIGN, target, assigned(script, storage->shape, false));
	value = fixed_value(script, storage->shape);
	return assign(script, STMT_ASSIGN, target, value);
}

static const struct statement *update(struct script *script)
{
	static const enum op ops[] = {OP_ADD, OP_SUB, OP_MUL, OP_DIV, OP_MOD,
				      OP_AND, OP_OR,  OP_XOR, OP_SHL, OP_SHR};
	struct storage *storage = storage_pick(script, storage_is_updatable);
	struct statement *stmt;

	if (!storage)
		return NULL;
	stmt = assign(script, STMT_UPDATE, node_storage(script, storage, node_key(script, storage)),
		      node_integer(script, 2));
	stmt->op = ops[random_below(&script->random, sizeof(ops) / sizeof(ops[0]))];
	if (!storage->shape->is_signed && stmt->op == OP_SUB)
		stmt->op = OP_XOR;
	if (stmt->op == OP_SHL || stmt->op == OP_SHR)
		stmt->value = node_int(script, random_below(&script->random, 64));
	else if (!storage->shape->is_signed)
		stmt->value = node_cast(script, shape_int(8, false), stmt->value);
	return stmt;
}

static const struct statement *step(struct script *script)
{
	const struct node *value = node_step(script);
	struct statement *stmt = statement_new(script, STMT_STEP);

	stmt->value = value;
	return value ? stmt : NULL;
}

static bool is_aggregate(const struct storage *storage)
{
	return storage->aggregate != AGGREGATE_NONE;
}

/* In a histogram of numbers beyond the signed ones, what is one of 64 bits is negative. */
static void set_aggregate(struct script *script, struct storage *map)
{
	static const int64_t bounds[][3] = {{10, 1000, 10},        {0, 100, 7},       {5, 6, 1},
					    {0, 1 << 20, 1 << 18}, {1024, 4096, 512}, {0, 20, 1}};
	const int64_t *bound = bounds[random_below(&script->random, 6)];

	map->aggregate = AGGREGATE_COUNT + random_below(&script->random, AGGREGATE_TSERIES);
	map->bits = random_below(&script->random, 6);
	if (map->declared)
		map->declared = *map->declared == 'h' ? "percpuhash" : "percpulruhash";
	if (map->aggregate == AGGREGATE_LHIST) {
		map->shape = shape_int(8, true);
		map->low = bound[0];
		map->high = bound[1];
		map->step = bound[2];
	}
}

static const struct statement *calculate(struct script *script)
{
	struct storage *map =
		random_below(&script->random, 2) ? storage_pick(script, is_aggregate) : NULL;
	const struct node *key;
	struct statement *stmt;

	if (map) {
		key = node_key(script, map);
	} else {
		map = map_new(script, shape_int(8, random_below(&script->random, 2)));
		set_aggregate(script, map);
		key = first_key(script, map);
		vec_push(script->arena, &script->maps, map);
	}
	stmt = assign(script, STMT_CALCULATE, node_storage(script, map, key),
		      node_exact(script, map->shape, 2));
	stmt->aggregate = map->aggregate;
	return stmt;
}

static bool is_map(const struct storage *storage)
{
	return storage->is_map && !storage->is_counter;
}

static const struct statement *remove_entry(struct script *script)
{
	struct storage *map = storage_pick(script, is_map);
	struct statement *stmt;

	if (!map)
		return NULL;
	stmt = assign(script, STMT_DELETE, node_storage(script, map, node_key(script, map)), NULL);
	stmt->n = random_below(&script->random, 2);
	return stmt;
}

static bool is_findable(const struct storage *storage)
{
	return is_map(storage) && storage->key && !storage->aggregate;
}

/* { $v = (T)...; if (find(@m, key, $v)) { ... } } */
static const struct statement *find(struct script *script)
{
	struct storage *map = storage_pick(script, is_findable), *variable;
	struct body *body = body_new(script);
	uint32_t scope = (uint32_t)script->variables.len;
	struct statement *stmt;

	if (!map)
		return NULL;
	variable = storage_new(script, "$", map->shape);
	stmt = statement_new(script, STMT_FIND);
	stmt->target = node_storage(script, map, node_key(script, map));
	stmt->storage = variable;
	add(script, body,
	    assign(script, STMT_ASSIGN, node_storage(script, variable, NULL),
		   assigned(script, map->shape, true)));
	vec_push(script->arena, &script->variables, variable);
	stmt->body = body_make(script, 3);
	script->variables.len = scope;
	add(script, body, stmt);
	return block_of(script, body);
}

/* --- flow --- */

static const struct statement *branch(struct script *script)
{
	struct statement *stmt = statement_new(script, STMT_IF);

	stmt->value = node_condition(script, 3);
	if (stmt->value->source) /* comptime leaves out what is not taken */
		stmt->value = node_cast(script, &shape_bool, stmt->value);
	stmt->body = body_make(script, 5);
	if (random_below(&script->random, 2))
		stmt->otherwise = body_make(script, 4);
	return stmt;
}

/* Of what is left out not even the types are looked at. */
static const struct statement *branch_comptime(struct script *script)
{
	struct statement *stmt = statement_new(script, STMT_IF), *text;
	struct node *value = node_new(script, NODE_BOOL, &shape_bool);
	struct body *body = body_new(script);

	value->literal = random_below(&script->random, 2);
	stmt->n = 1;
	stmt->value = random_below(&script->random, 2) ? node_constant_bool(script, value) : value;
	text = statement_new(script, STMT_TEXT);
	text->text = "print(nothing.of.the.kind + \"!\")";
	add(script, body, text);
	stmt->body = value->literal ? body_make(script, 4) : body;
	stmt->otherwise = value->literal ? body : body_make(script, 4);
	return stmt;
}

static const struct statement *discard(struct script *script)
{
	struct statement *stmt = statement_new(script, STMT_DISCARD);

	stmt->value = node_of(script, shape_random(script, 1), 3);
	return stmt;
}

static const struct body *loop_body(struct script *script, struct storage *counter, uint32_t n)
{
	uint32_t scope = (uint32_t)script->variables.len, was = script->iterations;
	const struct body *body;

	counter->is_counter = true;
	vec_push(script->arena, &script->variables, counter);
	script->loops++;
	script->iterations *= n ? n : 1;
	body = body_make(script, 5);
	script->iterations = was;
	script->loops--;
	script->variables.len = scope;
	return body;
}

/* A number that is known when the program runs only: one of 0 .. 7. */
static const struct node *small(struct script *script)
{
	struct node *node = arena_new_object(script->arena, struct node);

	*node = (struct node){
		.kind = NODE_BINARY,
		.shape = shape_int(8, true),
		.op = OP_AND,
		.nkids = 2,
		.kids = {node_cast(script, shape_int(8, true), node_integer(script, 2)),
			 node_int(script, 7)},
	};
	return node;
}

static const struct statement *range_loop(struct script *script)
{
	struct statement *stmt = statement_new(script, STMT_FOR);
	uint32_t n = 1 + random_below(&script->random, 6);

	if (script->iterations * 8 > MOST_ITERATIONS)
		return NULL;
	stmt->storage = storage_new(script, "$", shape_int(8, true));
	stmt->from = node_int(script, (wide)random_below(&script->random, 5) - 2);
	stmt->to = node_int(script, stmt->from->literal + n);
	if (random_once_in(&script->random, 3)) {
		stmt->from = node_int(script, 0);
		stmt->to = small(script);
		n = 7;
	}
	stmt->body = loop_body(script, stmt->storage, n);
	return stmt;
}

/* { $w = 0; while ($w < n) { $w++; ... } } */
static const struct statement *while_loop(struct script *script)
{
	struct storage *counter = storage_new(script, "$", shape_int(8, true));
	struct statement *stmt = statement_new(script, STMT_WHILE);
	struct body *body = body_new(script);
	uint32_t n = 1 + random_below(&script->random, 5);

	if (script->iterations * n > MOST_ITERATIONS)
		return NULL;
	stmt->storage = counter;
	stmt->to = random_below(&script->random, 2) ? node_int(script, n) : small(script);
	add(script, body,
	    assign(script, STMT_ASSIGN, node_storage(script, counter, NULL), node_int(script, 0)));
	stmt->body = loop_body(script, counter, 7);
	add(script, body, stmt);
	return block_of(script, body);
}

static const struct statement *unrolled(struct script *script)
{
	struct statement *stmt = statement_new(script, STMT_UNROLL);
	struct storage *none = storage_new(script, "$", &shape_string);
	uint32_t scope = (uint32_t)script->variables.len, was = script->iterations;

	stmt->n = 1 + random_below(&script->random, 4);
	if (script->iterations > 1) /* each time round is code of its own */
		return NULL;
	if (random_once_in(&script->random, 4)) {
		vec_push(script->arena, &script->positional,
			 arena_printf(script->arena, "%u", stmt->n));
		stmt->text = arena_printf(script->arena, "$%zu", script->positional.len);
	}
	stmt->storage = none;
	script->iterations *= stmt->n;
	script->loops++;
	stmt->body = body_make(script, 4);
	script->loops--;
	script->iterations = was;
	script->variables.len = scope;
	return stmt;
}

static bool is_countable(const struct storage *storage)
{
	return storage->is_map && storage->key && storage->aggregate < AGGREGATE_STATS &&
	       !storage->is_counter;
}

static struct storage *part_of_loop(struct script *script, const char *name, const char *part,
				    const struct shape *shape)
{
	struct storage *storage = storage_new(script, "$", shape);

	storage->name = arena_printf(script->arena, "%s.%s", name, part);
	storage->is_counter = true;
	return storage;
}

/*
 * { @sum = (int64)0; for $kv : @m { @sum += ...; } }: in what order the entries come is not known,
 * so that the body may do only what gives the same in any. Where nothing is compared it may be any.
 */
static const struct statement *map_loop(struct script *script)
{
	struct storage *map = storage_pick(script, is_countable), *sum;
	struct statement *stmt = statement_new(script, STMT_FOR_MAP), *each;
	uint32_t scope = (uint32_t)script->variables.len;
	struct body *body = body_new(script), *inner = body_new(script);
	const char *name = arena_printf(script->arena, "$v%u", script->names++);

	if (!map || script->loops > 2 || script->iterations * 8 > MOST_ITERATIONS)
		return NULL;
	stmt->target = node_storage(script, map, NULL);
	stmt->text = name;
	vec_push(script->arena, &script->variables, part_of_loop(script, name, "0", map->key));
	vec_push(script->arena, &script->variables, part_of_loop(script, name, "1", map->shape));
	for (uint32_t i = 0; i < 2; i++)
		vec_push(script->arena, &stmt->args,
			 node_storage(script, script->variables.data[scope + i], NULL));
	sum = storage_new(script, "@", shape_int(8, true));
	script->no_steps++;
	each = assign(script, STMT_UPDATE, node_storage(script, sum, NULL),
		      node_integer(script, 3));
	script->no_steps--;
	each->op = random_below(&script->random, 2) ? OP_ADD : OP_XOR;
	add(script, inner, each);
	if (script->kind != SCRIPT_KNOWN) {
		uint32_t was = script->iterations;

		script->iterations *= 8;
		script->loops++;
		add(script, inner, block_of(script, body_make(script, 4)));
		script->loops--;
		script->iterations = was;
	}
	script->variables.len = scope;
	stmt->body = inner;
	add(script, body,
	    assign(script, STMT_ASSIGN, node_storage(script, sum, NULL),
		   node_cast(script, sum->shape, node_int(script, 0))));
	add(script, body, stmt);
	vec_push(script->arena, &script->maps, sum);
	return block_of(script, body);
}

static const struct statement *leave(struct script *script)
{
	struct statement *stmt = statement_new(script, STMT_IF), *jump;
	struct body *body = body_new(script);

	jump = statement_new(script, random_below(&script->random, 2) ? STMT_BREAK : STMT_CONTINUE);
	if (!script->loops) {
		if (random_below(&script->random, 4))
			return NULL;
		jump->kind = STMT_RETURN;
		jump->n = random_below(&script->random, 2);
	}
	add(script, body, jump);
	stmt->value = node_condition(script, 2);
	stmt->body = body;
	return stmt;
}

static const struct statement *print(struct script *script)
{
	struct statement *stmt = statement_new(script, STMT_PRINT);

	if (random_once_in(&script->random, 8))
		stmt->value = node_bytes(script);
	else
		stmt->value = node_of(script, shape_random(script, 2), 3);
	/* A scalar map is printed as such, and as it is later. */
	if (stmt->value->kind == NODE_STORAGE && stmt->value->storage->is_map &&
	    !stmt->value->nkids)
		return NULL;
	return stmt;
}

/* NULL if what was tried is not possible here. */
static const struct statement *try_statement(struct script *script)
{
	bool is_deep = script->depth > 5;

	switch (random_below(&script->random, is_deep ? 16 : 24)) {
	case 0:
	case 1:
		return new_variable(script);
	case 2:
	case 3:
		return new_map(script);
	case 4:
	case 5:
		return assign_again(script);
	case 6:
		return update(script);
	case 7:
		return step(script);
	case 8:
	case 9:
		return calculate(script);
	case 10:
		return remove_entry(script);
	case 11:
		return print(script);
	case 12:
		return random_once_in(&script->random, 4) ? discard(script) : leave(script);
	case 13:
		return script->kind == SCRIPT_KNOWN ? NULL : statement_unknown(script);
	case 14:
	case 15:
		return printf_make(script);
	case 16:
	case 17:
	case 18:
		return random_once_in(&script->random, 8) ? branch_comptime(script)
							  : branch(script);
	case 19:
		return range_loop(script);
	case 20:
		return while_loop(script);
	case 21:
		return unrolled(script);
	case 22:
		return map_loop(script);
	}
	return find(script);
}

const struct body *body_make(struct script *script, uint32_t most)
{
	struct body *body = body_new(script);
	uint32_t scope = (uint32_t)script->variables.len;
	uint32_t n = 1 + random_below(&script->random, most);

	script->depth++;
	for (uint32_t i = 0; i < n && script->budget; i++) {
		const struct statement *stmt;

		script->nodes = 0;
		stmt = try_statement(script);

		if (!stmt)
			continue;
		script->budget--;
		add(script, body, stmt);
	}
	script->depth--;
	script->variables.len = scope;
	return body;
}

const struct body *body_of_assignments(struct script *script, uint32_t n)
{
	struct body *body = body_new(script);

	for (uint32_t i = 0; i < n; i++) {
		const struct statement *stmt;

		switch (random_below(&script->random, 4)) {
		case 0:
			stmt = new_variable(script);
			break;
		case 1:
			stmt = assign_again(script);
			break;
		case 2:
			stmt = update(script);
			break;
		default:
			stmt = step(script);
			break;
		}
		if (stmt)
			add(script, body, stmt);
	}
	return body;
}

/* --- scripts --- */

static void add_maps_program(struct script *script)
{
	struct program *program = arena_new_object(script->arena, struct program);

	program->probe = "end";
	program->body = maps_body(script);
	script->prints_maps = true;
	vec_push(script->arena, &script->programs, program);
}

static void add_ctypes_program(struct script *script)
{
	struct program *program = arena_new_object(script->arena, struct program);

	program->probe = "begin";
	program->body = ctypes_make(script);
	vec_push(script->arena, &script->programs, program);
}

static void add_program(struct script *script, const char *probe)
{
	struct program *program = arena_new_object(script->arena, struct program);

	program->probe = probe;
	script->nodes = 0;
	if (random_once_in(&script->random, 3))
		program->predicate = node_condition(script, 3);
	program->body = body_make(script, script->is_large ? 12 : 6);
	vec_push(script->arena, &script->programs, program);
}

struct script *script_make(struct arena *arena, uint64_t seed, uint32_t number)
{
	struct script *script = arena_new_object(arena, struct script);
	uint32_t n;

	script->arena = arena;
	script->random.state = seed * 1000003u + number;
	script->max_strlen = 1024;
	script->iterations = 1;
	script->is_large = random_once_in(&script->random, 25);
	script->budget = script->is_large ? 20 : 7;
	script->kind = number % 2 ? SCRIPT_PROBES : SCRIPT_KNOWN;
	if (script->kind == SCRIPT_PROBES && random_once_in(&script->random, 16))
		script->kind = SCRIPT_ITERATOR;
	if (random_once_in(&script->random, 4))
		script->max_strlen = 32u << random_below(&script->random, 10);
	n = script->kind == SCRIPT_ITERATOR ? 1 : 1 + random_below(&script->random, 3);
	if (script->kind != SCRIPT_ITERATOR && random_once_in(&script->random, 3))
		add_ctypes_program(script);
	for (uint32_t i = 0; i < n; i++) {
		script->variables.len = 0;
		add_program(script, script->kind == SCRIPT_KNOWN
					    ? i + 1 < n ? "begin" : "end"
					    : probe_pick(script, script->kind == SCRIPT_ITERATOR));
	}
	if (script->kind == SCRIPT_KNOWN && random_below(&script->random, 2))
		add_maps_program(script);
	macros_settle(script);
	options_settle(script);
	return script;
}
