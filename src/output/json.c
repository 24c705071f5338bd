/* The JSON format: one object on one line for each event (LANGUAGE.md 10.7). */
#include "output/internal.h"

static void open_line(struct output *output, const char *type)
{
	strbuf_adds(&output->record, "{\"type\": \"");
	strbuf_adds(&output->record, type);
	strbuf_addc(&output->record, '"');
}

static void open_data(struct output *output, const char *type)
{
	open_line(output, type);
	strbuf_adds(&output->record, ", \"data\": ");
}

static void close_line(struct output *output)
{
	strbuf_adds(&output->record, "}\n");
	output_put(output, output->out);
}

static void data_string(struct output *output, const char *type, const char *text, size_t len)
{
	open_data(output, type);
	json_string(&output->record, text, len);
	close_line(output);
}

static void json_printf(struct output *output, const char *text, size_t len)
{
	data_string(output, "printf", text, len);
}

static void json_value_line(struct output *output, const struct type *type, const void *value)
{
	open_data(output, "value");
	json_value(output, type, value, &output->record);
	close_line(output);
}

/* --- maps --- */

static const char *map_type(const struct type *value)
{
	if (is_average(value))
		return "stats";
	if (is_histogram(value))
		return "hist";
	return value->kind == TYPE_TSERIES ? "tseries" : "map";
}

/* Two texts in one string. */
static void put_string(struct output *output, const char *prefix, const char *text)
{
	strbuf_clear(&output->field);
	strbuf_adds(&output->field, prefix);
	strbuf_adds(&output->field, text);
	json_string(&output->record, strbuf_str(&output->field), output->field.len);
}

static void put_key(struct output *output, const struct type *type, const void *key)
{
	strbuf_clear(&output->field);
	key_text(output, type, key, STYLE_COMPACT, &output->field);
	json_string(&output->record, strbuf_str(&output->field), output->field.len);
	strbuf_adds(&output->record, ": ");
}

static void put_shown(struct output *output, const struct type *type, const void *value,
		      struct tseries_range range, uint64_t div)
{
	struct strbuf *out = &output->record;

	if (type->kind == TYPE_INT)
		json_integer(out, type->is_signed,
			     divide(type->is_signed, load_scalar(type, value), div));
	else if (is_average(type))
		json_average(type, value, div, out);
	else if (is_histogram(type))
		hist_json(type, value, div, out);
	else if (type->kind == TYPE_TSERIES)
		tseries_json(type, value, range, div, out);
	else if (type_is_aggregate(type))
		json_integer(out, type->is_signed, aggregate_shown(type, value, div));
	else
		json_value(output, type, value, out);
}

static void json_map(struct output *output, const struct plan_map *map,
		     const struct output_entry *entries, size_t n, uint64_t div)
{
	struct tseries_range range = {0};

	if (!n && !is_average(map->value))
		return;
	if (map->value->kind == TYPE_TSERIES)
		range = tseries_range_of(map->value, entries, n);
	open_data(output, map_type(map->value));
	strbuf_addc(&output->record, '{');
	put_string(output, "@", map->name);
	strbuf_adds(&output->record, map->key || !n ? ": {" : ": ");
	for (size_t i = 0; i < n; i++) {
		if (i)
			strbuf_adds(&output->record, ", ");
		if (map->key)
			put_key(output, map->key, entries[i].key);
		put_shown(output, map->value, entries[i].value, range, div);
	}
	strbuf_adds(&output->record, map->key || !n ? "}}" : "}");
	close_line(output);
}

/* --- messages --- */

static void put_member(struct output *output, const char *name, const char *text)
{
	strbuf_addf(&output->record, ", \"%s\": ", name);
	json_string(&output->record, text, strlen(text));
}

static void put_place(struct output *output, const struct plan_place *place)
{
	if (!place->file)
		return;
	put_member(output, "filename", place->file);
	strbuf_addf(&output->record, ", \"line\": %u, \"col\": %u", place->line, place->column);
}

static void json_message(struct output *output, const struct plan_event *event, const char *text,
			 size_t len)
{
	open_line(output, event->kind == EVENT_ERRORF ? "errorf" : "warnf");
	strbuf_adds(&output->record, ", \"msg\": ");
	json_string(&output->record, text, len);
	put_place(output, &event->place);
	close_line(output);
}

static void json_runtime_error(struct output *output, const struct plan_event *event,
			       const char *message, const char *helper, int64_t code,
			       uint64_t repeated)
{
	open_line(output, helper ? "helper_error" : "runtime_error");
	put_member(output, "msg", message);
	if (helper) {
		put_member(output, "helper", helper);
		strbuf_addf(&output->record, ", \"retcode\": %ld", code);
	}
	put_place(output, &event->place);
	if (repeated > 1)
		strbuf_addf(&output->record, ", \"count\": %lu", repeated);
	close_line(output);
}

/* --- the rest --- */

static void json_text(struct output *output, enum output_text_kind kind, const char *text,
		      size_t len)
{
	static const char *const types[] = {
		[TEXT_TIME] = "time",
		[TEXT_CAT] = "cat",
		[TEXT_JOIN] = "join",
		[TEXT_SYSTEM] = "syscall",
	};

	data_string(output, types[kind], text, len);
}

static void put_count(struct output *output, const char *type, const char *name, uint64_t n)
{
	open_line(output, type);
	strbuf_addf(&output->record, ", \"count\": %lu, \"data\": {\"%s\": %lu}", n, name, n);
	close_line(output);
}

static void json_attached(struct output *output, uint64_t n)
{
	put_count(output, "attached_probes", "probes", n);
}

static void json_lost(struct output *output, uint64_t n, uint64_t total)
{
	(void)total;
	put_count(output, "lost_events", "events", n);
}

static void json_test(struct output *output, const struct output_test *test)
{
	open_data(output, "test");
	strbuf_adds(&output->record, "{\"name\": ");
	json_string(&output->record, test->name, strlen(test->name));
	strbuf_addf(&output->record, ", \"passed\": %s", test->failure ? "false" : "true");
	if (test->failure)
		put_member(output, "failure", test->failure);
	strbuf_adds(&output->record, ", \"output\": ");
	json_string(&output->record, test->text, test->len);
	strbuf_addc(&output->record, '}');
	close_line(output);
}

static void json_tests_end(struct output *output, uint64_t passed, uint64_t failed)
{
	open_data(output, "tests");
	strbuf_addf(&output->record, "{\"passed\": %lu, \"failed\": %lu}", passed, failed);
	close_line(output);
}

static void json_bench(struct output *output, const char *name, uint64_t runs, double ns)
{
	open_data(output, "bench");
	strbuf_adds(&output->record, "{\"name\": ");
	json_string(&output->record, name, strlen(name));
	strbuf_addf(&output->record, ", \"runs\": %lu, \"ns\": %.1f}", runs, ns);
	close_line(output);
}

static void json_end(struct output *output)
{
	(void)output;
}

const struct output_ops output_json_ops = {
	.name = "json",
	.printf = json_printf,
	.value = json_value_line,
	.map = json_map,
	.message = json_message,
	.text = json_text,
	.attached = json_attached,
	.runtime_error = json_runtime_error,
	.lost = json_lost,
	.accounting = account_json,
	.test = json_test,
	.tests_end = json_tests_end,
	.bench = json_bench,
	.end = json_end,
};
