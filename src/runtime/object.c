/*
 * The object in memory to loaded programs and maps: finds the plan and the fixed symbols in the
 * ELF, fills the settings that are constants for the verifier, sizes the ring buffer, loads.
 */
#include "runtime/internal.h"

#include "types/btf.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BTF_SECTION ".BTF"
#define BTF_EXT_SECTION ".BTF.ext"
#define INITIAL_PID_NS_INO 0xEFFFFFFCu /* PROC_PID_INIT_INO, linux/proc_ns.h */

/* What is looked up in the ELF by name. */
struct elf_parts {
	const void *plan;
	size_t plan_size;
	const void *btf, *btf_ext;
	size_t btf_size, btf_ext_size;
	bool has_settings, has_state;
	size_t settings_offset, state_offset; /* in .rodata and .data */
};

static void read_symbols(Elf_Scn *section, const GElf_Shdr *header, Elf *elf,
			 struct elf_parts *parts)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t n = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;

	for (size_t i = 0; data && i < n; i++) {
		const char *name;
		GElf_Sym symbol;

		if (!gelf_getsym(data, (int)i, &symbol))
			continue;
		name = elf_strptr(elf, header->sh_link, symbol.st_name);
		if (!name)
			continue;
		if (!strcmp(name, PLAN_SYMBOL_SETTINGS)) {
			parts->settings_offset = symbol.st_value;
			parts->has_settings = true;
		} else if (!strcmp(name, PLAN_SYMBOL_STATE)) {
			parts->state_offset = symbol.st_value;
			parts->has_state = true;
		}
	}
}

/* A section's bytes in the caller's memory; NULL if they do not lie in it. */
static const void *raw_bytes(const void *object, size_t size, const GElf_Shdr *header)
{
	if (header->sh_offset > size || header->sh_size > size - header->sh_offset)
		return NULL;
	return (const char *)object + header->sh_offset;
}

static bool read_elf(const void *object, size_t size, struct elf_parts *parts)
{
	Elf *elf;
	Elf_Scn *section = NULL;
	size_t names;

	*parts = (struct elf_parts){0};
	elf_version(EV_CURRENT);
	elf = elf_memory((char *)(uintptr_t)object, size);
	if (!elf || elf_kind(elf) != ELF_K_ELF || elf_getshdrstrndx(elf, &names)) {
		elf_end(elf);
		return false;
	}
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		const char *name;

		if (!gelf_getshdr(section, &header))
			continue;
		name = elf_strptr(elf, names, header.sh_name);
		if (header.sh_type == SHT_SYMTAB) {
			read_symbols(section, &header, elf, parts);
		} else if (name && !strcmp(name, BTF_SECTION)) {
			parts->btf = raw_bytes(object, size, &header);
			parts->btf_size = header.sh_size;
		} else if (name && !strcmp(name, BTF_EXT_SECTION)) {
			parts->btf_ext = raw_bytes(object, size, &header);
			parts->btf_ext_size = header.sh_size;
		} else if (name && !strcmp(name, PLAN_SECTION)) {
			Elf_Data *data = elf_getdata(section, NULL);

			parts->plan = data ? data->d_buf : NULL;
			parts->plan_size = data ? data->d_size : 0;
		}
	}
	/* The plan lies in the caller's bytes, not in memory of libelf. */
	if (parts->plan &&
	    ((const char *)parts->plan < (const char *)object ||
	     (const char *)parts->plan + parts->plan_size > (const char *)object + size))
		parts->plan = NULL;
	elf_end(elf);
	return parts->plan != NULL;
}

struct plan *runtime_read_plan(struct arena *arena, struct types *types, const void *object,
			       size_t size, const char **error)
{
	struct elf_parts parts;

	if (!read_elf(object, size, &parts)) {
		*error = "it is not an object that sonde made: there is no section \"" PLAN_SECTION
			 "\"";
		return NULL;
	}
	return plan_read(arena, types, parts.plan, parts.plan_size, error);
}

static int ignore_libbpf(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	(void)fmt;
	(void)args;
	return 0;
}

