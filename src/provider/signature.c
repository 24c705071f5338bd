/* Types of what programs see: arguments as a struct, and contexts. */
#include "provider/internal.h"

#include "types/btf.h"

const struct type *signature_args(const struct provider_env *env, const char *name,
				  const struct type_function *function)
{
	struct type_field *fields =
		arena_new_array(env->arena, struct type_field, function->nparams + 1);

	for (uint32_t i = 0; i < function->nparams; i++) {
		fields[i].name = function->params[i].name;
		fields[i].type = function->params[i].type;
		fields[i].offset = i * 8;
	}
	return type_define_struct(env->types, TYPE_STRUCT, name, ORIGIN_CONTEXT, fields,
				  function->nparams, function->nparams * 8, 8);
}

const struct type *signature_registers(const struct provider_env *env)
{
	return types_by_tag(env->types, TYPE_STRUCT, "pt_regs");
}

const struct type *signature_perf_event(const struct provider_env *env)
{
	return types_by_tag(env->types, TYPE_STRUCT, "bpf_perf_event_data");
}
