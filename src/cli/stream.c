/*
 * Output that may wait for its reader, but never keeps a signal waiting: where the reader takes
 * nothing and the user wants to stop, what is written is held in memory until everything is
 * detached, and a second signal then ends the wait. Signals are blocked throughout, and seen as
 * pending.
 */
#include "base/strbuf.h"
#include "base/wait.h"
#include "cli/cli.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct stream {
	FILE *file;
	int fd;
	bool is_file; /* which never makes one wait */
	bool is_holding;
	struct strbuf held;
};

/* False if it is to stop before there was room. */
static bool wait_for_room(const struct stream *stream)
{
	return stream->is_file || wait_for(stream->fd, POLLOUT);
}

/* How much was written: all of it, unless it is to stop; or negative errno. */
static ssize_t write_some(const struct stream *stream, const char *data, size_t size)
{
	size_t done = 0;

	while (done < size && wait_for_room(stream)) {
		/* What poll(2) calls writable takes this much without waiting, see pipe(7). */
		size_t chunk = stream->is_file || size - done < PIPE_BUF ? size - done : PIPE_BUF;
		ssize_t n = write(stream->fd, data + done, chunk);

		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		if (n > 0)
			done += (size_t)n;
	}
	return (ssize_t)done;
}

static ssize_t on_write(void *cookie, const char *data, size_t size)
{
	struct stream *stream = cookie;
	ssize_t done = 0;

	if (!stream->is_holding)
		done = write_some(stream, data, size);
	if (done < 0) {
		errno = (int)-done;
		return 0;
	}
	if ((size_t)done < size) {
		stream->is_holding = true;
		strbuf_add(&stream->held, data + done, size - (size_t)done);
	}
	return (ssize_t)size;
}

struct stream *stream_new(int fd)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	struct stat status;

	if (!stream)
		abort();
	stream->fd = fd;
	stream->is_file = !fstat(fd, &status) && S_ISREG(status.st_mode);
	stream->file = fopencookie(stream, "w", (cookie_io_functions_t){.write = on_write});
	if (!stream->file)
		abort();
	return stream;
}

FILE *stream_file(const struct stream *stream)
{
	return stream->file;
}

int stream_free(struct stream *stream)
{
	int error = fclose(stream->file) ? -errno : 0;
	ssize_t done;

	if (!error && stream->is_holding) {
		done = write_some(stream, stream->held.data, stream->held.len);
		error = done < 0 ? (int)done : 0;
	}
	strbuf_free(&stream->held);
	free(stream);
	return error;
}
