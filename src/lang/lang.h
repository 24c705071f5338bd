/* The language's tables as C data: ids and rows of the .def files. */
#ifndef SONDE_LANG_LANG_H
#define SONDE_LANG_LANG_H

#include <stdbool.h>
#include <stdint.h>

enum builtin_flags {
	BUILTIN_CALL = 1 << 0, /* may be written with "()" */
	BUILTIN_ARGS = 1 << 1, /* takes arguments in them */
};

enum builtin_id {
#define BUILTIN(id, ...) BUILTIN_##id,
#include "lang/builtins.def"
#undef BUILTIN
	BUILTIN_COUNT_
};

struct lang_builtin {
	enum builtin_id id;
	const char *name, *type;
	uint32_t flags;
	const char *doc, *example;
};

enum function_flags {
	FN_UNSAFE = 1 << 0,
	FN_ASYNC = 1 << 1,
	FN_AGGREGATE = 1 << 2,
	FN_FOLDS = 1 << 3,
	FN_NO_LOOP = 1 << 4,
	FN_CHANGES = 1 << 5,
};

enum function_id {
#define FUNCTION(id, ...) FUNCTION_##id,
#include "lang/functions.def"
#undef FUNCTION
	FUNCTION_COUNT_
};

struct lang_function {
	enum function_id id;
	const char *name, *prototype;
	uint32_t flags;
	const char *doc, *example;
};

enum config_kind {
	CONFIG_NUMBER,
	CONFIG_BOOL,
	CONFIG_STRING,
	CONFIG_LICENSE,
	CONFIG_USER_SYMBOLS,
	CONFIG_MISSING,
	CONFIG_STACK_MODE,
	CONFIG_UNSTABLE,
};

enum config_id {
#define CONFIG(id, ...) CONFIG_ID_##id,
#include "lang/config.def"
#undef CONFIG
	CONFIG_COUNT_
};

struct lang_config {
	enum config_id id;
	const char *name;
	enum config_kind kind;
	const char *doc;
};

struct lang_constant {
	const char *name;
	int64_t value;
};

struct lang_diag {
	const char *tag, *doc;
};

extern const struct lang_builtin lang_builtins[BUILTIN_COUNT_];
extern const struct lang_function lang_functions[FUNCTION_COUNT_];
/* Stands for those of imported C programs. */
extern const struct lang_function lang_c_function;
extern const struct lang_config lang_configs[CONFIG_COUNT_];
extern const char *const lang_deprecated_configs[];
extern const uint32_t lang_ndeprecated_configs;
extern const struct lang_constant lang_constants[];
extern const uint32_t lang_nconstants;
extern const struct lang_diag lang_diags[];
extern const uint32_t lang_ndiags;
/* The text of library.bt: macros that every script has. */
extern const char lang_library[];

/* By name; NULL if there is none. "arg0", "arg1" ... find BUILTIN_argn and set *index. */
const struct lang_builtin *lang_find_builtin(const char *name, uint32_t *index);
const struct lang_function *lang_find_function(const char *name);
/* In any of the three spellings: max_map_keys, MAX_MAP_KEYS, BPFTRACE_MAX_MAP_KEYS (or SONDE_). */
const struct lang_config *lang_find_config(const char *name);
bool lang_is_deprecated_config(const char *name);

#endif
