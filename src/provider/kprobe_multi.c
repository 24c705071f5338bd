/*
 * Many functions of the kernel by one link. The kernel looks for them by name, and takes the first
 * of several that share one: these go into a link of their own, by their addresses.
 */
#include "provider/internal.h"

#include "types/btf.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

/* That have not returned yet, on all CPUs: each takes 64 bytes or so. */
#define CALLS_WANTED 4096u

/* What a link is made of. */
struct functions {
	const char **names; /* or, if it is NULL, */
	uint64_t *addresses;
	uint64_t *cookies;
	uint32_t *targets; /* index of each */
	uint32_t n;
	enum kprobe_side side;
};

static int attach_some(const struct provider_attach *attach, uint32_t first, uint32_t n, void *data,
		       const char **error)
{
	const struct functions *functions = data;
	struct kprobe_multi multi = {
		.names = functions->names ? functions->names + first : NULL,
		.addresses = functions->names ? NULL : functions->addresses + first,
		.cookies = functions->cookies + first,
		.n = n,
		.side = functions->side,
	};
	int fd = kprobe_multi_attach(attach->prog_fd, &multi);

	if (fd == -ESRCH || fd == -EINVAL || fd == -ENOENT)
		*error = "the kernel has no such function, or does not allow a probe "
			 "there";
	else if (fd < 0)
		*error = perf_error(attach->arena, fd);
	return fd;
}

static void functions_init(struct functions *functions, struct arena *arena, size_t most)
{
	functions->names = arena_new_array(arena, const char *, most);
	functions->addresses = arena_new_array(arena, uint64_t, most);
	functions->cookies = arena_new_array(arena, uint64_t, most);
	functions->targets = arena_new_array(arena, uint32_t, most);
}

static void add_function(struct functions *functions, const char *name, uint64_t address,
			 uint32_t target)
{
	if (functions->names)
		functions->names[functions->n] = name;
	functions->addresses[functions->n] = address;
	functions->cookies[functions->n] = target;
	functions->targets[functions->n++] = target;
}

/* Targets whose names stand for several functions. */
struct shared {
	const struct provider_attach *attach;
	struct hashmap first; /* name to 1 + index of a target */
	uint32_t *next; /* of each target: 1 + index of another of that name, or 0 */
	struct functions *found;
	uint32_t most;
};

static void find_address(uint64_t address, const char *name, const char *module, void *data)
{
	struct shared *shared = data;
	uintptr_t at = (uintptr_t)hashmap_gets(&shared->first, name);

	/* The kernel tells 0 to those who may not know. */
	for (; at && address; at = shared->next[at - 1]) {
		const char *wanted = shared->attach->prog->targets.data[at - 1].module;

		if ((!wanted || !strcmp(wanted, module)) && shared->found->n < shared->most)
			add_function(shared->found, NULL, address, (uint32_t)at - 1);
	}
}

static void count_address(uint64_t address, const char *name, const char *module, void *data)
{
	struct shared *shared = data;
	uintptr_t at = (uintptr_t)hashmap_gets(&shared->first, name);

	(void)address;
	(void)module;
	for (; at; at = shared->next[at - 1])
		shared->most++;
}

static void add_shared(struct shared *shared, const char *name, uint32_t target)
{
	shared->next[target] = (uint32_t)(uintptr_t)hashmap_gets(&shared->first, name);
	hashmap_sets(&shared->first, name, (void *)(uintptr_t)(target + 1));
}

/*
 * Until Linux 6.13 a link whose program runs at returns, too, has room for two calls for each CPU
 * and function, counted as they are given (fprobe_init_rethook() in kernel/trace/fprobe.c). Those
 * of functions that sleep are soon more, and are missed, their entries with them. There a function
 * may be given many times, and is traced once.
 */
bool kprobe_multi_takes_repeats(const struct provider_env *env)
{
	unsigned major, minor;
	struct utsname uts;
	const char *error;

	if (uname(&uts) || sscanf(uts.release, "%u.%u", &major, &minor) != 2 || major > 6 ||
	    (major == 6 && minor > 13))
		return false;
	/* Also not what was taken back from later ones. */
	return types_load_btf(env->types, &error) &&
	       !types_by_tag(env->types, TYPE_STRUCT, "fprobe_hlist");
}

