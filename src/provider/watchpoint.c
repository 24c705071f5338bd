/* Breakpoints in hardware: programs that run when an address is read, written or executed. */
#include "provider/internal.h"

#include <string.h>

static const char *const not_listed[] = {NULL};
static const char *const forms[] = {"watchpoint:ADDRESS:LENGTH:MODE", NULL};

/* Of linux/hw_breakpoint.h, whose other names clash with those of types. */
enum { BREAKPOINT_NONE = 0, BREAKPOINT_W = 2, BREAKPOINT_RW = 3, BREAKPOINT_X = 4 };

/* What the debug registers of x86_64 can do. */
static const struct {
	const char *mode;
	uint32_t type;
} modes[] = {
	{"w", BREAKPOINT_W},
	{"rw", BREAKPOINT_RW},
	{"wr", BREAKPOINT_RW},
	{"x", BREAKPOINT_X},
};

static uint32_t find_mode(const char *mode)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (!strcmp(modes[i].mode, mode))
			return modes[i].type;
	return BREAKPOINT_NONE;
}

static bool parse(const struct provider_env *env, struct diags *diags,
		  const struct provider_text *text, struct plan_target *target)
{
	const char *const *fields = text->fields;

	if (!parse_arity(diags, text, "watchpoint", 3, 3))
		return false;
	*target = (struct plan_target){.has_address = true, .extra = fields[3]};
	if (!parse_number(fields[1], &target->offset) || !target->offset) {
		diag_error(diags, "probe-target", text->span, "Invalid address: %s", fields[1]);
		return false;
	}
	if (!parse_number(fields[2], &target->rate) || !target->rate || target->rate > 8 ||
	    target->rate & (target->rate - 1)) {
		diag_error(diags, "probe-target", text->span,
			   "a watchpoint's length is 1, 2, 4 or 8, not %s", fields[2]);
		return false;
	}
	if (find_mode(fields[3]) == BREAKPOINT_NONE) {
		diag_hint(diag_error(diags, "probe-target", text->span,
				     "a watchpoint of mode '%s' is not possible", fields[3]),
			  "Modes are w (write), rw (read or write) and x (execute)");
		return false;
	}
	/* Instructions begin anywhere. */
	if (find_mode(fields[3]) != BREAKPOINT_X && target->offset % target->rate) {
		diag_error(diags, "probe-target", text->span,
			   "a watchpoint's address must be a multiple of its length");
		return false;
	}
	target->name =
		arena_printf(env->arena, "watchpoint:%s:%s:%s", fields[1], fields[2], fields[3]);
	return true;
}

static int attach_one(const struct provider_attach *attach, const struct plan_target *target,
		      uint32_t index, const char **error)
{
	uint32_t type = find_mode(target->extra);
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT,
		.bp_type = type,
		.bp_addr = target->offset,
		/* The kernel wants the size of a word for what is executed. */
		.bp_len = type == BREAKPOINT_X ? sizeof(long) : target->rate,
		.sample_period = 1,
	};

	size_t before = provider_links_count(attach->links);
	int result = perf_attach_everywhere(attach, &attr, attach->pid, index);

	provider_links_watch(attach->links, before, target->offset);
	if (result)
		*error = perf_error(attach->arena, result);
	return result;
}

static bool attach(const struct provider_attach *attach)
{
	return attach_each(attach, attach_one);
}

const struct provider provider_watchpoint = {
	.name = "watchpoint",
	.short_name = "w",
	.doc = "accesses to an address, by debug registers",
	.forms = forms,
	.min_kernel = "4.9",
	.context = CONTEXT_PERF_EVENT,
	.provides = PROVIDES_CTX | PROVIDES_REG | PROVIDES_SIGNAL,
	.flags = PROVIDER_PERF_GUARD,
	.parse = parse,
	.expand = expand_itself,
	.signature = perf_signature,
	.section = perf_section,
	.attach = attach,
	.listed = not_listed,
};
