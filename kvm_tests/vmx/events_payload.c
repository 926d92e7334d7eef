// SPDX-License-Identifier: MIT
/* One event around a nested guest, one a case: events.h. */
#include "events.h"
#include "exit_checks.h"
#include "guest_case.h"
#include "guest_operations.h"
#include "kvm_x86_apic.h"
#include "vmentry_changes.h"

#define VECTOR 0x51

/* SDM Vol. 3, "VM-Execution Control Fields", "Guest Non-Register State". */
#define PIN_NMI (1u << 3)
#define PIN_PREEMPTION_TIMER (1u << 6)
#define EXEC_MONITOR_TRAP (1u << 27)
#define FIELD_PREEMPTION_TIMER 0x482e
#define BLOCKED_BY_NMI (1u << 3)
#define WAIT_FOR_SIPI 3

#define VALID (1u << 31)
#define EXTERNAL_INTERRUPT 0
#define NMI_EVENT 2
#define MONITOR_TRAP 7

static volatile unsigned int count, step_at_event;
static volatile unsigned long error_code;

static int note_event(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	(void)userdata;
	(void)ifrm;
	count++;
	step_at_event = step;
	error_code = errcode;
	return 0;
}

static int note_interrupt(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	note_event(userdata, ifrm, errcode);
	kvm_end_of_interrupt();
	return 0;
}

static int guest_steps(void)
{
	step = 1;
	asm volatile("nop");
	step = 2;
	return 0;
}

static struct kvm_vmx_vcpu *new_guest(int (*guest_main)(void))
{
	struct kvm_vmx_vcpu *vm;

	kvm_set_vmx_state(1);
	kvm_enable_apic();
	tst_set_interrupt_callback(VECTOR, note_interrupt, NULL);
	tst_set_interrupt_callback(INTR_NMI, note_event, NULL);
	vm = kvm_create_vmx_vcpu(guest_main, 1);
	kvm_vmx_vmptrld(vm->vmcs);
	/* The guest reaches the APIC as the hypervisor does, by MSRs too. */
	need(VMX_EXECCTL_MSR_BITMAP);
	put(VMX_VMCS_MSR_BITMAP_POINTER, page());
	step = count = step_at_event = 0;
	return vm;
}

static _Bool has_count(const char *name, unsigned int expected)
{
	return has(name, "the number of events handled", count, expected);
}

static uint32_t told_event(void)
{
	return kvm_vmx_vmread(VMX_VMCS_VMEXIT_INTR_INFO);
}

/* --- Interrupts: 26.2, 28.2.2 ------------------------------------------------------------ */

/* The hypervisor's RFLAGS.IF is clear: it stays in the APIC. */
static void make_pending(unsigned int vector)
{
	kvm_send_ipi(kvm_apic_id(), APIC_ICR_FIXED | vector);
}

static _Bool apic_has(unsigned int reg, unsigned int vector)
{
	return kvm_read_apic(reg + 0x10 * (vector / 32)) >> vector % 32 & 1;
}

static _Bool is_left_to_hypervisor(const char *name)
{
	if (!has(name, "the interruption information", told_event() & VALID, 0) ||
	    !has_count(name, 0) ||
	    !has(name, "the pending interrupt", apic_has(APIC_REG_IRR, VECTOR), 1))
		return 0;
	kvm_enable_interrupts();
	asm volatile("nop");
	kvm_disable_interrupts();
	return has_count(name, 1);
}

GUEST_CASE(ExternalInterrupt)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_steps);

	need_pin(PIN_EXTERNAL_INTERRUPTS);
	make_pending(VECTOR);
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "at its begin", VMX_EXIT_EXTERNAL_INTR, 0) &&
	    is_left_to_hypervisor(__func__))
		tst_res(TPASS, "the hypervisor gets the interrupt");
}

