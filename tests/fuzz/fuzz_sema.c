/*
 * Any bytes as a script, checked: names, types and the plan, without the probes of this machine
 * and its kernel's types, so that a finding is one everywhere. The messages are rendered too.
 */
#include "ast/dump.h"
#include "parser/parser.h"
#include "sema/sema.h"
#include "types/btf.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct sema_options *options, struct script *script)
{
	struct ast_unit unit = {0};
	struct strbuf text = STRBUF_INIT;
	struct plan *plan;

	if (!diags_count(options->diags, DIAG_ERROR)) {
		plan = sema_check(options, script, &unit);
		if (plan) {
			ast_dump_unit(&unit, &text);
			plan_dump(plan, &text);
			plan_write(plan, &text);
		}
	}
	strbuf_free(&text);
}

static void render(struct diags *diags)
{
	const struct diag_style style = {0};
	FILE *out = fopen("/dev/null", "w");

	diags_render(diags, out, &style);
	fclose(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const params[] = {"7", "text"};
	static const char *const named[] = {"name=5", "flag"};
	struct arena *arena = arena_new();
	struct sources *sources = sources_new(arena);
	struct diags *diags = diags_new(arena, sources);
	struct types *types = types_new(arena);
	struct plan_config config = plan_config_default();
	struct provider_env env = {.arena = arena, .types = types, .unsafe = true};
	struct parser parser = {arena, sources, diags, params, 2, false};
	struct sema_options options = {
		.arena = arena,
		.sources = sources,
		.diags = diags,
		.types = types,
		.env = &env,
		.params = params,
		.nparams = 2,
		.named = named,
		.nnamed = 2,
		.config = &config,
		.unsafe = true,
		.warnings = true,
		.check_only = true,
	};
	struct script *script;

	types_set_btf_path(types, "/dev/null");
	script = parse_script(&parser, sources_add(sources, "stdin", (const char *)data, size));
	if (!diags_count(diags, DIAG_ERROR))
		expand_macros(&parser, script);
	check(&options, script);
	render(diags);
	types_free(types);
	arena_free(arena);
	return 0;
}
