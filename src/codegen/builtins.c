/* Builtins: what a program knows of the moment, of who runs, of its surroundings. */
#include "codegen/functions.h"

#include <assert.h>

/* --- numbers that a helper gives --- */

static LLVMValueRef emit_plain(struct codegen *cg, enum bpf_func_id id)
{
	return emit_helper0(cg, id, cg->i64);
}

static LLVMValueRef emit_low(struct codegen *cg, LLVMValueRef pair)
{
	return LLVMBuildAnd(cg->builder, pair, cg_i64(cg, UINT32_MAX), "");
}

static LLVMValueRef emit_high(struct codegen *cg, LLVMValueRef pair)
{
	return LLVMBuildLShr(cg->builder, pair, cg_i64(cg, 32), "");
}

/* Which namespace it is, is constant when the program is loaded: one of the ways remains. */
LLVMValueRef emit_pid_tgid_at(struct codegen *cg, LLVMValueRef info)
{
	LLVMBasicBlockRef init = cg_block(cg, "init_ns"), own = cg_block(cg, "pid_ns");
	LLVMBasicBlockRef next = cg_block(cg, "pid");
	LLVMValueRef dev = emit_setting(cg, offsetof(struct plan_settings, pid_ns_dev));
	LLVMValueRef ino = emit_setting(cg, offsetof(struct plan_settings, pid_ns_ino));
	LLVMValueRef from_init, from_own;

	emit_branch(cg, LLVMBuildIsNull(cg->builder, ino, ""), init, own);
	cg_position(cg, init);
	from_init = emit_plain(cg, BPF_FUNC_get_current_pid_tgid);
	emit_jump(cg, next);
	cg_position(cg, own);
	emit_store(cg, cg_i64(cg, 0), info, 8);
	emit_helper(cg, BPF_FUNC_get_ns_current_pid_tgid, cg->i64, dev, ino, info,
		    cg_i32(cg, sizeof(struct bpf_pidns_info)));
	from_own = emit_load(cg, info, 8, 8); /* {pid, tgid}: the same pair */
	emit_jump(cg, next);
	cg_position(cg, next);
	return emit_phi(cg, from_init, init, from_own, own);
}

LLVMValueRef emit_pid_tgid(struct codegen *cg)
{
	return emit_pid_tgid_at(cg, cg_temp(cg, sizeof(struct bpf_pidns_info), 8));
}

/* Index 1: pid(init), in the initial namespace. */
static LLVMValueRef emit_ids(struct codegen *cg, const struct expr *builtin)
{
	return builtin->ident.index ? emit_plain(cg, BPF_FUNC_get_current_pid_tgid)
				    : emit_pid_tgid(cg);
}

LLVMValueRef emit_builtin_pid(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	(void)dst;
	return emit_resize(cg, emit_high(cg, emit_ids(cg, builtin)), builtin->type->size, false);
}

LLVMValueRef emit_builtin_tid(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	(void)dst;
	return emit_resize(cg, emit_low(cg, emit_ids(cg, builtin)), builtin->type->size, false);
}

LLVMValueRef emit_builtin_uid(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	(void)builtin;
	(void)dst;
	return emit_low(cg, emit_plain(cg, BPF_FUNC_get_current_uid_gid));
}

LLVMValueRef emit_builtin_gid(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	(void)builtin;
	(void)dst;
	return emit_high(cg, emit_plain(cg, BPF_FUNC_get_current_uid_gid));
}

LLVMValueRef emit_builtin_username(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	return emit_builtin_uid(cg, builtin, dst);
}

LLVMValueRef emit_builtin_nsecs(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	(void)dst;
	switch ((enum type_clock)builtin->ident.index) {
	case CLOCK_BOOT:
		return emit_plain(cg, BPF_FUNC_ktime_get_boot_ns);
	case CLOCK_MONOTONIC_RAW_NS:
		return emit_plain(cg, BPF_FUNC_ktime_get_ns);
	case CLOCK_TAI_NS:
	case CLOCK_SW_TAI_NS:
		break;
	}
	return emit_plain(cg, BPF_FUNC_ktime_get_tai_ns);
}

LLVMValueRef emit_builtin_elapsed(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	(void)builtin;
	(void)dst;
	return LLVMBuildSub(cg->builder, emit_plain(cg, BPF_FUNC_ktime_get_boot_ns),
			    emit_setting(cg, offsetof(struct plan_settings, start_ns)), "");
}

LLVMValueRef emit_builtin_cpu(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	(void)builtin;
	(void)dst;
	return emit_plain(cg, BPF_FUNC_get_smp_processor_id);
}

LLVMValueRef emit_builtin_numaid(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	(void)builtin;
	(void)dst;
	return emit_low(cg, emit_plain(cg, BPF_FUNC_get_numa_node_id));
}

LLVMValueRef emit_builtin_ncpus(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	(void)builtin;
	(void)dst;
	return emit_setting(cg, offsetof(struct plan_settings, ncpus));
}

LLVMValueRef emit_builtin_rand(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	(void)builtin;
	(void)dst;
	return emit_low(cg, emit_plain(cg, BPF_FUNC_get_prandom_u32));
}

LLVMValueRef emit_builtin_jiffies(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	(void)builtin;
	(void)dst;
	return emit_plain(cg, BPF_FUNC_jiffies64);
}

LLVMValueRef emit_builtin_curtask(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	(void)builtin;
	(void)dst;
	return emit_plain(cg, BPF_FUNC_get_current_task);
}

LLVMValueRef emit_builtin_cgroup(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	(void)builtin;
	(void)dst;
	return emit_plain(cg, BPF_FUNC_get_current_cgroup_id);
}

/* --- the -c command --- */

LLVMValueRef emit_builtin_has_cpid(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	LLVMValueRef child = emit_setting(cg, offsetof(struct plan_settings, has_child));

	(void)builtin;
	(void)dst;
	return LLVMBuildZExt(cg->builder, LLVMBuildIsNotNull(cg->builder, child, ""), cg->i8, "");
}

LLVMValueRef emit_builtin_cpid(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	LLVMBasicBlockRef none, next;
	LLVMValueRef child;

	(void)dst;
	if (builtin->error_event) {
		none = cg_block(cg, "no_child");
		next = cg_block(cg, "child");
		child = emit_setting(cg, offsetof(struct plan_settings, has_child));
		emit_branch(cg, LLVMBuildIsNull(cg->builder, child, ""), none, next);
		cg_position(cg, none);
		emit_error_event(cg, builtin->error_event, NULL);
		emit_jump(cg, next);
		cg_position(cg, next);
	}
	return emit_setting(cg, offsetof(struct plan_settings, child_pid));
}

/* --- stacks --- */

LLVMValueRef emit_builtin_kstack(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	emit_stack(cg, builtin->type, dst);
	return NULL;
}

LLVMValueRef emit_builtin_ustack(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	emit_stack(cg, builtin->type, dst);
	return NULL;
}

LLVMValueRef emit_builtin_dw_ustack(struct codegen *cg, const struct expr *builtin,
				    LLVMValueRef dst)
{
	emit_stack(cg, builtin->type, dst);
	return NULL;
}

/* --- settings --- */

/* Sema puts a record of literals in its place. */
LLVMValueRef emit_builtin_config(struct codegen *cg, const struct expr *builtin, LLVMValueRef dst)
{
	(void)cg;
	(void)builtin;
	(void)dst;
	assert(!"config is a constant");
	return NULL;
}
