/*
 * Letting libclang read the preamble. What it misses is supplied, and it is asked again: headers of
 * the kernel that are not installed are empty ones, and names that these would have defined come
 * from BTF as C, or from the table of constants.
 */
#include "types/cdefs_internal.h"

#include "types/btf.h"
#include "types/btf_source.h"

#include <string.h>

/* A directory that exists only for libclang. */
#define EMPTY_DIR "/sonde-headers"
#define SUPPLEMENT EMPTY_DIR "/supplement.h"
#define PASSES_MAX 12

struct compile {
	struct cdefs *cdefs;
	const char *main_file; /* in the script's directory, for the sake of #include "x" */
	VEC(const char *)
	args;
	VEC(struct CXUnsavedFile)
	files; /* the preamble, the supplement, then empty headers */
	struct hashmap supplied; /* names for which something was supplied */
	struct hashmap headers; /* in error: name to struct source */
	struct strbuf supplement;
	struct btf_dump *dump;
};

static void add_arg(struct compile *compile, const char *arg)
{
	vec_push(compile->cdefs->types->arena, &compile->args, arg);
}

static void add_file(struct compile *compile, const char *name, const char *text)
{
	struct CXUnsavedFile file = {name, text, strlen(text)};

	vec_push(compile->cdefs->types->arena, &compile->files, file);
}

static void add_arguments(struct compile *compile)
{
	struct cdefs *cdefs = compile->cdefs;
	const struct cdefs_options *options = &cdefs->options;
	const char *const *dirs = cdefs_kernel_dirs(cdefs);

	add_arg(compile, "-xc");
	add_arg(compile, "-std=gnu11");
	add_arg(compile, "-w");
	if (types_have_btf(cdefs->types))
		add_arg(compile, "-DBPFTRACE_HAVE_BTF");
	for (size_t i = 0; i < options->ninclude_dirs; i++) {
		add_arg(compile, "-I");
		add_arg(compile, options->include_dirs[i]);
	}
	if (*dirs) {
		add_arg(compile, "-D__KERNEL__");
		add_arg(compile, "-D__BPF_TRACING__");
		add_arg(compile, "-DKBUILD_MODNAME=\"sonde\"");
	}
	for (; *dirs; dirs++) {
		add_arg(compile, "-isystem");
		add_arg(compile, *dirs);
	}
	if (cdefs_find_header(cdefs, "linux/kconfig.h", false) == HEADER_LATER) {
		add_arg(compile, "-include");
		add_arg(compile, "linux/kconfig.h");
	}
	add_arg(compile, "-idirafter");
	add_arg(compile, EMPTY_DIR);
	add_arg(compile, "-include");
	add_arg(compile, SUPPLEMENT);
	for (size_t i = 0; i < options->nincludes; i++) {
		add_arg(compile, "-include");
		add_arg(compile, options->includes[i]);
	}
}

static bool parse(struct compile *compile)
{
	struct cdefs *cdefs = compile->cdefs;
	const unsigned options = CXTranslationUnit_DetailedPreprocessingRecord |
				 CXTranslationUnit_SkipFunctionBodies | CXTranslationUnit_KeepGoing;

	if (cdefs->unit)
		cdefs->clang.disposeTranslationUnit(cdefs->unit);
	cdefs->unit = NULL;
	compile->files.data[1].Contents = strbuf_str(&compile->supplement);
	compile->files.data[1].Length = compile->supplement.len;
	return cdefs->clang.parseTranslationUnit2(cdefs->index, compile->main_file,
						  compile->args.data, (int)compile->args.len,
						  compile->files.data, (unsigned)compile->files.len,
						  options, &cdefs->unit) == CXError_Success;
}

/* --- supplying what is missing --- */

