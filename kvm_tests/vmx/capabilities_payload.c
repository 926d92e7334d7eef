// SPDX-License-Identifier: MIT
/* What a guest sees of its CPU's VMX capabilities, and whether VM entries heed them. */
#include "guest_case.h"
#include "kvm_x86_vmx.h"

GUEST_SHARED uint32_t msr;
GUEST_SHARED uint64_t value;

GUEST_CASE(read_capability)
{
	value = kvm_rdmsr(msr);
}

static int guest_main(void)
{
	return 0;
}

/* The error of an entry with that control, 0 if the guest ran: SDM Vol. 3, 27.2.1.1. */
GUEST_CASE(enter_with_control)
{
	struct kvm_vmx_vcpu *vm;

	kvm_set_vmx_state(1);
	vm = kvm_create_vmx_vcpu(guest_main, 1);
	kvm_vmx_activate_vcpu(vm);
	kvm_vmx_vmwrite(VMX_VMCS_VMEXEC_CTL, kvm_vmx_vmread(VMX_VMCS_VMEXEC_CTL) | value);
	value = kvm_vmx_vmlaunch(vm) ? kvm_vmx_inst_errno() : 0;
}

GUEST_CASE(stay_in_vmx_operation)
{
	kvm_set_vmx_state(1);
	kvm_yield();
}

/* VMWRITE to an exit's field: the error's number, 0 if it is done. */
GUEST_CASE(write_exit_reason)
{
	struct kvm_vmx_vcpu *vm;
	_Bool failed;

	kvm_set_vmx_state(1);
	vm = kvm_create_vmx_vcpu(guest_main, 1);
	kvm_vmx_activate_vcpu(vm);
	asm volatile("vmwrite %2, %1"
		     : "=@ccbe"(failed)
		     : "r"((unsigned long)VMX_VMCS_EXIT_REASON), "r"(0ul)
		     : "memory");
	value = failed ? kvm_vmx_inst_errno() : 0;
}

static uint64_t descriptor[2];

static void invept(void *arg)
{
	(void)arg;
	asm volatile("invept %0, %1" : : "m"(descriptor), "r"(2ul) : "memory", "cc");
}

static void invvpid(void *arg)
{
	(void)arg;
	asm volatile("invvpid %0, %1" : : "m"(descriptor), "r"(2ul) : "memory", "cc");
}

/* The exception, or -1. */
GUEST_CASE(invalidate_ept)
{
	kvm_set_vmx_state(1);
	value = (int64_t)kvm_try(invept, NULL).vector;
}

GUEST_CASE(invalidate_vpid)
{
	kvm_set_vmx_state(1);
	value = (int64_t)kvm_try(invvpid, NULL).vector;
}