static int print_libbpf(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level;
	return vfprintf(stderr, fmt, args);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void fill_settings(const struct run *run, struct plan_settings *settings)
{
	const struct runtime_options *options = run->options;
	struct stat ns;

	*settings = (struct plan_settings){
		.target_tgid = options->pid > 0 ? (uint64_t)options->pid : 0,
		.child_pid = run->child > 0 ? (uint64_t)run->child : 0,
		.has_child = options->child_argv != NULL,
		.ncpus = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN),
		.start_ns = clock_ns(CLOCK_BOOTTIME),
		.wall_offset_ns = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME),
	};
	if (!stat("/proc/self/ns/pid", &ns) && ns.st_ino != INITIAL_PID_NS_INO) {
		settings->pid_ns_dev = ns.st_dev;
		settings->pid_ns_ino = ns.st_ino;
	}
}

static bool bad_object(struct run *run, const char *what)
{
	run_error(run, "bad-object", "the object is damaged: %s", what);
	run->result->status = RUNTIME_BAD_OBJECT;
	return false;
}

static bool find_parts(struct run *run)
{
	const struct plan *plan = run->plan;

	run->progs = arena_new_array(run->arena, struct bpf_program *, plan->progs.len);
	for (size_t i = 0; i < plan->progs.len; i++) {
		const char *name = plan->progs.data[i].name;

		run->progs[i] = bpf_object__find_program_by_name(run->object, name);
		if (!run->progs[i])
			return bad_object(run, arena_printf(run->arena, "no program %s", name));
	}
	run->maps = arena_new_array(run->arena, struct run_map, plan->maps.len);
	for (size_t i = 0; i < plan->maps.len; i++)
		run->maps[i].plan = &plan->maps.data[i];
	return true;
}

static void prepare_programs(const struct run *run)
{
	for (size_t i = 0; i < run->plan->progs.len; i++) {
		const struct plan_prog *prog = &run->plan->progs.data[i];
		const struct provider *provider = provider_find(prog->provider);

		if (provider && provider->prepare)
			provider->prepare(run->options->env, prog, run->progs[i]);
	}
}

static bool open_object(struct run *run, const struct elf_parts *parts, const char *btf_path)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "sonde",
		    .btf_custom_path = btf_path);
	struct bpf_map *map;
	size_t size = 0;
	void *rodata;

	libbpf_set_print(run->options->debug_libbpf ? print_libbpf : ignore_libbpf);
	run->object = bpf_object__open_mem(run->options->object, run->options->object_size, &opts);
	if (!run->object)
		return bad_object(run, arena_printf(run->arena, "libbpf cannot open it: %s",
						    strerror(errno)));
	if (!find_parts(run))
		return false;
	prepare_programs(run);
	map = bpf_object__find_map_by_name(run->object, ".rodata");
	rodata = map ? (void *)(uintptr_t)bpf_map__initial_value(map, &size) : NULL;
	if (!parts->has_settings || !rodata ||
	    size < parts->settings_offset + sizeof(struct plan_settings))
		return bad_object(run, "no room for the settings");
	fill_settings(run, (void *)((char *)rodata + parts->settings_offset));
	bpf_object__for_each_map(map, run->object)
	{
		if (!strncmp(bpf_map__name(map), PLAN_MAP_SCRATCH, strlen(PLAN_MAP_SCRATCH)))
			bpf_map__set_max_entries(map, bpf_map__max_entries(map) * run->ncpus);
	}
	map = bpf_object__find_map_by_name(run->object, PLAN_MAP_EVENTS);
	if (map && run->plan->events.len)
		bpf_map__set_max_entries(map, plan_ring_bytes(run->plan));
	else if (map)
		bpf_map__set_autocreate(map, false);
	return true;
}

/* -d verifier: of every program, what the verifier did. */
static void show_logs(const struct run *run, const char *logs, size_t log_size)
{
	for (size_t i = 0; i < run->plan->progs.len; i++)
		fprintf(run->options->err, "verifier: %s\n%s", run->plan->progs.data[i].name,
			logs + i * log_size);
}

/*
 * ENOTSUPP, the kernel's own: the verifier had no objection, but the JIT gave up. That of x86
 * sometimes does where the lengths of jumps do not settle, which hangs on each single instruction:
 * with the flag some are added, of which the program sees nothing, and all fits.
 */
