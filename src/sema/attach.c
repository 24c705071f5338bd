/*
 * Attach points: what each one of a probe's list stands for on this machine, and which of these
 * targets share a body. Each body becomes an instance and one of the plan's programs.
 *
 * One program serves several targets where it cannot tell them apart: the provider is the same, and
 * so is the type of what the body uses (arguments, return value, context).
 */
#include "sema/internal.h"

#include <ctype.h>
#include <regex.h>

/* Which of the things that differ between targets a body uses. */
struct mentions {
	bool args, argn, retval, ctx, probe, uaddr, reg, override;
};

struct found {
	struct sema *sema;
	VEC(struct plan_target)
	targets;
};

/* --- what a body uses --- */

static void mention_builtin(struct mentions *mentions, const char *name)
{
	uint32_t index;
	const struct lang_builtin *builtin = lang_find_builtin(name, &index);

	if (!builtin)
		return;
	mentions->args |= builtin->id == BUILTIN_args;
	mentions->argn |= builtin->id == BUILTIN_argn;
	mentions->retval |= builtin->id == BUILTIN_retval;
	mentions->ctx |= builtin->id == BUILTIN_ctx;
	mentions->probe |= builtin->id == BUILTIN_probe;
}

static void mention(struct expr **expr, void *data)
{
	struct mentions *mentions = data;
	const struct lang_function *function;

	if ((*expr)->kind == EXPR_IDENT)
		mention_builtin(mentions, (*expr)->ident.name);
	if ((*expr)->kind != EXPR_CALL)
		return;
	mention_builtin(mentions, (*expr)->call.name);
	function = lang_find_function((*expr)->call.name);
	if (!function)
		return;
	mentions->uaddr |= function->id == FUNCTION_uaddr;
	mentions->reg |= function->id == FUNCTION_reg;
	mentions->override |= function->id == FUNCTION_override;
}

static struct mentions find_mentions(const struct probe *probe)
{
	struct mentions mentions = {0};
	const struct ast_visitor visitor = {.expr = mention, .data = &mentions};
	struct expr *predicate = probe->predicate;

	ast_walk_block(probe->body, &visitor);
	if (predicate)
		ast_walk_expr(&predicate, &visitor);
	return mentions;
}

/* --- which targets share a body --- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Whether each target needs a body of its own, whatever the others are. */
static bool is_separate(const struct provider *provider, const struct mentions *mentions)
{
	if (provider->flags & PROVIDER_SPECIAL)
		return true;
	switch (provider->context) {
	case CONTEXT_BTF_ARGS: /* the kernel is told the target when it loads the program */
	case CONTEXT_ITER:
		return true;
	case CONTEXT_USDT:
		return mentions->argn;
	case CONTEXT_RAW_ARGS: /* no cookies before Linux 6.10 */
		return mentions->probe;
	case CONTEXT_NONE:
	case CONTEXT_RECORD:
	case CONTEXT_PT_REGS:
	case CONTEXT_PERF_EVENT:
		break;
	}
	return false;
}

struct expanding {
	struct sema *sema;
	const struct probe *probe;
	const struct attach_point *point;
	const struct provider *provider;
	struct mentions mentions;
	size_t first; /* instance of this probe */
	struct hashmap seen; /* names of the targets, where attach points may overlap */
	bool is_multi, is_pattern;
	bool has_target;
};

static bool same_field(const struct type_field *a, const struct type_field *b)
{
	return !strcmp(a->name, b->name) && a->type == b->type && a->offset == b->offset &&
	       a->bit_offset == b->bit_offset && a->bit_size == b->bit_size &&
	       a->is_data_loc == b->is_data_loc && a->is_rel_loc == b->is_rel_loc;
}

/* Records of tracepoints may be alike, each by a name of its own: all of sys_exit_*. */
static bool same_record(struct types *types, const struct type *a, const struct type *b)
{
	const struct type_field *fields, *others;
	uint32_t n, nothers;

	if (a == b)
		return true;
	if (!a || !b)
		return false;
	fields = types_fields(types, a, &n);
	others = types_fields(types, b, &nothers);
	if (n != nothers)
		return false;
	for (uint32_t i = 0; i < n; i++)
		if (!same_field(&fields[i], &others[i]))
			return false;
	return true;
}

static bool same_args(const struct expanding *expansion, const struct type *a, const struct type *b)
{
	if (expansion->provider->context != CONTEXT_RECORD)
		return a == b;
	return same_record(expansion->sema->types, a, b);
}

