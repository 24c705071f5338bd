/* profile: samples at a rate, on every CPU. */
#include "provider/internal.h"

static bool parse(const struct provider_env *env, struct diags *diags,
		  const struct provider_text *text, struct plan_target *target)
{
	return timer_parse(env, diags, text, target, "profile");
}

static void signature(const struct provider_env *env, const struct plan_target *target,
		      struct provider_signature *signature)
{
	(void)target;
	signature->ctx = signature_perf_event(env);
}

static const char *section(const struct provider_env *env, const struct plan_prog *prog)
{
	(void)env;
	(void)prog;
	return "perf_event";
}

static int attach_one(const struct provider_attach *attach, const struct plan_target *target,
		      uint32_t index, const char **error)
{
	struct perf_event_attr attr;
	int result;

	timer_attr(target, &attr);
	result = perf_attach_everywhere(attach, &attr, attach->env->pid, index);
	if (result)
		*error = perf_error(attach->arena, result);
	return result;
}

static bool attach(const struct provider_attach *attach)
{
	return attach_each(attach, attach_one);
}

static const char *const forms[] = {"profile:hz:N", "profile:s:N, ms:N, us:N", "profile:DURATION",
				    NULL};
static const char *const listed[] = {
	"profile:hz:", "profile:ms:", "profile:s:", "profile:us:", NULL};

const struct provider provider_profile = {
	.name = "profile",
	.short_name = "p",
	.doc = "samples at a rate, on every CPU",
	.forms = forms,
	.min_kernel = "4.9",
	.context = CONTEXT_PERF_EVENT,
	.provides = PROVIDES_CTX | PROVIDES_REG | PROVIDES_SIGNAL,
	.flags = PROVIDER_PERF_GUARD,
	.parse = parse,
	.expand = expand_itself,
	.signature = signature,
	.section = section,
	.attach = attach,
	.listed = listed,
};
