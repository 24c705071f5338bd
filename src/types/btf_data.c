/*
 * Reading BTF. libbpf's reader takes 8 to 9 ms for a kernel's 5.5 MB, most of it for copies and
 * checks; here the file is mapped where the kernel allows it (6.16), one pass over the types notes
 * where each begins (1 ms), and a name is found by searching the strings for it (0.7 ms at worst)
 * and the types for its position. Only when many names are asked for is an index of them made.
 */
#include "types/btf_data.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* From this many searches on, making the index (4 ms) pays. */
#define SEARCHES_BEFORE_INDEX 12

/* Bytes that follow a type's header; -1 for a kind that does not exist. */
static int64_t tail_size(const struct btf_type *type)
{
	uint32_t n = btf_vlen(type);

	switch (btf_kind(type)) {
	case BTF_KIND_UNKN:
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return (int64_t)n * (int64_t)sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return (int64_t)n * (int64_t)sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return (int64_t)n * (int64_t)sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return (int64_t)n * (int64_t)sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return (int64_t)n * (int64_t)sizeof(struct btf_var_secinfo);
	}
	return -1;
}

/* Notes where each type begins. */
static int find_offsets(struct btf_data *data)
{
	size_t cap = data->types_len / sizeof(struct btf_type) + 1;
	uint32_t at = 0, n = 0;

	data->offsets = malloc(cap * sizeof(*data->offsets));
	if (!data->offsets)
		return -ENOMEM;
	while (data->types_len - at >= sizeof(struct btf_type)) {
		const struct btf_type *type = (const void *)(data->types + at);
		int64_t tail = tail_size(type);

		if (tail < 0 || tail > data->types_len - at - (int64_t)sizeof(*type))
			return -EINVAL;
		data->offsets[n++] = at;
		at += sizeof(*type) + (uint32_t)tail;
	}
	if (at != data->types_len)
		return -EINVAL;
	data->n = n;
	return 0;
}

/* Sets up the reader for the bytes. */
static int parse(struct btf_data *data, const struct btf_data *base)
{
	const struct btf_header *header = data->bytes;
	uint64_t types_end, strings_end;

	if (data->size < sizeof(*header) || header->magic != BTF_MAGIC ||
	    header->version != BTF_VERSION || header->hdr_len < sizeof(*header))
		return -EINVAL;
	types_end = (uint64_t)header->hdr_len + header->type_off + header->type_len;
	strings_end = (uint64_t)header->hdr_len + header->str_off + header->str_len;
	if (types_end > data->size || strings_end > data->size ||
	    (header->hdr_len + header->type_off) % 4 || !header->str_len)
		return -EINVAL;
	data->types = (const char *)data->bytes + header->hdr_len + header->type_off;
	data->types_len = header->type_len;
	data->strings = (const char *)data->bytes + header->hdr_len + header->str_off;
	data->strings_len = header->str_len;
	if (data->strings[data->strings_len - 1] || (!base && data->strings[0]))
		return -EINVAL;
	data->base = base;
	data->first = base ? base->first + base->n : 1;
	data->first_string = base ? base->strings_len : 0;
	return find_offsets(data);
}

/* Reads a file whose size its attributes may not tell. */
static int read_whole(struct btf_data *data, int fd, size_t expected)
{
	size_t cap = expected + 1;

	data->bytes = malloc(cap);
	while (data->bytes) {
		ssize_t n = read(fd, (char *)data->bytes + data->size, cap - data->size);
		void *grown;

		if (n < 0)
			return -errno;
		if (!n)
			return 0;
		data->size += (size_t)n;
		if (data->size < cap)
			continue;
		cap *= 2;
		grown = realloc(data->bytes, cap);
		if (!grown)
			return -ENOMEM;
		data->bytes = grown;
	}
	return -ENOMEM;
}

static int load_file(struct btf_data *data, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), err = 0;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st)) {
		err = -errno;
	} else {
		data->size = (size_t)st.st_size;
		data->bytes = data->size ? mmap(NULL, data->size, PROT_READ, MAP_PRIVATE, fd, 0)
					 : MAP_FAILED;
		data->is_mapped = data->bytes != MAP_FAILED;
		if (!data->is_mapped) {
			data->bytes = NULL;
			data->size = 0;
			err = read_whole(data, fd, (size_t)st.st_size);
		}
	}
	close(fd);
	return err;
}

static void release_bytes(struct btf_data *data)
{
	if (data->parsed)
		btf__free(data->parsed);
	else if (data->is_mapped)
		munmap(data->bytes, data->size);
	else if (!data->is_view)
		free(data->bytes);
	data->parsed = NULL;
	data->bytes = NULL;
	data->size = 0;
	data->is_mapped = false;
}

/* Takes the bytes that libbpf found. */
static int adopt(struct btf_data *data, struct btf *btf)
{
	uint32_t size;

	if (!btf)
		return -errno;
	release_bytes(data);
	data->parsed = btf;
	data->bytes = (void *)btf__raw_data(btf, &size);
	data->size = size;
	return data->bytes ? parse(data, NULL) : -ENOMEM;
}

