/* Finding libclang under the names that distributions give it. */
#include "types/libclang.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#define NEWEST 24
#define OLDEST 11

static bool resolve(struct libclang *clang)
{
#define LIBCLANG_RESOLVE(name)                                                                     \
	clang->name = (__typeof__(clang_##name) *)dlsym(clang->handle, "clang_" #name);            \
	if (!clang->name)                                                                          \
		return false;
	LIBCLANG_FUNCTIONS(LIBCLANG_RESOLVE)
#undef LIBCLANG_RESOLVE
	return true;
}

/* A library that lacks a function stays loaded, unused: its destructors are not worth a risk. */
static bool try_name(struct libclang *clang, const char *name)
{
	clang->handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	return clang->handle && resolve(clang);
}

bool libclang_open(struct libclang *clang)
{
	static const char *const patterns[] = {
		"libclang-%d.so.1",
		"libclang.so.%d",
		"libclang-%d.so",
		"/usr/lib/llvm-%d/lib/libclang.so.1",
		"/usr/lib/llvm-%d/lib/libclang.so",
	};

	for (int version = NEWEST; version >= OLDEST; version--) {
		for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
			char name[64];

			snprintf(name, sizeof(name), patterns[i], version);
			if (try_name(clang, name))
				return true;
		}
	}
	return try_name(clang, "libclang.so.1") || try_name(clang, "libclang.so");
}
