/*
 * Files that hold machine code: of their own, or as a member of a zip archive that is mapped as it
 * stands there, "app.apk!/lib/x.so". Only members that are stored without compression can be
 * executed, and so traced.
 */
#ifndef SONDE_BASE_ARCHIVE_H
#define SONDE_BASE_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

struct archive_member {
	uint64_t offset, size; /* in the archive */
};

/* Where "!/" divides the path of a member, or NULL if @path is that of a file. */
const char *archive_separator(const char *path);
/*
 * Opens the file or member for reading, as a file that holds nothing else, or a negative errno:
 * -EMEDIUMTYPE for a member that is compressed. @base: where it begins in the file on disk.
 */
int archive_open(const char *path, uint64_t *base);
/* The member of the archive @fd that holds the byte at @offset. */
bool archive_find_at(int fd, uint64_t offset, struct archive_member *member);
/* A file that holds the member only, or a negative errno. */
int archive_extract(int fd, const struct archive_member *member);

#endif
