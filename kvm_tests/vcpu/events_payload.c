// SPDX-License-Identifier: MIT
/* Takes exceptions, interrupts and NMIs that the controller has queued, and notes them. */
#include "events.h"
#include "guest_case.h"
#include "kvm_x86.h"

GUEST_SHARED uint32_t taken[X86_INTR_COUNT];
GUEST_SHARED uint64_t taken_errcode;
GUEST_SHARED uint64_t taken_cr2;
GUEST_SHARED uint64_t taken_dr6;
GUEST_SHARED uint32_t instructions; /* of enabled(), done so far */
GUEST_SHARED uint32_t instructions_before; /* the interrupt */

#ifdef __x86_64__
#define STACK_POINTER "rsp"
#else
#define STACK_POINTER "esp"
#endif

static int take(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	const uintptr_t vector = (uintptr_t)userdata;
	unsigned long cr2, dr6;

	asm volatile("mov %%cr2, %0" : "=r"(cr2));
	asm volatile("mov %%dr6, %0" : "=r"(dr6));
	taken[vector]++;
	taken_errcode = errcode;
	taken_cr2 = cr2;
	taken_dr6 = dr6;
	if (vector == INTR_DEBUG) {
		/* Neither goes on for ever. */
		asm volatile("mov %0, %%dr7" : : "r"((unsigned long)DR7_INIT));
		kvm_set_interrupt_flags(ifrm, kvm_get_interrupt_flags(ifrm) & ~RFLAGS_TF);
	}
	return 0;
}

static void prepare(void)
{
	/* A double fault is what the library wants to know of. */
	for (uintptr_t vector = 0; vector < INTERRUPT_COUNT; vector++)
		if (vector != INTR_DOUBLE_FAULT)
			tst_set_interrupt_callback(vector, take, (void *)vector);
	tst_set_interrupt_callback(EVENT_VECTOR, take, (void *)EVENT_VECTOR);
}

/* Interrupts are disabled: what comes has been injected. */
GUEST_CASE(take_events)
{
	prepare();
	for (int i = 0; i < 3; i++)
		kvm_yield();
}

static int count_instructions(void *userdata, struct kvm_interrupt_frame *ifrm,
			      unsigned long errcode)
{
	instructions_before = instructions;
	kvm_end_of_interrupt();
	return take(userdata, ifrm, errcode);
}

/* Interrupts are enabled when the controller gets its turn. */
GUEST_CASE(take_interrupt)
{
	kvm_enable_apic();
	tst_set_interrupt_callback(EVENT_VECTOR, count_instructions, (void *)EVENT_VECTOR);
	asm volatile("sti\n\t"
		     "nop\n\t"
		     "out %%al, %%dx\n\t"
		     "incl %0\n\t"
		     "incl %0\n\t"
		     "incl %0\n\t"
		     "cli"
		     : "+m"(instructions)
		     : "a"(0), "d"(STEPPED_PORT)
		     : "memory", "cc");
}

/* A single step ends with an instruction that leaves the guest. */
GUEST_CASE(step_out)
{
	prepare();
	asm volatile("pushf\n\t"
		     "orl %2, (%%" STACK_POINTER ")\n\t"
		     "popf\n\t"
		     "out %%al, %%dx\n\t"
		     "nop"
		     :
		     : "a"(0), "d"(STEPPED_PORT), "i"(RFLAGS_TF)
		     : "memory", "cc");
}

/* The controller has put a breakpoint there. */
GUEST_CASE(run_over_breakpoint)
{
	prepare();
	kvm_yield();
	asm volatile(".globl breakpoint\n\t"
		     ".type breakpoint, @function\n\t"
		     "breakpoint:\n\t"
		     "nop");
	kvm_yield();
}

/* CPU 1 waits for its kick: Documentation/virt/kvm/x86/hypercalls.rst, KVM_HC_KICK_CPU. */
GUEST_CASE(kick)
{
	unsigned long result = 5;

	kvm_enable_apic();
	kvm_yield();
	asm volatile("vmcall" : "+a"(result) : "b"(0), "c"(1) : "memory");
	if (result)
		tst_res(TFAIL, "the hypercall says %#lx", result);
	kvm_yield();
}
