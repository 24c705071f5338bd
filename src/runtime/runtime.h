/*
 * Loads an object, attaches its programs, renders what they send, accounts for it, and takes
 * everything down again. Knows the plan and BPF, nothing of the AST or LLVM. Never exits the
 * process and installs no signal handler: signals arrive on a descriptor that the caller gives.
 */
#ifndef SONDE_RUNTIME_RUNTIME_H
#define SONDE_RUNTIME_RUNTIME_H

#include "output/output.h"
#include "program/program.h"
#include "provider/provider.h"

#include <sys/types.h>

struct runtime_options {
	struct arena *arena;
	const void *
		object; /* BPF ELF with a plan section; not owned, must live until runtime_free() */
	size_t object_size;
	const struct provider_env *env;
	enum output_format_id format;
	FILE *out, *err; /* not owned */
	const struct diag_style *style; /* of messages; not owned */
	char *const *child_argv; /* -c, or NULL: started stopped, resumed once attached */
	pid_t pid; /* -p, or 0 */
	int signal_fd; /* signalfd(2) with SIGINT, SIGTERM and SIGUSR1; -1: none */
	int ready_fd; /* --ready-fd, or -1 */
	FILE *notify; /* gets __BPFTRACE_NOTIFY_PROBES_ATTACHED once attached; or NULL */
	bool full_buffering; /* -B full: flush only at the end; otherwise whenever the events so far
				were rendered */
	bool quiet, verbose, dry_run, warnings /* -k */, strict;
	bool debug_libbpf, debug_verifier; /* -d */
	int test_or_bench; /* 0, or 't', 'b': run those probes */
};

/* Why a run ended, for the exit code (LANGUAGE.md 14.4). */
enum runtime_status {
	RUNTIME_OK,
	RUNTIME_LOAD_FAILED, /* refused by the kernel: 4 */
	RUNTIME_ATTACH_FAILED, /* 4 */
	RUNTIME_BAD_OBJECT, /* not an object of ours, or of another version: 2 */
	RUNTIME_NO_PROBES, /* all are missing, as missing_probes allows, or are for --test: 1 */
	RUNTIME_CHILD_FAILED, /* the -c command could not be started: 1 */
	RUNTIME_OUTPUT_FAILED, /* the output could not be written */
};

struct runtime_result {
	enum runtime_status status;
	bool exit_called; /* by the script */
	int exit_code; /* of exit(), & 0xff */
	bool assert_failed;
	uint64_t failed_tests; /* of --test */
	bool child_ended;
	int child_status; /* as waitpid(2) gives it */
	uint64_t lost; /* all losses: events, refused updates, missed probes */
};

/* Runs from loading to the last map printed. Messages about failures have been printed to
 * @options->err. */
void runtime_run(const struct runtime_options *options, struct runtime_result *result);

/* Reads the plan of an object; NULL with *error. */
struct plan *runtime_read_plan(struct arena *arena, struct types *types, const void *object,
			       size_t size, const char **error);

#endif
