// SPDX-License-Identifier: MIT
/* The APIC's timer wakes a CPU that waits in HLT. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#define VECTOR 0x40
#define TICKS 2000000

static volatile int count;

static int tick(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	count++;
	kvm_end_of_interrupt();
	return 0;
}

void main(void)
{
	uint64_t deadline;

	tst_set_interrupt_callback(VECTOR, tick, NULL);
	kvm_enable_apic();
	deadline = kvm_rdtsc() + TICKS;
	kvm_start_tsc_deadline(deadline, VECTOR);

	/* With interrupts off up to the HLT itself, none is missed. */
	while (!count) {
		kvm_wait_interrupt();
		kvm_disable_interrupts();
	}
	if (count == 1 && kvm_rdtsc() >= deadline)
		tst_res(TPASS, "one interrupt, and not before its time");
	else
		tst_res(TFAIL, "%d interrupts", count);
}

#else /* COMPILE_PAYLOAD */

static void run(void)
{
	static struct tst_kvm_instance vm;
	const struct tst_kvm_config config = {.irqchip = TST_KVM_KERNEL_IRQCHIP};

	tst_kvm_create(&vm, &config);
	tst_kvm_run_instance(&vm, 0);
	tst_kvm_destroy_instance(&vm);
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
