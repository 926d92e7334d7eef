/* SPDX-License-Identifier: MIT */
/* Floating-point numbers as decimal digits, for formatted text in payloads with SIMD. */
#ifndef RINGSIDE_GUEST_LIB_REAL_H
#define RINGSIDE_GUEST_LIB_REAL_H

#ifdef KVM_PAYLOAD_SIMD

#include <stdbool.h>
#include <stdint.h>

/* Digits of the longest number: a mantissa of 64 bits times 5 ** REAL_EXPONENT_MAX. */
#define REAL_EXPONENT_MAX 1200
#define REAL_DIGITS_MAX 900

/** A number: mantissa * 2 ** exponent, unless it is infinite or none. */
struct real {
	bool negative, infinite, nan;
	uint64_t mantissa; /* its highest bit is set, or it is 0 */
	int exponent;
};

/** Takes a number apart; exact for each double and long double. */
struct real real_split(long double value);

/** Exact decimal digits, the first one not '0' unless all are. */
struct real_digits {
	char text[REAL_DIGITS_MAX];
	int count;
	int point; /* how many of them stand before the decimal point; may be beyond either end */
};

/** Fills in digits; false if the number's exponent is beyond REAL_EXPONENT_MAX. */
bool real_to_digits(const struct real *real, struct real_digits *digits);

/** Cuts digits to the first keep ones, rounded to the nearest, to an even one from halfway. */
void real_round(struct real_digits *digits, int keep);

#endif /* KVM_PAYLOAD_SIMD */

#endif /* RINGSIDE_GUEST_LIB_REAL_H */
