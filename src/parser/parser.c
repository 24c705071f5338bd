/* One text to one script or expression: sets up the scanner and runs the grammar. */
#include "parser/parser.h"

#include "parser/build.h"
#include "parser/parser.tab.h"

#include "lexer/lexer.yy.h"

#include <string.h>

#define MAX_ERRORS 20 /* of one text */

static void parse(struct build *b, const struct source *source, int start)
{
	struct lexer lexer = {
		.parser = b->parser,
		.source = source,
		.start = start,
		.at_top = start == START_SCRIPT,
		.most_errors = diags_count(b->parser->diags, DIAG_ERROR) + MAX_ERRORS,
	};
	yyscan_t scanner;

	b->lexer = &lexer;
	if (yylex_init_extra(&lexer, &scanner))
		return;
	yy_scan_bytes(source->text, (int)source->len, scanner);
	yyparse(b, scanner);
	yylex_destroy(scanner);
}

/* A NUL byte does not occur in scripts, but in most files that are not scripts. */
static bool is_text(const struct parser *parser, const struct source *source)
{
	const char *nul = memchr(source->text, '\0', source->len);
	uint32_t offset = nul ? (uint32_t)(nul - source->text) : 0;

	if (nul)
		diag_error(parser->diags, "not-text",
			   (struct span){source->base + offset, source->base + offset + 1},
			   "syntax: there is a NUL byte in the text: this is not a script");
	return !nul;
}

struct script *parse_script(const struct parser *parser, const struct source *source)
{
	struct build b = {
		.parser = parser,
		.script = arena_new_object(parser->arena, struct script),
	};

	if (is_text(parser, source))
		parse(&b, source, START_SCRIPT);
	return b.script;
}

struct expr *parse_expression(const struct parser *parser, const struct source *source)
{
	struct parser quiet = *parser;
	struct build b = {
		.parser = &quiet,
		.script = arena_new_object(parser->arena, struct script),
	};

	quiet.diags = diags_new(parser->arena, parser->sources);
	parse(&b, source, START_EXPR);
	return diags_count(quiet.diags, DIAG_ERROR) ? NULL : b.expr;
}
