/* -l: probes that match a pattern, over all providers, and types ("struct X"). One a line, made for
 * grep. */
#include "cli/cli.h"

#include "types/btf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct found_tag {
	const char *module, *name;
};

struct listing {
	struct compilation *compilation;
	const struct cli *cli;
	const struct provider *provider;
	struct plan_target previous; /* what was listed last */
	const char *last_field; /* only probes whose last field matches, or NULL */
	const char *tag; /* types: "struct list_*" */
	VEC(struct found_tag)
	tags;
	bool is_named; /* the pattern asks for this provider and no other */
};

static const char *last_field(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon ? colon + 1 : name;
}

/* Timers without their rate, as they are listed where there is no script. */
static void print_name(const struct provider *provider, const struct plan_target *target)
{
	const char *last = last_field(target->name);
	bool is_timer = provider->listed && target->unit != UNIT_NONE;

	printf("%.*s\n", is_timer ? (int)(last - target->name) : (int)strlen(target->name),
	       target->name);
}

/* A probe may be at several places, of which it has its name once. */
static bool was_told(const struct plan_target *previous, const struct plan_target *target)
{
	return previous->name && target->has_address && previous->offset != target->offset &&
	       !strcmp(previous->name, target->name);
}

void list_target(struct compilation *compilation, const struct cli *cli,
		 const struct provider *provider, const struct plan_target *target,
		 struct plan_target *previous)
{
	struct strbuf text = STRBUF_INIT;

	if (was_told(previous, target))
		return;
	*previous = *target;
	print_name(provider, target);
	if (!cli->verbose || !provider->describe)
		return;
	provider->describe(&compilation->env, target, &text);
	fputs(strbuf_str(&text), stdout);
	strbuf_free(&text);
}

static void print_found(const struct plan_target *target, void *data)
{
	struct listing *listing = data;

	if (listing->last_field && !glob_match(listing->last_field, last_field(target->name)))
		return;
	list_target(listing->compilation, listing->cli, listing->provider, target,
		    &listing->previous);
}

static void report(const struct listing *listing, const char *error)
{
	if (listing->is_named)
		diag_say(stderr, &listing->cli->style, DIAG_WARNING, "list",
			 "cannot list %s probes: %s", listing->provider->name, error);
}

static void expand(struct listing *listing, const struct plan_target *pattern)
{
	const char *error = "it is not possible here";

	if (listing->provider->expand(&listing->compilation->env, pattern, print_found, listing,
				      &error) < 0)
		report(listing, error);
}

/* Everything that the provider has. */
static void list_all(struct listing *listing)
{
	const struct plan_target all = {.name = "*", .module = "*", .function = "*"};

	if (!listing->provider->listed) {
		expand(listing, &all);
		return;
	}
	for (const char *const *name = listing->provider->listed; *name; name++) {
		struct plan_target target = {.name = *name};

		print_found(&target, listing);
	}
}

static bool provider_matches(const struct provider *provider, const char *pattern)
{
	char lower[64];
	size_t i;

	if (provider_find(pattern) == provider)
		return true;
	for (i = 0; pattern[i] && i < sizeof(lower) - 1; i++)
		lower[i] = (char)tolower((unsigned char)pattern[i]);
	lower[i] = '\0';
	return glob_match(lower, provider->name);
}

/* Whether the pattern's first field is a name of the provider, not a glob that happens to match. */
static bool names_provider(const struct provider *provider, const char *pattern)
{
	char name[64];
	size_t len = strcspn(pattern, ":");

	if (len >= sizeof(name))
		return false;
	memcpy(name, pattern, len);
	name[len] = '\0';
	return provider_find(name) == provider;
}

/* Splits at colons outside quotes. */
static size_t split_fields(struct arena *arena, const char *text, const char **fields, bool *quoted,
			   size_t max)
{
	char *copy = arena_strdup(arena, text), *out = copy;
	bool in_quotes = false;
	size_t n = 1;

	fields[0] = copy;
	quoted[0] = false;
	for (; *text; text++) {
		if (*text == '"') {
			in_quotes = !in_quotes;
			quoted[n - 1] = true;
		} else if (*text == ':' && !in_quotes && n < max) {
			*out++ = '\0';
			quoted[n] = false;
			fields[n++] = out;
		} else {
			*out++ = *text;
		}
	}
	*out = '\0';
	return n;
}

static bool only_stars(const char *const *fields, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (strcmp(fields[i], "*") != 0 && *fields[i])
			return false;
	return true;
}

/* A binary alone has all its probes, and an event alone may be of any category. */
static bool complete_fields(const struct provider *provider, const char **fields)
{
	bool has_binary = provider->flags & PROVIDER_USER;

	if (!*fields[1])
		return false;
	fields[2] = has_binary ? "*" : fields[1];
	fields[1] = has_binary ? fields[1] : "*";
	return true;
}

