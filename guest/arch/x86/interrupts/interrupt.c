// SPDX-License-Identifier: MIT
/* Interrupt callbacks, and the report of an interrupt that nobody handles. */
#include "guest/arch/x86/boot/layout.h"
#include "guest/lib/arch.h"
#include "kvm_x86.h"

/* What vectors.S leaves on the stack, from its top. */
struct kvm_interrupt_frame {
#ifdef __x86_64__
	unsigned long ax, cx, dx, bx, bp, si, di, r8, r9, r10, r11, r12, r13, r14, r15;
#else
	unsigned long di, si, bp, handler_sp, bx, dx, cx, ax;
#endif
	unsigned long vector; /* sign-extended from 8 bits */
	unsigned long error_code;
	unsigned long ip, cs, flags;
#ifdef __x86_64__
	unsigned long sp, ss;
#endif
};

/* vectors.S, start.S */
extern const char kvm_vector_stubs[], kvm_enable_paging[], kvm_paging_done[];
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
	uintptr_t stub = (uintptr_t)kvm_vector_stubs + vector * KVM_VECTOR_STUB_BYTES;

	if (vector >= X86_INTR_COUNT) {
		tst_brk(TBROK, "tst_set_interrupt_callback: vector %u is beyond the last one, %u",
			vector, X86_INTR_COUNT - 1);
	}
	callbacks[vector].func = func;
	callbacks[vector].userdata = userdata;

	/* The exceptions' gates are there from the start, see vectors.S. */
	if (vector >= X86_EXCEPTION_COUNT) {
		struct intr_descriptor gate = {
			.offset_lo = stub,
			.selector = KVM_CS,
			.flags = SEGTYPE_INTR_GATE | SEGFLAG_PRESENT,
		};

		kvm_idt[vector] = gate;
	}
}

uintptr_t kvm_get_interrupt_ip(const struct kvm_interrupt_frame *ifrm)
{
	return ifrm->ip;
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

static void __attribute__((noreturn)) report_unhandled(const struct kvm_interrupt_frame *frame,
						       unsigned int vector)
{
	char what[128];

	describe(what, vector, frame->error_code);
#ifdef __x86_64__
	break_at_address(frame->ip,
			 "%s, error code %#lx\n"
			 "  rip %016lx  cs %04lx  rflags %016lx\n"
			 "  rax %016lx  rbx %016lx  rcx %016lx  rdx %016lx\n"
			 "  rsi %016lx  rdi %016lx  rbp %016lx  rsp %016lx\n"
			 "  r8  %016lx  r9  %016lx  r10 %016lx  r11 %016lx\n"
			 "  r12 %016lx  r13 %016lx  r14 %016lx  r15 %016lx",
			 what, frame->error_code, frame->ip, frame->cs, frame->flags, frame->ax,
			 frame->bx, frame->cx, frame->dx, frame->si, frame->di, frame->bp,
			 frame->sp, frame->r8, frame->r9, frame->r10, frame->r11, frame->r12,
			 frame->r13, frame->r14, frame->r15);
#else
	break_at_address(frame->ip,
			 "%s, error code %#lx\n"
			 "  eip %08lx  cs %04lx  eflags %08lx\n"
			 "  eax %08lx  ebx %08lx  ecx %08lx  edx %08lx\n"
			 "  esi %08lx  edi %08lx  ebp %08lx  esp %08lx",
			 what, frame->error_code, frame->ip, frame->cs, frame->flags, frame->ax,
			 frame->bx, frame->cx, frame->dx, frame->si, frame->di, frame->bp,
			 (unsigned long)(frame + 1));
#endif
}

/*
 * Some KVM backends can't run a guest with 32-bit paging and refuse to turn it
 * on. The payload goes on without: addresses are physical then, like those that
 * the page tables map, but nothing is unmapped or protected. CR0.PG tells.
 */
static int is_refused_paging(const struct kvm_interrupt_frame *frame, unsigned int vector)
{
	/* There is no long mode without paging: on x86_64 this is fatal. */
	return sizeof(frame->ip) == sizeof(uint32_t) && vector == INTR_GPF &&
	       frame->ip == (uintptr_t)kvm_enable_paging;
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

int kvm_handle_interrupt(struct kvm_interrupt_frame *frame)
{
	unsigned int vector = frame->vector & 0xff;

	if (is_refused_paging(frame, vector)) {
		frame->ip = (uintptr_t)kvm_paging_done;
		return 0;
	}
	if (!callbacks[vector].func ||
	    callbacks[vector].func(callbacks[vector].userdata, frame, frame->error_code))
		report_unhandled(frame, vector);
	return needs_iret(frame, vector);
}
