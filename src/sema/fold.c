/* What is known at compile time: operators on literals, sizes and offsets, positional parameters.
 */
#include "sema/internal.h"

#include <stdlib.h>

typedef __int128 wide;

/* --- literals as numbers --- */

static bool is_number(const struct expr *expr)
{
	return expr->is_literal && (expr->kind == EXPR_INT || expr->kind == EXPR_BOOL);
}

static wide number(const struct expr *expr)
{
	wide value = (wide)expr->integer.value;

	return expr->kind == EXPR_INT && expr->integer.is_negative ? -value : value;
}

/* What is left of a number in a type of so many bits. */
static wide cut(wide value, const struct type *type)
{
	uint64_t bits = (uint64_t)value;

	if (type->kind == TYPE_BOOL)
		return value != 0;
	if (type->size < 8)
		bits &= (1ull << (type->size * 8)) - 1;
	if (!type->is_signed)
		return (wide)bits;
	if (type->size < 8 && bits >> (type->size * 8 - 1))
		return (wide)bits - ((wide)1 << (type->size * 8));
	return (wide)(int64_t)bits;
}

/* A number, or one that is cast. */
static bool constant(const struct expr *expr, wide *value)
{
	if (is_number(expr)) {
		*value = number(expr);
		return true;
	}
	if (expr->kind != EXPR_CAST || !expr->type ||
	    (!type_is_integer(expr->type) && expr->type->kind != TYPE_BOOL) ||
	    !constant(expr->cast.operand, value))
		return false;
	*value = cut(*value, expr->type);
	return true;
}

bool sema_const_int(const struct expr *expr, uint64_t *magnitude, bool *is_negative)
{
	wide value;

	if (expr->kind == EXPR_BOOL || !constant(expr, &value))
		return false;
	*is_negative = value < 0;
	*magnitude = (uint64_t)(value < 0 ? -value : value);
	return true;
}

static bool report_overflow(struct sema *sema, struct expr *expr)
{
	sema_error(sema, "fold-overflow", expr->span,
		   "unable to fold literals due to overflow or underflow");
	expr->type = sema->unknown;
	return true;
}

static bool fits(wide value)
{
	return value >= (wide)INT64_MIN && value <= (wide)UINT64_MAX;
}

static struct expr *literal(struct sema *sema, struct span span, wide value)
{
	return sema_int(sema, span, (uint64_t)(value < 0 ? -value : value), value < 0);
}

/* --- operators --- */

bool sema_fold_unary(struct sema *sema, struct expr **at)
{
	struct expr *expr = *at, *operand = expr->unary.operand;
	wide value;

	if (expr->unary.op == UNARY_NOT && operand->kind == EXPR_STRING) {
		*at = sema_bool(sema, expr->span, false);
		return true;
	}
	if (!is_number(operand))
		return false;
	value = number(operand);
	switch (expr->unary.op) {
	case UNARY_NEG:
		if (operand->kind == EXPR_BOOL)
			return false;
		if (!fits(-value)) {
			sema_error(sema, "integer-underflow", expr->span,
				   "negative value will underflow: the minimum is "
				   "-9223372036854775808");
			expr->type = sema->unknown;
			return true;
		}
		*at = literal(sema, expr->span, -value);
		return true;
	case UNARY_NOT:
		*at = sema_bool(sema, expr->span, !value);
		return true;
	case UNARY_COMPL:
		if (operand->kind == EXPR_BOOL)
			return false;
		*at = literal(sema, expr->span, (wide)UINT64_MAX - (uint64_t)value);
		return true;
	case UNARY_DEREF:
	case UNARY_ADDR:
		break;
	}
	return false;
}

static bool is_comparison(enum binary_op op)
{
	return op >= BINARY_EQ;
}

