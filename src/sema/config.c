/* Configuration: one setting from text, and the script's config block. */
#include "sema/internal.h"

#include <strings.h>

struct word {
	const char *text;
	int value;
};

static const struct word bools[] = {{"true", 1}, {"false", 0}, {"1", 1}, {"0", 0}, {NULL, 0}};

static const struct word user_symbols[] = {
	{"PER_PID", USER_SYMBOLS_PER_PID}, {"PER_PROGRAM", USER_SYMBOLS_PER_PROGRAM},
	{"NONE", USER_SYMBOLS_NONE},       {"1", USER_SYMBOLS_PER_PROGRAM},
	{"0", USER_SYMBOLS_NONE},          {NULL, 0},
};

static const struct word missing[] = {
	{"error", MISSING_ERROR},
	{"warn", MISSING_WARN},
	{"ignore", MISSING_IGNORE},
	{NULL, 0},
};

static const struct word stack_modes[] = {
	{"bpftrace", STACK_BPFTRACE},
	{"perf", STACK_PERF},
	{"raw", STACK_RAW},
	{"build_id", STACK_BUILD_ID},
	{NULL, 0},
};

static const struct word unstable[] = {
	{"error", UNSTABLE_ERROR},
	{"warn", UNSTABLE_WARN},
	{"enable", UNSTABLE_ENABLE},
	{NULL, 0},
};

static const char *const licenses[] = {
	"GPL",          "GPL v2",       "GPL and additional rights",
	"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL",
};

/* --- values --- */

static bool find_word(const struct word *words, const char *text, int *value)
{
	for (; words->text; words++) {
		if (strcasecmp(words->text, text))
			continue;
		*value = words->value;
		return true;
	}
	return false;
}

static bool set_number(struct arena *arena, uint64_t *to, const char *name, const char *value,
		       uint64_t least, uint64_t most, const char **error)
{
	bool is_negative;
	uint64_t number;

	if (!number_read(value, &is_negative, &number) || is_negative) {
		*error = arena_printf(arena, "%s: expecting a number, got %s", name, value);
		return false;
	}
	if (number < least || number > most) {
		*error = arena_printf(arena, "%s: %s is out of range (%llu to %llu)", name, value,
				      (unsigned long long)least, (unsigned long long)most);
		return false;
	}
	*to = number;
	return true;
}

static bool set_bool(struct arena *arena, bool *to, const char *name, const char *value,
		     const char **error)
{
	int word;

	if (!find_word(bools, value, &word)) {
		*error = arena_printf(arena,
				      "%s: Invalid value for %s: valid values are true and false.",
				      name, name);
		return false;
	}
	*to = word;
	return true;
}

static bool set_word(struct arena *arena, int *to, const char *name, const char *value,
		     const struct word *words, const char *valid, const char **error)
{
	if (find_word(words, value, to))
		return true;
	*error = arena_printf(arena, "%s: Invalid value for %s: valid values are %s.", name, name,
			      valid);
	return false;
}

static bool set_license(struct arena *arena, const char **to, const char *value, const char **error)
{
	for (size_t i = 0; i < sizeof(licenses) / sizeof(licenses[0]); i++) {
		if (strcmp(licenses[i], value))
			continue;
		*to = licenses[i];
		return true;
	}
	*error =
		arena_printf(arena,
			     "license: '%s' is not GPL-compatible: valid values are GPL, GPL v2, "
			     "GPL and additional rights, Dual BSD/GPL, Dual MIT/GPL, Dual MPL/GPL.",
			     value);
	return false;
}

static uint64_t *number_field(struct plan_config *config, enum config_id id)
{
	switch ((int)id) {
	case CONFIG_ID_log_size:
		return &config->log_size;
	case CONFIG_ID_max_bpf_progs:
		return &config->max_bpf_progs;
	case CONFIG_ID_max_cat_bytes:
		return &config->max_cat_bytes;
	case CONFIG_ID_max_map_keys:
		return &config->max_map_keys;
	case CONFIG_ID_max_probes:
		return &config->max_probes;
	case CONFIG_ID_max_strlen:
		return &config->max_strlen;
	case CONFIG_ID_on_stack_limit:
		return &config->on_stack_limit;
	case CONFIG_ID_perf_rb_pages:
		return &config->perf_rb_pages;
	}
	return NULL;
}

/* NULL: accepted, and without effect. */
static bool *bool_field(struct plan_config *config, enum config_id id)
{
	switch ((int)id) {
	case CONFIG_ID_cpp_demangle:
		return &config->cpp_demangle;
	case CONFIG_ID_lazy_symbolication:
		return &config->lazy_symbolication;
	case CONFIG_ID_print_maps_on_exit:
		return &config->print_maps_on_exit;
	case CONFIG_ID_show_debug_info:
		return &config->show_debug_info;
	}
	return NULL;
}

