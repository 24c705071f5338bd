/*
 * Names and types: what the checker says of scripts, and the types it finds. Each case is a script
 * in the context of a `begin` probe, so that nothing of the machine is asked.
 */
#include "ast/dump.h"
#include "lang/lang.h"
#include "parser/parser.h"
#include "sema/sema.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct script_case {
	struct arena *arena;
	struct types *types;
	struct diags *diags;
	struct ast_unit unit;
	struct plan *plan; /* NULL: errors */
	char *messages;
};

static const char *const params[] = {"7", "text"};

static void script_check(struct script_case *c, const char *text)
{
	struct arena *arena = arena_new();
	struct sources *sources = sources_new(arena);
	struct plan_config config = plan_config_default();
	const struct diag_style style = {0};
	struct provider_env env = {.arena = arena};
	struct sema_options options = {
		.arena = arena,
		.sources = sources,
		.env = &env,
		.params = params,
		.nparams = 2,
		.config = &config,
		.unsafe = true,
	};
	struct parser parser = {.arena = arena, .sources = sources, .params = params, .nparams = 2};
	struct script *script;
	size_t size;
	FILE *out;

	*c = (struct script_case){.arena = arena};
	c->types = options.types = env.types = types_new(arena);
	c->diags = options.diags = parser.diags = diags_new(arena, sources);
	script = parse_script(&parser, sources_add(sources, "stdin", text, strlen(text)));
	if (!diags_count(c->diags, DIAG_ERROR))
		c->plan = sema_check(&options, script, &c->unit);
	out = open_memstream(&c->messages, &size);
	diags_render(c->diags, out, &style);
	fclose(out);
}

static void script_free(struct script_case *c)
{
	free(c->messages);
	types_free(c->types);
	arena_free(c->arena);
}

static void script_check_ok(struct script_case *c, const char *text)
{
	script_check(c, text);
	ck_assert_msg(c->plan, "%s\n%s", text, c->messages);
}

static const struct type *variable_type(const struct script_case *c, const char *name)
{
	const struct ast_program *program = c->unit.programs.data[0];

	for (size_t i = 0; i < program->variables.len; i++)
		if (!strcmp(program->variables.data[i]->name, name))
			return program->variables.data[i]->type;
	ck_abort_msg("no variable $%s", name);
	return NULL;
}

static const struct plan_map *find_map(const struct script_case *c, const char *name)
{
	for (size_t i = 0; i < c->plan->maps.len; i++)
		if (!strcmp(c->plan->maps.data[i].name, name))
			return &c->plan->maps.data[i];
	ck_abort_msg("no map @%s", name);
	return NULL;
}

/* --- types of values, seen through a variable --- */

