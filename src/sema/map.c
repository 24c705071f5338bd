/* Maps: what their keys and values are, and uses of them. */
#include "sema/internal.h"

/* Errors with which other names are compared, all of them each time. */
#define MOST_HINTS 50

/* --- the table --- */

static const struct map_decl *find_decl(const struct sema *sema, const char *name)
{
	for (size_t i = 0; i < sema->script->map_decls.len; i++)
		if (!strcmp(sema->script->map_decls.data[i].name, name))
			return &sema->script->map_decls.data[i];
	return NULL;
}

/* The entry of @name, made if it is not there. */
static struct sema_map *map_get(struct sema *sema, const char *name, struct span span)
{
	struct sema_map *map = hashmap_gets(&sema->map_names, name);

	if (map)
		return map;
	map = arena_new_object(sema->arena, struct sema_map);
	map->name = name;
	map->first_use = span;
	map->first_value = map->first_key = SPAN_NONE;
	map->decl = find_decl(sema, name);
	map->index = vec_push(sema->arena, &sema->maps, map);
	hashmap_sets(&sema->map_names, name, map);
	return map;
}

void map_check_defined(struct sema *sema, const struct sema_map *map, struct span span)
{
	const char **names, *nearest;
	struct diag *diag;
	size_t n = 0;

	if (map->is_assigned || map->is_left_out)
		return;
	diag = sema_error(sema, "undefined-map", span, "Undefined map: @%s", map->name);
	if (!sema->final || diags_count(sema->diags, DIAG_ERROR) > MOST_HINTS)
		return;
	names = arena_new_array(sema->arena, const char *, sema->maps.len);
	for (size_t i = 0; i < sema->maps.len; i++)
		if (sema->maps.data[i]->is_assigned)
			names[n++] = sema->maps.data[i]->name;
	nearest = diag_nearest(map->name, names, n);
	if (nearest)
		diag_hint(diag, "Did you mean @%s?", nearest);
	else
		diag_hint(diag, "A map comes into being by an assignment: @%s = ...", map->name);
}

static void check_shape(struct sema *sema, struct sema_map *map, struct span span, bool is_scalar)
{
	struct diag *diag;

	if (!map->shape_known) {
		map->shape_known = true;
		map->is_scalar = is_scalar;
		map->first_key = span;
		return;
	}
	if (map->is_scalar == is_scalar)
		return;
	if (is_scalar)
		diag = sema_error(sema, "map-shape", span,
				  "@%s used as a map without an explicit key (scalar map), "
				  "previously used with an explicit key (non-scalar map)",
				  map->name);
	else
		diag = sema_error(sema, "map-shape", span,
				  "@%s used as a map with an explicit key (non-scalar map), "
				  "previously used without an explicit key (scalar map)",
				  map->name);
	diag_note(diag, map->first_key, "This is the first use.");
}

static void keep(struct sema *sema, const struct expr *target)
{
	struct sema_map *map;

	if (target->kind != EXPR_MAP)
		return;
	map = map_get(sema, target->map.name, target->span);
	map->is_left_out = true;
	check_shape(sema, map, target->span, !target->map.keys.len);
}

static void keep_counted(struct expr **expr, void *data)
{
	if ((*expr)->kind == EXPR_INCDEC)
		keep(data, (*expr)->incdec.target);
}

static void keep_assigned(struct stmt **stmt, void *data)
{
	if ((*stmt)->kind == STMT_ASSIGN)
		keep(data, (*stmt)->assign.target);
}

void map_keep_left_out(struct sema *sema, const struct probe *probe)
{
	const struct ast_visitor visitor = {
		.expr = keep_counted, .stmt = keep_assigned, .data = sema};

	ast_walk_block(probe->body, &visitor);
}

const struct type *sema_map_value_type(struct sema *sema, const struct sema_map *map)
{
	return map->value.type ? map->value.type : sema->unknown;
}

static const struct type *key_type(struct sema *sema, const struct sema_map *map)
{
	return map->key.type ? map->key.type : sema->unknown;
}

void sema_map_updates(struct sema *sema, struct sema_map *map)
{
	if (sema->dead)
		return;
	if (map->last_updater != sema->prog + 1) {
		map->last_updater = sema->prog + 1;
		map->updaters++;
	}
	if (sema->provider->flags & PROVIDER_PREEMPTIBLE)
		map->preemptible = true;
}

/* --- keys --- */

static void report_key(struct sema *sema, const struct sema_map *map, const struct expr *key)
{
	struct diag *diag = sema_error(
		sema, "map-key-mismatch", key->span,
		"Argument mismatch for @%s: trying to access with arguments: '%s' when map expects "
		"arguments: '%s'",
		map->name, sema_type_name(sema, key->type),
		sema_type_name(sema, key_type(sema, map)));

	if (map->first_key.start != key->span.start)
		diag_note(diag, map->first_key, "This is the first use.");
}

/* A checked key: joins it and makes it of the key's type. */
static void join_key(struct sema *sema, struct sema_map *map, struct expr **key)
{
	if (!sema_is_known(sema, *key))
		return;
	if (!infer_expr(sema, &map->key, *key))
		report_key(sema, map, *key);
	else if (map->key.type)
		sema_join_to(sema, key, map->key.type);
}

void sema_map_key(struct sema *sema, struct sema_map *map, struct expr **key)
{
	sema_value(sema, key);
	check_shape(sema, map, (*key)->span, false);
	if (map->is_scalar)
		return;
	join_key(sema, map, key);
}

