/* Names for addresses and ids, as the renderer asks for them. */
#include "runtime/symbols.h"
#include "runtime/internal.h"
#include "runtime/places.h"

#include "base/hashmap.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000u

struct symbols {
	struct arena *arena;
	const struct plan *plan;
	struct ksyms *ksyms;
	struct usyms *usyms;
	struct mappings *mappings; /* NULL: the script names no user addresses */
	const int *stacks_fds;
	struct plan_stack *stack; /* asked for last */
};

struct symbols *symbols_new(const struct plan *plan, const struct provider_env *env)
{
	struct symbols *symbols = arena_new_object(env->arena, struct symbols);
	uint32_t deepest = 1;

	symbols->arena = env->arena;
	symbols->plan = plan;
	symbols->ksyms = ksyms_new();
	symbols->usyms = usyms_new(env->debuginfo);
	for (size_t i = 0; i < plan->stacks.len; i++)
		if (plan->stacks.data[i].depth > deepest)
			deepest = plan->stacks.data[i].depth;
	symbols->stack = arena_alloc(env->arena,
				     sizeof(*symbols->stack) +
					     (size_t)deepest * sizeof(struct bpf_stack_build_id));
	return symbols;
}

void symbols_free(struct symbols *symbols)
{
	if (!symbols)
		return;
	mappings_free(symbols->mappings);
	ksyms_free(symbols->ksyms);
	usyms_free(symbols->usyms);
}

void symbols_set_stacks(struct symbols *symbols, const int *stacks_fds)
{
	symbols->stacks_fds = stacks_fds;
}

void symbols_note_process(struct symbols *symbols, pid_t tgid)
{
	processes_note(usyms_processes(symbols->usyms), tgid);
}

static bool has_user_addresses(const struct type *type)
{
	uint32_t n = 0;

	switch (type->kind) {
	case TYPE_USTACK:
	case TYPE_USYM:
		return true;
	case TYPE_TUPLE:
	case TYPE_RECORD:
		n = type->record.nfields;
		break;
	default:
		return false;
	}
	for (uint32_t i = 0; i < n; i++)
		if (has_user_addresses(type->record.fields[i].type))
			return true;
	return false;
}

static bool needs_user_symbols(const struct plan *plan)
{
	for (size_t i = 0; i < plan->maps.len; i++)
		if ((plan->maps.data[i].key && has_user_addresses(plan->maps.data[i].key)) ||
		    has_user_addresses(plan->maps.data[i].value))
			return true;
	for (size_t i = 0; i < plan->events.len; i++)
		if (plan->events.data[i].payload &&
		    has_user_addresses(plan->events.data[i].payload))
			return true;
	return false;
}

void symbols_start(struct symbols *symbols, unsigned ncpus)
{
	if (needs_user_symbols(symbols->plan))
		symbols->mappings = mappings_new(usyms_processes(symbols->usyms), ncpus);
}

/* BPF's trampolines, which fentry and fexit stand in, are gone with their probes. All other frames
 * are still there later, when nothing fires any more. */
void symbols_note_kernel(struct symbols *symbols)
{
	for (size_t i = 0; i < symbols->plan->progs.len; i++) {
		const struct provider *provider =
			provider_find(symbols->plan->progs.data[i].provider);

		if (provider && provider->context == CONTEXT_BTF_ARGS && symbols->plan->stacks.len)
			ksyms_load(symbols->ksyms);
	}
}

/* Processes that may be gone when they are to be named; costs some milliseconds, so it comes after
 * attaching. */
void symbols_note_all(struct symbols *symbols)
{
	struct dirent *entry;
	DIR *proc;

	if (!symbols->mappings)
		return;
	proc = opendir("/proc");
	while (proc && (entry = readdir(proc)))
		if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9')
			processes_note(usyms_processes(symbols->usyms), atoi(entry->d_name));
	if (proc)
		closedir(proc);
}

int symbols_fd(const struct symbols *symbols)
{
	return symbols->mappings ? mappings_fd(symbols->mappings) : -1;
}

