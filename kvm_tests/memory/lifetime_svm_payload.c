// SPDX-License-Identifier: MIT
/* A short life with a nested guest. */
#include "guest_case.h"
#include "kvm_x86_svm.h"

static int guest_main(void)
{
	return 0;
}

GUEST_CASE(live)
{
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	vm = kvm_create_svm_vcpu(guest_main, 1);
	kvm_svm_vmrun(vm);
}
