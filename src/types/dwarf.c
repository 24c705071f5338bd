/*
 * DWARF to types. The file that defines a function is found by its symbol's address, so that only
 * one compilation unit is read. Structs get their members when somebody asks for them.
 */
#include "types/dwarf.h"

#include "types/dwarf_class.h"
#include "types/dwarf_define.h"
#include "types/dwarf_die.h"
#include "types/internal.h"

#include "base/archive.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEPTH_MAX 64

/* A function's code, or a part of it. */
struct beginning {
	Dwarf_Addr address;
	Dwarf_Die die;
};

/* One binary. */
struct dwarf_file {
	struct types *types;
	const char *path;
	char *debuginfo; /* libdwfl reads it through a pointer in `callbacks` */
	Dwfl_Callbacks callbacks;
	Dwfl *dwfl;
	Dwfl_Module *module;
	struct hashmap converted; /* address of a DIE to struct type */
	VEC(Dwarf_Die)
	records; /* of types whose members are loaded when asked for, by record.id */
	VEC(struct beginning)
	beginnings; /* of all functions, by address */
	bool is_indexed;
};

struct dwarf_files {
	VEC(struct dwarf_file *)
	list;
};

/* --- opening --- */

static void open_file(struct dwarf_file *file)
{
	uint64_t base;
	int fd;

	file->callbacks = (Dwfl_Callbacks){
		.find_elf = dwfl_build_id_find_elf,
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
		.debuginfo_path = file->debuginfo ? &file->debuginfo : NULL,
	};
	file->dwfl = dwfl_begin(&file->callbacks);
	if (!file->dwfl)
		return;
	fd = archive_open(file->path, &base);
	dwfl_report_begin(file->dwfl);
	file->module = fd < 0 ? NULL : dwfl_report_offline(file->dwfl, file->path, file->path, fd);
	if (!file->module && fd >= 0)
		close(fd);
	dwfl_report_end(file->dwfl, NULL, NULL);
}

static struct dwarf_file *find_file(struct types *types, const char *path, const char *debuginfo)
{
	struct dwarf_file *file;

	if (!types->dwarf)
		types->dwarf = arena_new_object(types->arena, struct dwarf_files);
	for (size_t i = 0; i < types->dwarf->list.len; i++)
		if (!strcmp(types->dwarf->list.data[i]->path, path))
			return types->dwarf->list.data[i];
	file = arena_new_object(types->arena, struct dwarf_file);
	file->types = types;
	file->path = types_intern_name(types, path);
	file->debuginfo = debuginfo ? arena_strdup(types->arena, debuginfo) : NULL;
	hashmap_init(&file->converted, types->arena);
	open_file(file);
	vec_push(types->arena, &types->dwarf->list, file);
	return file;
}

void dwarf_files_free(struct dwarf_files *files)
{
	for (size_t i = 0; files && i < files->list.len; i++)
		if (files->list.data[i]->dwfl)
			dwfl_end(files->list.data[i]->dwfl);
}

/* --- attributes --- */

static bool read_number(Dwarf_Die *die, unsigned attribute, uint64_t *value)
{
	Dwarf_Attribute attr;
	Dwarf_Word word;

	if (!dwarf_attr_integrate(die, attribute, &attr) || dwarf_formudata(&attr, &word))
		return false;
	*value = word;
	return true;
}

static const char *die_name(Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);

	return name ? name : "";
}

/* --- conversion --- */

static const struct type *convert(struct dwarf_file *file, Dwarf_Die *die, int depth);

static const struct type *convert_referred(struct dwarf_file *file, Dwarf_Die *die, int depth)
{
	Dwarf_Die type;

	if (!die_bare_type(die, &type))
		return type_none(file->types);
	return convert(file, &type, depth + 1);
}

static const struct type *convert_base(struct dwarf_file *file, Dwarf_Die *die)
{
	uint64_t encoding = 0;
	int size = dwarf_bytesize(die);
	bool is_signed;

	read_number(die, DW_AT_encoding, &encoding);
	is_signed = encoding == DW_ATE_signed || encoding == DW_ATE_signed_char;
	if (encoding == DW_ATE_boolean && size == 1)
		return type_bool(file->types);
	if (encoding != DW_ATE_float && encoding != DW_ATE_complex_float &&
	    (size == 1 || size == 2 || size == 4 || size == 8))
		return type_int(file->types, (uint32_t)size, is_signed);
	return type_array(file->types, type_int(file->types, 1, false),
			  size > 0 ? (uint32_t)size : 0);
}

