// SPDX-License-Identifier: MIT
/*
 * At the exit of a nested guest, the CPU loads its hypervisor's CR3, in PAE mode with
 * the four entries that it points to; "If the PDPEs contain illegal state, the
 * processor causes a shutdown": APM Vol. 2, "#VMEXIT". CVE-2026-46032.
 *
 * KVM gave up in the middle of the exit instead, and let the hypervisor run on with
 * its nested guest's page tables. Fixed by 5d291ef0585e.
 *
 * The nested guest has page tables of its own, and spoils an entry of its hypervisor's
 * before it exits.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86_svm.h"

#define PDPTES 4
/* Where nothing is mapped, so that a hypervisor that goes on can say so. */
#define UNUSED_PDPTE 2
/* Bits 2:1 and 8:5 must be zero: APM Vol. 2, "PAE Paging Legacy-Mode", PDPE. */
#define PDPTE_RESERVED (1ull << 5)

static volatile uint64_t *host_pdpt;

static int guest_main(void)
{
	host_pdpt[UNUSED_PDPTE] |= PDPTE_RESERVED | PTE_PRESENT;
	return 0;
}

void main(void)
{
	static uint64_t guest_pdpt[PDPTES] __attribute__((aligned(32)));
	struct kvm_svm_vcpu *vm;
	struct kvm_cregs cregs;

	kvm_init_svm();
	kvm_read_cregs(&cregs);
	host_pdpt = (volatile uint64_t *)(cregs.cr3 & ~31ul);
	for (unsigned int i = 0; i < PDPTES; i++)
		guest_pdpt[i] = host_pdpt[i];
	vm = kvm_create_svm_vcpu(guest_main, 1);
	vm->vmcb->cr3 = (uintptr_t)guest_pdpt;
	kvm_svm_vmrun(vm);
	tst_res(TFAIL, "the hypervisor goes on without page tables, exit code %#llx",
		(unsigned long long)vm->vmcb->exitcode);
}

#else /* COMPILE_PAYLOAD */

static void run(void)
{
	static struct tst_kvm_instance vm;
	struct tst_kvm_vcpu *cpu;
	int reason;

	tst_kvm_create(&vm, NULL);
	cpu = tst_kvm_vcpu(&vm, 0);
	reason = tst_kvm_run_vcpu(cpu);
	if (reason == KVM_EXIT_SHUTDOWN)
		tst_res(TPASS, "the CPU shuts down");
	else if (reason != TST_KVM_ENDED)
		tst_res(TFAIL, "the CPU does not shut down: %s", tst_kvm_describe_exit(cpu));
	tst_kvm_destroy_instance(&vm);
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = tst_kvm_cleanup,
	.tags =
		(struct tst_tag[]){
			{"linux-git", "5d291ef0585e"},
			{"CVE", "2026-46032"},
			{},
		},
};

#endif /* COMPILE_PAYLOAD */
