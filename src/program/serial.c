/*
 * Plan to bytes and back. In comes a plan, or any bytes at all; out come bytes, or a plan that is
 * sound: indices are in range, payloads are what the kinds of events ask for, values have bounds.
 */
#include "program/serial.h"

#include <string.h>

/* Bytes that an element takes at least in serial form. */
enum {
	LEAST_TARGET = 32,
	LEAST_FIELD = 12,
	LEAST_PROG = 47,
	LEAST_MAP = 61,
	LEAST_EVENT = 46,
	LEAST_STACKS = 6,
	LEAST_STRING = 4,
};

#define STACK_DEPTH_MAX 65536u
#define JOIN_TEXTS 16u

/* --- scalars --- */

void serial_fail(struct serial *serial, const char *error)
{
	if (!serial->error)
		serial->error = error;
}

/* Reads or writes the low @n bytes of a number. */
static uint64_t serial_number(struct serial *serial, uint64_t value, unsigned n)
{
	unsigned char bytes[8];

	if (!serial->is_reading) {
		for (unsigned i = 0; i < n; i++)
			bytes[i] = (unsigned char)(value >> (8 * i));
		strbuf_add(serial->out, bytes, n);
		return value;
	}
	if (serial->size - serial->at < n)
		serial_fail(serial, "it ends too early");
	if (serial->error)
		return 0;
	value = 0;
	for (unsigned i = 0; i < n; i++)
		value |= (uint64_t)serial->data[serial->at++] << (8 * i);
	return value;
}

uint8_t serial_u8(struct serial *serial, uint8_t value)
{
	return (uint8_t)serial_number(serial, value, 1);
}

uint32_t serial_u32(struct serial *serial, uint32_t value)
{
	return (uint32_t)serial_number(serial, value, 4);
}

uint64_t serial_u64(struct serial *serial, uint64_t value)
{
	return serial_number(serial, value, 8);
}

unsigned serial_enum(struct serial *serial, unsigned value, unsigned last)
{
	value = serial_u8(serial, (uint8_t)value);
	if (value <= last)
		return value;
	serial_fail(serial, "a number is out of its range");
	return 0;
}

bool serial_bool(struct serial *serial, bool value)
{
	return serial_enum(serial, value, 1);
}

const char *serial_string(struct serial *serial, const char *value)
{
	uint32_t len = serial_u32(serial, value ? (uint32_t)strlen(value) : SERIAL_NULL_STRING);
	const char *start;

	if (!serial->is_reading) {
		if (value)
			strbuf_add(serial->out, value, len);
		return value;
	}
	if (len == SERIAL_NULL_STRING || serial->error)
		return NULL;
	start = (const char *)serial->data + serial->at;
	if (len > serial->size - serial->at || memchr(start, '\0', len)) {
		serial_fail(serial, "a text is malformed");
		return NULL;
	}
	serial->at += len;
	return arena_strndup(serial->arena, start, len);
}

size_t serial_count(struct serial *serial, size_t n, size_t least)
{
	n = serial_u32(serial, (uint32_t)n);
	if (!serial->is_reading || n <= (serial->size - serial->at) / least)
		return n;
	serial_fail(serial, "a table is longer than the plan");
	return 0;
}

const char *serial_text(struct serial *serial, const char *value)
{
	value = serial_string(serial, value);
	if (!value)
		serial_fail(serial, "a text is missing");
	return value ? value : "";
}

/* Walks a vector with @walk, which takes a pointer to one element. */
#define serial_vec(serial, vec, element, walk, least)                                              \
	do {                                                                                       \
		size_t n_ = serial_count((serial), (vec)->len, (least));                           \
                                                                                                   \
		for (size_t i_ = 0; i_ < n_ && !(serial)->error; i_++) {                           \
			element e_ = {0};                                                          \
                                                                                                   \
			if (!(serial)->is_reading)                                                 \
				e_ = (vec)->data[i_];                                              \
			walk((serial), &e_);                                                       \
			if ((serial)->is_reading)                                                  \
				vec_push((serial)->arena, (vec), e_);                              \
		}                                                                                  \
	} while (0)

/* --- the parts of a plan --- */