void symbols_follow(struct symbols *symbols)
{
	if (symbols->mappings)
		mappings_follow(symbols->mappings);
}

static void add_symbol(struct strbuf *out, const char *name, uint64_t offset, bool with_offset)
{
	strbuf_adds(out, name);
	if (with_offset)
		strbuf_addf(out, "+%lu", offset);
}

static void add_user_symbol(const struct symbols *symbols, struct strbuf *out, const char *name,
			    uint64_t offset, bool with_offset)
{
	char *demangled = symbols->plan->config.cpp_demangle ? provider_demangle(name) : NULL;

	add_symbol(out, demangled ? demangled : name, offset, with_offset);
	free(demangled);
}

static void resolve_ksym(void *data, uint64_t address, bool with_offset, bool perf,
			 struct strbuf *out)
{
	struct symbols *symbols = data;
	const char *name, *module;
	uint64_t offset;

	if (!address && !with_offset) {
		strbuf_addc(out, '0');
		return;
	}
	if (perf)
		strbuf_addf(out, "%lx ", address);
	if (!ksyms_find(symbols->ksyms, address, &name, &module, &offset)) {
		strbuf_addf(out, "0x%lx", address);
		return;
	}
	add_symbol(out, name, offset, with_offset);
	if (perf && module)
		strbuf_addf(out, " (%s)", module);
}

/* *file: NULL if it is not known. */
static void put_user_symbol(struct symbols *symbols, const struct usyms_address *address,
			    bool with_offset, const char **file, struct strbuf *out)
{
	const char *name = NULL;
	uint64_t offset;

	*file = NULL;
	symbols_follow(symbols);
	if (usyms_find(symbols->usyms, address, &name, file, &offset) && name)
		add_user_symbol(symbols, out, name, offset, with_offset);
	else
		strbuf_addf(out, "0x%lx", address->address);
}

static void resolve_usym(void *data, uint64_t address, uint32_t tgid, struct strbuf *out)
{
	const struct usyms_address last = {(pid_t)tgid, address, UINT64_MAX};
	const char *file;

	if (address)
		put_user_symbol(data, &last, false, &file, out);
	else
		strbuf_addc(out, '0');
}

static void begin_line(const struct output_frame *frame, struct strbuf *out)
{
	strbuf_adds(out, frame->indent);
	if (frame->perf)
		strbuf_addf(out, "%lx ", frame->address);
}

static void end_line(const struct place *place, struct strbuf *out)
{
	if (place && place->file)
		strbuf_addf(out, " %s:%d", place->file, place->line);
	strbuf_addc(out, '\n');
}

static void put_frame(void *data, const struct output_frame *frame, struct strbuf *out)
{
	struct strbuf symbol = STRBUF_INIT;
	struct symbols *symbols = data;
	struct usyms_address address = {(pid_t)frame->tgid, frame->address, frame->seen_ns};
	const struct place *places = NULL;
	const char *file;
	size_t n = 0;

	put_user_symbol(symbols, &address, true, &file, &symbol);
	/* A call is the instruction before the one it returns to, which may be another line's. */
	address.address -= !frame->is_innermost;
	if (symbols->plan->config.show_debug_info)
		places = usyms_places(symbols->usyms, &address, &n);
	for (size_t i = 0; i + 1 < n; i++) {
		begin_line(frame, out);
		add_user_symbol(symbols, out, places[i].function, 0, false);
		strbuf_adds(out, " (inlined)");
		end_line(&places[i], out);
	}
	begin_line(frame, out);
	strbuf_adds(out, strbuf_str(&symbol));
	if (frame->perf)
		strbuf_addf(out, " (%s)", file ? file : "[unknown]");
	end_line(n ? &places[n - 1] : NULL, out);
	strbuf_free(&symbol);
}

