/* What the grammar's actions call: nodes, and checks that a grammar cannot make. */
#ifndef SONDE_PARSER_BUILD_H
#define SONDE_PARSER_BUILD_H

#include "lexer/lexer.h"

/* One parse. */
struct build {
	const struct parser *parser;
	struct lexer *lexer;
	struct script *script;
	struct expr *expr; /* result of parse_expression() */
};

struct args {
	expr_vec exprs;
};

/*
 * Reports that the token at @span cannot stand there, with a hint for what people often write.
 * @expected: what could, in words, or ""; @expects_variable: a variable's name could. Then the
 * scanner drops what belongs to the error.
 */
void complain(struct build *b, struct span span, const char *expected, bool expects_variable);

struct type_expr *build_type(struct build *b, struct span span, enum type_kind keyword,
			     const char *name);
struct type_expr *build_type_word(struct build *b, struct type_expr *type, struct span span,
				  const char *word);
struct type_expr *build_typeof(struct build *b, struct span span, struct type_expr *type,
			       struct expr *expr);
struct type_expr *build_pointer(struct build *b, struct span span, struct type_expr *type);
struct type_expr *build_array(struct build *b, struct span span, struct type_expr *type,
			      bool has_count, uint64_t count);

struct expr *build_int(struct build *b, struct span span, uint64_t value, bool is_duration);
struct expr *build_unary(struct build *b, struct span span, enum unary_op op, struct expr *operand);
struct expr *build_binary(struct build *b, enum binary_op op, struct expr *left,
			  struct expr *right);
struct expr *build_ternary(struct build *b, struct expr *condition, struct expr *then,
			   struct expr *otherwise);
struct expr *build_cast(struct build *b, struct span span, struct type_expr *type,
			struct expr *operand);
struct expr *build_incdec(struct build *b, struct span span, struct expr *target, bool decrement,
			  bool prefix);
struct expr *build_field(struct build *b, struct span span, struct expr *object, const char *name,
			 struct span name_span, bool arrow);
struct expr *build_tuple_field(struct build *b, struct span span, struct expr *object,
			       uint64_t index);
struct expr *build_index(struct build *b, struct span span, struct expr *object,
			 struct expr *index);
struct expr *build_name(struct build *b, struct span span, enum expr_kind kind, const char *name);
struct expr *build_map(struct build *b, struct span span, const char *name, struct args *keys);
struct expr *build_param(struct build *b, struct span span, uint64_t number);
struct expr *build_call(struct build *b, struct span span, const char *name, struct span name_span,
			struct args *args);
struct expr *build_parens(struct expr *expr);
struct expr *build_tuple(struct build *b, struct span span, struct args *args);
struct expr *build_block_expr(struct build *b, struct span span, struct block *block);
struct expr *build_query(struct build *b, struct span span, enum expr_kind kind,
			 struct type_expr *type, struct expr *of, struct args *path);
struct expr *build_comptime(struct build *b, struct span span, struct expr *of);
struct expr *build_record(struct build *b, struct span span);
struct expr *build_member(struct build *b, struct expr *record, const char *name, struct span span,
			  struct expr *value);
/* All members are there: two of one name are an error. */
struct expr *build_record_end(struct build *b, struct span span, struct expr *record);

struct args *build_args(struct build *b, struct args *args, struct expr *expr);
struct expr *build_type_arg(struct build *b, struct type_expr *type);

struct stmt *build_assign(struct build *b, struct span span, struct expr *target, bool compound,
			  enum binary_op op, struct expr *value);
struct stmt *build_expr_stmt(struct build *b, struct expr *expr);
struct stmt *build_let(struct build *b, struct span span, const char *name, struct span name_span,
		       struct type_expr *type, struct expr *value);
struct stmt *build_if(struct build *b, struct span span, bool comptime, struct expr *condition,
		      struct block *then, struct block *otherwise);
struct stmt *build_for(struct build *b, struct span span, const char *name, struct span name_span,
		       struct expr *from, struct expr *to, struct block *body);
struct stmt *build_repeat(struct build *b, struct span span, enum stmt_kind kind,
			  struct expr *condition, struct block *body);
struct stmt *build_return(struct build *b, struct span span, struct expr *value);
struct stmt *build_block_stmt(struct build *b, struct block *block);
struct block *build_block(struct build *b, struct span span, struct block *block,
			  struct stmt *last);
/* A block whose value is not used: its tail is an ordinary statement. */
struct block *build_plain_block(struct build *b, struct block *block);
struct block *build_separator(struct build *b, struct block *block); /* a ';' of its own */
struct block *build_end(struct build *b, struct block *block); /* of a block without other tail */
struct block *build_else_if(struct build *b, struct stmt *stmt);
struct block *build_stmt(struct build *b, struct block *block, struct stmt *stmt);

void build_preamble(struct build *b, struct span span, const char *text);
void build_config(struct build *b, struct span span);
void build_setting(struct build *b, struct span span, const char *name, struct span name_span,
		   struct expr *value);
void build_import(struct build *b, struct span span, const char *path);
void build_map_decl(struct build *b, struct span span, const char *name, const char *kind,
		    struct span kind_span, uint64_t n, struct span entries_span);
struct macro *build_macro(struct build *b);
void build_macro_param(struct build *b, struct macro *macro, enum macro_param_kind kind,
		       const char *name, struct span span);
void build_add_macro(struct build *b, struct macro *macro, struct span span, const char *name,
		     struct span name_span, struct block *body);
struct probe *build_attach(struct build *b, struct probe *probe, struct attach_point *point);
void build_probe(struct build *b, struct span span, struct probe *probe, struct expr *predicate,
		 struct block *body);

#endif
