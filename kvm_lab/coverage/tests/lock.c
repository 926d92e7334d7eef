// SPDX-License-Identifier: MIT
/*
 * A hypercall with three bytes of the input. All decisions are KVM's: how much of them is
 * right for the lock that is planted there (BUILD.bazel), the payload does not learn.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

/* As in BUILD.bazel. */
#define HYPERCALL 0x10c
#define OPEN 0x09e4

void main(void)
{
	size_t size;
	const uint8_t *input = tst_input(&size);
	/* Behind the input's end there are zeros. */
	const unsigned long key = input[0] | input[1] << 8 | input[2] << 16;
	unsigned long result = HYPERCALL;

	/* APM Vol. 3, VMMCALL. */
	asm volatile("vmmcall" : "+a"(result) : "b"(key) : "memory");
	if (result == OPEN)
		tst_res(TFAIL, "the lock in KVM is open");
}

#endif /* COMPILE_PAYLOAD */
