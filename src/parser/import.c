/* Imports: other scripts are parsed and merged, headers join the preamble, C programs are listed.
 */
#include "parser/parser.h"

#include "base/hashmap.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct importer {
	const struct parser *parser;
	struct script *root;
	struct hashmap seen; /* real path -> itself */
	VEC(struct probe *)
	probes; /* of imports, in order */
};

static void import_path(struct importer *im, const char *path, struct span span,
			bool from_directory);

static bool has_suffix(const char *path, const char *suffix)
{
	size_t len = strlen(path), n = strlen(suffix);

	return len > n && !strcmp(path + len - n, suffix);
}

static char *directory_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? arena_strndup(arena, path, (size_t)(slash - path))
		     : arena_strdup(arena, ".");
}

static void resolve_all(struct importer *im, const struct script *script, const char *directory)
{
	for (size_t i = 0; i < script->imports.len; i++) {
		const struct import *import = &script->imports.data[i];
		const char *path = import->path;

		if (*path != '/' && strcmp(directory, ".") != 0)
			path = arena_printf(im->parser->arena, "%s/%s", directory, path);
		import_path(im, path, import->span, false);
	}
}

static bool read_file(struct importer *im, const char *path, struct span span, struct strbuf *text)
{
	FILE *file = fopen(path, "re");
	char buffer[8192];
	size_t n;

	if (!file) {
		diag_error(im->parser->diags, "bad-import", span, "cannot import '%s': %s", path,
			   strerror(errno));
		return false;
	}
	while ((n = fread(buffer, 1, sizeof(buffer), file)))
		strbuf_add(text, buffer, n);
	if (ferror(file)) {
		diag_error(im->parser->diags, "bad-import", span, "cannot read '%s': %s", path,
			   strerror(errno));
		strbuf_free(text);
	}
	return !fclose(file) && text->data;
}

/* A script's #include "x" looks beside that script first, also when another imports it. */
static const char *look_beside(struct importer *im, const char *line, const char *directory)
{
	struct arena *arena = im->parser->arena;
	const char *name = line + 1 + strspn(line + 1, " \t"), *end;
	char real[PATH_MAX];

	if (*line != '#' || strncmp(name, "include", 7) != 0)
		return line;
	name += 7 + strspn(name + 7, " \t");
	end = *name == '"' ? strchr(name + 1, '"') : NULL;
	if (!end || name[1] == '/')
		return line;
	name = arena_printf(arena, "%s/%.*s", directory, (int)(end - name - 1), name + 1);
	return realpath(name, real) ? arena_printf(arena, "#include \"%s%s", real, end) : line;
}

static void import_script(struct importer *im, const char *path, struct span span)
{
	struct arena *arena = im->parser->arena;
	const char *directory = directory_of(arena, path);
	struct strbuf text = STRBUF_INIT;
	const struct source *source;
	struct script *script;

	if (!read_file(im, path, span, &text))
		return;
	source = sources_add(im->parser->sources, path, strbuf_str(&text), text.len);
	strbuf_free(&text);
	if (!source)
		return;
	sources_set_path(im->parser->sources, source, path);
	script = parse_script(im->parser, source);
	if (script->has_config)
		diag_error(im->parser->diags, "bad-import", script->config_span,
			   "invalid `config` within import");
	resolve_all(im, script, directory);
	for (size_t i = 0; i < script->preambles.len; i++) {
		struct preamble preamble = script->preambles.data[i];

		preamble.text = look_beside(im, preamble.text, directory);
		vec_push(arena, &im->root->preambles, preamble);
	}
	for (size_t i = 0; i < script->map_decls.len; i++)
		vec_push(arena, &im->root->map_decls, script->map_decls.data[i]);
	for (size_t i = 0; i < script->macros.len; i++)
		vec_push(arena, &im->root->macros, script->macros.data[i]);
	for (size_t i = 0; i < script->probes.len; i++)
		vec_push(arena, &im->probes, script->probes.data[i]);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void import_directory(struct importer *im, const char *path, struct span span,
			     const struct stat *status)
{
	struct dirent **entries;
	int n;

	if (status->st_mode & S_IWOTH) {
		diag_warning(im->parser->diags, "import-skipped", span,
			     "'%s' is not imported: everybody can write to it", path);
		return;
	}
	n = scandir(path, &entries, is_visible, alphasort);
	for (int i = 0; i < n; i++) {
		import_path(im, arena_printf(im->parser->arena, "%s/%s", path, entries[i]->d_name),
			    span, true);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

static void import_path(struct importer *im, const char *path, struct span span,
			bool from_directory)
{
	struct arena *arena = im->parser->arena;
	char real[PATH_MAX], *name;
	struct preamble preamble = {.span = span};
	struct import c_file = {.span = span};
	struct stat status;

	if (!realpath(path, real) || stat(real, &status)) {
		diag_error(im->parser->diags, "bad-import", span, "cannot import '%s': %s", path,
			   errno == ENOENT ? "there is no such file" : strerror(errno));
		return;
	}
	if (hashmap_gets(&im->seen, real))
		return;
	name = arena_strdup(arena, real);
	c_file.path = path;
	if (S_ISDIR(status.st_mode)) {
		/* Not recursively. */
		if (!from_directory)
			import_directory(im, path, span, &status);
		return;
	}
	hashmap_sets(&im->seen, name, name);
	if (has_suffix(name, ".bt") && S_ISREG(status.st_mode)) {
		import_script(im, path, span);
	} else if (has_suffix(name, ".h")) {
		preamble.text = arena_printf(arena, "#include \"%s\"\n", name);
		vec_push(arena, &im->root->preambles, preamble);
	} else if (has_suffix(name, ".bpf.c")) {
		vec_push(arena, &im->root->c_files, c_file);
	} else if (!from_directory) {
		diag_hint(
			diag_error(im->parser->diags, "bad-import", span,
				   "unknown import type: '%s'", path),
			"scripts (.bt), headers (.h), C programs (.bpf.c) and directories of them "
			"can be imported");
	}
}

/* The script itself is not to be imported by what it imports. */
static void see_root(struct importer *im, const struct import *import)
{
	const struct source *source = sources_find(im->parser->sources, import->span.start);
	char real[PATH_MAX], *name;

	if (!source || !source->path || !realpath(source->path, real))
		return;
	name = arena_strdup(im->parser->arena, real);
	hashmap_sets(&im->seen, name, name);
}

void expand_imports(const struct parser *parser, struct script *script, const char *directory)
{
	struct importer im = {.parser = parser, .root = script};

	hashmap_init(&im.seen, parser->arena);
	if (script->imports.len)
		see_root(&im, &script->imports.data[0]);
	resolve_all(&im, script, directory);
	/* What is imported comes first. */
	for (size_t i = 0; i < script->probes.len; i++)
		vec_push(parser->arena, &im.probes, script->probes.data[i]);
	script->probes.len = 0;
	for (size_t i = 0; i < im.probes.len; i++)
		vec_push(parser->arena, &script->probes, im.probes.data[i]);
	if (!script->probes.len && !diags_count(parser->diags, DIAG_ERROR))
		diag_hint(diag_error(parser->diags, "empty-program", SPAN_NONE,
				     "there are no probes in the script"),
			  "a whole program is, for instance: begin { printf(\"hello\\n\"); }");
}
