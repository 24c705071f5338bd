/* The whole pipeline: a script's text to an object, an object to what it gathers. */
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_BUFFER (256u << 10)
#define COMPAT_VERSION "bpftrace v0.26.0"

static int write_object(const struct cli *cli, const void *data, size_t size)
{
	int fd = open(cli->emit_elf, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	const char *next = data;
	size_t left = size;

	while (fd >= 0 && left) {
		ssize_t n = write(fd, next, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		next += n;
		left -= (size_t)n;
	}
	if (fd < 0 || left) {
		diag_say(stderr, &cli->style, DIAG_ERROR, "file", "cannot write '%s': %s",
			 cli->emit_elf, strerror(errno));
		if (fd >= 0)
			close(fd);
		return STATUS_USAGE;
	}
	close(fd);
	return STATUS_OK;
}

/* SIGUSR1, which would end the process, waits until the script can hear it. And who ignores
 * SIGCHLD, which is inherited, is not told how children end. */
static void prepare_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGCHLD, SIG_DFL);
}

/* Signals arrive on a descriptor, so that nothing is ever interrupted half-way. */
static int block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void raise_limits(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit)) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	/* Kernels before 5.11 account BPF memory to it; where it cannot be raised it does not
	 * matter. */
	limit.rlim_cur = limit.rlim_max = RLIM_INFINITY;
	setrlimit(RLIMIT_MEMLOCK, &limit);
}

