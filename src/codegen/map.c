/*
 * The object's maps: their definitions, which libbpf reads from the debug information of variables
 * in the section .maps, and the helpers that use them. A map is defined when first asked for, so
 * that an object has those only that it uses; the script's own are always there.
 */
#include "codegen/internal.h"

/* The runtime sets the ring buffer's size before it loads; this makes the object valid as it is. */
#define EVENTS_SIZE (256 * 1024)

/* Stacks kept of one kind and depth; the memory is taken when they come. */
#define STACKS_ENTRIES 32768

/* Bytes of a hash table's element; of all elements of one with large ones. */
#define LARGE_ELEMENT (32u << 10)
#define MOST_OF_LARGE (512u << 20)

struct map_definition { /* a key: without padding */
	uint64_t max_entries;
	uint32_t type; /* enum bpf_map_type */
	uint32_t key_size, value_size; /* 0: none */
	uint32_t flags;
};

#define DEFINITION_MEMBERS 5

static LLVMValueRef map_new(struct codegen *cg, const char *name)
{
	LLVMTypeRef type = LLVMArrayType2(cg->ptr, DEFINITION_MEMBERS);
	LLVMValueRef map = LLVMAddGlobal(cg->module, type, name);

	LLVMSetInitializer(map, LLVMConstNull(type));
	LLVMSetSection(map, ".maps");
	LLVMSetAlignment(map, 8);
	return map;
}

/* A number is said by a pointer to an array of so many ints. */
static struct debug_member definition_member(struct codegen *cg, const char *name, uint32_t value,
					     uint32_t index)
{
	LLVMMetadataRef array = debug_array(cg, debug_int(cg, 4, true), 4, value);

	return (struct debug_member){name, debug_pointer(cg, array), 64, index * 64, false};
}

static LLVMMetadataRef definition_type(struct codegen *cg, const struct map_definition *d)
{
	const struct {
		const char *name;
		uint32_t value;
	} numbers[DEFINITION_MEMBERS] = {
		{"type", d->type},         {"max_entries", d->max_entries},
		{"key_size", d->key_size}, {"value_size", d->value_size},
		{"map_flags", d->flags},
	};
	struct debug_member members[DEFINITION_MEMBERS];
	uint32_t n = 0, i;

	for (i = 0; i < DEFINITION_MEMBERS; i++)
		if (numbers[i].value)
			members[n++] = definition_member(cg, numbers[i].name, numbers[i].value, i);
	return debug_struct(cg, "", false, members, n, DEFINITION_MEMBERS * 64);
}

/* Of a bank of so many maps of the type @inner; the runtime puts them there. */
static LLVMMetadataRef bank_type(struct codegen *cg, LLVMMetadataRef inner, uint32_t n)
{
	LLVMMetadataRef values = debug_array(cg, debug_pointer(cg, inner), 8, 0);
	const struct debug_member members[] = {
		definition_member(cg, "type", BPF_MAP_TYPE_ARRAY_OF_MAPS, 0),
		definition_member(cg, "max_entries", n, 1),
		definition_member(cg, "key_size", 4, 2),
		{"values", values, 0, (uint64_t)DEFINITION_MEMBERS * 64, false},
	};

	return debug_struct(cg, "", false, members, sizeof(members) / sizeof(members[0]),
			    DEFINITION_MEMBERS * 64);
}

/* Maps that are alike share the type: for each name in it LLVM looks through all there are. */
static LLVMMetadataRef shared_definition(struct codegen *cg, const struct map_definition *d)
{
	LLVMMetadataRef type = hashmap_get(&cg->definitions, d, sizeof(*d));

	if (!type) {
		type = definition_type(cg, d);
		hashmap_set(&cg->definitions, arena_memdup(cg->arena, d, sizeof(*d)), sizeof(*d),
			    type);
	}
	return type;
}

static void map_define(struct codegen *cg, LLVMValueRef map, const struct map_definition *d)
{
	debug_global(cg, map, shared_definition(cg, d));
}

