/*
 * One text searched for another: strstr(), strcontains(). The algorithm of Knuth, Morris and Pratt:
 * at most two steps for each byte of the text searched, whatever the two hold. Entry N of its table
 * says how long an end of the needle's first N bytes is also its start; for a literal the table is
 * made here, otherwise when the program runs.
 */
#include "codegen/functions.h"

#include <string.h>

/* The search's numbers, in scratch memory, each an i64. */
enum {
	AT_HAY = 0,
	AT_NEEDLE = 8,
	FOUND = 16, /* where, -1: nowhere */
	STATE_SIZE = 24,
};

/* What callbacks are handed. */
enum { HAY, NEEDLE, TABLE, STATE, POINTERS };

struct search {
	uint32_t hay_most, needle_most; /* bytes of texts */
	LLVMValueRef pointers[POINTERS];
};

static void emit_set(struct codegen *cg, LLVMValueRef state, uint32_t which, LLVMValueRef value)
{
	emit_store(cg, value, emit_offset(cg, state, which), 8);
}

/*
 * One of the numbers. Goes on where it is less than @count, which the verifier then knows; else at
 * @outside. It is read right before the check: two checks with nothing between become one, of
 * which the verifier learns nothing.
 */
static LLVMValueRef emit_number(struct codegen *cg, LLVMValueRef state, uint32_t which,
				uint32_t count, LLVMBasicBlockRef outside)
{
	LLVMValueRef number = emit_opaque(cg, emit_load(cg, emit_offset(cg, state, which), 8, 8));
	LLVMBasicBlockRef inside = cg_block(cg, "inside");

	emit_branch(cg, LLVMBuildICmp(cg->builder, LLVMIntULT, number, cg_i64(cg, count), ""),
		    inside, outside);
	cg_position(cg, inside);
	return number;
}

static LLVMValueRef emit_byte(struct codegen *cg, LLVMValueRef text, LLVMValueRef at)
{
	return emit_load(cg, emit_offset_by(cg, text, at), 1, 1);
}

static LLVMValueRef emit_entry_address(struct codegen *cg, LLVMValueRef table, LLVMValueRef at)
{
	return emit_offset_by(cg, table, LLVMBuildShl(cg->builder, at, cg_i64(cg, 1), ""));
}

static LLVMValueRef emit_next(struct codegen *cg, LLVMValueRef value)
{
	return LLVMBuildAdd(cg->builder, value, cg_i64(cg, 1), "");
}

static LLVMBasicBlockRef ending_block(struct codegen *cg, bool ends)
{
	LLVMBasicBlockRef at = cg_current(cg), block = cg_block(cg, ends ? "end" : "next");

	cg_position(cg, block);
	cg_repeat_next(cg, ends);
	cg_position(cg, at);
	return block;
}

/*
 * After a mismatch with @matched bytes of the needle: an end of these may be a start of it. With
 * none, @none is where to go on.
 */
static void emit_fall_back(struct codegen *cg, LLVMValueRef table, LLVMValueRef state,
			   LLVMValueRef matched, LLVMBasicBlockRef none, LLVMBasicBlockRef next)
{
	LLVMBasicBlockRef some = cg_block(cg, "fall_back");
	LLVMValueRef shorter;

	emit_branch(cg, LLVMBuildIsNull(cg->builder, matched, ""), none, some);
	cg_position(cg, some);
	shorter = emit_load(cg, emit_entry_address(cg, table, matched), 2, 2);
	emit_set(cg, state, AT_NEEDLE, emit_resize(cg, shorter, 8, false));
	emit_jump(cg, next);
}

