/* Static tracepoints through their perf events; arguments are the record that tracefs describes. */
#include "provider/internal.h"

#include "types/tracefs.h"

#include <errno.h>
#include <string.h>

static bool parse(const struct provider_env *env, struct diags *diags,
		  const struct provider_text *text, struct plan_target *target)
{
	if (!parse_arity(diags, text, "tracepoint", 2, 2))
		return false;
	*target = (struct plan_target){
		.name = arena_printf(env->arena, "tracepoint:%s:%s", text->fields[1],
				     text->fields[2]),
		.module = text->fields[1],
		.function = text->fields[2],
	};
	return true;
}

struct search {
	const struct provider_env *env;
	const struct plan_target *pattern;
	provider_found_fn found;
	void *data;
	int n;
};

static void try_event(const char *category, const char *event, void *data)
{
	struct search *search = data;
	struct arena *arena = search->env->arena;
	struct plan_target target = {0};

	if (!glob_match(search->pattern->module, category) ||
	    !glob_match(search->pattern->function, event))
		return;
	target.module = arena_strdup(arena, category);
	target.function = arena_strdup(arena, event);
	target.name = arena_printf(arena, "tracepoint:%s:%s", category, event);
	search->found(&target, search->data);
	search->n++;
}

static const char *list_reason(const struct provider_env *env, int error)
{
	if (error == -ENOENT)
		return tracefs_missing();
	return arena_printf(env->arena, "tracefs cannot be read: %s", strerror(-error));
}

static int expand(const struct provider_env *env, const struct plan_target *pattern,
		  provider_found_fn found, void *data, const char **error)
{
	struct search search = {env, pattern, found, data, 0};
	int result;

	/* The whole list is long, and a plain name need not be searched for in it. */
	if (!glob_is_pattern(pattern->module) && !glob_is_pattern(pattern->function) &&
	    tracefs_event_id(pattern->module, pattern->function) > 0) {
		found(pattern, data);
		return 1;
	}
	result = tracefs_each_event(try_event, &search);
	if (!result)
		return search.n;
	*error = list_reason(env, result);
	return result;
}

static void signature(const struct provider_env *env, const struct plan_target *target,
		      struct provider_signature *signature)
{
	signature->args =
		types_tracepoint(env->types, target->module, target->function, &signature->no_args);
}

static const char *section(const struct provider_env *env, const struct plan_prog *prog)
{
	(void)env;
	(void)prog;
	return "tracepoint";
}

static int attach_one(const struct provider_attach *attach, const struct plan_target *target,
		      uint32_t index, const char **error)
{
	/* No samples are taken of it: the kernel does not allow that for each tracepoint. */
	struct perf_event_attr attr = {.type = PERF_TYPE_TRACEPOINT};
	int id = tracefs_event_id(target->module, target->function), result;

	if (id < 0) {
		*error = id == -ENOENT ? "there is no such tracepoint"
				       : list_reason(attach->env, id);
		return id;
	}
	attr.config = (uint64_t)id;
	/* The program runs on every CPU, whichever its event was opened for. */
	result = perf_attach_one_cpu(attach, &attr, index);
	if (result)
		*error = perf_error(attach->arena, result);
	return result;
}

static bool attach(const struct provider_attach *attach)
{
	return attach_each(attach, attach_one);
}

static void describe(const struct provider_env *env, const struct plan_target *target,
		     struct strbuf *out)
{
	const char *const *texts;
	uint32_t n;

	if (!tracefs_field_texts(env->arena, target->module, target->function, &texts, &n))
		return;
	for (uint32_t i = 0; i < n; i++)
		strbuf_addf(out, "    %s\n", texts[i]);
}

const struct provider provider_tracepoint = {
	.name = "tracepoint",
	.short_name = "t",
	.doc = "static tracepoints of the kernel",
	.forms = (const char *const[]){"tracepoint:CATEGORY:EVENT", NULL},
	.min_kernel = "4.7",
	.context = CONTEXT_RECORD,
	.provides = PROVIDES_ARGS | PROVIDES_SIGNAL,
	.flags = PROVIDER_PERF_GUARD | PROVIDER_PID_PREDICATE,
	.parse = parse,
	.expand = expand,
	.signature = signature,
	.section = section,
	.attach = attach,
	.describe = describe,
};
