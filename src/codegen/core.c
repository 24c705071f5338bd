/*
 * Fields of the kernel's structs, whose offsets are filled in when the program is loaded (CO-RE).
 * LLVM's BPF backend makes the relocations from calls of llvm.preserve.*.access.index that carry
 * the struct's debug type. The debug types here hold the fields that the script uses, and no more:
 * they are complete, and so can be made, only when everything was emitted.
 */
#include "codegen/internal.h"

#include <stdlib.h>
#include <string.h>

/* A call whose field's index in the struct is known when all of them are. */
struct core_use {
	LLVMValueRef call;
	unsigned argument;
	const struct type_field *field;
};

struct cg_core_struct {
	struct cg_core_struct *next;
	const struct type *type;
	LLVMMetadataRef debug_type; /* a forward declaration until it is made */
	VEC(const struct type_field *)
	fields;
	VEC(struct core_use)
	uses;
	bool is_made;
};

/* What follows "___" in a struct's name is ignored when it is looked for in the kernel. */
static const char *debug_name(struct codegen *cg, const struct type *type)
{
	if (!cg->serial || !type->record.name[0])
		return type->record.name;
	return arena_printf(cg->arena, "%s___%u", type->record.name, cg->serial);
}

static struct cg_core_struct *core_struct(struct codegen *cg, const struct type *type)
{
	struct cg_core_struct *core;

	for (core = cg->core_structs; core; core = core->next)
		if (core->type == type)
			return core;
	core = arena_new_object(cg->arena, struct cg_core_struct);
	core->type = type;
	core->debug_type = debug_forward(cg, debug_name(cg, type), type->kind == TYPE_UNION);
	core->next = cg->core_structs;
	cg->core_structs = core;
	return core;
}

static void use_field(struct codegen *cg, struct cg_core_struct *core, LLVMValueRef call,
		      unsigned argument, const struct type_field *field)
{
	const struct core_use use = {call, argument, field};
	size_t i;

	vec_push(cg->arena, &core->uses, use);
	for (i = 0; i < core->fields.len; i++)
		if (core->fields.data[i] == field)
			return;
	vec_push(cg->arena, &core->fields, field);
}

static LLVMValueRef call_intrinsic(struct codegen *cg, const char *name, LLVMTypeRef *types,
				   unsigned ntypes, LLVMValueRef *args, unsigned nargs)
{
	unsigned id = LLVMLookupIntrinsicID(name, strlen(name));

	return LLVMBuildCall2(cg->builder, LLVMIntrinsicGetType(cg->context, id, types, ntypes),
			      LLVMGetIntrinsicDeclaration(cg->module, id, types, ntypes), args,
			      nargs, "");
}

/* The backend asks for the type behind the pointer, but uses its debug type only. */
static void add_element_type(struct codegen *cg, LLVMValueRef call)
{
	unsigned kind = LLVMGetEnumAttributeKindForName("elementtype", 11);
	LLVMTypeRef type = LLVMStructTypeInContext(cg->context, &cg->i8, 1, 0);

	LLVMAddCallSiteAttribute(call, 1, LLVMCreateTypeAttribute(cg->context, kind, type));
}

LLVMValueRef core_step(struct codegen *cg, LLVMValueRef base, const struct type *in,
		       const struct type_field *field)
{
	static const char kind_name[] = "llvm.preserve.access.index";
	unsigned kind = LLVMGetMDKindIDInContext(cg->context, kind_name, sizeof(kind_name) - 1);
	struct cg_core_struct *core = core_struct(cg, in);
	LLVMTypeRef types[] = {cg->ptr, cg->ptr};
	LLVMValueRef none = cg_i32(cg, 0), call;

	if (in->kind == TYPE_UNION) {
		LLVMValueRef args[] = {base, none};

		call = call_intrinsic(cg, "llvm.preserve.union.access.index", types, 2, args, 2);
		use_field(cg, core, call, 1, field);
	} else {
		LLVMValueRef args[] = {base, none, none};

		call = call_intrinsic(cg, "llvm.preserve.struct.access.index", types, 2, args, 3);
		add_element_type(cg, call);
		use_field(cg, core, call, 2, field);
	}
	LLVMSetMetadata(call, kind, LLVMMetadataAsValue(cg->context, core->debug_type));
	return call;
}

