// SPDX-License-Identifier: MIT
#include "kvm_test.h"

static __thread int counter = 1;

void main(void)
{
	counter++;
}
