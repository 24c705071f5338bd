/* The preamble's names, and the decision to let libclang read it. */
#include "types/cdefs.h"

#include "types/cdefs_internal.h"

#include "lang/lang.h"

#include <string.h>

/* --- reading --- */

/* True if a definition lacks the semicolon that scripts may leave out. */
static bool lacks_semicolon(const char *text, size_t len)
{
	while (len && strchr(" \t\r\n", text[len - 1]))
		len--;
	return len && (text[len - 1] == '}' || text[len - 1] == ')') && *text != '#';
}

/* Bytes without the line end that a piece may have, which its span lacks. */
static size_t piece_length(const char *text)
{
	size_t len = strlen(text);

	return len && text[len - 1] == '\n' ? len - 1 : len;
}

static void join_pieces(struct cdefs *cdefs, const struct cdefs_piece *pieces, size_t npieces)
{
	struct arena *arena = cdefs->types->arena;
	struct strbuf text = STRBUF_INIT;

	for (size_t i = 0; i < npieces; i++) {
		size_t len = piece_length(pieces[i].text);
		struct cdefs_part part = {(uint32_t)text.len, (uint32_t)len + 1, (uint32_t)len,
					  pieces[i].span};

		vec_push(arena, &cdefs->parts, part);
		strbuf_add(&text, pieces[i].text, len);
		if (lacks_semicolon(pieces[i].text, len))
			strbuf_addc(&text, ';');
		strbuf_addc(&text, '\n');
	}
	cdefs->text = arena_strdup(arena, strbuf_str(&text));
	cdefs->len = (uint32_t)text.len;
	strbuf_free(&text);
}

static struct cdefs *new_cdefs(struct types *types, const struct cdefs_options *options)
{
	struct cdefs *cdefs = arena_new_object(types->arena, struct cdefs);
	struct hashmap *maps[] = {
		&cdefs->macros,
		&cdefs->functions,
		&cdefs->expanded,
		&cdefs->tags[CDEFS_STRUCTS],
		&cdefs->tags[CDEFS_UNIONS],
		&cdefs->tags[CDEFS_ENUMS],
		&cdefs->typedefs,
		&cdefs->enumerators,
		&cdefs->header_macros,
		&cdefs->header_functions,
		&cdefs->converted,
	};

	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
		hashmap_init(maps[i], types->arena);
	cdefs->types = types;
	cdefs->options = *options;
	return cdefs;
}

/* Has libclang read the text, once. What it finds is kept until the registry is freed. */
static bool read_now(struct cdefs *cdefs, enum cdefs_errors errors)
{
	cdefs->is_read = true;
	if (libclang_open(&cdefs->clang))
		return cdefs_compile(cdefs, errors);
	diag_hint(diag_error(cdefs->options.diags, "no-libclang",
			     cdefs->parts.len ? cdefs->parts.data[0].span : SPAN_NONE,
			     "these C definitions need libclang, which was not found"),
		  "install it (Debian: apt install libclang1)");
	return false;
}

bool types_load_preamble(struct types *types, const struct cdefs_options *options,
			 const struct cdefs_piece *pieces, size_t npieces)
{
	size_t errors = diags_count(options->diags, DIAG_ERROR);
	struct cdefs *cdefs;

	if (!npieces && !options->nincludes)
		return true;
	cdefs = new_cdefs(types, options);
	types->cdefs = cdefs;
	join_pieces(cdefs, pieces, npieces);
	cdefs->needs_clang = options->nincludes > 0;
	cdefs_scan(cdefs);
	if (diags_count(options->diags, DIAG_ERROR) > errors)
		return false;
	return !cdefs->needs_clang || read_now(cdefs, CDEFS_REPORT);
}

void cdefs_free(struct cdefs *cdefs)
{
	if (!cdefs)
		return;
	if (cdefs->unit)
		cdefs->clang.disposeTranslationUnit(cdefs->unit);
	if (cdefs->index)
		cdefs->clang.disposeIndex(cdefs->index);
}

bool cdefs_read_headers(struct types *types)
{
	struct cdefs *cdefs = types->cdefs;

	if (!cdefs || cdefs->is_read || !cdefs->has_headers)
		return false;
	return read_now(cdefs, CDEFS_IGNORE);
}

/* --- names --- */

const struct type *cdefs_find_typedef(struct types *types, const char *name)
{
	struct cdefs *cdefs = types->cdefs;
	const CXCursor *cursor = cdefs ? hashmap_gets(&cdefs->typedefs, name) : NULL;

	if (!cursor)
		return NULL;
	return cdefs_convert(cdefs, cdefs->clang.getTypedefDeclUnderlyingType(*cursor));
}

