/*
 * Probe types. Each is one file that ends in a `const struct provider`; the registry (registry.c)
 * lists them. A provider knows how to read a target, which probes exist, what their programs can
 * see, and how to attach.
 */
#ifndef SONDE_PROVIDER_PROVIDER_H
#define SONDE_PROVIDER_PROVIDER_H

#include "base/diag.h"
#include "program/program.h"
#include "types/type.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct bpf_program;

/* How a program reads its arguments from its context. */
enum provider_context {
	CONTEXT_NONE, /* begin, end, test ... : nothing */
	CONTEXT_RECORD, /* tracepoint: the record of `args`, fixed offsets */
	CONTEXT_RAW_ARGS, /* rawtracepoint: u64 array; args.<name> is element N */
	CONTEXT_BTF_ARGS, /* fentry, fexit: u64 array with verifier-known types; retval behind the
			     arguments */
	CONTEXT_PT_REGS, /* kprobe, uprobe: registers */
	CONTEXT_USDT, /* registers, arguments by the note's operands */
	CONTEXT_PERF_EVENT, /* struct bpf_perf_event_data: registers first */
	CONTEXT_ITER, /* struct bpf_iter__<kind> */
};

/* What a program's body may use. */
enum provider_provides {
	PROVIDES_ARGN = 1 << 0,
	PROVIDES_ARGS = 1 << 1,
	PROVIDES_RETVAL = 1 << 2,
	PROVIDES_FUNC = 1 << 3,
	PROVIDES_REG = 1 << 4,
	PROVIDES_CTX = 1 << 5,
	PROVIDES_SIGNAL = 1 << 6, /* signal() makes sense: the current task is the one traced */
	PROVIDES_OVERRIDE = 1 << 7,
	PROVIDES_UADDR = 1 << 8,
	PROVIDES_PATH = 1 << 9,
};

enum provider_flags {
	PROVIDER_PREEMPTIBLE =
		1 << 0, /* its programs may be preempted by other programs on the same CPU */
	PROVIDER_PERF_GUARD = 1 << 1, /* run one at a time per CPU (bpf_prog_active), as all
					 programs on perf events */
	PROVIDER_PID_PREDICATE =
		1 << 2, /* -p becomes a test in the program (plan_settings.target_tgid) */
	PROVIDER_USER = 1 << 3, /* pointers in arguments are in user space; `func` is a usym */
	PROVIDER_SPECIAL =
		1 << 4, /* run by the runtime, not attached: begin, end, self, test, bench */
	PROVIDER_ALONE = 1 << 5, /* cannot be combined with other probes: iter */
	PROVIDER_NEWEST_FIRST = 1 << 6, /* of programs at one place the kernel runs that first which
					   was attached last */
};

/* Where providers look things up. */
struct provider_env {
	struct arena *arena;
	struct types *types;
	pid_t pid; /* -p or -c target; 0: none */
	bool unsafe;
	bool is_portable; /* what is compiled may run on another machine */
	bool no_kprobe_multi, no_kprobe_session, no_uprobe_multi; /* --no-feature */
	bool usdt_file_activation; /* semaphores are counted up in the processes that have mapped
				      the file, not by the kernel */
	const char *traceable_functions; /* --traceable-functions, or NULL */
	const char *debuginfo; /* --debuginfo, or NULL */
	const char *vmlinux; /* the kernel's ELF file, for checking offsets of kprobes, or NULL */
	void *cache; /* provider's own, zero at first: symbol tables and lists read once (registry.c
			owns it) */
};

/* An attach point as written. */
struct provider_text {
	struct span span;
	const char *text; /* whole */
	const char *const *fields; /* fields[0] is the provider */
	const bool *quoted;
	uint32_t nfields;
};

/* What one target's program can see. */
struct provider_signature {
	const struct type *args; /* struct whose fields are the arguments, or NULL; RAW_ARGS and
				    BTF_ARGS: field N is argument N */
	const char *no_args; /* why args is NULL, where more is known of that */
	const struct type_place *places; /* PT_REGS: where each field of args is */
	const struct type *retval; /* typed return value, or NULL */
	const struct type *ctx; /* what `ctx` points to, or NULL if unknown */
	uint32_t nargs; /* number of argN */
};

typedef void (*provider_found_fn)(const struct plan_target *target, void *data);

struct provider_link; /* opaque; see links below */

/* Collects what was attached, to be taken down again. */
struct provider_links;

struct provider_attach {
	const struct plan_prog *prog;
	struct bpf_program *bpf; /* loaded */
	int prog_fd;
	pid_t pid; /* 0: all processes */
	const struct provider_env *env;
	struct provider_links *links;
	struct arena *arena; /* for messages */
	/* Told of a target that cannot be attached: its index, a negative errno, and what is wrong
	 * with the remedy. True: go on without it. */
	bool (*refused)(void *data, uint32_t target, int error, const char *why);
	void *data;
};

struct provider {
	const char *name; /* canonical: "tracepoint" */
	const char *short_name; /* "t", or NULL; case-sensitive */
	const char *const
		*aliases; /* other full names ("kfunc"), NULL-terminated, or NULL; any case */
	const char *doc; /* one line for the manual: "static kernel tracepoints" */
	const char *const
		*forms; /* as the manual lists them: "tracepoint:CATEGORY:EVENT", NULL-terminated */
	const char *min_kernel;
	enum provider_context context;
	uint32_t provides; /* PROVIDES_* */
	uint32_t flags; /* PROVIDER_* */

