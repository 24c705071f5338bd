/*
 * Files, lines and inlined functions of addresses, through libdw. Which unit holds an address is
 * read from the units, since not every compiler writes an index of them (.debug_aranges); which
 * function does is read once for each unit, since libdw looks for it through all of the unit.
 */
#include "runtime/places.h"

#include "base/hashmap.h"
#include "base/vec.h"
#include "types/dwarf.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

/* Code of a unit or a function; they may have several each. */
struct range {
	Dwarf_Addr start, end;
	size_t index; /* of the unit or function */
};

struct ranges {
	VEC(struct range)
	list; /* sorted */
};

struct unit {
	Dwarf_Die die;
	bool is_read; /* the functions are there */
	VEC(Dwarf_Die)
	functions;
	struct ranges code; /* of the functions */
};

/* An address that was asked for. */
struct answer {
	uint64_t address;
	struct place *places;
	size_t n;
};

struct places {
	struct arena *arena;
	Dwarf_Addr bias; /* an address of libdwfl's less this is one of the DWARF's */
	VEC(struct unit)
	units;
	struct ranges code; /* of the units */
	struct hashmap answers; /* address -> struct answer */
};

static void add_ranges(struct arena *arena, struct ranges *ranges, Dwarf_Die *die, size_t index)
{
	struct range range = {.index = index};
	Dwarf_Addr base;
	ptrdiff_t offset = 0;

	while ((offset = dwarf_ranges(die, offset, &base, &range.start, &range.end)) > 0)
		vec_push(arena, &ranges->list, range);
}

static int compare(const void *left, const void *right)
{
	const struct range *a = left, *b = right;

	return a->start < b->start ? -1 : a->start > b->start;
}

static void sort_ranges(struct ranges *ranges)
{
	if (ranges->list.len)
		qsort(ranges->list.data, ranges->list.len, sizeof(*ranges->list.data), compare);
}

