// SPDX-License-Identifier: MIT
/* A guest that hangs, in a test whose own limit is beyond Bazel's. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

void main(void)
{
	tst_res(TINFO, "hanging");
	for (;;)
		;
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
	.timeout = 4000,
};

#endif /* COMPILE_PAYLOAD */
