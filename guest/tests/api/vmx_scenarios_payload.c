// SPDX-License-Identifier: MIT
#include "kvm_x86_vmx.h"
#include "nested_guests.h"

#define NO_FIELD 0x7ffe /* the last encoding of all */

static void run(int (*guest)(void), uint32_t result)
{
	struct kvm_vmx_vcpu *cpu = kvm_create_vmx_vcpu(guest, 1);
	uint64_t reason;

	kvm_vmx_vmrun(cpu);
	reason = kvm_vmx_vmread(VMX_VMCS_EXIT_REASON);
	if (reason == VMX_EXIT_HLT && (uint32_t)cpu->regs.rax == result)
		tst_res(TPASS, "the nested guest returned %u", result);
	else
		tst_res(TFAIL, "exit reason %llu, rax %#llx", reason, cpu->regs.rax);
}

static void run_with(unsigned long field, uint64_t value)
{
	struct kvm_vmx_vcpu *cpu = kvm_create_vmx_vcpu(raise_bad_opcode, 1);

	kvm_vmx_vmptrld(cpu->vmcs);
	kvm_vmx_vmwrite(field, value);
	kvm_vmx_vmrun(cpu);
}

static void run_as(int launched)
{
	struct kvm_vmx_vcpu *cpu = kvm_create_vmx_vcpu(divide_by_zero, 1);

	divisor = 1;
	if (!launched)
		kvm_vmx_vmrun(cpu);
	cpu->launched = launched;
	kvm_vmx_vmrun(cpu);
}

static void play_instructions(uint32_t scenario)
{
	struct kvm_vmcs *vmcs = kvm_alloc_vmcs();

	if (scenario != SCENARIO_READ_WITHOUT_VMCS) {
		kvm_vmx_vmclear(vmcs);
		kvm_vmx_vmptrld(vmcs);
	}
	switch (scenario) {
	case SCENARIO_READ_WITHOUT_VMCS:
		kvm_vmx_vmread(VMX_VMCS_GUEST_RIP);
		break;
	case SCENARIO_READ_UNKNOWN_FIELD:
		kvm_vmx_vmread(NO_FIELD);
		break;
	case SCENARIO_WRITE_UNKNOWN_FIELD:
		kvm_vmx_vmwrite(NO_FIELD, 0x123456789abcdef0);
		break;
	case SCENARIO_CLEAR_MISALIGNED:
		kvm_vmx_vmclear((struct kvm_vmcs *)((uintptr_t)vmcs + 8));
		break;
	case SCENARIO_LOAD_MISALIGNED:
		kvm_vmx_vmptrld((struct kvm_vmcs *)((uintptr_t)vmcs + 8));
		break;
	}
}

void main(void)
{
	uint32_t scenario = asked_scenario();

	if (scenario == SCENARIO_DISABLED)
		kvm_wrmsr(MSR_IA32_FEATURE_CONTROL, IA32FC_LOCK);
	kvm_set_vmx_state(1);
	switch (scenario) {
	case SCENARIO_GDT_FULL:
		fill_gdt();
		for (int i = 0; i < 2 * KVM_GDT_SIZE; i++)
			kvm_create_vmx_vcpu(raise_bad_opcode, 1);
		tst_res(TPASS, "many nested CPUs, no descriptor");
		return;
	case SCENARIO_STACK_OVERFLOW:
		run(overflow_stack, 0);
		break;
	case SCENARIO_NO_GATE:
		asm volatile("int $64");
		break;
	case SCENARIO_EXCEPTION:
		run(raise_bad_opcode, 0);
		break;
	case SCENARIO_EXCEPTION_HANDLED:
		tst_set_interrupt_callback(INTR_ZERODIV, mend_divisor, NULL);
		run(divide_by_zero, 13);
		return;
	case SCENARIO_RESUME_REFUSED:
		run_as(1);
		break;
	case SCENARIO_LAUNCH_REFUSED:
		run_as(0);
		break;
	case SCENARIO_BAD_CONTROLS:
		run_with(VMX_VMCS_VMEXEC_CTL, 0);
		break;
	case SCENARIO_BAD_GUEST_STATE:
		run_with(VMX_VMCS_GUEST_RFLAGS, 0);
		break;
	default:
		play_instructions(scenario);
	}
	tst_res(TFAIL, "the test went on");
}