/* The guest's RFLAGS.IF is of no importance then. */
GUEST_CASE(ExternalInterruptMasked)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_steps);

	need_pin(PIN_EXTERNAL_INTERRUPTS);
	clear(VMX_VMCS_GUEST_RFLAGS, RFLAGS_IF);
	make_pending(VECTOR);
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "at its begin", VMX_EXIT_EXTERNAL_INTR, 0) &&
	    is_left_to_hypervisor(__func__))
		tst_res(TPASS, "the hypervisor gets the interrupt");
}

GUEST_CASE(ExternalInterruptAcknowledged)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_steps);

	need_pin(PIN_EXTERNAL_INTERRUPTS);
	need_exit(EXIT_ACKNOWLEDGE);
	make_pending(VECTOR);
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "at its begin", VMX_EXIT_EXTERNAL_INTR, 0) &&
	    has(__func__, "the interruption information", told_event(),
		EVENT(EXTERNAL_INTERRUPT, VECTOR)) &&
	    has(__func__, "the pending interrupt", apic_has(APIC_REG_IRR, VECTOR), 0) &&
	    has(__func__, "the interrupt in service", apic_has(APIC_REG_ISR, VECTOR), 1) &&
	    has_count(__func__, 0))
		tst_res(TPASS, "the exit has taken the interrupt from the APIC");
}

GUEST_CASE(InterruptOfGuest)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_steps);

	make_pending(VECTOR);
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "at its end", VMX_EXIT_HLT, 2) && has_count(__func__, 1) &&
	    has(__func__, "the guest's step at the interrupt", step_at_event, 0))
		tst_res(TPASS, "the guest gets the interrupt");
}

GUEST_CASE(InterruptOfGuestMasked)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_steps);

	clear(VMX_VMCS_GUEST_RFLAGS, RFLAGS_IF);
	make_pending(VECTOR);
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "at its end", VMX_EXIT_HLT, 2) && is_left_to_hypervisor(__func__))
		tst_res(TPASS, "the guest holds the interrupt back");
}

/* --- NMIs: 26.2, 26.4.1, 28.5 -------------------------------------------------------------- */

static void send_nmi(void)
{
	kvm_send_ipi(kvm_apic_id(), APIC_ICR_NMI);
}

static int guest_sends_nmi(void)
{
	step = 1;
	send_nmi();
	step = 2;
	return 0;
}

/* The exit counts as the NMI's handler: more of them wait. */
GUEST_CASE(NmiStops)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_sends_nmi);

	need_pin(PIN_NMI);
	kvm_vmx_vmrun(vm);
	if (!stopped(__func__, "at the NMI", VMX_EXIT_EXCEPTION, 1) ||
	    !has(__func__, "the interruption information", told_event(),
		 EVENT(NMI_EVENT, INTR_NMI)))
		return;
	send_nmi();
	asm volatile("nop");
	if (has_count(__func__, 0))
		tst_res(TPASS, "the hypervisor gets the NMI");
}

GUEST_CASE(NmiOfGuest)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_sends_nmi);

	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "at its end", VMX_EXIT_HLT, 2) && has_count(__func__, 1) &&
	    has(__func__, "the guest's step at the NMI", step_at_event, 1))
		tst_res(TPASS, "the guest gets the NMI");
}

static struct kvm_vmx_vcpu *new_guest_of_virtual_nmis(void)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_steps);

	need_pin(PIN_NMI | PIN_VIRTUAL_NMIS);
	need(EXEC_NMI_WINDOW);
	return vm;
}

GUEST_CASE(NmiWindow)
{
	kvm_vmx_vmrun(new_guest_of_virtual_nmis());
	if (stopped(__func__, "where no NMI is blocked", VMX_EXIT_NMI_WINDOW, 0))
		tst_res(TPASS, "the guest stops before its first instruction");
}

