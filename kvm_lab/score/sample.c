/* SPDX-License-Identifier: MIT */
/* See sample.h. */
#include "kvm_lab/score/sample.h"

/* SplitMix64: the same numbers everywhere and for ever, for one seed. */
static uint64_t next(uint64_t *state)
{
	uint64_t value = *state += 0x9e3779b97f4a7c15;

	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
	value = (value ^ value >> 27) * 0x94d049bb133111eb;
	return value ^ value >> 31;
}

/* A number below @limit, each equally likely. */
static uint64_t below(uint64_t *state, uint64_t limit)
{
	const uint64_t end = UINT64_MAX - UINT64_MAX % limit;
	uint64_t value;

	do
		value = next(state);
	while (value >= end);
	return value % limit;
}

void sample_shuffle(struct score *score)
{
	uint64_t state = score->seed;

	for (size_t i = score->fault_count; i > 1; i--) {
		const size_t other = below(&state, i);
		const struct fault fault = score->faults[i - 1];

		score->faults[i - 1] = score->faults[other];
		score->faults[other] = fault;
	}
}
