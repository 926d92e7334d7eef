/* SPDX-License-Identifier: MIT */
/*
 * An input that is a list of bits to flip, two bytes each: the number of a field, and
 * that of a bit. Where the first byte is no field's, one state is complete, and the next
 * begins.
 */
#ifndef RINGSIDE_KVM_TESTS_FUZZ_BIT_FLIPS_H
#define RINGSIDE_KVM_TESTS_FUZZ_BIT_FLIPS_H

#include "kvm_test.h"

/** An input, read from its beginning to its end. */
struct bit_flips {
	const uint8_t *at, *end;
	unsigned int next_state; /* first number that is no field's */
};

static inline struct bit_flips bit_flips_of_input(unsigned int next_state)
{
	struct bit_flips flips = {.next_state = next_state};
	size_t size;

	flips.at = tst_input(&size);
	flips.end = flips.at + size;
	return flips;
}

static inline int bit_flips_left(const struct bit_flips *flips)
{
	return flips->end - flips->at > 1;
}

enum bit_flips_step {
	BIT_FLIPS_END,
	BIT_FLIPS_NEXT_STATE,
	BIT_FLIPS_FLIP
};

/** The next pair: a flip, as field and bit, or the end of this state, with @bit its other byte. */
static inline enum bit_flips_step bit_flips_next(struct bit_flips *flips, uint8_t *field,
						 uint8_t *bit)
{
	const uint8_t *at = flips->at;

	if (!bit_flips_left(flips))
		return BIT_FLIPS_END;
	flips->at += 2;
	*field = at[0];
	*bit = at[1];
	return at[0] < flips->next_state ? BIT_FLIPS_FLIP : BIT_FLIPS_NEXT_STATE;
}

#endif /* RINGSIDE_KVM_TESTS_FUZZ_BIT_FLIPS_H */
