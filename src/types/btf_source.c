/*
 * Opening BTF: the running kernel's from /sys/kernel/btf, or the file that the user names. Modules
 * are opened only when vmlinux does not have what is sought.
 */
#include "types/btf_source.h"

#include "types/btf.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BTF_DIR "/sys/kernel/btf"
#define BTF_VMLINUX_PATH BTF_DIR "/vmlinux"

void types_set_btf_path(struct types *types, const char *path)
{
	types->btf_path = arena_strdup(types->arena, path);
}

static struct btf_source *source(struct types *types)
{
	if (!types->btf)
		types->btf = arena_new_object(types->arena, struct btf_source);
	return types->btf;
}

static int open_vmlinux(const struct types *types, struct btf_data *data)
{
	int err;

	if (types->btf_path)
		return btf_data_open(data, types->btf_path, NULL);
	err = btf_data_open(data, BTF_VMLINUX_PATH, NULL);
	return err == -ENOENT ? btf_data_open_any(data) : err;
}

/* The memory for converted types: pages that are never touched cost nothing. */
static void make_room(struct btf_object *object)
{
	object->types = calloc(object->data.n + 1, sizeof(*object->types));
	if (!object->types)
		btf_data_close(&object->data);
}

struct btf_object *btf_vmlinux(struct types *types)
{
	struct btf_source *btf = source(types);
	int err;

	if (!btf->is_opened) {
		btf->is_opened = true;
		err = open_vmlinux(types, &btf->vmlinux.data);
		if (err)
			btf->error =
				arena_printf(types->arena, "%s: %s",
					     types->btf_path ? types->btf_path : BTF_VMLINUX_PATH,
					     err == -EINVAL ? "not BTF" : strerror(-err));
		else
			make_room(&btf->vmlinux);
	}
	return btf->vmlinux.types ? &btf->vmlinux : NULL;
}

/* @name lives as long as the registry. A module whose BTF cannot be read is kept as an empty one.
 */
static struct btf_object *open_module(struct types *types, struct btf_object *base,
				      const char *name)
{
	struct btf_object *object = arena_new_object(types->arena, struct btf_object);
	char *path = arena_printf(types->arena, BTF_DIR "/%s", name);

	if (!btf_data_open(&object->data, path, &base->data))
		make_room(object);
	object->data.module = name;
	vec_push(types->arena, &types->btf->modules, object);
	return object;
}

struct btf_object *btf_module(struct types *types, const char *name)
{
	struct btf_object *vmlinux = btf_vmlinux(types), *object;

	if (!vmlinux || !strcmp(name, "vmlinux"))
		return vmlinux;
	if (types->btf_path || strchr(name, '/'))
		return NULL;
	for (size_t i = 0; i < types->btf->modules.len; i++) {
		object = types->btf->modules.data[i];
		if (!strcmp(object->data.module, name))
			return object->types ? object : NULL;
	}
	object = open_module(types, vmlinux, types_intern_name(types, name));
	return object->types ? object : NULL;
}

void btf_open_modules(struct types *types)
{
	struct dirent **entries;
	int n;

	if (!btf_vmlinux(types) || types->btf->has_all_modules || types->btf_path)
		return;
	types->btf->has_all_modules = true;
	n = scandir(BTF_DIR, &entries, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		if (entries[i]->d_name[0] != '.' && strcmp(entries[i]->d_name, "vmlinux"))
			btf_module(types, entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

static struct btf_found find_in(struct btf_object *object, const char *name, uint32_t kinds)
{
	struct btf_found found = {object, 0};

	if (object && object->types)
		found.id = btf_data_find(&object->data, name, kinds);
	return found;
}

struct btf_found btf_find(struct types *types, const char *module, const char *name, uint32_t kinds)
{
	struct btf_found found;

	if (module)
		return find_in(btf_module(types, module), name, kinds);
	found = find_in(btf_vmlinux(types), name, kinds);
	if (found.id || !found.object)
		return found;
	btf_open_modules(types);
	for (size_t i = 0; i < types->btf->modules.len && !found.id; i++)
		found = find_in(types->btf->modules.data[i], name, kinds);
	return found;
}

bool types_have_btf(struct types *types)
{
	if (types->btf && types->btf->is_opened)
		return types->btf->vmlinux.types != NULL;
	if (!access(types->btf_path ? types->btf_path : BTF_VMLINUX_PATH, R_OK))
		return true;
	/* There may be a file that belongs to the kernel elsewhere. */
	return btf_vmlinux(types) != NULL;
}

bool types_load_btf(struct types *types, const char **error)
{
	if (btf_vmlinux(types))
		return true;
	*error = types->btf->error;
	return false;
}

struct btf *types_vmlinux_btf(struct types *types, const char **error)
{
	struct btf_object *vmlinux = btf_vmlinux(types);

	if (!types_load_btf(types, error))
		return NULL;
	if (vmlinux->data.parsed)
		return vmlinux->data.parsed;
	if (!types->btf->libbpf)
		types->btf->libbpf = btf__new(vmlinux->data.bytes, (uint32_t)vmlinux->data.size);
	if (!types->btf->libbpf)
		*error = arena_printf(types->arena, "%s", strerror(errno));
	return types->btf->libbpf;
}

static void close_object(struct btf_object *object)
{
	btf_data_close(&object->data);
	free(object->types);
	object->types = NULL;
}

void btf_source_free(struct btf_source *btf)
{
	if (!btf)
		return;
	btf__free(btf->libbpf);
	for (size_t i = 0; i < btf->modules.len; i++)
		close_object(btf->modules.data[i]);
	close_object(&btf->vmlinux);
}
