/* Types of the running kernel. What is expected holds for every kernel since 5.10 on x86_64. */
#include "types/btf.h"
#include "types/btf_data.h"

#include <bpf/btf.h>
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static const struct type *tag(const char *name)
{
	return types_by_tag(types, TYPE_STRUCT, name);
}

static const struct type_field *field(const struct type *type, const char *name)
{
	struct type_path path;

	if (!types_find_field(types, type, name, &path))
		return NULL;
	return path.field[path.n - 1];
}

START_TEST(a_struct_may_refer_to_itself)
{
	const struct type *type = tag("list_head");

	ck_assert_ptr_nonnull(type);
	ck_assert_uint_eq(type->size, 16);
	ck_assert_uint_eq(type->align, 8);
	ck_assert_int_eq(type->record.origin, ORIGIN_BTF);
	ck_assert_ptr_eq(field(type, "next")->type, type_ptr(types, type, SPACE_ADDRESS));
	ck_assert_uint_eq(field(type, "prev")->offset, 8);
	ck_assert_ptr_eq(type, tag("list_head"));
}
END_TEST

START_TEST(members_have_types_without_typedefs)
{
	const struct type *task = tag("task_struct");

	ck_assert_ptr_eq(field(task, "pid")->type, type_int(types, 4, true));
	ck_assert_ptr_eq(field(task, "comm")->type, type_string(types, 16));
	ck_assert_ptr_eq(field(task, "real_parent")->type, type_ptr(types, task, SPACE_ADDRESS));
	ck_assert_ptr_eq(field(tag("iphdr"), "saddr")->type, type_int(types, 4, false));
	ck_assert_ptr_eq(field(tag("file_operations"), "llseek")->type,
			 type_ptr(types, type_none(types), SPACE_ADDRESS));
	ck_assert_ptr_null(field(task, "no_such_member"));
}
END_TEST

START_TEST(bitfields_lie_in_the_smallest_unit)
{
	const struct type_field *ihl = field(tag("iphdr"), "ihl");
	const struct type_field *version = field(tag("iphdr"), "version");
	const struct type_field *syn = field(tag("tcphdr"), "syn");

	ck_assert_uint_eq(ihl->offset, 0);
	ck_assert_uint_eq(ihl->bit_offset, 0);
	ck_assert_uint_eq(ihl->bit_size, 4);
	ck_assert_uint_eq(version->bit_offset, 4);
	/* Behind 2 + 2 + 4 + 4 bytes and one more of flags. */
	ck_assert_uint_eq(syn->offset, 13);
	ck_assert_uint_eq(syn->bit_offset, 1);
	ck_assert_uint_eq(syn->bit_size, 1);
}
END_TEST

START_TEST(anonymous_members_are_searched)
{
	struct type_path path;

	ck_assert(types_find_field(types, tag("sock_common"), "skc_daddr", &path));
	ck_assert_uint_ge(path.n, 3);
	ck_assert_uint_eq(type_path_offset(&path), 0);
	ck_assert_ptr_eq(path.field[path.n - 1]->type, type_int(types, 4, false));
}
END_TEST

START_TEST(typedefs_and_enumerators)
{
	struct type_constant constant;
	const struct type *atomic = types_by_name(types, "atomic_t");

	ck_assert_ptr_nonnull(atomic);
	ck_assert_uint_eq(atomic->size, 4);
	ck_assert_ptr_null(types_by_name(types, "no_such_typedef_t"));
	ck_assert_ptr_null(tag("no_such_struct"));
	ck_assert(types_find_constant(types, "TCP_ESTABLISHED", &constant));
	ck_assert_uint_eq(constant.value, 1);
	ck_assert_int_eq(constant.type->kind, TYPE_ENUM);
	ck_assert(types_find_constant(types, "IPPROTO_UDP", &constant));
	ck_assert_uint_eq(constant.value, 17);
	ck_assert(!types_find_constant(types, "no_such_enumerator", &constant));
	ck_assert_ptr_nonnull(types_by_tag(types, TYPE_ENUM, "pid_type"));
}
END_TEST

START_TEST(many_names_are_found_through_the_index)
{
	static const char *const names[] = {
		"task_struct", "file",  "inode",   "dentry",   "sock",        "sk_buff", "page",
		"mm_struct",   "cred",  "nsproxy", "pid",      "super_block", "net",     "bio",
		"request",     "iovec", "socket",  "tcp_sock", "list_head",   "module",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct type *type = tag(names[i]);

		ck_assert_msg(type != NULL, "%s", names[i]);
		ck_assert_str_eq(type->record.name, names[i]);
		ck_assert_ptr_eq(type, tag(names[i]));
		ck_assert_ptr_null(tag("no_such_struct"));
	}
}
END_TEST

