/* Runs the program for a case and compares what comes out. */
#include "tests/golden/case.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS_PER_COMMAND 120 /* two million system calls in an emulated guest take 5 to 20 */

struct outcome {
	char *out, *err;
	size_t out_len, err_len;
	int exit_code; /* 128 + signal if killed */
};

struct context {
	struct arena *arena;
	struct golden_case *c;
	const char *directory; /* where the case runs: removed afterwards */
	enum golden_mode mode;
};

static const char *program(void)
{
	const char *path = getenv("SONDE");

	return path ? path : SONDE_PROGRAM;
}

/* What the case's commands call the program: by its path, or by another name that leads to it. */
static const char *called(const struct context *x)
{
	struct section *name = golden_section(x->c, "called");
	char *path;

	if (!name)
		return program();
	path = arena_printf(x->arena, "%s/%s", x->directory, name->argument);
	if (symlink(program(), path) && errno != EEXIST)
		abort();
	return path;
}

static char *read_whole(struct arena *arena, const char *path, size_t *len)
{
	struct strbuf text = STRBUF_INIT;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char buffer[8192], *copy;
	ssize_t n;

	while (fd >= 0 && (n = read(fd, buffer, sizeof(buffer))) > 0)
		strbuf_add(&text, buffer, (size_t)n);
	if (fd >= 0)
		close(fd);
	*len = text.len;
	copy = arena_memdup(arena, strbuf_str(&text), text.len + 1);
	strbuf_free(&text);
	return copy;
}

static void set_environment(const struct golden_case *c, struct arena *arena)
{
	struct section *env = golden_section(c, "env");
	char *list = env ? arena_strdup(arena, env->text) : NULL, *rest = NULL;

	setenv("PATH", arena_printf(arena, "%s:%s", SONDE_FIXTURES, getenv("PATH")), 1);
	setenv("TZ", "UTC", 1);
	setenv("NO_COLOR", "1", 1);
	setenv("FIXTURES", SONDE_FIXTURES, 1);
	for (char *line = list ? strtok_r(list, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest)) {
		char *equals = strchr(line, '=');

		if (!equals)
			continue;
		*equals = '\0';
		setenv(line, equals + 1, 1);
	}
}