static bool can_share(const struct expanding *expansion, const struct sema_instance *instance,
		      const struct provider_signature *signature, const struct plan_target *target)
{
	const struct provider_signature *other = &instance->signature;
	const struct mentions *mentions = &expansion->mentions;

	if (instance->provider != expansion->provider || instance->is_multi != expansion->is_multi)
		return false;
	if (mentions->uaddr && !same_text(instance->targets.data[0].module, target->module))
		return false;
	if (mentions->args && !same_args(expansion, other->args, signature->args))
		return false;
	if (mentions->retval && other->retval != signature->retval)
		return false;
	if (mentions->ctx && other->ctx != signature->ctx)
		return false;
	return !mentions->argn || other->nargs == signature->nargs;
}

static void get_signature(const struct expanding *expansion, const struct plan_target *target,
			  struct provider_signature *signature)
{
	const struct mentions *mentions = &expansion->mentions;
	bool asked = mentions->args || mentions->argn || mentions->retval || mentions->ctx;

	*signature = (struct provider_signature){0};
	if (asked && expansion->provider->signature)
		expansion->provider->signature(expansion->sema->options->env, target, signature);
}

static struct sema_instance *new_instance(const struct expanding *expansion,
					  const struct provider_signature *signature)
{
	struct sema *sema = expansion->sema;
	struct sema_instance *instance = arena_new_object(sema->arena, struct sema_instance);

	instance->probe = expansion->probe;
	instance->point = expansion->point;
	instance->provider = expansion->provider;
	instance->signature = *signature;
	instance->is_multi = expansion->is_multi;
	hashmap_init(&instance->places, sema->arena);
	vec_push(sema->arena, &sema->instances, instance);
	return instance;
}

/* The instance that serves @target, too, or NULL. */
static struct sema_instance *find_shared(const struct expanding *expansion,
					 const struct provider_signature *signature,
					 const struct plan_target *target)
{
	const struct sema *sema = expansion->sema;

	if (is_separate(expansion->provider, &expansion->mentions))
		return NULL;
	for (size_t i = expansion->first; i < sema->instances.len; i++)
		if (can_share(expansion, sema->instances.data[i], signature, target))
			return sema->instances.data[i];
	return NULL;
}

/* Whether another attach point of the list is at this place, too: one program cannot be there
 * twice. */
static bool is_repeated(struct expanding *expansion, const struct plan_target *target)
{
	const char *key;

	if (expansion->probe->attach_points.len == 1)
		return false;
	/* Static probes of one name are at several places. */
	key = arena_printf(expansion->sema->arena, "%s %lu", target->name, target->offset);
	if (hashmap_gets(&expansion->seen, key))
		return true;
	hashmap_sets(&expansion->seen, key, (void *)(uintptr_t)key);
	return false;
}

static void add_target(struct expanding *expansion, const struct plan_target *target)
{
	bool repeated = is_repeated(expansion, target);
	struct provider_signature signature;
	struct sema_instance *instance;

	expansion->has_target = true;
	get_signature(expansion, target, &signature);
	instance = repeated ? NULL : find_shared(expansion, &signature, target);
	if (!instance)
		instance = new_instance(expansion, &signature);
	instance->is_expanded |= expansion->is_pattern || instance->targets.len > 0 ||
				 expansion->probe->attach_points.len > 1;
	vec_push(expansion->sema->arena, &instance->targets, *target);
}

/* --- from text to targets --- */

static const struct provider *find_provider(struct sema *sema, const struct attach_point *point)
{
	const char *name = point->fields.data[0], *nearest;
	const struct provider *provider = provider_find(name);
	const struct provider *const *all;
	const char **names;
	struct diag *diag;
	size_t n;

	if (provider)
		return provider;
	diag = diag_error(sema->diags, "unknown-probe-type", point->span, "Invalid probe type: %s",
			  name);
	all = providers(&n);
	names = arena_new_array(sema->arena, const char *, n + 1);
	for (size_t i = 0; i < n; i++)
		names[i] = all[i]->name;
	nearest = diag_nearest(name, names, n);
	if (nearest)
		diag_hint(diag, "Did you mean %s?", nearest);
	return NULL;
}

static bool target_is_pattern(const struct plan_target *target)
{
	return (target->module && glob_is_pattern(target->module)) ||
	       (target->function && glob_is_pattern(target->function)) ||
	       (target->extra && glob_is_pattern(target->extra));
}

static void collect(const struct plan_target *target, void *data)
{
	struct found *found = data;

	vec_push(found->sema->arena, &found->targets, *target);
}

