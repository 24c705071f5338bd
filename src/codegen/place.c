/*
 * Members: of structs, tuples and arrays, and what pointers point to. A chain like "a->b.c[2].d" is
 * first followed to a place, without reading what lies on the way, and then read there.
 */
#include "codegen/functions.h"
#include "codegen/internal.h"

#include "types/tracefs.h"

enum place_kind {
	PLACE_LOCAL, /* memory of the program: @pointer */
	PLACE_REMOTE, /* memory read by a helper: @address, in @space */
	PLACE_CTX, /* the program's context, at @offset */
	PLACE_VALUE, /* a register: @address */
};

struct place {
	enum place_kind kind;
	LLVMValueRef pointer; /* ptr; REMOTE: end of a chain that is relocated, or NULL */
	LLVMValueRef address; /* i64 */
	LLVMValueRef start; /* REMOTE: i64 address at which the chain starts */
	enum type_space space;
	uint32_t offset;
	const struct type_field *bits; /* the bit-field that it is */
	LLVMValueRef is_inside; /* i1: the index was within bounds; NULL: it was */
	bool is_unaligned;
	bool is_foreign_text; /* an array of C's: behind its NUL there may be anything */
	bool is_whole; /* and that is wanted, too */
};

static struct place emit_place(struct codegen *cg, const struct expr *expr);

static struct place place_remote(LLVMValueRef address, enum type_space space)
{
	return (struct place){.kind = PLACE_REMOTE, .address = address, .space = space};
}

static LLVMValueRef ctx_address(struct codegen *cg, uint32_t offset)
{
	LLVMValueRef address = LLVMBuildPtrToInt(cg->builder, cg_ctx(cg), cg->i64, "");

	return LLVMBuildAdd(cg->builder, address, cg_i64(cg, offset), "");
}

/* --- the way to a place --- */

static uint32_t bits_bytes(const struct type_field *field)
{
	return (field->bit_offset + field->bit_size + 7) / 8;
}

/* Bytes of the smallest unit that holds the bit-field. */
static uint32_t bits_unit(const struct type_field *field)
{
	uint32_t bytes = bits_bytes(field), unit = 1;

	while (unit < bytes)
		unit *= 2;
	return unit;
}

/* In packed structs anything may lie anywhere, and end where the struct does. */
static bool is_unaligned(const struct type *in, const struct type_field *field)
{
	uint32_t align = field->bit_size ? bits_unit(field) : field->type->align;

	return align && (field->offset % align || in->align < align);
}

static void place_relocate(struct codegen *cg, struct place *place, const struct type *in,
			   const struct type_field *field)
{
	if (!place->pointer) {
		place->start = place->address;
		place->pointer = LLVMBuildIntToPtr(cg->builder, place->address, cg->ptr, "");
	}
	place->pointer = core_step(cg, place->pointer, in, field);
	if (!field->bit_size)
		place->address = LLVMBuildPtrToInt(cg->builder, place->pointer, cg->i64, "");
}

/* An anonymous struct has no name to be found by: it is relocated as part of the one around it. */
static bool can_relocate(const struct place *place, const struct type *in)
{
	return in->record.origin == ORIGIN_BTF && (place->pointer || in->record.name[0]);
}

static void place_add(struct codegen *cg, struct place *place, uint32_t offset)
{
	switch (place->kind) {
	case PLACE_LOCAL:
		place->pointer = emit_offset(cg, place->pointer, offset);
		break;
	case PLACE_REMOTE:
		place->address = LLVMBuildAdd(cg->builder, place->address, cg_i64(cg, offset), "");
		place->pointer = NULL;
		break;
	case PLACE_CTX:
		place->offset += offset;
		break;
	case PLACE_VALUE:
		break;
	}
}

