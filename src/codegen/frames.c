/*
 * The stack that programs take with the callbacks of their loops, as it came out: the kernel adds
 * up what functions that call one another take, which LLVM does not look at.
 */
#include "codegen/internal.h"

#include <gelf.h>

#define STACK_SIZE 512
#define NOWHERE INT32_MIN /* no address within the frame */

/* How far below its frame's top a register points, as far as that is plain. */
struct registers {
	int32_t at[MAX_BPF_REG];
};

static uint32_t deeper(uint32_t depth, int32_t offset)
{
	return offset < 0 && (uint32_t)-offset > depth ? (uint32_t)-offset : depth;
}

static uint32_t depth_of(const struct bpf_insn *insns, size_t n)
{
	struct registers registers;
	uint32_t depth = 0;

	for (uint32_t i = 0; i < MAX_BPF_REG; i++)
		registers.at[i] = NOWHERE;
	for (size_t i = 0; i < n; i++) {
		const struct bpf_insn *insn = &insns[i];
		int32_t *dst = &registers.at[insn->dst_reg % MAX_BPF_REG];

		switch (BPF_CLASS(insn->code)) {
		case BPF_ST:
		case BPF_STX:
			if (insn->dst_reg == BPF_REG_10)
				depth = deeper(depth, insn->off);
			break;
		case BPF_LDX:
			if (insn->src_reg == BPF_REG_10)
				depth = deeper(depth, insn->off);
			*dst = NOWHERE;
			break;
		case BPF_ALU64:
			if (insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) &&
			    insn->src_reg == BPF_REG_10) {
				*dst = 0;
				/* BPF_ADD and BPF_K are both 0.
				 * NOLINTNEXTLINE(misc-redundant-expression) */
			} else if (insn->code == (BPF_ALU64 | BPF_ADD | BPF_K) && *dst != NOWHERE) {
				*dst += insn->imm;
				depth = deeper(depth, *dst);
			} else {
				*dst = NOWHERE;
			}
			break;
		case BPF_ALU:
		case BPF_LD:
			*dst = NOWHERE;
			break;
		}
	}
	return depth;
}

/* Gives each function what it takes itself. */
static void read_depths(struct codegen *cg, Elf *elf, Elf_Scn *section)
{
	Elf_Data *symbols = elf_getdata(section, NULL);
	GElf_Shdr header;
	GElf_Sym symbol;

	if (!gelf_getshdr(section, &header) || header.sh_type != SHT_SYMTAB || !symbols)
		return;
	for (int i = 0; gelf_getsym(symbols, i, &symbol); i++) {
		const char *name = elf_strptr(elf, header.sh_link, symbol.st_name);
		Elf_Scn *in = elf_getscn(elf, symbol.st_shndx);
		Elf_Data *text = in ? elf_getdata(in, NULL) : NULL;
		struct cg_function *fn;

		if (!name || !text || GELF_ST_TYPE(symbol.st_info) != STT_FUNC ||
		    symbol.st_value + symbol.st_size > text->d_size)
			continue;
		fn = hashmap_gets(&cg->functions, name);
		if (fn)
			fn->depth = depth_of(
				(const void *)((const char *)text->d_buf + symbol.st_value),
				symbol.st_size / sizeof(struct bpf_insn));
	}
}

static uint32_t with_callers(const struct cg_function *fn, uint32_t unit)
{
	uint32_t depth = 0;

	for (; fn; fn = fn->parent)
		depth += fn->depth ? (fn->depth + unit - 1) / unit * unit : unit;
	return depth;
}

bool frames_fit(struct codegen *cg, const struct codegen_object *object, uint32_t unit)
{
	Elf *elf =
		elf_version(EV_CURRENT) == EV_NONE ? NULL : elf_memory(object->data, object->size);
	Elf_Scn *section = NULL;

	while (elf && (section = elf_nextscn(elf, section)))
		read_depths(cg, elf, section);
	elf_end(elf);
	for (size_t i = 0; i < cg->functions.len; i++)
		if (with_callers(cg->functions.entries[i].value, unit) > STACK_SIZE)
			return false;
	return true;
}