static const struct type *convert_enum(struct dwarf_file *file, Dwarf_Die *die)
{
	VEC(struct type_enumerator)
	values = {0};
	int size = dwarf_bytesize(die);
	bool is_signed = false;
	Dwarf_Die child;

	for (int more = dwarf_child(die, &child); !more; more = dwarf_siblingof(&child, &child)) {
		struct type_enumerator value = {die_name(&child), 0};
		Dwarf_Attribute attr;
		Dwarf_Sword word;

		if (dwarf_tag(&child) != DW_TAG_enumerator ||
		    !dwarf_attr(&child, DW_AT_const_value, &attr) || dwarf_formsdata(&attr, &word))
			continue;
		value.value = word;
		is_signed |= word < 0;
		vec_push(file->types->arena, &values, value);
	}
	/* Without a name: enums of two binaries may share theirs. */
	return type_define_enum(file->types, "", ORIGIN_SCRIPT, size > 0 ? (uint32_t)size : 4,
				is_signed, values.data, (uint32_t)values.len);
}

/* The outermost dimension comes first. */
static const struct type *convert_dimensions(struct dwarf_file *file, Dwarf_Die *range,
					     const struct type *element, bool is_char)
{
	Dwarf_Die next = *range;
	uint64_t count = 0;
	Dwarf_Word bound;
	Dwarf_Attribute attr;

	if (!read_number(range, DW_AT_count, &count) &&
	    dwarf_attr(range, DW_AT_upper_bound, &attr) && !dwarf_formudata(&attr, &bound))
		count = bound + 1;
	if (!dwarf_siblingof(range, &next) && dwarf_tag(&next) == DW_TAG_subrange_type)
		element = convert_dimensions(file, &next, element, is_char);
	else if (is_char && count)
		return type_string(file->types, (uint32_t)count);
	return type_array(file->types, element, (uint32_t)count);
}

static const struct type *convert_array(struct dwarf_file *file, Dwarf_Die *die, int depth)
{
	const struct type *element = convert_referred(file, die, depth);
	Dwarf_Die range, type;
	bool is_char = die_bare_type(die, &type) && !strcmp(die_name(&type), "char");

	if (dwarf_child(die, &range))
		return type_array(file->types, element, 0);
	return convert_dimensions(file, &range, element, is_char);
}

static uint32_t record_size(Dwarf_Die *die)
{
	int size = dwarf_bytesize(die);

	return size > 0 ? (uint32_t)size : 0;
}

/* Compilers tell an alignment only where it is not that of the members. */
static uint32_t record_align(Dwarf_Die *die)
{
	uint32_t size = record_size(die);
	uint64_t align = 0;

	if (read_number(die, DW_AT_alignment, &align))
		return (uint32_t)align;
	return size && size % 8 == 0 ? 8 : size && size % 4 == 0 ? 4 : 1;
}

static const struct type *convert_record(struct dwarf_file *file, Dwarf_Die *die)
{
	enum type_kind kind = dwarf_tag(die) == DW_TAG_union_type ? TYPE_UNION : TYPE_STRUCT;
	struct type *type = types_new_type(file->types, kind, record_size(die), record_align(die));

	type->record.name = types_intern_name(file->types, die_name(die));
	type->record.origin = ORIGIN_SCRIPT;
	type->record.module = file->path;
	type->record.id = (uint32_t)vec_push(file->types->arena, &file->records, *die);
	return type;
}

/* How far it is into the object, or a function's address with what to add to `this`. */
static const struct type *convert_member_pointer(struct dwarf_file *file, Dwarf_Die *die)
{
	const struct type *word = type_int(file->types, 8, true);
	uint64_t words = dwarf_pointer_size(die) / 8;

	return words == 1 ? word : type_array(file->types, word, (uint32_t)words);
}

