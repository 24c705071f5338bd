/*
 * Iterators: the program runs once for each object of a kind, when somebody reads. Attaching makes
 * the descriptor to read; the runtime reads it once its own reader of events is ready. With a pin
 * the iterator is left in the BPF file system for others to read.
 */
#include "provider/internal.h"

#include "types/btf.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#define BPFFS "/sys/fs/bpf"

static bool parse(const struct provider_env *env, struct diags *diags,
		  const struct provider_text *text, struct plan_target *target)
{
	if (!parse_arity(diags, text, "iter", 1, 2))
		return false;
	*target = (struct plan_target){.name = text->text, .function = text->fields[1]};
	if (text->nfields == 2)
		return true;
	if (!*text->fields[2]) {
		diag_error(diags, "probe-target", text->span, "iter: the pin has no name");
		return false;
	}
	target->extra = text->fields[2];
	if (*target->extra != '/')
		target->extra = arena_printf(env->arena, BPFFS "/%s", target->extra);
	return true;
}

/* They walk one map, which is given when they are attached; scripts have no way to name it. */
static bool needs_map(const char *kind)
{
	static const char *const kinds[] = {"bpf_map_elem", "bpf_sk_storage_map", "sockmap"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i], kind))
			return true;
	return false;
}

static int expand(const struct provider_env *env, const struct plan_target *pattern,
		  provider_found_fn found, void *data, const char **error)
{
	struct name_list list = {.arena = env->arena};
	int n = 0;

	if (!types_load_btf(env->types, error))
		return -ENOENT;
	types_each_iterator(env->types, name_list_add, &list);
	name_list_sort(&list);
	for (size_t i = 0; i < list.names.len; i++) {
		struct plan_target target = {
			.function = list.names.data[i].name,
			.extra = pattern->extra,
		};

		if (!glob_match(pattern->function, target.function))
			continue;
		if (needs_map(target.function)) {
			*error = "it walks the elements of one map, and a script cannot tell which";
			continue;
		}
		target.name = arena_printf(env->arena, "iter:%s", target.function);
		found(&target, data);
		n++;
	}
	return n;
}

static void signature(const struct provider_env *env, const struct plan_target *target,
		      struct provider_signature *signature)
{
	signature->ctx = types_by_tag(env->types, TYPE_STRUCT,
				      arena_printf(env->arena, "bpf_iter__%s", target->function));
}

static const char *section(const struct provider_env *env, const struct plan_prog *prog)
{
	return arena_printf(env->arena, "iter/%s", prog->targets.data[0].function);
}

static int pin(const struct provider_attach *attach, struct bpf_link *link, const char *path,
	       const char **error)
{
	int result = bpf_link__pin(link, path);

	bpf_link__destroy(link);
	if (result == -EINVAL)
		*error = arena_printf(attach->arena,
				      "it cannot be pinned to %s: that is not in the BPF file "
				      "system (mount -t bpf bpf " BPFFS ")",
				      path);
	else if (result)
		*error = arena_printf(attach->arena, "it cannot be pinned to %s: %s", path,
				      strerror(-result));
	else
		provider_links_add_pin(attach->links, path);
	return result;
}

static int attach_one(const struct provider_attach *attach, const struct plan_target *target,
		      uint32_t index, const char **error)
{
	/* Groups are asked for in an order: those of all the hierarchy, parents first. */
	union bpf_iter_link_info info = {.cgroup.order = BPF_CGROUP_ITER_DESCENDANTS_PRE};
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));
	bool is_cgroup = !strcmp(target->function, "cgroup");
	struct bpf_link *link = bpf_program__attach_iter(attach->bpf, is_cgroup ? &opts : NULL);
	int fd;

	(void)index;
	if (!link) {
		*error = arena_strdup(attach->arena, strerror(errno));
		return -errno;
	}
	if (target->extra)
		return pin(attach, link, target->extra, error);
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0) {
		*error = arena_strdup(attach->arena, strerror(-fd));
		bpf_link__destroy(link);
		return fd;
	}
	provider_links_add_link(attach->links, link);
	provider_links_add_iterator(attach->links, fd);
	return 0;
}

static bool attach(const struct provider_attach *attach)
{
	return attach_each(attach, attach_one);
}

/* Pointers lie in unions without a name, which have them as long on every machine. */
static void add_fields(const struct provider_env *env, const struct type *type, struct strbuf *out)
{
	uint32_t n;
	const struct type_field *fields = types_fields(env->types, type, &n);

	for (uint32_t i = 0; i < n; i++) {
		if (!*fields[i].name)
			add_fields(env, fields[i].type, out);
		else if (strcmp(fields[i].name, "meta") != 0)
			strbuf_addf(out, "    %s %s\n", type_name_str(env->types, fields[i].type),
				    fields[i].name);
	}
}

static void describe(const struct provider_env *env, const struct plan_target *target,
		     struct strbuf *out)
{
	struct provider_signature signed_as = {0};

	signature(env, target, &signed_as);
	if (signed_as.ctx)
		add_fields(env, signed_as.ctx, out);
}

static const char *const forms[] = {"iter:KIND", "iter:KIND:PIN", NULL};

const struct provider provider_iter = {
	.name = "iter",
	.short_name = "it",
	.doc = "each object of a kind: tasks, open files, mappings ...",
	.forms = forms,
	.min_kernel = "5.8",
	.context = CONTEXT_ITER,
	.provides = PROVIDES_CTX | PROVIDES_PATH,
	.flags = PROVIDER_ALONE,
	.parse = parse,
	.expand = expand,
	.signature = signature,
	.section = section,
	.attach = attach,
	.describe = describe,
};
