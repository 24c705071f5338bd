/* The command line to a struct cli, by the rows of options.def. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONG_ONLY 0x100 /* getopt value of an option without a letter: this + its id */

const struct option_row option_rows[OPT_COUNT] = {
#define OPTION(id, short_name, long_name, argument, choices, doc)                                  \
	[OPT_##id] = {short_name, long_name, argument, choices, doc},
#include "cli/options.def"
#undef OPTION
};

struct word {
	const char *name;
	int value;
};

static const struct word stage_words[] = {
	{"ast", STAGE_AST},
	{"types", STAGE_TYPES},
	{"plan", STAGE_PLAN},
	{"llvm", STAGE_LLVM},
	{"codegen", STAGE_LLVM},
	{"llvm-opt", STAGE_LLVM_OPT},
	{"codegen-opt", STAGE_LLVM_OPT},
	{"asm", STAGE_ASM},
	{"libbpf", STAGE_LIBBPF},
	{"verifier", STAGE_VERIFIER},
	{"all", STAGE_ALL},
	{NULL, 0},
};

static const struct word buffer_words[] = {{"line", 'l'}, {"full", 'f'}, {"none", 'n'}, {NULL, 0}};

static const struct word mode_words[] = {
	{"codegen", ACTION_CODEGEN},
	{"compiler-bench", ACTION_COMPILE_BENCH},
	{"format", ACTION_FORMAT},
	{"bench", -'b'},
	{"test", -'t'},
	{NULL, 0},
};

static const struct word *find_word(const struct word *words, const char *name)
{
	for (; words->name; words++)
		if (!strcmp(words->name, name))
			return words;
	return NULL;
}

static bool __attribute__((format(printf, 2, 3))) usage(const struct cli *cli, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	diag_say(stderr, &cli->style, DIAG_ERROR, "usage", "%s",
		 arena_vprintf(cli->arena, fmt, args));
	va_end(args);
	return false;
}

static const char *words_text(struct arena *arena, const struct word *words)
{
	const char *text = "";

	for (; words->name; words++)
		text = arena_printf(arena, "%s%s%s", text, *text ? ", " : "", words->name);
	return text;
}

static bool parse_number(const char *text, long low, long high, long *number)
{
	char *end;

	errno = 0;
	*number = strtol(text, &end, 10);
	return *text && !*end && !errno && *number >= low && *number <= high;
}

static bool parse_pid(struct cli *cli, const char *text)
{
	char *end;
	long pid;

	errno = 0;
	pid = strtol(text, &end, 10);
	if (!*text || *end)
		return usage(cli, "-p: '%s' is not a process id", text);
	if (errno || pid <= 0 || pid > INT_MAX)
		return usage(cli, "-p: process id %s is out of range", text);
	cli->pid = (pid_t)pid;
	return true;
}

static bool parse_features(struct cli *cli, const char *text)
{
	char *list = arena_strdup(cli->arena, text), *rest = NULL;

	for (char *name = strtok_r(list, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
		if (!strcmp(name, "kprobe_multi"))
			cli->no_kprobe_multi = true;
		else if (!strcmp(name, "kprobe_session"))
			cli->no_kprobe_session = true;
		else if (!strcmp(name, "uprobe_multi"))
			cli->no_uprobe_multi = true;
		else
			return usage(cli,
				     "--no-feature: unknown feature '%s': there are kprobe_multi, "
				     "kprobe_session and uprobe_multi",
				     name);
	}
	return true;
}

static bool parse_mode(struct cli *cli, const char *name)
{
	const struct word *word = find_word(mode_words, name);

	if (!word)
		return usage(cli, "--mode: unknown mode '%s': there are %s", name,
			     words_text(cli->arena, mode_words));
	if (word->value < 0)
		cli->test_or_bench = -word->value;
	else
		cli->action = (enum action)word->value;
	return true;
}

static bool parse_buffer(struct cli *cli, const char *name)
{
	const struct word *word = find_word(buffer_words, name);

	if (!word)
		return usage(cli, "-B: unknown mode '%s': there are line, full and none", name);
	cli->buffer = (char)word->value;
	return true;
}

static bool parse_stages(struct cli *cli, const char *text)
{
	char *list = arena_strdup(cli->arena, text), *rest = NULL;

	for (char *name = strtok_r(list, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
		const struct word *word = find_word(stage_words, name);

		if (!word)
			return usage(cli, "-d: unknown stage '%s': there are %s", name,
				     words_text(cli->arena, stage_words));
		cli->stages |= (uint32_t)word->value;
	}
	return true;
}

static bool parse_command(struct cli *cli, const char *command, bool exec)
{
	const char *error = "";

	if (exec)
		return usage(cli, "Cannot use both -c and --exec.");
	cli->child_argv = split_command(cli->arena, command, &error);
	if (!cli->child_argv)
		return usage(cli, "-c: %s", error);
	if (!cli->child_argv[0])
		return usage(cli, "-c: the command is empty");
	return true;
}

static bool apply(struct cli *cli, enum option_id id, const char *argument, bool *exec)
{
	long number;

	switch (id) {
	case OPT_expression:
		cli->expression = argument;
		return true;
	case OPT_list:
		cli->action = ACTION_LIST;
		return true;
	case OPT_pid:
		return parse_pid(cli, argument);
	case OPT_command:
		return parse_command(cli, argument, *exec);
	case OPT_exec:
		*exec = true;
		return true;
	case OPT_output:
		cli->output_file = argument;
		return true;
	case OPT_format:
		if (output_find_format(argument, &cli->format))
			return true;
		return usage(cli, "-f: Invalid output format '%s': there are text and json",
			     argument);
	case OPT_buffer:
		return parse_buffer(cli, argument);
	case OPT_quiet:
		cli->quiet = true;
		return true;
	case OPT_verbose:
		cli->verbose = true;
		return true;
	case OPT_warnings:
		cli->warnings = true;
		return true;
	case OPT_no_warnings:
		cli->style.no_warnings = true;
		return true;
	case OPT_strict:
		cli->strict = true;
		return true;
	case OPT_check:
		cli->action = ACTION_CHECK;
		return true;
	case OPT_dry_run:
		cli->dry_run = true;
		return true;
	case OPT_emit_elf:
		cli->emit_elf = argument;
		return true;
	case OPT_emit_llvm:
		cli->emit_llvm = argument;
		return true;
	case OPT_debug:
		return parse_stages(cli, argument);
	case OPT_verify_llvm_ir:
		cli->verify_ir = true;
		return true;
	case OPT_include_dir:
		vec_push(cli->arena, &cli->include_dirs, argument);
		return true;
	case OPT_include:
		vec_push(cli->arena, &cli->includes, argument);
		return true;
	case OPT_unsafe:
		cli->unsafe = true;
		return true;
	case OPT_mode:
		return parse_mode(cli, argument);
	case OPT_test:
		cli->test_or_bench = 't';
		return true;
	case OPT_bench:
		cli->test_or_bench = 'b';
		return true;
	case OPT_fmt:
		cli->action = ACTION_FORMAT;
		return true;
	case OPT_probe_filter:
		cli->probe_filter = argument;
		return true;
	case OPT_no_feature:
		return parse_features(cli, argument);
	case OPT_traceable:
		cli->traceable = argument;
		return true;
	case OPT_debuginfo:
		cli->debuginfo = argument;
		return true;
	case OPT_usdt_activation:
		cli->usdt_file_activation = true;
		return true;
	case OPT_ready_fd:
		if (!parse_number(argument, 0, INT_MAX, &number))
			return usage(cli, "--ready-fd: '%s' is not a descriptor", argument);
		/* Later it would be some file of our own. */
		if (fcntl((int)number, F_GETFD) < 0)
			return usage(cli, "--ready-fd: descriptor %ld is not open", number);
		cli->ready_fd = (int)number;
		return true;
	case OPT_info:
		cli->action = ACTION_INFO;
		return true;
	case OPT_completion:
		cli->action = ACTION_COMPLETION;
		cli->shell = argument;
		return true;
	case OPT_help:
		cli->action = ACTION_HELP;
		return true;
	case OPT_version:
		cli->action = ACTION_VERSION;
		return true;
	case OPT_COUNT:
		break;
	}
	return false;
}

/* Tables for getopt_long(3). */
static void build_getopt(struct arena *arena, struct option *longs, char **shorts)
{
	size_t n = 0;

	*shorts = arena_strdup(arena, ":");
	for (int id = 0; id < OPT_COUNT; id++) {
		const struct option_row *row = &option_rows[id];

		if (row->short_name)
			*shorts = arena_printf(arena, "%s%c%s", *shorts, row->short_name,
					       row->argument ? ":" : "");
		if (row->long_name)
			longs[n++] = (struct option){
				row->long_name, row->argument ? required_argument : no_argument,
				NULL, LONG_ONLY + id};
	}
	longs[n] = (struct option){NULL, 0, NULL, 0};
}

static enum option_id find_option(int value)
{
	if (value >= LONG_ONLY)
		return (enum option_id)(value - LONG_ONLY);
	for (int id = 0; id < OPT_COUNT; id++)
		if (option_rows[id].short_name == value)
			return (enum option_id)id;
	return OPT_COUNT;
}

/* What is left: the script unless there is -e, then its parameters; words with "--" can only have
 * come after a lone "--". */
static void take_words(struct cli *cli, char **words, int n)
{
	VEC(const char *)
	params = {0};
	VEC(const char *)
	named = {0};
	bool wants_file = !cli->expression;

	for (int i = 0; i < n; i++) {
		if (wants_file) {
			cli->file = words[i];
			wants_file = false;
		} else if (!strncmp(words[i], "--", 2) && words[i][2]) {
			vec_push(cli->arena, &named, words[i] + 2);
		} else {
			vec_push(cli->arena, &params, words[i]);
		}
	}
	cli->params = params.data;
	cli->nparams = (uint32_t)params.len;
	cli->named = named.data;
	cli->nnamed = (uint32_t)named.len;
}

/* --exec: everything behind the first lone "--" is the command. Returns the number of words before
 * it. */
static int cut_command(struct cli *cli, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--"))
			continue;
		cli->child_argv = argv + i + 1;
		return i;
	}
	return argc;
}

static bool has_exec(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], "--exec"))
			return true;
	return false;
}

