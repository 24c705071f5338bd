/* profile and interval: run at rates in units of time, which the CPU clock keeps. */
#include "provider/internal.h"

#include <string.h>

#define NS_PER_S 1000000000u

static const struct {
	const char *name;
	enum plan_unit unit;
	uint64_t ns; /* hz: nothing */
	bool is_duration; /* follows a number, "10ms" */
} units[] = {
	{"hz", UNIT_HZ, 0, false},
	{"s", UNIT_S, NS_PER_S, true},
	{"ms", UNIT_MS, 1000000, true},
	{"us", UNIT_US, 1000, true},
	{"ns", UNIT_NS, 1, true},
	{"m", UNIT_NONE, 60 * (uint64_t)NS_PER_S, true},
	{"h", UNIT_NONE, 3600 * (uint64_t)NS_PER_S, true},
	{"d", UNIT_NONE, 86400 * (uint64_t)NS_PER_S, true},
};

#define NUNITS (sizeof(units) / sizeof(*units))

/* Index in @units, NUNITS if there is none. */
static size_t find_unit(const char *name, bool is_duration)
{
	size_t i;

	for (i = 0; i < NUNITS; i++)
		if (!strcmp(units[i].name, name) &&
		    (is_duration ? units[i].is_duration : units[i].unit != UNIT_NONE))
			break;
	return i;
}

static bool bad_rate(struct diags *diags, const struct provider_text *text, const char *provider)
{
	diag_error(diags, "timer-rate", text->span, "%s frequency should be a positive integer",
		   provider);
	return false;
}

/* Where the number at the beginning ends: "1e3ms" at "ms". */
static const char *after_number(const char *text)
{
	const char *end = text + strspn(text, "0123456789_");

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
		return text + strlen(text);
	if ((*end == 'e' || *end == 'E') && end[1] >= '0' && end[1] <= '9')
		end += 1 + strspn(end + 1, "0123456789");
	return end;
}

/* "10ms", or a bare number of nanoseconds: told in microseconds if they are whole. */
static bool parse_duration(struct arena *arena, struct diags *diags,
			   const struct provider_text *text, const char *provider,
			   struct plan_target *target)
{
	const char *rest, *number;
	uint64_t ns;
	size_t unit;

	rest = after_number(text->fields[1]);
	number = arena_strndup(arena, text->fields[1], (size_t)(rest - text->fields[1]));
	if (!*number || !parse_number(number, &ns))
		return bad_rate(diags, text, provider);
	unit = find_unit(*rest ? rest : "ns", true);
	if (unit == NUNITS) {
		diag_hint(diag_error(diags, "timer-unit", text->span,
				     "%s is not an accepted unit of time", rest),
			  "Units are ns, us, ms, s, m, h and d");
		return false;
	}
	if (!ns || __builtin_mul_overflow(ns, units[unit].ns, &ns))
		return bad_rate(diags, text, provider);
	target->unit = ns % 1000 ? UNIT_NS : UNIT_US;
	target->rate = ns % 1000 ? ns : ns / 1000;
	return true;
}

static bool parse_with_unit(struct diags *diags, const struct provider_text *text,
			    const char *provider, struct plan_target *target)
{
	size_t unit = find_unit(text->fields[1], false);
	uint64_t ns;

	if (unit == NUNITS) {
		diag_hint(diag_error(diags, "timer-unit", text->span,
				     "%s is not an accepted unit of time", text->fields[1]),
			  "Units are hz, s, ms, us and ns");
		return false;
	}
	target->unit = units[unit].unit;
	if (!parse_number(text->fields[2], &target->rate) || !target->rate)
		return bad_rate(diags, text, provider);
	if (target->unit == UNIT_HZ ? target->rate > NS_PER_S
				    : __builtin_mul_overflow(target->rate, units[unit].ns, &ns))
		return bad_rate(diags, text, provider);
	return true;
}