static void serial_config(struct serial *serial, struct plan_config *config)
{
	config->max_map_keys = serial_u64(serial, config->max_map_keys);
	config->max_strlen = serial_u64(serial, config->max_strlen);
	config->max_cat_bytes = serial_u64(serial, config->max_cat_bytes);
	config->max_probes = serial_u64(serial, config->max_probes);
	config->max_bpf_progs = serial_u64(serial, config->max_bpf_progs);
	config->log_size = serial_u64(serial, config->log_size);
	config->on_stack_limit = serial_u64(serial, config->on_stack_limit);
	config->perf_rb_pages = serial_u64(serial, config->perf_rb_pages);
	config->license = serial_text(serial, config->license);
	config->str_trunc_trailer = serial_text(serial, config->str_trunc_trailer);
	config->stack_mode = serial_enum(serial, config->stack_mode, STACK_BUILD_ID);
	config->missing_probes = serial_enum(serial, config->missing_probes, MISSING_IGNORE);
	config->user_symbols = serial_enum(serial, config->user_symbols, USER_SYMBOLS_NONE);
	config->cpp_demangle = serial_bool(serial, config->cpp_demangle);
	config->lazy_symbolication = serial_bool(serial, config->lazy_symbolication);
	config->print_maps_on_exit = serial_bool(serial, config->print_maps_on_exit);
	config->show_debug_info = serial_bool(serial, config->show_debug_info);
	config->unsafe = serial_bool(serial, config->unsafe);
}

static void serial_place(struct serial *serial, struct plan_place *place)
{
	place->file = serial_string(serial, place->file);
	place->line = serial_u32(serial, place->line);
	place->column = serial_u32(serial, place->column);
	place->end_column = serial_u32(serial, place->end_column);
	place->end_line = serial_u32(serial, place->end_line);
	place->text = serial_string(serial, place->text);
	place->text_offset = (int32_t)serial_u32(serial, (uint32_t)place->text_offset);
}

static void serial_target(struct serial *serial, struct plan_target *target)
{
	target->name = serial_text(serial, target->name);
	target->module = serial_string(serial, target->module);
	target->function = serial_string(serial, target->function);
	target->extra = serial_string(serial, target->extra);
	target->offset = serial_u64(serial, target->offset);
	target->has_offset = serial_bool(serial, target->has_offset);
	target->has_address = serial_bool(serial, target->has_address);
	target->rate = serial_u64(serial, target->rate);
	target->unit = serial_enum(serial, target->unit, UNIT_NS);
	target->is_match = serial_bool(serial, target->is_match);
}

static void serial_field(struct serial *serial, struct plan_field_use *field)
{
	field->name = serial_text(serial, field->name);
	field->offset = serial_u32(serial, field->offset);
	field->size = serial_u32(serial, field->size);
}

static void serial_prog(struct serial *serial, struct plan_prog *prog)
{
	prog->name = serial_text(serial, prog->name);
	prog->section = serial_text(serial, prog->section);
	prog->provider = serial_text(serial, prog->provider);
	serial_place(serial, &prog->place);
	prog->is_multi = serial_bool(serial, prog->is_multi);
	prog->uses_cookie = serial_bool(serial, prog->uses_cookie);
	prog->is_session = serial_bool(serial, prog->is_session);
	prog->session = serial_u32(serial, prog->session);
	prog->has_predicate = serial_bool(serial, prog->has_predicate);
	serial_vec(serial, &prog->targets, struct plan_target, serial_target, LEAST_TARGET);
	serial_vec(serial, &prog->fields, struct plan_field_use, serial_field, LEAST_FIELD);
}

static void serial_map(struct serial *serial, struct plan_map *map)
{
	map->name = serial_text(serial, map->name);
	map->elf_name = serial_text(serial, map->elf_name);
	map->kind = serial_enum(serial, map->kind, MAP_KIND_PERCPU_ARRAY);
	map->key = serial_type(serial, map->key);
	map->value = serial_type(serial, map->value);
	map->max_entries = serial_u64(serial, map->max_entries);
	map->needs_atomic = serial_bool(serial, map->needs_atomic);
	map->is_assigned = serial_bool(serial, map->is_assigned);
	map->bank = serial_u32(serial, map->bank);
	map->bank_place = serial_u32(serial, map->bank_place);
	serial_place(serial, &map->place);
}

static void serial_event(struct serial *serial, struct plan_event *event)
{
	event->kind = serial_enum(serial, event->kind, EVENT_HELPER_ERROR);
	event->payload = serial_type(serial, event->payload);
	if (serial->is_reading && !event->payload)
		event->payload = type_none(serial->types);
	event->format = serial_string(serial, event->format);
	event->helper = serial_string(serial, event->helper);
	event->map = serial_u32(serial, event->map);
	event->only_with_k = serial_bool(serial, event->only_with_k);
	serial_place(serial, &event->place);
	event->prog = serial_u32(serial, event->prog);
}

static void serial_stacks(struct serial *serial, struct plan_stacks *stacks)
{
	stacks->kind = serial_enum(serial, stacks->kind, TYPE_TSERIES);
	stacks->is_build_id = serial_bool(serial, stacks->is_build_id);
	stacks->depth = serial_u32(serial, stacks->depth);
}