static bool compare(enum binary_op op, wide a, wide b)
{
	switch ((int)op) {
	case BINARY_EQ:
		return a == b;
	case BINARY_NE:
		return a != b;
	case BINARY_LT:
		return a < b;
	case BINARY_LE:
		return a <= b;
	case BINARY_GT:
		return a > b;
	case BINARY_GE:
		return a >= b;
	case BINARY_LAND:
		return a && b;
	case BINARY_LOR:
		return a || b;
	}
	return false;
}

/* Bit operations work on 64 bits; the result is signed if an operand is negative. */
static wide from_bits(uint64_t bits, wide a, wide b)
{
	return a < 0 || b < 0 ? (wide)(int64_t)bits : (wide)bits;
}

/* False where C has no result, or one that does not fit 128 bits. */
static bool calculate(enum binary_op op, wide a, wide b, wide *result)
{
	switch ((int)op) {
	case BINARY_ADD:
		*result = a + b;
		break;
	case BINARY_SUB:
		*result = a - b;
		break;
	case BINARY_MUL:
		return !__builtin_mul_overflow(a, b, result);
	case BINARY_DIV:
		*result = b ? a / b : 0;
		return b != 0;
	case BINARY_MOD:
		*result = b ? a % b : 0;
		return b != 0;
	case BINARY_SHL:
		*result = b >= 0 && b < 64 ? a * ((wide)1 << b) : 0;
		return b >= 0 && b < 64;
	case BINARY_SHR:
		*result = b >= 0 && b < 64 ? a >> b : 0;
		return b >= 0 && b < 64;
	case BINARY_AND:
		*result = from_bits((uint64_t)a & (uint64_t)b, a, b);
		break;
	case BINARY_OR:
		*result = from_bits((uint64_t)a | (uint64_t)b, a, b);
		break;
	case BINARY_XOR:
		*result = from_bits((uint64_t)a ^ (uint64_t)b, a, b);
		break;
	}
	return true;
}

static bool fold_strings(struct sema *sema, struct expr **at)
{
	const struct expr *left = (*at)->binary.left, *right = (*at)->binary.right;
	enum binary_op op = (*at)->binary.op;
	int order;

	if (op == BINARY_ADD) {
		const char *text =
			arena_printf(sema->arena, "%s%s", left->string.data, right->string.data);

		*at = sema_string(sema, (*at)->span, text, strlen(text));
		return true;
	}
	if (!is_comparison(op) || op == BINARY_LAND || op == BINARY_LOR)
		return false;
	order = strcmp(left->string.data, right->string.data);
	*at = sema_bool(sema, (*at)->span, compare(op, order, 0));
	return true;
}

/* A bool is compared with a bool only. What is cast is compared in the type that both sides have
 * in common, as it would be when the program runs. */
static bool fold_comparison(struct sema *sema, struct expr **at)
{
	const struct expr *left = (*at)->binary.left, *right = (*at)->binary.right;
	enum binary_op op = (*at)->binary.op;
	wide a, b;

	if ((left->type->kind == TYPE_BOOL) != (right->type->kind == TYPE_BOOL) &&
	    op != BINARY_LAND && op != BINARY_LOR)
		return false;
	if (!constant(left, &a) || !constant(right, &b))
		return false;
	if (!is_number(left) || !is_number(right)) {
		a = cut(a, sema_common_type(sema, left, right));
		b = cut(b, sema_common_type(sema, left, right));
	}
	*at = sema_bool(sema, (*at)->span, compare(op, a, b));
	return true;
}

bool sema_fold_binary(struct sema *sema, struct expr **at)
{
	struct expr *expr = *at, *left = expr->binary.left, *right = expr->binary.right;
	wide result = 0;

	if (left->kind == EXPR_STRING && right->kind == EXPR_STRING && left->is_literal &&
	    right->is_literal)
		return fold_strings(sema, at);
	if (is_comparison(expr->binary.op))
		return fold_comparison(sema, at);
	if (!is_number(left) || !is_number(right))
		return false;
	if (!calculate(expr->binary.op, number(left), number(right), &result) || !fits(result))
		return report_overflow(sema, expr);
	*at = literal(sema, expr->span, result);
	return true;
}

