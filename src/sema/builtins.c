/* Builtins: where each may be used, and its type. codegen finds in ident.index: pid and tid 1 for
 * the initial namespace, nsecs the enum type_clock, argN N. */
#include "sema/functions.h"

#include <stdlib.h>

#define REGISTER_ARGUMENTS 6u /* x86_64 */
#define DEFAULT_STACK_DEPTH 127u

static sema_builtin_fn *const hooks[BUILTIN_COUNT_];

static void set_int(struct sema *sema, struct expr *expr, uint32_t size, bool is_signed)
{
	expr->type = type_int(sema->types, size, is_signed);
}

static bool wrong_probe(struct sema *sema, struct expr *expr, const char *where)
{
	sema_error(sema, "wrong-probe", expr->span,
		   "The %s builtin can only be used with %s (%s used here)", expr->ident.name,
		   where, sema->provider->name);
	expr->type = sema->unknown;
	return false;
}

/* The only argument as a bare word; NULL, reported, if it is none of @words. */
static const char *word_argument(struct sema *sema, struct expr *expr, const char *const *words)
{
	const struct expr *arg;

	if (!expr->ident.args.len)
		return words[0];
	arg = expr->ident.args.data[0];
	for (size_t i = 0; words[i]; i++)
		if (arg->kind == EXPR_IDENT && !strcmp(arg->ident.name, words[i]))
			return words[i];
	sema_error(sema, "builtin-argument", arg->span, "%s() takes no such argument",
		   expr->ident.name);
	return NULL;
}

/* --- who and when --- */

static void pid_or_tid(struct sema *sema, struct expr *expr)
{
	static const char *const words[] = {"curr_ns", "init", NULL};
	const char *word = word_argument(sema, expr, words);

	expr->ident.index = word == words[1];
	expr->ident.args.len = 0;
	set_int(sema, expr, 4, false);
}

static void sema_builtin_pid(struct sema *sema, struct expr **expr)
{
	pid_or_tid(sema, *expr);
}

static void sema_builtin_tid(struct sema *sema, struct expr **expr)
{
	pid_or_tid(sema, *expr);
}

static void sema_builtin_nsecs(struct sema *sema, struct expr **at)
{
	static const char *const words[] = {"boot", "monotonic", "tai", "sw_tai", NULL};
	struct expr *expr = *at;
	const char *word = word_argument(sema, expr, words);

	expr->ident.index = CLOCK_BOOT;
	for (uint32_t i = 0; words[i]; i++)
		if (words[i] == word)
			expr->ident.index = i;
	expr->ident.args.len = 0;
	set_int(sema, expr, 8, false);
}

static void plain_uint64(struct sema *sema, struct expr **expr)
{
	set_int(sema, *expr, 8, false);
}

#define PLAIN_UINT64(id)                                                                           \
	static void sema_builtin_##id(struct sema *sema, struct expr **expr)                       \
	{                                                                                          \
		plain_uint64(sema, expr);                                                          \
	}
PLAIN_UINT64(uid)
PLAIN_UINT64(gid)
PLAIN_UINT64(elapsed)
PLAIN_UINT64(cpu)
PLAIN_UINT64(numaid)
PLAIN_UINT64(ncpus)
PLAIN_UINT64(rand)
PLAIN_UINT64(jiffies)
PLAIN_UINT64(cgroup)

static void sema_builtin_cpid(struct sema *sema, struct expr **expr)
{
	plain_uint64(sema, expr);
	(*expr)->error_event =
		sema_runtime_error(sema, (*expr)->span, "No child command (`-c`); cpid is zero");
}

static void sema_builtin_has_cpid(struct sema *sema, struct expr **expr)
{
	(*expr)->type = type_bool(sema->types);
}

static void sema_builtin_usermode(struct sema *sema, struct expr **expr)
{
	set_int(sema, *expr, 1, false);
}

static void sema_builtin_username(struct sema *sema, struct expr **expr)
{
	(*expr)->type = type_simple(sema->types, TYPE_USERNAME);
}

