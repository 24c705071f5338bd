/* Tracepoints with the arguments that the kernel's code gives them, typed by BTF. */
#include "provider/internal.h"

#include "types/btf.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#define RAW_ARGS_MAX 12 /* what the kernel lets a raw tracepoint have */

static bool parse(const struct provider_env *env, struct diags *diags,
		  const struct provider_text *text, struct plan_target *target)
{
	bool has_module = text->nfields == 3;

	(void)env;
	if (!parse_arity(diags, text, "rawtracepoint", 1, 2))
		return false;
	*target = (struct plan_target){
		.name = text->text,
		.module = has_module ? text->fields[1] : NULL,
		.function = text->fields[has_module ? 2 : 1],
	};
	return true;
}

static int expand(const struct provider_env *env, const struct plan_target *pattern,
		  provider_found_fn found, void *data, const char **error)
{
	struct name_list list = {.arena = env->arena};
	int n = 0;

	if (!types_load_btf(env->types, error))
		return -ENOENT;
	types_each_raw_tracepoint(env->types, name_list_add, &list);
	name_list_sort(&list);
	for (size_t i = 0; i < list.names.len; i++) {
		const struct name_pair *pair = &list.names.data[i];
		const char *module = pair->module ? pair->module : "vmlinux";
		struct plan_target target = {.module = module, .function = pair->name};

		if ((pattern->module && !glob_match(pattern->module, module)) ||
		    !glob_match(pattern->function, pair->name))
			continue;
		target.name = arena_printf(env->arena, "rawtracepoint:%s:%s", module, pair->name);
		found(&target, data);
		n++;
	}
	return n;
}

static void signature(const struct provider_env *env, const struct plan_target *target,
		      struct provider_signature *signature)
{
	struct type_function function;

	signature->nargs = RAW_ARGS_MAX;
	if (!types_find_raw_tracepoint(env->types, target->function, &function))
		return;
	signature->nargs = function.nparams;
	signature->args = signature_args(env, target->name, &function);
}

const char *raw_section(const struct provider_env *env, const struct plan_prog *prog)
{
	(void)env;
	(void)prog;
	return "raw_tp";
}

static int attach_one(const struct provider_attach *attach, const struct plan_target *target,
		      uint32_t index, const char **error)
{
	int fd = bpf_raw_tracepoint_open(target->function, attach->prog_fd);

	(void)index;
	if (fd >= 0) {
		provider_links_add_fd(attach->links, fd);
		return 0;
	}
	*error = fd == -ENOENT ? "there is no such tracepoint"
			       : arena_strdup(attach->arena, strerror(-fd));
	return fd;
}

static bool attach(const struct provider_attach *attach)
{
	return attach_each(attach, attach_one);
}

static void describe(const struct provider_env *env, const struct plan_target *target,
		     struct strbuf *out)
{
	struct type_function function;

	if (!types_find_raw_tracepoint(env->types, target->function, &function))
		return;
	for (uint32_t i = 0; i < function.nparams; i++)
		strbuf_addf(out, "    %s %s\n", function.params[i].c_type, function.params[i].name);
}

const struct provider provider_rawtracepoint = {
	.name = "rawtracepoint",
	.short_name = "rt",
	.doc = "tracepoints of the kernel with the arguments its code gives them",
	.forms = (const char *const[]){"rawtracepoint:EVENT", "rawtracepoint:MODULE:EVENT", NULL},
	.min_kernel = "4.17",
	.context = CONTEXT_RAW_ARGS,
	.provides = PROVIDES_ARGN | PROVIDES_ARGS | PROVIDES_SIGNAL,
	.flags = PROVIDER_PID_PREDICATE,
	.parse = parse,
	.expand = expand,
	.signature = signature,
	.section = raw_section,
	.attach = attach,
	.describe = describe,
};
