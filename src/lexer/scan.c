/* The parts of scanning that regular expressions do not say well: numbers, strings, attach points,
 * C text, look-ahead. */
#include "lexer/lexer.h"

#include "lang/lang.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

struct span lexer_span(const struct lexer *lexer, uint32_t start, uint32_t end)
{
	return (struct span){lexer->source->base + start, lexer->source->base + end};
}

static struct span span_at(const struct lexer *lexer, const char *text, size_t len)
{
	uint32_t start = (uint32_t)(text - lexer->source->text);

	return lexer_span(lexer, start, start + (uint32_t)len);
}

/* --- numbers --- */

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

static bool multiply_add(uint64_t *number, uint64_t factor, uint64_t add)
{
	return !__builtin_mul_overflow(*number, factor, number) &&
	       !__builtin_add_overflow(*number, add, number);
}

/* Digits with "_" between them; the character behind them, or NULL if they overflow. */
static const char *read_digits(const char *text, const char *end, int base, uint64_t *number)
{
	*number = 0;
	for (; text < end && (*text == '_' || digit_value(*text) < base); text++)
		if (*text != '_' &&
		    !multiply_add(number, (uint64_t)base, (uint64_t)digit_value(*text)))
			return NULL;
	return text;
}

static const struct {
	const char *unit;
	uint64_t ns;
} durations[] = {
#define DURATION(unit, ns) {unit, ns},
#include "lang/durations.def"
#undef DURATION
};

static bool is_c_suffix(const char *text, size_t len)
{
	static const char *const suffixes[] = {"u", "l", "ll", "ul", "ull", "lu", "llu"};

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		if (strlen(suffixes[i]) == len && !strncasecmp(suffixes[i], text, len))
			return true;
	return false;
}

static bool overflow(const struct lexer *lexer, const char *text, size_t len)
{
	diag_error(lexer->parser->diags, "integer-overflow", span_at(lexer, text, len),
		   "the number is too large: overflow error, maximum value is "
		   "18446744073709551615");
	return false;
}

static bool malformed(const struct lexer *lexer, const char *text, size_t len, const char *why)
{
	diag_error(lexer->parser->diags, "bad-number", span_at(lexer, text, len),
		   "syntax: '%.*s' is not a number: %s", (int)len, text, why);
	return false;
}

/* "e6" behind a decimal; the character behind it, or NULL if it overflows. */
static const char *apply_exponent(const char *text, const char *end, uint64_t *number)
{
	uint64_t exponent;

	text = read_digits(text + 1, end, 10, &exponent);
	for (; text && exponent; exponent--)
		if (!multiply_add(number, 10, 0))
			return NULL;
	return text;
}

bool scan_number(const struct lexer *lexer, const char *text, size_t len, uint64_t *number,
		 bool *is_duration)
{
	const char *end = text + len, *rest = text;
	bool is_hex = len > 1 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	bool is_octal = !is_hex && len > 1 && text[0] == '0' &&
			(isdigit((unsigned char)text[1]) || text[1] == '_');

	*is_duration = false;
	rest = read_digits(is_hex ? text + 2 : text, end, is_hex ? 16 : is_octal ? 8 : 10, number);
	if (!rest)
		goto overflowed;
	if (is_hex && rest == text + 2)
		return malformed(lexer, text, len, "there are no digits");
	if (is_octal && rest < end && isdigit((unsigned char)*rest))
		return malformed(lexer, text, len, "a leading 0 means octal");
	if (rest[-1] == '_')
		return malformed(lexer, text, len, "it may not end in '_'");
	if (!is_hex && rest < end && (*rest == 'e' || *rest == 'E') &&
	    isdigit((unsigned char)rest[1])) {
		rest = apply_exponent(rest, end, number);
		if (!rest)
			goto overflowed;
		if (rest[-1] == '_')
			return malformed(lexer, text, len, "it may not end in '_'");
	}
	if (rest == end || is_c_suffix(rest, (size_t)(end - rest)))
		return true;
	for (size_t i = 0; !is_hex && i < sizeof(durations) / sizeof(durations[0]); i++) {
		if (strlen(durations[i].unit) != (size_t)(end - rest) ||
		    strncmp(durations[i].unit, rest, (size_t)(end - rest)) != 0)
			continue;
		*is_duration = true;
		if (multiply_add(number, durations[i].ns, 0))
			return true;
		goto overflowed;
	}
	*number = 1;
	if (!is_hex && (*rest == 'e' || *rest == 'E') && (*end == '-' || *end == '+'))
		return malformed(lexer, text, len, "an exponent has no sign");
	return malformed(lexer, text, len,
			 "unknown suffix (there are u, l, ll, ul, ull and "
			 "ns, us, ms, s, m, h, d)");
overflowed:
	*number = 1;
	return overflow(lexer, text, len);
}

