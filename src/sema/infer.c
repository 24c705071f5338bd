/*
 * What is learned of a variable, a map's value or a map's key: the join of all that is assigned to
 * it. Literals are kept apart, since they adopt the type of what else is there: `@x = 1` beside
 * `@x = (uint64)2` is a uint64, while (int8)1 would make it an int64. Tuples and records are
 * learned member by member for the same reason.
 */
#include "sema/internal.h"

/* Rounds after which a text that still grows is given all the room there is, and pointers that
 * still change do not go together; one more for each map that they may have come through. */
#define PATIENT_ROUNDS 20

static bool join_expr(struct sema *sema, struct infer *infer, const struct expr *value);
static bool join_type(struct sema *sema, struct infer *infer, const struct type *type);

/* --- integers --- */

static bool is_int(const struct type *type)
{
	return type->kind == TYPE_INT;
}

static const struct type *literal_type(struct sema *sema, const struct infer *infer)
{
	const struct type *type = type_of_literal(sema->types, infer->most, false);

	if (!infer->least)
		return type;
	return type_join(sema->types, type, type_of_literal(sema->types, infer->least, true));
}

static void settle_integer(struct sema *sema, struct infer *infer)
{
	const struct type *type = infer->base;

	if (infer->has_literal && !(type && type_int_holds(type, infer->most, false) &&
				    type_int_holds(type, infer->least, true))) {
		type = literal_type(sema, infer);
		if (infer->base)
			type = type_join(sema->types, infer->base, type);
	}
	if (infer->is_wide)
		type = type_int(sema->types, 8, !type || type->is_signed);
	infer->type = type;
}

/* An enum that meets numbers is a number. */
static void enum_to_integer(struct sema *sema, struct infer *infer)
{
	if (!infer->type || infer->type->kind != TYPE_ENUM)
		return;
	infer->base = type_int(sema->types, infer->type->size, infer->type->is_signed);
	infer->type = infer->base;
}

static bool join_literal(struct sema *sema, struct infer *infer, const struct expr *literal)
{
	uint64_t value = literal->integer.value;

	enum_to_integer(sema, infer);
	if (infer->shape || (infer->type && !is_int(infer->type)))
		return false;
	infer->has_literal = true;
	if (literal->integer.is_negative && value > infer->least)
		infer->least = value;
	if (!literal->integer.is_negative && value > infer->most)
		infer->most = value;
	settle_integer(sema, infer);
	return true;
}

static bool join_integer(struct sema *sema, struct infer *infer, const struct type *type)
{
	enum_to_integer(sema, infer);
	if (infer->shape || (infer->type && !is_int(infer->type)))
		return false;
	infer->base = infer->base ? type_join(sema->types, infer->base, type) : type;
	settle_integer(sema, infer);
	return true;
}

static bool join_enum(struct sema *sema, struct infer *infer, const struct type *type)
{
	if (infer->type == type)
		return true;
	if (!infer->type && !infer->shape) {
		infer->type = type;
		return true;
	}
	return join_integer(sema, infer, type_int(sema->types, type->size, type->is_signed));
}

/* --- tuples and records --- */

static bool has_members(const struct type *type)
{
	return type->kind == TYPE_TUPLE || type->kind == TYPE_RECORD;
}

/* The member types put together again; unknown while one of them is. @like: kind and names. */
static void settle_members(struct sema *sema, struct infer *infer, const struct type *like)
{
	uint32_t n, i;
	const struct type_field *fields = types_fields(sema->types, like, &n);
	const struct type **types = arena_new_array(sema->arena, const struct type *, n);
	const char **names = arena_new_array(sema->arena, const char *, n);

	infer->type = NULL;
	for (i = 0; i < n; i++) {
		types[i] = infer->members[i].type;
		names[i] = fields[i].name;
		if (!types[i])
			return;
	}
	infer->type = like->kind == TYPE_TUPLE ? type_tuple(sema->types, types, n)
					       : type_record(sema->types, names, types, n);
}

/* Which of @fields a member of a record goes to; members of tuples keep their place. */
static bool find_member(const struct type *like, const struct type_field *fields, uint32_t n,
			const char *name, uint32_t place, uint32_t *index)
{
	*index = place;
	if (like->kind == TYPE_TUPLE)
		return place < n;
	if (!strcmp(fields[place].name, name)) /* as it is, unless the order differs */
		return true;
	for (*index = 0; *index < n; ++*index)
		if (!strcmp(fields[*index].name, name))
			return true;
	return false;
}

