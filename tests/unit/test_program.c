/* The plan: what it is built of, its serial form (also when that is damaged), its text. */
#include "program/format.h"
#include "program/program.h"

#include <check.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct arena *arena;
static struct types *types;
static struct plan *plan;

static void setup(void)
{
	arena = arena_new();
	types = types_new(arena);
	plan = plan_new(arena, types);
	plan->compiler = "sonde test";
}

static void teardown(void)
{
	types_free(types);
	arena_free(arena);
}

/* --- parts --- */

START_TEST(strings_are_kept_once)
{
	ck_assert_uint_eq(plan_string(plan, "%H:%M"), 0);
	ck_assert_uint_eq(plan_string(plan, "unified"), 1);
	ck_assert_uint_eq(plan_string(plan, "%H:%M"), 0);
	ck_assert_uint_eq(plan->strings.len, 2);
}
END_TEST

START_TEST(stacks_are_kept_by_kind_and_depth)
{
	const struct type *kernel = type_stack(types, TYPE_KSTACK, STACK_BPFTRACE, 127);
	const struct type *perf = type_stack(types, TYPE_KSTACK, STACK_PERF, 127);
	const struct type *user = type_stack(types, TYPE_USTACK, STACK_BPFTRACE, 127);
	const struct type *build = type_stack(types, TYPE_USTACK, STACK_BUILD_ID, 127);
	const struct type *flat = type_stack(types, TYPE_USTACK, STACK_BPFTRACE, 3);

	ck_assert_uint_eq(plan_stacks_index(plan, kernel), 0);
	ck_assert_uint_eq(plan_stacks_index(plan, perf), 0);
	ck_assert_uint_eq(plan_stacks_index(plan, user), 1);
	ck_assert_uint_eq(plan_stacks_index(plan, build), 2);
	ck_assert_uint_eq(plan_stacks_index(plan, flat), 3);
	ck_assert(plan->stacks.data[2].is_build_id);
	ck_assert_uint_eq(plan->stacks.data[3].depth, 3);
}
END_TEST

START_TEST(values_are_followed_by_the_set_word)
{
	struct plan_map scalar = {.kind = MAP_KIND_ARRAY, .value = type_string(types, 13)};
	struct plan_map keyed = {
		.kind = MAP_KIND_HASH, .value = type_string(types, 13), .key = type_bool(types)};

	ck_assert_uint_eq(plan_map_set_offset(&scalar), 16);
	ck_assert_uint_eq(plan_map_value_size(&scalar), 24);
	ck_assert_uint_eq(plan_map_value_size(&keyed), 16);
	ck_assert(plan_map_is_scalar(&scalar));
	ck_assert(!plan_map_is_scalar(&keyed));
}
END_TEST

START_TEST(counters_do_not_overlap)
{
	bool used[64] = {false};
	uint32_t indices[] = {plan_counter_ran(0),
			      plan_counter_filtered(0),
			      plan_counter_missed(0),
			      plan_counter_ran(1),
			      plan_counter_filtered(1),
			      plan_counter_missed(1),
			      0,
			      0,
			      0,
			      0,
			      0,
			      0,
			      0,
			      0};

	vec_push(arena, &plan->progs, ((struct plan_prog){.name = "a"}));
	vec_push(arena, &plan->progs, ((struct plan_prog){.name = "b"}));
	for (uint32_t i = 0; i < 2; i++) {
		vec_push(arena, &plan->events, ((struct plan_event){.kind = EVENT_CLEAR}));
		vec_push(arena, &plan->maps, ((struct plan_map){.name = "m"}));
		vec_push(arena, &plan->stacks, ((struct plan_stacks){.kind = TYPE_KSTACK}));
	}
	for (uint32_t i = 0; i < 2; i++) {
		indices[6 + i] = plan_counter_sent(plan, i);
		indices[8 + i] = plan_counter_lost(plan, i);
		indices[10 + i] = plan_counter_refused(plan, i);
		indices[12 + i] = plan_counter_stack_refused(plan, i);
	}
	ck_assert_uint_eq(plan_counters(plan), 14);
	for (size_t i = 0; i < 14; i++) {
		ck_assert_uint_lt(indices[i], 14);
		ck_assert(!used[indices[i]]);
		used[indices[i]] = true;
	}
}
END_TEST

