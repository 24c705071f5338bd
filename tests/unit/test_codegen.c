/*
 * Code generation: what the programs do, seen in the IR before LLVM optimizes it; what the object
 * holds, seen through libbpf, which reads it without the kernel.
 */
#include "test_codegen_case.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>

/* Calls of helpers, by number (include/uapi/linux/bpf.h). */
#define HELPER(n) "inttoptr (i64 " #n " to ptr)"
#define LOOKUP HELPER(1)
#define UPDATE HELPER(2)
#define GET_PID HELPER(14)
#define READ_USER HELPER(112)
#define READ_KERNEL HELPER(113)
#define FOR_EACH HELPER(164)
#define LOOP HELPER(181)

static struct stmt *count_to(struct test_case *c, uint32_t map, struct expr *key)
{
	const struct type *count = type_simple(c->types, TYPE_COUNT);

	return case_assign(c, case_map_at(c, map, key), case_call(c, FUNCTION_count, count, NULL));
}

static struct test_case *count_case(void)
{
	struct test_case *c = case_new();
	const struct type *count = type_simple(c->types, TYPE_COUNT);

	case_tracepoint(c, count_to(c, case_map(c, "", MAP_KIND_PERCPU_ARRAY, NULL, count), NULL));
	case_compile(c);
	return c;
}

/* --- the life of a program --- */

START_TEST(run_is_counted_before_the_body)
{
	struct test_case *c = count_case();

	case_expect_ir(c, "define i32 @prog_1(ptr",
		       "section \"tracepoint/syscalls/sys_enter_getppid\"",
		       "body:", LOOKUP "(ptr @sonde_counters", LOOKUP "(ptr @at_");
	case_free(c);
}
END_TEST

START_TEST(false_predicate_is_counted_as_filtered)
{
	struct test_case *c = case_new();
	struct ast_program *program = case_tracepoint(c, NULL);

	program->predicate =
		case_binary(c, BINARY_EQ, type_bool(c->types), case_pid64(c), case_int(c, 42));
	case_compile(c);
	/* filtered is the program's second counter, ran its first */
	case_expect_ir(c, "filtered:", "store i32 1, ptr %counter_key", LOOKUP,
		       "passed:", "store i32 0, ptr %counter_key");
	case_expect_ir(c, "body:", "icmp eq i64", ", 42", "label %passed, label %filtered");
	case_free(c);
}
END_TEST

START_TEST(pid_filter_reads_the_setting)
{
	struct test_case *c = count_case();

	case_expect_ir(c, "load i64, ptr @sonde_settings", "pid_filter:", GET_PID,
		       "label %pid_passed, label %other_pid");
	case_free(c);
}
END_TEST

START_TEST(begin_has_no_pid_filter)
{
	struct test_case *c = case_new();

	case_program(c, "begin", "raw_tp", NULL);
	case_compile(c);
	case_expect_none(c, GET_PID);
	case_free(c);
}
END_TEST

/* --- maps --- */

START_TEST(keyed_count_makes_its_entry)
{
	struct test_case *c = case_new();
	const struct type *key = type_int(c->types, 4, false);
	uint32_t map =
		case_map(c, "k", MAP_KIND_PERCPU_HASH, key, type_simple(c->types, TYPE_COUNT));

	case_tracepoint(c, count_to(c, map, case_pid(c)));
	case_compile(c);
	/* BPF_NOEXIST is 1; -17 is EEXIST: another CPU was faster, which is no failure */
	case_expect_ir(c, LOOKUP "(ptr @at_k", "new_slot:", UPDATE "(ptr @at_k", "i64 1)", ", -17",
		       "refused:", LOOKUP "(ptr @sonde_counters", LOOKUP "(ptr @at_k");
	case_expect_none(c, "atomicrmw add ptr %slot");
	case_free(c);
}
END_TEST

START_TEST(increment_is_atomic_and_makes_its_entry)
{
	struct test_case *c = case_new();
	const struct type *key = type_int(c->types, 4, false);
	uint32_t map = case_map(c, "n", MAP_KIND_HASH, key, type_int(c->types, 8, true));

	case_tracepoint(c, case_increment(c, case_map_at(c, map, case_pid(c))));
	case_compile(c);
	case_expect_ir(c, LOOKUP "(ptr @at_n", "miss:", UPDATE "(ptr @at_n", "i64 1)",
		       "label %raced", "raced:", LOOKUP "(ptr @at_n", "found:", "phi ptr",
		       "atomicrmw add");
	case_free(c);
}
END_TEST

