/* Functions of maps, and the aggregates that are assigned to them. */
#include "sema/functions.h"

#define LHIST_MAX_BUCKETS 1000u
#define HIST_MAX_BITS 5u

static void report_scalar(struct sema *sema, const struct expr *call)
{
	sema_error(sema, "map-shape", call->call.args.data[0]->span,
		   "call to %s() expects a map with explicit keys (non-scalar map)",
		   call->call.name);
}

static struct sema_map *known_map(const struct sema *sema, const struct expr *map)
{
	return sema->maps.data[map->map.map];
}

/* A key that is given apart. */
static void take_key(struct sema *sema, struct expr *call)
{
	struct sema_map *map = known_map(sema, call->call.args.data[0]);

	if (map->shape_known && map->is_scalar)
		report_scalar(sema, call);
	else
		sema_map_key(sema, map, &call->call.args.data[1]);
}

/* delete(@m[k]), delete(@m[a, b]): the older spelling. */
static void delete_element(struct sema *sema, struct expr *call)
{
	struct expr *map = call->call.args.data[0];

	map_check_defined(sema, sema_map(sema, map, MAP_KEYED), map->span);
	if (call_has(call, 1))
		sema_error(sema, "argument-count", call->span,
			   "delete(@map[key]) takes no second argument");
}

static void delete_scalar(struct sema *sema, const struct expr *call, struct sema_map *map)
{
	sema_map_updates(sema, map);
	if (!map->shape_known || map->is_scalar)
		return;
	diag_hint(sema_error(sema, "map-shape", call->span,
			     "delete() of @%s needs a key: the map has keys", map->name),
		  "delete(@%s, key), or clear(@%s) for all of it", map->name, map->name);
}

void sema_call_delete(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, *map = call->call.args.data[0];

	if (map->kind != EXPR_MAP) {
		sema_expr(sema, &call->call.args.data[0]);
		if (sema_is_known(sema, call->call.args.data[0]))
			sema_error(sema, "argument-type", map->span,
				   "delete() expects a map argument (%s provided)",
				   sema_type_name(sema, call->call.args.data[0]->type));
	} else if (map->map.has_brackets) {
		delete_element(sema, call);
	} else {
		struct sema_map *known = sema_map(sema, map, MAP_WHOLE);

		if (call_has(call, 1))
			take_key(sema, call);
		else
			delete_scalar(sema, call, known);
	}
}

void sema_call_has_key(struct sema *sema, struct expr **at)
{
	take_key(sema, *at);
}

/* Aggregates are read as their numbers. */
static const struct type *found_type(struct sema *sema, const struct type *value)
{
	if (type_is_castable_aggregate(value))
		return type_int(sema->types, 8, value->is_signed);
	return type_is_aggregate(value) ? NULL : value;
}

/* Larger values are copied as they are, so that map and variable must be of one type. */
void sema_call_find(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, *var = call->call.args.data[2];
	const struct type *value, *found;
	struct sema_map *map;

	take_key(sema, call);
	map = known_map(sema, call->call.args.data[0]);
	value = sema_map_value_type(sema, map);
	found = value == sema->unknown ? value : found_type(sema, value);
	if (!found) {
		sema_error(sema, "argument-type", call->call.args.data[0]->span,
			   "find() cannot copy a value of type %s", sema_type_name(sema, value));
		return;
	}
	sema_assign_var(sema, var, NULL, found);
	if (sema_is_known(sema, var) && !type_is_scalar(var->type))
		infer_type(sema, &map->value, var->type);
}

void sema_call_len(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, **arg = &call->call.args.data[0];

	if ((*arg)->kind == EXPR_MAP && !(*arg)->map.has_brackets) {
		struct sema_map *map = sema_map(sema, *arg, MAP_WHOLE);

		if (map->shape_known && map->is_scalar)
			report_scalar(sema, call);
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

/* A parameter of a histogram or time series; reports what is no literal, or negative. */
static bool take_parameter(struct sema *sema, struct expr *call, size_t i, const char *name,
			   uint64_t *value)
{
	struct expr **arg = &call->call.args.data[i];
	bool is_negative = false;

	sema_value(sema, arg);
	if (!sema_is_known(sema, *arg))
		return false;
	if (sema_const_int(*arg, value, &is_negative) && !is_negative)
		return true;
	sema_error(sema, "map-parameter", (*arg)->span,
		   "%s: invalid %s value (must be non-negative literal)", call->call.name, name);
	return false;
}

void sema_call_hist(struct sema *sema, struct expr **at)
{
	struct expr *call = *at;
	uint64_t bits = 0;

	if (call_has(call, 1) && !take_parameter(sema, call, 1, "bits", &bits))
		return;
	if (bits > HIST_MAX_BITS) {
		sema_error(sema, "map-parameter", call->call.args.data[1]->span,
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
	const char *tag = "map-parameter";

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

	if (!take_parameter(sema, call, 1, "min", &min) ||
	    !take_parameter(sema, call, 2, "max", &max) ||
	    !take_parameter(sema, call, 3, "step", &step) ||
	    !check_lhist(sema, call, min, max, step))
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

/* One CPU's value must fit the kernel's largest per-CPU allocation (PCPU_MIN_UNIT_SIZE). */
#define PER_CPU_MAX 32768u
#define TSERIES_MAX (PER_CPU_MAX / 32 - 1)

static bool check_tseries(struct sema *sema, const struct expr *call, uint64_t interval,
			  uint64_t intervals)
{
	if (!interval)
		sema_error(sema, "map-parameter", call->call.args.data[1]->span,
			   "tseries() interval must be >= 1");
	else if (!intervals)
		sema_error(sema, "map-parameter", call->call.args.data[2]->span,
			   "tseries() number of intervals must be >= 1");
	else if (intervals > TSERIES_MAX)
		sema_error(sema, "map-parameter", call->call.args.data[2]->span,
			   "tseries() number of intervals must be <= %u (%lu provided)",
			   TSERIES_MAX, intervals);
	else
		return true;
	return false;
}

void sema_call_tseries(struct sema *sema, struct expr **at)
{
	enum type_reduce reduce = REDUCE_LAST;
	uint64_t interval, intervals;
	struct expr *call = *at;

	if (!sema_allow_unstable(sema, call->span, "tseries", "unstable_tseries",
				 sema->plan->config.unstable_tseries, UNSTABLE_WARN) ||
	    !take_parameter(sema, call, 1, "interval", &interval) ||
	    !take_parameter(sema, call, 2, "number of intervals", &intervals) ||
	    !check_tseries(sema, call, interval, intervals))
		return;
	if (call_has(call, 3) && !find_reduction(call->call.args.data[3]->string.data, &reduce)) {
		sema_error(sema, "map-parameter", call->call.args.data[3]->span,
			   "tseries() expects one of \"avg\", \"max\", \"min\", \"sum\" as its "
			   "aggregation (\"%s\" provided)",
			   call->call.args.data[3]->string.data);
		return;
	}
	if (!sema_is_known(sema, call->call.args.data[0]))
		return;
	call->type = type_tseries(sema->types, interval, (uint32_t)intervals, reduce,
				  take_number(sema, call));
}
