/*
 * The part of the kernel's BTF that an object's CO-RE relocations can refer to, as BTF of its own.
 * libbpf needs 8 ms and as many megabytes for the whole; this part takes it no time.
 *
 * In: the sections .BTF and .BTF.ext of the object. Out: a memfd. It holds the structs that the
 * relocations name with all their members; what a member holds by value is there as well, while
 * all pointers are void *, since no relocation follows one.
 */
#include "types/btf.h"

#include "types/btf_source.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Layout of .BTF.ext: include/uapi/linux/btf.h does not have it, libbpf keeps it private. */
struct ext_header {
	uint16_t magic;
	uint8_t version, flags;
	uint32_t hdr_len, func_info_off, func_info_len, line_info_off, line_info_len;
	uint32_t core_relo_off, core_relo_len;
};

struct ext_section {
	uint32_t name_off, n;
};

struct core_relo {
	uint32_t insn_off, type_id, access_off, kind;
};

struct wanted_type {
	struct btf_object *object; /* NULL: void * */
	uint32_t id;
};

struct reduction {
	struct types *types;
	struct arena *arena; /* for as long as it takes */
	struct hashmap ids; /* struct wanted_type to its place in the queue, + 1 */
	VEC(struct wanted_type)
	queue; /* number N becomes type N + 1 */
	struct strbuf type_bytes, strings;
};

/* --- writing --- */

static uint32_t add_string(struct reduction *reduction, const char *text)
{
	uint32_t position = (uint32_t)reduction->strings.len;

	if (!*text)
		return 0;
	strbuf_add(&reduction->strings, text, strlen(text) + 1);
	return position;
}

/* The new id of a type, which is queued to be written if it is new. */
static uint32_t want(struct reduction *reduction, struct btf_object *object, uint32_t id)
{
	struct wanted_type key;
	const struct btf_type *type;
	uintptr_t place;

	memset(&key, 0, sizeof(key)); /* its padding is hashed, too */
	id = btf_strip(&object->data, id, NULL);
	type = btf_data_type(&object->data, id);
	if (!type)
		return 0;
	if (!btf_is_ptr(type)) {
		key.object = object->data.base && id < object->data.first
				     ? &reduction->types->btf->vmlinux
				     : object;
		key.id = id;
	}
	place = (uintptr_t)hashmap_get(&reduction->ids, &key, sizeof(key));
	if (!place) {
		place = vec_push(reduction->arena, &reduction->queue, key) + 1;
		hashmap_set(&reduction->ids, arena_memdup(reduction->arena, &key, sizeof(key)),
			    sizeof(key), (void *)place);
	}
	return (uint32_t)place;
}

static void write_members(struct reduction *reduction, struct btf_object *object,
			  const struct btf_type *type)
{
	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		struct btf_member member = btf_members(type)[i];

		member.name_off =
			add_string(reduction, btf_data_string(&object->data, member.name_off));
		member.type = want(reduction, object, member.type);
		strbuf_add(&reduction->type_bytes, &member, sizeof(member));
	}
}

static void write_enumerators(struct reduction *reduction, struct btf_object *object,
			      const struct btf_type *type)
{
	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		struct btf_enum value;
		struct btf_enum64 wide;

		if (btf_is_enum64(type)) {
			wide = btf_enum64(type)[i];
			wide.name_off = add_string(reduction,
						   btf_data_string(&object->data, wide.name_off));
			strbuf_add(&reduction->type_bytes, &wide, sizeof(wide));
		} else {
			value = btf_enum(type)[i];
			value.name_off = add_string(reduction,
						    btf_data_string(&object->data, value.name_off));
			strbuf_add(&reduction->type_bytes, &value, sizeof(value));
		}
	}
}

static void write_type(struct reduction *reduction, struct wanted_type wanted)
{
	const struct btf_type *type;
	struct btf_type head = {.info = BTF_KIND_PTR << 24};
	struct btf_array array;

	if (!wanted.object) {
		strbuf_add(&reduction->type_bytes, &head, sizeof(head));
		return;
	}
	type = btf_data_type(&wanted.object->data, wanted.id);
	head = *type;
	head.name_off = add_string(reduction, btf_data_name(&wanted.object->data, type));
	if (btf_is_composite(type) || btf_is_any_enum(type) || btf_is_int(type) ||
	    btf_is_array(type) || btf_kind(type) == BTF_KIND_FLOAT)
		strbuf_add(&reduction->type_bytes, &head, sizeof(head));
	if (btf_is_composite(type)) {
		write_members(reduction, wanted.object, type);
	} else if (btf_is_any_enum(type)) {
		write_enumerators(reduction, wanted.object, type);
	} else if (btf_is_int(type)) {
		strbuf_add(&reduction->type_bytes, type + 1, sizeof(uint32_t));
	} else if (btf_is_array(type)) {
		array = *btf_array(type);
		array.type = want(reduction, wanted.object, array.type);
		array.index_type = want(reduction, wanted.object, array.index_type);
		strbuf_add(&reduction->type_bytes, &array, sizeof(array));
	} else if (btf_kind(type) != BTF_KIND_FLOAT) {
		/* Nothing else lies in an object by value. */
		head = (struct btf_type){.name_off = head.name_off, .info = BTF_KIND_FWD << 24};
		strbuf_add(&reduction->type_bytes, &head, sizeof(head));
	}
}

