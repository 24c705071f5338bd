/* printf formats against their arguments (LANGUAGE.md 6.5). In: a call whose first argument is the
 * format and whose others are checked; out: the payload of its event. */
#include "sema/functions.h"

#include "program/format.h"

static bool is_number_kind(const struct type *type)
{
	return type_is_integer(type) || type->kind == TYPE_BOOL;
}

/* A payload holds values; the aggregates that are charts stay in their maps. */
static bool is_printable(const struct type *type)
{
	return type->kind == TYPE_STATS || (type->kind != TYPE_NONE && !type_is_aggregate(type));
}

static bool takes(enum format_kind kind, const struct type *type)
{
	switch (kind) {
	case FORMAT_TEXT:
	case FORMAT_UNSUPPORTED:
		return false;
	case FORMAT_DECIMAL:
	case FORMAT_UNSIGNED:
	case FORMAT_OCTAL:
	case FORMAT_CHAR:
	case FORMAT_GFP:
		return is_number_kind(type);
	case FORMAT_HEX:
	case FORMAT_HEX_UPPER:
	case FORMAT_POINTER:
		return is_number_kind(type) || type->kind == TYPE_PTR || type->kind == TYPE_KSYM;
	case FORMAT_STRING:
		return is_printable(type);
	case FORMAT_BYTES:
	case FORMAT_BYTES_ESCAPED:
	case FORMAT_BYTES_HEX:
		return type->kind == TYPE_BUFFER || type->kind == TYPE_STRING;
	}
	return false;
}

static bool report_type(struct sema *sema, const struct format_part *part, const struct expr *arg)
{
	struct diag *diag;

	if (arg->type->kind == TYPE_NONE) {
		sema_error(sema, "format-type", arg->span,
			   "a value of type none cannot be printed");
		return false;
	}
	diag = sema_error(sema, "format-type", arg->span,
			  "unsupported format specifier for type '%s': %c",
			  sema_type_name(sema, arg->type), part->letter);
	if (type_is_castable_aggregate(arg->type))
		diag_hint(diag, "Cast it to an integer: (int64)@map");
	else if (type_is_aggregate(arg->type))
		diag_hint(diag, "print(@map) shows it");
	else if (part->kind != FORMAT_STRING)
		diag_hint(diag, "%%s takes every value that can be printed");
	return false;
}

static bool check_part(struct sema *sema, const struct format_part *part, struct expr **arg)
{
	sema_spell_args(sema, arg);
	if (!sema_is_known(sema, *arg))
		return true;
	/* What an aggregate prints as is a number; "%d" wants to be told so. */
	if (part->kind == FORMAT_STRING && type_is_castable_aggregate((*arg)->type))
		sema_read(sema, arg);
	return takes(part->kind, (*arg)->type) || report_type(sema, part, *arg);
}

static bool check_parts(struct sema *sema, struct expr *call, const struct type **types,
			bool *known)
{
	const char *text = call->call.args.data[0]->string.data;
	struct format_part part;
	size_t next = 1;
	bool ok = true;

	while (format_next(&text, &part)) {
		struct expr **arg;

		if (!format_takes_argument(part.kind))
			continue;
		arg = &call->call.args.data[next++];
		ok &= check_part(sema, &part, arg);
		*known &= sema_is_known(sema, *arg);
		types[next - 2] = (*arg)->type;
	}
	return ok;
}

static bool is_supported(struct sema *sema, const struct expr *format)
{
	const char *text = format->string.data;
	struct format_part part;

	while (format_next(&text, &part)) {
		if (part.kind != FORMAT_UNSUPPORTED)
			continue;
		sema_error(sema, "format-specifier", format->span,
			   "unsupported format specifier: %c", part.letter);
		return false;
	}
	return true;
}

bool format_check(struct sema *sema, struct expr *call, const struct type **payload)
{
	size_t n = call->call.args.len - 1;
	const struct type **types = arena_new_array(sema->arena, const struct type *, n + 1);
	const struct expr *format = call->call.args.data[0];
	uint32_t wanted = format_arguments(format->string.data);
	bool known = true;

	*payload = NULL;
	if (!is_supported(sema, format))
		return false;
	if (wanted != n) {
		sema_error(sema, "format-count", call->span,
			   "%s() has %s arguments for format string (%zu supplied, %u expected)",
			   call->call.name, n < wanted ? "not enough" : "too many", n, wanted);
		return false;
	}
	if (!check_parts(sema, call, types, &known))
		return false;
	if (known && n)
		*payload = type_tuple(sema->types, types, (uint32_t)n);
	return true;
}
