/* C preambles: what needs no libclang, what does, and what becomes of mistakes. */
#include "types/btf.h"
#include "types/cdefs.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct arena *arena;
static struct types *types;
static struct sources *sources;
static struct diags *diags;

static void setup(void)
{
	arena = arena_new();
	types = types_new(arena);
	sources = sources_new(arena);
	diags = diags_new(arena, sources);
}

static void teardown(void)
{
	types_free(types);
	arena_free(arena);
}

/* Pieces end at empty lines, as those that the parser finds end with a definition. */
static bool load_with(struct cdefs_options options, const char *text)
{
	const struct source *source = sources_add(sources, "test", text, strlen(text));
	struct cdefs_piece pieces[8];
	size_t n = 0;

	for (const char *start = source->text; start; n++) {
		const char *end = strstr(start, "\n\n");
		size_t len = end ? (size_t)(end - start) : strlen(start);
		uint32_t at = source->base + (uint32_t)(start - source->text);

		pieces[n].span = (struct span){at, at + (uint32_t)len};
		pieces[n].text = arena_printf(arena, "%.*s\n", (int)len, start);
		start = end ? end + 2 : NULL;
	}
	options.diags = diags;
	options.sources = sources;
	return types_load_preamble(types, &options, pieces, n);
}

static bool load(const char *text)
{
	return load_with((struct cdefs_options){0}, text);
}

/* The first lines of what is shown. */
static const char *shown(void)
{
	struct diag_style style = {0};
	char *text = NULL, *copy;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	diags_render(diags, out, &style);
	fclose(out);
	copy = arena_strdup(arena, text);
	free(text);
	return copy;
}

static const char *body(const char *name)
{
	struct types_macro macro;

	return types_find_macro(types, name, &macro) ? macro.body : NULL;
}

/* Whether libclang was loaded into this process. */
static bool has_clang(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	bool is_loaded = false;
	char line[512];

	while (fgets(line, sizeof(line), maps))
		is_loaded |= strstr(line, "libclang") != NULL;
	fclose(maps);
	return is_loaded;
}

static const struct type_field *field(const struct type *type, const char *name)
{
	struct type_path path;

	ck_assert_msg(types_find_field(types, type, name, &path), "%s", name);
	return path.field[path.n - 1];
}

/* --- without libclang --- */

START_TEST(macros_are_read_line_by_line)
{
	struct types_macro macro;

	ck_assert(load("#define ONE 1\n"
		       "#define SUM ONE + /* two */ 2 // three\n"
		       "# define LONG 1 + \\\n 2\n"
		       "#define TEXT \"a // b\"\n"
		       "#define EMPTY\n"
		       "#define CALL(x) (x)\n"
		       "#define GONE 1\n"
		       "#undef GONE\n"));
	ck_assert(!has_clang());
	ck_assert_str_eq(body("ONE"), "1");
	ck_assert_str_eq(body("SUM"), "ONE +           2");
	ck_assert_str_eq(body("LONG"), "1 +    2");
	ck_assert_str_eq(body("TEXT"), "\"a // b\"");
	ck_assert_str_eq(body("EMPTY"), "");
	ck_assert_ptr_null(body("CALL"));
	ck_assert_ptr_null(body("GONE"));
	ck_assert(types_find_macro(types, "ONE", &macro));
	ck_assert_str_eq(sources_text(sources, macro.span), "1");
}
END_TEST

/* Each takes up some of the stack, which has an end. */
START_TEST(macros_use_others_up_to_a_depth)
{
	struct strbuf text = STRBUF_INIT;

	strbuf_adds(&text, "#define F0(x) x\n#define SHALLOW F200(7)\n#define DEEP F199999(7)\n");
	for (int i = 1; i < 200000; i++)
		strbuf_addf(&text, "#define F%d(x) F%d(x)\n", i, i - 1);
	ck_assert(load(strbuf_str(&text)));
	strbuf_free(&text);
	ck_assert_str_eq(body("SHALLOW"), "7");
	ck_assert_str_eq(body("DEEP"), "F199743(7)");
}
END_TEST

