// SPDX-License-Identifier: MIT
/* A halted nested guest whose virtual APIC is nowhere, and its hypervisor's timer. */
#include "guest_case.h"
#include "kvm_x86_apic.h"
#include "kvm_x86_vmx.h"

#define VECTOR 0x40
/* 0.1 s on an emulated machine: the guest is at rest long before. */
#define TICKS 2000000

/* SDM Vol. 3, "Pin-Based VM-Execution Controls" and its kin. */
#define PIN_EXTERNAL_INTERRUPTS (1u << 0)
#define ACTIVITY_HALTED 1

/* In a guest of 8 MiB, no memory. */
#define NOWHERE 0x40000000u

GUEST_SHARED uint32_t exit_reason;

static int guest_main(void)
{
	return 0;
}

static void add_control(unsigned long field, unsigned int mask, uint32_t bits)
{
	if (bits & ~(uint32_t)(kvm_vmx_read_vmctl_mask(mask) >> 32))
		tst_brk(TCONF, "the CPU does not have the controls %#x of field %#lx", bits, field);
	kvm_vmx_vmwrite(field, kvm_vmx_vmread(field) | bits);
}

GUEST_CASE(halted)
{
	struct kvm_vmx_vcpu *vm;

	kvm_set_vmx_state(1);
	kvm_enable_apic();
	vm = kvm_create_vmx_vcpu(guest_main, 1);
	kvm_vmx_vmptrld(vm->vmcs);
	add_control(VMX_VMCS_VMPINX_CTL, VMX_CTLMASK_PINX, PIN_EXTERNAL_INTERRUPTS);
	add_control(VMX_VMCS_VMEXEC_CTL, VMX_CTLMASK_EXECCTL,
		    VMX_EXECCTL_TPR_SHADOW | VMX_EXECCTL_ENABLE_CTL2);
	add_control(VMX_VMCS_VMEXEC_CTL2, VMX_CTLMASK_EXECCTL2, VMX_EXECCTL2_VIRT_INTR);
	kvm_vmx_vmwrite(VMX_VMCS_VIRT_APIC_POINTER,
			(uintptr_t)memzero(tst_heap_alloc_aligned(PAGESIZE, PAGESIZE), PAGESIZE));
	kvm_vmx_vmrun(vm);
	if (kvm_vmx_vmread(VMX_VMCS_EXIT_REASON) != VMX_EXIT_HLT)
		tst_brk(TBROK, "exit reason %#llx before the page is gone",
			(unsigned long long)kvm_vmx_vmread(VMX_VMCS_EXIT_REASON));

	kvm_vmx_vmwrite(VMX_VMCS_VIRT_APIC_POINTER, NOWHERE);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_ACT_STATE, ACTIVITY_HALTED);
	kvm_start_tsc_deadline(kvm_rdtsc() + TICKS, VECTOR);
	kvm_vmx_vmrun(vm);
	exit_reason = kvm_vmx_vmread(VMX_VMCS_EXIT_REASON);
}
