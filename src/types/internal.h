/* What the files of this room share: the registry, and how kinds of outside types hang on it. */
#ifndef SONDE_TYPES_INTERNAL_H
#define SONDE_TYPES_INTERNAL_H

#include "base/hashmap.h"
#include "base/vec.h"
#include "types/type.h"

struct btf_source;
struct c_object;
struct cdefs;
struct dwarf_files;

struct types {
	struct arena *arena;
	struct hashmap interned; /* key words of the type to struct type */
	struct hashmap names; /* text to its one copy, so that names can be part of keys */
	struct hashmap defined; /* kind, origin and name of named definitions to struct type */
	struct hashmap typedefs; /* of the preamble: name to struct type */
	struct hashmap enumerators; /* of the preamble: name to struct type_constant */
	uint32_t serial; /* last id given to a definition */
	struct btf_source *btf; /* NULL until asked for */
	const char *btf_path; /* NULL: the running kernel's */
	VEC(struct c_object *)
	c_objects; /* imported C programs */
	struct cdefs *cdefs; /* NULL without a preamble */
	struct dwarf_files *dwarf; /* NULL until asked for */
};

/* --- intern.c --- */
/* A new type that equals no other; the caller fills it in before it hands it out. */
struct type *types_new_type(struct types *types, enum type_kind kind, uint32_t size,
			    uint32_t align);
/* The one copy of a name. */
const char *types_intern_name(struct types *types, const char *name);
/* The named struct, union or enum that was defined with this origin, or NULL. */
const struct type *types_defined(struct types *types, enum type_kind kind, enum type_origin origin,
				 const char *name);

/* --- names.c --- */
/* Built-in and C names only; NULL for others. */
const struct type *types_builtin_name(struct types *types, const char *name);

/* --- btf.c --- */
/* A typedef's type without its qualifiers; NULL if there is none of this name. */
const struct type *btf_find_typedef(struct types *types, const char *name);
const struct type *btf_find_tag(struct types *types, enum type_kind keyword, const char *name);
enum btf_where { BTF_VMLINUX, BTF_MODULES };
/* An enumerator of vmlinux, or of any module. */
bool btf_find_enumerator(struct types *types, enum btf_where where, const char *name,
			 struct type_constant *constant);
void btf_load_fields(struct types *types, struct type *type);
void btf_source_free(struct btf_source *btf);

/* --- fields.c --- */
/* Puts a bit-field into the smallest aligned unit that holds it, else at its first byte. */
void types_place_bits(struct type_field *field, uint32_t bits, uint32_t size);

/* --- cdefs.c: what libclang has found so far --- */
const struct type *cdefs_find_typedef(struct types *types, const char *name);
const struct type *cdefs_find_tag(struct types *types, enum type_kind kind, const char *name);
bool cdefs_find_enumerator(struct types *types, const char *name, struct type_constant *constant);
/* Reads headers that were left for later; true if there may now be more to find. */
bool cdefs_read_headers(struct types *types);
void cdefs_load_fields(struct types *types, struct type *type);
void cdefs_free(struct cdefs *cdefs);

/* --- cobject.c --- */
void c_objects_free(struct types *types);

/* --- dwarf.c --- */
void dwarf_load_fields(struct types *types, struct type *type);
void dwarf_files_free(struct dwarf_files *files);

#endif
