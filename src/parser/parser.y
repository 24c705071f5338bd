/* The grammar: LANGUAGE.md 2.1. Actions only call constructors (build.c). */
%code requires {
#include "parser/build.h"
}

%define api.pure full
%define api.location.type {struct span}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%lex-param { void *scanner }
%parse-param { struct build *b } { void *scanner }

%union {
	struct {
		uint64_t value;
		bool is_duration;
	} integer;
	struct {
		const char *data;
		size_t len;
	} string;
	const char *text;
	enum binary_op op;
	struct attach_point *attach_point;
	struct expr *expr;
	struct stmt *stmt;
	struct block *block;
	struct type_expr *type;
	struct args *args;
	struct macro *macro;
	struct probe *probe;
	enum type_kind kind;
}

%code {
#define yylex lexer_next
#define YYMAXDEPTH 20000
#define YYLLOC_DEFAULT(current, rhs, n)                                                  \
	do {                                                                             \
		(current).start = (n) ? YYRHSLOC(rhs, 1).start : YYRHSLOC(rhs, 0).end;   \
		(current).end = (n) ? YYRHSLOC(rhs, n).end : YYRHSLOC(rhs, 0).end;       \
	} while (0)

static void yyerror(struct span *span, struct build *b, void *scanner, const char *message);
}

%token START_SCRIPT START_EXPR
%token <attach_point> ATTACH_POINT "a probe"
%token <text> PREAMBLE "a C definition" IDENT "a name" VAR "a variable" MAP "a map"
%token <integer> INT "a number" PARAM "a parameter"
%token <string> STRING "a string"
%token PARAM_COUNT "'$#'"
%token PREDICATE_START "the predicate's '/'" PREDICATE_END "the predicate's closing '/'"
%token CONFIG "'config'" IMPORT "'import'" MACRO "'macro'" LET "'let'"
%token IF "'if'" ELSE "'else'" FOR "'for'" WHILE "'while'" UNROLL "'unroll'"
%token BREAK "'break'" CONTINUE "'continue'" RETURN "'return'"
%token COMPTIME "'comptime'" SIZEOF "'sizeof'" OFFSETOF "'offsetof'"
%token TYPEOF "'typeof'" TYPEINFO "'typeinfo'"
%token STRUCT "'struct'" UNION "'union'" ENUM "'enum'" TRUE_WORD "'true'" FALSE_WORD "'false'"
%token CAST_OPEN "'(' of a cast" TYPE_OPEN "'(' of a type" BLOCK_OPEN "'{' of a block"
%token RANGE "'..'" ARROW "'->'" INCREMENT "'++'" DECREMENT "'--'"
%token SHIFT_LEFT "'<<'" SHIFT_RIGHT "'>>'" LESS_EQUAL "'<='" GREATER_EQUAL "'>='"
%token EQUAL "'=='" NOT_EQUAL "'!='" AND_AND "'&&'" OR_OR "'||'"
%token <op> ASSIGN_OP "an assignment"

%precedence BARE_MAP
%precedence '['

%type <expr> expr ternary lor land bor bxor band eq rel shift add mul cast unary postfix primary
%type <expr> record_members setting_value bound predicate
%type <stmt> blockstmt simple if_stmt
%type <block> block plain_block body stmts block_expr otherwise
%type <type> type type_base type_arg type_tagged words
%type <args> args more_args opt_args keys path
%type <macro> macro_params macro_list
%type <probe> attach_list
%type <text> member_name
%type <kind> tag

%%

start: START_SCRIPT items | START_EXPR expr { b->expr = $2; };

items: %empty | items item | items error;

