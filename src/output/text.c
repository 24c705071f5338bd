/* The text format: what people read (LANGUAGE.md 10.1 to 10.6, 10.8). */
#include "output/internal.h"

#define TAB_WIDTH 4

static void text_printf(struct output *output, const char *text, size_t len)
{
	strbuf_add(&output->record, text, len);
	output_put(output, output->out);
}

static void text_value(struct output *output, const struct type *type, const void *value)
{
	value_text(output, type, value, STYLE_TEXT, &output->record);
	strbuf_addc(&output->record, '\n');
	output_put(output, output->out);
}

/* --- maps --- */

static void put_name(struct output *output, const struct plan_map *map, const void *key)
{
	struct strbuf *out = &output->record;

	strbuf_addc(out, '@');
	strbuf_adds(out, map->name);
	if (!map->key)
		return;
	strbuf_addc(out, '[');
	key_text(output, map->key, key, STYLE_TEXT, out);
	strbuf_addc(out, ']');
}

static void put_shown(struct output *output, const struct type *type, const void *value,
		      uint64_t div)
{
	struct strbuf *out = &output->record;

	if (type->kind == TYPE_INT)
		put_integer(out, type->is_signed,
			    divide(type->is_signed, load_scalar(type, value), div));
	else if (type->kind == TYPE_STATS)
		stats_text(type, value, div, out);
	else if (type_is_castable_aggregate(type))
		put_integer(out, type->is_signed, aggregate_shown(type, value, div));
	else
		value_text(output, type, value, STYLE_TEXT, out);
}

/* A histogram or a time series: its name on a line of its own, a blank line behind it. */
static void put_chart(struct output *output, const struct plan_map *map,
		      const struct output_entry *entry, struct tseries_range range, uint64_t div)
{
	put_name(output, map, entry->key);
	strbuf_adds(&output->record, ":\n");
	if (map->value->kind == TYPE_TSERIES)
		tseries_text(map->value, entry->value, range, div, &output->record);
	else
		hist_text(map->value, entry->value, div, &output->record);
	strbuf_addc(&output->record, '\n');
}

static void text_map(struct output *output, const struct plan_map *map,
		     const struct output_entry *entries, size_t n, uint64_t div)
{
	struct tseries_range range = {0};

	if (map->value->kind == TYPE_TSERIES)
		range = tseries_range_of(map->value, entries, n);
	for (size_t i = 0; i < n; i++) {
		if (is_chart(map->value)) {
			put_chart(output, map, &entries[i], range, div);
		} else {
			put_name(output, map, entries[i].key);
			strbuf_adds(&output->record, ": ");
			put_shown(output, map->value, entries[i].value, div);
			strbuf_addc(&output->record, '\n');
		}
		output_put(output, output->out);
	}
}

/* --- messages --- */

void output_put_place(struct strbuf *out, const struct plan_place *place)
{
	if (!place->file)
		return;
	if (place->end_line > place->line)
		strbuf_addf(out, "%s:%u-%u: ", place->file, place->line, place->end_line);
	else
		strbuf_addf(out, "%s:%u:%u-%u: ", place->file, place->line, place->column,
			    place->end_column);
}

static void put_head(struct output *output, const struct plan_place *place,
		     enum diag_severity severity)
{
	output_put_place(&output->record, place);
	diag_put_severity(&output->record, &output->style, severity, "");
}

void output_put_source(struct strbuf *out, const struct plan_place *place)
{
	int64_t column = place->text_offset;
	size_t start = 0, width = 0;

	if (!place->text)
		return;
	for (const char *p = place->text; *p; p++) {
		size_t columns = *p == '\t' ? TAB_WIDTH : 1;

		if (++column < place->column)
			start += columns;
		else if (column < place->end_column)
			width += columns;
		if (*p == '\t')
			strbuf_fill(out, ' ', TAB_WIDTH);
		else
			strbuf_addc(out, *p);
	}
	strbuf_addc(out, '\n');
	if (!width || place->end_line > place->line)
		return;
	strbuf_fill(out, ' ', start);
	strbuf_fill(out, '~', width);
	strbuf_addc(out, '\n');
}

static void text_message(struct output *output, const struct plan_event *event, const char *text,
			 size_t len)
{
	put_head(output, &event->place, event->kind == EVENT_ERRORF ? DIAG_ERROR : DIAG_WARNING);
	strbuf_add(&output->record, text, len);
	if (!len || text[len - 1] != '\n')
		strbuf_addc(&output->record, '\n');
	if (event->kind == EVENT_ERRORF)
		output_put(output, output->err);
	else
		output_put_warning(output);
}

static void text_runtime_error(struct output *output, const struct plan_event *event,
			       const char *message, const char *helper, int64_t code,
			       uint64_t repeated)
{
	struct strbuf *out = &output->record;

	put_head(output, &event->place, event->kind == EVENT_ASSERT ? DIAG_ERROR : DIAG_WARNING);
	strbuf_adds(out, message);
	if (repeated > 1)
		strbuf_addf(out, " (%lu times)", repeated);
	strbuf_addc(out, '\n');
	if (helper)
		strbuf_addf(out, "Additional Info - helper: %s, retcode: %ld\n", helper, code);
	output_put_source(out, &event->place);
	if (event->kind == EVENT_ASSERT)
		output_put(output, output->err);
	else
		output_put_warning(output);
}

/* --- the rest --- */

static void text_text(struct output *output, enum output_text_kind kind, const char *text,
		      size_t len)
{
	strbuf_add(&output->record, text, len);
	if (kind != TEXT_TIME)
		strbuf_addc(&output->record, '\n');
	output_put(output, output->out);
}

static void text_attached(struct output *output, uint64_t n)
{
	strbuf_addf(&output->record, "Attached %lu probe%s\n", n, n == 1 ? "" : "s");
	output_put(output, output->err);
}

static void text_lost(struct output *output, uint64_t n, uint64_t total)
{
	(void)total;
	strbuf_addf(&output->record, "Lost %lu events\n", n);
	output_put(output, output->err);
}

/* What a test that passed printed is of no interest. */
static void text_test(struct output *output, const struct output_test *test)
{
	struct strbuf *out = &output->record;
	const char *line = test->text, *end = test->text + test->len;

	strbuf_addf(out, "%s %s", test->failure ? "FAIL" : "PASS", test->name);
	if (test->failure)
		strbuf_addf(out, ": %s", test->failure);
	strbuf_addc(out, '\n');
	while (test->failure && line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((newline ? newline : end) - line);

		strbuf_adds(out, "    ");
		strbuf_add(out, line, len);
		strbuf_addc(out, '\n');
		line += len + 1;
	}
	output_put(output, output->out);
}

static void text_tests_end(struct output *output, uint64_t passed, uint64_t failed)
{
	strbuf_addf(&output->record, "%lu passed, %lu failed\n", passed, failed);
	output_put(output, output->out);
}

static void text_bench(struct output *output, const char *name, uint64_t runs, double ns)
{
	strbuf_addf(&output->record, "%-32s %10.1f ns  (%lu runs)\n", name, ns, runs);
	output_put(output, output->out);
}

static void text_end(struct output *output)
{
	strbuf_adds(&output->record, "\n\n");
	output_put(output, output->out);
}

const struct output_ops output_text_ops = {
	.name = "text",
	.printf = text_printf,
	.value = text_value,
	.map = text_map,
	.message = text_message,
	.text = text_text,
	.attached = text_attached,
	.runtime_error = text_runtime_error,
	.lost = text_lost,
	.accounting = account_text,
	.test = text_test,
	.tests_end = text_tests_end,
	.bench = text_bench,
	.end = text_end,
};