/* A name that C's own integers explain. */
static bool supply_integer(struct compile *compile, const char *name)
{
	const struct type *type = types_builtin_name(compile->cdefs->types, name);
	static const char *const words[] = {[1] = "char", [2] = "short", [4] = "int", [8] = "long"};

	if (type && type->kind == TYPE_BOOL)
		strbuf_addf(&compile->supplement, "typedef _Bool %s;\n", name);
	else if (type && type->kind == TYPE_INT)
		strbuf_addf(&compile->supplement, "typedef %s %s %s;\n",
			    type->is_signed ? "signed" : "unsigned", words[type->size], name);
	else
		return false;
	return true;
}

static void print_dump(void *data, const char *format, va_list args)
{
	strbuf_vaddf(data, format, args);
}

/* The definition and all that it needs; a definition that was given before is not repeated. */
static bool dump_type(struct compile *compile, uint32_t id)
{
	const char *error;
	struct btf *btf;

	if (!compile->dump) {
		btf = types_vmlinux_btf(compile->cdefs->types, &error);
		if (btf)
			compile->dump = btf_dump__new(btf, print_dump, &compile->supplement, NULL);
	}
	return compile->dump && !btf_dump__dump_type(compile->dump, (int32_t)id);
}

/* "struct list_head", "pid_t" */
static bool supply_from_btf(struct compile *compile, const char *name)
{
	uint32_t kinds = BTF_KINDS(BTF_KIND_TYPEDEF);
	struct btf_found found;

	if (!strncmp(name, "struct ", 7))
		kinds = BTF_KINDS(BTF_KIND_STRUCT);
	else if (!strncmp(name, "union ", 6))
		kinds = BTF_KINDS(BTF_KIND_UNION);
	else if (!strncmp(name, "enum ", 5))
		kinds = BTF_KINDS(BTF_KIND_ENUM) | BTF_KINDS(BTF_KIND_ENUM64);
	if (strchr(name, ' '))
		name = strchr(name, ' ') + 1;
	found = btf_find(compile->cdefs->types, "vmlinux", name, kinds);
	return found.id && dump_type(compile, found.id);
}

/* A number that a header of the kernel would have named, as the length of an array. */
static bool supply_constant(struct compile *compile, const char *name)
{
	struct types *types = compile->cdefs->types;
	struct type_constant constant;
	const char *tag;

	if (!types_find_constant(types, name, &constant))
		return false;
	tag = constant.type ? constant.type->enumeration.name : "";
	if (*tag && supply_from_btf(compile, arena_printf(types->arena, "enum %s", tag)))
		return true;
	strbuf_addf(&compile->supplement,
		    constant.type ? "enum { %s = %lld };\n" : "#define %s (%lld)\n", name,
		    (long long)constant.value);
	return true;
}

static bool supply_header(struct compile *compile, const char *name)
{
	const char *path = name;

	if (!cdefs_is_known_header(name))
		return false;
	if (*name != '/')
		path = arena_printf(compile->cdefs->types->arena, EMPTY_DIR "/%s", name);
	add_file(compile, path, "");
	return true;
}

/* Whatever stands between quotes in an error may be the name that was missed. */
static bool supply_quoted(struct compile *compile, const char *message)
{
	struct arena *arena = compile->cdefs->types->arena;
	bool is_value = strstr(message, "undeclared identifier") != NULL, has_new = false;

	for (const char *start = strchr(message, '\''), *end; start; start = strchr(end, '\'')) {
		const char *name;

		end = strchr(++start, '\'');
		if (!end)
			break;
		name = arena_strndup(arena, start, (size_t)(end++ - start));
		if (hashmap_gets(&compile->supplied, name))
			continue;
		hashmap_sets(&compile->supplied, name, (void *)name);
		has_new |= supply_header(compile, name) || supply_integer(compile, name) ||
			   supply_from_btf(compile, name) ||
			   (is_value && supply_constant(compile, name));
	}
	return has_new;
}

static bool is_error(struct cdefs *cdefs, CXDiagnostic diagnostic)
{
	return cdefs->clang.getDiagnosticSeverity(diagnostic) >= CXDiagnostic_Error;
}

