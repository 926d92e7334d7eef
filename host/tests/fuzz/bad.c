// SPDX-License-Identifier: MIT
/* Payloads that a fuzz test has something to say of: CASE is which. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#define HANG 1
#define LEAVES 2
#define NEVER_ASKS 3
#define PASSES 4

void main(void)
{
	size_t size = 0;
	const uint8_t *input = NULL;

	if (CASE != NEVER_ASKS || tst_arg())
		input = tst_input(&size);
	if (CASE == HANG)
		while (size == 0)
			asm volatile("pause");
	if (CASE == LEAVES && size == 0)
		kvm_out8(0x99, 1);
	if (CASE == PASSES && size > 3 && input[0] > input[1] && input[2] == input[3])
		memset(&size, 0, sizeof(size));
}

#endif /* COMPILE_PAYLOAD */
