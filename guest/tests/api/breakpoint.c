// SPDX-License-Identifier: MIT
/*
 * A trap: the CPU stops behind the instruction, and a callback that returns 0
 * resumes there (SDM Vol. 3 "Breakpoint Exception").
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "check.h"
#include "kvm_x86.h"

#define BREAKPOINTS 3

struct traps {
	int count;
	uintptr_t ip;
	unsigned long errcode;
};

static int count_trap(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	struct traps *traps = userdata;

	traps->count++;
	traps->ip = kvm_get_interrupt_ip(ifrm);
	traps->errcode = errcode;
	return 0;
}

/* Executes a breakpoint; returns the address behind it. */
static __attribute__((noinline)) uintptr_t trap(void)
{
	uintptr_t behind;

#ifdef __x86_64__
	asm volatile("lea 0f(%%rip), %0\n\tint3\n0:" : "=r"(behind)::"memory");
#else
	asm volatile("movl $0f, %0\n\tint3\n0:" : "=r"(behind)::"memory");
#endif
	return behind;
}

void main(void)
{
	struct traps traps = {.errcode = ~0ul};

	tst_set_interrupt_callback(INTR_BREAKPOINT, count_trap, &traps);
	for (int i = 1; i <= BREAKPOINTS; i++) {
		const uintptr_t behind = trap();

		CHECK_EQ(traps.count, i);
		CHECK_EQ(traps.ip, behind);
		CHECK_EQ(traps.errcode, 0);
	}
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
