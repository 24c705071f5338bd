/* software and hardware: events that perf counts; the program runs at every N-th. */
#include "provider/internal.h"

#include <errno.h>
#include <string.h>

struct event_name {
	const char *name, *alias;
	uint64_t config, period; /* period: without a count in the script */
};

static const struct event_name software_names[] = {
	{"alignment-faults", NULL, PERF_COUNT_SW_ALIGNMENT_FAULTS, 1},
	{"bpf-output", NULL, PERF_COUNT_SW_BPF_OUTPUT, 1},
	{"context-switches", "cs", PERF_COUNT_SW_CONTEXT_SWITCHES, 1000},
	{"cpu-clock", "cpu", PERF_COUNT_SW_CPU_CLOCK, 1000000},
	{"cpu-migrations", NULL, PERF_COUNT_SW_CPU_MIGRATIONS, 1},
	{"dummy", NULL, PERF_COUNT_SW_DUMMY, 1},
	{"emulation-faults", NULL, PERF_COUNT_SW_EMULATION_FAULTS, 1},
	{"major-faults", NULL, PERF_COUNT_SW_PAGE_FAULTS_MAJ, 1},
	{"minor-faults", NULL, PERF_COUNT_SW_PAGE_FAULTS_MIN, 100},
	{"page-faults", "faults", PERF_COUNT_SW_PAGE_FAULTS, 100},
	{"task-clock", NULL, PERF_COUNT_SW_TASK_CLOCK, 1},
	{NULL, NULL, 0, 0},
};

static const struct event_name hardware_names[] = {
	{"backend-stalls", NULL, PERF_COUNT_HW_STALLED_CYCLES_BACKEND, 1000000},
	{"branch-instructions", "branches", PERF_COUNT_HW_BRANCH_INSTRUCTIONS, 100000},
	{"branch-misses", NULL, PERF_COUNT_HW_BRANCH_MISSES, 100000},
	{"bus-cycles", NULL, PERF_COUNT_HW_BUS_CYCLES, 100000},
	{"cache-misses", NULL, PERF_COUNT_HW_CACHE_MISSES, 1000000},
	{"cache-references", NULL, PERF_COUNT_HW_CACHE_REFERENCES, 1000000},
	{"cpu-cycles", "cycles", PERF_COUNT_HW_CPU_CYCLES, 1000000},
	{"frontend-stalls", NULL, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND, 1000000},
	{"instructions", NULL, PERF_COUNT_HW_INSTRUCTIONS, 1000000},
	{"ref-cycles", NULL, PERF_COUNT_HW_REF_CPU_CYCLES, 1000000},
	{NULL, NULL, 0, 0},
};

static const struct event_name *find_name(const struct event_name *names, const char *name)
{
	for (; names->name; names++)
		if (!strcmp(names->name, name) || (names->alias && !strcmp(names->alias, name)))
			return names;
	return NULL;
}

static bool parse(const struct provider_env *env, struct diags *diags,
		  const struct provider_text *text, struct plan_target *target,
		  const struct event_name *names, const char *provider)
{
	const char *known[32], *nearest;
	struct diag *diag;
	size_t n = 0;

	if (!parse_arity(diags, text, provider, 1, 2))
		return false;
	target->function = arena_strdup(env->arena, text->fields[1]);
	if (!find_name(names, target->function) && !glob_is_pattern(target->function)) {
		for (; names[n].name; n++)
			known[n] = names[n].name;
		diag = diag_error(diags, "probe-target", text->span, "Invalid %s event: %s",
				  provider, target->function);
		nearest = diag_nearest(target->function, known, n);
		if (nearest)
			diag_hint(diag, "Did you mean %s?", nearest);
		return false;
	}
	if (text->nfields == 3 && *text->fields[2] &&
	    (!parse_number(text->fields[2], &target->rate) || !target->rate)) {
		diag_error(diags, "probe-rate", text->span, "%s count should be a positive integer",
			   provider);
		return false;
	}
	return true;
}

