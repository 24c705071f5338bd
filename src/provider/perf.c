/* Perf events that carry programs. */
#include "provider/internal.h"

#include "types/btf.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_event(struct perf_event_attr *attr, pid_t pid, int cpu)
{
	int fd;

	attr->size = sizeof(*attr);
	fd = (int)syscall(SYS_perf_event_open, attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/*
 * A link carries the cookie, and closing it stops the program at once: of tracepoints and probes
 * it runs as long as it is there, even while the event is disabled. Before Linux 5.15 there are no
 * such links.
 */
static int attach_program(const struct provider_attach *attach, int event, uint64_t cookie,
			  int *link)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .perf_event.bpf_cookie = cookie);

	*link = bpf_link_create(attach->prog_fd, event, BPF_PERF_EVENT, &opts);
	if (*link >= 0)
		return 0;
	if (*link != -EINVAL || attach->prog->uses_cookie)
		return *link;
	return ioctl(event, PERF_EVENT_IOC_SET_BPF, attach->prog_fd) ? -errno : 0;
}

int perf_attach(const struct provider_attach *attach, struct perf_event_attr *attr, pid_t pid,
		int cpu, uint32_t index)
{
	int event = open_event(attr, pid, cpu), link, error;

	if (event < 0)
		return event;
	error = attach_program(attach, event, index, &link);
	if (!error && ioctl(event, PERF_EVENT_IOC_ENABLE, 0))
		error = -errno;
	if (error) {
		if (link >= 0)
			close(link);
		close(event);
		return error;
	}
	if (link >= 0)
		provider_links_add_fd(attach->links, link);
	provider_links_add_perf(attach->links, event);
	return 0;
}

/* --- what programs on them see --- */

void perf_signature(const struct provider_env *env, const struct plan_target *target,
		    struct provider_signature *signature)
{
	(void)target;
	signature->ctx = types_by_tag(env->types, TYPE_STRUCT, "bpf_perf_event_data");
}

const char *perf_section(const struct provider_env *env, const struct plan_prog *prog)
{
	(void)env;
	(void)prog;
	return "perf_event";
}

/* --- where --- */

static int attach_cpus(const struct provider_attach *attach, struct perf_event_attr *attr,
		       uint32_t index)
{
	int ncpus = libbpf_num_possible_cpus(), attached = 0, last = -ENODEV;

	for (int cpu = 0; cpu < ncpus; cpu++) {
		int result = perf_attach(attach, attr, -1, cpu, index);

		/* ENODEV: a CPU that is possible but not online. */
		if (result && result != -ENODEV)
			return result;
		if (result)
			last = result;
		else
			attached++;
	}
	return attached ? 0 : last;
}

/* Threads to come inherit the event, other processes do not. */
static int attach_threads(const struct provider_attach *attach, struct perf_event_attr *attr,
			  pid_t pid, uint32_t index)
{
	char path[64];
	struct dirent *entry;
	DIR *tasks;
	int result = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	tasks = opendir(path);
	if (!tasks)
		return -ESRCH;
	attr->inherit = attr->inherit_thread = 1;
	while (!result && (entry = readdir(tasks))) {
		if (entry->d_name[0] == '.')
			continue;
		result = perf_attach(attach, attr, atoi(entry->d_name), -1, index);
		if (result == -EINVAL && attr->inherit_thread) {
			/* Before Linux 5.13 child processes inherit it, too. */
			attr->inherit_thread = 0;
			result = perf_attach(attach, attr, atoi(entry->d_name), -1, index);
		}
		/* A thread may end meanwhile. */
		if (result == -ESRCH)
			result = 0;
	}
	closedir(tasks);
	return result;
}

int perf_attach_everywhere(const struct provider_attach *attach, struct perf_event_attr *attr,
			   pid_t pid, uint32_t index)
{
	return pid > 0 ? attach_threads(attach, attr, pid, index)
		       : attach_cpus(attach, attr, index);
}

bool perf_has_thread(pid_t pid)
{
	return pid > 0 && provider_thread(pid) == pid;
}

int perf_attach_uprobe(const struct provider_attach *attach, struct perf_event_attr *attr,
		       uint32_t index)
{
	return perf_has_thread(attach->pid) ? perf_attach(attach, attr, attach->pid, -1, index)
					    : perf_attach_one_cpu(attach, attr, index);
}

int perf_attach_one_cpu(const struct provider_attach *attach, struct perf_event_attr *attr,
			uint32_t index)
{
	int ncpus = libbpf_num_possible_cpus(), result = -ENODEV;

	for (int cpu = 0; cpu < ncpus && result == -ENODEV; cpu++)
		result = perf_attach(attach, attr, -1, cpu, index);
	return result;
}

/* --- kinds of events that the kernel numbers when it starts --- */

static int read_first_number(const char *path)
{
	FILE *file = fopen(path, "re");
	char text[64];
	int number = -ENOENT;

	if (!file)
		return -errno;
	if (fgets(text, sizeof(text), file) && strpbrk(text, "0123456789"))
		number = atoi(strpbrk(text, "0123456789"));
	fclose(file);
	return number;
}

int perf_pmu_type(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/type", name);
	return read_first_number(path);
}

int perf_pmu_bit(const char *name, const char *field)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/event_source/devices/%s/format/%s", name, field);
	return read_first_number(path);
}

const char *perf_error(struct arena *arena, int error)
{
	switch (-error) {
	case EACCES:
	case EPERM:
		return "permission denied: it needs CAP_PERFMON, or a lower "
		       "/proc/sys/kernel/perf_event_paranoid";
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
		return "this machine does not have it";
	case EMFILE:
		return "too many open files: raise RLIMIT_NOFILE";
	case ESRCH:
		return "there is no such process";
	case EINVAL:
		return "the kernel does not accept it (EINVAL)";
	case ENOSPC:
		return "all debug registers of the processor are in use";
	default:
		return arena_strdup(arena, strerror(-error));
	}
}