/* The keys as written are one value: themselves, or a tuple. */
static void check_keys(struct sema *sema, struct sema_map *map, struct expr *expr)
{
	struct expr *key = expr->map.keys.data[0];

	if (expr->map.keys.len > 1) {
		key = expr_new(sema->arena, EXPR_TUPLE, key->span);
		key->span = span_join(key->span, vec_last(&expr->map.keys)->span);
		for (size_t i = 0; i < expr->map.keys.len; i++)
			vec_push(sema->arena, &key->tuple.members, expr->map.keys.data[i]);
	}
	sema_value(sema, &key);
	join_key(sema, map, &key);
	expr->map.key = key;
	if (expr->map.keys.len == 1)
		expr->map.keys.data[0] = key;
	else
		memcpy(expr->map.keys.data, key->tuple.members.data,
		       expr->map.keys.len * sizeof(key));
}

/* --- uses --- */

struct sema_map *sema_map(struct sema *sema, struct expr *expr, enum map_use use)
{
	struct sema_map *map = map_get(sema, expr->map.name, expr->span);
	bool is_scalar = !expr->map.keys.len;

	expr->map.map = map->index;
	if (use == MAP_WHOLE) {
		map_check_defined(sema, map, expr->span);
	} else {
		check_shape(sema, map, expr->span, is_scalar);
		if (!is_scalar && !(map->shape_known && map->is_scalar))
			check_keys(sema, map, expr);
	}
	expr->type = sema_map_value_type(sema, map);
	return map;
}

void sema_map_read(struct sema *sema, struct expr **expr)
{
	struct expr *map = *expr;

	sema_map(sema, map, map->map.keys.len ? MAP_KEYED : MAP_SCALAR);
	if (sema_is_known(sema, map) && map->map.keys.len)
		sema_helper_error(sema, map, "map_lookup_elem", true);
}

/* --- assignment --- */

static void hint_aggregate(struct diag *diag, const struct type *has, const struct type *value,
			   const char *name)
{
	if (type_is_aggregate(has) && !type_is_aggregate(value))
		diag_hint(diag,
			  "@%s is given its values by a map function elsewhere; use another "
			  "map for plain values",
			  name);
	else if (type_is_castable_aggregate(value) && !type_is_aggregate(has))
		diag_hint(diag, "A map holds either plain values or those of one map function");
}

/* Two aggregates of one kind that differ in their parameters. */
static const char *bounds_text(const struct type *has, const struct type *value)
{
	if (has->kind != value->kind)
		return NULL;
	switch ((int)has->kind) {
	case TYPE_HIST:
		return "Different bits in a single hist unsupported";
	case TYPE_LHIST:
		return "Different lhist bounds in a single map unsupported";
	case TYPE_TSERIES:
		return "Different tseries bounds in a single map unsupported";
	}
	return NULL;
}

static void report_value(struct sema *sema, const struct sema_map *map, const struct type *value,
			 struct span span)
{
	const struct type *has = sema_map_value_type(sema, map);
	const char *bounds = bounds_text(has, value);
	struct diag *diag;

	if (bounds)
		diag = sema_error(sema, "map-bounds", span, "%s", bounds);
	else if (map->is_circular && (value->kind == TYPE_TUPLE || value->kind == TYPE_RECORD))
		diag = sema_error(sema, "infinite-type", span,
				  "The values of @%s would contain themselves, and so have no end",
				  map->name);
	else
		diag = sema_error(sema, "type-mismatch", span,
				  "Type mismatch for @%s: trying to assign value of type '%s' when "
				  "map already has a type '%s'",
				  map->name, sema_type_name(sema, value),
				  sema_type_name(sema, has));
	if (!span_is_none(map->first_value) && map->first_value.start != span.start)
		diag_note(diag, map->first_value, "The map got its type here.");
	if (!bounds)
		hint_aggregate(diag, has, value, map->name);
}

static void note_value(struct sema_map *map, struct span span)
{
	map->is_assigned = true;
	if (span_is_none(map->first_value))
		map->first_value = span;
}

/* A map with keys may be full; a scalar has its one place. */
static void note_refusal(struct sema *sema, struct expr *target)
{
	if (target->map.keys.len)
		sema_helper_error(sema, target, "map_update_elem", false);
}

/* Values that a map cannot hold. */
static bool check_storable(struct sema *sema, const struct expr *value)
{
	if (value->type->kind != TYPE_NONE && value->type->size)
		return true;
	sema_error(sema, "no-value", value->span,
		   "A value of type '%s' cannot be assigned to a map",
		   sema_type_name(sema, value->type));
	return false;
}

void map_assign(struct sema *sema, struct sema_map *map, struct expr *target, struct expr **value)
{
	if (!sema_is_known(sema, *value)) {
		note_value(map, (*value)->span);
		return;
	}
	if (!check_storable(sema, *value))
		return;
	if (!infer_expr(sema, &map->value, *value))
		report_value(sema, map, (*value)->type, (*value)->span);
	infer_learn_clock(sema, &map->clock, *value);
	note_value(map, (*value)->span);
	target->type = sema_map_value_type(sema, map);
	note_refusal(sema, target);
}

static bool is_updatable(const struct type *type)
{
	return type_is_integer(type) || type->kind == TYPE_PTR;
}

/* ++, -- and compound assignment; @value is NULL for the former. */
void map_update(struct sema *sema, struct sema_map *map, struct expr *target,
		const struct expr *value)
{
	const struct type *has = map->value.type;

	note_value(map, target->span);
	note_refusal(sema, target);
	if (has && !is_updatable(has)) {
		if (!value || sema_is_known(sema, value))
			report_value(sema, map, value ? value->type : sema_int64(sema),
				     target->span);
		target->type = sema->unknown;
		return;
	}
	if (!has || has->kind != TYPE_PTR) {
		if (value && !infer_expr(sema, &map->value, value))
			report_value(sema, map, value->type, value->span);
		infer_wide(sema, &map->value);
	}
	target->type = sema_map_value_type(sema, map);
}
