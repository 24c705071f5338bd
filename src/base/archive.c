/*
 * Zip archives: the directory at the end of the file, and where the members' bytes are (PKWARE's
 * APPNOTE.TXT, 4.3). The libraries for zip files hand out what members contain, not where.
 */
#include "base/archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define END_MAGIC 0x06054b50u
#define ENTRY_MAGIC 0x02014b50u
#define LOCAL_MAGIC 0x04034b50u
#define END_SIZE 22
#define ENTRY_SIZE 46
#define LOCAL_SIZE 30
#define COMMENT_MOST 65535

struct archive {
	const unsigned char *data;
	uint64_t size;
	uint64_t at; /* of the next entry */
	uint32_t left; /* entries to come */
};

static uint32_t read16(const unsigned char *data)
{
	return data[0] | (uint32_t)data[1] << 8;
}

static uint32_t read32(const unsigned char *data)
{
	return read16(data) | read16(data + 2) << 16;
}

static bool holds(const struct archive *archive, uint64_t at, uint64_t size)
{
	return size <= archive->size && at <= archive->size - size;
}

/* The record of the end is followed by a comment of unknown length. */
static bool find_directory(struct archive *archive)
{
	for (uint64_t back = END_SIZE; back <= archive->size && back <= END_SIZE + COMMENT_MOST;
	     back++) {
		const unsigned char *end = archive->data + archive->size - back;

		if (read32(end) != END_MAGIC)
			continue;
		archive->left = read16(end + 10);
		archive->at = read32(end + 16);
		return true;
	}
	return false;
}

static bool open_archive(int fd, struct archive *archive)
{
	struct stat status;
	void *data;

	if (fstat(fd, &status) || status.st_size < END_SIZE)
		return false;
	data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return false;
	*archive = (struct archive){.data = data, .size = (uint64_t)status.st_size};
	if (find_directory(archive))
		return true;
	munmap(data, archive->size);
	return false;
}

static void close_archive(struct archive *archive)
{
	munmap((void *)(uintptr_t)archive->data, archive->size);
}

struct entry {
	const char *name; /* not terminated */
	size_t name_len;
	struct archive_member member;
	bool is_compressed;
};

static bool next_entry(struct archive *archive, struct entry *entry)
{
	const unsigned char *data = archive->data + archive->at, *local;
	uint64_t local_at;

	if (!archive->left || !holds(archive, archive->at, ENTRY_SIZE) ||
	    read32(data) != ENTRY_MAGIC)
		return false;
	entry->name = (const char *)data + ENTRY_SIZE;
	entry->name_len = read16(data + 28);
	entry->is_compressed = read16(data + 10) != 0;
	entry->member.size = read32(data + 20);
	local_at = read32(data + 42);
	if (!holds(archive, archive->at + ENTRY_SIZE, entry->name_len) ||
	    !holds(archive, local_at, LOCAL_SIZE))
		return false;
	local = archive->data + local_at;
	if (read32(local) != LOCAL_MAGIC)
		return false;
	entry->member.offset = local_at + LOCAL_SIZE + read16(local + 26) + read16(local + 28);
	archive->at += ENTRY_SIZE + entry->name_len + read16(data + 30) + read16(data + 32);
	archive->left--;
	return holds(archive, entry->member.offset, entry->member.size);
}

bool archive_find_at(int fd, uint64_t offset, struct archive_member *member)
{
	struct archive archive;
	struct entry entry;
	bool found = false;

	if (!open_archive(fd, &archive))
		return false;
	while (!found && next_entry(&archive, &entry))
		found = offset >= entry.member.offset &&
			offset - entry.member.offset < entry.member.size;
	close_archive(&archive);
	*member = entry.member;
	return found;
}

static int find_named(int fd, const char *name, struct archive_member *member)
{
	struct archive archive;
	struct entry entry;
	int result = -ENOENT;

	if (!open_archive(fd, &archive))
		return -EBADF;
	while (result == -ENOENT && next_entry(&archive, &entry))
		if (entry.name_len == strlen(name) && !memcmp(entry.name, name, entry.name_len))
			result = entry.is_compressed ? -EMEDIUMTYPE : 0;
	if (!result)
		*member = entry.member;
	close_archive(&archive);
	return result;
}

int archive_extract(int fd, const struct archive_member *member)
{
	int copy = memfd_create("member", MFD_CLOEXEC);
	char buffer[65536];
	uint64_t done = 0;

	while (copy >= 0 && done < member->size) {
		uint64_t left = member->size - done;
		size_t want = left < sizeof(buffer) ? (size_t)left : sizeof(buffer);
		ssize_t n = pread(fd, buffer, want, (off_t)(member->offset + done));

		if (n <= 0 || write(copy, buffer, (size_t)n) != n) {
			close(copy);
			return -EIO;
		}
		done += (uint64_t)n;
	}
	return copy < 0 ? -errno : copy;
}

const char *archive_separator(const char *path)
{
	const char *separator = strstr(path, "!/");

	return separator && access(path, F_OK) ? separator : NULL;
}

static int open_plain(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int archive_open(const char *path, uint64_t *base)
{
	const char *separator = archive_separator(path);
	struct archive_member member;
	int archive, result;
	char *file;

	*base = 0;
	if (!separator)
		return open_plain(path);
	file = strndup(path, (size_t)(separator - path));
	archive = file ? open_plain(file) : -ENOMEM;
	free(file);
	if (archive < 0)
		return archive;
	result = find_named(archive, separator + 2, &member);
	if (!result) {
		*base = member.offset;
		result = archive_extract(archive, &member);
	}
	close(archive);
	return result;
}