GUEST_CASE(NmiWindowWhileBlocked)
{
	struct kvm_vmx_vcpu *vm = new_guest_of_virtual_nmis();

	put(VMX_VMCS_GUEST_INTR_STATE, BLOCKED_BY_NMI);
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "in an NMI's handler", VMX_EXIT_HLT, 2) &&
	    has(__func__, "the interruptibility state", kvm_vmx_vmread(VMX_VMCS_GUEST_INTR_STATE),
		BLOCKED_BY_NMI))
		tst_res(TPASS, "the window stays closed until IRET");
}

/* --- Monitor trap flag: 26.5.2, 27.6.2, 27.7.8 ---------------------------------------------- */

static _Bool has_moved(const char *name, uint64_t *ip)
{
	const uint64_t before = *ip;

	*ip = kvm_vmx_vmread(VMX_VMCS_GUEST_RIP);
	if (*ip != before)
		return 1;
	tst_res(TFAIL, "%s: the guest is still at %#llx", name, (unsigned long long)before);
	return 0;
}

GUEST_CASE(MonitorTrap)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_steps);
	uint64_t ip = kvm_vmx_vmread(VMX_VMCS_GUEST_RIP);

	need(EXEC_MONITOR_TRAP);
	for (unsigned int i = 0; i < 2; i++) {
		kvm_vmx_vmrun(vm);
		if (!stopped(__func__, "behind an instruction", VMX_EXIT_MONITOR_TRAP, 0) ||
		    !has_moved(__func__, &ip))
			return;
	}
	clear(VMX_VMCS_VMEXEC_CTL, EXEC_MONITOR_TRAP);
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "at its end", VMX_EXIT_HLT, 2))
		tst_res(TPASS, "the guest stops behind each instruction");
}

GUEST_CASE(MonitorTrapInjected)
{
	uint64_t ip;

	/* KVM may have to look after its host first, and then loses it: not each time. */
	for (unsigned int i = 0; i < 10; i++) {
		struct kvm_vmx_vcpu *vm = new_guest(guest_steps);

		ip = kvm_vmx_vmread(VMX_VMCS_GUEST_RIP);
		put(VMX_VMCS_VMENTRY_INTR, EVENT(MONITOR_TRAP, 0));
		kvm_vmx_vmrun(vm);
		if (kvm_vmx_vmread(VMX_VMCS_EXIT_REASON) != VMX_EXIT_HLT)
			break;
	}
	if (stopped(__func__, "at its begin", VMX_EXIT_MONITOR_TRAP, 0) &&
	    has(__func__, "the instruction pointer", kvm_vmx_vmread(VMX_VMCS_GUEST_RIP), ip))
		tst_res(TPASS, "the guest stops before its first instruction");
}

extern const char output_instruction[], behind_output[];

asm(".text\n"
    "output_instruction:\n"
    "	outb	%al, $0x80\n"
    "behind_output:\n"
    "	nop\n"
    "	hlt\n");

/* KVM executes the instruction, in part by its user space; the trap is behind it all the same. */
GUEST_CASE(MonitorTrapBehindEmulation)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_steps);

	need(EXEC_MONITOR_TRAP);
	put(VMX_VMCS_GUEST_RIP, (uintptr_t)output_instruction);
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "behind OUT", VMX_EXIT_MONITOR_TRAP, 0) &&
	    has(__func__, "the instruction pointer", kvm_vmx_vmread(VMX_VMCS_GUEST_RIP),
		(uintptr_t)behind_output))
		tst_res(TPASS, "the guest stops behind what KVM executes");
}

/* --- Exceptions of instructions that KVM executes for the guest: 26.2, 28.2.1, 28.2.2 ------------ */

#define PAGE_FAULT_WRITE 2
#define UNKNOWN_MSR 0x1ff0
#define FAULT EVENT(3, INTR_PAGE_FAULT)
#define QUALIFICATION_BS (1 << 14)

static struct kvm_fault caught;

static int guest_outs(void)
{
	step = 1;
	caught = kvm_try(output_from_unmapped, NULL);
	step = 2;
	return 0;
}

