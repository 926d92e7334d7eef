// SPDX-License-Identifier: MIT
/* One event sent to a nested guest, one a case: events.h. */
#include "events.h"
#include "guest_case.h"
#include "guest_operations.h"
#include "kvm_x86_svm.h"

#define VECTOR 0x51

/* EVENTINJ and EXITINTINFO. */
#define EVENT(type, vector) (1ull << 31 | (type) << 8 | (vector))
#define EVENT_ERROR_CODE(code) (1ull << 11 | (uint64_t)(code) << 32)
#define EVENT_VALID (1ull << 31)
enum {
	INTERRUPT = 0,
	NMI = 2,
	EXCEPTION = 3,
	SOFTWARE = 4
};

/* SDM Vol. 3, APM Vol. 2 "Error Codes": of the IDT, by an event from outside. */
#define IDT_ERROR(vector) ((vector) << 3 | 2)

static volatile unsigned int count, step, step_at_event;
static volatile unsigned long error_code;
static volatile uintptr_t address, interrupted;

static int note_event(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	struct kvm_cregs cregs;

	(void)userdata;
	kvm_read_cregs(&cregs);
	count++;
	step_at_event = step;
	error_code = errcode;
	address = cregs.cr2;
	interrupted = kvm_get_interrupt_ip(ifrm);
	return 0;
}

static int guest_main(void)
{
	step = 1;
	kvm_enable_interrupts();
	asm volatile("nop");
	step = 2;
	return 0;
}

static struct kvm_svm_vcpu *new_guest(unsigned int vector)
{
	struct kvm_svm_vcpu *vm;

	kvm_init_svm();
	tst_set_interrupt_callback(vector, note_event, NULL);
	vm = kvm_create_svm_vcpu(guest_main, 1);
	count = step = step_at_event = 0;
	return vm;
}

static void run(struct kvm_svm_vcpu *vm, uint64_t exitcode)
{
	kvm_svm_vmrun(vm);
	if (vm->vmcb->exitcode != exitcode)
		tst_brk(TFAIL, "exit code %#llx, expected %#llx",
			(unsigned long long)vm->vmcb->exitcode, (unsigned long long)exitcode);
}

static void check(const char *what, uint64_t actual, uint64_t expected)
{
	if (actual == expected)
		tst_res(TPASS, "%s: %#llx", what, (unsigned long long)actual);
	else
		tst_res(TFAIL, "%s: %#llx, expected %#llx", what, (unsigned long long)actual,
			(unsigned long long)expected);
}

/* The event is delivered once, before the guest's first instruction, and is gone. */
static void check_injected(struct kvm_svm_vcpu *vm, unsigned int vector, uint64_t event)
{
	(void)vector;
	vm->vmcb->event_injection = event;
	run(vm, SVM_EXIT_HLT);
	check("how often it came", count, 1);
	check("how far the guest was then", step_at_event, 0);
	check("how far it got", step, 2);
	check("EVENTINJ.V afterwards", vm->vmcb->event_injection & EVENT_VALID, 0);
	vm->vmcb->rip++; /* behind the HLT; there is another one */
	kvm_svm_vmrun(vm);
	check("how often it came in two runs", count, 1);
}

GUEST_CASE(Interrupt)
{
	check_injected(new_guest(VECTOR), VECTOR, EVENT(INTERRUPT, VECTOR));
}

/* "RFLAGS.IF … is ignored". */
GUEST_CASE(InterruptWhileMasked)
{
	struct kvm_svm_vcpu *vm = new_guest(VECTOR);

	vm->vmcb->rflags &= ~(uint64_t)RFLAGS_IF;
	check_injected(vm, VECTOR, EVENT(INTERRUPT, VECTOR));
}

GUEST_CASE(Nmi)
{
	check_injected(new_guest(INTR_NMI), INTR_NMI, EVENT(NMI, INTR_NMI));
}

GUEST_CASE(InvalidOpcode)
{
	check_injected(new_guest(INTR_BAD_OPCODE), INTR_BAD_OPCODE,
		       EVENT(EXCEPTION, INTR_BAD_OPCODE));
}

GUEST_CASE(ProtectionFaultWithErrorCode)
{
	check_injected(new_guest(INTR_GPF), INTR_GPF,
		       EVENT(EXCEPTION, INTR_GPF) | EVENT_ERROR_CODE(0x1234));
	check("the error code", error_code, 0x1234);
}

/* The hypervisor writes CR2 itself. */
GUEST_CASE(PageFaultWithAddress)
{
	struct kvm_svm_vcpu *vm = new_guest(INTR_PAGE_FAULT);

	vm->vmcb->cr2 = 0x7654321;
	check_injected(vm, INTR_PAGE_FAULT,
		       EVENT(EXCEPTION, INTR_PAGE_FAULT) | EVENT_ERROR_CODE(6));
	check("the error code", error_code, 6);
	check("the address", address, 0x7654321);
}

/* With NRIPS, the return address is the next RIP of the VMCB. */
GUEST_CASE(SoftwareInterrupt)
{
	struct kvm_svm_vcpu *vm = new_guest(VECTOR);
	const uintptr_t rip = vm->vmcb->rip;

	vm->vmcb->next_rip = rip;
	check_injected(vm, VECTOR, EVENT(SOFTWARE, VECTOR));
	check("where it returned to", interrupted, rip);
}

