/* Prototypes from DWARF: tests/fixtures/shapes.c as it was compiled. */
#include "provider/provider.h"
#include "types/dwarf.h"

#include <check.h>
#include <stdlib.h>

#define SHAPES SONDE_FIXTURES "/shapes"

static struct arena *arena;
static struct types *types;

static void setup(void)
{
	arena = arena_new();
	types = types_new(arena);
}

static void teardown(void)
{
	types_free(types);
	arena_free(arena);
}

static bool find_prototype(const char *path, const char *name, struct type_function *function)
{
	const struct provider_env env = {.arena = arena, .types = types};
	const struct plan_target target = {.module = path};
	struct provider_symbol symbol = {0};

	provider_find_symbol(&env, &target, name, &symbol);
	return types_dwarf_function(types, path, NULL, name, symbol.address, function);
}

static const struct type_field *field(const struct type *type, const char *name)
{
	struct type_path path;

	ck_assert_msg(types_find_field(types, type, name, &path), "%s", name);
	return path.field[path.n - 1];
}

START_TEST(parameters)
{
	struct type_function function;
	const struct type *s64 = type_int(types, 8, true), *colour;

	ck_assert(find_prototype(SHAPES, "draw", &function));
	ck_assert_uint_eq(function.nparams, 6);
	ck_assert_ptr_eq(function.result, s64);
	ck_assert_str_eq(function.result_c_type, "long int");
	ck_assert_str_eq(function.params[0].name, "shape");
	ck_assert_str_eq(function.params[0].c_type, "const struct shape*");
	ck_assert_int_eq(function.params[0].type->kind, TYPE_PTR);
	ck_assert_int_eq(function.params[0].type->ptr.space, SPACE_USER);
	colour = function.params[1].type;
	ck_assert_int_eq(colour->kind, TYPE_ENUM);
	ck_assert_uint_eq(colour->size, 4);
	ck_assert_uint_eq(colour->enumeration.nvalues, 2);
	ck_assert_str_eq(colour->enumeration.values[1].name, "GREEN");
	ck_assert_int_eq(colour->enumeration.values[1].value, 5);
	ck_assert_ptr_eq(function.params[2].type, type_int(types, 2, false));
	ck_assert_str_eq(function.params[2].c_type, "port_t");
	ck_assert_ptr_eq(function.params[3].type, type_bool(types));
	ck_assert_ptr_eq(function.params[4].type,
			 type_ptr(types, type_int(types, 1, true), SPACE_USER));
	ck_assert_str_eq(function.params[4].c_type, "char*");
	ck_assert_ptr_eq(function.params[5].type, type_ptr(types, type_none(types), SPACE_USER));
}
END_TEST

/* tests/fixtures/opaque, in the forms of debug info that compilers have. */
START_TEST(forms)
{
	static const char *const paths[] = {
		SONDE_FIXTURES "/opaque_gdwarf_5",
		SONDE_FIXTURES "/opaque_gdwarf_2",
		SONDE_FIXTURES "/opaque_fdebug_types_section",
		SONDE_FIXTURES "/opaque_gsplit_dwarf",
	};
	struct type_function function;
	const struct type *object, *list, *value;

	ck_assert(find_prototype(paths[_i], "opaque_take", &function));
	ck_assert_uint_eq(function.nparams, 2);
	ck_assert_str_eq(function.params[0].c_type, "struct opaque*");
	object = function.params[0].type->ptr.to;
	ck_assert_uint_eq(field(object, "inner")->offset, 8);
	ck_assert_uint_eq(object->size, 16);
	ck_assert_str_eq(function.params[1].c_type, "struct list*");
	list = function.params[1].type->ptr.to;
	value = field(list, "value")->type;
	ck_assert_uint_eq(field(list, "value")->offset, 8);
	ck_assert_uint_eq(field(value, "b")->offset, 8);
	ck_assert_uint_eq(field(value, "b")->bit_offset, 3);
	ck_assert_uint_eq(field(value, "b")->bit_size, 9);
}
END_TEST

START_TEST(members)
{
	struct type_function function, again;
	const struct type *shape;

	ck_assert(find_prototype(SHAPES, "draw", &function));
	shape = function.params[0].type->ptr.to;
	ck_assert_str_eq(shape->record.name, "shape");
	ck_assert_int_eq(shape->record.origin, ORIGIN_SCRIPT);
	ck_assert_uint_eq(shape->size, 72);
	ck_assert_uint_eq(field(shape, "origin")->type->size, 8);
	ck_assert_uint_eq(field(field(shape, "origin")->type, "y")->offset, 4);
	ck_assert_ptr_eq(field(shape, "name")->type, type_string(types, 16));
	ck_assert_ptr_eq(field(shape, "bytes")->type,
			 type_array(types, type_int(types, 1, false), 6));
	ck_assert_uint_eq(field(shape, "corners")->offset, 30);
	ck_assert_uint_eq(field(shape, "corners")->bit_offset, 1);
	ck_assert_uint_eq(field(shape, "corners")->bit_size, 7);
	ck_assert_ptr_eq(field(shape, "next")->type, type_ptr(types, shape, SPACE_USER));
	ck_assert_uint_eq(field(shape, "next")->offset, 32);
	ck_assert_ptr_eq(field(shape, "length")->type, type_int(types, 8, true));
	ck_assert_ptr_eq(field(shape, "area")->type,
			 type_array(types, type_int(types, 1, false), 8));
	ck_assert_ptr_eq(field(shape, "matrix")->type,
			 type_array(types, type_array(types, type_int(types, 4, true), 3), 2));
	ck_assert_uint_eq(field(shape, "matrix")->offset, 48);
	ck_assert(find_prototype(SHAPES, "draw", &again));
	ck_assert_ptr_eq(again.params[0].type, function.params[0].type);
}
END_TEST

START_TEST(functions_without_parameters)
{
	struct type_function function;

	ck_assert(find_prototype(SHAPES, "nothing", &function));
	ck_assert_uint_eq(function.nparams, 0);
	ck_assert_ptr_eq(function.result, type_none(types));
	ck_assert_str_eq(function.result_c_type, "void");
}
END_TEST

START_TEST(what_is_not_there)
{
	struct type_function function;

	ck_assert(!find_prototype(SHAPES, "no_such_function", &function));
	ck_assert(!find_prototype("/nonexistent", "draw", &function));
	ck_assert(!find_prototype("/etc/passwd", "draw", &function));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("types_dwarf");
	TCase *tests = tcase_create("dwarf");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, parameters);
	tcase_add_test(tests, members);
	tcase_add_loop_test(tests, forms, 0, 4);
	tcase_add_test(tests, functions_without_parameters);
	tcase_add_test(tests, what_is_not_there);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
