/* The bpf(2) system call for links that libbpf 1.1 and the headers of Linux 6.1 do not know: uprobe
 * multi (Linux 6.6). */
#include "provider/internal.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MULTI_RETURN 1u /* BPF_F_UPROBE_MULTI_RETURN */

/* The part of union bpf_attr that BPF_LINK_CREATE reads, as of Linux 6.6
 * (include/uapi/linux/bpf.h). */
struct multi_attr {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint64_t path, offsets, ref_ctr_offsets, cookies;
	uint32_t cnt, multi_flags, pid, reserved;
};

static int create(struct multi_attr *attr)
{
	int fd = (int)syscall(SYS_bpf, BPF_LINK_CREATE, attr, sizeof(*attr));

	return fd < 0 ? -errno : fd;
}

int uprobe_multi_attach(int prog_fd, const struct uprobe_multi *multi)
{
	struct multi_attr attr = {
		.prog_fd = (uint32_t)prog_fd,
		.attach_type = ATTACH_TRACE_UPROBE_MULTI,
		.path = (uintptr_t)multi->path,
		.offsets = (uintptr_t)multi->offsets,
		.cookies = (uintptr_t)multi->cookies,
		.cnt = multi->n,
		.multi_flags = multi->is_return ? MULTI_RETURN : 0,
		.pid = (uint32_t)multi->pid,
	};

	return create(&attr);
}

/* Loads "return 0" as such a program and offers it a file that cannot be probed: a kernel that
 * knows the type says so in its own way. */
bool uprobe_multi_works(void)
{
	const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = (enum bpf_attach_type)ATTACH_TRACE_UPROBE_MULTI);
	uint64_t offset = 0;
	struct uprobe_multi multi = {.path = "/", .offsets = &offset, .n = 1};
	int prog, result;

	prog = bpf_prog_load(BPF_PROG_TYPE_KPROBE, NULL, "GPL", code, 2, &opts);
	if (prog < 0)
		return false;
	result = uprobe_multi_attach(prog, &multi);
	close(prog);
	if (result >= 0)
		close(result);
	/* A directory is no regular file. */
	return result == -EBADF;
}
