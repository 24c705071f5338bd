/* Calls of functions in imported C programs, whose prototypes their BTF tells. */
#include "sema/functions.h"

#include "types/cobject.h"

static void report_argument(struct sema *sema, const struct expr *call, const struct expr *arg,
			    const char *what)
{
	if (sema_is_known(sema, arg))
		sema_error(sema, "argument-type", arg->span, "%s() expects %s (%s provided)",
			   call->call.name, what, sema_type_name(sema, arg->type));
}

/* Two structs or unions of different names; what else a pointer points to is the caller's affair.
 */
static bool is_other_struct(const struct type *to, const struct type *given)
{
	return to && given && type_is_struct(to) && type_is_struct(given) &&
	       strcmp(to->record.name, given->record.name) != 0;
}

static void check_argument(struct sema *sema, const struct expr *call, struct expr **arg,
			   const struct type *type)
{
	const struct type *given;

	sema_value(sema, arg);
	given = (*arg)->type;
	if (!sema_is_known(sema, *arg))
		return;
	if (type->kind == TYPE_PTR) {
		if (given->kind != TYPE_PTR && given->kind != TYPE_INT && given->kind != TYPE_KSYM)
			report_argument(sema, call, *arg, "a pointer or an address");
		else if (given->kind == TYPE_PTR && is_other_struct(type->ptr.to, given->ptr.to))
			report_argument(
				sema, call, *arg,
				arena_printf(sema->arena, "a %s", sema_type_name(sema, type)));
	} else if (!sema_is_number(sema, given) && given->kind != TYPE_BOOL) {
		report_argument(sema, call, *arg, "an integer");
	} else {
		sema_cast_to(sema, arg, type);
	}
}

static bool is_callable(const struct type_function *function)
{
	for (uint32_t i = 0; i < function->nparams; i++)
		if (!function->params[i].type)
			return false;
	return function->result;
}

bool sema_call_c(struct sema *sema, struct expr *call)
{
	struct type_function function;
	size_t n = call->call.args.len;

	if (!types_find_c_function(sema->types, call->call.name, &function))
		return false;
	call->call.function = &lang_c_function;
	call->type = sema->unknown;
	if (!is_callable(&function)) {
		sema_error(sema, "argument-type", call->span,
			   "%s() takes or returns what scripts cannot hand over: "
			   "only integers and pointers can be",
			   call->call.name);
		return true;
	}
	call->type = function.result;
	if (n != function.nparams) {
		sema_error(sema, "argument-count", call->span,
			   "%s() requires %u argument%s (%zu provided)", call->call.name,
			   function.nparams, function.nparams == 1 ? "" : "s", n);
		return true;
	}
	for (size_t i = 0; i < n; i++)
		check_argument(sema, call, &call->call.args.data[i], function.params[i].type);
	return true;
}
