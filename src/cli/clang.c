/*
 * Imported C programs. clang compiles each to an object that holds its bitcode as well: types come
 * from the object's BTF, the code from the bitcode, which becomes part of the script's own module.
 */
#include "cli/cli.h"

#include "types/cobject.h"

#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

typedef VEC(const char *)
word_vec;

/* The folder of the C library's headers for this machine, where Debian has asm/types.h. */
static const char *machine_headers(struct arena *arena)
{
	struct utsname name;

	return uname(&name) ? "/usr/include"
			    : arena_printf(arena, "/usr/include/%s-linux-gnu", name.machine);
}

static void add_words(struct arena *arena, const struct cli *cli, const char *path, word_vec *words)
{
	static const char *const fixed[] = {
		"clang", "-target", "bpf", "-mcpu=v3", "-O2",
		"-g",    "-c",      "-o",  "-",        "-fembed-bitcode"};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		vec_push(arena, words, fixed[i]);
	for (size_t i = 0; i < cli->include_dirs.len; i++) {
		vec_push(arena, words, "-I");
		vec_push(arena, words, cli->include_dirs.data[i]);
	}
	vec_push(arena, words, "-idirafter");
	vec_push(arena, words, machine_headers(arena));
	vec_push(arena, words, "--");
	vec_push(arena, words, path);
	vec_push(arena, words, NULL);
}

/* 0, or the error of the last name tried. What clang has to say goes to stderr. */
static int spawn_clang(char *const *words, int out, pid_t *pid)
{
	static const char *const names[] = {"clang-19", "clang"};
	posix_spawn_file_actions_t actions;
	int err = posix_spawn_file_actions_init(&actions);

	if (err)
		return err;
	err = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		err = posix_spawnp(pid, names[i], &actions, NULL, words, environ);
		if (!err)
			break;
	}
	posix_spawn_file_actions_destroy(&actions);
	return err;
}

static bool run_clang(const struct compilation *compilation, const struct cli *cli,
		      const struct import *file, int out)
{
	word_vec words = {0};
	pid_t pid;
	int err, status = 0;

	add_words(compilation->arena, cli, file->path, &words);
	err = spawn_clang((char *const *)words.data, out, &pid);
	if (err) {
		diag_hint(diag_error(compilation->diags, "bad-import", file->span,
				     "'%s' cannot be compiled: there is no clang (%s)", file->path,
				     strerror(err)),
			  "C programs need clang in the PATH: the package clang-19 or clang");
		return false;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return true;
	diag_error(compilation->diags, "bad-import", file->span, "'%s' was not compiled by clang",
		   file->path);
	return false;
}

static bool find_section(Elf *elf, const char *name, const void **data, size_t *size)
{
	Elf_Scn *section = NULL;
	size_t names;
	GElf_Shdr header;

	if (elf_getshdrstrndx(elf, &names))
		return false;
	while ((section = elf_nextscn(elf, section))) {
		const char *found = NULL;
		Elf_Data *bytes;

		if (gelf_getshdr(section, &header))
			found = elf_strptr(elf, names, header.sh_name);
		bytes = found && !strcmp(found, name) ? elf_rawdata(section, NULL) : NULL;
		if (!bytes)
			continue;
		*data = bytes->d_buf;
		*size = bytes->d_size;
		return true;
	}
	return false;
}

static bool add_object(struct compilation *compilation, const struct import *file, int fd)
{
	struct arena *arena = compilation->arena;
	struct codegen_bitcode code;
	const void *btf, *bytes;
	const char *twice = NULL;
	size_t size;
	Elf *elf = elf_version(EV_CURRENT) ? elf_begin(fd, ELF_C_READ, NULL) : NULL;
	bool ok = elf && find_section(elf, ".llvmbc", &bytes, &code.size);

	if (ok) {
		code.data = arena_memdup(arena, bytes, code.size);
		vec_push(arena, &compilation->bitcode, code);
		/* Without functions there is no BTF. */
		ok = !find_section(elf, ".BTF", &btf, &size) ||
		     types_add_c_object(compilation->types, arena_memdup(arena, btf, size), size,
					file->span, &twice);
	}
	elf_end(elf);
	if (twice)
		diag_error(compilation->diags, "bad-import", file->span,
			   "'%s' of '%s' is in another imported C program, too", twice, file->path);
	else if (!ok)
		diag_error(compilation->diags, "bad-import", file->span,
			   "what clang made of '%s' cannot be read", file->path);
	return ok;
}

bool compile_c_files(struct compilation *compilation, const struct cli *cli,
		     const struct script *script)
{
	bool ok = true;

	for (size_t i = 0; i < script->c_files.len; i++) {
		const struct import *file = &script->c_files.data[i];
		int fd = memfd_create("sonde-import", MFD_CLOEXEC);

		if (fd < 0) {
			diag_error(compilation->diags, "bad-import", file->span,
				   "no memory for '%s': %s", file->path, strerror(errno));
			return false;
		}
		if (!run_clang(compilation, cli, file, fd) || !add_object(compilation, file, fd))
			ok = false;
		close(fd);
	}
	return ok;
}
