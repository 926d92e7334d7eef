// SPDX-License-Identifier: MIT
/*
 * Functions that the compiler calls for 64-bit division on 32-bit CPUs; the
 * names and meanings are those of GCC's low-level runtime library.
 */
#include "kvm_test.h"

#if UINTPTR_MAX < UINT64_MAX

uint64_t __udivmoddi4(uint64_t dividend, uint64_t divisor, uint64_t *remainder);
uint64_t __udivdi3(uint64_t dividend, uint64_t divisor);
uint64_t __umoddi3(uint64_t dividend, uint64_t divisor);
int64_t __divdi3(int64_t dividend, int64_t divisor);
int64_t __moddi3(int64_t dividend, int64_t divisor);

/* high:low / divisor, where high < divisor: what the CPU's instruction can do. */
static uint32_t divide_step(uint32_t high, uint32_t low, uint32_t divisor, uint32_t *remainder)
{
	uint32_t quotient;

	asm("divl %4"
	    : "=a"(quotient), "=d"(*remainder)
	    : "a"(low), "d"(high), "rm"(divisor)
	    : "cc");
	return quotient;
}

uint64_t __udivmoddi4(uint64_t dividend, uint64_t divisor, uint64_t *remainder)
{
	uint64_t quotient = 0;
	uint32_t high = dividend >> 32, rest = 0;
	int shift;

	if (!(divisor >> 32)) {
		/* Two digits of base 2^32; a divisor of zero traps in the first. */
		quotient = (uint64_t)divide_step(0, high, divisor, &rest) << 32;
		quotient |= divide_step(rest, dividend, divisor, &rest);
		*remainder = rest;
		return quotient;
	}
	if (dividend >= divisor) {
		shift = __builtin_clz(divisor >> 32) - __builtin_clz(high);
		divisor <<= shift;
		for (; shift >= 0; shift--, divisor >>= 1) {
			quotient <<= 1;
			if (dividend >= divisor) {
				dividend -= divisor;
				quotient |= 1;
			}
		}
	}
	*remainder = dividend;
	return quotient;
}

uint64_t __udivdi3(uint64_t dividend, uint64_t divisor)
{
	uint64_t remainder;

	return __udivmoddi4(dividend, divisor, &remainder);
}

uint64_t __umoddi3(uint64_t dividend, uint64_t divisor)
{
	uint64_t remainder;

	__udivmoddi4(dividend, divisor, &remainder);
	return remainder;
}

static uint64_t magnitude(int64_t value)
{
	return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

int64_t __divdi3(int64_t dividend, int64_t divisor)
{
	uint64_t quotient = __udivdi3(magnitude(dividend), magnitude(divisor));

	return (dividend < 0) != (divisor < 0) ? -quotient : quotient;
}

int64_t __moddi3(int64_t dividend, int64_t divisor)
{
	uint64_t remainder = __umoddi3(magnitude(dividend), magnitude(divisor));

	return dividend < 0 ? -remainder : remainder;
}

#else

/* ISO C forbids an empty translation unit. */
typedef int runtime_is_empty;

#endif