START_TEST(product_tries_again_until_nothing_came_between)
{
	struct test_case *c = case_new();
	uint32_t map = case_map(c, "p", MAP_KIND_ARRAY, NULL, type_int(c->types, 8, true));

	case_tracepoint(c, case_compound(c, BINARY_MUL, case_map_at(c, map, NULL), case_int(c, 3)));
	case_compile(c);
	case_expect_ir(c, LOOKUP "(ptr @at_p", "mul i64", "cmpxchg ptr");
	case_free(c);
}
END_TEST

START_TEST(scalar_notes_that_it_was_assigned)
{
	struct test_case *c = case_new();
	uint32_t map = case_map(c, "x", MAP_KIND_ARRAY, NULL, type_int(c->types, 8, true));

	case_tracepoint(c, case_assign(c, case_map_at(c, map, NULL), case_int(c, 7)));
	case_compile(c);
	case_expect_ir(c, "found:", "store i64 7, ptr %", "i64 8", "store i64 1, ptr %");
	case_free(c);
}
END_TEST

START_TEST(aggregates_that_meet_are_atomic)
{
	struct test_case *c = case_new();
	const struct type *sum = type_aggregate(c->types, TYPE_SUM, true);
	uint32_t map = case_map(c, "s", MAP_KIND_PERCPU_ARRAY, NULL, sum);

	c->plan->maps.data[map].needs_atomic = true;
	case_tracepoint(c, case_assign(c, case_map_at(c, map, NULL),
				       case_call(c, FUNCTION_sum, sum, case_pid64(c))));
	case_compile(c);
	case_expect_ir(c, LOOKUP "(ptr @at_s", "atomicrmw add");
	case_free(c);
}
END_TEST

START_TEST(aggregate_is_read_from_all_cpus)
{
	struct test_case *c = case_new();
	uint32_t map =
		case_map(c, "c", MAP_KIND_PERCPU_ARRAY, NULL, type_simple(c->types, TYPE_COUNT));
	uint32_t x = case_map(c, "x", MAP_KIND_ARRAY, NULL, type_int(c->types, 8, true));

	case_tracepoint(c, case_assign(c, case_map_at(c, x, NULL),
				       case_cast(c, type_int(c->types, 8, true),
						 case_map_at(c, map, NULL))));
	case_compile(c);
	/* bpf_map_lookup_percpu_elem() */
	case_expect_ir(c, "cpus:", HELPER(195) "(ptr @at_c", "all_cpus:");
	case_free(c);
}
END_TEST

/* --- arithmetic --- */

static struct test_case *divide_case(bool is_signed, struct expr *(*divisor)(struct test_case *))
{
	struct test_case *c = case_new();
	const struct type *type = type_int(c->types, 8, is_signed);
	uint32_t x = case_map(c, "x", MAP_KIND_ARRAY, NULL, type);

	case_tracepoint(c, case_assign(c, case_map_at(c, x, NULL),
				       case_binary(c, BINARY_DIV, type,
						   case_cast(c, type, case_pid(c)), divisor(c))));
	case_compile(c);
	return c;
}

static struct expr *seven(struct test_case *c)
{
	return case_int(c, 7);
}

START_TEST(division_by_zero_gives_one)
{
	struct test_case *c = divide_case(false, case_pid64);

	case_expect_ir(c, "label %zero, label %divide", "udiv i64", "divided:", "phi i64",
		       "[ 1, %zero ]");
	case_free(c);
}
END_TEST

START_TEST(signed_division_has_no_signed_instruction)
{
	struct test_case *c = divide_case(true, case_pid64);

	case_expect_ir(c, "icmp slt i64", "sub i64 0", "udiv i64", "xor i1");
	case_expect_none(c, "sdiv");
	case_free(c);
}
END_TEST

START_TEST(constant_divisor_is_not_tested)
{
	struct test_case *c = divide_case(false, seven);

	case_expect_ir(c, "udiv i64", ", 7");
	case_expect_none(c, "zero:");
	case_free(c);
}
END_TEST

