/*
 * printf formats (LANGUAGE.md 6.5), taken apart: the compiler checks the arguments against the
 * directives, the renderer carries them out.
 */
#ifndef SONDE_PROGRAM_FORMAT_H
#define SONDE_PROGRAM_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum format_kind {
	FORMAT_TEXT, /* as it stands; "%%" gives a part "%" */
	FORMAT_DECIMAL, /* %d %i */
	FORMAT_UNSIGNED, /* %u */
	FORMAT_OCTAL, /* %o */
	FORMAT_HEX, /* %x */
	FORMAT_HEX_UPPER, /* %X */
	FORMAT_CHAR, /* %c */
	FORMAT_POINTER, /* %p */
	FORMAT_STRING, /* %s: any value */
	FORMAT_BYTES, /* %r: printable or \xNN */
	FORMAT_BYTES_ESCAPED, /* %rx: all \xNN */
	FORMAT_BYTES_HEX, /* %rh: NN NN */
	FORMAT_GFP, /* %gr: names of allocation flags */
	FORMAT_UNSUPPORTED, /* a directive of C that is none here: %f %e %n %*d */
};

struct format_part {
	enum format_kind kind;
	const char *start; /* in the format */
	uint32_t len;
	bool left, plus, blank, zero, alternate; /* flags "- + 0#" */
	uint32_t width;
	int32_t precision; /* -1: none */
	uint32_t size; /* bytes of the C type that an integer is cut to: 4 without a modifier */
	char letter; /* of a directive, for messages */
};

/* Takes the next part off *@format; false at the end. */
bool format_next(const char **format, struct format_part *part);
/* True for what takes an argument. */
bool format_takes_argument(enum format_kind kind);
/* How many arguments the format takes. */
uint32_t format_arguments(const char *format);

#endif
