/*
 * Any bytes as a script: read, macros expanded, the tree dumped and formatted. The formatted text
 * must give the same tree, and format to itself.
 */
#include "ast/dump.h"
#include "ast/format.h"
#include "parser/parser.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct attempt {
	struct arena *arena;
	struct diags *diags;
	struct parser parser;
	struct script *script;
	struct strbuf tree, text; /* dump; formatted, of a script without errors */
};

static bool has_errors(const struct attempt *attempt)
{
	return diags_count(attempt->diags, DIAG_ERROR) > 0;
}

static void parse(struct attempt *attempt, const char *text, size_t len)
{
	static const char *const params[] = {"7", "text"};
	struct arena *arena = arena_new();
	struct sources *sources = sources_new(arena);
	struct diags *diags = diags_new(arena, sources);
	const struct source *source = sources_add(sources, "stdin", text, len);

	*attempt = (struct attempt){
		.arena = arena,
		.diags = diags,
		.parser = {arena, sources, diags, params, 2, false},
	};
	attempt->script = parse_script(&attempt->parser, source);
	ast_dump_script(attempt->script, &attempt->tree);
	if (!has_errors(attempt))
		ast_format(attempt->script, source, &attempt->text);
}

static void attempt_free(struct attempt *attempt)
{
	strbuf_free(&attempt->tree);
	strbuf_free(&attempt->text);
	arena_free(attempt->arena);
}

static void check_same(const struct strbuf *before, const struct strbuf *after)
{
	if (before->len == after->len &&
	    (!before->len || !memcmp(before->data, after->data, before->len)))
		return;
	fprintf(stderr, "before:\n%s\nafter:\n%s\n", strbuf_str(before), strbuf_str(after));
	abort();
}

static void check_format(const struct attempt *attempt)
{
	struct attempt again;

	parse(&again, strbuf_str(&attempt->text), attempt->text.len);
	diags_render(again.diags, stderr, &(struct diag_style){0});
	check_same(&attempt->tree, &again.tree);
	check_same(&attempt->text, &again.text);
	attempt_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct attempt attempt;

	parse(&attempt, (const char *)data, size);
	if (!has_errors(&attempt)) {
		check_format(&attempt);
		expand_macros(&attempt.parser, attempt.script);
	}
	if (!has_errors(&attempt))
		ast_dump_script(attempt.script, &attempt.tree);
	attempt_free(&attempt);
	return 0;
}