/* The words pass through a shell, so that cases quote as people do. */
static _Noreturn void execute(const struct context *x, const char *words, const char *input)
{
	char *command = arena_printf(x->arena, "exec %s %s", called(x), words);
	int in, out, err;

	if (chdir(x->directory))
		_exit(120);
	in = open(input, O_RDONLY);
	out = open("stdout", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	err = open("stderr", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (in < 0 || out < 0 || err < 0)
		_exit(121);
	dup2(in, 0);
	dup2(out, 1);
	dup2(err, 2);
	set_environment(x->c, x->arena);
	alarm(SECONDS_PER_COMMAND);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(122);
}

static struct outcome run(const struct context *x, const char *words, const char *input)
{
	struct outcome outcome = {0};
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0)
		execute(x, words, input);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	outcome.exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	outcome.out = read_whole(x->arena, arena_printf(x->arena, "%s/stdout", x->directory),
				 &outcome.out_len);
	outcome.err = read_whole(x->arena, arena_printf(x->arena, "%s/stderr", x->directory),
				 &outcome.err_len);
	return outcome;
}

static void write_text(const struct context *x, const char *name, const char *text, size_t len)
{
	char *path = arena_printf(x->arena, "%s/%s", x->directory, name);
	char *slash = strrchr(path, '/');
	FILE *file;

	*slash = '\0';
	mkdir(path, 0700);
	*slash = '/';
	file = fopen(path, "we");
	if (!file)
		abort();
	fwrite(text, 1, len, file);
	fchmod(fileno(file), 0700); /* it may be a program */
	fclose(file);
}

static const char *difference(const struct context *x, const char *what, const char *want,
			      const char *got)
{
	return arena_printf(x->arena, "%s:%u: %s: %s differs\n--- expected\n%s\n--- got\n%s\n",
			    x->c->file, x->c->line, x->c->name, what, want, got);
}

static const char *compare_exact(const struct context *x, struct section *section, const char *what,
				 char *got, size_t len)
{
	if (section->len == len && !memcmp(section->text, got, len))
		return NULL;
	if (x->mode == GOLDEN_UPDATE) {
		section->text = got;
		section->len = len;
		return NULL;
	}
	return difference(x, what, section->text, got);
}

static const char *compare_exit(const struct context *x, const char *what, int want,
				const struct outcome *outcome)
{
	if (outcome->exit_code == want)
		return NULL;
	return arena_printf(
		x->arena,
		"%s:%u: %s: %s: exit code %d, expected %d\n--- stdout\n%s\n--- stderr\n%s\n",
		x->c->file, x->c->line, x->c->name, what, outcome->exit_code, want, outcome->out,
		outcome->err);
}

/* Line by line, each a pattern in which only "*" is special. */
static const char *compare_lines(const struct context *x, const struct section *section,
				 const char *got)
{
	const char *want = section->text, *line = got;

	while (*want || *line) {
		size_t want_len = strcspn(want, "\n"), len = strcspn(line, "\n");
		char *pattern = arena_alloc(x->arena, 2 * want_len + 1), *out = pattern;

		for (size_t i = 0; i < want_len; i++) {
			if (strchr("?[]\\", want[i]))
				*out++ = '\\';
			*out++ = want[i];
		}
		if (!*want != !*line || fnmatch(pattern, arena_strndup(x->arena, line, len), 0))
			return difference(x, "standard output", section->text, got);
		want += want_len + (want[want_len] == '\n');
		line += len + (line[len] == '\n');
	}
	return NULL;
}

static const char *compare_substrings(const struct context *x, const struct section *section,
				      const char *got)
{
	char *list = arena_strdup(x->arena, section->text), *rest = NULL;
	const char *from = got;

	for (char *line = strtok_r(list, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		from = strstr(from, line);
		if (!from)
			return difference(x, arena_printf(x->arena, "\"%s\" in the output", line),
					  section->text, got);
		from += strlen(line);
	}
	return NULL;
}

/* A section's text as words of one line; "" if the case has none. */
static const char *words_of(const struct golden_case *c, struct arena *arena, const char *name)
{
	struct section *section = golden_section(c, name);
	char *text = arena_strdup(arena, section ? section->text : "");

	for (char *newline = text; (newline = strchr(newline, '\n'));)
		*newline = ' ';
	return text;
}

static const char *run_stage(const struct context *x, const char *stage)
{
	struct section *section = golden_section(x->c, stage);
	struct outcome outcome;
	const char *failure;

	if (!section)
		return NULL;
	outcome = run(x,
		      arena_printf(x->arena, "--check -d %s %s - %s", stage,
				   words_of(x->c, x->arena, "options"),
				   words_of(x->c, x->arena, "params")),
		      "input");
	failure = compare_exit(x, stage, 0, &outcome);
	if (failure)
		return failure;
	if (!strcmp(stage, "llvm"))
		return compare_substrings(x, section, outcome.out);
	return compare_exact(x, section, stage, outcome.out, outcome.out_len);
}

static const char *run_diag(const struct context *x)
{
	struct section *section = golden_section(x->c, "diag"),
		       *code = golden_section(x->c, "run") ? NULL : golden_section(x->c, "exit");
	struct outcome outcome;
	const char *failure;

	if (!section)
		return NULL;
	outcome = run(x,
		      arena_printf(x->arena, "--check %s - %s", words_of(x->c, x->arena, "options"),
				   words_of(x->c, x->arena, "params")),
		      "input");
	failure = compare_exact(x, section, "the diagnostics", outcome.err, outcome.err_len);
	if (failure)
		return failure;
	return compare_exit(x, "--check",
			    code                             ? atoi(code->text)
			    : strstr(section->text, "ERROR") ? 2
							     : 0,
			    &outcome);
}

static const char *run_format(const struct context *x)
{
	struct section *section = golden_section(x->c, "format");
	struct outcome outcome;
	const char *failure;

	if (!section)
		return NULL;
	outcome = run(x, "--fmt -", "input");
	failure = compare_exit(x, "--fmt", 0, &outcome);
	if (!failure)
		failure = compare_exact(x, section, "--fmt", outcome.out, outcome.out_len);
	if (failure)
		return failure;
	/* Formatting the result again changes nothing. */
	write_text(x, "formatted", outcome.out, outcome.out_len);
	outcome = run(x, "--fmt -", "formatted");
	return compare_exact(x, section, "formatting twice", outcome.out, outcome.out_len);
}

/* What the compiler says on standard error is not said again when the object runs. */
static const char *compare_run(const struct context *x, const char *what,
			       const struct outcome *outcome, bool compiled)
{
	struct section *expect = golden_section(x->c, "expect"),
		       *match = golden_section(x->c, "match");
	struct section *err = golden_section(x->c, "stderr"), *code = golden_section(x->c, "exit");
	const char *failure = compare_exit(x, what, code ? atoi(code->text) : 0, outcome);

	if (failure)
		return failure;
	if (expect)
		failure = compare_exact(x, expect, what, outcome->out, outcome->out_len);
	if (!failure && match)
		failure = compare_lines(x, match, outcome->out);
	if (failure)
		return arena_printf(x->arena, "%s--- standard error\n%s\n", failure, outcome->err);
	return err && compiled
		       ? compare_exact(x, err, "standard error", outcome->err, outcome->err_len)
		       : NULL;
}

/* Both roads: the script itself, then the object that it compiles to. */
static const char *run_script(const struct context *x)
{
	struct section *section = golden_section(x->c, "run");
	const char *failure, *words, *params;
	struct outcome outcome;

	if (!section)
		return NULL;
	words = arena_printf(x->arena, "%s %.*s", words_of(x->c, x->arena, "options"),
			     (int)strcspn(section->text, "\n"), section->text);
	params = words_of(x->c, x->arena, "params");
	outcome = run(x, arena_printf(x->arena, "%s - %s", words, params), "input");
	failure = compare_run(x, "the run", &outcome, true);
	if (failure || x->mode == GOLDEN_SCRIPTS)
		return failure;
	outcome = run(x, arena_printf(x->arena, "%s --emit-elf object.o - %s", words, params),
		      "input");
	if (outcome.exit_code)
		return compare_exit(x, "--emit-elf",
				    golden_section(x->c, "exit") ? outcome.exit_code : 0, &outcome);
	/* A list or a version makes no object. */
	if (access(arena_printf(x->arena, "%s/object.o", x->directory), R_OK))
		return NULL;
	/* Looking at an object runs nothing. */
	outcome = run(x, "--check object.o", "/dev/null");
	if (outcome.exit_code || outcome.out_len)
		return difference(x, "--check of the object", "", outcome.out);
	outcome = run(x, arena_printf(x->arena, "%s object.o", words), "/dev/null");
	return compare_run(x, "the run of the object", &outcome, false);
}

static void write_files(const struct context *x)
{
	struct section *input = golden_section(x->c, "input");

	write_text(x, "input", input ? input->text : "", input ? input->len : 0);
	for (size_t i = 0; i < x->c->sections.len; i++) {
		const struct section *section = &x->c->sections.data[i];

		if (!strcmp(section->name, "file"))
			write_text(x, section->argument, section->text, section->len);
	}
}

const char *golden_case_run(struct arena *arena, struct golden_case *c, enum golden_mode mode)
{
	static const char *const stages[] = {"ast", "types", "plan", "llvm"};
	char directory[] = "/tmp/sonde-golden-XXXXXX";
	struct context x = {.arena = arena, .c = c, .directory = directory, .mode = mode};
	const char *failure = NULL;

	if (!mkdtemp(directory))
		return arena_printf(arena, "mkdtemp: %s", strerror(errno));
	write_files(&x);
	for (size_t i = 0; !failure && i < sizeof(stages) / sizeof(stages[0]); i++)
		failure = run_stage(&x, stages[i]);
	if (!failure)
		failure = run_diag(&x);
	if (!failure)
		failure = run_format(&x);
	if (!failure)
		failure = run_script(&x);
	if (system(arena_printf(arena, "rm -rf '%s'", directory)))
		fprintf(stderr, "cannot remove %s\n", directory);
	return failure;
}
