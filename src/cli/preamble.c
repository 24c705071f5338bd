/* The script's C preamble on its way to the types, and its macros on their way back to the parser.
 */
#include "cli/cli.h"

#include "parser/parser.h"
#include "types/cdefs.h"

#include <stdlib.h>
#include <string.h>

/* A setting's variable under either of its names. */
static const char *environment(const char *sonde, const char *bpftrace)
{
	const char *value = getenv(sonde);

	return value ? value : getenv(bpftrace);
}

bool load_preamble(const struct compilation *compilation, const struct cli *cli,
		   const struct script *script, const char *directory)
{
	struct cdefs_options options = {
		.diags = compilation->diags,
		.sources = compilation->sources,
		.directory = directory,
		.include_dirs = cli->include_dirs.data,
		.ninclude_dirs = cli->include_dirs.len,
		.includes = cli->includes.data,
		.nincludes = cli->includes.len,
		.kernel_source = environment("SONDE_KERNEL_SOURCE", "BPFTRACE_KERNEL_SOURCE"),
		.kernel_build = environment("SONDE_KERNEL_BUILD", "BPFTRACE_KERNEL_BUILD"),
	};
	size_t n = script->preambles.len;
	struct cdefs_piece *pieces = arena_new_array(compilation->arena, struct cdefs_piece, n);

	for (size_t i = 0; i < n; i++) {
		pieces[i].span = script->preambles.data[i].span;
		pieces[i].text = script->preambles.data[i].text;
	}
	return types_load_preamble(compilation->types, &options, pieces, n);
}

struct expr *parse_macro(void *data, const char *name, const struct types_macro *macro)
{
	const struct compilation *compilation = data;
	struct parser parser = {
		.arena = compilation->arena,
		.sources = compilation->sources,
		.diags = compilation->diags,
	};
	const struct source *source =
		sources_add(compilation->sources, name, macro->body, strlen(macro->body));

	return source && *macro->body ? parse_expression(&parser, source) : NULL;
}
