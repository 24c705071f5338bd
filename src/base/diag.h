/*
 * Diagnostics: errors and warnings are queued with their place in the source and shown by one
 *renderer, in the shape
 *
 *	FILE:LINE:COL-ENDCOL: ERROR[tag]: text
 *	source line
 *	       ~~~~
 *	HINT: text
 *
 * A tag is stable and documented in src/lang/diag.def; tests and people search for it.
 */
#ifndef SONDE_BASE_DIAG_H
#define SONDE_BASE_DIAG_H

#include "base/arena.h"
#include "base/source.h"
#include "base/strbuf.h"

#include <stdbool.h>
#include <stdio.h>

struct diags;
struct diag;

enum diag_severity {
	DIAG_ERROR,
	DIAG_WARNING,
};

/* The queue keeps a reference to @sources; both live in @arena. */
struct diags *diags_new(struct arena *arena, const struct sources *sources);

/*
 * Queue a diagnostic at @span (SPAN_NONE: no location). The result is never NULL and takes notes
 * and hints. The same tag and text at the same span is queued once. While the queue is muted a
 * throwaway diagnostic is returned.
 */
struct diag *diag_error(struct diags *diags, const char *tag, struct span span, const char *fmt,
			...) __attribute__((format(printf, 4, 5)));
struct diag *diag_warning(struct diags *diags, const char *tag, struct span span, const char *fmt,
			  ...) __attribute__((format(printf, 4, 5)));
/* A further place that explains the diagnostic ("This is the initial declaration."). */
void diag_note(struct diag *diag, struct span span, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void diag_hint(struct diag *diag, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

size_t diags_count(const struct diags *diags, enum diag_severity severity);
/* Nested; while muted nothing is queued or counted (speculative checks). */
void diags_mute(struct diags *diags, bool mute);
/* True if the last muted stretch would have queued an error; reset by muting. */
bool diags_muted_error(const struct diags *diags);

struct diag_style {
	bool colour;
	bool no_warnings; /* drop warnings and all hints */
	bool no_tags; /* print "ERROR:" rather than "ERROR[tag]:" */
};

/* Prints what was queued since the last call, in order of queueing. */
void diags_render(struct diags *diags, FILE *out, const struct diag_style *style);

/* "ERROR[tag]: " in the style's colour: what every message has behind its place. @tag may be "". */
void diag_put_severity(struct strbuf *out, const struct diag_style *style,
		       enum diag_severity severity, const char *tag);
/* Prints a line about the system rather than about a script, unless it is an unwanted warning. */
void diag_say(FILE *out, const struct diag_style *style, enum diag_severity severity,
	      const char *tag, const char *fmt, ...) __attribute__((format(printf, 5, 6)));

/* A hint on what was said last. */
void diag_say_hint(FILE *out, const struct diag_style *style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * The nearest of @n names to @name by edit distance, for "did you mean": NULL if none is close
 * (more than a third of the letters differ).
 */
const char *diag_nearest(const char *name, const char *const *names, size_t n);

#endif
