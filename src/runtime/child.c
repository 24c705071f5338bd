/*
 * The -c command: started stopped right after exec, so that its own file is mapped and can be
 * probed before its first instruction runs. And how commands end.
 */
#include "runtime/internal.h"

#include "base/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define GRACE_MS 1000 /* between SIGTERM and SIGKILL */

/* Runs in the child: never returns. An errno goes to @report when exec fails. */
static _Noreturn void exec_traced(char *const *argv, int report, pid_t parent)
{
	sigset_t none;
	int error;

	/* A tracer that is killed leaves no stopped child behind. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (!ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		execvp(argv[0], argv);
	error = errno;
	if (write(report, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

/* Turns the trap after exec into an ordinary stop. */
static bool hold_after_exec(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return false;
	if (ptrace(PTRACE_DETACH, pid, NULL, (void *)(intptr_t)SIGSTOP))
		return false;
	return waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status);
}

pid_t child_start(struct arena *arena, char *const *argv, const char **error)
{
	pid_t pid, parent = getpid();
	int report[2], code = 0;

	if (pipe2(report, O_CLOEXEC)) {
		*error = arena_printf(arena, "cannot make a pipe: %s", strerror(errno));
		return 0;
	}
	pid = fork();
	if (pid == 0)
		exec_traced(argv, report[1], parent);
	close(report[1]);
	if (pid < 0) {
		*error = arena_printf(arena, "cannot start '%s': fork: %s", argv[0],
				      strerror(errno));
		close(report[0]);
		return 0;
	}
	if (hold_after_exec(pid)) {
		close(report[0]);
		return pid;
	}
	if (read(report[0], &code, sizeof(code)) != sizeof(code))
		code = 0;
	close(report[0]);
	if (code == ENOENT)
		*error =
			arena_printf(arena, "cannot start '%s': there is no such program", argv[0]);
	else
		*error = arena_printf(arena, "cannot start '%s': %s", argv[0],
				      code ? strerror(code) : "it ended before it could be traced");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return 0;
}

void child_resume(pid_t pid)
{
	kill(pid, SIGCONT);
}

/* True once the process has ended, waiting for at most @ms. */
static bool wait_for_end(pid_t pid, int ms, int *status)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd wait = {.fd = fd, .events = POLLIN};

	if (fd >= 0) {
		poll(&wait, 1, ms);
		close(fd);
	}
	return waitpid(pid, status, WNOHANG) == pid;
}

int child_end(pid_t pid)
{
	int status = 0;

	if (wait_for_end(pid, 0, &status))
		return status;
	kill(pid, SIGTERM);
	kill(pid, SIGCONT);
	if (wait_for_end(pid, GRACE_MS, &status))
		return status;
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return status;
}

int child_wait(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0), status = 0;
	bool has_ended = fd < 0 || wait_for(fd, POLLIN);

	if (fd >= 0)
		close(fd);
	if (!has_ended) {
		kill(-pid, SIGTERM);
		return child_end(pid);
	}
	waitpid(pid, &status, 0);
	return status;
}
