/* The plan as text, for -d plan and for tests: stable, and without what is at its default. */
#include "program/program.h"

#include <string.h>

static const char *const stack_mode_names[] = {
	[STACK_BPFTRACE] = "bpftrace",
	[STACK_PERF] = "perf",
	[STACK_RAW] = "raw",
	[STACK_BUILD_ID] = "build_id",
};

static const char *const missing_names[] = {
	[MISSING_ERROR] = "error",
	[MISSING_WARN] = "warn",
	[MISSING_IGNORE] = "ignore",
};

static const char *const user_symbols_names[] = {
	[USER_SYMBOLS_DEFAULT] = "default",
	[USER_SYMBOLS_PER_PID] = "PER_PID",
	[USER_SYMBOLS_PER_PROGRAM] = "PER_PROGRAM",
	[USER_SYMBOLS_NONE] = "NONE",
};

static const char *const unit_names[] = {
	[UNIT_NONE] = "",  [UNIT_HZ] = " hz", [UNIT_S] = " s",
	[UNIT_MS] = " ms", [UNIT_US] = " us", [UNIT_NS] = " ns",
};

static const char *const map_kind_names[] = {
	[MAP_KIND_HASH] = "hash",
	[MAP_KIND_LRU_HASH] = "lruhash",
	[MAP_KIND_PERCPU_HASH] = "percpuhash",
	[MAP_KIND_LRU_PERCPU_HASH] = "percpulruhash",
	[MAP_KIND_ARRAY] = "array",
	[MAP_KIND_PERCPU_ARRAY] = "percpuarray",
};

static const char *const event_names[] = {
	[EVENT_PRINTF] = "printf",
	[EVENT_ERRORF] = "errorf",
	[EVENT_WARNF] = "warnf",
	[EVENT_PRINT_VALUE] = "print",
	[EVENT_PRINT_MAP] = "print map",
	[EVENT_PRINT_MAP_VALUE] = "print map value",
	[EVENT_CLEAR] = "clear",
	[EVENT_ZERO] = "zero",
	[EVENT_TIME] = "time",
	[EVENT_CAT] = "cat",
	[EVENT_SYSTEM] = "system",
	[EVENT_JOIN] = "join",
	[EVENT_EXIT] = "exit",
	[EVENT_ASSERT] = "assert",
	[EVENT_UNWATCH] = "unwatch",
	[EVENT_SKBOUTPUT] = "skboutput",
	[EVENT_RUNTIME_ERROR] = "runtime error",
	[EVENT_HELPER_ERROR] = "helper error",
};

/* As a literal of the language. */
static void dump_string(struct strbuf *out, const char *str)
{
	strbuf_addc(out, '"');
	for (const unsigned char *p = (const unsigned char *)str; *p; p++) {
		if (*p == '\n')
			strbuf_adds(out, "\\n");
		else if (*p == '\t')
			strbuf_adds(out, "\\t");
		else if (*p == '"' || *p == '\\')
			strbuf_addf(out, "\\%c", *p);
		else if (*p < ' ' || *p >= 0x7f)
			strbuf_addf(out, "\\x%02x", *p);
		else
			strbuf_addc(out, (char)*p);
	}
	strbuf_addc(out, '"');
}

/* --- config --- */

static void dump_number(struct strbuf *out, const char *name, uint64_t value, uint64_t usual)
{
	if (value != usual)
		strbuf_addf(out, "config %s = %lu\n", name, value);
}

static void dump_word(struct strbuf *out, const char *name, const char *value, const char *usual)
{
	if (strcmp(value, usual) != 0)
		strbuf_addf(out, "config %s = %s\n", name, value);
}

static void dump_text(struct strbuf *out, const char *name, const char *value, const char *usual)
{
	if (!strcmp(value, usual))
		return;
	strbuf_addf(out, "config %s = ", name);
	dump_string(out, value);
	strbuf_addc(out, '\n');
}

static void dump_switch(struct strbuf *out, const char *name, bool value, bool usual)
{
	if (value != usual)
		strbuf_addf(out, "config %s = %s\n", name, value ? "true" : "false");
}

static void dump_config(struct strbuf *out, const struct plan_config *config)
{
	struct plan_config usual = plan_config_default();

	dump_switch(out, "cpp_demangle", config->cpp_demangle, usual.cpp_demangle);
	dump_switch(out, "lazy_symbolication", config->lazy_symbolication,
		    usual.lazy_symbolication);
	dump_text(out, "license", config->license, usual.license);
	dump_number(out, "log_size", config->log_size, usual.log_size);
	dump_number(out, "max_bpf_progs", config->max_bpf_progs, usual.max_bpf_progs);
	dump_number(out, "max_cat_bytes", config->max_cat_bytes, usual.max_cat_bytes);
	dump_number(out, "max_map_keys", config->max_map_keys, usual.max_map_keys);
	dump_number(out, "max_probes", config->max_probes, usual.max_probes);
	dump_number(out, "max_strlen", config->max_strlen, usual.max_strlen);
	dump_word(out, "missing_probes", missing_names[config->missing_probes],
		  missing_names[usual.missing_probes]);
	dump_number(out, "on_stack_limit", config->on_stack_limit, usual.on_stack_limit);
	dump_number(out, "perf_rb_pages", config->perf_rb_pages, usual.perf_rb_pages);
	dump_switch(out, "print_maps_on_exit", config->print_maps_on_exit,
		    usual.print_maps_on_exit);
	dump_switch(out, "show_debug_info", config->show_debug_info, usual.show_debug_info);
	dump_word(out, "stack_mode", stack_mode_names[config->stack_mode],
		  stack_mode_names[usual.stack_mode]);
	dump_text(out, "str_trunc_trailer", config->str_trunc_trailer, usual.str_trunc_trailer);
	dump_switch(out, "unsafe", config->unsafe, usual.unsafe);
	dump_word(out, "cache_user_symbols", user_symbols_names[config->user_symbols],
		  user_symbols_names[usual.user_symbols]);
}

