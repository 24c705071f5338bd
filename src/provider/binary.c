/* Which file a uprobe names: a path, a pattern of paths, a program in PATH, a library that ld.so
 * would find. */
#include "provider/internal.h"

#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const library_directories[] = {
	"/lib/x86_64-linux-gnu",
	"/usr/lib/x86_64-linux-gnu",
	"/lib64",
	"/usr/lib64",
	"/lib",
	"/usr/lib",
	"/usr/local/lib",
	NULL,
};

static bool is_file(const char *path)
{
	struct stat status;

	return !stat(path, &status) && S_ISREG(status.st_mode);
}

/* As the traced process sees it, if it lives in a root of its own. */
static const char *rooted(const struct provider_env *env, const char *path)
{
	struct stat here, there;
	char *root;

	if (!env->pid || *path != '/')
		return path;
	root = arena_printf(env->arena, "/proc/%d/root", (int)env->pid);
	if (stat("/", &here) || stat(root, &there) ||
	    (here.st_dev == there.st_dev && here.st_ino == there.st_ino))
		return path;
	return arena_printf(env->arena, "%s%s", root, path);
}

static bool report(const struct provider_env *env, const char *path, binary_found_fn found,
		   void *data)
{
	char real[PATH_MAX];

	path = rooted(env, path);
	if (!is_file(path))
		return false;
	if (!strncmp(path, "/proc/", 6))
		found(path, data);
	else if (realpath(path, real))
		found(arena_strdup(env->arena, real), data);
	return true;
}

static bool find_in_path(const struct provider_env *env, const char *name, binary_found_fn found,
			 void *data)
{
	const char *path = getenv("PATH");
	char *list = arena_strdup(env->arena, path ? path : "/usr/bin:/bin"), *rest = NULL;

	for (char *dir = strtok_r(list, ":", &rest); dir; dir = strtok_r(NULL, ":", &rest)) {
		char *file = arena_printf(env->arena, "%s/%s", dir, name);

		if (!access(file, X_OK) && report(env, file, found, data))
			return true;
	}
	return false;
}

/* "libc" is libc.so.6, or the first libc.so.* there is; "libfoo.so.1" is itself. */
static bool find_library(const struct provider_env *env, const char *name, binary_found_fn found,
			 void *data)
{
	static const char *const forms[] = {"%s/%s", "%s/%s.so", "%s/%s.so.*", NULL};

	if (strncmp(name, "lib", 3) != 0)
		return false;
	for (size_t f = 0; forms[f]; f++) {
		for (const char *const *dir = library_directories; *dir; dir++) {
			char pattern[PATH_MAX];
			bool done = false;
			glob_t paths;

			snprintf(pattern, sizeof(pattern),
				 f == 0   ? "%s/%s"
				 : f == 1 ? "%s/%s.so"
					  : "%s/%s.so.*",
				 *dir, name);
			if (glob(pattern, 0, NULL, &paths))
				continue;
			/* A .so may be the linker's script, which is no ELF file. */
			for (size_t i = 0; !done && i < paths.gl_pathc; i++) {
				const char *error;

				done = elf_functions(env, paths.gl_pathv[i], &error) &&
				       report(env, paths.gl_pathv[i], found, data);
			}
			globfree(&paths);
			if (done)
				return true;
		}
	}
	return false;
}

int binary_resolve(const struct provider_env *env, const char *pattern, binary_found_fn found,
		   void *data)
{
	glob_t paths;

	if (glob_is_pattern(pattern)) {
		if (glob(pattern, 0, NULL, &paths))
			return 0;
		for (size_t i = 0; i < paths.gl_pathc; i++)
			report(env, paths.gl_pathv[i], found, data);
		globfree(&paths);
		return 0;
	}
	if (strchr(pattern, '/'))
		return report(env, pattern, found, data) ? 0 : -ENOENT;
	return find_in_path(env, pattern, found, data) || find_library(env, pattern, found, data)
		       ? 0
		       : -ENOENT;
}
