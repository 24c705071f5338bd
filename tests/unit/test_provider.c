/* Providers: names, attach points as text, what exists on this machine and in the fixtures. */
#include "provider/internal.h"
#include "provider/usdt.h"

#include <asm/ptrace.h>
#include <check.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CALLS SONDE_FIXTURES "/calls"
#define USDT SONDE_FIXTURES "/usdt"

static struct arena *arena;
static struct diags *diags;
static struct provider_env env;

static void setup(void)
{
	arena = arena_new();
	diags = diags_new(arena, sources_new(arena));
	env = (struct provider_env){.arena = arena, .types = types_new(arena)};
}

static void teardown(void)
{
	types_free(env.types);
	arena_free(arena);
}

/* "provider:a:b" as the parser hands it over. */
static bool parse(const char *text, struct plan_target *target)
{
	const char *fields[8];
	bool quoted[8] = {false};
	char *copy = arena_strdup(arena, text), *colon = copy;
	struct provider_text given = {.text = text, .fields = fields, .quoted = quoted};

	for (; colon; given.nfields++) {
		fields[given.nfields] = colon;
		colon = strchr(colon, ':');
		if (colon)
			*colon++ = '\0';
	}
	ck_assert_ptr_nonnull(provider_find(fields[0]));
	*target = (struct plan_target){0};
	return provider_find(fields[0])->parse(&env, diags, &given, target);
}

struct matches {
	VEC(struct plan_target)
	all;
};

static void collect(const struct plan_target *target, void *data)
{
	struct matches *matches = data;

	vec_push(arena, &matches->all, *target);
}

static struct matches expand(const char *text)
{
	struct plan_target pattern;
	struct matches matches = {0};
	const char *error = "";
	int n;

	ck_assert_msg(parse(text, &pattern), "%s", text);
	n = provider_find(arena_strndup(arena, text, strcspn(text, ":")))
		    ->expand(&env, &pattern, collect, &matches, &error);
	ck_assert_msg(n >= 0, "%s: %s", text, error);
	ck_assert_int_eq(n, (int)matches.all.len);
	return matches;
}

static void check_name(const char *text, const char *name)
{
	struct matches matches = expand(text);

	ck_assert_uint_eq(matches.all.len, 1);
	ck_assert_str_eq(matches.all.data[0].name, name);
}

static void check_error(const char *text, const char *message)
{
	struct plan_target target;
	struct diag_style style = {.no_tags = true};
	char *out;
	size_t size;
	FILE *stream = open_memstream(&out, &size);

	ck_assert_msg(!parse(text, &target), "%s", text);
	diags_render(diags, stream, &style);
	fclose(stream);
	ck_assert_msg(strstr(out, message) != NULL, "%s: %s", text, out);
	free(out);
}

START_TEST(globs_know_stars_only)
{
	ck_assert(glob_match("*", ""));
	ck_assert(glob_match("vfs_*", "vfs_read"));
	ck_assert(glob_match("*_*d", "vfs_read_d"));
	ck_assert(glob_match("a**b", "ab"));
	ck_assert(!glob_match("vfs_*", "vf_read"));
	ck_assert(!glob_match("*a", "ab"));
	ck_assert(!glob_match("?", "a"));
	ck_assert(!glob_match("[a]", "a"));
	ck_assert(!glob_match("", "a"));
}
END_TEST

START_TEST(names_ignore_case_but_short_ones_do_not)
{
	ck_assert_ptr_eq(provider_find("TracePoint"), &provider_tracepoint);
	ck_assert_ptr_eq(provider_find("BEGIN"), &provider_begin);
	ck_assert_ptr_eq(provider_find("kfunc"), &provider_fentry);
	ck_assert_ptr_eq(provider_find("KRETFUNC"), &provider_fexit);
	ck_assert_ptr_eq(provider_find("u"), &provider_uprobe);
	ck_assert_ptr_eq(provider_find("U"), &provider_usdt);
	ck_assert_ptr_null(provider_find("T"));
	ck_assert_ptr_null(provider_find("I"));
	ck_assert_ptr_null(provider_find(""));
}
END_TEST

