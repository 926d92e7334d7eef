// SPDX-License-Identifier: MIT
/* A quotient and a remainder make the dividend again, whatever was divided. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

struct division {
	uint32_t dividend, divisor;
};

void main(void)
{
	size_t size;
	const struct division *input = (const struct division *)tst_input(&size);
	uint32_t quotient, remainder = 0;

	if (size < sizeof(*input) || !input->divisor)
		return;
	asm volatile("divl %2"
		     : "=a"(quotient), "+d"(remainder)
		     : "m"(input->divisor), "a"(input->dividend)
		     : "cc");
	if (quotient * input->divisor + remainder != input->dividend)
		tst_res(TFAIL, "%u / %u is %u, remainder %u", input->dividend, input->divisor,
			quotient, remainder);
}

#endif /* COMPILE_PAYLOAD */
