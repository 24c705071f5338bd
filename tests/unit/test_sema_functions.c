/*
 * Functions, builtins and formats: the types that calls have, the events that they make in the
 * plan, what is folded, and what the checker says of mistakes. Probes are not looked up (--check),
 * so that most cases ask nothing of the machine; those that need its BTF or tracefs say so.
 */
#include "lang/lang.h"
#include "parser/parser.h"
#include "sema/sema.h"
#include "types/btf.h"
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
	sema_named_vec asked;
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
	struct provider_env env = {.arena = arena, .unsafe = true};
	struct sema_options options = *set;
	struct parser parser = {.arena = arena,
				.sources = sources,
				.params = options.params,
				.nparams = options.nparams};
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
	options.check_only = true;
	script = parse_script(&parser, sources_add(sources, "stdin", text, strlen(text)));
	if (!diags_count(c->diags, DIAG_ERROR))
		c->plan = sema_check(&options, script, &c->unit);
	out = open_memstream(&c->messages, &size);
	diags_render(c->diags, out, &style);
	fclose(out);
}

static const char *const params[] = {"7", "text", "0x10", "1e3", "5ms", "-3", "12abc", ""};
#define NPARAMS (uint32_t)(sizeof(params) / sizeof(params[0]))

static const struct sema_options usual = {.unsafe = true, .params = params, .nparams = NPARAMS};

static void script_check_ok(struct script_case *c, const char *text)
{
	script_check(c, text, &usual);
	ck_assert_msg(c->plan, "%s\n%s", text, c->messages);
}

static void script_free(struct script_case *c)
{
	free(c->messages);
	types_free(c->types);
	arena_free(c->arena);
}

static bool has_btf(void)
{
	return !access("/sys/kernel/btf/vmlinux", R_OK);
}

static bool has_tracefs(void)
{
	const char *path = tracefs_path();

	return path && !access(path, R_OK | X_OK);
}

/* --- types of results, and what is folded --- */

enum { NEEDS_BTF = 1, NEEDS_TRACEFS = 2 };

/* True, with a message, if the machine lacks it. */
static bool lacks(int needs)
{
	if (needs & NEEDS_BTF && !has_btf()) {
		fprintf(stderr, "skipped: no kernel BTF\n");
		return true;
	}
	if (needs & NEEDS_TRACEFS && !has_tracefs()) {
		fprintf(stderr, "skipped: tracefs cannot be read\n");
		return true;
	}
	return false;
}

static const struct {
	const char *probe, *value, *type;
	int needs;
} type_cases[] = {
	{"begin", "pid", "uint32", 0},
	{"begin", "tid(init)", "uint32", 0},
	{"begin", "uid()", "uint64", 0},
	{"begin", "username", "username_t", 0},
	{"begin", "comm", "string[16]", 0},
	{"interval:s:1", "comm(1)", "string[64]", 0},
	{"begin", "nsecs", "uint64", 0},
	{"begin", "nsecs(sw_tai)", "uint64", 0},
	{"begin", "elapsed", "uint64", 0},
	{"begin", "cpu", "uint64", 0},
	{"begin", "ncpus", "uint64", 0},
	{"begin", "rand", "uint64", 0},
	{"begin", "jiffies", "uint64", 0},
	{"begin", "cgroup", "uint64", 0},
	{"begin", "cpid", "uint64", 0},
	{"begin", "has_cpid", "bool", 0},
	{"begin", "usermode", "uint8", 0},
	{"begin", "probe", "string[6]", 0}, /* "begin" */
	{"begin", "probetype", "string[8]", 0}, /* "special" */
	{"begin", "kstack", "kstack_bpftrace_127", 0},
	{"begin", "kstack(perf)", "kstack_perf_127", 0},
	{"begin", "ustack(raw, 3)", "ustack_raw_3", 0},
	{"begin", "ustack(build_id, 5)", "ustack_build_id_5", 0},
	{"begin", "kstack(7)", "kstack_bpftrace_7", 0},
	{"begin", "$#", "int8", 0},
	{"begin", "config.max_strlen", "int16", 0}, /* 1024 */
	{"begin", "curtask", "struct task_struct *", NEEDS_BTF},
	{"begin", "ppid", "int32", NEEDS_BTF},
	{"begin", "pcomm", "string[16]", NEEDS_BTF},
	{"begin", "leader_tid(curtask)", "int32", NEEDS_BTF},
	{"begin", "leader_comm", "string[16]", NEEDS_BTF},
	{"kprobe:vfs_read", "arg0", "uint64", 0},
	{"kprobe:vfs_read", "arg5", "uint64", 0},
	{"kprobe:vfs_read", "func", "ksym_t", 0},
	{"kretprobe:vfs_read", "retval", "uint64", 0},
	{"kprobe:vfs_read", "reg(\"ip\")", "uint64", 0},
	{"kprobe:vfs_read", "str(arg0)", "string[1024]", 0},
	{"kprobe:vfs_read", "str(arg0, 5)", "string[5]", 0},
	{"kprobe:vfs_read", "str(arg0, arg1)", "string[1024]", 0},
	{"kprobe:vfs_read", "str(arg0, 0)", "string[1]", 0},
	{"kprobe:vfs_read", "buf(arg0, 5)", "buffer[5]", 0},
	{"kprobe:vfs_read", "buf(arg0, arg1)", "buffer[1024]", 0},
	{"kprobe:vfs_read", "macaddr(arg0)", "mac_address", 0},
	{"begin", "str(comm)", "string[16]", 0},
	{"begin", "buf(comm)", "buffer[16]", 0},
	{"begin", "buf(comm, 4)", "buffer[4]", 0},
	{"begin", "strlen(comm)", "uint64", 0},
	{"begin", "strlen(\"abc\")", "uint64", 0},
	{"begin", "strcap(comm)", "uint64", 0},
	{"begin", "strncmp(comm, \"a\", 1)", "uint64", 0},
	{"begin", "strcontains(comm, \"a\")", "bool", 0},
	{"begin", "strstr(comm, \"a\")", "int32", 0},
	{"begin", "str_concat(comm, \"ab\")", "string[18]", 0},
	{"begin", "memcmp(comm, comm, 4)", "int32", 0},
	{"begin", "strerror(2)", "string[64]", 0},
	{"begin", "signal_name(9)", "string[64]", 0},
	{"begin", "syscall_name(0)", "string[64]", 0},
	{"begin", "bswap((int32)1)", "uint32", 0},
	{"begin", "bswap((uint16)1)", "uint16", 0},
	{"begin", "pton(\"127.0.0.1\")", "uint8[4]", 0},
	{"begin", "pton(\"::1\")", "uint8[16]", 0},
	{"begin", "ntop(0x0100007f)", "inet[24]", 0},
	{"begin", "ntop(2, pton(\"1.2.3.4\"))", "inet[24]", 0},
	{"begin", "ksym(0)", "ksym_t", 0},
	{"begin", "usym(0)", "usym_t", 0},
	{"begin", "kaddr(\"vfs_read\")", "uint64", 0},
	{"begin", "cgroup_path(1)", "cgroup_path_t", 0},
	{"begin", "is_err((uint8 *)0)", "bool", 0},
	{"begin", "kptr((uint8 *)0)", "uint8 *", 0},
	{"begin", "uptr((uint8 *)0)", "uint8 *", 0},
	{"begin", "len(kstack)", "uint64", 0},
	{"begin", "container_of(curtask, struct task_struct, pid)", "struct task_struct *",
	 NEEDS_BTF},
	{"begin", "percpu_kaddr(\"process_counts\")", "uint64 *", NEEDS_BTF},
	{"tracepoint:syscalls:sys_enter_openat", "str(args.filename)", "string[1024]",
	 NEEDS_TRACEFS},
};

