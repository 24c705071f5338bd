/*
 * A compilation by hand for tests of code generation: builders of typed trees and plans, then the
 * IR as text (before optimization) and the object.
 */
#ifndef SONDE_TESTS_TEST_CODEGEN_CASE_H
#define SONDE_TESTS_TEST_CODEGEN_CASE_H

#include "codegen/codegen.h"
#include "lang/lang.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

struct test_case {
	struct arena *arena;
	struct types *types;
	struct sources *sources;
	struct plan *plan;
	struct ast_unit unit;
	char *ir; /* after case_compile() */
	size_t ir_len;
	struct codegen_object object;
	uint32_t serial;
};

static const char case_text[] = "tracepoint:a:b {\n\t@ = count();\n}\n";
static const struct span case_span = {20, 31};

static struct test_case *case_new(void)
{
	struct arena *arena = arena_new();
	struct test_case *c = arena_new_object(arena, struct test_case);

	c->arena = arena;
	c->types = types_new(arena);
	c->plan = plan_new(arena, c->types);
	c->plan->config = plan_config_default();
	c->plan->compiler = "test";
	c->sources = sources_new(arena);
	sources_add(c->sources, "stdin", case_text, strlen(case_text));
	return c;
}

static void case_free(struct test_case *c)
{
	free(c->ir);
	codegen_object_free(&c->object);
	types_free(c->types);
	arena_free(c->arena);
}

/* --- trees --- */

static inline struct expr *case_expr(struct test_case *c, enum expr_kind kind,
				     const struct type *type)
{
	struct expr *expr = expr_new(c->arena, kind, case_span);

	expr->type = type;
	return expr;
}

static inline struct expr *case_int(struct test_case *c, int64_t value)
{
	struct expr *expr = case_expr(c, EXPR_INT, type_int(c->types, 8, true));

	expr->integer.value = value < 0 ? -(uint64_t)value : (uint64_t)value;
	expr->integer.is_negative = value < 0;
	return expr;
}

static inline struct expr *case_binary(struct test_case *c, enum binary_op op,
				       const struct type *type, struct expr *left,
				       struct expr *right)
{
	struct expr *expr = expr_binary(c->arena, case_span, op, left, right);

	expr->type = type;
	return expr;
}

static inline struct expr *case_builtin(struct test_case *c, enum builtin_id id,
					const struct type *type)
{
	struct expr *expr = case_expr(c, EXPR_BUILTIN, type);

	expr->ident.builtin = &lang_builtins[id];
	return expr;
}

static inline struct expr *case_cast(struct test_case *c, const struct type *type,
				     struct expr *operand)
{
	return expr_implicit_cast(c->arena, operand, type);
}

static inline struct expr *case_pid(struct test_case *c)
{
	return case_builtin(c, BUILTIN_pid, type_int(c->types, 4, false));
}

static inline struct expr *case_pid64(struct test_case *c)
{
	return case_cast(c, type_int(c->types, 8, true), case_pid(c));
}

/* A call with one argument, or with none. */
static inline struct expr *case_call(struct test_case *c, enum function_id id,
				     const struct type *type, struct expr *argument)
{
	struct expr *expr = case_expr(c, EXPR_CALL, type);

	expr->call.function = &lang_functions[id];
	if (argument)
		vec_push(c->arena, &expr->call.args, argument);
	return expr;
}

static inline struct expr *case_field(struct test_case *c, struct expr *object,
				      const struct type *in, const struct type_field *field)
{
	struct expr *expr = case_expr(c, EXPR_FIELD, field->type);

	expr->field.object = object;
	expr->field.path = (struct type_path){1, {in}, {field}};
	return expr;
}

static inline struct stmt *case_assign(struct test_case *c, struct expr *target, struct expr *value)
{
	struct stmt *stmt = stmt_new(c->arena, STMT_ASSIGN, case_span);

	stmt->assign.target = target;
	stmt->assign.value = value;
	return stmt;
}

static inline struct stmt *case_compound(struct test_case *c, enum binary_op op,
					 struct expr *target, struct expr *value)
{
	struct stmt *stmt = case_assign(c, target, value);

	stmt->assign.is_compound = true;
	stmt->assign.op = op;
	return stmt;
}

