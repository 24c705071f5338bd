/* What remains of the plan once all bodies are checked: the maps, and that imported C programs
 * leave the object's own names alone. */
#include "sema/internal.h"

#include "types/cobject.h"

struct map_kind {
	const char *name; /* in declarations */
	enum plan_map_kind kind;
	bool is_per_cpu;
};

static const struct map_kind map_kinds[] = {
	{"hash", MAP_KIND_HASH, false},
	{"lruhash", MAP_KIND_LRU_HASH, false},
	{"percpuhash", MAP_KIND_PERCPU_HASH, true},
	{"percpulruhash", MAP_KIND_LRU_PERCPU_HASH, true},
};

#define NKINDS (sizeof(map_kinds) / sizeof(map_kinds[0]))

static const struct map_kind *find_kind(const char *name)
{
	for (size_t i = 0; i < NKINDS; i++)
		if (!strcmp(map_kinds[i].name, name))
			return &map_kinds[i];
	return NULL;
}

/* --- declarations --- */

static void check_kind(struct sema *sema, const struct map_decl *decl)
{
	struct diag *diag;

	if (find_kind(decl->kind))
		return;
	diag = diag_error(sema->diags, "map-kind", decl->kind_span, "Invalid bpf map type: %s",
			  decl->kind);
	diag_hint(diag, "Valid map types: hash, lruhash, percpuhash, percpulruhash");
}

static void check_duplicate(struct sema *sema, size_t i)
{
	const struct map_decl *decls = sema->script->map_decls.data;

	for (size_t j = 0; j < i; j++) {
		if (strcmp(decls[i].name, decls[j].name))
			continue;
		diag_note(diag_error(sema->diags, "map-declared", decls[i].span,
				     "@%s was already declared", decls[i].name),
			  decls[j].span, "This is the initial declaration.");
		return;
	}
}

static void check_decl(struct sema *sema, size_t i)
{
	const struct map_decl *decl = &sema->script->map_decls.data[i];

	check_kind(sema, decl);
	check_duplicate(sema, i);
	if (!decl->max_entries)
		diag_error(sema->diags, "map-entries", decl->entries_span,
			   "@%s must have room for one entry at least", decl->name);
	else if (decl->max_entries > UINT32_MAX)
		diag_error(sema->diags, "map-entries", decl->entries_span,
			   "@%s cannot have room for more than %u entries", decl->name, UINT32_MAX);
	if (!hashmap_gets(&sema->map_names, decl->name))
		diag_warning(sema->diags, "unused-map", decl->span, "Unused map: @%s", decl->name);
}

/* --- maps --- */

static enum plan_map_kind usual_kind(const struct sema_map *map, bool is_per_cpu)
{
	if (map->is_scalar || !map->shape_known)
		return is_per_cpu ? MAP_KIND_PERCPU_ARRAY : MAP_KIND_ARRAY;
	return is_per_cpu ? MAP_KIND_PERCPU_HASH : MAP_KIND_HASH;
}

static const char *kind_name(enum plan_map_kind kind)
{
	for (size_t i = 0; i < NKINDS; i++)
		if (map_kinds[i].kind == kind)
			return map_kinds[i].name;
	return kind == MAP_KIND_ARRAY ? "array" : "percpuarray";
}

static void report_kind(struct sema *sema, const struct sema_map *map, enum plan_map_kind usual)
{
	struct diag *diag =
		diag_error(sema->diags, "map-kind", map->decl->span,
			   "Incompatible map types. Type from declaration: %s. Type from value/key "
			   "type: %s",
			   map->decl->kind, kind_name(usual));

	if (!span_is_none(map->first_value))
		diag_note(diag, map->first_value, "The map gets its values here.");
}

static enum plan_map_kind choose_kind(struct sema *sema, const struct sema_map *map)
{
	bool is_per_cpu = map->value.type->is_per_cpu;
	enum plan_map_kind usual = usual_kind(map, is_per_cpu);
	const struct map_kind *declared = map->decl ? find_kind(map->decl->kind) : NULL;

	if (!declared)
		return usual;
	if (declared->is_per_cpu == is_per_cpu && map->shape_known && !map->is_scalar)
		return declared->kind;
	report_kind(sema, map, usual);
	return usual;
}

static void report_unresolved(struct sema *sema, const struct sema_map *map)
{
	if (!diags_count(sema->diags, DIAG_ERROR))
		diag_error(sema->diags, "type-unresolved", map->first_use,
			   "The type of @%s cannot be determined", map->name);
}

static void finish_map(struct sema *sema, const struct sema_map *map)
{
	bool is_keyed = map->shape_known && !map->is_scalar;
	struct plan_map plan = {
		.name = map->name,
		.elf_name = arena_printf(sema->arena, "at_%s", map->name),
		.value = map->value.type,
		.max_entries = 1,
		.needs_atomic = map->updaters > 1 || map->preemptible,
		.is_assigned = map->is_assigned,
		.place = sema_place(sema, map->first_use),
	};

	if (!map->value.type || (is_keyed && !map->key.type)) {
		report_unresolved(sema, map);
		return;
	}
	if (is_keyed) {
		plan.key = map->key.type;
		plan.max_entries =
			map->decl ? map->decl->max_entries : sema->plan->config.max_map_keys;
	}
	plan.kind = choose_kind(sema, map);
	vec_push(sema->arena, &sema->plan->maps, plan);
}

/* --- names in the object --- */

static void check_symbol(struct sema *sema, const char *name)
{
	struct span import;

	if (types_find_c_symbol(sema->types, name, &import))
		diag_hint(diag_error(sema->diags, "bad-import", import,
				     "the C program has a function or variable named '%s', as the "
				     "object that it becomes part of",
				     name),
			  "Give it another name in the C program");
}

static void check_symbols(struct sema *sema)
{
	static const char *const names[] = {
		PLAN_MAP_EVENTS,        PLAN_MAP_COUNTERS,        PLAN_MAP_SCRATCH,
		PLAN_MAP_SCRATCH_ALONE, PLAN_MAP_SCRATCH_CLAIMED, PLAN_SYMBOL_SETTINGS,
		PLAN_SYMBOL_STATE,      PLAN_SYMBOL_PLAN,         PLAN_SYMBOL_LICENSE,
		PLAN_SECTION_LICENSE,
	};
	const struct plan *plan = sema->plan;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		check_symbol(sema, names[i]);
	for (i = 0; i < plan->stacks.len; i++)
		check_symbol(sema, arena_printf(sema->arena, PLAN_MAP_STACKS "%zu", i));
	for (i = 0; i < plan->progs.len; i++)
		check_symbol(sema, plan->progs.data[i].name);
	for (i = 0; i < plan->maps.len; i++)
		check_symbol(sema, plan->maps.data[i].elf_name);
}

void finish_plan(struct sema *sema)
{
	for (size_t i = 0; i < sema->script->map_decls.len; i++)
		check_decl(sema, i);
	for (size_t i = 0; i < sema->maps.len; i++)
		finish_map(sema, sema->maps.data[i]);
	check_symbols(sema);
}
