/* Functions on maps: delete(), has_key(), find(), len(). */
#include "codegen/functions.h"

/* The key: a further argument, or within the brackets of @m[key]. */
static LLVMValueRef emit_key(struct codegen *cg, const struct expr *call)
{
	const struct expr *map = call->call.args.data[0], *key;
	LLVMValueRef memory;

	if (map->map.key || call->call.args.len < 2)
		return emit_map_key(cg, map);
	key = call->call.args.data[1];
	memory = cg_temp(cg, key->type->size, 8);
	emit_into(cg, key, memory);
	return memory;
}

static LLVMValueRef emit_truth(struct codegen *cg, LLVMValueRef condition)
{
	return LLVMBuildZExt(cg->builder, condition, cg->i8, "");
}

/* --- delete() --- */

/* Makes a scalar's value in @slot, if there is one, unset and zero; *existed is 1 if it was set. */
static void emit_unset(struct codegen *cg, const struct plan_map *map, LLVMValueRef slot,
		       LLVMValueRef existed)
{
	LLVMBasicBlockRef found = cg_block(cg, "found"), next = cg_block(cg, "unset");
	LLVMValueRef was_set;

	emit_branch(cg, emit_is_null(cg, slot), next, found);
	cg_position(cg, found);
	was_set = emit_load(cg, emit_offset(cg, slot, plan_map_set_offset(map)), 8, 8);
	was_set = LLVMBuildOr(cg->builder, was_set, emit_load(cg, existed, 8, 8), "");
	emit_store(cg, was_set, existed, 8);
	emit_zero(cg, slot, plan_map_value_size(map), 8);
	emit_jump(cg, next);
	cg_position(cg, next);
}

/* Of an aggregate each CPU has a value. */
static void emit_unset_all(struct codegen *cg, const struct expr *call, LLVMValueRef key,
			   LLVMValueRef existed)
{
	uint32_t map = call->call.args.data[0]->map.map;
	LLVMValueRef pointers[] = {key, existed}, slot, ncpus;
	LLVMValueRef context = cg_repeat_context(cg, pointers, 2);
	struct cg_repeat repeat = cg_repeat_begin(cg, call->span, "delete");

	slot = emit_map_helper(cg, BPF_FUNC_map_lookup_percpu_elem, cg->ptr, map,
			       cg_repeat_pointer(cg, &repeat, 0),
			       emit_resize(cg, repeat.index, 4, false));
	emit_unset(cg, &cg->plan->maps.data[map], slot, cg_repeat_pointer(cg, &repeat, 1));
	cg_repeat_next(cg, false);
	cg_repeat_end(cg, &repeat);
	ncpus = emit_setting(cg, offsetof(struct plan_settings, ncpus));
	emit_repeat(cg, &repeat, emit_resize(cg, ncpus, 4, false), context);
}

static LLVMValueRef emit_delete_scalar(struct codegen *cg, const struct expr *call)
{
	uint32_t index = call->call.args.data[0]->map.map;
	const struct plan_map *map = &cg->plan->maps.data[index];
	LLVMValueRef key = emit_key(cg, call), existed = cg_temp(cg, 8, 8);

	emit_store(cg, cg_i64(cg, 0), existed, 8);
	if (map->kind == MAP_KIND_PERCPU_ARRAY)
		emit_unset_all(cg, call, key, existed);
	else
		emit_unset(cg, map, emit_element(cg, index, key), existed);
	return LLVMBuildIsNotNull(cg->builder, emit_load(cg, existed, 8, 8), "");
}

LLVMValueRef emit_call_delete(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	uint32_t map = call->call.args.data[0]->map.map;
	LLVMValueRef code;

	(void)dst;
	if (plan_map_is_scalar(&cg->plan->maps.data[map]))
		return emit_truth(cg, emit_delete_scalar(cg, call));
	code = emit_map_delete(cg, map, emit_key(cg, call));
	emit_check(cg, code, call->error_event);
	return emit_truth(cg, LLVMBuildIsNull(cg->builder, code, ""));
}

/* --- look-ups --- */

