/* Functions of strings, memory and numbers. */
#include "sema/functions.h"

#include <arpa/inet.h>

#define NAME_LENGTH 64u /* strerror() and its kin */
#define MAX_BSWAP 8u

static const struct type *type_text(struct sema *sema, uint64_t capacity)
{
	return type_string(sema->types, (uint32_t)capacity);
}

/* A length argument: at most @limit; *known is set to it if it is a literal, else to @limit. */
static bool take_length(struct sema *sema, struct expr *call, size_t i, uint64_t limit,
			uint64_t *known)
{
	struct expr *arg = call->call.args.data[i];
	bool is_negative;

	*known = limit;
	if (!sema_is_known(sema, arg))
		return false;
	if (sema_const_int(arg, known, &is_negative)) {
		if (!call_literal(sema, call, i, known))
			return false;
		if (*known > limit) {
			sema_warning(sema, "length-clamped", arg->span,
				     "length param (%lu) is too long and will be shortened to %lu "
				     "bytes (see max_strlen)",
				     *known, limit);
			*known = limit;
			call->call.args.data[i] = sema_int(sema, arg->span, limit, false);
		}
	}
	sema_cast_to(sema, &call->call.args.data[i], sema_uint64(sema));
	return true;
}

/* A pointer to read a text from: an address that came as a number points where the probe's
 * arguments do. */
static void take_pointer(struct sema *sema, struct expr **arg)
{
	const struct type *byte = type_int(sema->types, 1, true);

	if ((*arg)->type->kind == TYPE_INT)
		sema_cast_to(sema, arg, type_ptr(sema->types, byte, sema_space(sema)));
}

void sema_call_str(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, **arg = &call->call.args.data[0];
	uint64_t limit = sema->plan->config.max_strlen, length = limit;

	if (!sema_is_known(sema, *arg))
		return;
	/* str($1): the text as it is. */
	if ((*arg)->kind == EXPR_STRING && !call_has(call, 1)) {
		*at = *arg;
		return;
	}
	if (call_has(call, 1) && !take_length(sema, call, 1, limit, &length))
		return;
	take_pointer(sema, arg);
	if ((*arg)->type->kind == TYPE_STRING && length > (*arg)->type->text.capacity)
		length = (*arg)->type->text.capacity;
	call->type = type_text(sema, length ? length : 1);
	if ((*arg)->type->kind == TYPE_PTR)
		sema_helper_error(sema, call, sema_read_helper(sema, (*arg)->type, true), true);
}

void sema_call_buf(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, **arg = &call->call.args.data[0];
	uint64_t limit = sema->plan->config.max_strlen, length = limit;
	const struct type *type = (*arg)->type;

	if (!sema_is_known(sema, *arg))
		return;
	if (!call_has(call, 1)) {
		if (type->kind != TYPE_ARRAY && type->kind != TYPE_STRING) {
			sema_error(sema, "argument-count", call->span,
				   "buf() expects a length argument for non-array type %s",
				   sema_type_name(sema, type));
			return;
		}
		length = type->size < limit ? type->size : limit;
	} else if (!take_length(sema, call, 1, limit, &length)) {
		return;
	}
	take_pointer(sema, arg);
	call->type = type_buffer(sema->types, (uint32_t)(length ? length : 1));
	if ((*arg)->type->kind == TYPE_PTR)
		sema_helper_error(sema, call, sema_read_helper(sema, (*arg)->type, false), true);
}

void sema_call_path(struct sema *sema, struct expr **at)
{
	struct expr *call = *at;
	uint64_t length = sema->plan->config.max_strlen;

	if (!(sema->provider->provides & PROVIDES_PATH)) {
		sema_error(
			sema, "wrong-probe", call->span,
			"The path function can only be used with 'fentry', 'fexit', 'iter' probes");
		return;
	}
	if (call_has(call, 1) && !take_length(sema, call, 1, length, &length))
		return;
	call->type = type_text(sema, length ? length : 1);
}

void sema_call_strlen(struct sema *sema, struct expr **at)
{
	struct expr *arg = (*at)->call.args.data[0];

	if (arg->kind == EXPR_STRING)
		*at = sema_int(sema, (*at)->span, arg->string.len, false);
}

