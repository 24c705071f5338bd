/* Addresses of source lines, from the line tables of debug info. */
#include "provider/debuginfo.h"

#include <elfutils/libdw.h>
#include <string.h>

/* The file of a probe may leave out directories: "main.c" is "/src/app/main.c". */
static bool is_file(const char *path, const char *wanted)
{
	size_t len = strlen(path), n = strlen(wanted);

	return n <= len && !strcmp(path + len - n, wanted) &&
	       (n == len || path[len - n - 1] == '/');
}

static void search_unit(Dwarf_Die *unit, const struct source_line *wanted, uint64_t *address,
			bool *found)
{
	Dwarf_Lines *lines;
	size_t n;

	if (dwarf_getsrclines(unit, &lines, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		Dwarf_Line *line = dwarf_onesrcline(lines, i);
		bool is_statement = false, is_end = false;
		int number = 0, column = 0;
		const char *path = dwarf_linesrc(line, NULL, NULL);
		Dwarf_Addr at = 0;

		dwarf_lineno(line, &number);
		if ((uint64_t)number != wanted->line || !path || !is_file(path, wanted->file))
			continue;
		dwarf_linecol(line, &column);
		dwarf_linebeginstatement(line, &is_statement);
		dwarf_lineendsequence(line, &is_end);
		dwarf_lineaddr(line, &at);
		if (is_end || !is_statement ||
		    (wanted->column && (uint64_t)column != wanted->column))
			continue;
		/* A line's code begins at the lowest of its addresses. */
		if (!*found || at < *address)
			*address = at;
		*found = true;
	}
}

bool source_line_address(const struct provider_env *env, const char *path,
			 const struct source_line *wanted, uint64_t *address)
{
	Dwarf_Die *unit = NULL;
	Dwfl_Module *module;
	Dwarf_Addr bias;
	bool found = false;
	Dwfl *dwfl = debuginfo_open(env, path, &module);

	if (!dwfl)
		return false;
	/* The tables' own addresses are those of the file; the bias is of the image that libdwfl
	 * imagines. */
	while ((unit = dwfl_module_nextcu(module, unit, &bias)))
		search_unit(unit, wanted, address, &found);
	dwfl_end(dwfl);
	return found;
}
