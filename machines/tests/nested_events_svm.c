/* SPDX-License-Identifier: MIT */
/* Exceptions that end a nested guest, a triple fault, an injected software interrupt. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86_svm.h"
#include "machines/tests/nested_events.h"

#define EVENT_SOFTWARE_INTERRUPT (4u << 8)
#define EVENT_VALID (1u << 31)

/* An instruction alone, without a function's beginning. */
asm(".text\n"
    "bad_opcode:\n"
    "	ud2\n");
extern const char bad_opcode[];

static void check_exception(const struct nested_exception *exception)
{
	struct kvm_svm_vcpu *cpu = kvm_create_svm_vcpu(exception->guest, 1);
	const uint64_t expected = SVM_EXIT_EXCEPTION + exception->vector;

	kvm_vmcb_set_intercept(cpu->vmcb, (unsigned int)expected, 1);
	kvm_svm_vmrun(cpu);
	tst_res(cpu->vmcb->exitcode == expected ? TPASS : TFAIL,
		"%s: exit code %#llx, expected %#llx", exception->name, cpu->vmcb->exitcode,
		expected);
}

/* Where the guest is still in an interrupt shadow, it is after its exit. */
static void check_shadow(void)
{
	struct kvm_svm_vcpu *cpu = kvm_create_svm_vcpu(execute_bad_opcode, 1);

	kvm_vmcb_set_intercept(cpu->vmcb, SVM_EXIT_EXCEPTION + INTR_BAD_OPCODE, 1);
	cpu->vmcb->rip = (uintptr_t)bad_opcode;
	cpu->vmcb->interrupt_shadow = 1;
	kvm_svm_vmrun(cpu);
	tst_res(cpu->vmcb->exitcode == SVM_EXIT_EXCEPTION + INTR_BAD_OPCODE &&
				cpu->vmcb->interrupt_shadow & 1
			? TPASS
			: TFAIL,
		"interrupt shadow: exit code %#llx, afterwards %llu", cpu->vmcb->exitcode,
		cpu->vmcb->interrupt_shadow & 1);
}

/* No exception can be delivered without an IDT, not even the one that says so. */
static void check_shutdown(void)
{
	struct kvm_svm_vcpu *cpu = kvm_create_svm_vcpu(execute_bad_opcode, 1);

	kvm_vmcb_set_intercept(cpu->vmcb, SVM_INTERCEPT_SHUTDOWN, 1);
	cpu->vmcb->idtr.limit = 0;
	kvm_svm_vmrun(cpu);
	tst_res(cpu->vmcb->exitcode == SVM_EXIT_SHUTDOWN ? TPASS : TFAIL,
		"triple fault: exit code %#llx", cpu->vmcb->exitcode);
}

/* A CPU that saves nRIP returns there, and not to what RIP is. */
static void check_injection(void)
{
	struct kvm_svm_vcpu *cpu = kvm_create_svm_vcpu(return_seven, 1);

	tst_set_interrupt_callback(INJECTED_VECTOR, count_injected, NULL);
	cpu->vmcb->event_injection = EVENT_VALID | EVENT_SOFTWARE_INTERRUPT | INJECTED_VECTOR;
	cpu->vmcb->next_rip = cpu->vmcb->rip;
	cpu->vmcb->rip = (uintptr_t)execute_bad_opcode;
	kvm_svm_vmrun(cpu);
	tst_res(cpu->vmcb->exitcode == SVM_EXIT_HLT && (uint32_t)cpu->vmcb->rax == 7 &&
				injected == 1
			? TPASS
			: TFAIL,
		"INT %u: exit code %#llx, rax %llu, %u interrupts", INJECTED_VECTOR,
		cpu->vmcb->exitcode, cpu->vmcb->rax, injected);
}

void main(void)
{
	struct kvm_cpuid cpuid;

	kvm_init_svm();
	for (size_t i = 0; i < ARRAY_SIZE(nested_exceptions); i++)
		check_exception(&nested_exceptions[i]);
	check_shadow();
	check_shutdown();
	kvm_get_cpuid(CPUID_GET_SVM_FEATURES, 0, &cpuid);
	if (cpuid.edx & SVM_CPUID_NRIP_SAVE)
		check_injection();
	else
		tst_res(TCONF, "the CPU saves no nRIP");
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
