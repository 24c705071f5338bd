/* Which file a uprobe names: a path, a pattern of paths, a program in PATH, a library that ld.so
 * would find. */
#include "provider/internal.h"

#include "base/archive.h"

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

/* Also a member of an archive. */
static bool is_file(const char *path)
{
	const char *separator = archive_separator(path);
	char *file = strndup(path, separator ? (size_t)(separator - path) : strlen(path));
	struct stat status;
	bool is = file && !stat(file, &status) && S_ISREG(status.st_mode);

	free(file);
	return is;
}

/* Without symbolic links; NULL if there is no such file. */
static const char *real_path(struct arena *arena, const char *path)
{
	const char *separator = archive_separator(path);
	char real[PATH_MAX];

	if (separator)
		path = arena_strndup(arena, path, (size_t)(separator - path));
	if (!realpath(path, real))
		return NULL;
	return arena_printf(arena, "%s%s", real, separator ? separator : "");
}

/* As the traced process sees it, if it lives in a root or with mounts of its own. */
static const char *rooted(const struct provider_env *env, const char *path)
{
	pid_t thread = env->pid ? provider_thread(env->pid) : 0;

	if (!thread || *path != '/' || !strncmp(path, "/proc/", 6) ||
	    provider_shares_files(env->pid))
		return path;
	return arena_printf(env->arena, "/proc/%d/root%s", (int)thread, path);
}

struct resolving {
	const struct provider_env *env;
	binary_found_fn found;
	void *data;
	int n;
};

/* @shown NULL: as the file really is called. @seen: where it is for this process. */
static bool report_seen(struct resolving *resolving, const char *path, const char *seen,
			const char *shown)
{
	const char *real;

	if (!is_file(seen))
		return false;
	/* In another root real paths are not those of this one. */
	if (!strncmp(seen, "/proc/", 6))
		path = seen;
	else if ((real = real_path(resolving->env->arena, seen)))
		path = real;
	resolving->found(path, shown && seen != path ? shown : path, resolving->data);
	resolving->n++;
	return true;
}

static bool report(struct resolving *resolving, const char *path, const char *shown)
{
	return report_seen(resolving, path, rooted(resolving->env, path), shown);
}

static bool find_in_path(struct resolving *resolving, const char *name)
{
	struct arena *arena = resolving->env->arena;
	const char *path = getenv("PATH");
	char *list = arena_strdup(arena, path ? path : "/usr/bin:/bin"), *rest = NULL;

	for (char *dir = strtok_r(list, ":", &rest); dir; dir = strtok_r(NULL, ":", &rest)) {
		char *file = arena_printf(arena, "%s/%s", dir, name);

		if (!access(file, X_OK) && report(resolving, file, NULL))
			return true;
	}
	return false;
}

void binary_warn_if_several(const struct provider_env *env, struct diags *diags, struct span span,
			    const char *name)
{
	const char *path = getenv("PATH"), *first = NULL, *first_real = NULL;
	char *list = arena_strdup(env->arena, path ? path : ""), *rest = NULL;

	if (strchr(name, '/') || glob_is_pattern(name))
		return;
	for (char *dir = strtok_r(list, ":", &rest); dir; dir = strtok_r(NULL, ":", &rest)) {
		const char *file = arena_printf(env->arena, "%s/%s", dir, name), *real;

		if (access(file, X_OK) || !is_file(file) || !(real = real_path(env->arena, file)))
			continue;
		if (!first) {
			first = file;
			first_real = real;
			continue;
		}
		/* A directory may have two names. */
		if (!strcmp(real, first_real))
			continue;
		diag_warning(diags, "several-binaries", span,
			     "PATH has several files '%s': %s is traced, not %s", name, first,
			     file);
		return;
	}
}

/* Of one form of its name in one directory. */
static bool find_library_file(struct resolving *resolving, const char *pattern)
{
	bool done = false;
	glob_t paths;

	if (glob(pattern, 0, NULL, &paths))
		return false;
	/* A .so may be the linker's script, which is no ELF file. */
	for (size_t i = 0; !done && i < paths.gl_pathc; i++) {
		const char *error;

		done = elf_functions(resolving->env, paths.gl_pathv[i], &error) &&
		       report(resolving, paths.gl_pathv[i], NULL);
	}
	globfree(&paths);
	return done;
}

