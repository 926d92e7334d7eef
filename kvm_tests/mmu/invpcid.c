// SPDX-License-Identifier: MIT
/*
 * INVPCID does its work with paging off as well, where there is nothing to forget: SDM
 * Vol. 2, "INVPCID", which has no condition on CR0.PG; CVE-2022-1789.
 *
 * With shadow paging, KVM executes it itself, and had no function for one address of a
 * guest without paging: the host called NULL. Fixed by 9f46c187e2e6.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86.h"

/* "INVPCID Type" */
enum {
	ONE_ADDRESS,
	ONE_CONTEXT,
	ALL_WITH_GLOBAL,
	ALL,
	TYPES
};

/* PCID 0 is the only one while CR4.PCIDE is clear. */
static const struct {
	uint64_t pcid;
	uint64_t address;
} descriptor = {0, 0x1000};

static void invpcid(void *arg)
{
	asm volatile("invpcid %0, %1" : : "m"(descriptor), "r"(*(unsigned long *)arg) : "memory");
}

void main(void)
{
	struct kvm_fault faults[TYPES];
	struct kvm_cregs cregs;

	if (!kvm_cpuid_has(X86_FEATURE_INVPCID))
		tst_brk(TCONF, "the CPU has no INVPCID");
	kvm_read_cregs(&cregs);
	/* Code and stack are mapped one to one. */
	kvm_set_cr0(cregs.cr0 & ~(unsigned long)CR0_PG);
	for (unsigned long type = 0; type < TYPES; type++)
		faults[type] = kvm_try(invpcid, &type);
	kvm_set_cr0(cregs.cr0);

	for (unsigned long type = 0; type < TYPES; type++)
		if (faults[type].vector == -1)
			tst_res(TPASS, "INVPCID of type %lu is done without paging", type);
		else
			tst_res(TFAIL, "INVPCID of type %lu raised exception %d", type,
				faults[type].vector);
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
	.tags =
		(struct tst_tag[]){
			{"linux-git", "9f46c187e2e6"},
			{"CVE", "2022-1789"},
			{},
		},
};

#endif /* COMPILE_PAYLOAD */
