/* The buckets of hist() and lhist(): how many there are, which one a number is in, its bounds. */
#include "types/type.h"

/* Bucket 0 holds the negative numbers; then come 2^(bits + 1) exact ones. */
static uint32_t exact_buckets(uint32_t bits)
{
	return 2u << bits;
}

uint32_t type_hist_buckets(uint32_t bits)
{
	return 1 + exact_buckets(bits) + ((63 - bits) << bits);
}

uint32_t type_hist_bucket(uint32_t bits, int64_t n)
{
	uint32_t power;

	if (n < 0)
		return 0;
	if (n < exact_buckets(bits))
		return 1 + (uint32_t)n;
	power = 63 - (uint32_t)__builtin_clzll((uint64_t)n);
	return 1 + exact_buckets(bits) + ((power - bits - 1) << bits) +
	       ((uint32_t)(n >> (power - bits)) & ((1u << bits) - 1));
}

void type_hist_bounds(uint32_t bits, uint32_t bucket, uint64_t *low, uint64_t *high)
{
	uint32_t exact = exact_buckets(bits), part, power;
	uint64_t step;

	bucket--;
	if (bucket < exact) {
		*low = *high = bucket;
		return;
	}
	power = bits + 1 + ((bucket - exact) >> bits);
	part = (bucket - exact) & ((1u << bits) - 1);
	step = 1ull << (power - bits);
	*low = (1ull << power) + part * step;
	*high = *low + step - 1;
}

uint32_t type_lhist_buckets(const struct type *type)
{
	return (uint32_t)((type->lhist.max - type->lhist.min) / type->lhist.step);
}