/* One step of the search: the byte of the text against that of the needle. */
static void emit_search_step(struct codegen *cg, const struct search *search,
			     const struct cg_repeat *repeat)
{
	LLVMBasicBlockRef end = ending_block(cg, true), next = ending_block(cg, false);
	LLVMBasicBlockRef more = cg_block(cg, "more"), same = cg_block(cg, "same");
	LLVMBasicBlockRef differ = cg_block(cg, "differ"), skip = cg_block(cg, "skip");
	LLVMBasicBlockRef found = cg_block(cg, "found"), ends = cg_block(cg, "ends");
	LLVMValueRef state = cg_repeat_pointer(cg, repeat, STATE);
	LLVMValueRef needle = cg_repeat_pointer(cg, repeat, NEEDLE);
	LLVMValueRef hay_at, needle_at, byte, following;

	hay_at = emit_number(cg, state, AT_HAY, search->hay_most, end);
	needle_at = emit_number(cg, state, AT_NEEDLE, search->needle_most, end);
	byte = emit_byte(cg, cg_repeat_pointer(cg, repeat, HAY), hay_at);
	emit_branch(cg, LLVMBuildIsNull(cg->builder, byte, ""), end, more);
	cg_position(cg, more);
	emit_branch(
		cg,
		LLVMBuildICmp(cg->builder, LLVMIntEQ, byte, emit_byte(cg, needle, needle_at), ""),
		same, differ);

	cg_position(cg, same);
	following = emit_next(cg, needle_at);
	emit_set(cg, state, AT_HAY, emit_next(cg, hay_at));
	emit_set(cg, state, AT_NEEDLE, following);
	emit_branch(cg,
		    LLVMBuildICmp(cg->builder, LLVMIntEQ, following,
				  cg_i64(cg, search->needle_most), ""),
		    found, ends);
	cg_position(cg, ends);
	emit_branch(cg, LLVMBuildIsNull(cg->builder, emit_byte(cg, needle, following), ""), found,
		    next);
	cg_position(cg, found);
	emit_set(cg, state, FOUND, LLVMBuildSub(cg->builder, hay_at, needle_at, ""));
	cg_repeat_next(cg, true);

	cg_position(cg, differ);
	emit_fall_back(cg, cg_repeat_pointer(cg, repeat, TABLE), state, needle_at, skip, next);
	cg_position(cg, skip);
	emit_set(cg, state, AT_HAY, emit_next(cg, hay_at));
	cg_repeat_next(cg, false);
}

/* One step of making the table: the needle is searched for its own start, from its second byte. */
static void emit_table_step(struct codegen *cg, const struct search *search,
			    const struct cg_repeat *repeat)
{
	LLVMBasicBlockRef end = ending_block(cg, true), next = ending_block(cg, false);
	LLVMBasicBlockRef more = cg_block(cg, "more"), same = cg_block(cg, "same");
	LLVMBasicBlockRef differ = cg_block(cg, "differ"), skip = cg_block(cg, "skip");
	LLVMValueRef state = cg_repeat_pointer(cg, repeat, STATE);
	LLVMValueRef needle = cg_repeat_pointer(cg, repeat, NEEDLE);
	LLVMValueRef table = cg_repeat_pointer(cg, repeat, TABLE);
	LLVMValueRef at, matched, byte, following, entry;

	at = emit_number(cg, state, AT_HAY, search->needle_most, end);
	matched = emit_number(cg, state, AT_NEEDLE, search->needle_most, end);
	byte = emit_byte(cg, needle, at);
	emit_branch(cg, LLVMBuildIsNull(cg->builder, byte, ""), end, more);
	cg_position(cg, more);
	emit_branch(cg,
		    LLVMBuildICmp(cg->builder, LLVMIntEQ, byte, emit_byte(cg, needle, matched), ""),
		    same, differ);

	cg_position(cg, same);
	following = emit_next(cg, matched);
	entry = emit_entry_address(cg, table, emit_next(cg, at));
	emit_store(cg, emit_resize(cg, following, 2, false), entry, 2);
	emit_set(cg, state, AT_NEEDLE, following);
	emit_set(cg, state, AT_HAY, emit_next(cg, at));
	cg_repeat_next(cg, false);

	cg_position(cg, differ);
	emit_fall_back(cg, table, state, matched, skip, next);
	cg_position(cg, skip);
	entry = emit_entry_address(cg, table, emit_next(cg, at));
	emit_store(cg, LLVMConstInt(cg->i16, 0, 0), entry, 2);
	emit_set(cg, state, AT_HAY, emit_next(cg, at));
	cg_repeat_next(cg, false);
}

