/* One text to one script or expression: sets up the scanner and runs the grammar. */
#include "parser/parser.h"

#include "parser/build.h"
#include "parser/parser.tab.h"

#include "lexer/lexer.yy.h"

static void parse(struct build *b, const struct source *source, int start)
{
	struct lexer lexer = {
		.parser = b->parser,
		.source = source,
		.start = start,
		.at_top = start == START_SCRIPT,
	};
	yyscan_t scanner;

	b->lexer = &lexer;
	if (yylex_init_extra(&lexer, &scanner))
		return;
	yy_scan_bytes(source->text, (int)source->len, scanner);
	yyparse(b, scanner);
	yylex_destroy(scanner);
}

struct script *parse_script(const struct parser *parser, const struct source *source)
{
	struct build b = {
		.parser = parser,
		.script = arena_new_object(parser->arena, struct script),
	};

	parse(&b, source, START_SCRIPT);
	return b.script;
}

struct expr *parse_expression(const struct parser *parser, const struct source *source)
{
	struct build b = {
		.parser = parser,
		.script = arena_new_object(parser->arena, struct script),
	};

	diags_mute(parser->diags, true);
	parse(&b, source, START_EXPR);
	diags_mute(parser->diags, false);
	return b.errors ? NULL : b.expr;
}