START_TEST(every_provider_is_whole)
{
	size_t n;
	const struct provider *const *all = providers(&n);

	ck_assert_uint_eq(n, 20);
	for (size_t i = 0; i < n; i++) {
		ck_assert_ptr_eq(provider_find(all[i]->name), all[i]);
		ck_assert(all[i]->doc && all[i]->forms && all[i]->min_kernel);
		ck_assert(all[i]->parse && all[i]->expand && all[i]->section);
		ck_assert_int_eq(all[i]->attach != NULL, !(all[i]->flags & PROVIDER_SPECIAL));
	}
}
END_TEST

START_TEST(numbers_of_arguments)
{
	check_error("tracepoint:sched", "tracepoint probe type requires 2 arguments, found 1");
	check_error("kprobe", "kprobe probe type requires 1 or 2 arguments, found 0");
	check_error("uprobe:a", "uprobe probe type requires 2 or 3 arguments, found 1");
	check_error("watchpoint:1:2", "watchpoint probe type requires 3 arguments, found 2");
	check_error("begin:x", "begin probe type requires 0 arguments, found 1");
	check_error("kretprobe:f+4", "Offset not allowed");
}
END_TEST

START_TEST(timers)
{
	struct plan_target target;

	check_name("interval:10ms", "interval:us:10000");
	check_name("profile:hz:99", "profile:hz:99");
	check_name("i:s:1", "interval:s:1");
	check_name("p:ms:1_000", "profile:ms:1000");
	ck_assert(parse("interval:1m", &target));
	ck_assert_uint_eq(target.rate, 60000000);
	ck_assert_int_eq(target.unit, UNIT_US);
	check_error("interval:s:0", "interval frequency should be a positive integer");
	check_error("profile:hz:x", "profile frequency should be a positive integer");
	check_error("interval:x:1", "x is not an accepted unit of time");
	check_error("interval:MS:1", "MS is not an accepted unit of time");
}
END_TEST

START_TEST(counted_events)
{
	struct matches faults = expand("software:*-faults");

	/* alignment, emulation, major, minor, page */
	ck_assert_uint_eq(faults.all.len, 5);
	ck_assert_uint_eq(expand("h:cycles:1000").all.data[0].rate, 1000);
	check_error("software:page-fault", "page-fault");
	check_error("software:faults:0", "software count should be a positive integer");
}
END_TEST

START_TEST(tracepoints)
{
	struct matches exits = expand("tracepoint:sched:sched_process_e*");
	struct provider_signature signature = {0};

	/* exec, exit */
	ck_assert_uint_ge(exits.all.len, 2);
	ck_assert_str_eq(exits.all.data[0].name, "tracepoint:sched:sched_process_exec");
	check_name("t:sched:sched_switch", "tracepoint:sched:sched_switch");
	ck_assert_uint_eq(expand("tracepoint:sched:none").all.len, 0);
	provider_tracepoint.signature(&env, &exits.all.data[0], &signature);
	ck_assert_ptr_nonnull(signature.args);
	check_name("rawtracepoint:sched_switch", "rawtracepoint:vmlinux:sched_switch");
	check_name("rt:vmlinux:sched_switc*", "rawtracepoint:vmlinux:sched_switch");
}
END_TEST

START_TEST(functions_of_a_program)
{
	check_name("uprobe:" CALLS ":first", "uprobe:" CALLS ":first");
	check_name("uretprobe:" CALLS ":sec*d", "uretprobe:" CALLS ":second");
	check_name("w:0x401001:8:x", "watchpoint:0x401001:8:x");
	check_error("w:0x401001:8:w", "multiple of its length");
	check_name("u:" CALLS ":first+0", "uprobe:" CALLS ":first+0");
	ck_assert_uint_eq(expand("uprobe:" CALLS ":third").all.len, 0);
	ck_assert_uint_ge(expand("uprobe:" CALLS ":*").all.len, 3);
	check_error("uretprobe:" CALLS ":first+4", "Offset not allowed");
}
END_TEST

START_TEST(libraries_are_found_by_name)
{
	struct matches matches = expand("uprobe:libc:getppid");

	ck_assert_uint_eq(matches.all.len, 1);
	ck_assert_ptr_nonnull(strstr(matches.all.data[0].module, "/libc.so"));
}
END_TEST

