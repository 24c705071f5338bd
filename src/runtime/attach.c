/* Attaching, and running the programs that are not attached: begin, end, self, test, bench. */
#include "runtime/internal.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <poll.h>
#include <string.h>

static const struct provider *provider_of(const struct plan_prog *prog)
{
	return provider_find(prog->provider);
}

static bool is_special(const struct plan_prog *prog, const char *provider, const char *function)
{
	const char *target = prog->targets.len ? prog->targets.data[0].function : NULL;

	return !strcmp(prog->provider, provider) &&
	       (!function || (target && !strcmp(target, function)));
}

bool run_can_fire(const struct run *run)
{
	for (size_t i = 0; i < run->plan->progs.len; i++)
		if (run->attached[i] || is_special(&run->plan->progs.data[i], "self", NULL))
			return true;
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

/* A program that is being attached. */
struct attaching {
	const struct run *run;
	const struct plan_prog *prog;
	enum plan_missing missing;
	uint32_t nrefused;
	const char
		*why; /* NULL unless something that a pattern stood for was refused: of the last, */
	uint32_t target; /* which is this */
};

static bool report_refused(const struct attaching *attaching, uint32_t target, bool may_be_missing,
			   const char *why)
{
	const struct runtime_options *options = attaching->run->options;
	bool is_error = attaching->missing == MISSING_ERROR || !may_be_missing;

	if (is_error || (attaching->missing == MISSING_WARN && !options->style->no_warnings) ||
	    options->verbose)
		report(attaching->run, attaching->prog, is_error ? DIAG_ERROR : DIAG_WARNING,
		       attaching->prog->targets.data[target].name, why);
	if (is_error && may_be_missing)
		diag_say_hint(options->err, options->style,
			      "if it may be missing, set missing_probes = \"warn\" in "
			      "the config block");
	return !is_error;
}

static bool has_target_ended(const struct run *run)
{
	struct pollfd end = {.fd = run->target_fd, .events = POLLIN};

	return run->target_fd >= 0 && poll(&end, 1, 0) > 0;
}

/* One of many that a pattern stands for may be left out; others as missing_probes has it. Nothing
 * can be attached to a process that has ended meanwhile, and nothing need be. */
static bool refused(void *data, uint32_t target, int error, const char *why)
{
	struct attaching *attaching = data;
	const struct plan_target *refused = &attaching->prog->targets.data[target];

	attaching->nrefused++;
	if (error == -ESRCH && has_target_ended(attaching->run))
		return true;
	if (!refused->is_match || !provider_blames_target(error))
		return report_refused(attaching, target, provider_blames_target(error), why);
	attaching->why = why;
	attaching->target = target;
	if (attaching->run->options->verbose)
		report(attaching->run, attaching->prog, DIAG_WARNING, refused->name, why);
	return true;
}

static void tell_targets(FILE *out, const struct plan_prog *prog)
{
	fprintf(out, "Attaching %s", prog->targets.data[0].name);
	if (prog->targets.len > 1)
		fprintf(out, " and %zu more", prog->targets.len - 1);
	fputc('\n', out);
}

static bool attach_prog(struct run *run, uint32_t index, struct attaching *attaching)
{
	const struct plan_prog *prog = &run->plan->progs.data[index];
	const struct runtime_options *options = run->options;
	const struct provider_attach attach = {
		.prog = prog,
		.bpf = run->progs[index],
		.prog_fd = bpf_program__fd(run->progs[index]),
		.pid = options->pid ? options->pid : run->child,
		.env = options->env,
		.links = run->links,
		.arena = run->arena,
		.refused = refused,
		.data = attaching,
	};
	bool ok;

	*attaching = (struct attaching){
		.run = run,
		.prog = prog,
		.missing = run->plan->config.missing_probes,
	};

	if (options->verbose)
		tell_targets(options->err, prog);
	ok = provider_of(prog)->attach(&attach);
	if (!ok)
		run->result->status = RUNTIME_ATTACH_FAILED;
	run->attached[index] = (uint32_t)prog->targets.len - attaching->nrefused;
	return ok;
}

/* Whether two programs are of one attach point: a pattern may have a program for each function. */
static bool is_same_point(const struct plan_prog *a, const struct plan_prog *b)
{
	return a->place.line == b->place.line && a->place.column == b->place.column &&
	       !strcmp(a->place.file, b->place.file);
}

/* Of a pattern something must be left; where nothing is, that is told once. */
static bool check_pattern(struct run *run, const struct attaching *all, uint32_t index)
{
	const struct plan_prog *progs = run->plan->progs.data;

	for (uint32_t i = 0; i < run->plan->progs.len; i++)
		if (is_same_point(&progs[i], &progs[index]) &&
		    (run->attached[i] || (i < index && all[i].why)))
			return true;
	if (report_refused(&all[index], all[index].target, true, all[index].why))
		return true;
	run->result->status = RUNTIME_ATTACH_FAILED;
	return false;
}

/* The end of a session is attached with its beginning. */
static void count_sessions(struct run *run)
{
	for (uint32_t i = 0; i < run->plan->progs.len; i++)
		if (run->plan->progs.data[i].session)
			run->attached[i] = run->attached[run->plan->progs.data[i].session - 1];
}

static bool know_providers(struct run *run)
{
	for (size_t i = 0; i < run->plan->progs.len; i++) {
		const struct plan_prog *prog = &run->plan->progs.data[i];

		if (provider_of(prog))
			continue;
		run_error(run, "bad-object", "no provider is called %s here", prog->provider);
		run->result->status = RUNTIME_BAD_OBJECT;
		return false;
	}
	return true;
}

static bool is_attachable(const struct plan_prog *prog, bool newest_first)
{
	uint32_t flags = provider_of(prog)->flags;

	return !(flags & PROVIDER_SPECIAL) && !prog->session &&
	       !(flags & PROVIDER_NEWEST_FIRST) == !newest_first;
}

/* In the order that lets bodies at one place run in the order of the source. */
bool run_attach(struct run *run)
{
	uint32_t n = (uint32_t)run->plan->progs.len;
	struct attaching *all = arena_new_array(run->arena, struct attaching, n);

	if (!know_providers(run))
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (is_attachable(&run->plan->progs.data[i], false) &&
		    !attach_prog(run, i, &all[i]))
			return false;
	for (uint32_t i = n; i-- > 0;)
		if (is_attachable(&run->plan->progs.data[i], true) && !attach_prog(run, i, &all[i]))
			return false;
	for (uint32_t i = 0; i < n; i++)
		if (all[i].why && !check_pattern(run, all, i))
			return false;
	count_sessions(run);
	return true;
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
