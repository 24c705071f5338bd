/*
 * Time series: tseries(), as a plot and as JSON. In comes one merged value, a ring of {epoch,
 * value, count, set}. An epoch is the number of intervals since the wall clock's beginning, so that
 * rows lie at multiples of the interval in wall-clock time.
 */
#include "output/internal.h"

#define ENTRY_SIZE 32
#define PLOT_LAST 52 /* columns 0 to 52; the bars stand in the first and the last */
#define SECOND_NS 1000000000u

struct point {
	bool is_set;
	__int128 value;
};

/* The scale of one plot. */
struct scale {
	bool is_empty;
	__int128 min, max;
};

/* --- the ring --- */

static const char *ring_entry(const void *data, uint64_t index)
{
	return (const char *)data + index * ENTRY_SIZE;
}

static struct point point_at(const struct type *type, const void *data, uint64_t epoch,
			     uint64_t div)
{
	const char *entry = ring_entry(data, epoch % type->tseries.intervals);
	uint64_t value = load_u64(entry + 8), count = load_u64(entry + 16);
	struct point point = {.is_set = load_u64(entry + 24) && load_u64(entry) == epoch};

	if (type->tseries.reduce == REDUCE_AVG)
		value = divide(type->is_signed, value, count);
	value = divide(type->is_signed, value, div);
	point.value = type->is_signed ? (__int128)(int64_t)value : (__int128)value;
	return point;
}

struct tseries_range tseries_range_of(const struct type *type, const struct output_entry *entries,
				      size_t n)
{
	uint64_t intervals = type->tseries.intervals, oldest;
	struct tseries_range range = {.is_empty = true};

	for (size_t i = 0; i < n * intervals; i++) {
		const char *entry = ring_entry(entries[i / intervals].value, i % intervals);

		if (!load_u64(entry + 24))
			continue;
		if (range.is_empty || load_u64(entry) > range.last)
			range.last = load_u64(entry);
		range.is_empty = false;
	}
	range.first = range.last;
	oldest = range.last >= intervals ? range.last - intervals + 1 : 0;
	for (size_t i = 0; i < n * intervals; i++) {
		const char *entry = ring_entry(entries[i / intervals].value, i % intervals);
		uint64_t epoch = load_u64(entry);

		if (load_u64(entry + 24) && epoch >= oldest && epoch < range.first)
			range.first = epoch;
	}
	return range;
}

static struct scale find_scale(const struct type *type, const void *data,
			       struct tseries_range range, uint64_t div)
{
	struct scale scale = {.is_empty = true};

	for (uint64_t epoch = range.first; epoch - range.first <= range.last - range.first;
	     epoch++) {
		struct point point = point_at(type, data, epoch, div);

		if (!point.is_set)
			continue;
		if (scale.is_empty || point.value < scale.min)
			scale.min = point.value;
		if (scale.is_empty || point.value > scale.max)
			scale.max = point.value;
		scale.is_empty = false;
	}
	if (!scale.is_empty && scale.min == scale.max) {
		scale.min--;
		scale.max++;
	}
	return scale;
}

/* --- times --- */

/* How the time of a row is shown: by the smallest gap between rows, which is the interval. */
struct clock_form {
	const char *heading;
	unsigned columns; /* of the heading */
	unsigned digits; /* behind the second */
	uint64_t unit_ns; /* of the last digit */
};

static const struct clock_form *clock_form(const struct type *type, struct tseries_range range)
{
	static const struct clock_form forms[] = {
		{"hh:mm:ss", 8, 0, SECOND_NS},
		{"hh:mm:ss.ms", 11, 3, 1000000},
		{"hh:mm:ss.μs", 11, 6, 1000},
		{"hh:mm:ss.ns", 11, 9, 1},
	};
	const struct clock_form *form = forms;

	if (range.first == range.last)
		return &forms[3];
	while (type->tseries.interval_ns < form->unit_ns)
		form++;
	return form;
}

static unsigned clock_width(const struct clock_form *form)
{
	return form->digits ? 9 + form->digits : 8;
}

static uint64_t epoch_ns(const struct type *type, uint64_t epoch)
{
	return epoch * type->tseries.interval_ns;
}

