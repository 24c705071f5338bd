/* Tracepoints of the running kernel: sched_switch and openat are the same since 5.10. */
#include "types/btf.h"
#include "types/tracefs.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct arena *arena;
static struct types *types;

static void setup(void)
{
	arena = arena_new();
	types = types_new(arena);
	/* Where no BTF can be loaded, nothing but format files tells types. */
	types_set_btf_path(types, "/nonexistent");
}

static void teardown(void)
{
	types_free(types);
	arena_free(arena);
}

static const struct type *tracepoint(const char *category, const char *event)
{
	const char *error = NULL;
	const struct type *type = types_tracepoint(types, category, event, &error);

	ck_assert_msg(type != NULL, "%s:%s: %s", category, event, error);
	return type;
}

static const struct type_field *field(const struct type *type, const char *name)
{
	struct type_path path;

	ck_assert_msg(types_find_field(types, type, name, &path), "%s", name);
	return path.field[0];
}

START_TEST(integers_and_strings)
{
	const struct type *type = tracepoint("sched", "sched_switch");

	ck_assert_int_eq(type->record.origin, ORIGIN_CONTEXT);
	ck_assert_str_eq(type->record.name, "sched:sched_switch");
	ck_assert_ptr_eq(field(type, "common_type")->type, type_int(types, 2, false));
	ck_assert_ptr_eq(field(type, "common_pid")->type, type_int(types, 4, true));
	ck_assert_ptr_eq(field(type, "prev_comm")->type, type_string(types, 16));
	ck_assert_uint_eq(field(type, "prev_comm")->offset, 8);
	ck_assert_ptr_eq(field(type, "prev_pid")->type, type_int(types, 4, true));
	ck_assert_uint_eq(field(type, "prev_pid")->offset, 24);
	ck_assert_ptr_eq(field(type, "prev_state")->type, type_int(types, 8, true));
	ck_assert_uint_eq(field(type, "prev_state")->offset, 32);
	ck_assert_uint_eq(field(type, "next_prio")->offset, 60);
	ck_assert_uint_eq(type->size, 64);
	ck_assert_ptr_eq(type, tracepoint("sched", "sched_switch"));
	ck_assert(tracefs_is_common_field("common_pid"));
	ck_assert(!tracefs_is_common_field("prev_pid"));
}
END_TEST

START_TEST(arguments_of_system_calls)
{
	const struct type *type = tracepoint("syscalls", "sys_enter_openat");
	const struct type *text = type_ptr(types, type_int(types, 1, true), SPACE_USER);

	ck_assert_ptr_eq(field(type, "filename")->type, text);
	ck_assert_uint_eq(field(type, "filename")->offset, 24);
	ck_assert_ptr_eq(field(type, "dfd")->type, type_int(types, 4, true));
	ck_assert_ptr_eq(field(type, "mode")->type, type_int(types, 2, false));
	ck_assert_ptr_eq(field(tracepoint("syscalls", "sys_enter_execve"), "argv")->type,
			 type_ptr(types, text, SPACE_USER));
	ck_assert_ptr_eq(field(tracepoint("syscalls", "sys_exit_read"), "ret")->type,
			 type_int(types, 8, true));
	ck_assert_ptr_eq(field(tracepoint("syscalls", "sys_enter_newstat"), "statbuf")->type,
			 type_ptr(types, type_none(types), SPACE_USER));
	ck_assert_ptr_eq(field(tracepoint("raw_syscalls", "sys_enter"), "args")->type,
			 type_array(types, type_int(types, 8, false), 6));
}
END_TEST

START_TEST(data_of_variable_length)
{
	const struct type_field *filename =
		field(tracepoint("sched", "sched_process_exec"), "filename");

	ck_assert(filename->is_data_loc);
	ck_assert(!filename->is_rel_loc);
	ck_assert_uint_eq(filename->offset, 8);
	ck_assert_ptr_eq(filename->type, type_ptr(types, type_int(types, 1, true), SPACE_KERNEL));
}
END_TEST

