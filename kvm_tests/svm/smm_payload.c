// SPDX-License-Identifier: MIT
/* A nested guest that system management mode interrupts, or stops. */
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

static void run(_Bool intercepted, uint64_t exitcode)
{
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	vm = kvm_create_svm_vcpu(guest_main, 1);
	vmcb_address = (uintptr_t)vm->vmcb;
	kvm_vmcb_set_intercept(vm->vmcb, SVM_INTERCEPT_SMI, intercepted);
	kvm_svm_vmrun(vm);
	tst_res(vm->vmcb->exitcode == exitcode ? TPASS : TFAIL, "exit code %#llx, expected %#llx",
		(unsigned long long)vm->vmcb->exitcode, (unsigned long long)exitcode);
}

GUEST_CASE(nested_guest)
{
	run(0, SVM_EXIT_HLT);
}

GUEST_CASE(intercepting)
{
	run(1, SVM_EXIT_SMI);
}
