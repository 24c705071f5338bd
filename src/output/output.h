/*
 * Rendering: bytes and the plan's types to text or JSON. One `struct output` writes one format to
 * one stream. Formats are rows in output/format.c: struct output_format.
 */
#ifndef SONDE_OUTPUT_OUTPUT_H
#define SONDE_OUTPUT_OUTPUT_H

#include "base/diag.h"
#include "program/program.h"

#include <stdbool.h>
#include <stdio.h>

/* A frame of a user stack to be shown. */
struct output_frame {
	uint64_t address;
	uint64_t seen_ns; /* monotonic clock: what it stood for then */
	uint32_t tgid;
	bool is_innermost; /* the others' addresses are those that calls return to */
	bool perf; /* in perf's form */
	const char *indent;
};

/* Names for addresses and ids, answered by the runtime (symbolizers). Each appends to @out. */
struct output_resolver {
	void *data;
	void (*ksym)(void *data, uint64_t address, bool with_offset, bool perf, struct strbuf *out);
	void (*usym)(void *data, uint64_t address, uint32_t tgid, struct strbuf *out);
	/* Whole lines: one, or several if functions were inlined there and that is to be shown. */
	void (*uframe)(void *data, const struct output_frame *frame, struct strbuf *out);
	/* What a stack value stands for, key->nframes of frames; NULL if it is not there. Valid
	 * until the next call. */
	const struct plan_stack *(*stack)(void *data, const struct type *type,
					  const struct plan_stack_key *key);
	void (*username)(void *data, uint64_t uid, struct strbuf *out);
	void (*cgroup_path)(void *data, uint64_t id, const char *glob, struct strbuf *out);
	/* Wall-clock ns since the epoch of a boot-time (or TAI) clock value. */
	uint64_t (*wall_ns)(void *data, uint64_t ns, enum type_clock clock);
};

enum output_format_id { OUTPUT_TEXT, OUTPUT_JSON };

struct output;

/*
 * @out and @err are not owned; @style is what messages on @err look like and whether warnings are
 * written there at all (what is JSON stays whole). @resolver and @style are copied.
 */
struct output *output_new(enum output_format_id format, const struct plan *plan, FILE *out,
			  FILE *err, const struct diag_style *style,
			  const struct output_resolver *resolver);
void output_free(struct output *output);
/* "text", "json"; false if unknown. */
bool output_find_format(const char *name, enum output_format_id *format);

/* One entry of a map as read from the kernel: value holds one value, or for per-CPU maps one per
 * possible CPU, merged by output_merge(). */
struct output_entry {
	const void *key; /* NULL for a scalar */
	const void *value; /* merged: one value */
	bool is_unset; /* a scalar that was never assigned: value is zero */
};

/* Merges the per-CPU values of an aggregate (each @stride bytes apart) into @merged, type_size
 * bytes. */
void output_merge(const struct type *type, const void *values, size_t stride, unsigned ncpus,
		  void *merged);

/* Sorts @entries (in place) as the language says and prints them. top and div: 0 for none. */
void output_map(struct output *output, const struct plan_map *map, struct output_entry *entries,
		size_t n, uint64_t top, uint64_t div);
/* A printf, print, errorf, warnf, cat/system argument ... @payload has the event's payload type. */
void output_printf(struct output *output, const struct plan_event *event, const void *payload);
void output_value(struct output *output, const struct type *type, const void *value);
void output_message(struct output *output, const struct plan_event *event,
		    const void *payload); /* errorf, warnf */
/* The event's format applied to its payload, as bytes: for cat, system, and their kin. */
void output_format(struct output *output, const struct plan_event *event, const void *payload,
		   struct strbuf *out);
/* Text that came from elsewhere, without a newline at its end unless it has one of its own. */
enum output_text_kind { TEXT_TIME, TEXT_CAT, TEXT_JOIN, TEXT_SYSTEM };
void output_text(struct output *output, enum output_text_kind kind, const char *text, size_t len);
void output_attached(struct output *output, uint64_t n);
void output_runtime_error(struct output *output, const struct plan_event *event,
			  const char *message, const char *helper, int64_t code, uint64_t repeated);
void output_lost(struct output *output, uint64_t n, uint64_t total);
/* "FILE:LINE:COLUMN-END: ", and the line itself with the place underlined; nothing for what is not
 * known. */
void output_put_place(struct strbuf *out, const struct plan_place *place);
void output_put_source(struct strbuf *out, const struct plan_place *place);

enum output_account_kind { ACCOUNT_PROBE, ACCOUNT_EVENT, ACCOUNT_MAP, ACCOUNT_STACK };
struct output_account_row {
	enum output_account_kind what;
	const char *name; /* "kprobe:vfs_read"; where an event is sent, "stdin:1:9"; "@m"; "kstack"
			   */
	uint64_t total, ran, filtered, missed, sent, rendered, lost,
		refused; /* as far as they apply */
};
/* The summary of 14.1, if anything was lost: to err as text, in JSON one line to out. */
void output_accounting(struct output *output, const struct output_account_row *rows, size_t n);
/* One test of --test, and what it printed. */
struct output_test {
	const char *name; /* "test:NAME" */
	const char *failure; /* why it failed; NULL: it passed */
	char *text;
	size_t len;
};
void output_test(struct output *output, const struct output_test *test);
void output_tests_end(struct output *output, uint64_t passed, uint64_t failed);
/* One benchmark of --bench: @ns is what a run takes. */
void output_bench(struct output *output, const char *name, uint64_t runs, double ns);
/* The two newlines that precede the maps at exit (text). */
void output_end(struct output *output);
/* Flushes; 0, or the negative errno of the first write that failed (-EPIPE, -ENOSPC). */
int output_flush(struct output *output);
int output_error(const struct output *output);

#endif
