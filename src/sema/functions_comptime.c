/* Functions that are answered when the script is compiled: nothing of them is left to run. */
#include "sema/functions.h"

#include "program/format.h"

static const struct expr *first(const struct expr *call)
{
	return call->call.args.data[0];
}

/* The argument is not carried out; NULL: nothing is known of it. */
static const struct type *asked_type(struct sema *sema, struct expr *call)
{
	const struct type *type = sema_type_of(sema, &call->call.args.data[0]);

	return type == sema->unknown ? NULL : type;
}

static void answer(struct sema *sema, struct expr **at, bool value)
{
	*at = sema_bool(sema, (*at)->span, value);
}

static void answer_kind(struct sema *sema, struct expr **at, enum type_kind kind)
{
	const struct type *type = asked_type(sema, *at);

	if (type)
		answer(sema, at, type->kind == kind);
}

void sema_call_is_ptr(struct sema *sema, struct expr **at)
{
	answer_kind(sema, at, TYPE_PTR);
}

void sema_call_is_str(struct sema *sema, struct expr **at)
{
	answer_kind(sema, at, TYPE_STRING);
}

void sema_call_is_integer(struct sema *sema, struct expr **at)
{
	answer_kind(sema, at, TYPE_INT);
}

void sema_call_is_unsigned_integer(struct sema *sema, struct expr **at)
{
	const struct type *type = asked_type(sema, *at);

	if (type)
		answer(sema, at, type->kind == TYPE_INT && !type->is_signed);
}

void sema_call_is_array(struct sema *sema, struct expr **at)
{
	answer_kind(sema, at, TYPE_ARRAY);
}

void sema_call_is_literal(struct sema *sema, struct expr **at)
{
	if (asked_type(sema, *at))
		answer(sema, at, first(*at)->is_literal);
}

/* What stays of a call that has done all it does when the script is compiled. */
static struct expr *nothing(struct sema *sema, struct span span)
{
	return sema_new(sema, EXPR_TUPLE, span, type_none(sema->types));
}

static bool is_true(const struct expr *expr)
{
	uint64_t magnitude = 0;
	bool is_negative;

	if (expr->kind == EXPR_BOOL)
		return expr->integer.value;
	return sema_const_int(expr, &magnitude, &is_negative) && magnitude;
}

static bool is_constant(const struct expr *expr)
{
	uint64_t magnitude;
	bool is_negative;

	return expr->kind == EXPR_BOOL || sema_const_int(expr, &magnitude, &is_negative);
}

void sema_call_static_assert(struct sema *sema, struct expr **at)
{
	struct expr *call = *at;
	const struct expr *condition = first(call);

	if (!sema_is_known(sema, condition))
		return;
	if (!is_constant(condition))
		sema_error(sema, "static-assert", condition->span,
			   "static_assert() expects a condition that is known at compile time");
	else if (!is_true(condition))
		sema_error(sema, "static-assert", call->span, "%s",
			   call->call.args.data[1]->string.data);
	*at = nothing(sema, call->span);
}

/* The text with its literal arguments put in. */
static void fill(struct expr *call, struct strbuf *out)
{
	const char *text = call->call.args.data[0]->string.data;
	struct format_part part;
	size_t next = 1;

	while (format_next(&text, &part)) {
		const struct expr *arg;

		if (!format_takes_argument(part.kind)) {
			strbuf_add(out, part.start, part.len);
			continue;
		}
		arg = call->call.args.data[next++];
		if (arg->kind == EXPR_STRING)
			strbuf_adds(out, arg->string.data);
		else if (arg->kind == EXPR_BOOL)
			strbuf_adds(out, arg->integer.value ? "true" : "false");
		else
			strbuf_addf(out, "%s%lu", arg->integer.is_negative ? "-" : "",
				    arg->integer.value);
	}
}

void sema_call_fail(struct sema *sema, struct expr **at)
{
	struct strbuf text = STRBUF_INIT;
	const struct type *payload;
	struct expr *call = *at;

	if (!format_check(sema, call, &payload))
		return;
	for (size_t i = 1; i < call->call.args.len; i++) {
		if (call->call.args.data[i]->is_literal)
			continue;
		sema_error(sema, "argument-type", call->call.args.data[i]->span,
			   "fail() takes literals only");
		return;
	}
	fill(call, &text);
	sema_error(sema, "fail", call->span, "%s", strbuf_str(&text));
	strbuf_free(&text);
	*at = nothing(sema, call->span);
}

/* --- functions of the kernel that programs may call --- */

void sema_call_kfunc_exist(struct sema *sema, struct expr **at)
{
	uint32_t id;

	answer(sema, at, types_find_kfunc(sema->types, first(*at)->string.data, &id));
}

void sema_call_kfunc_allowed(struct sema *sema, struct expr **at)
{
	answer(sema, at,
	       provider_allows_kfunc(sema->options->env, sema->provider, first(*at)->string.data));
}