item: PREAMBLE { build_preamble(b, @$, $1); }
	| CONFIG '=' '{' settings '}' { build_config(b, @$); }
	| CONFIG '=' '{' settings error '}' { build_config(b, @$); }
	| IMPORT STRING ';' { build_import(b, @$, $2.data); }
	| LET MAP '=' IDENT '(' INT ')' { build_map_decl(b, @$, $2, $4, @4, $6.value, @6); }
	| MACRO IDENT '(' macro_params ')' block { build_add_macro(b, $4, @$, $2, @2, $6); }
	| attach_list predicate plain_block { build_probe(b, @$, $1, $2, $3); }
	| attach_list ',' predicate plain_block { build_probe(b, @$, $1, $3, $4); }
	| ';'
	;

settings: %empty | setting | settings ';' | settings ';' setting;
setting: IDENT '=' setting_value { build_setting(b, @$, $1, @1, $3); };
setting_value: INT { $$ = expr_int(b->parser->arena, @1, $1.value); }
	| STRING { $$ = expr_string(b->parser->arena, @1, $1.data, $1.len); }
	| IDENT { $$ = build_name(b, @1, EXPR_IDENT, $1); }
	| TRUE_WORD { $$ = expr_bool(b->parser->arena, @1, true); }
	| FALSE_WORD { $$ = expr_bool(b->parser->arena, @1, false); }
	;

macro_params: %empty { $$ = build_macro(b); } | macro_list;
macro_list: VAR { $$ = build_macro(b); build_macro_param(b, $$, MACRO_VAR, $1, @1); }
	| MAP { $$ = build_macro(b); build_macro_param(b, $$, MACRO_MAP, $1, @1); }
	| IDENT { $$ = build_macro(b); build_macro_param(b, $$, MACRO_EXPR, $1, @1); }
	| macro_list ',' VAR { $$ = $1; build_macro_param(b, $$, MACRO_VAR, $3, @3); }
	| macro_list ',' MAP { $$ = $1; build_macro_param(b, $$, MACRO_MAP, $3, @3); }
	| macro_list ',' IDENT { $$ = $1; build_macro_param(b, $$, MACRO_EXPR, $3, @3); }
	;

attach_list: ATTACH_POINT { $$ = build_attach(b, NULL, $1); }
	| attach_list ',' ATTACH_POINT { $$ = build_attach(b, $1, $3); }
	;
predicate: %empty { $$ = NULL; } | PREDICATE_START expr PREDICATE_END { $$ = $2; };

block: '{' body '}' { $$ = $2; $$->span = @$; };
plain_block: block { $$ = build_plain_block(b, $1); };
block_expr: BLOCK_OPEN body '}' { $$ = $2; $$->span = @$; };
body: stmts { $$ = build_end(b, $1); }
	| stmts simple { $$ = build_block(b, @$, $1, $2); }
	| stmts error { $$ = $1; }
	;
stmts: %empty { $$ = block_new(b->parser->arena, @$); }
	| stmts blockstmt { $$ = build_stmt(b, $1, $2); }
	| stmts simple ';' { $$ = build_stmt(b, $1, $2); }
	| stmts ';' { $$ = build_separator(b, $1); }
	| stmts error ';' { $$ = $1; }
	;

blockstmt: if_stmt
	| FOR '(' VAR ':' bound ')' plain_block { $$ = build_for(b, @$, $3, @3, $5, NULL, $7); }
	| FOR '(' VAR ':' bound RANGE bound ')' plain_block {
		$$ = build_for(b, @$, $3, @3, $5, $7, $9);
	}
	| FOR VAR ':' bound plain_block { $$ = build_for(b, @$, $2, @2, $4, NULL, $5); }
	| FOR VAR ':' bound RANGE bound plain_block { $$ = build_for(b, @$, $2, @2, $4, $6, $7); }
	| WHILE unary plain_block { $$ = build_repeat(b, @$, STMT_WHILE, $2, $3); }
	| UNROLL unary plain_block { $$ = build_repeat(b, @$, STMT_UNROLL, $2, $3); }
	| block { $$ = build_block_stmt(b, $1); }
	;
if_stmt: IF cast block otherwise { $$ = build_if(b, @$, false, $2, $3, $4); };
otherwise: %empty { $$ = NULL; }
	| ELSE block { $$ = $2; }
	| ELSE if_stmt { $$ = build_else_if(b, $2); }
	;
