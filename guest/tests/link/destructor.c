// SPDX-License-Identifier: MIT
#include "kvm_test.h"

static void __attribute__((destructor)) clean(void)
{
	tst_res(TINFO, "never");
}

void main(void)
{
}