static enum plan_unstable *unstable_field(struct plan_config *config, enum config_id id)
{
	switch ((int)id) {
	case CONFIG_ID_unstable_tseries:
		return &config->unstable_tseries;
	case CONFIG_ID_unstable_dw_ustack:
		return &config->unstable_dw_ustack;
	}
	return &config->unstable_typeinfo;
}

/* A text larger than this has no room in the program's per-CPU memory. */
#define MOST_STRLEN 16384

static bool set_number_of(struct arena *arena, struct plan_config *config,
			  const struct lang_config *row, const char *value, const char **error)
{
	bool may_be_zero = row->id == CONFIG_ID_on_stack_limit || row->id == CONFIG_ID_log_size ||
			   row->id == CONFIG_ID_perf_rb_pages;
	uint64_t most = row->id == CONFIG_ID_max_strlen ? MOST_STRLEN : UINT32_MAX;

	return set_number(arena, number_field(config, row->id), row->name, value,
			  may_be_zero ? 0 : 1, most, error);
}

bool sema_config_set(struct arena *arena, struct plan_config *config, const char *name,
		     const char *value, const char **error)
{
	const struct lang_config *row = lang_find_config(name);
	bool ignored, ok = false;
	bool *flag;
	int word = 0;

	if (!row) {
		*error = arena_printf(arena, "%s: not a known configuration option", name);
		return false;
	}
	switch (row->kind) {
	case CONFIG_NUMBER:
		return set_number_of(arena, config, row, value, error);
	case CONFIG_BOOL:
		flag = bool_field(config, row->id);
		return set_bool(arena, flag ? flag : &ignored, row->name, value, error);
	case CONFIG_STRING:
		config->str_trunc_trailer = arena_strdup(arena, value);
		return true;
	case CONFIG_LICENSE:
		return set_license(arena, &config->license, value, error);
	case CONFIG_USER_SYMBOLS:
		ok = set_word(arena, &word, row->name, value, user_symbols,
			      "PER_PID, PER_PROGRAM, and NONE", error);
		if (ok)
			config->user_symbols = word;
		break;
	case CONFIG_MISSING:
		ok = set_word(arena, &word, row->name, value, missing, "error, warn, and ignore",
			      error);
		if (ok)
			config->missing_probes = word;
		break;
	case CONFIG_STACK_MODE:
		ok = set_word(arena, &word, row->name, value, stack_modes,
			      "bpftrace, raw, perf, and build_id", error);
		if (ok)
			config->stack_mode = word;
		break;
	case CONFIG_UNSTABLE:
		ok = set_word(arena, &word, row->name, value, unstable, "error, warn, and enable",
			      error);
		if (ok)
			*unstable_field(config, row->id) = word;
		break;
	}
	return ok;
}

/* --- the block --- */

static const char *value_text(struct sema *sema, const struct expr *value)
{
	switch ((int)value->kind) {
	case EXPR_INT:
		return arena_printf(sema->arena, "%s%llu", value->integer.is_negative ? "-" : "",
				    (unsigned long long)value->integer.value);
	case EXPR_BOOL:
		return value->integer.value ? "true" : "false";
	case EXPR_STRING:
		return arena_strndup(sema->arena, value->string.data, value->string.len);
	case EXPR_IDENT:
		return value->ident.name;
	}
	return sources_text(sema->options->sources, value->span);
}

static void report_name(struct sema *sema, const struct config_setting *setting)
{
	const char *names[CONFIG_COUNT_], *nearest;
	struct diag *diag;

	if (lang_is_deprecated_config(setting->name)) {
		diag_warning(sema->diags, "deprecated-config", setting->name_span,
			     "%s is deprecated and has no effect", setting->name);
		return;
	}
	diag = diag_error(sema->diags, "unknown-config", setting->name_span,
			  "%s: not a known configuration option", setting->name);
	for (int i = 0; i < CONFIG_COUNT_; i++)
		names[i] = lang_configs[i].name;
	nearest = diag_nearest(setting->name, names, CONFIG_COUNT_);
	if (nearest)
		diag_hint(diag, "Did you mean '%s'?", nearest);
}

static void apply(struct sema *sema, const struct config_setting *setting)
{
	const struct lang_config *row = lang_find_config(setting->name);
	const char *error = "", *text = value_text(sema, setting->value);
	struct plan_config ignored = sema->plan->config;
	bool is_fixed;

	if (!row) {
		report_name(sema, setting);
		return;
	}
	is_fixed = sema->options->config_fixed && sema->options->config_fixed[row->id];
	if (!sema_config_set(sema->arena, is_fixed ? &ignored : &sema->plan->config, row->name,
			     text, &error))
		diag_error(sema->diags, "bad-config", setting->value->span, "%s", error);
}

void config_apply(struct sema *sema)
{
	for (size_t i = 0; i < sema->script->config.len; i++)
		apply(sema, &sema->script->config.data[i]);
}