static const struct type *variable_type(const struct script_case *c, const char *name)
{
	const struct ast_program *program = c->unit.programs.data[0];

	for (size_t i = 0; i < program->variables.len; i++)
		if (!strcmp(program->variables.data[i]->name, name))
			return program->variables.data[i]->type;
	ck_abort_msg("no variable $%s", name);
	return NULL;
}

START_TEST(test_type)
{
	struct script_case c;
	char text[256];

	if (lacks(type_cases[_i].needs))
		return;
	snprintf(text, sizeof(text), "%s { $x = %s; print($x) }", type_cases[_i].probe,
		 type_cases[_i].value);
	script_check_ok(&c, text);
	ck_assert_msg(!strcmp(type_name_str(c.types, variable_type(&c, "x")), type_cases[_i].type),
		      "%s: %s, not %s", text, type_name_str(c.types, variable_type(&c, "x")),
		      type_cases[_i].type);
	script_free(&c);
}
END_TEST

/* A value that is known at compile time, as the literal that stands for it. */
static const struct {
	const char *value, *literal;
	int needs;
} fold_cases[] = {
	{"1 + 2 * 3", "7", 0},
	{"-7 / 2", "-3", 0},
	{"-7 % 4", "-3", 0},
	{"1 << 63", "9223372036854775808", 0},
	{"-8 >> 1", "-4", 0},
	{"~1", "18446744073709551614", 0},
	{"~18446744073709551615", "0", 0},
	{"6 & 3 | 8 ^ 1", "11", 0},
	{"5 & 3 == 3", "1", 0},
	{"1 << 2 + 1", "8", 0},
	{"18446744073709551614 + 1", "18446744073709551615", 0},
	{"-9223372036854775807 - 1", "-9223372036854775808", 0},
	{"-1 & 255", "255", 0},
	{"-1 | 0", "-1", 0},
	{"!0", "true", 0},
	{"!1 == false", "true", 0},
	{"1 == 1 && 2 > 3", "false", 0},
	{"1 || 0", "true", 0},
	{"\"abc\" == \"abc\"", "true", 0},
	{"\"abc\" < \"abd\"", "true", 0},
	{"\"abc\" + \"d\"", "\"abcd\"", 0},
	{"true ? 5 : 6", "5", 0},
	{"1 ? \"a\" : \"bcd\"", "\"a\"", 0},
	{"0 ?: 7", "7", 0},
	{"4 ?: 7", "4", 0},
	{"(uint64)3 == 3", "true", 0},
	{"(uint8)300 == 44", "true", 0},
	{"(int8)200 < 0", "true", 0},
	{"comptime (1 + 1)", "2", 0},
	{"sizeof(uint32)", "4", 0},
	{"sizeof((1, (uint64)2))", "16", 0},
	{"sizeof(comm())", "16", 0},
	{"(1, \"ab\").1", "\"ab\"", 0},
	{"(a = 1, b = 2).b", "2", 0},
	{"strlen(\"abc\")", "3", 0},
	{"strcap(comm)", "16", 0},
	{"probetype", "\"special\"", 0},
	{"probe", "\"begin\"", 0},
	{"config.license", "\"GPL\"", 0},
	{"config.print_maps_on_exit", "true", 0},
	{"config.stack_mode", "\"bpftrace\"", 0},
	{"is_ptr(curtask)", "true", NEEDS_BTF},
	{"is_str(comm)", "true", 0},
	{"is_str(pid)", "false", 0},
	{"is_integer(pid)", "true", 0},
	{"is_integer(comm)", "false", 0},
	{"is_unsigned_integer(pid)", "true", 0},
	{"is_unsigned_integer((int32)1)", "false", 0},
	{"is_array(pton(\"1.2.3.4\"))", "true", 0},
	{"is_literal(3)", "true", 0},
	{"is_literal(pid)", "false", 0},
	{"offsetof(struct task_struct, thread_info)", "0", NEEDS_BTF},
	{"kfunc_exist(\"bpf_task_acquire\")", "true", NEEDS_BTF},
	{"kfunc_exist(\"nosuch_kfunc\")", "false", 0},
	/* parameters of the script */
	{"$#", "8", 0},
	{"$1", "7", 0},
	{"$2", "\"text\"", 0},
	{"$3", "16", 0},
	{"$4", "1000", 0},
	{"$5", "5000000", 0},
	{"$6", "-3", 0},
	{"$7", "\"12abc\"", 0},
	{"$8", "0", 0},
	{"$9", "0", 0},
	{"str($1)", "\"7\"", 0},
	{"str($2 + 2)", "\"xt\"", 0},
	{"str($2 + 9)", "\"\"", 0},
	{"str($9)", "\"\"", 0},
};

