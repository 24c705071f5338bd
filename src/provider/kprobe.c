/*
 * kprobe and kretprobe: functions of the kernel, by name, by name and offset, or by address. One
 * perf event for each; patterns use one link for all functions where the kernel can do that.
 */
#include "provider/internal.h"

#include "types/btf.h"

#include <bpf/libbpf.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>

#define REGISTER_ARGS 6 /* of x86_64's calling convention */

/* "func", "func+off" or an address. */
static bool parse_place(const struct provider_env *env, struct diags *diags,
			const struct provider_text *text, const char *place,
			struct plan_target *target)
{
	const char *plus = strchr(place, '+');

	if (isdigit((unsigned char)*place)) {
		target->has_address = true;
		if (!parse_number(place, &target->offset)) {
			diag_error(diags, "probe-target", text->span, "Invalid address: %s", place);
			return false;
		}
		if (env->unsafe)
			return true;
		diag_hint(diag_error(diags, "unsafe", text->span,
				     "a kprobe at an address is not checked by anybody"),
			  "--unsafe allows it");
		return false;
	}
	target->function = place;
	if (!plus)
		return true;
	target->function = arena_strndup(env->arena, place, (size_t)(plus - place));
	target->has_offset = true;
	if (parse_number(plus + 1, &target->offset))
		return true;
	diag_error(diags, "probe-target", text->span, "Invalid offset: %s", plus + 1);
	return false;
}

static bool parse(const struct provider_env *env, struct diags *diags,
		  const struct provider_text *text, const char *provider,
		  struct plan_target *target)
{
	if (!parse_arity(diags, text, provider, 1, 2))
		return false;
	*target = (struct plan_target){
		.name = text->text,
		.module = text->nfields == 3 ? text->fields[1] : NULL,
	};
	if (!parse_place(env, diags, text, text->fields[text->nfields - 1], target))
		return false;
	if (target->has_address || *target->function)
		return true;
	diag_error(diags, "probe-target", text->span, "%s: no function is named", provider);
	return false;
}

static bool kprobe_parse(const struct provider_env *env, struct diags *diags,
			 const struct provider_text *text, struct plan_target *target)
{
	return parse(env, diags, text, "kprobe", target);
}

static bool kretprobe_parse(const struct provider_env *env, struct diags *diags,
			    const struct provider_text *text, struct plan_target *target)
{
	if (!parse(env, diags, text, "kretprobe", target))
		return false;
	if (!target->has_offset)
		return true;
	diag_error(diags, "probe-target", text->span, "Offset not allowed");
	return false;
}

/* --- which there are --- */

static const char *target_name(const struct provider_env *env, const char *provider,
			       const struct plan_target *target)
{
	const char *module = target->module ? target->module : "";
	const char *colon = target->module ? ":" : "";

	if (target->has_address)
		return arena_printf(env->arena, "%s:0x%llx", provider,
				    (unsigned long long)target->offset);
	if (target->has_offset)
		return arena_printf(env->arena, "%s:%s%s%s+%llu", provider, module, colon,
				    target->function, (unsigned long long)target->offset);
	return arena_printf(env->arena, "%s:%s%s%s", provider, module, colon, target->function);
}

/* By the kernel's file, if there is one; of functions of modules the kernel tells when attaching.
 */
static int check_offset(const struct provider_env *env, const struct plan_target *target,
			const char **error)
{
	const struct elf_functions *functions;
	const struct elf_function *function;

	if (!env->vmlinux || !target->has_offset)
		return 0;
	functions = elf_functions(env, env->vmlinux, error);
	if (!functions) {
		*error = arena_printf(env->arena, "%s: %s", env->vmlinux, *error);
		return -ENOENT;
	}
	function = elf_find(functions, target->function);
	return function ? elf_check_offset(env, env->vmlinux, function, target->offset, "kprobe",
					   error)
			: 0;
}

static int found_one(const struct provider_env *env, const struct plan_target *pattern,
		     const char *provider, provider_found_fn found, void *data, const char **error)
{
	struct plan_target target = *pattern;
	int result = check_offset(env, &target, error);

	if (result)
		return result;
	target.name = target_name(env, provider, &target);
	found(&target, data);
	return 1;
}

