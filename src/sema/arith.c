/* Operators: arithmetic, comparison, logic, ++ and --. */
#include "sema/internal.h"

/* --- operands --- */

/* What takes part in arithmetic: integers, enums and, as 0 and 1, bools. */
static bool is_arithmetic(const struct type *type)
{
	return type_is_integer(type) || type->kind == TYPE_BOOL;
}

/* A literal that is not negative has no sign of its own. */
static bool may_be_unsigned(const struct expr *expr)
{
	if (expr->kind == EXPR_INT && expr->type->kind == TYPE_INT)
		return !expr->integer.is_negative;
	return !expr->type->is_signed;
}

static bool is_plain_literal(const struct expr *expr)
{
	return expr->kind == EXPR_INT && expr->type->kind == TYPE_INT;
}

const struct type *sema_common_type(struct sema *sema, const struct expr *left,
				    const struct expr *right)
{
	bool literals = is_plain_literal(left) && is_plain_literal(right);
	bool is_unsigned = may_be_unsigned(left) && may_be_unsigned(right) && !literals;

	return type_int(sema->types, 8, !is_unsigned);
}

static void cast_both(struct sema *sema, struct expr *binary, const struct type *type)
{
	sema_join_to(sema, &binary->binary.left, type);
	sema_join_to(sema, &binary->binary.right, type);
}

static void report_operands(struct sema *sema, struct expr *binary)
{
	sema_error(sema, "operand-types", binary->span,
		   "The %s operator can not be used on expressions of types '%s' and '%s'",
		   binary_op_text(binary->binary.op),
		   sema_type_name(sema, binary->binary.left->type),
		   sema_type_name(sema, binary->binary.right->type));
	binary->type = sema->unknown;
}

static void hint_concat(struct sema *sema, struct expr *binary)
{
	struct diag *diag = sema_error(sema, "operand-types", binary->span,
				       "The + operator can not be used on strings");

	diag_hint(diag, "Use str_concat(a, b)");
	binary->type = sema->unknown;
}

/* --- arithmetic --- */

/* Pointer + integer; the pointer comes to stand on the left. False: no pointer is involved. */
static bool pointer_arithmetic(struct sema *sema, struct expr *binary)
{
	struct expr *left = binary->binary.left, *right = binary->binary.right;

	if (left->type->kind != TYPE_PTR && right->type->kind != TYPE_PTR)
		return false;
	if (binary->binary.op == BINARY_ADD && right->type->kind == TYPE_PTR) {
		binary->binary.left = right;
		binary->binary.right = left;
		left = binary->binary.left;
		right = binary->binary.right;
	}
	if ((binary->binary.op != BINARY_ADD && binary->binary.op != BINARY_SUB) ||
	    left->type->kind != TYPE_PTR || !is_arithmetic(right->type)) {
		report_operands(sema, binary);
		return true;
	}
	sema_cast_to(sema, &binary->binary.right, sema_int64(sema));
	binary->type = left->type;
	return true;
}

static void arithmetic(struct sema *sema, struct expr *binary)
{
	const struct expr *left = binary->binary.left, *right = binary->binary.right;

	if (pointer_arithmetic(sema, binary))
		return;
	if (binary->binary.op == BINARY_ADD && left->type->kind == TYPE_STRING &&
	    right->type->kind == TYPE_STRING) {
		hint_concat(sema, binary);
		return;
	}
	if (!is_arithmetic(left->type) || !is_arithmetic(right->type)) {
		report_operands(sema, binary);
		return;
	}
	binary->type = binary->binary.op == BINARY_SUB ? sema_int64(sema)
						       : sema_common_type(sema, left, right);
	cast_both(sema, binary, binary->type);
	if (binary->binary.op != BINARY_DIV && binary->binary.op != BINARY_MOD)
		return;
	right = binary->binary.right;
	if (right->kind != EXPR_INT || !right->integer.value)
		binary->error_event = sema_division_error(sema, binary->span);
}

static void shift(struct sema *sema, struct expr *binary)
{
	struct expr *left = binary->binary.left, *right = binary->binary.right;
	bool is_signed;

	if (!is_arithmetic(left->type) || !is_arithmetic(right->type)) {
		report_operands(sema, binary);
		return;
	}
	is_signed = left->type->is_signed;
	binary->type = type_int(sema->types, 8, is_signed);
	sema_cast_to(sema, &binary->binary.left, binary->type);
	if (right->type->kind != TYPE_INT)
		sema_cast_to_64(sema, &binary->binary.right);
}

/* --- comparison --- */

static void report_comparison(struct sema *sema, struct expr *binary)
{
	const struct expr *left = binary->binary.left, *right = binary->binary.right;
	struct diag *diag =
		sema_error(sema, "type-mismatch", binary->span,
			   "Type mismatch for '%s': comparing '%s' with '%s'",
			   binary_op_text(binary->binary.op), sema_type_name(sema, left->type),
			   sema_type_name(sema, right->type));

	diag_note(diag, left->span, "left (%s)", sema_type_name(sema, left->type));
	diag_note(diag, right->span, "right (%s)", sema_type_name(sema, right->type));
}

