/* Conversions, written and inserted, and conditions. */
#include "sema/internal.h"

bool sema_is_number(const struct sema *sema, const struct type *type)
{
	return type && type != sema->unknown && type_is_integer(type);
}

/* --- inserted --- */

/* Literals have the type that is asked for; nothing is converted when the program runs. */
static bool retype_literal(struct expr *literal, const struct type *type)
{
	bool holds = false;

	if (literal->kind == EXPR_INT && type->kind == TYPE_INT)
		holds = type_int_holds(type, literal->integer.value, literal->integer.is_negative);
	if (literal->kind == EXPR_STRING && type->kind == TYPE_STRING)
		holds = literal->string.len < type->text.capacity;
	if (holds)
		literal->type = type;
	return holds;
}

static bool retype_tuple(struct sema *sema, struct expr *tuple, const struct type *type)
{
	uint32_t n;
	const struct type_field *fields;

	if (tuple->kind != EXPR_TUPLE || type->kind != TYPE_TUPLE)
		return false;
	fields = types_fields(sema->types, type, &n);
	if (n != tuple->tuple.members.len)
		return false;
	for (uint32_t i = 0; i < n; i++)
		sema_cast_to(sema, &tuple->tuple.members.data[i], fields[i].type);
	tuple->type = type;
	return true;
}

static bool retype_record(struct sema *sema, struct expr *record, const struct type *type)
{
	uint32_t n;
	const struct type_field *fields;

	if (record->kind != EXPR_RECORD || type->kind != TYPE_RECORD)
		return false;
	fields = types_fields(sema->types, type, &n);
	if (n != record->record.members.len)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(fields[i].name, record->record.members.data[i].name))
			return false;
	for (uint32_t i = 0; i < n; i++)
		sema_cast_to(sema, &record->record.members.data[i].value, fields[i].type);
	record->type = type;
	return true;
}

void sema_cast_to(struct sema *sema, struct expr **expr, const struct type *type)
{
	if (!sema_is_known(sema, *expr) || !type || type == sema->unknown || (*expr)->type == type)
		return;
	if (retype_literal(*expr, type) || retype_tuple(sema, *expr, type) ||
	    retype_record(sema, *expr, type))
		return;
	*expr = expr_implicit_cast(sema->arena, *expr, type);
}

void sema_join_to(struct sema *sema, struct expr **expr, const struct type *type)
{
	const struct type *from = (*expr)->type;

	if (sema->options->verbose && sema_is_known(sema, *expr) && (*expr)->kind != EXPR_INT &&
	    from->kind == TYPE_INT && from->size == 8 && !from->is_signed &&
	    type->kind == TYPE_INT && type->is_signed)
		sema_warning(sema, "sign-mismatch", (*expr)->span,
			     "Expression of type: %s being cast to type: %s. This may cause "
			     "unexpected results.",
			     sema_type_name(sema, from), sema_type_name(sema, type));
	sema_cast_to(sema, expr, type);
}

void sema_cast_to_64(struct sema *sema, struct expr **expr)
{
	const struct type *type = (*expr)->type;

	if (!sema_is_known(sema, *expr))
		return;
	sema_cast_to(sema, expr, type_int(sema->types, 8, type->is_signed));
}

void sema_read(struct sema *sema, struct expr **expr)
{
	const struct type *type;

	if (!sema_is_known(sema, *expr))
		return;
	type = (*expr)->type;
	if (type_is_castable_aggregate(type)) {
		sema_cast_to_64(sema, expr);
		return;
	}
	if (!type_is_aggregate(type) && type->kind != TYPE_NONE)
		return;
	if (type->kind == TYPE_NONE)
		sema_error(sema, "no-value", (*expr)->span, "This expression has no value");
	else
		sema_error(sema, "aggregate-value", (*expr)->span,
			   "A value of type '%s' can only be printed, cleared or zeroed as a whole",
			   sema_type_name(sema, type));
	(*expr)->type = sema->unknown;
}

void sema_value(struct sema *sema, struct expr **expr)
{
	sema_expr(sema, expr);
	sema_read(sema, expr);
}

void sema_condition(struct sema *sema, struct expr **expr)
{
	const struct type *type;
	struct diag *diag;

	sema_expr(sema, expr);
	if (!sema_is_known(sema, *expr))
		return;
	type = (*expr)->type;
	if (type_is_integer(type) || type->kind == TYPE_BOOL || type->kind == TYPE_PTR)
		return;
	if ((*expr)->kind == EXPR_STRING) {
		*expr = sema_bool(sema, (*expr)->span, true);
		return;
	}
	diag = sema_error(sema, "invalid-condition", (*expr)->span, "Invalid condition: %s",
			  sema_type_name(sema, type));
	if (type_is_castable_aggregate(type))
		diag_hint(diag, "Compare it with a number: ... > 0");
	else if (type->kind == TYPE_STRING)
		diag_hint(diag, "Compare it with a string: ... != \"\"");
	(*expr)->type = sema->unknown;
}

/* --- written --- */

static bool is_word(const struct type *type)
{
	return type_is_integer(type) || type->kind == TYPE_BOOL || type->kind == TYPE_PTR;
}

static bool is_word_array(const struct type *type)
{
	return type->kind == TYPE_ARRAY &&
	       (type_is_integer(type->array.element) || type->array.element->kind == TYPE_BOOL);
}

static bool is_byte_array(const struct type *type)
{
	return type->kind == TYPE_ARRAY && type->array.element->kind == TYPE_INT &&
	       type->array.element->size == 1;
}

/* Whether a written cast is allowed. */
static bool can_cast(struct sema *sema, const struct type *from, const struct type *to);

