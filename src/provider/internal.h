/* What the files of the provider room share. */
#ifndef SONDE_PROVIDER_INTERNAL_H
#define SONDE_PROVIDER_INTERNAL_H

#include "provider/provider.h"

#include "base/hashmap.h"

#include <linux/perf_event.h>

extern const struct provider provider_begin, provider_end, provider_self, provider_test,
	provider_bench, provider_kprobe, provider_kretprobe, provider_fentry, provider_fexit,
	provider_tracepoint, provider_rawtracepoint, provider_uprobe, provider_uretprobe,
	provider_usdt, provider_profile, provider_interval, provider_software, provider_hardware,
	provider_watchpoint, provider_iter;

/* Every provider; registry.c lists them. */
/* --- registry.c: what was read or asked once --- */
enum cached_answer { ANSWER_UNKNOWN, ANSWER_NO, ANSWER_YES };
struct provider_cache {
	struct hashmap binaries; /* path to functions: elf.c */
	struct hashmap notes; /* path to notes: usdt_notes.c */
	const struct name_list *functions; /* of the kernel: functions.c */
	const char *functions_error; /* why there are none */
	struct hashmap shared_names; /* of functions of the kernel: functions.c */
	bool has_shared_names;
	struct hashmap wanted; /* name to struct kernel_symbols: functions.c */
	bool has_wanted, are_wanted_found;
	enum cached_answer kprobe_multi, kprobe_session;
};
struct provider_cache *provider_cache(const struct provider_env *env);

/* --- parse.c: fields of attach points --- */
/* Reports unless the number of fields behind the provider is between the two. */
bool parse_arity(struct diags *diags, const struct provider_text *text, const char *provider,
		 uint32_t least, uint32_t most);
/* A number (decimal, hex, 1e6, _) that is the whole field; false without a message otherwise. */
bool parse_number(const char *field, uint64_t *number);

/* Where what is parsed is all that there is to know. */
int expand_itself(const struct provider_env *env, const struct plan_target *pattern,
		  provider_found_fn found, void *data, const char **error);

/* --- rawtracepoint.c: the section of programs that are run as raw tracepoints, too --- */
const char *raw_section(const struct provider_env *env, const struct plan_prog *prog);

/* --- names.c: what listing callbacks collect --- */
struct name_pair {
	const char *module, *name; /* module may be NULL */
	bool is_repeated; /* the sorted list had it more than once */
};
struct name_list {
	struct arena *arena;
	VEC(struct name_pair)
	names;
};
void name_list_add(const char *module, const char *name, void *data); /* a types_name_fn */
void name_list_sort(struct name_list *list); /* leaves each once */
int name_pair_compare(const struct name_pair *left, const struct name_pair *right);

/* --- signature.c: types of what programs see --- */
struct type_function;
const struct type *signature_args(const struct provider_env *env, const char *name,
				  const struct type_function *function);
/* The same for a function of a program, called by the convention of x86_64; also where they lie. */
void signature_passed_args(const struct provider_env *env, const char *name,
			   const struct type_function *function,
			   struct provider_signature *signature);
const struct type *signature_registers(const struct provider_env *env);

/* --- perf.c: perf events that carry programs --- */
/* Opens, attaches the program (through a BPF link where there is a cookie) and enables; 0 or
 * negative errno. @index: of the target, which tells its cookie. */
int perf_attach(const struct provider_attach *attach, struct perf_event_attr *attr, pid_t pid,
		int cpu, uint32_t index);
/* On every CPU that is online, or on every thread of the process, those to come included. */
int perf_attach_everywhere(const struct provider_attach *attach, struct perf_event_attr *attr,
			   pid_t pid, uint32_t index);
/* signature and section of what they carry. */
void perf_signature(const struct provider_env *env, const struct plan_target *target,
		    struct provider_signature *signature);
const char *perf_section(const struct provider_env *env, const struct plan_prog *prog);
/* Whether the kernel can be asked for probes in the process alone: it goes by its first thread,
 * which may have ended. Otherwise they are in all, and the program looks which it is in. */
bool perf_has_thread(pid_t pid);
int perf_attach_uprobe(const struct provider_attach *attach, struct perf_event_attr *attr,
		       uint32_t index);
/* On the first CPU that is online. */
int perf_attach_one_cpu(const struct provider_attach *attach, struct perf_event_attr *attr,
			uint32_t index);
/* --- links.c --- */
/* A descriptor that makes an iterator's program run when it is read. */
void provider_links_add_iterator(struct provider_links *links, int fd);
/* An iterator that was left at @path. */
void provider_links_add_pin(struct provider_links *links, const char *path);
/* All but the first @count watch @address. */
void provider_links_watch(struct provider_links *links, size_t count, uint64_t address);
/* Detaches all but the first @count. */
void provider_links_cut(struct provider_links *links, size_t count);
/* --- attach.c: targets one by one, or many by one link --- */
/* Attaches one target, whose cookie is @index; 0, or negative errno with *error. */
typedef int (*attach_one_fn)(const struct provider_attach *attach, const struct plan_target *target,
			     uint32_t index, const char **error);