/* A tracepoint's dynamic array: its place in the record is in the record. */
static void place_data_loc(struct codegen *cg, struct place *place, const struct type_field *field)
{
	uint32_t offset = place->offset + field->offset;
	LLVMValueRef where = emit_ctx_load(cg, offset, 4);

	where = LLVMBuildAnd(cg->builder, where, cg_i32(cg, 0xffff), "");
	where = LLVMBuildZExt(cg->builder, where, cg->i64, "");
	place->kind = PLACE_VALUE;
	place->address = LLVMBuildAdd(
		cg->builder, where,
		emit_plain_number(cg, ctx_address(cg, field->is_rel_loc ? offset + 4 : 0)), "");
}

static void place_step(struct codegen *cg, struct place *place, const struct type *in,
		       const struct type_field *field)
{
	if (field->is_data_loc) {
		place_data_loc(cg, place, field);
		return;
	}
	place->bits = field->bit_size ? field : NULL;
	place->is_foreign_text = type_is_struct(in) && field->type->kind == TYPE_STRING;
	place->is_unaligned |= is_unaligned(in, field);
	if (place->kind == PLACE_REMOTE && can_relocate(place, in))
		place_relocate(cg, place, in, field);
	else
		place_add(cg, place, field->offset);
}

static void place_path(struct codegen *cg, struct place *place, const struct type_path *path)
{
	uint32_t i;

	for (i = 0; i < path->n; i++)
		place_step(cg, place, path->in[i], path->field[i]);
}

/* An argument of a function in user space, in registers or on its stack. */
static struct place place_passed(struct codegen *cg, const struct type *type,
				 const struct type_place *passed)
{
	LLVMValueRef memory, stack;

	if (!passed->nregisters) {
		stack = emit_ctx_load(cg, REGS_SP, 8);
		stack = LLVMBuildAdd(cg->builder, stack, cg_i64(cg, passed->stack), "");
		return place_remote(stack, SPACE_USER);
	}
	if (type_is_scalar(type))
		return (struct place){.kind = PLACE_CTX, .offset = passed->registers[0]};
	memory = cg_temp(cg, sizeof(passed->registers) / sizeof(*passed->registers) * 8, 8);
	for (uint32_t i = 0; i < passed->nregisters; i++)
		emit_store(cg, emit_ctx_load(cg, passed->registers[i], 8),
			   emit_offset(cg, memory, i * 8), 8);
	return (struct place){.kind = PLACE_LOCAL, .pointer = memory};
}

/* `args`: a record in the context, or one u64 for each argument. */
static struct place place_args(struct codegen *cg, const struct type_field *field, uint32_t index)
{
	struct place place = {.kind = PLACE_CTX};

	switch (cg->program->provider->context) {
	case CONTEXT_RAW_ARGS:
	case CONTEXT_BTF_ARGS:
		place.kind = PLACE_VALUE;
		place.address = emit_ctx_arg(cg, index);
		break;
	case CONTEXT_PT_REGS:
		return place_passed(cg, field->type, &cg->program->ast->places[index]);
	case CONTEXT_RECORD:
		if (tracefs_is_overwritten(field)) {
			/* No other of them passes sema than common_pid: the current thread. */
			place.kind = PLACE_VALUE;
			place.address = emit_helper0(cg, BPF_FUNC_get_current_pid_tgid, cg->i64);
			break;
		}
		/* fall through */
	case CONTEXT_NONE:
	case CONTEXT_USDT:
	case CONTEXT_PERF_EVENT:
	case CONTEXT_ITER:
		place_step(cg, &place, cg->program->ast->args, field);
		break;
	}
	return place;
}

/* What `ctx` points to. Registers can be loaded directly, and of perf events they must be: the
 * struct that the program sees is not the one in memory. */
static struct place place_ctx(struct codegen *cg)
{
	switch (cg->program->provider->context) {
	case CONTEXT_PT_REGS:
	case CONTEXT_USDT:
	case CONTEXT_PERF_EVENT:
		return (struct place){.kind = PLACE_CTX};
	case CONTEXT_NONE:
	case CONTEXT_RECORD:
	case CONTEXT_RAW_ARGS:
	case CONTEXT_BTF_ARGS:
	case CONTEXT_ITER:
		break;
	}
	return place_remote(ctx_address(cg, 0), SPACE_KERNEL);
}

