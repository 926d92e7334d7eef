// SPDX-License-Identifier: MIT
/*
 * A payload that ends in the way that VERDICT names: the build makes a test of
 * each, and verdicts_test.sh checks what a user gets to see of it.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#define RES(type) tst_res(type, "verdict %s", #type)
#define BRK(type) tst_brk(type, "verdict %s", #type)

void main(void)
{
	tst_res(TINFO, "before");
	VERDICT;
	tst_res(TINFO, "after");
}

#else /* COMPILE_PAYLOAD */

static void cleanup(void)
{
	tst_kvm_cleanup();
	tst_res(TINFO, "cleanup was run");
}

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = cleanup,
	.tags = (const struct tst_tag[]){{"linux-git", "0123456789ab"}, {"CVE", "2021-0000"}, {}},
};

#endif /* COMPILE_PAYLOAD */