static void serial_entry(struct serial *serial, const char **str)
{
	*str = serial_text(serial, *str);
}

static void serial_plan(struct serial *serial, struct plan *plan)
{
	serial_config(serial, &plan->config);
	serial_vec(serial, &plan->progs, struct plan_prog, serial_prog, LEAST_PROG);
	serial_vec(serial, &plan->maps, struct plan_map, serial_map, LEAST_MAP);
	serial_vec(serial, &plan->events, struct plan_event, serial_event, LEAST_EVENT);
	serial_vec(serial, &plan->stacks, struct plan_stacks, serial_stacks, LEAST_STACKS);
	serial_vec(serial, &plan->strings, const char *, serial_entry, LEAST_STRING);
	plan->uses_warnings = serial_bool(serial, plan->uses_warnings);
}

/* --- what a plan must be to be carried out --- */

static bool is_u64(const struct type_field *field)
{
	return field->type->kind == TYPE_INT && field->type->size == 8;
}

/* Words that the payload begins with; the runtime reads them without looking at their types. */
static uint32_t payload_words(enum plan_event_kind kind)
{
	switch (kind) {
	case EVENT_PRINT_MAP:
		return 2;
	case EVENT_JOIN:
	case EVENT_EXIT:
	case EVENT_UNWATCH:
	case EVENT_SKBOUTPUT:
	case EVENT_HELPER_ERROR:
		return 1;
	case EVENT_PRINTF:
	case EVENT_ERRORF:
	case EVENT_WARNF:
	case EVENT_PRINT_VALUE:
	case EVENT_PRINT_MAP_VALUE:
	case EVENT_CLEAR:
	case EVENT_ZERO:
	case EVENT_TIME:
	case EVENT_CAT:
	case EVENT_SYSTEM:
	case EVENT_ASSERT:
	case EVENT_RUNTIME_ERROR:
		return 0;
	}
	return 0;
}

/* What the payload holds behind its words. */
static bool payload_rest_is_sound(const struct plan *plan, const struct plan_event *event)
{
	const struct type_field *fields = event->payload->record.fields;
	uint32_t n = event->payload->kind == TYPE_TUPLE ? event->payload->record.nfields : 0;

	switch (event->kind) {
	case EVENT_PRINT_VALUE:
		return n == 1;
	case EVENT_PRINT_MAP_VALUE:
		return plan_map_is_scalar(&plan->maps.data[event->map]) ||
		       event->payload->size >= plan->maps.data[event->map].key->size;
	case EVENT_JOIN:
		for (uint32_t i = 1; i < n; i++)
			if (fields[i].type->kind != TYPE_STRING)
				return false;
		return n <= JOIN_TEXTS + 1;
	case EVENT_SKBOUTPUT:
		return n == 3 && fields[1].type->kind == TYPE_INT && fields[1].type->size == 4 &&
		       fields[2].type->kind == TYPE_BUFFER;
	case EVENT_PRINTF:
	case EVENT_ERRORF:
	case EVENT_WARNF:
	case EVENT_PRINT_MAP:
	case EVENT_CLEAR:
	case EVENT_ZERO:
	case EVENT_TIME:
	case EVENT_CAT:
	case EVENT_SYSTEM:
	case EVENT_EXIT:
	case EVENT_ASSERT:
	case EVENT_UNWATCH:
	case EVENT_RUNTIME_ERROR:
	case EVENT_HELPER_ERROR:
		return true;
	}
	return false;
}

static bool needs_map(enum plan_event_kind kind)
{
	return kind == EVENT_PRINT_MAP || kind == EVENT_PRINT_MAP_VALUE || kind == EVENT_CLEAR ||
	       kind == EVENT_ZERO;
}

static bool needs_format(enum plan_event_kind kind)
{
	return kind == EVENT_PRINTF || kind == EVENT_ERRORF || kind == EVENT_WARNF ||
	       kind == EVENT_TIME || kind == EVENT_CAT || kind == EVENT_SYSTEM ||
	       kind == EVENT_JOIN || kind == EVENT_ASSERT || kind == EVENT_SKBOUTPUT ||
	       kind == EVENT_RUNTIME_ERROR;
}

