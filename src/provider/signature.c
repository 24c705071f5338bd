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

/* --- arguments by the convention of x86_64 --- */

static const uint32_t integer_registers[] = {
	offsetof(struct pt_regs, rdi), offsetof(struct pt_regs, rsi), offsetof(struct pt_regs, rdx),
	offsetof(struct pt_regs, rcx), offsetof(struct pt_regs, r8),  offsetof(struct pt_regs, r9),
};
#define INTEGERS (sizeof(integer_registers) / sizeof(*integer_registers))
#define VECTORS 8u
#define RETURN_ADDRESS 8u /* lies below the arguments on the stack */

/* What the arguments before have used. */
struct passed {
	uint32_t integers, vectors, stack;
};

static struct type_place pass(struct passed *passed, const struct type_passing *passing,
			      uint32_t size)
{
	struct type_place place = {0};

	if (passing->is_memory || passed->integers + passing->integers > INTEGERS ||
	    passed->vectors + passing->vectors > VECTORS) {
		passed->stack = (passed->stack + passing->align - 1) & ~(passing->align - 1);
		place.stack = RETURN_ADDRESS + passed->stack;
		passed->stack += (size + 7) & ~7u;
		return place;
	}
	for (uint32_t i = 0; i < passing->integers; i++)
		place.registers[place.nregisters++] = integer_registers[passed->integers++];
	passed->vectors += passing->vectors;
	return place;
}

static bool is_known(const struct passed *passed, const struct type_passing *passing)
{
	return !passing->is_unknown &&
	       !(passing->is_pair && (passed->integers + passing->integers > INTEGERS ||
				      passed->vectors + passing->vectors > VECTORS));
}

/* Programs are not shown the vector registers; an empty struct is not passed at all. */
static bool is_visible(const struct type_param *param)
{
	return param->type->kind != TYPE_NONE && !param->passing.vectors &&
	       (param->passing.is_memory || param->passing.integers);
}

void signature_passed_args(const struct provider_env *env, const char *name,
			   const struct type_function *function,
			   struct provider_signature *signature)
{
	struct type_field *fields =
		arena_new_array(env->arena, struct type_field, function->nparams + 1);
	struct type_place *places =
		arena_new_array(env->arena, struct type_place, function->nparams + 1);
	const struct type_passing *result = &function->result_passing;
	/* A hidden argument says where the result goes. */
	struct passed passed = {.integers = (result->is_memory && !result->is_x87) ||
					    result->is_reference};
	uint32_t n = 0, end = 0, align = 1;

	for (uint32_t i = 0; i < function->nparams; i++) {
		const struct type_param *param = &function->params[i];
		const struct type *type = param->type;
		struct type_place place;

		if (!is_known(&passed, &param->passing))
			break;
		place = pass(&passed, &param->passing, type->size);
		if (!is_visible(param))
			continue;
		if (param->passing.is_reference)
			type = type_ptr(env->types, type, SPACE_USER);
		end = (end + type->align - 1) / type->align * type->align;
		fields[n] = (struct type_field){.name = param->name, .type = type, .offset = end};
		places[n++] = place;
		end += type->size;
		align = type->align > align ? type->align : align;
	}
	signature->places = places;
	signature->args = type_define_struct(env->types, TYPE_STRUCT, name, ORIGIN_CONTEXT, fields,
					     n, (end + align - 1) / align * align, align);
}

const struct type *signature_registers(const struct provider_env *env)
{
	return types_by_tag(env->types, TYPE_STRUCT, "pt_regs");
}