/* How often each of some functions is to be given. */
static uint32_t count_repeats(const struct provider_env *env, enum kprobe_side side, size_t n)
{
	size_t room = n * 2 * (size_t)libbpf_num_possible_cpus();

	if (side == KPROBE_ENTRY || !n || room >= CALLS_WANTED || !kprobe_multi_takes_repeats(env))
		return 1;
	return (uint32_t)((CALLS_WANTED + room - 1) / room);
}

void kprobe_multi_prepare(const struct provider_env *env, const struct plan_prog *prog,
			  enum kprobe_side side)
{
	if (count_repeats(env, side, prog->targets.len) == 1)
		return;
	for (size_t i = 0; i < prog->targets.len; i++)
		kernel_want(env, prog->targets.data[i].function);
}

/* Adds where a target's functions begin; false if that is not known. */
static bool add_addresses(const struct provider_attach *attach, uint32_t index,
			  struct functions *functions)
{
	const struct plan_target *target = &attach->prog->targets.data[index];
	const struct kernel_symbols *symbols = kernel_wanted(attach->env, target->function);
	uint32_t before = functions->n;

	for (size_t i = 0; symbols && i < symbols->all.len; i++) {
		const struct kernel_symbol *symbol = &symbols->all.data[i];

		if (!target->module || !strcmp(target->module, symbol->module))
			add_function(functions, NULL, symbol->address, index);
	}
	return functions->n > before;
}

/* All targets, each @repeats times, by one link; false if that is not possible. */
static bool attach_repeated(const struct provider_attach *attach, enum kprobe_side side,
			    uint32_t repeats)
{
	uint32_t ntargets = (uint32_t)attach->prog->targets.len, once;
	struct functions functions = {.side = side};
	const struct kernel_symbols *symbols;
	const char *error = "";
	size_t most = 0;
	int fd;

	for (uint32_t i = 0; i < ntargets; i++) {
		symbols = kernel_wanted(attach->env, attach->prog->targets.data[i].function);
		most += symbols ? symbols->all.len : 0;
	}
	functions_init(&functions, attach->arena, most * repeats);
	functions.names = NULL;
	for (uint32_t i = 0; i < ntargets; i++)
		if (!add_addresses(attach, i, &functions))
			return false;
	once = functions.n;
	for (uint32_t i = 0; i < once * (repeats - 1); i++)
		add_function(&functions, NULL, functions.addresses[i], functions.targets[i]);
	fd = attach_some(attach, 0, functions.n, &functions, &error);
	if (fd < 0)
		return false;
	provider_links_add_fd(attach->links, fd);
	return true;
}

static bool attach_functions(const struct provider_attach *attach, struct functions *functions)
{
	return !functions->n ||
	       attach_range(attach, functions->targets, functions->n, attach_some, functions);
}

bool kprobe_multi_attach_all(const struct provider_attach *attach, enum kprobe_side side)
{
	const struct plan_prog *prog = attach->prog;
	const struct hashmap *names;
	size_t before = provider_links_count(attach->links);
	uint32_t repeats = count_repeats(attach->env, side, prog->targets.len);
	struct functions by_name = {.side = side}, by_address = {.side = side};
	struct shared shared = {
		.attach = attach,
		.next = arena_new_array(attach->arena, uint32_t, prog->targets.len),
		.found = &by_address,
	};

	if (repeats > 1 && attach_repeated(attach, side, repeats))
		return true;
	names = kernel_shared_names(attach->env);
	hashmap_init(&shared.first, attach->arena);
	functions_init(&by_name, attach->arena, prog->targets.len);
	for (uint32_t i = 0; i < prog->targets.len; i++) {
		const char *name = prog->targets.data[i].function;

		if (hashmap_gets(names, name))
			add_shared(&shared, name, i);
		else
			add_function(&by_name, name, 0, i);
	}
	if (shared.first.len) {
		kernel_each_symbol(count_address, &shared);
		functions_init(&by_address, attach->arena, shared.most);
		by_address.names = NULL;
		kernel_each_symbol(find_address, &shared);
	}
	if (attach_functions(attach, &by_name) && attach_functions(attach, &by_address))
		return true;
	provider_links_cut(attach->links, before);
	return false;
}