/* True if something was supplied, so that another pass may fare better. */
static bool supply_missing(struct compile *compile)
{
	struct cdefs *cdefs = compile->cdefs;
	bool has_new = false;

	for (unsigned i = 0; i < cdefs->clang.getNumDiagnostics(cdefs->unit); i++) {
		CXDiagnostic diagnostic = cdefs->clang.getDiagnostic(cdefs->unit, i);
		CXString text = cdefs->clang.getDiagnosticSpelling(diagnostic);

		if (is_error(cdefs, diagnostic))
			has_new |= supply_quoted(compile, cdefs->clang.getCString(text));
		cdefs->clang.disposeString(text);
		cdefs->clang.disposeDiagnostic(diagnostic);
	}
	return has_new;
}

/* --- errors --- */

static uint32_t token_length(const char *text)
{
	uint32_t len = (uint32_t)strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					      "0123456789_");

	if (*text == '"' || *text == '<')
		len = 1 + (uint32_t)strcspn(text + 1, "\">\n") + 1;
	return len ? len : 1;
}

/* The text of a header, shown beside its errors; NULL if it is no file. */
static const struct source *header_source(struct compile *compile, CXFile file, const char *name)
{
	struct cdefs *cdefs = compile->cdefs;
	const struct source *source = hashmap_gets(&compile->headers, name);
	const char *text;
	size_t len;

	if (source)
		return source;
	text = cdefs->clang.getFileContents(cdefs->unit, file, &len);
	source = text ? sources_add(cdefs->options.sources, name, text, len) : NULL;
	hashmap_sets(&compile->headers, name, (void *)source);
	return source;
}

/* The token that an error is about, and the name of its file: NULL if --include names it. */
static struct span error_span(struct compile *compile, CXDiagnostic diagnostic, const char **name)
{
	struct cdefs *cdefs = compile->cdefs;
	const struct source *source;
	unsigned offset;
	CXString string;
	CXFile file;

	cdefs->clang.getExpansionLocation(cdefs->clang.getDiagnosticLocation(diagnostic), &file,
					  NULL, NULL, &offset);
	string = cdefs->clang.getFileName(file);
	*name = cdefs->clang.getCString(string);
	*name = *name ? arena_strdup(cdefs->types->arena, *name) : NULL;
	cdefs->clang.disposeString(string);
	if (!*name)
		return SPAN_NONE;
	if (!strcmp(*name, compile->main_file) && offset <= cdefs->len)
		return cdefs_span(cdefs, offset, token_length(cdefs->text + offset));
	source = header_source(compile, file, *name + (strncmp(*name, "./", 2) ? 0 : 2));
	if (!source || offset > source->len)
		return SPAN_NONE;
	return (struct span){source->base + offset,
			     source->base + offset + token_length(source->text + offset)};
}

static void report(struct compile *compile, CXDiagnostic diagnostic, bool in_supplement)
{
	struct cdefs *cdefs = compile->cdefs;
	const char *name;
	struct span span = error_span(compile, diagnostic, &name);
	CXString string = cdefs->clang.getDiagnosticSpelling(diagnostic);
	const char *text = cdefs->clang.getCString(string);
	bool is_missing = strstr(text, "file not found") != NULL;

	if (in_supplement == (name && !strcmp(name, SUPPLEMENT)))
		diag_error(cdefs->options.diags, is_missing ? "header-not-found" : "c-preamble",
			   span, "%s%s", is_missing ? "fatal error: " : "", text);
	cdefs->clang.disposeString(string);
}

static bool report_errors(struct compile *compile, bool in_supplement)
{
	struct cdefs *cdefs = compile->cdefs;
	size_t before = diags_count(cdefs->options.diags, DIAG_ERROR);

	for (unsigned i = 0; i < cdefs->clang.getNumDiagnostics(cdefs->unit); i++) {
		CXDiagnostic diagnostic = cdefs->clang.getDiagnostic(cdefs->unit, i);

		if (is_error(cdefs, diagnostic))
			report(compile, diagnostic, in_supplement);
		cdefs->clang.disposeDiagnostic(diagnostic);
	}
	return diags_count(cdefs->options.diags, DIAG_ERROR) > before;
}

