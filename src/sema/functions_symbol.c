/* Functions of symbols, registers, processes, cgroups and the kernel. */
#include "sema/functions.h"

#include <asm/ptrace.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static void take_address(struct sema *sema, struct expr *call)
{
	sema_cast_to(sema, &call->call.args.data[0], sema_uint64(sema));
}

void sema_call_ksym(struct sema *sema, struct expr **call)
{
	take_address(sema, *call);
}

void sema_call_usym(struct sema *sema, struct expr **call)
{
	take_address(sema, *call);
}

/* --- registers --- */

static const struct {
	const char *name;
	size_t offset;
} registers[] = {
	{"r15", offsetof(struct pt_regs, r15)},      {"r14", offsetof(struct pt_regs, r14)},
	{"r13", offsetof(struct pt_regs, r13)},      {"r12", offsetof(struct pt_regs, r12)},
	{"bp", offsetof(struct pt_regs, rbp)},       {"bx", offsetof(struct pt_regs, rbx)},
	{"r11", offsetof(struct pt_regs, r11)},      {"r10", offsetof(struct pt_regs, r10)},
	{"r9", offsetof(struct pt_regs, r9)},        {"r8", offsetof(struct pt_regs, r8)},
	{"ax", offsetof(struct pt_regs, rax)},       {"cx", offsetof(struct pt_regs, rcx)},
	{"dx", offsetof(struct pt_regs, rdx)},       {"si", offsetof(struct pt_regs, rsi)},
	{"di", offsetof(struct pt_regs, rdi)},       {"ip", offsetof(struct pt_regs, rip)},
	{"pc", offsetof(struct pt_regs, rip)},       {"cs", offsetof(struct pt_regs, cs)},
	{"flags", offsetof(struct pt_regs, eflags)}, {"sp", offsetof(struct pt_regs, rsp)},
	{"ss", offsetof(struct pt_regs, ss)},
};

void sema_call_reg(struct sema *sema, struct expr **at)
{
	struct expr *call = *at;
	const char *name = call->call.args.data[0]->string.data;

	if (!call_needs(sema, call, PROVIDES_REG, "kprobe, uprobe, usdt and perf event"))
		return;
	for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
		if (strcmp(registers[i].name, name) != 0)
			continue;
		call->call.data[0] = registers[i].offset;
		return;
	}
	sema_error(sema, "bad-register", call->call.args.data[0]->span,
		   "'%s' is not a valid register on this architecture (x86_64)", name);
}

/* --- symbols --- */