START_TEST(shift_count_stays_below_64)
{
	struct test_case *c = case_new();
	const struct type *type = type_int(c->types, 8, true);
	uint32_t x = case_map(c, "x", MAP_KIND_ARRAY, NULL, type);

	case_tracepoint(
		c, case_assign(c, case_map_at(c, x, NULL),
			       case_binary(c, BINARY_SHR, type, case_pid64(c), case_pid64(c))));
	case_compile(c);
	case_expect_ir(c, "and i64", ", 63", "ashr i64");
	case_free(c);
}
END_TEST

/* --- scratch memory --- */

START_TEST(preemptible_program_claims_scratch_and_gives_it_back)
{
	struct test_case *c = case_new();
	const struct type *text = type_string(c->types, 60);
	uint32_t map = case_map(c, "s", MAP_KIND_HASH, text, text);
	struct expr *value = case_expr(c, EXPR_STRING, text);
	struct expr *key = case_expr(c, EXPR_STRING, text);

	value->string.data = key->string.data = "abc";
	value->string.len = key->string.len = 3;
	case_program(c, "uprobe", "uprobe", case_assign(c, case_map_at(c, map, key), value));
	case_compile(c);
	case_expect_ir(c, "leave:", "atomicrmw and ptr");
	case_expect_ir(c, "scratch:", "and i64", ", 511", "atomicrmw or ptr", "i64 1 seq_cst",
		       "claim:", "atomicrmw or ptr", "i64 2 seq_cst",
		       "label %claimed, label %missed", "claimed:", LOOKUP "(ptr @sonde_scratch");
	case_free(c);
}
END_TEST

START_TEST(small_values_need_no_scratch)
{
	struct test_case *c = count_case();

	case_expect_none(c, "@sonde_scratch");
	case_free(c);
}
END_TEST

/* --- loops --- */

static struct stmt *range_loop(struct test_case *c, struct ast_program *program, struct block *body)
{
	struct stmt *loop = stmt_new(c->arena, STMT_FOR_RANGE, case_span);

	loop->loop.variable = case_variable(c, program, "i", type_int(c->types, 8, true));
	loop->loop.from = case_int(c, 2);
	loop->loop.to = case_int(c, 9);
	loop->loop.body = body;
	return loop;
}

START_TEST(range_is_a_callback)
{
	struct test_case *c = case_new();
	struct ast_program *program = case_tracepoint(c, NULL);
	uint32_t x = case_map(c, "x", MAP_KIND_ARRAY, NULL, type_int(c->types, 8, true));
	struct stmt *add = case_increment(c, case_map_at(c, x, NULL));

	case_push(c, program, range_loop(c, program, case_block(c, add)));
	case_compile(c);
	case_expect_ir(c, LOOP "(i32 7, ptr @prog_1_loop_1, ptr %frame",
		       "define internal i64 @prog_1_loop_1(i64", "break:", "ret i64 1",
		       "add i64 2, %", "atomicrmw add");
	case_free(c);
}
END_TEST

START_TEST(return_from_a_loop_leaves_the_program)
{
	struct test_case *c = case_new();
	struct ast_program *program = case_tracepoint(c, NULL);
	struct stmt *leave = stmt_new(c->arena, STMT_RETURN, case_span);

	case_push(c, program, range_loop(c, program, case_block(c, leave)));
	case_compile(c);
	/* the mark is cleared, set in the callback, looked at afterwards */
	case_expect_ir(c, "store i64 0, ptr", LOOP, "load i64", "leave_too:", "br label %leave",
		       "@prog_1_loop_1", "store i64 1, ptr", "br label %break");
	case_free(c);
}
END_TEST

START_TEST(map_loop_visits_with_a_helper)
{
	struct test_case *c = case_new();
	const struct type *u32 = type_int(c->types, 4, false), *s64 = type_int(c->types, 8, true);
	struct ast_program *program = case_tracepoint(c, NULL);
	uint32_t map = case_map(c, "m", MAP_KIND_HASH, u32, s64);
	struct stmt *loop = stmt_new(c->arena, STMT_FOR_MAP, case_span);

	loop->loop.variable = case_variable(
		c, program, "kv", type_tuple(c->types, (const struct type *[]){u32, s64}, 2));
	loop->loop.map = case_map_at(c, map, NULL);
	loop->loop.body = case_block(c, NULL);
	case_push(c, program, loop);
	case_compile(c);
	case_expect_ir(c, FOR_EACH "(ptr @at_m, ptr @prog_1_loop_1",
		       "@prog_1_loop_1(ptr %0, ptr %1, ptr %2, ptr %3)");
	case_free(c);
}
END_TEST

