/*
 * Records for user space: reserved in the ring buffer, filled in place, submitted, and counted as
 * sent, or as lost when there is no room. In comes the event of the plan and what its payload is
 * made of.
 *
 * Scalars, whatever might leave the program, and what comes before something that changes values,
 * are evaluated before the reservation, so that each way from it leads to the submission. Texts and
 * other large values are read straight into the record.
 */
#include "codegen/functions.h"
#include "codegen/internal.h"

static uint32_t payload_size(const struct plan_event *event)
{
	return event->payload ? event->payload->size : 0;
}

/* Builds on where the record was given; cg_record_end() brings both ways together. */
struct cg_record cg_record_begin(struct codegen *cg, uint32_t event)
{
	const struct plan_event *plan = &cg->plan->events.data[event];
	LLVMBasicBlockRef reserved = cg_block(cg, "reserved"), lost = cg_block(cg, "lost");
	struct cg_record record = {.event = event, .next = cg_block(cg, "sent")};
	LLVMValueRef size = cg_i64(cg, PLAN_PAYLOAD_OFFSET + payload_size(plan)), cpu;

	record.memory = emit_helper(cg, BPF_FUNC_ringbuf_reserve, cg->ptr, cg_events_map(cg), size,
				    cg_i64(cg, 0));
	emit_branch(cg, emit_is_null(cg, record.memory), lost, reserved);
	cg_position(cg, lost);
	emit_counter_increment(cg, plan_counter_lost(cg->plan, event), true);
	emit_jump(cg, record.next);

	cg_position(cg, reserved);
	cpu = emit_helper0(cg, BPF_FUNC_get_smp_processor_id, cg->i64);
	emit_store(cg, cg_i32(cg, event),
		   emit_offset(cg, record.memory, offsetof(struct plan_record, event)), 4);
	emit_store(cg, emit_resize(cg, cpu, 4, false),
		   emit_offset(cg, record.memory, offsetof(struct plan_record, cpu)), 4);
	return record;
}

LLVMValueRef cg_record_member(struct codegen *cg, const struct cg_record *record, uint32_t index)
{
	const struct type *payload = cg->plan->events.data[record->event].payload;
	const struct type_field *fields;
	uint32_t n;

	fields = types_fields(cg->types, payload, &n);
	return emit_offset(cg, record->memory, PLAN_PAYLOAD_OFFSET + fields[index].offset);
}

void cg_record_end(struct codegen *cg, const struct cg_record *record)
{
	LLVMValueRef args[] = {record->memory, cg_i64(cg, 0)};

	emit_helper_call(cg, BPF_FUNC_ringbuf_submit, cg->none, args, 2);
	emit_counter_increment(cg, plan_counter_sent(cg->plan, record->event), true);
	emit_jump(cg, record->next);
	cg_position(cg, record->next);
}

void emit_event_words(struct codegen *cg, uint32_t event, LLVMValueRef *words, uint32_t n)
{
	struct cg_record record = cg_record_begin(cg, event);
	uint32_t i;

	for (i = 0; i < n; i++)
		emit_store(cg, words[i], cg_record_member(cg, &record, i),
			   LLVMGetIntTypeWidth(LLVMTypeOf(words[i])) / 8);
	cg_record_end(cg, &record);
}

/* Writes a value to a record. What rendering does not look at is left as it is: what follows the
 * NUL of a text, and what lies between members. */
static void emit_payload(struct codegen *cg, const struct expr *expr, LLVMValueRef dst)
{
	const struct type_field *fields;
	uint32_t n, i;

	if (expr->kind == EXPR_CALL && expr->call.function->id == FUNCTION_str) {
		emit_str(cg, expr, dst, false);
	} else if (expr->kind == EXPR_CALL && expr->call.function->id == FUNCTION_buf) {
		emit_buf(cg, expr, dst, false);
	} else if (expr->kind == EXPR_TUPLE || expr->kind == EXPR_RECORD) {
		fields = types_fields(cg->types, expr->type, &n);
		for (i = 0; i < n; i++)
			emit_payload(cg,
				     expr->kind == EXPR_TUPLE ? expr->tuple.members.data[i]
							      : expr->record.members.data[i].value,
				     emit_offset(cg, dst, fields[i].offset));
	} else {
		emit_into(cg, expr, dst);
	}
}

/* More registers than a few are kept on the stack, of which there may be none for them. */
#define MOST_REGISTERS 16

/* An argument that is evaluated before the reservation. */
struct ready {
	bool is_ready, is_aside; /* @is_aside: in memory, else in @value */
	LLVMValueRef value;
	struct scratch_place place;
};

static struct ready emit_ready(struct codegen *cg, const struct expr *arg, bool is_aside)
{
	struct ready ready = {.is_ready = true, .is_aside = is_aside};

	if (is_aside) {
		ready.place = scratch_reserve(cg, arg->type->size);
		emit_into(cg, arg, scratch_address(cg, ready.place));
	} else {
		ready.value = emit_value(cg, arg);
	}
	return ready;
}

static LLVMValueRef ready_value(struct codegen *cg, const struct ready *ready,
				const struct type *type)
{
	if (!ready->is_aside)
		return ready->value;
	return emit_load_value(cg, type, scratch_address(cg, ready->place));
}

void emit_event(struct codegen *cg, uint32_t event, struct expr *const *args, uint32_t n,
		uint32_t early)
{
	struct ready *ready = arena_new_array(cg->arena, struct ready, n ? n : 1);
	bool is_aside = !cg->stack_budget && n > MOST_REGISTERS;
	struct cg_record record;
	uint32_t i;

	for (i = 0; i < n; i++) {
		bool is_scalar = type_is_scalar(args[i]->type);

		if (is_scalar || (i < early && args[i]->kind != EXPR_STRING))
			ready[i] = emit_ready(cg, args[i], is_aside || !is_scalar);
	}
	record = cg_record_begin(cg, event);
	for (i = 0; i < n; i++) {
		LLVMValueRef dst = cg_record_member(cg, &record, i);

		if (ready[i].is_ready)
			emit_store_value(cg, args[i]->type,
					 ready_value(cg, &ready[i], args[i]->type), dst);
		else
			emit_payload(cg, args[i], dst);
	}
	cg_record_end(cg, &record);
}

void emit_error_event(struct codegen *cg, uint32_t error, LLVMValueRef code)
{
	if (error)
		emit_event_words(cg, error - 1, &code, code ? 1 : 0);
}