static const struct type *convert_new(struct dwarf_file *file, Dwarf_Die *die, int depth)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_base_type:
		return convert_base(file, die);
	case DW_TAG_pointer_type:
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type:
		return type_ptr(file->types, convert_referred(file, die, depth), SPACE_USER);
	case DW_TAG_unspecified_type: /* of nullptr */
		return type_ptr(file->types, type_none(file->types), SPACE_USER);
	case DW_TAG_ptr_to_member_type:
		return convert_member_pointer(file, die);
	case DW_TAG_enumeration_type:
		return convert_enum(file, die);
	case DW_TAG_array_type:
		return convert_array(file, die, depth);
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
		return convert_record(file, die);
	}
	return type_none(file->types);
}

static const struct type *convert(struct dwarf_file *file, Dwarf_Die *die, int depth)
{
	const struct type *type = hashmap_get(&file->converted, &die->addr, sizeof(die->addr));
	void **key;

	if (type || depth > DEPTH_MAX)
		return type ? type : type_none(file->types);
	type = convert_new(file, die, depth);
	key = arena_memdup(file->types->arena, &die->addr, sizeof(die->addr));
	hashmap_set(&file->converted, key, sizeof(*key), (void *)type);
	return type;
}

/* --- members --- */

/* A bit-field's place in bits from the struct's start: the older attributes count from the top. */
static uint32_t bit_position(Dwarf_Die *die, uint64_t offset, uint64_t width)
{
	uint64_t bits, unit;

	if (read_number(die, DW_AT_data_bit_offset, &bits))
		return (uint32_t)bits;
	if (!read_number(die, DW_AT_bit_offset, &bits))
		return (uint32_t)offset * 8;
	if (!read_number(die, DW_AT_byte_size, &unit)) {
		Dwarf_Die type;

		unit = die_bare_type(die, &type) ? (uint64_t)dwarf_bytesize(&type) : 4;
	}
	return (uint32_t)(offset * 8 + unit * 8 - bits - width);
}

/* False for what takes no place in the object. */
static bool read_member(struct dwarf_file *file, Dwarf_Die *die, struct type_field *field)
{
	uint64_t offset, width;

	*field = (struct type_field){0};
	if (dwarf_tag(die) != DW_TAG_member && dwarf_tag(die) != DW_TAG_inheritance)
		return false;
	if (dwarf_hasattr(die, DW_AT_external) || dwarf_hasattr(die, DW_AT_declaration) ||
	    !die_member_offset(die, &offset))
		return false;
	/* A base class is searched like an anonymous member. */
	field->name = types_intern_name(file->types, die_name(die));
	field->type = convert_referred(file, die, 0);
	field->offset = (uint32_t)offset;
	if (read_number(die, DW_AT_bit_size, &width))
		types_place_bits(field, bit_position(die, offset, width), (uint32_t)width);
	return *field->name || type_is_struct(field->type);
}

void dwarf_load_fields(struct types *types, struct type *type)
{
	struct dwarf_file *file = find_file(types, type->record.module, NULL);
	Dwarf_Die die = file->records.data[type->record.id], child;
	VEC(struct type_field)
	fields = {0};

	type->record.loaded = true;
	if (dwarf_hasattr(&die, DW_AT_declaration) &&
	    dwarf_find_definition(file->module, &die, &die)) {
		type->size = record_size(&die);
		type->align = record_align(&die);
	}
	for (int more = dwarf_child(&die, &child); !more; more = dwarf_siblingof(&child, &child)) {
		struct type_field field;

		if (read_member(file, &child, &field))
			vec_push(types->arena, &fields, field);
	}
	type->record.fields = fields.data;
	type->record.nfields = (uint32_t)fields.len;
}

/* --- types as C --- */

static void add_c_type(Dwarf_Die *die, struct strbuf *out, int depth);

static void add_referred(Dwarf_Die *die, const char *suffix, struct strbuf *out, int depth)
{
	Dwarf_Die type;

	if (depth < DEPTH_MAX && die_type(die, &type))
		add_c_type(&type, out, depth + 1);
	else
		strbuf_adds(out, "void");
	strbuf_adds(out, suffix);
}

/* What points is itself qualified behind its star. */
static void add_qualified(const char *qualifier, Dwarf_Die *die, struct strbuf *out, int depth)
{
	Dwarf_Die type;

	if (die_type(die, &type) && dwarf_tag(&type) == DW_TAG_pointer_type) {
		add_referred(die, " ", out, depth);
		strbuf_adds(out, qualifier);
		return;
	}
	strbuf_addf(out, "%s ", qualifier);
	add_referred(die, "", out, depth);
}

