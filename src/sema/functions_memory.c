/* Functions of strings, memory, numbers and network addresses. */
#include "sema/functions.h"

#include <arpa/inet.h>

#define NAME_LENGTH 64u /* strerror() and its kin */

static const struct type *type_text(struct sema *sema, uint64_t capacity)
{
	return type_string(sema->types, (uint32_t)(capacity ? capacity : 1));
}

/* A length argument: *known is its number if that is known, at most @limit, else @limit. That a
 * smaller object has fewer bytes than were asked for is nobody's mistake. */
static bool take_length(struct sema *sema, struct expr *call, size_t i, uint64_t limit,
			uint64_t *known)
{
	struct expr **arg = &call->call.args.data[i];
	bool is_negative;

	*known = limit;
	if (!sema_is_known(sema, *arg))
		return false;
	if (sema_const_int(*arg, known, &is_negative)) {
		if (!call_literal(sema, call, i, known))
			return false;
		if (*known > sema->plan->config.max_strlen)
			diag_hint(sema_warning(sema, "length-clamped", (*arg)->span,
					       "length param (%lu) is too long and will be "
					       "shortened to %lu bytes",
					       *known, limit),
				  "config = { max_strlen = ... } sets the limit for what is read "
				  "through pointers");
		if (*known > limit)
			*known = limit;
		*arg = sema_int(sema, (*arg)->span, *known, false);
	}
	sema_cast_to(sema, arg, sema_uint64(sema));
	return true;
}

/* Whether it is in the program's own memory, and as many bytes as its type says. */
static bool is_memory(const struct type *type)
{
	return type->kind == TYPE_ARRAY || type->kind == TYPE_STRING;
}

static bool is_address(const struct type *type)
{
	return type->kind == TYPE_PTR || type->kind == TYPE_INT || type->kind == TYPE_KSYM;
}

static void read_error(struct sema *sema, struct expr *call, size_t arg, bool is_string)
{
	const struct type *type = call->call.args.data[arg]->type;

	if (type->kind == TYPE_PTR)
		sema_helper_error(sema, call, sema_read_helper(sema, type, is_string), true);
}

static uint64_t most_bytes(const struct sema *sema, const struct type *type)
{
	uint64_t limit = sema->plan->config.max_strlen;

	return is_memory(type) && type->size < limit ? type->size : limit;
}

static bool check_source(struct sema *sema, struct expr *call, const char *what)
{
	const struct expr *arg;

	if (!sema_is_known(sema, call->call.args.data[0]))
		return false;
	sema_decay_flexible(sema, &call->call.args.data[0]);
	arg = call->call.args.data[0];
	if (is_address(arg->type) || (is_memory(arg->type) && arg->type->size))
		return true;
	diag_hint(sema_error(sema, "argument-type", arg->span, "%s() expects %s (%s provided)",
			     call->call.name, what, sema_type_name(sema, arg->type)),
		  "A value of another type can be read through a pointer to it");
	return false;
}

void sema_call_str(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, **arg = &call->call.args.data[0];
	uint64_t length;

	/* Of a script's parameter, the text. */
	if (!sema_param_string(sema, arg))
		sema_value(sema, arg);
	if (!check_source(sema, call, "a pointer, an address or an array"))
		return;
	if ((*arg)->kind == EXPR_STRING && !call_has(call, 1)) {
		*at = *arg;
		return;
	}
	length = most_bytes(sema, (*arg)->type);
	if (call_has(call, 1) && !take_length(sema, call, 1, length, &length))
		return;
	call_take_pointer(sema, arg);
	call->type = type_text(sema, length);
	read_error(sema, call, 0, true);
}

void sema_call_buf(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, **arg = &call->call.args.data[0];
	uint64_t length;

	if (!check_source(sema, call, "a pointer, an address or an array"))
		return;
	length = most_bytes(sema, (*arg)->type);
	if (call_has(call, 1)) {
		if (!take_length(sema, call, 1, length, &length))
			return;
	} else if (!is_memory((*arg)->type)) {
		sema_error(sema, "argument-count", call->span,
			   "buf() expects a length argument for non-array type %s",
			   sema_type_name(sema, (*arg)->type));
		return;
	}
	call_take_pointer(sema, arg);
	call->type = type_buffer(sema->types, (uint32_t)(length ? length : 1));
	read_error(sema, call, 0, false);
}