/* Of the probes that @pattern stands for, the one whose part at @part is nearest to @name. */
static const struct plan_target *nearest_in(const struct expanding *expansion,
					    const struct plan_target *pattern, const char *name,
					    size_t part)
{
	struct sema *sema = expansion->sema;
	struct found found = {.sema = sema};
	const char *error = NULL, *nearest, **names;

	expansion->provider->expand(sema->options->env, pattern, collect, &found, &error);
	names = arena_new_array(sema->arena, const char *, found.targets.len + 1);
	for (size_t i = 0; i < found.targets.len; i++)
		names[i] = *(const char **)((char *)&found.targets.data[i] + part);
	nearest = diag_nearest(name, names, found.targets.len);
	for (size_t i = 0; nearest && i < found.targets.len; i++)
		if (names[i] == nearest)
			return &found.targets.data[i];
	return NULL;
}

/* A probe that may have been meant: with another function or event, or with that in another place.
 * NULL if none is near. */
static const struct plan_target *nearest_probe(const struct expanding *expansion,
					       const struct plan_target *missing)
{
	struct plan_target pattern = *missing;
	const struct plan_target *nearest;

	if (!missing->function || missing->has_address || missing->source_file ||
	    target_is_pattern(missing))
		return NULL;
	pattern.function = "*";
	nearest = nearest_in(expansion, &pattern, missing->function,
			     offsetof(struct plan_target, function));
	if (nearest || !missing->module)
		return nearest;
	pattern = *missing;
	pattern.module = "*";
	return nearest_in(expansion, &pattern, missing->module,
			  offsetof(struct plan_target, module));
}

/* "kprobe:f/pid==1/": names can hold slashes, but not one that a predicate would begin and one that
 * would end it. */
static bool runs_into_predicate(const struct plan_target *target)
{
	const char *name = target->function;
	const char *slash = name ? strchr(name, '/') : NULL;

	return slash && slash[1] && name[strlen(name) - 1] == '/';
}

/* @reason: why there is none, or NULL if it is just so. */
static void report_missing(const struct expanding *expansion, const struct plan_target *missing,
			   const char *reason)
{
	const struct attach_point *point = expansion->point;
	struct sema *sema = expansion->sema;
	const struct plan_target *nearest;
	const char *text =
		reason ? arena_printf(sema->arena, "No matches for %s: %s.", point->text, reason)
		       : arena_printf(sema->arena, "No matches for %s.", point->text);
	struct diag *diag;

	switch (sema->plan->config.missing_probes) {
	case MISSING_ERROR:
		diag = diag_error(sema->diags, "no-probe", point->span, "%s", text);
		if (runs_into_predicate(missing)) {
			diag_hint(diag, "There is a blank before a predicate: kprobe:f /pid == 1/");
			break;
		}
		nearest = reason ? NULL : nearest_probe(expansion, missing);
		if (nearest)
			diag_hint(diag, "Did you mean %s?", nearest->name);
		diag_hint(diag, "If this is expected, set the 'missing_probes' config variable to "
				"'warn'.");
		break;
	case MISSING_WARN:
		diag_warning(sema->diags, "no-probe", point->span, "%s Skipping.", text);
		break;
	case MISSING_IGNORE:
		break;
	}
}

/* Whether --check takes an attach point that has no target here as it stands. A body that cannot be
 * understood without one is left out where the script says that it may be missing. */
static bool stands_for_itself(const struct expanding *expansion, const struct plan_target *pattern)
{
	const struct sema *sema = expansion->sema;
	const struct mentions *mentions = &expansion->mentions;
	bool is_typed = mentions->args ||
			(mentions->retval && expansion->provider->context == CONTEXT_BTF_ARGS);

	return sema->options->check_only && !runs_into_predicate(pattern) &&
	       !(is_typed && sema->plan->config.missing_probes != MISSING_ERROR);
}

/* The targets of the attach point on this machine. */
static bool find_targets(struct expanding *expansion, const struct plan_target *pattern,
			 struct found *found)
{
	struct sema *sema = expansion->sema;
	const char *error = NULL;
	int n = expansion->provider->expand(sema->options->env, pattern, collect, found, &error);

	if (found->targets.len)
		return true;
	if (n < 0 && !error)
		error = strerror(-n);
	if (stands_for_itself(expansion, pattern)) {
		if (expansion->is_pattern && sema->plan->config.missing_probes != MISSING_IGNORE)
			diag_warning(sema->diags, "no-probe", expansion->point->span,
				     "No matches for %s on this machine%s%s.",
				     expansion->point->text, n < 0 ? ": " : "", n < 0 ? error : "");
		collect(pattern, found);
		return true;
	}
	report_missing(expansion, pattern, error);
	return false;
}