static bool is_elf(const struct btf_data *data)
{
	return data->size > 4 && !memcmp(data->bytes, "\177ELF", 4);
}

int btf_data_open(struct btf_data *data, const char *path, const struct btf_data *base)
{
	int err;

	*data = (struct btf_data){0};
	err = load_file(data, path);
	if (!err)
		err = is_elf(data) && !base ? adopt(data, btf__parse_elf(path, NULL))
					    : parse(data, base);
	if (err)
		btf_data_close(data);
	return err;
}

int btf_data_open_any(struct btf_data *data)
{
	int err;

	*data = (struct btf_data){0};
	err = adopt(data, btf__load_vmlinux_btf());
	if (err)
		btf_data_close(data);
	return err;
}

int btf_data_view(struct btf_data *data, const void *bytes, size_t size)
{
	int err;

	*data = (struct btf_data){.bytes = (void *)bytes, .size = size, .is_view = true};
	err = parse(data, NULL);
	if (err)
		btf_data_close(data);
	return err;
}

void btf_data_close(struct btf_data *data)
{
	release_bytes(data);
	free(data->offsets);
	free(data->heads);
	free(data->next);
	*data = (struct btf_data){0};
}

const struct btf_type *btf_data_type(const struct btf_data *data, uint32_t id)
{
	if (data->base && id < data->first)
		data = data->base;
	if (id < data->first || id - data->first >= data->n)
		return NULL;
	return (const void *)(data->types + data->offsets[id - data->first]);
}

const char *btf_data_string(const struct btf_data *data, uint32_t position)
{
	if (data->base && position < data->first_string)
		data = data->base;
	position -= data->first_string;
	return position < data->strings_len ? data->strings + position : "";
}

/* A whole string lies between two NULs, except the first of a module's. */
uint32_t btf_data_next_string(const struct btf_data *data, const char *name, uint32_t *state)
{
	size_t len = strlen(name) + 1;
	const char *end = data->strings + data->strings_len, *at = data->strings + *state;

	while (*name && (at = memmem(at, (size_t)(end - at), name, len))) {
		bool is_whole = at == data->strings || !at[-1];

		*state = (uint32_t)(at - data->strings) + 1;
		if (is_whole)
			return *state - 1 + data->first_string;
		at++;
	}
	return 0;
}

static uint32_t hash_name(const char *name)
{
	uint32_t hash = 5381;

	while (*name)
		hash = hash * 33 ^ (unsigned char)*name++;
	return hash ^ hash >> 15;
}

static const struct btf_type *own_type(const struct btf_data *data, uint32_t index)
{
	return (const void *)(data->types + data->offsets[index]);
}

/* Backwards, so that of several types of a name the first is found first. */
static void make_index(struct btf_data *data)
{
	data->mask = 1023;
	while (data->mask < data->n)
		data->mask = data->mask * 2 + 1;
	data->heads = calloc(data->mask + 1, sizeof(*data->heads));
	data->next = calloc(data->n + 1, sizeof(*data->next));
	for (uint32_t i = data->n; data->heads && data->next && i-- > 0;) {
		const struct btf_type *type = own_type(data, i);
		uint32_t *head;

		if (!type->name_off)
			continue;
		head = &data->heads[hash_name(btf_data_name(data, type)) & data->mask];
		data->next[i] = *head;
		*head = i + 1;
	}
}

static uint32_t find_in_index(const struct btf_data *data, const char *name, uint32_t kinds)
{
	uint32_t at = data->heads[hash_name(name) & data->mask];

	for (; at; at = data->next[at - 1]) {
		const struct btf_type *type = own_type(data, at - 1);

		if (BTF_KINDS(btf_kind(type)) & kinds && !strcmp(btf_data_name(data, type), name))
			return data->first + at - 1;
	}
	return 0;
}

static uint32_t find_position(const struct btf_data *data, uint32_t position, uint32_t kinds)
{
	for (uint32_t i = 0; i < data->n; i++) {
		const struct btf_type *type = own_type(data, i);

		if (type->name_off == position && BTF_KINDS(btf_kind(type)) & kinds)
			return data->first + i;
	}
	return 0;
}

/* A module's type may be named by a string of its base. */
static uint32_t find_by_position(const struct btf_data *data, const char *name, uint32_t kinds)
{
	const struct btf_data *strings = data;
	uint32_t found = 0;

	for (; strings && !found; strings = strings->base) {
		uint32_t state = 0, position;

		while (!found && (position = btf_data_next_string(strings, name, &state)))
			found = find_position(data, position, kinds);
	}
	return found;
}

uint32_t btf_data_find(struct btf_data *data, const char *name, uint32_t kinds)
{
	if (!*name)
		return 0;
	if (!data->heads && data->searches++ >= SEARCHES_BEFORE_INDEX)
		make_index(data);
	if (data->heads && data->next)
		return find_in_index(data, name, kinds);
	return find_by_position(data, name, kinds);
}
