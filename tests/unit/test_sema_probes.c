/*
 * Attach points: which programs a script is made into. The tracepoints used exist in every kernel
 * with CONFIG_TRACEPOINTS and CONFIG_FTRACE_SYSCALLS.
 */
#include "lang/lang.h"
#include "parser/parser.h"
#include "sema/sema.h"
#include "types/tracefs.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct script_case {
	struct arena *arena;
	struct types *types;
	struct diags *diags;
	struct ast_unit unit;
	struct plan *plan; /* NULL: errors */
	char *messages;
};

/* What is set in @set is taken over into the options. */
static void script_check(struct script_case *c, const char *text, const struct sema_options *set)
{
	struct arena *arena = arena_new();
	struct sources *sources = sources_new(arena);
	struct plan_config config = plan_config_default();
	const struct diag_style style = {0};
	struct provider_env env = {.arena = arena};
	struct sema_options options = *set;
	struct parser parser = {.arena = arena, .sources = sources};
	struct script *script;
	size_t size;
	FILE *out;

	*c = (struct script_case){.arena = arena};
	c->types = options.types = env.types = types_new(arena);
	c->diags = options.diags = parser.diags = diags_new(arena, sources);
	options.arena = arena;
	options.sources = sources;
	options.env = &env;
	options.config = &config;
	script = parse_script(&parser, sources_add(sources, "stdin", text, strlen(text)));
	if (!diags_count(c->diags, DIAG_ERROR))
		c->plan = sema_check(&options, script, &c->unit);
	out = open_memstream(&c->messages, &size);
	diags_render(c->diags, out, &style);
	fclose(out);
}

static void script_check_ok(struct script_case *c, const char *text)
{
	const struct sema_options options = {0};

	script_check(c, text, &options);
	ck_assert_msg(c->plan, "%s\n%s", text, c->messages);
}

static void script_free(struct script_case *c)
{
	free(c->messages);
	types_free(c->types);
	arena_free(c->arena);
}

static bool lacks_tracefs(void)
{
	const char *path = tracefs_path();

	if (path && !access(path, R_OK | X_OK))
		return false;
	fprintf(stderr, "skipped: tracefs cannot be read\n");
	return true;
}

START_TEST(test_names)
{
	struct script_case c;

	script_check_ok(&c, "BEGIN { print(1) } End { print(2) } interval:s:1 { print(3) }");
	ck_assert_uint_eq(c.plan->progs.len, 3);
	ck_assert_str_eq(c.plan->progs.data[0].name, "begin_1");
	ck_assert_str_eq(c.plan->progs.data[1].name, "end_2");
	ck_assert_str_eq(c.plan->progs.data[1].provider, "end");
	ck_assert_str_eq(c.plan->progs.data[2].name, "interval_s_1_3");
	ck_assert_uint_eq(c.plan->progs.data[2].place.column, 37);
	script_free(&c);
}
END_TEST

/* A list of targets that the body cannot tell apart is one program. */
START_TEST(test_shared)
{
	struct script_case c;
	const struct plan_prog *prog;

	if (lacks_tracefs())
		return;
	script_check_ok(&c, "tracepoint:sched:sched_switch, t:sched:sched_waking { @ = count() }");
	ck_assert_uint_eq(c.plan->progs.len, 1);
	prog = &c.plan->progs.data[0];
	ck_assert_uint_eq(prog->targets.len, 2);
	ck_assert_str_eq(prog->targets.data[1].name, "tracepoint:sched:sched_waking");
	ck_assert(!prog->uses_cookie);
	script_free(&c);

	script_check_ok(&c, "t:sched:sched_switch, t:sched:sched_waking { @[probe] = count() }");
	ck_assert_uint_eq(c.plan->progs.len, 1);
	ck_assert(c.plan->progs.data[0].uses_cookie);
	script_free(&c);

	/* alike, by names of their own */
	script_check_ok(
		&c,
		"t:syscalls:sys_exit_read, t:syscalls:sys_exit_close { @[args.ret] = count() }");
	ck_assert_uint_eq(c.plan->progs.len, 1);
	ck_assert_uint_eq(c.plan->progs.data[0].targets.len, 2);
	script_free(&c);
}
END_TEST

