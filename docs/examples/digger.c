// SPDX-License-Identifier: MIT
/* Needs more stack than the usual 8 KiB. */
#include "kvm_test.h"

static unsigned int depth(unsigned int levels)
{
	volatile char space[1024];

	space[0] = 1;
	return levels ? depth(levels - 1) + space[0] : 1;
}

void main(void)
{
	tst_res(TPASS, "%u KiB deep", depth(39));
}
