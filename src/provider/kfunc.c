/*
 * Which functions of the kernel its programs may call. No list tells: sets of them are registered
 * for types of programs inside the kernel. So a program that does nothing but call one is offered
 * to the verifier, which names the function if it is not allowed, and otherwise misses its
 * arguments.
 */
#include "provider/provider.h"
#include "types/btf.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <string.h>
#include <unistd.h>

static enum bpf_prog_type program_type(enum provider_context context)
{
	switch (context) {
	case CONTEXT_RECORD:
		return BPF_PROG_TYPE_TRACEPOINT;
	case CONTEXT_BTF_ARGS:
	case CONTEXT_ITER:
		return BPF_PROG_TYPE_TRACING;
	case CONTEXT_PT_REGS:
	case CONTEXT_USDT:
		return BPF_PROG_TYPE_KPROBE;
	case CONTEXT_PERF_EVENT:
		return BPF_PROG_TYPE_PERF_EVENT;
	case CONTEXT_NONE:
	case CONTEXT_RAW_ARGS:
		break;
	}
	return BPF_PROG_TYPE_RAW_TRACEPOINT;
}

/* What a typed program is attached to: functions that are there for trying this out. */
static bool find_attach_point(struct types *types, enum provider_context context,
			      struct bpf_prog_load_opts *opts)
{
	const char *name = context == CONTEXT_ITER ? "bpf_iter_task" : "bpf_fentry_test1";
	struct type_function function;

	if (program_type(context) != BPF_PROG_TYPE_TRACING)
		return true;
	if (!types_find_function(types, NULL, name, &function))
		return false;
	opts->expected_attach_type = context == CONTEXT_ITER ? BPF_TRACE_ITER : BPF_TRACE_FENTRY;
	opts->attach_btf_id = function.id;
	return true;
}

bool provider_allows_kfunc(const struct provider_env *env, const struct provider *provider,
			   const char *name)
{
	struct bpf_insn insns[] = {
		{.code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_KFUNC_CALL},
		{.code = BPF_ALU64 | BPF_MOV | BPF_K},
		{.code = BPF_JMP | BPF_EXIT},
	};
	static const size_t log_size = 16384;
	char *log = arena_alloc(env->arena, log_size);
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .log_buf = log, .log_size = log_size, .log_level = 1);
	uint32_t id;
	int fd;

	if (!types_find_kfunc(env->types, name, &id) ||
	    !find_attach_point(env->types, provider->context, &opts))
		return false;
	insns[0].imm = (int32_t)id;
	fd = bpf_prog_load(program_type(provider->context), "kfunc", "GPL", insns,
			   sizeof(insns) / sizeof(insns[0]), &opts);
	if (fd >= 0) {
		close(fd);
		return true;
	}
	/* it comes to the call, and minds what is done with the function only */
	return strstr(log, "(85) call ") && !strstr(log, "is not allowed");
}