/* A truth of its own, lest LLVM combine the pointer with what else is tested, which the verifier
 * refuses. */
static LLVMValueRef emit_is_there(struct codegen *cg, LLVMValueRef slot)
{
	LLVMValueRef is_there = LLVMBuildIsNotNull(cg->builder, slot, "");

	return emit_resize(cg, emit_opaque(cg, LLVMBuildZExt(cg->builder, is_there, cg->i64, "")),
			   1, false);
}

static LLVMValueRef emit_lookup(struct codegen *cg, const struct expr *call)
{
	return emit_element(cg, call->call.args.data[0]->map.map, emit_key(cg, call));
}

LLVMValueRef emit_call_has_key(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	LLVMValueRef slot = emit_lookup(cg, call);

	(void)dst;
	return emit_is_there(cg, slot);
}

/* The element of a map as the variable holds it: an aggregate's number, or the value. */
static void emit_found(struct codegen *cg, uint32_t index, LLVMValueRef key, LLVMValueRef slot,
		       const struct variable *variable)
{
	const struct plan_map *map = &cg->plan->maps.data[index];
	LLVMValueRef value;

	if (type_is_aggregate(map->value))
		value = emit_aggregate_number_at(cg, index, key);
	else
		value = emit_load_value(cg, map->value, slot);
	if (type_is_scalar(variable->type))
		value = emit_resize(cg, value, variable->type->size, map->value->is_signed);
	emit_store_value(cg, variable->type, value, emit_variable_address(cg, variable));
}

LLVMValueRef emit_call_find(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	uint32_t map = call->call.args.data[0]->map.map;
	LLVMBasicBlockRef found = cg_block(cg, "found"), next = cg_block(cg, "find");
	LLVMValueRef key = emit_key(cg, call), slot;

	(void)dst;
	slot = emit_element(cg, map, key);
	emit_branch(cg, emit_is_null(cg, slot), next, found);
	cg_position(cg, found);
	emit_found(cg, map, key, slot, call->call.args.data[2]->var.variable);
	emit_jump(cg, next);
	cg_position(cg, next);
	return emit_is_there(cg, slot);
}

/* --- len() --- */

/* A callback that does nothing: the helper returns how many elements it was called for. */
static LLVMValueRef counting_callback(struct codegen *cg, struct span span)
{
	const struct debug_param debug[] = {{"map", debug_pointer(cg, NULL)},
					    {"key", debug_pointer(cg, NULL)},
					    {"value", debug_pointer(cg, NULL)},
					    {"context", debug_pointer(cg, NULL)}};
	LLVMTypeRef params[] = {cg->ptr, cg->ptr, cg->ptr, cg->ptr};
	const char *name = arena_printf(cg->arena, "%s_len_%u", cg->program->plan->name,
					++cg->program->ncallbacks);
	struct cg_function *outer = cg->fn, *fn;

	fn = cg_function_new(cg, name, LLVMFunctionType(cg->i64, params, 4, 0));
	LLVMSetLinkage(fn->function, LLVMInternalLinkage);
	debug_function(cg, fn, span, true, debug_int(cg, 8, true), debug, 4);
	fn->at = fn->entry;
	cg_switch(cg, fn);
	emit_jump(cg, fn->leave);
	cg_position(cg, fn->leave);
	LLVMBuildRet(cg->builder, cg_i64(cg, 0));
	cg_switch(cg, outer);
	return fn->function;
}

LLVMValueRef emit_call_len(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	const struct expr *object = call->call.args.data[0];
	bool is_map = object->kind == EXPR_MAP && !object->map.has_brackets;
	LLVMValueRef frames;

	(void)dst;
	if (!is_map) {
		frames = emit_offset(cg, emit_address(cg, object),
				     offsetof(struct plan_stack_key, nframes));
		return emit_resize(cg, emit_load(cg, frames, 4, 4), 8, false);
	}
	return emit_map_helper(cg, BPF_FUNC_for_each_map_elem, cg->i64, object->map.map,
			       counting_callback(cg, call->span), LLVMConstNull(cg->ptr),
			       cg_i64(cg, 0));
}