bool scan_is_float(const char *text)
{
	return text[0] == '.' && isdigit((unsigned char)text[1]);
}

size_t scan_float(const struct lexer *lexer, const char *text)
{
	size_t len = strspn(text, "0123456789_.");

	while (isalnum((unsigned char)text[len]))
		len++;
	diag_error(lexer->parser->diags, "bad-number", span_at(lexer, text, len),
		   "syntax: '%.*s': there are no numbers with a decimal point", (int)len, text);
	return len;
}

/* --- strings --- */

static const char *read_octal(const struct lexer *lexer, const char *text, char *byte)
{
	const char *start = text;
	int value = 0;

	while (text < start + 3 && *text >= '0' && *text <= '7')
		value = value * 8 + (*text++ - '0');
	if (value > 0377)
		diag_error(lexer->parser->diags, "bad-escape", span_at(lexer, start - 1, 4),
			   "syntax: the escape '\\%.3s' is no byte: the largest is '\\377'", start);
	*byte = (char)value;
	return text;
}

static const char *read_hex(const char *text, char *byte)
{
	int value = 0;

	for (int i = 0; i < 2 && digit_value(*text) < 16; i++)
		value = value * 16 + digit_value(*text++);
	*byte = (char)value;
	return text;
}

/* The escape behind a backslash; the character behind it. */
static const char *read_escape(const struct lexer *lexer, const char *text, char *byte)
{
	static const char from[] = "ntr\"\\", to[] = "\n\t\r\"\\";
	const char *simple = *text ? strchr(from, *text) : NULL;

	if (simple) {
		*byte = to[simple - from];
		return text + 1;
	}
	if (*text >= '0' && *text <= '7')
		return read_octal(lexer, text, byte);
	if (*text == 'x' && digit_value(text[1]) < 16)
		return read_hex(text + 1, byte);
	*byte = '?';
	/* At the end of the line it is the closing quote that is missing. */
	if (!*text || *text == '\n')
		return text;
	diag_error(lexer->parser->diags, "bad-escape", span_at(lexer, text - 1, 2),
		   "syntax: invalid escape character '\\%c'",
		   isprint((unsigned char)*text) ? *text : '?');
	return text + 1;
}

size_t scan_string(struct lexer *lexer, const char *text, const char **data, size_t *len)
{
	const char *in = text + 1;
	struct strbuf out = STRBUF_INIT;

	while (*in && *in != '"' && *in != '\n') {
		char byte = *in++;

		if (byte == '\\')
			in = read_escape(lexer, in, &byte);
		strbuf_addc(&out, byte);
	}
	*data = NULL;
	if (*in == '"') {
		in++;
		/* A NUL ends the text. */
		*len = strnlen(strbuf_str(&out), out.len);
		*data = arena_strndup(lexer->parser->arena, strbuf_str(&out), *len);
	} else {
		/* From here on quotes may open where they should close, and brackets be missing. */
		diag_error(lexer->parser->diags, "unterminated-string",
			   span_at(lexer, text, (size_t)(in - text)),
			   "syntax: unterminated string: there is no closing quote on the line");
		lexer->failed = true;
	}
	strbuf_free(&out);
	return (size_t)(in - text);
}

/* --- attach points --- */

size_t scan_attach_point(const char *text)
{
	const char *in = text;
	bool quoted = false, has_fields = false;

	for (; *in; in++) {
		if (*in == '"')
			quoted = !quoted;
		if (quoted && *in == '\n')
			break;
		if (!quoted && (isspace((unsigned char)*in) || strchr(",{;", *in)))
			break;
		has_fields |= *in == ':';
		/* begin/predicate/: what has no fields needs no blank. */
		if (!quoted && !has_fields && *in == '/')
			break;
	}
	return (size_t)(in - text);
}

