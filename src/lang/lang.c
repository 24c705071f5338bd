/* The .def files expanded to tables, and look-ups in them. */
#include "lang/lang.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const struct lang_builtin lang_builtins[BUILTIN_COUNT_] = {
#define BUILTIN(id, name, type, flags, doc, example)                                               \
	{BUILTIN_##id, name, type, flags, doc, example},
#include "lang/builtins.def"
#undef BUILTIN
};

const struct lang_function lang_functions[FUNCTION_COUNT_] = {
#define FUNCTION(id, name, prototype, flags, doc, example)                                         \
	{FUNCTION_##id, name, prototype, flags, doc, example},
#include "lang/functions.def"
#undef FUNCTION
};

const struct lang_function lang_c_function = {.id = FUNCTION_COUNT_};

const struct lang_config lang_configs[CONFIG_COUNT_] = {
#define CONFIG(id, kind, doc) {CONFIG_ID_##id, #id, CONFIG_##kind, doc},
#include "lang/config.def"
#undef CONFIG
};

/* Accepted from older scripts; whatever they set is now always so. */
const char *const lang_deprecated_configs[] = {
	"max_type_res_iterations", "symbol_source",   "unstable_map_decl",
	"unstable_macro",          "unstable_import", "unstable_addr",
};
const uint32_t lang_ndeprecated_configs =
	sizeof(lang_deprecated_configs) / sizeof(lang_deprecated_configs[0]);

const struct lang_constant lang_constants[] = {
#define CONSTANT(name, value) {#name, value},
#include "lang/constants.def"
#undef CONSTANT
};
const uint32_t lang_nconstants = sizeof(lang_constants) / sizeof(lang_constants[0]);

const struct lang_diag lang_diags[] = {
#define DIAG(tag, doc) {tag, doc},
#include "lang/diag.def"
#undef DIAG
};
const uint32_t lang_ndiags = sizeof(lang_diags) / sizeof(lang_diags[0]);

const struct lang_builtin *lang_find_builtin(const char *name, uint32_t *index)
{
	if (!strncmp(name, "arg", 3) && isdigit((unsigned char)name[3])) {
		char *end;
		unsigned long n = strtoul(name + 3, &end, 10);

		if (*end || n > UINT32_MAX)
			return NULL;
		*index = (uint32_t)n;
		return &lang_builtins[BUILTIN_argn];
	}
	for (int i = 0; i < BUILTIN_COUNT_; i++)
		if (!strcmp(lang_builtins[i].name, name))
			return &lang_builtins[i];
	return NULL;
}

const struct lang_function *lang_find_function(const char *name)
{
	for (int i = 0; i < FUNCTION_COUNT_; i++)
		if (!strcmp(lang_functions[i].name, name))
			return &lang_functions[i];
	return NULL;
}

static bool has_lower(const char *name)
{
	while (*name && !islower((unsigned char)*name))
		name++;
	return *name;
}

/* name, NAME, and BPFTRACE_NAME or SONDE_NAME: a name is written all in one case; behind a prefix,
 * in upper case. */
static bool is_config_name(const char *name, const char *config)
{
	bool lower = has_lower(name);

	if (!strncmp(name, "BPFTRACE_", 9))
		name += 9;
	else if (!strncmp(name, "SONDE_", 6))
		name += 6;
	return !(lower ? strcmp : strcasecmp)(config, name);
}

const struct lang_config *lang_find_config(const char *name)
{
	for (int i = 0; i < CONFIG_COUNT_; i++)
		if (is_config_name(name, lang_configs[i].name))
			return &lang_configs[i];
	return NULL;
}

bool lang_is_deprecated_config(const char *name)
{
	for (uint32_t i = 0; i < lang_ndeprecated_configs; i++)
		if (is_config_name(name, lang_deprecated_configs[i]))
			return true;
	return false;
}