#define JIT_GAVE_UP (-524)
#define OTHER_INSTRUCTIONS BPF_F_TEST_RND_HI32

/* Bytes of the log of one program, of which each instruction that the verifier comes by has some
 * hundred; it comes by a million. */
#define MOST_LOG (256u << 20)

/* How the object is loaded. */
struct attempt {
	uint32_t flags; /* of the programs */
	size_t log_size;
};

/* Whether there is something else to try after this error. A log that has no room is an error, too
 * (ENOSPC), whatever the verifier thinks of the program. */
static bool try_otherwise(struct attempt *attempt, int error)
{
	if (error == JIT_GAVE_UP && !attempt->flags)
		attempt->flags = OTHER_INSTRUCTIONS;
	else if (error == -ENOSPC && attempt->log_size)
		attempt->log_size = attempt->log_size < MOST_LOG ? MOST_LOG : 0;
	else
		return false;
	return true;
}

/*
 * Loads with a log buffer for each program; unless every log is asked for, libbpf passes it to the
 * kernel only when it repeats a load that was refused, so the pages of the others are never
 * touched. @again: it failed, and @attempt is now another.
 */
static int load_object(struct run *run, struct attempt *attempt, bool *again)
{
	size_t n = run->plan->progs.len, log_size = attempt->log_size;
	char *logs = MAP_FAILED;
	int error;

	if (n && log_size)
		logs = mmap(NULL, n * log_size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	for (size_t i = 0; logs != MAP_FAILED && i < n; i++) {
		bpf_program__set_log_buf(run->progs[i], logs + i * log_size, log_size);
		if (run->options->debug_verifier)
			bpf_program__set_log_level(run->progs[i], 1);
	}
	for (size_t i = 0; i < n; i++)
		bpf_program__set_flags(run->progs[i],
				       bpf_program__flags(run->progs[i]) | attempt->flags);
	error = bpf_object__load(run->object);
	if (!error && run->options->debug_verifier && logs != MAP_FAILED)
		show_logs(run, logs, log_size);
	*again = error && try_otherwise(attempt, error);
	if (error && !*again) {
		const struct plan_prog *refused = NULL;
		const char *log = "";

		for (size_t i = 0; logs != MAP_FAILED && i < n; i++) {
			if (!logs[i * log_size])
				continue;
			refused = &run->plan->progs.data[i];
			log = logs + i * log_size;
		}
		explain_load_failure(run, refused, error, log);
		run->result->status = RUNTIME_LOAD_FAILED;
	}
	for (size_t i = 0; i < n; i++)
		bpf_program__set_log_buf(run->progs[i], NULL, 0);
	if (logs != MAP_FAILED)
		munmap(logs, n * log_size);
	return error;
}

static bool open_and_load(struct run *run, const struct elf_parts *parts, const char *btf_path)
{
	struct attempt attempt = {.log_size = run->plan->config.log_size};
	bool again;
	int error;

	for (;;) {
		if (!open_object(run, parts, btf_path))
			return false;
		error = load_object(run, &attempt, &again);
		if (!again)
			return !error;
		bpf_object__close(run->object);
		run->object = NULL;
	}
}

static int map_fd(const struct run *run, const char *name)
{
	return bpf_object__find_map_fd_by_name(run->object, name);
}

/* What libbpf has in memory is a copy, unless a skeleton was loaded: the kernel's is mapped here.
 */
static bool map_state(struct run *run, const struct elf_parts *parts)
{
	const struct bpf_map *data = bpf_object__find_map_by_name(run->object, ".data");
	size_t size = data ? bpf_map__value_size(data) : 0;
	char *memory;

	if (!parts->has_state || size < parts->state_offset + sizeof(struct plan_state))
		return bad_object(run, "no room for the state");
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(data), 0);
	if (memory == MAP_FAILED) {
		run_error(run, "state", "cannot map the programs' state: %s", strerror(errno));
		run->result->status = RUNTIME_LOAD_FAILED;
		return false;
	}
	run->state_memory = memory;
	run->state_size = size;
	run->state = (struct plan_state *)(void *)(memory + parts->state_offset);
	return true;
}