static const char *literal_text(struct script_case *c, const struct expr *expr)
{
	while (expr->kind == EXPR_CAST)
		expr = expr->cast.operand;
	if (expr->kind == EXPR_STRING)
		return arena_printf(c->arena, "\"%s\"", expr->string.data);
	if (expr->kind == EXPR_BOOL)
		return expr->integer.value ? "true" : "false";
	if (expr->kind == EXPR_INT)
		return arena_printf(c->arena, "%s%lu", expr->integer.is_negative ? "-" : "",
				    expr->integer.value);
	return "not folded";
}

START_TEST(test_fold)
{
	struct script_case c;
	const struct stmt *stmt;
	char text[256];

	if (lacks(fold_cases[_i].needs))
		return;
	snprintf(text, sizeof(text), "begin { $x = %s; print($x) }", fold_cases[_i].value);
	script_check_ok(&c, text);
	stmt = c.unit.programs.data[0]->body->stmts.data[0];
	ck_assert_msg(!strcmp(literal_text(&c, stmt->assign.value), fold_cases[_i].literal),
		      "%s: %s, not %s", text, literal_text(&c, stmt->assign.value),
		      fold_cases[_i].literal);
	script_free(&c);
}
END_TEST

/* --- events --- */

static const struct {
	const char *script;
	enum plan_event_kind kind; /* of the only event */
	const char *payload, *format; /* NULL: not looked at */
	const char *map; /* NULL: not about a map */
} event_cases[] = {
	{"begin { printf(\"%d %s\\n\", pid, comm) }", EVENT_PRINTF, "(uint32,string[16])",
	 "%d %s\n", NULL},
	{"begin { printf(\"hello\") }", EVENT_PRINTF, "none", "hello", NULL},
	{"begin { printf(\"%s\", \"ab\") }", EVENT_PRINTF, "(string[3])", "%s", NULL},
	{"begin { printf(\"%s %s\", (1, true), 300) }", EVENT_PRINTF, "((int8,bool),int16)", NULL,
	 NULL},
	{"begin { errorf(\"%d\", 1) }", EVENT_ERRORF, "(int8)", "%d", NULL},
	{"begin { warnf(\"%x\", 1) }", EVENT_WARNF, "(int8)", "%x", NULL},
	{"begin { cat(\"/proc/%d/comm\", pid) }", EVENT_CAT, "(uint32)", "/proc/%d/comm", NULL},
	{"begin { system(\"ls\") }", EVENT_SYSTEM, "none", "ls", NULL},
	{"begin { print(pid) }", EVENT_PRINT_VALUE, "(uint32)", NULL, NULL},
	{"begin { print(5) }", EVENT_PRINT_VALUE, "(int8)", NULL, NULL},
	{"begin { print(\"abc\") }", EVENT_PRINT_VALUE, "(string[4])", NULL, NULL},
	{"begin { @x = 1; print(@x) }", EVENT_PRINT_MAP, "(uint64,uint64)", NULL, "x"},
	{"begin { @x = hist(1); print(@x) }", EVENT_PRINT_MAP, "(uint64,uint64)", NULL, "x"},
	{"begin { @x = count(); print((@x, 1)) }", EVENT_PRINT_VALUE, "((uint64,int8))", NULL,
	 NULL},
	{"begin { time() }", EVENT_TIME, "none", "%H:%M:%S\n", NULL},
	{"begin { time(\"%Y\") }", EVENT_TIME, "none", "%Y", NULL},
	{"begin { exit() }", EVENT_EXIT, "(int64)", NULL, NULL},
	{"begin { exit(3) }", EVENT_EXIT, "(int64)", NULL, NULL},
	{"begin { assert(pid, \"bad\") }", EVENT_ASSERT, "none", "assert failed: bad", NULL},
	{"begin { @x = 1; clear(@x) }", EVENT_CLEAR, "none", NULL, "x"},
	{"begin { @y = 1; @x = 1; zero(@x) }", EVENT_ZERO, "none", NULL, "x"},
	{"begin { unwatch(5) }", EVENT_UNWATCH, "(uint64)", NULL, NULL},
	{"begin { print(cpid == 0) }", EVENT_RUNTIME_ERROR, "none",
	 "No child command (`-c`); cpid is zero", NULL},
};

START_TEST(test_event)
{
	const struct plan_event *event;
	struct script_case c;

	script_check_ok(&c, event_cases[_i].script);
	ck_assert_uint_ge(c.plan->events.len, 1);
	event = &c.plan->events.data[0];
	ck_assert_int_eq(event->kind, event_cases[_i].kind);
	ck_assert_str_eq(type_name_str(c.types, event->payload), event_cases[_i].payload);
	if (event_cases[_i].format)
		ck_assert_pstr_eq(event->format, event_cases[_i].format);
	if (event_cases[_i].map)
		ck_assert_str_eq(c.plan->maps.data[event->map].name, event_cases[_i].map);
	ck_assert_uint_eq(event->place.line, 1);
	script_free(&c);
}
END_TEST

