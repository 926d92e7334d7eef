// SPDX-License-Identifier: MIT
/* Four CPUs count together, each in its own part, and the controller sees the sums. */
#include "kvm_test.h"

#define CPUS 4
#define NUMBERS 1000

#ifdef COMPILE_PAYLOAD

volatile uint64_t sums[CPUS];
static struct tst_barrier ready;

static void add_up(void *arg)
{
	uint64_t sum = 0;

	(void)arg;
	tst_wait_barrier(&ready, tst_cpus());
	for (unsigned int i = tst_cpu(); i < NUMBERS; i += tst_cpus())
		sum += i;
	sums[tst_cpu()] = sum;
	tst_res(TINFO, "CPU %u has %llu", tst_cpu(), (unsigned long long)sum);
}

void main(void)
{
	uint64_t sum = 0;

	for (unsigned int cpu = 1; cpu < tst_cpus(); cpu++)
		tst_start_cpu(cpu, add_up, NULL);
	add_up(NULL);
	for (unsigned int cpu = 1; cpu < tst_cpus(); cpu++)
		tst_join_cpu(cpu);
	for (unsigned int cpu = 0; cpu < tst_cpus(); cpu++)
		sum += sums[cpu];
	if (sum == NUMBERS * (NUMBERS - 1) / 2)
		tst_res(TPASS, "all numbers are in the sum, once");
	else
		tst_res(TFAIL, "the sum is %llu", (unsigned long long)sum);
}

#else /* COMPILE_PAYLOAD */

static struct tst_kvm_instance vm = {.vm_fd = -1};

static void run(void)
{
	const struct tst_kvm_config config = {.vcpus = CPUS, .irqchip = TST_KVM_KERNEL_IRQCHIP};
	const uint64_t *sums;

	tst_kvm_create(&vm, &config);
	tst_kvm_run_instance(&vm, 0);
	sums = tst_kvm_symbol(&vm, "sums");
	for (unsigned int cpu = 0; cpu < CPUS; cpu++) {
		if (!sums[cpu])
			tst_res(TFAIL, "CPU %u has added nothing", cpu);
	}
}

static void cleanup(void)
{
	tst_kvm_destroy_instance(&vm);
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = cleanup,
};

#endif /* COMPILE_PAYLOAD */
