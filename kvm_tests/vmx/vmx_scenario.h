/* SPDX-License-Identifier: MIT */
/*
 * A scenario: a nested VMX guest with some controls on, run once. For payloads
 * that try several.
 */
#ifndef RINGSIDE_KVM_TESTS_VMX_VMX_SCENARIO_H
#define RINGSIDE_KVM_TESTS_VMX_VMX_SCENARIO_H

#include "kvm_x86_vmx.h"

/* Whether the CPU supports these primary and secondary execution controls. */
static inline int vmx_scenario_supported(uint32_t exec, uint32_t exec2)
{
	uint32_t may_set = kvm_vmx_read_vmctl_mask(VMX_CTLMASK_EXECCTL) >> 32;
	uint32_t may_set2 = kvm_vmx_read_vmctl_mask(VMX_CTLMASK_EXECCTL2) >> 32;

	return !(exec & ~may_set) && !(exec2 & ~may_set2);
}

/*
 * Makes a nested guest with these controls beside those that it has to have,
 * and its VMCS the current one. With exec2, exec needs VMX_EXECCTL_ENABLE_CTL2.
 */
static inline struct kvm_vmx_vcpu *vmx_scenario_create(int (*guest_main)(void), uint32_t exec,
						       uint32_t exec2)
{
	struct kvm_vmx_vcpu *vm = kvm_create_vmx_vcpu(guest_main, 1);

	kvm_vmx_vmptrld(vm->vmcs);
	kvm_vmx_vmwrite(VMX_VMCS_VMEXEC_CTL, kvm_vmx_vmread(VMX_VMCS_VMEXEC_CTL) | exec);
	if (exec & VMX_EXECCTL_ENABLE_CTL2) {
		exec2 |= (uint32_t)kvm_vmx_read_vmctl_mask(VMX_CTLMASK_EXECCTL2);
		kvm_vmx_vmwrite(VMX_VMCS_VMEXEC_CTL2, exec2);
	}
	return vm;
}

/*
 * Runs the guest. Returns whether it stopped for the expected reason; if it did
 * not, reports that at the caller's line.
 */
#define vmx_scenario_run(name, vm, reason) \
	vmx_scenario_run_(__FILE__, __LINE__, (name), (vm), (reason))

static inline int vmx_scenario_run_(const char *file, int line, const char *name,
				    struct kvm_vmx_vcpu *vm, unsigned int reason)
{
	unsigned int actual;

	kvm_vmx_vmrun(vm);
	actual = kvm_vmx_vmread(VMX_VMCS_EXIT_REASON);
	if (actual == reason)
		return 1;
	tst_res_(file, line, TFAIL,
		 "%s: the nested guest stopped with exit reason %u, expected %u "
		 "(qualification %#llx, interruption %#llx)",
		 name, actual, reason,
		 (unsigned long long)kvm_vmx_vmread(VMX_VMCS_EXIT_QUALIFICATION),
		 (unsigned long long)kvm_vmx_vmread(VMX_VMCS_VMEXIT_INTR_INFO));
	return 0;
}

#endif /* RINGSIDE_KVM_TESTS_VMX_VMX_SCENARIO_H */