static const struct plan_event *find_event(const struct script_case *c, enum plan_event_kind kind)
{
	for (size_t i = 0; i < c->plan->events.len; i++)
		if (c->plan->events.data[i].kind == kind)
			return &c->plan->events.data[i];
	ck_abort_msg("no such event");
	return NULL;
}

/* print(@m[k]): one number is a value; what is none stays in its map. */
START_TEST(test_print_element)
{
	struct script_case c;
	const struct plan_event *event;

	script_check_ok(&c, "begin { @a[1] = avg(5); print(@a[1]) }");
	ck_assert_str_eq(type_name_str(c.types, find_event(&c, EVENT_PRINT_VALUE)->payload),
			 "(int64)");
	script_free(&c);
	script_check_ok(&c, "begin { @h[\"ab\", 1] = hist(5); print(@h[\"ab\", 1]) }");
	event = find_event(&c, EVENT_PRINT_MAP_VALUE);
	ck_assert_str_eq(type_name_str(c.types, event->payload), "((string[3],int8))");
	ck_assert_str_eq(c.plan->maps.data[event->map].name, "h");
	script_free(&c);
	script_check_ok(&c, "begin { @s[pid] = stats(5); print(@s[pid]) }");
	ck_assert_str_eq(type_name_str(c.types, find_event(&c, EVENT_PRINT_MAP_VALUE)->payload),
			 "(uint32)");
	script_free(&c);
}
END_TEST

/* join(): how many, and room for 16 texts of max_strlen. */
START_TEST(test_join)
{
	struct script_case c;
	const struct type_field *fields;
	uint32_t n;

	script_check_ok(&c, "config = { max_strlen = 64 } kprobe:f { join(arg0, \",\") }");
	fields = types_fields(c.types, find_event(&c, EVENT_JOIN)->payload, &n);
	ck_assert_uint_eq(n, 17);
	ck_assert_str_eq(type_name_str(c.types, fields[0].type), "uint64");
	ck_assert_str_eq(type_name_str(c.types, fields[16].type), "string[64]");
	ck_assert_str_eq(find_event(&c, EVENT_JOIN)->format, ",");
	script_free(&c);
}
END_TEST

/* Failing reads are reported under -k only. */
static const struct {
	const char *probe, *value, *helper;
	int needs;
} helper_cases[] = {
	{"kprobe:f", "str(arg0)", "probe_read_str", 0},
	{"kprobe:f", "str(kptr(arg0))", "probe_read_kernel_str", 0},
	{"uprobe:/proc/self/exe:main", "str(arg0)", "probe_read_user_str", 0},
	{"kprobe:f", "str(uptr(arg0))", "probe_read_user_str", 0},
	{"kprobe:f", "buf(arg0, 4)", "probe_read", 0},
	{"kprobe:f", "macaddr(arg0)", "probe_read", 0},
	{"begin", "ppid", "probe_read_kernel", NEEDS_BTF},
};

START_TEST(test_helper_error)
{
	struct sema_options options = usual;
	const struct plan_event *event;
	struct script_case c;
	char text[256];

	if (lacks(helper_cases[_i].needs))
		return;
	snprintf(text, sizeof(text), "%s { print(%s) }", helper_cases[_i].probe,
		 helper_cases[_i].value);
	script_check_ok(&c, text);
	ck_assert_uint_eq(c.plan->events.len, 1);
	script_free(&c);

	options.warnings = true;
	script_check(&c, text, &options);
	ck_assert_msg(c.plan, "%s\n%s", text, c.messages);
	event = find_event(&c, EVENT_HELPER_ERROR);
	ck_assert_str_eq(event->helper, helper_cases[_i].helper);
	ck_assert_str_eq(type_name_str(c.types, event->payload), "(int64)");
	ck_assert(event->only_with_k);
	script_free(&c);
}
END_TEST

/* --- what calls carry for the code generator --- */

static const struct expr *first_value(const struct script_case *c)
{
	const struct expr *value = c->unit.programs.data[0]->body->stmts.data[0]->assign.value;

	while (value->kind == EXPR_CAST)
		value = value->cast.operand;
	return value;
}

START_TEST(test_call_data)
{
	struct script_case c;
	const struct expr *call;

	script_check_ok(&c, "begin { $x = strftime(\"%Y\", nsecs(tai) - 5); print($x) }");
	call = first_value(&c);
	ck_assert_str_eq(c.plan->strings.data[call->call.data[0]], "%Y");
	ck_assert_uint_eq(call->call.data[1], CLOCK_TAI_NS);
	script_free(&c);

	script_check_ok(&c, "begin { $x = cgroup_path(1, \"unified\"); print($x) }");
	ck_assert_str_eq(c.plan->strings.data[first_value(&c)->call.data[0]], "unified");
	script_free(&c);

	script_check_ok(&c, "begin { $x = pton(\"1.2.3.4\"); print($x) }");
	ck_assert(!memcmp(first_value(&c)->call.data, "\1\2\3\4", 4));
	script_free(&c);

	/* offset of di in struct pt_regs, which the ABI fixes */
	script_check_ok(&c, "kprobe:f { $x = reg(\"di\"); print($x) }");
	ck_assert_uint_eq(first_value(&c)->call.data[0], 112);
	script_free(&c);

	script_check_ok(&c, "begin { $x = nsecs(monotonic); print($x) }");
	ck_assert_uint_eq(first_value(&c)->ident.index, CLOCK_MONOTONIC_RAW_NS);
	script_free(&c);

	script_check_ok(&c, "kprobe:f { signal(\"SIGKILL\"); }");
	ck_assert_uint_eq(c.unit.programs.data[0]
				  ->body->stmts.data[0]
				  ->expr->call.args.data[0]
				  ->integer.value,
			  9);
	script_free(&c);
}
END_TEST