/* The arm that a condition known at compile time picks. Both have been checked. */
void sema_fold_ternary(struct sema *sema, struct expr **at)
{
	struct expr *expr = *at, *arm;
	wide condition;

	(void)sema;
	if (!constant(expr->ternary.condition, &condition))
		return;
	arm = condition ? expr->ternary.then : expr->ternary.otherwise;
	*at = arm ? arm : expr->ternary.condition;
}

void sema_fold_member(struct expr **at, struct expr *object, struct expr *member)
{
	if (member->is_literal && !sema_has_effects(object))
		*at = member;
}

/* --- comptime --- */

void sema_comptime(struct sema *sema, struct expr **at)
{
	struct expr *inner = (*at)->comptime;
	wide ignored;

	sema_expr(sema, &inner);
	if (sema_is_known(sema, inner) && !inner->is_literal && !constant(inner, &ignored)) {
		sema_error(sema, "comptime", (*at)->span,
			   "this is not known at compile time: comptime takes constants only");
		inner->type = sema->unknown;
	}
	*at = inner;
}

bool sema_comptime_condition(struct sema *sema, struct expr **at, bool *value)
{
	wide number;

	sema_expr(sema, at);
	*value = false;
	if (!sema_is_known(sema, *at))
		return false;
	if ((*at)->kind == EXPR_STRING && (*at)->is_literal) {
		*value = true;
		return true;
	}
	if (!constant(*at, &number)) {
		sema_error(sema, "comptime", (*at)->span,
			   "the condition of `if comptime` is not known at compile time");
		return false;
	}
	*value = number != 0;
	return true;
}

/* --- sizes and offsets --- */

/* The smallest unsigned type that holds it. */
static struct expr *unsigned_literal(struct sema *sema, struct span span, uint64_t value)
{
	struct expr *expr = sema_int(sema, span, value, false);
	uint32_t size = value > UINT32_MAX ? 8 : value > UINT16_MAX ? 4 : value > UINT8_MAX ? 2 : 1;

	expr->type = type_int(sema->types, size, false);
	return expr;
}

void sema_sizeof(struct sema *sema, struct expr **at)
{
	struct expr *expr = *at;
	const struct type *type = sema_query_type(sema, expr->query.type, &expr->query.expr);

	if (type == sema->unknown)
		expr->type = sema->unknown;
	else
		*at = unsigned_literal(sema, expr->span, type->size);
}

void sema_offsetof(struct sema *sema, struct expr **at)
{
	struct expr *expr = *at;
	const struct type *type = sema_query_type(sema, expr->query.type, &expr->query.expr);
	uint64_t offset = 0;

	expr->type = sema->unknown;
	for (size_t i = 0; i < expr->query.path.len && type != sema->unknown; i++) {
		const char *name = expr->query.path.data[i];
		struct type_path path;

		if (type->kind == TYPE_PTR && !i)
			type = type->ptr.to;
		if ((!type_is_struct(type) && type->kind != TYPE_RECORD) ||
		    !types_find_field(sema->types, type, name, &path)) {
			sema_hint_field(sema,
					sema_error(sema, "unknown-field", expr->span,
						   "'%s' has no field named '%s'",
						   sema_type_name(sema, type), name),
					type, name);
			return;
		}
		offset += type_path_offset(&path);
		type = path.field[path.n - 1]->type;
	}
	if (type != sema->unknown)
		*at = unsigned_literal(sema, expr->span, offset);
}