static enum bpf_map_type kernel_kind(enum plan_map_kind kind)
{
	switch (kind) {
	case MAP_KIND_HASH:
		return BPF_MAP_TYPE_HASH;
	case MAP_KIND_LRU_HASH:
		return BPF_MAP_TYPE_LRU_HASH;
	case MAP_KIND_PERCPU_HASH:
		return BPF_MAP_TYPE_PERCPU_HASH;
	case MAP_KIND_LRU_PERCPU_HASH:
		return BPF_MAP_TYPE_LRU_PERCPU_HASH;
	case MAP_KIND_ARRAY:
		return BPF_MAP_TYPE_ARRAY;
	case MAP_KIND_PERCPU_ARRAY:
		return BPF_MAP_TYPE_PERCPU_ARRAY;
	}
	return BPF_MAP_TYPE_UNSPEC;
}

static LLVMValueRef map_of(struct codegen *cg, uint32_t map)
{
	if (!cg->maps)
		cg->maps = arena_new_array(cg->arena, LLVMValueRef, cg->plan->maps.len);
	if (!cg->maps[map])
		cg->maps[map] = map_new(cg, cg->plan->maps.data[map].elf_name);
	return cg->maps[map];
}

static LLVMValueRef bank_of(struct codegen *cg, uint32_t bank)
{
	if (!cg->banks)
		cg->banks = arena_new_array(cg->arena, LLVMValueRef, cg->plan->maps.len);
	if (!cg->banks[bank - 1])
		cg->banks[bank - 1] =
			map_new(cg, arena_printf(cg->arena, PLAN_MAP_BANK "%u", bank));
	return cg->banks[bank - 1];
}

LLVMValueRef cg_stacks_map(struct codegen *cg, uint32_t stacks)
{
	if (!cg->stacks)
		cg->stacks = arena_new_array(cg->arena, LLVMValueRef, cg->plan->stacks.len);
	if (!cg->stacks[stacks])
		cg->stacks[stacks] =
			map_new(cg, arena_printf(cg->arena, PLAN_MAP_STACKS "%u", stacks));
	return cg->stacks[stacks];
}

LLVMValueRef cg_events_map(struct codegen *cg)
{
	if (!cg->events)
		cg->events = map_new(cg, PLAN_MAP_EVENTS);
	return cg->events;
}

LLVMValueRef cg_scratch_map(struct codegen *cg, enum cg_scratch_kind kind)
{
	static const char *const names[CG_SCRATCH_KINDS] = {
		[CG_SCRATCH_OWN] = PLAN_MAP_SCRATCH,
		[CG_SCRATCH_ALONE] = PLAN_MAP_SCRATCH_ALONE,
		[CG_SCRATCH_CLAIMED] = PLAN_MAP_SCRATCH_CLAIMED,
	};

	if (!cg->scratch[kind])
		cg->scratch[kind] = map_new(cg, names[kind]);
	return cg->scratch[kind];
}

static LLVMValueRef counters_map(struct codegen *cg)
{
	if (!cg->counters)
		cg->counters = map_new(cg, PLAN_MAP_COUNTERS);
	return cg->counters;
}

/*
 * Memory for all elements is taken at once, unless they are large and that is more than can be
 * expected: later the kernel finds little while a program runs in an interrupt.
 */
static uint32_t map_flags(const struct plan_map *map)
{
	uint64_t size;

	if (map->kind != MAP_KIND_HASH)
		return 0;
	size = map->key->size + plan_map_value_size(map);
	return size > LARGE_ELEMENT && size * map->max_entries > MOST_OF_LARGE ? BPF_F_NO_PREALLOC
									       : 0;
}

