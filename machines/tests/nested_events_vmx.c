/* SPDX-License-Identifier: MIT */
/* Exceptions that end a nested guest, a triple fault, an injected software interrupt. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86_vmx.h"
#include "machines/tests/nested_events.h"

#define EVENT_SOFTWARE_INTERRUPT (4u << 8)
#define EVENT_VALID (1u << 31)

static void check_exception(const struct nested_exception *exception)
{
	struct kvm_vmx_vcpu *cpu = kvm_create_vmx_vcpu(exception->guest, 1);
	uint64_t reason, vector;

	kvm_vmx_vmptrld(cpu->vmcs);
	kvm_vmx_vmwrite(VMX_VMCS_EXCEPTION_BITMAP, 1u << exception->vector);
	kvm_vmx_vmrun(cpu);
	reason = kvm_vmx_vmread(VMX_VMCS_EXIT_REASON);
	vector = kvm_vmx_vmread(VMX_VMCS_VMEXIT_INTR_INFO) & 0xff;
	tst_res(reason == VMX_EXIT_EXCEPTION && vector == exception->vector ? TPASS : TFAIL,
		"%s: exit reason %llu, vector %llu, expected %u", exception->name, reason, vector,
		exception->vector);
}

/* No exception can be delivered without an IDT, not even the one that says so. */
static void check_triple_fault(void)
{
	struct kvm_vmx_vcpu *cpu = kvm_create_vmx_vcpu(execute_bad_opcode, 1);
	uint64_t reason;

	kvm_vmx_vmptrld(cpu->vmcs);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_IDTR_LIMIT, 0);
	kvm_vmx_vmrun(cpu);
	reason = kvm_vmx_vmread(VMX_VMCS_EXIT_REASON);
	tst_res(reason == VMX_EXIT_TRIPLE_FAULT ? TPASS : TFAIL, "triple fault: exit reason %llu",
		reason);
}

/* The instruction's length leads from RIP to where the interrupt returns. */
static void check_injection(void)
{
	struct kvm_vmx_vcpu *cpu = kvm_create_vmx_vcpu(return_seven, 1);
	uint64_t reason;

	tst_set_interrupt_callback(INJECTED_VECTOR, count_injected, NULL);
	kvm_vmx_vmptrld(cpu->vmcs);
	kvm_vmx_vmwrite(VMX_VMCS_VMENTRY_INTR,
			EVENT_VALID | EVENT_SOFTWARE_INTERRUPT | INJECTED_VECTOR);
	kvm_vmx_vmwrite(VMX_VMCS_VMENTRY_INST_LEN, 2);
	kvm_vmx_vmwrite(VMX_VMCS_GUEST_RIP, kvm_vmx_vmread(VMX_VMCS_GUEST_RIP) - 2);
	kvm_vmx_vmrun(cpu);
	reason = kvm_vmx_vmread(VMX_VMCS_EXIT_REASON);
	tst_res(reason == VMX_EXIT_HLT && (uint32_t)cpu->regs.rax == 7 && injected == 1 ? TPASS
											: TFAIL,
		"INT %u: exit reason %llu, rax %llu, %u interrupts", INJECTED_VECTOR, reason,
		cpu->regs.rax, injected);
}

void main(void)
{
	kvm_set_vmx_state(1);
	for (size_t i = 0; i < ARRAY_SIZE(nested_exceptions); i++)
		check_exception(&nested_exceptions[i]);
	check_triple_fault();
	check_injection();
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
