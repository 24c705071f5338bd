/* What BTF has names for: functions, raw tracepoints, iterators, structs, unions and enums. */
#include "types/btf.h"

#include "types/btf_source.h"

#include <string.h>

/* What the kernel's trampoline takes (MAX_BPF_FUNC_ARGS; larger structs by value are refused). */
#define TRAMPOLINE_ARGS_MAX 12
#define TRAMPOLINE_ARG_SIZE_MAX 16

typedef void (*visit_fn)(struct btf_object *object, const struct btf_type *type, const char *name,
			 void *data);

/* Visits the named types of these kinds, vmlinux first. */
static void each(struct types *types, uint32_t kinds, visit_fn visit, void *data)
{
	struct btf_object *object = btf_vmlinux(types);

	if (!object)
		return;
	btf_open_modules(types);
	for (size_t m = 0; object; m++) {
		const struct btf_data *btf = &object->data;

		for (uint32_t i = 0; object->types && i < btf->n; i++) {
			const struct btf_type *type = btf_data_type(btf, btf->first + i);

			if (type->name_off && BTF_KINDS(btf_kind(type)) & kinds)
				visit(object, type, btf_data_name(btf, type), data);
		}
		object = m < types->btf->modules.len ? types->btf->modules.data[m] : NULL;
	}
}

/* --- names that begin with a prefix --- */

struct prefixed {
	const char *prefix;
	types_name_fn fn;
	void *data;
};

static void visit_prefixed(struct btf_object *object, const struct btf_type *type, const char *name,
			   void *data)
{
	const struct prefixed *prefixed = data;
	size_t len = strlen(prefixed->prefix);

	(void)type;
	if (!strncmp(name, prefixed->prefix, len))
		prefixed->fn(object->data.module, name + len, prefixed->data);
}

void types_each_raw_tracepoint(struct types *types, types_name_fn fn, void *data)
{
	struct prefixed prefixed = {"btf_trace_", fn, data};

	each(types, BTF_KINDS(BTF_KIND_TYPEDEF), visit_prefixed, &prefixed);
}

/* The verifier's list of members that are safe, "bpf_iter__task__safe_trusted", is no kind of
 * iterator.
 */
static void visit_iterator(struct btf_object *object, const struct btf_type *type, const char *name,
			   void *data)
{
	if (!strstr(name, "__safe_"))
		visit_prefixed(object, type, name, data);
}

void types_each_iterator(struct types *types, types_name_fn fn, void *data)
{
	struct prefixed prefixed = {"bpf_iter__", fn, data};

	each(types, BTF_KINDS(BTF_KIND_STRUCT), visit_iterator, &prefixed);
}

/* --- functions --- */

/* Bytes of a parameter or result; 0 for void, -1 for what has no size. */
static int64_t value_size(const struct btf_data *data, uint32_t id, bool *is_struct)
{
	const struct btf_type *type = btf_data_type(data, btf_strip(data, id, NULL));

	*is_struct = type && btf_is_composite(type);
	if (!type)
		return 0;
	if (btf_is_ptr(type))
		return 8;
	if (btf_is_int(type) || btf_is_any_enum(type) || btf_is_composite(type))
		return type->size;
	return -1;
}

static bool can_trace(const struct btf_data *data, const struct btf_type *function)
{
	const struct btf_type *proto = btf_data_type(data, function->type);
	bool is_struct;

	if (!proto || !btf_is_func_proto(proto) || btf_vlen(proto) > TRAMPOLINE_ARGS_MAX)
		return false;
	if (value_size(data, proto->type, &is_struct) < 0 || is_struct)
		return false;
	for (uint32_t i = 0; i < btf_vlen(proto); i++) {
		int64_t size = value_size(data, btf_params(proto)[i].type, &is_struct);

		if (size <= 0 || size > TRAMPOLINE_ARG_SIZE_MAX)
			return false;
	}
	return true;
}

struct named {
	types_name_fn fn;
	void *data;
};

static void visit_function(struct btf_object *object, const struct btf_type *type, const char *name,
			   void *data)
{
	const struct named *named = data;

	if (can_trace(&object->data, type))
		named->fn(object->data.module, name, named->data);
}

void types_each_function(struct types *types, types_name_fn fn, void *data)
{
	struct named named = {fn, data};

	each(types, BTF_KINDS(BTF_KIND_FUNC), visit_function, &named);
}

/* --- tags --- */

struct tags {
	types_name_fn fn;
	void *data;
	struct strbuf text;
	struct hashmap seen; /* a name may have several definitions */
};

static void visit_tag(struct btf_object *object, const struct btf_type *type, const char *name,
		      void *data)
{
	struct tags *tags = data;
	const char *keyword = btf_is_any_enum(type) ? "enum"
			      : btf_is_struct(type) ? "struct"
						    : "union";
	const char *text;

	strbuf_clear(&tags->text);
	strbuf_addf(&tags->text, "%s %s", keyword, name);
	if (hashmap_gets(&tags->seen, strbuf_str(&tags->text)))
		return;
	text = arena_strdup(tags->seen.arena, strbuf_str(&tags->text));
	hashmap_sets(&tags->seen, text, (void *)text);
	tags->fn(object->data.module, text, tags->data);
}

void types_each_tag(struct types *types, types_name_fn fn, void *data)
{
	struct tags tags = {fn, data, STRBUF_INIT, {0}};
	struct arena *arena = arena_new();

	hashmap_init(&tags.seen, arena);
	each(types,
	     BTF_KINDS(BTF_KIND_STRUCT) | BTF_KINDS(BTF_KIND_UNION) | BTF_KINDS(BTF_KIND_ENUM) |
		     BTF_KINDS(BTF_KIND_ENUM64),
	     visit_tag, &tags);
	strbuf_free(&tags.text);
	arena_free(arena);
}