/* --- tasks --- */

static void sema_builtin_comm(struct sema *sema, struct expr **at)
{
	struct expr *expr = *at;

	expr->type = type_string(sema->types, expr->ident.args.len ? 64 : 16);
	if (!expr->ident.args.len)
		return;
	sema_value(sema, &expr->ident.args.data[0]);
	if (sema_is_known(sema, expr->ident.args.data[0]))
		sema_cast_to(sema, &expr->ident.args.data[0], sema_uint64(sema));
}

static const struct type *task_pointer(struct sema *sema)
{
	const struct type *task = types_by_tag(sema->types, TYPE_STRUCT, "task_struct");

	return type_ptr(sema->types, task ? task : type_none(sema->types), SPACE_KERNEL);
}

static void sema_builtin_curtask(struct sema *sema, struct expr **expr)
{
	(*expr)->type = task_pointer(sema);
}

/* An optional argument: another task than the current one. */
static void task_argument(struct sema *sema, struct expr *expr)
{
	struct expr **arg;

	if (!expr->ident.args.len)
		return;
	arg = &expr->ident.args.data[0];
	sema_value(sema, arg);
	if (!sema_is_known(sema, *arg))
		return;
	if ((*arg)->type->kind != TYPE_PTR && (*arg)->type->kind != TYPE_INT)
		sema_error(sema, "builtin-argument", (*arg)->span,
			   "%s() expects a struct task_struct * (%s provided)", expr->ident.name,
			   sema_type_name(sema, (*arg)->type));
	else
		sema_cast_to(sema, arg, task_pointer(sema));
}

static void sema_builtin_ppid(struct sema *sema, struct expr **expr)
{
	set_int(sema, *expr, 4, true);
	task_argument(sema, *expr);
}

static void sema_builtin_leader_tid(struct sema *sema, struct expr **expr)
{
	set_int(sema, *expr, 4, true);
	task_argument(sema, *expr);
}

static void sema_builtin_pcomm(struct sema *sema, struct expr **expr)
{
	(*expr)->type = type_string(sema->types, 16);
	task_argument(sema, *expr);
}

static void sema_builtin_leader_comm(struct sema *sema, struct expr **expr)
{
	(*expr)->type = type_string(sema->types, 16);
	task_argument(sema, *expr);
}

/* --- stacks --- */

static bool find_mode(const char *name, enum type_stack_mode *mode)
{
	static const char *const names[] = {
		[STACK_BPFTRACE] = "bpftrace",
		[STACK_PERF] = "perf",
		[STACK_RAW] = "raw",
		[STACK_BUILD_ID] = "build_id",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		*mode = (enum type_stack_mode)i;
		return true;
	}
	return false;
}

/* kstack(MODE, N): both may be left out, the order is fixed. */
static bool stack_arguments(struct sema *sema, struct expr *expr, enum type_stack_mode *mode,
			    uint64_t *depth)
{
	size_t next = 0, n = expr->ident.args.len;
	bool is_negative = false;
	struct expr **arg;

	if (n && expr->ident.args.data[0]->kind == EXPR_IDENT &&
	    find_mode(expr->ident.args.data[0]->ident.name, mode))
		next++;
	if (next == n)
		return true;
	arg = &expr->ident.args.data[next++];
	sema_expr(sema, arg);
	if (next != n || !sema_const_int(*arg, depth, &is_negative) || is_negative) {
		if (sema_is_known(sema, *arg) || next != n)
			diag_hint(
				sema_error(sema, "builtin-argument", (*arg)->span,
					   "%s() takes a mode and a number of frames, both literal",
					   expr->ident.name),
				"modes are bpftrace, perf, raw and build_id");
		return false;
	}
	return true;
}

