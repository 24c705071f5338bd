/*
 * Semaphores of USDT probes, counted up and down in the memory of each process that has mapped the
 * file. The kernel can do that as well, also for processes to come (the reference counter of
 * uprobes), but not where it may not touch them.
 */
#include "provider/internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

bool semaphore_count(pid_t pid, uint64_t address, int by)
{
	char path[64];
	uint16_t value;
	bool done;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)provider_thread(pid));
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	done = pread(fd, &value, sizeof(value), (off_t)address) == sizeof(value);
	value = (uint16_t)(value + by);
	done = done && pwrite(fd, &value, sizeof(value), (off_t)address) == sizeof(value);
	close(fd);
	return done;
}

/* Where the process has the file's byte at @offset in memory that it may write; 0: nowhere. */
static uint64_t find_mapping(pid_t pid, const struct stat *file, uint64_t offset)
{
	char path[64], *line = NULL;
	uint64_t found = 0;
	size_t size = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)provider_thread(pid));
	maps = fopen(path, "re");
	while (!found && maps && getline(&line, &size, maps) > 0) {
		uint64_t start, end, from;
		unsigned major, minor;
		char can_write;
		ino_t inode;

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*1c%c%*s %" SCNx64 " %x:%x %lu", &start,
			   &end, &can_write, &from, &major, &minor, &inode) == 7 &&
		    can_write == 'w' && inode == file->st_ino &&
		    makedev(major, minor) == file->st_dev && offset >= from &&
		    offset - from < end - start)
			found = start + offset - from;
	}
	free(line);
	if (maps)
		fclose(maps);
	return found;
}

static void activate_in(struct provider_links *links, pid_t pid, const struct stat *file,
			uint64_t offset)
{
	uint64_t address = find_mapping(pid, file, offset);

	if (address && semaphore_count(pid, address, 1))
		provider_links_add_semaphore(links, pid, address);
}

void semaphores_activate(struct provider_links *links, const char *path, uint64_t offset, pid_t pid)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	struct stat file;

	while (processes && !stat(path, &file) && (entry = readdir(processes))) {
		pid_t found = atoi(entry->d_name);

		if (found > 0 && (!pid || pid == found))
			activate_in(links, found, &file, offset);
	}
	if (processes)
		closedir(processes);
}