/* A descriptor, or -1 after a message. */
static int open_output(const struct cli *cli)
{
	int fd = STDOUT_FILENO;

	if (cli->output_file) {
		fd = open(cli->output_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
		if (fd < 0)
			diag_say(stderr, &cli->style, DIAG_ERROR, "file", "cannot write '%s': %s",
				 cli->output_file, strerror(errno));
	}
	return fd;
}

static void say_output_error(const struct cli *cli, int error)
{
	diag_say(stderr, &cli->style, DIAG_ERROR, "output", "cannot write the output: %s",
		 strerror(error));
}

static int close_output(struct stream *out, struct stream *err, int fd)
{
	int error = stream_free(out);

	stream_free(err);
	if (fd != STDOUT_FILENO && close(fd) && !error)
		error = -errno;
	/* A reader that has seen enough is no failure. */
	return error == -EPIPE ? 0 : error;
}

static int child_exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int exit_code(const struct cli *cli, const struct runtime_result *result)
{
	switch (result->status) {
	case RUNTIME_LOAD_FAILED:
	case RUNTIME_ATTACH_FAILED:
		return cli->compat ? STATUS_COMPAT_KERNEL : STATUS_KERNEL;
	case RUNTIME_BAD_OBJECT:
		return STATUS_SCRIPT;
	case RUNTIME_NO_PROBES:
	case RUNTIME_CHILD_FAILED:
	case RUNTIME_OUTPUT_FAILED:
		return STATUS_USAGE;
	case RUNTIME_OK:
		break;
	}
	if (result->assert_failed || result->failed_tests)
		return STATUS_USAGE;
	if (cli->strict && result->lost)
		return STATUS_LOSS;
	if (result->exit_called)
		return result->exit_code;
	if (result->child_ended && !cli->compat)
		return child_exit_code(result->child_status);
	return STATUS_OK;
}

static int run(const struct cli *cli, const struct compilation *compilation, const void *object,
	       size_t size)
{
	struct runtime_options options = {
		.arena = cli->arena,
		.object = object,
		.object_size = size,
		.env = &compilation->env,
		.format = cli->format,
		.child_argv = cli->child_argv,
		.pid = cli->pid,
		.ready_fd = cli->ready_fd,
		.full_buffering = cli->buffer == 'f',
		.quiet = cli->quiet,
		.verbose = cli->verbose,
		.dry_run = cli->dry_run,
		.warnings = cli->warnings,
		.style = &cli->style,
		.strict = cli->strict,
		.debug_libbpf = cli->stages & STAGE_LIBBPF,
		.debug_verifier = cli->stages & STAGE_VERIFIER,
		.test_or_bench = cli->test_or_bench,
	};
	struct runtime_result result;
	int fd = open_output(cli), error;
	struct stream *out, *err;

	if (fd < 0)
		return STATUS_USAGE;
	raise_limits();
	options.signal_fd = block_signals();
	out = stream_new(fd);
	err = stream_new(STDERR_FILENO);
	options.out = stream_file(out);
	options.err = stream_file(err);
	if (getenv("__BPFTRACE_NOTIFY_PROBES_ATTACHED"))
		options.notify = cli->output_file ? stdout : options.out;
	setvbuf(options.out, NULL, cli->buffer == 'n' ? _IONBF : _IOFBF, OUTPUT_BUFFER);
	setvbuf(options.err, NULL, _IOLBF, BUFSIZ);
	runtime_run(&options, &result);
	error = close_output(out, err, fd);
	if (error && result.status == RUNTIME_OK) {
		say_output_error(cli, -error);
		result.status = RUNTIME_OUTPUT_FAILED;
	}
	/* Who reads JSON gets no other lines. */
	if (result.status == RUNTIME_NO_PROBES)
		fputs("No probes to attach\n", cli->format == OUTPUT_JSON ? stderr : stdout);
	return exit_code(cli, &result);
}

static bool runs_script(const struct cli *cli)
{
	return cli->action == ACTION_RUN && !cli->emit_elf && !cli->emit_llvm &&
	       !(cli->stages & STAGES_COMPILE);
}

static int compile_and_run(const struct cli *cli, struct compilation *compilation,
			   const struct input *input)
{
	struct codegen_object object = {0};
	int status = STATUS_OK;

	if (!compile(compilation, cli, input, &object, &status))
		return status;
	if (cli->emit_elf)
		status = write_object(cli, object.data, object.size);
	else if (runs_script(cli))
		status = run(cli, compilation, object.data, object.size);
	codegen_object_free(&object);
	return status;
}

/* -l with a file, "-" or -e lists the script's probes, otherwise a pattern's. */
static bool lists_script(const struct cli *cli)
{
	struct stat status;

	if (cli->expression || !cli->file || !strcmp(cli->file, "-"))
		return cli->expression || cli->file;
	return !strchr(cli->file, ':') && !stat(cli->file, &status) && S_ISREG(status.st_mode);
}

static bool needs_privileges(const struct cli *cli)
{
	return cli->action == ACTION_LIST || runs_script(cli);
}

static int perform(struct cli *cli, struct compilation *compilation)
{
	struct input input;
	int status = STATUS_OK;

	if (needs_privileges(cli) && !check_privileges(cli))
		return cli->compat ? STATUS_USAGE : STATUS_PRIVILEGE;
	if (cli->pid && needs_privileges(cli) && !check_target(cli))
		return STATUS_USAGE;
	if (cli->action == ACTION_LIST && !lists_script(cli))
		return list_probes(compilation, cli);
	if (!input_read(cli, &input, &status))
		return status;
	if (input.is_object && !runs_script(cli))
		status = inspect_object(compilation, cli, &input);
	else if (cli->action == ACTION_LIST)
		status = list_script(compilation, cli, &input);
	else if (cli->action == ACTION_FORMAT)
		status = format_script(compilation, cli, &input);
	else if (input.is_object)
		status = run(cli, compilation, input.text, input.len);
	else
		status = compile_and_run(cli, compilation, &input);
	if (input.fd >= 0)
		close(input.fd);
	return status;
}

static int act(struct cli *cli)
{
	struct compilation compilation;
	int status;

	switch (cli->action) {
	case ACTION_HELP:
		options_help(cli, stdout);
		return STATUS_OK;
	case ACTION_VERSION:
		puts(cli->compat ? COMPAT_VERSION : "sonde v" SONDE_VERSION);
		return STATUS_OK;
	case ACTION_INFO:
		return print_info(cli);
	case ACTION_COMPLETION:
		if (options_completion(cli->shell, stdout))
			return STATUS_OK;
		diag_say(stderr, &cli->style, DIAG_ERROR, "usage",
			 "--completion: there are bash, zsh and fish, not '%s'", cli->shell);
		return STATUS_USAGE;
	case ACTION_RUN:
	case ACTION_LIST:
	case ACTION_CHECK:
	case ACTION_FORMAT:
	case ACTION_COMPILE_BENCH:
	case ACTION_CODEGEN:
		break;
	}
	compilation_init(&compilation, cli);
	status = perform(cli, &compilation);
	compilation_free(&compilation);
	return status;
}

/* A standard descriptor that is closed must not become another file's: what is written to it fails
 * instead. */
static void occupy_standard_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* What was printed without a stream of its own: lists, help, formatted scripts. */
static int close_standard_output(const struct cli *cli, int status)
{
	if (!ferror(stdout) && !fflush(stdout))
		return status;
	if (errno != EPIPE)
		say_output_error(cli, errno);
	return status == STATUS_OK ? STATUS_USAGE : status;
}

int main(int argc, char **argv)
{
	struct cli cli = {.arena = arena_new()};
	int status;

	occupy_standard_descriptors();
	prepare_signals();
	if (options_parse(&cli, argc, argv, &status))
		status = act(&cli);
	status = close_standard_output(&cli, status);
	arena_free(cli.arena);
	return status;
}
