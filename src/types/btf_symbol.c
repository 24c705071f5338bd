/* What BTF says of the kernel's symbols beside its functions' prototypes: per-CPU variables, and
 * which functions programs may call. */
#include "types/btf.h"

#include "types/btf_source.h"

#include <string.h>

bool types_find_variable(struct types *types, const char *name, const struct type **type)
{
	struct btf_found found = btf_find(types, NULL, name, BTF_KINDS(BTF_KIND_VAR));

	if (!found.id)
		return false;
	*type = btf_convert(types, found.object,
			    btf_data_type(&found.object->data, found.id)->type);
	return true;
}

/*
 * Functions that programs may call carry the declaration tag "bpf_kfunc". Kernels before 6.10 have
 * no such tags; then any function may be one.
 */
static bool is_tagged(const struct btf_data *data, uint32_t function)
{
	bool has_tags = false;

	for (uint32_t id = data->first; id < data->first + data->n; id++) {
		const struct btf_type *type = btf_data_type(data, id);

		if (!type || BTF_INFO_KIND(type->info) != BTF_KIND_DECL_TAG ||
		    strcmp(btf_data_name(data, type), "bpf_kfunc") != 0)
			continue;
		if (type->type == function)
			return true;
		has_tags = true;
	}
	return !has_tags;
}

bool types_find_kfunc(struct types *types, const char *name, uint32_t *id)
{
	struct btf_found found = btf_find(types, NULL, name, BTF_KINDS(BTF_KIND_FUNC));

	if (!found.id || !is_tagged(&found.object->data, found.id))
		return false;
	*id = found.object->data.module ? 0 : found.id;
	return true;
}