START_TEST(arguments_lie_in_registers)
{
	struct matches matches = expand("uprobe:" CALLS ":second");
	struct provider_signature signature = {0};
	struct type_path path;

	provider_uprobe.signature(&env, &matches.all.data[0], &signature);
	ck_assert_ptr_nonnull(signature.args);
	ck_assert(types_find_field(env.types, signature.args, "text", &path));
	ck_assert_uint_eq(signature.places[0].nregisters, 1);
	ck_assert_uint_eq(signature.places[0].registers[0], offsetof(struct pt_regs, rdi));
	ck_assert(types_find_field(env.types, signature.args, "number", &path));
	ck_assert_uint_eq(signature.places[1].registers[0], offsetof(struct pt_regs, rsi));
	ck_assert_ptr_eq(path.field[0]->type, type_int(env.types, 8, true));
}
END_TEST

START_TEST(static_probes)
{
	struct matches matches = expand("usdt:" USDT ":fixture:*");

	ck_assert_uint_eq(matches.all.len, 2);
	ck_assert_str_eq(matches.all.data[0].name, "usdt:" USDT ":fixture:done");
	ck_assert_str_eq(matches.all.data[1].name, "usdt:" USDT ":fixture:tick");
	ck_assert_str_eq(matches.all.data[1].arguments, "-4@%edi 8@%rsi -4@$7 8@%rdx");
	check_name("U:" USDT ":tick", "usdt:" USDT ":fixture:tick");
	ck_assert_uint_eq(expand("usdt:" USDT ":other:tick").all.len, 0);
}
END_TEST

static struct usdt_operand operand(const char *text)
{
	struct usdt_operand read;

	ck_assert_msg(usdt_operand(text, 0, &read), "%s", text);
	return read;
}

START_TEST(operands)
{
	struct usdt_operand read = operand("-4@%edi");

	ck_assert_int_eq(read.kind, USDT_REGISTER);
	ck_assert_uint_eq(read.size, 4);
	ck_assert(read.is_signed);
	ck_assert_int_eq(read.base, offsetof(struct pt_regs, rdi));
	read = operand("1@%ah");
	ck_assert(read.is_high && !read.is_signed);
	ck_assert_int_eq(read.base, offsetof(struct pt_regs, rax));
	read = operand("8@$-1");
	ck_assert_int_eq(read.kind, USDT_CONSTANT);
	ck_assert_int_eq(read.value, -1);
	read = operand("4@$-1");
	ck_assert_int_eq(read.value, 0xffffffff);
	read = operand("-1@$255");
	ck_assert_int_eq(read.value, -1);
	read = operand("2@-8(%rbp)");
	ck_assert_int_eq(read.kind, USDT_MEMORY);
	ck_assert_int_eq(read.value, -8);
	ck_assert_int_eq(read.base, offsetof(struct pt_regs, rbp));
	ck_assert_int_eq(read.index, -1);
	read = operand("8@16(%r8,%r15,4)");
	ck_assert_int_eq(read.base, offsetof(struct pt_regs, r8));
	ck_assert_int_eq(read.index, offsetof(struct pt_regs, r15));
	ck_assert_uint_eq(read.scale, 4);
	read = operand("8@(,%rax,8)");
	ck_assert_int_eq(read.base, -1);
	ck_assert_uint_eq(read.scale, 8);
	ck_assert(!usdt_operand("8@%xmm0", 0, &read));
	ck_assert(!usdt_operand("8f@(%rax)", 0, &read));
	ck_assert(!usdt_operand("8@%rax", 1, &read));
	ck_assert(!usdt_operand("", 0, &read));
	ck_assert_uint_eq(usdt_count_operands("-4@%edi 8@%rsi  1@$3"), 3);
	ck_assert_uint_eq(usdt_count_operands(""), 0);
}
END_TEST

