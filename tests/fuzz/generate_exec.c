/*
 * A script is given to the program as it is, or as the program itself has formatted it, or as the
 * object that the program made of it: all of them do the same.
 */
#include "tests/fuzz/generate_run.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_MEMORY (1500ull << 20)
#define MOST_SECONDS 40

#define SCRIPT_FD 10
#define SCRIPT_PATH "/proc/self/fd/10"
#define RESULT_FD 11
#define RESULT_PATH "/proc/self/fd/11"

enum road {
	ROAD_SCRIPT,
	ROAD_FORMATTED,
	ROAD_OBJECT,
};

typedef VEC(const char *)
words;

static void add(struct script *script, words *args, const char *word)
{
	vec_push(script->arena, args, word);
}

/* The parameters are in the object already. */
static void add_given(struct script *script, words *args)
{
	add(script, args, "--");
	for (size_t i = 0; i < script->positional.len; i++)
		add(script, args, script->positional.data[i]);
	for (size_t i = 0; i < script->options.len; i++)
		add(script, args, script->options.data[i]);
}

static void exec(struct script *script, words *args)
{
	add(script, args, NULL);
	execv(args->data[0], (char **)args->data);
	_exit(127);
}

static void limit(int resource, rlim_t most)
{
	const struct rlimit limit = {most, most};

	setrlimit(resource, &limit);
}

/* Runs the program on the script; if that goes wrong, this process ends as it did. */
static void prepare(struct script *script, words *args, bool is_printed)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		if (is_printed)
			dup2(RESULT_FD, 1);
		exec(script, args);
	}
	waitpid(pid, &status, 0);
	if (WIFSIGNALED(status))
		kill(getpid(), WTERMSIG(status));
	if (status)
		_exit(WEXITSTATUS(status));
}

static void add_program(const struct run_options *options, struct script *script, words *args)
{
	add(script, args, options->program);
	add(script, args, "-q");
	add(script, args, "--no-warnings");
	if (script->kind == SCRIPT_ITERATOR)
		add(script, args, "--dry-run");
}

static void format(const struct run_options *options, struct script *script)
{
	words args = {0};

	add(script, &args, options->program);
	add(script, &args, "--fmt");
	add(script, &args, SCRIPT_PATH);
	prepare(script, &args, true);
}

static void compile(const struct run_options *options, struct script *script)
{
	words args = {0};

	add_program(options, script, &args);
	add(script, &args, "--emit-elf");
	add(script, &args, RESULT_PATH);
	add(script, &args, SCRIPT_PATH);
	add_given(script, &args);
	prepare(script, &args, false);
}

void exec_script(const struct run_options *options, struct script *script, uint32_t number,
		 int script_fd, int out, int err)
{
	enum road road = number / 2 % 5;
	words args = {0};

	dup2(open("/dev/null", O_RDONLY), 0);
	dup2(out, 1);
	dup2(err, 2);
	dup2(script_fd, SCRIPT_FD);
	dup2(memfd_create("result", 0), RESULT_FD);
	if (!options->is_unlimited) {
		limit(RLIMIT_AS, MOST_MEMORY);
		limit(RLIMIT_CPU, MOST_SECONDS);
	}
	alarm(MOST_SECONDS * 10);
	if (road == ROAD_FORMATTED)
		format(options, script);
	if (road == ROAD_OBJECT)
		compile(options, script);
	add_program(options, script, &args);
	add(script, &args,
	    road == ROAD_FORMATTED || road == ROAD_OBJECT ? RESULT_PATH : SCRIPT_PATH);
	if (road != ROAD_OBJECT)
		add_given(script, &args);
	exec(script, &args);
}
