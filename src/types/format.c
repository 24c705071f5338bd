/*
 * The format files of tracefs: lines such as
 *
 *	field:const char * filename;	offset:16;	size:8;	signed:0;
 *
 * become the fields of a struct. Size and sign tell all about an integer, so that BTF is loaded
 * only for records with structs, enums, or pointers to types that C itself does not have.
 */
#include "types/format.h"

#include "base/vec.h"
#include "types/internal.h"
#include "types/tracefs.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One line of the file. */
struct format_field {
	const char *declaration; /* all of it: "const char * filename" */
	const char *name;
	const char *base; /* the type's words without qualifiers and stars: "char" */
	uint32_t stars;
	bool is_array, is_user, is_function, is_data_loc, is_rel_loc;
	uint32_t offset, size;
	bool is_signed;
};

/* --- reading a line --- */

static const char *const qualifiers[] = {
	"const",   "volatile", "restrict", "__user",   "__rcu",      "__percpu",
	"__iomem", "__force",  "__seg_gs", "__seg_fs", "__data_loc", "__rel_loc",
};

static bool is_qualifier(const char *word)
{
	for (size_t i = 0; i < sizeof(qualifiers) / sizeof(qualifiers[0]); i++)
		if (!strcmp(qualifiers[i], word))
			return true;
	return false;
}

static bool is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* "void (*func)(struct rcu_head *)": the name stands behind the first star. */
static void read_function(struct arena *arena, struct format_field *field)
{
	const char *name = strchr(field->declaration, '*'), *end;

	field->is_function = true;
	name = name ? name + 1 : "";
	for (end = name; is_name_char(*end); end++)
		;
	field->name = arena_strndup(arena, name, (size_t)(end - name));
	field->base = "void";
	field->stars = 1;
}

/* Turns stars and brackets, with what these hold, into blanks. */
static void blank_marks(struct format_field *field, char *text)
{
	bool inside = false;

	for (; *text; text++) {
		if (*text == '*')
			field->stars++;
		if (*text == '[')
			field->is_array = inside = true;
		if (*text == ']' || inside || *text == '*') {
			inside = inside && *text != ']';
			*text = ' ';
		}
	}
}

/* The last word is the name, the ones before it are the type. */
static void read_declaration(struct arena *arena, struct format_field *field)
{
	char *text = arena_strdup(arena, field->declaration), *save, *word, *next;
	char *base = arena_alloc(arena, strlen(text) + 1), *end = base;

	if (strchr(text, '(')) {
		read_function(arena, field);
		return;
	}
	field->is_rel_loc = !strncmp(text, "__rel_loc ", 10);
	field->is_data_loc = field->is_rel_loc || !strncmp(text, "__data_loc ", 11);
	blank_marks(field, text);
	word = strtok_r(text, " ", &save);
	for (; word && (next = strtok_r(NULL, " ", &save)); word = next) {
		if (!strcmp(word, "__user"))
			field->is_user = true;
		if (is_qualifier(word))
			continue;
		if (end != base)
			*end++ = ' ';
		end = stpcpy(end, word);
	}
	field->name = word ? word : "";
	field->base = base;
}

/* The number behind "key:" in the rest of a line. */
static uint32_t read_number(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	return at ? (uint32_t)strtoul(at + strlen(key), NULL, 10) : 0;
}

static bool read_line(struct arena *arena, const char *line, struct format_field *field)
{
	const char *start = strstr(line, "field:"), *end;

	if (!start)
		return false;
	start += strlen("field:");
	end = strchr(start, ';');
	if (!end)
		return false;
	*field = (struct format_field){
		.declaration = arena_strndup(arena, start, (size_t)(end - start)),
		.offset = read_number(end, "offset:"),
		.size = read_number(end, "size:"),
		.is_signed = read_number(end, "signed:"),
	};
	read_declaration(arena, field);
	return *field->name != '\0';
}

/* --- a field's type --- */

static enum type_kind tag_kind(const char **base)
{
	static const struct {
		const char *text;
		enum type_kind kind;
	} keywords[] = {{"struct ", TYPE_STRUCT}, {"union ", TYPE_UNION}, {"enum ", TYPE_ENUM}};

	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		if (strncmp(*base, keywords[i].text, strlen(keywords[i].text)))
			continue;
		*base += strlen(keywords[i].text);
		return keywords[i].kind;
	}
	return TYPE_NONE;
}

/* The type that the words name, or NULL. */
static const struct type *named_type(struct types *types, const char *base)
{
	const char *name = base;
	enum type_kind kind = tag_kind(&name);

	return kind == TYPE_NONE ? types_by_name(types, base) : types_by_tag(types, kind, name);
}

static const struct type *pointer_type(struct types *types, const struct format_field *field,
				       bool is_user)
{
	enum type_space space = is_user || field->is_user ? SPACE_USER : SPACE_KERNEL;
	const struct type *type = NULL;

	if (!field->is_function)
		type = named_type(types, field->base);
	if (!type)
		type = type_none(types);
	for (uint32_t i = 0; i < field->stars; i++)
		type = type_ptr(types, type, space);
	return type;
}

