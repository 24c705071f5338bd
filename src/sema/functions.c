/*
 * Calls: finds the function, checks what all functions have in common, then asks the function's own
 * hook. In: an EXPR_CALL as parsed; out: it is typed, or replaced by a builtin or by what it folds
 * to.
 */
#include "sema/functions.h"

#include "types/cobject.h"

sema_call_fn *const sema_call_hooks[FUNCTION_COUNT_] = {
#define FUNCTION(id, ...) [FUNCTION_##id] = sema_call_##id,
#include "lang/functions.def"
#undef FUNCTION
};

bool call_has(const struct expr *call, size_t i)
{
	return call->call.args.len > i;
}

const struct type *call_tuple(struct sema *sema, const struct type *const *types, uint32_t n)
{
	return type_tuple(sema->types, types, n);
}

bool call_literal(struct sema *sema, const struct expr *call, size_t i, uint64_t *value)
{
	const struct expr *arg = call->call.args.data[i];
	bool is_negative = false;

	if (!sema_const_int(arg, value, &is_negative))
		return false;
	if (!is_negative)
		return true;
	sema_error(sema, "negative-argument", arg->span,
		   "%s() expects a non-negative number here (-%lu provided)", call->call.name,
		   *value);
	return false;
}

void call_take_pointer(struct sema *sema, struct expr **arg)
{
	const struct type *byte = type_int(sema->types, 1, true);

	if ((*arg)->type->kind == TYPE_INT || (*arg)->type->kind == TYPE_KSYM)
		sema_cast_to(sema, arg, type_ptr(sema->types, byte, sema_number_space(sema)));
}

static bool report_probe(struct sema *sema, const struct expr *call, const char *probes)
{
	sema_error(sema, "wrong-probe", call->span,
		   "The %s function can only be used with %s probes (%s used here)",
		   call->call.name, probes, sema->provider->name);
	return false;
}

bool call_needs(struct sema *sema, const struct expr *call, uint32_t provides, const char *probes)
{
	return sema->provider->provides & provides || report_probe(sema, call, probes);
}

bool call_needs_context(struct sema *sema, const struct expr *call, enum provider_context context,
			const char *probes)
{
	return sema->provider->context == context || report_probe(sema, call, probes);
}

bool call_points_to(struct sema *sema, const struct expr *call, size_t i, const char *name)
{
	const struct expr *arg = call->call.args.data[i];

	if (!sema_is_known(sema, arg))
		return true;
	if (arg->type->kind == TYPE_PTR && type_is_struct(arg->type->ptr.to) &&
	    !strcmp(arg->type->ptr.to->record.name, name))
		return true;
	diag_hint(sema_error(sema, "argument-type", arg->span,
			     "%s() expects a struct %s * (%s provided)", call->call.name, name,
			     sema_type_name(sema, arg->type)),
		  "A pointer of another type can be cast: (struct %s *)...", name);
	return false;
}

/* Only stacks take two: a mode and a number of frames. */
static size_t most_arguments(const struct lang_builtin *builtin)
{
	if (!(builtin->flags & BUILTIN_ARGS))
		return 0;
	return builtin->id == BUILTIN_kstack || builtin->id == BUILTIN_ustack ||
			       builtin->id == BUILTIN_dw_ustack
		       ? 2
		       : 1;
}

/* pid(), comm(), kstack(3): a builtin that is written as a call. */
static bool call_builtin(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, *expr;
	uint32_t index = 0;
	const struct lang_builtin *builtin = lang_find_builtin(call->call.name, &index);

	if (!builtin)
		return false;
	expr = sema_new(sema, EXPR_BUILTIN, call->span, sema->unknown);
	expr->ident.name = call->call.name;
	expr->ident.builtin = builtin;
	expr->ident.index = index;
	expr->ident.args = call->call.args;
	*at = expr;
	if (!(builtin->flags & BUILTIN_CALL))
		diag_hint(sema_error(sema, "builtin-call", call->span, "%s is not a function",
				     call->call.name),
			  "Write it without parentheses");
	else if (call->call.args.len && !most_arguments(builtin))
		sema_error(sema, "builtin-call", call->span, "%s() takes no arguments",
			   call->call.name);
	else if (call->call.args.len > most_arguments(builtin))
		sema_error(sema, "builtin-call", call->span,
			   "%s() takes up to %zu arguments (%zu provided)", call->call.name,
			   most_arguments(builtin), call->call.args.len);
	else
		sema_builtin(sema, at);
	return true;
}

struct names {
	struct arena *arena;
	VEC(const char *)
	list;
};

