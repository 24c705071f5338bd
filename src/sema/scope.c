/*
 * Variables: where their names are visible, and what is learned of their types. A variable is met
 * anew in each round and recognised by its name and place; macros can put several of one place into
 * a body, which are then told apart by their order.
 */
#include "sema/internal.h"

void scope_push(struct sema *sema)
{
	struct sema_scope *scope = arena_new_object(sema->arena, struct sema_scope);

	hashmap_init(&scope->names, sema->arena);
	scope->outer = sema->scope;
	sema->scope = scope;
}

static void warn_unassigned(struct sema *sema, const struct sema_variable *variable)
{
	/* Of a variable whose type is in error nothing more is said. */
	if (!variable->has_value &&
	    !(variable->variable->is_fixed && variable->variable->type == sema->unknown))
		sema_warning(sema, "never-assigned", variable->variable->span,
			     "Variable $%s was never assigned to.",
			     sema_written_name(sema, variable->variable->name));
}

void scope_pop(struct sema *sema)
{
	const struct sema_scope *scope = sema->scope;

	for (size_t i = 0; i < scope->variables.len; i++)
		warn_unassigned(sema, scope->variables.data[i]);
	sema->scope = scope->outer;
}

struct sema_variable *scope_find(struct sema *sema, const char *name)
{
	struct sema_variable *variable = NULL;

	for (const struct sema_scope *scope = sema->scope; scope && !variable; scope = scope->outer)
		variable = hashmap_gets(&scope->names, name);
	return variable;
}

/* The variable of that name and place that this round has not met yet; a new one, if there is none.
 */
static struct sema_variable *recognise(struct sema *sema, const char *name, struct span span)
{
	struct sema_instance *instance = sema->instance;
	struct sema_variable *variable, *last = NULL;

	variable = hashmap_get(&instance->places, &span.start, sizeof(span.start));
	for (; variable; last = variable, variable = variable->next)
		if (variable->round != sema->round && !strcmp(variable->variable->name, name))
			return variable;
	variable = arena_new_object(sema->arena, struct sema_variable);
	variable->variable = arena_new_object(sema->arena, struct variable);
	variable->variable->name = name;
	variable->variable->span = span;
	vec_push(sema->arena, &instance->variables, variable);
	if (last)
		last->next = variable;
	else
		hashmap_set(&instance->places, &variable->variable->span.start, sizeof(span.start),
			    variable);
	return variable;
}

struct sema_variable *scope_declare(struct sema *sema, const char *name, struct span span)
{
	struct sema_variable *variable = recognise(sema, name, span);
	struct ast_program *program = sema->instance->program;

	variable->round = sema->round;
	variable->variable->is_assigned = variable->variable->is_read = false;
	variable->variable->type = variable->infer.type ? variable->infer.type : sema->unknown;
	variable->variable->id = vec_push(sema->arena, &program->variables, variable->variable);
	vec_push(sema->arena, &sema->scope->variables, variable);
	hashmap_sets(&sema->scope->names, name, variable);
	return variable;
}

bool scope_redeclares(struct sema *sema, const char *name, struct span span)
{
	const struct sema_variable *variable = scope_find(sema, name);
	struct diag *diag;

	if (!variable)
		return false;
	diag = sema_error(sema, "shadowing", span,
			  "Variable $%s was already declared. Variable shadowing is not allowed.",
			  sema_written_name(sema, name));
	diag_note(diag, variable->variable->span, "This is the initial declaration.");
	return true;
}

/* A variable of that name whose block has ended. */
static const struct variable *find_ended(const struct sema *sema, const char *name)
{
	const struct sema_instance *instance = sema->instance;

	for (size_t i = instance->variables.len; i-- > 0;)
		if (!strcmp(instance->variables.data[i]->variable->name, name))
			return instance->variables.data[i]->variable;
	return NULL;
}

/* Whether both are of the same macro's expansion, or of none. */
static bool same_macro(const char *a, const char *b)
{
	return !strcmp(a + strcspn(a, " "), b + strcspn(b, " "));
}

