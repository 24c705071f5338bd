/*
 * Addresses of scratch memory where the stack is short. Each was worked out when the memory was
 * taken and is used later, often behind calls: LLVM would keep it on the stack meanwhile. Here,
 * when a module is complete, each use gets an address of its own, worked out just before it from
 * the program's frame.
 */
#include "codegen/internal.h"

/* An address within scratch memory, as an instruction. */
struct near_address {
	LLVMValueRef value;
	LLVMValueRef frame; /* of the function that it is in */
	uint64_t offset;
};

void near_note(struct codegen *cg, LLVMValueRef address, uint32_t offset)
{
	const struct near_address near = {address, cg->fn->frame, offset};

	vec_push(cg->arena, &cg->near, near);
}

static LLVMValueRef address_before(struct codegen *cg, LLVMValueRef instruction,
				   const struct near_address *near)
{
	LLVMPositionBuilderBefore(cg->builder, instruction);
	return emit_offset(cg, emit_frame_pointer(cg, near->frame, CG_FRAME_SCRATCH), near->offset);
}

/* A constant distance from the address: one itself. */
static bool is_offset(LLVMValueRef user, const struct near_address *near, uint64_t *offset)
{
	if (LLVMGetInstructionOpcode(user) != LLVMGetElementPtr || LLVMGetNumOperands(user) != 2 ||
	    LLVMGetOperand(user, 0) != near->value || !LLVMIsAConstantInt(LLVMGetOperand(user, 1)))
		return false;
	*offset = near->offset + LLVMConstIntGetZExtValue(LLVMGetOperand(user, 1));
	return true;
}

/* What comes by one way into a block is worked out at the end of that. */
static void use_near(struct codegen *cg, LLVMValueRef user, const struct near_address *near)
{
	bool is_phi = LLVMGetInstructionOpcode(user) == LLVMPHI;
	unsigned n = (unsigned)LLVMGetNumOperands(user);

	for (unsigned i = 0; i < n; i++) {
		LLVMValueRef before = user;

		if (LLVMGetOperand(user, i) != near->value)
			continue;
		if (is_phi)
			before = LLVMGetBasicBlockTerminator(LLVMGetIncomingBlock(user, i));
		LLVMSetOperand(user, i, address_before(cg, before, near));
	}
}

void near_end(struct codegen *cg)
{
	VEC(LLVMValueRef)
	users = {0};

	for (size_t i = 0; i < cg->near.len; i++) {
		const struct near_address near = cg->near.data[i];
		struct near_address further = near;

		users.len = 0;
		for (LLVMUseRef use = LLVMGetFirstUse(near.value); use; use = LLVMGetNextUse(use))
			vec_push(cg->arena, &users, LLVMGetUser(use));
		for (size_t k = 0; k < users.len; k++) {
			further.value = users.data[k];
			if (is_offset(further.value, &near, &further.offset))
				vec_push(cg->arena, &cg->near, further);
			else
				use_near(cg, further.value, &near);
		}
	}
}
