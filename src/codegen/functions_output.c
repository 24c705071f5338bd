/* Functions that the runtime carries out: each sends an event. And debugf(), which prints here. */
#include "codegen/functions.h"

#include <string.h>

/* The first argument is the format, which the plan has. */
static LLVMValueRef emit_formatted(struct codegen *cg, const struct expr *call)
{
	emit_event(cg, call->call.event, call->call.args.data + 1, call->call.args.len - 1);
	return NULL;
}

LLVMValueRef emit_call_printf(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	(void)dst;
	return emit_formatted(cg, call);
}

LLVMValueRef emit_call_errorf(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	(void)dst;
	return emit_formatted(cg, call);
}

LLVMValueRef emit_call_warnf(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	(void)dst;
	return emit_formatted(cg, call);
}

LLVMValueRef emit_call_cat(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	(void)dst;
	return emit_formatted(cg, call);
}

LLVMValueRef emit_call_system(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	(void)dst;
	return emit_formatted(cg, call);
}

static LLVMValueRef emit_signal_event(struct codegen *cg, const struct expr *call)
{
	emit_event_words(cg, call->call.event, NULL, 0);
	return NULL;
}

LLVMValueRef emit_call_time(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	(void)dst;
	return emit_signal_event(cg, call);
}

LLVMValueRef emit_call_clear(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	(void)dst;
	return emit_signal_event(cg, call);
}

LLVMValueRef emit_call_zero(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	(void)dst;
	return emit_signal_event(cg, call);
}

static LLVMValueRef emit_number_or_zero(struct codegen *cg, const expr_vec *args, size_t index)
{
	return index < args->len ? emit_value64(cg, args->data[index]) : cg_i64(cg, 0);
}

LLVMValueRef emit_call_print(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	const expr_vec *args = &call->call.args;
	enum plan_event_kind kind = cg->plan->events.data[call->call.event].kind;
	LLVMValueRef words[2];

	(void)dst;
	if (kind == EVENT_PRINT_MAP) {
		words[0] = emit_number_or_zero(cg, args, 1);
		words[1] = emit_number_or_zero(cg, args, 2);
		emit_event_words(cg, call->call.event, words, 2);
	} else if (kind == EVENT_PRINT_MAP_VALUE) {
		emit_event(cg, call->call.event, &args->data[0]->map.key, !!args->data[0]->map.key);
	} else {
		emit_event(cg, call->call.event, args->data, 1);
	}
	return NULL;
}

/* --- the end of tracing --- */

/* The state is set first: a full ring buffer cannot keep the script from ending. */
static void emit_exiting(struct codegen *cg, LLVMValueRef code)
{
	emit_store(cg, code, emit_state(cg, offsetof(struct plan_state, exit_code)), 8);
	emit_store(cg, cg_i64(cg, 1), emit_state(cg, offsetof(struct plan_state, exiting)), 8);
}

LLVMValueRef emit_call_exit(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	LLVMValueRef code = emit_number_or_zero(cg, &call->call.args, 0);

	(void)dst;
	emit_exiting(cg, code);
	emit_event_words(cg, call->call.event, &code, 1);
	emit_leave(cg);
	return NULL;
}

LLVMValueRef emit_call_assert(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	LLVMBasicBlockRef failed = cg_block(cg, "assert_failed"), next = cg_block(cg, "asserted");

	(void)dst;
	emit_branch(cg, emit_condition(cg, call->call.args.data[0]), next, failed);
	cg_position(cg, failed);
	emit_exiting(cg, cg_i64(cg, 1));
	emit_signal_event(cg, call);
	emit_leave(cg);
	emit_jump(cg, next);
	cg_position(cg, next);
	return NULL;
}

LLVMValueRef emit_call_unwatch(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	LLVMValueRef address = emit_value64(cg, call->call.args.data[0]);

	(void)dst;
	emit_event_words(cg, call->call.event, &address, 1);
	return NULL;
}

/* --- join() --- */

static enum type_space array_space(const struct type *array)
{
	return array->kind == TYPE_PTR ? array->ptr.space : SPACE_UNKNOWN;
}

