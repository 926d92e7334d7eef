// SPDX-License-Identifier: MIT
#include "kvm_test.h"

__attribute__((noinline)) static double leaf(int index)
{
	volatile double array[4] = {0};

	array[1] = index;
	return array[index & 3];
}

void main(void)
{
	tst_res(TPASS, "%f", leaf(1));
}
