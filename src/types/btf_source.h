/* The kernel's BTF objects of one registry, opened when first asked for. */
#ifndef SONDE_TYPES_BTF_SOURCE_H
#define SONDE_TYPES_BTF_SOURCE_H

#include "base/vec.h"
#include "types/btf_data.h"
#include "types/internal.h"

struct btf_object {
	struct btf_data data;
	/* by id - data.first; NULL until converted */
	const struct type **types;
};

struct btf_source {
	bool is_opened, has_all_modules;
	const char *error; /* why there is no vmlinux */
	struct btf_object vmlinux;
	VEC(struct btf_object *)
	modules; /* those opened so far, each once; empty ones could not be opened */
	struct btf *libbpf; /* NULL until asked for */
};

/* NULL if there is none; types->btf->error says why. */
struct btf_object *btf_vmlinux(struct types *types);
/* "vmlinux" or a module's name; NULL if there is none. */
struct btf_object *btf_module(struct types *types, const char *name);
/* Opens all modules, sorted by name. */
void btf_open_modules(struct types *types);

struct btf_found {
	struct btf_object *object; /* the one to resolve the id's references with */
	uint32_t id; /* 0: not found */
};
/* In @module, or with NULL in vmlinux, then in the modules. @kinds: BTF_KINDS(). */
struct btf_found btf_find(struct types *types, const char *module, const char *name,
			  uint32_t kinds);

/* The type of an id as seen from @object; TYPE_NONE for void and for what has no value. */
const struct type *btf_convert(struct types *types, struct btf_object *object, uint32_t id);
/* Follows typedefs, qualifiers and tags; *is_user (may be NULL) tells of the tag "user". */
uint32_t btf_strip(const struct btf_data *data, uint32_t id, bool *is_user);
/* The declaration of @name (may be "") with this type, as C: "char name[16]". */
void btf_declare(const struct btf_data *data, uint32_t id, const char *name, struct strbuf *out);

#endif