static bool is_builtin(const struct expr *expr, enum builtin_id id)
{
	return expr->kind == EXPR_BUILTIN && expr->ident.builtin->id == id;
}

static bool is_member(const struct expr *expr)
{
	return expr->kind == EXPR_FIELD || expr->kind == EXPR_TUPLE_FIELD ||
	       expr->kind == EXPR_INDEX ||
	       (expr->kind == EXPR_UNARY && expr->unary.op == UNARY_DEREF);
}

/* Where the value of @expr is, or the value itself in memory. */
static struct place place_of(struct codegen *cg, const struct expr *expr)
{
	if (is_member(expr))
		return emit_place(cg, expr);
	return (struct place){.kind = PLACE_LOCAL, .pointer = emit_address(cg, expr)};
}

/* The place that a pointer points to. */
static struct place place_behind(struct codegen *cg, const struct expr *pointer)
{
	if (is_builtin(pointer, BUILTIN_ctx))
		return place_ctx(cg);
	return place_remote(emit_value(cg, pointer), pointer->type->ptr.space);
}

static struct place place_field(struct codegen *cg, const struct expr *expr)
{
	const struct expr *object = expr->field.object;
	const struct type_path *path = &expr->field.path;
	const struct type_field *fields;
	struct type_path rest;
	struct place place;
	uint32_t n, i;

	if (is_builtin(object, BUILTIN_args)) {
		fields = types_fields(cg->types, cg->program->ast->args, &n);
		place = place_args(cg, path->field[0], path->field[0] - fields);
		rest.n = path->n - 1;
		for (i = 0; i < rest.n; i++) {
			rest.in[i] = path->in[i + 1];
			rest.field[i] = path->field[i + 1];
		}
		place_path(cg, &place, &rest);
		return place;
	}
	place = object->type->kind == TYPE_PTR ? place_behind(cg, object) : place_of(cg, object);
	place_path(cg, &place, path);
	return place;
}

/* Keeps an index of memory of the script's own within its @count elements. Opaque before and after:
 * what the verifier sees compared must be the number that is multiplied, not what it was made of.
 */
static LLVMValueRef emit_bound(struct codegen *cg, struct place *place, LLVMValueRef index,
			       uint32_t count)
{
	index = emit_opaque(cg, index);
	place->is_inside = LLVMBuildICmp(cg->builder, LLVMIntULT, index, cg_i64(cg, count), "");
	index = LLVMBuildSelect(cg->builder, place->is_inside, index, cg_i64(cg, 0), "");
	return emit_opaque(cg, index);
}

/* A struct that was copied has nothing of an array whose length it does not say. */
static bool is_flexible(const struct place *place, const struct type *type)
{
	return place->kind == PLACE_LOCAL && type->kind == TYPE_ARRAY && !type->array.count;
}

static struct place place_index(struct codegen *cg, const struct expr *expr)
{
	const struct expr *object = expr->index.object, *at = expr->index.index;
	const struct type *type = object->type;
	uint32_t size = expr->type->size;
	struct place place =
		type->kind == TYPE_PTR ? place_behind(cg, object) : place_of(cg, object);
	LLVMValueRef index;

	place.is_foreign_text = expr->type->kind == TYPE_STRING;
	if (at->kind == EXPR_INT && !at->integer.is_negative && !is_flexible(&place, type)) {
		place_add(cg, &place, at->integer.value * size);
		return place;
	}
	index = emit_value64(cg, at);
	if (place.kind == PLACE_CTX)
		place = place_remote(emit_plain_number(cg, ctx_address(cg, place.offset)),
				     SPACE_KERNEL);
	else if (place.kind == PLACE_REMOTE && place.space == SPACE_BPF)
		place.address = emit_plain_number(cg, place.address);
	if (place.kind == PLACE_LOCAL)
		index = emit_bound(cg, &place, index,
				   type->kind == TYPE_ARRAY ? type->array.count : type->size);
	index = LLVMBuildMul(cg->builder, index, cg_i64(cg, size), "");
	if (place.kind == PLACE_LOCAL) {
		place.pointer = emit_offset_by(cg, place.pointer, index);
	} else {
		place.address = LLVMBuildAdd(cg->builder, place.address, index, "");
		place.pointer = NULL;
	}
	return place;
}

