/*
 * fentry and fexit: functions of the kernel through trampolines, with typed arguments; and BPF
 * programs that are loaded. Each program is loaded for one function.
 */
#include "provider/internal.h"

#include "types/btf.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BPF_MODULE "bpf" /* stands for loaded programs in place of a module */
#define KERNEL_ENOTSUPP 524

static bool parse(struct diags *diags, const struct provider_text *text, const char *provider,
		  struct plan_target *target)
{
	bool is_bpf = text->nfields > 2 && !strcmp(text->fields[1], BPF_MODULE);
	const char *id = is_bpf && text->nfields == 4 ? text->fields[2] : NULL;

	if (!parse_arity(diags, text, provider, 1, is_bpf ? 3 : 2))
		return false;
	*target = (struct plan_target){
		.name = text->text,
		.module = text->nfields > 2 ? text->fields[1] : NULL,
		.function = text->fields[text->nfields - 1],
	};
	if (id && strcmp(id, "*") != 0 && !parse_number(id, &target->rate)) {
		diag_error(diags, "probe-target", text->span, "Invalid id of a program: %s", id);
		return false;
	}
	if (*target->function && !strchr(target->function, '+'))
		return true;
	diag_error(diags, "probe-target", text->span,
		   *target->function ? "%s: offsets are not possible" : "%s: no function is named",
		   provider);
	return false;
}

static bool fentry_parse(const struct provider_env *env, struct diags *diags,
			 const struct provider_text *text, struct plan_target *target)
{
	(void)env;
	return parse(diags, text, "fentry", target);
}

static bool fexit_parse(const struct provider_env *env, struct diags *diags,
			const struct provider_text *text, struct plan_target *target)
{
	(void)env;
	return parse(diags, text, "fexit", target);
}

static bool is_bpf_target(const struct plan_target *target)
{
	return target->module && !strcmp(target->module, BPF_MODULE);
}

/* --- BPF programs that are loaded --- */

/* The kernel cuts names at 15 characters; BTF has them whole. */
static const char *program_name(struct arena *arena, int fd, const struct bpf_prog_info *info)
{
	struct bpf_func_info func = {0};
	struct bpf_prog_info more = {
		.nr_func_info = 1,
		.func_info_rec_size = sizeof(func),
		.func_info = (uintptr_t)&func,
	};
	const struct btf_type *type = NULL;
	const char *name = info->name;
	struct btf *btf = info->btf_id ? btf__load_from_kernel_by_id(info->btf_id) : NULL;
	uint32_t size = sizeof(more);

	if (btf && !bpf_obj_get_info_by_fd(fd, &more, &size))
		type = btf__type_by_id(btf, func.type_id);
	if (type)
		name = btf__name_by_offset(btf, type->name_off);
	name = arena_strdup(arena, name);
	btf__free(btf);
	return name;
}

static int find_programs(const struct provider_env *env, const struct plan_target *pattern,
			 const char *provider, provider_found_fn found, void *data)
{
	uint32_t id = 0;
	int n = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		struct plan_target target = {.module = BPF_MODULE, .rate = id};
		int fd = bpf_prog_get_fd_by_id(id);
		struct bpf_prog_info info = {0};
		uint32_t size = sizeof(info);

		if (fd < 0)
			continue;
		/* Only programs with BTF have trampolines. */
		if (!bpf_obj_get_info_by_fd(fd, &info, &size) && info.btf_id)
			target.function = program_name(env->arena, fd, &info);
		close(fd);
		if (!target.function || (pattern->rate && pattern->rate != id) ||
		    !glob_match(pattern->function, target.function))
			continue;
		target.name =
			arena_printf(env->arena, "%s:bpf:%u:%s", provider, id, target.function);
		found(&target, data);
		n++;
	}
	return n;
}

/* --- functions of the kernel --- */

static int found_function(const struct provider_env *env, const char *provider, const char *module,
			  const char *name, provider_found_fn found, void *data)
{
	struct plan_target target = {.module = module ? module : "vmlinux", .function = name};

	target.name = arena_printf(env->arena, "%s:%s:%s", provider, target.module, name);
	found(&target, data);
	return 1;
}

/* Trampolines use these functions themselves: the kernel refuses them, or hangs (6.1). */
static const char *const trampolines_own[] = {
	"migrate_disable",   "migrate_enable",  "rcu_read_unlock_strict", "preempt_count_add",
	"preempt_count_sub", "__rcu_read_lock", "__rcu_read_unlock",
};

