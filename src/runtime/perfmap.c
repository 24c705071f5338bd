/*
 * Names of generated code: run times write them to /tmp/perf-PID.map, a line for each function,
 * "START SIZE NAME", numbers in hex (the kernel's tools/perf/Documentation/jit-interface.txt). Pid
 * and /tmp are those that the process sees.
 */
#include "runtime/symbols.h"

#include "base/arena.h"
#include "base/vec.h"
#include "provider/provider.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct function {
	uint64_t start, end;
	const char *name;
};

struct perfmap {
	struct arena *arena;
	pid_t tgid;
	char path[64];
	off_t size; /* of the file when it was read */
	VEC(struct function)
	functions; /* later ones replace earlier ones that they overlap */
};

struct perfmap *perfmap_new(struct arena *arena, pid_t tgid)
{
	struct perfmap *map = arena_new_object(arena, struct perfmap);

	map->arena = arena;
	map->tgid = tgid;
	return map;
}

/* The pid in the innermost namespace; as it is here when the process is gone. */
static int own_pid(pid_t tgid)
{
	char path[64], line[256];
	int pid = (int)tgid;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)tgid);
	status = fopen(path, "re");
	while (status && fgets(line, sizeof(line), status)) {
		const char *last = strrchr(line, '\t');

		if (!strncmp(line, "NSpid:", 6) && last)
			pid = atoi(last);
	}
	if (status)
		fclose(status);
	return pid;
}

static FILE *open_map(struct perfmap *map)
{
	struct stat status;
	char path[128];
	FILE *file;
	int fd;

	snprintf(map->path, sizeof(map->path), "/tmp/perf-%d.map", own_pid(map->tgid));
	snprintf(path, sizeof(path), "/proc/%d/root%s", (int)provider_thread(map->tgid), map->path);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		fd = open(map->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) || !S_ISREG(status.st_mode) || status.st_size == map->size) {
		close(fd);
		return NULL;
	}
	map->size = status.st_size;
	file = fdopen(fd, "re");
	if (!file)
		close(fd);
	return file;
}

void perfmap_read(struct perfmap *map)
{
	FILE *file = open_map(map);
	char line[4096];

	if (!file)
		return;
	map->functions.len = 0;
	while (fgets(line, sizeof(line), file)) {
		struct function function;
		uint64_t size;
		int name = 0;

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%lx %lx %n", &function.start, &size, &name) < 2 || !name)
			continue;
		function.end = function.start + size;
		function.name = arena_strdup(map->arena, line + name);
		vec_push(map->arena, &map->functions, function);
	}
	fclose(file);
}

const char *perfmap_find(const struct perfmap *map, uint64_t address, uint64_t *within)
{
	for (size_t i = map->functions.len; i-- > 0;) {
		const struct function *function = &map->functions.data[i];

		if (address < function->start || address >= function->end)
			continue;
		*within = address - function->start;
		return function->name;
	}
	return NULL;
}

const char *perfmap_path(const struct perfmap *map)
{
	return map->path;
}
