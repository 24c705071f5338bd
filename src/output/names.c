/*
 * Values whose text is not in them: addresses of the network, points in time, symbols, stacks,
 * users, control groups. What the machine must be asked is asked through the resolver.
 */
#include "output/internal.h"

#include <arpa/inet.h>
#include <time.h>

#define SECOND_NS 1000000000u
#define TIME_TEXT_MAX 512

/* --- network --- */

void put_inet(struct strbuf *out, const void *data)
{
	char text[INET6_ADDRSTRLEN];
	uint64_t family = load_u64(data);

	if (family == AF_INET || family == AF_INET6) {
		inet_ntop((int)family, (const char *)data + 8, text, sizeof(text));
		strbuf_adds(out, text);
	}
}

void put_mac(struct strbuf *out, const void *data)
{
	static const char digits[] = "0123456789ABCDEF";
	const unsigned char *bytes = data;

	for (int i = 0; i < 6; i++) {
		char text[3] = {':', digits[bytes[i] >> 4], digits[bytes[i] & 15]};

		strbuf_add(out, text + !i, sizeof(text) - !i);
	}
}

/* --- time --- */

/* The format with each %f replaced by the microseconds. */
static void put_microseconds(struct strbuf *out, const char *format, uint64_t ns)
{
	while (*format) {
		size_t len = strcspn(format, "%");

		strbuf_add(out, format, len);
		format += len;
		if (!*format)
			break;
		if (format[1] == 'f')
			strbuf_addf(out, "%06lu", ns % SECOND_NS / 1000);
		else
			strbuf_add(out, format, format[1] ? 2 : 1);
		format += format[1] ? 2 : 1;
	}
}

void put_wall_time(struct strbuf *out, const char *format, uint64_t ns)
{
	struct strbuf plain = STRBUF_INIT;
	time_t seconds = (time_t)(ns / SECOND_NS);
	char text[TIME_TEXT_MAX];
	struct tm parts;

	if (strstr(format, "%f")) {
		put_microseconds(&plain, format, ns);
		format = strbuf_str(&plain);
	}
	if (localtime_r(&seconds, &parts))
		strbuf_add(out, text, strftime(text, sizeof(text), format, &parts));
	strbuf_free(&plain);
}

static const char *plan_text(const struct output *output, uint32_t index)
{
	return index < output->plan->strings.len ? output->plan->strings.data[index] : "";
}

void put_timestamp(struct output *output, const void *data, struct strbuf *out)
{
	uint32_t clock = load_u32((const char *)data + 8);
	uint32_t format = load_u32((const char *)data + 12);
	uint64_t ns = load_u64(data);

	if (clock > CLOCK_SW_TAI_NS)
		clock = CLOCK_BOOT;
	put_wall_time(out, plan_text(output, format),
		      output->resolver.wall_ns(output->resolver.data, ns, clock));
}

/* --- symbols, users, groups --- */

void put_ksym(struct output *output, const void *data, struct strbuf *out)
{
	output->resolver.ksym(output->resolver.data, load_u64(data), false, false, out);
}

void put_usym(struct output *output, const void *data, struct strbuf *out)
{
	output->resolver.usym(output->resolver.data, load_u64(data),
			      load_u32((const char *)data + 8), out);
}

void put_username(struct output *output, const void *data, struct strbuf *out)
{
	output->resolver.username(output->resolver.data, load_u64(data), out);
}

void put_cgroup_path(struct output *output, const void *data, struct strbuf *out)
{
	const char *glob = plan_text(output, load_u32((const char *)data + 8));

	output->resolver.cgroup_path(output->resolver.data, load_u64(data), glob, out);
}

/* --- stacks --- */

#define INDENT "        "
#define BUILD_ID_WORDS 4 /* struct bpf_stack_build_id: s32 status, u8 id[20], u64 offset */
#define BUILD_ID_VALID 1

static void put_frame(struct output *output, const struct type *type,
		      const struct output_frame *frame, struct strbuf *out)
{
	const struct output_resolver *resolver = &output->resolver;

	if (type->kind == TYPE_USTACK) {
		resolver->uframe(resolver->data, frame, out);
		return;
	}
	strbuf_adds(out, frame->indent);
	resolver->ksym(resolver->data, frame->address, true, frame->perf, out);
	strbuf_addc(out, '\n');
}

static void put_build_id(const uint64_t *words, struct strbuf *out)
{
	const unsigned char *bytes = (const unsigned char *)words;

	if (load_u32(bytes) == BUILD_ID_VALID)
		for (int i = 4; i < 24; i++)
			strbuf_addf(out, "%02x", bytes[i]);
	else
		strbuf_adds(out, "[unknown]");
	strbuf_adds(out, " 0x");
	put_hex(out, words[3]);
}

static void put_stack_line(struct output *output, const struct type *type,
			   const struct plan_stack *stack, uint32_t index, uint32_t tgid,
			   enum value_style style, struct strbuf *out)
{
	const uint64_t *frames = stack->frames;
	struct output_frame frame = {
		.seen_ns = stack->seen_ns,
		.tgid = tgid,
		.is_innermost = !index,
	};

	switch (type->stack.mode) {
	case STACK_BPFTRACE:
		frame.address = frames[index];
		frame.indent = style == STYLE_TEXT ? INDENT : "";
		put_frame(output, type, &frame, out);
		break;
	case STACK_PERF:
		frame.address = frames[index];
		frame.perf = true;
		frame.indent = "\t";
		put_frame(output, type, &frame, out);
		break;
	case STACK_RAW:
		put_hex(out, frames[index]);
		strbuf_addc(out, '\n');
		break;
	case STACK_BUILD_ID:
		put_build_id(frames + (size_t)index * BUILD_ID_WORDS, out);
		strbuf_addc(out, '\n');
		break;
	}
}

void put_stack(struct output *output, const struct type *type, const void *data,
	       enum value_style style, struct strbuf *out)
{
	const struct plan_stack *stack;
	struct plan_stack_key key;

	memcpy(&key, data, sizeof(key));
	strbuf_addc(out, '\n');
	if (!key.nframes)
		return;
	stack = output->resolver.stack(output->resolver.data, type, &key);
	if (!stack) {
		strbuf_adds(out, style == STYLE_TEXT ? INDENT "[lost]\n" : "[lost]\n");
		return;
	}
	for (uint32_t i = 0; i < key.nframes && i < type->stack.depth; i++)
		put_stack_line(output, type, stack, i, key.tgid, style, out);
}