static inline struct stmt *case_increment(struct test_case *c, struct expr *target)
{
	struct stmt *stmt = stmt_new(c->arena, STMT_EXPR, case_span);

	stmt->expr = case_expr(c, EXPR_INCDEC, type_int(c->types, 8, true));
	stmt->expr->incdec.target = target;
	return stmt;
}

static inline struct block *case_block(struct test_case *c, struct stmt *stmt)
{
	struct block *block = block_new(c->arena, case_span);

	if (stmt)
		vec_push(c->arena, &block->stmts, stmt);
	return block;
}

/* --- plan --- */

static inline uint32_t case_map(struct test_case *c, const char *name, enum plan_map_kind kind,
				const struct type *key, const struct type *value)
{
	struct plan_map map = {
		.name = name,
		.elf_name = arena_printf(c->arena, "at_%s", name),
		.kind = kind,
		.key = key,
		.value = value,
		.max_entries = kind < MAP_KIND_ARRAY ? 4096 : 1,
		.is_assigned = true,
	};

	return vec_push(c->arena, &c->plan->maps, map);
}

static inline struct expr *case_map_at(struct test_case *c, uint32_t map, struct expr *key)
{
	struct expr *expr = case_expr(c, EXPR_MAP, c->plan->maps.data[map].value);

	expr->map.map = map;
	expr->map.key = key;
	return expr;
}

/* A program whose body is one statement; more are pushed to its body. */
static inline struct ast_program *case_program(struct test_case *c, const char *provider,
					       const char *section, struct stmt *stmt)
{
	struct ast_program *program = arena_new_object(c->arena, struct ast_program);
	struct probe *probe = arena_new_object(c->arena, struct probe);
	struct plan_prog plan = {
		.name = arena_printf(c->arena, "prog_%zu", c->plan->progs.len + 1),
		.section = section,
		.provider = provider,
	};

	probe->span = case_span;
	program->probe = probe;
	program->plan_prog = vec_push(c->arena, &c->plan->progs, plan);
	program->body = case_block(c, stmt);
	vec_push(c->arena, &c->unit.programs, program);
	return program;
}

static inline struct ast_program *case_tracepoint(struct test_case *c, struct stmt *stmt)
{
	return case_program(c, "tracepoint", "tracepoint/syscalls/sys_enter_getppid", stmt);
}

static inline void case_push(struct test_case *c, struct ast_program *program, struct stmt *stmt)
{
	vec_push(c->arena, &program->body->stmts, stmt);
}

static inline struct variable *case_variable(struct test_case *c, struct ast_program *program,
					     const char *name, const struct type *type)
{
	struct variable *variable = arena_new_object(c->arena, struct variable);

	variable->name = name;
	variable->type = type;
	variable->id = vec_push(c->arena, &program->variables, variable);
	return variable;
}

static inline struct expr *case_var(struct test_case *c, struct variable *variable)
{
	struct expr *expr = case_expr(c, EXPR_VAR, variable->type);

	expr->var.variable = variable;
	return expr;
}

/* --- results --- */

static inline void case_compile(struct test_case *c)
{
	struct codegen_options options = {
		.arena = c->arena,
		.sources = c->sources,
		.verify_ir = true,
		.serial = c->serial,
	};
	const char *why;

	free(c->ir);
	codegen_object_free(&c->object);
	c->ir = NULL;
	options.dump_llvm = open_memstream(&c->ir, &c->ir_len);
	codegen(&options, &c->unit, c->plan, &c->object, &why);
	fclose(options.dump_llvm);
}

/* The texts are found one after another, from @from on; returns what follows the last. */
static inline const char *case_expect(const char *from, const char *const *texts)
{
	const char *at = from;

	for (; *texts; texts++) {
		at = strstr(at, *texts);
		if (!at) {
			fputs(from, stderr);
			ck_abort_msg("\"%s\" is not found in this order", *texts);
		}
		at += strlen(*texts);
	}
	return at;
}

#define case_expect_ir(c, ...) case_expect((c)->ir, (const char *const[]){__VA_ARGS__, NULL})
#define case_expect_none(c, text)                                                                  \
	ck_assert_msg(!strstr((c)->ir, (text)), "\"%s\" should not be there", (text))

#endif