/* Arguments that must be literals are, whatever stood there. */
START_TEST(test_literal_argument)
{
	struct script_case c;
	const struct expr *n;

	script_check_ok(&c, "begin { $x = strncmp(comm, \"abc\", (uint64)sizeof(uint16)); "
			    "print($x) }");
	n = first_value(&c)->call.args.data[2];
	ck_assert_int_eq(n->kind, EXPR_INT);
	ck_assert_uint_eq(n->integer.value, 2);
	script_free(&c);
}
END_TEST

/* args as a value: a record of what is the tracepoint's own; texts are texts. */
START_TEST(test_print_args)
{
	struct script_case c;
	const char *type;

	if (lacks(NEEDS_TRACEFS))
		return;
	script_check_ok(&c, "tracepoint:sched:sched_process_exec { print(args) }");
	type = type_name_str(c.types, find_event(&c, EVENT_PRINT_VALUE)->payload);
	ck_assert_msg(!strstr(type, "common_"), "%s", type);
	ck_assert_msg(strstr(type, "pid") != NULL, "%s", type);
	ck_assert_msg(strstr(type, "string[1024]") != NULL, "%s", type);
	script_free(&c);
}
END_TEST

/* --- named parameters --- */

START_TEST(test_getopt)
{
	static const char *const named[] = {"size=1e3", "all", "name=abc", "off=0"};
	struct sema_options options = usual;
	struct script_case c;
	sema_named_vec asked = {0};
	const stmt_vec *stmts;

	options.named = named;
	options.nnamed = 4;
	options.asked = &asked;
	script_check(&c,
		     "begin { $a = getopt(\"size\", 5, \"how many\"); $b = getopt(\"all\"); "
		     "$c = getopt(\"name\", \"x\"); $d = getopt(\"off\", true); "
		     "$e = getopt(\"other\", -2); print(($a, $b, $c, $d, $e)); }",
		     &options);
	ck_assert_msg(c.plan, "%s", c.messages);
	stmts = &c.unit.programs.data[0]->body->stmts;
	ck_assert_str_eq(literal_text(&c, stmts->data[0]->assign.value), "1000");
	ck_assert_str_eq(literal_text(&c, stmts->data[1]->assign.value), "true");
	ck_assert_str_eq(literal_text(&c, stmts->data[2]->assign.value), "\"abc\"");
	ck_assert_str_eq(literal_text(&c, stmts->data[3]->assign.value), "false");
	ck_assert_str_eq(literal_text(&c, stmts->data[4]->assign.value), "-2");
	ck_assert_uint_eq(asked.len, 5);
	ck_assert_str_eq(asked.data[0].name, "size");
	ck_assert_str_eq(asked.data[0].otherwise, "5");
	ck_assert_str_eq(asked.data[0].help, "how many");
	ck_assert(asked.data[1].is_bool);
	script_free(&c);
}
END_TEST

static const struct {
	const char *script, *named, *tag, *text;
} option_cases[] = {
	{"begin { print(getopt(\"aa\", 1)); }", "aa=x", "bad-option",
	 "program command line option --aa invalid integer (value: x)"},
	{"begin { print(getopt(\"aa\")); }", "aa=x", "bad-option", "--aa"},
	{"begin { print(getopt(\"aa\")); }", "zz", "unknown-option",
	 "unexpected program command line options: --zz"},
	{"begin { print(getopt(\"aa\")); }", "zz", "unknown-option",
	 "HINT: expected program "
	 "options: --aa"},
	{"begin { print(getopt(\"aa\", 1)); print(getopt(\"aa\", 2)) }", "aa=5", "option-default",
	 "--aa"},
	{"begin { print(getopt(\"aa\", pid)); }", "aa=5", "argument-type", "literal"},
};

START_TEST(test_option_error)
{
	struct sema_options options = usual;
	struct script_case c;
	char tag[64];

	options.named = &option_cases[_i].named;
	options.nnamed = 1;
	script_check(&c, option_cases[_i].script, &options);
	snprintf(tag, sizeof(tag), "ERROR[%s]", option_cases[_i].tag);
	ck_assert(!c.plan);
	ck_assert_msg(strstr(c.messages, tag) != NULL, "%s", c.messages);
	ck_assert_msg(strstr(c.messages, option_cases[_i].text) != NULL, "%s", c.messages);
	script_free(&c);
}
END_TEST

/* --- mistakes --- */

