/* Generated scripts given to the program. */
#ifndef SONDE_TESTS_FUZZ_GENERATE_RUN_H
#define SONDE_TESTS_FUZZ_GENERATE_RUN_H

#include "tests/fuzz/generate.h"

struct run_options {
	const char *program;
	uint64_t seed;
	uint32_t first, count, jobs;
	bool is_unlimited;
};

/* Becomes the program, with the script that is in @script_fd. */
void exec_script(const struct run_options *options, struct script *script, uint32_t number,
		 int script_fd, int out, int err);
/* How many failed; what is wrong with each has been printed. */
uint32_t run_scripts(const struct run_options *options);

#endif
