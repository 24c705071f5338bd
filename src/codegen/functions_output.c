/* Functions that the runtime carries out: each sends an event. */
#include "codegen/functions.h"

#include <string.h>

/* The first argument is the format, which the plan has. */
static LLVMValueRef emit_formatted(struct codegen *cg, const struct expr *call)
{
	emit_event(cg, call->call.event, call->call.args.data + 1, call->call.args.len - 1,
		   call->call.early ? call->call.early - 1 : 0);
	return NULL;
}

LLVMValueRef emit_call_printf(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	const expr_vec *args = &call->call.args;

	(void)dst;
	if (!plan_prog_is_pinned(cg->program->plan))
		return emit_formatted(cg, call);
	emit_seq_printf(cg, args->data[0]->string.data, args->data + 1, args->len - 1);
	return NULL;
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

/* The runtime reads the value; whether there is one is told here, under -k only. */
static void emit_print_map_value(struct codegen *cg, const struct expr *call)
{
	const struct expr *map = call->call.args.data[0];
	const struct type *type;
	struct cg_record record;
	LLVMValueRef key;

	if (!map->error_event) {
		emit_event(cg, call->call.event, &map->map.key, !!map->map.key, call->call.early);
		return;
	}
	key = emit_gathered_key(cg, map);
	type = map->map.key->type;
	record = cg_record_begin(cg, call->call.event);
	emit_copy(cg, cg_record_member(cg, &record, 0), key, type->size, type->align);
	cg_record_end(cg, &record);
}

LLVMValueRef emit_call_print(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	const expr_vec *args = &call->call.args;
	bool is_map = args->data[0]->kind == EXPR_MAP && !args->data[0]->map.has_brackets;
	enum plan_event_kind kind;
	LLVMValueRef words[2];

	(void)dst;
	if (plan_prog_is_pinned(cg->program->plan) && !is_map) {
		emit_seq_printf(cg, "%s\n", args->data, 1);
		return NULL;
	}
	kind = cg->plan->events.data[call->call.event].kind;
	if (kind == EVENT_PRINT_MAP) {
		words[0] = emit_number_or_zero(cg, args, 1);
		words[1] = emit_number_or_zero(cg, args, 2);
		emit_event_words(cg, call->call.event, words, 2);
	} else if (kind == EVENT_PRINT_MAP_VALUE) {
		emit_print_map_value(cg, call);
	} else {
		emit_event(cg, call->call.event, args->data, 1, call->call.early);
	}
	return NULL;
}

/* --- the end of tracing --- */

/* Of an iterator that sonde reads itself: the kernel ends a walk, with EAGAIN, at a result of 1. */
static void emit_end_of_walk(struct codegen *cg)
{
	if (cg->program->provider->context == CONTEXT_ITER &&
	    !cg->program->plan->targets.data[0].extra)
		emit_store(cg, cg_i32(cg, 1), cg_result_address(cg), 4);
}

/* The state is set first: a full ring buffer cannot keep the script from ending. */
static void emit_exiting(struct codegen *cg, LLVMValueRef code)
{
	emit_store(cg, code, emit_state(cg, offsetof(struct plan_state, exit_code)), 8);
	emit_store(cg, cg_i64(cg, 1), emit_state(cg, offsetof(struct plan_state, exiting)), 8);
	emit_end_of_walk(cg);
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

/* The texts are where the array is that points to them; the kernel's may point into processes. */
static enum type_space text_space(const struct type *array)
{
	const struct type *element = array->kind == TYPE_PTR     ? array->ptr.to
				     : array->kind == TYPE_ARRAY ? array->array.element
								 : array;
	enum type_space space = array_space(array);

	if (space == SPACE_USER || element->kind != TYPE_PTR || element->ptr.space == SPACE_UNKNOWN)
		return space;
	if (space == SPACE_ADDRESS && element->ptr.space == SPACE_KERNEL)
		return space;
	return element->ptr.space;
}

/* Texts are read up to the first null pointer, straight into the record. */
LLVMValueRef emit_call_join(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	const struct expr *array = call->call.args.data[0];
	const struct type *payload = cg->plan->events.data[call->call.event].payload;
	enum bpf_func_id read = cg_read_text_helper(cg, text_space(array->type));
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
		emit_helper(cg, read, cg->i64, cg_record_member(cg, &record, i),
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
