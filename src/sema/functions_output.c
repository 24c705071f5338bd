/* Functions that print, and those that the runtime carries out: each makes an event of the plan. */
#include "sema/functions.h"

#include "program/format.h"

#define JOIN_MAX 16u
#define DEBUGF_MAX 3u
#define SEQ_PRINTF_MAX 12u

static void format_event(struct sema *sema, struct expr *call, enum plan_event_kind kind)
{
	const struct type *payload;

	if (!format_check(sema, call, &payload))
		return;
	sema_event(sema, kind, call->span, payload, &call->call.event)->format =
		call->call.args.data[0]->string.data;
}

/* --- iterators that are pinned: what they print is read from their pin --- */

static bool is_pinned(const struct sema *sema)
{
	return plan_prog_is_pinned(&sema->plan->progs.data[sema->prog]);
}

/* What bpf_seq_printf() prints. */
static bool check_pinned(struct sema *sema, const struct expr *arg)
{
	if (!sema_is_known(sema, arg) || arg->type->kind == TYPE_INT ||
	    arg->type->kind == TYPE_PTR || arg->type->kind == TYPE_STRING)
		return true;
	diag_hint(sema_error(sema, "format-type", arg->span,
			     "a pinned iterator cannot print a value of type '%s'",
			     sema_type_name(sema, arg->type)),
		  "Whoever reads the pin gets numbers and strings");
	return false;
}

static void pinned_printf(struct sema *sema, struct expr *call)
{
	const char *format = call->call.args.data[0]->string.data;
	const struct type *payload;
	struct format_part part;

	call->call.event = AST_NO_EVENT;
	if (!format_check(sema, call, &payload))
		return;
	if (call->call.args.len - 1 > SEQ_PRINTF_MAX) {
		sema_error(sema, "format-count", call->span,
			   "a pinned iterator's printf() takes %u values at most", SEQ_PRINTF_MAX);
		return;
	}
	while (format_next(&format, &part)) {
		if (part.precision < 0 && !part.alternate && part.kind != FORMAT_OCTAL)
			continue;
		sema_error(sema, "format-specifier", call->call.args.data[0]->span,
			   "a pinned iterator cannot print '%.*s'", (int)part.len, part.start);
		return;
	}
	for (size_t i = 1; i < call->call.args.len; i++)
		if (!check_pinned(sema, call->call.args.data[i]))
			return;
}

void sema_call_printf(struct sema *sema, struct expr **call)
{
	if (is_pinned(sema))
		pinned_printf(sema, *call);
	else
		format_event(sema, *call, EVENT_PRINTF);
}

void sema_call_errorf(struct sema *sema, struct expr **call)
{
	format_event(sema, *call, EVENT_ERRORF);
}

void sema_call_warnf(struct sema *sema, struct expr **call)
{
	format_event(sema, *call, EVENT_WARNF);
}

void sema_call_cat(struct sema *sema, struct expr **call)
{
	format_event(sema, *call, EVENT_CAT);
}

void sema_call_system(struct sema *sema, struct expr **call)
{
	format_event(sema, *call, EVENT_SYSTEM);
}

/* What bpf_trace_printk() can print: numbers, and texts in the program's memory. */
static bool check_debugf(struct sema *sema, const struct expr *call)
{
	if (call->call.args.len - 1 > DEBUGF_MAX) {
		sema_error(sema, "format-count", call->span,
			   "%s() cannot use more than 3 conversion specifiers", call->call.name);
		return false;
	}
	for (size_t i = 1; i < call->call.args.len; i++) {
		const struct expr *arg = call->call.args.data[i];

		if (!sema_is_known(sema, arg) || type_is_integer(arg->type) ||
		    arg->type->kind == TYPE_BOOL || arg->type->kind == TYPE_PTR ||
		    arg->type->kind == TYPE_STRING)
			continue;
		diag_hint(sema_error(sema, "format-type", arg->span,
				     "debugf() cannot print a value of type '%s'",
				     sema_type_name(sema, arg->type)),
			  "The kernel prints numbers and strings; use printf()");
		return false;
	}
	return true;
}

void sema_call_debugf(struct sema *sema, struct expr **at)
{
	const struct type *payload;
	struct expr *call = *at;

	if (!format_check(sema, call, &payload) || !check_debugf(sema, call))
		return;
	diag_hint(sema_warning(sema, "debugf", call->span,
			       "debugf() prints to the kernel's trace pipe, which all tracers "
			       "share: it is for debugging only"),
		  "Use printf()");
}

/* --- print --- */

static void print_value(struct sema *sema, struct expr *call)
{
	struct expr **arg = &call->call.args.data[0];
	const struct type *type;

	if (sema_is_known(sema, *arg) && (*arg)->type->kind == TYPE_NONE) {
		sema_error(sema, "not-printable", (*arg)->span,
			   "none type passed to print() is not printable");
		return;
	}
	sema_read(sema, arg);
	if (!sema_is_known(sema, *arg))
		return;
	if (is_pinned(sema)) {
		call->call.event = AST_NO_EVENT;
		check_pinned(sema, *arg);
		return;
	}
	type = (*arg)->type;
	sema_event(sema, EVENT_PRINT_VALUE, call->span, call_tuple(sema, &type, 1),
		   &call->call.event);
}

static void print_map(struct sema *sema, struct expr *call)
{
	const struct type *numbers[2] = {sema_uint64(sema), sema_uint64(sema)};
	struct expr *arg = call->call.args.data[0];
	struct sema_map *map = sema_map(sema, arg, MAP_WHOLE);

	sema_event(sema, EVENT_PRINT_MAP, call->span, call_tuple(sema, numbers, 2),
		   &call->call.event)
		->map = map->index;
	for (size_t i = 1; i < call->call.args.len; i++) {
		uint64_t ignored;

		if (call_literal(sema, call, i, &ignored))
			sema_cast_to(sema, &call->call.args.data[i], sema_uint64(sema));
	}
}