START_TEST(functions_have_prototypes)
{
	struct type_function function;
	const struct type *file = tag("file");

	ck_assert(types_find_function(types, NULL, "vfs_read", &function));
	ck_assert_ptr_null(function.module);
	ck_assert_uint_ne(function.id, 0);
	ck_assert_uint_eq(function.nparams, 4);
	ck_assert_str_eq(function.params[0].name, "file");
	ck_assert_ptr_eq(function.params[0].type, type_ptr(types, file, SPACE_ADDRESS));
	ck_assert_str_eq(function.params[0].c_type, "struct file *");
	ck_assert_str_eq(function.params[2].c_type, "size_t");
	ck_assert_ptr_eq(function.result, type_int(types, 8, true));
	ck_assert_str_eq(function.result_c_type, "ssize_t");
	ck_assert(types_find_function(types, "vmlinux", "vfs_read", &function));
	ck_assert(!types_find_function(types, "no_such_module", "vfs_read", &function));
	ck_assert(!types_find_function(types, NULL, "no_such_function", &function));
}
END_TEST

START_TEST(raw_tracepoints_have_prototypes)
{
	struct type_function function;
	const struct type *task = tag("task_struct");

	ck_assert(types_find_raw_tracepoint(types, "sched_switch", &function));
	ck_assert_uint_ge(function.nparams, 3);
	ck_assert_str_eq(function.params[0].name, "preempt");
	ck_assert_ptr_eq(function.params[0].type, type_bool(types));
	ck_assert_str_eq(function.params[1].name, "prev");
	ck_assert_ptr_eq(function.params[1].type, type_ptr(types, task, SPACE_ADDRESS));
	ck_assert_str_eq(function.params[2].name, "next");
	ck_assert(!types_find_raw_tracepoint(types, "no_such_tracepoint", &function));
}
END_TEST

struct search {
	const char *name;
	int found, all;
};

static void count_name(const char *module, const char *name, void *data)
{
	struct search *search = data;

	search->all++;
	if (!module && !strcmp(name, search->name))
		search->found++;
}

START_TEST(names_are_listed)
{
	struct search function = {"vfs_read", 0, 0}, tracepoint = {"sched_switch", 0, 0};
	struct search type = {"struct task_struct", 0, 0}, iterator = {"task", 0, 0};

	types_each_function(types, count_name, &function);
	ck_assert_int_eq(function.found, 1);
	ck_assert_int_gt(function.all, 10000);
	types_each_raw_tracepoint(types, count_name, &tracepoint);
	ck_assert_int_eq(tracepoint.found, 1);
	types_each_tag(types, count_name, &type);
	ck_assert_int_eq(type.found, 1);
	types_each_iterator(types, count_name, &iterator);
	ck_assert_int_eq(iterator.found, 1);
}
END_TEST

static void check_definition(enum type_kind kind, const char *name, const char *expected)
{
	struct strbuf text = STRBUF_INIT;

	ck_assert(types_c_definition(types, kind, name, &text));
	ck_assert_str_eq(strbuf_str(&text), expected);
	strbuf_free(&text);
}

START_TEST(definitions_print_as_c)
{
	struct strbuf text = STRBUF_INIT;

	check_definition(TYPE_STRUCT, "list_head",
			 "struct list_head {\n\tstruct list_head *next;\n"
			 "\tstruct list_head *prev;\n};\n");
	check_definition(TYPE_STRUCT, "callback_head",
			 "struct callback_head {\n\tstruct callback_head *next;\n"
			 "\tvoid (*func)(struct callback_head *);\n};\n");
	check_definition(TYPE_STRUCT, "in6_addr",
			 "struct in6_addr {\n\tunion {\n\t\t__u8 u6_addr8[16];\n"
			 "\t\t__be16 u6_addr16[8];\n\t\t__be32 u6_addr32[4];\n"
			 "\t} in6_u;\n};\n");
	check_definition(TYPE_ENUM, "pid_type",
			 "enum pid_type {\n\tPIDTYPE_PID = 0,\n\tPIDTYPE_TGID = 1,\n"
			 "\tPIDTYPE_PGID = 2,\n\tPIDTYPE_SID = 3,\n\tPIDTYPE_MAX = 4,\n};\n");
	ck_assert(!types_c_definition(types, TYPE_STRUCT, "no_such_struct", &text));
}
END_TEST