static const struct {
	const char *script, *tag, *text; /* text NULL: any */
} error_cases[] = {
	/* formats */
	{"begin { printf(1) }", "argument-type",
	 "printf() expects a string literal (int8 provided)"},
	{"begin { printf(comm) }", "argument-type", "string literal"},
	{"begin { printf() }", "argument-count",
	 "printf() requires at least 1 argument (0 provided)"},
	{"begin { printf(\"%d\") }", "format-count",
	 "not enough arguments for format string (0 supplied, 1 expected)"},
	{"begin { printf(\"%d\", 1, 2) }", "format-count",
	 "too many arguments for format string (2 supplied, 1 expected)"},
	{"begin { printf(\"%d\", comm) }", "format-type",
	 "unsupported format specifier for type 'string[16]': d"},
	{"begin { printf(\"%d\", (1, 2)) }", "format-type", "'(int8,int8)': d"},
	{"begin { @c = count(); printf(\"%d\", @c) }", "format-type", "'count_t': d"},
	{"begin { @h = hist(1); printf(\"%s\", @h) }", "format-type", "print(@map)"},
	{"begin { printf(\"%r\", 5) }", "format-type", "'int8': r"},
	{"begin { printf(\"%f\", 5) }", "format-specifier", "unsupported format specifier: f"},
	{"begin { printf(\"%s\", exit()) }", "format-type", "none"},
	{"begin { debugf(\"%d %d %d %d\", 1, 2, 3, 4) }", "format-count",
	 "cannot use more than 3 conversion specifiers"},
	{"begin { debugf(\"%s\", (1, 2)) }", "format-type", NULL},
	/* print */
	{"begin { print() }", "argument-count", NULL},
	{"begin { print(()) }", "not-printable", "none type passed to print() is not printable"},
	{"begin { print(1, 2) }", "argument-count",
	 "Non-map print() only takes 1 argument, 2 found"},
	{"begin { @x[1] = 1; print(@x, 1, 2, 3) }", "argument-count",
	 "print() takes up to 3 arguments (4 provided)"},
	{"begin { @x[1] = 1; print(@x, pid) }", "argument-type", "integer literal"},
	{"begin { @x[1] = 1; print(@x, -1) }", "negative-argument", NULL},
	{"begin { @x[1] = 1; print(@x[1], 1) }", "argument-count", NULL},
	/* maps */
	{"begin { clear(1) }", "argument-type", "clear() expects a map argument"},
	{"begin { @x[1] = 1; clear(@x[1]) }", "argument-type", "clear() expects a map argument"},
	{"begin { zero(@nosuch) }", "undefined-map", "Undefined map: @nosuch"},
	{"begin { delete(@nosuch, 1) }", "undefined-map", NULL},
	{"begin { delete(@nosuch[1]) }", "undefined-map", NULL},
	{"begin { delete(1) }", "argument-type", "delete() expects a map argument"},
	{"begin { @x[1] = 1; _ = delete(@x) }", "map-shape", "needs a key"},
	{"begin { @x = 1; _ = delete(@x, 1) }", "map-shape",
	 "call to delete() expects a map with "
	 "explicit keys"},
	{"begin { @x[1] = 1; _ = delete(@x, \"a\") }", "map-key-mismatch", NULL},
	{"begin { @x = 1; _ = has_key(@x, 1) }", "map-shape", NULL},
	{"begin { @x[1] = 1; _ = has_key(@x, comm) }", "map-key-mismatch", NULL},
	{"begin { @x[1] = 1; _ = find(@x, 1, 5) }", "argument-type", "a scratch variable"},
	{"begin { @x[1] = hist(1); _ = find(@x, 1, $v) }", "argument-type", "hist_t"},
	{"begin { @x = 1; print(len(@x)) }", "map-shape", "call to len() expects a map"},
	{"begin { print(len(comm)) }", "argument-type", "len() expects a map or stack"},
	/* aggregates */
	{"begin { count() }", "aggregate-place", "count() must be assigned directly to a map"},
	{"begin { $x = sum(1) }", "aggregate-place", "sum() must be assigned directly to a map"},
	{"begin { @x = 1 + count() }", "aggregate-place", NULL},
	{"begin { @x = count(1) }", "argument-count", "count() requires no arguments (1 provided)"},
	{"begin { @x = sum() }", "argument-count", "sum() requires 1 argument (0 provided)"},
	{"begin { @x = sum(comm) }", "argument-type",
	 "sum() expects an integer (string[16] provided)"},
	{"begin { @x = hist(1, 6) }", "map-parameter", "hist: bits 6 must be 0..5"},
	{"begin { @x = hist(1, pid) }", "map-parameter", "must be non-negative literal"},
	{"begin { @x = lhist(1, -1, 10, 1) }", "map-parameter",
	 "lhist: invalid min value (must be non-negative literal)"},
	{"begin { @x = lhist(1, 10, 10, 1) }", "map-parameter", "min must be less than max"},
	{"begin { @x = lhist(1, 0, 10, 0) }", "map-parameter", "step must be >= 1"},
	{"begin { @x = lhist(1, 0, 10, 11) }", "map-parameter", "step is too large"},
	{"begin { @x = lhist(1, 0, 10000, 1) }", "map-parameter",
	 "lhist() too many buckets, must be <= 1000 (would need 10000)"},
	{"begin { @x = lhist(1, 0, 10) }", "argument-count", NULL},
	{"begin { @x = tseries(1, 0, 10) }", "map-parameter", "interval must be >= 1"},
	{"begin { @x = tseries(1, 1s, 0) }", "map-parameter", "intervals must be >= 1"},
	{"begin { @x = tseries(1, 1s, 5000) }", "map-parameter", "must be <= 1023"},
	{"begin { @x = tseries(1, 1s, 5, \"median\") }", "map-parameter", "\"avg\""},
	{"config = { unstable_tseries = error } begin { @x = tseries(1, 1s, 5) }", "unstable",
	 NULL},
	/* control */
	{"begin { for ($i : 0..3) { exit() } }", "exit-in-loop", "exit() is not allowed in a loop"},
	{"begin { exit(comm) }", "argument-type", "exit() expects an integer"},
	{"begin { time(5) }", "argument-type", "time() expects a string literal"},
	{"begin { assert(comm, \"x\") }", "invalid-condition", NULL},
	{"begin { static_assert(1 == 2, \"not equal\") }", "static-assert", "not equal"},
	{"begin { static_assert(pid == 2, \"not equal\") }", "static-assert",
	 "known at compile time"},
	{"begin { fail(\"bad %d %s\", 3, \"x\") }", "fail", "bad 3 x"},
	{"begin { if comptime (1 == 1) { fail(\"taken\") } }", "fail", "taken"},
	{"begin { fail(\"%d\", pid) }", "argument-type", "literals only"},
	{"begin { join(comm) }", "argument-type", "join() expects an array of strings"},
	/* memory */
	{"kprobe:f { print(str(arg0, -1)) }", "negative-argument", NULL},
	{"begin { print(str((1, 2))) }", "argument-type", "str() expects"},
	{"begin { print(buf(5)) }", "argument-count",
	 "buf() expects a length argument for non-array type int8"},
	{"begin { print(strlen(pid)) }", "argument-type",
	 "strlen() expects a string (uint32 provided)"},
	{"begin { print(strncmp(comm, \"a\", -1)) }", "negative-argument", NULL},
	{"begin { print(strncmp(comm, \"a\", pid)) }", "argument-type", "integer literal"},
	{"begin { print(memcmp(comm, comm, 17)) }", "argument-type", "17 bytes"},
	{"begin { print(memcmp(comm, comm, 5000)) }", "length-limit", NULL},
	{"begin { print(strftime(\"%Y\", -1)) }", "negative-argument", NULL},
	{"begin { print(strftime(\"%Y\", nsecs(monotonic))) }", "argument-type",
	 "strftime() can not take a monotonic timestamp"},
	{"begin { print(pton(\"1.2.3\")) }", "bad-address", "got 1.2.3"},
	{"begin { print(ntop((uint8[8])nsecs)) }", "argument-type",
	 "must be 4 or 16 bytes in size"},
	{"begin { print(ntop(comm, 1)) }", "argument-type", NULL},
	{"begin { print(macaddr(\"abcde\")) }", "argument-type", NULL},
	{"begin { print(macaddr(comm)) }", "argument-type", "6 bytes"},
	/* probes */
	{"begin { print(arg0) }", "wrong-probe",
	 "The arg0 builtin can only be used with 'kprobes', 'uprobes' and 'usdt' probes"},
	{"kprobe:f { print(arg6) }", "no-arguments", "x86_64 doesn't support arg6"},
	{"kprobe:f { print(args) }", "wrong-probe",
	 "The args builtin can only be used with tracepoint, rawtracepoint, fentry/fexit, and "
	 "uprobe "
	 "probes (kprobe used here)"},
	{"begin { print(retval) }", "wrong-probe", "The retval builtin can only be used with"},
	{"begin { print(func) }", "wrong-probe", NULL},
	{"begin { print(ctx) }", "wrong-probe", NULL},
	{"begin { print(reg(\"ip\")) }", "wrong-probe", NULL},
	{"kprobe:f { print(reg(\"foo\")) }", "bad-register",
	 "'foo' is not a valid register on this architecture (x86_64)"},
	{"begin { signal(\"KILL\") }", "wrong-probe",
	 "signal() can not be used for this probetype special"},
	{"kprobe:f { signal(\"FOO\") }", "bad-signal", "Invalid string for signal: FOO"},
	{"kprobe:f { signal(65) }", "bad-signal", "allowed range: [1,64]"},
	{"kprobe:f { signal(comm) }", "argument-type", NULL},
	{"begin { override(1) }", "wrong-probe", NULL},
	{"begin { skboutput(\"f\", 1, 2, 3) }", "wrong-probe", NULL},
	{"begin { print(path((uint8 *)0)) }", "wrong-probe", NULL},
	{"begin { print(uaddr(\"x\")) }", "wrong-probe", NULL},
	{"begin { print(cgroupid(\"/nosuch/path\")) }", "bad-cgroup", "/nosuch/path"},
	/* builtins */
	{"begin { print(pid(foo)) }", "builtin-argument", "curr_ns, init"},
	{"begin { print(pid(init, init)) }", "builtin-call", NULL},
	{"begin { print(uid(1)) }", "builtin-call", NULL},
	{"begin { print(arg0()) }", "builtin-call", "arg0 is not a function"},
	{"begin { print(nsecs(foo)) }", "builtin-argument", "monotonic"},
	{"begin { print(kstack(build_id)) }", "builtin-argument", NULL},
	{"begin { print(kstack(3, perf)) }", "builtin-argument", NULL},
	{"begin { print(kstack(-1)) }", "builtin-argument", NULL},
	{"interval:s:1 { print(comm(\"a\")) }", "builtin-argument", "a process id"},
	/* functions */
	{"begin { foo() }", "unknown-function", "Unknown function: 'foo'"},
	{"begin { pritnf(\"x\") }", "unknown-function", "Did you mean 'printf'?"},
	/* constants */
	{"begin { $x = 1 / 0 }", "fold-overflow",
	 "unable to fold literals due to overflow or underflow"},
	{"begin { $x = 1 % 0 }", "fold-overflow", NULL},
	{"begin { $x = 1 << 64 }", "fold-overflow", NULL},
	{"begin { $x = 1 << -1 }", "fold-overflow", NULL},
	{"begin { $x = 18446744073709551615 + 1 }", "fold-overflow", NULL},
	{"begin { $x = -9223372036854775808 - 1 }", "fold-overflow", NULL},
	{"begin { $x = 18446744073709551615 * 18446744073709551615 * 18446744073709551615 }",
	 "fold-overflow", NULL},
	{"begin { $x = -9223372036854775809 }", "integer-underflow",
	 "negative value will underflow"},
	{"begin { $x = comptime pid }", "comptime", NULL},
	{"begin { if comptime (pid == 1) { } }", "comptime", NULL},
	{"begin { $x = typeinfo(pid()) }", "unstable", NULL},
	{"begin { $x = \"abc\" - 1 }", "operand-types", NULL},
};

