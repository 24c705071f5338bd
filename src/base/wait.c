/* Waiting that a signal ends. */
#include "base/wait.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>

bool wait_is_over(void)
{
	sigset_t pending;

	return !sigpending(&pending) &&
	       (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM));
}

bool wait_for(int fd, short events, int signal_fd)
{
	struct pollfd fds[] = {
		{.fd = fd, .events = events},
		{.fd = signal_fd, .events = POLLIN},
	};

	while (poll(fds, 2, -1) < 0 || !fds[0].revents) {
		if (wait_is_over())
			return false;
		/* Another signal is for whoever reads the descriptor. */
		if (fds[1].revents)
			fds[1].fd = -1;
	}
	return true;
}
