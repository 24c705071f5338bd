/*
 * Packet capture files, as skboutput() writes them: the classic format with nanoseconds
 * (draft-ietf-opsawg-pcap), Ethernet frames. One file for each name, begun anew by each run.
 */
#include "runtime/internal.h"

#include <errno.h>
#include <string.h>

#define PCAP_MAGIC_NS 0xa1b23c4du
#define PCAP_LINKTYPE_ETHERNET 1
#define SECOND_NS 1000000000u

struct pcap_head {
	uint32_t magic;
	uint16_t major, minor;
	int32_t zone;
	uint32_t accuracy, snaplen, linktype;
};

struct packet_head {
	uint32_t seconds, nanoseconds, captured, length;
};

struct pcap {
	const char *path;
	FILE *file; /* NULL: it could not be opened, or written */
	struct pcap *next;
};

static void fail(const struct run *run, struct pcap *pcap)
{
	run_error(run, "skboutput", "cannot write '%s': %s", pcap->path, strerror(errno));
	if (pcap->file)
		fclose(pcap->file);
	pcap->file = NULL;
}

static struct pcap *pcap_open(struct run *run, const char *path, uint32_t snaplen)
{
	const struct pcap_head head = {PCAP_MAGIC_NS, 2, 4, 0, 0, snaplen, PCAP_LINKTYPE_ETHERNET};
	struct pcap *pcap;

	for (pcap = run->pcaps; pcap; pcap = pcap->next)
		if (!strcmp(pcap->path, path))
			return pcap;
	pcap = arena_new_object(run->arena, struct pcap);
	pcap->path = path;
	pcap->next = run->pcaps;
	run->pcaps = pcap;
	pcap->file = fopen(path, "we");
	if (!pcap->file || fwrite(&head, sizeof(head), 1, pcap->file) != 1)
		fail(run, pcap);
	return pcap;
}

void run_pcap_write(struct run *run, const char *path, const struct run_packet *packet)
{
	const struct packet_head head = {
		(uint32_t)(packet->wall_ns / SECOND_NS),
		(uint32_t)(packet->wall_ns % SECOND_NS),
		packet->captured,
		packet->length,
	};
	struct pcap *pcap = pcap_open(run, path, packet->snaplen);

	if (pcap->file &&
	    (fwrite(&head, sizeof(head), 1, pcap->file) != 1 ||
	     fwrite(packet->bytes, 1, packet->captured, pcap->file) != packet->captured))
		fail(run, pcap);
}

void run_pcap_flush(struct run *run)
{
	for (struct pcap *pcap = run->pcaps; pcap; pcap = pcap->next)
		if (pcap->file && fflush(pcap->file))
			fail(run, pcap);
}

void run_pcap_close(struct run *run)
{
	for (struct pcap *pcap = run->pcaps; pcap; pcap = pcap->next) {
		FILE *file = pcap->file;

		pcap->file = NULL;
		if (file && fclose(file))
			fail(run, pcap);
	}
}
