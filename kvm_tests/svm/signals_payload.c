// SPDX-License-Identifier: MIT
/* An event around a nested guest, one a case: signals_test.cc. */
#include "exit_checks.h"
#include "guest_case.h"
#include "guest_operations.h"
#include "kvm_x86_apic.h"

#define VECTOR 0x51

static volatile unsigned int count, step_at_event;

static int note_event(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	(void)userdata;
	(void)ifrm;
	(void)errcode;
	count++;
	step_at_event = step;
	return 0;
}

static int note_interrupt(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	note_event(userdata, ifrm, errcode);
	kvm_end_of_interrupt();
	return 0;
}

static void signal_self(uint32_t command)
{
	kvm_send_ipi(kvm_apic_id(), command);
}

static int guest_steps(void)
{
	step = 1;
	asm volatile("nop");
	step = 2;
	return 0;
}

static uint32_t guests_command;

static int guest_signals(void)
{
	step = 1;
	signal_self(guests_command);
	asm volatile("nop");
	step = 2;
	return 0;
}

static struct kvm_svm_vcpu *new_guest(int (*guest_main)(void), unsigned int intercept)
{
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	kvm_enable_apic();
	tst_set_interrupt_callback(VECTOR, note_interrupt, NULL);
	tst_set_interrupt_callback(INTR_NMI, note_event, NULL);
	vm = kvm_create_svm_vcpu(guest_main, 1);
	if (intercept)
		kvm_vmcb_set_intercept(vm->vmcb, intercept, 1);
	step = count = step_at_event = 0;
	return vm;
}

static _Bool has_count(const char *name, unsigned int expected)
{
	return has(name, "the number of events handled", count, expected);
}

/* --- Interrupts ------------------------------------------------------------------------------ */

/* The hypervisor's RFLAGS.IF is clear: it stays in the APIC. */
static void make_pending(void)
{
	signal_self(APIC_ICR_FIXED | VECTOR);
}

static _Bool is_left_to_hypervisor(const char *name)
{
	if (!has_count(name, 0) ||
	    !has(name, "the pending interrupt",
		 kvm_read_apic(APIC_REG_IRR + 0x10 * (VECTOR / 32)) >> VECTOR % 32 & 1, 1))
		return 0;
	kvm_enable_interrupts();
	asm volatile("nop");
	kvm_disable_interrupts();
	return has_count(name, 1);
}

GUEST_CASE(InterruptIntercepted)
{
	struct kvm_svm_vcpu *vm = new_guest(guest_steps, SVM_INTERCEPT_INTR);

	make_pending();
	kvm_svm_vmrun(vm);
	if (stopped(__func__, "at its begin", vm, SVM_EXIT_INTR, 0) &&
	    is_left_to_hypervisor(__func__))
		tst_res(TPASS, "the hypervisor gets the interrupt");
}

/* Without V_INTR_MASKING, the guest's RFLAGS.IF is the CPU's. */
GUEST_CASE(InterruptInterceptedWhileMasked)
{
	struct kvm_svm_vcpu *vm = new_guest(guest_steps, SVM_INTERCEPT_INTR);

	vm->vmcb->rflags &= ~(uint64_t)RFLAGS_IF;
	make_pending();
	kvm_svm_vmrun(vm);
	if (stopped(__func__, "at its end", vm, SVM_EXIT_HLT, 2) && is_left_to_hypervisor(__func__))
		tst_res(TPASS, "the guest holds the interrupt back");
}

GUEST_CASE(InterruptOfGuest)
{
	struct kvm_svm_vcpu *vm = new_guest(guest_steps, 0);

	make_pending();
	kvm_svm_vmrun(vm);
	if (stopped(__func__, "at its end", vm, SVM_EXIT_HLT, 2) && has_count(__func__, 1) &&
	    has(__func__, "the guest's step at the interrupt", step_at_event, 0))
		tst_res(TPASS, "the guest gets the interrupt");
}

/* With V_INTR_MASKING, the hypervisor's RFLAGS.IF is for interrupts from outside. */
GUEST_CASE(InterruptMaskedByHypervisor)
{
	struct kvm_svm_vcpu *vm = new_guest(guest_steps, SVM_INTERCEPT_INTR);

	/* Nobody sends this one. */
	tst_set_interrupt_callback(0, note_event, NULL);
	vm->vmcb->virt_intr_ctl = SVM_INTR_MASKING;
	make_pending();
	kvm_svm_vmrun(vm);
	if (stopped(__func__, "at its end", vm, SVM_EXIT_HLT, 2) && is_left_to_hypervisor(__func__))
		tst_res(TPASS, "the hypervisor holds the interrupt back");
}

GUEST_CASE(InterruptWhileGuestMasks)
{
	struct kvm_svm_vcpu *vm = new_guest(guest_signals, SVM_INTERCEPT_INTR);

	guests_command = APIC_ICR_FIXED | VECTOR;
	vm->vmcb->virt_intr_ctl = SVM_INTR_MASKING;
	vm->vmcb->rflags &= ~(uint64_t)RFLAGS_IF;
	kvm_enable_interrupts();
	kvm_svm_vmrun(vm);
	kvm_disable_interrupts();
	if (stopped(__func__, "at the interrupt", vm, SVM_EXIT_INTR, 1) && has_count(__func__, 1))
		tst_res(TPASS, "the guest can't hold back what is its hypervisor's");
}