/* The address of text @index of an array of pointers, which is in memory or behind a pointer. */
static LLVMValueRef emit_text_pointer(struct codegen *cg, const struct expr *array,
				      LLVMValueRef base, uint32_t index)
{
	LLVMValueRef memory;

	if (array->type->kind == TYPE_ARRAY)
		return emit_load(cg, emit_offset(cg, base, index * 8), 8, 8);
	memory = cg_temp(cg, 8, 8);
	emit_probe_read(cg, memory, 8,
			LLVMBuildAdd(cg->builder, base, cg_i64(cg, index * 8ull), ""),
			array_space(array->type), 0);
	return emit_load(cg, memory, 8, 8);
}

/* The texts are in user or kernel memory as the array that points to them is. */
static enum type_space text_space(const struct type *array)
{
	const struct type *element = array->kind == TYPE_PTR     ? array->ptr.to
				     : array->kind == TYPE_ARRAY ? array->array.element
								 : array;

	if (element->kind == TYPE_PTR && element->ptr.space != SPACE_UNKNOWN)
		return element->ptr.space;
	return array_space(array);
}

/* Texts are read up to the first null pointer, straight into the record. */
LLVMValueRef emit_call_join(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	const struct expr *array = call->call.args.data[0];
	const struct type *payload = cg->plan->events.data[call->call.event].payload;
	bool is_user = cg_is_user_space(cg, text_space(array->type));
	LLVMValueRef base = emit_value(cg, array), count, text;
	struct cg_record record = cg_record_begin(cg, call->call.event);
	LLVMBasicBlockRef done = cg_block(cg, "joined"), more;
	const struct type_field *fields;
	uint32_t n, i;

	(void)dst;
	fields = types_fields(cg->types, payload, &n);
	if (array->type->kind == TYPE_ARRAY && array->type->array.count < n - 1)
		n = array->type->array.count + 1;
	count = cg_record_member(cg, &record, 0);
	emit_store(cg, cg_i64(cg, 0), count, 8);
	for (i = 1; i < n; i++) {
		text = emit_text_pointer(cg, array, base, i - 1);
		more = cg_block(cg, "join");
		emit_branch(cg, LLVMBuildIsNull(cg->builder, text, ""), done, more);
		cg_position(cg, more);
		emit_helper(cg,
			    is_user ? BPF_FUNC_probe_read_user_str : BPF_FUNC_probe_read_kernel_str,
			    cg->i64, cg_record_member(cg, &record, i),
			    cg_i32(cg, fields[i].type->size), text);
		emit_store(cg, cg_i64(cg, i), count, 8);
	}
	emit_jump(cg, done);
	cg_position(cg, done);
	cg_record_end(cg, &record);
	return NULL;
}

/* --- skboutput() --- */

static LLVMValueRef emit_skb_field(struct codegen *cg, LLVMValueRef skb, const struct type *type,
				   const char *name)
{
	struct type_path path;

	if (!types_find_field(cg->types, type, name, &path))
		return cg_i64(cg, 0);
	return emit_resize(cg, emit_read_field(cg, skb, SPACE_KERNEL, &path, 0), 8, false);
}

static LLVMValueRef emit_min(struct codegen *cg, LLVMValueRef a, LLVMValueRef b)
{
	return LLVMBuildSelect(cg->builder, LLVMBuildICmp(cg->builder, LLVMIntULT, a, b, ""), a, b,
			       "");
}

/*
 * The packet's bytes in the linear part of the buffer, from @offset, as many as asked for, are
 * there and fit. The result is 0, or 1 if nothing could be read.
 */
