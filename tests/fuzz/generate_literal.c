/* Literals, in all the spellings of LANGUAGE.md 1.2 and 1.3. */
#include "tests/fuzz/generate.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct node *node_new(struct script *script, enum node_kind kind, const struct shape *shape)
{
	struct node *node = arena_new_object(script->arena, struct node);

	node->kind = kind;
	node->shape = shape;
	return node;
}

void node_add(struct node *node, const struct node *kid)
{
	node->kids[node->nkids++] = kid;
}
const struct node *node_int(struct script *script, wide value)
{
	struct node *node;
	uint32_t size = 1;

	while (size < 8 && !shape_holds(shape_int(size, true), value))
		size *= 2;
	node = node_new(script, NODE_INT,
			shape_int(size, shape_holds(shape_int(size, true), value)));
	node->literal = value;
	node->is_literal = node->is_constant = true;
	return node;
}

/* As node_int(), in any spelling. */
static const struct node *spelled_int(struct script *script, wide value)
{
	struct node *node = (struct node *)node_int(script, value);

	if (random_once_in(&script->random, 4))
		node->index = random_below(&script->random, SPELLING_COUNT);
	return node;
}

/* Round numbers are those that are written as powers of ten, and as durations. */
static wide round_number(struct script *script)
{
	static const int64_t units[] = {10, 100, 1000, 1000000, 1000000000, 60000000000};

	return (wide)units[random_below(&script->random, 6)] *
	       (1 + random_below(&script->random, 9));
}

const struct node *node_literal(struct script *script)
{
	static const int64_t edges[] = {
		0,     1,     -1,     127,        128,        -128,       255,       256,
		32767, 65535, -32769, 2147483647, 2147483648, 4294967295, INT64_MAX, INT64_MIN};
	struct random *random = &script->random;
	wide value = 0;

	switch (random_below(random, 8)) {
	case 0:
	case 1:
		value = edges[random_below(random, sizeof(edges) / sizeof(edges[0]))];
		break;
	case 2:
		value = (wide)(random_next(random) >> random_below(random, 64));
		break;
	case 3:
		value = round_number(script);
		break;
	default:
		value = (wide)random_below(random, 40) - 8;
		break;
	}
	return spelled_int(script, value);
}

const struct node *node_string(struct script *script)
{
	static const char letters[] = "abcabcabcabcxyz019 -_%\\\"\t\r\n\1\xc3\xff";
	uint32_t most =
		script->is_large && script->max_strlen >= 1024 && random_once_in(&script->random, 4)
			? 900
			: 24;
	uint32_t n = random_below(&script->random, random_once_in(&script->random, 2) ? 5 : most);
	struct node *node = node_new(script, NODE_STRING, &shape_string);
	char *text = arena_alloc(script->arena, n + 1);

	for (uint32_t i = 0; i < n; i++)
		text[i] = letters[random_below(&script->random, sizeof(letters) - 1)];
	node->text = text;
	node->index = random_below(&script->random, SPELLING_COUNT);
	node->is_literal = true;
	node->is_constant = true;
	return node;
}

/* --- as they are written --- */

static void print_underscores(struct strbuf *out, uint64_t value)
{
	char digits[24];
	int n = snprintf(digits, sizeof(digits), "%" PRIu64, value);

	for (int i = 0; i < n; i++)
		strbuf_addf(out, "%s%c", i && (n - i) % 3 == 0 ? "_" : "", digits[i]);
}

static void print_suffix(struct strbuf *out, uint64_t value)
{
	static const char *const suffixes[] = {"u", "l", "UL", "ull", "LL"};

	strbuf_addf(out, "%" PRIu64 "%s", value, suffixes[value % 5]);
}

static void print_power(struct strbuf *out, uint64_t value)
{
	uint32_t zeros = 0;
	uint64_t rest = value;

	for (; rest && rest % 10 == 0; rest /= 10)
		zeros++;
	if (zeros && rest < 10)
		strbuf_addf(out, "%" PRIu64 "%c%u", rest, zeros % 2 ? 'e' : 'E', zeros);
	else
		strbuf_addf(out, "%" PRIu64, value);
}

static void print_duration(struct strbuf *out, uint64_t value)
{
	static const struct {
		uint64_t ns;
		const char *name;
	} units[] = {
		{86400000000000, "d"}, {3600000000000, "h"}, {60000000000, "m"}, {1000000000, "s"},
		{1000000, "ms"},       {1000, "us"},         {1, "ns"}};
	size_t i = 0;

	while (value % units[i].ns)
		i++;
	strbuf_addf(out, "%" PRIu64 "%s", value / units[i].ns, units[i].name);
}

void node_print_int(struct strbuf *out, const struct node *node)
{
	uint64_t value = (uint64_t)(node->literal < 0 ? -node->literal : node->literal);

	strbuf_adds(out, node->literal < 0 ? "-" : "");
	switch ((enum spelling)node->index) {
	case SPELLING_HEX:
		strbuf_addf(out, value % 2 ? "0x%" PRIx64 : "0X%" PRIX64, value);
		return;
	case SPELLING_OCTAL:
		strbuf_addf(out, "0%" PRIo64, value);
		return;
	case SPELLING_UNDERSCORES:
		print_underscores(out, value);
		return;
	case SPELLING_SUFFIX:
		print_suffix(out, value);
		return;
	case SPELLING_POWER:
		print_power(out, value);
		return;
	case SPELLING_DURATION:
		print_duration(out, value);
		return;
	case SPELLING_PLAIN:
	case SPELLING_COUNT:
		break;
	}
	strbuf_addf(out, "%" PRIu64, value);
}

static void print_character(struct strbuf *out, char c, uint32_t spelling)
{
	if (c == '"' || c == '\\')
		strbuf_addf(out, "\\%c", c);
	else if (c == '\n')
		strbuf_adds(out, "\\n");
	else if (c == '\r')
		strbuf_adds(out, "\\r");
	else if (spelling == SPELLING_HEX && !isalpha((unsigned char)c))
		strbuf_addf(out, "\\x%02x", (unsigned char)c);
	else if (spelling == SPELLING_OCTAL && !isalpha((unsigned char)c))
		strbuf_addf(out, "\\%03o", (unsigned char)c);
	else
		strbuf_addc(out, c);
}

void text_print(struct strbuf *out, const char *text, uint32_t spelling)
{
	strbuf_addc(out, '"');
	for (const char *at = text; *at; at++)
		print_character(out, *at, spelling);
	/* What follows a NUL is no part of it. */
	if (spelling == SPELLING_SUFFIX && strlen(text) < 20)
		strbuf_adds(out, "\\0abc");
	strbuf_addc(out, '"');
}