/* What a module's file holds: its ids and strings continue those of vmlinux. */
START_TEST(modules_continue_vmlinux)
{
	char path[] = "/tmp/sonde-btf-XXXXXX";
	const char *error;
	struct btf *kernel = types_vmlinux_btf(types, &error);
	struct btf *module = btf__new_empty_split(kernel);
	int list_head = btf__find_by_name_kind(kernel, "list_head", BTF_KIND_STRUCT);
	struct btf_data base, data;
	const struct btf_type *type;
	FILE *file = fdopen(mkstemp(path), "w");
	const void *bytes;
	uint32_t size, id;

	ck_assert_int_gt(btf__add_struct(module, "sonde_no_such_struct", 16), 0);
	ck_assert_int_eq(btf__add_field(module, "list", list_head, 0, 0), 0);
	/* Its name is a string of vmlinux. */
	ck_assert_int_gt(btf__add_struct(module, "vfs_read", 4), 0);
	bytes = btf__raw_data(module, &size);
	ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
	fclose(file);
	ck_assert_int_eq(btf_data_open(&base, "/sys/kernel/btf/vmlinux", NULL), 0);
	ck_assert_int_eq(btf_data_open(&data, path, &base), 0);
	unlink(path);
	ck_assert_uint_eq(base.n + 1, btf__type_cnt(kernel));
	ck_assert_uint_eq(data.first, base.n + 1);
	ck_assert_uint_eq(data.n, 2);
	for (int round = 0; round < 20; round++) { /* by search, then by the index */
		id = btf_data_find(&data, "sonde_no_such_struct", BTF_KINDS(BTF_KIND_STRUCT));
		ck_assert_uint_eq(id, data.first);
		ck_assert_uint_eq(btf_data_find(&data, "vfs_read", BTF_KINDS(BTF_KIND_STRUCT)),
				  data.first + 1);
		ck_assert_uint_eq(btf_data_find(&data, "vfs_read", BTF_KINDS(BTF_KIND_FUNC)), 0);
		ck_assert_uint_eq(btf_data_find(&data, "list_head", BTF_KINDS(BTF_KIND_STRUCT)), 0);
	}
	type = btf_data_type(&data, id);
	ck_assert_str_eq(btf_data_name(&data, type), "sonde_no_such_struct");
	type = btf_data_type(&data, btf_members(type)[0].type);
	ck_assert_str_eq(btf_data_name(&data, type), "list_head");
	btf_data_close(&data);
	btf_data_close(&base);
	btf__free(module);
}
END_TEST

/* An object's BTF that names task_struct and file, and a relocation of the first. */
static int reduce(uint32_t core_relo_len)
{
	struct {
		uint16_t magic;
		uint8_t version, flags;
		uint32_t hdr_len, offsets[6];
		uint32_t record_size, section, n, relo[4];
	} ext = {
		BTF_MAGIC, BTF_VERSION, 0, 32,           {0, 0, 0, 0, 0, core_relo_len},
		16,        1,           1, {0, 1, 0, 0},
	};
	struct btf *local = btf__new_empty();
	const void *bytes;
	uint32_t size;
	int fd;

	ck_assert_int_eq(btf__add_struct(local, "task_struct___mine", 4), 1);
	ck_assert_int_eq(btf__add_struct(local, "file", 4), 2);
	bytes = btf__raw_data(local, &size);
	fd = types_reduced_btf(types, bytes, size, &ext, sizeof(ext));
	btf__free(local);
	return fd;
}

static const struct btf_member *member(const struct btf *btf, const struct btf_type *type,
				       const char *name)
{
	for (uint32_t i = 0; i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(type)[i].name_off), name))
			return &btf_members(type)[i];
	ck_abort_msg("no member %s", name);
}

