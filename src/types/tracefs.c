/* Which tracepoints there are, and where the kernel describes them. */
#include "types/tracefs.h"

#include "types/format.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The mount point, or NULL; *denied: it cannot be known. */
static const char *find_path(bool *denied)
{
	static const char *const paths[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
	char events[64];

	*denied = false;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		snprintf(events, sizeof(events), "%s/events", paths[i]);
		if (!faccessat(AT_FDCWD, events, F_OK, AT_EACCESS))
			return paths[i];
		*denied |= errno == EACCES;
	}
	return NULL;
}

const char *tracefs_path(void)
{
	bool denied;

	return find_path(&denied);
}

const char *tracefs_missing(void)
{
	bool denied;

	find_path(&denied);
	return denied ? "tracefs cannot be read at /sys/kernel/tracing: Permission denied"
		      : "tracefs is not mounted at /sys/kernel/tracing";
}

/* Reads what the kernel generates: sizes are not known before. 0 or negative errno. */
static int read_text(const char *path, struct strbuf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	char chunk[16384];
	ssize_t n;

	if (fd < 0)
		return -errno;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		strbuf_add(out, chunk, (size_t)n);
	if (n < 0)
		err = -errno;
	close(fd);
	return err;
}

static bool is_plain_name(const char *name)
{
	return *name && *name != '.' && !strchr(name, '/');
}

int tracefs_read_event(const char *category, const char *event, const char *file,
		       struct strbuf *out)
{
	const char *root = tracefs_path();
	char path[512];
	int len;

	if (!root || !is_plain_name(category) || !is_plain_name(event))
		return -ENOENT;
	len = snprintf(path, sizeof(path), "%s/events/%s/%s/%s", root, category, event, file);
	return len < (int)sizeof(path) ? read_text(path, out) : -ENAMETOOLONG;
}

int tracefs_event_id(const char *category, const char *event)
{
	struct strbuf text = STRBUF_INIT;
	int id = tracefs_read_event(category, event, "id", &text);

	if (!id)
		id = atoi(strbuf_str(&text));
	strbuf_free(&text);
	return id ? id : -EINVAL;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Lines "category:event", in no order. */
static void each_line(char *text, tracefs_event_fn fn, void *data)
{
	size_t n = 0, cap = 0;
	char **lines = NULL, *save;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (n == cap) {
			char **grown;

			cap = cap ? cap * 2 : 1024;
			grown = realloc(lines, cap * sizeof(*lines));
			if (!grown)
				break;
			lines = grown;
		}
		lines[n++] = line;
	}
	qsort(lines, n, sizeof(*lines), by_name);
	for (size_t i = 0; i < n; i++) {
		char *colon = strchr(lines[i], ':');

		if (!colon)
			continue;
		*colon = '\0';
		fn(lines[i], colon + 1, data);
	}
	free(lines);
}

int tracefs_each_event(tracefs_event_fn fn, void *data)
{
	struct strbuf text = STRBUF_INIT;
	const char *root = tracefs_path();
	char path[64];
	int err;

	if (!root)
		return -ENOENT;
	/* One file of all names, much faster than a walk through thousands of directories. */
	snprintf(path, sizeof(path), "%s/available_events", root);
	err = read_text(path, &text);
	if (!err && text.len)
		each_line(text.data, fn, data);
	strbuf_free(&text);
	return err;
}