static LLVMValueRef literal_table(struct codegen *cg, const struct expr *literal)
{
	const char *text = literal->string.data;
	size_t len = literal->string.len, i;
	uint16_t *table = arena_new_array(cg->arena, uint16_t, len + 2), matched = 0;

	for (i = 1; i < len; i++) {
		while (matched && text[i] != text[matched])
			matched = table[matched];
		if (text[i] == text[matched])
			matched++;
		table[i + 1] = matched;
	}
	return cg_const_bytes(cg, table, (len + 2) * sizeof(*table));
}

static void emit_start(struct codegen *cg, const struct search *search, uint64_t at_hay)
{
	LLVMValueRef state = search->pointers[STATE];

	emit_set(cg, state, AT_HAY, cg_i64(cg, at_hay));
	emit_set(cg, state, AT_NEEDLE, cg_i64(cg, 0));
	emit_set(cg, state, FOUND, cg_i64(cg, (uint64_t)-1));
}

static LLVMValueRef scratch_memory(struct codegen *cg, uint32_t size)
{
	return scratch_address(cg, scratch_reserve(cg, size));
}

/* The needle's table, at run time. */
static void emit_table(struct codegen *cg, struct span span, const struct search *search,
		       LLVMValueRef context)
{
	struct cg_repeat repeat;

	emit_start(cg, search, 1);
	emit_zero(cg, search->pointers[TABLE], 4, 4);
	repeat = cg_repeat_begin(cg, span, "needle");
	emit_table_step(cg, search, &repeat);
	cg_repeat_end(cg, &repeat);
	emit_repeat(cg, &repeat, cg_i32(cg, search->needle_most * 2), context);
}

/* i64: where the first argument holds the second, -1 if nowhere. */
static LLVMValueRef emit_search(struct codegen *cg, const struct expr *call)
{
	const struct expr *hay = call->call.args.data[0], *needle = call->call.args.data[1];
	bool is_literal = needle->kind == EXPR_STRING;
	LLVMBasicBlockRef search_block, next, from_empty;
	struct search search = {
		.hay_most = cg_most_text(cg, hay->type),
		.needle_most = is_literal ? needle->string.len : cg_most_text(cg, needle->type),
	};
	LLVMValueRef context, is_empty, found;
	struct cg_repeat repeat;

	search.pointers[HAY] = emit_address(cg, hay);
	search.pointers[NEEDLE] =
		is_literal ? cg_const_bytes(cg,
					    arena_strndup(cg->arena, needle->string.data,
							  needle->string.len),
					    needle->string.len + 1)
			   : emit_address(cg, needle);
	search.pointers[STATE] = scratch_memory(cg, STATE_SIZE);
	search.pointers[TABLE] = is_literal ? literal_table(cg, needle)
					    : scratch_memory(cg, search.needle_most * 2 + 2);
	context = cg_repeat_context(cg, search.pointers, POINTERS);

	search_block = cg_block(cg, "search");
	next = cg_block(cg, "searched");
	is_empty = LLVMBuildIsNull(cg->builder, emit_load(cg, search.pointers[NEEDLE], 1, 1), "");
	from_empty = cg_current(cg);
	emit_branch(cg, is_empty, next, search_block);
	cg_position(cg, search_block);
	if (!is_literal)
		emit_table(cg, call->span, &search, context);
	emit_start(cg, &search, 0);
	repeat = cg_repeat_begin(cg, call->span, "search");
	emit_search_step(cg, &search, &repeat);
	cg_repeat_end(cg, &repeat);
	emit_repeat(cg, &repeat, cg_i32(cg, search.hay_most * 2), context);
	cg_stack_free(cg, context);
	found = emit_load(cg, emit_offset(cg, search.pointers[STATE], FOUND), 8, 8);
	search_block = cg_current(cg);
	emit_jump(cg, next);
	cg_position(cg, next);
	return emit_phi(cg, cg_i64(cg, 0), from_empty, found, search_block);
}

LLVMValueRef emit_call_strstr(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	(void)dst;
	return emit_resize(cg, emit_search(cg, call), call->type->size, true);
}

LLVMValueRef emit_call_strcontains(struct codegen *cg, const struct expr *call, LLVMValueRef dst)
{
	LLVMValueRef found;

	(void)dst;
	found = LLVMBuildICmp(cg->builder, LLVMIntSGE, emit_search(cg, call), cg_i64(cg, 0), "");
	return LLVMBuildZExt(cg->builder, found, cg->i8, "");
}
