/*
 * Kernel functions that can be traced: of tracefs, or of the file that the user names. Where the
 * kernel does not tell, those that its types (BTF) describe.
 */
#include "provider/internal.h"

#include "types/btf.h"
#include "types/tracefs.h"

#include <errno.h>
#include <inttypes.h>
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
		*error = "tracefs is not mounted at /sys/kernel/tracing";
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

/* --- other names --- */

struct symbol_search {
	const struct name_list *list;
	const char *module, *name;
	uint64_t address; /* of name; 0: not known */
	bool is_listed; /* a name in the list has that address */
};

/* "ffffffff81000000 T _text", and a module's name in brackets behind a tab. */
static void each_symbol(void (*fn)(struct symbol_search *search, uint64_t address, const char *name,
				   const char *module),
			struct symbol_search *search)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	char *line = NULL, name[512], module[64];
	uint64_t address;
	size_t size = 0;

	while (file && getline(&line, &size, file) > 0) {
		module[0] = '\0';
		if (sscanf(line, "%" SCNx64 " %*1[tT] %511s [%63[^]]", &address, name, module) >= 2)
			fn(search, address, name, *module ? module : "vmlinux");
	}
	free(line);
	if (file)
		fclose(file);
}

static void find_address(struct symbol_search *search, uint64_t address, const char *name,
			 const char *module)
{
	if (!strcmp(name, search->name) && (!search->module || !strcmp(module, search->module)))
		search->address = address;
}

static void find_listed(struct symbol_search *search, uint64_t address, const char *name,
			const char *module)
{
	if (address == search->address && !search->is_listed)
		search->is_listed = kernel_function_exists(search->list, module, name);
}

enum kernel_function_state kernel_function_find(const struct name_list *list, const char *module,
						const char *name)
{
	struct symbol_search search = {.list = list, .module = module, .name = name};

	if (kernel_function_exists(list, module, name))
		return FUNCTION_TRACEABLE;
	each_symbol(find_address, &search);
	if (!search.address)
		return FUNCTION_MISSING;
	each_symbol(find_listed, &search);
	return search.is_listed ? FUNCTION_TRACEABLE : FUNCTION_NOT_TRACEABLE;
}