/* --- the names that it found --- */

static void remember(struct cdefs *cdefs, struct hashmap *map, CXCursor cursor)
{
	CXString string = cdefs->clang.getCursorSpelling(cursor);
	const char *name = cdefs->clang.getCString(string);

	if (name && *name)
		hashmap_sets(map, types_intern_name(cdefs->types, name),
			     arena_memdup(cdefs->types->arena, &cursor, sizeof(cursor)));
	cdefs->clang.disposeString(string);
}

static void remember_tag(struct cdefs *cdefs, struct hashmap *map, CXCursor cursor)
{
	if (cdefs->clang.isCursorDefinition(cursor) && !cdefs->clang.Cursor_isAnonymous(cursor))
		remember(cdefs, map, cursor);
}

static enum CXChildVisitResult visit(CXCursor cursor, CXCursor parent, CXClientData data)
{
	struct cdefs *cdefs = data;

	(void)parent;
	switch ((int)cdefs->clang.getCursorKind(cursor)) {
	case CXCursor_StructDecl:
		remember_tag(cdefs, &cdefs->tags[CDEFS_STRUCTS], cursor);
		return CXChildVisit_Recurse;
	case CXCursor_UnionDecl:
		remember_tag(cdefs, &cdefs->tags[CDEFS_UNIONS], cursor);
		return CXChildVisit_Recurse;
	case CXCursor_EnumDecl:
		remember_tag(cdefs, &cdefs->tags[CDEFS_ENUMS], cursor);
		return CXChildVisit_Recurse;
	case CXCursor_EnumConstantDecl:
		remember(cdefs, &cdefs->enumerators, cursor);
		break;
	case CXCursor_TypedefDecl:
		remember(cdefs, &cdefs->typedefs, cursor);
		break;
	case CXCursor_MacroDefinition:
		if (!cdefs->clang.Cursor_isMacroBuiltin(cursor))
			remember(cdefs,
				 cdefs->clang.Cursor_isMacroFunctionLike(cursor)
					 ? &cdefs->header_functions
					 : &cdefs->header_macros,
				 cursor);
		break;
	}
	return CXChildVisit_Continue;
}

bool cdefs_compile(struct cdefs *cdefs, enum cdefs_errors errors)
{
	struct compile compile = {.cdefs = cdefs};
	bool is_parsed;

	cdefs->index = cdefs->clang.createIndex(0, 0);
	hashmap_init(&compile.supplied, cdefs->types->arena);
	hashmap_init(&compile.headers, cdefs->types->arena);
	compile.main_file = arena_printf(cdefs->types->arena, "%s/preamble.c",
					 cdefs->options.directory ? cdefs->options.directory : ".");
	add_file(&compile, compile.main_file, cdefs->text);
	add_file(&compile, SUPPLEMENT, "");
	add_arguments(&compile);
	is_parsed = parse(&compile);
	for (int pass = 1; is_parsed && pass < PASSES_MAX && supply_missing(&compile); pass++)
		is_parsed = parse(&compile);
	btf_dump__free(compile.dump);
	strbuf_free(&compile.supplement);
	if (!is_parsed) {
		diag_error(cdefs->options.diags, "c-preamble", SPAN_NONE,
			   "libclang cannot read the script's C definitions");
		return false;
	}
	/* What the script has wrong may make what is supplied wrong, too. */
	if (errors == CDEFS_REPORT &&
	    (report_errors(&compile, false) || report_errors(&compile, true)))
		return false;
	cdefs->clang.visitChildren(cdefs->clang.getTranslationUnitCursor(cdefs->unit), visit,
				   cdefs);
	return true;
}
