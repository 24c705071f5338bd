/*
 * Brackets that are open, so that a missing one can be named, and what is dropped behind a syntax
 * error: the rest of the statement, or of the probe when the error stands before its block.
 */
#include "lexer/lexer.h"

#include "parser/build.h"
#include "parser/parser.tab.h"

int lexer_open(struct lexer *lexer, int token, struct span span)
{
	char kind = lexer->source->text[lexer->token];

	if (lexer->depth == LEXER_MAX_NESTING) {
		diag_error(lexer->parser->diags, "nesting-too-deep", span,
			   "syntax: brackets are nested more than %d deep", LEXER_MAX_NESTING);
		lexer->failed = true;
		return YYUNDEF;
	}
	lexer->open[lexer->depth++] = (struct bracket){kind, token == CAST_OPEN, lexer->token};
	return token;
}

/* How many brackets are open up to and including the innermost brace. */
static uint32_t depth_of_brace(const struct lexer *lexer, uint32_t depth)
{
	while (depth && lexer->open[depth - 1].kind != '{')
		depth--;
	return depth;
}

/* Forgets the brackets inside the innermost brace. */
static void drop_parentheses(struct lexer *lexer)
{
	uint32_t depth = depth_of_brace(lexer, lexer->depth);

	if (depth < lexer->depth)
		lexer->unclosed = lexer->open[lexer->depth - 1].offset + 1;
	lexer->depth = depth;
}

static void close_parenthesis(struct lexer *lexer, char opening)
{
	char innermost = lexer->depth ? lexer->open[lexer->depth - 1].kind : '{';

	lexer->closed_cast = innermost == opening && lexer->open[lexer->depth - 1].is_cast;
	if (innermost == opening)
		lexer->depth--;
	else if (innermost != '{')
		lexer->unclosed = lexer->open[lexer->depth - 1].offset + 1;
}

int lexer_close(struct lexer *lexer, int bracket)
{
	if (bracket == '}') {
		drop_parentheses(lexer);
		if (lexer->depth)
			lexer->depth--;
		if (!lexer->depth && !lexer->in_predicate)
			lexer->at_top = true;
		return bracket;
	}
	close_parenthesis(lexer, bracket == ')' ? '(' : '[');
	if (lexer->in_map_decl && !lexer->depth) {
		lexer->in_map_decl = false;
		lexer->at_top = true;
	}
	return bracket;
}

int lexer_end_statement(struct lexer *lexer)
{
	drop_parentheses(lexer);
	if (lexer->in_import && !lexer->depth) {
		lexer->in_import = false;
		lexer->at_top = true;
	}
	return ';';
}

void lexer_recover(struct lexer *lexer)
{
	uint32_t depth = lexer->depth;

	/* Nothing to drop: the statement ends here, or an item begins or is taken anew. */
	if (lexer->previous == ';' || lexer->previous == '}' || lexer->previous == YYEOF ||
	    lexer->at_top)
		return;
	if (depth && lexer->open[depth - 1].kind == '{' &&
	    lexer->open[depth - 1].offset == lexer->token)
		depth--;
	lexer->recovering = true;
	lexer->recover_depth = depth_of_brace(lexer, depth);
	if (!lexer->recover_depth)
		lexer->in_predicate = lexer->in_import = lexer->in_map_decl = false;
}

bool lexer_drops(struct lexer *lexer, int *token)
{
	if (!lexer->recovering)
		return false;
	if (*token == YYEOF) {
		lexer->recovering = false;
		return false;
	}
	/* Outside of braces: up to the end of the block that follows. */
	if (!lexer->recover_depth) {
		lexer->recovering = *token != '}' || lexer->depth;
		return true;
	}
	if (lexer->depth < lexer->recover_depth) {
		lexer->recovering = false;
		return false;
	}
	if (lexer->depth > lexer->recover_depth || (*token != ';' && *token != '}'))
		return true;
	/* A nested block has ended: so has the statement, unless its "else" follows. */
	if (*token == '}' && scan_is_else(lexer->source->text + lexer->offset))
		return true;
	*token = ';';
	lexer->recovering = false;
	return false;
}

uint32_t lexer_unclosed(const struct lexer *lexer)
{
	uint32_t depth = lexer->depth;

	if (lexer->previous == YYEOF && depth)
		return lexer->open[depth - 1].offset + 1;
	if (depth >= 2 && lexer->open[depth - 1].offset == lexer->token &&
	    lexer->open[depth - 1].kind == '{' && lexer->open[depth - 2].kind != '{')
		return lexer->open[depth - 2].offset + 1;
	return lexer->unclosed;
}
