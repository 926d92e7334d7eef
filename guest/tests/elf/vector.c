// SPDX-License-Identifier: MIT
#include "kvm_test.h"

void main(void)
{
	asm volatile("pxor %xmm1, %xmm1");
}