void sema_call_strcap(struct sema *sema, struct expr **at)
{
	struct expr *arg = (*at)->call.args.data[0];

	if (sema_is_known(sema, arg))
		*at = sema_int(sema, (*at)->span, arg->type->text.capacity, false);
}

void sema_call_strncmp(struct sema *sema, struct expr **at)
{
	uint64_t n;

	call_literal(sema, *at, 2, &n);
}

void sema_call_strcontains(struct sema *sema, struct expr **call)
{
	(*call)->type = type_bool(sema->types);
}

void sema_call_strstr(struct sema *sema, struct expr **call)
{
	(*call)->type = type_int(sema->types, 4, true);
}

void sema_call_str_concat(struct sema *sema, struct expr **at)
{
	const struct type *a = (*at)->call.args.data[0]->type, *b = (*at)->call.args.data[1]->type;

	if (sema_is_known(sema, (*at)->call.args.data[0]) &&
	    sema_is_known(sema, (*at)->call.args.data[1]))
		(*at)->type = type_text(sema, (uint64_t)a->text.capacity + b->text.capacity - 1);
}

void sema_call_memcmp(struct sema *sema, struct expr **at)
{
	struct expr *call = *at;
	uint64_t n;

	if (!call_literal(sema, call, 2, &n))
		return;
	for (size_t i = 0; i < 2; i++) {
		const struct expr *arg = call->call.args.data[i];

		if (!sema_is_known(sema, arg) || arg->type->kind == TYPE_PTR ||
		    (!type_is_scalar(arg->type) && n <= arg->type->size))
			continue;
		sema_error(sema, "argument-type", arg->span,
			   "memcmp() expects %lu bytes of memory (%s provided)", n,
			   sema_type_name(sema, arg->type));
	}
}

static void name_of(struct sema *sema, struct expr *call)
{
	if (sema_is_known(sema, call->call.args.data[0]))
		sema_cast_to(sema, &call->call.args.data[0], sema_int64(sema));
	call->type = type_text(sema, NAME_LENGTH);
}

void sema_call_strerror(struct sema *sema, struct expr **call)
{
	name_of(sema, *call);
}

void sema_call_signal_name(struct sema *sema, struct expr **call)
{
	name_of(sema, *call);
}

void sema_call_syscall_name(struct sema *sema, struct expr **call)
{
	name_of(sema, *call);
}

static bool clock_of(const struct expr *number, enum type_clock *clock)
{
	*clock = CLOCK_BOOT;
	while (number->kind == EXPR_CAST)
		number = number->cast.operand;
	if (number->kind == EXPR_BUILTIN && number->ident.builtin->id == BUILTIN_nsecs)
		*clock = (enum type_clock)number->ident.index;
	return *clock != CLOCK_MONOTONIC_RAW_NS;
}

void sema_call_strftime(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, *number = call->call.args.data[1];
	enum type_clock clock;
	uint64_t ignored;
	bool is_negative;

	if (!sema_is_known(sema, number))
		return;
	if (sema_const_int(number, &ignored, &is_negative) &&
	    !call_literal(sema, call, 1, &ignored))
		return;
	if (!clock_of(number, &clock)) {
		sema_error(sema, "argument-type", number->span,
			   "strftime() can not take a monotonic timestamp");
		return;
	}
	call->call.data[0] = plan_string(sema->plan, call->call.args.data[0]->string.data);
	call->call.data[1] = clock;
	sema_cast_to(sema, &call->call.args.data[1], sema_uint64(sema));
}

void sema_call_bswap(struct sema *sema, struct expr **at)
{
	struct expr *arg = (*at)->call.args.data[0];

	if (!sema_is_known(sema, arg))
		return;
	(*at)->type =
		type_int(sema->types, arg->type->size <= MAX_BSWAP ? arg->type->size : 8, false);
	sema_cast_to(sema, &(*at)->call.args.data[0], (*at)->type);
}

/* --- addresses --- */

