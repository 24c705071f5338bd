/*
 * Debug information. LLVM makes from it the object's BTF: the definitions of maps, the prototypes
 * of functions, the local types of CO-RE relocations; and the line info, which carries the script's
 * text into the verifier's log.
 */
#include "codegen/internal.h"

#include <string.h>

struct debug_file {
	const struct source *source;
	LLVMMetadataRef file;
};

struct cg_debug {
	LLVMDIBuilderRef builder;
	LLVMMetadataRef unit, file;
	VEC(struct debug_file)
	files;
	LLVMMetadataRef ints[4][2]; /* by log2 of the size, signedness */
	LLVMMetadataRef void_pointer;
	uint32_t nstructs;
};

/* DWARF's encodings and tags, which LLVM's C interface takes as numbers. */
enum {
	DWARF_SIGNED = 5,
	DWARF_UNSIGNED = 7,
	DWARF_TAG_STRUCT = 0x13,
	DWARF_TAG_UNION = 0x17,
	DWARF_TAG_CONST = 0x26,
};

static void add_flag(struct codegen *cg, const char *name, uint32_t value)
{
	LLVMAddModuleFlag(cg->module, LLVMModuleFlagBehaviorWarning, name, strlen(name),
			  LLVMValueAsMetadata(cg_i32(cg, value)));
}

static LLVMMetadataRef file_of(struct codegen *cg, const struct source *source)
{
	struct cg_debug *debug = cg->debug;
	struct debug_file file = {source, NULL};
	const char *path;
	size_t i;

	if (!source)
		return debug->file;
	for (i = 0; i < debug->files.len; i++)
		if (debug->files.data[i].source == source)
			return debug->files.data[i].file;
	path = source->path ? source->path : source->name;
	file.file = LLVMDIBuilderCreateFile(debug->builder, path, strlen(path), "", 0);
	vec_push(cg->arena, &debug->files, file);
	return file.file;
}

/*
 * BTF is made for any module with debug information. DWARF would be too, for nobody; LLVM leaves it
 * out of modules that ask for CodeView, which exists for Windows only.
 */
void debug_begin(struct codegen *cg)
{
	const struct source *source = sources_find(cg->options->sources, 0);
	const char *producer = cg->plan->compiler ? cg->plan->compiler : "sonde";
	struct cg_debug *debug = arena_new_object(cg->arena, struct cg_debug);

	cg->debug = debug;
	debug->builder = LLVMCreateDIBuilder(cg->module);
	debug->file = source ? file_of(cg, source)
			     : LLVMDIBuilderCreateFile(debug->builder, "script", 6, "", 0);
	debug->unit = LLVMDIBuilderCreateCompileUnit(
		debug->builder, LLVMDWARFSourceLanguageC99, debug->file, producer, strlen(producer),
		1, "", 0, 0, "", 0, LLVMDWARFEmissionFull, 0, 0, 0, "", 0, "", 0);
	add_flag(cg, "Debug Info Version", LLVMDebugMetadataVersion());
	add_flag(cg, "CodeView", 1);
}

void debug_end(struct codegen *cg)
{
	LLVMDIBuilderFinalize(cg->debug->builder);
	LLVMDisposeDIBuilder(cg->debug->builder);
}

LLVMMetadataRef debug_int(struct codegen *cg, uint32_t size, bool is_signed)
{
	static const char *const names[4][2] = {
		{"u8", "s8"}, {"u16", "s16"}, {"u32", "s32"}, {"u64", "s64"}};
	uint32_t log = __builtin_ctz(size);
	LLVMMetadataRef *type = &cg->debug->ints[log][is_signed];
	const char *name = names[log][is_signed];

	if (!*type)
		*type = LLVMDIBuilderCreateBasicType(
			cg->debug->builder, name, strlen(name), size * 8,
			is_signed ? DWARF_SIGNED : DWARF_UNSIGNED, LLVMDIFlagZero);
	return *type;
}

LLVMMetadataRef debug_pointer(struct codegen *cg, LLVMMetadataRef to)
{
	struct cg_debug *debug = cg->debug;

	if (to)
		return LLVMDIBuilderCreatePointerType(debug->builder, to, 64, 64, 0, "", 0);
	if (!debug->void_pointer)
		debug->void_pointer =
			LLVMDIBuilderCreatePointerType(debug->builder, NULL, 64, 64, 0, "", 0);
	return debug->void_pointer;
}

LLVMMetadataRef debug_const(struct codegen *cg, LLVMMetadataRef type)
{
	return LLVMDIBuilderCreateQualifiedType(cg->debug->builder, DWARF_TAG_CONST, type);
}

LLVMMetadataRef debug_array(struct codegen *cg, LLVMMetadataRef element, uint32_t element_size,
			    uint32_t count)
{
	LLVMDIBuilderRef builder = cg->debug->builder;
	LLVMMetadataRef range = LLVMDIBuilderGetOrCreateSubrange(builder, 0, count);

	return LLVMDIBuilderCreateArrayType(builder, (uint64_t)element_size * count * 8, 8, element,
					    &range, 1);
}