START_TEST(functions_of_the_kernel)
{
	char path[] = "/tmp/sonde-functions-XXXXXX";
	int fd = mkstemp(path);
	const char text[] = "vfs_read\nvfs_write\nvfs_peek [peek]\nother\n";
	struct matches matches;

	ck_assert_int_eq(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
	close(fd);
	env.traceable_functions = path;
	matches = expand("kprobe:vfs_*");
	unlink(path);
	ck_assert_uint_eq(matches.all.len, 3);
	ck_assert_str_eq(matches.all.data[0].name, "kprobe:vfs_read");
	ck_assert_str_eq(matches.all.data[2].name, "kprobe:vfs_peek");
	check_name("kretprobe:peek:vfs_*", "kretprobe:peek:vfs_peek");
	check_name("k:vfs_read+0x10", "kprobe:vfs_read+16");
	ck_assert_uint_eq(expand("kprobe:absent").all.len, 0);
	check_error("kprobe:0xffff", "address");
	env.unsafe = true;
	check_name("kprobe:absent", "kprobe:absent");
	check_name("kprobe:0xffff", "kprobe:0xffff");
}
END_TEST

/* However many programs ask for some, the kernel's symbols, 150,000 or so, are read once. */
START_TEST(wanted_functions_of_the_kernel_are_looked_for_at_once)
{
	const struct kernel_symbols *symbols;

	ck_assert_ptr_null(kernel_wanted(&env, "vfs_read"));
	kernel_want(&env, "vfs_read");
	kernel_want(&env, "no_such_function");
	kernel_want(&env, "vfs_read");
	symbols = kernel_wanted(&env, "vfs_read");
	ck_assert_ptr_nonnull(symbols);
	ck_assert_uint_eq(symbols->all.len, geteuid() == 0);
	if (symbols->all.len)
		ck_assert_str_eq(symbols->all.data[0].module, "vmlinux");
	ck_assert_uint_eq(kernel_wanted(&env, "no_such_function")->all.len, 0);
	kernel_want(&env, "vfs_write");
	ck_assert_ptr_null(kernel_wanted(&env, "vfs_write"));
}
END_TEST

START_TEST(instructions_have_lengths)
{
	static const struct {
		uint8_t code[16];
		size_t length;
	} cases[] = {
		{{0x55}, 1}, /* push %rbp */
		{{0x48, 0x89, 0xe5}, 3}, /* mov %rsp,%rbp */
		{{0x48, 0x83, 0xec, 0x10}, 4}, /* sub $16,%rsp */
		{{0x48, 0x81, 0xec, 0, 1, 0, 0}, 7}, /* sub $256,%rsp */
		{{0xf3, 0x0f, 0x1e, 0xfa}, 4}, /* endbr64 */
		{{0xe8, 1, 2, 3, 4}, 5}, /* call */
		{{0x0f, 0x84, 1, 2, 3, 4}, 6}, /* je */
		{{0x66, 0x2e, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0}, 10}, /* nopw */
		{{0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8}, 10}, /* movabs */
		{{0x48, 0x8b, 0x05, 1, 2, 3, 4}, 7}, /* mov 1(%rip),%rax */
		{{0x8b, 0x44, 0x24, 0x08}, 4}, /* mov 8(%rsp),%eax */
		{{0x8b, 0x04, 0x25, 1, 2, 3, 4}, 7}, /* mov 0x4030201,%eax */
		{{0xf6, 0xc1, 0x01}, 3}, /* test $1,%cl */
		{{0xf6, 0xd1}, 2}, /* not %cl */
		{{0x66, 0xb8, 1, 2}, 4}, /* mov $0x201,%ax */
		{{0xc5, 0xf8, 0x77}, 3}, /* vzeroupper */
		{{0xc5, 0xfd, 0xd7, 0xc0}, 4}, /* vpmovmskb %ymm0,%eax */
		{{0xc4, 0xe3, 0x7d, 0x39, 0xc1, 0x01}, 6}, /* vextracti128 $1,%ymm0,%xmm1 */
		{{0x62, 0xf1, 0x7c, 0x48, 0x10, 0x07}, 6}, /* vmovups (%rdi),%zmm0 */
		{{0x66, 0x0f, 0x3a, 0x0f, 0xc1, 0x08}, 6}, /* palignr $8,%xmm1,%xmm0 */
		{{0x06}, 0}, /* not in 64-bit mode */
	};
	static const uint8_t start[] = {0x55, 0x48, 0x89, 0xe5, 0xc3};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ck_assert_msg(insn_length(cases[i].code, 16) == cases[i].length, "case %zu: %zu", i,
			      insn_length(cases[i].code, 16));
	ck_assert_uint_eq(insn_length(cases[5].code, 4), 0);
	ck_assert(insn_begins_at(start, 5, 0) && insn_begins_at(start, 5, 1));
	ck_assert(!insn_begins_at(start, 5, 2) && insn_begins_at(start, 5, 4));
}
END_TEST

static void check_no_place(const char *text, const char *reason)
{
	struct plan_target pattern;
	struct matches matches = {0};
	const char *error = "";

	ck_assert(parse(text, &pattern));
	ck_assert_int_lt(provider_uprobe.expand(&env, &pattern, collect, &matches, &error), 0);
	ck_assert_msg(strstr(error, reason) != NULL, "%s", error);
}

START_TEST(places_in_a_program)
{
	/* return i * 2; */
	struct matches line = expand("uprobe:" CALLS "@calls.c:17");
	struct plan_target call;

	ck_assert_uint_eq(line.all.len, 1);
	ck_assert_str_eq(line.all.data[0].name, "uprobe:" CALLS "@calls.c:17");
	ck_assert(parse(arena_printf(arena, "uprobe:" CALLS ":0x%llx",
				     (unsigned long long)line.all.data[0].offset),
			&call));
	ck_assert_uint_eq(call.offset, line.all.data[0].offset);
	check_no_place("uprobe:" CALLS "@calls.c:1", "no code");
	check_no_place("uprobe:" CALLS "@other.c:17", "no code");
	check_no_place("uprobe:" CALLS ":first+2", "middle of instruction");
	check_no_place("uprobe:" CALLS ":first+4000", "Offset outside the function bounds");
	check_no_place("uprobe:/nonexistent:f", "no file '/nonexistent'");
	env.unsafe = true;
	ck_assert_uint_eq(expand("uprobe:" CALLS ":first+2").all.len, 1);
}
END_TEST

START_TEST(watchpoints)
{
	check_name("w:0x1000:8:w", "watchpoint:0x1000:8:w");
	check_error("watchpoint:0x1000:3:w", "1, 2, 4 or 8");
	check_error("watchpoint:0x1001:8:w", "multiple");
	check_error("watchpoint:0x1000:8:r", "not possible");
}
END_TEST

START_TEST(symbols_of_a_program)
{
	const struct plan_target target = {.module = USDT};
	struct provider_symbol symbol;

	ck_assert(provider_find_symbol(&env, &target, "tick_semaphore", &symbol));
	ck_assert_uint_eq(symbol.size, 2);
	ck_assert(!provider_find_symbol(&env, &target, "no_such_symbol", &symbol));
}
END_TEST

START_TEST(links_close_what_they_own)
{
	struct provider_links *links = provider_links_new();
	int fds[2];
	uint64_t stop = 0;
	char byte;

	ck_assert_int_eq(pipe(fds), 0);
	provider_links_add_fd(links, fds[1]);
	ck_assert_uint_eq(provider_links_count(links), 1);
	ck_assert_int_eq(provider_links_iterate(links, &stop), -1);
	provider_links_disable(links);
	/* The last writer is gone. */
	ck_assert_int_eq(read(fds[0], &byte, 1), 0);
	provider_links_free(links);
	close(fds[0]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("provider");
	TCase *tests = tcase_create("provider");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, globs_know_stars_only);
	tcase_add_test(tests, names_ignore_case_but_short_ones_do_not);
	tcase_add_test(tests, every_provider_is_whole);
	tcase_add_test(tests, numbers_of_arguments);
	tcase_add_test(tests, timers);
	tcase_add_test(tests, counted_events);
	tcase_add_test(tests, tracepoints);
	tcase_add_test(tests, functions_of_a_program);
	tcase_add_test(tests, libraries_are_found_by_name);
	tcase_add_test(tests, arguments_lie_in_registers);
	tcase_add_test(tests, static_probes);
	tcase_add_test(tests, operands);
	tcase_add_test(tests, functions_of_the_kernel);
	tcase_add_test(tests, wanted_functions_of_the_kernel_are_looked_for_at_once);
	tcase_add_test(tests, instructions_have_lengths);
	tcase_add_test(tests, places_in_a_program);
	tcase_add_test(tests, watchpoints);
	tcase_add_test(tests, symbols_of_a_program);
	tcase_add_test(tests, links_close_what_they_own);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed != 0;
}
