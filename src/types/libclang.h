/* libclang by dlopen: the program runs without it as long as no script needs it. */
#ifndef SONDE_TYPES_LIBCLANG_H
#define SONDE_TYPES_LIBCLANG_H

#include <clang-c/Index.h>
#include <stdbool.h>

/* Every function of it that this room calls. */
#define LIBCLANG_FUNCTIONS(F)                                                                      \
	F(createIndex)                                                                             \
	F(disposeIndex)                                                                            \
	F(parseTranslationUnit2)                                                                   \
	F(disposeTranslationUnit)                                                                  \
	F(getNumDiagnostics)                                                                       \
	F(getDiagnostic)                                                                           \
	F(disposeDiagnostic)                                                                       \
	F(getDiagnosticSeverity)                                                                   \
	F(getDiagnosticSpelling)                                                                   \
	F(getDiagnosticLocation)                                                                   \
	F(getExpansionLocation)                                                                    \
	F(getFileName)                                                                             \
	F(getFileContents)                                                                         \
	F(getCString)                                                                              \
	F(disposeString)                                                                           \
	F(getTranslationUnitCursor)                                                                \
	F(visitChildren)                                                                           \
	F(getCursorKind)                                                                           \
	F(getCursorSpelling)                                                                       \
	F(getCursorType)                                                                           \
	F(getCursorSemanticParent)                                                                 \
	F(getCursorExtent)                                                                         \
	F(isCursorDefinition)                                                                      \
	F(Cursor_isAnonymous)                                                                      \
	F(Cursor_isMacroBuiltin)                                                                   \
	F(Cursor_isMacroFunctionLike)                                                              \
	F(Cursor_getOffsetOfField)                                                                 \
	F(getFieldDeclBitWidth)                                                                    \
	F(getEnumDeclIntegerType)                                                                  \
	F(getEnumConstantDeclValue)                                                                \
	F(getTypedefDeclUnderlyingType)                                                            \
	F(getCanonicalType)                                                                        \
	F(getPointeeType)                                                                          \
	F(getArrayElementType)                                                                     \
	F(getArraySize)                                                                            \
	F(getTypeDeclaration)                                                                      \
	F(Type_getSizeOf)                                                                          \
	F(Type_getAlignOf)                                                                         \
	F(Type_visitFields)                                                                        \
	F(tokenize)                                                                                \
	F(getTokenSpelling)                                                                        \
	F(disposeTokens)

struct libclang {
	void *handle;
#define LIBCLANG_MEMBER(name) __typeof__(clang_##name) *name;
	LIBCLANG_FUNCTIONS(LIBCLANG_MEMBER)
#undef LIBCLANG_MEMBER
};

/* False if no library of a version that has these functions is installed. */
bool libclang_open(struct libclang *clang);

#endif