static const CXCursor *find_tag(const struct cdefs *cdefs, enum type_kind kind, const char *name)
{
	enum cdefs_tags tags = kind == TYPE_ENUM    ? CDEFS_ENUMS
			       : kind == TYPE_UNION ? CDEFS_UNIONS
						    : CDEFS_STRUCTS;

	return cdefs ? hashmap_gets(&cdefs->tags[tags], name) : NULL;
}

bool types_hides_preamble(const struct types *types, const struct type *type)
{
	return type_is_struct(type) && type->record.origin == ORIGIN_BTF && *type->record.name &&
	       find_tag(types->cdefs, type->kind, type->record.name);
}

const struct type *cdefs_find_tag(struct types *types, enum type_kind kind, const char *name)
{
	struct cdefs *cdefs = types->cdefs;
	const CXCursor *cursor = find_tag(cdefs, kind, name);

	return cursor ? cdefs_convert(cdefs, cdefs->clang.getCursorType(*cursor)) : NULL;
}

bool cdefs_find_enumerator(struct types *types, const char *name, struct type_constant *constant)
{
	struct cdefs *cdefs = types->cdefs;
	const CXCursor *cursor = cdefs ? hashmap_gets(&cdefs->enumerators, name) : NULL;
	int64_t value;

	if (!cursor)
		return false;
	value = cdefs->clang.getEnumConstantDeclValue(*cursor);
	constant->type = cdefs_convert_enum(cdefs, cdefs->clang.getCursorSemanticParent(*cursor));
	constant->value = (uint64_t)value;
	constant->is_negative = constant->type->is_signed && value < 0;
	return true;
}

/* --- macros --- */

/* The tokens behind the name, with a blank between each two. */
static const char *macro_body(struct cdefs *cdefs, CXCursor cursor)
{
	const struct libclang *clang = &cdefs->clang;
	struct strbuf body = STRBUF_INIT;
	const char *copy;
	CXToken *tokens;
	unsigned n;

	clang->tokenize(cdefs->unit, clang->getCursorExtent(cursor), &tokens, &n);
	for (unsigned i = 1; i < n; i++) {
		CXString token = clang->getTokenSpelling(cdefs->unit, tokens[i]);

		if (i > 1)
			strbuf_addc(&body, ' ');
		strbuf_adds(&body, clang->getCString(token));
		clang->disposeString(token);
	}
	clang->disposeTokens(cdefs->unit, tokens, n);
	copy = arena_strdup(cdefs->types->arena, strbuf_str(&body));
	strbuf_free(&body);
	return copy;
}

/* What the body stands for, found out once. */
static const char *expanded(struct cdefs *cdefs, const char *name, const char *body)
{
	const char *text = hashmap_gets(&cdefs->expanded, name);

	if (!text) {
		text = cdefs_expand(cdefs, body);
		hashmap_sets(&cdefs->expanded, name, (void *)text);
	}
	return text;
}

/* Headers make their enumerators known to #ifdef by macros that stand for themselves. */
static bool find_header_macro(struct cdefs *cdefs, const char *name, struct types_macro *macro)
{
	const CXCursor *cursor = hashmap_gets(&cdefs->header_macros, name);

	if (!cursor)
		return false;
	macro->body = expanded(cdefs, name, macro_body(cdefs, *cursor));
	macro->span = SPAN_NONE;
	return strcmp(macro->body, name) != 0;
}

const char *cdefs_header_function(struct cdefs *cdefs, const char *name)
{
	const CXCursor *cursor = hashmap_gets(&cdefs->header_functions, name);

	return cursor ? macro_body(cdefs, *cursor) : NULL;
}

static bool is_known_otherwise(struct types *types, const char *name)
{
	struct type_constant constant;
	uint32_t index;

	return lang_find_builtin(name, &index) || lang_find_function(name) ||
	       types_find_constant(types, name, &constant);
}

bool types_find_macro(struct types *types, const char *name, struct types_macro *macro)
{
	struct cdefs *cdefs = types->cdefs;
	const struct types_macro *own;

	if (!cdefs)
		return false;
	own = hashmap_gets(&cdefs->macros, name);
	if (own) {
		*macro = *own;
		macro->body = expanded(cdefs, name, own->body);
		return true;
	}
	if (find_header_macro(cdefs, name, macro))
		return true;
	if (cdefs->is_read || !cdefs->has_headers || is_known_otherwise(types, name))
		return false;
	cdefs_read_headers(types);
	return find_header_macro(cdefs, name, macro);
}

bool types_is_c_macro(const struct types *types, const char *name)
{
	const struct cdefs *cdefs = types->cdefs;

	return cdefs && (hashmap_gets(&cdefs->functions, name) ||
			 hashmap_gets(&cdefs->header_functions, name));
}
