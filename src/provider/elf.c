/* Functions of a binary, from its symbol tables. */
#include "provider/debuginfo.h"

#include "base/archive.h"
#include "base/hashmap.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VERSION_IS_OLD 0x8000 /* VERSYM_HIDDEN of the System V ABI */

/* An open ELF file. */
struct elf_file {
	int fd;
	Elf *elf;
	uint64_t base; /* where it begins in the file on disk: that of an archive's member */
};

static bool open_elf(const char *path, struct elf_file *file, const char **error)
{
	elf_version(EV_CURRENT);
	file->fd = archive_open(path, &file->base);
	if (file->fd < 0) {
		*error = file->fd == -EMEDIUMTYPE
				 ? "the archive's member is compressed: it cannot be executed there"
				 : strerror(-file->fd);
		return false;
	}
	file->elf = elf_begin(file->fd, ELF_C_READ_MMAP, NULL);
	if (file->elf && elf_kind(file->elf) == ELF_K_ELF)
		return true;
	elf_end(file->elf);
	close(file->fd);
	*error = "it is not an ELF file";
	return false;
}

static void close_elf(struct elf_file *file)
{
	elf_end(file->elf);
	close(file->fd);
}

static bool offset_of(const struct elf_file *file, uint64_t address, uint64_t *offset)
{
	size_t n;

	if (elf_getphdrnum(file->elf, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr header;

		if (!gelf_getphdr(file->elf, (int)i, &header) || header.p_type != PT_LOAD)
			continue;
		if (address >= header.p_vaddr && address - header.p_vaddr < header.p_memsz) {
			*offset = file->base + address - header.p_vaddr + header.p_offset;
			return true;
		}
	}
	return false;
}

bool elf_file_offset(const char *path, uint64_t address, uint64_t *offset)
{
	struct elf_file file;
	const char *error;
	bool found;

	if (!open_elf(path, &file, &error))
		return false;
	found = offset_of(&file, address, offset);
	close_elf(&file);
	return found;
}

typedef VEC(struct elf_function)
function_vec;

/* The versions of the dynamic symbols in section @index, or NULL. */
static Elf_Data *find_versions(const struct elf_file *file, size_t index)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	while ((section = elf_nextscn(file->elf, section)))
		if (gelf_getshdr(section, &header) && header.sh_type == SHT_GNU_versym &&
		    header.sh_link == index)
			return elf_getdata(section, NULL);
	return NULL;
}

/* "name@VERSION" in one table, a bit in the other; the version of today is "name@@VERSION". */
static bool is_old_version(Elf_Data *versions, int index, const char *name)
{
	const char *sign = strchr(name, '@');
	GElf_Versym version;

	if (sign)
		return sign[1] != '@';
	return versions && gelf_getversym(versions, index, &version) && version & VERSION_IS_OLD;
}

static void read_table(struct arena *arena, const struct elf_file *file, Elf_Scn *section,
		       const GElf_Shdr *header, function_vec *functions)
{
	Elf_Data *data = elf_getdata(section, NULL);
	Elf_Data *versions = find_versions(file, elf_ndxscn(section));
	size_t n = header->sh_entsize ? header->sh_size / header->sh_entsize : 0;

	for (size_t i = 0; data && i < n; i++) {
		struct elf_function function;
		const char *name;
		GElf_Sym symbol;
		int type;

		if (!gelf_getsym(data, (int)i, &symbol) || symbol.st_shndx == SHN_UNDEF)
			continue;
		type = GELF_ST_TYPE(symbol.st_info);
		name = elf_strptr(file->elf, header->sh_link, symbol.st_name);
		if ((type != STT_FUNC && type != STT_GNU_IFUNC) || !name || !*name)
			continue;
		function =
			(struct elf_function){.address = symbol.st_value, .size = symbol.st_size};
		if (!offset_of(file, symbol.st_value, &function.file_offset))
			continue;
		function.is_old = is_old_version(versions, (int)i, name);
		/* Scripts leave the version out. */
		function.name = arena_strndup(arena, name, strcspn(name, "@"));
		vec_push(arena, functions, function);
	}
}

/* A file without a symbol table may have one elsewhere: in a separate file, or packed into a
 * section .gnu_debugdata. */
