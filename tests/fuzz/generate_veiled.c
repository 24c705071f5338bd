/*
 * What neither sema nor the optimizer nor the verifier can know the value of, and what is known all
 * the same: the clock is not yet at 2^63 nanoseconds, a process has a number, the kernel's
 * addresses are the upper ones. With it any index, offset, count or condition is one that only a
 * run tells.
 */
#include "tests/fuzz/generate.h"

struct veiled {
	const char *text;
	uint32_t precedence, size;
	bool is_signed;
	int64_t value;
};

static const struct veiled integers[] = {
	{"nsecs >> 63", 5, 8, false, 0},
	{"elapsed >> 62", 5, 8, false, 0},
	{"jiffies >> 63", 5, 8, false, 0},
	{"cpu >> 20", 5, 8, false, 0},
	{"ncpus >> 14", 5, 8, false, 0},
	{"rand >> 32", 5, 8, false, 0},
	{"tid & 1073741824", 8, 8, false, 0},
	{"strlen(comm) >> 5", 5, 8, false, 0},
	{"(int32)(pid >> 23)", 2, 4, true, 0},
	{"(uint8)(nsecs > 0)", 2, 1, false, 1},
	{"(int16)(uid >> 32) - 2", 4, 8, true, -2},
	{"(int8)(ncpus > 0) << 3", 5, 8, true, 8},
	{"comm[15]", 1, 1, true, 0},
	{"curtask.comm[15]", 1, 1, true, 0},
	{"(int64)curtask >> 63", 5, 8, true, -1},
	{"(uint64)curtask >> 63", 5, 8, false, 1},
	{"(uint16)((uint64)curtask >> 56)", 2, 2, false, 255},
};

static const struct veiled bools[] = {
	{"nsecs > 0", 6, 0, false, 1},     {"jiffies < 9", 6, 0, false, 0},
	{"cpu < ncpus", 6, 0, false, 1},   {"(bool)(cpu >> 20)", 2, 0, false, 0},
	{"curtask != 0", 7, 0, false, 1},  {"comm == \"\"", 7, 0, false, 0},
	{"!(rand >> 32)", 2, 0, false, 1},
};

static const struct node *veiled(struct script *script, const struct veiled *row,
				 const struct shape *shape)
{
	struct node *node = node_new(script, NODE_VEILED, shape);

	node->text = row->text;
	node->index = row->precedence;
	node->literal = row->value;
	return node;
}

const struct node *node_veiled(struct script *script)
{
	const struct veiled *row =
		&integers[random_below(&script->random, sizeof(integers) / sizeof(integers[0]))];

	return veiled(script, row, shape_int(row->size, row->is_signed));
}

const struct node *node_veiled_bool(struct script *script)
{
	return veiled(script,
		      &bools[random_below(&script->random, sizeof(bools) / sizeof(bools[0]))],
		      &shape_bool);
}

const struct node *node_veil(struct script *script, const struct node *node)
{
	static const enum op ops[] = {OP_ADD, OP_SUB, OP_OR, OP_XOR};
	const struct veiled *zero = &integers[random_below(&script->random, 8)];

	return node_binary(script, ops[random_below(&script->random, 4)], node,
			   veiled(script, zero, shape_int(8, false)));
}
