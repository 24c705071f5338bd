/* Opens the files that processes have mapped, also those that only they themselves can reach. */
#include "runtime/symbols.h"

#include "provider/provider.h"

#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MOST_ANCESTORS 8 /* whose file systems are looked at */

/* The vdso is the same in all processes, also in this one. */
static int open_vdso(void)
{
	const char *image = (const char *)getauxval(AT_SYSINFO_EHDR); /* NOLINT */
	int fd = image ? memfd_create("vdso", MFD_CLOEXEC) : -1;
	const Elf64_Ehdr *header = (const void *)image;
	size_t size;

	if (fd < 0)
		return -1;
	size = header->e_shoff + (size_t)header->e_shnum * header->e_shentsize;
	if (write(fd, image, size) == (ssize_t)size)
		return fd;
	close(fd);
	return -1;
}

/*
 * Whether the kernel tells of the file, when it is mapped, what it told of the mapping: overlays
 * and others have devices and numbers that it shows nowhere else.
 */
static bool is_mapped_as(int fd, const struct mapping *mapping)
{
	void *page = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0);
	FILE *maps = page != MAP_FAILED ? fopen("/proc/self/maps", "re") : NULL;
	bool is_found = false, is_same = false;
	unsigned major, minor;
	char line[4352];
	uint64_t inode;

	while (maps && !is_found && fgets(line, sizeof(line), maps)) {
		is_found = strtoul(line, NULL, 16) == (uintptr_t)page;
		is_same = is_found &&
			  sscanf(line, "%*s %*s %*s %x:%x %lu", &major, &minor, &inode) == 3 &&
			  makedev(major, minor) == mapping->device && inode == mapping->inode;
	}
	if (maps)
		fclose(maps);
	if (page != MAP_FAILED)
		munmap(page, 1);
	return is_same;
}

/* Opens what may be the mapped file; -1 if it is another one. */
static int open_candidate(const char *path, const struct mapping *mapping)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -1;
	if (!fstat(fd, &status) && S_ISREG(status.st_mode) &&
	    (status.st_ino == mapping->inode ||
	     (status.st_dev != mapping->device && is_mapped_as(fd, mapping))))
		return fd;
	close(fd);
	return -1;
}

/* By the path that it has in the file system that @tgid sees. */
static int open_rooted(pid_t tgid, const struct mapping *mapping)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "/proc/%d/root%s", (int)provider_thread(tgid), mapping->path);
	return open_candidate(path, mapping);
}

/*
 * As the process has it mapped, while it lives: so files that were deleted, and those of other
 * mount namespaces, are found. It may end between any two system calls; then those that it comes
 * from see its files, too.
 */
int mapped_open(const struct processes *processes, pid_t tgid, const struct mapping *mapping)
{
	int thread = (int)provider_thread(tgid), fd;
	char path[64];

	if (!strcmp(mapping->path, MAPPING_VDSO))
		return open_vdso();
	snprintf(path, sizeof(path), "/proc/%d/map_files/%lx-%lx", thread, mapping->start,
		 mapping->end);
	fd = open_candidate(path, mapping);
	if (fd >= 0)
		return fd;
	/* Which takes a capability; the program itself does not. */
	snprintf(path, sizeof(path), "/proc/%d/exe", thread);
	fd = open_candidate(path, mapping);
	for (int i = 0; fd < 0 && tgid && i < MOST_ANCESTORS; i++) {
		fd = open_rooted(tgid, mapping);
		tgid = processes_parent(processes, tgid);
	}
	return fd < 0 ? open_candidate(mapping->path, mapping) : fd;
}

bool mapped_is_reachable(pid_t tgid, const struct mapping *mapping)
{
	struct stat status;

	if (stat(mapping->path, &status))
		return false;
	if (status.st_dev == mapping->device)
		return status.st_ino == mapping->inode;
	/* Overlays have devices of their own. */
	return provider_shares_files(tgid);
}