static void stack(struct sema *sema, struct expr *expr, enum type_kind kind)
{
	enum type_stack_mode mode = sema->plan->config.stack_mode;
	uint64_t depth = DEFAULT_STACK_DEPTH;

	expr->type = sema->unknown;
	if (!stack_arguments(sema, expr, &mode, &depth))
		return;
	if (kind == TYPE_KSTACK && mode == STACK_BUILD_ID) {
		sema_error(sema, "builtin-argument", expr->span,
			   "kstack() has no build_id mode: that is for ustack()");
		return;
	}
	if (depth > DEFAULT_STACK_DEPTH) {
		sema_warning(sema, "stack-depth", expr->span,
			     "stacks have at most %u frames (%lu wanted)", DEFAULT_STACK_DEPTH,
			     depth);
		depth = DEFAULT_STACK_DEPTH;
	}
	expr->ident.args.len = 0;
	expr->type = type_stack(sema->types, kind, mode, (uint32_t)depth);
	if (!sema->dead)
		plan_stacks_index(sema->plan, expr->type);
}

static void sema_builtin_kstack(struct sema *sema, struct expr **expr)
{
	stack(sema, *expr, TYPE_KSTACK);
}

static void sema_builtin_ustack(struct sema *sema, struct expr **expr)
{
	stack(sema, *expr, TYPE_USTACK);
}

static void sema_builtin_dw_ustack(struct sema *sema, struct expr **expr)
{
	if (sema->plan->config.unstable_dw_ustack == UNSTABLE_ERROR) {
		sema_error(
			sema, "unstable", (*expr)->span,
			"dw_ustack is unstable: set unstable_dw_ustack = \"enable\" in the config "
			"block to use it");
		(*expr)->type = sema->unknown;
		return;
	}
	stack(sema, *expr, TYPE_USTACK);
}

/* --- the probe --- */

static void sema_builtin_func(struct sema *sema, struct expr **at)
{
	struct expr *expr = *at;

	if (!(sema->provider->provides & PROVIDES_FUNC))
		wrong_probe(sema, expr,
			    "kprobe, kretprobe, fentry, fexit, uprobe and uretprobe probes");
	else
		expr->type = type_simple(
			sema->types, sema->provider->flags & PROVIDER_USER ? TYPE_USYM : TYPE_KSYM);
}

static void sema_builtin_probe(struct sema *sema, struct expr **expr)
{
	size_t longest = 0;

	for (size_t i = 0; i < sema->instance->targets.len; i++) {
		size_t len = strlen(sema->instance->targets.data[i].name);

		if (len > longest)
			longest = len;
	}
	(*expr)->type = type_string(sema->types, (uint32_t)longest + 1);
	if (sema->instance->targets.len > 1)
		sema->plan->progs.data[sema->prog].uses_cookie = true;
}

static void sema_builtin_probetype(struct sema *sema, struct expr **expr)
{
	const char *name =
		sema->provider->flags & PROVIDER_SPECIAL ? "special" : sema->provider->name;

	*expr = sema_string(sema, (*expr)->span, name, strlen(name));
}

static void sema_builtin_args(struct sema *sema, struct expr **at)
{
	struct expr *expr = *at;

	if (!(sema->provider->provides & PROVIDES_ARGS)) {
		wrong_probe(sema, expr,
			    "tracepoint, rawtracepoint, fentry/fexit, and uprobe probes");
	} else if (!sema->signature->args) {
		diag_hint(sema_error(sema, "no-arguments", expr->span,
				     "there are no named arguments of %s",
				     sema->instance->targets.data[0].name),
			  sema->provider->flags & PROVIDER_USER
				  ? "they come from debug info; arg0, arg1 ... need none"
				  : "kernel types (BTF) do not describe it");
		expr->type = sema->unknown;
	} else {
		expr->type = sema->signature->args;
	}
}