/* All at once where the kernel can: after each update it waits until no program looks any more. */
static int put_into_bank(int fd, const uint32_t *places, const int *maps, uint32_t n)
{
	int error = bpf_map_update_batch(fd, places, maps, &(uint32_t){n}, NULL);

	for (uint32_t i = 0; i < n && error; i++)
		if (bpf_map_update_elem(fd, &places[i], &maps[i], BPF_ANY))
			return -errno;
	return 0;
}

static bool fill_banks(struct run *run)
{
	size_t n = run->plan->maps.len;
	uint32_t *places = arena_new_array(run->arena, uint32_t, n + 1), bank, k;
	int *maps = arena_new_array(run->arena, int, n + 1), error;

	for (bank = 1; plan_bank_size(run->plan, bank); bank++) {
		k = 0;
		for (size_t i = 0; i < n; i++) {
			if (run->maps[i].plan->bank != bank)
				continue;
			places[k] = run->maps[i].plan->bank_place;
			maps[k++] = run->maps[i].fd;
		}
		error = put_into_bank(
			map_fd(run, arena_printf(run->arena, PLAN_MAP_BANK "%u", bank)), places,
			maps, k);
		if (error) {
			run_error(run, "load-refused", "cannot put maps into a map of maps: %s",
				  strerror(-error));
			run->result->status = RUNTIME_LOAD_FAILED;
			return false;
		}
	}
	return true;
}

static bool open_maps(struct run *run, const struct elf_parts *parts)
{
	int fd;

	if (!map_state(run, parts))
		return false;
	for (size_t i = 0; i < run->plan->maps.len; i++) {
		struct run_map *map = &run->maps[i];
		struct bpf_map *loaded =
			bpf_object__find_map_by_name(run->object, map->plan->elf_name);

		if (!loaded)
			return bad_object(
				run, arena_printf(run->arena, "no map %s", map->plan->elf_name));
		map->fd = bpf_map__fd(loaded);
		map->key_size = bpf_map__key_size(loaded);
		map->value_size = plan_map_value_size(map->plan);
		if (map->value_size != ((bpf_map__value_size(loaded) + 7) & ~7u) ||
		    map->key_size != (map->plan->key ? map->plan->key->size : 4))
			return bad_object(run, arena_printf(run->arena, "map %s is of another size",
							    map->plan->elf_name));
	}
	if (!fill_banks(run))
		return false;
	run->counters_fd = map_fd(run, PLAN_MAP_COUNTERS);
	run->stacks_fds = arena_new_array(run->arena, int, run->plan->stacks.len);
	for (size_t i = 0; i < run->plan->stacks.len; i++)
		run->stacks_fds[i] =
			map_fd(run, arena_printf(run->arena, PLAN_MAP_STACKS "%zu", i));
	fd = map_fd(run, PLAN_MAP_EVENTS);
	if (fd >= 0 && run->plan->events.len) {
		run->ring = ring_buffer__new(fd, run_handle_record, run, NULL);
		if (!run->ring) {
			run_error(run, "ring-buffer", "cannot map the ring buffer: %s",
				  strerror(errno));
			run->result->status = RUNTIME_LOAD_FAILED;
			return false;
		}
	}
	return true;
}

bool run_load(struct run *run)
{
	const char *btf_path = NULL;
	struct elf_parts parts;
	bool is_loaded;
	int btf_fd;

	if (!read_elf(run->options->object, run->options->object_size, &parts))
		return bad_object(run, "its sections cannot be read");
	run->ncpus = (unsigned)libbpf_num_possible_cpus();
	/* Relocated against a few of the kernel's types: libbpf is slow to read them all. */
	btf_fd = types_reduced_btf(run->options->env->types, parts.btf, parts.btf_size,
				   parts.btf_ext, parts.btf_ext_size);
	if (btf_fd >= 0)
		btf_path = arena_printf(run->arena, "/proc/self/fd/%d", btf_fd);
	is_loaded = open_and_load(run, &parts, btf_path);
	if (btf_fd >= 0)
		close(btf_fd);
	return is_loaded && open_maps(run, &parts);
}

void run_unload(struct run *run)
{
	ring_buffer__free(run->ring);
	if (run->state_memory)
		munmap(run->state_memory, run->state_size);
	bpf_object__close(run->object);
}
