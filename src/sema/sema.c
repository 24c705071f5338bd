/* The passes over a script, and the rounds in which bodies are checked (see internal.h). */
#include "sema/internal.h"

#include <assert.h>
#include <stdarg.h>

#define FEWEST_ROUNDS 100

/* --- diagnostics --- */

static bool failed(const struct sema *sema)
{
	return diags_count(sema->diags, DIAG_ERROR) > 0;
}

static struct diag *note_macros(const struct sema *sema, struct diag *diag)
{
	for (const struct sema_c_macro *at = sema->c_macro; at; at = at->outer)
		diag_hint(diag, "The macro %s stands for: %s", at->name, at->body);
	for (const struct expansion *at = sema->expansion; at; at = at->outer)
		diag_note(diag, at->call, "expanded from");
	return diag;
}

static struct diag *note_instance(const struct sema *sema, struct diag *diag)
{
	const struct sema_instance *instance = sema->instance;

	if (instance && instance->is_expanded)
		diag_note(diag, instance->probe->body->span, "expanded from: %s",
			  instance->targets.data[0].name);
	return diag;
}

struct diag *sema_error(struct sema *sema, const char *tag, struct span span, const char *fmt, ...)
{
	va_list args;
	const char *text;

	va_start(args, fmt);
	text = arena_vprintf(sema->arena, fmt, args);
	va_end(args);
	return note_instance(sema,
			     note_macros(sema, diag_error(sema->diags, tag, span, "%s", text)));
}

struct diag *sema_warning(struct sema *sema, const char *tag, struct span span, const char *fmt,
			  ...)
{
	va_list args;
	const char *text;

	va_start(args, fmt);
	text = arena_vprintf(sema->arena, fmt, args);
	va_end(args);
	return note_macros(sema, diag_warning(sema->diags, tag, span, "%s", text));
}

#define LONG_NAME 200
#define CUT "..."

const char *sema_short_name(struct sema *sema, const char *name)
{
	size_t len = strlen(name), kept = (LONG_NAME - strlen(CUT)) / 2;

	if (len <= LONG_NAME)
		return name;
	return arena_printf(sema->arena, "%.*s" CUT "%s", (int)kept, name, name + len - kept);
}

const char *sema_written_name(struct sema *sema, const char *name)
{
	return arena_strndup(sema->arena, name, strcspn(name, " "));
}

const char *sema_type_name(struct sema *sema, const struct type *type)
{
	if (type == sema->unknown)
		return "unknown";
	return sema_short_name(sema, type_name_str(sema->types, type));
}

/* --- one round --- */

static void check_instance(struct sema *sema, struct sema_instance *instance, uint32_t number)
{
	struct ast_program *program = arena_new_object(sema->arena, struct ast_program);

	program->plan_prog = number;
	program->probe = instance->probe;
	program->predicate = ast_clone_expr(sema->arena, instance->probe->predicate);
	program->body = ast_clone_block(sema->arena, instance->probe->body);
	program->args = instance->signature.args;
	program->places = instance->signature.places;
	program->retval = instance->signature.retval;
	vec_push(sema->arena, &sema->unit->programs, program);
	instance->program = program;

	sema->instance = instance;
	sema->provider = instance->provider;
	sema->signature = &instance->signature;
	sema->prog = number;
	sema->scope = NULL;
	sema->loop_depth = 0;
	sema->call_depth = 0;
	sema->calls_within = 0;
	scope_push(sema);
	if (program->predicate) {
		sema->in_predicate = true;
		sema_condition(sema, &program->predicate);
		sema->in_predicate = false;
	}
	sema_nested_block(sema, program->body);
	scope_pop(sema);
	sema->instance = NULL;
	sema->provider = NULL;
	sema->signature = NULL;
}

static void forget_round(struct sema *sema)
{
	struct plan *plan = sema->plan;

	plan->events.len = plan->strings.len = plan->stacks.len = 0;
	sema->unit->programs.len = 0;
	sema->c_macros = 0;
	for (size_t i = 0; i < plan->progs.len; i++) {
		plan->progs.data[i].fields.len = 0;
		plan->progs.data[i].uses_cookie = false;
	}
	for (size_t i = 0; i < sema->maps.len; i++) {
		sema->maps.data[i]->updaters = sema->maps.data[i]->last_updater = 0;
		sema->maps.data[i]->preemptible = false;
	}
}

/* Every other round but the last goes through the probes from the end: what is known of the last
 * one's maps may be what those before it wait for, one after another. */
static void check_round(struct sema *sema)
{
	size_t n = sema->instances.len;
	bool is_backward;

	sema->round++;
	sema->changed = false;
	forget_round(sema);
	is_backward = !sema->final && sema->round % 2 == 0;
	for (size_t i = 0; i < n; i++) {
		size_t at = is_backward ? n - 1 - i : i;

		check_instance(sema, sema->instances.data[at], (uint32_t)at);
	}
}