static const struct {
	const char *statements, *type;
} variable_cases[] = {
	/* literals take the smallest signed type */
	{"$x = 1", "int8"},
	{"$x = -128", "int8"},
	{"$x = 200", "int16"},
	{"$x = -200", "int16"},
	{"$x = 40000", "int32"},
	{"$x = 3000000000", "int64"},
	{"$x = 18446744073709551615", "uint64"},
	{"$x = true", "bool"},
	{"$x = \"abc\"", "string[4]"},
	{"$x = (1, \"ab\")", "(int8,string[3])"},
	/* the join over all assignments, whatever the order */
	{"$x = 1; $x = (uint64)2", "uint64"},
	{"$x = (uint64)2; $x = 1", "uint64"},
	{"$x = (uint32)1; $x = -1", "int64"},
	{"$x = (uint8)1; $x = 300", "int16"},
	{"$x = (int8)1; $x = (int8)2; $x = 300", "int16"},
	{"$x = (int16)1; $x = (uint8)2", "int16"},
	{"$x = (uint64)1; $x = (int8)-1", "int64"},
	{"$x = \"a\"; $x = \"abcdef\"", "string[7]"},
	{"$x = (1, \"a\"); $x = ((uint16)2, \"abc\")", "(uint16,string[4])"},
	{"$x = 1; if (pid) { $x = (int32)5 }", "int32"},
	/* declared types stay */
	{"let $x: uint16 = 5", "uint16"},
	{"let $x: uint16; $x = 5", "uint16"},
	{"let $x = 5; $x = 70000", "int32"},
	{"let $x: string[8] = \"ab\"", "string[8]"},
	/* arithmetic */
	{"$a = (uint8)1; $b = (uint32)2; $x = $a + $b", "uint64"},
	{"$a = (uint8)1; $b = (int32)2; $x = $a + $b", "int64"},
	{"$a = (uint8)1; $x = $a + 1", "uint64"},
	{"$a = (uint64)1; $x = $a + -1", "int64"},
	{"$a = (uint64)1; $x = $a - 1", "int64"},
	{"$a = (uint64)1; $b = (uint64)1; $x = $a - $b", "int64"},
	{"$a = (uint8)1; $x = $a << 2", "uint64"},
	{"$a = (int8)1; $x = $a >> 2", "int64"},
	{"$a = (uint8)1; $x = -$a", "uint64"},
	{"$a = (int8)1; $x = ~$a", "int64"},
	{"$a = (uint8)1; $x = $a++", "uint64"},
	{"$x = pid == 1", "bool"},
	{"$x = pid && cpu", "bool"},
	{"$x = !pid", "bool"},
	{"$x = pid ? 1 : (uint32)2", "uint32"},
	{"$x = pid ? \"a\" : \"abc\"", "string[4]"},
	{"$x = pid ?: 7", "uint32"},
	{"$x = 1 + 2", "int8"},
	{"$x = 0; $x += nsecs", "uint64"},
	{"$x = 0; $x -= nsecs", "int64"},
	{"$x = 0; $x++", "int64"},
	/* the way into values */
	{"$t = (1, \"ab\", true); $x = $t.1", "string[3]"},
	{"$t = (1, true); $x = $t[1]", "bool"},
	{"$r = (a = 1, b = \"q\"); $x = $r.b", "string[2]"},
	{"$a = (uint8[4])(uint32)5; $x = $a[1]", "uint8"},
	{"$s = \"abc\"; $x = $s[0]", "int8"},
	{"$a = (uint32)5; $p = &$a; $x = *$p", "uint32"},
	{"$x = (uint8[])(uint64)1", "uint8[8]"},
	{"$a = 5; $x = &$a; $a = (uint64)7", "uint64 *"},
	{"$x = { let $y = (uint16)3; $y }", "uint16"},
	/* maps as values */
	{"@m = count(); $x = @m", "uint64"},
	{"@m = sum(-5); $x = @m", "int64"},
	{"@m[1] = (uint16)4; $x = @m[2]", "uint16"},
	{"$x = @never", "int8"},
	{"@m[(uint8)1] = \"ab\"; for ($x : @m) { print($x) }", "(uint8,string[3])"},
	{"for ($x : 0..10) { print($x) }", "int64"},
};

START_TEST(test_variable)
{
	struct script_case c;
	char text[512];

	snprintf(text, sizeof(text), "begin { %s }", variable_cases[_i].statements);
	script_check_ok(&c, text);
	ck_assert_msg(
		!strcmp(type_name_str(c.types, variable_type(&c, "x")), variable_cases[_i].type),
		"%s: %s, not %s", text, type_name_str(c.types, variable_type(&c, "x")),
		variable_cases[_i].type);
	script_free(&c);
}
END_TEST

/* --- maps --- */

static const struct {
	const char *script, *key, *value; /* key NULL: a scalar */
	enum plan_map_kind kind;
} map_cases[] = {
	{"begin { @x = 1 }", NULL, "int8", MAP_KIND_ARRAY},
	{"begin { @x++ }", NULL, "int64", MAP_KIND_ARRAY},
	{"begin { @x += nsecs }", NULL, "uint64", MAP_KIND_ARRAY},
	{"begin { @x = (uint8)1; @x++ }", NULL, "uint64", MAP_KIND_ARRAY},
	{"begin { @x = count() }", NULL, "count_t", MAP_KIND_PERCPU_ARRAY},
	{"begin { @x[1] = count() }", "int8", "count_t", MAP_KIND_PERCPU_HASH},
	{"begin { @x[1] = 1; @x[pid] = 2 }", "uint32", "int8", MAP_KIND_HASH},
	{"begin { @x[1, \"a\"] = 1; @x[(pid, \"abc\")] = 2 }", "(uint32,string[4])", "int8",
	 MAP_KIND_HASH},
	{"begin { $t = (1, pid); @x[$t] = 1; @x[3, 4] = 1 }", "(int8,uint32)", "int8",
	 MAP_KIND_HASH},
	{"begin { @x = @y } end { @y = \"abc\" }", NULL, "string[4]", MAP_KIND_ARRAY},
	{"begin { @x = @y; @y = @x }", NULL, "int8", MAP_KIND_ARRAY},
	{"begin { @x = @x + 1 }", NULL, "int64", MAP_KIND_ARRAY},
	{"begin { @x = 1 } end { @x = (uint64)2 }", NULL, "uint64", MAP_KIND_ARRAY},
	{"let @x = lruhash(8); begin { @x[1] = 1 }", "int8", "int8", MAP_KIND_LRU_HASH},
	{"let @x = percpulruhash(8); begin { @x[1] = sum(1) }", "int8", "sum_t",
	 MAP_KIND_LRU_PERCPU_HASH},
	{"begin { @x[@c] = 1; @c = count() }", "uint64", "int8", MAP_KIND_HASH},
};