/* --- programs --- */

static void dump_part(struct strbuf *out, const char *name, const char *value)
{
	if (!value)
		return;
	strbuf_addf(out, " %s=", name);
	dump_string(out, value);
}

static void dump_target(struct strbuf *out, const struct plan_target *target)
{
	strbuf_addf(out, "  target %s", target->name);
	dump_part(out, "module", target->module);
	dump_part(out, "function", target->function);
	dump_part(out, "extra", target->extra);
	if (target->has_address)
		strbuf_addf(out, " address=0x%lx", target->offset);
	else if (target->has_offset)
		strbuf_addf(out, " offset=%lu", target->offset);
	if (target->rate)
		strbuf_addf(out, " rate=%lu%s", target->rate, unit_names[target->unit]);
	strbuf_addc(out, '\n');
}

static void dump_prog(struct strbuf *out, const struct plan_prog *prog)
{
	strbuf_addf(out, "program %s: %s, section %s%s%s%s%s\n", prog->name, prog->provider,
		    prog->section, prog->has_predicate ? ", predicate" : "",
		    prog->is_multi ? ", multi" : "",
		    prog->is_session || prog->session ? ", session" : "",
		    prog->uses_cookie ? ", cookie" : "");
	for (size_t i = 0; i < prog->targets.len; i++)
		dump_target(out, &prog->targets.data[i]);
	for (size_t i = 0; i < prog->fields.len; i++)
		strbuf_addf(out, "  reads %s: %u bytes at %u\n", prog->fields.data[i].name,
			    prog->fields.data[i].size, prog->fields.data[i].offset);
}

/* --- maps, events --- */

static void dump_map(struct strbuf *out, const struct plan_map *map)
{
	strbuf_addf(out, "map @%s", map->name);
	if (map->key) {
		strbuf_addc(out, '[');
		type_name(map->key, out);
		strbuf_addc(out, ']');
	}
	strbuf_adds(out, ": ");
	type_name(map->value, out);
	strbuf_addf(out, ", %s", map_kind_names[map->kind]);
	if (map->key)
		strbuf_addf(out, " of %lu", map->max_entries);
	strbuf_addf(out, "%s%s\n", map->needs_atomic ? ", atomic" : "",
		    map->is_assigned ? "" : ", never assigned");
}

static void dump_event(struct strbuf *out, const struct plan *plan, size_t index)
{
	const struct plan_event *event = &plan->events.data[index];

	strbuf_addf(out, "event %zu: %s", index, event_names[event->kind]);
	if (event->kind == EVENT_PRINT_MAP || event->kind == EVENT_PRINT_MAP_VALUE ||
	    event->kind == EVENT_CLEAR || event->kind == EVENT_ZERO)
		strbuf_addf(out, " @%s",
			    event->map < plan->maps.len ? plan->maps.data[event->map].name : "?");
	if (event->format) {
		strbuf_addc(out, ' ');
		dump_string(out, event->format);
	}
	if (event->helper)
		strbuf_addf(out, " helper %s", event->helper);
	if (event->payload && event->payload->kind != TYPE_NONE) {
		strbuf_addc(out, ' ');
		type_name(event->payload, out);
	}
	if (event->only_with_k)
		strbuf_adds(out, ", only with -k");
	strbuf_addf(out, ", line %u\n", event->place.line);
}

void plan_dump(const struct plan *plan, struct strbuf *out)
{
	dump_config(out, &plan->config);
	for (size_t i = 0; i < plan->progs.len; i++)
		dump_prog(out, &plan->progs.data[i]);
	for (size_t i = 0; i < plan->maps.len; i++)
		dump_map(out, &plan->maps.data[i]);
	for (size_t i = 0; i < plan->stacks.len; i++)
		strbuf_addf(out, "stacks %zu: %s%s, depth %u\n", i,
			    plan->stacks.data[i].kind == TYPE_KSTACK ? "kstack" : "ustack",
			    plan->stacks.data[i].is_build_id ? " build_id" : "",
			    plan->stacks.data[i].depth);
	for (size_t i = 0; i < plan->events.len; i++)
		dump_event(out, plan, i);
	for (size_t i = 0; i < plan->strings.len; i++) {
		strbuf_addf(out, "string %zu: ", i);
		dump_string(out, plan->strings.data[i]);
		strbuf_addc(out, '\n');
	}
}
