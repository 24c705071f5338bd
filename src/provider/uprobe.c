/* uprobe and uretprobe: functions of programs and libraries. */
#include "provider/internal.h"

#include "types/btf.h"
#include "types/dwarf.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "name+0x10", "0x1234" or "name". */
static bool parse_function(const struct provider_env *env, struct diags *diags,
			   const struct provider_text *text, const char *field,
			   struct plan_target *target)
{
	const char *plus = strrchr(field, '+');

	if (field[0] >= '0' && field[0] <= '9') {
		target->has_address = true;
		if (parse_number(field, &target->offset))
			return true;
		diag_error(diags, "probe-target", text->span, "'%s' is not an address", field);
		return false;
	}
	target->function = arena_strdup(env->arena, field);
	if (!plus)
		return true;
	target->function = arena_strndup(env->arena, field, (size_t)(plus - field));
	target->has_offset = true;
	if (parse_number(plus + 1, &target->offset))
		return true;
	diag_error(diags, "probe-target", text->span, "'%s' is not an offset", plus + 1);
	return false;
}

/* "bin@file" and a line, maybe a column. */
static bool is_source_line(const struct provider_text *text)
{
	return strchr(text->fields[1], '@') && access(text->fields[1], F_OK) &&
	       text->fields[2][0] >= '0' && text->fields[2][0] <= '9';
}

static bool parse_source_line(const struct provider_env *env, struct diags *diags,
			      const struct provider_text *text, struct plan_target *target)
{
	const char *sign = strrchr(text->fields[1], '@');

	target->name = text->text;
	target->module =
		arena_strndup(env->arena, text->fields[1], (size_t)(sign - text->fields[1]));
	target->source_file = arena_strdup(env->arena, sign + 1);
	if (*target->module && *target->source_file &&
	    parse_number(text->fields[2], &target->rate) &&
	    (text->nfields < 4 || parse_number(text->fields[3], &target->offset)))
		return true;
	diag_error(diags, "probe-target", text->span, "'%s' is no line of a source file",
		   text->text);
	return false;
}

static bool parse(const struct provider_env *env, struct diags *diags,
		  const struct provider_text *text, struct plan_target *target, const char *name)
{
	if (!parse_arity(diags, text, name, 2, 3))
		return false;
	binary_warn_if_several(env, diags, text->span, text->fields[1]);
	if (is_source_line(text))
		return parse_source_line(env, diags, text, target);
	if (text->nfields == 4 && strcmp(text->fields[2], "cpp") != 0) {
		diag_error(diags, "probe-target", text->span,
			   "%s: unknown language '%s': there is cpp", name, text->fields[2]);
		return false;
	}
	target->module = arena_strdup(env->arena, text->fields[1]);
	if (text->nfields == 4) {
		target->extra = arena_strdup(env->arena, text->fields[3]);
		target->function = "*";
	} else if (!parse_function(env, diags, text, text->fields[2], target)) {
		return false;
	}
	if (!*target->module || (target->function && !*target->function)) {
		diag_error(diags, "probe-target", text->span, "%s: binary and function are needed",
			   name);
		return false;
	}
	target->name = text->text;
	return true;
}

static bool parse_uprobe(const struct provider_env *env, struct diags *diags,
			 const struct provider_text *text, struct plan_target *target)
{
	return parse(env, diags, text, target, "uprobe");
}

static bool parse_uretprobe(const struct provider_env *env, struct diags *diags,
			    const struct provider_text *text, struct plan_target *target)
{
	if (!parse(env, diags, text, target, "uretprobe"))
		return false;
	if (!target->has_offset && !target->source_file)
		return true;
	diag_error(diags, "probe-target", text->span,
		   "Offset not allowed: a function returns as a whole");
	return false;
}

struct search {
	const struct provider_env *env;
	const struct plan_target *pattern;
	const char *provider;
	provider_found_fn found;
	void *data;
	const char **error;
	int result;
};

/* Whether a breakpoint may be put there; tells why not. */
static bool check_offset(struct search *search, const char *path,
			 const struct elf_function *function, uint64_t offset)
{
	int result = elf_check_offset(search->env, path, function, offset, "uprobe", search->error);

	if (result)
		search->result = result;
	return !result;
}