static void list_pattern(struct listing *listing, const char *pattern)
{
	struct compilation *compilation = listing->compilation;
	const char *fields[8];
	bool quoted[8] = {false};
	size_t n = split_fields(compilation->arena, pattern, fields, quoted, 8);
	struct provider_text text = {
		.span = SPAN_NONE, .text = pattern, .fields = fields, .quoted = quoted};
	struct plan_target target = {0};
	bool ok;

	text.nfields = (uint32_t)n;
	if (!provider_matches(listing->provider, fields[0]))
		return;
	if (only_stars(fields, n)) {
		list_all(listing);
		return;
	}
	fields[0] = listing->provider->name;
	/* A pattern for several providers need not fit all of them. */
	diags_mute(compilation->diags, true);
	ok = listing->provider->parse(&compilation->env, compilation->diags, &text, &target);
	if (!ok && n == 2 && listing->is_named && complete_fields(listing->provider, fields)) {
		text.nfields++;
		ok = listing->provider->parse(&compilation->env, compilation->diags, &text,
					      &target);
	}
	diags_mute(compilation->diags, false);
	if (ok)
		expand(listing, &target);
}

static void collect_tag(const char *module, const char *name, void *data)
{
	struct listing *listing = data;
	struct arena *arena = listing->cli->arena;
	struct found_tag tag;

	if (!glob_match(listing->tag, name))
		return;
	tag.module = module ? arena_strdup(arena, module) : "vmlinux";
	tag.name = arena_strdup(arena, name);
	vec_push(arena, &listing->tags, tag);
}

static void print_tag(const struct listing *listing, const struct found_tag *tag)
{
	const char *name = tag->name;
	struct strbuf text = STRBUF_INIT;
	enum type_kind kind = TYPE_ENUM;

	if (!listing->cli->verbose) {
		puts(name);
		return;
	}
	if (!strncmp(name, "struct ", 7))
		kind = TYPE_STRUCT;
	else if (!strncmp(name, "union ", 6))
		kind = TYPE_UNION;
	if (types_c_definition(listing->compilation->types, kind, strchr(name, ' ') + 1, &text))
		printf("%s: %s\n", tag->module, strbuf_str(&text));
	strbuf_free(&text);
}

static int compare_tags(const void *a, const void *b)
{
	const struct found_tag *left = a, *right = b;

	return strcmp(left->name, right->name);
}

static void list_tags(struct listing *listing, const char *pattern)
{
	listing->tag = pattern;
	listing->tags.len = 0;
	types_each_tag(listing->compilation->types, collect_tag, listing);
	if (listing->tags.len)
		qsort(listing->tags.data, listing->tags.len, sizeof(listing->tags.data[0]),
		      compare_tags);
	for (size_t i = 0; i < listing->tags.len; i++)
		print_tag(listing, &listing->tags.data[i]);
}

static bool is_type_pattern(const char *pattern)
{
	return !strncmp(pattern, "struct ", 7) || !strncmp(pattern, "union ", 6) ||
	       !strncmp(pattern, "enum ", 5);
}

static void list_one(struct listing *listing, const char *pattern)
{
	const struct provider *const *all;
	size_t n;

	if (is_type_pattern(pattern)) {
		list_tags(listing, pattern);
		return;
	}
	all = providers(&n);
	for (size_t i = 0; i < n; i++) {
		listing->provider = all[i];
		listing->last_field = NULL;
		listing->is_named = names_provider(all[i], pattern);
		/* There is none of them but in a script. */
		if (all[i]->listed && !*all[i]->listed)
			continue;
		if (strchr(pattern, ':')) {
			list_pattern(listing, pattern);
		} else if (provider_matches(all[i], pattern)) {
			list_all(listing);
		} else {
			listing->last_field = pattern;
			list_all(listing);
		}
	}
}

/* Ends the first of several patterns at its comma, unless that is in quotes; the rest, or NULL. */
static char *cut_pattern(char *text)
{
	bool in_quotes = false;

	for (; *text; text++) {
		in_quotes ^= *text == '"';
		if (*text != ',' || in_quotes)
			continue;
		*text = '\0';
		return text + 1;
	}
	return NULL;
}

int list_probes(struct compilation *compilation, const struct cli *cli)
{
	struct listing listing = {.compilation = compilation, .cli = cli};
	char *rest = arena_strdup(cli->arena, cli->file ? cli->file : "*");

	while (rest) {
		char *pattern = rest;

		rest = cut_pattern(pattern);
		pattern += strspn(pattern, " ");
		if (*pattern)
			list_one(&listing, pattern);
	}
	return STATUS_OK;
}