START_TEST(test_map)
{
	struct script_case c;
	const struct plan_map *map;
	const char *key;

	script_check_ok(&c, map_cases[_i].script);
	map = find_map(&c, "x");
	ck_assert_str_eq(type_name_str(c.types, map->value), map_cases[_i].value);
	ck_assert_int_eq(map->kind, map_cases[_i].kind);
	key = map->key ? type_name_str(c.types, map->key) : NULL;
	ck_assert_pstr_eq(key, map_cases[_i].key);
	script_free(&c);
}
END_TEST

START_TEST(test_map_entries)
{
	struct script_case c;

	script_check_ok(&c, "config = { max_map_keys = 77 } let @b = hash(5);"
			    "begin { @a[1] = 1; @b[1] = 1; @s = 1 }");
	ck_assert_uint_eq(find_map(&c, "a")->max_entries, 77);
	ck_assert_uint_eq(find_map(&c, "b")->max_entries, 5);
	ck_assert_uint_eq(find_map(&c, "s")->max_entries, 1);
	script_free(&c);
}
END_TEST

START_TEST(test_needs_atomic)
{
	struct script_case c;

	script_check_ok(&c, "begin { @one = count(); @one = count(); @two = count(); } "
			    "end { @two = count() }");
	ck_assert(!find_map(&c, "one")->needs_atomic);
	ck_assert(find_map(&c, "two")->needs_atomic);
	script_free(&c);
}
END_TEST

/* --- mistakes --- */

