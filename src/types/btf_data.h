/*
 * BTF as it lies in memory: types by id, and ids by name. The bytes are mapped or read once and
 * never copied or checked beyond what makes reading them safe; what they mean is btf.c's affair.
 * A module's BTF continues the ids and strings of vmlinux, its base.
 */
#ifndef SONDE_TYPES_BTF_DATA_H
#define SONDE_TYPES_BTF_DATA_H

#include <bpf/btf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct btf_data {
	const struct btf_data *base; /* NULL for vmlinux */
	const char *module; /* NULL for vmlinux */
	uint32_t first, n; /* ids first .. first + n - 1 */
	/* the rest is the reader's own */
	const char *types, *strings;
	uint32_t types_len, strings_len, first_string;
	uint32_t *offsets; /* of each id in `types` */
	void *bytes; /* mapped, on the heap, or a view of the caller's */
	size_t size;
	bool is_mapped, is_view;
	struct btf *parsed; /* owned: `bytes` are libbpf's */
	uint32_t searches;
	uint32_t *heads, *next; /* index of names: id + 1 - first by hash, and the next of the same
				   hash */
	uint32_t mask;
};

/*
 * Opens the file (raw BTF, or an ELF file that holds some). 0, or a negative errno: -EINVAL for
 * bytes that are not BTF.
 */
int btf_data_open(struct btf_data *data, const char *path, const struct btf_data *base);
/* As libbpf finds the running kernel's where there is no /sys/kernel/btf/vmlinux. */
int btf_data_open_any(struct btf_data *data);
/* Reads bytes that stay the caller's. 0 or -EINVAL. */
int btf_data_view(struct btf_data *data, const void *bytes, size_t size);
void btf_data_close(struct btf_data *data);

/* NULL for 0 (void) and for ids that do not exist. Ids of the base are found as well. */
const struct btf_type *btf_data_type(const struct btf_data *data, uint32_t id);
/* "" for positions that do not exist. */
const char *btf_data_string(const struct btf_data *data, uint32_t position);
static inline const char *btf_data_name(const struct btf_data *data, const struct btf_type *type)
{
	return btf_data_string(data, type->name_off);
}

/* A set of BTF_KIND_*. */
#define BTF_KINDS(kind) (1u << (kind))
/* The first id (not of the base) with this name and one of these kinds, or 0. */
uint32_t btf_data_find(struct btf_data *data, const char *name, uint32_t kinds);

/*
 * Positions of a name in the strings, one a call; 0 when there are no more. *state is 0 at first.
 * Strings are rarely held twice.
 */
uint32_t btf_data_next_string(const struct btf_data *data, const char *name, uint32_t *state);

#endif