static const char *base_name(const struct type *type)
{
	static const char *const names[TYPE_TSERIES + 1] = {
		[TYPE_NONE] = "none",     [TYPE_BOOL] = "bool",     [TYPE_INT] = "int",
		[TYPE_ENUM] = "enum",     [TYPE_PTR] = "pointer",   [TYPE_ARRAY] = "array",
		[TYPE_STRING] = "string", [TYPE_BUFFER] = "buffer", [TYPE_KSTACK] = "stack",
		[TYPE_USTACK] = "stack",  [TYPE_TUPLE] = "tuple",   [TYPE_RECORD] = "record",
		[TYPE_STRUCT] = "record", [TYPE_UNION] = "record",
	};

	return names[type->kind] ? names[type->kind] : "other";
}

/* typeinfo: the type's kind and its whole name, to be compared. */
void sema_typeinfo(struct sema *sema, struct expr **at)
{
	struct expr *expr = *at, *tuple;
	const struct type *type;
	const char *name;

	expr->type = sema->unknown;
	if (!sema_allow_unstable(sema, expr->span, "typeinfo", "unstable_typeinfo",
				 sema->plan->config.unstable_typeinfo, UNSTABLE_ERROR))
		return;
	type = sema_query_type(sema, expr->query.type, &expr->query.expr);
	if (type == sema->unknown)
		return;
	name = type_name_str(sema->types, type);
	tuple = expr_new(sema->arena, EXPR_TUPLE, expr->span);
	vec_push(sema->arena, &tuple->tuple.members, sema_int(sema, expr->span, type->kind, false));
	vec_push(sema->arena, &tuple->tuple.members,
		 sema_string(sema, expr->span, base_name(type), strlen(base_name(type))));
	vec_push(sema->arena, &tuple->tuple.members,
		 sema_string(sema, expr->span, name, strlen(name)));
	*at = tuple;
	sema_expr(sema, at);
}

/* --- positional parameters --- */

struct expr *sema_number(struct sema *sema, struct span span, const char *text)
{
	bool is_negative;
	uint64_t magnitude;
	wide value;

	if (!number_read(text, &is_negative, &magnitude))
		return NULL;
	value = is_negative ? -(wide)magnitude : (wide)magnitude;
	return fits(value) ? literal(sema, span, value) : NULL;
}

/* NULL, with a warning, if it is not given or empty. */
static const char *param_text(struct sema *sema, const struct expr *param)
{
	if (param->param <= sema->options->nparams && *sema->options->params[param->param - 1])
		return sema->options->params[param->param - 1];
	sema_warning(sema, "missing-parameter", param->span,
		     "Positional parameter $%u is empty or not provided.", param->param);
	return NULL;
}

void sema_param(struct sema *sema, struct expr **at)
{
	struct span span = (*at)->span;
	const char *text = param_text(sema, *at);
	struct expr *number = sema_number(sema, span, text ? text : "0");

	*at = number ? number : sema_string(sema, span, text, strlen(text));
}

bool sema_param_string(struct sema *sema, struct expr **at)
{
	const struct expr *param = *at;
	struct expr *skip = NULL;
	bool is_negative = false;
	const char *text;
	uint64_t n = 0;

	if (param->kind == EXPR_BINARY && param->binary.op == BINARY_ADD) {
		skip = param->binary.right;
		param = param->binary.left;
	}
	if (param->kind != EXPR_PARAM)
		return false;
	if (skip) {
		/* The sum is checked as a whole if this is no constant. */
		skip = ast_clone_expr(sema->arena, skip);
		sema_value(sema, &skip);
		if (!sema_is_known(sema, skip)) {
			(*at)->type = sema->unknown;
			return true;
		}
		if (!sema_const_int(skip, &n, &is_negative) || is_negative)
			return false;
	}
	text = param_text(sema, param);
	text = text ? text : "";
	text += n < strlen(text) ? n : strlen(text);
	*at = sema_string(sema, (*at)->span, text, strlen(text));
	return true;
}

void sema_param_count(struct sema *sema, struct expr **at)
{
	*at = sema_int(sema, (*at)->span, sema->options->nparams, false);
}
