/* Symbols of code sorted by address, each with where the code of those before it ends at last. */
#include "runtime/symtab.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	uint64_t start, end;
	uint64_t last_end; /* of this and all before it */
	const char *name;
	bool is_local;
	int index; /* in the table */
};

struct symtab {
	struct entry *entries;
	size_t len;
};

static bool is_code(const GElf_Sym *symbol)
{
	int type = GELF_ST_TYPE(symbol->st_info);

	return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx != SHN_ABS &&
	       (type == STT_FUNC || type == STT_NOTYPE || type == STT_GNU_IFUNC);
}

/* A label in assembly has no size: it goes to the end of its section, if nothing follows. */
static uint64_t section_end(Elf *elf, GElf_Word index, GElf_Addr bias)
{
	GElf_Shdr header;
	Elf_Scn *section = elf ? elf_getscn(elf, index) : NULL;

	return section && gelf_getshdr(section, &header) ? header.sh_addr + header.sh_size + bias
							 : 0;
}

/* Without the version that a table of symbols has behind it: "f@@V2". */
static const char *plain_name(struct arena *arena, const char *name)
{
	size_t len = strcspn(name, "@");

	return len && name[len] ? arena_strndup(arena, name, len) : name;
}

static void add(struct symtab *symtab, struct arena *arena, Dwfl_Module *module, int index)
{
	struct entry *entry = &symtab->entries[symtab->len];
	GElf_Word section;
	GElf_Addr value, bias;
	GElf_Sym symbol;
	Elf *elf;
	const char *name =
		dwfl_module_getsym_info(module, index, &symbol, &value, &section, &elf, &bias);

	if (!name || !*name || !is_code(&symbol))
		return;
	*entry = (struct entry){
		.start = value,
		.end = symbol.st_size ? value + symbol.st_size : 0,
		.name = plain_name(arena, name),
		.is_local = GELF_ST_BIND(symbol.st_info) == STB_LOCAL,
		.index = index,
	};
	if (!symbol.st_size)
		entry->last_end = section_end(elf, section, bias);
	symtab->len++;
}

/* The vdso's functions have the names of the C library's that call them, too. */
static size_t hidden(const char *name)
{
	return strncmp(name, "__vdso_", 7) != 0 ? strspn(name, "_") + 1 : 0;
}

/* Less than 0 if people rather use the first of two names: send() has the name __send, too. */
static int compare_names(const char *a, const char *b)
{
	size_t a_hidden = hidden(a), b_hidden = hidden(b);
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_hidden != b_hidden)
		return a_hidden < b_hidden ? -1 : 1;
	return a_len < b_len ? -1 : a_len > b_len;
}

/* By address; of several at one the best comes last: that of the shortest code, known outside, of
 * the plainest name, the first in the table. */
static int compare(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->start != b->start)
		return a->start < b->start ? -1 : 1;
	if (!a->end != !b->end)
		return a->end ? 1 : -1;
	if (a->end != b->end)
		return a->end > b->end ? -1 : 1;
	if (a->is_local != b->is_local)
		return a->is_local ? -1 : 1;
	if (compare_names(a->name, b->name))
		return -compare_names(a->name, b->name);
	return a->index > b->index ? -1 : a->index < b->index;
}

static void set_ends(struct symtab *symtab)
{
	uint64_t next = UINT64_MAX, last_end = 0;

	for (size_t i = symtab->len; i-- > 0;) {
		struct entry *entry = &symtab->entries[i];

		if (i + 1 < symtab->len && entry[1].start > entry->start)
			next = entry[1].start;
		if (!entry->end)
			entry->end = entry->last_end < next ? entry->last_end : next;
	}
	for (size_t i = 0; i < symtab->len; i++) {
		if (symtab->entries[i].end > last_end)
			last_end = symtab->entries[i].end;
		symtab->entries[i].last_end = last_end;
	}
}

struct symtab *symtab_new(struct arena *arena, Dwfl_Module *module)
{
	struct symtab *symtab = arena_new_object(arena, struct symtab);
	int n = dwfl_module_getsymtab(module);

	if (n <= 0)
		return symtab;
	symtab->entries = arena_new_array(arena, struct entry, n);
	for (int i = 0; i < n; i++)
		add(symtab, arena, module, i);
	qsort(symtab->entries, symtab->len, sizeof(*symtab->entries), compare);
	set_ends(symtab);
	return symtab;
}

const char *symtab_find(const struct symtab *symtab, uint64_t address, uint64_t *within)
{
	size_t low = 0, high = symtab->len;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (symtab->entries[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	while (low-- > 0 && symtab->entries[low].last_end > address) {
		const struct entry *entry = &symtab->entries[low];

		if (address >= entry->end)
			continue;
		*within = address - entry->start;
		return entry->name;
	}
	return NULL;
}
