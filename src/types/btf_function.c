/*
 * Kernel functions and raw tracepoints by name, with the types of their parameters. A raw
 * tracepoint's prototype is that of the typedef btf_trace_<name>; compilers keep no parameter names
 * in it, so these come from the function that calls the tracepoint's probes.
 */
#include "types/btf.h"

#include "types/btf_source.h"

#include <stdio.h>
#include <string.h>

static const char *c_text(struct types *types, const struct btf_data *data, uint32_t id)
{
	struct strbuf text = STRBUF_INIT;
	const char *copy;

	btf_declare(data, id, "", &text);
	copy = arena_strdup(types->arena, strbuf_str(&text));
	strbuf_free(&text);
	return copy;
}

/* The FUNC_PROTO that an id leads to through FUNC, typedef and pointer; 0 if it leads elsewhere. */
static uint32_t find_prototype(const struct btf_data *data, uint32_t id)
{
	for (int depth = 0; depth < 8; depth++) {
		const struct btf_type *type = btf_data_type(data, btf_strip(data, id, NULL));

		if (!type)
			return 0;
		if (btf_is_func_proto(type))
			return btf_strip(data, id, NULL);
		if (!btf_is_func(type) && !btf_is_ptr(type))
			return 0;
		id = type->type;
	}
	return 0;
}

static const char *param_name(struct types *types, const struct btf_data *data,
			      const struct btf_type *proto, uint32_t i, uint32_t shown)
{
	const char *name = "";

	if (proto && i < btf_vlen(proto))
		name = btf_data_string(data, btf_params(proto)[i].name_off);
	return *name ? types_intern_name(types, name) : arena_printf(types->arena, "arg%u", shown);
}

/* Fills in the prototype without its first @skip parameters; names are those of @names. */
static bool fill(struct types *types, struct btf_object *object, uint32_t proto_id, uint32_t skip,
		 const struct btf_type *names, struct type_function *function)
{
	const struct btf_type *proto = btf_data_type(&object->data, proto_id);
	struct type_param *params;
	uint32_t n = proto ? btf_vlen(proto) : 0;

	if (!proto)
		return false;
	/* The last parameter of a variadic function is void. */
	if (n && !btf_params(proto)[n - 1].type)
		n--;
	n = n > skip ? n - skip : 0;
	params = arena_new_array(types->arena, struct type_param, n);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t id = btf_params(proto)[i + skip].type;

		params[i].name = param_name(types, &object->data, names, i + skip, i);
		params[i].type = btf_convert(types, object, id);
		params[i].c_type = c_text(types, &object->data, id);
	}
	function->module = object->data.module;
	function->result = btf_convert(types, object, proto->type);
	function->result_c_type = c_text(types, &object->data, proto->type);
	function->params = params;
	function->nparams = n;
	return true;
}

bool types_find_function(struct types *types, const char *module, const char *name,
			 struct type_function *function)
{
	struct btf_found found = btf_find(types, module, name, BTF_KINDS(BTF_KIND_FUNC));
	uint32_t proto;

	if (!found.id)
		return false;
	proto = find_prototype(&found.object->data, found.id);
	function->id = found.id;
	return fill(types, found.object, proto, 0, btf_data_type(&found.object->data, proto),
		    function);
}

/* A prototype with the tracepoint's parameter names. */
static const struct btf_type *find_names(struct btf_object *object, const char *name)
{
	/* The first exists since 5.9, before that the second served a class of tracepoints. */
	static const char *const prefixes[] = {"__traceiter_", "__bpf_trace_"};
	char text[256];

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		uint32_t id;

		snprintf(text, sizeof(text), "%s%s", prefixes[i], name);
		id = btf_data_find(&object->data, text, BTF_KINDS(BTF_KIND_FUNC));
		if (id)
			return btf_data_type(&object->data, find_prototype(&object->data, id));
	}
	return NULL;
}

bool types_find_raw_tracepoint(struct types *types, const char *name,
			       struct type_function *function)
{
	char *type_name_text = arena_printf(types->arena, "btf_trace_%s", name);
	struct btf_found found = btf_find(types, NULL, type_name_text, BTF_KINDS(BTF_KIND_TYPEDEF));

	if (!found.id)
		return false;
	function->id = 0;
	return fill(types, found.object, find_prototype(&found.object->data, found.id), 1,
		    find_names(found.object, name), function);
}
