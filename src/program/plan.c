/* Building a plan: its tables of strings and stacks, sizes in maps, numbers of counters. */
#include "program/program.h"

#include <string.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define RING_PAGES_MIN 64u
#define RING_PAGES_MAX 1024u /* unless configured */
#define RING_EVENTS 4u /* of the largest that fit, unless configured */

#define COUNTERS_OF_PROG 3
#define COUNTERS_OF_EVENT 2

struct plan *plan_new(struct arena *arena, struct types *types)
{
	struct plan *plan = arena_new_object(arena, struct plan);

	plan->arena = arena;
	plan->types = types;
	plan->compiler = "";
	plan->config = plan_config_default();
	return plan;
}

struct plan_config plan_config_default(void)
{
	return (struct plan_config){
		.max_map_keys = 4096,
		.max_strlen = 1024,
		.max_cat_bytes = 10240,
		.max_probes = 1024,
		.max_bpf_progs = 1024,
		.log_size = 1000000,
		.on_stack_limit = 32,
		.perf_rb_pages = 0,
		.license = "GPL",
		.str_trunc_trailer = "..",
		.stack_mode = STACK_BPFTRACE,
		.missing_probes = MISSING_ERROR,
		.user_symbols = USER_SYMBOLS_DEFAULT,
		.cpp_demangle = true,
		.lazy_symbolication = false,
		.print_maps_on_exit = true,
	};
}

uint32_t plan_string(struct plan *plan, const char *str)
{
	for (uint32_t i = 0; i < plan->strings.len; i++)
		if (!strcmp(plan->strings.data[i], str))
			return i;
	return vec_push(plan->arena, &plan->strings, arena_strdup(plan->arena, str));
}

uint32_t plan_stacks_index(struct plan *plan, const struct type *type)
{
	struct plan_stacks wanted = {
		.kind = type->kind,
		.is_build_id = type->kind == TYPE_USTACK && type->stack.mode == STACK_BUILD_ID,
		.depth = type->stack.depth,
	};

	for (uint32_t i = 0; i < plan->stacks.len; i++) {
		const struct plan_stacks *stacks = &plan->stacks.data[i];

		if (stacks->kind == wanted.kind && stacks->depth == wanted.depth &&
		    stacks->is_build_id == wanted.is_build_id)
			return i;
	}
	return vec_push(plan->arena, &plan->stacks, wanted);
}

bool plan_map_is_scalar(const struct plan_map *map)
{
	return map->kind == MAP_KIND_ARRAY || map->kind == MAP_KIND_PERCPU_ARRAY;
}

static uint32_t round_up_8(uint32_t size)
{
	return (size + 7) & ~7u;
}

uint32_t plan_map_set_offset(const struct plan_map *map)
{
	return round_up_8(map->value->size);
}

uint32_t plan_map_value_size(const struct plan_map *map)
{
	uint32_t size = round_up_8(map->value->size);

	return plan_map_is_scalar(map) ? size + 8 : size;
}

uint32_t plan_bank_size(const struct plan *plan, uint32_t bank)
{
	uint32_t n = 0;

	for (size_t i = 0; i < plan->maps.len; i++)
		n += plan->maps.data[i].bank == bank;
	return n;
}

/* --- counters: first those of the programs, then of the events, the maps, the stacks --- */

static uint32_t first_of_maps(const struct plan *plan)
{
	return plan_counter_sent(plan, plan->events.len);
}

uint32_t plan_counter_sent(const struct plan *plan, uint32_t event)
{
	return plan->progs.len * COUNTERS_OF_PROG + event * COUNTERS_OF_EVENT;
}

uint32_t plan_counter_lost(const struct plan *plan, uint32_t event)
{
	return plan_counter_sent(plan, event) + 1;
}

uint32_t plan_counter_refused(const struct plan *plan, uint32_t map)
{
	return first_of_maps(plan) + map;
}

uint32_t plan_counter_stack_refused(const struct plan *plan, uint32_t stacks)
{
	return first_of_maps(plan) + plan->maps.len + stacks;
}

uint32_t plan_counters(const struct plan *plan)
{
	return plan_counter_stack_refused(plan, plan->stacks.len);
}

uint32_t plan_ring_pages(const struct plan_config *config)
{
	uint64_t wanted = config->perf_rb_pages;
	uint32_t pages = RING_PAGES_MIN;
	struct sysinfo info;

	if (wanted) {
		for (pages = 1; pages < wanted && pages < (1u << 18);)
			pages *= 2;
		return pages;
	}
	if (sysinfo(&info))
		return pages;
	wanted = (uint64_t)info.totalram * info.mem_unit / 8192 / (uint64_t)sysconf(_SC_PAGESIZE);
	while (pages * 2 <= wanted && pages < RING_PAGES_MAX)
		pages *= 2;
	return pages;
}

uint32_t plan_ring_bytes(const struct plan *plan)
{
	uint32_t bytes = plan_ring_pages(&plan->config) * (uint32_t)sysconf(_SC_PAGESIZE);
	uint32_t wanted = 0;

	for (size_t i = 0; i < plan->events.len && !plan->config.perf_rb_pages; i++)
		if (wanted < plan->events.data[i].payload->size)
			wanted = plan->events.data[i].payload->size;
	while (bytes / RING_EVENTS < wanted)
		bytes *= 2;
	return bytes;
}

bool plan_prog_is_pinned(const struct plan_prog *prog)
{
	return !strcmp(prog->provider, "iter") && prog->targets.len && prog->targets.data[0].extra;
}