/* "libc" is libc.so.6, or the first libc.so.* there is; "libfoo.so.1" is itself. */
static bool find_library(struct resolving *resolving, const char *name)
{
	static const char *const ends[] = {"", ".so", ".so.*"};
	struct arena *arena = resolving->env->arena;
	const char *cached;

	if (strncmp(name, "lib", 3) != 0)
		return false;
	cached = ldcache_find(resolving->env, name);
	if (cached && report(resolving, cached, NULL))
		return true;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		for (const char *const *dir = library_directories; *dir; dir++)
			if (find_library_file(resolving,
					      arena_printf(arena, "%s/%s%s", *dir, name, ends[i])))
				return true;
	return false;
}

/* Every file that the traced process has mapped to execute it. */
static void find_mapped(struct resolving *resolving)
{
	pid_t pid = provider_thread(resolving->env->pid);
	struct arena *arena = resolving->env->arena;
	char *line = NULL;
	const char *last = "";
	size_t size = 0;
	FILE *maps = fopen(arena_printf(arena, "/proc/%d/maps", (int)pid), "re");

	while (maps && getline(&line, &size, maps) > 0) {
		char *path = strchr(line, '/'), *permissions = strchr(line, ' ');

		if (!path || !permissions || permissions[3] != 'x')
			continue;
		path[strcspn(path, "\n")] = '\0';
		if (!strcmp(path, last))
			continue;
		last = arena_strdup(arena, path);
		path = arena_printf(arena, "/proc/%d/root%s", (int)pid, last);
		/* Of a process in a root of its own the path is that in this one's. */
		if (!report_seen(resolving, path, path, path))
			report_seen(resolving, last, last, last);
	}
	free(line);
	if (maps)
		fclose(maps);
}

/* Whether one of the first @n of @paths is another name of the file. */
static bool is_repeated(const glob_t *paths, size_t n)
{
	struct stat file, other;

	if (stat(paths->gl_pathv[n], &file))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!stat(paths->gl_pathv[i], &other) && other.st_dev == file.st_dev &&
		    other.st_ino == file.st_ino)
			return true;
	return false;
}

/* Patterns of probes know "*" only. A file that has several names is traced once. */
static void find_matching(struct resolving *resolving, const char *pattern)
{
	struct strbuf escaped = STRBUF_INIT;
	glob_t paths;

	for (const char *c = pattern; *c; c++) {
		if (strchr("?[\\", *c))
			strbuf_addc(&escaped, '\\');
		strbuf_addc(&escaped, *c);
	}
	if (!glob(strbuf_str(&escaped), 0, NULL, &paths)) {
		for (size_t i = 0; i < paths.gl_pathc; i++)
			if (!is_repeated(&paths, i))
				report(resolving, paths.gl_pathv[i],
				       arena_strdup(resolving->env->arena, paths.gl_pathv[i]));
		globfree(&paths);
	}
	strbuf_free(&escaped);
}

int binary_resolve(const struct provider_env *env, const char *pattern, binary_found_fn found,
		   void *data)
{
	struct resolving resolving = {env, found, data, 0};

	/* Every function of every file is no answer to a question. */
	if (!strcmp(pattern, "*")) {
		if (env->pid)
			find_mapped(&resolving);
	} else if (glob_is_pattern(pattern)) {
		find_matching(&resolving, pattern);
	} else if (strchr(pattern, '/')) {
		report(&resolving, pattern, pattern);
	} else if (!find_in_path(&resolving, pattern)) {
		find_library(&resolving, pattern);
	}
	return resolving.n;
}

const char *binary_missing(const struct provider_env *env, const char *pattern)
{
	if (!strcmp(pattern, "*"))
		return env->pid ? "the process has no files mapped to execute"
				: "the binary '*' stands for the files of a process: it needs -p";
	return arena_printf(env->arena, "there is no file '%s'%s", pattern,
			    strchr(pattern, '/') ? "" : ", nor such a program in PATH or library");
}