static void read_debug_symbols(const struct provider_env *env, const char *path,
			       const struct elf_file *file, function_vec *functions)
{
	Dwfl_Module *module;
	Dwfl *dwfl = debuginfo_open(env, path, &module);
	int n = dwfl ? dwfl_module_getsymtab(module) : 0;
	GElf_Addr bias = 0;

	if (n > 0 && !dwfl_module_getelf(module, &bias))
		n = 0;
	for (int i = 1; i < n; i++) {
		struct elf_function function = {0};
		GElf_Addr address;
		GElf_Sym symbol;
		GElf_Word section;
		const char *name =
			dwfl_module_getsym_info(module, i, &symbol, &address, &section, NULL, NULL);
		int type = GELF_ST_TYPE(symbol.st_info);

		if (!name || !*name || section == SHN_UNDEF ||
		    (type != STT_FUNC && type != STT_GNU_IFUNC))
			continue;
		function.address = address - bias;
		function.size = symbol.st_size;
		function.is_old = is_old_version(NULL, i, name);
		function.name = arena_strndup(env->arena, name, strcspn(name, "@"));
		if (offset_of(file, function.address, &function.file_offset))
			vec_push(env->arena, functions, function);
	}
	if (dwfl)
		dwfl_end(dwfl);
}

static int compare(const void *a, const void *b)
{
	const struct elf_function *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	return order ? order : left->address < right->address ? -1 : left->address > right->address;
}

static bool same_name(const struct elf_functions *functions, size_t a, size_t b)
{
	return !strcmp(functions->all[a].name, functions->all[b].name);
}

/* What the name means that those from @first to before @end have: all but older versions. Not every
 * table knows which are old. */
static struct elf_function unite(struct arena *arena, const struct elf_functions *functions,
				 size_t first, size_t end)
{
	const struct elf_function *all = functions->all, *known = NULL;
	struct elf_function *meant;

	/* The lowest address ends up first. */
	for (size_t i = end, start; i > first; i = start) {
		bool is_old = false;

		for (start = i; start > first && all[start - 1].address == all[i - 1].address;)
			is_old |= all[--start].is_old;
		if (is_old)
			continue;
		meant = arena_memdup(arena, &all[start], sizeof(*meant));
		meant->next = known;
		known = meant;
	}
	return known ? *known : all[first];
}

static void sort_and_unite(struct arena *arena, struct elf_functions *functions)
{
	size_t kept = 0;

	if (functions->n)
		qsort(functions->all, functions->n, sizeof(functions->all[0]), compare);
	for (size_t i = 0, end; i < functions->n; i = end) {
		for (end = i + 1; end < functions->n && same_name(functions, i, end);)
			end++;
		if (end == i + 1)
			functions->all[kept++] = functions->all[i];
		else
			functions->all[kept++] = unite(arena, functions, i, end);
	}
	functions->n = kept;
}

static struct elf_functions *read_functions(const struct provider_env *env, const char *path,
					    const char **error)
{
	bool has_table = false;
	struct elf_functions *functions;
	function_vec found = {0};
	Elf_Scn *section = NULL;
	struct elf_file file;
	GElf_Ehdr head;

	if (!open_elf(path, &file, error))
		return NULL;
	functions = arena_new_object(env->arena, struct elf_functions);
	functions->is_relative = gelf_getehdr(file.elf, &head) && head.e_type == ET_DYN;
	while ((section = elf_nextscn(file.elf, section))) {
		GElf_Shdr header;

		if (!gelf_getshdr(section, &header) ||
		    (header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM))
			continue;
		has_table |= header.sh_type == SHT_SYMTAB;
		read_table(env->arena, &file, section, &header, &found);
	}
	if (!has_table)
		read_debug_symbols(env, path, &file, &found);
	close_elf(&file);
	functions->all = found.data;
	functions->n = found.len;
	sort_and_unite(env->arena, functions);
	return functions;
}

const struct elf_functions *elf_functions(const struct provider_env *env, const char *path,
					  const char **error)
{
	struct hashmap *cache = &provider_cache(env)->binaries;
	struct elf_functions *functions;

	functions = hashmap_gets(cache, path);
	if (functions)
		return functions;
	functions = read_functions(env, path, error);
	if (functions)
		hashmap_sets(cache, arena_strdup(env->arena, path), functions);
	return functions;
}

