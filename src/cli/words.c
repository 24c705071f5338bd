/* A command line split into words as a shell does it: quotes and backslashes, but no expansion of
 * any kind. */
#include "cli/cli.h"

#include "base/vec.h"

#include <string.h>

/* Copies the quoted text at @in up to the closing quote; the character after it, or NULL. */
static const char *copy_quoted(const char *in, char **out)
{
	char quote = *in++;

	for (; *in && *in != quote; in++) {
		if (quote == '"' && *in == '\\' && (in[1] == '"' || in[1] == '\\' || in[1] == '$'))
			in++;
		*(*out)++ = *in;
	}
	return *in ? in + 1 : NULL;
}

char **split_command(struct arena *arena, const char *command, const char **error)
{
	char *buffer = arena_alloc(arena, 2 * strlen(command) + 1), *out = buffer;
	VEC(char *)
	words = {0};
	const char *in = command;

	for (;;) {
		char *word;

		in += strspn(in, " \t\n");
		if (!*in)
			break;
		word = out;
		while (*in && !strchr(" \t\n", *in)) {
			if (*in == '\'' || *in == '"') {
				in = copy_quoted(in, &out);
				if (!in) {
					*error = "a quote is not closed";
					return NULL;
				}
				continue;
			}
			if (*in == '\\' && in[1])
				in++;
			*out++ = *in++;
		}
		*out++ = '\0';
		vec_push(arena, &words, word);
	}
	vec_push(arena, &words, NULL);
	return words.data;
}