START_TEST(test_error)
{
	struct script_case c;
	char tag[64];

	script_check(&c, error_cases[_i].script, &usual);
	snprintf(tag, sizeof(tag), "ERROR[%s]", error_cases[_i].tag);
	ck_assert_msg(!c.plan, "no error: %s", error_cases[_i].script);
	ck_assert_msg(strstr(c.messages, tag) != NULL, "%s\n%s", error_cases[_i].script,
		      c.messages);
	if (error_cases[_i].text)
		ck_assert_msg(strstr(c.messages, error_cases[_i].text) != NULL, "%s\n%s",
			      error_cases[_i].script, c.messages);
	script_free(&c);
}
END_TEST

START_TEST(test_unsafe)
{
	static const char *const scripts[] = {
		"begin { system(\"ls\") }", "kprobe:f { signal(9) }", "kprobe:f { override(1) }",
		"kprobe:f { signal_thread(9) }", "kprobe:f { print(write_user(arg0, arg1, 1)) }"};
	struct sema_options options = {0};
	struct script_case c;

	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		script_check(&c, scripts[i], &options);
		ck_assert_msg(strstr(c.messages,
				     "() is an unsafe function being used in safe mode") != NULL,
			      "%s\n%s", scripts[i], c.messages);
		script_free(&c);
		script_check_ok(&c, scripts[i]);
		script_free(&c);
	}
}
END_TEST