/* --- fields --- */

static struct test_case *field_case(const char *name, enum type_origin origin,
				    enum type_space space, const struct type_field *field)
{
	struct test_case *c = case_new();
	struct type_field fields[] = {*field};
	const struct type *type, *pointer, *value;
	uint32_t n, x;

	fields[0].type = field->type ? field->type : type_int(c->types, 4, true);
	type = type_define_struct(c->types, TYPE_STRUCT, name, origin, fields, 1, 64, 8);
	pointer = type_ptr(c->types, type, space);
	value = type_int(c->types, 8, true);
	x = case_map(c, "x", MAP_KIND_ARRAY, NULL, value);
	case_tracepoint(c,
			case_assign(c, case_map_at(c, x, NULL),
				    case_cast(c, value,
					      case_field(c, case_cast(c, pointer, case_pid64(c)),
							 type, types_fields(c->types, type, &n)))));
	case_compile(c);
	return c;
}

START_TEST(field_from_btf_is_relocated)
{
	const struct type_field pid = {.name = "pid", .offset = 16};
	struct test_case *c = field_case("task_struct", ORIGIN_BTF, SPACE_KERNEL, &pid);

	case_expect_ir(c, "llvm.preserve.struct.access.index", READ_KERNEL,
		       "DICompositeType(tag: DW_TAG_structure_type, name: \"task_struct\"",
		       "DIDerivedType(tag: DW_TAG_member, name: \"pid\"", "offset: 128");
	case_free(c);
}
END_TEST

START_TEST(field_of_a_script_struct_has_a_fixed_offset)
{
	const struct type_field f = {.name = "f", .offset = 24};
	struct test_case *c = field_case("mine", ORIGIN_SCRIPT, SPACE_USER, &f);

	case_expect_ir(c, "add i64", ", 24", READ_USER);
	case_expect_none(c, "llvm.preserve.struct.access.index");
	case_free(c);
}
END_TEST

START_TEST(bit_field_is_moved_into_place)
{
	const struct type_field f = {.name = "f", .offset = 4, .bit_offset = 3, .bit_size = 5};
	struct test_case *c = field_case("mine", ORIGIN_SCRIPT, SPACE_KERNEL, &f);

	/* the unit is one byte: up by 64 - 3 - 5, down by 64 - 5, with its sign */
	case_expect_ir(c, READ_KERNEL, "i32 1,", "load i8", "shl i64", ", 56", "ashr i64", ", 59");
	case_free(c);
}
END_TEST

START_TEST(relocated_structs_of_later_compilations_have_other_names)
{
	const struct type_field pid = {.name = "pid", .offset = 16};
	struct test_case *c = field_case("task_struct", ORIGIN_BTF, SPACE_KERNEL, &pid);

	c->serial = 1;
	case_compile(c);
	case_expect_ir(c, "name: \"task_struct___");
	case_free(c);
}
END_TEST

/* --- the object --- */

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static struct bpf_object *open_object(const struct test_case *c)
{
	struct bpf_object *object;

	libbpf_set_print(silent);
	object = bpf_object__open_mem(c->object.data, c->object.size, NULL);
	ck_assert(object != NULL);
	return object;
}

static void assert_map(const struct bpf_object *object, const char *name, enum bpf_map_type type,
		       uint32_t key, uint32_t value, uint32_t entries)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(object, name);

	ck_assert_msg(map != NULL, "%s", name);
	ck_assert_uint_eq(bpf_map__type(map), type);
	ck_assert_uint_eq(bpf_map__key_size(map), key);
	ck_assert_uint_eq(bpf_map__value_size(map), value);
	ck_assert_uint_eq(bpf_map__max_entries(map), entries);
}