/* --- NMIs -------------------------------------------------------------------------------------- */

GUEST_CASE(NmiIntercepted)
{
	struct kvm_svm_vcpu *vm = new_guest(guest_signals, SVM_INTERCEPT_NMI);

	guests_command = APIC_ICR_NMI;
	kvm_svm_vmrun(vm);
	if (stopped(__func__, "at the NMI", vm, SVM_EXIT_NMI, 1) && has_count(__func__, 1))
		tst_res(TPASS, "the hypervisor gets the NMI once the global flag is set");
}

GUEST_CASE(NmiOfGuest)
{
	struct kvm_svm_vcpu *vm = new_guest(guest_signals, 0);

	guests_command = APIC_ICR_NMI;
	kvm_svm_vmrun(vm);
	if (stopped(__func__, "at its end", vm, SVM_EXIT_HLT, 2) && has_count(__func__, 1) &&
	    has(__func__, "the guest's step at the NMI", step_at_event, 1))
		tst_res(TPASS, "the guest gets the NMI");
}

/* --- Exceptions of instructions that KVM executes for the guest ------------------------------ */

#define UNKNOWN_MSR 0x1ff0
#define DR6_BS (1 << 14)

static int guest_outs(void)
{
	step = 1;
	output_from_unmapped(NULL);
	step = 2;
	return 0;
}

static int guest_ins(void)
{
	step = 1;
	input_to_unmapped(NULL);
	step = 2;
	return 0;
}

static int guest_reads_msr(void)
{
	step = 1;
	kvm_rdmsr(UNKNOWN_MSR);
	step = 2;
	return 0;
}

static struct kvm_fault fault;

static int guest_catches(void)
{
	fault = kvm_try(output_from_unmapped, NULL);
	step = 2;
	return 0;
}

static void check_exception(const char *name, int (*guest_main)(void), unsigned int vector,
			    uint64_t info)
{
	struct kvm_svm_vcpu *vm = new_guest(guest_main, SVM_EXIT_EXCEPTION + vector);

	vm->vmcb->exitinfo1 = vm->vmcb->exitinfo2 = 0x5a5a5a5a;
	kvm_svm_vmrun(vm);
	if (stopped(name, "at the instruction", vm, SVM_EXIT_EXCEPTION + vector, 1) &&
	    has(name, "EXITINFO1", vm->vmcb->exitinfo1, info) &&
	    (vector != INTR_PAGE_FAULT ||
	     has(name, "EXITINFO2", vm->vmcb->exitinfo2, UNMAPPED + 0x123)))
		tst_res(TPASS, "%s: the hypervisor gets the exception", name);
}

GUEST_CASE(PageFaultOfOutput)
{
	check_exception(__func__, guest_outs, INTR_PAGE_FAULT, 0);
}

GUEST_CASE(PageFaultOfInput)
{
	check_exception(__func__, guest_ins, INTR_PAGE_FAULT, 2);
}

GUEST_CASE(ProtectionFaultOfMsr)
{
	check_exception(__func__, guest_reads_msr, INTR_GPF, 0);
}

GUEST_CASE(PageFaultOfGuest)
{
	struct kvm_svm_vcpu *vm = new_guest(guest_catches, 0);

	kvm_svm_vmrun(vm);
	if (stopped(__func__, "at its end", vm, SVM_EXIT_HLT, 2) &&
	    has(__func__, "the vector", fault.vector, INTR_PAGE_FAULT) &&
	    has(__func__, "the address", fault.address, UNMAPPED + 0x123))
		tst_res(TPASS, "the guest gets the exception");
}

extern const char stepped_output[], behind_stepped_output[];

asm(".text\n"
    "stepped_output:\n"
    "	outb	%al, $0x80\n"
    "behind_stepped_output:\n"
    "	nop\n"
    "	hlt\n");

GUEST_CASE(SingleStepOverOutput)
{
	struct kvm_svm_vcpu *vm = new_guest(guest_steps, SVM_EXIT_EXCEPTION + INTR_DEBUG);

	vm->vmcb->rip = (uintptr_t)stepped_output;
	vm->vmcb->rflags |= RFLAGS_TF;
	kvm_svm_vmrun(vm);
	if (stopped(__func__, "behind OUT", vm, SVM_EXIT_EXCEPTION + INTR_DEBUG, 0) &&
	    has(__func__, "RIP", vm->vmcb->rip, (uintptr_t)behind_stepped_output) &&
	    has(__func__, "DR6.BS", vm->vmcb->dr6 & DR6_BS, DR6_BS))
		tst_res(TPASS, "the guest stops behind what KVM executes");
}

/* --- INIT ---------------------------------------------------------------------------------------- */

GUEST_SHARED uint64_t exit_code_address;

/* Nothing is left to say then: the controller looks. */
GUEST_CASE(InitIntercepted)
{
	struct kvm_svm_vcpu *vm = new_guest(guest_signals, SVM_INTERCEPT_INIT);

	guests_command = APIC_ICR_INIT | APIC_ICR_ASSERT;
	exit_code_address = (uintptr_t)&vm->vmcb->exitcode;
	kvm_yield();
	kvm_svm_vmrun(vm);
	tst_res(TFAIL, "the CPU goes on, exit code %#llx", (unsigned long long)vm->vmcb->exitcode);
}
