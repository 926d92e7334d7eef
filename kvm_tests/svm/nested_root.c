// SPDX-License-Identifier: MIT
/*
 * A hypervisor enters a nested guest with a nested CR3 that leads to no memory. VMRUN looks at
 * its reserved bits alone (APM Vol. 2, "Nested Paging and VMRUN/#VMEXIT"), and a virtual
 * interrupt whose intercept is set stops the guest before its first instruction ("Virtual
 * Interrupts"), so that nobody follows it.
 *
 * KVM took that for a triple fault in the middle of VMRUN, warned, and told the hypervisor of
 * a shutdown: fixed by 0e3223d8d00a.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86_svm.h"

/* In a guest of 8 MiB, no memory. */
#define NOWHERE 0x40000000u

static int guest_main(void)
{
	return 0;
}

void main(void)
{
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	vm = kvm_create_svm_vcpu(guest_main, 1);
	vm->vmcb->enable_nested_paging = 1;
	vm->vmcb->nested_cr3 = NOWHERE;
	vm->vmcb->virtual_irq = 1;
	vm->vmcb->virt_ignore_tpr = 1;
	vm->vmcb->virt_intr_vector = 0xff;
	kvm_vmcb_set_intercept(vm->vmcb, SVM_INTERCEPT_VINTR, 1);
	kvm_svm_vmrun(vm);
	tst_res(vm->vmcb->exitcode == SVM_EXIT_VINTR ? TPASS : TFAIL,
		"exit code %#llx, expected %#x", (unsigned long long)vm->vmcb->exitcode,
		SVM_EXIT_VINTR);
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
	.tags =
		(struct tst_tag[]){
			{"linux-git", "0e3223d8d00a"},
			{},
		},
};

#endif /* COMPILE_PAYLOAD */