START_TEST(config_defaults)
{
	struct plan_config config = plan_config_default();

	ck_assert_uint_eq(config.max_map_keys, 4096);
	ck_assert_uint_eq(config.max_strlen, 1024);
	ck_assert_uint_eq(config.max_cat_bytes, 10240);
	ck_assert_uint_eq(config.max_probes, 1024);
	ck_assert_uint_eq(config.log_size, 1000000);
	ck_assert_uint_eq(config.on_stack_limit, 32);
	ck_assert_str_eq(config.license, "GPL");
	ck_assert_str_eq(config.str_trunc_trailer, "..");
	ck_assert(config.print_maps_on_exit);
	ck_assert(config.cpp_demangle);
	ck_assert_int_eq(config.missing_probes, MISSING_ERROR);
}
END_TEST

/* --- formats --- */

START_TEST(formats_are_taken_apart)
{
	const char *format = "a%%b%-+ 08.3lld%rx%zq";
	static const enum format_kind kinds[] = {FORMAT_TEXT,    FORMAT_TEXT,          FORMAT_TEXT,
						 FORMAT_DECIMAL, FORMAT_BYTES_ESCAPED, FORMAT_TEXT};
	static const char *const texts[] = {"a", "%", "b", "%-+ 08.3lld", "%rx", "%zq"};
	struct format_part part;

	for (size_t i = 0; i < 6; i++) {
		ck_assert(format_next(&format, &part));
		ck_assert_int_eq(part.kind, kinds[i]);
		ck_assert_uint_eq(part.len, strlen(texts[i]));
		ck_assert(!memcmp(part.start, texts[i], part.len));
		if (i != 3)
			continue;
		ck_assert(part.left && part.plus && part.blank && part.zero && !part.alternate);
		ck_assert_uint_eq(part.width, 8);
		ck_assert_int_eq(part.precision, 3);
		ck_assert_uint_eq(part.size, 8);
	}
	ck_assert(!format_next(&format, &part));
}
END_TEST

START_TEST(formats_take_arguments)
{
	static const char *const unsupported[] = {"%f", "%5.2e", "%n", "%*d", "%g"};
	struct format_part part;

	ck_assert_uint_eq(format_arguments(""), 0);
	ck_assert_uint_eq(format_arguments("%"), 0);
	ck_assert_uint_eq(format_arguments("%d %s%%%p %gr %rh %c"), 6);
	ck_assert_uint_eq(format_arguments("%z\""), 0);
	for (size_t i = 0; i < 5; i++) {
		const char *format = unsupported[i];

		ck_assert(format_next(&format, &part));
		ck_assert_int_eq(part.kind, FORMAT_UNSUPPORTED);
	}
}
END_TEST

/* --- the serial form --- */

static void add_prog(void)
{
	struct plan_prog prog = {
		.name = "tracepoint_sched_sched_switch_1",
		.section = "tp/sched/sched_switch",
		.provider = "tracepoint",
		.place = {.file = "stdin", .line = 3, .column = 1, .end_column = 30, .text = "t:"},
		.has_predicate = true,
		.uses_cookie = true,
	};
	struct plan_target target = {
		.name = "tracepoint:sched:sched_switch",
		.module = "sched",
		.function = "sched_switch",
	};
	struct plan_target address = {
		.name = "uprobe:./t:0x1234",
		.module = "./t",
		.offset = 0x1234,
		.has_address = true,
	};
	struct plan_field_use field = {.name = "prev_pid", .offset = 24, .size = 4};

	vec_push(arena, &prog.targets, target);
	vec_push(arena, &prog.targets, address);
	vec_push(arena, &prog.fields, field);
	vec_push(arena, &plan->progs, prog);
	prog = (struct plan_prog){
		.name = "interval_2", .section = "perf_event", .provider = "interval"};
	target = (struct plan_target){.name = "interval:ms:10", .rate = 10, .unit = UNIT_MS};
	vec_push(arena, &prog.targets, target);
	vec_push(arena, &plan->progs, prog);
}

/* struct outer { enum colour c; struct outer *next; int low : 3, high : 7; struct { u16 a[2]; } in;
 * char name[5]; } */
