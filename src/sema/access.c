/* Ways into values: fields, elements, what pointers point to, and addresses. */
#include "sema/internal.h"

#include "types/tracefs.h"

/* --- address spaces --- */

/* Pointers into different spaces may have been assigned to one variable. */
static enum type_space pointer_space(struct sema *sema, const struct expr *pointer)
{
	if (pointer->type->ptr.space == SPACE_UNKNOWN)
		diag_hint(
			sema_warning(sema, "unknown-space", pointer->span,
				     "It is not known whether this pointer points into the kernel "
				     "or into a process; this probe takes it to be the %s's",
				     sema_space(sema) == SPACE_USER ? "process" : "kernel"),
			"Say so with kptr(...) or uptr(...)");
	return sema_ptr_space(sema, pointer->type);
}

enum type_space sema_object_space(struct sema *sema, const struct expr *object)
{
	const struct expr *inner = NULL;

	if (object->type->kind == TYPE_PTR)
		return pointer_space(sema, object);
	if (object->kind == EXPR_FIELD)
		inner = object->field.object;
	if (object->kind == EXPR_INDEX)
		inner = object->index.object;
	if (object->kind == EXPR_UNARY && object->unary.op == UNARY_DEREF)
		inner = object->unary.operand;
	return inner ? sema_object_space(sema, inner) : SPACE_UNKNOWN;
}

/*
 * A pointer found in user memory points into user memory. One found in the kernel's is the
 * kernel's, unless its type says otherwise.
 */
static const struct type *place_pointer(struct sema *sema, const struct type *type,
					enum type_space from)
{
	if (type->kind != TYPE_PTR)
		return type;
	if (from == SPACE_USER || (from == SPACE_ADDRESS && type->ptr.space != SPACE_USER))
		return type_ptr(sema->types, type->ptr.to, from);
	if (type->ptr.space != SPACE_UNKNOWN)
		return type;
	return type_ptr(sema->types, type->ptr.to,
			from == SPACE_KERNEL ? SPACE_KERNEL : sema_space(sema));
}

/* Under -k a failed read of memory is reported; reading the script's own memory cannot fail. */
static void note_read(struct sema *sema, struct expr *expr, enum type_space space)
{
	if (space == SPACE_KERNEL)
		sema_helper_error(sema, expr, "probe_read_kernel", true);
	if (space == SPACE_USER)
		sema_helper_error(sema, expr, "probe_read_user", true);
	if (space == SPACE_ADDRESS)
		sema_helper_error(sema, expr, "probe_read", true);
}

/* --- fields --- */

static bool is_args(const struct expr *expr)
{
	return expr->kind == EXPR_BUILTIN && expr->ident.builtin->id == BUILTIN_args;
}

/* The current thread's id is known otherwise. */
static bool is_out_of_reach(const struct sema *sema, const struct type_field *field)
{
	return sema->provider->context == CONTEXT_RECORD && tracefs_is_overwritten(field) &&
	       strcmp(field->name, "common_pid") != 0;
}

/* A tracepoint's field that is read at a fixed offset. */
static void note_field_use(struct sema *sema, const struct type_path *path)
{
	struct plan_prog *prog = &sema->plan->progs.data[sema->prog];
	const struct plan_field_use use = {
		.name = path->field[0]->name,
		.offset = path->field[0]->offset,
		.size = path->field[0]->is_data_loc ? 4 : path->field[0]->type->size,
	};

	if (sema->dead || sema->provider->context != CONTEXT_RECORD)
		return;
	for (size_t i = 0; i < prog->fields.len; i++)
		if (!strcmp(prog->fields.data[i].name, use.name))
			return;
	vec_push(sema->arena, &prog->fields, use);
}

static const char *nearest_field(struct sema *sema, const struct type *type, const char *name)
{
	uint32_t n;
	const struct type_field *fields = types_fields(sema->types, type, &n);
	const char **names = arena_new_array(sema->arena, const char *, n + 1);

	for (uint32_t i = 0; i < n; i++)
		names[i] = fields[i].name;
	return diag_nearest(name, names, n);
}

