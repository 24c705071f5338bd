/*
 * Where headers are looked for, and which of them a script may include without their being there:
 * those of the kernel, since BTF has their types and a table their constants, and those of C itself
 * whose names are built in.
 */
#include "types/cdefs_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Directories of the kernel's include trees, and of its sources. */
static const char *const kernel_dirs[] = {
	"acpi/", "asm-generic/", "asm/",    "block/",  "crypto/", "drivers/",  "drm/",
	"fs/",   "generated/",   "kernel/", "kvm/",    "linux/",  "math-emu/", "media/",
	"misc/", "mm/",          "mtd/",    "net/",    "pcmcia/", "ras/",      "rdma/",
	"scsi/", "soc/",         "sound/",  "target/", "trace/",  "uapi/",     "ufs/",
	"vdso/", "video/",       "xen/",
};

/* Where kernels' sources and headers are installed, for scripts that name one of them. */
static const char *const kernel_roots[] = {"/usr/src/", "/lib/modules/", "/usr/lib/modules/"};

/* Headers of C and POSIX whose types and constants are built in. */
static const char *const standard_headers[] = {
	"errno.h",    "fcntl.h",     "float.h",   "inttypes.h", "limits.h", "netinet/in.h",
	"signal.h",   "stdarg.h",    "stdbool.h", "stddef.h",   "stdint.h", "sys/socket.h",
	"sys/stat.h", "sys/types.h", "time.h",    "vmlinux.h",
};

static bool starts_with_any(const char *name, const char *const *starts, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strncmp(starts[i], name, strlen(starts[i])))
			return true;
	return false;
}

bool cdefs_is_known_header(const char *name)
{
	if (*name == '/')
		return starts_with_any(name, kernel_roots,
				       sizeof(kernel_roots) / sizeof(kernel_roots[0]));
	for (size_t i = 0; i < sizeof(standard_headers) / sizeof(standard_headers[0]); i++)
		if (!strcmp(standard_headers[i], name))
			return true;
	while (!strncmp(name, "../", 3))
		name += 3;
	return starts_with_any(name, kernel_dirs, sizeof(kernel_dirs) / sizeof(kernel_dirs[0]));
}

static bool exists(struct cdefs *cdefs, const char *directory, const char *name)
{
	return !access(arena_printf(cdefs->types->arena, "%s/%s", directory, name), R_OK);
}

/* In a list of directories separated by colons. */
static bool exists_in_list(struct cdefs *cdefs, const char *list, const char *name)
{
	while (list && *list) {
		size_t len = strcspn(list, ":");

		if (len && exists(cdefs, arena_strndup(cdefs->types->arena, list, len), name))
			return true;
		list += len + (list[len] == ':');
	}
	return false;
}

static bool exists_in_dirs(struct cdefs *cdefs, const char *const *dirs, const char *name)
{
	for (; *dirs; dirs++)
		if (exists(cdefs, *dirs, name))
			return true;
	return false;
}

static const char *kernel_root(struct cdefs *cdefs, const char *given, const char *leaf)
{
	struct utsname uts;

	if (given || uname(&uts))
		return given;
	return arena_printf(cdefs->types->arena, "/lib/modules/%s/%s", uts.release, leaf);
}

const char *const *cdefs_kernel_dirs(struct cdefs *cdefs)
{
	static const char *const leaves[] = {
		"arch/x86/include",       "arch/x86/include/generated",      "include",
		"arch/x86/include/uapi",  "arch/x86/include/generated/uapi", "include/uapi",
		"include/generated/uapi",
	};
	enum { NLEAVES = sizeof(leaves) / sizeof(leaves[0]) };
	struct arena *arena = cdefs->types->arena;
	const char **dirs = arena_new_array(arena, const char *, 2 * NLEAVES + 1);
	const char *roots[2];
	size_t n = 0;

	roots[0] = kernel_root(cdefs, cdefs->options.kernel_source, "source");
	roots[1] = kernel_root(cdefs, cdefs->options.kernel_build, "build");
	for (size_t i = 0; i < NLEAVES; i++)
		for (size_t root = 0; root < 2; root++)
			if (roots[root] && exists(cdefs, roots[root], leaves[i]))
				dirs[n++] = arena_printf(arena, "%s/%s", roots[root], leaves[i]);
	return dirs;
}

static bool is_found(struct cdefs *cdefs, const char *name, bool is_quoted)
{
	static const char *const system_dirs[] = {
		"/usr/local/include",
		"/usr/include/x86_64-linux-gnu",
		"/usr/include",
		NULL,
	};
	const struct cdefs_options *options = &cdefs->options;

	if (*name == '/')
		return !access(name, R_OK);
	if (is_quoted && exists(cdefs, options->directory ? options->directory : ".", name))
		return true;
	for (size_t i = 0; i < options->ninclude_dirs; i++)
		if (exists(cdefs, options->include_dirs[i], name))
			return true;
	return exists_in_list(cdefs, getenv("CPATH"), name) ||
	       exists_in_list(cdefs, getenv("C_INCLUDE_PATH"), name) ||
	       exists_in_dirs(cdefs, cdefs_kernel_dirs(cdefs), name) ||
	       exists_in_dirs(cdefs, system_dirs, name);
}

enum cdefs_header cdefs_find_header(struct cdefs *cdefs, const char *name, bool is_quoted)
{
	bool is_known = cdefs_is_known_header(name);

	if (is_found(cdefs, name, is_quoted))
		return is_known ? HEADER_LATER : HEADER_NOW;
	return is_known ? HEADER_ABSENT : HEADER_MISSING;
}