static bool needs_program(const struct cli *cli)
{
	switch (cli->action) {
	case ACTION_RUN:
	case ACTION_CHECK:
	case ACTION_FORMAT:
	case ACTION_CODEGEN:
	case ACTION_COMPILE_BENCH:
		return true;
	case ACTION_LIST:
	case ACTION_INFO:
	case ACTION_COMPLETION:
	case ACTION_HELP:
	case ACTION_VERSION:
		return false;
	}
	return false;
}

/* SONDE_COLOR, BPFTRACE_COLOR, or NULL. */
static const char *colour_wanted(void)
{
	const char *colour = getenv("SONDE_COLOR");

	return colour ? colour : getenv("BPFTRACE_COLOR");
}

static void choose_style(struct cli *cli)
{
	const char *colour = colour_wanted(), *term = getenv("TERM");
	const char *no_colour = getenv("NO_COLOR");

	if (colour && !strcmp(colour, "always"))
		cli->style.colour = true;
	else if (colour && !strcmp(colour, "never"))
		cli->style.colour = false;
	else
		cli->style.colour = isatty(STDERR_FILENO) && !(no_colour && *no_colour) &&
				    !(term && !strcmp(term, "dumb"));
	cli->style.no_tags = cli->compat;
}

static void check_colour(const struct cli *cli)
{
	const char *colour = colour_wanted();

	if (colour && strcmp(colour, "always") && strcmp(colour, "never") && strcmp(colour, "auto"))
		diag_say(stderr, &cli->style, DIAG_WARNING, "bad-environment",
			 "environment variable %s: there are auto, always and never, not '%s'",
			 getenv("SONDE_COLOR") ? "SONDE_COLOR" : "BPFTRACE_COLOR", colour);
}