static bool is_filtered(const struct expanding *expansion, const regex_t *filter,
			const struct plan_target *target)
{
	return filter && expansion->provider != provider_find("begin") &&
	       expansion->provider != provider_find("end") &&
	       regexec(filter, target->name, 0, NULL, 0);
}

/* test and bench probes are for --test and --bench, and those run nothing else. */
static bool is_enabled(const struct sema *sema, const struct provider *provider)
{
	if (provider == provider_find("test"))
		return sema->options->test_mode;
	if (provider == provider_find("bench"))
		return sema->options->bench_mode;
	return !(sema->options->test_mode || sema->options->bench_mode) ||
	       provider == provider_find("begin") || provider == provider_find("end");
}

/* Through links of many functions programs see the registers of arguments only: that is known of
 * patterns. */
static bool can_multi(const struct expanding *expansion, const struct plan_target *pattern)
{
	const struct provider *provider = expansion->provider;
	const struct mentions *mentions = &expansion->mentions;

	return provider->can_multi &&
	       (expansion->is_pattern ||
		(!mentions->reg && !mentions->ctx && !mentions->override)) &&
	       provider->can_multi(expansion->sema->options->env, pattern);
}

static void expand_point(struct expanding *expansion, const struct attach_point *point,
			 const regex_t *filter)
{
	struct sema *sema = expansion->sema;
	const struct provider_env *env = sema->options->env;
	const struct provider_text text = {point->span, point->text, point->fields.data,
					   point->quoted.data, (uint32_t)point->fields.len};
	struct found found = {.sema = sema};
	struct plan_target pattern = {.name = point->text};

	expansion->point = point;
	expansion->provider = find_provider(sema, point);
	if (!expansion->provider ||
	    !expansion->provider->parse(env, sema->diags, &text, &pattern)) {
		expansion->has_target = true;
		return;
	}
	expansion->is_pattern = target_is_pattern(&pattern);
	if (!is_enabled(sema, expansion->provider)) {
		expansion->has_target = true;
		return;
	}
	if (!find_targets(expansion, &pattern, &found))
		return;
	expansion->is_multi = can_multi(expansion, &pattern);
	for (size_t i = 0; i < found.targets.len; i++) {
		found.targets.data[i].is_match = expansion->is_pattern;
		if (!is_filtered(expansion, filter, &found.targets.data[i]))
			add_target(expansion, &found.targets.data[i]);
	}
}

static void expand_probe(struct sema *sema, const struct probe *probe, const regex_t *filter)
{
	struct expanding expansion = {
		.sema = sema,
		.probe = probe,
		.mentions = find_mentions(probe),
		.first = sema->instances.len,
	};

	hashmap_init(&expansion.seen, sema->arena);
	for (size_t i = 0; i < probe->attach_points.len; i++)
		expand_point(&expansion, probe->attach_points.data[i], filter);
	if (!expansion.has_target && !filter && sema->plan->config.missing_probes == MISSING_WARN)
		diag_warning(sema->diags, "no-attach-points", probe->span,
			     "Probe has no valid attach points and is left out.");
	if (sema->instances.len == expansion.first)
		map_keep_left_out(sema, probe);
}

/* --- limits --- */

static void check_alone(struct sema *sema)
{
	for (size_t i = 0; i < sema->instances.len; i++) {
		const struct sema_instance *instance = sema->instances.data[i];

		if (!(instance->provider->flags & PROVIDER_ALONE) || sema->instances.len == 1)
			continue;
		diag_error(sema->diags, "probe-alone", instance->point->span,
			   "A probe of type %s cannot be combined with any other probe",
			   instance->provider->name);
		return;
	}
}

