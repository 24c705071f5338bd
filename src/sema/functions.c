/* Calls: finds the function, checks what all functions have in common, then asks the function's own
 * hook. */
#include "sema/functions.h"

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

/* pid(), comm(), kstack(3): a builtin that is written as a call. */
static bool call_builtin(struct sema *sema, struct expr **at)
{
	struct expr *call = *at;
	uint32_t index = 0;
	const struct lang_builtin *builtin = lang_find_builtin(call->call.name, &index);
	struct expr *expr;

	if (!builtin)
		return false;
	expr = expr_new(sema->arena, EXPR_BUILTIN, call->span);
	expr->ident.name = call->call.name;
	expr->ident.builtin = builtin;
	expr->ident.index = index;
	expr->ident.args = call->call.args;
	if (!(builtin->flags & BUILTIN_CALL) ||
	    (call->call.args.len && !(builtin->flags & BUILTIN_ARGS))) {
		sema_error(sema, "builtin-call", call->span, "%s %s", call->call.name,
			   builtin->flags & BUILTIN_CALL
				   ? "takes no arguments"
				   : "is not a function: write it without ()");
		expr->type = sema->unknown;
	}
	*at = expr;
	if (!expr->type)
		sema_builtin(sema, at);
	return true;
}

static void report_unknown(struct sema *sema, struct expr *call)
{
	struct diag *diag = sema_error(sema, "unknown-function", call->call.name_span,
				       "Unknown function: '%s'", call->call.name);
	const char *names[FUNCTION_COUNT_], *nearest;

	for (int i = 0; i < FUNCTION_COUNT_; i++)
		names[i] = lang_functions[i].name;
	nearest = diag_nearest(call->call.name, names, FUNCTION_COUNT_);
	if (nearest)
		diag_hint(diag, "Did you mean '%s'?", nearest);
	call->type = sema->unknown;
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

void sema_call(struct sema *sema, struct expr **at)
{
	bool aggregate_ok = sema->aggregate_ok;
	struct expr *call = *at;

	sema->aggregate_ok = false;
	call->call.function = lang_find_function(call->call.name);
	if (!call->call.function) {
		if (!call_builtin(sema, at))
			report_unknown(sema, call);
		return;
	}
	call->type = sema->unknown;
	if (!is_allowed(sema, call, aggregate_ok) || !prototype_check(sema, call))
		return;
	sema_call_hooks[call->call.function->id](sema, at);
}
