/* Fills the reference parts of the manual: generate TEMPLATE < nothing > sonde.8 */
#include "cli/cli.h"
#include "lang/lang.h"
#include "provider/provider.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* roff: a leading dot or apostrophe is a request, a hyphen that is typed must be escaped. */
static void put(const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	for (; *text; text++) {
		if (*text == '-')
			fputs("\\-", stdout);
		else if (*text == '\\')
			fputs("\\e", stdout);
		else
			putchar(*text);
	}
}

static void item(const char *head, const char *doc)
{
	fputs(".TP\n.B \"", stdout);
	for (; *head; head++)
		fputs(*head == '"' ? "\\(dq" : *head == '-' ? "\\-" : (char[]){*head, 0}, stdout);
	fputs("\"\n", stdout);
	put(doc);
	putchar('\n');
}

static void options(void)
{
	char head[128];

	for (int id = 0; id < OPT_COUNT; id++) {
		const struct option_row *row = &option_rows[id];
		int n = 0;

		if (row->short_name)
			n = snprintf(head, sizeof(head), "-%c%s", row->short_name,
				     row->long_name ? ", " : "");
		if (row->long_name)
			n += snprintf(head + n, sizeof(head) - (size_t)n, "--%s", row->long_name);
		if (row->argument)
			snprintf(head + n, sizeof(head) - (size_t)n, " %s", row->argument);
		item(head, row->doc);
	}
}

static void probes(void)
{
	const struct provider *const *all;
	char doc[512];
	size_t n;

	all = providers(&n);
	for (size_t i = 0; i < n; i++) {
		for (const char *const *form = all[i]->forms; form && *form && form[1]; form++)
			printf(".TP\n.B \"%s\"\n.PD 0\n", *form);
		snprintf(doc, sizeof(doc), "%s%s%s%s%s%s%s", all[i]->doc,
			 all[i]->short_name ? " (short: " : "",
			 all[i]->short_name ? all[i]->short_name : "",
			 all[i]->short_name ? ")" : "", all[i]->min_kernel ? "; Linux " : "",
			 all[i]->min_kernel ? all[i]->min_kernel : "",
			 all[i]->min_kernel ? " or later" : "");
		if (all[i]->forms && *all[i]->forms) {
			const char *const *last = all[i]->forms;

			while (last[1])
				last++;
			item(*last, doc);
		} else {
			item(all[i]->name, doc);
		}
		puts(".PD");
	}
}

static void builtins(void)
{
	char head[128];

	for (int i = 0; i < BUILTIN_COUNT_; i++) {
		snprintf(head, sizeof(head), "%s: %s", lang_builtins[i].name,
			 lang_builtins[i].type);
		item(head, lang_builtins[i].doc);
	}
}

static void functions(void)
{
	char head[256], doc[512];

	for (int i = 0; i < FUNCTION_COUNT_; i++) {
		const struct lang_function *function = &lang_functions[i];
		const char *parameters = strchr(function->prototype, '(');

		snprintf(head, sizeof(head), "%s%s", function->name,
			 parameters ? parameters : "()");
		snprintf(doc, sizeof(doc), "%s%s", function->doc,
			 function->flags & FN_UNSAFE ? " (unsafe)" : "");
		item(head, doc);
		printf(".br\n");
		put(function->example);
		putchar('\n');
	}
}

static void configuration(void)
{
	for (int i = 0; i < CONFIG_COUNT_; i++)
		item(lang_configs[i].name, lang_configs[i].doc);
}

static void diagnostics(void)
{
	for (uint32_t i = 0; i < lang_ndiags; i++)
		item(lang_diags[i].tag, lang_diags[i].doc);
}

/* The macros of the library: the comment above each, and its head. */
static void macros(void)
{
	const char *line = lang_library, *doc = NULL, *end;
	char head[128], text[256];

	for (; (end = strchr(line, '\n')); line = end + 1) {
		if (!strncmp(line, "// ", 3)) {
			doc = line + 3;
			snprintf(text, sizeof(text), "%.*s", (int)(end - doc), doc);
		} else if (!strncmp(line, "macro ", 6) && doc) {
			snprintf(head, sizeof(head), "%.*s",
				 (int)(strcspn(line, ")") + 1 - strlen("macro ")), line + 6);
			item(head, text);
		}
	}
}

static const struct {
	const char *marker;
	void (*print)(void);
} parts[] = {
	{"@OPTIONS@\n", options},         {"@PROBES@\n", probes}, {"@BUILTINS@\n", builtins},
	{"@FUNCTIONS@\n", functions},     {"@MACROS@\n", macros}, {"@CONFIG@\n", configuration},
	{"@DIAGNOSTICS@\n", diagnostics},
};

static bool print_part(const char *line)
{
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (strcmp(parts[i].marker, line) != 0)
			continue;
		parts[i].print();
		return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	FILE *template = argc == 2 ? fopen(argv[1], "re") : NULL;
	char line[1024];

	if (!template) {
		fprintf(stderr, "usage: generate TEMPLATE\n");
		return EXIT_FAILURE;
	}
	while (fgets(line, sizeof(line), template)) {
		char *version = strstr(line, "@VERSION@");

		if (print_part(line))
			continue;
		if (version)
			printf("%.*s%s%s", (int)(version - line), line, SONDE_VERSION, version + 9);
		else
			fputs(line, stdout);
	}
	fclose(template);
	return EXIT_SUCCESS;
}
