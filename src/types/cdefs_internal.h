/* The parts of reading a preamble: the scanner of its lines, the search for headers, libclang. */
#ifndef SONDE_TYPES_CDEFS_INTERNAL_H
#define SONDE_TYPES_CDEFS_INTERNAL_H

#include "base/hashmap.h"
#include "base/vec.h"
#include "types/cdefs.h"
#include "types/internal.h"
#include "types/libclang.h"

/* A piece's place in the text that is compiled. */
struct cdefs_part {
	uint32_t start, len; /* of text and line end */
	uint32_t text_len;
	struct span span;
};

enum cdefs_tags { CDEFS_STRUCTS, CDEFS_UNIONS, CDEFS_ENUMS, CDEFS_TAGS };

struct cdefs {
	struct types *types;
	struct cdefs_options options;
	char *text; /* all pieces; #includes that are satisfied otherwise are blanked out */
	uint32_t len;
	VEC(struct cdefs_part)
	parts;
	struct hashmap macros; /* of the script: name to struct types_macro */
	struct hashmap functions; /* those with parameters: name to "(a, b) body" */
	struct hashmap expanded; /* macros without parameters: name to cdefs_expand()'s text */
	/* What the scanner found out: */
	bool needs_clang; /* more than it can judge itself */
	bool has_headers; /* some remain that may be read later */

	bool is_read; /* libclang has read it, or never will */
	struct libclang clang;
	CXIndex index;
	CXTranslationUnit unit;
	struct hashmap tags[CDEFS_TAGS]; /* name to CXCursor of the definition */
	struct hashmap typedefs, enumerators; /* name to CXCursor */
	struct hashmap header_macros, header_functions; /* name to CXCursor of the macro */
	struct hashmap converted; /* address of a declaration to struct type */
	VEC(CXType)
	records; /* of types whose members are loaded when asked for, by record.id */
};

/* --- cdefs_scan.c --- */
/* Fills in macros, functions, needs_clang and has_headers; errors are queued. */
void cdefs_scan(struct cdefs *cdefs);
/* The span of some bytes of the text. */
struct span cdefs_span(const struct cdefs *cdefs, uint32_t start, uint32_t len);

/* --- cdefs.c --- */
/* "(a, b) body" of a macro with parameters that libclang has read, or NULL. */
const char *cdefs_header_function(struct cdefs *cdefs, const char *name);

/* --- cdefs_expand.c --- */
/* A macro's body without uses of macros that have parameters, and without characters. */
const char *cdefs_expand(struct cdefs *cdefs, const char *body);

/* --- cdefs_header.c --- */
enum cdefs_header {
	HEADER_LATER, /* exists; a kernel or standard header, whose names are known otherwise */
	HEADER_NOW, /* exists; the script's own */
	HEADER_ABSENT, /* does not exist, and need not */
	HEADER_MISSING, /* does not exist */
};
enum cdefs_header cdefs_find_header(struct cdefs *cdefs, const char *name, bool is_quoted);
/* Whether a header of this name is the kernel's, or one of C itself. */
bool cdefs_is_known_header(const char *name);
/* Directories of kernel headers that exist here; NULL-terminated. */
const char *const *cdefs_kernel_dirs(struct cdefs *cdefs);

/* --- cdefs_clang.c --- */
enum cdefs_errors {
	CDEFS_REPORT, /* queue them */
	CDEFS_IGNORE, /* in headers that are read for a name: what could be read counts */
};
/* Lets libclang read the text; false if errors were queued. */
bool cdefs_compile(struct cdefs *cdefs, enum cdefs_errors errors);

/* --- cdefs_convert.c --- */
const struct type *cdefs_convert(struct cdefs *cdefs, CXType type);
const struct type *cdefs_convert_enum(struct cdefs *cdefs, CXCursor declaration);

#endif
