/*
 * Names of C++ and Rust functions as their sources have them. C++: the Itanium ABI's mangling, by
 * libstdc++. Rust's older mangling is the same with a hash as the last part, and with escapes for
 * what C++ has no letters for (rustc's symbol_mangling::legacy). Rust's newer one, "v0" (RFC 2603),
 * is known to LLVM's demangler, a library that needs nothing else of LLVM.
 */
#include "provider/provider.h"

#include <stdlib.h>
#include <string.h>

/* From libstdc++, by its C interface (the Itanium C++ ABI, 3.4.1). */
char *__cxa_demangle(const char *name, char *buffer, size_t *length, int *status);

/* llvm::rustDemangle(std::string_view), which has no interface for C; a string_view of libstdc++
 * is passed as these two words. NULL if it is not mangled; to be freed. */
struct string_view {
	size_t len;
	const char *data;
};
char *rust_demangle(struct string_view name) __asm__(
	"_ZN4llvm12rustDemangleESt17basic_string_viewIcSt11char_traitsIcEE");

#define RUST_HASH 19 /* "::h" and 16 digits */

static bool ends_in_hash(const char *name)
{
	size_t len = strlen(name);
	const char *hash = name + len - RUST_HASH;

	return len > RUST_HASH && !strncmp(hash, "::h", 3) &&
	       strspn(hash + 3, "0123456789abcdef") == RUST_HASH - 3;
}

static const struct {
	const char *escape, *text;
} rust_escapes[] = {
	{"$LT$", "<"},  {"$GT$", ">"},  {"$RF$", "&"},  {"$BP$", "*"},
	{"$LP$", "("},  {"$RP$", ")"},  {"$C$", ","},   {"$SP$", "@"},
	{"$u20$", " "}, {"$u27$", "'"}, {"$u5b$", "["}, {"$u5d$", "]"},
	{"$u7b$", "{"}, {"$u7d$", "}"}, {"$u7e$", "~"}, {"..", "::"},
};

/* The text is never longer than its escape. */
static void unescape_rust(char *name)
{
	char *out = name;

	while (*name) {
		size_t i, n = sizeof(rust_escapes) / sizeof(*rust_escapes);

		/* A part that begins with an escape has a letter put before it. */
		if (*name == '_' && name[1] == '$')
			name++;
		for (i = 0; i < n; i++)
			if (!strncmp(name, rust_escapes[i].escape, strlen(rust_escapes[i].escape)))
				break;
		if (i == n) {
			*out++ = *name++;
			continue;
		}
		name += strlen(rust_escapes[i].escape);
		for (const char *c = rust_escapes[i].text; *c; c++)
			*out++ = *c;
	}
	*out = '\0';
}

char *provider_demangle(const char *name)
{
	char *demangled;
	int status;

	if (!strncmp(name, "_R", 2))
		return rust_demangle((struct string_view){strlen(name), name});
	if (strncmp(name, "_Z", 2) != 0)
		return NULL;
	demangled = __cxa_demangle(name, NULL, NULL, &status);
	if (!demangled || !ends_in_hash(demangled))
		return demangled;
	demangled[strlen(demangled) - RUST_HASH] = '\0';
	unescape_rust(demangled);
	return demangled;
}
