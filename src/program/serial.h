/*
 * The plan's serial form, inside. One walk over the plan (serial.c) serves both directions: each
 * serial_*() takes a value and gives it back, having written it, or gives the one that was read.
 *
 * Numbers are little-endian. A string is its length (u32, NULL_STRING for none) and its bytes. A
 * type is its index in the table of types, which comes first; an entry refers to earlier ones only.
 */
#ifndef SONDE_PROGRAM_SERIAL_H
#define SONDE_PROGRAM_SERIAL_H

#include "base/hashmap.h"
#include "program/program.h"

#define SERIAL_MAGIC "sondeplan"
#define SERIAL_MAGIC_LEN 10 /* with its NUL */
#define SERIAL_VERSION 6
#define SERIAL_NULL_STRING UINT32_MAX
#define SERIAL_NO_TYPE UINT32_MAX

/* A type as read, and what bounds the work of rendering a value of it. */
struct serial_type {
	const struct type *type;
	uint32_t depth; /* of nesting */
	uint32_t weight; /* scalars in it */
};

struct serial {
	bool is_reading;
	struct arena *arena;
	struct types *types;

	/* writing */
	struct strbuf *out;
	struct strbuf *table; /* entries of types so far */
	struct hashmap indices, pointees; /* index + 1 of a type; of a type that is pointed to */
	uint32_t ntypes;

	/* reading */
	const unsigned char *data;
	size_t size, at;
	const char *error; /* the first; NULL while all is well */
	struct serial_type parts; /* of the entry at hand, all its members together */
	VEC(struct serial_type)
	read;
};

/* Reading goes on with zeros after a failure. */
void serial_fail(struct serial *serial, const char *error);
uint8_t serial_u8(struct serial *serial, uint8_t value);
uint32_t serial_u32(struct serial *serial, uint32_t value);
uint64_t serial_u64(struct serial *serial, uint64_t value);
bool serial_bool(struct serial *serial, bool value);
/* A value of an enum, at most @last. */
unsigned serial_enum(struct serial *serial, unsigned value, unsigned last);
const char *serial_string(struct serial *serial, const char *value);
const char *serial_text(struct serial *serial, const char *value); /* never NULL */
/* The number of elements that follow, each of at least @least bytes. */
size_t serial_count(struct serial *serial, size_t n, size_t least);

/* --- the table of types: serial_type.c --- */
/* A reference to a type; when writing, its entry is added to the table if it is new. */
const struct type *serial_type(struct serial *serial, const struct type *type);
/* Reads the table, which must come before the first reference. */
void serial_read_table(struct serial *serial);

#endif
