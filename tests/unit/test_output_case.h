/*
 * A renderer on two memory streams, for tests of rendering: a resolver that knows a few addresses,
 * a clock that stands still, and bytes of values written by hand.
 */
#ifndef SONDE_TESTS_TEST_OUTPUT_CASE_H
#define SONDE_TESTS_TEST_OUTPUT_CASE_H

#include "output/output.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct output_case {
	struct arena *arena;
	struct types *types;
	struct plan *plan;
	struct output *output;
	FILE *streams[2]; /* out, err */
	char *texts[2];
	size_t lens[2];
	size_t nevents; /* used of the plan's */
};

#define CASE_EVENTS 64 /* in the plan: the renderer knows those that there are when it is made */

/* --- the resolver: func at 0x1000, main at 0x2000, of a module or a file --- */

static void case_symbol(uint64_t address, bool with_offset, bool perf, const char *where,
			struct strbuf *out)
{
	const char *name = address >> 12 == 1 ? "func" : address >> 12 == 2 ? "main" : NULL;

	if (!address && !with_offset) {
		strbuf_adds(out, "0");
		return;
	}
	if (perf)
		strbuf_addf(out, "%lx ", address);
	if (!name)
		strbuf_addf(out, "0x%lx", address);
	else if (with_offset)
		strbuf_addf(out, "%s+%lu", name, address & 0xfff);
	else
		strbuf_adds(out, name);
	if (perf)
		strbuf_addf(out, " (%s)", name ? where : "[unknown]");
}

static void case_ksym(void *data, uint64_t address, bool with_offset, bool perf, struct strbuf *out)
{
	(void)data;
	case_symbol(address, with_offset, perf, "vmlinux", out);
}

static void case_usym(void *data, uint64_t address, uint32_t tgid, struct strbuf *out)
{
	(void)data;
	ck_assert_uint_eq(tgid, 77);
	case_symbol(address, false, false, "/bin/t", out);
}

/* When all stacks were seen. */
#define CASE_SEEN_NS 1234

static void case_uframe(void *data, const struct output_frame *frame, struct strbuf *out)
{
	(void)data;
	ck_assert_uint_eq(frame->tgid, 77);
	ck_assert_uint_eq(frame->seen_ns, CASE_SEEN_NS);
	ck_assert(frame->is_innermost == (frame->address == 0x1000));
	strbuf_adds(out, frame->indent);
	case_symbol(frame->address, true, frame->perf, "/bin/t", out);
	strbuf_addc(out, '\n');
}

/* Hash 1 is func+0, main+281; hash 2 is two frames with build ids; there is no other. */
static const struct plan_stack *case_stack(void *data, const struct type *type,
					   const struct plan_stack_key *key)
{
	static const uint64_t addresses[] = {CASE_SEEN_NS, 0x1000, 0x2000 + 281};
	static const uint64_t build_ids[] = {
		CASE_SEEN_NS, 0x0403020100000001, 0, 0, 0x1234, 2, 0, 0, 0x5678};

	(void)data;
	(void)type;
	if (key->hash == 1)
		return (const void *)addresses;
	return key->hash == 2 ? (const void *)build_ids : NULL;
}

static void case_username(void *data, uint64_t uid, struct strbuf *out)
{
	(void)data;
	strbuf_adds(out, uid ? "user" : "root");
}

static void case_cgroup_path(void *data, uint64_t id, const char *glob, struct strbuf *out)
{
	(void)data;
	strbuf_addf(out, "%s:/%lu", *glob ? glob : "unified", id);
}

/* 2026-11-20 08:56:30 UTC */
#define CASE_BOOT_NS 1795164990000000000u

static uint64_t case_wall_ns(void *data, uint64_t ns, enum type_clock clock)
{
	(void)data;
	(void)clock;
	return CASE_BOOT_NS + ns;
}

static const struct output_resolver case_resolver = {
	.ksym = case_ksym,
	.usym = case_usym,
	.uframe = case_uframe,
	.stack = case_stack,
	.username = case_username,
	.cgroup_path = case_cgroup_path,
	.wall_ns = case_wall_ns,
};

static const struct diag_style case_style = {0};

static struct output_case *case_new(enum output_format_id format)
{
	struct arena *arena = arena_new();
	struct output_case *c = arena_new_object(arena, struct output_case);

	setenv("TZ", "UTC", 1);
	tzset();
	c->arena = arena;
	c->types = types_new(arena);
	c->plan = plan_new(arena, c->types);
	for (int i = 0; i < CASE_EVENTS; i++)
		vec_push(arena, &c->plan->events, ((struct plan_event){.format = ""}));
	for (int i = 0; i < 2; i++)
		c->streams[i] = open_memstream(&c->texts[i], &c->lens[i]);
	c->output = output_new(format, c->plan, c->streams[0], c->streams[1], &case_style,
			       &case_resolver);
	return c;
}

static void case_free(struct output_case *c)
{
	output_free(c->output);
	for (int i = 0; i < 2; i++) {
		fclose(c->streams[i]);
		free(c->texts[i]);
	}
	types_free(c->types);
	arena_free(c->arena);
}

/* What was written since the last call. */
static const char *case_taken(struct output_case *c, int stream)
{
	char *text;

	fflush(c->streams[stream]);
	text = arena_strndup(c->arena, c->texts[stream], c->lens[stream]);
	rewind(c->streams[stream]);
	return text;
}

static inline const char *case_out(struct output_case *c)
{
	return case_taken(c, 0);
}

static inline const char *case_err(struct output_case *c)
{
	return case_taken(c, 1);
}

/* --- types --- */

static inline const struct type *case_int(struct output_case *c, uint32_t size, bool is_signed)
{
	return type_int(c->types, size, is_signed);
}

static inline const struct type *case_tuple(struct output_case *c, const struct type *a,
					    const struct type *b, const struct type *third)
{
	const struct type *parts[] = {a, b, third};

	return type_tuple(c->types, parts, !b ? 1 : !third ? 2 : 3);
}

/* --- bytes: a value is put together member by member --- */

static inline void *case_bytes(struct output_case *c, const struct type *type)
{
	return arena_alloc(c->arena, type->size ? type->size : 1);
}

static inline void case_set(void *value, const struct type *type, uint32_t index, const void *data,
			    size_t len)
{
	memcpy((char *)value + type->record.fields[index].offset, data, len);
}

static inline void case_set_int(void *value, const struct type *type, uint32_t index, int64_t n)
{
	case_set(value, type, index, &n, type->record.fields[index].type->size);
}

static inline void case_set_str(void *value, const struct type *type, uint32_t index,
				const char *str)
{
	case_set(value, type, index, str, strlen(str));
}

static inline const void *case_string(struct output_case *c, uint32_t size, const char *str)
{
	char *value = arena_alloc(c->arena, size);

	memcpy(value, str, strlen(str) < size ? strlen(str) : size);
	return value;
}

/* --- maps, events --- */

static inline struct plan_event *case_event(struct output_case *c, enum plan_event_kind kind,
					    const char *format, const struct type *payload)
{
	struct plan_event *event = &c->plan->events.data[c->nevents++];

	ck_assert_uint_le(c->nevents, CASE_EVENTS);
	event->kind = kind;
	event->format = format;
	event->payload = payload;
	return event;
}

static inline struct plan_map case_map(const char *name, const struct type *key,
				       const struct type *value)
{
	return (struct plan_map){
		.name = name,
		.kind = key ? MAP_KIND_HASH : MAP_KIND_ARRAY,
		.key = key,
		.value = value,
	};
}

static inline int case_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
