// SPDX-License-Identifier: MIT
/* A division by zero raises an interrupt; once it is mended, the division goes on. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86.h"

static volatile uint32_t divisor;

static int mend(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	int *count = userdata;

	tst_res(TINFO, "division by zero at %#lx", (unsigned long)kvm_get_interrupt_ip(ifrm));
	++*count;
	divisor = 6;
	return 0;
}

void main(void)
{
	uint32_t quotient, remainder;
	int count = 0;

	tst_set_interrupt_callback(INTR_ZERODIV, mend, &count);
	asm volatile("divl %2"
		     : "=a"(quotient), "=d"(remainder)
		     : "m"(divisor), "a"(42), "d"(0)
		     : "cc", "memory");

	if (count == 1 && quotient == 7)
		tst_res(TPASS, "the interrupted division was finished");
	else
		tst_res(TFAIL, "%d interrupts, 42 / 6 is %u", count, quotient);
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