static const struct plan_stack *find_stack(void *data, const struct type *type,
					   const struct plan_stack_key *key)
{
	struct symbols *symbols = data;
	uint32_t index = plan_stacks_index((struct plan *)(uintptr_t)symbols->plan, type);

	if (!symbols->stacks_fds || index >= symbols->plan->stacks.len ||
	    bpf_map_lookup_elem(symbols->stacks_fds[index], key, symbols->stack))
		return NULL;
	return symbols->stack;
}

static void resolve_username(void *data, uint64_t uid, struct strbuf *out)
{
	char buffer[4096];
	struct passwd entry, *found = NULL;

	(void)data;
	if (!getpwuid_r((uid_t)uid, &entry, buffer, sizeof(buffer), &found) && found)
		strbuf_adds(out, found->pw_name);
	else
		strbuf_addf(out, "%lu", uid);
}

/* The directory under @path whose inode number is @id, relative to @root. */
static bool find_cgroup(struct strbuf *path, size_t root, uint64_t id)
{
	struct dirent *entry;
	struct stat status;
	bool found = false;
	DIR *dir;

	if (stat(strbuf_str(path), &status))
		return false;
	if (status.st_ino == id)
		return true;
	dir = opendir(strbuf_str(path));
	while (dir && !found && (entry = readdir(dir))) {
		size_t len = path->len;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		strbuf_addf(path, "/%s", entry->d_name);
		found = find_cgroup(path, root, id);
		if (!found) {
			path->len = len;
			path->data[len] = '\0';
		}
	}
	if (dir)
		closedir(dir);
	return found;
}

/* Adds "NAME:PATH" if the hierarchy mounted at @mount has the cgroup. */
static void add_cgroup(struct strbuf *out, const char *name, const char *mount, uint64_t id,
		       const char *glob)
{
	struct strbuf path = STRBUF_INIT;

	if (glob && *glob && fnmatch(glob, name, 0))
		return;
	strbuf_adds(&path, mount);
	if (find_cgroup(&path, path.len, id)) {
		const char *below = strbuf_str(&path) + strlen(mount);

		strbuf_addf(out, "%s%s:%s", out->len ? "," : "", name, *below ? below : "/");
	}
	strbuf_free(&path);
}

static void resolve_cgroup_path(void *data, uint64_t id, const char *glob, struct strbuf *out)
{
	char line[4096], mount[2048], kind[64];
	FILE *mounts = fopen("/proc/self/mounts", "re");
	struct strbuf found = STRBUF_INIT;

	(void)data;
	while (mounts && fgets(line, sizeof(line), mounts)) {
		const char *name;

		if (sscanf(line, "%*s %2047s %63s", mount, kind) != 2)
			continue;
		name = strrchr(mount, '/');
		if (!strcmp(kind, "cgroup2"))
			add_cgroup(&found, "unified", mount, id, glob);
		else if (!strcmp(kind, "cgroup") && name)
			add_cgroup(&found, name + 1, mount, id, glob);
	}
	if (mounts)
		fclose(mounts);
	strbuf_adds(out, strbuf_str(&found));
	strbuf_free(&found);
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static uint64_t wall_ns(void *data, uint64_t ns, enum type_clock clock)
{
	clockid_t from = CLOCK_BOOTTIME;

	(void)data;
	switch (clock) {
	case CLOCK_BOOT:
		break;
	case CLOCK_MONOTONIC_RAW_NS:
		from = CLOCK_MONOTONIC;
		break;
	case CLOCK_TAI_NS:
	case CLOCK_SW_TAI_NS:
		from = CLOCK_TAI;
		break;
	}
	return read_clock(CLOCK_REALTIME) - read_clock(from) + ns;
}

struct output_resolver symbols_resolver(struct symbols *symbols)
{
	return (struct output_resolver){
		.data = symbols,
		.ksym = resolve_ksym,
		.usym = resolve_usym,
		.uframe = put_frame,
		.stack = find_stack,
		.username = resolve_username,
		.cgroup_path = resolve_cgroup_path,
		.wall_ns = wall_ns,
	};
}
