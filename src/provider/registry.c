/* All probe types, and finding one by name. */
#include "provider/internal.h"

#include <string.h>
#include <strings.h>

static const struct provider *const all[] = {
	&provider_begin,     &provider_end,        &provider_self,          &provider_test,
	&provider_bench,     &provider_kprobe,     &provider_kretprobe,     &provider_fentry,
	&provider_fexit,     &provider_tracepoint, &provider_rawtracepoint, &provider_uprobe,
	&provider_uretprobe, &provider_usdt,       &provider_profile,       &provider_interval,
	&provider_software,  &provider_hardware,   &provider_watchpoint,    &provider_iter,
};

static bool has_alias(const struct provider *provider, const char *name)
{
	for (const char *const *alias = provider->aliases; alias && *alias; alias++)
		if (!strcasecmp(*alias, name))
			return true;
	return false;
}

const struct provider *provider_find(const char *name)
{
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		const struct provider *provider = all[i];

		if (!strcasecmp(provider->name, name) || has_alias(provider, name) ||
		    (provider->short_name && !strcmp(provider->short_name, name)))
			return provider;
	}
	return NULL;
}

const struct provider *const *providers(size_t *n)
{
	*n = sizeof(all) / sizeof(*all);
	return all;
}

struct provider_cache *provider_cache(const struct provider_env *env)
{
	struct provider_cache *cache = env->cache;

	if (cache)
		return cache;
	cache = arena_new_object(env->arena, struct provider_cache);
	hashmap_init(&cache->binaries, env->arena);
	hashmap_init(&cache->notes, env->arena);
	/* The environment is the caller's, its cache is ours. */
	((struct provider_env *)(uintptr_t)env)->cache = cache;
	return cache;
}