/* What getopt_long(3) could not read, in @word if it was a long option. */
static bool report_option(const struct cli *cli, int problem, const char *word)
{
	const char letter[] = {'-', (char)optopt, '\0'};
	const char *name = !optopt ? word : letter;

	if (optopt >= LONG_ONLY)
		name = arena_printf(cli->arena, "--%s", option_rows[find_option(optopt)].long_name);
	if (problem == ':')
		return usage(cli, "option '%s' needs an argument", name);
	if (optopt >= LONG_ONLY)
		return usage(cli, "option '%s' takes no argument", name);
	if (optopt >= '0' && optopt <= '9')
		return usage(cli,
			     "unknown option '%s': a negative parameter stands behind a lone --",
			     name);
	return usage(cli, "unknown option '%s'", name);
}

static bool parse_words(struct cli *cli, int argc, char **argv)
{
	struct option longs[OPT_COUNT + 1];
	bool exec = has_exec(argc, argv);
	char *shorts;
	int value;

	if (exec)
		argc = cut_command(cli, argc, argv);
	if (exec && (!cli->child_argv || !cli->child_argv[0]))
		return usage(cli, "--exec: there is no command after \"--\"");
	build_getopt(cli->arena, longs, &shorts);
	opterr = 0;
	while ((value = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (value == ':' || value == '?')
			return report_option(cli, value, argv[optind - 1]);
		if (!apply(cli, find_option(value), optarg, &exec))
			return false;
	}
	take_words(cli, argv + optind, argc - optind);
	if (cli->pid && cli->child_argv)
		return usage(cli, "Cannot use both -c and -p.");
	if (needs_program(cli) && !cli->expression && !cli->file)
		return usage(cli, "there is no program: give a file, or -e 'PROGRAM'");
	return true;
}

bool options_parse(struct cli *cli, int argc, char **argv, int *status)
{
	const char *name = argc && argv[0] ? argv[0] : "sonde";
	const char *slash = strrchr(name, '/');

	cli->program_name = slash ? slash + 1 : name;
	cli->compat = !strcmp(cli->program_name, "bpftrace");
	cli->buffer = 'l';
	cli->ready_fd = -1;
	*status = STATUS_USAGE;
	choose_style(cli);
	if (!parse_words(cli, argc, argv)) {
		fputc('\n', stderr);
		options_help(cli, stderr);
		return false;
	}
	check_colour(cli);
	return true;
}