static const char *unit_name(enum plan_unit unit)
{
	size_t i = 0;

	while (units[i].unit != unit)
		i++;
	return units[i].name;
}

static bool parse(const struct provider_env *env, struct diags *diags,
		  const struct provider_text *text, struct plan_target *target, const char *name)
{
	bool ok;

	if (!parse_arity(diags, text, name, 1, 2))
		return false;
	*target = (struct plan_target){0};
	ok = text->nfields == 2 ? parse_duration(env->arena, diags, text, name, target)
				: parse_with_unit(diags, text, name, target);
	if (ok)
		target->name = arena_printf(env->arena, "%s:%s:%llu", name, unit_name(target->unit),
					    (unsigned long long)target->rate);
	return ok;
}

static void set_attr(const struct plan_target *target, struct perf_event_attr *attr)
{
	size_t i = 0;

	while (units[i].unit != target->unit)
		i++;
	*attr = (struct perf_event_attr){
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = target->unit == UNIT_HZ ? NS_PER_S / target->rate
							 : target->rate * units[i].ns,
	};
}

static bool parse_profile(const struct provider_env *env, struct diags *diags,
			  const struct provider_text *text, struct plan_target *target)
{
	return parse(env, diags, text, target, "profile");
}

static bool parse_interval(const struct provider_env *env, struct diags *diags,
			   const struct provider_text *text, struct plan_target *target)
{
	return parse(env, diags, text, target, "interval");
}

static int attach_one_profile(const struct provider_attach *attach,
			      const struct plan_target *target, uint32_t index, const char **error)
{
	struct perf_event_attr attr;
	int result;

	set_attr(target, &attr);
	result = perf_attach_everywhere(attach, &attr, attach->env->pid, index);
	if (result)
		*error = perf_error(attach->arena, result);
	return result;
}

static int attach_one_interval(const struct provider_attach *attach,
			       const struct plan_target *target, uint32_t index, const char **error)
{
	struct perf_event_attr attr;
	int result;

	set_attr(target, &attr);
	result = perf_attach_one_cpu(attach, &attr, index);
	if (result)
		*error = perf_error(attach->arena, result);
	return result;
}

static bool attach_profile(const struct provider_attach *attach)
{
	return attach_each(attach, attach_one_profile);
}

static bool attach_interval(const struct provider_attach *attach)
{
	return attach_each(attach, attach_one_interval);
}

const struct provider provider_profile = {
	.name = "profile",
	.short_name = "p",
	.doc = "samples at a rate, on every CPU",
	.forms = (const char *const[]){"profile:hz:N", "profile:s:N, ms:N, us:N",
				       "profile:DURATION", NULL},
	.min_kernel = "4.9",
	.context = CONTEXT_PERF_EVENT,
	.provides = PROVIDES_CTX | PROVIDES_REG | PROVIDES_SIGNAL,
	.flags = PROVIDER_PERF_GUARD,
	.parse = parse_profile,
	.expand = expand_itself,
	.signature = perf_signature,
	.section = perf_section,
	.attach = attach_profile,
	.listed = (const char *const[]){"profile:hz:", "profile:ms:", "profile:s:", "profile:us:",
					NULL},
};

const struct provider provider_interval = {
	.name = "interval",
	.short_name = "i",
	.doc = "runs at a rate, on one CPU",
	.forms = (const char *const[]){"interval:hz:N", "interval:s:N, ms:N, us:N",
				       "interval:DURATION", NULL},
	.min_kernel = "4.9",
	.context = CONTEXT_PERF_EVENT,
	.provides = PROVIDES_CTX | PROVIDES_REG,
	.flags = PROVIDER_PERF_GUARD,
	.parse = parse_interval,
	.expand = expand_itself,
	.signature = perf_signature,
	.section = perf_section,
	.attach = attach_interval,
	.listed = (const char *const[]){"interval:hz:", "interval:ms:", "interval:s:",
					"interval:us:", NULL},
};
