// SPDX-License-Identifier: MIT
/* A nested guest that stops where its state can be taken. */
#include "guest_case.h"
#include "kvm_x86_svm.h"

/* Nothing is there but the controller. */
#define PORT 0x80

GUEST_SHARED uint32_t exit_code, last_step;

static int guest_main(void)
{
	last_step = 1;
	kvm_out8(PORT, 1);
	last_step = 2;
	return 0;
}

GUEST_CASE(halts)
{
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	vm = kvm_create_svm_vcpu(guest_main, 1);
	kvm_svm_vmrun(vm);
	exit_code = vm->vmcb->exitcode;
}