START_TEST(object_defines_its_maps)
{
	struct test_case *c = case_new();
	const struct type *u32 = type_int(c->types, 4, false);
	uint32_t map =
		case_map(c, "k", MAP_KIND_PERCPU_HASH, u32, type_simple(c->types, TYPE_COUNT));
	struct bpf_object *object;

	case_map(c, "h", MAP_KIND_PERCPU_ARRAY, NULL, type_hist(c->types, 0));
	case_map(c, "b", MAP_KIND_LRU_HASH, u32, type_int(c->types, 1, true));
	case_tracepoint(c, count_to(c, map, case_pid(c)));
	case_compile(c);
	object = open_object(c);
	assert_map(object, "at_k", BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 4096);
	/* 66 buckets and the "set" word */
	assert_map(object, "at_h", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 66 * 8 + 8, 1);
	assert_map(object, "at_b", BPF_MAP_TYPE_LRU_HASH, 4, 8, 4096);
	assert_map(object, PLAN_MAP_COUNTERS, BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8,
		   plan_counters(c->plan));
	bpf_object__close(object);
	case_free(c);
}
END_TEST

START_TEST(object_has_programs_data_and_license)
{
	struct test_case *c = count_case();
	struct bpf_object *object = open_object(c);
	struct bpf_program *program = bpf_object__find_program_by_name(object, "prog_1");
	const struct bpf_map *map;
	size_t size = 0, sizes[2] = {0};

	ck_assert(program != NULL);
	ck_assert_int_eq(bpf_program__type(program), BPF_PROG_TYPE_TRACEPOINT);
	bpf_object__for_each_map(map, object)
	{
		if (strstr(bpf_map__name(map), ".rodata")) {
			bpf_map__initial_value((struct bpf_map *)map, &size);
			sizes[0] = size;
		} else if (strstr(bpf_map__name(map), ".data")) {
			bpf_map__initial_value((struct bpf_map *)map, &size);
			sizes[1] = size;
		}
	}
	ck_assert_uint_ge(sizes[0], sizeof(struct plan_settings));
	ck_assert_uint_ge(sizes[1], sizeof(struct plan_state));
	bpf_object__close(object);
	case_free(c);
}
END_TEST

START_TEST(object_carries_line_info_and_no_dwarf)
{
	struct test_case *c = count_case();

	ck_assert(memmem(c->object.data, c->object.size, ".BTF.ext", 9) != NULL);
	ck_assert(memmem(c->object.data, c->object.size, ".debug_info", 12) == NULL);
	ck_assert_uint_lt(c->object.size, 20 * 1024);
	case_free(c);
}
END_TEST

static Suite *suite(void)
{
	const struct {
		const char *name;
		const TTest *tests[12];
	} cases[] = {
		{"program",
		 {run_is_counted_before_the_body, false_predicate_is_counted_as_filtered,
		  pid_filter_reads_the_setting, begin_has_no_pid_filter}},
		{"maps",
		 {keyed_count_makes_its_entry, increment_is_atomic_and_makes_its_entry,
		  product_tries_again_until_nothing_came_between, scalar_notes_that_it_was_assigned,
		  aggregates_that_meet_are_atomic, aggregate_is_read_from_all_cpus}},
		{"arithmetic",
		 {division_by_zero_gives_one, signed_division_has_no_signed_instruction,
		  constant_divisor_is_not_tested, shift_count_stays_below_64}},
		{"scratch",
		 {preemptible_program_claims_scratch_and_gives_it_back,
		  small_values_need_no_scratch}},
		{"loops",
		 {range_is_a_callback, return_from_a_loop_leaves_the_program,
		  map_loop_visits_with_a_helper}},
		{"fields",
		 {field_from_btf_is_relocated, field_of_a_script_struct_has_a_fixed_offset,
		  bit_field_is_moved_into_place,
		  relocated_structs_of_later_compilations_have_other_names}},
		{"object",
		 {object_defines_its_maps, object_has_programs_data_and_license,
		  object_carries_line_info_and_no_dwarf}},
	};
	Suite *s = suite_create("codegen");
	size_t i, j;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		TCase *tcase = tcase_create(cases[i].name);

		for (j = 0; j < 12 && cases[i].tests[j]; j++)
			tcase_add_test(tcase, cases[i].tests[j]);
		suite_add_tcase(s, tcase);
	}
	return s;
}

int main(void)
{
	SRunner *runner = srunner_create(suite());
	int failed;

	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
