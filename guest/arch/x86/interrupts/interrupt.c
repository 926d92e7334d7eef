// SPDX-License-Identifier: MIT
/* Interrupt callbacks, and the report of an interrupt that nobody handles. */
#include "guest/arch/x86/boot/layout.h"
#include "guest/arch/x86/faults/stack.h"
#include "guest/arch/x86/interrupts/frame.h"
#include "guest/lib/arch.h"
#include "guest/lib/cpu.h"

/* vectors.S, start.S */
extern const char kvm_vector_stubs[], kvm_enable_paging[];
int kvm_handle_interrupt(struct kvm_interrupt_frame *frame);

_Static_assert(sizeof(struct intr_descriptor) == KVM_IDT_ENTRY_BYTES,
	       "intr_descriptor: wrong size");

const char *const tst_interrupt_names[INTERRUPT_COUNT] = {
	[INTR_ZERODIV] = "Division by zero",
	[INTR_DEBUG] = "Debug exception",
	[INTR_NMI] = "Non-maskable interrupt",
	[INTR_BREAKPOINT] = "Breakpoint",
	[INTR_OVERFLOW] = "Overflow",
	[INTR_BOUND_RANGE_EXC] = "Bound range exceeded",
	[INTR_BAD_OPCODE] = "Invalid opcode",
	[INTR_DEVICE_ERROR] = "Device not available",
	[INTR_DOUBLE_FAULT] = "Double fault",
	[INTR_INVALID_TSS] = "Invalid TSS",
	[INTR_SEGFAULT] = "Segment not present",
	[INTR_STACK_FAULT] = "Stack-segment fault",
	[INTR_GPF] = "General protection fault",
	[INTR_PAGE_FAULT] = "Page fault",
	[INTR_FPU_ERROR] = "x87 floating-point error",
	[INTR_ALIGNMENT_ERROR] = "Alignment check",
	[INTR_MACHINE_CHECK] = "Machine check",
	[INTR_SIMD_ERROR] = "SIMD floating-point error",
	[INTR_VIRT_ERROR] = "Virtualization exception",
	[INTR_CPE] = "Control protection exception",
	[INTR_HV_INJECTION] = "Hypervisor injection exception",
	[INTR_VMM_COMM] = "VMM communication exception",
	[INTR_SECURITY_ERROR] = "Security exception",
};

static struct {
	tst_interrupt_callback func;
	void *userdata;
} callbacks[X86_INTR_COUNT];

void tst_set_interrupt_callback(unsigned int vector, tst_interrupt_callback func, void *userdata)
{
	uintptr_t stub = (uintptr_t)kvm_vector_stubs + KVM_VECTOR_STUB(vector);

	if (vector >= X86_INTR_COUNT) {
		tst_brk(TBROK, "tst_set_interrupt_callback: vector %u is beyond the last one, %u",
			vector, X86_INTR_COUNT - 1);
	}
	/* In this order: an interrupt of another CPU finds both or no function. */
	__atomic_store_n(&callbacks[vector].func, NULL, __ATOMIC_RELEASE);
	__atomic_store_n(&callbacks[vector].userdata, userdata, __ATOMIC_RELEASE);
	__atomic_store_n(&callbacks[vector].func, func, __ATOMIC_RELEASE);

	/* The exceptions' gates are there from the start, see vectors.S. */
	if (vector >= X86_EXCEPTION_COUNT && !(kvm_idt[vector].flags & SEGFLAG_PRESENT)) {
		kvm_idt[vector].offset_lo = stub;
		kvm_idt[vector].selector = KVM_CS;
		__atomic_store_n(&kvm_idt[vector].flags, SEGTYPE_INTR_GATE | SEGFLAG_PRESENT,
				 __ATOMIC_RELEASE);
	}
}

uintptr_t kvm_get_interrupt_ip(const struct kvm_interrupt_frame *ifrm)
{
	return ifrm->ip;
}

void kvm_set_interrupt_ip(struct kvm_interrupt_frame *ifrm, uintptr_t ip)
{
	ifrm->ip = ip;
}

unsigned long kvm_get_interrupt_flags(const struct kvm_interrupt_frame *ifrm)
{
	return ifrm->flags;
}

