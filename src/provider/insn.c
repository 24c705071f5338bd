/*
 * Lengths of x86_64 instructions, so that no breakpoint is put into the middle of one. See the
 * opcode maps of Intel's Software Developer's Manual, volume 2, appendix A.
 */
#include "provider/internal.h"

struct decoder {
	const uint8_t *code;
	size_t size, at;
	bool operand_16, address_32, wide; /* prefixes 66 and 67, REX.W */
};

static int peek(const struct decoder *decoder)
{
	return decoder->at < decoder->size ? decoder->code[decoder->at] : -1;
}

static void read_prefixes(struct decoder *decoder)
{
	for (;; decoder->at++) {
		switch (peek(decoder)) {
		case 0x66:
			decoder->operand_16 = true;
			break;
		case 0x67:
			decoder->address_32 = true;
			break;
		case 0x26:
		case 0x2e:
		case 0x36:
		case 0x3e:
		case 0x64:
		case 0x65:
		case 0xf0:
		case 0xf2:
		case 0xf3:
			break;
		default:
			if ((peek(decoder) & ~0xf) == 0x40) {
				decoder->wide = peek(decoder) & 8;
				decoder->at++;
			}
			return;
		}
	}
}

/* ModRM with what it asks for: SIB, displacement. */
static void skip_modrm(struct decoder *decoder)
{
	int modrm = peek(decoder), mod = modrm >> 6 & 3, rm = modrm & 7;

	decoder->at++;
	if (mod == 3)
		return;
	if (rm == 4) {
		rm = peek(decoder) & 7;
		decoder->at++;
	}
	if (mod == 1)
		decoder->at++;
	else if (mod == 2 || rm == 5)
		decoder->at += 4;
}

static size_t immediate(const struct decoder *decoder)
{
	return decoder->operand_16 ? 2 : 4;
}

/* Opcodes behind 0F, also by VEX and EVEX. */
static void skip_map_1(struct decoder *decoder, int op)
{
	if (op >= 0x80 && op <= 0x8f) {
		decoder->at += 4;
		return;
	}
	switch (op) {
	case 0x05 ... 0x09:
	case 0x0b:
	case 0x0e:
	case 0x30 ... 0x37:
	case 0x77:
	case 0xa0 ... 0xa2:
	case 0xa8 ... 0xaa:
	case 0xc8 ... 0xcf:
		return;
	}
	skip_modrm(decoder);
	switch (op) {
	case 0x0f:
	case 0x70 ... 0x73:
	case 0xa4:
	case 0xac:
	case 0xba:
	case 0xc2:
	case 0xc4 ... 0xc6:
		decoder->at++;
	}
}

static void skip_vector(struct decoder *decoder, int map)
{
	int op = peek(decoder);

	decoder->at++;
	if (map == 1) {
		/* No jumps there, but masks where these are. */
		if (op >= 0x80 && op <= 0x8f)
			skip_modrm(decoder);
		else
			skip_map_1(decoder, op);
		return;
	}
	skip_modrm(decoder);
	if (map == 3)
		decoder->at++;
}

static void skip_two_byte(struct decoder *decoder)
{
	int op = peek(decoder);

	decoder->at++;
	if (op != 0x38 && op != 0x3a) {
		skip_map_1(decoder, op);
		return;
	}
	decoder->at++;
	skip_modrm(decoder);
	if (op == 0x3a)
		decoder->at++;
}

static bool skip_arithmetic(struct decoder *decoder, int op)
{
	switch (op & 7) {
	case 0 ... 3:
		skip_modrm(decoder);
		return true;
	case 4:
		decoder->at++;
		return true;
	case 5:
		decoder->at += immediate(decoder);
		return true;
	}
	return false;
}

static bool skip_one_byte(struct decoder *decoder, int op)
{
	int reg;

	switch (op) {
	case 0x50 ... 0x5f:
	case 0x6c ... 0x6f:
	case 0x90 ... 0x99:
	case 0x9b ... 0x9f:
	case 0xa4 ... 0xa7:
	case 0xaa ... 0xaf:
	case 0xc3:
	case 0xc9:
	case 0xcb:
	case 0xcc:
	case 0xcf:
	case 0xd7:
	case 0xec ... 0xef:
	case 0xf1:
	case 0xf4:
	case 0xf5:
	case 0xf8 ... 0xfd:
		return true;
	case 0x63:
	case 0x84 ... 0x8f:
	case 0xd0 ... 0xd3:
	case 0xd8 ... 0xdf:
	case 0xfe:
	case 0xff:
		skip_modrm(decoder);
		return true;
	case 0x6b:
	case 0x80:
	case 0x83:
	case 0xc0:
	case 0xc1:
	case 0xc6:
		skip_modrm(decoder);
		decoder->at++;
		return true;
	case 0x69:
	case 0x81:
	case 0xc7:
		skip_modrm(decoder);
		decoder->at += immediate(decoder);
		return true;
	case 0xf6:
	case 0xf7:
		reg = peek(decoder) >> 3 & 7;
		skip_modrm(decoder);
		if (reg < 2)
			decoder->at += op == 0xf6 ? 1 : immediate(decoder);
		return true;
	case 0x6a:
	case 0x70 ... 0x7f:
	case 0xa8:
	case 0xb0 ... 0xb7:
	case 0xcd:
	case 0xe0 ... 0xe7:
	case 0xeb:
		decoder->at++;
		return true;
	case 0x68:
	case 0xa9:
		decoder->at += immediate(decoder);
		return true;
	case 0xe8:
	case 0xe9:
		decoder->at += 4;
		return true;
	case 0xb8 ... 0xbf:
		decoder->at += decoder->wide ? 8 : immediate(decoder);
		return true;
	case 0xa0 ... 0xa3:
		decoder->at += decoder->address_32 ? 4 : 8;
		return true;
	case 0xc2:
	case 0xca:
		decoder->at += 2;
		return true;
	case 0xc8:
		decoder->at += 3;
		return true;
	}
	return false;
}

size_t insn_length(const uint8_t *code, size_t size)
{
	struct decoder decoder = {.code = code, .size = size};
	bool known = true;
	int op, map;

	read_prefixes(&decoder);
	op = peek(&decoder);
	if (op < 0)
		return 0;
	decoder.at++;
	if (op == 0x0f) {
		skip_two_byte(&decoder);
	} else if (op == 0xc5) {
		decoder.at++;
		skip_vector(&decoder, 1);
	} else if (op == 0xc4 || op == 0x62) {
		map = peek(&decoder) & (op == 0xc4 ? 0x1f : 7);
		decoder.at += op == 0xc4 ? 2 : 3;
		skip_vector(&decoder, map);
	} else if (op < 0x40) {
		known = skip_arithmetic(&decoder, op);
	} else {
		known = skip_one_byte(&decoder, op);
	}
	return known && decoder.at <= size ? decoder.at : 0;
}

bool insn_begins_at(const uint8_t *code, size_t size, size_t offset)
{
	size_t at = 0, length;

	while (at < offset) {
		length = insn_length(code + at, size - at);
		/* Nothing can be said of what is behind an unknown instruction. */
		if (!length)
			return true;
		at += length;
	}
	return at == offset;
}
