/* What can be done with an object that --emit-elf wrote, other than running it. */
#include "cli/cli.h"

#include "runtime/runtime.h"

static int no_script(const struct cli *cli)
{
	diag_say(stderr, &cli->style, DIAG_ERROR, "object",
		 "'%s' is an object: it holds no script text", cli->file);
	return cli->compat ? STATUS_USAGE : STATUS_SCRIPT;
}

static void print_plan(const struct plan *plan)
{
	struct strbuf dump = STRBUF_INIT;

	plan_dump(plan, &dump);
	fputs(strbuf_str(&dump), stdout);
	strbuf_free(&dump);
}

/* What every script may have, such as begin, says nothing of it. */
static bool is_told(const struct provider *provider)
{
	return !(provider->flags & PROVIDER_SPECIAL) || (provider->listed && *provider->listed);
}

void list_plan(struct compilation *compilation, const struct cli *cli, const struct plan *plan)
{
	struct plan_target previous = {0};

	for (size_t i = 0; i < plan->progs.len; i++) {
		const struct plan_prog *prog = &plan->progs.data[i];
		const struct provider *provider = provider_find(prog->provider);

		if (!provider || !is_told(provider))
			continue;
		for (size_t t = 0; t < prog->targets.len; t++)
			list_target(compilation, cli, provider, &prog->targets.data[t], &previous);
	}
}

int inspect_object(struct compilation *compilation, const struct cli *cli,
		   const struct input *input)
{
	bool wants_text =
		cli->stages & STAGES_COMPILE & ~STAGE_PLAN || cli->emit_elf || cli->emit_llvm;
	const char *error = "";

	if (wants_text || (cli->action != ACTION_RUN && cli->action != ACTION_LIST &&
			   cli->action != ACTION_CHECK))
		return no_script(cli);
	compilation->plan =
		runtime_read_plan(cli->arena, compilation->types, input->text, input->len, &error);
	if (!compilation->plan) {
		diag_say(stderr, &cli->style, DIAG_ERROR, "bad-object", "the object is damaged: %s",
			 error);
		return cli->compat ? STATUS_USAGE : STATUS_SCRIPT;
	}
	if (cli->action == ACTION_LIST)
		list_plan(compilation, cli, compilation->plan);
	if (cli->stages & STAGE_PLAN)
		print_plan(compilation->plan);
	return STATUS_OK;
}