/* Nothing returns from these; newer kernels refuse fexit. */
static const char *const never_return[] = {
	"do_exit",
	"do_group_exit",
	"kthread_exit",
	"kthread_complete_and_exit",
	"make_task_dead",
	"__x64_sys_exit",
	"__x64_sys_exit_group",
	"__ia32_sys_exit",
	"__ia32_sys_exit_group",
};

static bool is_among(const char *name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* A program that the kernel refuses to load would take those of the pattern's others with it. */
static bool is_left_out(const char *provider, const char *name)
{
	return is_among(name, trampolines_own,
			sizeof(trampolines_own) / sizeof(trampolines_own[0])) ||
	       (!strcmp(provider, "fexit") &&
		is_among(name, never_return, sizeof(never_return) / sizeof(never_return[0])));
}

static int search(const struct provider_env *env, const struct plan_target *pattern,
		  const char *provider, provider_found_fn found, void *data)
{
	const char *none;
	const struct name_list *traceable = kernel_functions(env, &none);
	struct name_list list = {.arena = env->arena};
	size_t at = 0;
	int n = 0;

	types_each_function(env->types, name_list_add, &list);
	name_list_sort(&list);
	for (size_t i = 0; i < list.names.len; i++) {
		const struct name_pair *pair = &list.names.data[i];
		const char *module = pair->module ? pair->module : "vmlinux";

		/* Both lists are sorted alike; BTF also has functions that ftrace cannot trace. */
		while (traceable && at < traceable->names.len &&
		       name_pair_compare(&traceable->names.data[at], pair) < 0)
			at++;
		if (!glob_match(pattern->function, pair->name) ||
		    (pattern->module && !glob_match(pattern->module, module)) ||
		    is_left_out(provider, pair->name))
			continue;
		if (traceable && (at == traceable->names.len ||
				  name_pair_compare(&traceable->names.data[at], pair) != 0))
			continue;
		n += found_function(env, provider, pair->module, pair->name, found, data);
	}
	return n;
}

static int expand(const struct provider_env *env, const struct plan_target *pattern,
		  const char *provider, provider_found_fn found, void *data, const char **error)
{
	struct type_function function;
	const char *module = pattern->module;

	if (is_bpf_target(pattern))
		return find_programs(env, pattern, provider, found, data);
	if (!types_load_btf(env->types, error))
		return -ENOENT;
	if (glob_is_pattern(pattern->function) || (module && glob_is_pattern(module)))
		return search(env, pattern, provider, found, data);
	if (!types_find_function(env->types, module, pattern->function, &function) || !function.id)
		return 0;
	return found_function(env, provider, function.module, pattern->function, found, data);
}

static int fentry_expand(const struct provider_env *env, const struct plan_target *pattern,
			 provider_found_fn found, void *data, const char **error)
{
	return expand(env, pattern, "fentry", found, data, error);
}

static int fexit_expand(const struct provider_env *env, const struct plan_target *pattern,
			provider_found_fn found, void *data, const char **error)
{
	return expand(env, pattern, "fexit", found, data, error);
}

static bool find_prototype(const struct provider_env *env, const struct plan_target *target,
			   struct type_function *function)
{
	return !is_bpf_target(target) &&
	       types_find_function(env->types, target->module, target->function, function);
}

static void fentry_signature(const struct provider_env *env, const struct plan_target *target,
			     struct provider_signature *signature)
{
	struct type_function function;

	if (!find_prototype(env, target, &function))
		return;
	signature->nargs = function.nparams;
	signature->args = signature_args(env, target->name, &function);
}

static void fexit_signature(const struct provider_env *env, const struct plan_target *target,
			    struct provider_signature *signature)
{
	struct type_function function;

	if (!find_prototype(env, target, &function))
		return;
	signature->nargs = function.nparams;
	signature->args = signature_args(env, target->name, &function);
	if (function.result && function.result->kind != TYPE_NONE)
		signature->retval = function.result;
}

/* --- loading and attaching --- */

/* libbpf reads the function to trace from the section's name. */
static const char *section(const struct provider_env *env, const struct plan_prog *prog,
			   const char *provider)
{
	const struct plan_target *target = &prog->targets.data[0];

	if (is_bpf_target(target))
		return provider;
	return arena_printf(env->arena, "%s/%s", provider, target->function);
}

static const char *fentry_section(const struct provider_env *env, const struct plan_prog *prog)
{
	return section(env, prog, "fentry");
}

static const char *fexit_section(const struct provider_env *env, const struct plan_prog *prog)
{
	return section(env, prog, "fexit");
}

static void prepare(const struct provider_env *env, const struct plan_prog *prog,
		    struct bpf_program *bpf)
{
	const struct plan_target *target = &prog->targets.data[0];
	int fd;

	(void)env;
	if (!is_bpf_target(target))
		return;
	/* Open until sonde ends: it is needed when the program is loaded. */
	fd = bpf_prog_get_fd_by_id((uint32_t)target->rate);
	if (fd >= 0)
		bpf_program__set_attach_target(bpf, fd, target->function);
}

static int attach_one(const struct provider_attach *attach, const struct plan_target *target,
		      uint32_t index, const char **error)
{
	struct bpf_link *link = bpf_program__attach_trace(attach->bpf);

	(void)target;
	(void)index;
	if (link) {
		provider_links_add_link(attach->links, link);
		return 0;
	}
	if (errno == KERNEL_ENOTSUPP)
		*error = "it has more arguments than this kernel's trampolines pass (six before "
			 "6.6), or the kernel has none (CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS)";
	else
		*error = arena_strdup(attach->arena, strerror(errno));
	return -errno;
}

static bool attach(const struct provider_attach *attach)
{
	return attach_each(attach, attach_one);
}

/* --- listings --- */

static void fentry_describe(const struct provider_env *env, const struct plan_target *target,
			    struct strbuf *out)
{
	struct type_function function;

	if (!find_prototype(env, target, &function))
		return;
	for (uint32_t i = 0; i < function.nparams; i++)
		strbuf_addf(out, "    %s %s\n", function.params[i].c_type, function.params[i].name);
}

static void fexit_describe(const struct provider_env *env, const struct plan_target *target,
			   struct strbuf *out)
{
	struct type_function function;

	fentry_describe(env, target, out);
	if (find_prototype(env, target, &function))
		strbuf_addf(out, "    %s retval\n", function.result_c_type);
}

static const char *const fentry_aliases[] = {"kfunc", NULL};
static const char *const fexit_aliases[] = {"kretfunc", NULL};
static const char *const fentry_forms[] = {"fentry:FUNCTION", "fentry:MODULE:FUNCTION",
					   "fentry:bpf:PROGRAM", "fentry:bpf:ID:PROGRAM", NULL};
static const char *const fexit_forms[] = {"fexit:FUNCTION", "fexit:MODULE:FUNCTION",
					  "fexit:bpf:PROGRAM", "fexit:bpf:ID:PROGRAM", NULL};

const struct provider provider_fentry = {
	.name = "fentry",
	.short_name = "f",
	.aliases = fentry_aliases,
	.doc = "functions of the kernel and BPF programs, at entry, with typed arguments",
	.forms = fentry_forms,
	.min_kernel = "5.5",
	.context = CONTEXT_BTF_ARGS,
	.provides = PROVIDES_ARGS | PROVIDES_FUNC | PROVIDES_SIGNAL | PROVIDES_PATH,
	.flags = PROVIDER_PREEMPTIBLE | PROVIDER_PID_PREDICATE | PROVIDER_NEWEST_FIRST,
	.parse = fentry_parse,
	.expand = fentry_expand,
	.signature = fentry_signature,
	.section = fentry_section,
	.prepare = prepare,
	.attach = attach,
	.describe = fentry_describe,
};

const struct provider provider_fexit = {
	.name = "fexit",
	.short_name = "fr",
	.aliases = fexit_aliases,
	.doc = "functions of the kernel and BPF programs, at return, with typed arguments and "
	       "result",
	.forms = fexit_forms,
	.min_kernel = "5.5",
	.context = CONTEXT_BTF_ARGS,
	.provides =
		PROVIDES_ARGS | PROVIDES_RETVAL | PROVIDES_FUNC | PROVIDES_SIGNAL | PROVIDES_PATH,
	.flags = PROVIDER_PREEMPTIBLE | PROVIDER_PID_PREDICATE | PROVIDER_NEWEST_FIRST,
	.parse = fexit_parse,
	.expand = fexit_expand,
	.signature = fexit_signature,
	.section = fexit_section,
	.prepare = prepare,
	.attach = attach,
	.describe = fexit_describe,
};