static LLVMMetadataRef script_definition(struct codegen *cg, const struct plan_map *map)
{
	const struct map_definition definition = {
		.type = kernel_kind(map->kind),
		.key_size = plan_map_is_scalar(map) ? 4 : map->key->size,
		.value_size = plan_map_value_size(map),
		.max_entries = plan_map_is_scalar(map) ? 1 : map->max_entries,
		.flags = map_flags(map),
	};

	return shared_definition(cg, &definition);
}

static void script_maps_end(struct codegen *cg)
{
	for (uint32_t i = 0; i < cg->plan->maps.len; i++)
		debug_global(cg, map_of(cg, i), script_definition(cg, &cg->plan->maps.data[i]));
}

static void banks_end(struct codegen *cg)
{
	for (uint32_t i = 0; i < cg->plan->maps.len; i++) {
		const struct plan_map *map = &cg->plan->maps.data[i];
		LLVMMetadataRef type;

		if (!map->bank || map->bank_place)
			continue;
		type = bank_type(cg, script_definition(cg, map),
				 plan_bank_size(cg->plan, map->bank));
		debug_global(cg, bank_of(cg, map->bank), type);
	}
}

static void stacks_maps_end(struct codegen *cg)
{
	size_t i;

	for (i = 0; i < cg->plan->stacks.len; i++) {
		const struct plan_stacks *stacks = &cg->plan->stacks.data[i];
		uint32_t frame = stacks->is_build_id ? sizeof(struct bpf_stack_build_id) : 8;
		const struct map_definition definition = {
			.type = BPF_MAP_TYPE_HASH,
			.key_size = sizeof(struct plan_stack_key),
			.value_size = (uint32_t)sizeof(struct plan_stack) + stacks->depth * frame,
			.max_entries = STACKS_ENTRIES,
			.flags = BPF_F_NO_PREALLOC,
		};

		map_define(cg, cg_stacks_map(cg, i), &definition);
	}
}

void maps_end(struct codegen *cg)
{
	const struct map_definition counters = {
		.type = BPF_MAP_TYPE_PERCPU_ARRAY,
		.key_size = 4,
		.value_size = 8,
		.max_entries = plan_counters(cg->plan),
	};
	const struct map_definition events = {
		.type = BPF_MAP_TYPE_RINGBUF,
		.max_entries = EVENTS_SIZE,
	};
	struct map_definition scratch = {.type = BPF_MAP_TYPE_ARRAY, .key_size = 4};
	uint32_t i;

	hashmap_init(&cg->definitions, cg->arena);
	script_maps_end(cg);
	banks_end(cg);
	stacks_maps_end(cg);
	map_define(cg, counters_map(cg), &counters);
	if (cg->events)
		map_define(cg, cg->events, &events);
	for (i = 0; i < CG_SCRATCH_KINDS; i++) {
		scratch.value_size = cg->scratch_size[i];
		scratch.max_entries = i == CG_SCRATCH_CLAIMED ? CG_CLAIM_SLOTS : 1;
		if (cg->scratch[i])
			map_define(cg, cg->scratch[i], &scratch);
	}
}

/* --- use --- */

static LLVMValueRef zero_key(struct codegen *cg)
{
	LLVMValueRef key = cg_temp(cg, 4, 4);

	emit_store(cg, cg_i32(cg, 0), key, 4);
	return key;
}

LLVMValueRef emit_map_key(struct codegen *cg, const struct expr *map)
{
	LLVMValueRef key;

	if (!map->map.key)
		return zero_key(cg);
	if (!type_is_scalar(map->map.key->type))
		return emit_address(cg, map->map.key);
	key = cg_temp(cg, map->map.key->type->size, 8);
	emit_into(cg, map->map.key, key);
	return key;
}

LLVMValueRef emit_map_lookup(struct codegen *cg, LLVMValueRef map, LLVMValueRef key)
{
	return emit_helper(cg, BPF_FUNC_map_lookup_elem, cg->ptr, map, key);
}

