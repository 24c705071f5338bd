/*
 * BTF as C source: declarations, and the definition of one struct, union or enum with its anonymous
 * members written out in place and its named ones only named.
 */
#include "types/btf.h"

#include "types/btf_source.h"

#include <string.h>

/* More than any compiler makes: damaged data. */
#define DEPTH_MAX 32
#define STEPS_MAX 64
#define DECLARATIONS_MAX 100000

struct printer {
	const struct btf_data *data;
	struct strbuf *out;
	int depth; /* of nested declarations */
	int *left; /* declarations that may still be printed, in all */
};

static void print_declaration(struct printer *printer, uint32_t id, const char *name, int indent);

static void print_members(struct printer *printer, const struct btf_type *type, int indent)
{
	struct printer inner = {printer->data, printer->out, printer->depth + 1, printer->left};

	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		const struct btf_member *member = &btf_members(type)[i];
		uint32_t bits = btf_member_bitfield_size(type, i);

		strbuf_fill(printer->out, '\t', (size_t)indent);
		print_declaration(&inner, member->type,
				  btf_data_string(printer->data, member->name_off), indent);
		if (bits)
			strbuf_addf(printer->out, ": %u", bits);
		strbuf_adds(printer->out, ";\n");
	}
}

static void print_enumerators(struct printer *printer, const struct btf_type *type, int indent)
{
	for (uint32_t i = 0; i < btf_vlen(type); i++) {
		bool is_wide = btf_is_enum64(type);
		const char *name =
			btf_data_string(printer->data, is_wide ? btf_enum64(type)[i].name_off
							       : btf_enum(type)[i].name_off);

		strbuf_fill(printer->out, '\t', (size_t)indent);
		if (is_wide && !btf_kflag(type))
			strbuf_addf(printer->out, "%s = %lluULL,\n", name,
				    (unsigned long long)btf_enum64_value(&btf_enum64(type)[i]));
		else if (is_wide)
			strbuf_addf(printer->out, "%s = %lldLL,\n", name,
				    (long long)btf_enum64_value(&btf_enum64(type)[i]));
		else if (btf_kflag(type))
			strbuf_addf(printer->out, "%s = %d,\n", name, btf_enum(type)[i].val);
		else
			strbuf_addf(printer->out, "%s = %u,\n", name,
				    (uint32_t)btf_enum(type)[i].val);
	}
}

static const char *keyword(const struct btf_type *type)
{
	if (btf_is_any_enum(type))
		return "enum";
	if (btf_is_fwd(type))
		return btf_kflag(type) ? "union" : "struct";
	return btf_is_union(type) ? "union" : "struct";
}

/* "struct list_head {", the members, "}" */
static void print_body(struct printer *printer, const struct btf_type *type, int indent)
{
	const char *name = btf_data_name(printer->data, type);

	strbuf_addf(printer->out, "%s%s%s {", keyword(type), *name ? " " : "", name);
	if (!btf_vlen(type)) {
		strbuf_addc(printer->out, '}');
		return;
	}
	strbuf_addc(printer->out, '\n');
	if (btf_is_any_enum(type))
		print_enumerators(printer, type, indent + 1);
	else if (printer->depth<DEPTH_MAX && * printer->left> 0)
		print_members(printer, type, indent + 1);
	strbuf_fill(printer->out, '\t', (size_t)indent);
	strbuf_addc(printer->out, '}');
}

/* What stands before the declarator: a name, or an anonymous definition. */
static void print_base(struct printer *printer, uint32_t id, int indent)
{
	const struct btf_type *type = btf_data_type(printer->data, id);
	const char *name = type ? btf_data_name(printer->data, type) : "void";

	if (!type || btf_is_int(type) || btf_is_typedef(type) || btf_kind(type) == BTF_KIND_FLOAT)
		strbuf_adds(printer->out, name);
	else if (!btf_is_composite(type) && !btf_is_any_enum(type) && !btf_is_fwd(type))
		strbuf_adds(printer->out, "void");
	else if (*name || btf_is_fwd(type))
		strbuf_addf(printer->out, "%s %s", keyword(type), name);
	else
		print_body(printer, type, indent);
}

static void add_parameters(struct printer *printer, const struct btf_type *proto, int indent,
			   struct strbuf *declarator)
{
	struct printer inner = {printer->data, declarator, printer->depth + 1, printer->left};

