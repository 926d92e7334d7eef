// SPDX-License-Identifier: MIT
/* Whoever runs main() has paging on: paging_test.sh runs this on any KVM. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

void main(void)
{
	struct kvm_cregs cregs;

	kvm_read_cregs(&cregs);
	tst_res(cregs.cr0 & CR0_PG ? TPASS : TFAIL, "CR0.PG is %d", !!(cregs.cr0 & CR0_PG));
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
