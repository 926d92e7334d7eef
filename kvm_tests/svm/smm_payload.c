// SPDX-License-Identifier: MIT
/* A nested guest that is interrupted by system management mode. */
#include "guest_case.h"
#include "kvm_x86_svm.h"

/* Nothing is there but the controller. */
#define BEFORE 0x80
#define AFTER 0x82

GUEST_SHARED uint64_t vmcb_address;

static int guest_main(void)
{
	kvm_out8(BEFORE, 0);
	kvm_out8(AFTER, 0);
	return 0;
}

GUEST_CASE(nested_guest)
{
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	vm = kvm_create_svm_vcpu(guest_main, 1);
	vmcb_address = (uintptr_t)vm->vmcb;
	kvm_svm_vmrun(vm);
	if (vm->vmcb->exitcode == SVM_EXIT_HLT)
		tst_res(TPASS, "the nested guest goes on");
	else
		tst_res(TFAIL, "exit code %#llx", (unsigned long long)vm->vmcb->exitcode);
}
