// SPDX-License-Identifier: MIT
#include "kvm_test.h"

/* 200 KiB would not fit on a stack of the usual size. */
static void __attribute__((noinline)) use_stack(void)
{
	volatile char array[200 * 1024];

	for (size_t i = 0; i < sizeof(array); i += 1024)
		array[i] = 1;
	tst_res(array[1024] == 1 ? TPASS : TFAIL, "the second payload, with a large stack");
}

void main(void)
{
	use_stack();
}