static bool is_equality(const struct expr *binary)
{
	return binary->binary.op == BINARY_EQ || binary->binary.op == BINARY_NE;
}

static bool compare_numbers(struct sema *sema, struct expr *binary)
{
	const struct expr *left = binary->binary.left, *right = binary->binary.right;

	if (!is_arithmetic(left->type) || !is_arithmetic(right->type))
		return false;
	if (left->type->kind == TYPE_BOOL && right->type->kind == TYPE_BOOL)
		return true;
	cast_both(sema, binary, sema_common_type(sema, left, right));
	return true;
}

static bool compare_pointers(struct sema *sema, struct expr *binary)
{
	const struct type *left = binary->binary.left->type, *right = binary->binary.right->type;

	if (left->kind == TYPE_PTR && right->kind == TYPE_PTR)
		return true;
	if (left->kind == TYPE_PTR && is_arithmetic(right)) {
		sema_cast_to(sema, &binary->binary.right, sema_uint64(sema));
		return true;
	}
	if (right->kind == TYPE_PTR && is_arithmetic(left)) {
		sema_cast_to(sema, &binary->binary.left, sema_uint64(sema));
		return true;
	}
	return false;
}

static bool can_equal(const struct type *type)
{
	return type->kind == TYPE_STRING || type->kind == TYPE_TUPLE || type->kind == TYPE_RECORD ||
	       (type->kind == TYPE_ARRAY && type_is_integer(type->array.element));
}

static bool compare_memory(struct sema *sema, struct expr *binary)
{
	const struct type *type;

	if (!is_equality(binary) || !can_equal(binary->binary.left->type) ||
	    !can_equal(binary->binary.right->type))
		return false;
	type = infer_join(sema, binary->binary.left, binary->binary.right);
	if (!type)
		return false;
	sema_cast_to(sema, &binary->binary.left, type);
	sema_cast_to(sema, &binary->binary.right, type);
	return true;
}

static void comparison(struct sema *sema, struct expr *binary)
{
	binary->type = type_bool(sema->types);
	if (!compare_numbers(sema, binary) && !compare_pointers(sema, binary) &&
	    !compare_memory(sema, binary))
		report_comparison(sema, binary);
}

/* --- binary --- */

static void logic(struct sema *sema, struct expr **expr)
{
	struct expr *binary = *expr;

	sema_condition(sema, &binary->binary.left);
	sema_condition(sema, &binary->binary.right);
	binary->type = type_bool(sema->types);
	if (sema_is_known(sema, binary->binary.left) && sema_is_known(sema, binary->binary.right))
		sema_fold_binary(sema, expr);
}

/* With an operand of unknown type: what can be said all the same. */
static void type_partly(struct sema *sema, struct expr *binary)
{
	switch (binary->binary.op) {
	case BINARY_EQ:
	case BINARY_NE:
	case BINARY_LT:
	case BINARY_LE:
	case BINARY_GT:
	case BINARY_GE:
	case BINARY_LAND:
	case BINARY_LOR:
		binary->type = type_bool(sema->types);
		return;
	case BINARY_ADD:
	case BINARY_SUB:
	case BINARY_MUL:
	case BINARY_DIV:
	case BINARY_MOD:
	case BINARY_SHL:
	case BINARY_SHR:
	case BINARY_AND:
	case BINARY_OR:
	case BINARY_XOR:
		break;
	}
	binary->type = sema->unknown;
}

static void by_operator(struct sema *sema, struct expr *binary)
{
	switch (binary->binary.op) {
	case BINARY_ADD:
	case BINARY_SUB:
	case BINARY_MUL:
	case BINARY_DIV:
	case BINARY_MOD:
	case BINARY_AND:
	case BINARY_OR:
	case BINARY_XOR:
		arithmetic(sema, binary);
		break;
	case BINARY_SHL:
	case BINARY_SHR:
		shift(sema, binary);
		break;
	case BINARY_EQ:
	case BINARY_NE:
	case BINARY_LT:
	case BINARY_LE:
	case BINARY_GT:
	case BINARY_GE:
		comparison(sema, binary);
		break;
	case BINARY_LAND:
	case BINARY_LOR:
		break;
	}
}

static bool is_missing(const struct sema *sema, const struct expr *expr)
{
	return expr->kind == EXPR_PARAM && expr->param > sema->options->nparams;
}

/* A parameter that is not given is an empty text beside a text. */
static void text_if_missing(struct sema *sema, struct expr **param, const struct expr *other)
{
	if (sema_is_known(sema, other) && other->type->kind == TYPE_STRING)
		*param = sema_string(sema, (*param)->span, "", 0);
}

