/*
 * Notes of USDT probes: ELF notes "stapsdt" of type 3 in .note.stapsdt, each with the addresses of
 * the probe, of .stapsdt.base when it was linked, and of the semaphore, then provider, name and
 * arguments as text.
 */
#include "provider/internal.h"

#include "base/archive.h"
#include "provider/usdt.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOTE_TYPE 3
#define NOTE_NAME "stapsdt"

struct reader {
	const struct provider_env *env;
	const char *path;
	struct usdt_notes *notes;
	uint64_t base; /* address of .stapsdt.base, 0 if there is none */
};

/* "symbol+4", "8+symbol-4": a sum of numbers and one symbol. False if it has none, or one that is
 * not known. */
static bool read_sum(const struct reader *reader, const char *text, size_t len,
		     struct provider_symbol *symbol)
{
	const struct plan_target binary = {.module = reader->path};
	const char *in = arena_strndup(reader->env->arena, text, len);
	bool has_symbol = false;
	uint64_t sum = 0;

	while (*in) {
		bool is_minus = *in == '-';
		const char *term = in + strspn(in, "+-");
		size_t n = strcspn(term, "+-");

		if (isdigit((unsigned char)*term)) {
			uint64_t number = strtoull(term, NULL, 0);

			sum += is_minus ? -number : number;
		} else if (has_symbol || is_minus ||
			   !provider_find_symbol(reader->env, &binary,
						 arena_strndup(reader->env->arena, term, n),
						 symbol)) {
			return false;
		} else {
			has_symbol = true;
		}
		in = term + n;
	}
	symbol->address += sum;
	return has_symbol;
}

/*
 * "4@symbol+4(%rip)", @len bytes at @text, counts from the probe's own instruction: then the
 * registers tell where the binary lies in memory. One that is not relocated has its symbols where
 * the file says: "8@symbol", "8@symbol(,%rax,8)", "8@$symbol". NULL if that is not what the text
 * is.
 */
static const char *resolve_symbol(const struct reader *reader, const char *text, size_t len,
				  uint64_t address)
{
	const char *sign = memchr(text, '@', len), *end = text + len;
	const char *start = sign ? sign + 1 : text, *rest;
	struct provider_symbol symbol = {0};
	bool counts_from_probe;

	if (start < end && *start == '%')
		return NULL;
	start += start < end && *start == '$';
	rest = memchr(start, '(', (size_t)(end - start));
	if (!rest)
		rest = end;
	counts_from_probe = rest + 6 == end && !memcmp(rest, "(%rip)", 6);
	if (!read_sum(reader, start, (size_t)(rest - start), &symbol) ||
	    (!counts_from_probe && symbol.is_relative))
		return NULL;
	return arena_printf(reader->env->arena, "%.*s%lld%.*s", (int)(start - text), text,
			    (long long)(symbol.address - (counts_from_probe ? address : 0)),
			    (int)(end - rest), rest);
}

/* Where the operand at @text ends: some compilers put blanks behind the commas of an address. */
static size_t operand_length(const char *text)
{
	size_t len = 0;

	while (text[len] && text[len] != ' ')
		len += text[len] == '(' && strchr(text + len, ')') ? strcspn(text + len, ")") : 1;
	return len;
}

static const char *without_blanks(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_strndup(arena, text, len), *out = copy;

	for (const char *in = copy; *in; in++)
		if (*in != ' ')
			*out++ = *in;
	*out = '\0';
	return copy;
}

/* The operands as they can be read without the binary. */
static const char *resolve_symbols(const struct reader *reader, const char *text, uint64_t address)
{
	struct arena *arena = reader->env->arena;
	const char *out = "";

	while (*(text += strspn(text, " "))) {
		size_t len = operand_length(text);
		const char *operand = without_blanks(arena, text, len);
		const char *resolved = resolve_symbol(reader, operand, strlen(operand), address);

		out = arena_printf(arena, "%s%s%s", out, *out ? " " : "",
				   resolved ? resolved : operand);
		text += len;
	}
	return out;
}

static bool is_text(const char *text, const char *end)
{
	return text < end && memchr(text, '\0', (size_t)(end - text));
}

static void read_note(const struct reader *reader, const char *data, size_t size)
{
	struct arena *arena = reader->env->arena;
	const char *end = data + size, *text = data + 24;
	struct usdt_note note = {0};
	uint64_t words[3]; /* probe, base, semaphore */

	if (size < sizeof(words))
		return;
	memcpy(words, data, sizeof(words));
	if (!is_text(text, end))
		return;
	note.provider = arena_strdup(arena, text);
	text += strlen(text) + 1;
	if (!is_text(text, end))
		return;
	note.name = arena_strdup(arena, text);
	text += strlen(text) + 1;
	if (!is_text(text, end))
		return;
	/* Prelinking moves sections, notes stay as they are. */
	note.address = words[0] + (reader->base ? reader->base - words[1] : 0);
	note.semaphore = words[2] ? words[2] + (reader->base ? reader->base - words[1] : 0) : 0;
	note.arguments = resolve_symbols(reader, text, note.address);
	vec_push(arena, &reader->notes->all, note);
}

static void read_section(const struct reader *reader, Elf_Scn *section)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t at = 0, name_offset, desc_offset;
	GElf_Nhdr header;

	while (data && (at = gelf_getnote(data, at, &header, &name_offset, &desc_offset)) > 0) {
		const char *bytes = data->d_buf;

		if (header.n_type == NOTE_TYPE && header.n_namesz == sizeof(NOTE_NAME) &&
		    !memcmp(bytes + name_offset, NOTE_NAME, sizeof(NOTE_NAME)))
			read_note(reader, bytes + desc_offset, header.n_descsz);
	}
}

static void read_elf(struct reader *reader, Elf *elf)
{
	Elf_Scn *section = NULL, *notes = NULL;
	GElf_Ehdr head;
	GElf_Shdr header;
	size_t names;

	if (!gelf_getehdr(elf, &head) || head.e_ident[EI_CLASS] != ELFCLASS64 ||
	    elf_getshdrstrndx(elf, &names))
		return;
	while ((section = elf_nextscn(elf, section))) {
		const char *name = gelf_getshdr(section, &header)
					   ? elf_strptr(elf, names, header.sh_name)
					   : NULL;

		if (name && !strcmp(name, ".stapsdt.base"))
			reader->base = header.sh_addr;
		else if (name && !strcmp(name, ".note.stapsdt"))
			notes = section;
	}
	if (notes)
		read_section(reader, notes);
}

static int compare(const void *a, const void *b)
{
	const struct usdt_note *left = a, *right = b;
	int order = strcmp(left->provider, right->provider);

	if (!order)
		order = strcmp(left->name, right->name);
	if (!order)
		order = left->address < right->address ? -1 : left->address > right->address;
	return order;
}

const struct usdt_notes *usdt_notes(const struct provider_env *env, const char *path)
{
	struct hashmap *cache = &provider_cache(env)->notes;
	struct usdt_notes *notes = hashmap_gets(cache, path);
	struct reader reader = {.env = env, .path = path};
	Elf *elf;
	uint64_t base;
	int fd;

	if (notes)
		return notes;
	notes = arena_new_object(env->arena, struct usdt_notes);
	hashmap_sets(cache, arena_strdup(env->arena, path), notes);
	reader.notes = notes;
	fd = archive_open(path, &base);
	if (fd < 0)
		return notes;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF)
		read_elf(&reader, elf);
	elf_end(elf);
	close(fd);
	if (notes->all.len)
		qsort(notes->all.data, notes->all.len, sizeof(*notes->all.data), compare);
	return notes;
}
