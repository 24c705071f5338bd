/* Whether the process that -p names can be traced, in words if not. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The process that a thread belongs to; 0 if there is no such thread. */
static int process_of(const struct cli *cli, pid_t tid)
{
	FILE *status = fopen(arena_printf(cli->arena, "/proc/%d/status", (int)tid), "re");
	char line[256];
	int pid = 0;

	while (!pid && status && fgets(line, sizeof(line), status))
		if (sscanf(line, "Tgid: %d", &pid) != 1)
			pid = 0;
	if (status)
		fclose(status);
	return pid;
}

bool check_target(const struct cli *cli)
{
	int fd = (int)syscall(SYS_pidfd_open, cli->pid, 0), error = errno, process;

	if (fd >= 0) {
		close(fd);
		return true;
	}
	process = process_of(cli, cli->pid);
	if (process && process != cli->pid)
		diag_say(stderr, &cli->style, DIAG_ERROR, "pid",
			 "cannot trace process %d: it is a thread of process %d", (int)cli->pid,
			 process);
	else
		diag_say(stderr, &cli->style, DIAG_ERROR, "pid", "cannot trace process %d: %s",
			 (int)cli->pid,
			 error == ESRCH ? "there is no such process" : strerror(error));
	return false;
}