static bool is_register_size(uint32_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

/* An array's element; NULL if it does not divide the field. */
static const struct type *element_type(struct types *types, const struct format_field *field,
				       bool is_user)
{
	const struct type *type;

	if (field->stars)
		return pointer_type(types, field, is_user);
	type = named_type(types, field->base);
	return type && type->size && field->size % type->size == 0 ? type : NULL;
}

static const struct type *array_type(struct types *types, const struct format_field *field,
				     bool is_user)
{
	const struct type *element;

	if (!strcmp(field->base, "char") && !field->stars && field->size)
		return type_string(types, field->size);
	element = element_type(types, field, is_user);
	if (element)
		return type_array(types, element, field->size / element->size);
	return type_array(types, type_int(types, 1, false), field->size);
}

/* The data lies in the record itself, in the kernel's memory. */
static const struct type *dynamic_type(struct types *types, const struct format_field *field)
{
	const struct type *element =
		field->stars ? pointer_type(types, field, false) : named_type(types, field->base);

	return type_ptr(types, element ? element : type_none(types), SPACE_KERNEL);
}

/*
 * Arguments of system calls are kept as whole registers, whose upper halves mean nothing for a
 * narrower type.
 */
static const struct type *narrow_argument(struct types *types, const struct format_field *field)
{
	const struct type *type = types_builtin_name(types, field->base);

	return type && type->kind == TYPE_INT && type->size < field->size ? type : NULL;
}

static const struct type *plain_type(struct types *types, const struct format_field *field,
				     bool is_argument)
{
	const struct type *type = is_argument ? narrow_argument(types, field) : NULL;
	const char *name = field->base;
	enum type_kind kind = tag_kind(&name);

	if (type)
		return type;
	if (!strcmp(name, "bool") && field->size == 1)
		return type_bool(types);
	if (kind != TYPE_NONE || !is_register_size(field->size)) {
		type = named_type(types, field->base);
		if (type && type->size == field->size)
			return type;
	}
	if (is_register_size(field->size))
		return type_int(types, field->size, field->is_signed);
	return type_array(types, type_int(types, 1, false), field->size);
}

static const struct type *field_type(struct types *types, const struct format_field *field,
				     bool is_argument)
{
	if (field->is_data_loc)
		return dynamic_type(types, field);
	if (field->is_array)
		return array_type(types, field, is_argument);
	if (field->stars && field->size == 8)
		return pointer_type(types, field, is_argument);
	return plain_type(types, field, is_argument);
}

/* --- the file --- */

bool tracefs_is_overwritten(const struct type_field *field)
{
	return field->offset < sizeof(void *);
}

bool tracefs_is_common_field(const char *name)
{
	return !strncmp(name, "common_", 7);
}

struct format_fields {
	VEC(struct format_field)
	list;
};

static int read_format(struct arena *arena, const char *category, const char *event,
		       struct format_fields *fields)
{
	struct strbuf text = STRBUF_INIT;
	int err = tracefs_read_event(category, event, "format", &text);
	char *save;

	if (err && format_of_syscall(category, event, &text))
		err = 0;
	if (!err && text.len) {
		for (char *line = strtok_r(text.data, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save)) {
			struct format_field field;

			if (read_line(arena, line, &field))
				vec_push(arena, &fields->list, field);
		}
	}
	strbuf_free(&text);
	return err;
}

static const char *explain(struct arena *arena, const char *category, const char *event, int err)
{
	if (!tracefs_path())
		return tracefs_missing();
	if (err == -ENOENT)
		return arena_printf(arena, "there is no tracepoint %s:%s", category, event);
	return arena_printf(arena, "cannot read the format of %s:%s: %s", category, event,
			    strerror(-err));
}

const struct type *types_tracepoint(struct types *types, const char *category, const char *event,
				    const char **error)
{
	const char *name = arena_printf(types->arena, "%s:%s", category, event);
	const struct type *known = types_defined(types, TYPE_STRUCT, ORIGIN_CONTEXT, name);
	bool is_syscall = !strcmp(category, "syscalls") && !strncmp(event, "sys_enter_", 10);
	struct format_fields lines = {0};
	struct type_field *fields;
	uint32_t size = 0, n;
	int err;

	if (known)
		return known;
	err = read_format(types->arena, category, event, &lines);
	if (err) {
		known = record_of_btf(types, name, event);
		if (!known)
			*error = explain(types->arena, category, event, err);
		return known;
	}
	n = (uint32_t)lines.list.len;
	fields = arena_new_array(types->arena, struct type_field, n);
	for (uint32_t i = 0; i < n; i++) {
		const struct format_field *line = &lines.list.data[i];

		fields[i].name = line->name;
		fields[i].type = field_type(types, line, is_syscall);
		fields[i].offset = line->offset;
		fields[i].is_data_loc = line->is_data_loc;
		fields[i].is_rel_loc = line->is_rel_loc;
		if (line->offset + line->size > size)
			size = line->offset + line->size;
	}
	return type_define_struct(types, TYPE_STRUCT, name, ORIGIN_CONTEXT, fields, n, size, 8);
}

bool tracefs_field_texts(struct arena *arena, const char *category, const char *event,
			 const char *const **texts, uint32_t *n)
{
	struct format_fields lines = {0};
	const char **list;

	*n = 0;
	if (read_format(arena, category, event, &lines))
		return false;
	list = arena_new_array(arena, const char *, lines.list.len);
	for (size_t i = 0; i < lines.list.len; i++)
		if (!tracefs_is_common_field(lines.list.data[i].name))
			list[(*n)++] = lines.list.data[i].declaration;
	*texts = list;
	return true;
}
