/*
 * What the process may do once everything is attached is less than what loading and attaching took:
 * from then on, when events that others cause are read and rendered, it holds only what is listed
 * here. Commands that system() starts are not touched: what root executes gets root's capabilities.
 */
#include "runtime/internal.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

static const unsigned still_needed[] = {
	CAP_BPF, /* reading maps, running end: until Linux 5.19 also with a descriptor in hand */
	CAP_DAC_OVERRIDE, /* the files of cat(), skboutput() */
	CAP_DAC_READ_SEARCH, /* binaries whose symbols are read; cgroup_path() */
	CAP_KILL, /* ending a child that has become another user */
	CAP_SYSLOG, /* addresses in /proc/kallsyms */
	CAP_SYS_PTRACE, /* what other processes have mapped, and what they see there */
};

static void keep(struct __user_cap_data_struct data[2], unsigned capability, uint32_t mask[2])
{
	mask[capability / 32] |= data[capability / 32].permitted & (1u << (capability % 32));
}

/* Where this fails, all goes on as it was. */
void run_drop_privileges(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};
	uint32_t mask[2] = {0};

	if (syscall(SYS_capget, &header, data))
		return;
	for (size_t i = 0; i < sizeof(still_needed) / sizeof(still_needed[0]); i++)
		keep(data, still_needed[i], mask);
	/* Before Linux 5.8 it stands for CAP_BPF. */
	if (!(mask[CAP_BPF / 32] & (1u << (CAP_BPF % 32))))
		keep(data, CAP_SYS_ADMIN, mask);
	for (int i = 0; i < 2; i++)
		data[i].effective = data[i].permitted = mask[i];
	syscall(SYS_capset, &header, data);
}