static int search(const struct provider_env *env, const struct plan_target *pattern,
		  const char *provider, const struct name_list *list, provider_found_fn found,
		  void *data, const char **error)
{
	struct hashmap seen;
	int n = 0, result;

	hashmap_init(&seen, env->arena);
	for (size_t i = 0; i < list->names.len; i++) {
		const struct name_pair *pair = &list->names.data[i];
		const char *module = pair->module ? pair->module : "vmlinux";
		struct plan_target target = *pattern;

		if (!glob_match(pattern->function, pair->name) ||
		    (pattern->module && !glob_match(pattern->module, module)))
			continue;
		target.function = pair->name;
		target.module = pattern->module && strcmp(pattern->module, "*") ? module : NULL;
		/* Several functions may share a name: a probe has all of them. */
		if (!target.module && hashmap_gets(&seen, pair->name))
			continue;
		hashmap_sets(&seen, pair->name, (void *)(uintptr_t)pair->name);
		result = found_one(env, &target, provider, found, data, error);
		if (result < 0)
			return result;
		n += result;
	}
	return n;
}

static int expand(const struct provider_env *env, const struct plan_target *pattern,
		  const char *provider, provider_found_fn found, void *data, const char **error)
{
	const struct name_list *list;

	if (pattern->has_address)
		return found_one(env, pattern, provider, found, data, error);
	list = kernel_functions(env, error);
	if (glob_is_pattern(pattern->function) ||
	    (pattern->module && glob_is_pattern(pattern->module)))
		return list ? search(env, pattern, provider, list, found, data, error) : -ENOENT;
	/* The list is of functions that ftrace can trace; kprobes can be at others, too. */
	if (env->unsafe || !list)
		return found_one(env, pattern, provider, found, data, error);
	switch (kernel_function_find(list, pattern->module, pattern->function)) {
	case FUNCTION_TRACEABLE:
		return found_one(env, pattern, provider, found, data, error);
	case FUNCTION_NOT_TRACEABLE:
		*error = "the kernel has it, but it is not traceable (--unsafe tries it "
			 "nevertheless)";
		return 0;
	case FUNCTION_MISSING:
		break;
	}
	return 0;
}

static int kprobe_expand(const struct provider_env *env, const struct plan_target *pattern,
			 provider_found_fn found, void *data, const char **error)
{
	return expand(env, pattern, "kprobe", found, data, error);
}

static int kretprobe_expand(const struct provider_env *env, const struct plan_target *pattern,
			    provider_found_fn found, void *data, const char **error)
{
	return expand(env, pattern, "kretprobe", found, data, error);
}

static void signature(const struct provider_env *env, const struct plan_target *target,
		      struct provider_signature *signature)
{
	(void)target;
	signature->ctx = signature_registers(env);
	signature->nargs = REGISTER_ARGS;
}

/* --- attaching --- */

static bool multi_works(const struct provider_env *env)
{
	struct provider_cache *cache = provider_cache(env);

	if (cache->kprobe_multi == ANSWER_UNKNOWN)
		cache->kprobe_multi = kprobe_multi_works(KPROBE_ENTRY) ? ANSWER_YES : ANSWER_NO;
	return cache->kprobe_multi == ANSWER_YES;
}

static bool can_multi(const struct provider_env *env, const struct plan_target *pattern)
{
	return !env->no_kprobe_multi && pattern->function && !pattern->has_offset &&
	       glob_is_pattern(pattern->function) && multi_works(env);
}

/*
 * A kretprobe of its own has room for ten calls that have not returned, or two for each CPU: those
 * of a function that sleeps are soon more. Where links of many functions can be given more room, it
 * is one of these; but an object for other machines may meet a kernel that has none.
 */
static bool kretprobe_can_multi(const struct provider_env *env, const struct plan_target *pattern)
{
	const struct name_list *list;
	const char *error;

	if (can_multi(env, pattern))
		return true;
	if (env->no_kprobe_multi || env->is_portable || !pattern->function || pattern->has_offset ||
	    glob_is_pattern(pattern->function))
		return false;
	list = kernel_functions(env, &error);
	return list && kernel_function_exists(list, pattern->module, pattern->function) &&
	       multi_works(env) && kprobe_multi_takes_repeats(env);
}

