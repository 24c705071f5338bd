/*
 * Allocation flags of the kernel by name: %gr. In comes a gfp_t, out go names joined by "|", the
 * longest combinations first. Bits as in include/linux/gfp_types.h; those above bit 23 depend on
 * the kernel's configuration and are shown as a number.
 */
#include "output/internal.h"

#define BIT(n) (1u << (n))

enum {
	DMA = BIT(0),
	HIGHMEM = BIT(1),
	DMA32 = BIT(2),
	MOVABLE = BIT(3),
	RECLAIMABLE = BIT(4),
	HIGH = BIT(5),
	IO = BIT(6),
	FS = BIT(7),
	ZERO = BIT(8),
	DIRECT_RECLAIM = BIT(10),
	KSWAPD_RECLAIM = BIT(11),
	WRITE = BIT(12),
	NOWARN = BIT(13),
	RETRY_MAYFAIL = BIT(14),
	NOFAIL = BIT(15),
	NORETRY = BIT(16),
	MEMALLOC = BIT(17),
	COMP = BIT(18),
	NOMEMALLOC = BIT(19),
	HARDWALL = BIT(20),
	THISNODE = BIT(21),
	ACCOUNT = BIT(22),
	ZEROTAGS = BIT(23),

	RECLAIM = DIRECT_RECLAIM | KSWAPD_RECLAIM,
	KERNEL = RECLAIM | IO | FS,
	USER = KERNEL | HARDWALL,
	HIGHUSER = USER | HIGHMEM,
	HIGHUSER_MOVABLE = HIGHUSER | MOVABLE,
	TRANSHUGE_LIGHT = (HIGHUSER_MOVABLE | COMP | NOMEMALLOC | NOWARN) & ~RECLAIM,
};

static const struct {
	uint32_t flags;
	const char *name;
} names[] = {
	{TRANSHUGE_LIGHT | DIRECT_RECLAIM, "GFP_TRANSHUGE"},
	{TRANSHUGE_LIGHT, "GFP_TRANSHUGE_LIGHT"},
	{HIGHUSER_MOVABLE, "GFP_HIGHUSER_MOVABLE"},
	{HIGHUSER, "GFP_HIGHUSER"},
	{USER, "GFP_USER"},
	{KERNEL | ACCOUNT, "GFP_KERNEL_ACCOUNT"},
	{KERNEL, "GFP_KERNEL"},
	{RECLAIM | IO, "GFP_NOFS"},
	{HIGH | KSWAPD_RECLAIM, "GFP_ATOMIC"},
	{RECLAIM, "GFP_NOIO"},
	{KSWAPD_RECLAIM | NOWARN, "GFP_NOWAIT"},
	{DMA, "GFP_DMA"},
	{HIGHMEM, "__GFP_HIGHMEM"},
	{DMA32, "GFP_DMA32"},
	{HIGH, "__GFP_HIGH"},
	{IO, "__GFP_IO"},
	{FS, "__GFP_FS"},
	{NOWARN, "__GFP_NOWARN"},
	{RETRY_MAYFAIL, "__GFP_RETRY_MAYFAIL"},
	{NOFAIL, "__GFP_NOFAIL"},
	{NORETRY, "__GFP_NORETRY"},
	{COMP, "__GFP_COMP"},
	{ZERO, "__GFP_ZERO"},
	{NOMEMALLOC, "__GFP_NOMEMALLOC"},
	{MEMALLOC, "__GFP_MEMALLOC"},
	{HARDWALL, "__GFP_HARDWALL"},
	{THISNODE, "__GFP_THISNODE"},
	{RECLAIMABLE, "__GFP_RECLAIMABLE"},
	{MOVABLE, "__GFP_MOVABLE"},
	{ACCOUNT, "__GFP_ACCOUNT"},
	{WRITE, "__GFP_WRITE"},
	{DIRECT_RECLAIM, "__GFP_DIRECT_RECLAIM"},
	{KSWAPD_RECLAIM, "__GFP_KSWAPD_RECLAIM"},
	{ZEROTAGS, "__GFP_ZEROTAGS"},
};

void put_gfp_flags(struct strbuf *out, uint64_t flags)
{
	const char *bar = "";

	if (!flags) {
		strbuf_addc(out, '0');
		return;
	}
	for (size_t i = 0; flags && i < sizeof(names) / sizeof(*names); i++) {
		if ((flags & names[i].flags) != names[i].flags)
			continue;
		strbuf_adds(out, bar);
		strbuf_adds(out, names[i].name);
		flags &= ~(uint64_t)names[i].flags;
		bar = "|";
	}
	if (!flags)
		return;
	strbuf_adds(out, bar);
	strbuf_adds(out, "0x");
	put_hex(out, flags);
}