GUEST_CASE(NotValid)
{
	struct kvm_svm_vcpu *vm = new_guest(VECTOR);

	vm->vmcb->event_injection = EVENT(INTERRUPT, VECTOR) & ~EVENT_VALID;
	run(vm, SVM_EXIT_HLT);
	check("how often it came", count, 0);
}

/* "EXITINTINFO": what was being delivered when another fault stopped the guest. */
static void check_fault(uint64_t event)
{
	struct kvm_svm_vcpu *vm = new_guest(VECTOR);

	vm->vmcb->idtr.limit = 0;
	kvm_vmcb_set_intercept(vm->vmcb, SVM_EXIT_EXCEPTION + INTR_GPF, 1);
	vm->vmcb->event_injection = event;
	vm->vmcb->exit_int_info = 0x5a;
	run(vm, SVM_EXIT_EXCEPTION + INTR_GPF);
	check("EXITINTINFO", vm->vmcb->exit_int_info & 0xffffffff, event);
	check("the error code but for EXT", vm->vmcb->exitinfo1 & ~1ull, IDT_ERROR(event & 0xff));
	check("how far the guest got", step, 0);
}

GUEST_CASE(DeliveryThatFaults)
{
	check_fault(EVENT(INTERRUPT, VECTOR));
}

GUEST_CASE(ExceptionThatFaults)
{
	check_fault(EVENT(EXCEPTION, INTR_BAD_OPCODE));
}

/* #PF behind #GP is no double fault: "Double Fault". */
GUEST_CASE(ErrorCodeThatFaults)
{
	struct kvm_svm_vcpu *vm = new_guest(INTR_GPF);
	const uint64_t event = EVENT(EXCEPTION, INTR_GPF) | EVENT_ERROR_CODE(0x1234);

	vm->vmcb->idtr.base = UNMAPPED;
	kvm_vmcb_set_intercept(vm->vmcb, SVM_EXIT_EXCEPTION + INTR_PAGE_FAULT, 1);
	vm->vmcb->event_injection = event;
	vm->vmcb->exit_int_info = 0x5a;
	run(vm, SVM_EXIT_EXCEPTION + INTR_PAGE_FAULT);
	check("EXITINTINFO", vm->vmcb->exit_int_info, event);
	check("how far the guest got", step, 0);
}

/* V_IRQ of a priority, with V_INTR_MASKING: RFLAGS.IF is then the guest's alone. */
static struct kvm_svm_vcpu *new_virtual(unsigned int priority)
{
	struct kvm_svm_vcpu *vm = new_guest(VECTOR);

	vm->vmcb->virt_intr_ctl = SVM_INTR_MASKING;
	vm->vmcb->virtual_irq = 1;
	vm->vmcb->virt_intr_vector = VECTOR;
	vm->vmcb->virt_intr_prio = priority;
	return vm;
}

GUEST_CASE(VirtualInterrupt)
{
	struct kvm_svm_vcpu *vm = new_virtual(5);

	run(vm, SVM_EXIT_HLT);
	check("how often it came", count, 1);
	check("how far the guest was then", step_at_event, 0);
	check("V_IRQ afterwards", vm->vmcb->virtual_irq & 1, 0);
}

GUEST_CASE(VirtualInterruptWaitsForFlag)
{
	struct kvm_svm_vcpu *vm = new_virtual(5);

	vm->vmcb->rflags &= ~(uint64_t)RFLAGS_IF;
	run(vm, SVM_EXIT_HLT);
	check("how often it came", count, 1);
	check("how far the guest was then", step_at_event, 1);
}

GUEST_CASE(VirtualInterruptNotAboveTpr)
{
	struct kvm_svm_vcpu *vm = new_virtual(5);

	vm->vmcb->virtual_tpr = 5;
	run(vm, SVM_EXIT_HLT);
	check("how often it came", count, 0);
	check("V_IRQ afterwards", vm->vmcb->virtual_irq & 1, 1);
}

GUEST_CASE(VirtualInterruptIgnoresTpr)
{
	struct kvm_svm_vcpu *vm = new_virtual(5);

	vm->vmcb->virtual_tpr = 15;
	vm->vmcb->virt_ignore_tpr = 1;
	run(vm, SVM_EXIT_HLT);
	check("how often it came", count, 1);
}

GUEST_CASE(VirtualInterruptIntercepted)
{
	struct kvm_svm_vcpu *vm = new_virtual(5);

	kvm_vmcb_set_intercept(vm->vmcb, SVM_INTERCEPT_VINTR, 1);
	run(vm, SVM_EXIT_VINTR);
	check("how often it came", count, 0);
	check("how far the guest got", step, 0);
	check("V_IRQ afterwards", vm->vmcb->virtual_irq & 1, 1);
}

/* The first instruction, a call of guest_main, is still the shadow's. */
GUEST_CASE(VirtualInterruptAfterShadow)
{
	struct kvm_svm_vcpu *vm = new_virtual(5);

	vm->vmcb->interrupt_shadow = 1;
	run(vm, SVM_EXIT_HLT);
	check("how often it came", count, 1);
	check("where", interrupted, (uintptr_t)guest_main);
}
