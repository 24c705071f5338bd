/* Functions that name a number: strerror(), signal_name(), syscall_name(). The names are rows of a
 * table in the object, there only if the script asks for them. */
#include "codegen/functions.h"

#include <string.h>

#define ERRNO_ROWS 134 /* to EHWPOISON */
#define SIGNAL_ROWS 32

static const char *const syscall_names[] = {
#define SYSCALL(number, name) [number] = #name,
#include "lang/syscalls.def"
#undef SYSCALL
};

/* Rows are as long as the longest name; a further one is for numbers that have none. */
static uint32_t table_stride(const char *const *names, uint32_t n)
{
	size_t longest = 0, len;
	uint32_t i;

	for (i = 0; i < n; i++) {
		len = names[i] ? strlen(names[i]) : 0;
		longest = len > longest ? len : longest;
	}
	return (longest + 8) & ~7u;
}

static LLVMValueRef emit_name(struct codegen *cg, const struct expr *call, LLVMValueRef number,
			      const char **names, uint32_t n, const char *unknown, LLVMValueRef dst)
{
	uint32_t size = call->type->size, stride, i;
	LLVMValueRef row;

	for (i = 0; i < n; i++)
		names[i] = names[i] ? names[i] : unknown;
	names[n] = unknown;
	stride = table_stride(names, n + 1);
	stride = stride < size ? stride : size;
	/* a negative number is a large one here */
	number = LLVMBuildLShr(cg->builder, LLVMBuildShl(cg->builder, number, cg_i64(cg, 1), ""),
			       cg_i64(cg, 1), "");
	row = emit_table_row(cg, cg_const_table(cg, names, n + 1, stride), number, n + 1, stride);
	if (stride < size)
		emit_zero(cg, emit_offset(cg, dst, stride), size - stride, 1);
	emit_copy(cg, dst, row, stride, 1);
	return NULL;
}

LLVMValueRef emit_call_strerror(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	LLVMValueRef number = emit_value64(cg, call->call.args.data[0]), is_negative;
	const char *names[ERRNO_ROWS + 1];
	int i;

	for (i = 0; i < ERRNO_ROWS; i++)
		names[i] = strerrordesc_np(i);
	is_negative = LLVMBuildICmp(cg->builder, LLVMIntSLT, number, cg_i64(cg, 0), "");
	number = LLVMBuildSelect(cg->builder, is_negative, LLVMBuildNeg(cg->builder, number, ""),
				 number, "");
	return emit_name(cg, call, number, names, ERRNO_ROWS, "Unknown error", dst);
}

LLVMValueRef emit_call_signal_name(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	const char *names[SIGNAL_ROWS + 1];
	int i;

	for (i = 0; i < SIGNAL_ROWS; i++)
		names[i] = sigdescr_np(i);
	return emit_name(cg, call, emit_value64(cg, call->call.args.data[0]), names, SIGNAL_ROWS,
			 "N/A", dst);
}

LLVMValueRef emit_call_syscall_name(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	enum { ROWS = sizeof(syscall_names) / sizeof(*syscall_names) };
	const char *names[ROWS + 1];

	memcpy(names, syscall_names, sizeof(syscall_names));
	return emit_name(cg, call, emit_value64(cg, call->call.args.data[0]), names, ROWS,
			 "Unknown syscall", dst);
}
