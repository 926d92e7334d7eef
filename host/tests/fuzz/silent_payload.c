// SPDX-License-Identifier: MIT
/* Never asks for an input. */
#include "kvm_test.h"

void main(void)
{
	tst_res(TPASS, "no input is needed");
}
