/* What the kernel prints itself: debugf(), and printf() and print() of iterators that are pinned.
 */
#include "codegen/functions.h"

#include <string.h>

/* One directive as the kernel knows it: numbers have 64 bits, and length modifiers are replaced.
 * Returns the rest of the format. */
static const char *add_directive(struct strbuf *out, const char *format, const struct type *type)
{
	size_t n = strspn(format, "-+ 0#");

	n += strspn(format + n, "0123456789");
	strbuf_adds(out, format[n] == 'p' ? "0x%" : "%");
	strbuf_add(out, format, n);
	format += n;
	if (*format == '.')
		format += 1 + strspn(format + 1, "0123456789");
	format += strspn(format, "hlzjt");
	if (type->kind == TYPE_STRING || *format == 'c')
		strbuf_addc(out, type->kind == TYPE_STRING ? 's' : 'c');
	else if (*format == 'x' || *format == 'X' || *format == 'u')
		strbuf_addf(out, "ll%c", *format);
	else if (*format == 'p' || type->kind == TYPE_PTR)
		strbuf_adds(out, "llx");
	else
		strbuf_adds(out, type->is_signed ? "lld" : "llu");
	return *format ? format + 1 : format;
}

static void kernel_format(const char *format, struct expr *const *args, size_t n,
			  struct strbuf *out)
{
	size_t next = 0;

	while (*format) {
		if (format[0] == '%' && format[1] == '%') {
			strbuf_adds(out, "%%");
			format += 2;
		} else if (*format == '%' && next < n) {
			format = add_directive(out, format + 1, args[next++]->type);
		} else {
			strbuf_addc(out, *format++);
		}
	}
}

static LLVMValueRef emit_argument(struct codegen *cg, const struct expr *arg)
{
	return type_is_scalar(arg->type) ? emit_value64(cg, arg) : emit_address(cg, arg);
}

LLVMValueRef emit_call_debugf(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	const expr_vec *args = &call->call.args;
	struct strbuf format = STRBUF_INIT;
	LLVMValueRef values[5];
	size_t i;

	(void)dst;
	kernel_format(args->data[0]->string.data, args->data + 1, args->len - 1, &format);
	for (i = 1; i < args->len; i++)
		values[i + 1] = emit_argument(cg, args->data[i]);
	values[0] = cg_const_bytes(cg, strbuf_str(&format), format.len + 1);
	values[1] = cg_i32(cg, format.len + 1);
	emit_helper_call(cg, BPF_FUNC_trace_printk, cg->i64, values, args->len + 1);
	strbuf_free(&format);
	return NULL;
}

/* struct bpf_iter_meta is what the context begins with, and begins with the file: the verifier
 * wants to see them loaded. */
static LLVMValueRef emit_seq_file(struct codegen *cg)
{
	LLVMValueRef meta = emit_ctx_load(cg, 0, 8);

	return emit_load(cg, LLVMBuildIntToPtr(cg->builder, meta, cg->ptr, ""), 8, 8);
}

void emit_seq_printf(struct codegen *cg, const char *text, struct expr *const *args, size_t n)
{
	LLVMValueRef words = n ? cg_temp(cg, 8 * (uint32_t)n, 8) : LLVMConstNull(cg->ptr),
		     values[5];
	struct strbuf format = STRBUF_INIT;

	kernel_format(text, args, n, &format);
	for (size_t i = 0; i < n; i++) {
		LLVMValueRef value = emit_argument(cg, args[i]);

		if (!type_is_scalar(args[i]->type))
			value = LLVMBuildPtrToInt(cg->builder, value, cg->i64, "");
		emit_store(cg, value, emit_offset(cg, words, 8 * (uint32_t)i), 8);
	}
	values[0] = emit_seq_file(cg);
	values[1] = cg_const_bytes(cg, strbuf_str(&format), format.len + 1);
	values[2] = cg_i32(cg, format.len + 1);
	values[3] = words;
	values[4] = cg_i32(cg, 8 * (uint32_t)n);
	emit_helper_call(cg, BPF_FUNC_seq_printf, cg->i64, values, 5);
	strbuf_free(&format);
}
