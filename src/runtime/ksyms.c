/* Kernel symbols from /proc/kallsyms, read when first asked for. */
#include "runtime/symbols.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ksym {
	uint64_t address;
	const char *name, *module; /* module NULL: the kernel itself */
};

struct ksyms {
	bool loaded;
	char *text; /* of kallsyms, cut up in place */
	struct ksym *all;
	size_t n;
};

struct ksyms *ksyms_new(void)
{
	return calloc(1, sizeof(struct ksyms));
}

void ksyms_free(struct ksyms *ksyms)
{
	if (!ksyms)
		return;
	free(ksyms->text);
	free(ksyms->all);
	free(ksyms);
}

/* A file of /proc has no size: read to the end. */
static char *read_text(const char *path)
{
	size_t len = 0, cap = 8u << 20;
	FILE *file = fopen(path, "re");
	char *text;

	if (!file)
		return NULL;
	text = malloc(cap + 1);
	while (text) {
		size_t n = fread(text + len, 1, cap - len, file);

		len += n;
		if (!n)
			break;
		if (len == cap) {
			cap *= 2;
			text = realloc(text, cap + 1);
		}
	}
	if (text)
		text[len] = '\0';
	fclose(file);
	return text;
}

/* "ffffffff81000000 T _stext" or "ffffffffc0000000 t name\t[module]"; false for what lies nowhere
 * in the kernel: absolute symbols, and places in per-CPU memory (low addresses, as if of data). */
static bool parse_line(char *line, struct ksym *sym)
{
	char *end, *name, *module, kind;

	sym->address = strtoull(line, &end, 16);
	if (end == line || end[0] != ' ' || !end[1] || end[2] != ' ')
		return false;
	kind = end[1];
	if (strchr("dDbBrRvV", kind) ? !(sym->address >> 63) : !strchr("tTwW", kind))
		return false;
	name = end + 3;
	module = strchr(name, '\t');
	sym->module = NULL;
	if (module) {
		*module++ = '\0';
		if (*module == '[') {
			module[strcspn(module, "]")] = '\0';
			sym->module = module + 1;
		}
	}
	sym->name = name;
	return sym->address != 0;
}

static int compare(const void *a, const void *b)
{
	const struct ksym *left = a, *right = b;

	return left->address < right->address ? -1 : left->address > right->address;
}

void ksyms_load(struct ksyms *ksyms)
{
	size_t cap = 0;

	if (ksyms->loaded)
		return;
	ksyms->loaded = true;
	ksyms->text = read_text("/proc/kallsyms");
	for (char *line = ksyms->text, *next; line && *line; line = next) {
		struct ksym sym;

		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = '\0';
		if (!parse_line(line, &sym))
			continue;
		if (ksyms->n == cap) {
			cap = cap ? cap * 2 : 65536;
			ksyms->all = realloc(ksyms->all, cap * sizeof(*ksyms->all));
			if (!ksyms->all)
				abort();
		}
		ksyms->all[ksyms->n++] = sym;
	}
	if (ksyms->n)
		qsort(ksyms->all, ksyms->n, sizeof(*ksyms->all), compare);
}

bool ksyms_find(struct ksyms *ksyms, uint64_t address, const char **name, const char **module,
		uint64_t *offset)
{
	size_t low = 0, high;

	ksyms_load(ksyms);
	high = ksyms->n;
	if (!high || address < ksyms->all[0].address)
		return false;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (ksyms->all[middle].address <= address)
			low = middle;
		else
			high = middle;
	}
	/* Of several names of one address the first is the usual one. */
	while (low && ksyms->all[low - 1].address == ksyms->all[low].address)
		low--;
	*name = ksyms->all[low].name;
	*module = ksyms->all[low].module;
	*offset = address - ksyms->all[low].address;
	return true;
}
