// SPDX-License-Identifier: MIT
/* Floating point, and all of the library that formats it. */
#include "kvm_test.h"

static volatile double value = 1.5;

void main(void)
{
	tst_res(TPASS, "%f %e %g %a", value, value * 2, value / 3, value + 1);
}