static const struct type *make_struct(void)
{
	static const struct type_enumerator colours[] = {{"RED", -1}, {"GREEN", 7}};
	const struct type *forward =
		type_define_struct(types, TYPE_STRUCT, "outer", ORIGIN_BTF, NULL, 0, 0, 1);
	struct type_field inner = {.name = "a",
				   .type = type_array(types, type_int(types, 2, false), 2)};
	const struct type *in =
		type_define_struct(types, TYPE_STRUCT, "", ORIGIN_SCRIPT, &inner, 1, 4, 2);
	struct type_field fields[] = {
		{.name = "c",
		 .type = type_define_enum(types, "colour", ORIGIN_SCRIPT, 4, true, colours, 2)},
		{.name = "next", .type = type_ptr(types, forward, SPACE_KERNEL), .offset = 8},
		{.name = "low", .type = type_int(types, 4, true), .offset = 16, .bit_size = 3},
		{.name = "high",
		 .type = type_int(types, 4, true),
		 .offset = 16,
		 .bit_offset = 3,
		 .bit_size = 7},
		{.name = "", .type = in, .offset = 20},
		{.name = "name", .type = type_string(types, 5), .offset = 24},
	};

	return type_define_struct(types, TYPE_STRUCT, "outer", ORIGIN_SCRIPT, fields, 6, 32, 8);
}

static void add_map(const char *name, const struct type *key, const struct type *value)
{
	struct plan_map map = {
		.name = name,
		.elf_name = arena_printf(arena, "at_%s", name),
		.key = key,
		.value = value,
		.max_entries = key ? 4096 : 1,
		.is_assigned = true,
		.place = {.file = "stdin", .line = 4, .column = 2, .end_column = 5},
	};

	if (value->is_per_cpu)
		map.kind = key ? MAP_KIND_PERCPU_HASH : MAP_KIND_PERCPU_ARRAY;
	else
		map.kind = key ? MAP_KIND_HASH : MAP_KIND_ARRAY;
	vec_push(arena, &plan->maps, map);
}

static const struct type *tuple(const struct type *a, const struct type *b)
{
	const struct type *members[] = {a, b};

	return type_tuple(types, members, b ? 2 : 1);
}

static const struct type *every_value(void)
{
	const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
	const struct type *const members[] = {
		type_bool(types),
		type_buffer(types, 64),
		type_simple(types, TYPE_INET),
		type_simple(types, TYPE_MAC),
		type_simple(types, TYPE_TIMESTAMP),
		type_simple(types, TYPE_KSYM),
		type_simple(types, TYPE_USYM),
		type_simple(types, TYPE_USERNAME),
		type_simple(types, TYPE_CGROUP_PATH),
		type_stack(types, TYPE_USTACK, STACK_PERF, 5),
	};

	return type_record(types, names, members, 10);
}

static void add_maps(void)
{
	const struct type *u64 = type_int(types, 8, false);

	add_map("plain", NULL, u64);
	add_map("text", tuple(u64, type_string(types, 16)), make_struct());
	add_map("all", every_value(), type_simple(types, TYPE_COUNT));
	add_map("sum", NULL, type_aggregate(types, TYPE_SUM, true));
	add_map("stats", u64, type_aggregate(types, TYPE_STATS, false));
	add_map("h", NULL, type_hist(types, 2));
	add_map("l", NULL, type_lhist(types, 0, 100, 10));
	add_map("t", NULL, type_tseries(types, 1000000, 20, REDUCE_MAX, true));
	plan->maps.data[1].bank = plan->maps.data[2].bank = 1;
	plan->maps.data[2].bank_place = 1;
}

static void add_event(enum plan_event_kind kind, const struct type *payload, const char *format,
		      uint32_t map)
{
	struct plan_event event = {
		.kind = kind,
		.payload = payload,
		.format = format,
		.map = map,
		.prog = 1,
		.place = {.file = "stdin", .line = 5, .column = 9, .end_column = 20, .text = "x"},
	};

	if (kind == EVENT_HELPER_ERROR)
		event.helper = "probe_read_user_str";
	vec_push(arena, &plan->events, event);
}

static void add_events(void)
{
	const struct type *u64 = type_int(types, 8, false);

	add_event(EVENT_PRINTF, tuple(type_int(types, 4, true), type_string(types, 16)),
		  "%d \"%s\"\n", 0);
	add_event(EVENT_PRINT_MAP, tuple(u64, u64), NULL, 1);
	add_event(EVENT_CLEAR, type_none(types), NULL, 2);
	add_event(EVENT_EXIT, tuple(type_int(types, 8, true), NULL), NULL, 0);
	add_event(EVENT_TIME, type_none(types), "%H:%M:%S\n", 0);
	add_event(EVENT_HELPER_ERROR, tuple(type_int(types, 8, true), NULL), NULL, 0);
}

static void fill(void)
{
	plan->config.max_map_keys = 10;
	plan->config.stack_mode = STACK_PERF;
	plan->config.str_trunc_trailer = "";
	plan->config.unsafe = true;
	plan->uses_warnings = true;
	add_prog();
	add_maps();
	add_events();
	plan_string(plan, "%Y");
	plan_stacks_index(plan, type_stack(types, TYPE_USTACK, STACK_PERF, 5));
}