static const struct {
	const char *script, *tag, *text; /* text NULL: any */
} error_cases[] = {
	{"begin { print($a) }", "undefined-variable", "Undefined or undeclared variable: $a"},
	{"begin { $count = 1; print($cuont) }", "undefined-variable", "Did you mean $count?"},
	{"begin { if (pid) { $a = 1 } print($a) }", "undefined-variable", NULL},
	{"begin { let $a = 1; let $a = 2 }", "shadowing", "Variable shadowing is not allowed"},
	{"begin { let $a = 1; if (pid) { let $a = 2 } }", "shadowing", "initial declaration"},
	{"begin { $i = 1; for ($i : 0..3) { } }", "shadowing",
	 "Loop declaration shadows existing variable"},
	{"begin { $x = 1; $x = \"a\" }", "type-mismatch",
	 "Type mismatch for $x: trying to assign value of type 'string[2]' when variable already "
	 "has a type 'int8'"},
	{"begin { $x = true; $x = 5 }", "type-mismatch", NULL},
	{"begin { $a = 1; $b = 1000; $x = &$a; $x = &$b }", "type-mismatch", NULL},
	{"begin { $a = 1; $b = 1000; $x = pid ? &$a : &$b }", "branch-mismatch", NULL},
	{"begin { $x = (1, 2); $x = (1, 2, 3) }", "type-mismatch", NULL},
	{"begin { @x = 1; @x = \"a\" }", "type-mismatch",
	 "Type mismatch for @x: trying to assign value of type 'string[2]' when map already has a "
	 "type 'int8'"},
	{"begin { @x = count(); @x = 5 }", "type-mismatch", NULL},
	{"begin { @x = count(); @x++ }", "type-mismatch", NULL},
	{"begin { @x = count(); @x = sum(5) }", "type-mismatch", NULL},
	{"begin { @x = count(); @y = @x }", "aggregate-copy", "cannot be assigned from one map"},
	{"begin { @x[1] = 1; @x[\"a\"] = 2 }", "map-key-mismatch",
	 "Argument mismatch for @x: trying to access with arguments: 'string[2]' when map expects "
	 "arguments: 'int8'"},
	{"begin { @x[1] = 1; @x[1, 2] = 2 }", "map-key-mismatch", NULL},
	{"begin { @x[(1,)] = 1; @x[1] = 1 }", "map-key-mismatch", NULL},
	{"begin { @x = 1; @x[1] = 2 }", "map-shape", "@x used as a map with an explicit key"},
	{"begin { @x[1] = 1; $y = @x }", "map-shape", NULL},
	{"begin { print(@y) }", "undefined-map", "Undefined map: @y"},
	{"begin { @start[1] = 1; clear(@strat) }", "undefined-map", "Did you mean @start?"},
	{"begin { let $x: uint16 = -1 }", "literal-range", NULL},
	{"begin { let $x: uint8 = 256 }", "literal-range", NULL},
	{"begin { let $x: struct nosuch_thing = 1 }", "unknown-type",
	 "Cannot resolve unknown type \"struct nosuch_thing\""},
	{"begin { print(pidd) }", "unknown-identifier", "Did you mean 'pid'?"},
	{"begin { if (\"a\" == comm) { } if (comm) { } }", "invalid-condition",
	 "Invalid condition: string"},
	{"begin { @c = count(); if (@c) { } }", "invalid-condition", "count_t"},
	{"begin { if (comm == 1) { } }", "type-mismatch", "Type mismatch for '=='"},
	{"begin { if (comm < comm) { } }", "type-mismatch", NULL},
	{"begin { $x = comm + 1 }", "operand-types", NULL},
	{"begin { $x = pid ? 1 : \"a\" }", "branch-mismatch", "Branches must return the same type"},
	{"begin { $x = (uint8[4])(uint64)1 }", "invalid-cast", NULL},
	{"begin { $t = (1, 2); print($t.2) }", "tuple-index", NULL},
	{"begin { $a = (uint8[4])(uint32)1; print($a[9]) }", "array-bounds",
	 "the index 9 is out of bounds for array of size 4"},
	{"begin { $x = *comm }", "not-a-pointer", NULL},
	{"begin { $r = (abc = 1); print($r.abd) }", "unknown-field", "Did you mean 'abc'?"},
	{"begin { break }", "outside-loop", NULL},
	{"begin { unroll (0) { } }", "unroll-count", "unroll minimum value is 1"},
	{"begin { unroll (101) { } }", "unroll-count", "maximum value is 100"},
	{"begin { @x = 1; for ($kv : @x) { } }", "loop-scalar", NULL},
	{"begin { @x[1] = hist(5); for ($kv : @x) { } }", "loop-type",
	 "Loop expression does not support type: hist_t"},
	{"begin { @x = hist(5); @x = hist(5, 2) }", "map-bounds",
	 "Different bits in a single hist unsupported"},
	{"begin { @x = lhist(5, 0, 10, 1); @x = lhist(5, 0, 20, 1) }", "map-bounds",
	 "Different lhist bounds in a single map unsupported"},
	{"begin { @x = (@x, 1) }", "infinite-type", NULL},
	{"begin { $s = &pid }", "address-of", NULL},
	{"foo:bar { }", "unknown-probe-type", "Invalid probe type: foo"},
	{"trecepoint:a:b { }", "unknown-probe-type", "Did you mean tracepoint?"},
	{"config = { max_map_key = 5 } begin { }", "unknown-config",
	 "Did you mean 'max_map_keys'?"},
	{"config = { max_map_keys = abc } begin { }", "bad-config", "expecting a number, got abc"},
	{"config = { stack_mode = foo } begin { }", "bad-config",
	 "valid values are bpftrace, raw, perf, and build_id."},
	{"let @x = nohash(5); begin { @x[1] = 1 }", "map-kind", "Invalid bpf map type"},
	{"let @x = hash(5); begin { @x[1] = count() }", "map-kind",
	 "Type from declaration: hash. Type from value/key type: percpuhash"},
	{"let @x = hash(5); let @x = hash(6); begin { @x[1] = 1 }", "map-declared", NULL},
	{"begin { let $a: uint8[40000]; $a = (uint8[40000])1 }", "invalid-cast", NULL},
	{"begin { let $a: uint8[270000]; print(1) }", "value-size",
	 "takes 270000 bytes, more than the 262144 that one may have"},
	{"begin { let $a: uint8[262144]; let $b: uint8[262144]; let $c: uint8[262144]; let $d: "
	 "uint8[262144]; let $e: uint8[262144]; let $f: uint8[262144]; let $g: uint8[262144]; let "
	 "$h: uint8[262144]; let $i: uint8[1]; }",
	 "program-memory", NULL},
	{"config = { max_probes = 2 } begin { } begin { } begin { }", "too-many-probes",
	 "Can't attach to 3 probes because it exceeds the current limit of 2 probes."},
};