static void add_named(const char *keyword, Dwarf_Die *die, struct strbuf *out)
{
	strbuf_addf(out, "%s%s", keyword, *die_name(die) ? die_name(die) : "<anonymous>");
}

static void add_c_type(Dwarf_Die *die, struct strbuf *out, int depth)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_pointer_type:
		add_referred(die, "*", out, depth);
		break;
	case DW_TAG_reference_type:
		add_referred(die, "&", out, depth);
		break;
	case DW_TAG_rvalue_reference_type:
		add_referred(die, "&&", out, depth);
		break;
	case DW_TAG_const_type:
		add_qualified("const", die, out, depth);
		break;
	case DW_TAG_volatile_type:
		add_qualified("volatile", die, out, depth);
		break;
	case DW_TAG_restrict_type:
	case DW_TAG_atomic_type:
		add_referred(die, "", out, depth);
		break;
	case DW_TAG_array_type:
		add_referred(die, "[]", out, depth);
		break;
	case DW_TAG_subroutine_type:
		add_referred(die, "()", out, depth);
		break;
	case DW_TAG_structure_type:
		add_named("struct ", die, out);
		break;
	case DW_TAG_union_type:
		add_named("union ", die, out);
		break;
	case DW_TAG_enumeration_type:
		add_named("enum ", die, out);
		break;
	default:
		add_named("", die, out);
		break;
	}
}

static const char *c_type(struct types *types, Dwarf_Die *die)
{
	struct strbuf text = STRBUF_INIT;
	const char *copy;

	add_referred(die, "", &text, 0);
	copy = arena_strdup(types->arena, strbuf_str(&text));
	strbuf_free(&text);
	return copy;
}

/* --- functions --- */

struct wanted {
	Dwarf_Addr address;
	Dwarf_Die die;
	bool is_found;
};

/* Calls for each address that the function's code begins at; code whose seldom used parts lie
 * elsewhere has several. */
static void each_beginning(Dwarf_Die *die, void (*found)(Dwarf_Die *, Dwarf_Addr, void *),
			   void *data)
{
	Dwarf_Addr entry, base, start, end;
	ptrdiff_t next = 0;

	if (!dwarf_entrypc(die, &entry)) {
		found(die, entry, data);
		return;
	}
	while ((next = dwarf_ranges(die, next, &base, &start, &end)) > 0)
		found(die, start, data);
}

static void compare_beginning(Dwarf_Die *die, Dwarf_Addr address, void *data)
{
	struct wanted *wanted = data;

	if (wanted->is_found || address != wanted->address)
		return;
	wanted->die = *die;
	wanted->is_found = true;
}

static int match_function(Dwarf_Die *die, void *data)
{
	struct wanted *wanted = data;

	each_beginning(die, compare_beginning, wanted);
	return wanted->is_found ? DWARF_CB_ABORT : DWARF_CB_OK;
}

static void add_beginning(Dwarf_Die *die, Dwarf_Addr address, void *data)
{
	struct dwarf_file *file = data;
	struct beginning beginning = {address, *die};

	vec_push(file->types->arena, &file->beginnings, beginning);
}

static int add_function(Dwarf_Die *die, void *data)
{
	each_beginning(die, add_beginning, data);
	return DWARF_CB_OK;
}

Dwarf_Die dwarf_whole_unit(const Dwarf_Die *unit)
{
	Dwarf_Die whole;
	uint8_t kind;

	if (dwarf_cu_info(unit->cu, NULL, &kind, NULL, &whole, NULL, NULL, NULL) ||
	    kind != DW_UT_skeleton || !whole.addr)
		return *unit;
	return whole;
}

static void search_unit(const Dwarf_Die *unit, struct wanted *wanted)
{
	Dwarf_Die whole = dwarf_whole_unit(unit);

	dwarf_getfuncs(&whole, match_function, wanted, 0);
}

static int compare_addresses(const void *a, const void *b)
{
	const struct beginning *left = a, *right = b;

	return left->address < right->address ? -1 : left->address > right->address;
}

/* The functions of all units. */
static void index_functions(struct dwarf_file *file)
{
	Dwarf_Die *unit = NULL;
	Dwarf_Addr bias;

	file->is_indexed = true;
	while ((unit = dwfl_module_nextcu(file->module, unit, &bias))) {
		Dwarf_Die whole = dwarf_whole_unit(unit);

		dwarf_getfuncs(&whole, add_function, file, 0);
	}
	if (file->beginnings.len)
		qsort(file->beginnings.data, file->beginnings.len, sizeof(*file->beginnings.data),
		      compare_addresses);
}

