// SPDX-License-Identifier: MIT
/* A nested guest whose hypervisor intercepts an exception that the controller makes. */
#include "guest_case.h"
#include "kvm_x86_svm.h"
#include "nested_events.h"

GUEST_SHARED uint64_t exit_code;

static int guest_main(void)
{
	kvm_out8(NESTED_PORT, 0);
	return 0;
}

GUEST_CASE(intercept)
{
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	vm = kvm_create_svm_vcpu(guest_main, 1);
	kvm_vmcb_set_intercept(vm->vmcb, SVM_EXIT_EXCEPTION + INTR_BAD_OPCODE, 1);
	kvm_svm_vmrun(vm);
	exit_code = vm->vmcb->exitcode;
}
