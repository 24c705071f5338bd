/* A growable byte string. Always NUL-terminated once something was added; may hold NUL bytes. */
#ifndef SONDE_BASE_STRBUF_H
#define SONDE_BASE_STRBUF_H

#include <stdarg.h>
#include <stddef.h>

struct strbuf {
	char *data; /* owned; NULL while empty */
	size_t len, cap;
};

#define STRBUF_INIT                                                                                \
	{                                                                                          \
		NULL, 0, 0                                                                         \
	}

void strbuf_free(struct strbuf *buf);
void strbuf_clear(struct strbuf *buf); /* keeps the memory */
void strbuf_add(struct strbuf *buf, const void *data, size_t len);
void strbuf_adds(struct strbuf *buf, const char *str);
void strbuf_addc(struct strbuf *buf, char c);
void strbuf_fill(struct strbuf *buf, char c, size_t n);
void strbuf_addf(struct strbuf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void strbuf_vaddf(struct strbuf *buf, const char *fmt, va_list args)
	__attribute__((format(printf, 2, 0)));
/* The text, "" while empty; valid until the next change. */
const char *strbuf_str(const struct strbuf *buf);

#endif