void kvm_set_interrupt_flags(struct kvm_interrupt_frame *ifrm, unsigned long flags)
{
	ifrm->flags = flags;
}

uint16_t kvm_get_interrupt_cs(const struct kvm_interrupt_frame *ifrm)
{
	return ifrm->cs;
}

void kvm_set_interrupt_cs(struct kvm_interrupt_frame *ifrm, uint16_t cs)
{
	if ((cs ^ ifrm->cs) & SELECTOR_RPL) {
		tst_brk(TBROK,
			"kvm_set_interrupt_cs: cs %#x has another privilege level than the "
			"interrupted code's %#lx; kvm_call_user() runs code at CPL 3",
			cs, ifrm->cs & 0xffff);
	}
	ifrm->cs = cs;
}

uintptr_t kvm_get_interrupt_sp(const struct kvm_interrupt_frame *ifrm)
{
	return ifrm->sp;
}

void kvm_set_interrupt_sp(struct kvm_interrupt_frame *ifrm, uintptr_t sp)
{
	/* On the way back, three words below it take what is to be restored. */
	if (sp > (uintptr_t)ifrm && sp - 3 * sizeof(sp) < (uintptr_t)&ifrm->ip) {
		tst_brk(TBROK,
			"kvm_set_interrupt_sp: sp %#lx lies where the interrupted registers are, "
			"%#lx to %#lx",
			(unsigned long)sp, (unsigned long)(uintptr_t)ifrm,
			(unsigned long)(uintptr_t)&ifrm->ip + 3 * sizeof(sp));
	}
	ifrm->sp = sp;
}

/* What happened, in words: the exception's name and what its error code says. */
static void describe(char *text, unsigned int vector, unsigned long error_code)
{
	struct kvm_cregs cregs;

	/* A vector without a gate shows as a fault that names the gate: SDM "Error Code". */
	if (vector == INTR_GPF && (error_code & 2)) {
		sprintf(text, "Unexpected interrupt %lu", error_code >> 3);
		return;
	}
	if (vector < INTERRUPT_COUNT && tst_interrupt_names[vector])
		sprintf(text, "%s (interrupt %u)", tst_interrupt_names[vector], vector);
	else
		sprintf(text, "Unexpected interrupt %u", vector);
	if (vector == INTR_PAGE_FAULT) {
		kvm_read_cregs(&cregs);
		sprintf(text + strlen(text), ", %s %s page at %#lx",
			error_code & 0x10 ? "execution of"
			: error_code & 2  ? "write to"
					  : "read from",
			error_code & 8	 ? "a reserved bit's"
			: error_code & 1 ? "a protected"
					 : "an unmapped",
			cregs.cr2);
	}
}

static void describe_registers(char *text, const struct kvm_interrupt_frame *frame)
{
#ifdef __x86_64__
	sprintf(text,
		"\n"
		"  rip %016lx  cs %04lx  rflags %016lx\n"
		"  rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n"
		"  rsi %016lx  rdi %016lx  rbp %016lx  rsp %016lx\n"
		"  r8  %016lx  r9  %016lx  r10 %016lx  r11 %016lx\n"
		"  r12 %016lx  r13 %016lx  r14 %016lx  r15 %016lx",
		frame->ip, frame->cs, frame->flags, frame->ax, frame->bx, frame->cx, frame->dx,
		frame->si, frame->di, frame->bp, frame->sp, frame->r8, frame->r9, frame->r10,
		frame->r11, frame->r12, frame->r13, frame->r14, frame->r15);
#else
	sprintf(text,
		"\n"
		"  eip %08lx  cs %04lx  eflags %08lx\n"
		"  eax %08lx  ebx %08lx  ecx %08lx  edx %08lx\n"
		"  esi %08lx  edi %08lx  ebp %08lx  esp %08lx",
		frame->ip, frame->cs, frame->flags, frame->ax, frame->bx, frame->cx, frame->dx,
		frame->si, frame->di, frame->bp, frame->sp);
#endif
}

