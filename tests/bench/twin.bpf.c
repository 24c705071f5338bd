/*
 * The bench's scripts as one would write them by hand: BPF C for libbpf. Each program is the twin
 * of the script of that name in bench.c and traces the process @target alone.
 */
#include <linux/bpf.h>
#include <linux/types.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

const volatile __u32 target = 0;

struct sys_exit_context {
	__u64 common;
	long id;
	long ret;
};

struct hist {
	__u64 slots[65];
};

struct event {
	__u32 pid, tid;
};

struct task_struct {
	int tgid;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} counter SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, __u64);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hist);
} hists SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 2 << 20);
} events SEC(".maps");

static __always_inline int is_target(void)
{
	return bpf_get_current_pid_tgid() >> 32 == target;
}

SEC("tracepoint/syscalls/sys_enter_getppid")
int count(void *ctx)
{
	__u32 zero = 0;
	__u64 *value;

	if (!is_target())
		return 0;
	value = bpf_map_lookup_elem(&counter, &zero);
	if (value)
		*value += 1;
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_getppid")
int count_by_key(void *ctx)
{
	__u64 key = bpf_get_current_pid_tgid() >> 32, one = 1;
	__u64 *value;

	if (!is_target())
		return 0;
	value = bpf_map_lookup_elem(&counters, &key);
	if (value)
		*value += 1;
	else
		bpf_map_update_elem(&counters, &key, &one, BPF_NOEXIST);
	return 0;
}

static __always_inline __u32 log2_of(__u64 v)
{
	__u32 r, shift;

	r = (v > 0xffffffff) << 5;
	v >>= r;
	shift = (v > 0xffff) << 4;
	v >>= shift;
	r |= shift;
	shift = (v > 0xff) << 3;
	v >>= shift;
	r |= shift;
	shift = (v > 0xf) << 2;
	v >>= shift;
	r |= shift;
	shift = (v > 0x3) << 1;
	v >>= shift;
	r |= shift;
	return r | (__u32)(v >> 1);
}

SEC("tracepoint/syscalls/sys_exit_getppid")
int hist(struct sys_exit_context *ctx)
{
	__u32 zero = 0, slot;
	struct hist *value;

	if (!is_target())
		return 0;
	value = bpf_map_lookup_elem(&hists, &zero);
	if (!value)
		return 0;
	slot = ctx->ret < 0 ? 0 : log2_of(ctx->ret) + 1;
	if (slot < 65)
		value->slots[slot]++;
	return 0;
}

static __always_inline void send(__u32 pid, __u32 tid)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event)
		return;
	event->pid = pid;
	event->tid = tid;
	bpf_ringbuf_submit(event, 0);
}

SEC("tracepoint/syscalls/sys_enter_getppid")
int print(void *ctx)
{
	__u64 id = bpf_get_current_pid_tgid();

	if (is_target())
		send(id >> 32, (__u32)id);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_getppid")
int first(void *ctx)
{
	if (is_target())
		send(target, 0);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_getppid")
int first_typed(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	if (is_target())
		send(BPF_CORE_READ(task, tgid), 0);
	return 0;
}

char license_text[] SEC("license") = "GPL";
