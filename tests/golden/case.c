/* Reads and writes files of golden cases. */
#include "tests/golden/case.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_file(struct arena *arena, const char *path, size_t *len)
{
	struct strbuf text = STRBUF_INIT;
	FILE *file = fopen(path, "re");
	char buffer[8192];
	char *copy;
	size_t n;

	if (!file) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		abort();
	}
	while ((n = fread(buffer, 1, sizeof(buffer), file)))
		strbuf_add(&text, buffer, n);
	fclose(file);
	*len = text.len;
	copy = arena_memdup(arena, strbuf_str(&text), text.len + 1);
	strbuf_free(&text);
	return copy;
}

/* Ends the section that text was added to: "\" at the end of the last line stands for no newline.
 */
static void close_section(struct arena *arena, struct golden_case *c, struct strbuf *text)
{
	struct section *section;

	if (!c || !c->sections.len)
		return;
	section = &vec_last(&c->sections);
	if (text->len >= 2 && !strcmp(text->data + text->len - 2, "\\\n"))
		text->len -= 2;
	section->len = text->len;
	section->text = arena_memdup(arena, strbuf_str(text), text->len + 1);
	section->text[section->len] = '\0';
	strbuf_clear(text);
}

static void open_section(struct arena *arena, struct golden_case *c, char *line)
{
	char *blank = strchr(line, ' ');
	struct section section = {.name = line, .argument = "", .text = arena_strdup(arena, "")};

	if (blank) {
		*blank = '\0';
		section.argument = blank + 1;
	}
	vec_push(arena, &c->sections, section);
}

struct golden_file *golden_file_read(struct arena *arena, const char *path)
{
	struct golden_file *file = arena_new_object(arena, struct golden_file);
	size_t size;
	char *line = read_file(arena, path, &size), *end = line + size, *next;
	struct strbuf text = STRBUF_INIT;
	struct golden_case *c = NULL;
	unsigned number = 1;

	file->path = arena_strdup(arena, path);
	file->head = "";
	/* Scripts of cases may hold NUL bytes, too. */
	for (; line < end; line = next, number++) {
		char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((newline ? newline : end) - line);

		next = newline ? newline + 1 : end;
		line[len] = '\0';
		if (!strncmp(line, "=== ", 4)) {
			if (!c)
				file->head = arena_strdup(arena, strbuf_str(&text));
			close_section(arena, c, &text);
			strbuf_clear(&text);
			c = arena_new_object(arena, struct golden_case);
			c->file = file->path;
			c->line = number;
			c->name = line + 4;
			vec_push(arena, &file->cases, c);
		} else if (c && !strncmp(line, "--- ", 4)) {
			close_section(arena, c, &text);
			open_section(arena, c, line + 4);
		} else {
			strbuf_add(&text, line, len);
			strbuf_addc(&text, '\n');
			if (c && !c->sections.len)
				strbuf_clear(&text);
		}
	}
	close_section(arena, c, &text);
	strbuf_free(&text);
	return file;
}

void golden_file_write(const struct golden_file *file)
{
	FILE *out = fopen(file->path, "we");

	if (!out) {
		fprintf(stderr, "%s: %s\n", file->path, strerror(errno));
		abort();
	}
	fputs(file->head, out);
	for (size_t i = 0; i < file->cases.len; i++) {
		const struct golden_case *c = file->cases.data[i];

		fprintf(out, "=== %s\n", c->name);
		for (size_t s = 0; s < c->sections.len; s++) {
			const struct section *section = &c->sections.data[s];

			fprintf(out, "--- %s%s%s\n", section->name, *section->argument ? " " : "",
				section->argument);
			fwrite(section->text, 1, section->len, out);
			if (section->len && section->text[section->len - 1] != '\n')
				fputs("\\\n", out);
		}
	}
	fclose(out);
}

struct section *golden_section(const struct golden_case *c, const char *name)
{
	for (size_t i = 0; i < c->sections.len; i++)
		if (!strcmp(c->sections.data[i].name, name))
			return &c->sections.data[i];
	return NULL;
}