bool sema_hint_field(struct sema *sema, struct diag *diag, const struct type *type,
		     const char *name)
{
	const char *nearest;

	if (!type_is_struct(type) && type->kind != TYPE_RECORD)
		return false;
	nearest = nearest_field(sema, type, name);
	if (types_hides_preamble(sema->types, type))
		diag_hint(
			diag,
			"This is the kernel's %s, not that of the script, which needs another name",
			sema_type_name(sema, type));
	else if (nearest)
		diag_hint(diag, "Did you mean '%s'?", nearest);
	else
		return false;
	return true;
}

/* No probe is named in the text, so that one mistake is one error however many probes have it. */
static void report_field(struct sema *sema, const struct expr *expr, const struct type *type)
{
	const char *name = expr->field.name;
	bool is_probe = is_args(expr->field.object);
	struct diag *diag;
	uint32_t n;

	types_fields(sema->types, type, &n);
	if (is_probe)
		diag = sema_error(sema, "unknown-field", expr->field.name_span,
				  "The probe has no argument named '%s'", name);
	else
		diag = sema_error(sema, "unknown-field", expr->field.name_span,
				  "'%s' has no field named '%s'", sema_type_name(sema, type), name);
	if (sema_hint_field(sema, diag, type, name))
		return;
	if (is_probe)
		diag_hint(diag, "All its arguments: sonde -lv '%s'",
			  sema->instance->targets.data[0].name);
	else if (!n)
		diag_hint(diag, "Nothing is known here of %s but its name",
			  sema_type_name(sema, type));
}

static struct expr *new_deref(struct sema *sema, struct expr *pointer)
{
	struct expr *deref = expr_unary(sema->arena, pointer->span, UNARY_DEREF, pointer);

	deref->type = place_pointer(sema, pointer->type->ptr.to, sema_object_space(sema, pointer));
	note_read(sema, deref, sema_object_space(sema, pointer));
	return deref;
}

static bool has_fields(const struct type *type)
{
	return type_is_struct(type) || type->kind == TYPE_RECORD;
}

/* Pointers to pointers are followed until one points to a struct. NULL: there is none. */
static const struct type *follow(struct sema *sema, struct expr **object)
{
	while ((*object)->type->kind == TYPE_PTR && (*object)->type->ptr.to->kind == TYPE_PTR)
		*object = new_deref(sema, *object);
	if (has_fields((*object)->type))
		return (*object)->type;
	if ((*object)->type->kind == TYPE_PTR && has_fields((*object)->type->ptr.to))
		return (*object)->type->ptr.to;
	return NULL;
}

static void report_no_fields(struct sema *sema, const struct expr *expr)
{
	struct diag *diag =
		sema_error(sema, "no-fields", expr->field.object->span,
			   "Can not access field '%s' on expression of type '%s'", expr->field.name,
			   sema_type_name(sema, expr->field.object->type));

	if (expr->field.object->type->kind == TYPE_TUPLE)
		diag_hint(diag, "Members of a tuple are reached by number: .0");
	else if (type_is_integer(expr->field.object->type))
		diag_hint(diag, "Cast it to a pointer: ((struct NAME *)...)->%s", expr->field.name);
	else if (expr->field.object->kind == EXPR_BUILTIN)
		sema_hint_no_btf(sema, diag);
}

static void fold_record_field(struct expr **expr)
{
	struct expr *record = (*expr)->field.object;

	for (size_t i = 0; i < record->record.members.len; i++) {
		if (strcmp(record->record.members.data[i].name, (*expr)->field.name))
			continue;
		sema_fold_member(expr, record, record->record.members.data[i].value);
		return;
	}
}