/* One whose arguments differ is one for each. */
START_TEST(test_split)
{
	struct script_case c;

	if (lacks_tracefs())
		return;
	script_check_ok(&c, "t:syscalls:sys_enter_read, t:syscalls:sys_enter_close "
			    "{ @[args.fd] = count() }");
	ck_assert_uint_eq(c.plan->progs.len, 2);
	ck_assert_uint_eq(c.unit.programs.len, 2);
	ck_assert_ptr_ne(c.unit.programs.data[0]->args, c.unit.programs.data[1]->args);
	ck_assert_uint_eq(c.plan->progs.data[0].fields.len, 1);
	ck_assert_str_eq(c.plan->progs.data[0].fields.data[0].name, "fd");
	script_free(&c);
}
END_TEST

START_TEST(test_pattern)
{
	struct script_case c;

	if (lacks_tracefs())
		return;
	script_check_ok(&c, "t:syscalls:sys_enter_pread* /pid == 1/ { @ = count() }");
	ck_assert_uint_eq(c.plan->progs.len, 1);
	/* pread64, preadv, preadv2 */
	ck_assert_uint_eq(c.plan->progs.data[0].targets.len, 3);
	ck_assert(c.plan->progs.data[0].has_predicate);
	script_free(&c);
}
END_TEST

/* An error in one of many programs says which. */
START_TEST(test_expanded_from)
{
	const struct sema_options options = {0};
	struct script_case c;

	if (lacks_tracefs())
		return;
	script_check(&c, "t:syscalls:sys_enter_pread* { print(args.nosuch) }", &options);
	ck_assert_ptr_null(c.plan);
	ck_assert_uint_eq(diags_count(c.diags, DIAG_ERROR), 1);
	ck_assert_msg(strstr(c.messages, "has no argument named 'nosuch'") != NULL, "%s",
		      c.messages);
	ck_assert_msg(strstr(c.messages, "expanded from: tracepoint:syscalls:sys_enter_pread64") !=
			      NULL,
		      "%s", c.messages);
	script_free(&c);
}
END_TEST

START_TEST(test_missing)
{
	const struct sema_options options = {0}, check_only = {.check_only = true};
	struct script_case c;

	if (lacks_tracefs())
		return;
	script_check(&c, "t:sched:nosuch { }", &options);
	ck_assert_ptr_null(c.plan);
	ck_assert_msg(strstr(c.messages, "ERROR[no-probe]: No matches for t:sched:nosuch.") != NULL,
		      "%s", c.messages);
	script_free(&c);

	script_check(&c, "t:sched:nosuch { @ = count() }", &check_only);
	ck_assert_msg(c.plan && c.plan->progs.len == 1, "%s", c.messages);
	script_free(&c);

	script_check_ok(&c, "config = { missing_probes = warn } t:sched:nosuch { } begin { }");
	ck_assert_uint_eq(c.plan->progs.len, 1);
	ck_assert_ptr_nonnull(strstr(c.messages, "WARNING[no-probe]"));
	ck_assert_ptr_nonnull(strstr(c.messages, "WARNING[no-attach-points]"));
	script_free(&c);

	script_check_ok(&c, "config = { missing_probes = \"ignore\" } t:sched:nosuch { }");
	ck_assert_uint_eq(c.plan->progs.len, 0);
	ck_assert_str_eq(c.messages, "");
	script_free(&c);
}
END_TEST

START_TEST(test_filter)
{
	const struct sema_options options = {.probe_filter = "close$"};
	struct script_case c;

	if (lacks_tracefs())
		return;
	script_check(&c, "begin { } t:syscalls:sys_enter_read, t:syscalls:sys_enter_close { }",
		     &options);
	ck_assert_msg(c.plan, "%s", c.messages);
	ck_assert_uint_eq(c.plan->progs.len, 2);
	ck_assert_uint_eq(c.plan->progs.data[1].targets.len, 1);
	ck_assert_str_eq(c.plan->progs.data[1].targets.data[0].function, "sys_enter_close");
	script_free(&c);
}
END_TEST

