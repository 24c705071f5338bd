/* Types of the kernel and its modules, from BTF. Loaded when first asked for (about 9 ms). */
#ifndef SONDE_TYPES_BTF_H
#define SONDE_TYPES_BTF_H

#include "types/type.h"

struct btf;

/* The file to read rather than the running kernel's; before anything was asked. */
void types_set_btf_path(struct types *types, const char *path);
/* True if there is BTF to load (does not load it). */
bool types_have_btf(struct types *types);
/* The loaded vmlinux BTF, or NULL with a message in *error (in the arena). */
struct btf *types_vmlinux_btf(struct types *types, const char **error);

/* As above, without having libbpf read it, which takes longer than all the rest: false with
 * *error set if there is none. */
bool types_load_btf(struct types *types, const char **error);
/*
 * The part of the kernel's BTF that the CO-RE relocations of an object can refer to, for libbpf's
 * btf_custom_path: a memfd that the caller closes, or a negative errno (-ENOENT if there is nothing
 * to relocate, or no BTF). Sections .BTF and .BTF.ext of the object.
 */
int types_reduced_btf(struct types *types, const void *btf, size_t btf_size, const void *ext,
		      size_t ext_size);

/* How an argument or a result is handed over, by the ABI of x86_64; known of DWARF's types only. */
struct type_passing {
	uint8_t integers, vectors; /* registers of each kind */
	bool is_memory; /* on the stack; a result: where a hidden first argument points */
	bool is_x87; /* no: as a result it is in a register of the x87 */
	bool is_reference; /* its address is passed */
	bool is_pair; /* of two words, each passed on its own: perhaps one of them on the stack */
	bool is_unknown; /* so is where what follows it is passed */
	uint32_t align; /* on the stack */
};

struct type_param {
	const char *name; /* "argN" where BTF has none */
	const struct type *type;
	const char *c_type; /* as its source has it: "struct file *", "ssize_t" */
	struct type_passing passing;
};
struct type_function {
	const char *module; /* NULL: vmlinux */
	uint32_t id; /* BTF id of the FUNC, 0 for a prototype only */
	const struct type *result;
	const char *result_c_type;
	const struct type_param *params;
	uint32_t nparams;
	struct type_passing result_passing;
};
/* A kernel function's prototype; @module may be NULL for any. Pointers are in the kernel's space.
 */
bool types_find_function(struct types *types, const char *module, const char *name,
			 struct type_function *function);
/* A raw tracepoint's prototype from `btf_trace_<name>`, without the leading context parameter. */
bool types_find_raw_tracepoint(struct types *types, const char *name,
			       struct type_function *function);

/* A per-CPU variable of the kernel or a module: the type of each CPU's copy. */
bool types_find_variable(struct types *types, const char *name, const struct type **type);
/* A function of the kernel that BPF programs may call; *id is 0 if it is a module's. */
bool types_find_kfunc(struct types *types, const char *name, uint32_t *id);

typedef void (*types_name_fn)(const char *module, const char *name, void *data);
/* Calls for every raw tracepoint that BTF knows, module NULL for vmlinux. */
void types_each_raw_tracepoint(struct types *types, types_name_fn fn, void *data);
/* Every function that can take an fentry probe as far as BTF says. */
void types_each_function(struct types *types, types_name_fn fn, void *data);
/* Every "struct x", "union x", "enum x" as such text. */
void types_each_tag(struct types *types, types_name_fn fn, void *data);
/* Kinds of iterators: the x of every `struct bpf_iter__x`. */
void types_each_iterator(struct types *types, types_name_fn fn, void *data);
/* C source of a definition ("struct list_head { ... };\n"), as -lv prints it. False if unknown. */
bool types_c_definition(struct types *types, enum type_kind keyword, const char *name,
			struct strbuf *out);

#endif
