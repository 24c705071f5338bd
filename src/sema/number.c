/* Numbers that come as text: parameters, options, settings. In: a text; out: its value, if it is a
 * number as a whole, in any form that scripts may write one. */
#include "sema/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *unit;
	uint64_t ns;
} units[] = {
#define DURATION(unit, ns) {unit, ns},
#include "lang/durations.def"
#undef DURATION
};

/* What may stand behind the digits: nothing, an exponent, a unit of time. */
static bool apply_suffix(const char *rest, uint64_t *number)
{
	if ((*rest == 'e' || *rest == 'E') && rest[1] >= '0' && rest[1] <= '9') {
		char *end;
		unsigned long exponent = strtoul(rest + 1, &end, 10);

		for (; *number && exponent; exponent--)
			if (__builtin_mul_overflow(*number, 10, number))
				return false;
		rest = end;
	}
	if (!*rest)
		return true;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(units[i].unit, rest))
			return !__builtin_mul_overflow(*number, units[i].ns, number);
	return false;
}

/* Longer texts are no numbers. */
#define NUMBER_SIZE 100

/* Leaves out each "_" that stands before a digit; false if there are others. */
static bool copy_digits(const char *text, bool is_hex, char copy[NUMBER_SIZE])
{
	const char *digits = is_hex ? "_0123456789abcdefABCDEF" : "_0123456789";
	size_t n = 0;

	for (; *text; text++) {
		if (*text == '_' && (!text[1] || !strchr(digits, text[1])))
			return false;
		if (*text == '_')
			continue;
		if (n + 1 == NUMBER_SIZE)
			return false;
		copy[n++] = *text;
	}
	copy[n] = '\0';
	return true;
}

bool number_read(const char *text, bool *is_negative, uint64_t *magnitude)
{
	char digits[NUMBER_SIZE], *end;
	bool is_hex;

	*is_negative = *text == '-';
	if (*text == '-' || *text == '+')
		text++;
	if (*text < '0' || *text > '9')
		return false;
	is_hex = text[1] == 'x' || text[1] == 'X';
	if (!copy_digits(text, is_hex, digits))
		return false;
	errno = 0;
	*magnitude = strtoull(digits, &end, 0);
	return !errno && !(is_hex && *end) && apply_suffix(end, magnitude);
}