START_TEST(test_error)
{
	struct script_case c;
	char tag[64];

	script_check(&c, error_cases[_i].script);
	snprintf(tag, sizeof(tag), "ERROR[%s]", error_cases[_i].tag);
	ck_assert_msg(!c.plan, "no error: %s", error_cases[_i].script);
	ck_assert_msg(strstr(c.messages, tag) != NULL, "%s\n%s", error_cases[_i].script,
		      c.messages);
	if (error_cases[_i].text)
		ck_assert_msg(strstr(c.messages, error_cases[_i].text) != NULL, "%s\n%s",
			      error_cases[_i].script, c.messages);
	ck_assert_msg(diags_count(c.diags, DIAG_ERROR) == 1, "%s\n%s", error_cases[_i].script,
		      c.messages);
	script_free(&c);
}
END_TEST

static const struct {
	const char *script, *tag; /* tag NULL: no message at all */
} warning_cases[] = {
	{"begin { 1; print(1) }", "discarded-value"},
	{"begin { @x[1] = 1; delete(@x, 1); print(1) }", "discarded-value"},
	{"begin { @x[1] = 1; _ = delete(@x, 1); }", NULL},
	{"begin { @x++; $y = 1; $y++ }", NULL},
	{"begin { let $x; print($x); $x = 1 }", "unassigned-variable"},
	{"begin { let $x; }", "never-assigned"},
	{"begin { while (pid == 0) { } }", "deprecated-while"},
	{"begin { return; print(1) }", "unreachable"},
	{"begin { exit(); print(1); }", "unreachable"},
	{"let @x = hash(5); begin { }", "unused-map"},
	{"config = { unstable_macro = enable } begin { }", "deprecated-config"},
	{"begin { let $x: uint8 = nsecs }", "truncation"},
	{"begin { $x = (uint64)1; $y = $x - 1; print($y) }", NULL},
};

START_TEST(test_warning)
{
	struct script_case c;
	char tag[64];

	script_check_ok(&c, warning_cases[_i].script);
	if (!warning_cases[_i].tag) {
		ck_assert_str_eq(c.messages, "");
	} else {
		snprintf(tag, sizeof(tag), "WARNING[%s]", warning_cases[_i].tag);
		ck_assert_msg(strstr(c.messages, tag) != NULL, "%s\n%s", warning_cases[_i].script,
			      c.messages);
	}
	script_free(&c);
}
END_TEST

/* One pass reports all its errors. */
START_TEST(test_several_errors)
{
	struct script_case c;

	script_check(&c, "begin { print($a); print(nosuch); $x = 1; $x = \"s\" }");
	ck_assert_uint_eq(diags_count(c.diags, DIAG_ERROR), 3);
	script_free(&c);
}
END_TEST

/* --- the tree --- */

static const struct {
	const char *statements;
	const char *lines[5]; /* of the dump, blanks at the start left out, in this order */
} tree_cases[] = {
	/* operands of arithmetic are of the result's type; literals are so without a cast */
	{"$a = (uint8)1; $x = $a + 1",
	 {"binary + :: uint64", "convert :: uint64", "variable $a :: uint8", "int 1 :: uint64"}},
	{"$a = (int8)-1; $x = $a * pid",
	 {"binary * :: int64", "convert :: int64", "variable $a :: int8", "convert :: int64"}},
	{"$a = nsecs; $x = $a - 5",
	 {"binary - :: int64", "convert :: int64", "variable $a :: uint64", "int 5 :: int64"}},
	/* assigned values are of the variable's type */
	{"$x = 1; $x = (uint64)2", {"int 1 :: uint64"}},
	{"$x = \"a\"; $x = comm", {"string \"a\" :: string[16]"}},
	{"$x = (1, \"a\"); $x = ((int32)2, \"abc\")",
	 {"tuple :: (int32,string[4])", "int 1 :: int32", "string \"a\" :: string[4]"}},
	/* both sides of a comparison are of one type */
	{"$x = comm == \"sh\"",
	 {"binary == :: bool", "comm :: string[16]", "string \"sh\" :: string[16]"}},
	{"$x = pid == -1", {"binary == :: bool", "convert :: int64", "int -1 :: int64"}},
	{"$x = 5; $p = &$x; $y = $p != 0", {"binary != :: bool", "int 0 :: uint64"}},
	/* the pointer stands on the left */
	{"$x = (uint32)1; $p = &$x; $q = 2 + $p",
	 {"binary + :: uint32 *", "variable $p :: uint32 *", "int 2 :: int64"}},
	/* keys are of the map's key type */
	{"@m[1, \"a\"] = 1; @m[pid, comm] = 2",
	 {"tuple :: (uint32,string[16])", "int 1 :: uint32", "string \"a\" :: string[16]"}},
	/* aggregates are read */
	{"@c = count(); $x = @c + 1",
	 {"binary + :: uint64", "convert :: uint64", "map @c :: count_t"}},
};

