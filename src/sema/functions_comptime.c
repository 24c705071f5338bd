/* Functions that are answered at compile time. */
#include "sema/functions.h"

#include "program/format.h"

#include <errno.h>
#include <stdlib.h>

static const struct expr *first(const struct expr *call)
{
	return call->call.args.data[0];
}

static void answer(struct sema *sema, struct expr **at, bool value)
{
	if (sema_is_known(sema, first(*at)))
		*at = sema_bool(sema, (*at)->span, value);
}

void sema_call_is_ptr(struct sema *sema, struct expr **at)
{
	answer(sema, at, first(*at)->type->kind == TYPE_PTR);
}

void sema_call_is_str(struct sema *sema, struct expr **at)
{
	answer(sema, at, first(*at)->type->kind == TYPE_STRING);
}

void sema_call_is_integer(struct sema *sema, struct expr **at)
{
	answer(sema, at, first(*at)->type->kind == TYPE_INT);
}

void sema_call_is_unsigned_integer(struct sema *sema, struct expr **at)
{
	answer(sema, at, first(*at)->type->kind == TYPE_INT && !first(*at)->type->is_signed);
}

void sema_call_is_array(struct sema *sema, struct expr **at)
{
	answer(sema, at, first(*at)->type->kind == TYPE_ARRAY);
}

void sema_call_is_literal(struct sema *sema, struct expr **at)
{
	answer(sema, at, first(*at)->is_literal);
}

static bool is_true(const struct expr *expr)
{
	uint64_t magnitude = 0;
	bool is_negative;

	if (expr->kind == EXPR_BOOL)
		return expr->integer.value;
	return sema_const_int(expr, &magnitude, &is_negative) && magnitude;
}

void sema_call_static_assert(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, *condition = call->call.args.data[0];

	if (!sema_is_known(sema, condition))
		return;
	if (!condition->is_literal)
		sema_error(sema, "static-assert", condition->span,
			   "static_assert() expects a condition that is known at compile time");
	else if (!is_true(condition))
		sema_error(sema, "static-assert", call->span, "%s",
			   call->call.args.data[1]->string.data);
	*at = sema_new(sema, EXPR_TUPLE, call->span, type_none(sema->types));
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
	*at = sema_new(sema, EXPR_TUPLE, call->span, type_none(sema->types));
}

static bool find_kfunc(struct sema *sema, const struct expr *call)
{
	struct type_function function;

	return types_find_function(sema->types, NULL, first(call)->string.data, &function) &&
	       function.id;
}

void sema_call_kfunc_exist(struct sema *sema, struct expr **at)
{
	*at = sema_bool(sema, (*at)->span, find_kfunc(sema, *at));
}

void sema_call_kfunc_allowed(struct sema *sema, struct expr **at)
{
	bool typed = sema->provider->context == CONTEXT_BTF_ARGS ||
		     sema->provider->context == CONTEXT_ITER;

	*at = sema_bool(sema, (*at)->span, typed && find_kfunc(sema, *at));
}

/* --- named parameters --- */

/* The value of "--name=value"; "" for a bare "--name"; NULL if it is not given. */
static const char *find_named(const struct sema *sema, const char *name)
{
	const struct sema_options *options = sema->options;
	size_t len = strlen(name);

	for (uint32_t i = options->nnamed; i-- > 0;) {
		const char *word = options->named[i];

		if (!strncmp(word, name, len) && (!word[len] || word[len] == '='))
			return word[len] ? word + len + 1 : "";
	}
	return NULL;
}

static void bad_value(struct sema *sema, struct expr *call, const char *name, const char *kind,
		      const char *value)
{
	sema_error(sema, "bad-option", call->span,
		   "program command line option --%s invalid %s (value: %s)", name, kind, value);
	call->type = sema->unknown;
}

static void named_bool(struct sema *sema, struct expr **at, const char *name, const char *value,
		       bool otherwise)
{
	bool result = otherwise;

	if (value && (!*value || !strcmp(value, "true") || !strcmp(value, "1")))
		result = true;
	else if (value && (!strcmp(value, "false") || !strcmp(value, "0")))
		result = false;
	else if (value) {
		bad_value(sema, *at, name, "boolean", value);
		return;
	}
	*at = sema_bool(sema, (*at)->span, result);
}

static void named_int(struct sema *sema, struct expr **at, const char *name, const char *value)
{
	const char *digits = *value == '-' ? value + 1 : value;
	uint64_t magnitude;
	char *end;

	errno = 0;
	magnitude = strtoull(digits, &end, 0);
	if (!*digits || *end || errno) {
		bad_value(sema, *at, name, "integer", value);
		return;
	}
	*at = sema_int(sema, (*at)->span, magnitude, digits != value);
}

void sema_call_getopt(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, *otherwise;
	const char *name = first(call)->string.data, *value = find_named(sema, name);

	if (!call_has(call, 1)) {
		named_bool(sema, at, name, value, false);
		return;
	}
	otherwise = call->call.args.data[1];
	if (!sema_is_known(sema, otherwise))
		return;
	if (!otherwise->is_literal)
		sema_error(sema, "argument-type", otherwise->span,
			   "getopt() expects a literal as its default");
	else if (otherwise->kind == EXPR_BOOL)
		named_bool(sema, at, name, value, otherwise->integer.value);
	else if (!value)
		*at = otherwise;
	else if (otherwise->kind == EXPR_STRING)
		*at = sema_string(sema, call->span, value, strlen(value));
	else
		named_int(sema, at, name, value);
}