bound: postfix | CAST_OPEN type ')' postfix { $$ = build_cast(b, @$, $2, $4); };

simple: LET VAR { $$ = build_let(b, @$, $2, @2, NULL, NULL); }
	| LET VAR ':' type { $$ = build_let(b, @$, $2, @2, $4, NULL); }
	| LET VAR '=' expr { $$ = build_let(b, @$, $2, @2, NULL, $4); }
	| LET VAR ':' type '=' expr { $$ = build_let(b, @$, $2, @2, $4, $6); }
	| expr '=' expr { $$ = build_assign(b, @$, $1, false, BINARY_ADD, $3); }
	| expr ASSIGN_OP expr { $$ = build_assign(b, @$, $1, true, $2, $3); }
	| BREAK { $$ = stmt_new(b->parser->arena, STMT_BREAK, @$); }
	| CONTINUE { $$ = stmt_new(b->parser->arena, STMT_CONTINUE, @$); }
	| RETURN { $$ = build_return(b, @$, NULL); }
	| RETURN expr { $$ = build_return(b, @$, $2); }
	| expr { $$ = build_expr_stmt(b, $1); }
	;

expr: ternary;
ternary: lor
	| lor '?' expr ':' ternary { $$ = build_ternary(b, $1, $3, $5); }
	| lor '?' ':' ternary { $$ = build_ternary(b, $1, NULL, $4); }
	;
lor: land | lor OR_OR land { $$ = build_binary(b, BINARY_LOR, $1, $3); };
land: bor | land AND_AND bor { $$ = build_binary(b, BINARY_LAND, $1, $3); };
bor: bxor | bor '|' bxor { $$ = build_binary(b, BINARY_OR, $1, $3); };
bxor: band | bxor '^' band { $$ = build_binary(b, BINARY_XOR, $1, $3); };
band: eq | band '&' eq { $$ = build_binary(b, BINARY_AND, $1, $3); };
eq: rel
	| eq EQUAL rel { $$ = build_binary(b, BINARY_EQ, $1, $3); }
	| eq NOT_EQUAL rel { $$ = build_binary(b, BINARY_NE, $1, $3); }
	;
rel: shift
	| rel '<' shift { $$ = build_binary(b, BINARY_LT, $1, $3); }
	| rel LESS_EQUAL shift { $$ = build_binary(b, BINARY_LE, $1, $3); }
	| rel '>' shift { $$ = build_binary(b, BINARY_GT, $1, $3); }
	| rel GREATER_EQUAL shift { $$ = build_binary(b, BINARY_GE, $1, $3); }
	;
shift: add
	| shift SHIFT_LEFT add { $$ = build_binary(b, BINARY_SHL, $1, $3); }
	| shift SHIFT_RIGHT add { $$ = build_binary(b, BINARY_SHR, $1, $3); }
	;
add: mul
	| add '+' mul { $$ = build_binary(b, BINARY_ADD, $1, $3); }
	| add '-' mul { $$ = build_binary(b, BINARY_SUB, $1, $3); }
	;
mul: cast
	| mul '*' cast { $$ = build_binary(b, BINARY_MUL, $1, $3); }
	| mul '/' cast { $$ = build_binary(b, BINARY_DIV, $1, $3); }
	| mul '%' cast { $$ = build_binary(b, BINARY_MOD, $1, $3); }
	;
cast: unary;
unary: postfix
	| CAST_OPEN type ')' cast { $$ = build_cast(b, @$, $2, $4); }
	| '-' cast { $$ = build_unary(b, @$, UNARY_NEG, $2); }
	| '!' cast { $$ = build_unary(b, @$, UNARY_NOT, $2); }
	| '~' cast { $$ = build_unary(b, @$, UNARY_COMPL, $2); }
	| '*' cast { $$ = build_unary(b, @$, UNARY_DEREF, $2); }
	| '&' cast { $$ = build_unary(b, @$, UNARY_ADDR, $2); }
	| COMPTIME cast { $$ = build_comptime(b, @$, $2); }
	| INCREMENT postfix { $$ = build_incdec(b, @$, $2, false, true); }
	| DECREMENT postfix { $$ = build_incdec(b, @$, $2, true, true); }
	;
