/*
 * Names of C++ functions as scripts have them: with a list of parameters for one function, without
 * for all of that name; without the result that instances of templates have before it, and without
 * what stands behind the list, as const of methods.
 */
#include "provider/internal.h"

#include <stdlib.h>
#include <string.h>

static bool ends_with(const char *text, size_t len, const char *suffix)
{
	size_t n = strlen(suffix);

	return len >= n && !memcmp(text + len - n, suffix, n);
}

/* Where a demangled name ends without what says something of the object, or of a compiler's copy.
 */
static size_t without_qualifiers(const char *name)
{
	static const char *const qualifiers[] = {" const", " volatile", " &", " &&"};
	const char *clone = strstr(name, " [clone ");
	size_t len = clone ? (size_t)(clone - name) : strlen(name), before;

	do {
		before = len;
		for (size_t i = 0; i < sizeof(qualifiers) / sizeof(*qualifiers); i++)
			if (ends_with(name, len, qualifiers[i]))
				len -= strlen(qualifiers[i]);
	} while (len < before);
	return len;
}

/* Where the list of parameters begins that ends at @end, or @end if there is none. Other
 * parentheses are within: "ns::(anonymous namespace)::f(int (*)(char))". */
static size_t find_parameters(const char *name, size_t end)
{
	size_t at = end;
	int depth = 0;

	if (!end || name[end - 1] != ')')
		return end;
	do
		depth += (name[at - 1] == ')') - (name[at - 1] == '(');
	while (--at && depth);
	return depth || ends_with(name, at, "operator") ? end : at;
}

/* Where the name of a template's instance begins, which ends at @end: behind the last blank outside
 * of its arguments. "operator<" and its kin have one in them, and the sign of such arguments. */
static size_t without_result(const char *name, size_t end)
{
	size_t at = end;
	int depth = 0;

	if (!end || name[end - 1] != '>')
		return 0;
	for (const char *found = name; (found = strstr(found, "operator")) && found < name + end;)
		at = (size_t)(found++ - name);
	for (; at; at--) {
		depth += strchr(">)}", name[at - 1]) != NULL;
		depth -= strchr("<({", name[at - 1]) != NULL;
		if (!depth && name[at - 1] == ' ')
			break;
	}
	return at;
}

static bool matches(const char *wanted, const char *demangled, size_t start)
{
	return glob_match(wanted, demangled) || glob_match(wanted, demangled + start);
}

bool cpp_matches(const char *wanted, const char *symbol)
{
	char *demangled = provider_demangle(symbol);
	size_t end, parameters, start, wanted_end = without_qualifiers(wanted);
	bool does_match;

	/* Functions of C, and main(), have the same name in both. */
	if (!demangled)
		return glob_match(wanted, symbol);
	end = without_qualifiers(demangled);
	parameters = find_parameters(demangled, end);
	start = without_result(demangled, parameters);
	does_match = matches(wanted, demangled, start);
	if (!does_match) {
		demangled[find_parameters(wanted, wanted_end) < wanted_end ? end : parameters] =
			'\0';
		does_match = matches(wanted, demangled, start);
	}
	free(demangled);
	/* The seldom used part of a function is none: nobody calls it. */
	return does_match && !strstr(symbol, ".cold");
}
