// SPDX-License-Identifier: MIT
/* Whether an iteration begins as the first one does: in a machine as new. */
#include "kvm_test.h"
#include "kvm_x86.h"

/* Any that KVM has, no guest of ours uses, and a new CPU has 0 in (SDM Vol. 3, 11.1.1). */
#define LEFT_MSR MSR_SYSENTER_ESP

static volatile unsigned int runs;

void main(void)
{
	const uint64_t msr = kvm_rdmsr(LEFT_MSR);
	volatile uint32_t *heap = tst_heap_alloc(sizeof(*heap));

	if (runs || msr || *heap)
		tst_res(TFAIL, "%u run(s) have left %#x and %#llx", runs, *heap,
			(unsigned long long)msr);
	else
		tst_res(TPASS, "as new");
	runs++;
	*heap = 0x1ef7;
	kvm_wrmsr(LEFT_MSR, 0x1ef7);
}
