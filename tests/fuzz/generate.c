/*
 * generate [--seed N] [--script M] [--count N] [--jobs N] [--unlimited] PROGRAM
 * generate --seed N --script M --print
 *
 * Random scripts of well-typed code, each given to PROGRAM: it must be accepted and loaded, and
 * print what is known to come out. Without --seed the seed is fresh; it is printed, and gives the
 * same scripts again. --unlimited: of memory and time PROGRAM may take what it likes, as sanitizers
 * do.
 */
#include "tests/fuzz/generate_run.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define EXIT_SKIPPED 77

static const struct option options[] = {
	{"seed", required_argument, NULL, 's'},
	{"script", required_argument, NULL, 'f'},
	{"count", required_argument, NULL, 'c'},
	{"jobs", required_argument, NULL, 'j'},
	{"print", no_argument, NULL, 'p'},
	{"unlimited", no_argument, NULL, 'u'},
	{NULL, 0, NULL, 0},
};

static int print_script(uint64_t seed, uint32_t number)
{
	struct arena *arena = arena_new();
	struct script *script = script_make(arena, seed, number);
	struct strbuf text = STRBUF_INIT;

	script_print(&text, script);
	fputs(strbuf_str(&text), stdout);
	for (size_t i = 0; i < script->positional.len; i++)
		printf("// given '%s'\n", script->positional.data[i]);
	for (size_t i = 0; i < script->options.len; i++)
		printf("// given '%s'\n", script->options.data[i]);
	if (script->kind == SCRIPT_KNOWN) {
		strbuf_clear(&text);
		script_evaluate(script, &text);
		printf("/* prints:\n%s*/\n", strbuf_str(&text));
	}
	strbuf_free(&text);
	arena_free(arena);
	return 0;
}

int main(int argc, char **argv)
{
	struct run_options run = {
		.seed = (uint64_t)time(NULL) ^ (uint64_t)getpid() << 32,
		.count = 1000,
		.jobs = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN),
	};
	bool prints = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 's':
			run.seed = strtoull(optarg, NULL, 0);
			break;
		case 'f':
			run.first = (uint32_t)strtoul(optarg, NULL, 0);
			run.count = 1;
			break;
		case 'c':
			run.count = (uint32_t)strtoul(optarg, NULL, 0);
			break;
		case 'j':
			run.jobs = (uint32_t)strtoul(optarg, NULL, 0);
			break;
		case 'u':
			run.is_unlimited = true;
			break;
		case 'p':
			prints = true;
			break;
		default:
			return 2;
		}
	}
	if (prints)
		return print_script(run.seed, run.first);
	if (optind + 1 != argc || !run.jobs) {
		fprintf(stderr,
			"usage: %s [--seed N] [--script M] [--count N] [--jobs N] "
			"[--unlimited] [--print] PROGRAM\n",
			argv[0]);
		return 2;
	}
	if (geteuid()) {
		puts("SKIP: programs are loaded by root only");
		return EXIT_SKIPPED;
	}
	run.program = argv[optind];
	return run_scripts(&run) ? 1 : 0;
}