LLVMValueRef emit_call_skboutput(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	enum { AT_TIME, AT_LENGTH, AT_BYTES, SKB = 1, LENGTH = 2, OFFSET = 3 };
	struct expr *const *args = call->call.args.data;
	const struct type *payload = cg->plan->events.data[call->call.event].payload;
	const struct type *skb_type = types_by_tag(cg->types, TYPE_STRUCT, "sk_buff");
	LLVMValueRef skb = emit_value64(cg, args[SKB]), wanted = emit_value64(cg, args[LENGTH]);
	LLVMValueRef offset = emit_value64(cg, args[OFFSET]), length, linear, data, code, bytes;
	LLVMValueRef failed = cg_temp(cg, 4, 4);
	const struct type_field *fields;
	struct cg_record record;
	uint32_t n, most;

	(void)dst;
	fields = types_fields(cg->types, payload, &n);
	length = emit_skb_field(cg, skb, skb_type, "len");
	linear = LLVMBuildSub(cg->builder, length, emit_skb_field(cg, skb, skb_type, "data_len"),
			      "");
	data = LLVMBuildAdd(cg->builder, emit_skb_field(cg, skb, skb_type, "data"), offset, "");
	most = fields[AT_BYTES].type->text.capacity;
	linear = emit_clamp(cg, LLVMBuildSub(cg->builder, linear, offset, ""), most);
	wanted = emit_clamp(cg, emit_min(cg, wanted, linear), most);
	emit_store(cg, cg_i32(cg, 1), failed, 4);

	record = cg_record_begin(cg, call->call.event);
	emit_store(cg, emit_helper0(cg, BPF_FUNC_ktime_get_boot_ns, cg->i64),
		   cg_record_member(cg, &record, AT_TIME), 8);
	emit_store(cg, emit_resize(cg, length, 4, false), cg_record_member(cg, &record, AT_LENGTH),
		   4);
	bytes = cg_record_member(cg, &record, AT_BYTES);
	emit_store(cg, emit_resize(cg, wanted, 4, false), bytes, 4);
	code = emit_helper(cg, BPF_FUNC_probe_read_kernel, cg->i64, emit_offset(cg, bytes, 4),
			   wanted, data);
	code = LLVMBuildZExt(cg->builder, LLVMBuildIsNotNull(cg->builder, code, ""), cg->i32, "");
	emit_store(cg, code, failed, 4);
	cg_record_end(cg, &record);
	return emit_load(cg, failed, 4, 4);
}

/* --- debugf() --- */

/*
 * One directive as bpf_trace_printk() knows it: numbers have 64 bits, and length modifiers are
 * replaced. Returns the rest of the format.
 */
static const char *add_directive(struct strbuf *out, const char *format, const struct type *type)
{
	bool is_text = type->kind == TYPE_STRING;
	size_t flags = strspn(format, "-+ 0#"), width;

	width = strspn(format + flags, "0123456789");
	strbuf_addc(out, '%');
	if (!is_text)
		strbuf_add(out, format, flags + width);
	format += flags + width;
	format += strspn(format, ".0123456789");
	format += strspn(format, "hlzjt");
	if (is_text)
		strbuf_adds(out, "s");
	else if (*format == 'x' || *format == 'X' || *format == 'u')
		strbuf_addf(out, "ll%c", *format);
	else if (*format == 'p')
		strbuf_adds(out, "llx");
	else
		strbuf_adds(out, type->is_signed ? "lld" : "llu");
	return *format ? format + 1 : format;
}

static void kernel_format(const struct expr *call, struct strbuf *out)
{
	const expr_vec *args = &call->call.args;
	const char *format = args->data[0]->string.data;
	size_t next = 1;

	while (*format) {
		if (format[0] == '%' && format[1] == '%') {
			strbuf_adds(out, "%%");
			format += 2;
		} else if (*format == '%' && next < args->len) {
			format = add_directive(out, format + 1, args->data[next++]->type);
		} else {
			strbuf_addc(out, *format++);
		}
	}
}

LLVMValueRef emit_call_debugf(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	const expr_vec *args = &call->call.args;
	struct strbuf format = STRBUF_INIT;
	LLVMValueRef values[5];
	size_t i;

	(void)dst;
	kernel_format(call, &format);
	for (i = 1; i < args->len; i++)
		values[i + 1] = type_is_scalar(args->data[i]->type)
					? emit_value64(cg, args->data[i])
					: emit_address(cg, args->data[i]);
	values[0] = cg_const_bytes(cg, strbuf_str(&format), format.len + 1);
	values[1] = cg_i32(cg, format.len + 1);
	emit_helper_call(cg, BPF_FUNC_trace_printk, cg->i64, values, args->len + 1);
	strbuf_free(&format);
	return NULL;
}
