// SPDX-License-Identifier: MIT
/* What a guest must not be able to do: the exception is the result. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#define NO_SUCH_MSR 0xdead0000

static void write_code(void *arg)
{
	*(volatile char *)arg = 0;
}

/* A callback that steps over the faulting instruction, UD2 with its two bytes. */
static int skip_ud2(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	kvm_set_interrupt_ip(ifrm, kvm_get_interrupt_ip(ifrm) + 2);
	return 0;
}

void main(void)
{
	void *page = tst_heap_alloc_aligned(PAGESIZE, PAGESIZE);
	struct kvm_fault fault;
	uint64_t value;

	fault = kvm_safe_rdmsr(NO_SUCH_MSR, &value);
	if (fault.vector == INTR_GPF)
		tst_res(TPASS, "no MSR, no value");
	else
		tst_res(TFAIL, "the MSR raised %d", fault.vector);

	kvm_map((uintptr_t)page, (uintptr_t)page, PAGESIZE, 0); /* read-only from here on */
	fault = kvm_try(write_code, page);
	if (fault.vector == INTR_PAGE_FAULT && fault.address == (uintptr_t)page)
		tst_res(TPASS, "a write to a read-only page faults, error code %#lx",
			fault.errcode);
	else
		tst_res(TFAIL, "the write raised %d", fault.vector);

	tst_set_interrupt_callback(INTR_BAD_OPCODE, skip_ud2, NULL);
	asm volatile("ud2");
	tst_res(TPASS, "and on behind UD2");
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