static int expand(const struct provider_env *env, const struct plan_target *pattern,
		  provider_found_fn found, void *data, const struct event_name *names,
		  const char *provider)
{
	int n = 0;

	for (; names->name; names++) {
		struct plan_target target = *pattern;
		bool is_alias = names->alias && !strcmp(names->alias, pattern->function);

		if (!is_alias && !glob_match(pattern->function, names->name))
			continue;
		/* An event that has two names keeps the one that was asked for. */
		target.function = is_alias ? names->alias : names->name;
		target.name =
			target.rate ? arena_printf(env->arena, "%s:%s:%lu", provider,
						   target.function, target.rate)
				    : arena_printf(env->arena, "%s:%s:", provider, target.function);
		found(&target, data);
		n++;
	}
	return n;
}

static int attach_event(const struct provider_attach *attach, const struct plan_target *target,
			uint32_t index, const char **error, const struct event_name *names,
			uint32_t type)
{
	const struct event_name *name = find_name(names, target->function);
	struct perf_event_attr attr = {.type = type};
	int result;

	if (!name) {
		*error = "there is no such event";
		return -ENOENT;
	}
	attr.config = name->config;
	attr.sample_period = target->rate ? target->rate : name->period;
	result = perf_attach_everywhere(attach, &attr, attach->env->pid, index);
	if (result)
		*error = perf_error(attach->arena, result);
	return result;
}

static int attach_one_software(const struct provider_attach *attach,
			       const struct plan_target *target, uint32_t index, const char **error)
{
	return attach_event(attach, target, index, error, software_names, PERF_TYPE_SOFTWARE);
}

static int attach_one_hardware(const struct provider_attach *attach,
			       const struct plan_target *target, uint32_t index, const char **error)
{
	return attach_event(attach, target, index, error, hardware_names, PERF_TYPE_HARDWARE);
}

static bool parse_software(const struct provider_env *env, struct diags *diags,
			   const struct provider_text *text, struct plan_target *target)
{
	return parse(env, diags, text, target, software_names, "software");
}

static int expand_software(const struct provider_env *env, const struct plan_target *pattern,
			   provider_found_fn found, void *data, const char **error)
{
	(void)error;
	return expand(env, pattern, found, data, software_names, "software");
}

static bool attach_software(const struct provider_attach *a)
{
	return attach_each(a, attach_one_software);
}

static bool parse_hardware(const struct provider_env *env, struct diags *diags,
			   const struct provider_text *text, struct plan_target *target)
{
	return parse(env, diags, text, target, hardware_names, "hardware");
}

static int expand_hardware(const struct provider_env *env, const struct plan_target *pattern,
			   provider_found_fn found, void *data, const char **error)
{
	(void)error;
	return expand(env, pattern, found, data, hardware_names, "hardware");
}

static bool attach_hardware(const struct provider_attach *a)
{
	return attach_each(a, attach_one_hardware);
}

static const char *const software_forms[] = {"software:EVENT", "software:EVENT:COUNT", NULL};
static const char *const hardware_forms[] = {"hardware:EVENT", "hardware:EVENT:COUNT", NULL};

const struct provider provider_software = {
	.name = "software",
	.short_name = "s",
	.doc = "events that the kernel counts",
	.forms = software_forms,
	.min_kernel = "4.9",
	.context = CONTEXT_PERF_EVENT,
	.provides = PROVIDES_CTX | PROVIDES_REG | PROVIDES_SIGNAL,
	.flags = PROVIDER_PERF_GUARD | PROVIDER_NEWEST_FIRST,
	.parse = parse_software,
	.expand = expand_software,
	.signature = perf_signature,
	.section = perf_section,
	.attach = attach_software,
};

const struct provider provider_hardware = {
	.name = "hardware",
	.short_name = "h",
	.doc = "events that the processor counts",
	.forms = hardware_forms,
	.min_kernel = "4.9",
	.context = CONTEXT_PERF_EVENT,
	.provides = PROVIDES_CTX | PROVIDES_REG | PROVIDES_SIGNAL,
	.flags = PROVIDER_PERF_GUARD,
	.parse = parse_hardware,
	.expand = expand_hardware,
	.signature = perf_signature,
	.section = perf_section,
	.attach = attach_hardware,
};