static int guest_ins(void)
{
	step = 1;
	caught = kvm_try(input_to_unmapped, NULL);
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

/* A page fault stops the guest if the bit of the bitmap is set and it matches, or neither. */
static void intercept_page_faults(_Bool bit, uint32_t match)
{
	put(VMX_VMCS_EXCEPTION_BITMAP, bit << INTR_PAGE_FAULT);
	put(VMX_VMCS_PAGEFAULT_MASK, match);
	put(VMX_VMCS_PAGEFAULT_MATCH, match);
}

static void check_page_fault(const char *name, int (*guest_main)(void), _Bool bit, uint32_t match,
			     uint32_t code)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_main);

	intercept_page_faults(bit, match);
	kvm_vmx_vmrun(vm);
	if (stopped(name, "at the instruction", VMX_EXIT_EXCEPTION, 1) &&
	    has(name, "the interruption information", told_event(), FAULT | EVENT_ERROR_CODE) &&
	    has(name, "the error code", kvm_vmx_vmread(VMX_VMCS_VMEXIT_INTR_ERRNO), code) &&
	    has(name, "the exit qualification", kvm_vmx_vmread(VMX_VMCS_EXIT_QUALIFICATION),
		UNMAPPED + 0x123))
		tst_res(TPASS, "%s: the hypervisor gets the exception", name);
}

static void check_caught(const char *name, int (*guest_main)(void), _Bool bit, uint32_t match)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_main);

	intercept_page_faults(bit, match);
	kvm_vmx_vmrun(vm);
	if (stopped(name, "at its end", VMX_EXIT_HLT, 2) &&
	    has(name, "the vector", caught.vector, INTR_PAGE_FAULT) &&
	    has(name, "the address", caught.address, UNMAPPED + 0x123))
		tst_res(TPASS, "%s: the guest gets the exception", name);
}

GUEST_CASE(PageFaultOfOutput)
{
	check_page_fault(__func__, guest_outs, 1, 0, 0);
}

GUEST_CASE(PageFaultOfInput)
{
	check_page_fault(__func__, guest_ins, 1, PAGE_FAULT_WRITE, PAGE_FAULT_WRITE);
}

/* Without the bit, those that don't match stop the guest. */
GUEST_CASE(PageFaultThatDiffers)
{
	check_page_fault(__func__, guest_outs, 0, PAGE_FAULT_WRITE, 0);
}

GUEST_CASE(PageFaultOfGuest)
{
	check_caught(__func__, guest_outs, 1, PAGE_FAULT_WRITE);
}

GUEST_CASE(PageFaultThatMatches)
{
	check_caught(__func__, guest_ins, 0, PAGE_FAULT_WRITE);
}

GUEST_CASE(ProtectionFaultOfMsr)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_reads_msr);

	put(VMX_VMCS_EXCEPTION_BITMAP, 1u << INTR_GPF);
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "at RDMSR", VMX_EXIT_EXCEPTION, 1) &&
	    has(__func__, "the interruption information", told_event(),
		EVENT(3, INTR_GPF) | EVENT_ERROR_CODE) &&
	    has(__func__, "the error code", kvm_vmx_vmread(VMX_VMCS_VMEXIT_INTR_ERRNO), 0))
		tst_res(TPASS, "the hypervisor gets the exception");
}

GUEST_CASE(SingleStepOverOutput)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_steps);

	put(VMX_VMCS_EXCEPTION_BITMAP, 1u << INTR_DEBUG);
	put(VMX_VMCS_GUEST_RIP, (uintptr_t)output_instruction);
	put(VMX_VMCS_GUEST_RFLAGS, kvm_vmx_vmread(VMX_VMCS_GUEST_RFLAGS) | RFLAGS_TF);
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "behind OUT", VMX_EXIT_EXCEPTION, 0) &&
	    has(__func__, "the interruption information", told_event(), EVENT(3, INTR_DEBUG)) &&
	    has(__func__, "the exit qualification", kvm_vmx_vmread(VMX_VMCS_EXIT_QUALIFICATION),
		QUALIFICATION_BS) &&
	    has(__func__, "the instruction pointer", kvm_vmx_vmread(VMX_VMCS_GUEST_RIP),
		(uintptr_t)behind_output))
		tst_res(TPASS, "the guest stops behind what KVM executes");
}

