/* The command line: options, and the steps of the pipeline that main.c lists. */
#ifndef SONDE_CLI_CLI_H
#define SONDE_CLI_CLI_H

#include "base/diag.h"
#include "codegen/codegen.h"
#include "output/output.h"
#include "program/program.h"
#include "provider/provider.h"
#include "runtime/runtime.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* LANGUAGE.md 14.4 */
enum exit_status {
	STATUS_OK = 0,
	STATUS_USAGE = 1,
	STATUS_SCRIPT = 2,
	STATUS_LOSS = 3,
	STATUS_KERNEL = 4,
	STATUS_PRIVILEGE = 5,
	STATUS_COMPAT_KERNEL = 255, /* under the name bpftrace */
};

enum option_id {
#define OPTION(id, ...) OPT_##id,
#include "cli/options.def"
#undef OPTION
	OPT_COUNT
};

struct option_row {
	int short_name;
	const char *long_name, *argument;
	const char *choices; /* words that the argument may be, or NULL */
	const char *doc;
};
extern const struct option_row option_rows[OPT_COUNT];

enum stage {
	STAGE_AST = 1 << 0,
	STAGE_TYPES = 1 << 1,
	STAGE_PLAN = 1 << 2,
	STAGE_LLVM = 1 << 3,
	STAGE_LLVM_OPT = 1 << 4,
	STAGE_ASM = 1 << 5,
	STAGE_LIBBPF = 1 << 6,
	STAGE_VERIFIER = 1 << 7,
	STAGE_ALL = (1 << 8) - 1,
};
/* Stages after which there is nothing to run. */
#define STAGES_COMPILE                                                                             \
	(STAGE_AST | STAGE_TYPES | STAGE_PLAN | STAGE_LLVM | STAGE_LLVM_OPT | STAGE_ASM)

enum action {
	ACTION_RUN,
	ACTION_LIST,
	ACTION_CHECK,
	ACTION_FORMAT,
	ACTION_COMPILE_BENCH, /* compile, and say how long each stage took */
	ACTION_CODEGEN, /* compile only */
	ACTION_INFO,
	ACTION_COMPLETION,
	ACTION_HELP,
	ACTION_VERSION,
};

struct cli {
	struct arena *arena;
	enum action action;
	const char *program_name; /* as invoked, for messages */
	bool compat; /* invoked as "bpftrace" */

	const char *expression; /* -e */
	const char *file; /* script or object; "-" for standard input; list: the pattern */
	const char *const *params;
	uint32_t nparams;
	const char *const *named; /* without the dashes: "name=value" */
	uint32_t nnamed;

	pid_t pid;
	char **child_argv;
	const char *output_file;
	enum output_format_id format;
	char buffer; /* 'l', 'f', 'n' */
	bool quiet, verbose, warnings, strict, dry_run, unsafe, verify_ir;
	bool no_kprobe_multi, no_kprobe_session, no_uprobe_multi, usdt_file_activation;
	const char *emit_elf, *emit_llvm;
	uint32_t stages;
	VEC(const char *)
	include_dirs;
	VEC(const char *)
	includes;
	const char *probe_filter, *traceable, *debuginfo, *shell;
	int test_or_bench; /* 't', 'b', 0 */
	int ready_fd;
	struct diag_style style;
};

/* Reads the command line. Returns false with the exit status in *status; the message has been
 * printed. */
bool options_parse(struct cli *cli, int argc, char **argv, int *status);
void options_help(const struct cli *cli, FILE *out);
/* A shell's completion script; false if there is none for it. */
bool options_completion(const char *shell, FILE *out);
/* Splits a command as a shell does: blanks, quotes, backslashes. NULL with *error for an open
 * quote. */
char **split_command(struct arena *arena, const char *command, const char **error);

/* --- input.c --- */
struct input {
	const char *name; /* for diagnostics */
	const char *directory; /* for imports */
	char *text; /* in the arena */
	size_t len;
	int fd; /* a memfd that holds the text, or -1 */
	bool is_object; /* a BPF ELF object */
};
bool input_read(struct cli *cli, struct input *input, int *status);

/* --- compile.c --- */
struct compilation {
	struct arena *arena;
	struct sources *sources;
	struct diags *diags;
	struct types *types;
	struct provider_env env;
	struct plan *plan; /* NULL unless sema succeeded */
	VEC(struct codegen_bitcode)
	bitcode; /* of imported C programs */
};
void compilation_init(struct compilation *compilation, const struct cli *cli);
void compilation_free(struct compilation *compilation);
/* The C programs that the script imports, by clang; false after errors. */
bool compile_c_files(struct compilation *compilation, const struct cli *cli,
		     const struct script *script);
/* Source to object; diagnostics have been printed. False on errors, or if a -d stage ended it
 * (*status is 0). */
bool compile(struct compilation *compilation, const struct cli *cli, const struct input *input,
	     struct codegen_object *object, int *status);
/* The script's probes, expanded, for -l. */
int list_script(struct compilation *compilation, const struct cli *cli, const struct input *input);
int format_script(struct compilation *compilation, const struct cli *cli,
		  const struct input *input);

/* --- object.c --- */
/* A plan's probes, expanded, one a line; without begin, end and their kin. */
void list_plan(struct compilation *compilation, const struct cli *cli, const struct plan *plan);
/* -l, --check and -d of an object. */
int inspect_object(struct compilation *compilation, const struct cli *cli,
		   const struct input *input);

/* --- preamble.c --- */
struct script;
struct types_macro;
/* False if errors were queued. */
bool load_preamble(const struct compilation *compilation, const struct cli *cli,
		   const struct script *script, const char *directory);
/* For sema: a macro's body as an expression, NULL if it is not one. @data is the compilation. */
struct expr *parse_macro(void *data, const char *name, const struct types_macro *macro);

/* --- stream.c: a run's output --- */
struct stream;
/* Writes to @fd, which the caller owns. SIGINT and SIGTERM are blocked, see base/wait.h. */
struct stream *stream_new(int fd);
FILE *stream_file(const struct stream *stream);
/* Writes what was held back. 0, or the negative errno of a failed write. */
int stream_free(struct stream *stream);

/* --- list.c, info.c, privilege.c --- */
int list_probes(struct compilation *compilation, const struct cli *cli);
/* One probe a line; with -v its parameters below. @previous: what was listed last, zeroed at first.
 */
void list_target(struct compilation *compilation, const struct cli *cli,
		 const struct provider *provider, const struct plan_target *target,
		 struct plan_target *previous);
int print_info(const struct cli *cli);
/* True if the process may load and attach BPF programs; else a message was printed. */
bool check_privileges(const struct cli *cli);
/* The same without a message. */
bool has_privileges(void);
/* True if there is the process of -p; else a message was printed. */
bool check_target(const struct cli *cli);

#endif
