// SPDX-License-Identifier: MIT
/* A short life with a nested guest. */
#include "guest_case.h"
#include "kvm_x86_vmx.h"

static int guest_main(void)
{
	return 0;
}

GUEST_CASE(live)
{
	struct kvm_vmx_vcpu *vm;

	kvm_set_vmx_state(1);
	vm = kvm_create_vmx_vcpu(guest_main, 1);
	kvm_vmx_vmrun(vm);
}
