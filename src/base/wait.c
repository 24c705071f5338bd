/* Waiting that a signal ends. */
#include "base/wait.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define LOOK_MS 100 /* how often signals are looked for where no descriptor is left to tell */

bool wait_is_over(void)
{
	sigset_t pending;

	return !sigpending(&pending) &&
	       (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM));
}

/* Of these signals alone: others, which may be pending all along, would hide them. */
static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool wait_for(int fd, short events)
{
	struct pollfd fds[] = {{.fd = fd, .events = events}, {.events = POLLIN}};
	bool is_over = false;

	if (poll(fds, 1, 0) > 0)
		return true;
	fds[1].fd = open_signals();
	while (!is_over && (poll(fds, 2, fds[1].fd < 0 ? LOOK_MS : -1) < 0 || !fds[0].revents))
		is_over = wait_is_over();
	if (fds[1].fd >= 0)
		close(fds[1].fd);
	return !is_over;
}
