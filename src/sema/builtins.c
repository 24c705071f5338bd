/*
 * Builtins: where each may be used, and its type. What codegen finds beside the type:
 *
 *   pid tid      ident.index: 0 sonde's namespace, 1 the initial one
 *   nsecs        ident.index: enum type_clock
 *   argN         ident.index: N
 *   comm ppid pcomm leader_tid leader_comm
 *                ident.args[0] if it is given: a process id, a struct task_struct *
 *   kstack ustack dw_ustack
 *                mode and depth are the type's; the plan has the stacks map, unless the depth is 0
 *   probe        several targets: the plan's program uses cookies, and the type has room for the
 *                longest name
 *
 * probe (of one target), probetype and config are gone: constants stand in their place.
 */
#include "sema/functions.h"

#define REGISTER_ARGUMENTS 6u /* x86_64 */
#define DEFAULT_STACK_DEPTH 127u

static sema_builtin_fn *const hooks[BUILTIN_COUNT_];

static void set_int(struct sema *sema, struct expr *expr, uint32_t size, bool is_signed)
{
	expr->type = type_int(sema->types, size, is_signed);
}

static struct diag *wrong_probe(struct sema *sema, struct expr *expr, const char *where)
{
	expr->type = sema->unknown;
	return sema_error(sema, "wrong-probe", expr->span,
			  "The %s builtin can only be used with %s (%s used here)",
			  expr->ident.name, where, sema->provider->name);
}

/* The argument as a bare word: its number among @words, the first one's if there is none; reports
 * other arguments. */
static uint32_t word_argument(struct sema *sema, struct expr *expr, const char *const *words)
{
	const struct expr *arg;
	struct strbuf known = STRBUF_INIT;

	if (!expr->ident.args.len)
		return 0;
	arg = expr->ident.args.data[0];
	expr->ident.args.len = 0;
	for (uint32_t i = 0; words[i]; i++) {
		if (arg->kind == EXPR_IDENT && !strcmp(arg->ident.name, words[i])) {
			strbuf_free(&known);
			return i;
		}
		strbuf_addf(&known, "%s%s", i ? ", " : "", words[i]);
	}
	sema_error(sema, "builtin-argument", arg->span, "%s() takes one of %s", expr->ident.name,
		   strbuf_str(&known));
	strbuf_free(&known);
	return 0;
}

/* A text that is known when the script is compiled, however long. */
static struct expr *constant_text(struct sema *sema, struct span span, const char *text)
{
	size_t len = strlen(text);
	struct expr *expr =
		sema_new(sema, EXPR_STRING, span, type_string(sema->types, (uint32_t)len + 1));

	expr->string.data = text;
	expr->string.len = len;
	expr->is_literal = true;
	return expr;
}

/* --- who and when --- */

