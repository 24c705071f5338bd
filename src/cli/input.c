/* The program's text, from -e, a file or standard input. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define LARGEST_INPUT (64u << 20)

static bool read_descriptor(struct cli *cli, int fd, struct input *input, const char **error)
{
	struct strbuf text = STRBUF_INIT;
	char buffer[65536];
	ssize_t n;

	while ((n = read(fd, buffer, sizeof(buffer))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			*error = errno == EISDIR ? "it is a directory" : strerror(errno);
			break;
		}
		strbuf_add(&text, buffer, (size_t)n);
		if (text.len > LARGEST_INPUT) {
			*error = "it is larger than 64 MiB";
			break;
		}
	}
	if (!*error) {
		input->text = arena_memdup(cli->arena, strbuf_str(&text), text.len + 1);
		input->len = text.len;
	}
	strbuf_free(&text);
	return !*error;
}

/* Line info takes the script's text from a path: texts that have none, or that can be read from it
 * only once, get one. */
static void give_path(struct input *input)
{
	input->fd = memfd_create("sonde", MFD_CLOEXEC);
	if (input->fd >= 0 && write(input->fd, input->text, input->len) != (ssize_t)input->len) {
		close(input->fd);
		input->fd = -1;
	}
}

static bool read_file(struct cli *cli, struct input *input)
{
	bool is_stdin = !strcmp(cli->file, "-"), is_regular = false;
	const char *error = NULL, *slash;
	struct stat status;
	int fd = is_stdin ? STDIN_FILENO : open(cli->file, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		error = errno == ENOENT ? "there is no such file" : strerror(errno);
	} else {
		is_regular = !is_stdin && !fstat(fd, &status) && S_ISREG(status.st_mode);
		read_descriptor(cli, fd, input, &error);
	}
	if (fd >= 0 && !is_stdin)
		close(fd);
	if (error) {
		diag_say(stderr, &cli->style, DIAG_ERROR, "file", "cannot read '%s': %s", cli->file,
			 error);
		return false;
	}
	slash = strrchr(cli->file, '/');
	input->name = is_stdin ? "stdin" : cli->file;
	if (!is_stdin && slash)
		input->directory =
			arena_strndup(cli->arena, cli->file,
				      slash == cli->file ? 1 : (size_t)(slash - cli->file));
	input->is_object = input->len > 4 && !memcmp(input->text, "\177ELF", 4);
	if (!is_regular)
		give_path(input);
	return true;
}

bool input_read(struct cli *cli, struct input *input, int *status)
{
	*input = (struct input){.name = "stdin", .directory = ".", .fd = -1};
	if (!cli->expression) {
		*status = STATUS_USAGE;
		return read_file(cli, input);
	}
	input->text = arena_strdup(cli->arena, cli->expression);
	input->len = strlen(cli->expression);
	give_path(input);
	return true;
}