/* The kernel's struct path, or a pointer to one. */
static bool is_path(const struct type *type)
{
	if (type->kind == TYPE_PTR)
		type = type->ptr.to;
	return type_is_struct(type) && !strcmp(type->record.name, "path");
}

void sema_call_path(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, *arg = call->call.args.data[0];
	uint64_t length = sema->plan->config.max_strlen;

	if (!call_needs(sema, call, PROVIDES_PATH, "'fentry', 'fexit', 'iter'") ||
	    !sema_is_known(sema, arg))
		return;
	if (!is_path(arg->type)) {
		sema_error(sema, "argument-type", arg->span,
			   "path() expects a struct path or a pointer to one (%s provided)",
			   sema_type_name(sema, arg->type));
		return;
	}
	if (call_has(call, 1) && !take_length(sema, call, 1, length, &length))
		return;
	call->type = type_text(sema, length);
	sema_helper_error(sema, call, "d_path", true);
}

/* --- texts --- */

/* Not a plain literal, which would take the smallest type. */
static void fold_to_uint64(struct sema *sema, struct expr **at, uint64_t value)
{
	*at = expr_implicit_cast(sema->arena, sema_int(sema, (*at)->span, value, false),
				 sema_uint64(sema));
}

void sema_call_strlen(struct sema *sema, struct expr **at)
{
	const struct expr *arg = (*at)->call.args.data[0];

	if (arg->kind == EXPR_STRING)
		fold_to_uint64(sema, at, arg->string.len);
}

void sema_call_strcap(struct sema *sema, struct expr **at)
{
	const struct expr *arg = (*at)->call.args.data[0];

	if (sema_is_known(sema, arg))
		fold_to_uint64(sema, at, arg->type->text.capacity);
}

void sema_call_strncmp(struct sema *sema, struct expr **at)
{
	uint64_t n;

	call_literal(sema, *at, 2, &n);
}

PLAIN_CALL(strcontains)
PLAIN_CALL(strstr)

/* An array of C's may be full; what str() reads to max_strlen has its last byte for more. */
static uint64_t longest_text(const struct sema *sema, const struct expr *text)
{
	uint64_t capacity = text->type->text.capacity;

	if (text->kind == EXPR_STRING || text->kind == EXPR_BUILTIN ||
	    capacity == sema->plan->config.max_strlen)
		capacity--;
	return capacity;
}

/*
 * What does not fit is cut off at the end. A text that is added to over and over grows to a fixed
 * size at once, so that its type settles. One that is not known yet counts as empty: what is made
 * only of itself and of others (@x = str_concat(@x, "a")) gets its type from the others, and grows
 * in the rounds that follow.
 */
void sema_call_str_concat(struct sema *sema, struct expr **at)
{
	const struct expr *a = (*at)->call.args.data[0], *b = (*at)->call.args.data[1];
	uint64_t limit = sema->plan->config.max_strlen, sum = 1;

	if (!sema_is_known(sema, a) && !sema_is_known(sema, b))
		return;
	if (sema_is_known(sema, a))
		sum += longest_text(sema, a);
	if (sema_is_known(sema, b))
		sum += longest_text(sema, b);
	(*at)->type = type_text(sema, sum <= limit ? sum : 2 * limit);
}

static bool check_bytes(struct sema *sema, const struct expr *call, size_t i, uint64_t n)
{
	const struct expr *arg = call->call.args.data[i];
	uint64_t most = 0;

	if (!sema_is_known(sema, arg) || is_address(arg->type))
		return true;
	if (arg->type->kind == TYPE_BUFFER)
		most = arg->type->text.capacity;
	else if (!type_is_scalar(arg->type))
		most = arg->type->size;
	if (n <= most)
		return true;
	sema_error(sema, "argument-type", arg->span,
		   "memcmp() expects %lu bytes of memory or a pointer (%s provided)", n,
		   sema_type_name(sema, arg->type));
	return false;
}

