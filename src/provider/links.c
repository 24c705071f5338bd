/* Attached things with one owner: perf events with their BPF links, other links. */
#include "provider/internal.h"

#include <bpf/libbpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct link_entry {
	struct bpf_link *link; /* or */
	int fd;
	bool is_perf, is_iterator;
};

struct provider_links {
	struct link_entry *entries;
	size_t n, cap;
	struct iteration *iteration; /* or NULL */
	const char *pin; /* where an iterator was left, or NULL */
};

struct provider_links *provider_links_new(void)
{
	struct provider_links *links = calloc(1, sizeof(*links));

	if (!links)
		abort();
	return links;
}

static void add(struct provider_links *links, struct link_entry entry)
{
	if (links->n == links->cap) {
		links->cap = links->cap ? links->cap * 2 : 64;
		links->entries = realloc(links->entries, links->cap * sizeof(*links->entries));
		if (!links->entries)
			abort();
	}
	links->entries[links->n++] = entry;
}

void provider_links_add_link(struct provider_links *links, struct bpf_link *link)
{
	add(links, (struct link_entry){.link = link, .fd = -1});
}

void provider_links_add_fd(struct provider_links *links, int fd)
{
	add(links, (struct link_entry){.fd = fd});
}

void provider_links_add_perf(struct provider_links *links, int fd)
{
	add(links, (struct link_entry){.fd = fd, .is_perf = true});
}

void provider_links_add_iterator(struct provider_links *links, int fd)
{
	add(links, (struct link_entry){.fd = fd, .is_iterator = true});
}

void provider_links_add_pin(struct provider_links *links, const char *path)
{
	links->pin = path;
}

const char *provider_links_pin(const struct provider_links *links)
{
	return links->pin;
}

int provider_links_iterate(struct provider_links *links)
{
	int *fds = calloc(links->n + 1, sizeof(*fds));
	size_t n = 0;

	if (!fds)
		abort();
	for (size_t i = 0; i < links->n; i++)
		if (links->entries[i].is_iterator)
			fds[n++] = links->entries[i].fd;
	if (n)
		links->iteration = iteration_start(fds, n);
	free(fds);
	return links->iteration ? iteration_fd(links->iteration) : -1;
}

size_t provider_links_count(const struct provider_links *links)
{
	return links->n;
}

/* The descriptors of links must be closed to detach; perf events can be stopped first, which is
 * immediate. */
void provider_links_disable(struct provider_links *links)
{
	iteration_end(links->iteration);
	links->iteration = NULL;
	for (size_t i = 0; i < links->n; i++)
		if (links->entries[i].is_perf)
			ioctl(links->entries[i].fd, PERF_EVENT_IOC_DISABLE, 0);
	for (size_t i = 0; i < links->n; i++) {
		struct link_entry *entry = &links->entries[i];

		if (entry->link) {
			bpf_link__destroy(entry->link);
			entry->link = NULL;
		} else if (!entry->is_perf && entry->fd >= 0) {
			close(entry->fd);
			entry->fd = -1;
		}
	}
}

void provider_links_cut(struct provider_links *links, size_t count)
{
	while (links->n > count) {
		struct link_entry *entry = &links->entries[--links->n];

		bpf_link__destroy(entry->link);
		if (entry->fd >= 0)
			close(entry->fd);
	}
}

void provider_links_free(struct provider_links *links)
{
	if (!links)
		return;
	iteration_end(links->iteration);
	provider_links_cut(links, 0);
	free(links->entries);
	free(links);
}

int attach_each(const struct provider_attach *attach,
		int (*one)(const struct provider_attach *attach, const struct plan_target *target,
			   uint32_t index, const char **error),
		const char **error, uint32_t *failed)
{
	size_t before = provider_links_count(attach->links);

	for (uint32_t i = 0; i < attach->prog->targets.len; i++) {
		int result = one(attach, &attach->prog->targets.data[i],
				 attach->indices ? attach->indices[i] : i, error);

		if (result) {
			*failed = i;
			provider_links_cut(attach->links, before);
			return result;
		}
	}
	return 0;
}