/* --- INIT and startup IPIs: 26.2 -------------------------------------------------------------- */

static int guest_sends_init(void)
{
	step = 1;
	kvm_send_ipi(kvm_apic_id(), APIC_ICR_INIT | APIC_ICR_ASSERT);
	step = 2;
	return 0;
}

GUEST_CASE(InitSignal)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_sends_init);

	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "at the signal", VMX_EXIT_INIT, 1))
		tst_res(TPASS, "the guest stops, and the CPU is not reset");
}

#define STARTUP_VECTOR 0x9a

static volatile _Bool is_over;

/* One that finds the CPU elsewhere is lost: 26.2. */
static void send_startup_ipis(void *arg)
{
	(void)arg;
	kvm_enable_apic();
	while (!is_over)
		kvm_send_ipi(0, APIC_ICR_STARTUP | STARTUP_VECTOR);
}

GUEST_CASE(StartupIpi)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_steps);

	put(VMX_VMCS_GUEST_ACT_STATE, WAIT_FOR_SIPI);
	tst_start_cpu(1, send_startup_ipis, NULL);
	kvm_vmx_vmrun(vm);
	is_over = 1;
	tst_join_cpu(1);
	if (stopped(__func__, "at the IPI", VMX_EXIT_SIPI, 0) &&
	    has(__func__, "the exit qualification", kvm_vmx_vmread(VMX_VMCS_EXIT_QUALIFICATION),
		STARTUP_VECTOR))
		tst_res(TPASS, "the IPI ends the wait, and its vector is told");
}

/* --- The VMX-preemption timer: 26.5.1, 28.3.4 ------------------------------------------------- */

/* In ticks of the TSC: some milliseconds, longer than a guest needs to its loop or halt. */
#define SHORT_TICKS 6000000
#define RATE 0x1f /* of IA32_VMX_MISC: the timer counts this bit of the TSC, A.6 */
#define LONG_TIME 0x20000000 /* as the timer counts */

static int guest_loops(void)
{
	step = 1;
	for (;;)
		asm volatile("");
}

static void start_timer(uint32_t value)
{
	need_pin(PIN_PREEMPTION_TIMER);
	put(FIELD_PREEMPTION_TIMER, value);
}

static uint32_t short_time(void)
{
	return SHORT_TICKS >> (kvm_rdmsr(MSR_IA32_VMX_MISC) & RATE);
}

GUEST_CASE(TimerStopsLoop)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_loops);

	start_timer(short_time());
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "in a loop", VMX_EXIT_TIMER, 1))
		tst_res(TPASS, "the timer ends the loop");
}

/* --- The activity state: 25.4.2, 27.6.2, 28.3.4 ---------------------------------------------- */

#define HALTED 1

static int guest_halts(void)
{
	step = 1;
	asm volatile("hlt");
	step = 2;
	return 0;
}

static _Bool has_activity(const char *name, unsigned int expected)
{
	return has(name, "the activity state", kvm_vmx_vmread(VMX_VMCS_GUEST_ACT_STATE), expected);
}

GUEST_CASE(TimerStopsHalt)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_halts);

	clear(VMX_VMCS_VMEXEC_CTL, VMX_INTERCEPT_HLT);
	start_timer(short_time());
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "in HLT", VMX_EXIT_TIMER, 1) && has_activity(__func__, HALTED))
		tst_res(TPASS, "the timer ends the halt, and the exit tells of it");
}