/* Reads into a registry of its own, as another process would. */
static struct plan *read_back(const void *data, size_t size, const char **error)
{
	return plan_read(arena, types_new(arena), data, size, error);
}

static struct plan *round_trip(void)
{
	struct strbuf bytes = STRBUF_INIT;
	const char *error = NULL;
	struct plan *read;

	plan_write(plan, &bytes);
	read = read_back(bytes.data, bytes.len, &error);
	ck_assert_msg(read, "%s", error);
	strbuf_free(&bytes);
	return read;
}

START_TEST(what_is_written_is_read)
{
	struct strbuf before = STRBUF_INIT, after = STRBUF_INIT;
	struct plan *read;

	fill();
	read = round_trip();
	plan_dump(plan, &before);
	plan_dump(read, &after);
	ck_assert_str_eq(strbuf_str(&before), strbuf_str(&after));
	ck_assert_str_eq(read->compiler, "sonde test");
	ck_assert(read->uses_warnings);
	ck_assert_str_eq(read->progs.data[0].place.text, "t:");
	ck_assert_ptr_null(read->progs.data[1].place.text);
	ck_assert_ptr_null(read->progs.data[0].targets.data[0].extra);
	ck_assert_uint_eq(read->progs.data[0].targets.data[1].offset, 0x1234);
	ck_assert(read->progs.data[0].targets.data[1].has_address);
	ck_assert_uint_eq(read->events.data[0].place.end_column, 20);
	ck_assert_uint_eq(read->maps.data[0].place.column, 2);
	ck_assert_uint_eq(plan_bank_size(read, 1), 2);
	ck_assert_uint_eq(plan_bank_size(read, 2), 0);
	ck_assert_uint_eq(read->maps.data[2].bank_place, 1);
	strbuf_free(&before);
	strbuf_free(&after);
}
END_TEST

START_TEST(structs_are_read_with_members)
{
	const struct type *type;
	const struct type_field *fields;
	struct plan *read;

	fill();
	read = round_trip();
	type = read->maps.data[1].value;
	fields = type->record.fields;
	ck_assert_int_eq(type->kind, TYPE_STRUCT);
	ck_assert_str_eq(type->record.name, "outer");
	ck_assert_uint_eq(type->size, 32);
	ck_assert_uint_eq(type->record.nfields, 6);
	ck_assert_str_eq(fields[0].type->enumeration.values[0].name, "RED");
	ck_assert_int_eq(fields[0].type->enumeration.values[0].value, -1);
	ck_assert_str_eq(fields[1].type->ptr.to->record.name, "outer");
	ck_assert_uint_eq(fields[1].type->ptr.to->record.nfields, 0);
	ck_assert_uint_eq(fields[3].bit_offset, 3);
	ck_assert_uint_eq(fields[3].bit_size, 7);
	ck_assert_str_eq(fields[4].name, "");
	ck_assert_uint_eq(fields[4].type->record.fields[0].type->array.count, 2);
	ck_assert_uint_eq(fields[5].offset, 24);
}
END_TEST

START_TEST(an_empty_plan_is_read)
{
	struct plan *read = round_trip();

	ck_assert_uint_eq(read->progs.len + read->maps.len + read->events.len, 0);
}
END_TEST

START_TEST(structs_of_one_name_stay_apart)
{
	struct type_field narrow = {.name = "x", .type = type_int(types, 4, false)};
	struct type_field wide = {.name = "y", .type = type_int(types, 8, false)};
	const struct plan_map *maps;

	add_map("a", NULL,
		type_define_struct(types, TYPE_STRUCT, "s", ORIGIN_BTF, &narrow, 1, 4, 4));
	add_map("b", NULL,
		type_define_struct(types, TYPE_STRUCT, "s", ORIGIN_SCRIPT, &wide, 1, 8, 8));
	maps = round_trip()->maps.data;
	ck_assert_uint_eq(maps[0].value->size, 4);
	ck_assert_uint_eq(maps[1].value->size, 8);
	ck_assert_str_eq(maps[0].value->record.fields[0].name, "x");
	ck_assert_str_eq(maps[1].value->record.fields[0].name, "y");
}
END_TEST

/* --- damage --- */

static const char *error_of(const void *data, size_t size)
{
	const char *error = NULL;

	ck_assert_ptr_null(read_back(data, size, &error));
	ck_assert_ptr_nonnull(error);
	return error;
}

