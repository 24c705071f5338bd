/* The bpf(2) system call for links that libbpf 1.1 and the headers of Linux 6.1 do not know: uprobe
 * multi (Linux 6.6), kprobe session (Linux 6.10), and what kprobes missed (Linux 6.7). */
#include "provider/internal.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MULTI_RETURN 1u /* BPF_F_KPROBE_MULTI_RETURN, BPF_F_UPROBE_MULTI_RETURN */

/* The part of union bpf_attr that BPF_LINK_CREATE reads, as of Linux 6.10
 * (include/uapi/linux/bpf.h). */
struct multi_attr {
	uint32_t prog_fd, target_fd, attach_type, flags;
	union {
		struct {
			uint32_t flags, cnt;
			uint64_t syms, addrs, cookies;
		} kprobe;
		struct {
			uint64_t path, offsets, ref_ctr_offsets, cookies;
			uint32_t cnt, flags, pid, reserved;
		} uprobe;
	};
};

static int create(struct multi_attr *attr)
{
	int fd = (int)syscall(SYS_bpf, BPF_LINK_CREATE, attr, sizeof(*attr));

	return fd < 0 ? -errno : fd;
}

int kprobe_multi_attach(int prog_fd, const struct kprobe_multi *multi)
{
	struct multi_attr attr = {
		.prog_fd = (uint32_t)prog_fd,
		.attach_type = multi->side == KPROBE_BOTH ? ATTACH_TRACE_KPROBE_SESSION
							  : (uint32_t)BPF_TRACE_KPROBE_MULTI,
		.kprobe.flags = multi->side == KPROBE_RETURN ? MULTI_RETURN : 0,
		.kprobe.cnt = multi->n,
		.kprobe.syms = (uintptr_t)multi->names,
		.kprobe.addrs = (uintptr_t)multi->addresses,
		.kprobe.cookies = (uintptr_t)multi->cookies,
	};

	return create(&attr);
}

int uprobe_multi_attach(int prog_fd, const struct uprobe_multi *multi)
{
	struct multi_attr attr = {
		.prog_fd = (uint32_t)prog_fd,
		.attach_type = ATTACH_TRACE_UPROBE_MULTI,
		.uprobe.path = (uintptr_t)multi->path,
		.uprobe.offsets = (uintptr_t)multi->offsets,
		.uprobe.cookies = (uintptr_t)multi->cookies,
		.uprobe.cnt = multi->n,
		.uprobe.flags = multi->is_return ? MULTI_RETURN : 0,
		.uprobe.pid = (uint32_t)multi->pid,
	};

	return create(&attr);
}

/* The parts of struct bpf_link_info (include/uapi/linux/bpf.h) that tell of kprobes, as of
 * Linux 6.7. */
struct link_info {
	uint32_t type, id, prog_id;
	union {
		struct {
			uint64_t addresses;
			uint32_t n, flags;
			uint64_t missed;
		} multi;
		struct {
			uint32_t type;
			uint64_t name;
			uint32_t name_len, offset;
			uint64_t address, missed;
		} perf;
	};
};

enum { LINK_PERF_EVENT = 7, LINK_KPROBE_MULTI = 8 }; /* enum bpf_link_type */
enum { PERF_KPROBE = 3, PERF_KRETPROBE = 4 }; /* enum bpf_perf_event_type */

bool link_missed(int fd, uint32_t *prog_id, uint64_t *missed)
{
	struct link_info info = {0};
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len) || len < sizeof(info))
		return false;
	*prog_id = info.prog_id;
	if (info.type == LINK_KPROBE_MULTI)
		*missed = info.multi.missed;
	else if (info.type == LINK_PERF_EVENT &&
		 (info.perf.type == PERF_KPROBE || info.perf.type == PERF_KRETPROBE))
		*missed = info.perf.missed;
	else
		return false;
	return true;
}

/* "return 0", or negative errno. */
static int load_nothing(uint32_t attach_type)
{
	static const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = (enum bpf_attach_type)attach_type);

	return bpf_prog_load(BPF_PROG_TYPE_KPROBE, NULL, "GPL", code, 2, &opts);
}

/* What is offered cannot be probed: a kernel that knows the type says so in its own way. */
bool kprobe_multi_works(enum kprobe_side side)
{
	const char *name = "sonde_asks_for_no_function";
	const struct kprobe_multi multi = {.names = &name, .n = 1, .side = side};
	int prog = load_nothing(side == KPROBE_BOTH ? ATTACH_TRACE_KPROBE_SESSION
						    : (uint32_t)BPF_TRACE_KPROBE_MULTI);
	int result;

	if (prog < 0)
		return false;
	result = kprobe_multi_attach(prog, &multi);
	close(prog);
	if (result >= 0)
		close(result);
	return result == -ESRCH;
}

bool uprobe_multi_works(void)
{
	uint64_t offset = 0;
	/* A directory is no regular file. */
	const struct uprobe_multi multi = {.path = "/", .offsets = &offset, .n = 1};
	int prog = load_nothing(ATTACH_TRACE_UPROBE_MULTI), result;

	if (prog < 0)
		return false;
	result = uprobe_multi_attach(prog, &multi);
	close(prog);
	if (result >= 0)
		close(result);
	return result == -EBADF;
}
