// SPDX-License-Identifier: MIT
/*
 * The VMCB's clean bits are what the hypervisor says of its own changes: the CPU reads
 * them at VMRUN, and "#VMEXIT" names no write of them: APM Vol. 2, "VMCB Clean Bits"
 * and "#VMEXIT". CVE-2026-46071.
 *
 * KVM cleared the bit of the last-branch records in a nested guest's VMCB when it
 * stored the records there. Fixed by b53ab5167a81.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86_svm.h"

#define VIRT_EXT_LBR 1
/* Bits 0 to 12 have a meaning: "VMCB Clean Bits". */
#define CLEAN_LBR (1u << 10)
#define CLEAN_ALL 0x1fffu

static int guest_main(void)
{
	return 0;
}

void main(void)
{
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	if (!kvm_cpuid_has(X86_FEATURE_LBR_VIRTUALIZATION))
		tst_brk(TCONF, "no LBR virtualization for nested guests");
	vm = kvm_create_svm_vcpu(guest_main, 1);
	vm->vmcb->virt_ext = VIRT_EXT_LBR;
	kvm_svm_vmrun(vm);

	/* Nothing has changed since. */
	vm->vmcb->vmcb_clean = CLEAN_ALL;
	kvm_svm_vmrun(vm);
	if (vm->vmcb->exitcode != SVM_EXIT_HLT)
		tst_brk(TBROK, "exit code %#llx", (unsigned long long)vm->vmcb->exitcode);
	if (vm->vmcb->vmcb_clean == CLEAN_ALL)
		tst_res(TPASS, "the clean bits are as they were");
	else
		tst_res(TFAIL, "the clean bits are %#x, were %#x: that of the LBRs is %s",
			vm->vmcb->vmcb_clean, CLEAN_ALL,
			vm->vmcb->vmcb_clean & CLEAN_LBR ? "still set" : "clear");
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
	.tags =
		(struct tst_tag[]){
			{"linux-git", "b53ab5167a81"},
			{"CVE", "2026-46071"},
			{},
		},
};

#endif /* COMPILE_PAYLOAD */