static const struct expr *member_value(const struct expr *value, uint32_t i)
{
	if (value->kind == EXPR_TUPLE)
		return value->tuple.members.data[i];
	if (value->kind == EXPR_RECORD)
		return value->record.members.data[i].value;
	return NULL;
}

/* @value may be NULL or no expression of members: then only the types are known. */
static bool join_members(struct sema *sema, struct infer *infer, const struct type *type,
			 const struct expr *value)
{
	const struct type *like = infer->shape ? infer->shape : type;
	uint32_t n, own, i, at;
	const struct type_field *fields = types_fields(sema->types, type, &n);
	const struct type_field *places = types_fields(sema->types, like, &own);
	struct infer *members = arena_new_array(sema->arena, struct infer, own ? own : 1);

	if (like->kind != type->kind || own != n)
		return false;
	if (infer->members)
		memcpy(members, infer->members, own * sizeof(*members));
	for (i = 0; i < n; i++) {
		const struct expr *member = value ? member_value(value, i) : NULL;

		if (!find_member(like, places, n, fields[i].name, i, &at))
			return false;
		if (member ? !join_expr(sema, &members[at], member)
			   : !join_type(sema, &members[at], fields[i].type))
			return false;
	}
	infer->shape = like;
	infer->members = members;
	settle_members(sema, infer, like);
	return true;
}

/* --- everything else --- */

static const struct type *join_aggregates(struct sema *sema, const struct type *a,
					  const struct type *b)
{
	if (a == b)
		return a;
	if (a->kind != b->kind)
		return NULL;
	switch ((int)a->kind) {
	case TYPE_SUM:
	case TYPE_MIN:
	case TYPE_MAX:
	case TYPE_AVG:
	case TYPE_STATS:
		return type_aggregate(sema->types, a->kind, true);
	case TYPE_TSERIES:
		if (a->tseries.interval_ns == b->tseries.interval_ns &&
		    a->tseries.intervals == b->tseries.intervals &&
		    a->tseries.reduce == b->tseries.reduce)
			return type_tseries(sema->types, a->tseries.interval_ns,
					    a->tseries.intervals, a->tseries.reduce, true);
	}
	return NULL;
}

static const struct type *join_strings(struct sema *sema, const struct type *a,
				       const struct type *b)
{
	const struct type *type = a->text.capacity >= b->text.capacity ? a : b;
	uint32_t most = sema->plan->config.max_strlen;

	if (sema->round > PATIENT_ROUNDS + sema->maps.len && type != a &&
	    type->text.capacity < most)
		return type_string(sema->types, most);
	return type;
}

/* The type of a variable that a pointer points to may have been learned better since. */
static bool may_be_outdated(const struct sema *sema, const struct type *has,
			    const struct type *type)
{
	return has->ptr.space == SPACE_BPF && type->ptr.space == SPACE_BPF && !sema->final &&
	       sema->round <= PATIENT_ROUNDS + sema->maps.len;
}

/* Once pointers into different spaces have met, the space stays unknown. */
static const struct type *join_pointers(struct sema *sema, struct infer *infer,
					const struct type *type)
{
	const struct type *has = infer->type;
	enum type_space space;

	if (has->ptr.to != type->ptr.to)
		return may_be_outdated(sema, has, type) ? type : NULL;
	if (infer->is_mixed || type->ptr.space == SPACE_UNKNOWN || has == type)
		return has;
	if (has->ptr.space == SPACE_UNKNOWN)
		return type;
	space = type_either_space(has, type);
	infer->is_mixed = space == SPACE_UNKNOWN;
	return type_ptr(sema->types, has->ptr.to, space);
}