static bool session_works(const struct provider_env *env)
{
	struct provider_cache *cache = provider_cache(env);

	if (cache->kprobe_session == ANSWER_UNKNOWN)
		cache->kprobe_session = kprobe_multi_works(KPROBE_BOTH) ? ANSWER_YES : ANSWER_NO;
	return cache->kprobe_session == ANSWER_YES;
}

/* A session is a multi link, which has functions by name that ftrace can trace. */
static bool is_session_target(const struct name_list *list, const struct plan_target *entry,
			      const struct plan_target *exit)
{
	return entry->function && !entry->has_offset && exit->function &&
	       !strcmp(entry->function, exit->function) &&
	       (entry->module ? exit->module && !strcmp(entry->module, exit->module)
			      : !exit->module) &&
	       kernel_function_exists(list, entry->module, entry->function);
}

static bool can_session(const struct provider_env *env, const struct plan_prog *entry,
			const struct plan_prog *exit)
{
	const char *error;
	const struct name_list *list;

	if (env->no_kprobe_session || env->no_kprobe_multi ||
	    strcmp(exit->provider, "kretprobe") != 0 || entry->targets.len != exit->targets.len ||
	    !entry->targets.len)
		return false;
	list = kernel_functions(env, &error);
	for (size_t i = 0; list && i < entry->targets.len; i++)
		if (!is_session_target(list, &entry->targets.data[i], &exit->targets.data[i]))
			return false;
	return list && session_works(env);
}

static void kprobe_prepare(const struct provider_env *env, const struct plan_prog *prog,
			   struct bpf_program *bpf)
{
	if (!prog->is_session)
		return;
	bpf_program__set_expected_attach_type(bpf,
					      (enum bpf_attach_type)ATTACH_TRACE_KPROBE_SESSION);
	kprobe_multi_prepare(env, prog, KPROBE_BOTH);
}

static void kretprobe_prepare(const struct provider_env *env, const struct plan_prog *prog,
			      struct bpf_program *bpf)
{
	(void)bpf;
	if (prog->is_multi)
		kprobe_multi_prepare(env, prog, KPROBE_RETURN);
}

static const char *kprobe_section(const struct provider_env *env, const struct plan_prog *prog)
{
	(void)env;
	return prog->is_multi ? "kprobe.multi" : "kprobe";
}

static const char *kretprobe_section(const struct provider_env *env, const struct plan_prog *prog)
{
	(void)env;
	return prog->is_multi ? "kretprobe.multi" : "kretprobe";
}

/* By a name that several functions have the kernel attaches nothing: the probe is at each. */
static int attach_named(const struct provider_attach *attach, struct perf_event_attr *attr,
			const struct plan_target *target, uint32_t index)
{
	struct address_list addresses = {.arena = attach->arena};
	int result = perf_attach(attach, attr, -1, 0, index);

	if (result != -EADDRNOTAVAIL || !target->function)
		return result;
	kernel_function_addresses(target->module, target->function, &addresses);
	attr->config1 = 0;
	for (size_t i = 0; i < addresses.addresses.len; i++) {
		attr->config2 = addresses.addresses.data[i] + target->offset;
		result = perf_attach(attach, attr, -1, 0, index);
		if (result)
			return result;
	}
	return result;
}

static int attach_one(const struct provider_attach *attach, const struct plan_target *target,
		      uint32_t index, bool is_return, const char **error)
{
	int type = perf_pmu_type("kprobe"),
	    bit = is_return ? perf_pmu_bit("kprobe", "retprobe") : 0;
	struct perf_event_attr attr = {.type = (uint32_t)type};
	const char *name = target->function;
	int result;

	if (!provider_blames_target(type)) {
		*error = perf_error(attach->arena, type);
		return type;
	}
	if (type < 0 || bit < 0) {
		*error = "this kernel has no kprobes (CONFIG_KPROBE_EVENTS)";
		return -EOPNOTSUPP;
	}
	if (name && target->module && strcmp(target->module, "vmlinux") != 0)
		name = arena_printf(attach->arena, "%s:%s", target->module, name);
	attr.config = is_return ? 1u << bit : 0;
	attr.config1 = (uintptr_t)name;
	attr.config2 = target->offset;
	result = attach_named(attach, &attr, target, index);
	if (result == -ENOENT || result == -EINVAL)
		*error = "the kernel has no such function, or does not allow a probe there";
	else if (result == -EILSEQ)
		*error = "no instruction begins there";
	else if (result == -EADDRNOTAVAIL)
		*error = "several functions have that name";
	else if (result)
		*error = perf_error(attach->arena, result);
	return result;
}