static void pid_or_tid(struct sema *sema, struct expr *expr)
{
	static const char *const words[] = {"curr_ns", "init", NULL};

	expr->ident.index = word_argument(sema, expr, words);
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

static void sema_builtin_nsecs(struct sema *sema, struct expr **expr)
{
	static const char *const words[] = {
		[CLOCK_BOOT] = "boot",        [CLOCK_MONOTONIC_RAW_NS] = "monotonic",
		[CLOCK_TAI_NS] = "tai",       [CLOCK_SW_TAI_NS] = "sw_tai",
		[CLOCK_SW_TAI_NS + 1] = NULL,
	};

	(*expr)->ident.index = word_argument(sema, *expr, words);
	set_int(sema, *expr, 8, false);
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

/* Reading what another task holds may fail. */
static void task_error(struct sema *sema, struct expr *expr)
{
	sema_helper_error(sema, expr, "probe_read_kernel", true);
}

static void sema_builtin_comm(struct sema *sema, struct expr **at)
{
	struct expr *expr = *at, **arg;

	expr->type = type_string(sema->types, expr->ident.args.len ? 64 : 16);
	if (!expr->ident.args.len)
		return;
	if (sema->provider->flags & PROVIDER_SPECIAL) {
		diag_hint(sema_error(sema, "wrong-probe", expr->span,
				     "comm() of a process can not be used with %s probes",
				     sema->provider->name),
			  "comm is the name of the current thread");
		return;
	}
	arg = &expr->ident.args.data[0];
	sema_value(sema, arg);
	task_error(sema, expr);
	if (!sema_is_known(sema, *arg))
		return;
	if (sema_is_number(sema, (*arg)->type))
		sema_cast_to(sema, arg, sema_uint64(sema));
	else
		sema_error(sema, "builtin-argument", (*arg)->span,
			   "comm() expects a process id (%s provided)",
			   sema_type_name(sema, (*arg)->type));
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

/* The optional argument is another task than the current one. */
static void of_task(struct sema *sema, struct expr *expr, const struct type *type)
{
	const struct type *task = task_pointer(sema);
	struct expr **arg = expr->ident.args.len ? &expr->ident.args.data[0] : NULL;

	expr->type = type;
	task_error(sema, expr);
	if (task->ptr.to->kind == TYPE_NONE)
		sema_error(sema, "no-kernel-types", expr->span,
			   "%s needs struct task_struct of the kernel's types (BTF), which are "
			   "not there",
			   expr->ident.name);
	if (!arg)
		return;
	sema_value(sema, arg);
	if (!sema_is_known(sema, *arg))
		return;
	if ((*arg)->type->kind == TYPE_PTR || (*arg)->type->kind == TYPE_INT)
		sema_cast_to(sema, arg, task);
	else
		sema_error(sema, "builtin-argument", (*arg)->span,
			   "%s() expects a struct task_struct * (%s provided)", expr->ident.name,
			   sema_type_name(sema, (*arg)->type));
}

static void sema_builtin_ppid(struct sema *sema, struct expr **expr)
{
	of_task(sema, *expr, type_int(sema->types, 4, true));
}

static void sema_builtin_leader_tid(struct sema *sema, struct expr **expr)
{
	of_task(sema, *expr, type_int(sema->types, 4, true));
}

static void sema_builtin_pcomm(struct sema *sema, struct expr **expr)
{
	of_task(sema, *expr, type_string(sema->types, 16));
}

static void sema_builtin_leader_comm(struct sema *sema, struct expr **expr)
{
	of_task(sema, *expr, type_string(sema->types, 16));
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

static void report_stack(struct sema *sema, const struct expr *expr, struct span span)
{
	diag_hint(sema_error(sema, "builtin-argument", span,
			     "%s() takes a mode, then a number of frames, both literal",
			     expr->ident.name),
		  "The modes are bpftrace, perf, raw and, for user stacks, build_id");
}

/* kstack(MODE, N): both may be left out, the order is fixed. */
static bool stack_arguments(struct sema *sema, struct expr *expr, enum type_stack_mode *mode,
			    uint64_t *depth)
{
	size_t next = 0, n = expr->ident.args.len;
	bool is_negative = false;
	struct expr **arg;

	if (n && expr->ident.args.data[0]->kind == EXPR_IDENT &&
	    find_mode(expr->ident.args.data[0]->ident.name, mode)) {
		if (expr->ident.builtin->id == BUILTIN_kstack && *mode == STACK_BUILD_ID) {
			report_stack(sema, expr, expr->ident.args.data[0]->span);
			return false;
		}
		next++;
	}
	if (next == n)
		return true;
	arg = &expr->ident.args.data[next++];
	sema_value(sema, arg);
	if (next == n && sema_const_int(*arg, depth, &is_negative) && !is_negative)
		return true;
	if (sema_is_known(sema, *arg) || next != n)
		report_stack(sema, expr, (*arg)->span);
	return false;
}

/* The mode of the config block, as far as there is such a stack. */
static enum type_stack_mode usual_mode(const struct sema *sema, enum type_kind kind)
{
	enum type_stack_mode mode = sema->plan->config.stack_mode;

	return kind == TYPE_KSTACK && mode == STACK_BUILD_ID ? STACK_BPFTRACE : mode;
}

static void stack(struct sema *sema, struct expr *expr, enum type_kind kind)
{
	enum type_stack_mode mode = usual_mode(sema, kind);
	uint64_t depth = DEFAULT_STACK_DEPTH;

	expr->type = sema->unknown;
	if (!stack_arguments(sema, expr, &mode, &depth))
		return;
	if (depth > DEFAULT_STACK_DEPTH) {
		sema_warning(sema, "stack-depth", expr->span,
			     "stacks have at most %u frames (%lu wanted)", DEFAULT_STACK_DEPTH,
			     depth);
		depth = DEFAULT_STACK_DEPTH;
	}
	expr->ident.args.len = 0;
	expr->type = type_stack(sema->types, kind, mode, (uint32_t)depth);
	if (!sema->dead && depth)
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

static void sema_builtin_dw_ustack(struct sema *sema, struct expr **at)
{
	struct expr *expr = *at;

	expr->type = sema->unknown;
	if (sema_allow_unstable(sema, expr->span, "dw_ustack", "unstable_dw_ustack",
				sema->plan->config.unstable_dw_ustack, UNSTABLE_WARN))
		stack(sema, expr, TYPE_USTACK);
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

/* Which of several targets fired is known when it does. */
static void sema_builtin_probe(struct sema *sema, struct expr **expr)
{
	const struct sema_instance *instance = sema->instance;
	size_t longest = 0;

	if (instance->targets.len == 1) {
		*expr = constant_text(sema, (*expr)->span, instance->targets.data[0].name);
		return;
	}
	for (size_t i = 0; i < instance->targets.len; i++) {
		size_t len = strlen(instance->targets.data[i].name);

		longest = len > longest ? len : longest;
	}
	(*expr)->type = type_string(sema->types, (uint32_t)longest + 1);
	if (!sema->dead)
		sema->plan->progs.data[sema->prog].uses_cookie = true;
}

static void sema_builtin_probetype(struct sema *sema, struct expr **expr)
{
	*expr = constant_text(sema, (*expr)->span,
			      sema->provider->flags & PROVIDER_SPECIAL ? "special"
								       : sema->provider->name);
}

/* --- its arguments --- */

static void no_argument(struct sema *sema, struct expr *expr, const char *text)
{
	sema_error(sema, "no-arguments", expr->span, "%s doesn't support %s", text,
		   expr->ident.name);
	expr->type = sema->unknown;
}

static const char *why_no_arguments(const struct sema *sema)
{
	if (sema->signature->no_args)
		return sema->signature->no_args;
	return sema->provider->flags & PROVIDER_USER
		       ? "they come from debug info; arg0, arg1 ... need none"
		       : "kernel types (BTF) do not describe it";
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
			  "%s", why_no_arguments(sema));
		expr->type = sema->unknown;
	} else {
		expr->type = sema->signature->args;
	}
}

static void sema_builtin_argn(struct sema *sema, struct expr **at)
{
	const struct provider *provider = sema->provider;
	struct expr *expr = *at;

	if (!(provider->provides & PROVIDES_ARGN))
		wrong_probe(sema, expr, "'kprobes', 'uprobes' and 'usdt' probes");
	else if (provider->context == CONTEXT_PT_REGS && expr->ident.index >= REGISTER_ARGUMENTS)
		no_argument(sema, expr, "x86_64");
	else if (provider->context == CONTEXT_RAW_ARGS && sema->signature->nargs &&
		 expr->ident.index >= sema->signature->nargs)
		no_argument(sema, expr, sema->instance->targets.data[0].name);
	else
		set_int(sema, expr, 8, provider->context == CONTEXT_USDT);
}

static void add_member(struct sema *sema, struct expr *record, const struct type_field *field)
{
	struct expr *value = expr_new(sema->arena, EXPR_FIELD, record->span), *call;
	struct record_member member = {.name = field->name, .span = record->span};

	value->field.object = expr_new(sema->arena, EXPR_IDENT, record->span);
	value->field.object->ident.name = lang_builtins[BUILTIN_args].name;
	value->field.name = field->name;
	value->field.name_span = record->span;
	member.value = value;
	if (field->is_data_loc && field->type->ptr.to->kind == TYPE_INT &&
	    field->type->ptr.to->size == 1) {
		call = expr_new(sema->arena, EXPR_CALL, record->span);
		call->call.name = lang_functions[FUNCTION_str].name;
		call->call.name_span = record->span;
		vec_push(sema->arena, &call->call.args, value);
		member.value = call;
	}
	vec_push(sema->arena, &record->record.members, member);
}

/* The fields that all tracepoints begin with tell nothing of this one. */
static bool is_common(const struct type_field *field)
{
	return !strncmp(field->name, "common_", 7) || !*field->name;
}

void sema_spell_args(struct sema *sema, struct expr **at)
{
	const struct type_field *fields;
	struct expr *record;
	uint32_t n;

	if ((*at)->kind != EXPR_BUILTIN || (*at)->ident.builtin->id != BUILTIN_args ||
	    !sema_is_known(sema, *at))
		return;
	fields = types_fields(sema->types, (*at)->type, &n);
	record = expr_new(sema->arena, EXPR_RECORD, (*at)->span);
	for (uint32_t i = 0; i < n; i++)
		if (!is_common(&fields[i]))
			add_member(sema, record, &fields[i]);
	if (!record->record.members.len)
		return;
	*at = record;
	sema_expr(sema, at);
}

/* --- what it returned, and its context --- */

static void sema_builtin_retval(struct sema *sema, struct expr **at)
{
	struct expr *expr = *at;

	if (!(sema->provider->provides & PROVIDES_RETVAL)) {
		struct diag *diag =
			wrong_probe(sema, expr, "'kretprobe' and 'uretprobe' and 'fexit' probes");

		if (sema->provider->context == CONTEXT_RECORD)
			diag_hint(diag, "Tracepoints of system calls have args.ret");
		return;
	}
	expr->type = sema->signature->retval ? sema->signature->retval : sema_uint64(sema);
}

static void sema_builtin_ctx(struct sema *sema, struct expr **at)
{
	const struct type *to = sema->signature->ctx;
	struct expr *expr = *at;

	if (sema->provider->provides & PROVIDES_CTX) {
		expr->type = type_ptr(sema->types, to ? to : type_none(sema->types), SPACE_KERNEL);
		return;
	}
	diag_hint(sema_error(sema, "wrong-probe", expr->span,
			     "The ctx builtin can not be used with %s probes",
			     sema->provider->name),
		  sema->provider->provides & PROVIDES_ARGS ? "Use args instead of ctx"
							   : "These probes have no context");
	expr->type = sema->unknown;
}

/* --- settings --- */

static struct expr *text(struct sema *sema, struct span span, const char *value)
{
	return constant_text(sema, span, value ? value : "");
}

static struct expr *choice(struct sema *sema, struct span span, const char *const *words,
			   uint32_t value)
{
	return constant_text(sema, span, words[value]);
}

static struct expr *setting(struct sema *sema, struct span span, enum config_id id)
{
	static const char *const symbols[] = {"DEFAULT", "PER_PID", "PER_PROGRAM", "NONE"};
	static const char *const missing[] = {"error", "warn", "ignore"};
	static const char *const modes[] = {"bpftrace", "perf", "raw", "build_id"};
	static const char *const unstable[] = {"default", "error", "warn", "enable"};
	const struct plan_config *config = &sema->plan->config;

	switch (id) {
	case CONFIG_ID_cache_user_symbols:
		return choice(sema, span, symbols, config->user_symbols);
	case CONFIG_ID_cpp_demangle:
		return sema_bool(sema, span, config->cpp_demangle);
	case CONFIG_ID_lazy_symbolication:
		return sema_bool(sema, span, config->lazy_symbolication);
	case CONFIG_ID_license:
		return text(sema, span, config->license);
	case CONFIG_ID_log_size:
		return sema_int(sema, span, config->log_size, false);
	case CONFIG_ID_max_bpf_progs:
		return sema_int(sema, span, config->max_bpf_progs, false);
	case CONFIG_ID_max_cat_bytes:
		return sema_int(sema, span, config->max_cat_bytes, false);
	case CONFIG_ID_max_map_keys:
		return sema_int(sema, span, config->max_map_keys, false);
	case CONFIG_ID_max_probes:
		return sema_int(sema, span, config->max_probes, false);
	case CONFIG_ID_max_strlen:
		return sema_int(sema, span, config->max_strlen, false);
	case CONFIG_ID_missing_probes:
		return choice(sema, span, missing, config->missing_probes);
	case CONFIG_ID_on_stack_limit:
		return sema_int(sema, span, config->on_stack_limit, false);
	case CONFIG_ID_perf_rb_pages:
		return sema_int(sema, span,
				config->perf_rb_pages ? config->perf_rb_pages
						      : plan_ring_pages(config),
				false);
	case CONFIG_ID_print_maps_on_exit:
		return sema_bool(sema, span, config->print_maps_on_exit);
	case CONFIG_ID_show_debug_info:
		return sema_bool(sema, span, config->show_debug_info);
	case CONFIG_ID_stack_mode:
		return choice(sema, span, modes, config->stack_mode);
	case CONFIG_ID_str_trunc_trailer:
		return text(sema, span, config->str_trunc_trailer);
	case CONFIG_ID_unstable_tseries:
		return choice(sema, span, unstable, config->unstable_tseries);
	case CONFIG_ID_unstable_dw_ustack:
		return choice(sema, span, unstable, config->unstable_dw_ustack);
	case CONFIG_ID_unstable_typeinfo:
		return choice(sema, span, unstable, config->unstable_typeinfo);
	case CONFIG_ID_use_blazesym:
		return sema_bool(sema, span, false);
	case CONFIG_COUNT_:
		break;
	}
	return NULL;
}

/* The record's members are typed already. */
static void sema_builtin_config(struct sema *sema, struct expr **at)
{
	struct span span = (*at)->span;
	struct expr *record = expr_new(sema->arena, EXPR_RECORD, span);
	const struct type *types[CONFIG_COUNT_];
	const char *names[CONFIG_COUNT_];
	uint32_t n = 0;

	for (int i = 0; i < CONFIG_COUNT_; i++) {
		struct record_member member = {.name = lang_configs[i].name, .span = span};

		member.value = setting(sema, span, lang_configs[i].id);
		if (!member.value)
			continue;
		vec_push(sema->arena, &record->record.members, member);
		types[n] = member.value->type;
		names[n++] = member.name;
	}
	record->type = type_record(sema->types, names, types, n);
	*at = record;
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
