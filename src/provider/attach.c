/* Attaching the targets of a program: one by one, or many by one link. What the kernel refuses is
 * told to the caller, who may do without. */
#include "provider/internal.h"

#include <errno.h>

bool provider_blames_target(int error)
{
	return error != -EMFILE && error != -ENFILE && error != -ENOMEM;
}

bool attach_each(const struct provider_attach *attach, attach_one_fn fn)
{
	size_t before = provider_links_count(attach->links);

	for (uint32_t i = 0; i < attach->prog->targets.len; i++) {
		size_t here = provider_links_count(attach->links);
		const char *error = "";
		int result = fn(attach, &attach->prog->targets.data[i], i, &error);

		if (!result)
			continue;
		provider_links_cut(attach->links, here);
		if (attach->refused(attach->data, i, result, error))
			continue;
		provider_links_cut(attach->links, before);
		return false;
	}
	return true;
}

struct ranges {
	const struct provider_attach *attach;
	const uint32_t *targets;
	attach_range_fn fn;
	void *data;
};

static bool attach_part(const struct ranges *ranges, uint32_t first, uint32_t n)
{
	const struct provider_attach *attach = ranges->attach;
	const char *error = "";
	int fd = ranges->fn(attach, first, n, ranges->data, &error);

	if (fd >= 0) {
		provider_links_add_fd(attach->links, fd);
		return true;
	}
	if (n == 1 || !provider_blames_target(fd))
		return attach->refused(attach->data, ranges->targets[first], fd, error);
	return attach_part(ranges, first, n / 2) && attach_part(ranges, first + n / 2, n - n / 2);
}

bool attach_range(const struct provider_attach *attach, const uint32_t *targets, uint32_t n,
		  attach_range_fn fn, void *data)
{
	const struct ranges ranges = {attach, targets, fn, data};
	size_t before = provider_links_count(attach->links);

	if (attach_part(&ranges, 0, n))
		return true;
	provider_links_cut(attach->links, before);
	return false;
}
