/* Functions of maps, and the aggregates that are assigned to them. */
#include "sema/functions.h"

#define LHIST_MAX_BUCKETS 1000u
#define HIST_MAX_BITS 5u

/* A key that is given apart. */
static void take_key(struct sema *sema, struct expr *call)
{
	struct expr *map = call->call.args.data[0];
	struct sema_map *known = sema->maps.data[map->map.map];

	if (known->shape_known && known->is_scalar) {
		sema_error(sema, "map-shape", map->span,
			   "call to %s() expects a map with explicit keys (non-scalar map)",
			   call->call.name);
		return;
	}
	sema_map_key(sema, known, &call->call.args.data[1]);
}

/* delete(@m[k]), also delete(@m[a, b]), the older spelling. */
static void delete_element(struct sema *sema, struct expr *call)
{
	struct expr *map = call->call.args.data[0];

	sema_expr(sema, &call->call.args.data[0]);
	if (call_has(call, 1)) {
		sema_error(sema, "argument-count", call->span,
			   "delete(@map[key]) takes no second argument");
		return;
	}
	map_check_defined(sema, sema->maps.data[map->map.map], map->span);
}

void sema_call_delete(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, *map = call->call.args.data[0];
	struct sema_map *known;

	if (map->kind != EXPR_MAP) {
		sema_expr(sema, &call->call.args.data[0]);
		sema_error(sema, "argument-type", map->span, "delete() expects a map argument");
		return;
	}
	if (map->map.has_brackets) {
		delete_element(sema, call);
		return;
	}
	known = sema_map(sema, map, MAP_WHOLE);
	sema_map_updates(sema, known);
	if (call_has(call, 1))
		take_key(sema, call);
	else if (known->shape_known && !known->is_scalar)
		diag_hint(sema_error(sema, "map-shape", call->span,
				     "delete() of @%s needs a key: the map has keys", known->name),
			  "delete(@%s, key), or clear(@%s) for all of it", known->name,
			  known->name);
}

void sema_call_has_key(struct sema *sema, struct expr **at)
{
	take_key(sema, *at);
}

void sema_call_find(struct sema *sema, struct expr **at)
{
	struct expr *call = *at;
	const struct type *value;

	take_key(sema, call);
	value = sema_map_value_type(sema, sema->maps.data[call->call.args.data[0]->map.map]);
	if (value == sema->unknown)
		call->call.args.data[2]->type = sema->unknown;
	else if (type_is_aggregate(value))
		sema_error(sema, "argument-type", call->call.args.data[0]->span,
			   "find() cannot copy a value of type %s", sema_type_name(sema, value));
	else
		sema_assign_var(sema, call->call.args.data[2], NULL, value);
}

void sema_call_len(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, **arg = &call->call.args.data[0];

	if ((*arg)->kind == EXPR_MAP && !(*arg)->map.has_brackets) {
		struct sema_map *map = sema_map(sema, *arg, MAP_WHOLE);

		if (map->shape_known && map->is_scalar)
			sema_error(
				sema, "map-shape", (*arg)->span,
				"call to len() expects a map with explicit keys (non-scalar map)");
		return;
	}
	sema_value(sema, arg);
	if (sema_is_known(sema, *arg) && !type_is_stack((*arg)->type))
		sema_error(sema, "argument-type", (*arg)->span,
			   "len() expects a map or stack to be provided (%s provided)",
			   sema_type_name(sema, (*arg)->type));
}

/* --- aggregates --- */

void sema_call_count(struct sema *sema, struct expr **call)
{
	(*call)->type = type_simple(sema->types, TYPE_COUNT);
}

/* The value, in 64 bits; whether it is signed decides how the aggregate prints. */
static bool take_number(struct sema *sema, struct expr *call)
{
	sema_cast_to_64(sema, &call->call.args.data[0]);
	return call->call.args.data[0]->type->is_signed;
}

static void aggregate(struct sema *sema, struct expr *call, enum type_kind kind)
{
	if (!sema_is_known(sema, call->call.args.data[0]))
		return;
	call->type = type_aggregate(sema->types, kind, take_number(sema, call));
}

void sema_call_sum(struct sema *sema, struct expr **call)
{
	aggregate(sema, *call, TYPE_SUM);
}

void sema_call_min(struct sema *sema, struct expr **call)
{
	aggregate(sema, *call, TYPE_MIN);
}