/* Replaces $1 and the like by the parameters. */
static char *replace_params(const struct lexer *lexer, const char *text, size_t len,
			    struct span span)
{
	const struct parser *parser = lexer->parser;
	struct strbuf out = STRBUF_INIT;
	char *result;

	for (size_t i = 0; i < len;) {
		uint64_t n = 0;
		size_t digits = 0;

		if (parser->keep_params || text[i] != '$' || i + 1 >= len ||
		    !isdigit((unsigned char)text[i + 1])) {
			strbuf_addc(&out, text[i++]);
			continue;
		}
		while (i + 1 + digits < len && isdigit((unsigned char)text[i + 1 + digits]) &&
		       n < 65536)
			n = n * 10 + (uint64_t)(text[i + 1 + digits++] - '0');
		if (n >= 1 && n <= parser->nparams)
			strbuf_adds(&out, parser->params[n - 1]);
		else
			diag_error(parser->diags, "missing-parameter", span,
				   "positional parameter $%lu is not given", n);
		i += 1 + digits;
	}
	result = arena_strndup(parser->arena, strbuf_str(&out), out.len);
	strbuf_free(&out);
	return result;
}

/* "name=" before the provider is read and forgotten. */
static const char *skip_label(const char *text)
{
	const char *in = text;

	while (isalnum((unsigned char)*in) || *in == '_')
		in++;
	return in > text && *in == '=' ? in + 1 : text;
}

struct attach_point *make_attach_point(struct lexer *lexer, const char *text, size_t len,
				       struct span span)
{
	struct arena *arena = lexer->parser->arena;
	struct attach_point *point = arena_new_object(arena, struct attach_point);
	struct strbuf field = STRBUF_INIT;
	bool in_quotes = false, quoted = false;

	point->span = span;
	point->text = skip_label(replace_params(lexer, text, len, span));
	for (const char *in = point->text;; in++) {
		if (*in == '"') {
			in_quotes = !in_quotes;
			quoted = true;
		} else if (!*in || (*in == ':' && !in_quotes)) {
			vec_push(arena, &point->fields, arena_strdup(arena, strbuf_str(&field)));
			vec_push(arena, &point->quoted, quoted);
			strbuf_clear(&field);
			quoted = false;
			if (!*in)
				break;
		} else {
			strbuf_addc(&field, *in);
		}
	}
	if (in_quotes) {
		diag_error(lexer->parser->diags, "unterminated-string", span,
			   "syntax: unterminated string in the attach point");
		lexer->failed = true;
	}
	strbuf_free(&field);
	return point;
}

/* --- look-ahead --- */

static const char *skip_blanks(const char *text)
{
	for (;;) {
		text += strspn(text, " \t\r\n");
		if (text[0] == '/' && text[1] == '/') {
			text += strcspn(text, "\n");
		} else if (text[0] == '/' && text[1] == '*') {
			const char *end = strstr(text + 2, "*/");

			text = end ? end + 2 : text + strlen(text);
		} else {
			return text;
		}
	}
}

bool scan_ends_predicate(const char *text)
{
	return *skip_blanks(text + 1) == '{';
}

static bool is_word_start(char c)
{
	return isalpha((unsigned char)c) || c == '_';
}

static size_t word_length(const char *text)
{
	size_t len = 0;

	if (!is_word_start(*text))
		return 0;
	while (isalnum((unsigned char)text[len]) || text[len] == '_')
		len++;
	return len;
}

bool scan_is_member(const char *text)
{
	size_t len = word_length(text);

	text = skip_blanks(text + len);
	return len && text[0] == '=' && text[1] != '=';
}

static bool is_word(const char *text, size_t len, const char *word)
{
	return strlen(word) == len && !strncmp(text, word, len);
}

bool scan_is_else(const char *text)
{
	text = skip_blanks(text);
	return is_word(text, word_length(text), "else");
}

