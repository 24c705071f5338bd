/* Probes that the runtime runs itself, as raw tracepoint programs by test-run: begin, end, self,
 * test, bench. */
#include "provider/internal.h"

#include <string.h>

static const char *const not_listed[] = {NULL};

/* --- begin, end --- */

static bool parse_bare(struct diags *diags, const struct provider_text *text,
		       const struct provider *provider, struct plan_target *target)
{
	if (!parse_arity(diags, text, provider->name, 0, 0))
		return false;
	*target = (struct plan_target){.name = provider->name};
	return true;
}

static bool begin_parse(const struct provider_env *env, struct diags *diags,
			const struct provider_text *text, struct plan_target *target)
{
	(void)env;
	return parse_bare(diags, text, &provider_begin, target);
}

static bool end_parse(const struct provider_env *env, struct diags *diags,
		      const struct provider_text *text, struct plan_target *target)
{
	(void)env;
	return parse_bare(diags, text, &provider_end, target);
}

const struct provider provider_begin = {
	.name = "begin",
	.doc = "once, before anything is attached",
	.forms = (const char *const[]){"begin", NULL},
	.min_kernel = "5.10",
	.context = CONTEXT_NONE,
	.flags = PROVIDER_SPECIAL,
	.parse = begin_parse,
	.expand = expand_itself,
	.section = raw_section,
	.listed = not_listed,
};

const struct provider provider_end = {
	.name = "end",
	.doc = "once, after everything was detached",
	.forms = (const char *const[]){"end", NULL},
	.min_kernel = "5.10",
	.context = CONTEXT_NONE,
	.flags = PROVIDER_SPECIAL,
	.parse = end_parse,
	.expand = expand_itself,
	.section = raw_section,
	.listed = not_listed,
};

/* --- self --- */

static bool self_parse(const struct provider_env *env, struct diags *diags,
		       const struct provider_text *text, struct plan_target *target)
{
	(void)env;
	if (!parse_arity(diags, text, "self", 2, 2))
		return false;
	if (strcmp(text->fields[1], "signal") != 0 || strcmp(text->fields[2], "SIGUSR1") != 0) {
		diag_hint(diag_error(diags, "unknown-event", text->span,
				     "%s is not an event of sonde's own", text->text),
			  "The only one is self:signal:SIGUSR1");
		return false;
	}
	*target = (struct plan_target){
		.name = "self:signal:SIGUSR1", .module = "signal", .function = "SIGUSR1"};
	return true;
}

const struct provider provider_self = {
	.name = "self",
	.doc = "signals sent to sonde",
	.forms = (const char *const[]){"self:signal:SIGUSR1", NULL},
	.min_kernel = "5.10",
	.context = CONTEXT_NONE,
	.flags = PROVIDER_SPECIAL,
	.parse = self_parse,
	.expand = expand_itself,
	.section = raw_section,
	.listed = (const char *const[]){"self:signal:SIGUSR1", NULL},
};

/* --- test, bench --- */

static bool parse_named(const struct provider_env *env, struct diags *diags,
			const struct provider_text *text, const struct provider *provider,
			struct plan_target *target)
{
	if (!parse_arity(diags, text, provider->name, 1, 1))
		return false;
	if (!*text->fields[1]) {
		diag_error(diags, "probe-arity", text->span, "a %s needs a name", provider->name);
		return false;
	}
	*target = (struct plan_target){
		.name = arena_printf(env->arena, "%s:%s", provider->name, text->fields[1]),
		.function = text->fields[1],
	};
	return true;
}

static bool test_parse(const struct provider_env *env, struct diags *diags,
		       const struct provider_text *text, struct plan_target *target)
{
	return parse_named(env, diags, text, &provider_test, target);
}

static bool bench_parse(const struct provider_env *env, struct diags *diags,
			const struct provider_text *text, struct plan_target *target)
{
	return parse_named(env, diags, text, &provider_bench, target);
}

const struct provider provider_test = {
	.name = "test",
	.doc = "tests of a script, run by --test",
	.forms = (const char *const[]){"test:NAME", NULL},
	.min_kernel = "5.10",
	.context = CONTEXT_NONE,
	.flags = PROVIDER_SPECIAL,
	.parse = test_parse,
	.expand = expand_itself,
	.section = raw_section,
	.listed = not_listed,
};

const struct provider provider_bench = {
	.name = "bench",
	.doc = "benchmarks of a script, run by --bench",
	.forms = (const char *const[]){"bench:NAME", NULL},
	.min_kernel = "5.10",
	.context = CONTEXT_NONE,
	.flags = PROVIDER_SPECIAL,
	.parse = bench_parse,
	.expand = expand_itself,
	.section = raw_section,
	.listed = not_listed,
};