	strbuf_addc(declarator, '(');
	for (uint32_t i = 0; i < btf_vlen(proto); i++) {
		const struct btf_param *param = &btf_params(proto)[i];

		if (i)
			strbuf_adds(declarator, ", ");
		if (!param->type)
			strbuf_adds(declarator, "...");
		else
			print_declaration(&inner, param->type,
					  btf_data_string(printer->data, param->name_off), indent);
	}
	strbuf_adds(declarator, btf_vlen(proto) ? ")" : "void)");
}

static const char *qualifier(const struct btf_type *type)
{
	switch (btf_kind(type)) {
	case BTF_KIND_CONST:
		return "const ";
	case BTF_KIND_VOLATILE:
		return "volatile ";
	case BTF_KIND_RESTRICT:
		return "restrict ";
	}
	return NULL;
}

static void prepend(struct strbuf *text, const char *prefix)
{
	struct strbuf joined = STRBUF_INIT;

	strbuf_adds(&joined, prefix);
	strbuf_adds(&joined, strbuf_str(text));
	strbuf_free(text);
	*text = joined;
}

/* A pointer to an array or a function stands in parentheses. */
static void enclose(struct strbuf *declarator)
{
	if (*strbuf_str(declarator) != '*')
		return;
	prepend(declarator, "(");
	strbuf_addc(declarator, ')');
}

/*
 * One step from the declared thing towards its base type: what the step means goes around the name
 * in @declarator, qualifiers of the base to @base. 0 once the base is reached.
 */
static bool step_inwards(struct printer *printer, const struct btf_type *type, int indent,
			 struct strbuf *declarator, struct strbuf *base)
{
	const struct btf_type *of = btf_data_type(printer->data, type->type);

	if (btf_is_ptr(type)) {
		prepend(declarator, "*");
	} else if (btf_is_array(type)) {
		enclose(declarator);
		strbuf_addf(declarator, "[%u]", btf_array(type)->nelems);
	} else if (btf_is_func_proto(type)) {
		enclose(declarator);
		add_parameters(printer, type, indent, declarator);
	} else if (qualifier(type)) {
		/* Of a pointer it stands behind the star, else before the base. */
		if (of && btf_is_ptr(of))
			prepend(declarator, qualifier(type));
		else
			strbuf_adds(base, qualifier(type));
	} else {
		return btf_is_type_tag(type);
	}
	return true;
}

static void print_declaration(struct printer *printer, uint32_t id, const char *name, int indent)
{
	struct strbuf declarator = STRBUF_INIT, base = STRBUF_INIT;
	const struct btf_type *type;
	int steps = printer->depth < DEPTH_MAX && (*printer->left)-- > 0 ? 0 : STEPS_MAX;

	strbuf_adds(&declarator, name);
	while ((type = btf_data_type(printer->data, id)) && steps++ < STEPS_MAX &&
	       step_inwards(printer, type, indent, &declarator, &base))
		id = btf_is_array(type) ? btf_array(type)->type : type->type;
	strbuf_adds(printer->out, strbuf_str(&base));
	print_base(printer, id, indent);
	if (declarator.len)
		strbuf_addc(printer->out, ' ');
	strbuf_adds(printer->out, strbuf_str(&declarator));
	strbuf_free(&declarator);
	strbuf_free(&base);
}

void btf_declare(const struct btf_data *data, uint32_t id, const char *name, struct strbuf *out)
{
	int left = DECLARATIONS_MAX;
	struct printer printer = {data, out, 0, &left};

	print_declaration(&printer, id, name, 0);
}

bool types_c_definition(struct types *types, enum type_kind kind, const char *name,
			struct strbuf *out)
{
	uint32_t kinds = BTF_KINDS(BTF_KIND_STRUCT);
	int left = DECLARATIONS_MAX;
	struct btf_found found;
	struct printer printer;

	if (kind == TYPE_UNION)
		kinds = BTF_KINDS(BTF_KIND_UNION);
	else if (kind == TYPE_ENUM)
		kinds = BTF_KINDS(BTF_KIND_ENUM) | BTF_KINDS(BTF_KIND_ENUM64);
	found = btf_find(types, NULL, name, kinds);
	if (!found.id)
		return false;
	printer = (struct printer){&found.object->data, out, 0, &left};
	print_body(&printer, btf_data_type(&found.object->data, found.id), 0);
	strbuf_adds(out, ";\n");
	return true;
}