static void found_function(struct search *search, const char *path, const char *shown,
			   const struct elf_function *function)
{
	struct plan_target target = *search->pattern;
	struct arena *arena = search->env->arena;

	if (target.has_offset && !check_offset(search, path, function, target.offset))
		return;
	target.module = path;
	target.function = function->name;
	target.extra = NULL;
	target.name = arena_printf(arena, "%s:%s:%s%s", search->provider, shown,
				   search->pattern->extra ? "cpp:" : "", function->name);
	if (target.has_offset)
		target.name = arena_printf(arena, "%s+%lu", target.name, target.offset);
	search->found(&target, search->data);
	search->result++;
}

static void found_address(struct search *search, const char *path, const char *shown)
{
	struct plan_target target = *search->pattern;
	const char *error;
	const struct elf_functions *functions = elf_functions(search->env, path, &error);
	const struct elf_function *function =
		functions ? elf_find_address(functions, target.offset) : NULL;

	if (!functions && !search->env->unsafe) {
		*search->error = arena_printf(search->env->arena,
					      "%s: an address in it is not checked by anybody "
					      "(--unsafe allows it)",
					      error);
		search->result = -ENOEXEC;
		return;
	}
	if (function && !check_offset(search, path, function, target.offset - function->address))
		return;
	target.module = path;
	target.name = arena_printf(search->env->arena, "%s:%s:0x%lx", search->provider, shown,
				   target.offset);
	search->found(&target, search->data);
	search->result++;
}

static void found_line(struct search *search, const char *path, const char *shown)
{
	const struct plan_target *pattern = search->pattern;
	const struct source_line line = {pattern->source_file, pattern->rate, pattern->offset};
	struct plan_target target = {.module = path, .has_address = true};
	struct address_list list = {.arena = search->env->arena};

	source_line_addresses(search->env, path, &line, &list);
	if (!list.addresses.len) {
		*search->error = "debug info has no code at this line";
		search->result = -ENOENT;
		return;
	}
	target.name = arena_printf(search->env->arena, "%s:%s@%s:%lu", search->provider, shown,
				   line.file, line.line);
	if (line.column)
		target.name = arena_printf(search->env->arena, "%s:%lu", target.name, line.column);
	for (size_t i = 0; i < list.addresses.len; i++) {
		target.offset = list.addresses.data[i];
		search->found(&target, search->data);
		search->result++;
	}
}

/* Constructors and destructors have two symbols, for whole objects and for parts of others, "C1"
 * and "C2" in the Itanium C++ ABI's names (5.1.4.3): mostly of one code, which would be probed
 * twice. */
static bool has_twin(struct arena *arena, const struct elf_functions *functions,
		     const struct elf_function *function)
{
	for (size_t i = 0; function->name[i]; i++) {
		const struct elf_function *twin;
		char *name;

		if (strncmp(function->name + i, "C2", 2) != 0 &&
		    strncmp(function->name + i, "D2", 2) != 0)
			continue;
		name = arena_strdup(arena, function->name);
		name[i + 1] = '1';
		twin = elf_find(functions, name);
		if (twin && twin->address == function->address)
			return true;
	}
	return false;
}

static bool is_match(const struct search *search, const struct elf_functions *functions,
		     const struct elf_function *function)
{
	const struct plan_target *pattern = search->pattern;

	if (!pattern->extra)
		return glob_match(pattern->function, function->name);
	return cpp_matches(pattern->extra, function->name) &&
	       !has_twin(search->env->arena, functions, function);
}

static void search_functions(struct search *search, const char *path, const char *shown,
			     const struct elf_functions *functions)
{
	const struct plan_target *pattern = search->pattern;

	if (!pattern->extra && !glob_is_pattern(pattern->function)) {
		const struct elf_function *function = elf_find(functions, pattern->function);

		if (function)
			found_function(search, path, shown, function);
		return;
	}
	for (size_t i = 0; i < functions->n && search->result >= 0; i++)
		if (is_match(search, functions, &functions->all[i]))
			found_function(search, path, shown, &functions->all[i]);
}