	/*
	 * Reads an attach point: fills @target, whose parts may hold globs ("*"). Queues errors
	 * ("tracepoint probe type requires 2 arguments, found 1") and returns false.
	 */
	bool (*parse)(const struct provider_env *env, struct diags *diags,
		      const struct provider_text *text, struct plan_target *target);
	/*
	 * Calls @found for every probe that exists and matches, sorted, with its canonical name;
	 * also for a target without globs, if it exists. Returns how many, or a negative errno with
	 * *error set (arena) if the machine cannot be asked; *error may also say why there is none.
	 */
	int (*expand)(const struct provider_env *env, const struct plan_target *pattern,
		      provider_found_fn found, void *data, const char **error);
	/* What programs of this target see. @target is one that expand() gave. May be NULL: nothing
	 * but ctx of context. */
	void (*signature)(const struct provider_env *env, const struct plan_target *target,
			  struct provider_signature *signature);
	/* True if all of the pattern's matches can, or the one that it is should, share one program
	 * and one link here. May be NULL: no. */
	bool (*can_multi)(const struct provider_env *env, const struct plan_target *pattern);
	/* True if @entry, of this provider, and @exit can share one program here, which runs the
	 * bodies of both, and one link. May be NULL: no. */
	bool (*can_session)(const struct provider_env *env, const struct plan_prog *entry,
			    const struct plan_prog *exit);
	/* The ELF section of its programs (libbpf's names decide program and attach type). */
	const char *(*section)(const struct provider_env *env, const struct plan_prog *prog);
	/* Settings that the section's name cannot express, before the program is loaded. May be
	 * NULL. */
	void (*prepare)(const struct provider_env *env, const struct plan_prog *prog,
			struct bpf_program *bpf);
	/*
	 * Attaches the program to all its targets, but for those that are refused and that the
	 * caller will do without. False if it will not: then none is attached. Not called for
	 * PROVIDER_SPECIAL.
	 */
	bool (*attach)(const struct provider_attach *attach);
	/* The probe's parameters as -lv prints them, each line indented by four blanks. May be
	 * NULL. */
	void (*describe)(const struct provider_env *env, const struct plan_target *target,
			 struct strbuf *out);
	/* What -l without a pattern shows ("interval:hz:"). NULL: expand("*"). */
	const char *const *listed;
};

/* By canonical name, short name (case-sensitive) or alias; NULL if there is none. */
const struct provider *provider_find(const char *name);
/* All, in the order of the manual. */
const struct provider *const *providers(size_t *n);

/* Whether attaching failed because of the target, not for want of descriptors or memory, which no
 * other target would have either. */
bool provider_blames_target(int error);

/* True if @text matches @pattern, where "*" stands for any run of bytes. */
bool glob_match(const char *pattern, const char *text);
bool glob_is_pattern(const char *text);

/* A symbol of the binary that a uprobe's target is in, for uaddr(). */
struct provider_symbol {
	uint64_t address; /* virtual, in the file */
	uint64_t size;
	bool is_relative; /* the file is position-independent */
};
bool provider_find_symbol(const struct provider_env *env, const struct plan_target *target,
			  const char *name, struct provider_symbol *symbol);

/* --- process.c: what /proc tells of a process --- */
/* The thread that is to be asked for: @pid, or another one if the first thread has ended, while
 * others go on; 0 if all have ended. */
pid_t provider_thread(pid_t pid);
/* Whether a path is the same file for the process as for this one: it has the same root and mounts.
 * False if it has ended. */
bool provider_shares_files(pid_t pid);

/* A C++ or Rust function's name as its source has it, to be freed; NULL if it is not mangled. */
char *provider_demangle(const char *name);

/* Whether the running kernel lets this provider's programs call its function @name; asks the
 * verifier (kfunc.c). */
bool provider_allows_kfunc(const struct provider_env *env, const struct provider *provider,
			   const char *name);

/* --- links: attached things with one owner --- */
struct bpf_link;
struct provider_links *provider_links_new(void);
void provider_links_add_link(struct provider_links *links, struct bpf_link *link);
void provider_links_add_fd(struct provider_links *links, int fd); /* closed to detach */
/* A perf event, with whatever BPF link it carries: it can be stopped before it is closed. */
void provider_links_add_perf(struct provider_links *links, int fd);
size_t provider_links_count(const struct provider_links *links);
/* Detaches the watchpoints of an address. */
void provider_links_unwatch(struct provider_links *links, uint64_t address);
/* Where an iterator was pinned rather than run, or NULL. */
const char *provider_links_pin(const struct provider_links *links);
/* Begins to run the iterators that were attached, until *@stop is set. A descriptor that is
 * readable once all have ended, or -1 if there is none; the links own it. */
int provider_links_iterate(struct provider_links *links, const uint64_t *stop);
/* Stops every event at once; nothing fires any more. What takes time is left for freeing. */
void provider_links_disable(struct provider_links *links);
/* How often the kernel could not run a program at the kprobes that it was attached to, until they
 * were stopped: of kretprobes, for want of places to note the calls that have not returned. */
uint64_t provider_links_missed(const struct provider_links *links, uint32_t prog_id);
/* Detaches everything. */
void provider_links_free(struct provider_links *links);

#endif
