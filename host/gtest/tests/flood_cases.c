// SPDX-License-Identifier: MIT
/* A test of 20,000 cases, each with a verdict of its own; flood_test.sh runs it. */
#include "kvm_test.h"

static void run_case(unsigned int nr)
{
	if (nr == 15000)
		tst_brk(TFAIL, "case %u", nr);
	if (nr == 16000 || getenv("SKIP_ALL"))
		tst_brk(TCONF, "case %u", nr);
	tst_res(TPASS, "case %u", nr);
}

static struct tst_test test = {
	.test = run_case,
	.tcnt = 20000,
};
