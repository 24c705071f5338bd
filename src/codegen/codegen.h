/*
 * Typed programs and their plan to a BPF ELF object. The only user of LLVM; never reports a user's
 * error: what sema let through can be compiled.
 */
#ifndef SONDE_CODEGEN_CODEGEN_H
#define SONDE_CODEGEN_CODEGEN_H

#include "ast/ast.h"
#include "program/program.h"
#include "provider/provider.h"

#include <stdbool.h>
#include <stdio.h>

/* Bitcode of an imported C program. */
struct codegen_bitcode {
	const void *data;
	size_t size;
};

struct codegen_options {
	struct arena *arena;
	const struct sources *sources;
	FILE *dump_llvm; /* each may be NULL: IR before and after optimization, BPF assembly */
	FILE *dump_llvm_optimized;
	FILE *dump_assembly;
	bool verify_ir;
	const struct codegen_bitcode *bitcode;
	size_t nbitcode;
	/*
	 * 0 for the first compilation of a process, another number for each further one: LLVM 19
	 * keeps what it makes for relocated fields in a table that lives as long as the process,
	 * by the name of the struct.
	 */
	uint32_t serial;
};

struct codegen_object {
	void *data; /* malloc()ed */
	size_t size;
};

enum codegen_result {
	CODEGEN_DONE,
	CODEGEN_TOO_LARGE, /* a probe's body cannot be fitted into what BPF has of stack and length
			    */
	CODEGEN_BAD_BITCODE, /* the imported C programs do not go together; *why says it */
};

/* Fills @object, which the caller frees with codegen_object_free(). *why is in the arena. */
enum codegen_result codegen(const struct codegen_options *options, const struct ast_unit *unit,
			    const struct plan *plan, struct codegen_object *object,
			    const char **why);
void codegen_object_free(struct codegen_object *object);

#endif
