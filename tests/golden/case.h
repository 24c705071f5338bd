/*
 * Golden cases: text files that hold many, each with what goes in and what must come out.
 *
 *	=== name of the case
 *	--- requires          words that the machine must have, see requirements.c; else the case is
 *skipped, and says why
 *	--- env               NAME=VALUE lines
 *	--- called NAME       the name that the program is called by
 *	--- file NAME         a further file, in the directory that the case runs in
 *	--- input             the script
 *	--- options           options for all of the case's commands
 *	--- params            positional and named parameters
 *	--- ast | types | plan   standard output of -d STAGE --check
 *	--- diag              standard error of --check; exit code 2 if it holds an ERROR, else 0
 *	--- llvm              lines that -d llvm must contain, in this order
 *	--- format            standard output of --fmt
 *	--- run               runs the script, with these options (often -c '...'); then:
 *	--- expect            standard output, exactly
 *	--- match             standard output, line by line, where "*" stands for anything
 *	--- stderr            standard error, exactly (without it, none is compared)
 *	--- exit              exit code (default 0); of the diag section too, if there is no run
 *
 * Text before the first "===" is a comment. A final newline that a section's output lacks is
 *written as "\" at the end of the last line.
 */
#ifndef SONDE_TESTS_GOLDEN_CASE_H
#define SONDE_TESTS_GOLDEN_CASE_H

#include "base/arena.h"
#include "base/strbuf.h"
#include "base/vec.h"

#include <stdbool.h>

struct section {
	const char *name;
	const char *argument; /* "" if none */
	char *text; /* may be replaced when expectations are rewritten */
	size_t len;
};

struct golden_case {
	const char *file; /* path */
	unsigned line;
	const char *name;
	VEC(struct section)
	sections;
};

struct golden_file {
	const char *path;
	const char *head; /* text before the first case */
	VEC(struct golden_case *)
	cases;
};

/* Aborts with a message on a malformed file: that is the author's mistake. */
struct golden_file *golden_file_read(struct arena *arena, const char *path);
void golden_file_write(const struct golden_file *file);
struct section *golden_section(const struct golden_case *c, const char *name);

/* NULL if the machine has what the words name, else the reason to skip (arena). */
const char *golden_missing_requirement(struct arena *arena, const char *words);

enum golden_mode {
	GOLDEN_ALL,
	GOLDEN_UPDATE, /* expectations are replaced */
	GOLDEN_SCRIPTS, /* scripts are run, and not compiled to objects to run */
};

/* Runs what the case asks for. NULL: passed; else what differs (arena). */
const char *golden_case_run(struct arena *arena, struct golden_case *c, enum golden_mode mode);

#endif
