/*
 * Every event accounted for: the programs' per-CPU counters, what the kernel says it skipped, and
 * what was rendered here. For each probe fired = ran + filtered + missed, for each event sent =
 * rendered + lost.
 */
#include "runtime/internal.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <time.h>

#define SECOND_NS 1000000000u

static uint64_t counter(const struct run *run, uint32_t index)
{
	uint64_t *values, sum = 0;

	if (run->counters_fd < 0)
		return 0;
	values = calloc(run->ncpus, sizeof(*values));
	if (values && !bpf_map_lookup_elem(run->counters_fd, &index, values))
		for (unsigned cpu = 0; cpu < run->ncpus; cpu++)
			sum += values[cpu];
	free(values);
	return sum;
}

/* How often the kernel did not run the program: because one was running already on that CPU, or it
 * could not handle the probe. */
static uint64_t missed_by_kernel(const struct run *run, const struct bpf_program *prog)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len))
		return 0;
	return info.recursion_misses + provider_links_missed(run->links, info.id);
}

static uint64_t lost_events(const struct run *run)
{
	uint64_t lost = 0;

	for (uint32_t i = 0; i < run->plan->events.len; i++)
		lost += counter(run, plan_counter_lost(run->plan, i));
	return lost;
}

static void report_new_losses(struct run *run)
{
	uint64_t lost = lost_events(run);

	if (lost > run->lost_shown)
		output_lost(run->output, lost - run->lost_shown, lost);
	run->lost_shown = lost;
}

void run_report_losses(struct run *run)
{
	struct timespec now;
	uint64_t ns;

	if (!run->ring)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	ns = (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
	if (ns - run->lost_warning.last_ns < SECOND_NS)
		return;
	run->lost_warning.last_ns = ns;
	report_new_losses(run);
}

static size_t account_probes(const struct run *run, struct output_account_row *rows)
{
	const struct plan *plan = run->plan;

	for (uint32_t i = 0; i < plan->progs.len; i++) {
		const struct plan_prog *prog = &plan->progs.data[i];
		struct output_account_row *row = &rows[i];

		row->what = ACCOUNT_PROBE;
		row->name = prog->targets.len ? prog->targets.data[0].name : prog->name;
		row->ran = counter(run, plan_counter_ran(i));
		row->filtered = counter(run, plan_counter_filtered(i));
		/* What the kernel says of a session stands with its beginning. */
		row->missed = counter(run, plan_counter_missed(i)) +
			      (prog->session ? 0 : missed_by_kernel(run, run->progs[i]));
		row->total = row->ran + row->filtered + row->missed;
	}
	return plan->progs.len;
}

static size_t account_events(const struct run *run, struct output_account_row *rows)
{
	const struct plan *plan = run->plan;

	for (uint32_t i = 0; i < plan->events.len; i++) {
		const struct plan_place *place = &plan->events.data[i].place;
		struct output_account_row *row = &rows[i];

		row->what = ACCOUNT_EVENT;
		row->name = arena_printf(run->arena, "%s:%u:%u", place->file ? place->file : "?",
					 place->line, place->column);
		row->rendered = run->received[i];
		row->lost = counter(run, plan_counter_lost(plan, i));
		row->sent = counter(run, plan_counter_sent(plan, i)) + row->lost;
		row->total = row->sent;
	}
	return plan->events.len;
}

static size_t account_maps(const struct run *run, struct output_account_row *rows)
{
	const struct plan *plan = run->plan;
	size_t n = 0;

	for (uint32_t i = 0; i < plan->maps.len; i++, n++) {
		rows[n].what = ACCOUNT_MAP;
		rows[n].name = arena_printf(run->arena, "@%s", plan->maps.data[i].name);
		rows[n].refused = counter(run, plan_counter_refused(plan, i));
	}
	for (uint32_t i = 0; i < plan->stacks.len; i++, n++) {
		rows[n].what = ACCOUNT_STACK;
		rows[n].name = plan->stacks.data[i].kind == TYPE_KSTACK ? "kstack" : "ustack";
		rows[n].refused = counter(run, plan_counter_stack_refused(plan, i));
	}
	return n;
}

void run_account(struct run *run)
{
	const struct plan *plan = run->plan;
	size_t n = plan->progs.len + plan->events.len + plan->maps.len + plan->stacks.len;
	struct output_account_row *rows = arena_new_array(run->arena, struct output_account_row, n);
	uint64_t lost = 0;

	report_new_losses(run);
	n = account_probes(run, rows);
	n += account_events(run, rows + n);
	n += account_maps(run, rows + n);
	for (size_t i = 0; i < n; i++)
		lost += rows[i].missed + rows[i].lost + rows[i].refused;
	run->result->lost = lost;
	if (lost)
		output_accounting(run->output, rows, n);
}