/* Each limit is blamed on the attach point that goes beyond it. Returns whether they are kept. */
static bool check_limits(struct sema *sema)
{
	const struct plan_config *config = &sema->plan->config;
	struct span probes_span = SPAN_NONE, progs_span = SPAN_NONE;
	size_t targets = 0, progs = sema->instances.len;

	for (size_t i = 0; i < progs; i++) {
		const struct sema_instance *instance = sema->instances.data[i];

		targets += instance->targets.len;
		if (targets > config->max_probes && span_is_none(probes_span))
			probes_span = instance->point->span;
		if (i == config->max_bpf_progs)
			progs_span = instance->point->span;
	}
	if (targets > config->max_probes)
		diag_hint(diag_error(sema->diags, "too-many-probes", probes_span,
				     "Can't attach to %zu probes because it exceeds the current "
				     "limit of %llu probes.",
				     targets, (unsigned long long)config->max_probes),
			  "Set the config variable max_probes to %zu or more.", targets);
	if (progs > config->max_bpf_progs)
		diag_hint(
			diag_error(sema->diags, "too-many-programs", progs_span,
				   "Your script needs %zu BPF programs, which exceeds the current "
				   "limit of %llu.",
				   progs, (unsigned long long)config->max_bpf_progs),
			"Set the config variable max_bpf_progs to %zu or more.", progs);
	return targets <= config->max_probes && progs <= config->max_bpf_progs;
}

/* --- the plan's programs --- */

#define NAME_MOST 80

/* "tracepoint_sched_sched_switch_2". */
static const char *program_name(struct sema *sema, const struct sema_instance *instance,
				size_t number)
{
	char *name = arena_strndup(sema->arena, instance->targets.data[0].name, NAME_MOST);

	for (char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c))
			*c = '_';
	return arena_printf(sema->arena, "%s_%zu", name, number);
}

static void add_program(struct sema *sema, const struct sema_instance *instance, size_t number)
{
	struct plan_prog prog = {
		.name = program_name(sema, instance, number),
		.provider = instance->provider->name,
		.place = sema_place(sema, instance->point->span),
		.is_multi = instance->is_multi,
		.has_predicate = instance->probe->predicate != NULL,
	};

	for (size_t i = 0; i < instance->targets.len; i++)
		vec_push(sema->arena, &prog.targets, instance->targets.data[i]);
	prog.section = instance->provider->section(sema->options->env, &prog);
	vec_push(sema->arena, &sema->plan->progs, prog);
}

/* --- kprobe sessions --- */

/* Through the links of sessions, programs see the registers of arguments only, and cannot change
 * what a function returns. */
static bool fits_session(const struct sema_instance *instance)
{
	const struct mentions mentions = find_mentions(instance->probe);

	return !mentions.override && (instance->is_multi || (!mentions.reg && !mentions.ctx));
}

/* Of several entries the last attached is run first, of several returns the first: links of both
 * cannot have the order of the text. */
static bool is_alone(const struct sema *sema, size_t prog)
{
	const struct plan_prog *progs = sema->plan->progs.data;

	for (size_t i = 0; i < sema->plan->progs.len; i++)
		if (i != prog && !strcmp(progs[i].provider, progs[prog].provider) &&
		    !strcmp(progs[i].targets.data[0].name, progs[prog].targets.data[0].name))
			return false;
	return true;
}

static void join_session(struct sema *sema, size_t entry, size_t end)
{
	struct plan_prog *progs = sema->plan->progs.data;

	progs[entry].is_session = true;
	progs[entry].section = "kprobe";
	progs[end].session = (uint32_t)entry + 1;
	progs[end].section = progs[entry].section;
	progs[end].name = progs[entry].name;
}

/* Pairs programs that see the beginning and the end of the same functions. */
static void find_sessions(struct sema *sema)
{
	struct plan_prog *progs = sema->plan->progs.data;

	for (size_t i = 0; i < sema->instances.len; i++) {
		const struct sema_instance *entry = sema->instances.data[i];

		if (!entry->provider->can_session || !fits_session(entry) || !is_alone(sema, i))
			continue;
		for (size_t k = 0; k < sema->instances.len && !progs[i].is_session; k++)
			if (!progs[k].session && fits_session(sema->instances.data[k]) &&
			    entry->provider->can_session(sema->options->env, &progs[i], &progs[k]))
				join_session(sema, i, k);
	}
}

bool attach_expand(struct sema *sema)
{
	const char *filter = sema->options->probe_filter;
	regex_t regex;

	if (filter && regcomp(&regex, filter, REG_EXTENDED | REG_NOSUB)) {
		diag_error(sema->diags, "bad-filter", SPAN_NONE,
			   "--probe-filter: '%s' is not a regular expression", filter);
		sema_blame_words(sema);
		return false;
	}
	for (size_t i = 0; i < sema->script->probes.len; i++)
		expand_probe(sema, sema->script->probes.data[i], filter ? &regex : NULL);
	if (filter)
		regfree(&regex);
	check_alone(sema);
	if (!check_limits(sema))
		return false;
	for (size_t i = 0; i < sema->instances.len; i++)
		add_program(sema, sema->instances.data[i], i + 1);
	find_sessions(sema);
	return true;
}
