/* Where the dynamic linker finds a library: its cache, /etc/ld.so.cache, as glibc 2.2 and later
 * write it. */
#include "provider/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CACHE_MAGIC "glibc-ld.so.cache1.1"
#define FLAGS_X86_64 0x0303 /* an ELF library of libc 6, for x86_64 */

struct cache_header {
	char magic[20];
	uint32_t nlibs, strings_size;
	uint32_t unused[5];
};

struct cache_entry {
	int32_t flags;
	uint32_t name, path; /* offsets from the header */
	uint32_t os_version;
	uint64_t hwcap;
};

static char *read_cache(size_t *size)
{
	FILE *file = fopen("/etc/ld.so.cache", "re");
	char *data = NULL;
	long length;

	if (file && !fseek(file, 0, SEEK_END) && (length = ftell(file)) > 0) {
		data = malloc((size_t)length + 1);
		*size = data && !fseek(file, 0, SEEK_SET) ? fread(data, 1, (size_t)length, file)
							  : 0;
		if (data)
			data[*size] = '\0';
	}
	if (file)
		fclose(file);
	return data;
}

/* "libc" is "libc.so.6"; a name with a version is itself. */
static bool is_library(const char *found, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(found, name, len) && (!found[len] || !strncmp(found + len, ".so", 3));
}

const char *ldcache_find(const struct provider_env *env, const char *name)
{
	size_t size = 0;
	char *data = read_cache(&size), *start;
	const char *path = NULL;
	struct cache_header header;
	struct cache_entry entry;

	/* An older cache may stand before the one that is read today. */
	start = data ? memmem(data, size, CACHE_MAGIC, strlen(CACHE_MAGIC)) : NULL;
	size -= start ? (size_t)(start - data) : 0;
	if (start && size > sizeof(header)) {
		memcpy(&header, start, sizeof(header));
		for (uint32_t i = 0; i < header.nlibs && !path; i++) {
			size_t at = sizeof(header) + i * sizeof(entry);

			if (at + sizeof(entry) > size)
				break;
			memcpy(&entry, start + at, sizeof(entry));
			if (entry.flags == FLAGS_X86_64 && entry.name < size && entry.path < size &&
			    is_library(start + entry.name, name))
				path = arena_strdup(env->arena, start + entry.path);
		}
	}
	free(data);
	return path;
}
