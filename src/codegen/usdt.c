/* Arguments of USDT probes: each is where the note of the place says, in a register or in memory.
 */
#include "codegen/functions.h"

#include "provider/usdt.h"

static LLVMValueRef emit_place_of(struct codegen *cg, const struct usdt_operand *operand)
{
	LLVMValueRef address = cg_i64(cg, (uint64_t)operand->value), index;

	if (operand->base >= 0)
		address = LLVMBuildAdd(cg->builder, address,
				       emit_ctx_load(cg, (uint32_t)operand->base, 8), "");
	if (operand->index < 0)
		return address;
	index = LLVMBuildMul(cg->builder, emit_ctx_load(cg, (uint32_t)operand->index, 8),
			     cg_i64(cg, operand->scale), "");
	return LLVMBuildAdd(cg->builder, address, index, "");
}

static LLVMValueRef emit_register(struct codegen *cg, const struct usdt_operand *operand)
{
	LLVMValueRef value = emit_ctx_load(cg, (uint32_t)operand->base, 8);

	if (operand->is_high)
		value = LLVMBuildLShr(cg->builder, value, cg_i64(cg, 8), "");
	return emit_resize(cg, value, operand->size, false);
}

static LLVMValueRef emit_memory(struct codegen *cg, const struct usdt_operand *operand)
{
	LLVMValueRef memory = cg_temp(cg, operand->size, operand->size);

	emit_probe_read(cg, memory, operand->size, emit_place_of(cg, operand), SPACE_USER, 0);
	return emit_load(cg, memory, operand->size, operand->size);
}

LLVMValueRef emit_usdt_argument(struct codegen *cg, uint32_t n)
{
	const char *arguments = cg->program->plan->targets.data[0].arguments;
	struct usdt_operand operand;

	/* What the note does not have reads as 0. */
	if (!arguments || !usdt_operand(arguments, n, &operand))
		return cg_i64(cg, 0);
	switch (operand.kind) {
	case USDT_CONSTANT:
		break;
	case USDT_REGISTER:
		return emit_resize(cg, emit_register(cg, &operand), 8, operand.is_signed);
	case USDT_MEMORY:
		return emit_resize(cg, emit_memory(cg, &operand), 8, operand.is_signed);
	}
	return cg_i64(cg, (uint64_t)operand.value);
}