START_TEST(structs_come_from_btf)
{
	struct types *with_btf = types_new(arena);
	const char *error;
	const struct type *type =
		types_tracepoint(with_btf, "syscalls", "sys_enter_newstat", &error);
	struct type_path path;

	ck_assert(types_find_field(with_btf, type, "statbuf", &path));
	ck_assert_int_eq(path.field[0]->type->ptr.space, SPACE_USER);
	if (types_by_tag(with_btf, TYPE_STRUCT, "stat"))
		ck_assert_ptr_eq(path.field[0]->type->ptr.to,
				 types_by_tag(with_btf, TYPE_STRUCT, "stat"));
	types_free(with_btf);
}
END_TEST

START_TEST(fields_as_text)
{
	const char *const *texts;
	uint32_t n;

	ck_assert(tracefs_field_texts(arena, "sched", "sched_process_exec", &texts, &n));
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(texts[0], "__data_loc char[] filename");
	ck_assert_str_eq(texts[1], "pid_t pid");
	ck_assert(!tracefs_field_texts(arena, "sched", "no_such_event", &texts, &n));
}
END_TEST

START_TEST(what_is_not_there)
{
	const char *error = NULL;

	ck_assert_ptr_null(types_tracepoint(types, "sched", "no_such_event", &error));
	ck_assert_ptr_nonnull(strstr(error, "sched:no_such_event"));
	ck_assert_int_eq(tracefs_event_id("sched", "no_such_event"), -ENOENT);
	ck_assert_int_eq(tracefs_event_id("..", "events"), -ENOENT);
	ck_assert_int_gt(tracefs_event_id("sched", "sched_switch"), 0);
}
END_TEST

struct listing {
	char last[256];
	int n;
	bool has_switch, is_sorted;
};

static void list_event(const char *category, const char *event, void *data)
{
	struct listing *listing = data;
	char name[256];

	snprintf(name, sizeof(name), "%s:%s", category, event);
	if (strcmp(listing->last, name) >= 0)
		listing->is_sorted = false;
	if (!strcmp(name, "sched:sched_switch"))
		listing->has_switch = true;
	strcpy(listing->last, name);
	listing->n++;
}

START_TEST(events_are_listed_in_order)
{
	struct listing listing = {.is_sorted = true};

	ck_assert_int_eq(tracefs_each_event(list_event, &listing), 0);
	ck_assert_int_gt(listing.n, 100);
	ck_assert(listing.has_switch);
	ck_assert(listing.is_sorted);
}
END_TEST

static void read_event(const char *category, const char *event, void *data)
{
	const struct type *type = tracepoint(category, event);
	const struct type_field *fields;
	uint32_t n;

	(void)data;
	fields = types_fields(types, type, &n);
	ck_assert_uint_ge(n, 4);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t size = fields[i].is_data_loc ? 4 : fields[i].type->size;

		ck_assert_msg(*fields[i].name && fields[i].offset + size <= type->size, "%s:%s: %s",
			      category, event, fields[i].name);
	}
}

START_TEST(every_event_can_be_read)
{
	ck_assert_int_eq(tracefs_each_event(read_event, NULL), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("types_tracefs");
	TCase *tests = tcase_create("tracefs");
	SRunner *runner;
	int failed;

	if (!tracefs_path()) {
		puts("SKIP: tracefs is not mounted, or only root may see it");
		return EXIT_SUCCESS;
	}
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, integers_and_strings);
	tcase_add_test(tests, arguments_of_system_calls);
	tcase_add_test(tests, data_of_variable_length);
	tcase_add_test(tests, structs_come_from_btf);
	tcase_add_test(tests, fields_as_text);
	tcase_add_test(tests, what_is_not_there);
	tcase_add_test(tests, events_are_listed_in_order);
	tcase_add_test(tests, every_event_can_be_read);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
