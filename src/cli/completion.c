/* --completion: what shells complete, from the same rows that the options are parsed by. */
#include "cli/cli.h"

#include <string.h>

enum argument_kind {
	ARGUMENT_NONE,
	ARGUMENT_CHOICE,
	ARGUMENT_FILE,
	ARGUMENT_DIRECTORY,
	ARGUMENT_PROCESS,
	ARGUMENT_TEXT,
	ARGUMENT_KINDS,
};

static enum argument_kind argument_kind(const struct option_row *row)
{
	if (!row->argument)
		return ARGUMENT_NONE;
	if (row->choices)
		return ARGUMENT_CHOICE;
	if (!strcmp(row->argument, "FILE"))
		return ARGUMENT_FILE;
	if (!strncmp(row->argument, "DIR", 3))
		return ARGUMENT_DIRECTORY;
	return !strcmp(row->argument, "PID") ? ARGUMENT_PROCESS : ARGUMENT_TEXT;
}

/* --- bash --- */

/* "-f|--format" */
static void put_bash_pattern(const struct option_row *row, FILE *out)
{
	if (row->short_name)
		fprintf(out, "-%c%s", row->short_name, row->long_name ? "|" : "");
	if (row->long_name)
		fprintf(out, "--%s", row->long_name);
}

static void put_bash_argument(const struct option_row *row, FILE *out)
{
	static const char *const commands[ARGUMENT_KINDS] = {
		[ARGUMENT_FILE] = "compgen -f -- \"$word\"",
		[ARGUMENT_DIRECTORY] = "compgen -d -- \"$word\"",
		[ARGUMENT_PROCESS] = "cd /proc && compgen -G \"${word:-[0-9]}*\"",
		[ARGUMENT_TEXT] = "true",
	};
	enum argument_kind kind = argument_kind(row);

	if (kind == ARGUMENT_NONE)
		return;
	fputs("\t", out);
	put_bash_pattern(row, out);
	if (kind == ARGUMENT_CHOICE)
		fprintf(out, ") compgen -W '%s' -- \"$word\";;\n", row->choices);
	else
		fprintf(out, ") %s;;\n", commands[kind]);
}

static void put_bash_names(FILE *out)
{
	for (int id = 0; id < OPT_COUNT; id++) {
		if (option_rows[id].short_name)
			fprintf(out, " -%c", option_rows[id].short_name);
		if (option_rows[id].long_name)
			fprintf(out, " --%s", option_rows[id].long_name);
	}
}

static void put_providers(FILE *out)
{
	const struct provider *const *all;
	size_t n;

	all = providers(&n);
	for (size_t i = 0; i < n; i++)
		fprintf(out, " %s:", all[i]->name);
}

/*
 * bash takes a colon for the end of a word, so that the word is cut out of the line, and of each
 * reply only what follows the word's last colon is given back. What a probe's name holds is never
 * expanded.
 */
static void complete_bash(FILE *out)
{
	fputs("_sonde_words() # WORD LAST\n{\n"
	      "\tlocal word=$1 name\n"
	      "\tcase $2 in\n"
	      "\t-l|-[kqv]*l|-l[kqv]*|--list)\n"
	      "\t\tif [[ $word != *:* ]]; then compgen -W '",
	      out);
	put_providers(out);
	fputs("' -- \"$word\"; return; fi\n"
	      "\t\tsonde -l \"$word*\" 2>/dev/null | while IFS= read -r name; do\n"
	      "\t\t\t[[ $name == \"$word\"* ]] && printf '%s\\n' \"$name\"\n"
	      "\t\tdone;;\n",
	      out);
	for (int id = 0; id < OPT_COUNT; id++)
		put_bash_argument(&option_rows[id], out);
	fputs("\t*)\n\t\tif [[ $word == -* ]]; then compgen -W '", out);
	put_bash_names(out);
	fputs("' -- \"$word\"; else compgen -f -- \"$word\"; fi;;\n"
	      "\tesac\n}\n"
	      "_sonde()\n{\n"
	      "\tlocal line=${COMP_LINE:0:COMP_POINT} word rest last kept\n"
	      "\tword=${line##*[[:blank:]]}\n"
	      "\trest=${line%\"$word\"}\n"
	      "\trest=${rest%\"${rest##*[![:blank:]]}\"}\n"
	      "\tlast=${rest##*[[:blank:]]}\n"
	      "\tword=${word#[\\'\\\"]}\n"
	      "\tmapfile -t COMPREPLY < <(_sonde_words \"$word\" \"$last\")\n"
	      "\tkept=${word%\"${word##*:}\"}\n"
	      "\t[[ $COMP_WORDBREAKS == *:* ]] && COMPREPLY=(\"${COMPREPLY[@]#\"$kept\"}\")\n"
	      "\t[[ ${COMPREPLY[0]} == *: ]] && compopt -o nospace 2>/dev/null\n"
	      "}\n"
	      "complete -o filenames -F _sonde sonde\n",
	      out);
}

/* --- zsh --- */

/* An apostrophe ends, escapes and reopens the string. */
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

static void put_zsh_argument(const struct option_row *row, FILE *out)
{
	static const char *const actions[ARGUMENT_KINDS] = {
		[ARGUMENT_FILE] = "_files",
		[ARGUMENT_DIRECTORY] = "_files -/",
		[ARGUMENT_PROCESS] = "_pids",
		[ARGUMENT_TEXT] = " ",
	};
	enum argument_kind kind = argument_kind(row);

	if (kind == ARGUMENT_NONE)
		return;
	fputc(':', out);
	put_quoted(out, row->argument);
	if (kind == ARGUMENT_CHOICE)
		fprintf(out, ":(%s)", row->choices);
	else
		fprintf(out, ":%s", actions[kind]);
}

static void put_zsh_option(const struct option_row *row, bool is_long, FILE *out)
{
	fputs("\t'", out);
	if (is_long)
		fprintf(out, "--%s", row->long_name);
	else
		fprintf(out, "-%c", row->short_name);
	fputc('[', out);
	put_quoted(out, row->doc);
	fputc(']', out);
	put_zsh_argument(row, out);
	fputs("' \\\n", out);
}

static void complete_zsh(FILE *out)
{
	fputs("#compdef sonde\n_arguments -s \\\n", out);
	for (int id = 0; id < OPT_COUNT; id++) {
		if (option_rows[id].short_name)
			put_zsh_option(&option_rows[id], false, out);
		if (option_rows[id].long_name)
			put_zsh_option(&option_rows[id], true, out);
	}
	fputs("\t'*:file:_files'\n", out);
}

/* --- fish --- */

static void put_fish_argument(const struct option_row *row, FILE *out)
{
	static const char *const words[ARGUMENT_KINDS] = {
		[ARGUMENT_NONE] = "",
		[ARGUMENT_FILE] = " -r",
		[ARGUMENT_DIRECTORY] = " -x -a \"(__fish_complete_directories)\"",
		[ARGUMENT_PROCESS] = " -x -a \"(__fish_complete_pids)\"",
		[ARGUMENT_TEXT] = " -x",
	};
	enum argument_kind kind = argument_kind(row);

	if (kind == ARGUMENT_CHOICE)
		fprintf(out, " -x -a \"%s\"", row->choices);
	else
		fputs(words[kind], out);
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
		put_fish_argument(row, out);
		fputs(" -d \"", out);
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
