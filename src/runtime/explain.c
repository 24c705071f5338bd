/*
 * A refusal of the kernel in the script's terms: which probe, which line, why in words, and what to
 * do. The verifier's own words are shown only under -d verifier.
 */
#include "runtime/internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

struct reason {
	const char *pattern; /* found in the verifier's last lines */
	const char *text;
	const char *hint;
};

static const struct reason reasons[] = {
	{"BPF program is too large",
	 "the program is longer than the kernel checks (a million steps)",
	 "make loops shorter, or unroll less"},
	{"The sequence of", "the program branches too often for the kernel's check",
	 "make loops shorter, or split the probe in two"},
	{"infinite loop detected", "the loop may never end, which the kernel does not allow",
	 "give the loop a bound: for ($i : 0..100) { ... }"},
	{"back-edge", "this kernel allows no loops in programs", "use unroll(n) { ... }"},
	{"combined stack size",
	 "the values take more than the 512 bytes of stack that programs have",
	 "set on_stack_limit lower in the config block"},
	{"stack depth", "the values take more than the 512 bytes of stack that programs have",
	 "set on_stack_limit lower in the config block"},
	{"unknown func",
	 "it needs a helper function that this kernel, or this type of probe, does not have", NULL},
	{"cannot use helper", "it needs a helper function that this type of probe may not use",
	 NULL},
	{"program of this type cannot use helper",
	 "it needs a helper function that this type of probe may not use", NULL},
	{"helper call is not allowed in probe",
	 "it needs a helper function that may not be used in this function",
	 "path() is for some functions only, such as security_file_open, vfs_getattr and "
	 "filp_close"},
	{"GPL", "it uses helpers for GPL-compatible programs only",
	 "set license = \"GPL\" in the config block"},
	{"attach_btf_id", "the kernel does not let programs attach to this function", NULL},
	{"invalid bpf_context access",
	 "it reads a part of the probe's context that this kernel does not give", NULL},
};

static const struct reason *find_reason(const char *log)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strstr(log, reasons[i].pattern))
			return &reasons[i];
	return NULL;
}

/* The verifier's complaint: its last line that is not statistics. */
static const char *last_complaint(struct arena *arena, const char *log)
{
	const char *found = NULL, *line = log;
	size_t len = 0;

	while (*line) {
		size_t n = strcspn(line, "\n");

		if (!strncmp(line, "processed ", 10))
			break;
		if (n && line[0] != ';') {
			found = line;
			len = n;
		}
		line += n + (line[n] == '\n');
	}
	return found ? arena_strndup(arena, found, len) : NULL;
}

/* The script's line that the verifier was at: its last "; text" line, which newer kernels end in "@
 * file:line". */
static const char *last_source_line(struct arena *arena, const char *log)
{
	const char *found = NULL, *at;

	for (const char *line = log; *line;) {
		size_t n = strcspn(line, "\n");

		if (n > 2 && line[0] == ';' && line[1] == ' ')
			found = arena_strndup(arena, line + 2, n - 2);
		line += n + (line[n] == '\n');
	}
	if (!found)
		return NULL;
	at = strstr(found, " @ ");
	return at ? arena_strndup(arena, found, (size_t)(at - found)) : found;
}

static const char *error_reason(int error)
{
	switch (-error) {
	case EPERM:
	case EACCES:
		if (!geteuid())
			return "it does not permit programs of this type, not even to root (by its "
			       "configuration, or locked down)";
		return "permission denied: loading needs CAP_BPF and CAP_PERFMON, or root";
	case ENOMEM:
		return "the kernel has no memory for it";
	case E2BIG:
		return "it is too large";
	case 524: /* the kernel's ENOTSUPP */
		return "the kernel's JIT compiler gave up on it";
	case ENOENT:
	case ESRCH:
		return "something that it refers to does not exist on this kernel";
	case EINVAL:
		return "this kernel does not know something that it needs";
	default:
		return strerror(-error);
	}
}

void explain_load_failure(struct run *run, const struct plan_prog *prog, int error, const char *log)
{
	const struct reason *reason = find_reason(log);
	const char *complaint = last_complaint(run->arena, log);
	const char *line = last_source_line(run->arena, log);
	struct strbuf head = STRBUF_INIT;
	const struct diag_style *style = run->options->style;
	FILE *err = run->options->err;

	if (prog)
		output_put_place(&head, &prog->place);
	diag_put_severity(&head, style, DIAG_ERROR, "load-refused");
	fprintf(err, "%sthe kernel refused %s%s: %s\n", strbuf_str(&head),
		prog ? "the program for " : "the script",
		prog && prog->targets.len ? prog->targets.data[0].name : "",
		reason ? reason->text : error_reason(error));
	strbuf_free(&head);
	if (line)
		fprintf(err, "%s\n", line);
	else if (prog && prog->place.text)
		fprintf(err, "%s\n", prog->place.text);
	if (!reason && complaint)
		diag_say_hint(err, style, "the kernel says: %s", complaint);
	if (reason && reason->hint)
		diag_say_hint(err, style, "%s", reason->hint);
	if (run->options->debug_verifier && *log)
		fprintf(err, "%s", log);
	else if (*log)
		diag_say_hint(err, style, "-d verifier shows the kernel's whole log");
}
