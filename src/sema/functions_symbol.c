/* Functions of symbols, registers, processes, cgroups and the kernel. */
#include "sema/functions.h"

#include <asm/ptrace.h>
#include <ctype.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>

static bool needs(struct sema *sema, const struct expr *call, uint32_t provides, const char *probes)
{
	if (sema->provider->provides & provides)
		return true;
	sema_error(sema, "wrong-probe", call->span,
		   "The %s function can only be used with %s probes (%s used here)",
		   call->call.name, probes, sema->provider->name);
	return false;
}

static void take_address(struct sema *sema, struct expr *call)
{
	if (sema_is_known(sema, call->call.args.data[0]))
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

	if (!needs(sema, call, PROVIDES_REG, "kprobe, uprobe, usdt and perf event"))
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

void sema_call_kaddr(struct sema *sema, struct expr **call)
{
	(*call)->type = sema_uint64(sema);
}

void sema_call_percpu_kaddr(struct sema *sema, struct expr **at)
{
	struct expr *call = *at;

	if (call_has(call, 1) && sema_is_known(sema, call->call.args.data[1]))
		sema_cast_to(sema, &call->call.args.data[1], sema_uint64(sema));
	call->type = type_ptr(sema->types, type_none(sema->types), SPACE_KERNEL);
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
	if (sema->instance->targets.len > 1)
		sema->plan->progs.data[sema->prog].uses_cookie = true;
}

void sema_call_uaddr(struct sema *sema, struct expr **at)
{
	struct expr *call = *at;
	struct provider_symbol symbol;

	if (!needs(sema, call, PROVIDES_UADDR, "uprobe, uretprobe and usdt"))
		return;
	if (!provider_find_symbol(sema->options->env, &sema->instance->targets.data[0],
				  call->call.args.data[0]->string.data, &symbol)) {
		sema_error(sema, "unknown-symbol", call->call.args.data[0]->span,
			   "Could not resolve symbol: %s", call->call.args.data[0]->string.data);
		return;
	}
	call->call.data[0] = symbol.address;
	if (symbol.is_relative)
		add_probe_addresses(sema, call);
	if (symbol.size != 1 && symbol.size != 2 && symbol.size != 4)
		symbol.size = 8;
	call->type = type_ptr(sema->types, type_int(sema->types, (uint32_t)symbol.size, false),
			      SPACE_USER);
}

/* --- cgroups and sockets --- */

void sema_call_cgroupid(struct sema *sema, struct expr **at)
{
	struct expr *path = (*at)->call.args.data[0], *literal;
	struct stat status;

	if (stat(path->string.data, &status)) {
		sema_error(sema, "bad-cgroup", path->span, "there is no cgroup \"%s\"",
			   path->string.data);
		(*at)->type = sema->unknown;
		return;
	}
	literal = sema_int(sema, (*at)->span, status.st_ino, false);
	literal->type = sema_uint64(sema);
	*at = literal;
}

void sema_call_cgroup_path(struct sema *sema, struct expr **at)
{
	struct expr *call = *at;

	call->call.data[0] = plan_string(
		sema->plan, call_has(call, 1) ? call->call.args.data[1]->string.data : "");
	if (sema_is_known(sema, call->call.args.data[0]))
		sema_cast_to(sema, &call->call.args.data[0], sema_uint64(sema));
}

void sema_call_socket_cookie(struct sema *sema, struct expr **call)
{
	(*call)->type = sema_uint64(sema);
}

/* --- signals and other interference --- */

static int find_signal(const char *name)
{
	if (!strncmp(name, "SIG", 3))
		name += 3;
	for (int i = 1; i < 32; i++)
		if (sigabbrev_np(i) && !strcmp(sigabbrev_np(i), name))
			return i;
	return 0;
}

static void send_signal(struct sema *sema, struct expr *call)
{
	struct expr **arg = &call->call.args.data[0];
	bool is_negative = false;
	uint64_t number = 1;

	if (!(sema->provider->provides & PROVIDES_SIGNAL)) {
		sema_error(sema, "wrong-probe", call->span,
			   "%s() can not be used for this probetype %s", call->call.name,
			   sema->provider->flags & PROVIDER_SPECIAL ? "special"
								    : sema->provider->name);
		return;
	}
	if (!sema_is_known(sema, *arg))
		return;
	if ((*arg)->kind == EXPR_STRING) {
		number = (uint64_t)find_signal((*arg)->string.data);
		if (!number) {
			sema_error(sema, "bad-signal", (*arg)->span,
				   "Invalid string for signal: %s", (*arg)->string.data);
			return;
		}
		*arg = sema_int(sema, (*arg)->span, number, false);
	}
	if (!sema_is_number(sema, (*arg)->type)) {
		sema_error(sema, "argument-type", (*arg)->span,
			   "%s() only accepts string literals or integers (%s provided)",
			   call->call.name, sema_type_name(sema, (*arg)->type));
		return;
	}
	if (sema_const_int(*arg, &number, &is_negative) && (is_negative || !number || number > 64))
		sema_error(sema, "bad-signal", (*arg)->span,
			   "%s%lu is not a valid signal, allowed range: [1,64]",
			   is_negative ? "-" : "", number);
	sema_cast_to(sema, arg, sema_uint64(sema));
}

void sema_call_signal(struct sema *sema, struct expr **call)
{
	send_signal(sema, *call);
}

void sema_call_signal_thread(struct sema *sema, struct expr **call)
{
	send_signal(sema, *call);
}

void sema_call_override(struct sema *sema, struct expr **at)
{
	if (needs(sema, *at, PROVIDES_OVERRIDE, "kprobe") &&
	    sema_is_known(sema, (*at)->call.args.data[0]))
		sema_cast_to(sema, &(*at)->call.args.data[0], sema_uint64(sema));
}