static void add_name(const char *name, void *data)
{
	struct names *names = data;

	vec_push(names->arena, &names->list, name);
}

static void report_unknown(struct sema *sema, struct expr *call)
{
	size_t errors = diags_count(sema->diags, DIAG_ERROR);
	struct diag *diag = sema_error(sema, "unknown-function", call->call.name_span,
				       "Unknown function: '%s'", call->call.name);
	struct names names = {.arena = sema->arena};
	const char *nearest;

	call->type = sema->unknown;
	/* Macros can repeat it many times, and it is said once. */
	if (diags_count(sema->diags, DIAG_ERROR) == errors)
		return;
	if (types_is_c_macro(sema->types, call->call.name)) {
		diag_hint(
			diag,
			"C macros with parameters are for other C macros only; a script's own are "
			"written: macro %s(x) { ... }",
			call->call.name);
		return;
	}
	for (size_t i = 0; i < FUNCTION_COUNT_; i++)
		add_name(lang_functions[i].name, &names);
	for (size_t i = 0; i < BUILTIN_COUNT_; i++)
		if (lang_builtins[i].flags & BUILTIN_CALL)
			add_name(lang_builtins[i].name, &names);
	for (size_t i = 0; i < sema->script->macros.len; i++)
		add_name(sema->script->macros.data[i]->name, &names);
	types_walk_c_functions(sema->types, add_name, &names);
	nearest = diag_nearest(call->call.name, names.list.data, names.list.len);
	if (nearest)
		diag_hint(diag, "Did you mean '%s'?", nearest);
}

/* What the flags of the row say. */
static bool is_allowed(struct sema *sema, const struct expr *call, bool aggregate_ok)
{
	uint32_t flags = call->call.function->flags;
	const char *name = call->call.name;

	if (flags & FN_UNSAFE && !sema->options->unsafe) {
		diag_hint(sema_error(sema, "unsafe", call->span,
				     "%s() is an unsafe function being used in safe mode", name),
			  "--unsafe allows it");
		return false;
	}
	if (flags & FN_AGGREGATE && !aggregate_ok) {
		diag_hint(sema_error(sema, "aggregate-place", call->span,
				     "%s() must be assigned directly to a map", name),
			  "@map = %s(...)", name);
		return false;
	}
	if (flags & FN_NO_LOOP && sema->loop_depth) {
		sema_error(sema, "exit-in-loop", call->span, "%s() is not allowed in a loop", name);
		return false;
	}
	return true;
}

bool sema_allow_unstable(struct sema *sema, struct span span, const char *feature,
			 const char *setting, enum plan_unstable value, enum plan_unstable usual)
{
	switch (value == UNSTABLE_DEFAULT ? usual : value) {
	case UNSTABLE_ERROR:
		diag_hint(sema_error(sema, "unstable", span,
				     "%s is an unstable feature, which may change", feature),
			  "To use it: config = { %s = enable }", setting);
		return false;
	case UNSTABLE_WARN:
		diag_hint(sema_warning(sema, "unstable", span,
				       "%s is an unstable feature, which may change", feature),
			  "To use it without this warning: config = { %s = enable }", setting);
		return true;
	case UNSTABLE_DEFAULT:
	case UNSTABLE_ENABLE:
		break;
	}
	return true;
}

/* Whether the function may come to loop over something. */
static bool has_loop(const struct expr *call)
{
	const struct expr *first = call->call.args.len ? call->call.args.data[0] : NULL;

	switch ((int)call->call.function->id) {
	case FUNCTION_delete: /* of a scalar, which may have a value for each CPU */
		return call->call.args.len == 1 && first->kind == EXPR_MAP && !first->map.keys.len;
	case FUNCTION_len:
	case FUNCTION_memcmp:
	case FUNCTION_strcontains:
	case FUNCTION_strncmp:
	case FUNCTION_strstr:
		return true;
	}
	return false;
}

void sema_call(struct sema *sema, struct expr **at)
{
	bool aggregate_ok = sema->aggregate_ok;
	struct expr *call = *at;

	sema->aggregate_ok = false;
	call->call.function = lang_find_function(call->call.name);
	if (!call->call.function) {
		if (!call_builtin(sema, at) && !sema_call_c(sema, call))
			report_unknown(sema, call);
		return;
	}
	call->type = sema->unknown;
	if (!is_allowed(sema, call, aggregate_ok) || !prototype_check(sema, call))
		return;
	if (has_loop(call))
		sema_needs_function(sema, call->span);
	sema_call_hooks[call->call.function->id](sema, at);
}