static bool event_is_sound(const struct plan *plan, const struct plan_event *event)
{
	uint32_t words = payload_words(event->kind);

	if (event->prog >= plan->progs.len)
		return false;
	if (needs_map(event->kind) && event->map >= plan->maps.len)
		return false;
	if (needs_format(event->kind) && !event->format)
		return false;
	if (event->kind == EVENT_HELPER_ERROR && !event->helper)
		return false;
	if (event->payload->kind != TYPE_TUPLE && event->payload->kind != TYPE_NONE)
		return false;
	if (words && event->payload->kind != TYPE_TUPLE)
		return false;
	for (uint32_t i = 0; i < words; i++)
		if (i >= event->payload->record.nfields ||
		    !is_u64(&event->payload->record.fields[i]))
			return false;
	return payload_rest_is_sound(plan, event);
}

static bool map_is_sound(const struct plan_map *map)
{
	if (!map->value || !map->value->size)
		return false;
	if (plan_map_is_scalar(map) != !map->key)
		return false;
	return !map->key || (map->key->size && !type_is_aggregate(map->key));
}

static bool stacks_are_sound(const struct plan_stacks *stacks)
{
	return (stacks->kind == TYPE_KSTACK || stacks->kind == TYPE_USTACK) &&
	       stacks->depth <= STACK_DEPTH_MAX;
}

static bool session_is_sound(const struct plan *plan, const struct plan_prog *prog)
{
	return !prog->session ||
	       (prog->session <= plan->progs.len && plan->progs.data[prog->session - 1].is_session);
}

static const char *plan_fault(const struct plan *plan)
{
	for (size_t i = 0; i < plan->progs.len; i++)
		if (!session_is_sound(plan, &plan->progs.data[i]))
			return "a program belongs to no session";
	for (size_t i = 0; i < plan->maps.len; i++)
		if (!map_is_sound(&plan->maps.data[i]))
			return "a map has no usable key or value";
	for (size_t i = 0; i < plan->maps.len; i++)
		if (plan->maps.data[i].bank > plan->maps.len ||
		    plan->maps.data[i].bank_place >= plan->maps.len)
			return "a map has no place in its bank";
	for (size_t i = 0; i < plan->events.len; i++)
		if (!event_is_sound(plan, &plan->events.data[i]))
			return "an event does not hold what its kind asks for";
	for (size_t i = 0; i < plan->stacks.len; i++)
		if (!stacks_are_sound(&plan->stacks.data[i]))
			return "a table of stacks is out of bounds";
	return NULL;
}

/* --- the whole --- */

void plan_write(const struct plan *plan, struct strbuf *out)
{
	struct strbuf table = STRBUF_INIT, body = STRBUF_INIT;
	struct arena *scratch = arena_new();
	struct serial serial = {
		.arena = scratch, .types = plan->types, .out = &body, .table = &table};
	struct plan copy = *plan;

	hashmap_init(&serial.indices, scratch);
	hashmap_init(&serial.pointees, scratch);
	serial_plan(&serial, &copy);

	serial.out = out;
	strbuf_add(out, SERIAL_MAGIC, SERIAL_MAGIC_LEN);
	serial_u32(&serial, SERIAL_VERSION);
	serial_string(&serial, plan->compiler);
	serial_u32(&serial, serial.ntypes);
	strbuf_add(out, strbuf_str(&table), table.len);
	strbuf_add(out, strbuf_str(&body), body.len);
	strbuf_free(&table);
	strbuf_free(&body);
	arena_free(scratch);
}

static struct plan *refuse(struct arena *arena, const char **error, const char *why)
{
	*error = arena_printf(arena, "the plan is damaged: %s", why);
	return NULL;
}

struct plan *plan_read(struct arena *arena, struct types *types, const void *data, size_t size,
		       const char **error)
{
	struct serial serial = {
		.is_reading = true, .arena = arena, .types = types, .data = data, .size = size};
	struct plan *plan = plan_new(arena, types);
	uint32_t version;
	const char *fault;

	*error = NULL;
	if (size < SERIAL_MAGIC_LEN || memcmp(data, SERIAL_MAGIC, SERIAL_MAGIC_LEN))
		return refuse(arena, error, "it does not begin as a plan does");
	serial.at = SERIAL_MAGIC_LEN;
	version = serial_u32(&serial, 0);
	plan->compiler = serial_text(&serial, NULL);
	if (!serial.error && version != SERIAL_VERSION) {
		*error =
			arena_printf(arena,
				     "the object was made by %s, whose plans have version %u; this "
				     "program reads version %u",
				     plan->compiler, version, SERIAL_VERSION);
		return NULL;
	}
	serial_read_table(&serial);
	serial_plan(&serial, plan);
	if (serial.error)
		return refuse(arena, error, serial.error);
	if (serial.at != size)
		return refuse(arena, error, "something follows its end");
	fault = plan_fault(plan);
	return fault ? refuse(arena, error, fault) : plan;
}
