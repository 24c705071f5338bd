/* --help and --completion, from the same rows that the options are parsed by. */
#include "cli/cli.h"

#include <string.h>

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

		len += snprintf(left + len, sizeof(left) - (size_t)len,
				row->short_name ? "-%c%s" : "", row->short_name,
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

static void complete_bash(FILE *out)
{
	fputs("_sonde()\n{\n\tlocal word=${COMP_WORDS[COMP_CWORD]} "
	      "last=${COMP_WORDS[COMP_CWORD-1]}\n"
	      "\tcase $last in\n"
	      "\t-f|--format) COMPREPLY=($(compgen -W 'text json' -- \"$word\")); return;;\n"
	      "\t-B|--buffer) COMPREPLY=($(compgen -W 'line full none' -- \"$word\")); return;;\n"
	      "\t-d) COMPREPLY=($(compgen -W 'ast types plan llvm llvm-opt asm libbpf verifier all'"
	      " -- \"$word\")); return;;\n"
	      "\t-l|--list) COMPREPLY=($(compgen -W \"$(sonde -l \"$word*\" 2>/dev/null)\" --"
	      " \"$word\")); return;;\n"
	      "\tesac\n"
	      "\tif [[ $word == -* ]]; then\n\t\tCOMPREPLY=($(compgen -W '",
	      out);
	for (int id = 0; id < OPT_COUNT; id++) {
		if (option_rows[id].short_name)
			fprintf(out, "-%c ", option_rows[id].short_name);
		if (option_rows[id].long_name)
			fprintf(out, "--%s ", option_rows[id].long_name);
	}
	fputs("' -- \"$word\"))\n\telse\n\t\tCOMPREPLY=($(compgen -f -- \"$word\"))\n\tfi\n}\n"
	      "complete -o filenames -F _sonde sonde\n",
	      out);
}

/* zsh quotes: an apostrophe ends, escapes and reopens the string. */
static void put_quoted(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else if (*text == '[' || *text == ']' || *text == ':')
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

static void complete_zsh(FILE *out)
{
	fputs("#compdef sonde\n_arguments -s \\\n", out);
	for (int id = 0; id < OPT_COUNT; id++) {
		const struct option_row *row = &option_rows[id];

		for (int form = 0; form < 2; form++) {
			if (form ? !row->long_name : !row->short_name)
				continue;
			fputs("\t'", out);
			if (form)
				fprintf(out, "--%s", row->long_name);
			else
				fprintf(out, "-%c", row->short_name);
			fputc('[', out);
			put_quoted(out, row->doc);
			fputc(']', out);
			if (row->argument) {
				fputc(':', out);
				put_quoted(out, row->argument);
				fputs(":_files", out);
			}
			fputs("' \\\n", out);
		}
	}
	fputs("\t'*:file:_files'\n", out);
}

static void complete_fish(FILE *out)
{
	for (int id = 0; id < OPT_COUNT; id++) {
		const struct option_row *row = &option_rows[id];

		fputs("complete -c sonde", out);
		if (row->short_name)
			fprintf(out, " -s %c", row->short_name);
		if (row->long_name)
			fprintf(out, " -l %s", row->long_name);
		fprintf(out, "%s -d \"", row->argument ? " -r" : "");
		for (const char *c = row->doc; *c; c++)
			fprintf(out, *c == '"' ? "\\%c" : "%c", *c);
		fputs("\"\n", out);
	}
}

bool options_completion(const char *shell, FILE *out)
{
	if (!strcmp(shell, "bash"))
		complete_bash(out);
	else if (!strcmp(shell, "zsh"))
		complete_zsh(out);
	else if (!strcmp(shell, "fish"))
		complete_fish(out);
	else
		return false;
	return true;
}
