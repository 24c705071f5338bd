/*
 * Arguments against the prototype column of functions.def. In: a call as parsed; out: its arguments
 * checked, those that must be literals made so, and the result's type.
 */
#include "sema/functions.h"

#include <ctype.h>

#define MAX_PARAMS 8

enum param_kind {
	PARAM_FMT,
	PARAM_STRLIT,
	PARAM_INTLIT,
	PARAM_INT,
	PARAM_COND,
	PARAM_PTR,
	PARAM_STRING,
	PARAM_ANY,
	PARAM_RAW, /* left to the hook */
	PARAM_MAP,
	PARAM_VAR,
	PARAM_NAME,
	PARAM_TYPE,
};

static const char *const kind_words[] = {
	[PARAM_FMT] = "fmt",   [PARAM_STRLIT] = "strlit", [PARAM_INTLIT] = "intlit",
	[PARAM_INT] = "int",   [PARAM_COND] = "cond",     [PARAM_PTR] = "ptr",
	[PARAM_ANY] = "any",   [PARAM_STRING] = "string", [PARAM_RAW] = "raw",
	[PARAM_MAP] = "map",   [PARAM_VAR] = "var",       [PARAM_NAME] = "name",
	[PARAM_TYPE] = "type",
};

struct prototype {
	enum param_kind params[MAX_PARAMS];
	uint32_t n, required;
	bool takes_rest;
};

static enum param_kind find_kind(const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof(kind_words) / sizeof(kind_words[0]); i++)
		if (strlen(kind_words[i]) == len && !strncmp(kind_words[i], word, len))
			return (enum param_kind)i;
	return PARAM_RAW;
}

static void read_prototype(const char *text, struct prototype *prototype)
{
	bool optional = false;

	*prototype = (struct prototype){0};
	for (text = strchr(text, '(') + 1; *text && *text != ')';) {
		size_t len = 0;

		if (!strncmp(text, "...", 3)) {
			prototype->takes_rest = true;
			text += 3;
			continue;
		}
		if (*text == '[')
			optional = true;
		if (!isalpha((unsigned char)*text)) {
			text++;
			continue;
		}
		while (isalpha((unsigned char)text[len]))
			len++;
		prototype->params[prototype->n++] = find_kind(text, len);
		prototype->required += !optional;
		text += len;
	}
}

static void report_count(struct sema *sema, const struct expr *call,
			 const struct prototype *prototype)
{
	size_t n = call->call.args.len;
	bool is_exact = !prototype->takes_rest && prototype->required == prototype->n;
	bool is_few = n < prototype->required;
	uint32_t wanted = is_few ? prototype->required : prototype->n;

	if (!wanted)
		sema_error(sema, "argument-count", call->span,
			   "%s() requires no arguments (%zu provided)", call->call.name, n);
	else
		sema_error(sema, "argument-count", call->span,
			   "%s() %s %u argument%s (%zu provided)", call->call.name,
			   is_exact ? "requires"
			   : is_few ? "requires at least"
				    : "takes up to",
			   wanted, wanted == 1 ? "" : "s", n);
}

/* Nothing is said of an argument in which something else was wrong. */
static bool report_kind(struct sema *sema, const struct expr *call, const struct expr *arg,
			const char *what)
{
	if (!arg->type)
		sema_error(sema, "argument-type", arg->span, "%s() expects %s here",
			   call->call.name, what);
	else if (sema_is_known(sema, arg))
		sema_error(sema, "argument-type", arg->span, "%s() expects %s (%s provided)",
			   call->call.name, what, sema_type_name(sema, arg->type));
	return false;
}

static bool check_int(struct sema *sema, const struct expr *call, struct expr **arg)
{
	sema_value(sema, arg);
	if (!sema_is_known(sema, *arg) || sema_is_number(sema, (*arg)->type) ||
	    (*arg)->type->kind == TYPE_BOOL)
		return true;
	return report_kind(sema, call, *arg, "an integer");
}

/* What is known at compile time becomes a literal, so that its number can be read off. */
static bool check_literal(struct sema *sema, const struct expr *call, struct expr **arg)
{
	uint64_t magnitude;
	bool is_negative;

	sema_value(sema, arg);
	if (!sema_is_known(sema, *arg))
		return false;
	if (!sema_const_int(*arg, &magnitude, &is_negative))
		return report_kind(sema, call, *arg, "an integer literal");
	*arg = sema_int(sema, (*arg)->span, magnitude, is_negative);
	return true;
}

static bool check_string_literal(struct sema *sema, const struct expr *call, struct expr **arg)
{
	if (sema_param_string(sema, arg))
		return true;
	if ((*arg)->kind == EXPR_STRING) {
		sema_literal_text(sema, *arg);
		return true;
	}
	sema_expr(sema, arg);
	if ((*arg)->kind == EXPR_STRING)
		return true;
	return report_kind(sema, call, *arg, "a string literal");
}

