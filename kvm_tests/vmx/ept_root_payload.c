// SPDX-License-Identifier: MIT
/* A nested guest whose EPT pointer leads to no memory, stopped before its first instruction. */
#include "guest_case.h"
#include "kvm_x86_vmx.h"

/* SDM Vol. 3 "Pin-Based VM-Execution Controls" */
#define PIN_PREEMPTION_TIMER (1u << 6)
#define FIELD_PREEMPTION_TIMER 0x482e

/* In a guest of 8 MiB, no memory. */
#define NOWHERE 0x40000000u
#define DONE_PORT 0x80

GUEST_SHARED uint32_t exit_reason;

static int guest_main(void)
{
	return 0;
}

GUEST_CASE(ept_root)
{
	struct kvm_vmx_vcpu *vm;

	kvm_set_vmx_state(1);
	vm = kvm_create_vmx_vcpu(guest_main, 1);
	kvm_vmx_vmptrld(vm->vmcs);
	kvm_vmx_vmwrite(VMX_VMCS_VMPINX_CTL,
			kvm_vmx_vmread(VMX_VMCS_VMPINX_CTL) | PIN_PREEMPTION_TIMER);
	kvm_vmx_vmwrite(FIELD_PREEMPTION_TIMER, 0);
	kvm_vmx_vmwrite(VMX_VMCS_VMEXEC_CTL,
			kvm_vmx_vmread(VMX_VMCS_VMEXEC_CTL) | VMX_EXECCTL_ENABLE_CTL2);
	kvm_vmx_vmwrite(VMX_VMCS_VMEXEC_CTL2, VMX_EXECCTL2_EPT);
	kvm_vmx_vmwrite(VMX_VMCS_EPT_POINTER, NOWHERE | EPTP_MEMORY_TYPE_WB | EPTP_PAGE_WALK_4);
	kvm_vmx_vmrun(vm);
	exit_reason = kvm_vmx_vmread(VMX_VMCS_EXIT_REASON);
	kvm_out8(DONE_PORT, 0);
}