/* As provider.attach has it. */
bool attach_each(const struct provider_attach *attach, attach_one_fn fn);
/* Attaches @n things from @first on by one link: its descriptor, or negative errno with
 * *error. */
typedef int (*attach_range_fn)(const struct provider_attach *attach, uint32_t first, uint32_t n,
			       void *data, const char **error);
/* All @n, as provider.attach has it: @targets tells which targets they are. Around those that the
 * kernel refuses there is more than one link. */
bool attach_range(const struct provider_attach *attach, const uint32_t *targets, uint32_t n,
		  attach_range_fn fn, void *data);
/* A semaphore that was counted up; it is counted down when nothing fires any more. */
void provider_links_add_semaphore(struct provider_links *links, pid_t pid, uint64_t address);
/* --- semaphore.c: semaphores of USDT probes, in the memory of processes --- */
/* Adds @by to the one at @address. False if the process is gone, or out of reach. */
bool semaphore_count(pid_t pid, uint64_t address, int by);
/* Counts up the one at @offset of a file, in each process that has mapped it, or in @pid alone. */
void semaphores_activate(struct provider_links *links, const char *path, uint64_t offset,
			 pid_t pid);
/* --- iterate.c: iterators read to their end by a thread --- */
struct iteration *iteration_start(const int *fds, size_t n, const uint64_t *stop);
int iteration_fd(const struct iteration *iteration); /* readable when it has ended */
void iteration_end(struct iteration *iteration); /* waits; NULL is allowed */

/* The type of a dynamic PMU ("uprobe"), or negative errno. */
int perf_pmu_type(const char *name);
/* The lowest bit of its config that is @field ("retprobe"), or negative errno. */
int perf_pmu_bit(const char *name, const char *field);
/* Why attaching failed, in words with the remedy. */
const char *perf_error(struct arena *arena, int error);

/* --- functions.c: kernel functions that can be traced --- */
/* NULL with *error if there is no list. */
const struct name_list *kernel_functions(const struct provider_env *env, const char **error);
/* @module may be NULL for any, and a pattern. */
bool kernel_function_exists(const struct name_list *list, const char *module, const char *name);
/* The same for one function. ftrace lists code that has several names by one of them: of
 * __x64_sys_getppid(), which has no arguments, by __do_sys_getppid. */
enum kernel_function_state { FUNCTION_MISSING, FUNCTION_NOT_TRACEABLE, FUNCTION_TRACEABLE };
enum kernel_function_state kernel_function_find(const struct name_list *list, const char *module,
						const char *name);

struct address_list {
	struct arena *arena;
	VEC(uint64_t)
	addresses;
};

/* Names that several functions have: the value is not NULL. */
const struct hashmap *kernel_shared_names(const struct provider_env *env);

/* All functions of the kernel, wherever they are; @module is "vmlinux" for the kernel itself, the
 * address 0 if the kernel does not tell it. */
typedef void (*symbol_fn)(uint64_t address, const char *name, const char *module, void *data);
void kernel_each_symbol(symbol_fn fn, void *data);

struct kernel_symbol {
	uint64_t address;
	const char *module;
};
struct kernel_symbols {
	VEC(struct kernel_symbol)
	all;
};
/* Says that the functions of that name will be asked for. All that are wanted are looked for at
 * once, when the first are asked for. */
void kernel_want(const struct provider_env *env, const char *name);
/* None if the kernel does not tell where they are; NULL if they were not wanted by then. */
const struct kernel_symbols *kernel_wanted(const struct provider_env *env, const char *name);

/* Where the functions of that name begin, in the module ("vmlinux": the kernel) or, if it is NULL,
 * anywhere; none if the kernel does not tell. */
void kernel_function_addresses(const char *module, const char *name, struct address_list *list);

/* --- elf.c: functions of a binary --- */
struct elf_function {
	const char *name;
	uint64_t address, size, file_offset;
	bool is_old; /* an older version, which programs built today do not get by the name */
	const struct elf_function *next; /* of the same name, static in another source file */
};
struct elf_functions {
	struct elf_function *all; /* sorted by name, each name once */
	size_t n;
	bool is_relative;
};
/* Functions of .symtab and .dynsym; read once for each path. NULL with *error. */
const struct elf_functions *elf_functions(const struct provider_env *env, const char *path,
					  const char **error);
/* The first of that name. */
const struct elf_function *elf_find(const struct elf_functions *functions, const char *name);
/* The function that holds a virtual address, or NULL. */
const struct elf_function *elf_find_address(const struct elf_functions *functions,
					    uint64_t address);
