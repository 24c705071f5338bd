/* Whether the process may load and attach BPF programs, in words if not. */
#include "cli/cli.h"

#include <linux/capability.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct needed {
	unsigned capability;
	const char *name, *what;
};

static const struct needed needed[] = {
	{CAP_BPF, "CAP_BPF", "loading programs and maps"},
	{CAP_PERFMON, "CAP_PERFMON", "attaching to tracepoints and reading kernel memory"},
	{CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", "reading tracefs"},
	{CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE", "reading tracefs"},
};

/* The first that the process lacks, or NULL. */
static const struct needed *find_missing(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	if (syscall(SYS_capget, &header, data))
		return NULL;
	/* CAP_SYS_ADMIN stands for the first two, as it did before Linux 5.8. */
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		unsigned bit = needed[i].capability;

		if (data[bit / 32].effective & (1u << (bit % 32)))
			continue;
		if (i < 2 && data[0].effective & (1u << CAP_SYS_ADMIN))
			continue;
		return &needed[i];
	}
	return NULL;
}

bool has_privileges(void)
{
	return !find_missing();
}

bool check_privileges(const struct cli *cli)
{
	const struct needed *missing = find_missing();

	if (!missing)
		return true;
	diag_say(stderr, &cli->style, DIAG_ERROR, "privilege",
		 "Missing %s capability (for %s), please run %s as the root user.", missing->name,
		 missing->what, cli->program_name);
	return false;
}