static const char *nearest_variable(struct sema *sema, const char *name)
{
	const char *names[64];
	size_t n = 0;

	for (const struct sema_scope *scope = sema->scope; scope; scope = scope->outer)
		for (size_t i = 0; i < scope->variables.len && n < 64; i++) {
			const char *other = scope->variables.data[i]->variable->name;

			if (same_macro(name, other))
				names[n++] = sema_written_name(sema, other);
		}
	return diag_nearest(sema_written_name(sema, name), names, n);
}

static void report_undefined(struct sema *sema, const struct expr *var)
{
	const char *name = var->var.name, *nearest = nearest_variable(sema, name);
	const struct variable *ended = find_ended(sema, name);
	struct diag *diag;

	name = sema_written_name(sema, name);
	diag = sema_error(sema, "undefined-variable", var->span,
			  "Undefined or undeclared variable: $%s", name);

	if (ended && ended->span.start < var->span.start) {
		diag_note(diag, ended->span, "This one is visible in its own block only.");
		diag_hint(diag, "Declare it before that block: let $%s;", name);
	} else if (nearest) {
		diag_hint(diag, "Did you mean $%s?", nearest);
	}
}

struct sema_variable *scope_use(struct sema *sema, struct expr *var)
{
	struct sema_variable *variable = scope_find(sema, var->var.name);

	if (!variable) {
		report_undefined(sema, var);
		var->type = sema->unknown;
		return NULL;
	}
	var->var.variable = variable->variable;
	var->type = variable->variable->type;
	return variable;
}

void sema_var(struct sema *sema, struct expr **expr)
{
	struct sema_variable *variable = scope_use(sema, *expr);

	if (!variable)
		return;
	variable->variable->is_read = true;
	if (!variable->variable->is_assigned && variable->has_value)
		sema_warning(sema, "unassigned-variable", (*expr)->span,
			     "Variable used before it was assigned: $%s",
			     sema_written_name(sema, (*expr)->var.name));
}

void scope_learned(struct sema *sema, struct sema_variable *variable)
{
	const struct type *type = variable->infer.type;

	variable->variable->type = type ? type : sema->unknown;
}

void scope_fix(struct sema *sema, struct sema_variable *variable, const struct type *type)
{
	const struct type *known = type == sema->unknown ? NULL : type;

	sema->changed |= variable->infer.type != known;
	variable->infer = (struct infer){.type = known};
	variable->variable->is_fixed = true;
	variable->variable->type = type;
}

/* --- assignment --- */

static void report_mismatch(struct sema *sema, const struct sema_variable *variable,
			    struct span span, const struct type *type)
{
	const char *name = sema_written_name(sema, variable->variable->name);
	struct diag *diag;

	if (variable->is_circular) {
		sema_error(sema, "infinite-type", span,
			   "The values of $%s would contain or point to themselves, and so have no "
			   "type",
			   name);
		return;
	}
	diag = sema_error(sema, "type-mismatch", span,
			  "Type mismatch for $%s: trying to assign value of type '%s' when "
			  "variable already has a type '%s'",
			  name, sema_type_name(sema, type),
			  sema_type_name(sema, variable->variable->type));
	if (variable->variable->span.start != span.start)
		diag_note(diag, variable->variable->span, "The variable got its type here.");
}

static bool number_fits(struct sema *sema, const struct type *to, const struct expr *value)
{
	if (to->kind == TYPE_ENUM && value->type->kind == TYPE_INT)
		return sema_check_enum(sema, value, to);
	if (value->type->kind != TYPE_INT || to->kind != TYPE_INT ||
	    type_int_holds(to, value->integer.value, value->integer.is_negative))
		return true;
	sema_error(sema, "literal-range", value->span,
		   "Type mismatch: the value %s%llu is out of the range of type '%s'",
		   value->integer.is_negative ? "-" : "", (unsigned long long)value->integer.value,
		   sema_type_name(sema, to));
	return false;
}

static bool text_fits(struct sema *sema, const struct type *to, const struct expr *value)
{
	if (to->kind != TYPE_STRING || value->string.len < to->text.capacity)
		return true;
	sema_error(sema, "literal-range", value->span,
		   "Type mismatch: a text of %zu bytes and the NUL behind it do not fit the "
		   "type '%s'",
		   value->string.len, sema_type_name(sema, to));
	return false;
}

