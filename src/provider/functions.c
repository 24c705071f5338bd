/*
 * Kernel functions that can be traced: of tracefs, or of the file that the user names. Where the
 * kernel does not tell, those that its types (BTF) describe.
 */
#include "provider/internal.h"

#include "types/btf.h"
#include "types/tracefs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "vfs_read" or "nft_do_chain [nf_tables]". */
static void read_line(struct name_list *list, char *line)
{
	char *module = strchr(line, '['), *end;

	line[strcspn(line, " \t\n")] = '\0';
	if (!*line)
		return;
	if (module) {
		module++;
		end = strchr(module, ']');
		if (end)
			*end = '\0';
		module = arena_strdup(list->arena, module);
	}
	name_list_add(module, arena_strdup(list->arena, line), list);
}

static bool read_functions(const struct provider_env *env, struct name_list *list,
			   const char **error)
{
	const char *path = env->traceable_functions;
	char *line = NULL;
	size_t size = 0;
	FILE *file;

	if (!path && !tracefs_path()) {
		*error = tracefs_missing();
		return false;
	}
	if (!path)
		path = arena_printf(env->arena, "%s/available_filter_functions", tracefs_path());
	file = fopen(path, "re");
	if (!file) {
		*error = arena_printf(env->arena, "%s: %s", path, strerror(errno));
		return false;
	}
	while (getline(&line, &size, file) > 0)
		read_line(list, line);
	free(line);
	fclose(file);
	return true;
}

static const struct name_list *find_functions(const struct provider_env *env, const char **error)
{
	struct name_list *list = arena_new_object(env->arena, struct name_list);
	const char *none;

	list->arena = env->arena;
	if (!read_functions(env, list, error)) {
		if (env->traceable_functions || !types_vmlinux_btf(env->types, &none))
			return NULL;
		types_each_function(env->types, name_list_add, list);
	}
	name_list_sort(list);
	return list;
}

const struct name_list *kernel_functions(const struct provider_env *env, const char **error)
{
	struct provider_cache *cache = provider_cache(env);

	if (!cache->functions && !cache->functions_error) {
		cache->functions_error = "";
		cache->functions = find_functions(env, &cache->functions_error);
	}
	if (!cache->functions)
		*error = cache->functions_error;
	return cache->functions;
}

static void find_shared_names(const struct provider_env *env, struct hashmap *shared)
{
	const char *error;
	const struct name_list *list = kernel_functions(env, &error);
	struct hashmap seen;

	hashmap_init(&seen, env->arena);
	for (size_t i = 0; list && i < list->names.len; i++) {
		struct name_pair *pair = &list->names.data[i];

		if (pair->is_repeated || hashmap_gets(&seen, pair->name))
			hashmap_sets(shared, pair->name, pair);
		hashmap_sets(&seen, pair->name, pair);
	}
}

const struct hashmap *kernel_shared_names(const struct provider_env *env)
{
	struct provider_cache *cache = provider_cache(env);

	if (!cache->has_shared_names) {
		hashmap_init(&cache->shared_names, env->arena);
		find_shared_names(env, &cache->shared_names);
		cache->has_shared_names = true;
	}
	return &cache->shared_names;
}

bool kernel_function_exists(const struct name_list *list, const char *module, const char *name)
{
	for (size_t i = 0; i < list->names.len; i++) {
		const struct name_pair *pair = &list->names.data[i];

		if (!strcmp(pair->name, name) &&
		    (!module || glob_match(module, pair->module ? pair->module : "vmlinux")))
			return true;
	}
	return false;
}

/* --- addresses, and other names --- */

/* A line of code: "ffffffff81000000 T _text", and a module's name in brackets behind a tab. Splits
 * it. */
static bool read_symbol(char *line, uint64_t *address, const char **name, const char **module)
{
	char *end, *text;

	*address = strtoull(line, &end, 16);
	if (*end != ' ' || !end[1] || !strchr("tTwW", end[1]) || end[2] != ' ')
		return false;
	text = end + 3;
	*name = text;
	*module = "vmlinux";
	end = text + strcspn(text, "\t\n");
	if (*end == '\t' && end[1] == '[') {
		*module = end + 2;
		end[2 + strcspn(end + 2, "]\n")] = '\0';
	}
	*end = '\0';
	return true;
}

void kernel_each_symbol(symbol_fn fn, void *data)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	const char *name, *module;
	char *line = NULL;
	uint64_t address;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0)
		if (read_symbol(line, &address, &name, &module))
			fn(address, name, module, data);
	free(line);
	if (file)
		fclose(file);
}

void kernel_want(const struct provider_env *env, const char *name)
{
	struct provider_cache *cache = provider_cache(env);

	if (!cache->has_wanted)
		hashmap_init(&cache->wanted, env->arena);
	cache->has_wanted = true;
	if (!cache->are_wanted_found && !hashmap_gets(&cache->wanted, name))
		hashmap_sets(&cache->wanted, name,
			     arena_new_object(env->arena, struct kernel_symbols));
}

static void note_wanted(uint64_t address, const char *name, const char *module, void *data)
{
	const struct provider_env *env = data;
	struct kernel_symbols *symbols = hashmap_gets(&provider_cache(env)->wanted, name);
	struct kernel_symbol symbol = {.address = address};

	/* The kernel tells 0 to those who may not know. */
	if (!symbols || !address)
		return;
	symbol.module = arena_strdup(env->arena, module);
	vec_push(env->arena, &symbols->all, symbol);
}

const struct kernel_symbols *kernel_wanted(const struct provider_env *env, const char *name)
{
	struct provider_cache *cache = provider_cache(env);

	if (!cache->has_wanted)
		return NULL;
	if (!cache->are_wanted_found)
		kernel_each_symbol(note_wanted, (void *)(uintptr_t)env);
	cache->are_wanted_found = true;
	return hashmap_gets(&cache->wanted, name);
}

struct address_search {
	const char *module, *name;
	struct address_list *list;
};

static void add_address(uint64_t address, const char *name, const char *module, void *data)
{
	struct address_search *search = data;

	/* The kernel tells 0 to those who may not know. */
	if (address && !strcmp(name, search->name) &&
	    (!search->module || !strcmp(module, search->module)))
		vec_push(search->list->arena, &search->list->addresses, address);
}

void kernel_function_addresses(const char *module, const char *name, struct address_list *list)
{
	struct address_search search = {module, name, list};

	kernel_each_symbol(add_address, &search);
}

struct listed_search {
	const struct name_list *functions;
	struct address_list addresses;
	bool is_listed; /* a name in the list has one of the addresses */
};

static void find_listed(uint64_t address, const char *name, const char *module, void *data)
{
	struct listed_search *search = data;

	for (size_t i = 0; !search->is_listed && i < search->addresses.addresses.len; i++)
		if (search->addresses.addresses.data[i] == address)
			search->is_listed = kernel_function_exists(search->functions, module, name);
}

enum kernel_function_state kernel_function_find(const struct name_list *list, const char *module,
						const char *name)
{
	struct listed_search search = {.functions = list, .addresses.arena = list->arena};

	if (kernel_function_exists(list, module, name))
		return FUNCTION_TRACEABLE;
	kernel_function_addresses(module, name, &search.addresses);
	if (!search.addresses.addresses.len)
		return FUNCTION_MISSING;
	kernel_each_symbol(find_listed, &search);
	return search.is_listed ? FUNCTION_TRACEABLE : FUNCTION_NOT_TRACEABLE;
}
