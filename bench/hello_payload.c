// SPDX-License-Identifier: MIT
/* The least that a test does. */
#include "kvm_test.h"

void main(void)
{
	tst_res(TPASS, "Hello, world!");
}
