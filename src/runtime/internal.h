/* What the files of the runtime share: one run, from an object in memory to the last map printed.
 */
#ifndef SONDE_RUNTIME_INTERNAL_H
#define SONDE_RUNTIME_INTERNAL_H

#include "runtime/runtime.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bpf_object;
struct bpf_program;
struct ring_buffer;
struct symbols;

/* A script map as loaded. */
struct run_map {
	const struct plan_map *plan;
	int fd;
	uint32_t key_size, value_size; /* value_size: of one CPU's value */
};

/* Repeated warnings are held back to one a second. */
struct run_warning {
	uint64_t last_ns; /* when it was last shown; 0: never */
	uint64_t held; /* occurrences since */
	int64_t code; /* of the last one */
};

struct run {
	const struct runtime_options *options;
	struct runtime_result *result;
	struct arena *arena;
	struct plan *plan;
	struct output *output;
	struct symbols *symbols;

	struct bpf_object *object;
	struct bpf_program **progs; /* by index in the plan */
	struct run_map *maps; /* by index in the plan */
	int counters_fd;
	int *stacks_fds; /* by index in the plan */
	struct plan_state *state; /* shared with the programs */
	void *state_memory; /* the map that it is part of */
	size_t state_size;
	struct ring_buffer *ring; /* NULL: the script sends no events */
	unsigned ncpus; /* possible CPUs: values of a per-CPU map */

	struct provider_links *links;
	uint32_t *attached; /* by program: targets attached */
	struct run_warning *warnings; /* by event */
	struct run_warning lost_warning;
	uint64_t lost_shown;
	uint64_t *received; /* by event: records handled */
	uint64_t handled; /* in this turn: records, and entries of maps that were printed */
	int target_fd; /* pidfd of the child or of -p, or -1 */
	int iterate_fd; /* readable once the iterators have ended, or -1 */
	pid_t child; /* 0: none, or reaped */
	struct pcap *pcaps; /* skboutput()'s files */
	bool stopping;
};

/* --- object.c: open, prepare, load --- */
/* Fills object, progs, maps, state, ring; on failure prints why, sets result->status and returns
 * false. */
bool run_load(struct run *run);
void run_unload(struct run *run);

/* --- explain.c: a refusal of the kernel in the script's terms --- */
/* @error is the negative errno of loading @prog (NULL: the object as a whole); @log the verifier's
 * words, may be empty. */
void explain_load_failure(struct run *run, const struct plan_prog *prog, int error,
			  const char *log);

/* --- attach.c --- */
/* Attaches all but the special programs. False: a probe could not be attached and may not be
 * missing. */
bool run_attach(struct run *run);
/* Runs the programs of a special provider ("begin") whose target's function is @function (NULL:
 * any), in source order. */
bool run_special(struct run *run, const char *provider, const char *function);
/* Whether there is anything to wait for: something is attached, or a signal has a probe. */
bool run_can_fire(const struct run *run);

/* --- events.c: what the programs send --- */
/* Ring buffer callback: data is a struct run. */
int run_handle_record(void *data, void *record, size_t size);
/* Shows the run-time warnings that were held back. */
void run_flush_warnings(struct run *run);

/* --- pcap.c: packets written to files --- */
struct run_packet {
	uint64_t wall_ns;
	uint32_t length, captured, snaplen; /* on the wire; of it here; at most */
	const void *bytes;
};
/* Opens the file when the first packet comes; a failure is told once. */
void run_pcap_write(struct run *run, const char *path, const struct run_packet *packet);
void run_pcap_flush(struct run *run);
void run_pcap_close(struct run *run);

/* --- privilege.c --- */
/* To be called when everything is attached. */
void run_drop_privileges(void);

/* --- run.c --- */
/* A failure of the system, without a place in the script. */
void run_error(const struct run *run, const char *tag, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Renders all that lies in the ring buffer. */
void run_drain(struct run *run);
void run_handle_signals(struct run *run);

/* --- tests.c --- */
void run_tests(struct run *run);
void run_benches(struct run *run);

/* --- maps.c: the script's maps as the kernel holds them --- */
void run_map_print(struct run *run, uint32_t index, uint64_t top, uint64_t div);
void run_map_print_value(struct run *run, uint32_t index, const void *key);
void run_map_clear(struct run *run, uint32_t index);
void run_map_zero(struct run *run, uint32_t index);
void run_print_all_maps(struct run *run);

/* --- account.c: every event accounted for --- */
/* Shows new losses while running, at most once a second. */
void run_report_losses(struct run *run);
/* The summary at the end; fills result->lost. */
void run_account(struct run *run);

/* --- child.c: the -c command, and those of system() --- */
/* Starts it, stopped right after exec. The pid, or 0 with a message in *error (arena). */
pid_t child_start(struct arena *arena, char *const *argv, const char **error);
void child_resume(pid_t pid);
/* Ends it if it still runs (SIGTERM, later SIGKILL) and reaps it; its wait status. */
int child_end(pid_t pid);
/* Waits until it has ended, or ends it, and its process group, when a signal asks to stop. */
int child_wait(pid_t pid);

/* --- notify.c --- */
void notify_service_manager(void);

/* --- symbols.c: names for addresses --- */
struct symbols *symbols_new(const struct plan *plan, const struct provider_env *env);
void symbols_free(struct symbols *symbols);
/* Stack maps of the loaded object, by index in the plan. */
void symbols_set_stacks(struct symbols *symbols, const int *stacks_fds);
/* Remembers where a process' files are mapped while it lives. */
void symbols_note_process(struct symbols *symbols, pid_t tgid);
/* Begins to follow what processes map, if the script names user addresses at all. */
void symbols_start(struct symbols *symbols, unsigned ncpus);
void symbols_note_all(struct symbols *symbols);
/* To be called before detaching. */
void symbols_note_kernel(struct symbols *symbols);
/* A descriptor that becomes readable when processes have mapped many files, or -1 if it is not
 * asked for; then, and now and then, call symbols_follow(). */
int symbols_fd(const struct symbols *symbols);
void symbols_follow(struct symbols *symbols);
struct output_resolver symbols_resolver(struct symbols *symbols);

#endif