GUEST_CASE(InjectionEndsHalt)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_steps);

	put(VMX_VMCS_GUEST_ACT_STATE, HALTED);
	put(VMX_VMCS_VMENTRY_INTR, EVENT(EXTERNAL_INTERRUPT, VECTOR));
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "at its end", VMX_EXIT_HLT, 2) && has_count(__func__, 1) &&
	    has_activity(__func__, 0))
		tst_res(TPASS, "the interrupt wakes the guest");
}

/* --- What is left of the timer: 28.3.4 --------------------------------------------------------- */

GUEST_CASE(TimerSaved)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_steps);
	uint64_t value;

	start_timer(LONG_TIME);
	need_exit(EXIT_SAVE_TIMER);
	kvm_vmx_vmrun(vm);
	value = kvm_vmx_vmread(FIELD_PREEMPTION_TIMER);
	if (!stopped(__func__, "at its end", VMX_EXIT_HLT, 2))
		return;
	if (value < LONG_TIME && value > LONG_TIME / 2)
		tst_res(TPASS, "the exit saves what is left of the timer");
	else
		tst_res(TFAIL, "the timer has %#llx left of %#x", (unsigned long long)value,
			LONG_TIME);
}

GUEST_CASE(TimerNotSaved)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_steps);

	start_timer(LONG_TIME);
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "at its end", VMX_EXIT_HLT, 2) &&
	    has(__func__, "the timer's value", kvm_vmx_vmread(FIELD_PREEMPTION_TIMER), LONG_TIME))
		tst_res(TPASS, "without the control, the value stays");
}

/* --- Posted interrupts: 30.6 -------------------------------------------------------------------- */

#define POSTED_OUTSTANDING 256 /* bit of the descriptor, behind one for each vector */

static _Bool descriptor_bit(uint64_t descriptor, unsigned int bit)
{
	return ((uint8_t *)(uintptr_t)descriptor)[bit / 8] >> bit % 8 & 1;
}

static void set_descriptor_bit(uint64_t descriptor, unsigned int bit)
{
	((uint8_t *)(uintptr_t)descriptor)[bit / 8] |= 1 << bit % 8;
}

GUEST_CASE(PostedInterrupt)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_steps);
	uint64_t descriptor;

	post_interrupts();
	descriptor = kvm_vmx_vmread(FIELD_POSTED_DESCRIPTOR);
	set_descriptor_bit(descriptor, VECTOR);
	set_descriptor_bit(descriptor, POSTED_OUTSTANDING);
	make_pending(kvm_vmx_vmread(FIELD_POSTED_VECTOR));
	kvm_vmx_vmrun(vm);
	if (stopped(__func__, "at its end", VMX_EXIT_HLT, 2) && has_count(__func__, 1) &&
	    has(__func__, "the posted request", descriptor_bit(descriptor, VECTOR), 0) &&
	    has(__func__, "the outstanding notification",
		descriptor_bit(descriptor, POSTED_OUTSTANDING), 0))
		tst_res(TPASS, "the guest gets the posted interrupt");
}

#define FIELD_INTERRUPT_STATUS 0x0810
#define LOWER_VECTOR 0x2e

/* One that was requested before comes second: 30.2.1, 30.6. */
GUEST_CASE(PostedInterruptAboveVirtual)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_steps);
	volatile uint32_t *virtual_apic;
	uint64_t descriptor;

	tst_set_interrupt_callback(LOWER_VECTOR, note_event, NULL);
	post_interrupts();
	virtual_apic = (void *)(uintptr_t)kvm_vmx_vmread(VMX_VMCS_VIRT_APIC_POINTER);
	virtual_apic[(APIC_REG_IRR + 0x10 * (LOWER_VECTOR / 32)) / 4] |= 1u << LOWER_VECTOR % 32;
	put(FIELD_INTERRUPT_STATUS, LOWER_VECTOR);
	descriptor = kvm_vmx_vmread(FIELD_POSTED_DESCRIPTOR);
	set_descriptor_bit(descriptor, VECTOR);
	set_descriptor_bit(descriptor, POSTED_OUTSTANDING);
	make_pending(kvm_vmx_vmread(FIELD_POSTED_VECTOR));
	kvm_vmx_vmrun(vm);
	/* The first is in service: the virtual APIC holds the other back. */
	if (stopped(__func__, "at its end", VMX_EXIT_HLT, 2) && has_count(__func__, 1) &&
	    has(__func__, "the interrupt status", kvm_vmx_vmread(FIELD_INTERRUPT_STATUS),
		VECTOR << 8 | LOWER_VECTOR))
		tst_res(TPASS, "the guest gets the posted interrupt first");
}

