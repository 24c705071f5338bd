/*
 * The room's entrance: typed programs and their plan come in, a BPF ELF object goes out. Sets up
 * one LLVM module, has every program emitted into it, optimizes it and turns it into machine code.
 */
#include "codegen/internal.h"

#include <assert.h>
#include <llvm-c/Analysis.h>
#include <llvm-c/Support.h>
#include <llvm-c/Target.h>
#include <llvm-c/Transforms/PassBuilder.h>
#include <stdlib.h>
#include <string.h>

#define BPF_TRIPLE "bpfel"
/*
 * Of a function, LLVM's: few become more than two of BPF's, whose jumps reach 32767. But with more
 * than some thousands the kernel's JIT for x86 may find no lengths for its jumps (ENOTSUPP).
 */
#define MOST_INSTRUCTIONS 10000
#define LONG_INSTRUCTIONS 1000
#define BPF_CPU "v3" /* 32-bit operations, atomics with a result: Linux 5.12 */

/*
 * Blocks stay in the order of the script. LLVM would move some to where they must jump back: the
 * verifier may take that for a loop, and of many jumps back the kernel's JIT makes no end (see
 * percpu.c).
 */
static LLVMTargetMachineRef machine_new(void)
{
	static const char *const options[] = {"sonde", "-disable-block-placement"};
	LLVMTargetMachineRef machine;
	LLVMTargetRef target;
	char *error = NULL;

	LLVMParseCommandLineOptions(sizeof(options) / sizeof(options[0]), options, "");
	LLVMInitializeBPFTargetInfo();
	LLVMInitializeBPFTarget();
	LLVMInitializeBPFTargetMC();
	LLVMInitializeBPFAsmPrinter();
	if (LLVMGetTargetFromTriple(BPF_TRIPLE, &target, &error))
		abort(); /* the target is linked in */
	machine = LLVMCreateTargetMachine(target, BPF_TRIPLE, BPF_CPU, "", LLVMCodeGenLevelDefault,
					  LLVMRelocDefault, LLVMCodeModelDefault);
	assert(machine);
	return machine;
}

/* LLVM's own handler would end the process. */
static void on_diagnostic(LLVMDiagnosticInfoRef info, void *data)
{
	struct codegen *cg = data;
	char *text;

	if (LLVMGetDiagInfoSeverity(info) != LLVMDSError)
		return;
	cg->has_failed = true;
	text = LLVMGetDiagInfoDescription(info);
	cg->complaint = arena_strdup(cg->arena, text);
	LLVMDisposeMessage(text);
}

static void module_begin(struct codegen *cg)
{
	LLVMTargetDataRef layout;
	char *text;

	cg->context = LLVMContextCreate();
	LLVMContextSetDiagnosticHandler(cg->context, on_diagnostic, cg);
	LLVMContextSetDiscardValueNames(cg->context, !cg->options->dump_llvm &&
							     !cg->options->dump_llvm_optimized);
	cg->module = LLVMModuleCreateWithNameInContext("sonde", cg->context);
	cg->builder = LLVMCreateBuilderInContext(cg->context);
	cg->machine = machine_new();
	layout = LLVMCreateTargetDataLayout(cg->machine);
	text = LLVMCopyStringRepOfTargetData(layout);
	LLVMSetDataLayout(cg->module, text);
	LLVMDisposeMessage(text);
	LLVMDisposeTargetData(layout);
	LLVMSetTarget(cg->module, BPF_TRIPLE);

	cg->i1 = LLVMInt1TypeInContext(cg->context);
	cg->i8 = LLVMInt8TypeInContext(cg->context);
	cg->i16 = LLVMInt16TypeInContext(cg->context);
	cg->i32 = LLVMInt32TypeInContext(cg->context);
	cg->i64 = LLVMInt64TypeInContext(cg->context);
	cg->ptr = LLVMPointerTypeInContext(cg->context, 0);
	cg->none = LLVMVoidTypeInContext(cg->context);
}

static void dump(LLVMModuleRef module, FILE *out)
{
	char *text;

	if (!out)
		return;
	text = LLVMPrintModuleToString(module);
	fputs(text, out);
	LLVMDisposeMessage(text);
}

static void verify(struct codegen *cg)
{
	char *error = NULL;

	if (!cg->options->verify_ir)
		return;
	if (LLVMVerifyModule(cg->module, LLVMReturnStatusAction, &error)) {
		fprintf(stderr, "%s\n", error);
		abort();
	}
	LLVMDisposeMessage(error);
}

