/*
 * Addresses of source lines, from the line tables of debug info. A line of a template, or of a
 * function that was inlined, has code at several.
 */
#include "provider/debuginfo.h"

#include "types/dwarf.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

/* The file of a probe may leave out directories: "main.c" is "/src/app/main.c". */
static bool is_file(const char *path, const char *wanted)
{
	size_t len = strlen(path), n = strlen(wanted);

	return n <= len && !strcmp(path + len - n, wanted) &&
	       (n == len || path[len - n - 1] == '/');
}

/* Where a line's code begins within one function, or within one place that it was inlined at. */
struct beginning {
	Dwarf_Off function; /* of its DIE; 0 if no debug info tells */
	uint64_t address;
	bool is_apart; /* not in the part that the function is entered by */
};

struct search {
	struct arena *arena;
	const struct source_line *wanted;
	VEC(struct beginning)
	found;
};

/* The part of a function that its callers come to; the others are for what is seldom done. */
static bool is_in_first_part(Dwarf_Die *function, uint64_t address)
{
	Dwarf_Addr base, start, end;

	return dwarf_ranges(function, 0, &base, &start, &end) <= 0 ||
	       (address >= start && address < end);
}

static struct beginning describe(Dwarf_Die *unit, uint64_t address)
{
	struct beginning beginning = {.address = address};
	Dwarf_Die *scopes = NULL;
	int n = dwarf_getscopes(unit, address, &scopes);

	for (int i = 0; i < n && !beginning.function; i++) {
		int tag = dwarf_tag(&scopes[i]);

		if (tag != DW_TAG_subprogram && tag != DW_TAG_inlined_subroutine)
			continue;
		beginning.function = dwarf_dieoffset(&scopes[i]);
		beginning.is_apart =
			tag == DW_TAG_subprogram && !is_in_first_part(&scopes[i], address);
	}
	free(scopes);
	return beginning;
}

/* Of a function's addresses the lowest is where the line begins. Functions of several units are
 * not the same: @first is the unit's first. */
static void add(struct search *search, size_t first, const struct beginning *beginning)
{
	for (size_t i = first; i < search->found.len; i++) {
		struct beginning *known = &search->found.data[i];

		if (known->function != beginning->function)
			continue;
		if (beginning->is_apart != known->is_apart ? known->is_apart
							   : beginning->address < known->address)
			*known = *beginning;
		return;
	}
	vec_push(search->arena, &search->found, *beginning);
}

static bool is_wanted(Dwarf_Line *line, const struct source_line *wanted)
{
	bool is_statement = false, is_end = false;
	int number = 0, column = 0;
	const char *path = dwarf_linesrc(line, NULL, NULL);

	dwarf_lineno(line, &number);
	if ((uint64_t)number != wanted->line || !path || !is_file(path, wanted->file))
		return false;
	dwarf_linecol(line, &column);
	dwarf_linebeginstatement(line, &is_statement);
	dwarf_lineendsequence(line, &is_end);
	return !is_end && is_statement && (!wanted->column || (uint64_t)column == wanted->column);
}

static void search_unit(struct search *search, Dwarf_Die *unit)
{
	size_t first = search->found.len, n;
	Dwarf_Die whole = *unit;
	Dwarf_Lines *lines;

	if (dwarf_getsrclines(unit, &lines, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		Dwarf_Line *line = dwarf_onesrcline(lines, i);
		struct beginning beginning;
		Dwarf_Addr at = 0;

		if (!is_wanted(line, search->wanted) || dwarf_lineaddr(line, &at))
			continue;
		/* Debug info that was split off is read only where there is such a line. */
		if (whole.addr == unit->addr)
			whole = dwarf_whole_unit(unit);
		beginning = describe(&whole, at);
		add(search, first, &beginning);
	}
}

void source_line_addresses(const struct provider_env *env, const char *path,
			   const struct source_line *wanted, struct address_list *addresses)
{
	struct search search = {.arena = env->arena, .wanted = wanted};
	Dwarf_Die *unit = NULL;
	Dwfl_Module *module;
	Dwarf_Addr bias;
	Dwfl *dwfl = debuginfo_open(env, path, &module);

	if (!dwfl)
		return;
	/* The tables' own addresses are those of the file; the bias is of the image that libdwfl
	 * imagines. */
	while ((unit = dwfl_module_nextcu(module, unit, &bias)))
		search_unit(&search, unit);
	dwfl_end(dwfl);
	for (size_t i = 0; i < search.found.len; i++)
		vec_push(addresses->arena, &addresses->addresses, search.found.data[i].address);
}
