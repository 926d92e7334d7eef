// SPDX-License-Identifier: MIT
/* A nested guest that the controller . */
#include "guest_case.h"
#include "kvm_x86_svm.h"

/* Nothing is there but the controller. */
#define PORT 0x80

static int guest_main(void)
{
	kvm_in8(PORT);
	asm volatile("sti\n\t"
		     "in %0, %%al\n\t"
		     "in %0, %%al\n\t"
		     "cli"
		     :
		     : "N"(PORT)
		     : "eax");
	return 0;
}

GUEST_CASE(read_after_sti)
{
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	vm = kvm_create_svm_vcpu(guest_main, 1);
	kvm_svm_vmrun(vm);
	if (vm->vmcb->exitcode == SVM_EXIT_HLT)
		tst_res(TPASS, "the nested guest comes to its end");
	else
		tst_res(TFAIL, "exit code %#llx", (unsigned long long)vm->vmcb->exitcode);
}
