/*
 * Types and their names: what diagnostics call a type, and which type a script means by a name.
 * Spellings of integers are those of C, of the kernel (u32, __le16) and of stdint.h.
 */
#include "types/internal.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	uint8_t size;
	bool is_signed;
} integer_names[] = {
	{"int8", 1, true},       {"int16", 2, true},
	{"int32", 4, true},      {"int64", 8, true},
	{"uint8", 1, false},     {"uint16", 2, false},
	{"uint32", 4, false},    {"uint64", 8, false},
	{"int8_t", 1, true},     {"int16_t", 2, true},
	{"int32_t", 4, true},    {"int64_t", 8, true},
	{"uint8_t", 1, false},   {"uint16_t", 2, false},
	{"uint32_t", 4, false},  {"uint64_t", 8, false},
	{"u_int8_t", 1, false},  {"u_int16_t", 2, false},
	{"u_int32_t", 4, false}, {"u_int64_t", 8, false},
	{"s8", 1, true},         {"s16", 2, true},
	{"s32", 4, true},        {"s64", 8, true},
	{"u8", 1, false},        {"u16", 2, false},
	{"u32", 4, false},       {"u64", 8, false},
	{"__s8", 1, true},       {"__s16", 2, true},
	{"__s32", 4, true},      {"__s64", 8, true},
	{"__u8", 1, false},      {"__u16", 2, false},
	{"__u32", 4, false},     {"__u64", 8, false},
	{"__le16", 2, false},    {"__le32", 4, false},
	{"__le64", 8, false},    {"__be16", 2, false},
	{"__be32", 4, false},    {"__be64", 8, false},
	{"__sum16", 2, false},   {"__wsum", 4, false},
	{"uchar", 1, false},     {"ushort", 2, false},
	{"uint", 4, false},      {"ulong", 8, false},
	{"u_char", 1, false},    {"u_short", 2, false},
	{"u_int", 4, false},     {"u_long", 8, false},
	{"size_t", 8, false},    {"ssize_t", 8, true},
	{"ptrdiff_t", 8, true},  {"intptr_t", 8, true},
	{"uintptr_t", 8, false}, {"off_t", 8, true},
	{"loff_t", 8, true},     {"pid_t", 4, true},
	{"uid_t", 4, false},     {"gid_t", 4, false},
	{"mode_t", 4, false},    {"umode_t", 2, false},
	{"dev_t", 4, false},     {"ino_t", 8, false},
	{"sector_t", 8, false},  {"blkcnt_t", 8, false},
	{"time_t", 8, true},     {"time64_t", 8, true},
	{"ktime_t", 8, true},    {"clockid_t", 4, true},
	{"clock_t", 8, true},    {"timer_t", 4, true},
	{"key_t", 4, true},      {"key_serial_t", 4, true},
	{"mqd_t", 4, true},      {"qid_t", 4, false},
	{"rwf_t", 4, true},      {"aio_context_t", 8, false},
	{"gfp_t", 4, false},     {"fmode_t", 4, false},
	{"pgoff_t", 8, false},   {"in_addr_t", 4, false},
	{"in_port_t", 2, false}, {"sa_family_t", 2, false},
	{"socklen_t", 4, false},
};

static const struct {
	const char *name;
	enum type_kind kind;
} simple_names[] = {
	{"inet", TYPE_INET},
	{"mac_address", TYPE_MAC},
	{"timestamp", TYPE_TIMESTAMP},
	{"ksym_t", TYPE_KSYM},
	{"usym_t", TYPE_USYM},
	{"username_t", TYPE_USERNAME},
	{"cgroup_path_t", TYPE_CGROUP_PATH},
	{"count_t", TYPE_COUNT},
};

static const struct {
	const char *name;
	enum type_kind kind;
} aggregate_names[] = {
	{"sum_t", TYPE_SUM}, {"min_t", TYPE_MIN},     {"max_t", TYPE_MAX},
	{"avg_t", TYPE_AVG}, {"stats_t", TYPE_STATS},
};

