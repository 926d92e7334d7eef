// SPDX-License-Identifier: MIT
#include "kvm_test.h"

void main(void)
{
	/* The toolchain's flags keep the compiler from making such code by itself. */
	asm volatile("fldz");
}
