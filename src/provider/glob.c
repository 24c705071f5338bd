/* Patterns in which "*" stands for any run of bytes. */
#include "provider/provider.h"

#include <string.h>

bool glob_is_pattern(const char *text)
{
	return strchr(text, '*') != NULL;
}

/* Keeps the last star seen to come back to: linear but for pathological texts. */
bool glob_match(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			retry = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
