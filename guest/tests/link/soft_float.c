// SPDX-License-Identifier: MIT
#include "kvm_test.h"

static volatile float a = 1.5f, b;

void main(void)
{
	b = a + a;
}
