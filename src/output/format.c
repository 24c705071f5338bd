/* The table of formats, and the renderer as the runtime sees it. */
#include "output/internal.h"

#include <errno.h>
#include <stdlib.h>

static const struct output_ops *const formats[] = {
	[OUTPUT_TEXT] = &output_text_ops,
	[OUTPUT_JSON] = &output_json_ops,
};

bool output_find_format(const char *name, enum output_format_id *format)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		if (strcmp(formats[i]->name, name) != 0)
			continue;
		*format = (enum output_format_id)i;
		return true;
	}
	return false;
}

struct output *output_new(enum output_format_id format, const struct plan *plan, FILE *out,
			  FILE *err, const struct diag_style *style,
			  const struct output_resolver *resolver)
{
	struct output *output = calloc(1, sizeof(*output));

	if (!output)
		abort();
	output->ops = formats[format];
	output->plan = plan;
	output->out = out;
	output->err = err;
	output->style = *style;
	output->resolver = *resolver;
	printf_formats_new(output);
	return output;
}

void output_free(struct output *output)
{
	if (!output)
		return;
	printf_formats_free(output);
	strbuf_free(&output->record);
	strbuf_free(&output->text);
	strbuf_free(&output->field);
	free(output);
}

/* --- writing --- */

static void remember_error(struct output *output)
{
	if (!output->error)
		output->error = errno ? -errno : -EIO;
}

void output_put(struct output *output, FILE *stream)
{
	struct strbuf *record = &output->record;

	/* Where both streams end in one place, what happened first stands first. */
	if (stream != output->out) {
		output_flush(output);
		fwrite(record->data, 1, record->len, stream);
	} else if (!output->error &&
		   fwrite_unlocked(record->data, 1, record->len, stream) != record->len) {
		remember_error(output);
	}
	strbuf_clear(record);
}

void output_put_warning(struct output *output)
{
	if (output->style.no_warnings)
		strbuf_clear(&output->record);
	else
		output_put(output, output->err);
}

int output_flush(struct output *output)
{
	if (!output->error && fflush(output->out))
		remember_error(output);
	return output->error;
}

int output_error(const struct output *output)
{
	return output->error;
}

/* --- one call for each thing that happens --- */

static const char *formatted(struct output *output, const struct plan_event *event,
			     const void *payload)
{
	strbuf_clear(&output->text);
	put_formatted(output, event, payload, &output->text);
	return strbuf_str(&output->text);
}

void output_printf(struct output *output, const struct plan_event *event, const void *payload)
{
	const char *text = formatted(output, event, payload);

	output->ops->printf(output, text, output->text.len);
}

void output_message(struct output *output, const struct plan_event *event, const void *payload)
{
	const char *text = formatted(output, event, payload);

	output->ops->message(output, event, text, output->text.len);
}

void output_format(struct output *output, const struct plan_event *event, const void *payload,
		   struct strbuf *out)
{
	put_formatted(output, event, payload, out);
}

void output_value(struct output *output, const struct type *type, const void *value)
{
	output->ops->value(output, type, value);
}

void output_text(struct output *output, enum output_text_kind kind, const char *text, size_t len)
{
	output->ops->text(output, kind, text, len);
}

void output_attached(struct output *output, uint64_t n)
{
	output->ops->attached(output, n);
}

void output_runtime_error(struct output *output, const struct plan_event *event,
			  const char *message, const char *helper, int64_t code, uint64_t repeated)
{
	output->ops->runtime_error(output, event, message, helper, code, repeated);
}

void output_lost(struct output *output, uint64_t n, uint64_t total)
{
	output->ops->lost(output, n, total);
}

void output_accounting(struct output *output, const struct output_account_row *rows, size_t n)
{
	output->ops->accounting(output, rows, n);
}

void output_test(struct output *output, const struct output_test *test)
{
	output->ops->test(output, test);
}

void output_tests_end(struct output *output, uint64_t passed, uint64_t failed)
{
	output->ops->tests_end(output, passed, failed);
}

void output_bench(struct output *output, const char *name, uint64_t runs, double ns)
{
	output->ops->bench(output, name, runs, ns);
}

void output_end(struct output *output)
{
	output->ops->end(output);
}