void sema_field(struct sema *sema, struct expr **expr)
{
	struct expr *field = *expr;
	const struct type_path *path = &field->field.path;
	const struct type *type;
	enum type_space space;

	sema_expr(sema, &field->field.object);
	field->type = sema->unknown;
	if (!sema_is_known(sema, field->field.object))
		return;
	type = follow(sema, &field->field.object);
	if (!type) {
		report_no_fields(sema, field);
		return;
	}
	if (!types_find_field(sema->types, type, field->field.name, &field->field.path)) {
		report_field(sema, field, type);
		return;
	}
	space = sema_object_space(sema, field->field.object);
	field->type = place_pointer(sema, path->field[path->n - 1]->type, space);
	if (field->field.object->kind == EXPR_RECORD) {
		fold_record_field(expr);
		return;
	}
	if (is_args(field->field.object) && is_out_of_reach(sema, path->field[0]))
		diag_hint(sema_error(sema, "no-arguments", field->field.name_span,
				     "The kernel gives programs no args.%s", path->field[0]->name),
			  "Of the fields that all tracepoints have there is args.common_pid");
	else if (is_args(field->field.object))
		note_field_use(sema, path);
	else
		note_read(sema, field, space);
}

/* --- tuples --- */

/* Perhaps through other pointers. */
static bool points_to_tuple(const struct type *type)
{
	const struct type *to = type;

	while (to->kind == TYPE_PTR)
		to = to->ptr.to;
	return to != type && to->kind == TYPE_TUPLE;
}

void sema_tuple_field(struct sema *sema, struct expr **expr)
{
	struct expr *field = *expr;
	const struct type_field *fields;
	const struct type *type;
	uint32_t n;

	sema_expr(sema, &field->tuple_field.object);
	field->type = sema->unknown;
	if (!sema_is_known(sema, field->tuple_field.object))
		return;
	while (points_to_tuple(field->tuple_field.object->type))
		field->tuple_field.object = new_deref(sema, field->tuple_field.object);
	type = field->tuple_field.object->type;
	if (type->kind != TYPE_TUPLE) {
		sema_error(sema, "no-fields", field->span,
			   "Can not access index '%u' on expression of type '%s'",
			   field->tuple_field.index, sema_type_name(sema, type));
		return;
	}
	fields = types_fields(sema->types, type, &n);
	if (field->tuple_field.index >= n) {
		sema_error(sema, "tuple-index", field->span,
			   "Invalid tuple index: %u. Found %u elements in tuple.",
			   field->tuple_field.index, n);
		return;
	}
	field->type = fields[field->tuple_field.index].type;
	if (field->tuple_field.object->kind == EXPR_TUPLE)
		sema_fold_member(
			expr, field->tuple_field.object,
			field->tuple_field.object->tuple.members.data[field->tuple_field.index]);
}

/* --- elements --- */

static void index_tuple(struct sema *sema, struct expr **expr)
{
	struct expr *index = *expr, *field;
	uint64_t at;
	bool is_negative;

	if (!sema_const_int(index->index.index, &at, &is_negative) || is_negative ||
	    at > UINT32_MAX) {
		sema_error(sema, "tuple-index", index->index.index->span,
			   "The index of a tuple must be a literal number");
		index->type = sema->unknown;
		return;
	}
	field = expr_new(sema->arena, EXPR_TUPLE_FIELD, index->span);
	field->tuple_field.object = index->index.object;
	field->tuple_field.index = (uint32_t)at;
	*expr = field;
	sema_tuple_field(sema, expr);
}

/* The number of elements; 0 if it is not known. */
static uint32_t element_count(const struct type *type)
{
	if (type->kind == TYPE_ARRAY)
		return type->array.count;
	return type->kind == TYPE_STRING ? type->text.capacity : 0;
}

static const struct type *element_type(struct sema *sema, const struct type *type)
{
	if (type->kind == TYPE_ARRAY)
		return type->array.element;
	if (type->kind == TYPE_STRING)
		return type_int(sema->types, 1, true);
	if (type->kind == TYPE_PTR && type->ptr.to->kind != TYPE_NONE)
		return type->ptr.to;
	return NULL;
}

static bool check_index(struct sema *sema, struct expr *expr)
{
	const struct expr *index = expr->index.index;
	uint32_t count = element_count(expr->index.object->type);
	uint64_t at;
	bool is_negative;

	if (!type_is_integer(index->type)) {
		sema_error(sema, "index-type", index->span,
			   "The array index must be an integer, not '%s'",
			   sema_type_name(sema, index->type));
		return false;
	}
	if (!sema_const_int(index, &at, &is_negative) || !count || (!is_negative && at < count))
		return true;
	sema_error(sema, "array-bounds", index->span,
		   "the index %s%llu is out of bounds for array of size %u", is_negative ? "-" : "",
		   (unsigned long long)at, count);
	return false;
}