LLVMMetadataRef debug_struct(struct codegen *cg, const char *name, bool is_union,
			     const struct debug_member *members, uint32_t n, uint64_t bit_size)
{
	struct cg_debug *debug = cg->debug;
	LLVMMetadataRef *elements = arena_new_array(cg->arena, LLVMMetadataRef, n ? n : 1);
	uint32_t i, line;

	for (i = 0; i < n; i++) {
		const struct debug_member *m = &members[i];

		if (m->is_bit_field)
			elements[i] = LLVMDIBuilderCreateBitFieldMemberType(
				debug->builder, debug->file, m->name, strlen(m->name), debug->file,
				0, m->bit_size, m->bit_offset, m->bit_offset, LLVMDIFlagZero,
				m->type);
		else
			elements[i] = LLVMDIBuilderCreateMemberType(
				debug->builder, debug->file, m->name, strlen(m->name), debug->file,
				0, m->bit_size, 8, m->bit_offset, LLVMDIFlagZero, m->type);
	}
	/* a line of its own keeps LLVM from merging it with one that is alike */
	line = ++debug->nstructs;
	if (is_union)
		return LLVMDIBuilderCreateUnionType(debug->builder, debug->file, name, strlen(name),
						    debug->file, line, bit_size, 64, LLVMDIFlagZero,
						    elements, n, 0, "", 0);
	return LLVMDIBuilderCreateStructType(debug->builder, debug->file, name, strlen(name),
					     debug->file, line, bit_size, 64, LLVMDIFlagZero, NULL,
					     elements, n, 0, NULL, "", 0);
}

LLVMMetadataRef debug_forward(struct codegen *cg, const char *name, bool is_union)
{
	struct cg_debug *debug = cg->debug;

	return LLVMDIBuilderCreateReplaceableCompositeType(
		debug->builder, is_union ? DWARF_TAG_UNION : DWARF_TAG_STRUCT, name, strlen(name),
		debug->file, debug->file, 0, 0, 0, 0, LLVMDIFlagFwdDecl, "", 0);
}

void debug_resolve(struct codegen *cg, LLVMMetadataRef forward, LLVMMetadataRef type)
{
	(void)cg;
	LLVMMetadataReplaceAllUsesWith(forward, type);
}

LLVMMetadataRef debug_enum(struct codegen *cg, uint32_t size)
{
	struct cg_debug *debug = cg->debug;
	LLVMMetadataRef value = LLVMDIBuilderCreateEnumerator(debug->builder, "none", 4, 0, 0);

	return LLVMDIBuilderCreateEnumerationType(debug->builder, debug->file, "", 0, debug->file,
						  0, size * 8, size * 8, &value, 1,
						  debug_int(cg, size, false));
}

void debug_global(struct codegen *cg, LLVMValueRef global, LLVMMetadataRef type)
{
	struct cg_debug *debug = cg->debug;
	LLVMMetadataRef expression = LLVMDIBuilderCreateExpression(debug->builder, NULL, 0);
	size_t len;
	const char *name = LLVMGetValueName2(global, &len);

	LLVMGlobalSetMetadata(global, LLVMGetMDKindIDInContext(cg->context, "dbg", 3),
			      LLVMDIBuilderCreateGlobalVariableExpression(
				      debug->builder, debug->unit, name, len, "", 0, debug->file, 0,
				      type, 0, expression, NULL, 0));
}

/* The kernel refuses functions whose parameters have no names. */
void debug_declaration(struct codegen *cg, LLVMValueRef function, struct span span,
		       LLVMMetadataRef result)
{
	struct cg_debug *debug = cg->debug;
	struct location where = sources_locate(cg->options->sources, span.start);
	LLVMMetadataRef file = file_of(cg, where.source), type;
	size_t len;
	const char *name = LLVMGetValueName2(function, &len);

	type = LLVMDIBuilderCreateSubroutineType(debug->builder, file, &result, 1, LLVMDIFlagZero);
	LLVMSetSubprogram(function,
			  LLVMDIBuilderCreateFunction(debug->builder, file, name, len, name, len,
						      file, where.line, type, 0, 0, where.line,
						      LLVMDIFlagPrototyped, 1));
}

void debug_function(struct codegen *cg, struct cg_function *fn, struct span span, bool is_static,
		    LLVMMetadataRef result, const struct debug_param *params, uint32_t nparams)
{
	struct cg_debug *debug = cg->debug;
	struct location where = sources_locate(cg->options->sources, span.start);
	LLVMMetadataRef types[8] = {result}, file = file_of(cg, where.source), type;
	size_t len;
	const char *name = LLVMGetValueName2(fn->function, &len);
	uint32_t i;

	for (i = 0; i < nparams; i++)
		types[i + 1] = params[i].type;
	type = LLVMDIBuilderCreateSubroutineType(debug->builder, file, types, nparams + 1,
						 LLVMDIFlagZero);
	fn->source = where.source;
	fn->subprogram = LLVMDIBuilderCreateFunction(debug->builder, file, name, len, name, len,
						     file, where.line, type, is_static, 1,
						     where.line, LLVMDIFlagPrototyped, 1);
	for (i = 0; i < nparams; i++)
		LLVMDIBuilderCreateParameterVariable(debug->builder, fn->subprogram, params[i].name,
						     strlen(params[i].name), i + 1, file,
						     where.line, params[i].type, 1, LLVMDIFlagZero);
	LLVMSetSubprogram(fn->function, fn->subprogram);
}

void cg_set_location(struct codegen *cg, struct span span)
{
	struct location where = sources_locate(cg->options->sources, span.start);
	LLVMMetadataRef scope = cg->fn->subprogram;

	if (where.source && where.source != cg->fn->source)
		scope = LLVMDIBuilderCreateLexicalBlockFile(cg->debug->builder, scope,
							    file_of(cg, where.source), 0);
	cg->fn->location = LLVMDIBuilderCreateDebugLocation(cg->context, where.line, where.column,
							    scope, NULL);
	LLVMSetCurrentDebugLocation2(cg->builder, cg->fn->location);
}