static bool find_range(const struct ranges *ranges, Dwarf_Addr address, size_t *index)
{
	size_t low = 0, high = ranges->list.len;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (ranges->list.data[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || address >= ranges->list.data[low - 1].end)
		return false;
	*index = ranges->list.data[low - 1].index;
	return true;
}

struct places *places_new(struct arena *arena, Dwfl_Module *module)
{
	struct places *places = arena_new_object(arena, struct places);
	Dwarf_Die *die = NULL;

	places->arena = arena;
	hashmap_init(&places->answers, arena);
	while ((die = dwfl_module_nextcu(module, die, &places->bias))) {
		struct unit unit = {.die = *die};

		add_ranges(arena, &places->code, die, places->units.len);
		vec_push(arena, &places->units, unit);
	}
	sort_ranges(&places->code);
	return places;
}

/* --- functions of a unit --- */

struct reading {
	struct arena *arena;
	struct unit *unit;
};

static int add_function(Dwarf_Die *die, void *data)
{
	struct reading *reading = data;
	struct unit *unit = reading->unit;

	add_ranges(reading->arena, &unit->code, die, unit->functions.len);
	vec_push(reading->arena, &unit->functions, *die);
	return DWARF_CB_OK;
}

static void read_functions(struct arena *arena, struct unit *unit)
{
	struct reading reading = {arena, unit};
	Dwarf_Die whole = dwarf_whole_unit(&unit->die);

	unit->is_read = true;
	dwarf_getfuncs(&whole, add_function, &reading, 0);
	sort_ranges(&unit->code);
}

/* --- lines --- */

/*
 * Absolute, if it can be: programs that were built to be the same wherever they are built have
 * directories that are relative, to what nobody knows; then it is what the line table has.
 */
static const char *whole_path(struct arena *arena, const struct unit *unit, const char *file)
{
	Dwarf_Die die = unit->die;
	Dwarf_Attribute attribute;
	const char *directory = dwarf_formstring(dwarf_attr(&die, DW_AT_comp_dir, &attribute));
	size_t len = directory ? strlen(directory) : 0;

	if (!len || *file == '/')
		return file;
	if (*directory == '/')
		return arena_printf(arena, "%s/%s", directory, file);
	return !strncmp(file, directory, len) && file[len] == '/' ? file + len + 1 : file;
}

static void set_line(struct arena *arena, struct unit *unit, Dwarf_Addr address,
		     struct place *place)
{
	Dwarf_Line *line = dwarf_getsrc_die(&unit->die, address);
	const char *file = line ? dwarf_linesrc(line, NULL, NULL) : NULL;
	int number;

	/* Line 0 is code that comes from no line. */
	if (!file || dwarf_lineno(line, &number) || !number)
		return;
	place->file = whole_path(arena, unit, file);
	place->line = number;
}

static bool get_number(Dwarf_Die *die, unsigned name, Dwarf_Word *number)
{
	Dwarf_Attribute attribute;

	return dwarf_attr(die, name, &attribute) && !dwarf_formudata(&attribute, number);
}

/* The line that calls what was inlined. */
static void set_call(struct arena *arena, struct unit *unit, Dwarf_Die *inlined,
		     struct place *place)
{
	Dwarf_Die whole = dwarf_whole_unit(&unit->die);
	Dwarf_Word index, line;
	Dwarf_Files *files;
	const char *file;
	size_t n;

	if (!get_number(inlined, DW_AT_call_file, &index) ||
	    !get_number(inlined, DW_AT_call_line, &line) || dwarf_getsrcfiles(&whole, &files, &n) ||
	    index >= n)
		return;
	file = dwarf_filesrc(files, index, NULL, NULL);
	if (!file || !line)
		return;
	place->file = whole_path(arena, unit, file);
	place->line = (int)line;
}

/* --- inlined functions --- */

/* A part of @die, be it a block or an inlined function, that has code at the address. */
static bool find_part(Dwarf_Die *die, Dwarf_Addr address, Dwarf_Die *part)
{
	int more = dwarf_child(die, part);

	for (; !more; more = dwarf_siblingof(part, part)) {
		int tag = dwarf_tag(part);

		if ((tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine) &&
		    dwarf_haspc(part, address) > 0)
			return true;
	}
	return false;
}

static const char *linkage_name(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	const char *name =
		dwarf_formstring(dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute));

	return name ? name : dwarf_diename(die);
}

static struct answer *answer_new(struct places *places, struct unit *unit, Dwarf_Addr address)
{
	struct answer *answer = arena_new_object(places->arena, struct answer);
	VEC(Dwarf_Die)
	inlined = {0}; /* the outermost first */
	Dwarf_Die part, die;
	size_t index;

	if (find_range(&unit->code, address, &index)) {
		die = unit->functions.data[index];
		while (find_part(&die, address, &part)) {
			die = part;
			if (dwarf_tag(&die) == DW_TAG_inlined_subroutine && linkage_name(&die))
				vec_push(places->arena, &inlined, die);
		}
	}
	answer->n = inlined.len + 1;
	answer->places = arena_new_array(places->arena, struct place, answer->n);
	set_line(places->arena, unit, address, &answer->places[0]);
	for (size_t i = 0; i < inlined.len; i++) {
		Dwarf_Die *function = &inlined.data[inlined.len - 1 - i];

		answer->places[i].function = linkage_name(function);
		set_call(places->arena, unit, function, &answer->places[i + 1]);
	}
	return answer;
}

const struct place *places_find(struct places *places, uint64_t address, size_t *n)
{
	struct answer *answer = hashmap_get(&places->answers, &address, sizeof(address));
	Dwarf_Addr at = address - places->bias;
	struct unit *unit;
	size_t index;

	*n = 0;
	if (!answer) {
		if (!find_range(&places->code, at, &index))
			return NULL;
		unit = &places->units.data[index];
		if (!unit->is_read)
			read_functions(places->arena, unit);
		answer = answer_new(places, unit, at);
		answer->address = address;
		hashmap_set(&places->answers, &answer->address, sizeof(address), answer);
	}
	*n = answer->n;
	return answer->places;
}