static bool is_builtin(const char *text, size_t len)
{
	char name[32];
	uint32_t index;

	if (len >= sizeof(name))
		return false;
	memcpy(name, text, len);
	name[len] = '\0';
	return lang_find_builtin(name, &index) != NULL;
}

/* What stands between a parenthesis and the next one, if it reads as a type. */
struct type_look {
	bool is_type; /* words and suffixes only */
	bool is_certain; /* it cannot be an expression: keyword, own type, several words, or "*"
			    before the end */
	bool is_builtin;
	const char *end; /* behind it */
};

/* Behind a backslash, where the line's end is: 0 if the line does not go on there, as at the end of
 * the text, where there is nothing to go on with. */
static size_t continuation(const char *text)
{
	size_t end = *text == '\\' ? strspn(text + 1, "\r") + 1 : 0;

	return end && text[end] == '\n' && text[end + 1] ? end : 0;
}

/* The last character of the string, or of C's character, that begins here. */
static const char *quoted_end(const char *text)
{
	char quote = *text;

	for (text++; *text && *text != quote && *text != '\n'; text++) {
		if (continuation(text))
			text += continuation(text);
		else if (*text == '\\' && text[1] && text[1] != '\n')
			text++;
	}
	return *text == quote ? text : text - 1;
}

/* "(...)" behind typeof: the text behind its parenthesis, or NULL. */
static const char *skip_parentheses(const char *text)
{
	int depth = 0;

	if (*text != '(')
		return NULL;
	for (; *text; text = skip_blanks(text + 1)) {
		if (*text == '"')
			text = quoted_end(text);
		else if (*text == '(')
			depth++;
		else if (*text == ')' && !--depth)
			return text + 1;
	}
	return NULL;
}

/* Words that begin an expression, and are no type's name. */
static bool is_value_word(const char *text, size_t len)
{
	return is_word(text, len, "true") || is_word(text, len, "false") ||
	       is_word(text, len, "comptime");
}

/* The language's own types: no expression has such a name. */
static bool is_own_type(const char *text, size_t len)
{
	static const char *const names[] = {"int8",   "int16",  "int32",  "int64",  "uint8",
					    "uint16", "uint32", "uint64", "string", "bool"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is_word(text, len, names[i]))
			return true;
	return false;
}

static const char *look_at_words(const char *text, struct type_look *look)
{
	static const char *const keywords[] = {"struct", "union", "enum"};
	int words = 0;

	for (;;) {
		size_t len = word_length(text);

		if (!len)
			break;
		if (is_value_word(text, len))
			return text;
		if (is_word(text, len, "typeof")) {
			const char *behind = skip_parentheses(skip_blanks(text + len));

			look->is_certain = true;
			look->is_type = behind != NULL;
			return behind ? skip_blanks(behind) : text;
		}
		for (size_t i = 0; i < 3; i++)
			look->is_certain |= is_word(text, len, keywords[i]);
		look->is_certain |= is_own_type(text, len);
		look->is_builtin |= is_builtin(text, len);
		text = skip_blanks(text + len);
		words++;
	}
	look->is_type = words > 0;
	look->is_certain |= words > 1;
	return text;
}

static struct type_look look_at_type(const char *text)
{
	struct type_look look = {0};

	text = look_at_words(skip_blanks(text), &look);
	while (look.is_type && (*text == '*' || *text == '[')) {
		if (*text == '*') {
			text = skip_blanks(text + 1);
			/* Only a type has "*" with nothing behind it. */
			if (*text == ')' || *text == ',' || *text == '[')
				look.is_certain = true;
			continue;
		}
		text = skip_blanks(text + 1);
		text = skip_blanks(text + strspn(text, "0123456789"));
		if (*text != ']') {
			look.is_type = false;
			break;
		}
		if (text[-1] == '[')
			look.is_certain = true;
		text = skip_blanks(text + 1);
	}
	look.end = text;
	return look;
}

