/*
 * Tracepoints' records as BTF has them, where tracefs cannot be read: struct trace_event_raw_NAME,
 * for events that are not one of several made from the same description.
 */
#include "types/format.h"
#include "types/internal.h"

#include <string.h>

#define DATA_LOC "__data_loc_"
#define REL_LOC "__rel_loc_"

struct field_list {
	struct arena *arena;
	VEC(struct type_field)
	list;
};

/* struct trace_entry, whose members are the fields common_*. */
static void add_common(struct types *types, const struct type_field *entry,
		       struct field_list *fields)
{
	uint32_t n;
	const struct type_field *members = types_fields(types, entry->type, &n);

	for (uint32_t i = 0; i < n; i++) {
		struct type_field field = members[i];

		field.name = arena_printf(fields->arena, "common_%s", members[i].name);
		field.offset += entry->offset;
		vec_push(fields->arena, &fields->list, field);
	}
}

/* Data behind the record: BTF does not say of what, mostly it is text. */
static void add_located(struct types *types, const struct type_field *member, const char *prefix,
			struct field_list *fields)
{
	struct type_field field = *member;

	field.name = member->name + strlen(prefix);
	field.type = type_ptr(types, type_int(types, 1, true), SPACE_KERNEL);
	field.is_data_loc = true;
	field.is_rel_loc = !strcmp(prefix, REL_LOC);
	vec_push(fields->arena, &fields->list, field);
}

static void add_member(struct types *types, const struct type_field *member,
		       struct field_list *fields)
{
	if (!strcmp(member->name, "ent") && type_is_struct(member->type))
		add_common(types, member, fields);
	else if (!strncmp(member->name, DATA_LOC, strlen(DATA_LOC)))
		add_located(types, member, DATA_LOC, fields);
	else if (!strncmp(member->name, REL_LOC, strlen(REL_LOC)))
		add_located(types, member, REL_LOC, fields);
	else if (strcmp(member->name, "__data") != 0)
		vec_push(fields->arena, &fields->list, *member);
}

const struct type *record_of_btf(struct types *types, const char *name, const char *event)
{
	struct field_list fields = {.arena = types->arena};
	const char *tag = arena_printf(types->arena, "trace_event_raw_%s", event);
	const struct type *record = types_by_tag(types, TYPE_STRUCT, tag);
	const struct type_field *members;
	uint32_t n;

	if (!record)
		return NULL;
	members = types_fields(types, record, &n);
	for (uint32_t i = 0; i < n; i++)
		add_member(types, &members[i], &fields);
	return type_define_struct(types, TYPE_STRUCT, name, ORIGIN_CONTEXT, fields.list.data,
				  (uint32_t)fields.list.len, record->size, 8);
}