static void sema_builtin_argn(struct sema *sema, struct expr **at)
{
	struct expr *expr = *at;
	uint32_t most = sema->signature->nargs;

	if (!(sema->provider->provides & PROVIDES_ARGN)) {
		wrong_probe(sema, expr, "'kprobes', 'uprobes' and 'usdt' probes");
		return;
	}
	if (sema->provider->context == CONTEXT_PT_REGS) {
		most = REGISTER_ARGUMENTS;
		if (expr->ident.index >= most) {
			sema_error(sema, "no-arguments", expr->span, "x86_64 doesn't support %s",
				   expr->ident.name);
			expr->type = sema->unknown;
			return;
		}
	} else if (most && expr->ident.index >= most &&
		   sema->provider->context == CONTEXT_RAW_ARGS) {
		sema_error(sema, "no-arguments", expr->span,
			   "%s has %u arguments: %s does not exist",
			   sema->instance->targets.data[0].name, most, expr->ident.name);
		expr->type = sema->unknown;
		return;
	}
	set_int(sema, expr, 8, sema->provider->context == CONTEXT_USDT);
}

static void sema_builtin_retval(struct sema *sema, struct expr **at)
{
	struct expr *expr = *at;

	if (!(sema->provider->provides & PROVIDES_RETVAL)) {
		wrong_probe(sema, expr, "'kretprobe' and 'uretprobe' and 'fexit' probes");
		return;
	}
	if (sema->signature->retval)
		expr->type = sema->signature->retval;
	else
		set_int(sema, expr, 8, false);
}

static void sema_builtin_ctx(struct sema *sema, struct expr **at)
{
	const struct type *to = sema->signature->ctx;
	struct expr *expr = *at;

	if (!(sema->provider->provides & PROVIDES_CTX)) {
		diag_hint(sema_error(sema, "wrong-probe", expr->span,
				     "The ctx builtin can not be used with %s probes",
				     sema->provider->name),
			  "Use args instead");
		expr->type = sema->unknown;
		return;
	}
	expr->type = type_ptr(sema->types, to ? to : type_none(sema->types), SPACE_KERNEL);
}

/* --- settings --- */

static struct expr *setting(struct sema *sema, struct span span, const char *name)
{
	const struct plan_config *config = &sema->plan->config;
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{"log_size", config->log_size},
		{"max_bpf_progs", config->max_bpf_progs},
		{"max_cat_bytes", config->max_cat_bytes},
		{"max_map_keys", config->max_map_keys},
		{"max_probes", config->max_probes},
		{"max_strlen", config->max_strlen},
		{"on_stack_limit", config->on_stack_limit},
		{"perf_rb_pages", config->perf_rb_pages},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (!strcmp(numbers[i].name, name))
			return sema_int(sema, span, numbers[i].value, false);
	if (!strcmp(name, "cpp_demangle"))
		return sema_bool(sema, span, config->cpp_demangle);
	if (!strcmp(name, "lazy_symbolication"))
		return sema_bool(sema, span, config->lazy_symbolication);
	if (!strcmp(name, "print_maps_on_exit"))
		return sema_bool(sema, span, config->print_maps_on_exit);
	if (!strcmp(name, "license"))
		return sema_string(sema, span, config->license, strlen(config->license));
	return NULL;
}

static void sema_builtin_config(struct sema *sema, struct expr **at)
{
	struct expr *record = expr_new(sema->arena, EXPR_RECORD, (*at)->span);

	for (int i = 0; i < CONFIG_COUNT_; i++) {
		struct record_member member = {
			.name = lang_configs[i].name,
			.span = (*at)->span,
			.value = setting(sema, (*at)->span, lang_configs[i].name),
		};

		if (member.value)
			vec_push(sema->arena, &record->record.members, member);
	}
	*at = record;
	sema_expr(sema, at);
}

static sema_builtin_fn *const hooks[BUILTIN_COUNT_] = {
#define BUILTIN(id, ...) [BUILTIN_##id] = sema_builtin_##id,
#include "lang/builtins.def"
#undef BUILTIN
};

void sema_builtin(struct sema *sema, struct expr **expr)
{
	hooks[(*expr)->ident.builtin->id](sema, expr);
}
