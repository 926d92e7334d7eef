/* SPDX-License-Identifier: MIT */
/* The interrupted code's state, as vectors.S leaves it on the stack. */
#ifndef RINGSIDE_GUEST_X86_FRAME_H
#define RINGSIDE_GUEST_X86_FRAME_H

#include "kvm_x86.h"

/* From its top; what follows "error_code" the CPU has pushed. */
struct kvm_interrupt_frame {
#ifdef __x86_64__
	unsigned long ax, cx, dx, bx, bp, si, di, r8, r9, r10, r11, r12, r13, r14, r15;
#else
	unsigned long di, si, bp;
	unsigned long
		sp; /* pushal's own; kvm_handle_interrupt() puts the interrupted code's there */
	unsigned long bx, dx, cx, ax;
#endif
	unsigned long vector; /* sign-extended from 8 bits; on the way back, what to load into SP */
	unsigned long error_code;
	unsigned long ip, cs, flags;
#ifdef __x86_64__
	unsigned long sp, ss;
#else
	unsigned long outer_sp, outer_ss; /* only where the interrupted code was not at CPL 0 */
#endif
};

/* The privilege level in a code segment's selector. */
#define SELECTOR_RPL 3

/**
 * Whether the interrupted code was run by kvm_try() or kvm_call_user(): then the
 * frame has been changed to go on behind them.
 */
_Bool end_try(struct kvm_interrupt_frame *frame, unsigned int vector);

/** Does with an interrupt what the test wants of it; ends the test if it wants nothing. */
void handle_vector(struct kvm_interrupt_frame *frame, unsigned int vector);

#endif /* RINGSIDE_GUEST_X86_FRAME_H */
