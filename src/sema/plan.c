/* Events and places of the plan, while bodies are checked. */
#include "sema/internal.h"

/* What is shown of a line; *first is where that begins. */
static const char *shown_line(struct sema *sema, const struct source *source, uint32_t number,
			      uint32_t column, uint32_t *first)
{
	uint32_t len, last;
	const char *line = source_line(source, number, &len);

	source_window(len, column, first, &last);
	return arena_printf(sema->arena, "%s%.*s%s", *first ? "..." : "", (int)(last - *first),
			    line + *first, last < len ? "..." : "");
}

struct plan_place sema_place(struct sema *sema, struct span span)
{
	const struct sources *sources = sema->options->sources;
	struct location start, end;
	struct plan_place place = {.file = "", .text = ""};
	uint32_t first;

	if (span_is_none(span))
		return place;
	start = sources_locate(sources, span.start);
	end = sources_locate(sources, span.end);
	if (!start.source)
		return place;
	place.file = start.source->name;
	place.line = start.line;
	place.column = start.column;
	place.end_column = end.line == start.line ? end.column : start.column;
	place.end_line = end.source == start.source ? end.line : start.line;
	place.text = shown_line(sema, start.source, start.line, start.column, &first);
	place.text_offset = first ? (int32_t)first - 3 : 0;
	for (uint32_t i = 1; i < SOURCE_MOST_LINES && start.line + i <= place.end_line; i++)
		place.text =
			arena_printf(sema->arena, "%s\n%s", place.text,
				     shown_line(sema, start.source, start.line + i, 0, &first));
	return place;
}

struct plan_event *sema_event(struct sema *sema, enum plan_event_kind kind, struct span span,
			      const struct type *payload, uint32_t *index)
{
	struct plan_event event = {
		.kind = kind,
		.payload = payload ? payload : type_none(sema->types),
		.prog = sema->prog,
	};

	if (sema->dead) {
		*index = 0;
		return arena_memdup(sema->arena, &event, sizeof(event));
	}
	if (sema->final)
		event.place = sema_place(sema, span);
	*index = vec_push(sema->arena, &sema->plan->events, event);
	return &sema->plan->events.data[*index];
}

uint32_t sema_runtime_error(struct sema *sema, struct span span, const char *text)
{
	uint32_t index;

	sema_event(sema, EVENT_RUNTIME_ERROR, span, NULL, &index)->format = text;
	return index + 1;
}

uint32_t sema_division_error(struct sema *sema, struct span span)
{
	return sema_runtime_error(sema, span,
				  "Divide or modulo by 0 detected. This can lead to unexpected "
				  "results. 1 is being used as the result.");
}

/* What a helper's usual failure means; others are told by their code. */
static const char *usual_failure(const char *helper)
{
	static const struct {
		const char *helper, *text;
	} failures[] = {
		{"map_update_elem",
		 "Map full; can't update element. Try increasing max_map_keys config or manually "
		 "setting the max entries in a map declaration e.g. `let @a = hash(5000)`"},
		{"map_lookup_elem", "Can't lookup map element because it does not exist."},
	};

	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++)
		if (!strcmp(failures[i].helper, helper))
			return failures[i].text;
	return NULL;
}

void sema_helper_error(struct sema *sema, struct expr *expr, const char *helper, bool only_with_k)
{
	const struct type *code = sema_int64(sema);
	struct plan_event *event;
	uint32_t index;

	if (only_with_k && !sema->options->warnings)
		return;
	event = sema_event(sema, EVENT_HELPER_ERROR, expr->span, type_tuple(sema->types, &code, 1),
			   &index);
	event->helper = helper;
	event->format = usual_failure(helper);
	event->only_with_k = only_with_k;
	expr->error_event = index + 1;
}

const char *sema_read_helper(const struct sema *sema, const struct type *ptr, bool is_string)
{
	enum type_space space = sema_ptr_space(sema, ptr);

	if (space == SPACE_USER)
		return is_string ? "probe_read_user_str" : "probe_read_user";
	if (space == SPACE_ADDRESS)
		return is_string ? "probe_read_str" : "probe_read";
	return is_string ? "probe_read_kernel_str" : "probe_read_kernel";
}