void sema_call_max(struct sema *sema, struct expr **call)
{
	aggregate(sema, *call, TYPE_MAX);
}

void sema_call_avg(struct sema *sema, struct expr **call)
{
	aggregate(sema, *call, TYPE_AVG);
}

void sema_call_stats(struct sema *sema, struct expr **call)
{
	aggregate(sema, *call, TYPE_STATS);
}

void sema_call_hist(struct sema *sema, struct expr **at)
{
	struct expr *call = *at;
	uint64_t bits = 0;

	if (call_has(call, 1) && !call_literal(sema, call, 1, &bits))
		return;
	if (bits > HIST_MAX_BITS) {
		sema_error(sema, "hist-bits", call->call.args.data[1]->span,
			   "hist: bits %lu must be 0..5", bits);
		return;
	}
	call->type = type_hist(sema->types, (uint32_t)bits);
	if (sema_is_known(sema, call->call.args.data[0]))
		take_number(sema, call);
}

static bool check_lhist(struct sema *sema, const struct expr *call, uint64_t min, uint64_t max,
			uint64_t step)
{
	const char *tag = "lhist-bounds";

	if (!step)
		sema_error(sema, tag, call->call.args.data[3]->span, "lhist() step must be >= 1");
	else if (min >= max)
		sema_error(sema, tag, call->span,
			   "lhist() min must be less than max (provided min %lu and max %lu)", min,
			   max);
	else if (max - min < step)
		sema_error(sema, tag, call->span,
			   "lhist() step is too large for the given range (provided step %lu for "
			   "range %lu)",
			   step, max - min);
	else if ((max - min) / step > LHIST_MAX_BUCKETS)
		sema_error(sema, tag, call->span,
			   "lhist() too many buckets, must be <= 1000 (would need %lu)",
			   (max - min) / step);
	else
		return true;
	return false;
}

void sema_call_lhist(struct sema *sema, struct expr **at)
{
	struct expr *call = *at;
	uint64_t min, max, step;

	if (!call_literal(sema, call, 1, &min) || !call_literal(sema, call, 2, &max) ||
	    !call_literal(sema, call, 3, &step) || !check_lhist(sema, call, min, max, step))
		return;
	call->type = type_lhist(sema->types, min, max, step);
	if (sema_is_known(sema, call->call.args.data[0]))
		take_number(sema, call);
}

static bool find_reduction(const char *name, enum type_reduce *reduce)
{
	static const char *const names[] = {[REDUCE_AVG] = "avg",
					    [REDUCE_MIN] = "min",
					    [REDUCE_MAX] = "max",
					    [REDUCE_SUM] = "sum"};

	for (int i = REDUCE_AVG; i <= REDUCE_SUM; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		*reduce = (enum type_reduce)i;
		return true;
	}
	return false;
}

static bool is_stable(struct sema *sema, const struct expr *call)
{
	switch (sema->plan->config.unstable_tseries) {
	case UNSTABLE_ERROR:
		sema_error(sema, "unstable", call->span,
			   "tseries() is unstable: set unstable_tseries = \"enable\" in the config "
			   "block to use it");
		return false;
	case UNSTABLE_DEFAULT:
	case UNSTABLE_WARN:
	case UNSTABLE_ENABLE:
		break;
	}
	return true;
}

void sema_call_tseries(struct sema *sema, struct expr **at)
{
	enum type_reduce reduce = REDUCE_LAST;
	uint64_t interval, intervals;
	struct expr *call = *at;

	if (!is_stable(sema, call) || !call_literal(sema, call, 1, &interval) ||
	    !call_literal(sema, call, 2, &intervals))
		return;
	if (!interval || !intervals || intervals > 1000000) {
		sema_error(sema, "tseries-bounds", call->span,
			   "tseries() expects a positive interval and between 1 and 1000000 "
			   "intervals");
		return;
	}
	if (call_has(call, 3) && !find_reduction(call->call.args.data[3]->string.data, &reduce)) {
		sema_error(sema, "tseries-bounds", call->call.args.data[3]->span,
			   "tseries() expects one of \"avg\", \"max\", \"min\", \"sum\" as its "
			   "aggregation");
		return;
	}
	if (!sema_is_known(sema, call->call.args.data[0]))
		return;
	call->type = type_tseries(sema->types, interval, (uint32_t)intervals, reduce,
				  take_number(sema, call));
}