static struct place emit_place(struct codegen *cg, const struct expr *expr)
{
	const struct type_field *fields;
	struct place place;
	uint32_t n;

	if (expr->kind == EXPR_FIELD)
		return place_field(cg, expr);
	if (expr->kind == EXPR_INDEX)
		return place_index(cg, expr);
	if (expr->kind == EXPR_UNARY)
		return place_behind(cg, expr->unary.operand);
	place = place_of(cg, expr->tuple_field.object);
	fields = types_fields(cg->types, expr->tuple_field.object->type, &n);
	place_add(cg, &place, fields[expr->tuple_field.index].offset);
	return place;
}

/* --- reading --- */

/* Moves a bit-field to the top, then down to bit 0, which also extends its sign. */
static LLVMValueRef emit_bits(struct codegen *cg, LLVMValueRef word, LLVMValueRef left,
			      LLVMValueRef right, const struct type *type)
{
	word = LLVMBuildShl(cg->builder, emit_resize(cg, word, 8, false), left, "");
	word = type->is_signed ? LLVMBuildAShr(cg->builder, word, right, "")
			       : LLVMBuildLShr(cg->builder, word, right, "");
	return emit_resize(cg, word, type->size, false);
}

static LLVMValueRef emit_unit_bits(struct codegen *cg, LLVMValueRef unit,
				   const struct type_field *field)
{
	return emit_bits(cg, unit, cg_i64(cg, 64 - field->bit_offset - field->bit_size),
			 cg_i64(cg, 64 - field->bit_size), field->type);
}

static LLVMValueRef emit_byte(struct codegen *cg, LLVMValueRef memory, uint32_t index)
{
	return emit_resize(cg, emit_load(cg, emit_offset(cg, memory, index), 1, 1), 8, false);
}

/* The bytes that hold the bits, which may be up to nine, and no others. */
static LLVMValueRef emit_loose_bits(struct codegen *cg, const struct place *place, uint32_t error)
{
	const struct type_field *field = place->bits;
	uint32_t n = bits_bytes(field);
	LLVMValueRef memory = place->pointer, word = cg_i64(cg, 0), byte;

	if (place->kind != PLACE_LOCAL) {
		memory = cg_temp(cg, 16, 8);
		emit_probe_read(cg, memory, n,
				place->kind == PLACE_CTX ? ctx_address(cg, place->offset)
							 : place->address,
				place->kind == PLACE_CTX ? SPACE_KERNEL : place->space, error);
	}
	for (uint32_t i = 0; i < n && i < 8; i++) {
		byte = LLVMBuildShl(cg->builder, emit_byte(cg, memory, i), cg_i64(cg, i * 8), "");
		word = LLVMBuildOr(cg->builder, word, byte, "");
	}
	word = LLVMBuildLShr(cg->builder, word, cg_i64(cg, field->bit_offset), "");
	if (n > 8) {
		byte = LLVMBuildShl(cg->builder, emit_byte(cg, memory, 8),
				    cg_i64(cg, 64 - field->bit_offset), "");
		word = LLVMBuildOr(cg->builder, word, byte, "");
	}
	return emit_bits(cg, word, cg_i64(cg, 64 - field->bit_size),
			 cg_i64(cg, 64 - field->bit_size), field->type);
}

