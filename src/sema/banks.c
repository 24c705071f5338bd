/*
 * How many maps a program uses. The kernel lets one refer to MAX_USED_MAPS, 64; where it is more,
 * those that are alike lie in a bank, a map of maps, to which alone the program refers. So there
 * may be many maps, but not of many shapes.
 */
#include "sema/internal.h"

/* Of the script; the others of the 64 are for events, counters, settings and constants, state, and
 * memory. */
#define MOST_MAPS 59

struct uses {
	struct sema *sema;
	uint32_t *maps, *stacks; /* how often each of the plan's is used */
};

/* What the maps of a bank have in common. */
struct shape { /* a key: without padding */
	uint64_t max_entries;
	uint32_t kind, key_size, value_size, none;
};

struct bank {
	uint32_t number, nmaps;
};

struct banks {
	struct sema *sema;
	struct hashmap by_shape; /* struct bank */
	uint32_t n;
};

/* A map that is only named goes to user space as its number. */
static const struct expr *named_map(const struct expr *call)
{
	const struct expr *map = call->call.args.len ? call->call.args.data[0] : NULL;

	switch ((int)call->call.function->id) {
	case FUNCTION_print:
	case FUNCTION_clear:
	case FUNCTION_zero:
		return map && map->kind == EXPR_MAP && !map->map.keys.len ? map : NULL;
	}
	return NULL;
}

static void count_use(struct expr **at, void *data)
{
	const struct expr *expr = *at, *named;
	struct uses *uses = data;

	if (expr->kind == EXPR_MAP)
		uses->maps[expr->map.map]++;
	if (expr->kind == EXPR_CALL && (named = named_map(expr)))
		uses->maps[named->map.map]--;
	if (expr->kind == EXPR_BUILTIN &&
	    (expr->type->kind == TYPE_KSTACK || expr->type->kind == TYPE_USTACK) &&
	    expr->type->stack.depth)
		uses->stacks[plan_stacks_index(uses->sema->plan, expr->type)]++;
}

static uint32_t used(const uint32_t *counts, size_t n)
{
	uint32_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += counts[i] != 0;
	return total;
}

/* Two programs are one in a session. */
static uint32_t most_maps(const struct sema *sema, const struct ast_program *program)
{
	const struct plan_prog *prog = &sema->plan->progs.data[program->plan_prog];

	return prog->is_session || prog->session ? MOST_MAPS / 2 : MOST_MAPS;
}

static struct bank *bank_of(struct banks *banks, const struct plan_map *map)
{
	struct arena *arena = banks->sema->arena;
	const struct shape shape = {
		.kind = map->kind,
		.max_entries = map->max_entries,
		.key_size = map->key ? map->key->size : 0,
		.value_size = plan_map_value_size(map),
	};
	struct bank *bank = hashmap_get(&banks->by_shape, &shape, sizeof(shape));

	if (!bank) {
		bank = arena_new_object(arena, struct bank);
		bank->number = ++banks->n;
		hashmap_set(&banks->by_shape, arena_memdup(arena, &shape, sizeof(shape)),
			    sizeof(shape), bank);
	}
	return bank;
}

/* Puts the maps that are used into banks, and returns how many banks that are. */
static uint32_t put_into_banks(struct banks *banks, const struct uses *uses)
{
	struct plan *plan = banks->sema->plan;
	uint32_t *counts = arena_new_array(banks->sema->arena, uint32_t, plan->maps.len + 1);

	for (size_t i = 0; i < plan->maps.len; i++) {
		struct plan_map *map = &plan->maps.data[i];
		struct bank *bank;

		if (!uses->maps[i])
			continue;
		bank = bank_of(banks, map);
		if (!map->bank) {
			map->bank = bank->number;
			map->bank_place = bank->nmaps++;
		}
		counts[bank->number - 1]++;
	}
	return used(counts, banks->n);
}

static void check_program(struct banks *banks, const struct sema_instance *instance)
{
	struct sema *sema = banks->sema;
	size_t nmaps = sema->plan->maps.len, nstacks = sema->plan->stacks.len;
	struct expr *predicate = instance->program->predicate;
	struct uses uses = {sema, arena_new_array(sema->arena, uint32_t, nmaps + 1),
			    arena_new_array(sema->arena, uint32_t, nstacks + 1)};
	const struct ast_visitor visitor = {.expr = count_use, .data = &uses};
	uint32_t most = most_maps(sema, instance->program), n;

	if (predicate)
		ast_walk_expr(&predicate, &visitor);
	ast_walk_block(instance->program->body, &visitor);
	n = used(uses.stacks, nstacks);
	instance->program->uses_banks = n + used(uses.maps, nmaps) > most;
	if (!instance->program->uses_banks)
		return;
	n += put_into_banks(banks, &uses);
	if (n > most)
		diag_hint(diag_error(sema->diags, "program-maps", instance->point->span,
				     "The probe uses %u kinds of maps and of stacks, more than the "
				     "%u that it may",
				     n, most),
			  "Parts of it can be probes of their own, on the same attach point");
}

void banks_make(struct sema *sema)
{
	struct banks banks = {.sema = sema};

	hashmap_init(&banks.by_shape, sema->arena);
	for (size_t i = 0; i < sema->instances.len; i++)
		check_program(&banks, sema->instances.data[i]);
}