/* --- what the relocations name --- */

/* Flavours ("task_struct___old") stand for the name before them. */
static const char *essential_name(struct arena *arena, const char *name)
{
	const char *flavour = strstr(name, "___");

	return flavour && flavour != name ? arena_strndup(arena, name, (size_t)(flavour - name))
					  : name;
}

static void want_root(struct reduction *reduction, const struct btf_data *local, uint32_t id)
{
	const struct btf_type *type = btf_data_type(local, id);
	struct btf_found found;
	uint32_t kinds;

	if (!type || !type->name_off)
		return;
	kinds = BTF_KINDS(btf_kind(type));
	if (btf_is_any_enum(type))
		kinds = BTF_KINDS(BTF_KIND_ENUM) | BTF_KINDS(BTF_KIND_ENUM64);
	found = btf_find(reduction->types, NULL,
			 essential_name(reduction->arena, btf_data_name(local, type)), kinds);
	if (found.id)
		want(reduction, found.object, found.id);
}

static bool has_relocations(const char *ext, size_t size)
{
	struct ext_header header;

	if (size < sizeof(header))
		return false;
	memcpy(&header, ext, sizeof(header));
	return header.magic == BTF_MAGIC && header.hdr_len >= sizeof(header) &&
	       header.core_relo_len > sizeof(uint32_t) &&
	       (uint64_t)header.hdr_len + header.core_relo_off + header.core_relo_len <= size;
}

/* Reads the relocations, which are there; false if they cannot be read. */
static bool want_roots(struct reduction *reduction, const struct btf_data *local, const char *ext)
{
	const struct ext_header *header = (const void *)ext;
	struct ext_section section;
	struct core_relo relo;
	struct hashmap seen;
	const char *at, *end;
	uint32_t record;

	hashmap_init(&seen, reduction->arena);
	at = ext + header->hdr_len + header->core_relo_off;
	end = at + header->core_relo_len;
	memcpy(&record, at, sizeof(record));
	at += sizeof(record);
	if (record < sizeof(relo))
		return false;
	while ((size_t)(end - at) >= sizeof(section)) {
		memcpy(&section, at, sizeof(section));
		at += sizeof(section);
		for (; section.n && (size_t)(end - at) >= record; section.n--, at += record) {
			memcpy(&relo, at, sizeof(relo));
			if (hashmap_get(&seen, &relo.type_id, sizeof(relo.type_id)))
				continue;
			hashmap_set(
				&seen,
				arena_memdup(reduction->arena, &relo.type_id, sizeof(relo.type_id)),
				sizeof(relo.type_id), &seen);
			want_root(reduction, local, relo.type_id);
		}
	}
	return true;
}

/* --- the file --- */

static int write_file(const struct reduction *reduction)
{
	struct btf_header header = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(header),
		.type_len = (uint32_t)reduction->type_bytes.len,
		.str_off = (uint32_t)reduction->type_bytes.len,
		.str_len = (uint32_t)reduction->strings.len,
	};
	struct strbuf file = STRBUF_INIT;
	int fd = memfd_create("sonde.btf", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	strbuf_add(&file, &header, sizeof(header));
	strbuf_add(&file, reduction->type_bytes.data, reduction->type_bytes.len);
	strbuf_add(&file, reduction->strings.data, reduction->strings.len);
	if (write(fd, file.data, file.len) != (ssize_t)file.len) {
		close(fd);
		fd = -EIO;
	}
	strbuf_free(&file);
	return fd;
}

static int reduce(struct types *types, struct arena *arena, const struct btf_data *local,
		  const char *ext)
{
	struct reduction reduction = {.types = types, .arena = arena};
	int fd = -ENOENT;

	hashmap_init(&reduction.ids, arena);
	strbuf_addc(&reduction.strings, '\0');
	if (want_roots(&reduction, local, ext) && reduction.queue.len) {
		for (size_t i = 0; i < reduction.queue.len; i++)
			write_type(&reduction, reduction.queue.data[i]);
		fd = write_file(&reduction);
	}
	strbuf_free(&reduction.type_bytes);
	strbuf_free(&reduction.strings);
	return fd;
}

int types_reduced_btf(struct types *types, const void *btf, size_t btf_size, const void *ext,
		      size_t ext_size)
{
	struct arena *arena;
	struct btf_data local;
	int result;

	/* Most programs have none: then the kernel's BTF need not be opened. */
	if (!btf || !ext || !has_relocations(ext, ext_size) || !btf_vmlinux(types))
		return -ENOENT;
	/* Sections of an ELF file in memory lie at any address. */
	arena = arena_new();
	result = btf_data_view(&local, arena_memdup(arena, btf, btf_size), btf_size);
	if (result) {
		arena_free(arena);
		return result;
	}
	result = reduce(types, arena, &local, arena_memdup(arena, ext, ext_size));
	btf_data_close(&local);
	arena_free(arena);
	return result;
}