START_TEST(conditionals_are_decided)
{
	ck_assert(
		load("#define YES 1\n"
		     "#ifdef YES\n#define A 1\n#else\n#define A 2\n#endif\n"
		     "#ifndef YES\n#define B 1\n#elif 0\n#define B 2\n#else\n#define B 3\n#endif\n"
		     "#if defined(NO) \n#define C 1\nstruct x { int broken\n#endif\n"
		     "#if !defined YES\n# if 1\n# define D 1\n# endif\n#endif\n"));
	ck_assert(!has_clang());
	ck_assert_str_eq(body("A"), "1");
	ck_assert_str_eq(body("B"), "3");
	ck_assert_ptr_null(body("C"));
	ck_assert_ptr_null(body("D"));
}
END_TEST

START_TEST(have_btf_is_defined)
{
	if (_i)
		types_set_btf_path(types, "/nonexistent");
	ck_assert(load("#ifdef BPFTRACE_HAVE_BTF\n#define X 1\n#else\n#define X 0\n#endif\n"));
	ck_assert_str_eq(body("X"), types_have_btf(types) ? "1" : "0");
	if (_i)
		ck_assert_str_eq(body("X"), "0");
}
END_TEST

START_TEST(absent_kernel_headers_are_no_loss)
{
	struct type_constant constant;

	ck_assert(load("#include <linux/no-such-header.h>\n"
		       "#include <net/no-such-header.h>\n"
		       "#ifndef BPFTRACE_HAVE_BTF\n#include \"../mm/no-such.h\"\n#endif\n"));
	ck_assert(types_find_constant(types, "AF_INET", &constant));
	ck_assert(!types_find_constant(types, "NO_SUCH_CONSTANT", &constant));
	ck_assert_ptr_null(body("NO_SUCH_MACRO"));
	ck_assert_ptr_null(types_by_name(types, "no_such_t"));
	ck_assert(!has_clang());
}
END_TEST

START_TEST(other_headers_must_be_there)
{
	ck_assert(!load("#define A 1\n#include \"no-such-header.h\"\n"));
	ck_assert_str_eq(shown(), "test:2:10-28: ERROR[header-not-found]: fatal error: "
				  "'no-such-header.h' file not found\n"
				  "#include \"no-such-header.h\"\n"
				  "         ~~~~~~~~~~~~~~~~~~\n");
}
END_TEST

/* --- with it --- */

START_TEST(structs_have_the_layout_of_c)
{
	const struct type *type, *pair;

	ck_assert(load("struct pair { char c; long l; };\n"
		       "struct outer { int a:3, b:10; unsigned char bytes[6]; char name[16];\n"
		       "  struct pair pair; struct outer *next; union { int x; char y; };\n"
		       "  void (*call)(int); int flexible[]; }\n"));
	type = types_by_tag(types, TYPE_STRUCT, "outer");
	pair = types_by_tag(types, TYPE_STRUCT, "pair");
	ck_assert_ptr_nonnull(type);
	ck_assert_int_eq(type->record.origin, ORIGIN_SCRIPT);
	ck_assert_uint_eq(pair->size, 16);
	ck_assert_uint_eq(pair->align, 8);
	ck_assert_uint_eq(field(pair, "l")->offset, 8);
	ck_assert_ptr_eq(field(pair, "c")->type, type_int(types, 1, true));
	ck_assert_uint_eq(field(type, "a")->bit_size, 3);
	ck_assert_uint_eq(field(type, "b")->offset, 0);
	ck_assert_uint_eq(field(type, "b")->bit_offset, 3);
	ck_assert_uint_eq(field(type, "b")->bit_size, 10);
	ck_assert_ptr_eq(field(type, "bytes")->type,
			 type_array(types, type_int(types, 1, false), 6));
	ck_assert_uint_eq(field(type, "bytes")->offset, 2);
	ck_assert_ptr_eq(field(type, "name")->type, type_string(types, 16));
	ck_assert_uint_eq(field(type, "pair")->offset, 24);
	ck_assert_ptr_eq(field(type, "pair")->type, pair);
	ck_assert_ptr_eq(field(type, "next")->type, type_ptr(types, type, SPACE_UNKNOWN));
	ck_assert_ptr_eq(field(type, "y")->type, type_int(types, 1, true));
	ck_assert_ptr_eq(field(type, "call")->type,
			 type_ptr(types, type_none(types), SPACE_UNKNOWN));
	ck_assert_ptr_eq(field(type, "flexible")->type,
			 type_array(types, type_int(types, 4, true), 0));
	ck_assert_ptr_null(types_by_tag(types, TYPE_STRUCT, "no_such_struct"));
}
END_TEST

