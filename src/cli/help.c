/* --help, from the same rows that the options are parsed by. */
#include "cli/cli.h"

void options_help(const struct cli *cli, FILE *out)
{
	const char *name = cli->program_name;

	fprintf(out,
		"USAGE:\n"
		"    %s [options] FILE [parameters]\n"
		"    %s [options] -e 'PROGRAM' [parameters]\n"
		"    %s [options] -l [PATTERN]\n\n"
		"FILE is a script, an object that --emit-elf wrote, or - for standard input.\n\n"
		"OPTIONS:\n",
		name, name, name);
	for (int id = 0; id < OPT_COUNT; id++) {
		const struct option_row *row = &option_rows[id];
		char left[64];
		int len = 0;

		if (row->short_name)
			len += snprintf(left, sizeof(left), "-%c%s", row->short_name,
					row->long_name ? ", " : "");
		if (row->long_name)
			len += snprintf(left + len, sizeof(left) - (size_t)len, "--%s",
					row->long_name);
		if (row->argument)
			snprintf(left + len, sizeof(left) - (size_t)len, " %s", row->argument);
		fprintf(out, "    %-30s %s\n", left, row->doc);
	}
	fprintf(out,
		"\nEXAMPLES:\n"
		"    %s -l 'tracepoint:syscalls:*open*'\n"
		"        list probes\n"
		"    %s -e 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }'\n"
		"        count system calls by program\n"
		"    %s -e 'tracepoint:syscalls:sys_exit_read /args.ret > 0/ { @ = hist(args.ret); "
		"}'\n"
		"        sizes of reads as a histogram\n\n"
		"The language and all options are in sonde(8).\n",
		name, name, name);
}
