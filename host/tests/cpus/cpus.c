// SPDX-License-Identifier: MIT
/* Several CPUs: each runs functions of the payload, reports, and ends. */
#include "kvm_test.h"

#define CPUS 4
#define ROUNDS 50

#ifdef COMPILE_PAYLOAD

static struct tst_lock lock;
static struct tst_barrier barrier;
static unsigned int counter, order[CPUS];
volatile uint64_t seen_arg[CPUS];

static void count(void *arg)
{
	unsigned int cpu = tst_cpu();

	for (int i = 0; i < ROUNDS; i++) {
		tst_lock(&lock);
		counter++;
		tst_unlock(&lock);
	}
	seen_arg[cpu] = tst_arg();
	order[cpu] = (uintptr_t)arg;
	tst_wait_barrier(&barrier, CPUS);
	tst_res(TPASS, "CPU %u of %u counted, its argument is %#llx", cpu, tst_cpus(),
		(unsigned long long)tst_arg());
}

static void call_exit(void *arg)
{
	(void)arg;
	kvm_exit();
}

void main(void)
{
	if (tst_cpu() != 0 || tst_cpus() != CPUS)
		tst_brk(TFAIL, "CPU %u of %u runs main()", tst_cpu(), tst_cpus());
	for (unsigned int cpu = 1; cpu < CPUS; cpu++)
		tst_start_cpu(cpu, count, (void *)(uintptr_t)(cpu * 10));
	count((void *)0);
	for (unsigned int cpu = 1; cpu < CPUS; cpu++)
		tst_join_cpu(cpu);
	if (counter != CPUS * ROUNDS)
		tst_brk(TFAIL, "the CPUs counted to %u, not %u", counter, CPUS * ROUNDS);
	for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
		if (order[cpu] != cpu * 10)
			tst_brk(TFAIL, "CPU %u got argument %u", cpu, order[cpu]);
	}
	/* Once more, on CPUs that have ended. */
	for (unsigned int cpu = 1; cpu < CPUS; cpu++)
		tst_start_cpu(cpu, call_exit, NULL);
	for (unsigned int cpu = 1; cpu < CPUS; cpu++)
		tst_join_cpu(cpu);
	tst_res(TPASS, "all CPUs ran and ended, twice");
}

#else /* COMPILE_PAYLOAD */

static const enum tst_kvm_irqchip irqchips[] = {
	TST_KVM_NO_IRQCHIP,
	TST_KVM_KERNEL_IRQCHIP,
	TST_KVM_SPLIT_IRQCHIP,
};

static struct tst_kvm_instance vm = {.vm_fd = -1};

static void run(unsigned int nr)
{
	const struct tst_kvm_config config = {.vcpus = CPUS, .irqchip = irqchips[nr]};
	const uint64_t *seen;

	tst_kvm_create(&vm, &config);
	for (unsigned int i = 0; i < CPUS; i++)
		tst_kvm_set_arg(tst_kvm_vcpu(&vm, i), 0x1234500000000 + i);
	tst_kvm_run_instance(&vm, 0);
	seen = tst_kvm_symbol(&vm, "seen_arg");
	for (unsigned int i = 0; i < CPUS; i++) {
		if (seen[i] != 0x1234500000000 + i)
			tst_res(TFAIL, "CPU %u has seen %#llx", i, (unsigned long long)seen[i]);
	}
	tst_kvm_destroy_instance(&vm);
}

static void cleanup(void)
{
	tst_kvm_destroy_instance(&vm);
}

static struct tst_test test = {
	.test = run,
	.tcnt = ARRAY_SIZE(irqchips),
	.cleanup = cleanup,
};

#endif /* COMPILE_PAYLOAD */