static void search_binary(const char *path, const char *shown, void *data)
{
	struct search *search = data;
	const struct elf_functions *functions;

	if (search->result < 0)
		return;
	if (search->pattern->source_file) {
		found_line(search, path, shown);
	} else if (search->pattern->has_address) {
		found_address(search, path, shown);
	} else {
		functions = elf_functions(search->env, path, search->error);
		if (functions)
			search_functions(search, path, shown, functions);
		else if (!glob_is_pattern(search->pattern->module))
			search->result = -ENOENT;
	}
}

static int expand(const struct provider_env *env, const struct plan_target *pattern,
		  provider_found_fn found, void *data, const char **error, const char *provider)
{
	struct search search = {env, pattern, provider, found, data, error, 0};

	if (!binary_resolve(env, pattern->module, search_binary, &search)) {
		*error = binary_missing(env, pattern->module);
		/* That a pattern matches no file is an answer. */
		return glob_is_pattern(pattern->module) && strcmp(pattern->module, "*") != 0
			       ? 0
			       : -ENOENT;
	}
	return search.result;
}

static int expand_uprobe(const struct provider_env *env, const struct plan_target *pattern,
			 provider_found_fn found, void *data, const char **error)
{
	return expand(env, pattern, found, data, error, "uprobe");
}

static int expand_uretprobe(const struct provider_env *env, const struct plan_target *pattern,
			    provider_found_fn found, void *data, const char **error)
{
	return expand(env, pattern, found, data, error, "uretprobe");
}

static bool can_multi(const struct provider_env *env, const struct plan_target *pattern)
{
	if (env->no_uprobe_multi || pattern->has_address || pattern->source_file ||
	    (!pattern->extra && !glob_is_pattern(pattern->function)))
		return false;
	return uprobe_multi_works();
}

static const char *section_uprobe(const struct provider_env *env, const struct plan_prog *prog)
{
	(void)env;
	(void)prog;
	return "uprobe";
}

static const char *section_uretprobe(const struct provider_env *env, const struct plan_prog *prog)
{
	(void)env;
	(void)prog;
	return "uretprobe";
}

static void prepare(const struct provider_env *env, const struct plan_prog *prog,
		    struct bpf_program *bpf)
{
	(void)env;
	if (prog->is_multi)
		bpf_program__set_expected_attach_type(
			bpf, (enum bpf_attach_type)ATTACH_TRACE_UPROBE_MULTI);
}

typedef VEC(uint64_t)
offset_vec;

/* Where in the file an address is. */
static bool place_address(const struct provider_attach *attach, const struct plan_target *target,
			  uint64_t *offset, const char **error)
{
	if (elf_file_offset(target->module, target->offset, offset))
		return true;
	*offset = target->offset;
	/* What is no ELF file has no other addresses than those in the file. */
	if (attach->env->unsafe && !elf_functions(attach->env, target->module, error))
		return true;
	*error = "the address is in no segment of the file";
	return false;
}

/* Where in the file the probe goes; false with *error. */
static bool find_offsets(const struct provider_attach *attach, const struct plan_target *target,
			 offset_vec *offsets, const char **error)
{
	const struct elf_function *function = NULL;
	const struct elf_functions *functions;
	uint64_t offset;

	if (target->has_address) {
		if (!place_address(attach, target, &offset, error))
			return false;
		vec_push(attach->arena, offsets, offset);
		return true;
	}
	functions = elf_functions(attach->env, target->module, error);
	if (functions)
		function = elf_find(functions, target->function);
	if (!function) {
		if (functions)
			*error = "the file has no such function";
		return false;
	}
	if (target->has_offset) {
		vec_push(attach->arena, offsets, function->file_offset + target->offset);
		return true;
	}
	for (; function; function = function->next)
		vec_push(attach->arena, offsets, function->file_offset);
	return true;
}

/* At all places or none. */
static int attach_at(const struct provider_attach *attach, const offset_vec *offsets,
		     struct perf_event_attr *attr, uint32_t index)
{
	size_t before = provider_links_count(attach->links);
	int result = 0;

	for (size_t i = 0; i < offsets->len && !result; i++) {
		attr->config2 = offsets->data[i];
		result = perf_attach_uprobe(attach, attr, index);
	}
	if (result)
		provider_links_cut(attach->links, before);
	return result;
}