/* What a tuple or record that is written out has for a field of its type, or NULL. */
static const struct expr *written_member(const struct expr *value, const struct type_field *fields,
					 uint32_t i)
{
	if (value->kind == EXPR_TUPLE)
		return value->tuple.members.data[i];
	for (size_t j = 0; j < value->record.members.len; j++)
		if (!strcmp(value->record.members.data[j].name, fields[i].name))
			return value->record.members.data[j].value;
	return NULL;
}

/* What becomes of a value where its type is fixed. */
struct fixing {
	bool misfit; /* a literal does not fit; it has been reported */
	bool cut; /* something else is wider */
};

static void fix_value(struct sema *sema, const struct type *to, const struct expr *value,
		      struct fixing *fixing)
{
	const struct type_field *fields;
	uint32_t n = 0;

	if (value->kind == EXPR_INT) {
		fixing->misfit |= !number_fits(sema, to, value);
	} else if (value->kind == EXPR_STRING) {
		fixing->misfit |= !text_fits(sema, to, value);
	} else if ((value->kind == EXPR_TUPLE && to->kind == TYPE_TUPLE) ||
		   (value->kind == EXPR_RECORD && to->kind == TYPE_RECORD)) {
		fields = types_fields(sema->types, to, &n);
		for (uint32_t i = 0; i < n; i++) {
			const struct expr *member = written_member(value, fields, i);

			if (member)
				fix_value(sema, fields[i].type, member, fixing);
		}
	} else {
		fixing->cut |= to->size < value->type->size;
	}
}

/* Whether a value may be stored where the type is fixed; wider integers are cut, with a warning. */
static bool fits_fixed(struct sema *sema, const struct type *to, const struct type *from)
{
	if (to == from)
		return true;
	if (type_is_integer(to) && from->kind == TYPE_INT)
		return true;
	if (to->kind == TYPE_INT && from->kind == TYPE_ENUM)
		return true;
	if (to->kind == TYPE_STRING && from->kind == TYPE_STRING)
		return true;
	if (to->kind == TYPE_PTR && from->kind == TYPE_PTR && to->ptr.to->kind == TYPE_NONE)
		return true;
	return to->kind == from->kind && type_join(sema->types, to, from) != NULL;
}

static void assign_fixed(struct sema *sema, const struct sema_variable *variable,
			 const struct expr *value, const struct type *type, struct span span)
{
	const struct type *to = variable->variable->type;
	struct fixing fixing = {0};

	if (!type || type == sema->unknown || to == sema->unknown)
		return;
	if (!fits_fixed(sema, to, type)) {
		report_mismatch(sema, variable, span, type);
		return;
	}
	if (value)
		fix_value(sema, to, value, &fixing);
	else
		fixing.cut = to->size < type->size;
	if (fixing.cut && !fixing.misfit)
		sema_warning(sema, "truncation", span,
			     "A value of type '%s' is cut to fit '%s', the type of $%s.",
			     sema_type_name(sema, type), sema_type_name(sema, to),
			     sema_written_name(sema, variable->variable->name));
}

void scope_assign(struct sema *sema, struct sema_variable *variable, const struct expr *value,
		  const struct type *type, struct span span)
{
	variable->has_value = true;
	variable->variable->is_assigned = true;
	if (value) {
		type = value->type;
		infer_learn_clock(sema, &variable->variable->clock, value);
	}
	if (variable->variable->is_fixed) {
		assign_fixed(sema, variable, value, type, span);
		return;
	}
	if (!(value ? infer_expr(sema, &variable->infer, value)
		    : infer_type(sema, &variable->infer, type)))
		report_mismatch(sema, variable, span, type);
	scope_learned(sema, variable);
}

void sema_assign_var(struct sema *sema, struct expr *var, const struct expr *value,
		     const struct type *type)
{
	struct sema_variable *variable = scope_find(sema, var->var.name);

	if (!variable)
		variable = scope_declare(sema, var->var.name, var->span);
	scope_assign(sema, variable, value, type, value ? value->span : var->span);
	var->var.variable = variable->variable;
	var->type = variable->variable->type;
}