static bool join_other(struct sema *sema, struct infer *infer, const struct type *type)
{
	const struct type *joined;

	if (!infer->type) {
		if (infer->shape)
			return false;
		joined = type;
	} else if (type_is_aggregate(infer->type) || type_is_aggregate(type)) {
		joined = join_aggregates(sema, infer->type, type);
	} else if (infer->type->kind == TYPE_STRING && type->kind == TYPE_STRING) {
		joined = join_strings(sema, infer->type, type);
	} else if (infer->type->kind == TYPE_PTR && type->kind == TYPE_PTR) {
		joined = join_pointers(sema, infer, type);
	} else {
		joined = type_join(sema->types, infer->type, type);
	}
	if (!joined)
		return false;
	infer->type = joined;
	return true;
}

/* As infer_type(), without telling anyone. */
static bool join_type(struct sema *sema, struct infer *infer, const struct type *type)
{
	if (!type || type == sema->unknown)
		return true;
	if (is_int(type))
		return join_integer(sema, infer, type);
	if (type->kind == TYPE_ENUM)
		return join_enum(sema, infer, type);
	if (has_members(type) && (!infer->type || has_members(infer->type)))
		return join_members(sema, infer, type, NULL);
	return join_other(sema, infer, type);
}

static bool join_expr(struct sema *sema, struct infer *infer, const struct expr *value)
{
	if (!sema_is_known(sema, value))
		return true;
	if (value->kind == EXPR_INT && is_int(value->type))
		return join_literal(sema, infer, value);
	if (value->kind == EXPR_TERNARY && value->ternary.then)
		return join_expr(sema, infer, value->ternary.then) &&
		       join_expr(sema, infer, value->ternary.otherwise);
	if (value->kind == EXPR_BLOCK && value->block->tail)
		return join_expr(sema, infer, value->block->tail);
	if (has_members(value->type) && (!infer->type || has_members(infer->type)))
		return join_members(sema, infer, value->type, value);
	return join_type(sema, infer, value->type);
}

/* --- entrances --- */

/* Takes over what was tried on a copy, and notes whether it is news. */
static bool accept(struct sema *sema, struct infer *infer, const struct infer *tried, bool joins)
{
	if (!joins)
		return false;
	sema->changed |= tried->type != infer->type;
	*infer = *tried;
	return true;
}

bool infer_expr(struct sema *sema, struct infer *infer, const struct expr *value)
{
	struct infer tried = *infer;
	bool joins = join_expr(sema, &tried, value);

	return accept(sema, infer, &tried, joins);
}

bool infer_type(struct sema *sema, struct infer *infer, const struct type *type)
{
	struct infer tried = *infer;
	bool joins = join_type(sema, &tried, type);

	return accept(sema, infer, &tried, joins);
}

void infer_wide(struct sema *sema, struct infer *infer)
{
	struct infer tried = *infer;

	tried.is_wide = true;
	enum_to_integer(sema, &tried);
	settle_integer(sema, &tried);
	accept(sema, infer, &tried, true);
}

void infer_zero(struct sema *sema, struct infer *infer)
{
	struct infer tried = *infer;

	tried.has_literal = true;
	settle_integer(sema, &tried);
	accept(sema, infer, &tried, true);
}

const struct type *infer_join(struct sema *sema, const struct expr *a, const struct expr *b)
{
	struct infer infer = {0};

	if (!join_expr(sema, &infer, a) || !join_expr(sema, &infer, b))
		return NULL;
	return infer.type ? infer.type : sema->unknown;
}

/* --- clocks --- */

enum type_clock infer_clock(const struct sema *sema, const struct expr *number)
{
	for (;;) {
		if (number->kind == EXPR_CAST)
			number = number->cast.operand;
		else if (number->kind == EXPR_BINARY)
			number = number->binary.left;
		else if (number->kind == EXPR_BLOCK && number->block->tail)
			number = number->block->tail;
		else
			break;
	}
	if (number->kind == EXPR_BUILTIN && number->ident.builtin->id == BUILTIN_nsecs)
		return (enum type_clock)number->ident.index;
	if (number->kind == EXPR_VAR && number->var.variable)
		return number->var.variable->clock;
	if (number->kind == EXPR_MAP)
		return sema->maps.data[number->map.map]->clock;
	return CLOCK_BOOT;
}

void infer_learn_clock(struct sema *sema, enum type_clock *clock, const struct expr *number)
{
	if (*clock != CLOCK_BOOT || infer_clock(sema, number) == CLOCK_BOOT)
		return;
	*clock = infer_clock(sema, number);
	sema->changed = true;
}
