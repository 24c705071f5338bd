/*
 * Operands of USDT notes: SIZE@OPERAND in the syntax of the GNU assembler for x86_64, where a size
 * below zero means a signed argument. See the SystemTap wiki, UserSpaceProbeImplementation.
 */
#include "provider/usdt.h"

#include <asm/ptrace.h>
#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Names of one register by size; r8 to r15 have suffixes instead. */
static const struct {
	const char *names[4];
	int32_t offset;
} registers[] = {
	{{"rax", "eax", "ax", "al"}, offsetof(struct pt_regs, rax)},
	{{"rbx", "ebx", "bx", "bl"}, offsetof(struct pt_regs, rbx)},
	{{"rcx", "ecx", "cx", "cl"}, offsetof(struct pt_regs, rcx)},
	{{"rdx", "edx", "dx", "dl"}, offsetof(struct pt_regs, rdx)},
	{{"rsi", "esi", "si", "sil"}, offsetof(struct pt_regs, rsi)},
	{{"rdi", "edi", "di", "dil"}, offsetof(struct pt_regs, rdi)},
	{{"rbp", "ebp", "bp", "bpl"}, offsetof(struct pt_regs, rbp)},
	{{"rsp", "esp", "sp", "spl"}, offsetof(struct pt_regs, rsp)},
	{{"rip", "eip", "ip", ""}, offsetof(struct pt_regs, rip)},
	{{"r8", "r8d", "r8w", "r8b"}, offsetof(struct pt_regs, r8)},
	{{"r9", "r9d", "r9w", "r9b"}, offsetof(struct pt_regs, r9)},
	{{"r10", "r10d", "r10w", "r10b"}, offsetof(struct pt_regs, r10)},
	{{"r11", "r11d", "r11w", "r11b"}, offsetof(struct pt_regs, r11)},
	{{"r12", "r12d", "r12w", "r12b"}, offsetof(struct pt_regs, r12)},
	{{"r13", "r13d", "r13w", "r13b"}, offsetof(struct pt_regs, r13)},
	{{"r14", "r14d", "r14w", "r14b"}, offsetof(struct pt_regs, r14)},
	{{"r15", "r15d", "r15w", "r15b"}, offsetof(struct pt_regs, r15)},
	{{"ah", "", "", ""}, offsetof(struct pt_regs, rax)},
	{{"bh", "", "", ""}, offsetof(struct pt_regs, rbx)},
	{{"ch", "", "", ""}, offsetof(struct pt_regs, rcx)},
	{{"dh", "", "", ""}, offsetof(struct pt_regs, rdx)},
};

/* "%rax" at *at; -1 if there is none. */
static int32_t read_register(const char **at, bool *is_high)
{
	size_t len;

	if (**at != '%')
		return -1;
	(*at)++;
	for (len = 0; isalnum((unsigned char)(*at)[len]);)
		len++;
	for (size_t i = 0; i < sizeof(registers) / sizeof(*registers); i++) {
		for (size_t size = 0; size < 4; size++) {
			const char *name = registers[i].names[size];

			if (!*name || strlen(name) != len || strncmp(name, *at, len) != 0)
				continue;
			*at += len;
			*is_high = name[1] == 'h';
			return registers[i].offset;
		}
	}
	return -1;
}

/* "(%rax)", "(%rax,%rbx,4)", "(,%rbx,8)". */
static bool read_address(const char **at, struct usdt_operand *operand)
{
	bool is_high = false;

	if (**at != '(')
		return false;
	(*at)++;
	if (**at == '%') {
		operand->base = read_register(at, &is_high);
		if (operand->base < 0)
			return false;
	}
	if (**at == ',') {
		(*at)++;
		operand->index = read_register(at, &is_high);
		if (operand->index < 0)
			return false;
		if (**at == ',')
			operand->scale = (uint32_t)strtoul(*at + 1, (char **)at, 10);
	}
	return *(*at)++ == ')' && !is_high;
}

static bool read_operand(const char *at, struct usdt_operand *operand)
{
	char *end;

	if (*at == '%') {
		operand->kind = USDT_REGISTER;
		operand->base = read_register(&at, &operand->is_high);
		return operand->base >= 0 && (!*at || *at == ' ');
	}
	operand->kind = *at == '$' ? USDT_CONSTANT : USDT_MEMORY;
	at += *at == '$';
	/* A constant may be any of 64 bits. */
	operand->value = *at == '-' ? strtoll(at, &end, 0) : (int64_t)strtoull(at, &end, 0);
	if (operand->kind == USDT_MEMORY && (*end == '(')) {
		at = end;
		return read_address(&at, operand) && (!*at || *at == ' ');
	}
	return end != at && (!*end || *end == ' ');
}

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " ");
}

/* Blanks separate operands; there are none within. */
static const char *find_operand(const char *text, uint32_t n)
{
	text = skip_blanks(text);
	while (n-- && *text)
		text = skip_blanks(text + strcspn(text, " "));
	return *text ? text : NULL;
}

/* As an argument of the size has it. */
static int64_t cut(const struct usdt_operand *operand)
{
	uint32_t above = 64 - operand->size * 8;
	uint64_t value = (uint64_t)operand->value << above;

	return operand->is_signed ? (int64_t)value >> above : (int64_t)(value >> above);
}

bool usdt_operand(const char *arguments, uint32_t n, struct usdt_operand *operand)
{
	const char *text = find_operand(arguments, n);
	char *end;
	long size;

	*operand = (struct usdt_operand){.size = 8, .base = -1, .index = -1, .scale = 1};
	if (!text)
		return false;
	size = strtol(text, &end, 10);
	if (end != text && *end == '@') {
		operand->is_signed = size < 0;
		operand->size = (uint32_t)labs(size);
		text = end + 1;
	}
	if (operand->size != 1 && operand->size != 2 && operand->size != 4 && operand->size != 8)
		return false;
	if (!read_operand(text, operand))
		return false;
	if (operand->kind == USDT_CONSTANT)
		operand->value = cut(operand);
	return true;
}

uint32_t usdt_count_operands(const char *arguments)
{
	uint32_t n = 0;

	while (find_operand(arguments, n))
		n++;
	return n;
}