static void put_clock(struct strbuf *out, const struct clock_form *form, uint64_t ns)
{
	put_wall_time(out, "%H:%M:%S", ns);
	if (form->digits)
		strbuf_addf(out, ".%0*lu", (int)form->digits, ns % SECOND_NS / form->unit_ns);
}

/* --- the plot --- */

static unsigned column_of(const struct scale *scale, __int128 value)
{
	return (unsigned)((value - scale->min) * PLOT_LAST / (scale->max - scale->min));
}

/* Values are of 64 bits, signed or not; the scale may go one beyond. */
static void put_wide(struct strbuf *out, __int128 value)
{
	if (value < 0)
		strbuf_addc(out, '-');
	value = value < 0 ? -value : value;
	if (value >> 64)
		strbuf_adds(out, "18446744073709551616");
	else
		put_unsigned(out, (uint64_t)value);
}

/* The smallest value from under the left bar, the largest up to under the right bar. */
static void put_labels(struct strbuf *out, const struct scale *scale, unsigned indent)
{
	struct strbuf max = STRBUF_INIT;
	size_t start;

	strbuf_fill(out, ' ', indent);
	start = out->len;
	if (!scale->is_empty) {
		put_wide(out, scale->min);
		put_wide(&max, scale->max);
		strbuf_fill(out, ' ', PLOT_LAST + 1 - (out->len - start) - max.len);
		strbuf_add(out, strbuf_str(&max), max.len);
	}
	strbuf_addc(out, '\n');
	strbuf_free(&max);
}

static void put_edge(struct strbuf *out, char bar)
{
	strbuf_addc(out, bar);
	strbuf_fill(out, '_', PLOT_LAST - 1);
	strbuf_addc(out, bar);
	strbuf_addc(out, '\n');
}

static void put_line(struct strbuf *out, const struct scale *scale, const struct point *point)
{
	char line[PLOT_LAST + 1];

	memset(line, ' ', sizeof(line));
	line[0] = line[PLOT_LAST] = '|';
	if (!scale->is_empty && scale->min < 0 && scale->max > 0)
		line[column_of(scale, 0)] = '.';
	if (point->is_set)
		line[column_of(scale, point->value)] = '*';
	strbuf_add(out, line, sizeof(line));
	strbuf_addc(out, ' ');
	if (point->is_set)
		put_wide(out, point->value);
	else
		strbuf_addc(out, '-');
	strbuf_addc(out, '\n');
}

void tseries_text(const struct type *type, const void *data, struct tseries_range range,
		  uint64_t div, struct strbuf *out)
{
	const struct clock_form *form = clock_form(type, range);
	unsigned indent = clock_width(form) + 1;
	struct scale scale;

	if (range.is_empty)
		return;
	scale = find_scale(type, data, range, div);
	put_labels(out, &scale, indent);
	strbuf_adds(out, form->heading);
	strbuf_fill(out, ' ', indent - form->columns);
	put_edge(out, '|');
	for (uint64_t epoch = range.first; epoch - range.first <= range.last - range.first;
	     epoch++) {
		struct point point = point_at(type, data, epoch, div);

		put_clock(out, form, epoch_ns(type, epoch));
		strbuf_addc(out, ' ');
		put_line(out, &scale, &point);
	}
	strbuf_fill(out, ' ', indent);
	put_edge(out, 'v');
	put_labels(out, &scale, indent);
}

/* --- JSON --- */

void tseries_json(const struct type *type, const void *data, struct tseries_range range,
		  uint64_t div, struct strbuf *out)
{
	bool is_first = true;

	strbuf_addc(out, '[');
	for (uint64_t epoch = range.first;
	     !range.is_empty && epoch - range.first <= range.last - range.first; epoch++) {
		struct point point = point_at(type, data, epoch, div);
		uint64_t ns = epoch_ns(type, epoch);

		if (!point.is_set)
			continue;
		strbuf_adds(out, is_first ? "{\"interval_start\":\"" : ",{\"interval_start\":\"");
		put_wall_time(out, "%Y-%m-%dT%H:%M:%S", ns);
		strbuf_addf(out, ".%09lu\",\"value\":", ns % SECOND_NS);
		json_integer(out, type->is_signed, (uint64_t)point.value);
		strbuf_addc(out, '}');
		is_first = false;
	}
	strbuf_addc(out, ']');
}