static int attach_one(const struct provider_attach *attach, const struct plan_target *target,
		      uint32_t index, const char **error, bool is_return)
{
	int type = perf_pmu_type("uprobe"),
	    bit = is_return ? perf_pmu_bit("uprobe", "retprobe") : 0;
	struct perf_event_attr attr = {.type = (uint32_t)type};
	offset_vec offsets = {0};
	int result;

	if (!provider_blames_target(type)) {
		*error = perf_error(attach->arena, type);
		return type;
	}
	if (type < 0 || bit < 0) {
		*error = "this kernel has no uprobes (CONFIG_UPROBE_EVENTS)";
		return -ENOTSUP;
	}
	if (!find_offsets(attach, target, &offsets, error))
		return -ENOENT;
	attr.config = is_return ? 1u << bit : 0;
	attr.config1 = (uintptr_t)elf_file_on_disk(attach->env, target->module);
	result = attach_at(attach, &offsets, &attr, index);
	if (result)
		*error = perf_error(attach->arena, result);
	return result;
}

static int attach_entry(const struct provider_attach *attach, const struct plan_target *target,
			uint32_t index, const char **error)
{
	return attach_one(attach, target, index, error, false);
}

static int attach_return(const struct provider_attach *attach, const struct plan_target *target,
			 uint32_t index, const char **error)
{
	return attach_one(attach, target, index, error, true);
}

/* What a link for functions of one file is made of. */
struct functions {
	const char *path;
	offset_vec offsets, cookies;
	VEC(uint32_t)
	targets; /* index of each */
	bool is_return;
};

static int attach_some(const struct provider_attach *attach, uint32_t first, uint32_t n, void *data,
		       const char **error)
{
	const struct functions *functions = data;
	const struct uprobe_multi multi = {
		.path = elf_file_on_disk(attach->env, functions->path),
		.offsets = functions->offsets.data + first,
		.cookies = attach->prog->uses_cookie ? functions->cookies.data + first : NULL,
		.n = n,
		.pid = perf_has_thread(attach->pid) ? attach->pid : 0,
		.is_return = functions->is_return,
	};
	int fd = uprobe_multi_attach(attach->prog_fd, &multi);

	if (fd < 0)
		*error = perf_error(attach->arena, fd);
	return fd;
}

/* Takes the targets from @first on that are in one file; false if the caller will not do without
 * one that is not there. */
static bool collect_file(const struct provider_attach *attach, uint32_t first,
			 struct functions *functions, uint32_t *next)
{
	const struct plan_prog *prog = attach->prog;
	uint32_t i;

	functions->path = prog->targets.data[first].module;
	functions->offsets.len = functions->cookies.len = functions->targets.len = 0;
	for (i = first;
	     i < prog->targets.len && !strcmp(prog->targets.data[i].module, functions->path); i++) {
		const char *error = "";

		if (!find_offsets(attach, &prog->targets.data[i], &functions->offsets, &error) &&
		    !attach->refused(attach->data, i, -ENOENT, error))
			return false;
		while (functions->targets.len < functions->offsets.len) {
			vec_push(attach->arena, &functions->cookies, i);
			vec_push(attach->arena, &functions->targets, i);
		}
	}
	*next = i;
	return true;
}

/* One link for each file. */
static bool attach_multi(const struct provider_attach *attach, bool is_return)
{
	uint32_t n = (uint32_t)attach->prog->targets.len, next;
	size_t before = provider_links_count(attach->links);
	struct functions functions = {.is_return = is_return};

	for (uint32_t first = 0; first < n; first = next) {
		if (collect_file(attach, first, &functions, &next) &&
		    (!functions.targets.len ||
		     attach_range(attach, functions.targets.data, (uint32_t)functions.targets.len,
				  attach_some, &functions)))
			continue;
		provider_links_cut(attach->links, before);
		return false;
	}
	return true;
}

static bool attach_uprobe(const struct provider_attach *attach)
{
	return attach->prog->is_multi ? attach_multi(attach, false)
				      : attach_each(attach, attach_entry);
}

static bool attach_uretprobe(const struct provider_attach *attach)
{
	return attach->prog->is_multi ? attach_multi(attach, true)
				      : attach_each(attach, attach_return);
}

