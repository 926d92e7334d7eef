// SPDX-License-Identifier: MIT
/* Goes wrong in the innermost of some calls, in the way that GO_WRONG says. */
#include "kvm_test.h"
#include "kvm_x86.h"

__attribute__((noinline)) static void innermost(void)
{
	GO_WRONG; /* line 8, as calls_test.cc knows */
}

__attribute__((noinline)) static void middle(void)
{
	innermost();
}

void main(void)
{
	middle();
	tst_res(TPASS, "nothing went wrong");
}