/* Whether an operand can begin here, so that a parenthesis before it was a cast. */
static bool starts_operand(const char *text, bool in_head)
{
	if (*text == '{')
		return !in_head;
	if (text[0] == '&')
		return text[1] == '@' || text[1] == '$';
	if (text[0] == '-' && text[1] == '-')
		return text[2] == '@' || text[2] == '$';
	if (text[0] == '-' || text[0] == '*')
		return !strchr("=>", text[1]) && !isspace((unsigned char)text[1]);
	if (text[0] == '+')
		return text[1] == '+' && (text[2] == '@' || text[2] == '$');
	if (text[0] == '!')
		return text[1] != '=';
	return is_word_start(*text) || isdigit((unsigned char)*text) ||
	       (*text && strchr("$@\"(~", *text));
}

bool scan_is_cast(const char *text, bool in_head)
{
	struct type_look look = look_at_type(text + 1);

	if (!look.is_type || *look.end != ')')
		return false;
	if (look.is_certain)
		return true;
	return !look.is_builtin && starts_operand(skip_blanks(look.end + 1), in_head);
}

bool scan_is_type_operand(const char *text)
{
	struct type_look look = look_at_type(text + 1);

	return look.is_type && (*look.end == ')' || *look.end == ',');
}

/* --- C text --- */

/* A preprocessor line, with its continuations, and the lines that a comment takes up in it; -1 if
 * that is not closed. */
static long directive_length(const char *text)
{
	const char *in = text, *comment_end;
	bool in_comment = false;

	for (; *in && *in != '\n'; in++) {
		if (continuation(in)) {
			in += continuation(in);
		} else if (in_comment) {
			continue;
		} else if (*in == '"' || *in == '\'') {
			in = quoted_end(in);
		} else if (in[0] == '/' && in[1] == '*') {
			comment_end = strstr(in + 2, "*/");
			if (!comment_end)
				return -1;
			in = comment_end + 1;
		} else {
			in_comment = in[0] == '/' && in[1] == '/';
		}
	}
	return in - text;
}

/* Up to the semicolon behind a typedef or braced definition; a definition may also end at its
 * brace. */
static long definition_length(const char *text, bool is_typedef)
{
	const char *in = text;
	int depth = 0;

	for (; *in; in++) {
		if (in[0] == '/' && (in[1] == '/' || in[1] == '*')) {
			in = skip_blanks(in) - 1;
		} else if (*in == '"' || *in == '\'') {
			in = quoted_end(in);
		} else if (*in == '{') {
			depth++;
		} else if (*in == '}' && !--depth && !is_typedef) {
			const char *behind = skip_blanks(in + 1);

			while (!strncmp(behind, "__attribute__", 13)) {
				behind = skip_parentheses(skip_blanks(behind + 13));
				if (!behind)
					return -1;
				in = behind - 1;
				behind = skip_blanks(behind);
			}
			return (*behind == ';' ? behind + 1 : in + 1) - text;
		} else if (*in == ';' && !depth) {
			return in + 1 - text;
		}
	}
	return -1;
}

static bool is_at_line_start(const struct source *source, uint32_t offset)
{
	while (offset && strchr(" \t", source->text[offset - 1]))
		offset--;
	return !offset || source->text[offset - 1] == '\n';
}

long scan_preamble(const struct source *source, uint32_t offset)
{
	static const char *const words[] = {"struct", "union", "enum", "typedef"};
	const char *text = source->text + offset;
	size_t len = word_length(text);

	if (*text == '#')
		return is_at_line_start(source, offset) ? directive_length(text) : 0;
	for (size_t i = 0; i < 4; i++)
		if (is_word(text, len, words[i]) &&
		    (text[len] == '{' || skip_blanks(text + len) > text + len))
			return definition_length(text, i == 3);
	return 0;
}

enum top_word scan_top_word(const char *text, size_t *len)
{
	const char *behind;

	*len = word_length(text);
	behind = skip_blanks(text + *len);
	if (is_word(text, *len, "config") && (behind[0] == '=' || behind[0] == '{'))
		return TOP_CONFIG;
	if (is_word(text, *len, "import") && (behind[0] == '"' || is_word_start(behind[0])))
		return TOP_IMPORT;
	if (is_word(text, *len, "let") && (behind[0] == '@' || behind[0] == '$'))
		return TOP_LET;
	if (is_word(text, *len, "macro") && behind > text + *len && is_word_start(behind[0]))
		return TOP_MACRO;
	return TOP_OTHER;
}
