/* Attaching, and running the programs that are not attached: begin, end, self, test, bench. */
#include "runtime/internal.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

static const struct provider *provider_of(const struct plan_prog *prog)
{
	return provider_find(prog->provider);
}

bool run_has_attachable(const struct run *run)
{
	for (size_t i = 0; i < run->plan->progs.len; i++) {
		const struct provider *provider = provider_of(&run->plan->progs.data[i]);

		if (provider && !(provider->flags & PROVIDER_SPECIAL))
			return true;
	}
	return false;
}

static void report(const struct run *run, const struct plan_prog *prog, enum diag_severity severity,
		   const char *name, const char *error)
{
	struct strbuf text = STRBUF_INIT;

	output_put_place(&text, &prog->place);
	diag_put_severity(&text, run->options->style, severity, "attach");
	strbuf_addf(&text, "cannot attach %s: %s\n", name, error);
	output_put_source(&text, &prog->place);
	fputs(strbuf_str(&text), run->options->err);
	strbuf_free(&text);
}

/* Takes the target at @index out of the program, as missing_probes allows. */
static void drop_target(struct plan_prog *prog, uint32_t *indices, uint32_t index)
{
	size_t behind = prog->targets.len - index - 1;

	memmove(&prog->targets.data[index], &prog->targets.data[index + 1],
		behind * sizeof(prog->targets.data[0]));
	memmove(&indices[index], &indices[index + 1], behind * sizeof(*indices));
	prog->targets.len--;
}

/* A copy to drop targets from: others look at the plan's. */
static void copy_targets(struct arena *arena, struct plan_prog *prog, uint32_t *indices)
{
	prog->targets.data = arena_memdup(arena, prog->targets.data,
					  prog->targets.len * sizeof(prog->targets.data[0]));
	for (uint32_t i = 0; i < prog->targets.len; i++)
		indices[i] = i;
}

static bool attach_prog(struct run *run, uint32_t index)
{
	struct plan_prog prog = run->plan->progs.data[index];
	uint32_t *indices = arena_new_array(run->arena, uint32_t, prog.targets.len);
	const struct runtime_options *options = run->options;
	enum plan_missing missing = run->plan->config.missing_probes;
	struct provider_attach attach = {
		.prog = &prog,
		.bpf = run->progs[index],
		.prog_fd = bpf_program__fd(run->progs[index]),
		.pid = options->pid ? options->pid : run->child,
		.env = options->env,
		.links = run->links,
		.arena = run->arena,
		.indices = indices,
	};

	copy_targets(run->arena, &prog, indices);
	while (prog.targets.len) {
		const char *error = "";
		uint32_t failed = 0;
		int result;

		if (options->verbose)
			fprintf(options->err, "Attaching %s\n", prog.targets.data[0].name);
		result = provider_of(&prog)->attach(&attach, &error, &failed);
		if (!result)
			break;
		if (missing == MISSING_ERROR ||
		    (missing == MISSING_WARN && !options->style->no_warnings) || options->verbose)
			report(run, &prog, missing == MISSING_ERROR ? DIAG_ERROR : DIAG_WARNING,
			       prog.targets.data[failed].name, error);
		if (missing == MISSING_ERROR) {
			fprintf(options->err,
				"HINT: if it may be missing, set missing_probes = \"warn\" in "
				"the config block\n");
			run->result->status = RUNTIME_ATTACH_FAILED;
			return false;
		}
		drop_target(&prog, indices, failed);
	}
	run->attached[index] = (uint32_t)prog.targets.len;
	return true;
}

bool run_attach(struct run *run)
{
	for (uint32_t i = 0; i < run->plan->progs.len; i++) {
		const struct provider *provider = provider_of(&run->plan->progs.data[i]);

		if (!provider) {
			run_error(run, "bad-object", "no provider is called %s here",
				  run->plan->progs.data[i].provider);
			run->result->status = RUNTIME_BAD_OBJECT;
			return false;
		}
		if (!(provider->flags & PROVIDER_SPECIAL) && !attach_prog(run, i))
			return false;
	}
	return true;
}

static bool is_special(const struct plan_prog *prog, const char *provider, const char *function)
{
	const char *target = prog->targets.len ? prog->targets.data[0].function : NULL;

	return !strcmp(prog->provider, provider) &&
	       (!function || (target && !strcmp(target, function)));
}

bool run_special(struct run *run, const char *provider, const char *function)
{
	for (size_t i = 0; i < run->plan->progs.len; i++) {
		const struct plan_prog *prog = &run->plan->progs.data[i];
		LIBBPF_OPTS(bpf_test_run_opts, opts);
		int error;

		if (!is_special(prog, provider, function))
			continue;
		error = bpf_prog_test_run_opts(bpf_program__fd(run->progs[i]), &opts);
		if (error) {
			report(run, prog, DIAG_ERROR, prog->targets.data[0].name, strerror(-error));
			run->result->status = RUNTIME_ATTACH_FAILED;
			return false;
		}
	}
	return true;
}
