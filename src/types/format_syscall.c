/*
 * The descriptions of system calls' tracepoints, as tracefs would give them: their records have the
 * same layout on every 64-bit kernel, so that a script can be checked where tracefs cannot be read.
 */
#include "types/format.h"

#include <string.h>

#define ARGUMENTS_OFFSET 16
#define ARGUMENT_SIZE 8

struct syscall {
	const char *name, *arguments;
};

static const struct syscall syscalls[] = {
#define SYSCALL_ARGUMENTS(name, declarations) {#name, declarations},
#include "lang/syscall_arguments.def"
#undef SYSCALL_ARGUMENTS
};

static const struct syscall *find_syscall(const char *name)
{
	for (size_t i = 0; i < sizeof(syscalls) / sizeof(syscalls[0]); i++)
		if (!strcmp(syscalls[i].name, name))
			return &syscalls[i];
	return NULL;
}

static void add_head(struct strbuf *out)
{
	strbuf_addf(out, "field:unsigned short common_type; offset:0; size:2; signed:0;\n"
			 "field:unsigned char common_flags; offset:2; size:1; signed:0;\n"
			 "field:unsigned char common_preempt_count; offset:3; size:1; signed:0;\n"
			 "field:int common_pid; offset:4; size:4; signed:1;\n"
			 "field:int __syscall_nr; offset:8; size:4; signed:1;\n");
}

static void add_arguments(struct strbuf *out, const char *list)
{
	unsigned offset = ARGUMENTS_OFFSET;

	for (const char *end; *list; list = end + strspn(end, ", "), offset += ARGUMENT_SIZE) {
		end = list + strcspn(list, ",");
		strbuf_addf(out, "field:%.*s; offset:%u; size:%d; signed:0;\n", (int)(end - list),
			    list, offset, ARGUMENT_SIZE);
	}
}

bool format_of_syscall(const char *category, const char *event, struct strbuf *out)
{
	static const char enter[] = "sys_enter_", exit[] = "sys_exit_";
	bool is_enter = !strncmp(event, enter, strlen(enter));
	const struct syscall *syscall;

	if (strcmp(category, "syscalls") || (!is_enter && strncmp(event, exit, strlen(exit))))
		return false;
	syscall = find_syscall(event + strlen(is_enter ? enter : exit));
	if (!syscall)
		return false;
	add_head(out);
	if (is_enter)
		add_arguments(out, syscall->arguments);
	else
		strbuf_addf(out, "field:long ret; offset:%d; size:8; signed:1;\n",
			    ARGUMENTS_OFFSET);
	return true;
}
