/* The compiler's half of the pipeline: source, AST, typed programs and plan, object. */
#include "cli/cli.h"

#include "ast/dump.h"
#include "ast/format.h"
#include "lang/lang.h"
#include "parser/parser.h"
#include "sema/sema.h"
#include "types/btf.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char *const prefixes[] = {"BPFTRACE_", "SONDE_"};

/* Environment names of older releases, and what they are called now; those that turned something
 * off give that value when they are 1. */
static const struct {
	const char *old, *name, *off;
} old_names[] = {
	{"STRLEN", "max_strlen", NULL},
	{"MAP_KEYS_MAX", "max_map_keys", NULL},
	{"CAT_BYTES_MAX", "max_cat_bytes", NULL},
	{"NO_CPP_DEMANGLE", "cpp_demangle", "false"},
	{"NO_USER_SYMBOLS", "cache_user_symbols", "NONE"},
};

void compilation_init(struct compilation *compilation, const struct cli *cli)
{
	const char *btf = getenv("SONDE_BTF") ? getenv("SONDE_BTF") : getenv("BPFTRACE_BTF");
	const char *vmlinux = getenv("SONDE_VMLINUX");
	struct arena *arena = cli->arena;

	*compilation = (struct compilation){.arena = arena};
	compilation->sources = sources_new(arena);
	compilation->diags = diags_new(arena, compilation->sources);
	compilation->types = types_new(arena);
	if (btf)
		types_set_btf_path(compilation->types, btf);
	compilation->env = (struct provider_env){
		.arena = arena,
		.types = compilation->types,
		.pid = cli->pid,
		.unsafe = cli->unsafe,
		.is_portable = cli->emit_elf != NULL,
		.no_kprobe_multi = cli->no_kprobe_multi,
		.no_kprobe_session = cli->no_kprobe_session,
		.no_uprobe_multi = cli->no_uprobe_multi,
		.usdt_file_activation = cli->usdt_file_activation,
		.traceable_functions = cli->traceable,
		.debuginfo = cli->debuginfo,
		.vmlinux = vmlinux ? vmlinux : getenv("BPFTRACE_VMLINUX"),
	};
}

void compilation_free(struct compilation *compilation)
{
	types_free(compilation->types);
}

static void set_config(const struct compilation *compilation, struct plan_config *config,
		       bool *fixed, const struct lang_config *row, const char *value,
		       const char *variable)
{
	const char *error = "";

	if (sema_config_set(compilation->arena, config, row->name, value, &error))
		fixed[row->id] = true;
	else
		diag_error(compilation->diags, "bad-environment", SPAN_NONE,
			   "environment variable %s: %s", variable, error);
}