/* Whether the running kernel has the symbol; true where that cannot be known. */
static bool has_kernel_symbol(const char *name)
{
	FILE *file = fopen("/proc/kallsyms", "re");
	size_t size = 0, len = strlen(name);
	bool found = !file;
	char *line = NULL;

	/* "ffffffff81000000 T _text", and a module's name behind a tab */
	while (!found && getline(&line, &size, file) > 0) {
		const char *symbol = strchr(line, ' ');

		symbol = symbol ? strchr(symbol + 1, ' ') : NULL;
		found = symbol && !strncmp(symbol + 1, name, len) &&
			(symbol[len + 1] == '\n' || symbol[len + 1] == '\t');
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

void sema_call_kaddr(struct sema *sema, struct expr **at)
{
	const struct expr *symbol = (*at)->call.args.data[0];

	if (sema->final && !sema->options->check_only && !has_kernel_symbol(symbol->string.data))
		sema_error(sema, "unknown-symbol", symbol->span,
			   "Failed to resolve kernel symbol: %s", symbol->string.data);
}

void sema_call_percpu_kaddr(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, *name = call->call.args.data[0];
	const struct type *type;

	if (call_has(call, 1))
		sema_cast_to(sema, &call->call.args.data[1], sema_uint64(sema));
	if (!types_find_variable(sema->types, name->string.data, &type)) {
		diag_hint(sema_error(sema, "unknown-symbol", name->span,
				     "Failed to resolve the kernel's per-CPU variable: %s",
				     name->string.data),
			  types_have_btf(sema->types)
				  ? "Kernel types (BTF) list the per-CPU variables there are"
				  : "It needs kernel types (BTF), which are not there");
		return;
	}
	call->type = type_ptr(sema->types, type, SPACE_KERNEL);
}

/*
 * A file that is moved when it is loaded: where each target's probe is in it, as further arguments.
 * What the program finds as its own address then tells how far it was moved.
 */
static void add_probe_addresses(struct sema *sema, struct expr *call)
{
	call->call.args.len = 1;
	for (size_t i = 0; i < sema->instance->targets.len; i++) {
		const struct plan_target *target = &sema->instance->targets.data[i];
		struct provider_symbol function = {0};

		if (target->function)
			provider_find_symbol(sema->options->env, target, target->function,
					     &function);
		vec_push(sema->arena, &call->call.args,
			 sema_int(sema, call->span, function.address + target->offset, false));
	}
	if (sema->instance->targets.len > 1 && !sema->dead)
		sema->plan->progs.data[sema->prog].uses_cookie = true;
}

static const struct type *symbol_type(struct sema *sema, uint64_t size)
{
	bool is_number = size == 1 || size == 2 || size == 4;

	return type_int(sema->types, is_number ? (uint32_t)size : 8, false);
}

void sema_call_uaddr(struct sema *sema, struct expr **at)
{
	struct expr *call = *at, *name = call->call.args.data[0];
	struct provider_symbol symbol;

	if (!call_needs(sema, call, PROVIDES_UADDR, "uprobe, uretprobe and usdt"))
		return;
	if (!provider_find_symbol(sema->options->env, &sema->instance->targets.data[0],
				  name->string.data, &symbol)) {
		sema_error(sema, "unknown-symbol", name->span, "Could not resolve symbol: %s",
			   name->string.data);
		return;
	}
	call->call.data[0] = symbol.address;
	if (symbol.is_relative)
		add_probe_addresses(sema, call);
	call->type = type_ptr(sema->types, symbol_type(sema, symbol.size), SPACE_USER);
}

/* --- cgroups and sockets --- */

void sema_call_cgroupid(struct sema *sema, struct expr **at)
{
	const struct expr *path = (*at)->call.args.data[0];
	struct stat status;

	/* The id of a cgroup is the number of its directory's inode (include/linux/kernfs.h). */
	if (stat(path->string.data, &status)) {
		sema_error(sema, "bad-cgroup", path->span, "Failed to find the cgroup \"%s\": %s",
			   path->string.data, strerror(errno));
		(*at)->type = sema->unknown;
		return;
	}
	*at = expr_implicit_cast(sema->arena, sema_int(sema, (*at)->span, status.st_ino, false),
				 sema_uint64(sema));
}

void sema_call_cgroup_path(struct sema *sema, struct expr **at)
{
	struct expr *call = *at;

	call->call.data[0] = plan_string(
		sema->plan, call_has(call, 1) ? call->call.args.data[1]->string.data : "");
	take_address(sema, call);
}

void sema_call_socket_cookie(struct sema *sema, struct expr **at)
{
	if (call_needs_context(sema, *at, CONTEXT_BTF_ARGS, "fentry and fexit"))
		call_points_to(sema, *at, 0, "sock");
}

/* --- signals and other interference --- */

#define SIGNALS 64 /* with the real-time ones: _NSIG of the kernel */

static uint64_t find_signal(const char *name)
{
	if (!strncmp(name, "SIG", 3))
		name += 3;
	for (int i = 1; i < SIGNALS; i++)
		if (sigabbrev_np(i) && !strcmp(sigabbrev_np(i), name))
			return (uint64_t)i;
	return 0;
}

/* A name becomes its number. */
static bool take_signal(struct sema *sema, const struct expr *call, struct expr **arg)
{
	bool is_negative = false;
	uint64_t number = 1;

	if ((*arg)->kind == EXPR_STRING) {
		number = find_signal((*arg)->string.data);
		if (!number) {
			diag_hint(sema_error(sema, "bad-signal", (*arg)->span,
					     "Invalid string for signal: %s", (*arg)->string.data),
				  "Signals are named as in kill -l: \"KILL\", \"SIGUSR1\"");
			return false;
		}
		*arg = sema_int(sema, (*arg)->span, number, false);
	}
	if (!sema_is_number(sema, (*arg)->type)) {
		sema_error(sema, "argument-type", (*arg)->span,
			   "%s() only accepts string literals or integers (%s provided)",
			   call->call.name, sema_type_name(sema, (*arg)->type));
		return false;
	}
	if (sema_const_int(*arg, &number, &is_negative) &&
	    (is_negative || !number || number > SIGNALS)) {
		sema_error(sema, "bad-signal", (*arg)->span,
			   "%s%lu is not a valid signal, allowed range: [1,%d]",
			   is_negative ? "-" : "", number, SIGNALS);
		return false;
	}
	return true;
}

static void send_signal(struct sema *sema, struct expr *call, const char *helper)
{
	struct expr **arg = &call->call.args.data[0];

	if (!(sema->provider->provides & PROVIDES_SIGNAL)) {
		diag_hint(sema_error(sema, "wrong-probe", call->span,
				     "%s() can not be used for this probetype %s", call->call.name,
				     sema->provider->flags & PROVIDER_SPECIAL
					     ? "special"
					     : sema->provider->name),
			  "Which process it interrupts is chance");
		return;
	}
	if (!sema_is_known(sema, *arg) || !take_signal(sema, call, arg))
		return;
	sema_cast_to(sema, arg, sema_uint64(sema));
	sema_helper_error(sema, call, helper, true);
}

void sema_call_signal(struct sema *sema, struct expr **call)
{
	send_signal(sema, *call, "send_signal");
}

void sema_call_signal_thread(struct sema *sema, struct expr **call)
{
	send_signal(sema, *call, "send_signal_thread");
}

void sema_call_override(struct sema *sema, struct expr **at)
{
	if (call_needs(sema, *at, PROVIDES_OVERRIDE, "kprobe"))
		sema_cast_to(sema, &(*at)->call.args.data[0], sema_uint64(sema));
}
