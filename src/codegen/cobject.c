/*
 * Imported C programs: their bitcode joins the module before anything else is in it, and their
 * functions become part of the programs that call them.
 */
#include "codegen/internal.h"

#include <llvm-c/BitReader.h>
#include <llvm-c/Linker.h>
#include <string.h>

static void remove_global(LLVMModuleRef module, const char *name)
{
	LLVMValueRef global = LLVMGetNamedGlobal(module, name);

	if (global)
		LLVMDeleteGlobal(global);
}

/* The license is the script's. */
static void remove_license(LLVMModuleRef module)
{
	LLVMValueRef global = LLVMGetFirstGlobal(module), next;

	for (; global; global = next) {
		const char *section = LLVMGetSection(global);

		next = LLVMGetNextGlobal(global);
		if (section && !strcmp(section, PLAN_SECTION_LICENSE))
			LLVMDeleteGlobal(global);
	}
}

static void remove_attribute(LLVMValueRef function, const char *name)
{
	LLVMRemoveEnumAttributeAtIndex(function, LLVMAttributeFunctionIndex,
				       LLVMGetEnumAttributeKindForName(name, strlen(name)));
}

/* Inlined, they are checked with what the caller knows of their arguments. */
static void make_inline(struct codegen *cg, LLVMValueRef function)
{
	static const char name[] = "alwaysinline";
	unsigned kind = LLVMGetEnumAttributeKindForName(name, sizeof(name) - 1);

	if (LLVMIsDeclaration(function))
		return;
	remove_attribute(function, "noinline");
	LLVMSetLinkage(function, LLVMInternalLinkage);
	LLVMSetSection(function, "");
	LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex,
				LLVMCreateEnumAttribute(cg->context, kind, 0));
}

static void note_refusal(struct codegen *cg, const char *otherwise)
{
	if (!cg->bad_bitcode)
		cg->bad_bitcode = cg->complaint ? cg->complaint : otherwise;
}

static void link_one(struct codegen *cg, const struct codegen_bitcode *code)
{
	LLVMMemoryBufferRef buffer =
		LLVMCreateMemoryBufferWithMemoryRangeCopy(code->data, code->size, "import");
	LLVMModuleRef module = NULL;
	LLVMValueRef function;

	if (LLVMParseBitcodeInContext2(cg->context, buffer, &module)) {
		LLVMDisposeMemoryBuffer(buffer);
		note_refusal(cg, "its bitcode cannot be read");
		return;
	}
	LLVMDisposeMemoryBuffer(buffer);
	/* What the C program marks as used is used if the script uses it. */
	remove_global(module, "llvm.used");
	remove_global(module, "llvm.compiler.used");
	remove_license(module);
	LLVMSetTarget(module, LLVMGetTarget(cg->module));
	for (function = LLVMGetFirstFunction(module); function;
	     function = LLVMGetNextFunction(function))
		LLVMSetVisibility(function, LLVMDefaultVisibility);
	if (LLVMLinkModules2(cg->module, module))
		note_refusal(cg, "it cannot be linked");
}

void c_objects_link(struct codegen *cg)
{
	const struct codegen_options *options = cg->options;
	LLVMValueRef function;

	for (size_t i = 0; i < options->nbitcode; i++)
		link_one(cg, &options->bitcode[i]);
	for (function = LLVMGetFirstFunction(cg->module); function;
	     function = LLVMGetNextFunction(function))
		make_inline(cg, function);
}

static LLVMValueRef as_type(struct codegen *cg, const struct expr *arg, LLVMTypeRef type)
{
	bool is_pointer = LLVMGetTypeKind(type) == LLVMPointerTypeKind;
	bool is_address = arg->kind == EXPR_UNARY && arg->unary.op == UNARY_ADDR;
	LLVMValueRef value;

	/* The function may read there itself. */
	value = is_pointer && is_address ? emit_address_of(cg, arg->unary.operand)
					 : emit_value(cg, arg);
	if (is_pointer)
		return LLVMBuildIntToPtr(cg->builder,
					 emit_resize(cg, value, 8, arg->type->is_signed), type, "");
	return LLVMBuildIntCast2(cg->builder, value, type, arg->type->is_signed, "");
}

LLVMValueRef emit_c_call(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	LLVMValueRef function = LLVMGetNamedFunction(cg->module, call->call.name), args[5], result;
	LLVMTypeRef type = LLVMGlobalGetValueType(function), params[5];
	size_t n = call->call.args.len;

	(void)dst; /* results are scalars */
	LLVMGetParamTypes(type, params);
	for (size_t i = 0; i < n; i++)
		args[i] = as_type(cg, call->call.args.data[i], params[i]);
	result = LLVMBuildCall2(cg->builder, type, function, args, (unsigned)n, "");
	if (call->type->kind == TYPE_NONE)
		return NULL;
	if (call->type->kind == TYPE_PTR)
		return LLVMBuildPtrToInt(cg->builder, result, cg->i64, "");
	return LLVMBuildIntCast2(cg->builder, result, cg_type(cg, call->type),
				 call->type->is_signed, "");
}
