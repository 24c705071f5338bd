/*
 * What /proc tells of a process. Of one whose first thread has ended, while others go on, it tells
 * that of the others alone, under their numbers.
 */
#include "provider/provider.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Also true if it may not be known. */
static bool lives(pid_t thread)
{
	struct stat status;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/root", (int)thread);
	return !stat(path, &status) || errno != ENOENT;
}

pid_t provider_thread(pid_t pid)
{
	pid_t found = 0;
	struct dirent *entry;
	char path[64];
	DIR *tasks;

	if (lives(pid))
		return pid;
	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	tasks = opendir(path);
	while (tasks && !found && (entry = readdir(tasks)))
		if (entry->d_name[0] != '.' && lives(atoi(entry->d_name)))
			found = atoi(entry->d_name);
	if (tasks)
		closedir(tasks);
	return found;
}

/* Whether both see the same of /proc/PID/@what: its root, its mounts. True if that may not be
 * known. */
static bool shares(pid_t thread, const char *what)
{
	struct stat here, there;
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/%s", what);
	if (stat(path, &here))
		return true;
	snprintf(path, sizeof(path), "/proc/%d/%s", (int)thread, what);
	if (stat(path, &there))
		return true;
	return here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

bool provider_shares_files(pid_t pid)
{
	pid_t thread = provider_thread(pid);

	return thread && shares(thread, "root") && shares(thread, "ns/mnt");
}