/*
 * What one body's straight code gains from. The whole of O2 makes programs of the same size (within
 * 1 % over the test scripts') and takes a fifth of the time to the first event. The default
 * pipeline stays for BPF's own passes, which it holds: relocations, and no reordering of what the
 * verifier must see in order.
 */
#define PASSES                                                                                     \
	"default<O0>,function(sroa,early-cse<memssa>,instcombine<no-verify-fixpoint>,simplifycfg)"

static void optimize(struct codegen *cg)
{
	LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
	LLVMErrorRef error;

	error = LLVMRunPasses(cg->module, PASSES, cg->machine, options);
	assert(!error);
	(void)error;
	LLVMDisposePassBuilderOptions(options);
}

/*
 * LLVM has joined values that have another part each written: where one comes from a branch that
 * writes no part of it, any value will do, and none at all takes the least code. The verifier
 * refuses to have such a register read, so it is 0.
 */
static void settle_phi(LLVMValueRef phi)
{
	for (unsigned i = 0; i < LLVMCountIncoming(phi); i++)
		if (LLVMIsUndef(LLVMGetIncomingValue(phi, i)))
			LLVMSetOperand(phi, i, LLVMConstNull(LLVMTypeOf(phi)));
}

/*
 * A division is not reached with a divisor of 0, but in choosing instructions LLVM looks at a block
 * on its own: of a divisor that it then finds to be 0, (x >> 63) / 13, the quotient is no value at
 * all.
 */
static void settle_division(struct codegen *cg, LLVMValueRef division)
{
	LLVMValueRef divisor = LLVMGetOperand(division, 1);

	if (LLVMIsConstant(divisor))
		return;
	LLVMPositionBuilderBefore(cg->builder, division);
	LLVMSetOperand(division, 1, emit_opaque(cg, divisor));
}

static void settle(struct codegen *cg, LLVMValueRef instruction)
{
	switch ((int)LLVMGetInstructionOpcode(instruction)) {
	case LLVMPHI:
		settle_phi(instruction);
		break;
	case LLVMUDiv:
	case LLVMURem:
		settle_division(cg, instruction);
		break;
	}
}

static void settle_all(struct codegen *cg)
{
	LLVMValueRef function, instruction;
	LLVMBasicBlockRef block;

	for (function = LLVMGetFirstFunction(cg->module); function;
	     function = LLVMGetNextFunction(function))
		for (block = LLVMGetFirstBasicBlock(function); block;
		     block = LLVMGetNextBasicBlock(block))
			for (instruction = LLVMGetFirstInstruction(block); instruction;
			     instruction = LLVMGetNextInstruction(instruction))
				settle(cg, instruction);
}

/* Whether some function is so long that LLVM would give up on its jumps, and end the process. */
static bool is_too_long(const struct codegen *cg, uint32_t most)
{
	LLVMValueRef function, instruction;
	LLVMBasicBlockRef block;

	for (function = LLVMGetFirstFunction(cg->module); function;
	     function = LLVMGetNextFunction(function)) {
		size_t n = 0;

		for (block = LLVMGetFirstBasicBlock(function); block;
		     block = LLVMGetNextBasicBlock(block))
			for (instruction = LLVMGetFirstInstruction(block); instruction;
			     instruction = LLVMGetNextInstruction(instruction))
				n++;
		if (n > most)
			return true;
	}
	return false;
}

/* What LLVM prints while it makes code would reach the user unexplained; a bug, so show it. */
static LLVMMemoryBufferRef machine_code(struct codegen *cg, LLVMModuleRef module,
					LLVMCodeGenFileType kind)
{
	LLVMMemoryBufferRef buffer = NULL;
	char *error = NULL;

	if (LLVMTargetMachineEmitToMemoryBuffer(cg->machine, module, kind, &error, &buffer)) {
		fprintf(stderr, "%s\n", error);
		abort();
	}
	return buffer;
}

static void dump_assembly(struct codegen *cg)
{
	LLVMMemoryBufferRef buffer;
	LLVMModuleRef copy;

	if (!cg->options->dump_assembly)
		return;
	copy = LLVMCloneModule(cg->module);
	buffer = machine_code(cg, copy, LLVMAssemblyFile);
	fwrite(LLVMGetBufferStart(buffer), 1, LLVMGetBufferSize(buffer),
	       cg->options->dump_assembly);
	LLVMDisposeMemoryBuffer(buffer);
	LLVMDisposeModule(copy);
}