LLVMValueRef core_info(struct codegen *cg, LLVMValueRef field, enum core_info info)
{
	LLVMValueRef args[] = {field, cg_i64(cg, info)}, value;

	value = call_intrinsic(cg, "llvm.bpf.preserve.field.info", &cg->ptr, 1, args, 2);
	return LLVMBuildZExt(cg->builder, value, cg->i64, "");
}

LLVMMetadataRef core_debug_type(struct codegen *cg, const struct type *type)
{
	switch (type->kind) {
	case TYPE_STRUCT:
	case TYPE_UNION:
		return core_struct(cg, type)->debug_type;
	case TYPE_ARRAY:
		return debug_array(cg, core_debug_type(cg, type->array.element),
				   type->array.element->size, type->array.count);
	case TYPE_STRING:
		return debug_array(cg, debug_int(cg, 1, true), 1, type->size);
	case TYPE_ENUM:
		return debug_enum(cg, type->size);
	case TYPE_BOOL:
	case TYPE_INT:
		return debug_int(cg, type->size, type->is_signed);
	case TYPE_PTR:
	case TYPE_NONE:
	case TYPE_BUFFER:
	case TYPE_INET:
	case TYPE_MAC:
	case TYPE_TIMESTAMP:
	case TYPE_KSYM:
	case TYPE_USYM:
	case TYPE_KSTACK:
	case TYPE_USTACK:
	case TYPE_USERNAME:
	case TYPE_CGROUP_PATH:
	case TYPE_TUPLE:
	case TYPE_RECORD:
	case TYPE_COUNT:
	case TYPE_SUM:
	case TYPE_MIN:
	case TYPE_MAX:
	case TYPE_AVG:
	case TYPE_STATS:
	case TYPE_HIST:
	case TYPE_LHIST:
	case TYPE_TSERIES:
		break;
	}
	return debug_pointer(cg, NULL);
}

static uint64_t bit_offset(const struct type_field *field)
{
	return field->offset * 8ull + field->bit_offset;
}

static int compare_offsets(const void *a, const void *b)
{
	uint64_t left = bit_offset(*(const struct type_field *const *)a);
	uint64_t right = bit_offset(*(const struct type_field *const *)b);

	return left < right ? -1 : left > right;
}

/* The kernel takes a struct's members in order of their offsets only. */
static void core_order(struct codegen *cg, struct cg_core_struct *core)
{
	size_t i, at;

	if (core->fields.len)
		qsort(core->fields.data, core->fields.len, sizeof(*core->fields.data),
		      compare_offsets);
	for (i = 0; i < core->uses.len; i++) {
		const struct core_use *use = &core->uses.data[i];

		for (at = 0; core->fields.data[at] != use->field; at++)
			;
		LLVMSetOperand(use->call, use->argument, cg_i32(cg, at));
	}
}

static void core_make(struct codegen *cg, struct cg_core_struct *core)
{
	const struct type *type = core->type;
	struct debug_member *members;
	LLVMMetadataRef made;
	size_t i;

	core->is_made = true;
	core_order(cg, core);
	members = arena_new_array(cg->arena, struct debug_member, core->fields.len + 1);
	for (i = 0; i < core->fields.len; i++) {
		const struct type_field *field = core->fields.data[i];

		members[i] = (struct debug_member){
			.name = field->name,
			.type = core_debug_type(cg, field->type),
			.bit_size = field->bit_size ? field->bit_size : field->type->size * 8ull,
			.bit_offset = bit_offset(field),
			.is_bit_field = field->bit_size,
		};
	}
	made = debug_struct(cg, debug_name(cg, type), type->kind == TYPE_UNION, members,
			    core->fields.len, type->size * 8ull);
	debug_resolve(cg, core->debug_type, made);
	core->debug_type = made;
}

/* Making one may name others, which are put before it in the list. */
void core_end(struct codegen *cg)
{
	struct cg_core_struct *core = cg->core_structs;

	while (core) {
		if (core->is_made) {
			core = core->next;
			continue;
		}
		core_make(cg, core);
		core = cg->core_structs;
	}
}
