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

int name_pair_compare(const struct name_pair *left, const struct name_pair *right)
{
	int order = strcmp(left->module ? left->module : "", right->module ? right->module : "");

	return order ? order : strcmp(left->name, right->name);
}

static int compare(const void *left, const void *right)
{
	return name_pair_compare(left, right);
}

void name_list_sort(struct name_list *list)
{
	size_t kept = 0;

	if (!list->names.len)
		return;
	qsort(list->names.data, list->names.len, sizeof(list->names.data[0]), compare);
	for (size_t i = 1; i < list->names.len; i++)
		if (name_pair_compare(&list->names.data[kept], &list->names.data[i]))
			list->names.data[++kept] = list->names.data[i];
		else
			list->names.data[kept].is_repeated = true;
	list->names.len = kept + 1;
}