/* --- Injection: 27.6, 28.2.4 --------------------------------------------------------------------- */

static struct kvm_vmx_vcpu *new_injected_guest(uint32_t info, uint32_t error, uint32_t length)
{
	struct kvm_vmx_vcpu *vm = new_guest(guest_steps);

	tst_set_interrupt_callback(info & 0xff, note_event, NULL);
	put(VMX_VMCS_VMENTRY_INTR, info);
	put(VMX_VMCS_VMENTRY_EXC, error);
	put(VMX_VMCS_VMENTRY_INST_LEN, length);
	/* The handler returns behind an instruction of that length: 27.6.1.1. */
	put(VMX_VMCS_GUEST_RIP, kvm_vmx_vmread(VMX_VMCS_GUEST_RIP) - length);
	return vm;
}

static void check_delivered(const char *name, uint32_t info, uint32_t error, uint32_t length)
{
	kvm_vmx_vmrun(new_injected_guest(info, error, length));
	if (stopped(name, "at its end", VMX_EXIT_HLT, 2) && has_count(name, 1) &&
	    has(name, "the guest's step at the event", step_at_event, 0) &&
	    (!(info & EVENT_ERROR_CODE) || has(name, "the error code", error_code, error)) &&
	    has(name, "the event to inject", kvm_vmx_vmread(VMX_VMCS_VMENTRY_INTR) & VALID, 0))
		tst_res(TPASS, "%s: delivered once, before the first instruction", name);
}

/* The IDT is on no page, and the page fault is the hypervisor's. */
static void check_faults(const char *name, uint32_t info, uint32_t error, uint32_t length)
{
	struct kvm_vmx_vcpu *vm = new_injected_guest(info, error, length);

	put(VMX_VMCS_GUEST_IDTR_BASE, UNMAPPED);
	put(VMX_VMCS_EXCEPTION_BITMAP, 1u << INTR_PAGE_FAULT);
	kvm_vmx_vmrun(vm);
	if (stopped(name, "at the delivery", VMX_EXIT_EXCEPTION, 0) &&
	    has(name, "the vector of the exit", told_event() & 0xff, INTR_PAGE_FAULT) &&
	    has(name, "the IDT-vectoring information", kvm_vmx_vmread(VMX_VMCS_IDTVEC_INFO),
		info) &&
	    (!(info & EVENT_ERROR_CODE) || has(name, "the IDT-vectoring error code",
					       kvm_vmx_vmread(VMX_VMCS_IDTVEC_ERRNO), error)) &&
	    (!length || has(name, "the instruction's length",
			    kvm_vmx_vmread(VMX_VMCS_VMEXIT_INST_LEN), length)) &&
	    has_count(name, 0))
		tst_res(TPASS, "%s: the exit tells which event was on its way", name);
}

#define INJECTION(name, info, error, length)                       \
	GUEST_CASE(name##Delivered)                                \
	{                                                          \
		check_delivered(#name, (info), (error), (length)); \
	}                                                          \
	GUEST_CASE(name##Faults)                                   \
	{                                                          \
		check_faults(#name, (info), (error), (length));    \
	}

INJECTIONS(INJECTION)