START_TEST(packed_structs_unions_and_typedefs)
{
	const struct type *packed;

	ck_assert(load("struct packed { char c; int i; } __attribute__((packed))\n\n"
		       "union either { int i; char text[8]; };\n"
		       "typedef struct { short s; } anonymous_t;\n"
		       "typedef unsigned long word_t;\n"
		       "typedef struct packed *packed_ptr;\n"));
	packed = types_by_tag(types, TYPE_STRUCT, "packed");
	ck_assert_uint_eq(packed->size, 5);
	ck_assert_uint_eq(packed->align, 1);
	ck_assert_uint_eq(field(packed, "i")->offset, 1);
	ck_assert_uint_eq(types_by_tag(types, TYPE_UNION, "either")->size, 8);
	ck_assert_uint_eq(types_by_name(types, "anonymous_t")->size, 2);
	ck_assert_ptr_eq(types_by_name(types, "anonymous_t"), types_by_name(types, "anonymous_t"));
	ck_assert_ptr_eq(types_by_name(types, "word_t"), type_int(types, 8, false));
	ck_assert_ptr_eq(types_by_name(types, "packed_ptr"),
			 type_ptr(types, packed, SPACE_UNKNOWN));
}
END_TEST

START_TEST(enums_are_constants)
{
	const struct type *type;
	struct type_constant constant;

	ck_assert(load("#define BASE 7\n"
		       "enum colour { RED = BASE, GREEN, BELOW = -1 };\n"
		       "enum { ALONE = 3 };\n"));
	type = types_by_tag(types, TYPE_ENUM, "colour");
	ck_assert_uint_eq(type->size, 4);
	ck_assert(type->is_signed);
	ck_assert_uint_eq(type->enumeration.nvalues, 3);
	ck_assert_str_eq(type->enumeration.values[1].name, "GREEN");
	ck_assert(types_find_constant(types, "GREEN", &constant));
	ck_assert_ptr_eq(constant.type, type);
	ck_assert_uint_eq(constant.value, 8);
	ck_assert(types_find_constant(types, "BELOW", &constant));
	ck_assert(constant.is_negative);
	ck_assert(types_find_constant(types, "ALONE", &constant));
	ck_assert_uint_eq(constant.value, 3);
	ck_assert_str_eq(body("BASE"), "7");
}
END_TEST

START_TEST(kernel_types_by_value)
{
	const struct type *type;

	if (!types_have_btf(types))
		return;
	ck_assert_msg(load("#include <linux/no-such-header.h>\n"
			   "struct mine { u32 a; struct list_head list; pid_t pid; atomic_t n;\n"
			   "  struct task_struct *task; };\n"),
		      "%s", shown());
	type = types_by_tag(types, TYPE_STRUCT, "mine");
	ck_assert_uint_eq(type->size, 40);
	ck_assert_uint_eq(field(type, "list")->offset, 8);
	ck_assert_ptr_eq(field(type, "list")->type, types_by_tag(types, TYPE_STRUCT, "list_head"));
	ck_assert_int_eq(field(type, "list")->type->record.origin, ORIGIN_BTF);
	ck_assert_ptr_eq(field(type, "pid")->type, type_int(types, 4, true));
	ck_assert_int_eq(field(type, "task")->type->ptr.to->record.origin, ORIGIN_BTF);
}
END_TEST

START_TEST(btf_wins_over_the_script)
{
	const struct type *type;

	if (!types_have_btf(types))
		return;
	ck_assert(load("struct list_head { int other; };\n"));
	type = types_by_tag(types, TYPE_STRUCT, "list_head");
	ck_assert_int_eq(type->record.origin, ORIGIN_BTF);
	ck_assert_uint_eq(type->size, 16);
}
END_TEST

START_TEST(mistakes_are_shown_where_they_are)
{
	ck_assert(!load("struct x {\n\tint a;\n\tfrob b;\n};\n"));
	ck_assert_str_eq(shown(), "test:3:2-6: ERROR[c-preamble]: unknown type name 'frob'\n"
				  "    frob b;\n"
				  "    ~~~~\n");
}
END_TEST

/* A directory with a header, removed again. */
static char *make_header(const char *text)
{
	char *directory = arena_strdup(arena, "/tmp/sonde-cdefs-XXXXXX");
	FILE *file;

	ck_assert_ptr_nonnull(mkdtemp(directory));
	file = fopen(arena_printf(arena, "%s/mine.h", directory), "w");
	fputs(text, file);
	fclose(file);
	return directory;
}

static void remove_header(const char *directory)
{
	unlink(arena_printf(arena, "%s/mine.h", directory));
	rmdir(directory);
}

