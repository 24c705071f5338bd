/* Reading iterators to their end, on a thread of its own: the events of a long walk must be taken
 * out of the ring buffer while it goes on. */
#include "provider/internal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct iteration {
	pthread_t thread;
	int *fds;
	size_t n;
	int done_fd;
	const uint64_t *stop; /* set by a program that has seen enough */
	bool cancelled;
};

static bool is_over(const struct iteration *iteration)
{
	return __atomic_load_n(&iteration->cancelled, __ATOMIC_RELAXED) ||
	       __atomic_load_n(iteration->stop, __ATOMIC_RELAXED);
}

static void *read_all(void *data)
{
	struct iteration *iteration = data;
	char text[4096];

	for (size_t i = 0; i < iteration->n; i++) {
		ssize_t n = 1;

		/* EAGAIN: the kernel pauses after a million objects, or a program has ended the
		 * walk. */
		while (!is_over(iteration) &&
		       (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR))))
			n = read(iteration->fds[i], text, sizeof(text));
	}
	eventfd_write(iteration->done_fd, 1);
	return NULL;
}

struct iteration *iteration_start(const int *fds, size_t n, const uint64_t *stop)
{
	struct iteration *iteration = calloc(1, sizeof(*iteration));
	sigset_t all, before;
	int error;

	if (!iteration)
		abort();
	iteration->fds = calloc(n + 1, sizeof(*fds));
	if (!iteration->fds)
		abort();
	for (size_t i = 0; i < n; i++)
		iteration->fds[i] = fds[i];
	iteration->n = n;
	iteration->stop = stop;
	iteration->done_fd = eventfd(0, EFD_CLOEXEC);
	/* Signals are the main thread's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&iteration->thread, NULL, read_all, iteration);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		abort();
	return iteration;
}

int iteration_fd(const struct iteration *iteration)
{
	return iteration->done_fd;
}

void iteration_end(struct iteration *iteration)
{
	if (!iteration)
		return;
	__atomic_store_n(&iteration->cancelled, true, __ATOMIC_RELAXED);
	pthread_join(iteration->thread, NULL);
	close(iteration->done_fd);
	free(iteration->fds);
	free(iteration);
}