/* Which bytes hold the bits, and where in them, is known when the program is loaded. */
static LLVMValueRef emit_relocated_bits(struct codegen *cg, const struct place *place,
					uint32_t error)
{
	enum bpf_func_id id = cg_read_helper(cg, place->space);
	LLVMValueRef memory = cg_temp(cg, 8, 8), address, code;

	emit_store(cg, cg_i64(cg, 0), memory, 8);
	address = LLVMBuildAdd(cg->builder, place->start,
			       core_info(cg, place->pointer, CORE_BYTE_OFFSET), "");
	code = emit_helper(cg, id, cg->i64, memory, core_info(cg, place->pointer, CORE_BYTE_SIZE),
			   address);
	emit_check(cg, code, error);
	return emit_bits(cg, emit_load(cg, memory, 8, 8),
			 core_info(cg, place->pointer, CORE_LSHIFT),
			 core_info(cg, place->pointer, CORE_RSHIFT), place->bits->type);
}

static LLVMValueRef emit_remote_scalar(struct codegen *cg, const struct place *place, uint32_t size,
				       uint32_t error)
{
	LLVMValueRef memory = cg_temp(cg, 8, 8);

	emit_probe_read(cg, memory, size, place->address, place->space, error);
	return emit_load(cg, memory, size, 8);
}

static LLVMValueRef emit_word(struct codegen *cg, const struct place *place, uint32_t size,
			      uint32_t error)
{
	struct place remote;

	switch (place->kind) {
	case PLACE_LOCAL:
		return emit_load(cg, place->pointer, size, place->is_unaligned ? 1 : size);
	case PLACE_REMOTE:
		return emit_remote_scalar(cg, place, size, error);
	case PLACE_CTX:
		if (place->offset % size == 0)
			return emit_ctx_load(cg, place->offset, size);
		remote = place_remote(ctx_address(cg, place->offset), SPACE_KERNEL);
		return emit_remote_scalar(cg, &remote, size, error);
	case PLACE_VALUE:
		break;
	}
	return emit_resize(cg, place->address, size, false);
}

static LLVMValueRef emit_place_scalar(struct codegen *cg, const struct place *place,
				      const struct type *type, uint32_t error)
{
	LLVMValueRef value;

	if (place->bits && place->kind == PLACE_REMOTE && place->pointer)
		value = emit_relocated_bits(cg, place, error);
	else if (place->bits && place->is_unaligned)
		value = emit_loose_bits(cg, place, error);
	else if (place->bits)
		value = emit_unit_bits(cg, emit_word(cg, place, bits_unit(place->bits), error),
				       place->bits);
	else
		value = emit_word(cg, place, type->size, error);
	/* A number cast to bool[], and memory of others, may have any bytes. */
	if (type->kind == TYPE_BOOL && !place->bits)
		value = LLVMBuildZExt(cg->builder, LLVMBuildIsNotNull(cg->builder, value, ""),
				      cg->i8, "");
	if (place->is_inside)
		value = LLVMBuildSelect(cg->builder, place->is_inside, value,
					LLVMConstNull(LLVMTypeOf(value)), "");
	return value;
}

/* A text in an array may be followed by anything. */
static void emit_remote_into(struct codegen *cg, const struct place *place, const struct type *type,
			     LLVMValueRef dst, uint32_t error)
{
	if (type->kind == TYPE_STRING && !place->is_whole)
		emit_probe_read_text(cg, dst, type->size, place->address, place->space, error);
	else
		emit_probe_read(cg, dst, type->size, place->address, place->space, error);
}

/* An element outside of its array is zero. Equal texts must be equal as map keys. */
static void emit_local_into(struct codegen *cg, const struct place *place, const struct type *type,
			    LLVMValueRef dst)
{
	uint32_t align = place->is_unaligned ? 1 : type->align;
	LLVMBasicBlockRef outside, next;

	if (place->is_foreign_text)
		emit_copy_text(cg, type, dst, place->pointer);
	else
		emit_copy(cg, dst, place->pointer, type->size, align);
	if (!place->is_inside)
		return;
	outside = cg_block(cg, "outside");
	next = cg_block(cg, "element");
	emit_branch(cg, place->is_inside, next, outside);
	cg_position(cg, outside);
	emit_zero(cg, dst, type->size, align);
	emit_jump(cg, next);
	cg_position(cg, next);
}

