/*
 * libclang's declarations to types. A struct that BTF knows is BTF's; any other gets its size now
 * and its members when they are asked for, as with BTF.
 */
#include "types/cdefs_internal.h"

#include <string.h>

#define DEPTH_MAX 64

static const char *take_string(struct cdefs *cdefs, CXString string)
{
	const char *text = cdefs->clang.getCString(string);
	const char *copy = types_intern_name(cdefs->types, text ? text : "");

	cdefs->clang.disposeString(string);
	return copy;
}

/* Newer versions describe what has no name: "(anonymous union at ...)". */
static const char *tag_name(struct cdefs *cdefs, CXCursor declaration)
{
	const char *name = take_string(cdefs, cdefs->clang.getCursorSpelling(declaration));

	return cdefs->clang.Cursor_isAnonymous(declaration) || strchr(name, '(') ? "" : name;
}

/* A declaration is one type however often it is reached: by its address in libclang's memory. */
static const struct type *known_declaration(struct cdefs *cdefs, CXCursor declaration)
{
	return hashmap_get(&cdefs->converted, declaration.data, sizeof(declaration.data[0]));
}

static void remember(struct cdefs *cdefs, CXCursor declaration, const struct type *type)
{
	const void **key =
		arena_memdup(cdefs->types->arena, declaration.data, sizeof(declaration.data[0]));

	hashmap_set(&cdefs->converted, key, sizeof(*key), (void *)type);
}

static const struct type *convert_record(struct cdefs *cdefs, CXType type)
{
	struct types *types = cdefs->types;
	CXCursor declaration = cdefs->clang.getTypeDeclaration(type);
	enum type_kind kind = cdefs->clang.getCursorKind(declaration) == CXCursor_UnionDecl
				      ? TYPE_UNION
				      : TYPE_STRUCT;
	const char *name = tag_name(cdefs, declaration);
	const struct type *known = known_declaration(cdefs, declaration);
	long long size = cdefs->clang.Type_getSizeOf(type);
	long long align = cdefs->clang.Type_getAlignOf(type);
	struct type *made;

	if (!known && *name)
		known = btf_find_tag(types, kind, name);
	if (known) {
		remember(cdefs, declaration, known);
		return known;
	}
	made = types_new_type(types, kind, size > 0 ? (uint32_t)size : 0,
			      align > 0 ? (uint32_t)align : 1);
	made->record.name = name;
	made->record.origin = ORIGIN_SCRIPT;
	made->record.id = (uint32_t)vec_push(types->arena, &cdefs->records, type);
	made->record.loaded = size < 0;
	remember(cdefs, declaration, made);
	return made;
}

struct enumeration {
	struct cdefs *cdefs;
	VEC(struct type_enumerator)
	values;
};

static enum CXChildVisitResult add_enumerator(CXCursor cursor, CXCursor parent, CXClientData data)
{
	struct enumeration *enumeration = data;
	struct cdefs *cdefs = enumeration->cdefs;
	struct type_enumerator value;

	(void)parent;
	if (cdefs->clang.getCursorKind(cursor) != CXCursor_EnumConstantDecl)
		return CXChildVisit_Continue;
	value.name = take_string(cdefs, cdefs->clang.getCursorSpelling(cursor));
	value.value = cdefs->clang.getEnumConstantDeclValue(cursor);
	vec_push(cdefs->types->arena, &enumeration->values, value);
	return CXChildVisit_Continue;
}

const struct type *cdefs_convert_enum(struct cdefs *cdefs, CXCursor declaration)
{
	struct types *types = cdefs->types;
	const char *name = tag_name(cdefs, declaration);
	const struct type *type = known_declaration(cdefs, declaration), *integer;
	struct enumeration enumeration = {.cdefs = cdefs};

	if (!type && *name)
		type = btf_find_tag(types, TYPE_ENUM, name);
	if (!type) {
		integer = cdefs_convert(cdefs, cdefs->clang.getEnumDeclIntegerType(declaration));
		cdefs->clang.visitChildren(declaration, add_enumerator, &enumeration);
		type = type_define_enum(types, name, ORIGIN_SCRIPT, integer->size,
					integer->is_signed, enumeration.values.data,
					(uint32_t)enumeration.values.len);
	}
	remember(cdefs, declaration, type);
	return type;
}