static bool is_same_prototype(const struct type_function *a, const struct type_function *b)
{
	if (a->nparams != b->nparams || strcmp(a->result_c_type, b->result_c_type) != 0)
		return false;
	for (uint32_t i = 0; i < a->nparams; i++)
		if (strcmp(a->params[i].name, b->params[i].name) != 0 ||
		    strcmp(a->params[i].c_type, b->params[i].c_type) != 0)
			return false;
	return true;
}

/* False if debug info does not tell, or functions of that name take different arguments. */
static bool find_prototype(const struct provider_env *env, const struct plan_target *target,
			   struct type_function *prototype)
{
	const char *error;
	const struct elf_functions *functions =
		target->function ? elf_functions(env, target->module, &error) : NULL;
	const struct elf_function *function =
		functions ? elf_find(functions, target->function) : NULL;
	struct type_function other;

	if (!function || !types_dwarf_function(env->types, target->module, env->debuginfo,
					       function->name, function->address, prototype))
		return false;
	while ((function = function->next))
		if (!types_dwarf_function(env->types, target->module, env->debuginfo,
					  function->name, function->address, &other) ||
		    !is_same_prototype(prototype, &other))
			return false;
	return true;
}

/* Arguments by name, where debug info describes the function. */
static void signature(const struct provider_env *env, const struct plan_target *target,
		      struct provider_signature *signature)
{
	struct type_function function;

	signature->ctx = signature_registers(env);
	if (!target->has_offset && find_prototype(env, target, &function))
		signature_passed_args(env, target->name, &function, signature);
}

static void describe(const struct provider_env *env, const struct plan_target *target,
		     struct strbuf *out)
{
	struct type_function function;

	if (!find_prototype(env, target, &function))
		return;
	for (uint32_t i = 0; i < function.nparams; i++)
		strbuf_addf(out, "    %s %s\n", function.params[i].c_type, function.params[i].name);
}

static const char *const uprobe_forms[] = {"uprobe:BINARY:FUNCTION[+OFFSET]",
					   "uprobe:BINARY:ADDRESS", "uprobe:BINARY:cpp:NAME",
					   "uprobe:BINARY@FILE:LINE[:COLUMN]", NULL};
static const char *const uretprobe_forms[] = {"uretprobe:BINARY:FUNCTION", NULL};

const struct provider provider_uprobe = {
	.name = "uprobe",
	.short_name = "u",
	.doc = "functions of programs and libraries, at entry",
	.forms = uprobe_forms,
	.min_kernel = "4.3",
	.context = CONTEXT_PT_REGS,
	.provides = PROVIDES_ARGN | PROVIDES_ARGS | PROVIDES_FUNC | PROVIDES_REG | PROVIDES_CTX |
		    PROVIDES_SIGNAL | PROVIDES_UADDR,
	.flags = PROVIDER_PREEMPTIBLE | PROVIDER_USER | PROVIDER_NEWEST_FIRST |
		 PROVIDER_PID_PREDICATE,
	.parse = parse_uprobe,
	.expand = expand_uprobe,
	.signature = signature,
	.can_multi = can_multi,
	.section = section_uprobe,
	.prepare = prepare,
	.attach = attach_uprobe,
	.describe = describe,
};

const struct provider provider_uretprobe = {
	.name = "uretprobe",
	.short_name = "ur",
	.doc = "functions of programs and libraries, at return",
	.forms = uretprobe_forms,
	.min_kernel = "4.3",
	.context = CONTEXT_PT_REGS,
	.provides = PROVIDES_RETVAL | PROVIDES_FUNC | PROVIDES_REG | PROVIDES_CTX |
		    PROVIDES_SIGNAL | PROVIDES_UADDR,
	.flags = PROVIDER_PREEMPTIBLE | PROVIDER_USER | PROVIDER_NEWEST_FIRST |
		 PROVIDER_PID_PREDICATE,
	.parse = parse_uretprobe,
	.expand = expand_uretprobe,
	.signature = signature,
	.can_multi = can_multi,
	.section = section_uretprobe,
	.prepare = prepare,
	.attach = attach_uretprobe,
};