static void emit_place_into(struct codegen *cg, const struct place *place, const struct type *type,
			    LLVMValueRef dst, uint32_t error)
{
	struct place remote = *place;

	switch (place->kind) {
	case PLACE_LOCAL:
		emit_local_into(cg, place, type, dst);
		break;
	case PLACE_CTX:
		remote.address = ctx_address(cg, place->offset);
		remote.space = SPACE_KERNEL;
		emit_remote_into(cg, &remote, type, dst, error);
		break;
	case PLACE_REMOTE:
	case PLACE_VALUE: /* a pointer to the data */
		emit_remote_into(cg, &remote, type, dst, error);
		break;
	}
}

/* As emit_value(). */
static LLVMValueRef emit_place_value(struct codegen *cg, const struct place *place,
				     const struct type *type, uint32_t error)
{
	LLVMValueRef memory;

	if (type_is_scalar(type))
		return emit_place_scalar(cg, place, type, error);
	if (place->kind == PLACE_LOCAL && !place->is_inside && !place->is_foreign_text)
		return place->pointer;
	memory = cg_temp(cg, type->size, type->align);
	emit_place_into(cg, place, type, memory, error);
	return memory;
}

LLVMValueRef emit_member(struct codegen *cg, const struct expr *expr)
{
	struct place place = emit_place(cg, expr);

	return emit_place_value(cg, &place, expr->type, expr->error_event);
}

void emit_member_into(struct codegen *cg, const struct expr *expr, LLVMValueRef dst)
{
	struct place place = emit_place(cg, expr);

	emit_place_into(cg, &place, expr->type, dst, expr->error_event);
}

LLVMValueRef emit_bytes_address(struct codegen *cg, const struct expr *expr)
{
	struct place place;

	if (!is_member(expr))
		return emit_address(cg, expr);
	place = emit_place(cg, expr);
	place.is_whole = place.is_foreign_text;
	place.is_foreign_text = false;
	return emit_place_value(cg, &place, expr->type, expr->error_event);
}

LLVMValueRef emit_place_address(struct codegen *cg, const struct expr *expr)
{
	struct place place = emit_place(cg, expr);

	return place.kind == PLACE_CTX ? ctx_address(cg, place.offset) : place.address;
}

LLVMValueRef emit_args_field(struct codegen *cg, uint32_t index)
{
	uint32_t n;
	const struct type_field *field =
		&types_fields(cg->types, cg->program->ast->args, &n)[index];
	struct place place = place_args(cg, field, index);

	return emit_place_value(cg, &place, field->type, 0);
}

/*
 * Pointer arguments of BTF_ARGS programs are more to the verifier than numbers, and may not be
 * calculated with: the helper that copies them makes numbers of them.
 */
LLVMValueRef emit_ctx_arg(struct codegen *cg, uint32_t n)
{
	LLVMValueRef memory;

	if (cg->program->provider->context != CONTEXT_BTF_ARGS)
		return emit_ctx_load(cg, n * 8, 8);
	memory = cg_temp(cg, 8, 8);
	emit_helper(cg, BPF_FUNC_get_func_arg, cg->i64, cg_ctx(cg), cg_i32(cg, n), memory);
	return emit_load(cg, memory, 8, 8);
}

LLVMValueRef emit_read_field(struct codegen *cg, LLVMValueRef object, enum type_space space,
			     const struct type_path *path, uint32_t error)
{
	struct place place = place_remote(object, space);

	place_path(cg, &place, path);
	return emit_place_value(cg, &place, path->field[path->n - 1]->type, error);
}

LLVMValueRef emit_field_address(struct codegen *cg, LLVMValueRef object,
				const struct type_path *path)
{
	struct place place = place_remote(object, SPACE_KERNEL);

	place_path(cg, &place, path);
	return place.address;
}