static const struct {
	const char *script, *tag;
} warning_cases[] = {
	{"begin { @x = tseries(1, 1s, 5) }", "unstable"},
	{"begin { print(dw_ustack) }", "unstable"},
	{"begin { debugf(\"x\") }", "debugf"},
	{"kprobe:f { print(str(arg0, 5000)) }", "length-clamped"},
	{"begin { print($9) }", "missing-parameter"},
	{"begin { print(kstack(500)) }", "stack-depth"},
};

START_TEST(test_warning)
{
	struct script_case c;
	char tag[64];

	script_check_ok(&c, warning_cases[_i].script);
	snprintf(tag, sizeof(tag), "WARNING[%s]", warning_cases[_i].tag);
	ck_assert_msg(strstr(c.messages, tag) != NULL, "%s\n%s", warning_cases[_i].script,
		      c.messages);
	script_free(&c);
}
END_TEST

/* What is not taken is not checked; what is settles the script. */
START_TEST(test_comptime_branch)
{
	struct script_case c;

	script_check_ok(&c, "begin { if comptime (probetype == \"special\") { print(1) } else { "
			    "print(nosuch) } }");
	ck_assert_uint_eq(c.plan->events.len, 1);
	script_free(&c);
	script_check_ok(&c, "begin { if comptime (is_str(comm) && sizeof(uint8) == 1) { print(1) } "
			    "}");
	ck_assert_uint_eq(c.plan->events.len, 1);
	script_free(&c);
}
END_TEST

/* A text that grows by itself settles. */
START_TEST(test_growing_text)
{
	struct script_case c;

	script_check_ok(&c, "begin { $s = \"a\"; $s = str_concat($s, \"b\"); print($s) }");
	ck_assert_int_eq(variable_type(&c, "s")->kind, TYPE_STRING);
	script_free(&c);
}
END_TEST

/* find() copies bytes: map and variable come to be of one type. */
START_TEST(test_find)
{
	struct script_case c;

	script_check_ok(&c, "begin { @m[1] = (1, 2); let $v = (0, nsecs); if (find(@m, 1, $v)) { "
			    "print($v) } }");
	ck_assert_str_eq(type_name_str(c.types, variable_type(&c, "v")), "(int8,int64)");
	ck_assert_str_eq(type_name_str(c.types, c.plan->maps.data[0].value), "(int8,int64)");
	script_free(&c);
	script_check_ok(&c, "begin { @m[1] = count(); if (find(@m, 1, $v)) { print($v) } }");
	ck_assert_str_eq(type_name_str(c.types, variable_type(&c, "v")), "uint64");
	script_free(&c);
}
END_TEST

/* --- examples --- */

/* One of these makes each example a script. */
static const struct {
	const char *probe;
	int needs;
} example_probes[] = {
	{"begin", 0},
	{"kprobe:vfs_read", 0},
	{"kretprobe:vfs_read", 0},
	{"uprobe:/proc/self/exe:main", 0},
	{"tracepoint:syscalls:sys_enter_execve", NEEDS_TRACEFS},
	{"fentry:vfs_open", NEEDS_BTF},
	{"fentry:tcp_connect", NEEDS_BTF},
	{"fentry:__dev_queue_xmit", NEEDS_BTF},
};

static void check_example(const char *name, const char *example)
{
	bool complete = true;
	char text[512];

	for (size_t i = 0; i < sizeof(example_probes) / sizeof(example_probes[0]); i++) {
		struct script_case c;
		bool ok;

		if (lacks(example_probes[i].needs)) {
			complete = false;
			continue;
		}
		snprintf(text, sizeof(text), "%s { %s }", example_probes[i].probe, example);
		script_check(&c, text, &usual);
		ok = c.plan != NULL;
		script_free(&c);
		if (ok)
			return;
	}
	ck_assert_msg(!complete, "the example of %s fits no probe: %s", name, example);
}

START_TEST(test_function_example)
{
	check_example(lang_functions[_i].name, lang_functions[_i].example);
}
END_TEST

START_TEST(test_builtin_example)
{
	check_example(lang_builtins[_i].name, lang_builtins[_i].example);
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

int main(void)
{
	Suite *suite = suite_create("sema_functions");
	TCase *tests = tcase_create("sema_functions");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tests, test_type, 0, COUNT(type_cases));
	tcase_add_loop_test(tests, test_fold, 0, COUNT(fold_cases));
	tcase_add_loop_test(tests, test_event, 0, COUNT(event_cases));
	tcase_add_test(tests, test_print_element);
	tcase_add_test(tests, test_join);
	tcase_add_loop_test(tests, test_helper_error, 0, COUNT(helper_cases));
	tcase_add_test(tests, test_call_data);
	tcase_add_test(tests, test_literal_argument);
	tcase_add_test(tests, test_print_args);
	tcase_add_test(tests, test_getopt);
	tcase_add_loop_test(tests, test_option_error, 0, COUNT(option_cases));
	tcase_add_loop_test(tests, test_error, 0, COUNT(error_cases));
	tcase_add_test(tests, test_unsafe);
	tcase_add_loop_test(tests, test_warning, 0, COUNT(warning_cases));
	tcase_add_test(tests, test_comptime_branch);
	tcase_add_test(tests, test_growing_text);
	tcase_add_test(tests, test_find);
	tcase_add_loop_test(tests, test_function_example, 0, FUNCTION_COUNT_);
	tcase_add_loop_test(tests, test_builtin_example, 0, BUILTIN_COUNT_);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