/* The key is among the constants: in the functions of loops there may be no stack for it. */
static LLVMValueRef emit_from_bank(struct codegen *cg, const struct plan_map *map)
{
	return emit_map_lookup(cg, bank_of(cg, map->bank),
			       cg_const_bytes(cg, &map->bank_place, sizeof(map->bank_place)));
}

/* None is missing in a bank, but the verifier does not know. */
LLVMValueRef emit_map_call(struct codegen *cg, enum bpf_func_id id, LLVMTypeRef result,
			   uint32_t map, LLVMValueRef *args, unsigned nargs)
{
	LLVMBasicBlockRef from, found, next;
	LLVMValueRef value;

	if (!cg->program->ast->uses_banks) {
		args[0] = map_of(cg, map);
		return emit_helper_call(cg, id, result, args, nargs);
	}
	args[0] = emit_from_bank(cg, &cg->plan->maps.data[map]);
	from = cg_current(cg);
	found = cg_block(cg, "map");
	next = cg_block(cg, "map_done");
	emit_branch(cg, emit_is_null(cg, args[0]), next, found);
	cg_position(cg, found);
	value = emit_helper_call(cg, id, result, args, nargs);
	found = cg_current(cg);
	emit_jump(cg, next);
	cg_position(cg, next);
	return emit_phi(cg, value, found, LLVMConstNull(result), from);
}

LLVMValueRef emit_element(struct codegen *cg, uint32_t map, LLVMValueRef key)
{
	return emit_map_helper(cg, BPF_FUNC_map_lookup_elem, cg->ptr, map, key);
}

void emit_map_refused(struct codegen *cg, uint32_t map, LLVMValueRef code, uint32_t error)
{
	LLVMBasicBlockRef refused = cg_block(cg, "refused"), next = cg_block(cg, "updated");

	emit_branch(cg, LLVMBuildICmp(cg->builder, LLVMIntSLT, code, cg_i64(cg, 0), ""), refused,
		    next);
	cg_position(cg, refused);
	emit_counter_increment(cg, plan_counter_refused(cg->plan, map), true);
	emit_error_event(cg, error, code);
	emit_jump(cg, next);
	cg_position(cg, next);
}

LLVMValueRef emit_map_update(struct codegen *cg, uint32_t map, LLVMValueRef key, LLVMValueRef value,
			     uint64_t flags, uint32_t error)
{
	LLVMValueRef code = emit_map_helper(cg, BPF_FUNC_map_update_elem, cg->i64, map, key, value,
					    cg_i64(cg, flags));

	emit_map_refused(cg, map, code, error);
	return code;
}

LLVMValueRef emit_map_delete(struct codegen *cg, uint32_t map, LLVMValueRef key)
{
	return emit_map_helper(cg, BPF_FUNC_map_delete_elem, cg->i64, map, key);
}

/* Per-CPU values are not seen by other CPUs, so that a plain addition will do where nothing else
 * on this CPU can come between. */
void emit_counter_increment(struct codegen *cg, uint32_t index, bool is_shared)
{
	LLVMBasicBlockRef found = cg_block(cg, "counter"), next = cg_block(cg, "counted");
	LLVMValueRef slot, value;

	if (!cg->fn->counter_key)
		cg->fn->counter_key = cg_local(cg, cg->i32, "counter_key");
	emit_store(cg, cg_i32(cg, index), cg->fn->counter_key, 4);
	slot = emit_map_lookup(cg, counters_map(cg), cg->fn->counter_key);
	emit_branch(cg, emit_is_null(cg, slot), next, found);
	cg_position(cg, found);
	if (is_shared) {
		LLVMBuildAtomicRMW(cg->builder, LLVMAtomicRMWBinOpAdd, slot, cg_i64(cg, 1),
				   LLVMAtomicOrderingMonotonic, 0);
	} else {
		value = emit_load(cg, slot, 8, 8);
		emit_store(cg, LLVMBuildAdd(cg->builder, value, cg_i64(cg, 1), ""), slot, 8);
	}
	emit_jump(cg, next);
	cg_position(cg, next);
}