static void __attribute__((noreturn)) report_unhandled(const struct kvm_interrupt_frame *frame,
						       unsigned int vector)
{
	char what[128], registers[512];

	describe(what, vector, frame->error_code);
	describe_registers(registers, frame);
	break_at_address(frame->ip, "%s, error code %#lx%s", what, frame->error_code, registers);
}

/* A push that faults can't be reported on the same stack: it comes as a double fault. */
static void check_overflow(const struct kvm_interrupt_frame *frame, unsigned int vector)
{
	struct kvm_cregs cregs;
	char registers[512];

	if (vector != INTR_PAGE_FAULT && vector != INTR_DOUBLE_FAULT)
		return;
	kvm_read_cregs(&cregs);
	if (!is_guard_page(cregs.cr2))
		return;
	describe_registers(registers, frame);
	report_stack_overflow(cregs.cr2, frame->ip, registers);
}

/*
 * Some KVM backends can't run a guest with 32-bit paging and refuse to turn it on.
 * On x86_64 there is no long mode without paging, and nothing would report.
 */
static void check_paging(const struct kvm_interrupt_frame *frame, unsigned int vector)
{
	if (vector == INTR_GPF && frame->ip == (uintptr_t)kvm_enable_paging)
		break_at_address(frame->ip,
				 "this KVM refuses 32-bit paging, which each i386 payload has; "
				 "kvm_test() sends such tests to a machine that offers \"pae\"");
}

/*
 * Whether only iret can resume the interrupted code: it ends the blocking of
 * NMIs, changes the code segment with the privilege level, and lets a
 * single-stepped or breakpointed instruction run before the next trap.
 */
static int needs_iret(const struct kvm_interrupt_frame *frame, unsigned int vector)
{
	return vector == INTR_NMI || vector == INTR_DEBUG || (frame->flags & RFLAGS_TF) ||
	       (uint16_t)frame->cs != KVM_CS;
}

/*
 * Puts what the way back needs where vectors.S looks for it: in the place of the
 * vector, the stack pointer with which popf and ret, or iret, find their words.
 * Returns whether it has to be iret.
 */
static int prepare_return(struct kvm_interrupt_frame *frame, int iret)
{
	/* Copies, since the words may lie over the frame's end. */
	const unsigned long ip = frame->ip, flags = frame->flags;
	unsigned long *words = (unsigned long *)frame->sp - 2;

	if (!iret) {
		words[0] = flags;
		words[1] = ip;
	} else {
#ifdef __x86_64__
		words = &frame->ip;
#else
		/* Without a change of privilege, iret leaves the stack pointer alone. */
		if (frame->cs & SELECTOR_RPL) {
			frame->outer_sp = frame->sp;
			words = &frame->ip;
		} else {
			const unsigned long cs = frame->cs;

			words--;
			words[0] = ip;
			words[1] = cs;
			words[2] = flags;
		}
#endif
	}
	frame->vector = (uintptr_t)words;
	return iret;
}

/* For the host: a CPU that ends in a triple fault may leave nothing else of itself. */
static void remember(const struct kvm_interrupt_frame *frame, unsigned int vector)
{
	volatile struct kvm_cpu_control *control = cpu_control(tst_cpu());

	control->last_interrupt_ip = frame->ip;
	control->last_interrupt = vector + 1;
}

void handle_vector(struct kvm_interrupt_frame *frame, unsigned int vector)
{
	tst_interrupt_callback func;
	void *userdata;

	remember(frame, vector);
	check_overflow(frame, vector);
	if (end_try(frame, vector))
		return;
	func = __atomic_load_n(&callbacks[vector].func, __ATOMIC_ACQUIRE);
	userdata = __atomic_load_n(&callbacks[vector].userdata, __ATOMIC_ACQUIRE);
	if (!func || func(userdata, frame, frame->error_code))
		report_unhandled(frame, vector);
}

int kvm_handle_interrupt(struct kvm_interrupt_frame *frame)
{
	unsigned int vector = frame->vector & 0xff;

#ifdef __i386__
	frame->sp = frame->cs & SELECTOR_RPL ? frame->outer_sp : (uintptr_t)&frame->outer_sp;
#endif
	check_paging(frame, vector);
	handle_vector(frame, vector);
	return prepare_return(frame, needs_iret(frame, vector));
}