START_TEST(other_bytes_are_refused)
{
	ck_assert_ptr_nonnull(strstr(error_of("", 0), "does not begin"));
	ck_assert_ptr_nonnull(strstr(error_of("\177ELF, and more", 14), "does not begin"));
}
END_TEST

START_TEST(another_version_is_refused_by_name)
{
	struct strbuf bytes = STRBUF_INIT;

	plan_write(plan, &bytes);
	bytes.data[10]++;
	ck_assert_str_eq(error_of(bytes.data, bytes.len),
			 "the object was made by sonde test, whose plans have version 7; this "
			 "program reads version 6");
	strbuf_free(&bytes);
}
END_TEST

START_TEST(a_map_in_no_place_of_a_bank_is_refused)
{
	struct strbuf bytes = STRBUF_INIT;

	add_map("m", NULL, type_int(types, 8, false));
	plan->maps.data[0].bank = 1;
	plan->maps.data[0].bank_place = 1;
	plan_write(plan, &bytes);
	ck_assert_ptr_nonnull(strstr(error_of(bytes.data, bytes.len), "no place in its bank"));
	strbuf_free(&bytes);
}
END_TEST

START_TEST(every_shorter_plan_is_refused)
{
	struct strbuf bytes = STRBUF_INIT;

	fill();
	plan_write(plan, &bytes);
	for (size_t size = 0; size < bytes.len; size++) {
		/* Of its own size, so that a sanitizer sees each byte too far. */
		char *copy = malloc(size ? size : 1);

		memcpy(copy, bytes.data, size);
		error_of(copy, size);
		free(copy);
	}
	strbuf_addc(&bytes, 0);
	ck_assert_ptr_nonnull(strstr(error_of(bytes.data, bytes.len), "follows"));
	strbuf_free(&bytes);
}
END_TEST

/* Whatever one changes, the result is a plan that can be dumped, or an error. */
START_TEST(changed_bytes_do_no_harm)
{
	static const unsigned char values[] = {0, 1, 2, 0x7f, 0x80, 0xff};
	struct strbuf bytes = STRBUF_INIT, text = STRBUF_INIT;
	struct arena *outer = arena;
	size_t sound = 0;

	fill();
	plan_write(plan, &bytes);
	for (size_t at = 0; at < bytes.len; at++) {
		for (size_t v = 0; v < sizeof(values); v++) {
			char old = bytes.data[at];
			const char *error;
			struct plan *read;

			arena = arena_new();
			bytes.data[at] = (char)values[v];
			read = read_back(bytes.data, bytes.len, &error);
			bytes.data[at] = old;
			ck_assert(read || error);
			strbuf_clear(&text);
			if (read)
				plan_dump(read, &text);
			sound += read != NULL;
			arena_free(arena);
		}
	}
	arena = outer;
	/* Names, places and numbers may be anything. */
	ck_assert_uint_gt(sound, bytes.len);
	strbuf_free(&bytes);
	strbuf_free(&text);
}
END_TEST

START_TEST(events_must_hold_what_is_asked_of_them)
{
	struct strbuf bytes = STRBUF_INIT;

	add_prog();
	add_event(EVENT_EXIT, type_none(types), NULL, 0);
	plan_write(plan, &bytes);
	ck_assert_ptr_nonnull(strstr(error_of(bytes.data, bytes.len), "event"));
	strbuf_clear(&bytes);
	plan->events.data[0].kind = EVENT_CLEAR; /* of a map that there is not */
	plan_write(plan, &bytes);
	ck_assert_ptr_nonnull(strstr(error_of(bytes.data, bytes.len), "event"));
	strbuf_clear(&bytes);
	plan->events.data[0].kind = EVENT_PRINTF; /* without a format */
	plan_write(plan, &bytes);
	ck_assert_ptr_nonnull(strstr(error_of(bytes.data, bytes.len), "event"));
	strbuf_free(&bytes);
}
END_TEST

/* Each struct holds two of the one before and takes no room: 2^60 members in all. */
START_TEST(a_little_plan_may_not_mean_endless_work)
{
	const struct type *type = type_int(types, 4, true);
	struct strbuf bytes = STRBUF_INIT;

	for (int i = 0; i < 60; i++) {
		struct type_field fields[] = {{.name = "a", .type = type},
					      {.name = "b", .type = type}};

		type = type_define_struct(types, TYPE_UNION, "", ORIGIN_SCRIPT, fields, 2, 4, 4);
	}
	add_map("m", NULL, type);
	plan_write(plan, &bytes);
	ck_assert_ptr_nonnull(strstr(error_of(bytes.data, bytes.len), "too many parts"));
	strbuf_free(&bytes);
}
END_TEST