const struct elf_function *elf_find(const struct elf_functions *functions, const char *name)
{
	size_t low = 0, high = functions->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(functions->all[middle].name, name);

		if (!order)
			return &functions->all[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct elf_function *elf_find_address(const struct elf_functions *functions, uint64_t address)
{
	for (size_t i = 0; i < functions->n; i++)
		for (const struct elf_function *f = &functions->all[i]; f; f = f->next)
			if (address >= f->address && address - f->address < f->size)
				return f;
	return NULL;
}

/* Reads bytes of a file on disk; false unless all are there. */
static bool read_bytes(const char *path, uint64_t offset, void *data, size_t size)
{
	const char *separator = archive_separator(path);
	char *file = strndup(path, separator ? (size_t)(separator - path) : strlen(path));
	int fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
	ssize_t n = fd >= 0 ? pread(fd, data, size, (off_t)offset) : -1;

	if (fd >= 0)
		close(fd);
	free(file);
	return n == (ssize_t)size;
}

const char *elf_file_on_disk(const struct provider_env *env, const char *path)
{
	const char *separator = archive_separator(path);

	return separator ? arena_strndup(env->arena, path, (size_t)(separator - path)) : path;
}

/* Whether a symbol is the address of something in memory: that of a thread's own variable is not.
 */
static bool is_named(const GElf_Sym *symbol, const char *found, const char *name)
{
	int type = GELF_ST_TYPE(symbol->st_info);
	size_t len = strlen(name);

	return found && !strncmp(found, name, len) && (!found[len] || found[len] == '@') &&
	       symbol->st_shndx != SHN_UNDEF && type != STT_TLS && type != STT_FILE &&
	       type != STT_SECTION;
}

static bool find_in_table(const struct elf_file *file, Elf_Scn *section, const GElf_Shdr *header,
			  const char *name, GElf_Sym *symbol)
{
	Elf_Data *data = elf_getdata(section, NULL);
	size_t n = data && header->sh_entsize ? header->sh_size / header->sh_entsize : 0;

	for (size_t i = 0; i < n; i++)
		if (gelf_getsym(data, (int)i, symbol) &&
		    is_named(symbol, elf_strptr(file->elf, header->sh_link, symbol->st_name), name))
			return true;
	return false;
}

/* As read_debug_symbols() does. */
static bool find_debug_symbol(const struct provider_env *env, const char *path, const char *name,
			      GElf_Sym *symbol)
{
	Dwfl_Module *module;
	Dwfl *dwfl = debuginfo_open(env, path, &module);
	int n = dwfl ? dwfl_module_getsymtab(module) : 0;
	GElf_Addr bias = 0, address;
	bool found = false;

	if (n > 0 && !dwfl_module_getelf(module, &bias))
		n = 0;
	for (int i = 1; i < n && !found; i++) {
		const char *text =
			dwfl_module_getsym_info(module, i, symbol, &address, NULL, NULL, NULL);

		found = is_named(symbol, text, name);
		symbol->st_value = address - bias;
	}
	if (dwfl)
		dwfl_end(dwfl);
	return found;
}

/* Any symbol, not only functions. */
bool provider_find_symbol(const struct provider_env *env, const struct plan_target *target,
			  const char *name, struct provider_symbol *symbol)
{
	bool found = false, has_table = false;
	GElf_Sym entry = {0};
	Elf_Scn *section = NULL;
	struct elf_file file;
	const char *error;
	GElf_Shdr header;
	GElf_Ehdr head;

	if (!target->module || !open_elf(target->module, &file, &error))
		return false;
	symbol->is_relative = gelf_getehdr(file.elf, &head) && head.e_type == ET_DYN;
	while (!found && (section = elf_nextscn(file.elf, section))) {
		if (!gelf_getshdr(section, &header) ||
		    (header.sh_type != SHT_SYMTAB && header.sh_type != SHT_DYNSYM))
			continue;
		has_table |= header.sh_type == SHT_SYMTAB;
		found = find_in_table(&file, section, &header, name, &entry);
	}
	close_elf(&file);
	if (!found && !has_table)
		found = find_debug_symbol(env, target->module, name, &entry);
	symbol->address = entry.st_value;
	symbol->size = entry.st_size;
	return found;
}

int elf_check_offset(const struct provider_env *env, const char *path,
		     const struct elf_function *function, uint64_t offset, const char *provider,
		     const char **error)
{
	struct arena *arena = env->arena;
	uint8_t *code;

	if (function->size && offset >= function->size) {
		*error =
			arena_printf(arena, "Offset outside the function bounds ('%s' size is %lu)",
				     function->name, function->size);
		return -ERANGE;
	}
	if (env->unsafe)
		return 0;
	code = arena_alloc(arena, function->size + 1);
	if (!read_bytes(path, function->file_offset, code, function->size) ||
	    insn_begins_at(code, function->size, offset))
		return 0;
	*error = arena_printf(arena,
			      "Could not add %s into middle of instruction: %s+%lu (--unsafe "
			      "allows it)",
			      provider, function->name, offset);
	return -EINVAL;
}
