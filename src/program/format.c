/* printf formats, taken apart. An unknown directive is text, as bpftrace has it. */
#include "program/format.h"

#include <string.h>

#define NUMBER_MAX 100000 /* of a width or precision */

static const char *read_flags(const char *p, struct format_part *part)
{
	for (;; p++) {
		switch (*p) {
		case '-':
			part->left = true;
			break;
		case '+':
			part->plus = true;
			break;
		case ' ':
			part->blank = true;
			break;
		case '0':
			part->zero = true;
			break;
		case '#':
			part->alternate = true;
			break;
		default:
			return p;
		}
	}
}

static const char *read_number(const char *p, uint32_t *number)
{
	for (*number = 0; *p >= '0' && *p <= '9'; p++)
		if (*number < NUMBER_MAX)
			*number = *number * 10 + (uint32_t)(*p - '0');
	return p;
}

static const char *read_size(const char *p, struct format_part *part)
{
	part->size = sizeof(int32_t);
	if (*p == 'h') {
		part->size = p[1] == 'h' ? sizeof(int8_t) : sizeof(int16_t);
		return p + (p[1] == 'h' ? 2 : 1);
	}
	if (!*p || !strchr("lzjt", *p))
		return p;
	part->size = sizeof(int64_t);
	return p + (p[0] == 'l' && p[1] == 'l' ? 2 : 1);
}

/* The conversion at @p; returns what follows it, or NULL if it is none. */
static const char *read_conversion(const char *p, struct format_part *part)
{
	static const char letters[] = "diuoxXcps";
	static const enum format_kind kinds[] = {
		FORMAT_DECIMAL,   FORMAT_DECIMAL, FORMAT_UNSIGNED, FORMAT_OCTAL,  FORMAT_HEX,
		FORMAT_HEX_UPPER, FORMAT_CHAR,    FORMAT_POINTER,  FORMAT_STRING,
	};
	const char *known = *p ? strchr(letters, *p) : NULL;

	part->letter = *p;
	if (known) {
		part->kind = kinds[known - letters];
	} else if (p[0] == 'r' && (p[1] == 'x' || p[1] == 'h')) {
		part->kind = p[1] == 'x' ? FORMAT_BYTES_ESCAPED : FORMAT_BYTES_HEX;
		p++;
	} else if (p[0] == 'r') {
		part->kind = FORMAT_BYTES;
	} else if (p[0] == 'g' && p[1] == 'r') {
		part->kind = FORMAT_GFP;
		p++;
	} else if (*p && strchr("fFeEgGaAn*", *p)) {
		part->kind = FORMAT_UNSUPPORTED;
	} else {
		return NULL;
	}
	return p + 1;
}

/* The directive that begins at @start, a '%'; NULL if there is none. */
static const char *read_directive(const char *start, struct format_part *part)
{
	const char *p = read_flags(start + 1, part);
	uint32_t precision;

	p = read_number(p, &part->width);
	if (*p == '.') {
		p = read_number(p + 1, &precision);
		part->precision = (int32_t)precision;
	}
	return read_conversion(read_size(p, part), part);
}

bool format_next(const char **format, struct format_part *part)
{
	const char *start = *format, *end;

	*part = (struct format_part){.kind = FORMAT_TEXT, .start = start, .precision = -1};
	if (!*start)
		return false;
	if (start[0] == '%' && start[1] == '%') {
		part->len = 1;
		*format = start + 2;
		return true;
	}
	end = *start == '%' ? read_directive(start, part) : NULL;
	if (!end) {
		*part = (struct format_part){.kind = FORMAT_TEXT, .start = start, .precision = -1};
		end = start + 1 + strcspn(start + 1, "%");
	}
	part->len = (uint32_t)(end - start);
	*format = end;
	return true;
}

bool format_takes_argument(enum format_kind kind)
{
	return kind != FORMAT_TEXT && kind != FORMAT_UNSUPPORTED;
}

uint32_t format_arguments(const char *format)
{
	struct format_part part;
	uint32_t n = 0;

	while (format_next(&format, &part))
		n += format_takes_argument(part.kind);
	return n;
}
