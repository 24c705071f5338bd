/*
 * Prototypes of imported C programs. Only what registers hold is converted: what a pointer points
 * to is looked up by name as the script itself would, so that its fields are read as the kernel or
 * the preamble has them.
 */
#include "types/cobject.h"

#include "types/btf_source.h"

struct c_object {
	struct btf_data data;
	struct span import; /* of the script, that asks for it */
};

/* The license is a variable like others but for its section; the script's own counts. */
static bool is_license(struct btf_data *data, uint32_t id)
{
	uint32_t section = btf_data_find(data, "license", BTF_KINDS(BTF_KIND_DATASEC));
	const struct btf_type *type = btf_data_type(data, section);

	for (uint32_t i = 0; type && i < btf_vlen(type); i++)
		if (btf_var_secinfos(type)[i].type == id)
			return true;
	return false;
}

static bool is_global(const struct btf_type *type)
{
	if (btf_is_func(type))
		return btf_vlen(type) == BTF_FUNC_GLOBAL;
	return btf_is_var(type) && btf_var(type)->linkage == BTF_VAR_GLOBAL_ALLOCATED;
}

/* The FUNC or VAR that is not static; NULL if there is none. */
static const struct btf_type *find_global(struct types *types, const char *name,
					  struct c_object **object)
{
	for (size_t i = 0; i < types->c_objects.len; i++) {
		struct btf_data *data = &types->c_objects.data[i]->data;
		uint32_t id = btf_data_find(data, name,
					    BTF_KINDS(BTF_KIND_FUNC) | BTF_KINDS(BTF_KIND_VAR));
		const struct btf_type *type = btf_data_type(data, id);

		*object = types->c_objects.data[i];
		if (type && is_global(type))
			return type;
	}
	return NULL;
}

bool types_find_c_symbol(struct types *types, const char *name, struct span *import)
{
	for (size_t i = 0; i < types->c_objects.len; i++) {
		struct c_object *object = types->c_objects.data[i];
		uint32_t id = btf_data_find(&object->data, name,
					    BTF_KINDS(BTF_KIND_FUNC) | BTF_KINDS(BTF_KIND_VAR));

		if (!id || is_license(&object->data, id))
			continue;
		*import = object->import;
		return true;
	}
	return false;
}

void types_walk_c_functions(struct types *types, void (*visit)(const char *name, void *data),
			    void *data)
{
	for (size_t i = 0; i < types->c_objects.len; i++) {
		struct btf_data *btf = &types->c_objects.data[i]->data;

		for (uint32_t id = 1; id <= btf->n; id++) {
			const struct btf_type *type = btf_data_type(btf, id);

			if (btf_is_func(type) && is_global(type))
				visit(btf_data_name(btf, type), data);
		}
	}
}

bool types_add_c_object(struct types *types, const void *bytes, size_t size, struct span import,
			const char **twice)
{
	struct c_object *object = arena_new_object(types->arena, struct c_object), *other;

	*twice = NULL;
	object->import = import;
	if (btf_data_view(&object->data, bytes, size)) {
		btf_data_close(&object->data);
		return false;
	}
	for (uint32_t id = 1; id <= object->data.n && !*twice; id++) {
		const struct btf_type *type = btf_data_type(&object->data, id);

		if (is_global(type) && !is_license(&object->data, id) &&
		    find_global(types, btf_data_name(&object->data, type), &other))
			*twice = btf_data_name(&object->data, type);
	}
	vec_push(types->arena, &types->c_objects, object);
	return !*twice;
}

void c_objects_free(struct types *types)
{
	for (size_t i = 0; i < types->c_objects.len; i++)
		btf_data_close(&types->c_objects.data[i]->data);
	types->c_objects.len = 0;
}

static bool is_union(const struct btf_type *type)
{
	return btf_is_union(type) || (btf_is_fwd(type) && btf_kflag(type));
}

static const struct type *pointer_to(struct types *types, const struct btf_data *data, uint32_t id)
{
	const struct btf_type *to = btf_data_type(data, btf_strip(data, id, NULL));
	const struct type *target = NULL;

	/* A struct whose members the program does not look at is only declared in its BTF. */
	if (to && (btf_is_composite(to) || btf_is_fwd(to)))
		target = types_by_tag(types, is_union(to) ? TYPE_UNION : TYPE_STRUCT,
				      btf_data_name(data, to));
	else if (to && btf_is_int(to) && to->size <= 8)
		target = type_int(types, to->size, btf_int_encoding(to) & BTF_INT_SIGNED);
	return type_ptr(types, target ? target : type_none(types), SPACE_KERNEL);
}

static const struct type *convert(struct types *types, const struct btf_data *data, uint32_t id)
{
	const struct btf_type *type = btf_data_type(data, btf_strip(data, id, NULL));

	if (!type)
		return type_none(types);
	if (btf_is_ptr(type))
		return pointer_to(types, data, type->type);
	if (btf_is_int(type) && btf_int_encoding(type) & BTF_INT_BOOL)
		return type_bool(types);
	if (btf_is_int(type) && type->size <= 8)
		return type_int(types, type->size, btf_int_encoding(type) & BTF_INT_SIGNED);
	if (btf_is_any_enum(type))
		return type_int(types, type->size, btf_kflag(type));
	return NULL;
}

bool types_find_c_function(struct types *types, const char *name, struct type_function *function)
{
	struct c_object *object;
	const struct btf_type *type = find_global(types, name, &object), *proto;
	struct type_param *params;

	if (!type || !btf_is_func(type))
		return false;
	proto = btf_data_type(&object->data, type->type);
	if (!proto || !btf_is_func_proto(proto))
		return false;
	params = arena_new_array(types->arena, struct type_param, btf_vlen(proto));
	for (uint32_t i = 0; i < btf_vlen(proto); i++) {
		params[i].name = btf_data_string(&object->data, btf_params(proto)[i].name_off);
		params[i].type = convert(types, &object->data, btf_params(proto)[i].type);
	}
	*function = (struct type_function){
		.result = convert(types, &object->data, proto->type),
		.params = params,
		.nparams = btf_vlen(proto),
	};
	return true;
}
