/*
 * Static probes of programs and libraries: a uprobe at each place that the notes name. A semaphore
 * that tells the program that somebody listens is counted up by the kernel. One name may stand at
 * many places, with its arguments elsewhere each time: each place is a target.
 */
#include "provider/internal.h"

#include "provider/usdt.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool parse(const struct provider_env *env, struct diags *diags,
		  const struct provider_text *text, struct plan_target *target)
{
	const char *binary;

	if (!parse_arity(diags, text, "usdt", 2, 3))
		return false;
	binary = text->fields[1];
	/* Scripts for one process used to leave it out: usdt::provider:name, with -p. */
	if (!*binary)
		binary = "*";
	binary_warn_if_several(env, diags, text->span, binary);
	*target = (struct plan_target){
		.name = text->text,
		.module = binary,
		.extra = text->nfields == 4 ? text->fields[2] : NULL,
		.function = text->fields[text->nfields - 1],
	};
	if (*target->function)
		return true;
	diag_error(diags, "probe-target", text->span, "usdt: a name is needed");
	return false;
}

struct search {
	const struct provider_env *env;
	const struct plan_target *pattern;
	provider_found_fn found;
	void *data;
	int n;
};

static void search_binary(const char *path, const char *shown, void *data)
{
	struct search *search = data;
	const struct plan_target *pattern = search->pattern;
	const struct usdt_notes *notes = usdt_notes(search->env, path);

	for (size_t i = 0; i < notes->all.len; i++) {
		const struct usdt_note *note = &notes->all.data[i];
		struct plan_target target = {
			.module = path,
			.function = note->name,
			.extra = note->provider,
			.arguments = note->arguments,
			.offset = note->address,
			.has_address = true,
		};

		if (!glob_match(pattern->function, note->name) ||
		    (pattern->extra && *pattern->extra &&
		     !glob_match(pattern->extra, note->provider)))
			continue;
		target.name = arena_printf(search->env->arena, "usdt:%s:%s:%s", shown,
					   note->provider, note->name);
		search->found(&target, search->data);
		search->n++;
	}
}

static int expand(const struct provider_env *env, const struct plan_target *pattern,
		  provider_found_fn found, void *data, const char **error)
{
	struct search search = {env, pattern, found, data, 0};

	if (!binary_resolve(env, pattern->module, search_binary, &search)) {
		*error = binary_missing(env, pattern->module);
		/* That a pattern matches no file is an answer. */
		return glob_is_pattern(pattern->module) && strcmp(pattern->module, "*") != 0
			       ? 0
			       : -ENOENT;
	}
	return search.n;
}

static void signature(const struct provider_env *env, const struct plan_target *target,
		      struct provider_signature *signature)
{
	signature->ctx = signature_registers(env);
	signature->nargs = target->arguments ? usdt_count_operands(target->arguments) : 0;
}

static const char *section(const struct provider_env *env, const struct plan_prog *prog)
{
	(void)env;
	(void)prog;
	return "uprobe";
}

/* Of the note at the target's address. */
static uint64_t find_semaphore(const struct provider_env *env, const struct plan_target *target)
{
	const struct usdt_notes *notes = usdt_notes(env, target->module);

	for (size_t i = 0; i < notes->all.len; i++)
		if (notes->all.data[i].address == target->offset)
			return notes->all.data[i].semaphore;
	return 0;
}

/* Where the semaphore is in the file, 0 if the probe has none; false with *error. */
static bool place_semaphore(const struct provider_attach *attach, const struct plan_target *target,
			    uint64_t *offset, const char **error)
{
	uint64_t address = find_semaphore(attach->env, target);

	*offset = 0;
	if (!address || elf_file_offset(target->module, address, offset))
		return true;
	*error = "the probe's semaphore is in no segment of the file";
	return false;
}

/* Lets the kernel count the semaphore, whose place it takes in the upper half of the config. */
static int attach_counted(const struct provider_attach *attach, struct perf_event_attr attr,
			  uint64_t semaphore, uint32_t index, const char **error)
{
	int shift = perf_pmu_bit("uprobe", "ref_ctr_offset"), result;

	if (shift < 0) {
		*error = "this kernel cannot count the probe's semaphore (it needs Linux 4.20)";
		return -EINVAL;
	}
	attr.config |= semaphore << shift;
	result = perf_attach_uprobe(attach, &attr, index);
	*error = result == -EINVAL
			 ? "another program traces it, without letting the kernel count its "
			   "semaphore (--usdt-file-activation does the same)"
			 : perf_error(attach->arena, result);
	return result;
}

/* Without counting, or by counting in the processes that there are. */
static int attach_uncounted(const struct provider_attach *attach, const struct plan_target *target,
			    struct perf_event_attr attr, uint64_t semaphore, uint32_t index,
			    const char **error)
{
	int result = perf_attach_uprobe(attach, &attr, index);

	if (result)
		*error = perf_error(attach->arena, result);
	else if (semaphore)
		semaphores_activate(attach->links, elf_file_on_disk(attach->env, target->module),
				    semaphore, attach->pid);
	return result;
}

static int attach_one(const struct provider_attach *attach, const struct plan_target *target,
		      uint32_t index, const char **error)
{
	int type = perf_pmu_type("uprobe"), result;
	struct perf_event_attr attr = {.type = (uint32_t)type};
	uint64_t offset, semaphore;

	if (!provider_blames_target(type)) {
		*error = perf_error(attach->arena, type);
		return type;
	}
	if (type < 0) {
		*error = "this kernel has no uprobes (CONFIG_UPROBE_EVENTS)";
		return -EOPNOTSUPP;
	}
	if (!elf_file_offset(target->module, target->offset, &offset)) {
		*error = "the file is not there, or has changed since the script was compiled";
		return -ENOENT;
	}
	if (!place_semaphore(attach, target, &semaphore, error))
		return -EINVAL;
	attr.config1 = (uintptr_t)elf_file_on_disk(attach->env, target->module);
	attr.config2 = offset;
	if (semaphore && !attach->env->usdt_file_activation)
		return attach_counted(attach, attr, semaphore, index, error);
	result = attach_uncounted(attach, target, attr, semaphore, index, error);
	/* The kernel counts for all who trace a place or for none of them. */
	if (result == -EINVAL && semaphore)
		result = attach_counted(attach, attr, semaphore, index, error);
	return result;
}

static bool attach(const struct provider_attach *attach)
{
	return attach_each(attach, attach_one);
}

static const char *const forms[] = {"usdt:BINARY:NAME", "usdt:BINARY:PROVIDER:NAME", NULL};

const struct provider provider_usdt = {
	.name = "usdt",
	.short_name = "U",
	.doc = "static probes of programs and libraries",
	.forms = forms,
	.min_kernel = "4.20",
	.context = CONTEXT_USDT,
	.provides = PROVIDES_ARGN | PROVIDES_REG | PROVIDES_CTX | PROVIDES_SIGNAL | PROVIDES_UADDR,
	.flags = PROVIDER_PREEMPTIBLE | PROVIDER_USER | PROVIDER_NEWEST_FIRST |
		 PROVIDER_PID_PREDICATE,
	.parse = parse,
	.expand = expand,
	.signature = signature,
	.section = section,
	.attach = attach,
};