postfix: primary
	| postfix '.' member_name { $$ = build_field(b, @$, $1, $3, @3, false); }
	| postfix ARROW member_name { $$ = build_field(b, @$, $1, $3, @3, true); }
	| postfix '.' INT { $$ = build_tuple_field(b, @$, $1, $3.value); }
	| postfix '[' expr ']' { $$ = build_index(b, @$, $1, $3); }
	| postfix INCREMENT { $$ = build_incdec(b, @$, $1, false, false); }
	| postfix DECREMENT { $$ = build_incdec(b, @$, $1, true, false); }
	| MAP %prec BARE_MAP { $$ = build_map(b, @$, $1, NULL); }
	| MAP keys { $$ = build_map(b, @$, $1, $2); }
	;
keys: '[' args ']' { $$ = $2; };
member_name: IDENT;

primary: INT { $$ = build_int(b, @$, $1.value, $1.is_duration); }
	| STRING { $$ = expr_string(b->parser->arena, @$, $1.data, $1.len); }
	| TRUE_WORD { $$ = expr_bool(b->parser->arena, @$, true); }
	| FALSE_WORD { $$ = expr_bool(b->parser->arena, @$, false); }
	| PARAM { $$ = build_param(b, @$, $1.value); }
	| PARAM_COUNT { $$ = expr_new(b->parser->arena, EXPR_PARAM_COUNT, @$); }
	| VAR { $$ = build_name(b, @$, EXPR_VAR, $1); }
	| IDENT { $$ = build_name(b, @$, EXPR_IDENT, $1); }
	| IDENT '(' opt_args ')' { $$ = build_call(b, @$, $1, @1, $3); }
	| '(' ')' { $$ = build_tuple(b, @$, NULL); }
	| '(' expr ')' { $$ = build_parens($2); }
	| '(' expr ',' ')' { $$ = build_tuple(b, @$, build_args(b, NULL, $2)); }
	| '(' more_args ')' { $$ = build_tuple(b, @$, $2); }
	| '(' more_args ',' ')' { $$ = build_tuple(b, @$, $2); }
	| '(' record_members ')' { $$ = build_record_end(b, @$, $2); }
	| block_expr { $$ = build_block_expr(b, @$, $1); }
	| SIZEOF TYPE_OPEN type ')' { $$ = build_query(b, @$, EXPR_SIZEOF, $3, NULL, NULL); }
	| SIZEOF '(' expr ')' { $$ = build_query(b, @$, EXPR_SIZEOF, NULL, $3, NULL); }
	| TYPEINFO TYPE_OPEN type ')' { $$ = build_query(b, @$, EXPR_TYPEINFO, $3, NULL, NULL); }
	| TYPEINFO '(' expr ')' { $$ = build_query(b, @$, EXPR_TYPEINFO, NULL, $3, NULL); }
	| OFFSETOF TYPE_OPEN type ',' path ')' { $$ = build_query(b, @$, EXPR_OFFSETOF, $3, NULL, $5); }
	| OFFSETOF '(' expr ',' path ')' { $$ = build_query(b, @$, EXPR_OFFSETOF, NULL, $3, $5); }
	;
path: IDENT { $$ = build_args(b, NULL, build_name(b, @1, EXPR_IDENT, $1)); }
	| path '.' IDENT { $$ = build_args(b, $1, build_name(b, @3, EXPR_IDENT, $3)); }
	;
record_members: IDENT '=' expr { $$ = build_member(b, build_record(b, @$), $1, @1, $3); }
	| record_members ',' IDENT '=' expr { $$ = build_member(b, $1, $3, @3, $5); }
	;
