/* Whether the kernel has kprobe multi links: asked once, by offering it a function that is not. */
#include "provider/internal.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <unistd.h>

static bool ask(void)
{
	static const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	const char *name = "sonde_asks_for_no_function";
	LIBBPF_OPTS(bpf_prog_load_opts, load, .expected_attach_type = BPF_TRACE_KPROBE_MULTI);
	LIBBPF_OPTS(bpf_link_create_opts, opts, .kprobe_multi.cnt = 1, .kprobe_multi.syms = &name);
	int prog = bpf_prog_load(BPF_PROG_TYPE_KPROBE, NULL, "GPL", code, 2, &load), link;

	if (prog < 0)
		return false;
	link = bpf_link_create(prog, 0, BPF_TRACE_KPROBE_MULTI, &opts);
	if (link >= 0)
		close(link);
	close(prog);
	return link == -ESRCH;
}

bool kprobe_multi_works(const struct provider_env *env)
{
	struct provider_cache *cache = provider_cache(env);

	if (cache->kprobe_multi == ANSWER_UNKNOWN)
		cache->kprobe_multi = ask() ? ANSWER_YES : ANSWER_NO;
	return cache->kprobe_multi == ANSWER_YES;
}