/* --- the fixed point --- */

/* Maps that only read as zero, and declared variables that nothing is assigned to. Where probes are
 * in error, nothing is assumed of what they would write. */
static void zero_unassigned(struct sema *sema)
{
	for (size_t i = 0; i < sema->maps.len; i++) {
		struct sema_map *map = sema->maps.data[i];

		if (map->is_left_out && failed(sema))
			continue;
		if (!map->is_assigned && !map->value.type)
			infer_zero(sema, &map->value);
		if (map->is_left_out && map->shape_known && !map->is_scalar && !map->key.type)
			infer_zero(sema, &map->key);
	}
	for (size_t i = 0; i < sema->instances.len; i++) {
		for (size_t j = 0; j < sema->instances.data[i]->variables.len; j++) {
			struct sema_variable *variable = sema->instances.data[i]->variables.data[j];

			if (!variable->has_value && !variable->infer.type)
				infer_zero(sema, &variable->infer);
		}
	}
}

/* Maps and variables that are only made from themselves: @x = @x + 1, $x = &$x. */
static void zero_circular(struct sema *sema)
{
	for (size_t i = 0; i < sema->instances.len; i++) {
		for (size_t j = 0; j < sema->instances.data[i]->variables.len; j++) {
			struct sema_variable *variable = sema->instances.data[i]->variables.data[j];

			if (variable->infer.type)
				continue;
			variable->is_circular = true;
			infer_zero(sema, &variable->infer);
		}
	}
	for (size_t i = 0; i < sema->maps.len; i++) {
		struct sema_map *map = sema->maps.data[i];

		if (map->value.type)
			continue;
		map->is_circular = true;
		infer_zero(sema, &map->value);
	}
}

/*
 * Rounds until one learns nothing. They end, since joins only ever widen: integers to 64 bits,
 * texts to max_strlen, and tuples cannot come to contain themselves, as a tuple and its member
 * never join. The bound is for chains of maps, each of which gets its type from the next one.
 */
static void settle(struct sema *sema)
{
	do {
		diags_mute(sema->diags, true);
		check_round(sema);
		diags_mute(sema->diags, false);
	} while (sema->changed && sema->round < FEWEST_ROUNDS + 4 * sema->maps.len);
}

static void settle_with(struct sema *sema, void (*assume)(struct sema *))
{
	sema->changed = false;
	assume(sema);
	if (sema->changed)
		settle(sema);
}

static void check_bodies(struct sema *sema)
{
	settle(sema);
	settle_with(sema, zero_unassigned);
	if (!diags_muted_error(sema->diags))
		settle_with(sema, zero_circular);
	sema->final = true;
	check_round(sema);
}

/* --- what must hold --- */

static void assert_known(struct expr **expr, void *data)
{
	const struct sema *sema = data;

	assert((*expr)->type != sema->unknown);
	(void)sema, (void)expr;
}

/* Whoever leaves a type unknown has reported why. */
static void assert_typed(struct sema *sema)
{
	const struct ast_visitor visitor = {.expr = assert_known, .data = sema};

	for (size_t i = 0; i < sema->unit->programs.len; i++) {
		struct ast_program *program = sema->unit->programs.data[i];

		if (program->predicate)
			ast_walk_expr(&program->predicate, &visitor);
		ast_walk_block(program->body, &visitor);
	}
}

/* --- the passes --- */

struct plan *sema_check(const struct sema_options *options, struct script *script,
			struct ast_unit *unit)
{
	struct type unknown = {.kind = TYPE_NONE};
	struct sema sema = {
		.options = options,
		.arena = options->arena,
		.types = options->types,
		.diags = options->diags,
		.script = script,
		.unit = unit,
		.plan = plan_new(options->arena, options->types),
		.unknown = arena_memdup(options->arena, &unknown, sizeof(unknown)),
	};

	hashmap_init(&sema.map_names, sema.arena);
	sema.plan->config = *options->config;
	sema.plan->config.unsafe = options->unsafe;
	sema.plan->compiler = "sonde " SONDE_VERSION;
	sema.plan->uses_warnings = options->warnings;

	config_apply(&sema);
	if (attach_expand(&sema))
		check_bodies(&sema);
	if (!failed(&sema))
		named_check(&sema);
	if (!failed(&sema))
		finish_plan(&sema);
	if (!failed(&sema)) {
		assert_typed(&sema);
		size_check(&sema);
	}
	if (!failed(&sema))
		banks_make(&sema);
	return failed(&sema) ? NULL : sema.plan;
}
