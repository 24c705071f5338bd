/* What is known at compile time: operators on literals, sizes and offsets, positional parameters.
 */
#include "sema/internal.h"

#include <errno.h>
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

bool sema_const_int(const struct expr *expr, uint64_t *magnitude, bool *is_negative)
{
	while (expr->kind == EXPR_CAST && expr->type && expr->type->kind == TYPE_INT)
		expr = expr->cast.operand;
	if (expr->kind != EXPR_INT)
		return false;
	*magnitude = expr->integer.value;
	*is_negative = expr->integer.is_negative;
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
		*at = value > (wide)INT64_MAX ? literal(sema, expr->span, (wide) ~(uint64_t)value)
					      : literal(sema, expr->span, ~value);
		return true;
	case UNARY_DEREF:
	case UNARY_ADDR:
		break;
	}
	return false;
}

static bool is_comparison(enum binary_op op)
{
	switch (op) {
	case BINARY_EQ:
	case BINARY_NE:
	case BINARY_LT:
	case BINARY_LE:
	case BINARY_GT:
	case BINARY_GE:
	case BINARY_LAND:
	case BINARY_LOR:
		return true;
	default:
		return false;
	}
}

static bool compare(enum binary_op op, wide a, wide b)
{
	switch (op) {
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
	default:
		return false;
	}
}

/* Shifts and bit operations work on 64 bits; the result is signed if an operand is negative. */
static bool bitwise(enum binary_op op, wide a, wide b, wide *result)
{
	bool is_signed = a < 0 || b < 0;
	uint64_t left = (uint64_t)a, right = (uint64_t)b, bits;

	switch (op) {
	case BINARY_AND:
		bits = left & right;
		break;
	case BINARY_OR:
		bits = left | right;
		break;
	default:
		bits = left ^ right;
		break;
	}
	*result = is_signed ? (wide)(int64_t)bits : (wide)bits;
	return true;
}

static bool shift(enum binary_op op, wide a, wide b, wide *result)
{
	if (b < 0 || b > 63)
		return false;
	*result = op == BINARY_SHL ? a * ((wide)1 << b) : a >> b;
	return true;
}