static const char *environment_of(const struct compilation *compilation, size_t prefix,
				  const char *name, const char **variable)
{
	char *text = arena_printf(compilation->arena, "%s%s", prefixes[prefix], name);

	for (char *c = text; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	*variable = text;
	return getenv(text);
}

static void read_old_names(const struct compilation *compilation, struct plan_config *config,
			   bool *fixed, size_t prefix)
{
	for (size_t i = 0; i < sizeof(old_names) / sizeof(old_names[0]); i++) {
		const char *variable, *off = old_names[i].off;
		const char *value =
			environment_of(compilation, prefix, old_names[i].old, &variable);

		if (value && (!off || !strcmp(value, "1")))
			set_config(compilation, config, fixed, lang_find_config(old_names[i].name),
				   off ? off : value, variable);
	}
}

static void warn_of_deprecated(const struct compilation *compilation, size_t prefix)
{
	const char *variable;

	for (uint32_t i = 0; i < lang_ndeprecated_configs; i++)
		if (environment_of(compilation, prefix, lang_deprecated_configs[i], &variable))
			diag_warning(compilation->diags, "deprecated-config", SPAN_NONE,
				     "environment variable %s is deprecated and has no effect",
				     variable);
}

/* Settings from SONDE_<NAME>, BPFTRACE_<NAME> and the older names. */
static void read_environment(const struct compilation *compilation, struct plan_config *config,
			     bool *fixed)
{
	const char *variable, *value;
	size_t n = sizeof(prefixes) / sizeof(prefixes[0]);

	for (size_t prefix = 0; prefix < n; prefix++) {
		read_old_names(compilation, config, fixed, prefix);
		warn_of_deprecated(compilation, prefix);
	}
	for (int i = 0; i < CONFIG_COUNT_; i++) {
		for (size_t prefix = 0; prefix < n; prefix++) {
			value = environment_of(compilation, prefix, lang_configs[i].name,
					       &variable);
			if (value)
				set_config(compilation, config, fixed, &lang_configs[i], value,
					   variable);
		}
	}
}

static struct parser make_parser(const struct compilation *compilation, const struct cli *cli)
{
	return (struct parser){
		.arena = compilation->arena,
		.sources = compilation->sources,
		.diags = compilation->diags,
		.params = cli->params,
		.nparams = cli->nparams,
	};
}

static const struct source *add_source(const struct compilation *compilation,
				       const struct input *input)
{
	const struct source *source =
		sources_add(compilation->sources, input->name, input->text, input->len);
	const char *path = input->name;

	if (input->fd >= 0)
		path = arena_printf(compilation->arena, "/proc/self/fd/%d", input->fd);
	if (source)
		sources_set_path(compilation->sources, source, path);
	return source;
}

static bool has_errors(const struct compilation *compilation)
{
	return diags_count(compilation->diags, DIAG_ERROR) > 0;
}

static void print_dump(struct strbuf *text)
{
	fputs(strbuf_str(text), stdout);
	strbuf_free(text);
}

static struct script *parse(const struct compilation *compilation, const struct cli *cli,
			    const struct input *input)
{
	struct parser parser = make_parser(compilation, cli);
	const struct source *source = add_source(compilation, input);
	struct strbuf dump = STRBUF_INIT;
	struct script *script;

	if (!source) {
		diag_error(compilation->diags, "syntax", SPAN_NONE, "the script is too large");
		return NULL;
	}
	script = parse_script(&parser, source);
	if (!has_errors(compilation))
		expand_imports(&parser, script, input->directory);
	if (!has_errors(compilation))
		expand_macros(&parser, script);
	if (has_errors(compilation))
		return NULL;
	if (cli->stages & STAGE_AST) {
		ast_dump_script(script, &dump);
		print_dump(&dump);
	}
	return script;
}

/* -- --help: what the script itself takes. */
static bool wants_script_help(const struct cli *cli, const sema_named_vec *asked)
{
	for (size_t i = 0; i < asked->len; i++)
		if (!strcmp(asked->data[i].name, "help"))
			return false;
	for (uint32_t i = 0; i < cli->nnamed; i++)
		if (!strcmp(cli->named[i], "help"))
			return true;
	return false;
}

static void print_script_help(const sema_named_vec *asked)
{
	puts(asked->len ? "PARAMETERS OF THE SCRIPT:" : "The script takes no named parameters.");
	for (size_t i = 0; i < asked->len; i++) {
		const struct sema_named *named = &asked->data[i];

		printf("    --%s%s%s%s (default: %s)\n", named->name,
		       named->is_bool ? "" : "=VALUE", *named->help ? "    " : "", named->help,
		       named->otherwise);
	}
}

/* False after errors, and where there is no more to do than what was printed. */
static bool check(struct compilation *compilation, const struct cli *cli, struct script *script,
		  struct ast_unit *unit, bool *bad_words)
{
	sema_named_vec asked = {0};
	struct plan_config config = plan_config_default();
	bool fixed[CONFIG_COUNT_] = {false};
	struct strbuf dump = STRBUF_INIT;
	struct sema_options options = {
		.arena = compilation->arena,
		.sources = compilation->sources,
		.diags = compilation->diags,
		.types = compilation->types,
		.env = &compilation->env,
		.params = cli->params,
		.nparams = cli->nparams,
		.named = cli->named,
		.nnamed = cli->nnamed,
		.asked = &asked,
		.bad_words = bad_words,
		.config = &config,
		.config_fixed = fixed,
		.unsafe = cli->unsafe,
		.warnings = cli->warnings,
		.verbose = cli->verbose,
		.test_mode = cli->test_or_bench == 't',
		.bench_mode = cli->test_or_bench == 'b',
		.check_only = cli->action == ACTION_CHECK,
		.probe_filter = cli->probe_filter,
		.parse_macro = parse_macro,
		.parse_data = compilation,
	};

	read_environment(compilation, &config, fixed);
	if (has_errors(compilation))
		return false;
	compilation->plan = sema_check(&options, script, unit);
	if (!compilation->plan)
		return false;
	if (wants_script_help(cli, &asked)) {
		print_script_help(&asked);
		return false;
	}
	if (cli->stages & STAGE_TYPES) {
		ast_dump_unit(unit, &dump);
		print_dump(&dump);
	}
	if (cli->stages & STAGE_PLAN) {
		plan_dump(compilation->plan, &dump);
		print_dump(&dump);
	}
	return true;
}

static bool open_llvm_file(const struct cli *cli, const char *suffix, bool to_stdout, FILE **file)
{
	*file = to_stdout ? stdout : NULL;
	if (to_stdout || !cli->emit_llvm)
		return true;
	*file = fopen(arena_printf(cli->arena, "%s.%s.ll", cli->emit_llvm, suffix), "we");
	if (!*file)
		diag_say(stderr, &cli->style, DIAG_ERROR, "file", "cannot write '%s.%s.ll': %s",
			 cli->emit_llvm, suffix, strerror(errno));
	return *file;
}

static void close_llvm_file(FILE *file)
{
	if (file && file != stdout)
		fclose(file);
}

static void say_too_large(const struct cli *cli)
{
	diag_say(stderr, &cli->style, DIAG_ERROR, "too-large",
		 "the body of a probe is larger than BPF programs can be");
	diag_say_hint(stderr, &cli->style,
		      "parts of it can be probes of their own, on the same attach point");
}

/* An exit status. */
static int generate(const struct compilation *compilation, const struct cli *cli,
		    const struct ast_unit *unit, struct codegen_object *object)
{
	struct codegen_options options = {
		.arena = compilation->arena,
		.sources = compilation->sources,
		.dump_assembly = cli->stages & STAGE_ASM ? stdout : NULL,
		.verify_ir = cli->verify_ir,
		.bitcode = compilation->bitcode.data,
		.nbitcode = compilation->bitcode.len,
	};
	enum codegen_result result;
	int status = STATUS_USAGE;
	const char *why;

	if (open_llvm_file(cli, "original", cli->stages & STAGE_LLVM, &options.dump_llvm) &&
	    open_llvm_file(cli, "optimized", cli->stages & STAGE_LLVM_OPT,
			   &options.dump_llvm_optimized)) {
		result = codegen(&options, unit, compilation->plan, object, &why);
		status = result == CODEGEN_DONE ? STATUS_OK : STATUS_SCRIPT;
		if (result == CODEGEN_TOO_LARGE)
			say_too_large(cli);
		else if (result == CODEGEN_BAD_BITCODE)
			diag_say(stderr, &cli->style, DIAG_ERROR, "bad-import",
				 "the imported C programs do not go together: %s", why);
	}
	close_llvm_file(options.dump_llvm);
	close_llvm_file(options.dump_llvm_optimized);
	return status;
}

static double milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Source to typed programs; what there is to say is shown. False as check(). */
static bool analyse(struct compilation *compilation, const struct cli *cli,
		    const struct input *input, struct ast_unit *unit, double *parsed, int *status)
{
	struct script *script = parse(compilation, cli, input);
	bool bad_words = false, has_types, ok;

	*parsed = milliseconds();
	has_types = script && load_preamble(compilation, cli, script, input->directory);
	ok = has_types && compile_c_files(compilation, cli, script) &&
	     check(compilation, cli, script, unit, &bad_words);
	diags_render(compilation->diags, stderr, &cli->style);
	*status = STATUS_OK;
	if (has_errors(compilation)) {
		bool of_preamble = script && !has_types;

		*status = bad_words || (cli->compat && !of_preamble) ? STATUS_USAGE : STATUS_SCRIPT;
	}
	return ok;
}

bool compile(struct compilation *compilation, const struct cli *cli, const struct input *input,
	     struct codegen_object *object, int *status)
{
	double times[4] = {milliseconds()};
	struct ast_unit unit = {0};
	bool ok = analyse(compilation, cli, input, &unit, &times[1], status);

	times[2] = milliseconds();
	if (!ok)
		return false;
	*status = generate(compilation, cli, &unit, object);
	if (*status != STATUS_OK)
		return false;
	times[3] = milliseconds();
	if (cli->action == ACTION_COMPILE_BENCH)
		printf("parse %.3f ms, check %.3f ms, generate %.3f ms, object %zu bytes\n",
		       times[1] - times[0], times[2] - times[1], times[3] - times[2], object->size);
	return true;
}

int list_script(struct compilation *compilation, const struct cli *cli, const struct input *input)
{
	struct ast_unit unit = {0};
	double parsed;
	int status;
	bool ok = analyse(compilation, cli, input, &unit, &parsed, &status);

	if (ok)
		list_plan(compilation, cli, compilation->plan);
	return status;
}

int format_script(struct compilation *compilation, const struct cli *cli, const struct input *input)
{
	struct parser parser = make_parser(compilation, cli);
	const struct source *source = add_source(compilation, input);
	struct strbuf text = STRBUF_INIT;
	struct script *script;

	parser.keep_params = true;
	script = source ? parse_script(&parser, source) : NULL;
	diags_render(compilation->diags, stderr, &cli->style);
	if (!script || has_errors(compilation))
		return cli->compat ? STATUS_USAGE : STATUS_SCRIPT;
	ast_format(script, source, &text);
	print_dump(&text);
	return STATUS_OK;
}
