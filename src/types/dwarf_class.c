/*
 * How an argument is passed, from the DWARF of its type: in C and C++ by the classes of the System
 * V ABI for x86_64 (3.2.3, "Parameter Passing"). Rust promises nothing; what rustc has done for
 * years with numbers, pointers and pairs of them is taken for known, as rustc_abi's BackendRepr has
 * it.
 */
#include "types/dwarf_class.h"

#include "types/dwarf_die.h"

#include <dwarf.h>

#define DEPTH_MAX 16
#define EIGHTBYTES_MOST 2 /* what is larger lies in memory */

enum class { CLASS_NONE, CLASS_VECTOR, CLASS_INTEGER };

struct classes {
	enum class of[EIGHTBYTES_MOST];
	uint64_t align;
	bool is_memory;
	bool is_x87; /* a long double, which is passed in memory but returned in a register */
};

static void mark(struct classes *classes, uint64_t offset, uint64_t size, enum class class)
{
	for (uint64_t at = offset / 8; size && at <= (offset + size - 1) / 8; at++) {
		if (at >= EIGHTBYTES_MOST)
			classes->is_memory = true;
		else if (classes->of[at] < class)
			classes->of[at] = class;
	}
}

static void raise_align(struct classes *classes, uint64_t align)
{
	if (align > classes->align)
		classes->align = align;
}

static void classify(Dwarf_Die *die, uint64_t offset, struct classes *classes, int depth);

static void classify_base(Dwarf_Die *die, uint64_t offset, uint64_t size, struct classes *classes)
{
	uint64_t encoding = die_number(die, DW_AT_encoding, 0);
	bool is_complex = encoding == DW_ATE_complex_float;
	bool is_float = encoding == DW_ATE_float || is_complex || encoding == DW_ATE_decimal_float;
	uint64_t part = is_complex ? size / 2 : size;

	raise_align(classes, part < 16 ? part : 16);
	classes->is_x87 |= is_float && part > 8 && encoding != DW_ATE_decimal_float;
	/* A member that is not at its alignment, __attribute__((packed)), or a long double. */
	if ((part && offset % part) || classes->is_x87)
		classes->is_memory = true;
	else if (is_float && part > 8)
		mark(classes, offset, 8, CLASS_VECTOR);
	else
		mark(classes, offset, size, is_float ? CLASS_VECTOR : CLASS_INTEGER);
}

static void classify_members(Dwarf_Die *die, uint64_t offset, struct classes *classes, int depth)
{
	Dwarf_Die member, type;

	raise_align(classes, die_number(die, DW_AT_alignment, 0));
	for (int more = dwarf_child(die, &member); !more;
	     more = dwarf_siblingof(&member, &member)) {
		uint64_t bits = die_number(&member, DW_AT_bit_size, 0), at;

		if ((dwarf_tag(&member) != DW_TAG_member &&
		     dwarf_tag(&member) != DW_TAG_inheritance) ||
		    dwarf_hasattr(&member, DW_AT_external) || !die_type(&member, &type) ||
		    !die_member_offset(&member, &at))
			continue;
		if (bits && dwarf_hasattr(&member, DW_AT_data_bit_offset))
			at = die_number(&member, DW_AT_data_bit_offset, 0) / 8;
		if (bits)
			mark(classes, offset + at, (bits + 7) / 8, CLASS_INTEGER);
		else
			classify(&type, offset + at, classes, depth + 1);
	}
}

static void classify_array(Dwarf_Die *die, uint64_t offset, uint64_t size, struct classes *classes,
			   int depth)
{
	Dwarf_Die type;
	uint64_t step = die_bare_type(die, &type) ? die_size(&type) : 0;

	if (!step)
		return;
	if (dwarf_hasattr(die, DW_AT_GNU_vector)) {
		raise_align(classes, size);
		mark(classes, offset, 8, CLASS_VECTOR);
		return;
	}
	for (uint64_t at = 0; at < size && !classes->is_memory; at += step)
		classify(&type, offset + at, classes, depth + 1);
}

/* DWARF does not tell the size of C++'s nullptr, and of pointers to members: those to functions are
 * pairs (the Itanium C++ ABI, 2.3). */
