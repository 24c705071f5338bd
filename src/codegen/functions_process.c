/* Functions on processes: addresses and ids that the runtime names, signals, results. */
#include "codegen/functions.h"

/* --- symbols that the runtime names --- */

LLVMValueRef emit_call_ksym(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	(void)dst;
	return emit_value64(cg, call->call.args.data[0]);
}

void emit_usym(struct codegen *cg, LLVMValueRef address, LLVMValueRef dst)
{
	LLVMValueRef tgid = LLVMBuildLShr(cg->builder, emit_pid_tgid(cg), cg_i64(cg, 32), "");

	emit_store(cg, address, dst, 8);
	emit_store(cg, tgid, emit_offset(cg, dst, 8), 8);
}

LLVMValueRef emit_call_usym(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	emit_usym(cg, emit_value64(cg, call->call.args.data[0]), dst);
	return NULL;
}

LLVMValueRef emit_call_cgroup_path(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	emit_store(cg, emit_value64(cg, call->call.args.data[0]), dst, 8);
	emit_store(cg, cg_i64(cg, (uint32_t)call->call.data[0]), emit_offset(cg, dst, 8), 8);
	return NULL;
}

LLVMValueRef emit_call_strftime(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	emit_store(cg, emit_value64(cg, call->call.args.data[1]), dst, 8);
	emit_store(cg, cg_i32(cg, call->call.data[1]), emit_offset(cg, dst, 8), 4);
	emit_store(cg, cg_i32(cg, call->call.data[0]), emit_offset(cg, dst, 12), 4);
	return NULL;
}

/* --- signals, results --- */

static LLVMValueRef emit_send_signal(struct codegen *cg, const struct expr *call,
				     enum bpf_func_id id)
{
	LLVMValueRef number = emit_resize(cg, emit_value(cg, call->call.args.data[0]), 4, true);

	emit_check(cg, emit_helper(cg, id, cg->i64, number), call->error_event);
	return NULL;
}

LLVMValueRef emit_call_signal(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	(void)dst;
	return emit_send_signal(cg, call, BPF_FUNC_send_signal);
}

LLVMValueRef emit_call_signal_thread(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	(void)dst;
	return emit_send_signal(cg, call, BPF_FUNC_send_signal_thread);
}

LLVMValueRef emit_call_override(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	(void)dst;
	emit_helper(cg, BPF_FUNC_override_return, cg->i64, cg_ctx(cg),
		    emit_value64(cg, call->call.args.data[0]));
	return NULL;
}
