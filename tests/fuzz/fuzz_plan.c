/*
 * Any bytes as the plan of an object that came from elsewhere; a plan that reads is dumped,
 * written, and renders its events and maps, from bytes that are the input over and over.
 */
#include "output/output.h"
#include "program/program.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MAX_VALUE (1u << 16) /* larger ones would only slow the search */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void no_symbol(void *data, uint64_t address, bool with_offset, bool perf, struct strbuf *out)
{
	(void)data;
	strbuf_addf(out, "%lx%d%d", address, with_offset, perf);
}

static void no_usym(void *data, uint64_t address, uint32_t tgid, struct strbuf *out)
{
	(void)tgid;
	no_symbol(data, address, false, false, out);
}

static void no_uframe(void *data, const struct output_frame *frame, struct strbuf *out)
{
	strbuf_adds(out, frame->indent);
	no_symbol(data, frame->address, frame->is_innermost, frame->perf, out);
}

static const struct plan_stack *no_stack(void *data, const struct type *type,
					 const struct plan_stack_key *key)
{
	(void)data;
	(void)type;
	(void)key;
	return NULL;
}

static void no_username(void *data, uint64_t uid, struct strbuf *out)
{
	(void)data;
	strbuf_addf(out, "%lu", uid);
}

static void no_cgroup(void *data, uint64_t id, const char *glob, struct strbuf *out)
{
	(void)data;
	strbuf_addf(out, "%s%lu", glob, id);
}

static uint64_t no_clock(void *data, uint64_t ns, enum type_clock clock)
{
	(void)data;
	(void)clock;
	return ns;
}

static const struct output_resolver resolver = {
	.ksym = no_symbol,
	.usym = no_usym,
	.uframe = no_uframe,
	.stack = no_stack,
	.username = no_username,
	.cgroup_path = no_cgroup,
	.wall_ns = no_clock,
};

/* @len bytes of the input, repeated. Of its own size exactly, so that a read past it is found. */
static void *value_from(struct arena *arena, uint32_t len, const uint8_t *data, size_t size)
{
	uint8_t *value = arena_alloc(arena, len ? len : 1);

	for (uint32_t i = 0; i < len; i++)
		value[i] = data[i % size];
	return value;
}

static void render_event(struct output *output, const struct plan_event *event, const void *payload)
{
	struct strbuf text = STRBUF_INIT;

	switch (event->kind) {
	case EVENT_PRINTF:
		output_printf(output, event, payload);
		break;
	case EVENT_ERRORF:
	case EVENT_WARNF:
		output_message(output, event, payload);
		break;
	case EVENT_PRINT_VALUE:
		output_value(output, event->payload->record.fields[0].type, payload);
		break;
	case EVENT_CAT:
	case EVENT_SYSTEM:
		output_format(output, event, payload, &text);
		break;
	case EVENT_RUNTIME_ERROR:
	case EVENT_HELPER_ERROR:
		output_runtime_error(output, event, "message", event->helper, -1, 1);
		break;
	case EVENT_PRINT_MAP:
	case EVENT_PRINT_MAP_VALUE:
	case EVENT_CLEAR:
	case EVENT_ZERO:
	case EVENT_TIME:
	case EVENT_JOIN:
	case EVENT_EXIT:
	case EVENT_ASSERT:
	case EVENT_UNWATCH:
	case EVENT_SKBOUTPUT:
		break;
	}
	strbuf_free(&text);
}

static void render(const struct plan *plan, enum output_format_id format, const uint8_t *data,
		   size_t size)
{
	FILE *null = fopen("/dev/null", "w");
	struct output *output =
		output_new(format, plan, null, null, &(struct diag_style){0}, &resolver);

	for (size_t i = 0; i < plan->events.len; i++) {
		const struct plan_event *event = &plan->events.data[i];

		if (event->payload->size <= MAX_VALUE)
			render_event(output, event,
				     value_from(plan->arena, event->payload->size, data, size));
	}
	for (size_t i = 0; i < plan->maps.len; i++) {
		const struct plan_map *map = &plan->maps.data[i];
		uint32_t key = map->key ? map->key->size : 0;
		uint32_t value = plan_map_value_size(map);
		struct output_entry entry = {0};

		if (key > MAX_VALUE || value > MAX_VALUE)
			continue;
		if (map->key)
			entry.key = value_from(plan->arena, key, data, size);
		entry.value = value_from(plan->arena, value, data, size);
		output_map(output, map, &entry, 1, 0, 0);
	}
	output_free(output);
	fclose(null);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new();
	struct types *types = types_new(arena);
	struct strbuf text = STRBUF_INIT;
	const char *error;
	struct plan *plan = size ? plan_read(arena, types, data, size, &error) : NULL;

	if (plan) {
		plan_dump(plan, &text);
		plan_write(plan, &text);
		render(plan, OUTPUT_TEXT, data, size);
		render(plan, OUTPUT_JSON, data, size);
	}
	strbuf_free(&text);
	types_free(types);
	arena_free(arena);
	return 0;
}
