// SPDX-License-Identifier: MIT
#include "kvm_test.h"

void nowhere(void);

void main(void)
{
	nowhere();
}
