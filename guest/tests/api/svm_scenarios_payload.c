// SPDX-License-Identifier: MIT
#include "kvm_x86_svm.h"
#include "nested_guests.h"

static void run(int (*guest)(void), uint64_t result)
{
	struct kvm_svm_vcpu *cpu;

	kvm_init_svm();
	cpu = kvm_create_svm_vcpu(guest, 1);
	kvm_svm_vmrun(cpu);
	if (cpu->vmcb->exitcode == SVM_EXIT_HLT && (uint32_t)cpu->regs.rax == result)
		tst_res(TPASS, "the nested guest returned %llu", result);
	else
		tst_res(TFAIL, "exit code %#llx, rax %#llx", cpu->vmcb->exitcode, cpu->regs.rax);
}

void main(void)
{
	switch (asked_scenario()) {
	case SCENARIO_DISABLED:
		kvm_wrmsr(MSR_VM_CR, VM_CR_SVMDIS);
		kvm_init_svm();
		break;
	case SCENARIO_GDT_FULL:
		kvm_init_svm();
		fill_gdt();
		for (int i = 0; i < 2 * KVM_GDT_SIZE; i++)
			kvm_create_svm_vcpu(raise_bad_opcode, 1);
		tst_res(TPASS, "many nested CPUs, no descriptor");
		return;
	case SCENARIO_STACK_OVERFLOW:
		run(overflow_stack, 0);
		break;
	case SCENARIO_EXCEPTION:
		run(raise_bad_opcode, 0);
		break;
	case SCENARIO_EXCEPTION_HANDLED:
		tst_set_interrupt_callback(INTR_ZERODIV, mend_divisor, NULL);
		run(divide_by_zero, 13);
		return;
	}
	tst_res(TFAIL, "the test went on");
}
