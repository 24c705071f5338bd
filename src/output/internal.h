/*
 * What the files of the renderer share. A format is a row of operations (struct output_ops);
 * a further one is a file and a row in format.c. All of them build a record's bytes in
 * output->record and write it whole.
 */
#ifndef SONDE_OUTPUT_INTERNAL_H
#define SONDE_OUTPUT_INTERNAL_H

#include "output/output.h"

#include <string.h>

struct printf_format;

struct output_ops {
	const char *name;
	void (*printf)(struct output *output, const char *text, size_t len);
	void (*value)(struct output *output, const struct type *type, const void *value);
	/* @entries are sorted, and those that are not to be shown are gone. */
	void (*map)(struct output *output, const struct plan_map *map,
		    const struct output_entry *entries, size_t n, uint64_t div);
	void (*message)(struct output *output, const struct plan_event *event, const char *text,
			size_t len);
	void (*text)(struct output *output, enum output_text_kind kind, const char *text,
		     size_t len);
	void (*attached)(struct output *output, uint64_t n);
	void (*runtime_error)(struct output *output, const struct plan_event *event,
			      const char *message, const char *helper, int64_t code,
			      uint64_t repeated);
	void (*lost)(struct output *output, uint64_t n, uint64_t total);
	void (*accounting)(struct output *output, const struct output_account_row *rows, size_t n);
	void (*test)(struct output *output, const struct output_test *test);
	void (*tests_end)(struct output *output, uint64_t passed, uint64_t failed);
	void (*bench)(struct output *output, const char *name, uint64_t runs, double ns);
	void (*end)(struct output *output);
};

extern const struct output_ops output_text_ops, output_json_ops;

struct output {
	const struct output_ops *ops;
	const struct plan *plan;
	FILE *out, *err;
	struct output_resolver resolver;
	struct printf_format *formats; /* by index of the event; taken apart when first used */
	size_t nformats;
	struct strbuf record; /* what is written next */
	struct strbuf text, field; /* of one printf, of one of its arguments */
	int error; /* negative errno of the first write that failed */
	struct diag_style style;
};

/* --- format.c --- */
/* Writes the record to a stream and begins a new one. */
void output_put(struct output *output, FILE *stream);
/* The record is a warning: to standard error, if warnings are wanted. */
void output_put_warning(struct output *output);

/* --- number.c: numbers in memory and in text --- */
uint64_t load_u64(const void *data);
uint32_t load_u32(const void *data);
/* A bool, integer, enum, pointer, ksym or username, extended as its type says. */
uint64_t load_scalar(const struct type *type, const void *data);
void put_unsigned(struct strbuf *out, uint64_t value);
void put_signed(struct strbuf *out, int64_t value);
void put_hex(struct strbuf *out, uint64_t value);
/* By the signedness of the type. */
void put_integer(struct strbuf *out, bool is_signed, uint64_t value);
/* @value / @div by the signedness; @div 0 is none. */
uint64_t divide(bool is_signed, uint64_t value, uint64_t div);

/* --- member.c: parts of values --- */
/*
 * The bytes of a member; those of a bit-field are made in *@bits, as a number of the member's type.
 */
const void *member_data(const struct type_field *field, const void *data, uint64_t *bits);
const struct type_field *members(const struct output *output, const struct type *type, uint32_t *n);
/* True for what a struct shows in place: the members of an anonymous member. */
bool member_is_flattened(const struct type_field *field);
/* Members without a name that hold nothing: padding. */
bool member_is_hidden(const struct type_field *field);
const char *enumerator_name(const struct type *type, uint64_t value); /* NULL if none */

/* --- value.c: one value as text --- */
enum value_style {
	STYLE_TEXT, /* "(1, x)", "{ .a = 1 }" */
	STYLE_COMPACT, /* in JSON keys: "(1,x)", "{.a=1}" */
};
void value_text(struct output *output, const struct type *type, const void *data,
		enum value_style style, struct strbuf *out);
/* The text between the brackets of a map's key. */
void key_text(struct output *output, const struct type *type, const void *data,
	      enum value_style style, struct strbuf *out);
void stats_text(const struct type *type, const void *data, uint64_t div, struct strbuf *out);
/* Bytes as in C source: printable ASCII as it is, if @escape_all is not set. */
void put_escaped_bytes(struct strbuf *out, const void *data, size_t len, bool escape_all);
/* The bytes of a buffer. */
const char *buffer_bytes(const struct type *type, const void *data, uint32_t *len);

/* --- names.c: values whose text comes from elsewhere --- */
void put_inet(struct strbuf *out, const void *data);
void put_mac(struct strbuf *out, const void *data);
void put_timestamp(struct output *output, const void *data, struct strbuf *out);
void put_ksym(struct output *output, const void *data, struct strbuf *out);
void put_usym(struct output *output, const void *data, struct strbuf *out);
void put_username(struct output *output, const void *data, struct strbuf *out);
void put_cgroup_path(struct output *output, const void *data, struct strbuf *out);
void put_stack(struct output *output, const struct type *type, const void *data,
	       enum value_style style, struct strbuf *out);
/* strftime() of a wall-clock time, with %f for microseconds. */
void put_wall_time(struct strbuf *out, const char *format, uint64_t ns);

/* --- aggregate.c --- */
struct average {
	uint64_t count, total, average; /* total and average signed by the type */
};
struct average load_average(const struct type *type, const void *data, uint64_t div);
/* What count, sum, min, max and avg show, divided. */
uint64_t aggregate_shown(const struct type *type, const void *data, uint64_t div);
bool is_average(const struct type *type); /* avg, stats */
bool is_histogram(const struct type *type); /* hist, lhist */
/* What is shown as a chart, under a line with its name: histograms and time series. */
bool is_chart(const struct type *type);

/* --- hist.c --- */
uint64_t hist_total(const struct type *type, const void *data);
void hist_text(const struct type *type, const void *data, uint64_t div, struct strbuf *out);
void hist_json(const struct type *type, const void *data, uint64_t div, struct strbuf *out);

/* --- tseries.c --- */
struct tseries_range {
	uint64_t first, last; /* epochs shown */
	bool is_empty;
};
struct tseries_range tseries_range_of(const struct type *type, const struct output_entry *entries,
				      size_t n);
void tseries_text(const struct type *type, const void *data, struct tseries_range range,
		  uint64_t div, struct strbuf *out);
void tseries_json(const struct type *type, const void *data, struct tseries_range range,
		  uint64_t div, struct strbuf *out);

/* --- json_value.c --- */
void json_string(struct strbuf *out, const char *text, size_t len);
void json_integer(struct strbuf *out, bool is_signed, uint64_t value);
void json_value(struct output *output, const struct type *type, const void *data,
		struct strbuf *out);
void json_average(const struct type *type, const void *data, uint64_t div, struct strbuf *out);

/* --- printf.c --- */
void printf_formats_new(struct output *output);
void printf_formats_free(struct output *output);
void put_formatted(struct output *output, const struct plan_event *event, const void *payload,
		   struct strbuf *out);

/* --- gfp.c --- */
void put_gfp_flags(struct strbuf *out, uint64_t flags);

/* --- account.c --- */
void account_text(struct output *output, const struct output_account_row *rows, size_t n);
void account_json(struct output *output, const struct output_account_row *rows, size_t n);
/* The total of lost events, on the error stream in every format. */
void account_lost_events(struct output *output, const struct output_account_row *rows, size_t n);

#endif