START_TEST(relocations_need_a_part_of_it)
{
	const struct btf_type *task, *whole;
	const char *error;
	struct btf *kernel = types_vmlinux_btf(types, &error), *part;
	int fd = reduce(28);

	ck_assert_int_ge(fd, 0);
	part = btf__parse_raw(arena_printf(arena, "/proc/self/fd/%d", fd));
	close(fd);
	ck_assert_ptr_nonnull(part);
	ck_assert_uint_lt(btf__type_cnt(part), btf__type_cnt(kernel) / 50);
	task = btf__type_by_id(
		part, (uint32_t)btf__find_by_name_kind(part, "task_struct", BTF_KIND_STRUCT));
	whole = btf__type_by_id(
		kernel, (uint32_t)btf__find_by_name_kind(kernel, "task_struct", BTF_KIND_STRUCT));
	ck_assert_uint_eq(task->size, whole->size);
	ck_assert_uint_eq(btf_vlen(task), btf_vlen(whole));
	ck_assert_uint_eq(member(part, task, "comm")->offset,
			  member(kernel, whole, "comm")->offset);
	/* What lies in it by value is there; what it points to is not. */
	ck_assert_int_gt(btf__find_by_name_kind(part, "sched_entity", BTF_KIND_STRUCT), 0);
	ck_assert(btf_is_ptr(btf__type_by_id(part, member(part, task, "real_parent")->type)));
	ck_assert_int_lt(btf__find_by_name_kind(part, "mm_struct", BTF_KIND_STRUCT), 0);
	ck_assert_int_lt(btf__find_by_name_kind(part, "file", BTF_KIND_STRUCT), 0);
	btf__free(part);
	ck_assert_int_eq(reduce(0), -ENOENT);
	ck_assert_int_eq(reduce(4000), -ENOENT);
}
END_TEST

static void check_broken(const void *bytes, size_t size)
{
	char path[] = "/tmp/sonde-btf-XXXXXX";
	struct type_constant constant;
	const char *error = NULL;
	int fd = mkstemp(path);
	FILE *file = fdopen(fd, "w");

	ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
	fclose(file);
	types_set_btf_path(types, path);
	ck_assert(types_have_btf(types));
	ck_assert_ptr_null(types_vmlinux_btf(types, &error));
	ck_assert_ptr_nonnull(strstr(error, path));
	ck_assert_ptr_null(tag("list_head"));
	ck_assert(types_find_constant(types, "AF_INET", &constant));
	unlink(path);
}

START_TEST(damaged_files_are_refused)
{
	const struct {
		struct btf_header header;
		uint32_t type[3];
		char strings[4];
	} cut = {
		/* A struct with more members than there are bytes. */
		{.magic = BTF_MAGIC,
		 .version = BTF_VERSION,
		 .hdr_len = sizeof(struct btf_header),
		 .type_len = 12,
		 .str_off = 12,
		 .str_len = 4},
		{1, BTF_KIND_STRUCT << 24 | 5, 8},
		"\0ab",
	};

	if (_i == 0)
		check_broken("", 0);
	else if (_i == 1)
		check_broken("not BTF at all, but long enough for a header of it", 50);
	else
		check_broken(&cut, sizeof(cut));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("types_btf");
	TCase *tests = tcase_create("kernel"), *files = tcase_create("files");
	struct arena *probe_arena = arena_new();
	struct types *probe = types_new(probe_arena);
	bool have_btf = types_have_btf(probe);
	SRunner *runner;
	int failed;

	types_free(probe);
	arena_free(probe_arena);
	if (!have_btf)
		puts("SKIP: types of the kernel: this kernel has no BTF");
	tcase_add_checked_fixture(files, setup, teardown);
	tcase_add_loop_test(files, damaged_files_are_refused, 0, 3);
	suite_add_tcase(suite, files);
	if (have_btf) {
		tcase_add_checked_fixture(tests, setup, teardown);
		tcase_add_test(tests, a_struct_may_refer_to_itself);
		tcase_add_test(tests, members_have_types_without_typedefs);
		tcase_add_test(tests, bitfields_lie_in_the_smallest_unit);
		tcase_add_test(tests, anonymous_members_are_searched);
		tcase_add_test(tests, typedefs_and_enumerators);
		tcase_add_test(tests, many_names_are_found_through_the_index);
		tcase_add_test(tests, functions_have_prototypes);
		tcase_add_test(tests, raw_tracepoints_have_prototypes);
		tcase_add_test(tests, names_are_listed);
		tcase_add_test(tests, definitions_print_as_c);
		if (!access("/sys/kernel/btf/vmlinux", R_OK))
			tcase_add_test(tests, modules_continue_vmlinux);
		tcase_add_test(tests, relocations_need_a_part_of_it);
		suite_add_tcase(suite, tests);
	}
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
