/* Control flow: blocks, branches, and the way out of a program. */
#include "codegen/internal.h"

LLVMBasicBlockRef cg_block(struct codegen *cg, const char *name)
{
	/* Each has an instruction at least. */
	cg->is_too_long |= ++cg->fn->nblocks > cg_most_unoptimized(cg);
	return LLVMAppendBasicBlockInContext(cg->context, cg->fn->function, name);
}

/*
 * Blocks stand in the order in which they are filled: LLVM mostly keeps it, so that jumps lead on
 * except in loops. The kernel's JIT for x86 gives up on long programs with many that lead back.
 */
void cg_position(struct codegen *cg, LLVMBasicBlockRef block)
{
	LLVMValueRef function = LLVMGetBasicBlockParent(block);
	LLVMBasicBlockRef last = LLVMGetLastBasicBlock(function);

	if (!LLVMGetFirstInstruction(block) && block != last &&
	    block != LLVMGetEntryBasicBlock(function))
		LLVMMoveBasicBlockAfter(block, last);
	LLVMPositionBuilderAtEnd(cg->builder, block);
}

LLVMBasicBlockRef cg_current(struct codegen *cg)
{
	return LLVMGetInsertBlock(cg->builder);
}

void emit_jump(struct codegen *cg, LLVMBasicBlockRef to)
{
	LLVMBuildBr(cg->builder, to);
}

void emit_branch(struct codegen *cg, LLVMValueRef condition, LLVMBasicBlockRef then,
		 LLVMBasicBlockRef otherwise)
{
	LLVMBuildCondBr(cg->builder, condition, then, otherwise);
}

LLVMValueRef emit_is_null(struct codegen *cg, LLVMValueRef ptr)
{
	return LLVMBuildIsNull(cg->builder, ptr, "");
}

LLVMValueRef emit_phi(struct codegen *cg, LLVMValueRef a, LLVMBasicBlockRef from_a, LLVMValueRef b,
		      LLVMBasicBlockRef from_b)
{
	LLVMValueRef phi = LLVMBuildPhi(cg->builder, LLVMTypeOf(a), "");

	LLVMAddIncoming(phi, (LLVMValueRef[]){a, b}, (LLVMBasicBlockRef[]){from_a, from_b}, 2);
	return phi;
}

LLVMValueRef cg_local(struct codegen *cg, LLVMTypeRef type, const char *name)
{
	LLVMBasicBlockRef at = cg_current(cg);
	LLVMValueRef local;

	cg_position(cg, cg->fn->entry);
	local = LLVMBuildAlloca(cg->builder, type, name);
	cg_position(cg, at);
	return local;
}