/* --- text --- */

START_TEST(the_text_of_a_plan)
{
	struct strbuf text = STRBUF_INIT;

	plan->config.max_map_keys = 10;
	plan->config.stack_mode = STACK_PERF;
	add_prog();
	add_map("", NULL, type_simple(types, TYPE_COUNT));
	add_map("m", tuple(type_bool(types), type_int(types, 4, true)), type_int(types, 8, false));
	add_event(EVENT_PRINTF, tuple(type_int(types, 4, true), NULL), "%d \"\\\n", 0);
	add_event(EVENT_CLEAR, type_none(types), NULL, 1);
	add_event(EVENT_HELPER_ERROR, tuple(type_int(types, 8, true), NULL), NULL, 0);
	plan->events.data[2].only_with_k = true;
	plan_string(plan, "%f");
	plan_dump(plan, &text);
	ck_assert_str_eq(
		strbuf_str(&text),
		"config max_map_keys = 10\n"
		"config stack_mode = perf\n"
		"program tracepoint_sched_sched_switch_1: tracepoint, section "
		"tp/sched/sched_switch, predicate, cookie\n"
		"  target tracepoint:sched:sched_switch module=\"sched\" "
		"function=\"sched_switch\"\n"
		"  target uprobe:./t:0x1234 module=\"./t\" address=0x1234\n"
		"  reads prev_pid: 4 bytes at 24\n"
		"program interval_2: interval, section perf_event\n"
		"  target interval:ms:10 rate=10 ms\n"
		"map @: count_t, percpuarray\n"
		"map @m[(bool,int32)]: uint64, hash of 4096\n"
		"event 0: printf \"%d \\\"\\\\\\n\" (int32), line 5\n"
		"event 1: clear @m, line 5\n"
		"event 2: helper error helper probe_read_user_str (int64), only with -k, line 5\n"
		"string 0: \"%f\"\n");
	strbuf_free(&text);
}
END_TEST

/* What the fuzzer of plans begins with must be plans of today (tests/fuzz/plans writes them): from
 * others it finds no way in. */
START_TEST(the_fuzzer_begins_with_plans)
{
	glob_t paths;

	ck_assert_int_eq(glob(SONDE_SOURCE_DIR "/tests/fuzz/corpus/plan/*", 0, NULL, &paths), 0);
	for (size_t i = 0; i < paths.gl_pathc; i++) {
		FILE *file = fopen(paths.gl_pathv[i], "re");
		char data[16384];
		const char *error;
		size_t size;

		ck_assert_ptr_nonnull(file);
		size = fread(data, 1, sizeof(data), file);
		fclose(file);
		ck_assert_msg(read_back(data, size, &error), "%s: %s", paths.gl_pathv[i], error);
	}
	globfree(&paths);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("program");
	TCase *tcase = tcase_create("plan");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, strings_are_kept_once);
	tcase_add_test(tcase, stacks_are_kept_by_kind_and_depth);
	tcase_add_test(tcase, values_are_followed_by_the_set_word);
	tcase_add_test(tcase, counters_do_not_overlap);
	tcase_add_test(tcase, config_defaults);
	tcase_add_test(tcase, formats_are_taken_apart);
	tcase_add_test(tcase, formats_take_arguments);
	tcase_add_test(tcase, what_is_written_is_read);
	tcase_add_test(tcase, structs_are_read_with_members);
	tcase_add_test(tcase, an_empty_plan_is_read);
	tcase_add_test(tcase, structs_of_one_name_stay_apart);
	tcase_add_test(tcase, other_bytes_are_refused);
	tcase_add_test(tcase, another_version_is_refused_by_name);
	tcase_add_test(tcase, a_map_in_no_place_of_a_bank_is_refused);
	tcase_add_test(tcase, every_shorter_plan_is_refused);
	tcase_add_test(tcase, changed_bytes_do_no_harm);
	tcase_add_test(tcase, events_must_hold_what_is_asked_of_them);
	tcase_add_test(tcase, a_little_plan_may_not_mean_endless_work);
	tcase_add_test(tcase, the_text_of_a_plan);
	tcase_add_test(tcase, the_fuzzer_begins_with_plans);
	suite_add_tcase(suite, tcase);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(make_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
