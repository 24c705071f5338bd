/*
 * The summary at the end of a run in which something was lost (LANGUAGE.md 14.1): what, how much of
 * how much, and what helps. Rows without a loss are not in the text; JSON has them all.
 */
#include "output/internal.h"

struct kind {
	const char *plural; /* JSON */
	const char *hint;
};

static const struct kind kinds[] = {
	[ACCOUNT_PROBE] = {"probes",
			   "A probe is missed while another runs on the same CPU (attach to fewer "
			   "probes, or shorten their bodies); a kretprobe also while many calls "
			   "of its function have not returned."},
	[ACCOUNT_EVENT] = {"events",
			   "Events are lost while the ring buffer is full; a larger perf_rb_pages "
			   "holds more, e.g. config = { perf_rb_pages = 4096 }."},
	[ACCOUNT_MAP] = {"maps",
			 "A full map takes no new keys; set a larger max_map_keys, or declare the "
			 "map with more entries, e.g. let @a = hash(100000)."},
	[ACCOUNT_STACK] = {"stacks",
			   "The table of stacks was full; a larger max_map_keys makes room for "
			   "more of them."},
};

#define KINDS (sizeof(kinds) / sizeof(*kinds))

static uint64_t loss(const struct output_account_row *row)
{
	switch (row->what) {
	case ACCOUNT_PROBE:
		return row->missed;
	case ACCOUNT_EVENT:
		return row->lost;
	case ACCOUNT_MAP:
	case ACCOUNT_STACK:
		return row->refused;
	}
	return 0;
}

static const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* --- text --- */

static void put_row(struct output *output, const struct output_account_row *row)
{
	struct strbuf *out = &output->record;
	uint64_t n = loss(row);

	diag_put_severity(out, &output->style, DIAG_WARNING, "");
	switch (row->what) {
	case ACCOUNT_PROBE:
		strbuf_addf(out, "%s: missed %lu of %lu firings (%lu ran, %lu filtered out)\n",
			    row->name, n, row->total, row->ran, row->filtered);
		break;
	case ACCOUNT_EVENT:
		strbuf_addf(out, "%s: lost %lu of %lu events (%lu rendered)\n", row->name, n,
			    row->total, row->rendered);
		break;
	case ACCOUNT_MAP:
		strbuf_addf(out, "%s: refused %lu update%s\n", row->name, n, plural(n));
		break;
	case ACCOUNT_STACK:
		strbuf_addf(out, "%s: lost the frames of %lu stack%s\n", row->name, n, plural(n));
		break;
	}
}

static void put_total(struct output *output, const struct output_account_row *rows, size_t n)
{
	uint64_t total = 0;

	for (size_t i = 0; i < n; i++)
		total += rows[i].what == ACCOUNT_EVENT ? rows[i].lost : 0;
	if (!total)
		return;
	diag_put_severity(&output->record, &output->style, DIAG_WARNING, "");
	strbuf_addf(&output->record, "Total lost event count: %lu\n", total);
}

void account_text(struct output *output, const struct output_account_row *rows, size_t n)
{
	bool is_needed[KINDS] = {false};

	for (size_t i = 0; i < n; i++) {
		if (!loss(&rows[i]))
			continue;
		put_row(output, &rows[i]);
		is_needed[rows[i].what] = true;
	}
	put_total(output, rows, n);
	for (size_t i = 0; i < KINDS; i++)
		if (is_needed[i])
			strbuf_addf(&output->record, "HINT: %s\n", kinds[i].hint);
	output_put_warning(output);
}

/* --- JSON --- */

static void json_row(struct strbuf *out, const struct output_account_row *row)
{
	strbuf_adds(out, "{\"name\": ");
	json_string(out, row->name, strlen(row->name));
	switch (row->what) {
	case ACCOUNT_PROBE:
		strbuf_addf(out,
			    ", \"fired\": %lu, \"ran\": %lu, \"filtered\": %lu, \"missed\": %lu",
			    row->total, row->ran, row->filtered, row->missed);
		break;
	case ACCOUNT_EVENT:
		strbuf_addf(out, ", \"sent\": %lu, \"rendered\": %lu, \"lost\": %lu", row->sent,
			    row->rendered, row->lost);
		break;
	case ACCOUNT_MAP:
	case ACCOUNT_STACK:
		strbuf_addf(out, ", \"refused\": %lu", row->refused);
		break;
	}
	strbuf_addc(out, '}');
}

void account_json(struct output *output, const struct output_account_row *rows, size_t n)
{
	struct strbuf *out = &output->record;

	put_total(output, rows, n);
	if (out->len)
		output_put_warning(output);
	strbuf_adds(out, "{\"type\": \"accounting\", \"data\": {");
	for (size_t kind = 0; kind < KINDS; kind++) {
		const char *separator = "";

		strbuf_addf(out, "%s\"%s\": [", kind ? ", " : "", kinds[kind].plural);
		for (size_t i = 0; i < n; i++) {
			if (rows[i].what != kind)
				continue;
			strbuf_adds(out, separator);
			json_row(out, &rows[i]);
			separator = ", ";
		}
		strbuf_addc(out, ']');
	}
	strbuf_adds(out, "}}\n");
	output_put(output, output->out);
}