static const struct type *convert_array(struct cdefs *cdefs, CXType type)
{
	CXType element = cdefs->clang.getCanonicalType(cdefs->clang.getArrayElementType(type));
	long long count = cdefs->clang.getArraySize(type);

	if (count < 0)
		count = 0;
	if ((element.kind == CXType_Char_S || element.kind == CXType_Char_U) && count)
		return type_string(cdefs->types, (uint32_t)count);
	return type_array(cdefs->types, cdefs_convert(cdefs, element), (uint32_t)count);
}

/* What no register holds, and floating point, is bytes. */
static const struct type *convert_bytes(struct cdefs *cdefs, CXType type)
{
	long long size = cdefs->clang.Type_getSizeOf(type);

	if (size <= 0)
		return type_none(cdefs->types);
	return type_array(cdefs->types, type_int(cdefs->types, 1, false), (uint32_t)size);
}

static const struct type *convert_pointer(struct cdefs *cdefs, CXType type)
{
	CXType to = cdefs->clang.getPointeeType(type);

	return type_ptr(cdefs->types, cdefs_convert(cdefs, to), SPACE_UNKNOWN);
}

const struct type *cdefs_convert(struct cdefs *cdefs, CXType type)
{
	uint32_t size;

	type = cdefs->clang.getCanonicalType(type);
	size = (uint32_t)cdefs->clang.Type_getSizeOf(type);
	switch ((int)type.kind) {
	case CXType_Void:
	case CXType_FunctionProto:
	case CXType_FunctionNoProto:
		return type_none(cdefs->types);
	case CXType_Bool:
		return type_bool(cdefs->types);
	case CXType_Char_S:
	case CXType_SChar:
	case CXType_Short:
	case CXType_Int:
	case CXType_Long:
	case CXType_LongLong:
		return type_int(cdefs->types, size, true);
	case CXType_Char_U:
	case CXType_UChar:
	case CXType_UShort:
	case CXType_UInt:
	case CXType_ULong:
	case CXType_ULongLong:
		return type_int(cdefs->types, size, false);
	case CXType_Enum:
		return cdefs_convert_enum(cdefs, cdefs->clang.getTypeDeclaration(type));
	case CXType_Pointer:
		return convert_pointer(cdefs, type);
	case CXType_Record:
		return convert_record(cdefs, type);
	case CXType_ConstantArray:
	case CXType_IncompleteArray:
		return convert_array(cdefs, type);
	}
	return convert_bytes(cdefs, type);
}

struct members {
	struct cdefs *cdefs;
	VEC(struct type_field)
	fields;
};

static enum CXVisitorResult add_member(CXCursor cursor, CXClientData data)
{
	struct members *members = data;
	struct cdefs *cdefs = members->cdefs;
	long long offset = cdefs->clang.Cursor_getOffsetOfField(cursor);
	int width = cdefs->clang.getFieldDeclBitWidth(cursor);
	struct type_field field = {
		.type = cdefs_convert(cdefs, cdefs->clang.getCursorType(cursor)),
	};

	field.name = tag_name(cdefs, cursor);
	/* Bit-fields without a name are but padding. */
	if (offset < 0 || (!*field.name && (width >= 0 || !type_is_struct(field.type))))
		return CXVisit_Continue;
	if (width > 0)
		types_place_bits(&field, (uint32_t)offset, (uint32_t)width);
	else
		field.offset = (uint32_t)(offset / 8);
	vec_push(cdefs->types->arena, &members->fields, field);
	return CXVisit_Continue;
}

void cdefs_load_fields(struct types *types, struct type *type)
{
	struct members members = {.cdefs = types->cdefs};

	type->record.loaded = true;
	types->cdefs->clang.Type_visitFields(types->cdefs->records.data[type->record.id],
					     add_member, &members);
	type->record.fields = members.fields.data;
	type->record.nfields = (uint32_t)members.fields.len;
}