static bool can_cast_members(struct sema *sema, const struct type *from, const struct type *to)
{
	uint32_t n, m, i;
	const struct type_field *a = types_fields(sema->types, from, &n);
	const struct type_field *b = types_fields(sema->types, to, &m);

	if (n != m)
		return false;
	for (i = 0; i < n; i++)
		if (!can_cast(sema, a[i].type, b[i].type))
			return false;
	return true;
}

static bool can_cast(struct sema *sema, const struct type *from, const struct type *to)
{
	if (from == to)
		return !type_is_aggregate(from) && from->kind != TYPE_NONE;
	if (is_word(from) && is_word(to))
		return true;
	if (type_is_castable_aggregate(from))
		return type_is_integer(to);
	if ((type_is_integer(from) && is_word_array(to)) ||
	    (is_word_array(from) && type_is_integer(to)) ||
	    (is_word_array(from) && is_word_array(to)))
		return from->size == to->size;
	if (from->kind == TYPE_STRING)
		return to->kind == TYPE_STRING || is_byte_array(to);
	if (from->kind == to->kind && from->kind == TYPE_TUPLE)
		return can_cast_members(sema, from, to);
	if (from->kind == TYPE_KSYM)
		return type_is_integer(to) && to->size == 8;
	return false;
}

bool sema_check_enum(struct sema *sema, const struct expr *value, const struct type *to)
{
	uint64_t number;

	if (to->kind != TYPE_ENUM || value->kind != EXPR_INT)
		return true;
	number = value->integer.is_negative ? -value->integer.value : value->integer.value;
	for (uint32_t i = 0; i < to->enumeration.nvalues; i++)
		if ((uint64_t)to->enumeration.values[i].value == number)
			return true;
	sema_error(sema, "enum-value", value->span,
		   "Enum: %s doesn't contain a variant with value %s%llu", to->enumeration.name,
		   value->integer.is_negative ? "-" : "", (unsigned long long)value->integer.value);
	return false;
}

const struct type *sema_keep_space(struct sema *sema, const struct type *to,
				   const struct type *from)
{
	if (to->kind != TYPE_PTR || from->kind != TYPE_PTR || from->ptr.space == SPACE_UNKNOWN)
		return to;
	return type_ptr(sema->types, to->ptr.to, from->ptr.space);
}

/* A literal is as wide as the array that it becomes, if it fits: its own width is nobody's choice.
 */
static void fit_literal(struct sema *sema, struct expr *value, const struct type *to)
{
	bool is_word = to->size == 1 || to->size == 2 || to->size == 4 || to->size == 8;

	if (value->kind != EXPR_INT || value->type->kind != TYPE_INT || !is_word_array(to) ||
	    !is_word)
		return;
	if (!retype_literal(value, type_int(sema->types, to->size, true)))
		retype_literal(value, type_int(sema->types, to->size, false));
}

/* Where an array is: memory of the kernel, as a tracepoint's record is, or of a process. */
static enum type_space array_space(struct sema *sema, const struct expr *array)
{
	const struct expr *root = array;

	while (root->kind == EXPR_FIELD || root->kind == EXPR_INDEX)
		root = root->kind == EXPR_FIELD ? root->field.object : root->index.object;
	if (root->kind == EXPR_BUILTIN && root->ident.builtin->id == BUILTIN_args &&
	    root->type->kind != TYPE_PTR && sema->provider->context == CONTEXT_RECORD)
		return SPACE_KERNEL;
	return sema_object_space(sema, array);
}

/* An array behind a pointer decays to its address, as in C: (struct tcp_skb_cb *)$skb->cb. */
static bool decay(struct sema *sema, struct expr *cast, const struct type *to)
{
	const struct type *from = cast->cast.operand->type;
	enum type_space space;

	if (to->kind != TYPE_PTR || (from->kind != TYPE_ARRAY && from->kind != TYPE_STRING))
		return false;
	space = array_space(sema, cast->cast.operand);
	if (space == SPACE_UNKNOWN)
		return false;
	cast->type = type_ptr(sema->types, to->ptr.to, space);
	return true;
}

void sema_decay_flexible(struct sema *sema, struct expr **expr)
{
	const struct type *type = (*expr)->type;
	enum type_space space;

	if (type->kind != TYPE_ARRAY || type->array.count)
		return;
	space = array_space(sema, *expr);
	if (space != SPACE_UNKNOWN)
		sema_cast_to(sema, expr, type_ptr(sema->types, type->array.element, space));
}

void sema_cast(struct sema *sema, struct expr **expr)
{
	struct expr *cast = *expr;
	const struct type *from, *to;

	sema_expr(sema, &cast->cast.operand);
	to = sema_type(sema, cast->cast.to, cast->cast.operand);
	cast->type = to;
	if (to == sema->unknown || !sema_is_known(sema, cast->cast.operand))
		return;
	if (decay(sema, cast, to))
		return;
	fit_literal(sema, cast->cast.operand, to);
	from = cast->cast.operand->type;
	if (!can_cast(sema, from, to)) {
		sema_error(sema, "invalid-cast", cast->span, "Cannot cast from \"%s\" to \"%s\"",
			   sema_type_name(sema, from), sema_type_name(sema, to));
		cast->type = sema->unknown;
		return;
	}
	sema_check_enum(sema, cast->cast.operand, to);
	if (to->kind == TYPE_PTR && type_is_integer(from))
		to = type_ptr(sema->types, to->ptr.to, sema_number_space(sema));
	cast->type = to = sema_keep_space(sema, to, from);
	if (from != to)
		return;
	if (sema->options->verbose)
		sema_warning(sema, "unnecessary-cast", cast->span,
			     "Unnecessary cast: expression is already of type %s",
			     sema_type_name(sema, to));
	/* A literal that is cast adopts no other type. */
	if (cast->cast.operand->kind != EXPR_INT)
		*expr = cast->cast.operand;
}
