/*
 * The module's data: settings and state shared with the runtime, constants, the license, and the
 * section that holds the plan.
 */
#include "codegen/internal.h"

#include <string.h>

static LLVMValueRef global_new(struct codegen *cg, const char *name, LLVMValueRef value,
			       const char *section)
{
	LLVMValueRef global = LLVMAddGlobal(cg->module, LLVMTypeOf(value), name);

	LLVMSetInitializer(global, value);
	LLVMSetSection(global, section);
	LLVMSetAlignment(global, 8);
	return global;
}

static LLVMValueRef global_words(struct codegen *cg, const char *name, const char *section,
				 size_t size)
{
	uint32_t n = size / 8;
	LLVMValueRef global;

	global = global_new(cg, name, LLVMConstNull(LLVMArrayType2(cg->i64, n)), section);
	debug_global(cg, global, debug_array(cg, debug_int(cg, 8, false), 8, n));
	return global;
}

void globals_begin(struct codegen *cg)
{
	cg->constants = arena_new_object(cg->arena, struct hashmap);
	hashmap_init(cg->constants, cg->arena);
	cg->settings =
		global_words(cg, PLAN_SYMBOL_SETTINGS, ".rodata", sizeof(struct plan_settings));
	LLVMSetGlobalConstant(cg->settings, 1);
	/* the runtime fills it in: its zeros here mean nothing */
	LLVMSetExternallyInitialized(cg->settings, 1);
	cg->state = global_words(cg, PLAN_SYMBOL_STATE, ".data", sizeof(struct plan_state));
}

static void bytes_section(struct codegen *cg, const char *name, const void *data, size_t size,
			  const char *section)
{
	LLVMValueRef value = LLVMConstStringInContext2(cg->context, data, size, 1);

	LLVMSetGlobalConstant(global_new(cg, name, value, section), 1);
}

void globals_end(struct codegen *cg)
{
	const char *license = cg->plan->config.license;
	struct strbuf plan = STRBUF_INIT;

	bytes_section(cg, PLAN_SYMBOL_LICENSE, license, strlen(license) + 1, PLAN_SECTION_LICENSE);
	plan_write(cg->plan, &plan);
	bytes_section(cg, PLAN_SYMBOL_PLAN, plan.data, plan.len, PLAN_SECTION);
	strbuf_free(&plan);
}

LLVMValueRef cg_const_bytes(struct codegen *cg, const void *data, size_t size)
{
	LLVMValueRef global = hashmap_get(cg->constants, data, size);
	void *copy;

	if (global)
		return global;
	copy = arena_memdup(cg->arena, data, size);
	global = global_new(cg, "", LLVMConstStringInContext2(cg->context, copy, size, 1),
			    ".rodata");
	LLVMSetGlobalConstant(global, 1);
	LLVMSetLinkage(global, LLVMPrivateLinkage);
	hashmap_set(cg->constants, copy, size, global);
	return global;
}

LLVMValueRef emit_setting(struct codegen *cg, size_t offset)
{
	LLVMValueRef load = emit_load(cg, emit_offset(cg, cg->settings, offset), 8, 8);

	/* not to be kept on the stack, either */
	LLVMSetVolatile(load, !cg->stack_budget);
	return load;
}

LLVMValueRef emit_state(struct codegen *cg, size_t offset)
{
	return emit_offset(cg, cg->state, offset);
}

LLVMTypeRef cg_int_type(struct codegen *cg, uint32_t size)
{
	switch (size) {
	case 1:
		return cg->i8;
	case 2:
		return cg->i16;
	case 4:
		return cg->i32;
	}
	return cg->i64;
}

LLVMTypeRef cg_type(struct codegen *cg, const struct type *type)
{
	return type->kind == TYPE_NONE ? cg->none : cg_int_type(cg, type->size);
}

LLVMValueRef cg_i8(struct codegen *cg, uint8_t value)
{
	return LLVMConstInt(cg->i8, value, 0);
}

LLVMValueRef cg_i32(struct codegen *cg, uint32_t value)
{
	return LLVMConstInt(cg->i32, value, 0);
}

LLVMValueRef cg_i64(struct codegen *cg, uint64_t value)
{
	return LLVMConstInt(cg->i64, value, 0);
}