START_TEST(headers_of_the_script_are_read)
{
	char *directory = make_header("#include <linux/no-such-header.h>\n"
				      "#define SIZE (sizeof(int) * 2UL)\n"
				      "#define NEGATIVE -1\n"
				      "#define ITSELF ITSELF\n"
				      "struct from_header { int x; };\n");
	const char *dirs[] = {directory}, *includes[] = {"mine.h"};
	struct cdefs_options options = {0};
	bool ok;

	if (_i == 0)
		options.directory = directory;
	if (_i >= 1)
		options = (struct cdefs_options){.include_dirs = dirs, .ninclude_dirs = 1};
	if (_i == 2) {
		options.includes = includes;
		options.nincludes = 1;
	}
	ok = load_with(options, _i == 0   ? "#include \"mine.h\"\n"
				: _i == 1 ? "#include <mine.h>\n"
					  : "");
	remove_header(directory);
	ck_assert_msg(ok, "%s", shown());
	ck_assert_uint_eq(types_by_tag(types, TYPE_STRUCT, "from_header")->size, 4);
	ck_assert_str_eq(body("SIZE"), "( sizeof ( int ) * 2UL )");
	ck_assert_str_eq(body("NEGATIVE"), "- 1");
	ck_assert_ptr_null(body("ITSELF"));
}
END_TEST

START_TEST(mistakes_in_headers_name_the_header)
{
	char *directory = make_header("struct x { frob b; };\n");
	struct cdefs_options options = {.directory = directory};

	ck_assert(!load_with(options, "#include \"mine.h\"\n"));
	remove_header(directory);
	ck_assert_ptr_nonnull(strstr(shown(),
				     "mine.h:1:12-16: ERROR[c-preamble]: unknown type name 'frob'\n"
				     "struct x { frob b; };\n"
				     "           ~~~~\n"));
}
END_TEST

/* Installed headers of the kernel are read when a name is found nowhere else. */
START_TEST(installed_headers_are_read_late)
{
	struct type_constant constant;

	if (access("/usr/include/linux/netlink.h", R_OK))
		return;
	ck_assert(load("#include <linux/netlink.h>\n#include <net/no-such-header.h>\n"));
	ck_assert(types_find_constant(types, "AF_INET", &constant));
	ck_assert_ptr_null(body("AF_INET"));
	ck_assert_ptr_null(body("pid"));
	ck_assert(!has_clang());
	ck_assert_str_eq(body("NLMSG_ALIGNTO"), "4U");
	ck_assert(has_clang());
	ck_assert_ptr_null(body("NO_SUCH_MACRO"));
}
END_TEST

/* Asked in another process: here the tests want to see whether it is loaded. */
static bool is_clang_installed(void)
{
	pid_t pid = fork();
	int status = 1;

	if (!pid) {
		setup();
		_exit(!load("struct x { int y; };"));
	}
	waitpid(pid, &status, 0);
	return !status;
}

int main(void)
{
	Suite *suite = suite_create("types_cdefs");
	TCase *plain = tcase_create("plain"), *clang = tcase_create("clang");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(plain, setup, teardown);
	tcase_add_test(plain, macros_are_read_line_by_line);
	tcase_add_test(plain, macros_use_others_up_to_a_depth);
	tcase_add_test(plain, conditionals_are_decided);
	tcase_add_loop_test(plain, have_btf_is_defined, 0, 2);
	tcase_add_test(plain, absent_kernel_headers_are_no_loss);
	tcase_add_test(plain, other_headers_must_be_there);
	suite_add_tcase(suite, plain);
	tcase_add_checked_fixture(clang, setup, teardown);
	tcase_set_timeout(clang, 30);
	tcase_add_test(clang, structs_have_the_layout_of_c);
	tcase_add_test(clang, packed_structs_unions_and_typedefs);
	tcase_add_test(clang, enums_are_constants);
	tcase_add_test(clang, kernel_types_by_value);
	tcase_add_test(clang, btf_wins_over_the_script);
	tcase_add_test(clang, mistakes_are_shown_where_they_are);
	tcase_add_loop_test(clang, headers_of_the_script_are_read, 0, 3);
	tcase_add_test(clang, mistakes_in_headers_name_the_header);
	tcase_add_test(clang, installed_headers_are_read_late);
	if (is_clang_installed())
		suite_add_tcase(suite, clang);
	else
		puts("SKIP: C definitions: libclang is not installed");
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