static bool calculate(enum binary_op op, wide a, wide b, wide *result)
{
	switch (op) {
	case BINARY_ADD:
		*result = a + b;
		return true;
	case BINARY_SUB:
		*result = a - b;
		return true;
	case BINARY_MUL:
		return !__builtin_mul_overflow(a, b, result);
	case BINARY_DIV:
		*result = b ? a / b : 0;
		return b != 0;
	case BINARY_MOD:
		*result = b ? a % b : 0;
		return b != 0;
	case BINARY_SHL:
	case BINARY_SHR:
		return shift(op, a, b, result);
	default:
		return bitwise(op, a, b, result);
	}
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

bool sema_fold_binary(struct sema *sema, struct expr **at)
{
	struct expr *expr = *at, *left = expr->binary.left, *right = expr->binary.right;
	wide result = 0;

	if (left->kind == EXPR_STRING && right->kind == EXPR_STRING && left->is_literal &&
	    right->is_literal)
		return fold_strings(sema, at);
	if (!is_number(left) || !is_number(right))
		return false;
	if (is_comparison(expr->binary.op)) {
		/* A bool is compared with a bool only. */
		if (left->kind != right->kind && expr->binary.op != BINARY_LAND &&
		    expr->binary.op != BINARY_LOR)
			return false;
		*at = sema_bool(sema, expr->span,
				compare(expr->binary.op, number(left), number(right)));
		return true;
	}
	if (!calculate(expr->binary.op, number(left), number(right), &result) || !fits(result))
		return report_overflow(sema, expr);
	*at = literal(sema, expr->span, result);
	return true;
}

/* --- comptime --- */

void sema_comptime(struct sema *sema, struct expr **at)
{
	struct expr *inner = (*at)->comptime;

	sema_expr(sema, &inner);
	if (sema_is_known(sema, inner) && !inner->is_literal) {
		sema_error(sema, "comptime", (*at)->span,
			   "this is not known at compile time: comptime takes constants only");
		inner->type = sema->unknown;
	}
	*at = inner;
}

bool sema_comptime_condition(struct sema *sema, struct expr **at, bool *value)
{
	sema_expr(sema, at);
	*value = false;
	if (!sema_is_known(sema, *at))
		return false;
	if ((*at)->kind == EXPR_STRING && (*at)->is_literal) {
		*value = true;
		return true;
	}
	if (!is_number(*at)) {
		sema_error(sema, "comptime", (*at)->span,
			   "the condition of `if comptime` is not known at compile time");
		return false;
	}
	*value = number(*at) != 0;
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
		struct type_path path;

		if (type->kind == TYPE_PTR && !i)
			type = type->ptr.to;
		if ((!type_is_struct(type) && type->kind != TYPE_RECORD) ||
		    !types_find_field(sema->types, type, expr->query.path.data[i], &path)) {
			sema_error(sema, "unknown-field", expr->span,
				   "'%s' has no field named '%s'", sema_type_name(sema, type),
				   expr->query.path.data[i]);
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
	if (type_is_stack(type))
		return "stack";
	switch (type->kind) {
	case TYPE_NONE:
		return "none";
	case TYPE_BOOL:
		return "bool";
	case TYPE_INT:
		return "int";
	case TYPE_ENUM:
		return "enum";
	case TYPE_PTR:
		return "pointer";
	case TYPE_ARRAY:
		return "array";
	case TYPE_STRING:
		return "string";
	case TYPE_BUFFER:
		return "buffer";
	case TYPE_TUPLE:
		return "tuple";
	case TYPE_RECORD:
	case TYPE_STRUCT:
	case TYPE_UNION:
		return "record";
	default:
		return "other";
	}
}

/* typeinfo: the type's kind and its whole name, to be compared. */
void sema_typeinfo(struct sema *sema, struct expr **at)
{
	struct expr *expr = *at, *tuple;
	const struct type *type;
	const char *name;

	if (sema->plan->config.unstable_typeinfo == UNSTABLE_DEFAULT ||
	    sema->plan->config.unstable_typeinfo == UNSTABLE_ERROR) {
		sema_error(sema, "unstable", expr->span,
			   "typeinfo is unstable: set unstable_typeinfo = \"enable\" in the config "
			   "block to use it");
		expr->type = sema->unknown;
		return;
	}
	type = sema_query_type(sema, expr->query.type, &expr->query.expr);
	if (type == sema->unknown) {
		expr->type = sema->unknown;
		return;
	}
	name = sema_type_name(sema, type);
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

static const struct {
	const char *unit;
	uint64_t ns;
} units[] = {
	{"ns", 1},           {"us", 1000},          {"ms", 1000000},        {"s", 1000000000},
	{"m", 60000000000u}, {"h", 3600000000000u}, {"d", 86400000000000u},
};

/* What may stand behind the digits: nothing, an exponent, a unit of time. */
static bool apply_suffix(const char *rest, wide *value)
{
	if (!*rest)
		return true;
	if ((*rest == 'e' || *rest == 'E') && rest[1] >= '0' && rest[1] <= '9') {
		char *end;
		unsigned long exponent = strtoul(rest + 1, &end, 10);

		for (; exponent && fits(*value); exponent--)
			*value *= 10;
		rest = end;
	}
	if (!*rest)
		return fits(*value);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(units[i].unit, rest) != 0)
			continue;
		*value *= (wide)units[i].ns;
		return fits(*value);
	}
	return false;
}

/* A text that is a number as a whole. */
static bool parse_number(const char *text, wide *value)
{
	bool is_negative = *text == '-';
	char *end;

	if (*text == '-' || *text == '+')
		text++;
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = (wide)strtoull(text, &end, 0);
	if (errno || !apply_suffix(end, value))
		return false;
	if (is_negative)
		*value = -*value;
	return fits(*value);
}

void sema_param(struct sema *sema, struct expr **at)
{
	uint32_t n = (*at)->param;
	struct span span = (*at)->span;
	const char *text;
	wide value;

	if (n > sema->options->nparams) {
		sema_warning(sema, "missing-parameter", span,
			     "Positional parameter $%u is empty or not provided.", n);
		*at = sema_int(sema, span, 0, false);
		return;
	}
	text = sema->options->params[n - 1];
	*at = parse_number(text, &value) ? literal(sema, span, value)
					 : sema_string(sema, span, text, strlen(text));
}

void sema_param_count(struct sema *sema, struct expr **at)
{
	*at = sema_int(sema, (*at)->span, sema->options->nparams, false);
}
