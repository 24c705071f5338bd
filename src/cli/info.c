/* --info: what this machine and this build offer, for bug reports and for people who wonder why a
 * probe is refused. */
#include "cli/cli.h"

#include "types/tracefs.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sys/utsname.h>
#include <unistd.h>

struct helper {
	int id;
	const char *name;
};

static const struct helper helpers[] = {
	{BPF_FUNC_probe_read_kernel, "probe_read_kernel"},
	{BPF_FUNC_probe_read_user_str, "probe_read_user_str"},
	{BPF_FUNC_get_stack, "get_stack"},
	{BPF_FUNC_get_ns_current_pid_tgid, "get_ns_current_pid_tgid"},
	{BPF_FUNC_ktime_get_boot_ns, "ktime_get_boot_ns"},
	{BPF_FUNC_ringbuf_reserve, "ringbuf_reserve"},
	{BPF_FUNC_for_each_map_elem, "for_each_map_elem"},
	{BPF_FUNC_get_attach_cookie, "get_attach_cookie"},
	{BPF_FUNC_get_func_ip, "get_func_ip"},
	{BPF_FUNC_loop, "loop"},
	{BPF_FUNC_strncmp, "strncmp"},
	{BPF_FUNC_ktime_get_tai_ns, "ktime_get_tai_ns"},
};

static const struct {
	enum bpf_map_type type;
	const char *name;
} maps[] = {
	{BPF_MAP_TYPE_HASH, "hash"},         {BPF_MAP_TYPE_PERCPU_HASH, "percpu_hash"},
	{BPF_MAP_TYPE_ARRAY, "array"},       {BPF_MAP_TYPE_PERCPU_ARRAY, "percpu_array"},
	{BPF_MAP_TYPE_LRU_HASH, "lru_hash"}, {BPF_MAP_TYPE_RINGBUF, "ringbuf"},
};

static const struct {
	enum bpf_prog_type type;
	const char *name;
} programs[] = {
	{BPF_PROG_TYPE_KPROBE, "kprobe"},         {BPF_PROG_TYPE_TRACEPOINT, "tracepoint"},
	{BPF_PROG_TYPE_PERF_EVENT, "perf_event"}, {BPF_PROG_TYPE_RAW_TRACEPOINT, "raw_tracepoint"},
	{BPF_PROG_TYPE_TRACING, "tracing"},
};

static const char *yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

static void print_system(void)
{
	struct utsname system;

	printf("System\n");
	if (!uname(&system))
		printf("  kernel: %s %s %s\n", system.sysname, system.release, system.machine);
	printf("  CPUs: %d possible, %ld online\n", libbpf_num_possible_cpus(),
	       sysconf(_SC_NPROCESSORS_ONLN));
	printf("  tracefs: %s\n", tracefs_path() ? tracefs_path() : tracefs_missing());
	printf("  kernel BTF: %s\n", yes_no(!access("/sys/kernel/btf/vmlinux", R_OK)));
	printf("  kprobes: %s\n",
	       yes_no(!access("/sys/bus/event_source/devices/kprobe/type", R_OK)));
	printf("  uprobes: %s\n",
	       yes_no(!access("/sys/bus/event_source/devices/uprobe/type", R_OK)));
}

static void print_build(void)
{
	printf("\nBuild\n");
	printf("  version: %s\n", SONDE_VERSION);
	printf("  libbpf: %s\n", libbpf_version_string());
}

int print_info(const struct cli *cli)
{
	const char *no = has_privileges() ? "no" : "not known: that needs root";

	(void)cli;
	print_system();
	print_build();
	printf("\nKernel helpers\n");
	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++)
		printf("  %s: %s\n", helpers[i].name,
		       yes_no(libbpf_probe_bpf_helper(BPF_PROG_TYPE_KPROBE,
						      (enum bpf_func_id)helpers[i].id, NULL) == 1));
	printf("\nMap types\n");
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
		printf("  %s: %s\n", maps[i].name,
		       libbpf_probe_bpf_map_type(maps[i].type, NULL) == 1 ? "yes" : no);
	printf("\nProgram types\n");
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		printf("  %s: %s\n", programs[i].name,
		       libbpf_probe_bpf_prog_type(programs[i].type, NULL) == 1 ? "yes" : no);
	return STATUS_OK;
}
