/* printf: LANGUAGE.md 6.5. What C's printf does with a number of that width is what is expected. */
#include "tests/fuzz/generate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LONGEST_DIRECTIVE 30 /* with what stands behind it */

static const char *const lengths[] = {"", "l", "ll", "h", "hh", "z", "j", "t"};

static uint32_t length_bytes(const char *length)
{
	static const uint32_t bytes[] = {4, 8, 8, 2, 1, 8, 8, 8};

	for (uint32_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		if (!strcmp(lengths[i], length))
			return bytes[i];
	return 4;
}

static const char *random_length(struct script *script)
{
	return lengths[random_below(&script->random, sizeof(lengths) / sizeof(lengths[0]))];
}

/* "%-08lx": one flag that means something for the letter, a width, a length, the letter. */
static void add_number(struct script *script, struct strbuf *format)
{
	char letter = "ddduuxXoi"[random_below(&script->random, 9)];

	strbuf_addc(format, '%');
	if (random_once_in(&script->random, 4))
		strbuf_addc(format, letter == 'd' || letter == 'i'
					    ? "-+0"[random_below(&script->random, 3)]
				    : letter == 'u' ? "-0"[random_below(&script->random, 2)]
						    : "-0#"[random_below(&script->random, 3)]);
	if (random_once_in(&script->random, 4))
		strbuf_addf(format, "%u", 1 + random_below(&script->random, 25));
	strbuf_addf(format, "%s%c", random_length(script), letter);
}

static void add_text(struct script *script, struct strbuf *format)
{
	strbuf_addc(format, '%');
	if (random_once_in(&script->random, 4))
		strbuf_addf(format, "%s%u", random_below(&script->random, 2) ? "-" : "",
			    1 + random_below(&script->random, 30));
	strbuf_addc(format, 's');
}

/* %r is for buffers. */
static const struct node *bytes_argument(struct script *script, struct strbuf *format)
{
	static const char *const directives[] = {"%s", "%r", "%rx", "%rh"};
	const struct node *node = node_bytes(script);

	if (node->shape == &shape_buffer)
		strbuf_adds(format, directives[random_below(&script->random, 4)]);
	else
		add_text(script, format);
	return node;
}

static const struct node *character_argument(struct script *script, struct strbuf *format)
{
	strbuf_adds(format, "%c");
	return node_int(script, 'a' + random_below(&script->random, 26));
}

static const struct node *argument(struct script *script, struct strbuf *format)
{
	const struct shape *shape = shape_random(script, 2);

	if (random_once_in(&script->random, 10))
		return random_once_in(&script->random, 4) ? character_argument(script, format)
							  : bytes_argument(script, format);
	switch (shape->kind) {
	case SHAPE_INT:
		if (random_once_in(&script->random, 3))
			break;
		add_number(script, format);
		return node_integer(script, 3);
	case SHAPE_BOOL:
	case SHAPE_STRING:
	case SHAPE_TUPLE:
	case SHAPE_RECORD:
	case SHAPE_ARRAY:
	case SHAPE_LIST:
	case SHAPE_STRUCT:
	case SHAPE_ENUM:
	case SHAPE_BYTES:
	case SHAPE_OTHER:
		break;
	}
	add_text(script, format);
	return node_of(script, shape, 2);
}

const struct statement *printf_make(struct script *script)
{
	static const char *const between[] = {" ", "", "%%", ", ", "\n", "a=", " 100%% ", "|"};
	struct statement *stmt = arena_new_object(script->arena, struct statement);
	uint32_t n = random_below(&script->random, script->is_large ? 24 : 7);
	struct strbuf format = STRBUF_INIT;

	stmt->kind = STMT_PRINTF;
	/* The format is a text, which has a length. */
	for (uint32_t i = 0; i < n && format.len + LONGEST_DIRECTIVE < script->max_strlen; i++) {
		vec_push(script->arena, &stmt->args, argument(script, &format));
		strbuf_adds(&format, between[random_below(&script->random, 8)]);
	}
	strbuf_adds(&format, "\n");
	stmt->text = arena_strdup(script->arena, strbuf_str(&format));
	strbuf_free(&format);
	return stmt;
}

/* --- what it prints --- */

static void print_number(struct strbuf *out, const char *flags, const char *length, char letter,
			 int64_t number)
{
	uint32_t bytes = length_bytes(length);
	bool is_signed = letter == 'd' || letter == 'i';
	char format[64], text[128];

	snprintf(format, sizeof(format), "%%%sll%c", flags, letter);
	number = value_cut(shape_int(bytes, is_signed), number);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof(text), format, (long long)number);
#pragma GCC diagnostic pop
	strbuf_adds(out, text);
}

static void print_padded(struct strbuf *out, const char *flags, const char *text)
{
	bool is_left = *flags == '-';
	size_t width = 0, len = strlen(text);

	for (flags += is_left; *flags; flags++)
		width = width * 10 + (size_t)(*flags - '0');
	if (!is_left && width > len)
		strbuf_fill(out, ' ', width - len);
	strbuf_adds(out, text);
	if (is_left && width > len)
		strbuf_fill(out, ' ', width - len);
}

static void print_bytes(struct strbuf *out, char letter, const struct value *value)
{
	for (int64_t i = 0; i < value->number; i++)
		strbuf_addf(out,
			    letter == 'x' ? "\\x%02x"
			    : i           ? " %02x"
					  : "%02x",
			    (unsigned)value->members[i].number);
}

static const char *print_directive(struct script *script, const char *at, const struct node *node,
				   struct strbuf *out)
{
	char flags[16] = "", length[8] = "";
	struct value value = node_evaluate(script, node);
	struct strbuf text = STRBUF_INIT;
	size_t n = strspn(at, "-+0#123456789");

	memcpy(flags, at, n);
	at += n;
	n = strspn(at, "lhzjt");
	memcpy(length, at, n);
	at += n;
	if (*at == 'r' && (at[1] == 'x' || at[1] == 'h')) {
		print_bytes(out, *++at, &value);
	} else if (*at == 'c') {
		strbuf_addc(out, (char)value.number);
	} else if (*at == 's' || *at == 'r') {
		value_print(&text, node->shape, &value);
		print_padded(out, flags, strbuf_str(&text));
		strbuf_free(&text);
	} else {
		print_number(out, flags, length, *at, value.number);
	}
	return at + 1;
}

void printf_evaluate(struct script *script, const struct statement *stmt, struct strbuf *out)
{
	const char *at = stmt->text;
	size_t next = 0;

	while (*at) {
		if (*at != '%') {
			strbuf_addc(out, *at++);
		} else if (at[1] == '%') {
			strbuf_addc(out, '%');
			at += 2;
		} else {
			at = print_directive(script, at + 1, stmt->args.data[next++], out);
		}
	}
}