START_TEST(test_tree)
{
	struct script_case c;
	struct strbuf dump = STRBUF_INIT;
	const char *at;
	char text[256];

	snprintf(text, sizeof(text), "begin { %s }", tree_cases[_i].statements);
	script_check_ok(&c, text);
	ast_dump_unit(&c.unit, &dump);
	at = strbuf_str(&dump);
	for (int i = 0; i < 5 && tree_cases[_i].lines[i]; i++) {
		at = strstr(at, tree_cases[_i].lines[i]);
		ck_assert_msg(at != NULL, "%s\n%s", tree_cases[_i].lines[i], strbuf_str(&dump));
	}
	strbuf_free(&dump);
	script_free(&c);
}
END_TEST

START_TEST(test_folded)
{
	struct script_case c;
	const struct stmt *stmt;

	script_check_ok(&c, "begin { $x = 2 * 3 + 1; }");
	stmt = c.unit.programs.data[0]->body->stmts.data[0];
	ck_assert_int_eq(stmt->assign.value->kind, EXPR_INT);
	ck_assert_uint_eq(stmt->assign.value->integer.value, 7);
	script_free(&c);
}
END_TEST

START_TEST(test_division_event)
{
	struct script_case c;

	script_check_ok(&c, "begin { $x = pid / cpu; $y = pid / 2; $x /= cpu; print(($x, $y)) }");
	ck_assert_uint_eq(c.plan->events.len, 3);
	ck_assert_int_eq(c.plan->events.data[0].kind, EVENT_RUNTIME_ERROR);
	ck_assert_uint_eq(c.plan->events.data[0].place.column, 14);
	ck_assert_int_eq(c.plan->events.data[1].kind, EVENT_RUNTIME_ERROR);
	ck_assert_int_eq(c.plan->events.data[2].kind, EVENT_PRINT_VALUE);
	script_free(&c);
}
END_TEST

/* --- settings --- */

START_TEST(test_config_set)
{
	struct arena *arena = arena_new();
	struct plan_config config = plan_config_default();
	const char *error = NULL;

	ck_assert(sema_config_set(arena, &config, "BPFTRACE_MAX_MAP_KEYS", "8192", &error));
	ck_assert_uint_eq(config.max_map_keys, 8192);
	ck_assert(sema_config_set(arena, &config, "missing_probes", "warn", &error));
	ck_assert_int_eq(config.missing_probes, MISSING_WARN);
	ck_assert(sema_config_set(arena, &config, "print_maps_on_exit", "0", &error));
	ck_assert(!config.print_maps_on_exit);
	ck_assert(!sema_config_set(arena, &config, "max_map_keys", "-1", &error));
	ck_assert_str_eq(error, "max_map_keys: expecting a number, got -1");
	ck_assert(!sema_config_set(arena, &config, "nosuch", "1", &error));
	ck_assert(!sema_config_set(arena, &config, "license", "MIT", &error));
	arena_free(arena);
}
END_TEST

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

int main(void)
{
	Suite *suite = suite_create("sema");
	TCase *tests = tcase_create("sema");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tests, test_variable, 0, COUNT(variable_cases));
	tcase_add_loop_test(tests, test_map, 0, COUNT(map_cases));
	tcase_add_test(tests, test_map_entries);
	tcase_add_test(tests, test_needs_atomic);
	tcase_add_loop_test(tests, test_error, 0, COUNT(error_cases));
	tcase_add_loop_test(tests, test_warning, 0, COUNT(warning_cases));
	tcase_add_test(tests, test_several_errors);
	tcase_add_loop_test(tests, test_tree, 0, COUNT(tree_cases));
	tcase_add_test(tests, test_folded);
	tcase_add_test(tests, test_division_event);
	tcase_add_test(tests, test_config_set);
	suite_add_tcase(suite, tests);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