void sema_index(struct sema *sema, struct expr **expr)
{
	struct expr *index = *expr;
	const struct type *type;
	enum type_space space;

	sema_expr(sema, &index->index.object);
	sema_value(sema, &index->index.index);
	index->type = sema->unknown;
	if (!sema_is_known(sema, index->index.object) || !sema_is_known(sema, index->index.index))
		return;
	if (index->index.object->type->kind == TYPE_TUPLE) {
		index_tuple(sema, expr);
		return;
	}
	type = element_type(sema, index->index.object->type);
	if (!type) {
		sema_error(sema, "no-elements", index->span,
			   "The array index operator [] can only be used on arrays, strings and "
			   "pointers, found '%s'",
			   sema_type_name(sema, index->index.object->type));
		return;
	}
	if (!check_index(sema, index))
		return;
	sema_cast_to_64(sema, &index->index.index);
	space = sema_object_space(sema, index->index.object);
	index->type = place_pointer(sema, type, space);
	note_read(sema, index, space);
}

/* --- pointers --- */

/* An address is followed as one of a 64-bit number: *kaddr("jiffies"). */
static void address_to_pointer(struct sema *sema, struct expr **operand)
{
	const struct type *to = sema_uint64(sema);

	if (type_is_integer((*operand)->type))
		sema_cast_to(sema, operand, type_ptr(sema->types, to, sema_number_space(sema)));
}

void sema_deref(struct sema *sema, struct expr **expr)
{
	struct expr *deref = *expr;
	const struct type *type;
	uint32_t n;

	sema_value(sema, &deref->unary.operand);
	deref->type = sema->unknown;
	if (!sema_is_known(sema, deref->unary.operand))
		return;
	address_to_pointer(sema, &deref->unary.operand);
	type = deref->unary.operand->type;
	if (type->kind != TYPE_PTR) {
		sema_error(sema, "not-a-pointer", deref->span,
			   "Can not dereference expression of type '%s': it is not a pointer",
			   sema_type_name(sema, type));
		return;
	}
	/* What is only declared there has its size with its members. */
	if (type_is_struct(type->ptr.to))
		types_fields(sema->types, type->ptr.to, &n);
	if (type->ptr.to->kind == TYPE_NONE || !type->ptr.to->size) {
		diag_hint(sema_error(sema, "opaque-pointer", deref->span,
				     "Can not dereference expression of type '%s': what it points "
				     "to has no size",
				     sema_type_name(sema, type)),
			  "Cast it first: *(uint64 *)...");
		return;
	}
	deref->type =
		place_pointer(sema, type->ptr.to, sema_object_space(sema, deref->unary.operand));
	note_read(sema, deref, sema_object_space(sema, deref->unary.operand));
}

static void map_address(struct sema *sema, struct expr *addr)
{
	struct expr *map = addr->unary.operand;

	if (!map->map.keys.len) {
		sema_map(sema, map, MAP_SCALAR);
		return;
	}
	sema_error(sema, "address-of", addr->span,
		   "The address of a map's element can not be taken");
	map->type = sema->unknown;
}

void sema_addr(struct sema *sema, struct expr **expr)
{
	struct expr *addr = *expr, *operand = addr->unary.operand;

	addr->type = sema->unknown;
	if (operand->kind == EXPR_MAP) {
		map_address(sema, addr);
	} else if (operand->kind == EXPR_VAR) {
		sema_var(sema, &operand);
	} else {
		sema_error(sema, "address-of", addr->span,
			   "& takes the address of a variable or a scalar map only");
		return;
	}
	if (!sema_is_known(sema, operand))
		return;
	if (type_is_aggregate(operand->type))
		sema_error(
			sema, "address-of", addr->span,
			"& can not take the address of a value of type '%s': each CPU has its own",
			sema_type_name(sema, operand->type));
	else
		addr->type = type_ptr(sema->types, operand->type, SPACE_BPF);
}
