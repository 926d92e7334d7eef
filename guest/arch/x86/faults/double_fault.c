// SPDX-License-Identifier: MIT
/*
 * Double faults on i386, which have a task of their own: the interrupted code's
 * registers are in its TSS (SDM Vol. 3 "Task Switching").
 */
#ifdef __i386__

#include "guest/arch/x86/boot/layout.h"
#include "guest/arch/x86/boot/tss.h"
#include "guest/arch/x86/interrupts/frame.h"

/* A 32-bit TSS. */
struct tss {
	uint32_t link, sp0, ss0, sp1, ss1, sp2, ss2, cr3, ip, flags;
	uint32_t ax, cx, dx, bx, sp, bp, si, di, es, cs, ss, ds, fs, gs;
};

_Static_assert(offsetof(struct tss, ip) == 0x20, "tss: ip");
_Static_assert(offsetof(struct tss, gs) == 0x5c, "tss: gs");
_Static_assert(offsetof(struct kvm_interrupt_frame, bp) == 8, "FRAME_BP of vectors.S");

/* vectors.S */
struct kvm_interrupt_frame *kvm_double_fault_frame(void);
void kvm_end_double_fault(struct kvm_interrupt_frame *frame);

static struct kvm_interrupt_frame interrupted;

struct kvm_interrupt_frame *kvm_double_fault_frame(void)
{
	const struct tss *tss = cpu_tss(tst_cpu());

	interrupted = (struct kvm_interrupt_frame){
		.di = tss->di,
		.si = tss->si,
		.bp = tss->bp,
		.sp = tss->sp,
		.bx = tss->bx,
		.dx = tss->dx,
		.cx = tss->cx,
		.ax = tss->ax,
		.vector = INTR_DOUBLE_FAULT,
		.ip = tss->ip,
		.cs = tss->cs,
		.flags = tss->flags,
	};
	return &interrupted;
}

void kvm_end_double_fault(struct kvm_interrupt_frame *frame)
{
	struct tss *tss = cpu_tss(tst_cpu());

	handle_vector(frame, INTR_DOUBLE_FAULT);
	tss->ip = frame->ip;
	tss->cs = frame->cs;
	tss->flags = frame->flags;
	tss->sp = frame->sp;
	tss->bx = frame->bx;
	if (!(frame->cs & SELECTOR_RPL))
		tss->ss = KVM_DS;
}

#endif