static const char *const stack_modes[] = {
	[STACK_BPFTRACE] = "bpftrace",
	[STACK_PERF] = "perf",
	[STACK_RAW] = "raw",
	[STACK_BUILD_ID] = "build_id",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- a type's name --- */

static const char *keyword(enum type_kind kind)
{
	if (kind == TYPE_ENUM)
		return "enum";
	return kind == TYPE_UNION ? "union" : "struct";
}

static void tagged_name(enum type_kind kind, const char *name, struct strbuf *out)
{
	strbuf_addf(out, "%s %s", keyword(kind), *name ? name : "<anonymous>");
}

static void pointer_name(const struct type *type, struct strbuf *out)
{
	const struct type *to = type->ptr.to;

	if (to->kind == TYPE_NONE)
		strbuf_adds(out, "void");
	else
		type_name(to, out);
	strbuf_adds(out, to->kind == TYPE_PTR ? "*" : " *");
}

/* The outermost dimension comes first: int32[2][3] is two arrays of three. */
static void array_name(const struct type *type, struct strbuf *out)
{
	const struct type *element = type;

	while (element->kind == TYPE_ARRAY)
		element = element->array.element;
	type_name(element, out);
	for (; type->kind == TYPE_ARRAY; type = type->array.element)
		strbuf_addf(out, "[%u]", type->array.count);
}

static void tuple_name(const struct type *type, struct strbuf *out)
{
	strbuf_addc(out, '(');
	for (uint32_t i = 0; i < type->record.nfields; i++) {
		if (i)
			strbuf_addc(out, ',');
		type_name(type->record.fields[i].type, out);
	}
	strbuf_addc(out, ')');
}

static void record_name(const struct type *type, struct strbuf *out)
{
	strbuf_adds(out, "record { ");
	for (uint32_t i = 0; i < type->record.nfields; i++) {
		strbuf_addf(out, "%s.%s = ", i ? ", " : "", type->record.fields[i].name);
		type_name(type->record.fields[i].type, out);
	}
	strbuf_adds(out, " }");
}

void type_name(const struct type *type, struct strbuf *out)
{
	switch (type->kind) {
	case TYPE_NONE:
		strbuf_adds(out, "none");
		break;
	case TYPE_BOOL:
		strbuf_adds(out, "bool");
		break;
	case TYPE_INT:
		strbuf_addf(out, "%sint%u", type->is_signed ? "" : "u", type->size * 8);
		break;
	case TYPE_ENUM:
		tagged_name(type->kind, type->enumeration.name, out);
		break;
	case TYPE_PTR:
		pointer_name(type, out);
		break;
	case TYPE_ARRAY:
		array_name(type, out);
		break;
	case TYPE_STRING:
		strbuf_addf(out, "string[%u]", type->text.capacity);
		break;
	case TYPE_BUFFER:
		strbuf_addf(out, "buffer[%u]", type->text.capacity);
		break;
	case TYPE_INET:
		strbuf_adds(out, "inet[24]");
		break;
	case TYPE_MAC:
		strbuf_adds(out, "mac_address");
		break;
	case TYPE_TIMESTAMP:
		strbuf_adds(out, "timestamp");
		break;
	case TYPE_KSYM:
		strbuf_adds(out, "ksym_t");
		break;
	case TYPE_USYM:
		strbuf_adds(out, "usym_t");
		break;
	case TYPE_KSTACK:
	case TYPE_USTACK:
		strbuf_addf(out, "%cstack_%s_%u", type->kind == TYPE_KSTACK ? 'k' : 'u',
			    stack_modes[type->stack.mode], type->stack.depth);
		break;
	case TYPE_USERNAME:
		strbuf_adds(out, "username_t");
		break;
	case TYPE_CGROUP_PATH:
		strbuf_adds(out, "cgroup_path_t");
		break;
	case TYPE_TUPLE:
		tuple_name(type, out);
		break;
	case TYPE_RECORD:
		record_name(type, out);
		break;
	case TYPE_STRUCT:
	case TYPE_UNION:
		tagged_name(type->kind, type->record.name, out);
		break;
	case TYPE_COUNT:
		strbuf_adds(out, "count_t");
		break;
	case TYPE_SUM:
		strbuf_adds(out, "sum_t");
		break;
	case TYPE_MIN:
		strbuf_adds(out, "min_t");
		break;
	case TYPE_MAX:
		strbuf_adds(out, "max_t");
		break;
	case TYPE_AVG:
		strbuf_adds(out, "avg_t");
		break;
	case TYPE_STATS:
		strbuf_adds(out, "stats_t");
		break;
	case TYPE_HIST:
		strbuf_adds(out, "hist_t");
		break;
	case TYPE_LHIST:
		strbuf_adds(out, "lhist_t");
		break;
	case TYPE_TSERIES:
		strbuf_adds(out, "tseries_t");
		break;
	}
}

const char *type_name_str(struct types *types, const struct type *type)
{
	struct strbuf text = STRBUF_INIT;
	const char *copy;

	type_name(type, &text);
	copy = arena_strdup(types->arena, strbuf_str(&text));
	strbuf_free(&text);
	return copy;
}

/* --- the type of a name --- */

/* How often each keyword of C's integer types occurs in a name. */
struct c_words {
	int chars, shorts, ints, longs, signs, unsigns, qualifiers;
};

static bool count_word(struct c_words *words, const char *word, size_t len)
{
	const struct {
		const char *text;
		int *n;
	} known[] = {
		{"char", &words->chars},       {"short", &words->shorts},
		{"int", &words->ints},         {"long", &words->longs},
		{"signed", &words->signs},     {"unsigned", &words->unsigns},
		{"const", &words->qualifiers}, {"volatile", &words->qualifiers},
	};

	for (size_t i = 0; i < COUNT(known); i++) {
		if (strlen(known[i].text) == len && !memcmp(known[i].text, word, len)) {
			++*known[i].n;
			return true;
		}
	}
	return false;
}

/* "unsigned long int", "const char" ... in any order of the words. */
static const struct type *c_integer(struct types *types, const char *name)
{
	struct c_words words = {0};
	uint32_t size = 4;

	while (*name) {
		size_t len = strcspn(name, " ");

		if (!count_word(&words, name, len))
			return NULL;
		name += len;
		name += strspn(name, " ");
	}
	if (!words.chars && !words.shorts && !words.ints && !words.longs && !words.signs &&
	    !words.unsigns)
		return NULL;
	if (words.chars)
		size = 1;
	else if (words.shorts)
		size = 2;
	else if (words.longs)
		size = 8;
	return type_int(types, size, !words.unsigns);
}

/* "kstack_perf_7", "ustack_build_id_127" */
static const struct type *stack_by_name(struct types *types, const char *name)
{
	enum type_kind kind = *name == 'k' ? TYPE_KSTACK : TYPE_USTACK;

	if ((*name != 'k' && *name != 'u') || strncmp(name + 1, "stack_", 6))
		return NULL;
	name += 7;
	for (size_t mode = 0; mode < COUNT(stack_modes); mode++) {
		size_t len = strlen(stack_modes[mode]);
		unsigned long depth;
		char *end;

		if (strncmp(name, stack_modes[mode], len) || name[len] != '_')
			continue;
		depth = strtoul(name + len + 1, &end, 10);
		if (!name[len + 1] || *end || depth > UINT16_MAX)
			return NULL;
		return type_stack(types, kind, (enum type_stack_mode)mode, (uint32_t)depth);
	}
	return NULL;
}

const struct type *types_builtin_name(struct types *types, const char *name)
{
	const struct type *type = c_integer(types, name);

	if (type)
		return type;
	if (!strncmp(name, "const ", 6))
		name += 6;
	for (size_t i = 0; i < COUNT(integer_names); i++)
		if (!strcmp(integer_names[i].name, name))
			return type_int(types, integer_names[i].size, integer_names[i].is_signed);
	for (size_t i = 0; i < COUNT(simple_names); i++)
		if (!strcmp(simple_names[i].name, name))
			return type_simple(types, simple_names[i].kind);
	for (size_t i = 0; i < COUNT(aggregate_names); i++)
		if (!strcmp(aggregate_names[i].name, name))
			return type_aggregate(types, aggregate_names[i].kind, true);
	if (!strcmp(name, "bool") || !strcmp(name, "_Bool"))
		return type_bool(types);
	if (!strcmp(name, "void") || !strcmp(name, "none"))
		return type_none(types);
	if (!strcmp(name, "string"))
		return type_string(types, 0);
	if (!strcmp(name, "buffer"))
		return type_buffer(types, 0);
	return stack_by_name(types, name);
}

const struct type *types_by_name(struct types *types, const char *name)
{
	const struct type *type = types_builtin_name(types, name);

	if (type)
		return type;
	if (!strncmp(name, "const ", 6))
		name += 6;
	type = hashmap_gets(&types->typedefs, name);
	if (!type)
		type = cdefs_find_typedef(types, name);
	if (!type)
		type = btf_find_typedef(types, name);
	if (!type && cdefs_read_headers(types))
		type = cdefs_find_typedef(types, name);
	return type;
}

const struct type *types_by_tag(struct types *types, enum type_kind kind, const char *name)
{
	const struct type *type = btf_find_tag(types, kind, name);

	if (!type)
		type = types_defined(types, kind, ORIGIN_SCRIPT, name);
	if (!type)
		type = cdefs_find_tag(types, kind, name);
	if (!type && cdefs_read_headers(types))
		type = cdefs_find_tag(types, kind, name);
	return type;
}