more_args: expr ',' expr { $$ = build_args(b, build_args(b, NULL, $1), $3); }
	| more_args ',' expr { $$ = build_args(b, $1, $3); }
	;
opt_args: %empty { $$ = NULL; } | args;
args: expr { $$ = build_args(b, NULL, $1); }
	| args ',' expr { $$ = build_args(b, $1, $3); }
	| type_arg { $$ = build_args(b, NULL, build_type_arg(b, $1)); }
	| args ',' type_arg { $$ = build_args(b, $1, build_type_arg(b, $3)); }
	;
/* Types that no expression can be taken for. */
type_arg: type_tagged
	| type_arg '*' { $$ = build_pointer(b, @$, $1); }
	| type_arg '[' ']' { $$ = build_array(b, @$, $1, false, 0); }
	| type_arg '[' INT ']' { $$ = build_array(b, @$, $1, true, $3.value); }
	;

tag: STRUCT { $$ = TYPE_STRUCT; } | UNION { $$ = TYPE_UNION; } | ENUM { $$ = TYPE_ENUM; };
type: type_base
	| type '*' { $$ = build_pointer(b, @$, $1); }
	| type '[' ']' { $$ = build_array(b, @$, $1, false, 0); }
	| type '[' INT ']' { $$ = build_array(b, @$, $1, true, $3.value); }
	;
type_base: words
	| type_tagged
	| IDENT tag IDENT { $$ = build_type(b, @$, $2, $3); }
	;
type_tagged: tag IDENT { $$ = build_type(b, @$, $1, $2); }
	| TYPEOF TYPE_OPEN type ')' { $$ = build_typeof(b, @$, $3, NULL); }
	| TYPEOF '(' expr ')' { $$ = build_typeof(b, @$, NULL, $3); }
	;
words: IDENT { $$ = build_type(b, @$, TYPE_NONE, $1); }
	| words IDENT { $$ = build_type_word(b, $1, @$, $2); }
	;

%%

/* Syntax errors go to yyreport_syntax_error(): here the parser's stack is full. */
static void yyerror(struct span *span, struct build *b, void *scanner, const char *message)
{
	(void)scanner;
	(void)message;
	diag_error(b->parser->diags, "nesting-too-deep", *span, "syntax: this is nested too deep");
}

static bool expects(const yysymbol_kind_t *kinds, int n, int token)
{
	while (n--)
		if (kinds[n] == YYTRANSLATE(token))
			return true;
	return false;
}

/* What could stand here in words; behind an operand only what ends it, since any operator could. */
static const char *name_expected(struct arena *arena, const yysymbol_kind_t *kinds, int n)
{
	static const int ends[] = {';', '}', ')', ']', ',', ':', '{', PREDICATE_END};
	const char *names[sizeof(ends) / sizeof(ends[0])], *text = "";
	int nnames = 0;

	if (expects(kinds, n, RETURN))
		return "a statement";
	if (expects(kinds, n, INT) && expects(kinds, n, SIZEOF))
		return "an expression";
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (expects(kinds, n, '+') && expects(kinds, n, ends[i]))
			names[nnames++] = yysymbol_name(YYTRANSLATE(ends[i]));
	for (int i = 0; !expects(kinds, n, '+') && i < n && n <= 5; i++)
		names[nnames++] = yysymbol_name(kinds[i]);
	for (int i = 0; i < nnames; i++)
		text = arena_printf(arena, "%s%s%s", text, !i ? "" : i == nnames - 1 ? " or " : ", ",
				    names[i]);
	return text;
}

static int yyreport_syntax_error(const yypcontext_t *context, struct build *b, void *scanner)
{
	yysymbol_kind_t kinds[YYNTOKENS];
	int n = yypcontext_expected_tokens(context, kinds, YYNTOKENS);

	(void)scanner;
	complain(b, *yypcontext_location(context), name_expected(b->parser->arena, kinds, n),
		 expects(kinds, n, VAR));
	return 0;
}