/* The file to be probed: the archive that holds @path, or @path itself. All offsets are in it. */
const char *elf_file_on_disk(const struct provider_env *env, const char *path);
/* Whether a breakpoint of @provider may be put @offset bytes into a function: 0, or negative errno
 * with *error. */
int elf_check_offset(const struct provider_env *env, const char *path,
		     const struct elf_function *function, uint64_t offset, const char *provider,
		     const char **error);
/* The file offset of a virtual address; false if no segment has it. */
bool elf_file_offset(const char *path, uint64_t address, uint64_t *offset);

/* --- usdt_notes.c: notes of static probes --- */
struct usdt_note {
	const char *provider, *name, *arguments;
	uint64_t address, semaphore; /* virtual; semaphore 0: none */
};
struct usdt_notes {
	VEC(struct usdt_note)
	all; /* sorted by provider, name, address */
};
/* Never NULL; read once for each path. */
const struct usdt_notes *usdt_notes(const struct provider_env *env, const char *path);

/* --- binary.c: which file a uprobe names --- */
/*
 * Calls for each file that @pattern means: a path, a glob, a program in PATH, a library, "*" for
 * all that the traced process has mapped. @shown is how probes name it: as the script does if that
 * is a path. Returns how many there are.
 */
typedef void (*binary_found_fn)(const char *path, const char *shown, void *data);
int binary_resolve(const struct provider_env *env, const char *pattern, binary_found_fn found,
		   void *data);

/* A program's name that stands for several files in PATH: the first is meant. */
void binary_warn_if_several(const struct provider_env *env, struct diags *diags, struct span span,
			    const char *name);

/* Says that there is none. */
const char *binary_missing(const struct provider_env *env, const char *pattern);

/* --- ldcache.c --- */
/* The path of a library by its name without ".so...", or NULL. */
const char *ldcache_find(const struct provider_env *env, const char *name);

/* --- cpp.c --- */
/* Whether a symbol is a function that @wanted names as C++ does. */
bool cpp_matches(const char *wanted, const char *symbol);

/* --- lines.c --- */
struct source_line {
	const char *file; /* or the end of its path */
	uint64_t line, column; /* column 0: any */
};
/* Where a line's code begins, in each function that has it; none if debug info has none. */
void source_line_addresses(const struct provider_env *env, const char *path,
			   const struct source_line *wanted, struct address_list *addresses);

/* --- insn.c --- */
/* Bytes of the instruction at @code, 0 if it is unknown or not whole. */
size_t insn_length(const uint8_t *code, size_t size);
/* Whether an instruction begins at @offset of a function; true if that cannot be told. */
bool insn_begins_at(const uint8_t *code, size_t size, size_t offset);

/* --- multi.c: one link for many functions; libbpf 1.1 knows the first kind only --- */
enum kprobe_side { KPROBE_ENTRY, KPROBE_RETURN, KPROBE_BOTH }; /* both: a session */
struct kprobe_multi {
	const char *const *names; /* or, if it is NULL, */
	const uint64_t *addresses;
	const uint64_t *cookies;
	uint32_t n;
	enum kprobe_side side;
};
/* Whether the kernel has it. */
bool kprobe_multi_works(enum kprobe_side side);
/* A link's descriptor, or negative errno. */
int kprobe_multi_attach(int prog_fd, const struct kprobe_multi *multi);
#define ATTACH_TRACE_KPROBE_SESSION 56 /* BPF_TRACE_KPROBE_SESSION, Linux 6.10 */

bool uprobe_multi_works(void);
/* How often a kprobe's or kretprobe's link could not run its program; false if it is another link,
 * or the kernel does not tell. */
bool link_missed(int fd, uint32_t *prog_id, uint64_t *missed);
struct uprobe_multi {
	const char *path;
	const uint64_t *offsets, *cookies;
	uint32_t n;
	pid_t pid;
	bool is_return;
};
/* A link's descriptor, or negative errno. */
int uprobe_multi_attach(int prog_fd, const struct uprobe_multi *multi);
#define ATTACH_TRACE_UPROBE_MULTI 48 /* BPF_TRACE_UPROBE_MULTI, Linux 6.6 */

/* --- kprobe_multi.c --- */
/* Before the first of the programs is attached. */
void kprobe_multi_prepare(const struct provider_env *env, const struct plan_prog *prog,
			  enum kprobe_side side);
/* Whether its links get more room for calls that have not returned when they are given functions
 * more than once. */
bool kprobe_multi_takes_repeats(const struct provider_env *env);
/* As provider.attach has it, for a program that is_multi or is_session. */
bool kprobe_multi_attach_all(const struct provider_attach *attach, enum kprobe_side side);

#endif