static void search_index(const struct dwarf_file *file, struct wanted *wanted)
{
	const struct beginning key = {.address = wanted->address}, *found = NULL;

	if (file->beginnings.len)
		found = bsearch(&key, file->beginnings.data, file->beginnings.len,
				sizeof(*file->beginnings.data), compare_addresses);
	wanted->is_found = found != NULL;
	if (found)
		wanted->die = found->die;
}

/* In the unit that holds the address of the file, or, where no table says which does, in all. */
static bool find_function(struct dwarf_file *file, uint64_t address, struct wanted *wanted)
{
	Dwarf_Addr bias;
	GElf_Addr image;
	Dwarf_Die *unit;

	/* Both files, that with the code and that with the debug info, are in libdwfl's image. */
	if (!dwfl_module_getelf(file->module, &image) || !dwfl_module_getdwarf(file->module, &bias))
		return false;
	wanted->address = address + image - bias;
	unit = dwfl_module_addrdie(file->module, address + image, &bias);
	if (unit)
		search_unit(unit, wanted);
	if (!wanted->is_found) {
		if (!file->is_indexed)
			index_functions(file);
		search_index(file, wanted);
	}
	return wanted->is_found;
}

/* Copies that compilers make of a function for some of its callers take its arguments in other
 * places, or lack some. */
static bool is_changed_copy(const char *function)
{
	static const char *const marks[] = {".constprop.", ".isra.", ".part.", ".cold"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (strstr(function, marks[i]))
			return true;
	return false;
}

/* LLVM changes functions that it knows all callers of, without giving them another name. */
static bool is_changed(Dwarf_Die *function)
{
	uint64_t convention;

	return read_number(function, DW_AT_calling_convention, &convention) &&
	       convention == DW_CC_nocall;
}

static bool is_rust(Dwarf_Die *function)
{
	Dwarf_Die unit;

	return dwarf_diecu(function, &unit, NULL, NULL) && dwarf_srclang(&unit) == DW_LANG_Rust;
}

struct params {
	struct dwarf_file *file;
	bool is_rust;
	VEC(struct type_param)
	list;
};

static void add_param(struct params *params, Dwarf_Die *die)
{
	struct types *types = params->file->types;
	struct type_param param = {.name = die_name(die)};
	Dwarf_Die type;

	param.name = *param.name ? types_intern_name(types, param.name)
				 : arena_printf(types->arena, "arg%zu", params->list.len);
	param.type = convert_referred(params->file, die, 0);
	if (die_type(die, &type))
		param.passing = params->is_rust ? dwarf_passing_rust(&type) : dwarf_passing(&type);
	param.c_type = c_type(types, die);
	vec_push(types->arena, &params->list, param);
}

/* Those of a function, or of a pack of a template's. */
static void add_params(struct params *params, Dwarf_Die *die)
{
	Dwarf_Die child;

	for (int more = dwarf_child(die, &child); !more; more = dwarf_siblingof(&child, &child)) {
		if (dwarf_tag(&child) == DW_TAG_formal_parameter)
			add_param(params, &child);
		else if (dwarf_tag(&child) == DW_TAG_GNU_formal_parameter_pack)
			add_params(params, &child);
	}
}

bool types_dwarf_function(struct types *types, const char *path, const char *debuginfo,
			  const char *function, uint64_t address, struct type_function *prototype)
{
	struct dwarf_file *file = find_file(types, path, debuginfo);
	struct wanted wanted = {0};
	struct params params = {.file = file};
	Dwarf_Die result;

	if (is_changed_copy(function) || !file->module || !find_function(file, address, &wanted) ||
	    is_changed(&wanted.die))
		return false;
	params.is_rust = is_rust(&wanted.die);
	add_params(&params, &wanted.die);
	*prototype = (struct type_function){
		.module = file->path,
		.result = convert_referred(file, &wanted.die, 0),
		.result_c_type = c_type(types, &wanted.die),
		.params = params.list.data,
		.nparams = (uint32_t)params.list.len,
	};
	if (die_type(&wanted.die, &result))
		prototype->result_passing = dwarf_passing(&result);
	return true;
}
