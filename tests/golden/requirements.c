/* What a case may require of the machine, and how it is found out. */
#include "tests/golden/case.h"

#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

static bool is_root(void)
{
	return geteuid() == 0;
}

static bool has_tracefs(void)
{
	return !access("/sys/kernel/tracing/events", R_OK) ||
	       !access("/sys/kernel/debug/tracing/events", R_OK);
}

static bool has_btf(void)
{
	return !access("/sys/kernel/btf/vmlinux", R_OK);
}

static bool has_kprobes(void)
{
	return !access("/sys/bus/event_source/devices/kprobe/type", R_OK);
}

static bool has_uprobes(void)
{
	return !access("/sys/bus/event_source/devices/uprobe/type", R_OK);
}

/* The kernels that the tests run on have trampolines exactly where they have kprobes. */
static bool has_fentry(void)
{
	return has_kprobes();
}

/* Some hypervisors let debug registers be set, but nothing comes of it. */
static bool has_watchpoints(void)
{
	static volatile uint64_t word;
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT,
		.size = sizeof(attr),
		.bp_type = HW_BREAKPOINT_W,
		.bp_addr = (uintptr_t)&word,
		.bp_len = HW_BREAKPOINT_LEN_8,
		.sample_period = 1,
		.exclude_kernel = 1,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	uint64_t n = 0;

	if (fd < 0)
		return false;
	word = 1;
	if (read(fd, &n, sizeof(n)) != sizeof(n))
		n = 0;
	close(fd);
	return n > 0;
}

static bool has_libclang(void)
{
	return !access("/usr/lib/x86_64-linux-gnu/libclang-19.so.1", R_OK) ||
	       !access("/usr/lib/llvm-19/lib/libclang.so.1", R_OK);
}

/* What imported C programs are compiled with; its messages are those of this version. */
static bool has_clang(void)
{
	return !access("/usr/bin/clang-19", X_OK);
}

/* The path that the example of cgroupid() names: where both versions of cgroups are mounted. */
static bool has_cgroup(void)
{
	return !access("/sys/fs/cgroup/unified", R_OK);
}

static const struct {
	const char *word;
	bool (*has)(void);
} requirements[] = {
	{"root", is_root},          {"tracefs", has_tracefs}, {"btf", has_btf},
	{"kprobe", has_kprobes},    {"uprobe", has_uprobes},  {"fentry", has_fentry},
	{"libclang", has_libclang}, {"cgroup", has_cgroup},   {"watchpoint", has_watchpoints},
	{"clang", has_clang},
};

/* "kernel>=6.6" */
static bool kernel_at_least(const char *wanted)
{
	unsigned major, minor, want_major, want_minor;
	struct utsname system;

	return !uname(&system) && sscanf(system.release, "%u.%u", &major, &minor) == 2 &&
	       sscanf(wanted, "%u.%u", &want_major, &want_minor) == 2 &&
	       (major > want_major || (major == want_major && minor >= want_minor));
}

static bool has(const char *word)
{
	if (!strncmp(word, "kernel>=", 8))
		return kernel_at_least(word + 8);
	if (!strncmp(word, "kernel<", 7))
		return !kernel_at_least(word + 7);
	for (size_t i = 0; i < sizeof(requirements) / sizeof(requirements[0]); i++)
		if (!strcmp(requirements[i].word, word))
			return requirements[i].has();
	fprintf(stderr, "unknown requirement \"%s\"\n", word);
	abort();
}

const char *golden_missing_requirement(struct arena *arena, const char *words)
{
	char *list = arena_strdup(arena, words), *rest = NULL;

	for (char *word = strtok_r(list, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest))
		if (!has(word))
			return arena_printf(arena, "this machine has no %s", word);
	return NULL;
}
