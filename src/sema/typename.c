/* Types as written in the script, and address spaces. */
#include "sema/internal.h"

const struct type *sema_int64(struct sema *sema)
{
	return type_int(sema->types, 8, true);
}

const struct type *sema_uint64(struct sema *sema)
{
	return type_int(sema->types, 8, false);
}

enum type_space sema_space(const struct sema *sema)
{
	if (sema->provider && sema->provider->flags & PROVIDER_USER)
		return SPACE_USER;
	return SPACE_KERNEL;
}

/*
 * The arguments of system calls and of functions that carry them out are numbers whether they are
 * addresses of the kernel or of the process: str(arg1) of do_sys_openat2().
 */
enum type_space sema_number_space(const struct sema *sema)
{
	return sema_space(sema) == SPACE_USER ? SPACE_USER : SPACE_ADDRESS;
}

enum type_space sema_ptr_space(const struct sema *sema, const struct type *ptr)
{
	if (ptr->kind != TYPE_PTR || ptr->ptr.space == SPACE_UNKNOWN)
		return sema_space(sema);
	return ptr->ptr.space;
}

void sema_hint_no_btf(const struct sema *sema, struct diag *diag)
{
	if (!types_have_btf(sema->types))
		diag_hint(diag, "The kernel's own types are not known here, since there is no BTF "
				"(/sys/kernel/btf/vmlinux)");
}

static void report_unknown(struct sema *sema, const struct type_expr *type)
{
	const char *keyword = "";
	struct diag *diag;

	switch ((int)type->keyword) {
	case TYPE_STRUCT:
		keyword = "struct ";
		break;
	case TYPE_UNION:
		keyword = "union ";
		break;
	case TYPE_ENUM:
		keyword = "enum ";
		break;
	}
	diag = sema_error(sema, "unknown-type", type->span, "Cannot resolve unknown type \"%s%s\"",
			  keyword, sema_short_name(sema, type->name));
	sema_hint_no_btf(sema, diag);
}

/* Types of map values that have parameters, and so no name that says all of them. */
static bool is_map_value_name(const struct type_expr *type)
{
	static const char *const names[] = {"hist_t", "lhist_t", "tseries_t"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (type->keyword == TYPE_NONE && !strcmp(type->name, names[i]))
			return true;
	return false;
}

static const struct type *find_name(struct sema *sema, const char *name)
{
	static const enum type_kind tags[] = {TYPE_STRUCT, TYPE_UNION, TYPE_ENUM};
	const struct type *type = types_by_name(sema->types, name);

	for (size_t i = 0; !type && i < sizeof(tags) / sizeof(tags[0]); i++)
		type = types_by_tag(sema->types, tags[i], name);
	return type;
}

struct type_expr *sema_named_type(struct sema *sema, const struct expr *ident)
{
	struct type_expr *type = arena_new_object(sema->arena, struct type_expr);

	type->span = ident->span;
	type->keyword = TYPE_NONE;
	type->name = ident->ident.name;
	return type;
}

/* What a macro's parameter stands for may be a type: the operand of typeof is then one. */
static struct type_expr *as_type(struct sema *sema, const struct expr *expr)
{
	uint32_t index;

	if (expr->kind == EXPR_TYPE)
		return expr->type_name;
	if (expr->kind != EXPR_IDENT || lang_find_builtin(expr->ident.name, &index) ||
	    !find_name(sema, expr->ident.name))
		return NULL;
	return sema_named_type(sema, expr);
}

static const struct type *find_base(struct sema *sema, struct type_expr *type,
				    const struct expr *init)
{
	struct type_expr *named = type->of_expr ? as_type(sema, type->of_expr) : NULL;
	const struct type *base;

	if (named) {
		type->of_type = named;
		type->of_expr = NULL;
	}
	if (type->of_type)
		return sema_type(sema, type->of_type, init);
	if (type->of_expr)
		return sema_type_of(sema, &type->of_expr);
	if (type->keyword == TYPE_NONE)
		base = find_name(sema, type->name);
	else
		base = types_by_tag(sema->types, type->keyword, type->name);
	if (base)
		return base;
	if (is_map_value_name(type))
		sema_error(sema, "variable-type", type->span,
			   "Only values of maps are of type '%s'", type->name);
	else
		report_unknown(sema, type);
	return sema->unknown;
}

/* "string" and "buffer" take the first "[N]" as their capacity; @used: whether they did. */
static const struct type *size_text(struct sema *sema, const struct type_expr *type,
				    const struct type *base, const struct expr *init, bool *used)
{
	const struct type_suffix *first = type->suffixes.len ? &type->suffixes.data[0] : NULL;
	uint32_t capacity = sema->plan->config.max_strlen;

	*used = first && !first->is_pointer;
	if (*used && first->has_count)
		capacity = first->count;
	else if (init && init->type && init->type->kind == base->kind)
		capacity = init->type->text.capacity;
	return base->kind == TYPE_STRING ? type_string(sema->types, capacity)
					 : type_buffer(sema->types, capacity);
}

/* "T[]" as the target of a cast holds as many as the operand has bytes for. */
static uint32_t infer_count(const struct type *element, const struct expr *init)
{
	if (!init || !init->type || !element->size)
		return 0;
	return init->type->size / element->size;
}

static const struct type *add_suffix(struct sema *sema, const struct type *type,
				     const struct type_suffix *suffix, const struct expr *init)
{
	if (suffix->is_pointer)
		return type_ptr(sema->types, type, sema_space(sema));
	return type_array(sema->types, type,
			  suffix->has_count ? suffix->count : infer_count(type, init));
}

/* The dimensions of an array are read left to right, and built from the last. */
static size_t add_dimensions(struct sema *sema, const struct type **type,
			     const struct type_expr *written, size_t from, const struct expr *init)
{
	size_t end = from;

	while (end < written->suffixes.len && !written->suffixes.data[end].is_pointer)
		end++;
	for (size_t i = end; i > from; i--)
		*type = add_suffix(sema, *type, &written->suffixes.data[i - 1], init);
	return end;
}

const struct type *sema_type(struct sema *sema, struct type_expr *type, const struct expr *init)
{
	const struct type *result = find_base(sema, type, init);
	bool used = false;
	size_t i;

	if (result == sema->unknown)
		return result;
	if (!type->of_type && !type->of_expr &&
	    (result->kind == TYPE_STRING || result->kind == TYPE_BUFFER))
		result = size_text(sema, type, result, init, &used);
	else if (result->kind == TYPE_INET)
		used = type->suffixes.len && !type->suffixes.data[0].is_pointer;
	for (i = used; i < type->suffixes.len;) {
		if (type->suffixes.data[i].is_pointer) {
			result = add_suffix(sema, result, &type->suffixes.data[i++], init);
			continue;
		}
		i = add_dimensions(sema, &result, type, i, init);
	}
	return result;
}

const struct type *sema_type_of(struct sema *sema, struct expr **expr)
{
	struct type_expr *type = as_type(sema, *expr);
	bool was_dead = sema->dead;

	if (type)
		return sema_type(sema, type, NULL);

	sema->dead = true;
	sema_expr(sema, expr);
	sema->dead = was_dead;
	return (*expr)->type;
}

const struct type *sema_query_type(struct sema *sema, struct type_expr *type, struct expr **expr)
{
	return type ? sema_type(sema, type, NULL) : sema_type_of(sema, expr);
}
