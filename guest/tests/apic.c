// SPDX-License-Identifier: MIT
/* The APIC in both modes: IPIs to oneself and others, the timer, waiting for both. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "check.h"

#define VECTOR 0x40
#define TIMER_VECTOR 0xf0

static volatile int taken[256];

static volatile _Bool in_service[256];

static _Bool is_in_service(unsigned int vector)
{
	return kvm_read_apic(APIC_REG_ISR + vector / 32 * 0x10) >> vector % 32 & 1;
}

static int count(void *userdata, struct kvm_interrupt_frame *ifrm, unsigned long errcode)
{
	const unsigned int vector = (uintptr_t)userdata;

	taken[vector]++;
	in_service[vector] = is_in_service(vector);
	kvm_end_of_interrupt();
	return 0;
}

static void wait_for(volatile int *counter, int value)
{
	kvm_disable_interrupts();
	while (*counter < value) {
		kvm_wait_interrupt();
		kvm_disable_interrupts();
	}
}

static void check_mode(const char *mode)
{
	const int before = taken[VECTOR];

	tst_res(TINFO, "%s, version %#x", mode, kvm_read_apic(APIC_REG_VERSION));
	CHECK_EQ(kvm_apic_id(), tst_cpu());
	kvm_write_apic(APIC_REG_TPR, 0x20);
	CHECK_EQ(kvm_read_apic(APIC_REG_TPR), 0x20);
	kvm_write_apic(APIC_REG_TPR, 0);

	/* An interrupt that may not come yet does not. */
	kvm_send_ipi(kvm_apic_id(), APIC_ICR_FIXED | VECTOR);
	CHECK_EQ(taken[VECTOR], before);
	wait_for(&taken[VECTOR], before + 1);
	CHECK_EQ(taken[VECTOR], before + 1);
	CHECK(in_service[VECTOR]);
	CHECK(!is_in_service(VECTOR));
}

static void check_timer(void)
{
	const uint64_t start = kvm_rdtsc(), deadline = start + 5000000;

	if (!kvm_cpuid_has(X86_FEATURE_TSC_DEADLINE)) {
		tst_res(TINFO, "no TSC-deadline timer");
		return;
	}
	kvm_start_tsc_deadline(deadline, TIMER_VECTOR);
	wait_for(&taken[TIMER_VECTOR], 1);
	CHECK_EQ(taken[TIMER_VECTOR], 1);
	CHECK(kvm_rdtsc() >= deadline);
}

/* The other CPU gets ten of them, and takes each before the next is sent. */
static volatile int ready;

static void answer(void *arg)
{
	kvm_enable_apic();
	ready = 1;
	wait_for(&taken[VECTOR + 1], 10);
	tst_res(taken[VECTOR + 1] == 10 ? TPASS : TFAIL, "CPU %u took %d IPIs", tst_cpu(),
		taken[VECTOR + 1]);
}

static void check_other_cpu(void)
{
	tst_start_cpu(1, answer, NULL);
	while (!ready)
		asm volatile("pause");
	for (int i = 0; i < 10; i++) {
		kvm_send_ipi(1, APIC_ICR_FIXED | (VECTOR + 1));
		while (taken[VECTOR + 1] <= i)
			asm volatile("pause");
	}
	tst_join_cpu(1);
}

void main(void)
{
	const uintptr_t vectors[] = {VECTOR, VECTOR + 1, TIMER_VECTOR};

	for (unsigned int i = 0; i < ARRAY_SIZE(vectors); i++)
		tst_set_interrupt_callback(vectors[i], count, (void *)vectors[i]);
	kvm_enable_apic();
	check_mode("xAPIC");
	check_timer();
	check_other_cpu();
	if (kvm_cpuid_has(X86_FEATURE_X2APIC)) {
		kvm_enable_x2apic();
		check_mode("x2APIC");
		kvm_enable_apic();
		check_mode("xAPIC again");
	}
}

#else /* COMPILE_PAYLOAD */

static void run(void)
{
	static struct tst_kvm_instance vm;
	const struct tst_kvm_config config = {.vcpus = 2, .irqchip = TST_KVM_KERNEL_IRQCHIP};

	tst_kvm_create(&vm, &config);
	tst_kvm_run_instance(&vm, 0);
	tst_kvm_destroy_instance(&vm);
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