static int kprobe_one(const struct provider_attach *attach, const struct plan_target *target,
		      uint32_t index, const char **error)
{
	return attach_one(attach, target, index, false, error);
}

static int kretprobe_one(const struct provider_attach *attach, const struct plan_target *target,
			 uint32_t index, const char **error)
{
	return attach_one(attach, target, index, true, error);
}

static bool kprobe_attach(const struct provider_attach *attach)
{
	if (attach->prog->is_session)
		return kprobe_multi_attach_all(attach, KPROBE_BOTH);
	if (attach->prog->is_multi)
		return kprobe_multi_attach_all(attach, KPROBE_ENTRY);
	return attach_each(attach, kprobe_one);
}

static bool kretprobe_attach(const struct provider_attach *attach)
{
	if (attach->prog->is_multi)
		return kprobe_multi_attach_all(attach, KPROBE_RETURN);
	return attach_each(attach, kretprobe_one);
}

/* --- listings --- */

static void kprobe_describe(const struct provider_env *env, const struct plan_target *target,
			    struct strbuf *out)
{
	struct type_function function;

	if (!target->function ||
	    !types_find_function(env->types, target->module, target->function, &function))
		return;
	for (uint32_t i = 0; i < function.nparams && i < REGISTER_ARGS; i++)
		strbuf_addf(out, "    %s arg%u\n", function.params[i].c_type, i);
}

static void kretprobe_describe(const struct provider_env *env, const struct plan_target *target,
			       struct strbuf *out)
{
	struct type_function function;

	if (target->function &&
	    types_find_function(env->types, target->module, target->function, &function))
		strbuf_addf(out, "    %s retval\n", function.result_c_type);
}

static const char *const kprobe_forms[] = {
	"kprobe:FUNCTION[+OFFSET]", "kprobe:MODULE:FUNCTION[+OFFSET]", "kprobe:ADDRESS", NULL};
static const char *const kretprobe_forms[] = {"kretprobe:FUNCTION", "kretprobe:MODULE:FUNCTION",
					      "kretprobe:ADDRESS", NULL};

const struct provider provider_kprobe = {
	.name = "kprobe",
	.short_name = "k",
	.doc = "functions of the kernel, at entry",
	.forms = kprobe_forms,
	.min_kernel = "4.17",
	.context = CONTEXT_PT_REGS,
	.provides = PROVIDES_ARGN | PROVIDES_FUNC | PROVIDES_REG | PROVIDES_CTX | PROVIDES_SIGNAL |
		    PROVIDES_OVERRIDE,
	.flags = PROVIDER_PERF_GUARD | PROVIDER_PID_PREDICATE | PROVIDER_NEWEST_FIRST,
	.parse = kprobe_parse,
	.expand = kprobe_expand,
	.signature = signature,
	.can_multi = can_multi,
	.can_session = can_session,
	.section = kprobe_section,
	.prepare = kprobe_prepare,
	.attach = kprobe_attach,
	.describe = kprobe_describe,
};

const struct provider provider_kretprobe = {
	.name = "kretprobe",
	.short_name = "kr",
	.doc = "functions of the kernel, at return",
	.forms = kretprobe_forms,
	.min_kernel = "4.17",
	.context = CONTEXT_PT_REGS,
	.provides = PROVIDES_RETVAL | PROVIDES_FUNC | PROVIDES_REG | PROVIDES_CTX | PROVIDES_SIGNAL,
	.flags = PROVIDER_PERF_GUARD | PROVIDER_PID_PREDICATE,
	.parse = kretprobe_parse,
	.expand = kretprobe_expand,
	.signature = signature,
	.can_multi = kretprobe_can_multi,
	.section = kretprobe_section,
	.prepare = kretprobe_prepare,
	.attach = kretprobe_attach,
	.describe = kretprobe_describe,
};
