// SPDX-License-Identifier: MIT
/*
 * Exact decimal digits: m * 2 ** -k is m * 5 ** k / 10 ** k, so that each finite
 * binary number is an integer with a decimal point somewhere.
 */
#include "guest/lib/real.h"

#ifdef KVM_PAYLOAD_SIMD

#include "kvm_test.h"

#define LIMB 1000000000u /* nine digits */
#define LIMBS (REAL_DIGITS_MAX / 9)
#define FACTOR_5_13 1220703125u /* 5 ** 13, the largest power in 32 bits */

/* The format of x87's 80 bits: SDM Vol. 1 "Floating-Point Data Types". */
struct real real_split(long double value)
{
	struct {
		uint64_t mantissa;
		uint16_t sign_exponent;
	} __attribute__((packed)) raw;
	struct real real = {0};

	memcpy(&raw, &value, sizeof(raw));
	real.negative = raw.sign_exponent >> 15;
	real.exponent = (raw.sign_exponent & 0x7fff) - 16383 - 63;
	real.mantissa = raw.mantissa;
	if ((raw.sign_exponent & 0x7fff) == 0x7fff) {
		real.infinite = !(raw.mantissa << 1);
		real.nan = !real.infinite;
	} else if (!raw.mantissa) {
		real.exponent = 0;
	} else {
		while (!(real.mantissa >> 63)) {
			real.mantissa <<= 1;
			real.exponent--;
		}
	}
	return real;
}

static unsigned int multiply(uint32_t *limbs, unsigned int count, uint32_t factor)
{
	uint64_t carry = 0;

	for (unsigned int i = 0; i < count; i++) {
		carry += (uint64_t)limbs[i] * factor;
		limbs[i] = carry % LIMB;
		carry /= LIMB;
	}
	for (; carry; carry /= LIMB)
		limbs[count++] = carry % LIMB;
	return count;
}

bool real_to_digits(const struct real *real, struct real_digits *digits)
{
	uint32_t limbs[LIMBS];
	uint64_t mantissa = real->mantissa;
	int exponent = real->exponent, places = 0;
	unsigned int count = 0;

	if (!mantissa) {
		*digits = (struct real_digits){.text = "0", .count = 1, .point = 1};
		return true;
	}
	while (exponent < 0 && !(mantissa & 1)) {
		mantissa >>= 1;
		exponent++;
	}
	if (exponent > REAL_EXPONENT_MAX || exponent < -REAL_EXPONENT_MAX)
		return false;
	for (; mantissa; mantissa /= LIMB)
		limbs[count++] = mantissa % LIMB;
	for (; exponent > 0; exponent--)
		count = multiply(limbs, count, 2);
	for (; exponent <= -13; exponent += 13, places += 13)
		count = multiply(limbs, count, FACTOR_5_13);
	for (; exponent < 0; exponent++, places++)
		count = multiply(limbs, count, 5);

	digits->count = sprintf(digits->text, "%u", limbs[count - 1]);
	while (--count)
		digits->count += sprintf(digits->text + digits->count, "%09u", limbs[count - 1]);
	digits->point = digits->count - places;
	return true;
}

/* Whether what follows the first keep digits is more than half, or half behind an odd one. */
static bool rounds_up(const struct real_digits *digits, int keep)
{
	if (keep < 0 || keep >= digits->count)
		return false;
	if (digits->text[keep] != '5')
		return digits->text[keep] > '5';
	for (int i = keep + 1; i < digits->count; i++) {
		if (digits->text[i] != '0')
			return true;
	}
	return keep > 0 && (digits->text[keep - 1] & 1);
}

void real_round(struct real_digits *digits, int keep)
{
	int i = keep;

	if (keep >= digits->count)
		return;
	if (!rounds_up(digits, keep)) {
		digits->count = keep > 0 ? keep : 0;
		return;
	}
	while (i > 0 && digits->text[i - 1] == '9')
		i--;
	if (i > 0) {
		digits->text[i - 1]++;
		digits->count = i;
	} else { /* all nines, or no digit left: a power of ten */
		digits->text[0] = '1';
		digits->count = 1;
		digits->point++;
	}
}

#endif /* KVM_PAYLOAD_SIMD */