uint64_t dwarf_pointer_size(Dwarf_Die *type)
{
	Dwarf_Die to;

	return dwarf_tag(type) == DW_TAG_ptr_to_member_type && die_type(type, &to) &&
			       dwarf_tag(&to) == DW_TAG_subroutine_type
		       ? 16
		       : 8;
}

static void classify(Dwarf_Die *die, uint64_t offset, struct classes *classes, int depth)
{
	Dwarf_Die type;
	uint64_t size;

	if (depth > DEPTH_MAX || !die_peel(die, &type))
		return;
	size = die_size(&type);
	switch (dwarf_tag(&type)) {
	case DW_TAG_base_type:
		classify_base(&type, offset, size, classes);
		break;
	case DW_TAG_structure_type:
	case DW_TAG_class_type:
	case DW_TAG_union_type:
		classify_members(&type, offset, classes, depth);
		break;
	case DW_TAG_array_type:
		classify_array(&type, offset, size, classes, depth);
		break;
	default: /* pointers, enums */
		size = size ? size : dwarf_pointer_size(&type);
		raise_align(classes, size < 8 ? size : 8);
		mark(classes, offset, size, CLASS_INTEGER);
		break;
	}
}

struct type_passing dwarf_passing(Dwarf_Die *die)
{
	struct type_passing passing = {.align = 8};
	struct classes classes = {0};
	Dwarf_Die type;
	uint64_t size;

	if (!die_peel(die, &type))
		return passing;
	if (!dwarf_is_copied_by_bytes(&type)) {
		passing.is_reference = true;
		passing.integers = 1;
		return passing;
	}
	classify(&type, 0, &classes, 0);
	size = die_size(&type);
	/* A vector is in one register, however wide that is. */
	passing.is_memory = classes.is_memory ||
			    (size > EIGHTBYTES_MOST * 8 && !dwarf_hasattr(&type, DW_AT_GNU_vector));
	passing.is_x87 = classes.is_x87 &&
			 (size <= EIGHTBYTES_MOST * 8 || dwarf_tag(&type) == DW_TAG_base_type);
	if (classes.align > passing.align)
		passing.align = (uint32_t)classes.align;
	for (int i = 0; i < EIGHTBYTES_MOST && !passing.is_memory; i++) {
		passing.integers += classes.of[i] == CLASS_INTEGER;
		passing.vectors += classes.of[i] == CLASS_VECTOR;
	}
	return passing;
}

/* The numbers and pointers that a value consists of, up to more than a pair has. */
struct leaves {
	unsigned n;
	uint64_t last; /* the highest offset */
	bool is_unknown;
};

static void count_leaves(Dwarf_Die *die, uint64_t offset, struct leaves *leaves, int depth)
{
	Dwarf_Die type, member, next;
	uint64_t at, size;
	int tag;

	if (depth > DEPTH_MAX || !die_peel(die, &type))
		return;
	size = die_size(&type);
	tag = dwarf_tag(&type);
	if (!size)
		return;
	if (tag != DW_TAG_structure_type) {
		leaves->n++;
		leaves->last = offset > leaves->last ? offset : leaves->last;
		/* Nothing is written of enums with fields, and of arrays and unions not enough. */
		leaves->is_unknown |=
			size > 8 || tag == DW_TAG_array_type || tag == DW_TAG_union_type;
		return;
	}
	for (int more = dwarf_child(&type, &member); !more;
	     more = dwarf_siblingof(&member, &member)) {
		leaves->is_unknown |= dwarf_tag(&member) == DW_TAG_variant_part;
		if (dwarf_tag(&member) == DW_TAG_member && die_type(&member, &next) &&
		    die_member_offset(&member, &at))
			count_leaves(&next, offset + at, leaves, depth + 1);
	}
}

struct type_passing dwarf_passing_rust(Dwarf_Die *die)
{
	struct type_passing passing = dwarf_passing(die);
	struct leaves leaves = {0};
	Dwarf_Die type;

	if (!die_peel(die, &type) || dwarf_tag(&type) == DW_TAG_base_type)
		return passing;
	count_leaves(die, 0, &leaves, 0);
	if (leaves.n > 2)
		return (struct type_passing){
			.integers = 1, .is_reference = die_size(&type) > 8, .align = 8};
	passing.is_pair = leaves.n == 2;
	passing.is_unknown = leaves.is_unknown || (passing.is_pair && leaves.last != 8);
	return passing;
}
