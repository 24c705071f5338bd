/* Types of what programs see: arguments as a struct, and contexts. */
#include "provider/internal.h"

#include "types/btf.h"

#include <asm/ptrace.h>
#include <stddef.h>

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

/* Where structs by value lie is known only to those who know them; what follows one is left out. */
const struct type *signature_register_args(const struct provider_env *env, const char *name,
					   const struct type_function *function)
{
	static const uint32_t registers[] = {
		offsetof(struct pt_regs, rdi), offsetof(struct pt_regs, rsi),
		offsetof(struct pt_regs, rdx), offsetof(struct pt_regs, rcx),
		offsetof(struct pt_regs, r8),  offsetof(struct pt_regs, r9),
	};
	const uint32_t most = sizeof(registers) / sizeof(*registers);
	struct type_field *fields = arena_new_array(env->arena, struct type_field, most);
	uint32_t n = 0;

	for (uint32_t i = 0; i < function->nparams && n < most; i++) {
		const struct type *type = function->params[i].type;

		if (!type_is_scalar(type) || type->kind == TYPE_NONE)
			break;
		fields[n].name = function->params[i].name;
		fields[n].type = type;
		fields[n].offset = registers[n];
		n++;
	}
	return type_define_struct(env->types, TYPE_STRUCT, name, ORIGIN_CONTEXT, fields, n,
				  sizeof(struct pt_regs), 8);
}

const struct type *signature_registers(const struct provider_env *env)
{
	return types_by_tag(env->types, TYPE_STRUCT, "pt_regs");
}

const struct type *signature_perf_event(const struct provider_env *env)
{
	return types_by_tag(env->types, TYPE_STRUCT, "bpf_perf_event_data");
}