void sema_binary(struct sema *sema, struct expr **expr)
{
	struct expr *binary = *expr;
	bool left_missing = is_missing(sema, binary->binary.left);
	bool right_missing = is_missing(sema, binary->binary.right);

	if (binary->binary.op == BINARY_LAND || binary->binary.op == BINARY_LOR) {
		logic(sema, expr);
		return;
	}
	sema_value(sema, &binary->binary.left);
	sema_value(sema, &binary->binary.right);
	if (left_missing)
		text_if_missing(sema, &binary->binary.left, binary->binary.right);
	if (right_missing)
		text_if_missing(sema, &binary->binary.right, binary->binary.left);
	if (!sema_is_known(sema, binary->binary.left) ||
	    !sema_is_known(sema, binary->binary.right)) {
		type_partly(sema, binary);
		return;
	}
	if (sema_fold_binary(sema, expr))
		return;
	by_operator(sema, binary);
	if ((binary->binary.op == BINARY_EQ || binary->binary.op == BINARY_NE) &&
	    binary->binary.left->type->size > PLAN_COMPARED_AT_ONCE &&
	    binary->binary.right->type->size > PLAN_COMPARED_AT_ONCE)
		sema_needs_function(sema, binary->span);
}

/* --- unary --- */

static void report_operand(struct sema *sema, struct expr *unary)
{
	sema_error(sema, "operand-types", unary->span,
		   "The %s operator can not be used on an expression of type '%s'",
		   unary_op_text(unary->unary.op),
		   sema_type_name(sema, unary->unary.operand->type));
	unary->type = sema->unknown;
}

static void negate(struct sema *sema, struct expr **expr)
{
	struct expr *unary = *expr;
	const struct type *type;

	sema_value(sema, &unary->unary.operand);
	unary->type = sema->unknown;
	if (!sema_is_known(sema, unary->unary.operand) || sema_fold_unary(sema, expr))
		return;
	if (!is_arithmetic(unary->unary.operand->type)) {
		report_operand(sema, unary);
		return;
	}
	type = unary->unary.operand->type;
	unary->type = type_int(sema->types, 8, type->is_signed || type->kind == TYPE_BOOL);
	sema_cast_to(sema, &unary->unary.operand, unary->type);
}

void sema_unary(struct sema *sema, struct expr **expr)
{
	switch ((*expr)->unary.op) {
	case UNARY_NEG:
	case UNARY_COMPL:
		negate(sema, expr);
		break;
	case UNARY_NOT:
		sema_condition(sema, &(*expr)->unary.operand);
		(*expr)->type = type_bool(sema->types);
		if (sema_is_known(sema, (*expr)->unary.operand))
			sema_fold_unary(sema, expr);
		break;
	case UNARY_DEREF:
		sema_deref(sema, expr);
		break;
	case UNARY_ADDR:
		sema_addr(sema, expr);
		break;
	}
}

/* --- ++ and --, which keeps no sign to itself: what it leaves is an int64 --- */

static void step_variable(struct sema *sema, struct expr *expr)
{
	struct expr *target = expr->incdec.target;
	struct sema_variable *variable = scope_use(sema, target);

	if (!variable)
		return;
	variable->has_value = true;
	variable->variable->is_assigned = variable->variable->is_read = true;
	if (!sema_is_known(sema, target))
		return;
	if (!type_is_integer(target->type) && target->type->kind != TYPE_PTR) {
		sema_error(sema, "operand-types", expr->span,
			   "The %s operator can not be used on a variable of type '%s'",
			   expr->incdec.is_decrement ? "--" : "++",
			   sema_type_name(sema, target->type));
		target->type = sema->unknown;
		return;
	}
	if (target->type->kind == TYPE_PTR || variable->variable->is_fixed)
		return;
	if (expr->incdec.is_decrement)
		infer_type(sema, &variable->infer, sema_int64(sema));
	infer_wide(sema, &variable->infer);
	scope_learned(sema, variable);
	target->type = variable->variable->type;
}

static void step_map(struct sema *sema, struct expr *expr)
{
	struct expr *target = expr->incdec.target, *difference = NULL;
	struct sema_map *map;

	if (expr->incdec.is_decrement)
		difference = sema_new(sema, EXPR_CAST, expr->span, sema_int64(sema));
	map = sema_map(sema, target, target->map.keys.len ? MAP_KEYED : MAP_SCALAR);
	map_update(sema, map, target, difference);
}

void sema_incdec(struct sema *sema, struct expr **expr)
{
	struct expr *target = (*expr)->incdec.target;

	if (target->kind == EXPR_VAR)
		step_variable(sema, *expr);
	else
		step_map(sema, *expr);
	(*expr)->type = target->type;
	if (sema_is_known(sema, target) && target->type->kind != TYPE_PTR)
		(*expr)->type = type_int(sema->types, 8,
					 target->type->is_signed || (*expr)->incdec.is_decrement);
}
