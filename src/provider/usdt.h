/* Arguments of USDT probes as their notes describe them: operands of the assembler. */
#ifndef SONDE_PROVIDER_USDT_H
#define SONDE_PROVIDER_USDT_H

#include <stdbool.h>
#include <stdint.h>

enum usdt_operand_kind {
	USDT_CONSTANT,
	USDT_REGISTER,
	USDT_MEMORY, /* at base + index * scale + value, in user space */
};

struct usdt_operand {
	enum usdt_operand_kind kind;
	uint32_t size; /* 1, 2, 4, 8 bytes of the argument */
	bool is_signed;
	int64_t value; /* the constant, or the displacement */
	int32_t base, index; /* offsets in struct pt_regs of the 64-bit registers, or -1 */
	uint32_t scale;
	bool is_high; /* ah, bh, ch, dh: bits 8 to 15 of the register */
};

/*
 * Operand @n of a note's text ("-4@%edi 8@-8(%rbp)"). False if there is none, or if it is not in
 * memory or a general register (floating point).
 */
bool usdt_operand(const char *arguments, uint32_t n, struct usdt_operand *operand);
uint32_t usdt_count_operands(const char *arguments);

#endif