static bool check_ptr(struct sema *sema, const struct expr *call, struct expr **arg)
{
	sema_value(sema, arg);
	if (!sema_is_known(sema, *arg) || (*arg)->type->kind == TYPE_PTR ||
	    (*arg)->type->kind == TYPE_INT || (*arg)->type->kind == TYPE_KSYM)
		return true;
	return report_kind(sema, call, *arg, "a pointer or an address");
}

static bool check_string(struct sema *sema, const struct expr *call, struct expr **arg)
{
	if (sema_param_string(sema, arg))
		return true;
	sema_value(sema, arg);
	if (!sema_is_known(sema, *arg) || (*arg)->type->kind == TYPE_STRING)
		return true;
	return report_kind(sema, call, *arg, "a string");
}

static bool check_map(struct sema *sema, const struct expr *call, struct expr **arg)
{
	if ((*arg)->kind == EXPR_MAP && !(*arg)->map.has_brackets) {
		sema_map(sema, *arg, MAP_WHOLE);
		return true;
	}
	if ((*arg)->kind != EXPR_MAP)
		sema_expr(sema, arg);
	return report_kind(sema, call, *arg, "a map argument");
}

static bool check_kind(struct sema *sema, const struct expr *call, struct expr *arg,
		       enum expr_kind kind, const char *what)
{
	return arg->kind == kind || report_kind(sema, call, arg, what);
}

/* A bare name, too, is that of a type here. */
static bool check_type(struct sema *sema, const struct expr *call, struct expr *arg)
{
	struct type_expr *type;

	if (arg->kind == EXPR_IDENT) {
		type = sema_named_type(sema, arg);
		arg->kind = EXPR_TYPE;
		arg->type_name = type;
	}
	if (arg->kind != EXPR_TYPE)
		return report_kind(sema, call, arg, "a type");
	arg->type = type_none(sema->types);
	return true;
}

static bool check_arg(struct sema *sema, const struct expr *call, enum param_kind kind,
		      struct expr **arg)
{
	switch (kind) {
	case PARAM_FMT:
	case PARAM_STRLIT:
		return check_string_literal(sema, call, arg);
	case PARAM_INTLIT:
		return check_literal(sema, call, arg);
	case PARAM_INT:
		return check_int(sema, call, arg);
	case PARAM_COND:
		sema_condition(sema, arg);
		return true;
	case PARAM_PTR:
		return check_ptr(sema, call, arg);
	case PARAM_STRING:
		return check_string(sema, call, arg);
	case PARAM_ANY:
		sema_value(sema, arg);
		return true;
	case PARAM_MAP:
		return check_map(sema, call, arg);
	case PARAM_VAR:
		return check_kind(sema, call, *arg, EXPR_VAR, "a scratch variable");
	case PARAM_NAME:
		return check_kind(sema, call, *arg, EXPR_IDENT, "a name");
	case PARAM_TYPE:
		return check_type(sema, call, *arg);
	case PARAM_RAW:
		break;
	}
	return true;
}

static bool check_args(struct sema *sema, struct expr *call, const struct prototype *prototype)
{
	bool ok = true;

	for (size_t i = 0; i < call->call.args.len; i++) {
		struct expr **arg = &call->call.args.data[i];

		if (i >= prototype->n)
			sema_expr(sema, arg);
		else if (!check_arg(sema, call, prototype->params[i], arg))
			ok = false;
	}
	return ok;
}

static const struct type *result_type(struct sema *sema, const char *prototype)
{
	static const struct {
		const char *word;
		enum type_kind kind;
	} simple[] = {
		{"inet", TYPE_INET},           {"mac_address", TYPE_MAC},
		{"timestamp", TYPE_TIMESTAMP}, {"ksym_t", TYPE_KSYM},
		{"usym_t", TYPE_USYM},         {"cgroup_path_t", TYPE_CGROUP_PATH},
	};
	size_t len = strcspn(prototype, "(");
	const char *word = arena_strndup(sema->arena, prototype, len);

	if (!strcmp(word, "none"))
		return type_none(sema->types);
	if (!strcmp(word, "string"))
		return type_string(sema->types, (uint32_t)sema->plan->config.max_strlen);
	for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++)
		if (!strcmp(simple[i].word, word))
			return type_simple(sema->types, simple[i].kind);
	return *word == '*' ? sema->unknown : types_by_name(sema->types, word);
}

bool prototype_check(struct sema *sema, struct expr *call)
{
	const char *text = call->call.function->prototype;
	struct prototype prototype;
	size_t n = call->call.args.len;

	read_prototype(text, &prototype);
	call->type = result_type(sema, text);
	if (n < prototype.required || (n > prototype.n && !prototype.takes_rest)) {
		report_count(sema, call, &prototype);
		return false;
	}
	return check_args(sema, call, &prototype);
}