void sema_call_pton(struct sema *sema, struct expr **at)
{
	struct expr *call = *at;
	const char *text = call->call.args.data[0]->string.data;
	bool is_v6 = strchr(text, ':') != NULL;

	if (inet_pton(is_v6 ? AF_INET6 : AF_INET, text, call->call.data) != 1) {
		sema_error(sema, "bad-address", call->call.args.data[0]->span,
			   "pton() expects an valid IPv4 or IPv6 address: got %s", text);
		return;
	}
	call->type = type_array(sema->types, type_int(sema->types, 1, false), is_v6 ? 16 : 4);
}

void sema_call_ntop(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, **address = &vec_last(&call->call.args);
	const struct type *type = (*address)->type;

	if (!sema_is_known(sema, *address) || !sema_is_known(sema, call->call.args.data[0]))
		return;
	if (call->call.args.len == 2) {
		if (!sema_is_number(sema, call->call.args.data[0]->type)) {
			sema_error(sema, "argument-type", call->call.args.data[0]->span,
				   "ntop() expects an integer as its first argument");
			return;
		}
		sema_cast_to(sema, &call->call.args.data[0], sema_uint64(sema));
	}
	if (sema_is_number(sema, type) || type->kind == TYPE_PTR)
		return;
	if (type->kind != TYPE_ARRAY && type->kind != TYPE_STRING)
		sema_error(sema, "argument-type", (*address)->span,
			   "ntop() expects an integer or array argument, got %s",
			   sema_type_name(sema, type));
	else if (type->size != 4 && type->size != 16)
		sema_error(sema, "argument-type", (*address)->span,
			   "ntop() argument must be 4 or 16 bytes in size");
}

void sema_call_macaddr(struct sema *sema, struct expr **at)
{
	struct expr *arg = (*at)->call.args.data[0];

	if (!sema_is_known(sema, arg))
		return;
	if (arg->type->kind == TYPE_PTR || arg->type->kind == TYPE_INT ||
	    (arg->type->kind == TYPE_ARRAY && arg->type->size == 6) ||
	    (arg->type->kind == TYPE_STRING && arg->kind != EXPR_STRING && arg->type->size == 6))
		take_pointer(sema, &(*at)->call.args.data[0]);
	else
		sema_error(sema, "argument-type", arg->span,
			   "macaddr() only supports array or pointer arguments of 6 bytes (%s "
			   "provided)",
			   sema_type_name(sema, arg->type));
}

static void move_pointer(struct sema *sema, struct expr **at, enum type_space space)
{
	struct expr *call = *at, *arg = call->call.args.data[0];
	const struct type *to = type_none(sema->types);

	if (!sema_is_known(sema, arg))
		return;
	if (arg->type->kind == TYPE_PTR)
		to = arg->type->ptr.to;
	call->type = type_ptr(sema->types, to, space);
	sema_cast_to(sema, &call->call.args.data[0], call->type);
}

void sema_call_kptr(struct sema *sema, struct expr **at)
{
	move_pointer(sema, at, SPACE_KERNEL);
}

void sema_call_uptr(struct sema *sema, struct expr **at)
{
	move_pointer(sema, at, SPACE_USER);
}

void sema_call_is_err(struct sema *sema, struct expr **call)
{
	(*call)->type = type_bool(sema->types);
}

static bool is_member(const struct expr *arg)
{
	return arg->kind == EXPR_IDENT;
}

void sema_call_container_of(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, *name = call->call.args.data[1];
	const struct type *type = sema_type(sema, call->call.type_arg, NULL);
	const struct type *pointer = call->call.args.data[0]->type;
	struct type_path path;

	if (type == sema->unknown || !sema_is_known(sema, call->call.args.data[0]) ||
	    !is_member(name))
		return;
	if (!type_is_struct(type) ||
	    !types_find_field(sema->types, type, name->ident.name, &path)) {
		sema_error(sema, "unknown-field", name->span, "'%s' has no field named '%s'",
			   sema_type_name(sema, type), name->ident.name);
		return;
	}
	call->type = type_ptr(sema->types, type,
			      pointer->kind == TYPE_PTR ? pointer->ptr.space : SPACE_KERNEL);
	name->type = type_none(sema->types);
}

void sema_call_write_user(struct sema *sema, struct expr **at)
{
	sema_cast_to(sema, &(*at)->call.args.data[2], sema_uint64(sema));
	(*at)->type = type_bool(sema->types);
}