/* test probes are for --test. */
START_TEST(test_modes)
{
	const struct sema_options options = {.test_mode = true};
	struct script_case c;

	script_check_ok(&c, "test:one { return 0; } begin { }");
	ck_assert_uint_eq(c.plan->progs.len, 1);
	script_free(&c);
	script_check(&c, "test:one { return 0; } begin { }", &options);
	ck_assert_uint_eq(c.plan->progs.len, 2);
	script_free(&c);
}
END_TEST

static const struct type *variable_type(const struct script_case *c, const char *name)
{
	const struct ast_program *program = c->unit.programs.data[0];

	for (size_t i = 0; i < program->variables.len; i++)
		if (!strcmp(program->variables.data[i]->name, name))
			return program->variables.data[i]->type;
	ck_abort_msg("no variable $%s", name);
	return NULL;
}

/* Pointers of system calls point into the process, and so does what is found behind them. */
START_TEST(test_spaces)
{
	struct script_case c;

	if (lacks_tracefs())
		return;
	script_check_ok(&c, "t:syscalls:sys_enter_openat { $a = args.filename; $b = (uint16 *)$a; "
			    "$c = (uint8 *)args.flags; $d = *(uint8 **)$a; let $e: uint8 * = $d; "
			    "$f = kptr($a); }");
	ck_assert_int_eq(variable_type(&c, "a")->ptr.space, SPACE_USER);
	ck_assert_int_eq(variable_type(&c, "b")->ptr.space, SPACE_USER);
	ck_assert_int_eq(variable_type(&c, "c")->ptr.space, SPACE_ADDRESS);
	ck_assert_int_eq(variable_type(&c, "d")->ptr.space, SPACE_USER);
	ck_assert_int_eq(variable_type(&c, "e")->ptr.space, SPACE_USER);
	ck_assert_int_eq(variable_type(&c, "f")->ptr.space, SPACE_KERNEL);
	script_free(&c);
}
END_TEST

/* One variable for pointers into both: it is said, once one of them is followed. */
START_TEST(test_mixed_spaces)
{
	struct script_case c;

	script_check_ok(&c, "begin { $p = kptr((uint8 *)1); $p = uptr((uint8 *)2); print($p) }");
	ck_assert_str_eq(c.messages, "");
	script_free(&c);
	script_check_ok(&c, "begin { $p = kptr((uint8 *)1); $p = uptr((uint8 *)2); print(*$p) }");
	ck_assert_ptr_nonnull(strstr(c.messages, "WARNING[unknown-space]"));
	script_free(&c);
}
END_TEST

/* Refused updates are always told, missing keys and failed reads under -k. */
START_TEST(test_helper_errors)
{
	const struct sema_options options = {.warnings = true};
	const char *script = "begin { @m[1] = 1; @s = 2; print(@m[2]); print(*(uint8 *)8) }";
	struct script_case c;

	script_check_ok(&c, script);
	ck_assert_uint_eq(c.plan->events.len, 3);
	ck_assert_int_eq(c.plan->events.data[0].kind, EVENT_HELPER_ERROR);
	ck_assert_str_eq(c.plan->events.data[0].helper, "map_update_elem");
	ck_assert(!c.plan->events.data[0].only_with_k);
	ck_assert_int_eq(c.plan->events.data[1].kind, EVENT_PRINT_VALUE);
	script_free(&c);

	script_check(&c, script, &options);
	ck_assert_msg(c.plan && c.plan->events.len == 5, "%s", c.messages);
	ck_assert_str_eq(c.plan->events.data[1].helper, "map_lookup_elem");
	ck_assert(c.plan->events.data[1].only_with_k);
	ck_assert_str_eq(c.plan->events.data[3].helper, "probe_read");
	script_free(&c);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sema_probes");
	TCase *tests = tcase_create("sema_probes");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tests, test_names);
	tcase_add_test(tests, test_shared);
	tcase_add_test(tests, test_split);
	tcase_add_test(tests, test_pattern);
	tcase_add_test(tests, test_expanded_from);
	tcase_add_test(tests, test_missing);
	tcase_add_test(tests, test_filter);
	tcase_add_test(tests, test_modes);
	tcase_add_test(tests, test_spaces);
	tcase_add_test(tests, test_mixed_spaces);
	tcase_add_test(tests, test_helper_errors);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
