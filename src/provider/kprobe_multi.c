/*
 * Many functions of the kernel by one link. The kernel looks for them by name, and takes the first
 * of several that share one: these go into a link of their own, by their addresses.
 */
#include "provider/internal.h"

#include <errno.h>
#include <string.h>

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

static bool attach_functions(const struct provider_attach *attach, struct functions *functions)
{
	return !functions->n ||
	       attach_range(attach, functions->targets, functions->n, attach_some, functions);
}

bool kprobe_multi_attach_all(const struct provider_attach *attach, enum kprobe_side side)
{
	const struct plan_prog *prog = attach->prog;
	const struct hashmap *names = kernel_shared_names(attach->env);
	size_t before = provider_links_count(attach->links);
	struct functions by_name = {.side = side}, by_address = {.side = side};
	struct shared shared = {
		.attach = attach,
		.next = arena_new_array(attach->arena, uint32_t, prog->targets.len),
		.found = &by_address,
	};

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
		kernel_each_symbol(find_address, &shared);
		by_address.names = NULL;
	}
	if (attach_functions(attach, &by_name) && attach_functions(attach, &by_address))
		return true;
	provider_links_cut(attach->links, before);
	return false;
}