static void module_end(struct codegen *cg)
{
	LLVMDisposeBuilder(cg->builder);
	LLVMDisposeModule(cg->module);
	LLVMDisposeTargetMachine(cg->machine);
	LLVMContextDispose(cg->context);
}

static void take_object(struct codegen *cg, struct codegen_object *object)
{
	LLVMMemoryBufferRef buffer;

	cg->is_too_long = is_too_long(cg, cg->most_instructions);
	cg->has_failed |= cg->is_too_long;
	if (cg->has_failed)
		return;
	dump_assembly(cg);
	buffer = machine_code(cg, cg->module, LLVMObjectFile);
	if (!cg->has_failed) {
		object->size = LLVMGetBufferSize(buffer);
		object->data = malloc(object->size);
		if (!object->data)
			abort();
		memcpy(object->data, LLVMGetBufferStart(buffer), object->size);
	}
	LLVMDisposeMemoryBuffer(buffer);
}

/* False if the programs need more stack than there is, or are too long. */
static bool generate(struct codegen *cg, struct codegen_object *object)
{
	const struct codegen_options *options = cg->options;
	size_t i;

	module_begin(cg);
	c_objects_link(cg);
	if (cg->bad_bitcode) {
		module_end(cg);
		return false;
	}
	debug_begin(cg);
	globals_begin(cg);
	for (i = 0; i < cg->unit->programs.len; i++)
		emit_program(cg, cg->unit->programs.data[i]);
	sessions_end(cg);
	maps_end(cg);
	globals_end(cg);
	core_end(cg);
	near_end(cg);
	debug_end(cg);

	dump(cg->module, options->dump_llvm);
	verify(cg);
	if (!cg->is_too_long)
		cg->is_too_long = is_too_long(cg, cg_most_unoptimized(cg));
	cg->has_failed |= cg->is_too_long;
	if (!cg->is_too_long) {
		optimize(cg);
		settle_all(cg);
		dump(cg->module, options->dump_llvm_optimized);
		take_object(cg, object);
	}
	module_end(cg);
	return !cg->has_failed;
}

/* Why the imported C programs, and not what the script does, cannot become BPF programs; or NULL.
 */
static const char *refusal_of_bitcode(const struct codegen *cg)
{
	if (cg->bad_bitcode || cg->is_too_long || !cg->options->nbitcode || !cg->complaint)
		return cg->bad_bitcode;
	return strstr(cg->complaint, "stack limit") ? NULL : cg->complaint;
}

/*
 * How much LLVM spills to the stack is seen when it has done so: if that and what was put there is
 * too much, for a function or for those that call one another, all is done again with everything in
 * scratch memory, and then with blocks in functions of their own: first all, and if those are more
 * functions than a program may have, or too deep in one another, the long ones only. Functions that
 * are too long are cut so at once.
 */
enum codegen_result codegen(const struct codegen_options *options, const struct ast_unit *unit,
			    const struct plan *plan, struct codegen_object *object,
			    const char **why)
{
	static const struct {
		uint32_t stack_budget, least_outlined, most_instructions;
	} ways[] = {
		{256, 0, LONG_INSTRUCTIONS},
		{0, 0, LONG_INSTRUCTIONS},
		{0, 2, MOST_INSTRUCTIONS},
		{0, 16, MOST_INSTRUCTIONS},
	};
	const size_t n = sizeof(ways) / sizeof(ways[0]), outlined = 2;
	size_t i;

	for (i = 0; i < n;) {
		struct codegen *cg = arena_new_object(options->arena, struct codegen);

		cg->options = options;
		cg->unit = unit;
		cg->plan = plan;
		cg->types = plan->types;
		cg->arena = options->arena;
		cg->stack_budget = ways[i].stack_budget;
		cg->least_outlined = ways[i].least_outlined;
		cg->most_instructions = ways[i].most_instructions;
		cg->serial = options->serial * n + i;
		hashmap_init(&cg->functions, cg->arena);
		if (generate(cg, object)) {
			if (frames_fit(cg, object, i < outlined ? 32 : 16))
				return CODEGEN_DONE;
			codegen_object_free(object);
		}
		*why = refusal_of_bitcode(cg);
		if (*why)
			return CODEGEN_BAD_BITCODE;
		i = cg->is_too_long && i < outlined ? outlined : i + 1;
	}
	return CODEGEN_TOO_LARGE;
}

void codegen_object_free(struct codegen_object *object)
{
	free(object->data);
	object->data = NULL;
	object->size = 0;
}
