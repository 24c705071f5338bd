/* Names that listing callbacks give, collected and sorted. */
#include "provider/internal.h"

#include <stdlib.h>
#include <string.h>

void name_list_add(const char *module, const char *name, void *data)
{
	struct name_list *list = data;
	struct name_pair pair = {
		.module = module ? arena_strdup(list->arena, module) : NULL,
		.name = arena_strdup(list->arena, name),
	};

	vec_push(list->arena, &list->names, pair);
}

static int compare(const void *a, const void *b)
{
	const struct name_pair *left = a, *right = b;
	int order = strcmp(left->module ? left->module : "", right->module ? right->module : "");

	return order ? order : strcmp(left->name, right->name);
}

void name_list_sort(struct name_list *list)
{
	if (list->names.len)
		qsort(list->names.data, list->names.len, sizeof(list->names.data[0]), compare);
}
