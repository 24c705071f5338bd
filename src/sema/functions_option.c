/*
 * Named parameters: getopt("name", default, "help"), which "--name=value" behind the script
 * answers. The default's type is the parameter's.
 */
#include "sema/functions.h"

/* The value of "--name=value"; "" for a bare "--name"; NULL if it is not given. The last one
 * counts.
 */
static const char *find_given(const struct sema *sema, const char *name)
{
	const struct sema_options *options = sema->options;
	size_t len = strlen(name);

	for (uint32_t i = options->nnamed; i-- > 0;) {
		const char *word = options->named[i];

		if (!strncmp(word, name, len) && (!word[len] || word[len] == '='))
			return word[len] ? word + len + 1 : "";
	}
	return NULL;
}

static struct sema_option *find_asked(struct sema *sema, const char *name, size_t len)
{
	for (size_t i = 0; i < sema->named.len; i++) {
		const char *known = sema->named.data[i].named.name;

		if (strlen(known) == len && !memcmp(known, name, len))
			return &sema->named.data[i];
	}
	return NULL;
}

/* --- what the script asks for --- */

static const char *literal_text(struct sema *sema, const struct expr *literal)
{
	if (literal->kind == EXPR_STRING)
		return arena_printf(sema->arena, "\"%s\"", literal->string.data);
	if (literal->kind == EXPR_BOOL)
		return literal->integer.value ? "true" : "false";
	return arena_printf(sema->arena, "%s%lu", literal->integer.is_negative ? "-" : "",
			    literal->integer.value);
}

/* One parameter may be asked for in several places, always with the same default. */
static bool note_asked(struct sema *sema, struct expr *call, const struct expr *otherwise)
{
	const char *name = call->call.args.data[0]->string.data;
	const char *text = literal_text(sema, otherwise);
	struct sema_option *known = find_asked(sema, name, strlen(name));
	struct sema_option option = {
		.named = {.name = name,
			  .otherwise = text,
			  .help = call_has(call, 2) ? call->call.args.data[2]->string.data : "",
			  .is_bool = otherwise->kind == EXPR_BOOL},
		.span = call->span,
	};

	if (!known) {
		vec_push(sema->arena, &sema->named, option);
		return true;
	}
	if (!*known->named.help)
		known->named.help = option.named.help;
	if (!strcmp(known->named.otherwise, text))
		return true;
	diag_note(sema_error(sema, "option-default", call->span,
			     "The parameter --%s has the default %s here, but %s elsewhere", name,
			     text, known->named.otherwise),
		  known->span, "This is the first use.");
	return false;
}

/* --- values --- */

void sema_blame_words(struct sema *sema)
{
	if (sema->options->bad_words)
		*sema->options->bad_words = true;
}

static void bad_value(struct sema *sema, struct expr *call, const char *kind, const char *value)
{
	sema_error(sema, "bad-option", call->span,
		   "program command line option --%s invalid %s (value: %s)",
		   call->call.args.data[0]->string.data, kind, value);
	sema_blame_words(sema);
}

static void take_bool(struct sema *sema, struct expr **at, const char *value)
{
	if (!*value || !strcmp(value, "true") || !strcmp(value, "1"))
		*at = sema_bool(sema, (*at)->span, true);
	else if (!strcmp(value, "false") || !strcmp(value, "0"))
		*at = sema_bool(sema, (*at)->span, false);
	else
		bad_value(sema, *at, "boolean", value);
}

static void take_int(struct sema *sema, struct expr **at, const char *value)
{
	struct expr *number = sema_number(sema, (*at)->span, value);

	if (number)
		*at = number;
	else
		bad_value(sema, *at, "integer", value);
}

void sema_call_getopt(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, *otherwise = sema_bool(sema, call->span, false);
	const char *value = find_given(sema, call->call.args.data[0]->string.data);

	if (call_has(call, 1))
		otherwise = call->call.args.data[1];
	if (!sema_is_known(sema, otherwise))
		return;
	if (!otherwise->is_literal) {
		sema_error(sema, "argument-type", otherwise->span,
			   "getopt() expects a literal as its default: an integer, a bool or a "
			   "string");
		return;
	}
	if (!note_asked(sema, call, otherwise))
		return;
	if (!value)
		*at = otherwise;
	else if (otherwise->kind == EXPR_BOOL)
		take_bool(sema, at, value);
	else if (otherwise->kind == EXPR_STRING)
		*at = sema_string(sema, call->span, value, strlen(value));
	else
		take_int(sema, at, value);
}

/* --- what was given --- */

static void hint_known(struct sema *sema, struct diag *diag)
{
	struct strbuf known = STRBUF_INIT;

	for (size_t i = 0; i < sema->named.len; i++)
		strbuf_addf(&known, "%s--%s", i ? ", " : "", sema->named.data[i].named.name);
	if (known.len)
		diag_hint(diag, "expected program options: %s", strbuf_str(&known));
	else
		diag_hint(diag, "The script takes no named parameters");
	strbuf_free(&known);
}

void named_check(struct sema *sema)
{
	const struct sema_options *options = sema->options;
	struct strbuf unknown = STRBUF_INIT;

	for (uint32_t i = 0; i < options->nnamed; i++) {
		const char *word = options->named[i];
		size_t len = strcspn(word, "=");

		if (find_asked(sema, word, len) || (options->asked && !strcmp(word, "help")))
			continue;
		strbuf_addf(&unknown, "%s--%.*s", unknown.len ? ", " : "", (int)len, word);
	}
	if (unknown.len) {
		sema_blame_words(sema);
		hint_known(sema, diag_error(sema->diags, "unknown-option", SPAN_NONE,
					    "unexpected program command line options: %s",
					    strbuf_str(&unknown)));
	}
	strbuf_free(&unknown);
	for (size_t i = 0; options->asked && i < sema->named.len; i++)
		vec_push(sema->arena, options->asked, sema->named.data[i].named);
}