void sema_call_memcmp(struct sema *sema, struct expr **at)
{
	uint64_t limit = sema->plan->config.max_strlen, n;
	struct expr *call = *at;

	if (!call_literal(sema, call, 2, &n))
		return;
	if (n > limit) {
		diag_hint(sema_error(sema, "length-limit", call->call.args.data[2]->span,
				     "memcmp() compares up to %lu bytes (%lu wanted)", limit, n),
			  "config = { max_strlen = ... } sets the limit");
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		if (!check_bytes(sema, call, i, n) || !sema_is_known(sema, call->call.args.data[i]))
			continue;
		call_take_pointer(sema, &call->call.args.data[i]);
		if (!call->error_event)
			read_error(sema, call, i, false);
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

void sema_call_strftime(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, *number = call->call.args.data[1];
	enum type_clock clock = infer_clock(sema, number);
	uint64_t ignored;
	bool is_negative;

	if (!sema_is_known(sema, number))
		return;
	if (sema_const_int(number, &ignored, &is_negative) &&
	    !call_literal(sema, call, 1, &ignored))
		return;
	if (clock == CLOCK_MONOTONIC_RAW_NS) {
		diag_hint(sema_error(sema, "argument-type", number->span,
				     "strftime() can not take a monotonic timestamp"),
			  "Use nsecs, nsecs(boot) or nsecs(tai)");
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
	(*at)->type = type_int(sema->types, arg->type->size, false);
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
			   "pton() expects a valid IPv4 or IPv6 address: got %s", text);
		return;
	}
	call->type = type_array(sema->types, type_int(sema->types, 1, false), is_v6 ? 16 : 4);
}

static bool is_word(const struct type *type)
{
	return type_is_integer(type) || type->kind == TYPE_BOOL;
}

/* struct in_addr and in6_addr are taken for the bytes that they are. */
static bool check_address(struct sema *sema, const struct expr *address)
{
	const struct type *type = address->type;

	if (type_is_integer(type))
		return true;
	if (type->kind != TYPE_ARRAY && type->kind != TYPE_STRING && !type_is_struct(type))
		sema_error(sema, "argument-type", address->span,
			   "ntop() expects an integer or array argument, got %s",
			   sema_type_name(sema, type));
	else if (type->size != 4 && type->size != 16)
		sema_error(sema, "argument-type", address->span,
			   "ntop() argument must be 4 or 16 bytes in size (%s provided)",
			   sema_type_name(sema, type));
	else
		return true;
	return false;
}

void sema_call_ntop(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, *address = vec_last(&call->call.args);
	struct expr **family = call->call.args.len == 2 ? &call->call.args.data[0] : NULL;

	if (sema_is_known(sema, address) && !check_address(sema, address))
		return;
	if (!family || !sema_is_known(sema, *family))
		return;
	if (is_word((*family)->type))
		sema_cast_to(sema, family, sema_uint64(sema));
	else
		sema_error(sema, "argument-type", (*family)->span,
			   "ntop() expects an integer as its first argument: AF_INET or AF_INET6 "
			   "(%s provided)",
			   sema_type_name(sema, (*family)->type));
}

void sema_call_macaddr(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, *arg = call->call.args.data[0];

	if (!sema_is_known(sema, arg))
		return;
	if (!is_address(arg->type) &&
	    (!is_memory(arg->type) || arg->type->size != 6 || arg->kind == EXPR_STRING)) {
		sema_error(sema, "argument-type", arg->span,
			   "macaddr() only supports array or pointer arguments of 6 bytes (%s "
			   "provided)",
			   sema_type_name(sema, arg->type));
		return;
	}
	call_take_pointer(sema, &call->call.args.data[0]);
	read_error(sema, call, 0, false);
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

PLAIN_CALL(is_err)

void sema_call_container_of(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, *name = call->call.args.data[2];
	const struct type *type = sema_type(sema, call->call.args.data[1]->type_name, NULL);
	const struct type *pointer = call->call.args.data[0]->type;
	struct type_path path;

	name->type = type_none(sema->types);
	if (type == sema->unknown || !sema_is_known(sema, call->call.args.data[0]))
		return;
	if (!type_is_struct(type) ||
	    !types_find_field(sema->types, type, name->ident.name, &path)) {
		sema_hint_field(sema,
				sema_error(sema, "unknown-field", name->span,
					   "'%s' has no field named '%s'",
					   sema_type_name(sema, type), name->ident.name),
				type, name->ident.name);
		return;
	}
	call->type = type_ptr(sema->types, type,
			      pointer->kind == TYPE_PTR ? pointer->ptr.space : SPACE_KERNEL);
}

void sema_call_write_user(struct sema *sema, struct expr **at)
{
	uint64_t limit = sema->plan->config.max_strlen, n;
	struct expr *call = *at;

	if (!take_length(sema, call, 2, limit, &n))
		return;
	call_take_pointer(sema, &call->call.args.data[1]);
	sema_helper_error(sema, call, "probe_write_user", true);
}
