/* Any bytes as a script: read, macros expanded, the tree dumped and formatted. */
#include "ast/dump.h"
#include "ast/format.h"
#include "parser/parser.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const params[] = {"7", "text"};
	struct arena *arena = arena_new();
	struct sources *sources = sources_new(arena);
	struct diags *diags = diags_new(arena, sources);
	struct parser parser = {arena, sources, diags, params, 2, false};
	const struct source *source = sources_add(sources, "stdin", (const char *)data, size);
	struct script *script = parse_script(&parser, source);
	struct strbuf text = STRBUF_INIT;

	ast_dump_script(script, &text);
	if (!diags_count(diags, DIAG_ERROR))
		ast_format(script, source, &text);
	if (!diags_count(diags, DIAG_ERROR))
		expand_macros(&parser, script);
	if (!diags_count(diags, DIAG_ERROR))
		ast_dump_script(script, &text);
	strbuf_free(&text);
	arena_free(arena);
	return 0;
}
