/*
 * The C preamble of a script: structs, unions, enums and typedefs become types, object-like macros
 * are kept as text. libclang is loaded only for a preamble that needs it: not for one of #define,
 * conditionals, and headers of the kernel, whose types come from BTF and whose constants from
 * src/lang/constants.def. Such headers need not even be installed; where they are, they are read
 * when a name is found nowhere else.
 */
#ifndef SONDE_TYPES_CDEFS_H
#define SONDE_TYPES_CDEFS_H

#include "base/diag.h"
#include "types/type.h"

/* A part of the preamble, in the order of the script; imports bring their own. */
struct cdefs_piece {
	/*
	 * Of @text in the sources, without a line end at its end: byte N of the text is at start +
	 * N. A span of another length names the whole piece (the import that it comes from).
	 */
	struct span span;
	const char *text;
};

struct cdefs_options {
	struct diags *diags; /* must live as long as the types */
	struct sources *sources; /* those of the script; headers that are in error are added */
	const char *directory; /* where #include "x" looks first; NULL: the current directory */
	const char *const *include_dirs; /* -I */
	size_t ninclude_dirs;
	const char *const *includes; /* --include */
	size_t nincludes;
	/* Roots of the kernel's headers; NULL: /lib/modules/<release>/source and build. */
	const char *kernel_source, *kernel_build;
};

/* Reads the preamble; false if errors were queued. Once for a registry, before anything else. */
bool types_load_preamble(struct types *types, const struct cdefs_options *options,
			 const struct cdefs_piece *pieces, size_t npieces);

struct types_macro {
	const char *body; /* "" for an empty one */
	struct span span; /* of the body, SPAN_NONE for one from a header */
};
/*
 * An object-like macro. Builtins and enumerators are not macros of headers, so that asking for one
 * does not make these be read.
 */
bool types_find_macro(struct types *types, const char *name, struct types_macro *macro);
/* Whether the preamble has a macro of this name that takes parameters. */
bool types_is_c_macro(const struct types *types, const char *name);

#endif