/* print(@m[k]) of what is no single number: the runtime reads it. */
static void print_map_value(struct sema *sema, struct expr *call)
{
	struct expr *arg = call->call.args.data[0];
	const struct type *key = arg->map.key ? arg->map.key->type : NULL;

	sema_event(sema, EVENT_PRINT_MAP_VALUE, call->span, key ? call_tuple(sema, &key, 1) : NULL,
		   &call->call.event)
		->map = arg->map.map;
}

void sema_call_print(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, **arg = &call->call.args.data[0];

	if ((*arg)->kind == EXPR_MAP && !(*arg)->map.has_brackets) {
		print_map(sema, call);
		return;
	}
	if (call->call.args.len > 1) {
		sema_error(sema, "argument-count", call->span,
			   "Non-map print() only takes 1 argument, %zu found", call->call.args.len);
		return;
	}
	sema_expr(sema, arg);
	if (!sema_is_known(sema, *arg))
		return;
	sema_spell_args(sema, arg);
	if ((*arg)->kind == EXPR_MAP && type_is_aggregate((*arg)->type) &&
	    !type_is_castable_aggregate((*arg)->type))
		print_map_value(sema, call);
	else
		print_value(sema, call);
}

/* --- the rest --- */

void sema_call_clear(struct sema *sema, struct expr **at)
{
	struct expr *call = *at;

	sema_event(sema, EVENT_CLEAR, call->span, NULL, &call->call.event)->map =
		call->call.args.data[0]->map.map;
}

void sema_call_zero(struct sema *sema, struct expr **at)
{
	struct expr *call = *at;

	sema_event(sema, EVENT_ZERO, call->span, NULL, &call->call.event)->map =
		call->call.args.data[0]->map.map;
}

void sema_call_time(struct sema *sema, struct expr **at)
{
	struct expr *call = *at;

	sema_event(sema, EVENT_TIME, call->span, NULL, &call->call.event)->format =
		call_has(call, 0) ? call->call.args.data[0]->string.data : "%H:%M:%S\n";
}

void sema_call_exit(struct sema *sema, struct expr **at)
{
	const struct type *code = sema_int64(sema);
	struct expr *call = *at;

	if (call_has(call, 0))
		sema_cast_to(sema, &call->call.args.data[0], code);
	sema_event(sema, EVENT_EXIT, call->span, call_tuple(sema, &code, 1), &call->call.event);
}

void sema_call_assert(struct sema *sema, struct expr **at)
{
	struct expr *call = *at;

	sema_event(sema, EVENT_ASSERT, call->span, NULL, &call->call.event)->format = arena_printf(
		sema->arena, "assert failed: %s", call->call.args.data[1]->string.data);
}

void sema_call_unwatch(struct sema *sema, struct expr **at)
{
	const struct type *address = sema_uint64(sema);
	struct expr *call = *at;

	sema_cast_to(sema, &call->call.args.data[0], address);
	sema_event(sema, EVENT_UNWATCH, call->span, call_tuple(sema, &address, 1),
		   &call->call.event);
}

/* The array of pointers to texts: one in memory, or where a pointer or address leads. */
static bool take_texts(struct sema *sema, struct expr **arg)
{
	const struct type *type = (*arg)->type, *element = NULL;
	const struct type *text =
		type_ptr(sema->types, type_int(sema->types, 1, true), sema_number_space(sema));

	if (type->kind == TYPE_INT) {
		sema_cast_to(sema, arg, type_ptr(sema->types, text, sema_number_space(sema)));
		return true;
	}
	if (type->kind == TYPE_PTR)
		element = type->ptr.to;
	else if (type->kind == TYPE_ARRAY)
		element = type->array.element;
	if (element && element->kind == TYPE_PTR)
		return true;
	diag_hint(
		sema_error(sema, "argument-type", (*arg)->span,
			   "join() expects an array of strings: char *[] or char ** (%s provided)",
			   sema_type_name(sema, type)),
		"str() reads a single string");
	return false;
}

void sema_call_join(struct sema *sema, struct expr **at)
{
	const struct type *members[JOIN_MAX + 1] = {sema_uint64(sema)};
	uint32_t size = (uint32_t)sema->plan->config.max_strlen;
	struct expr *call = *at;

	if (!sema_is_known(sema, call->call.args.data[0]) ||
	    !take_texts(sema, &call->call.args.data[0]))
		return;
	for (uint32_t i = 1; i <= JOIN_MAX; i++)
		members[i] = type_string(sema->types, size);
	sema_event(sema, EVENT_JOIN, call->span, call_tuple(sema, members, JOIN_MAX + 1),
		   &call->call.event)
		->format = call_has(call, 1) ? call->call.args.data[1]->string.data : " ";
}

/* The file's packets are cut to max_strlen bytes. */
void sema_call_skboutput(struct sema *sema, struct expr **at)
{
	const struct type *members[3] = {
		sema_uint64(sema), type_int(sema->types, 4, false),
		type_buffer(sema->types, (uint32_t)sema->plan->config.max_strlen)};
	struct expr *call = *at;

	if (!call_needs_context(sema, call, CONTEXT_BTF_ARGS, "fentry and fexit") ||
	    !call_points_to(sema, call, 1, "sk_buff"))
		return;
	sema_cast_to(sema, &call->call.args.data[2], sema_uint64(sema));
	sema_cast_to(sema, &call->call.args.data[3], sema_uint64(sema));
	sema_event(sema, EVENT_SKBOUTPUT, call->span, call_tuple(sema, members, 3),
		   &call->call.event)
		->format = call->call.args.data[0]->string.data;
}
