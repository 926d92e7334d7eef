// SPDX-License-Identifier: MIT
/* Several CPUs: faults, page tables and stacks of each, locks and barriers between them. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "check.h"

#define CPUS 4
#define ROUNDS 50
#define UNMAPPED 0xa0000000u

static struct tst_lock lock;
static struct tst_barrier barrier;
static volatile unsigned int sum, phases[CPUS];
static int faults[CPUS], wrong[CPUS];

static void write_there(void *arg)
{
	*(volatile int *)arg = 1;
}

/* Each CPU has its own address: what it maps and tries is nobody else's. */
static void work(void *arg)
{
	const unsigned int cpu = tst_cpu();
	const uintptr_t virt = UNMAPPED + cpu * PAGESIZE;
	uint32_t *page = tst_heap_alloc_aligned(PAGESIZE, PAGESIZE);

	wrong[cpu] += (uintptr_t)arg != cpu;
	for (int i = 0; i < ROUNDS; i++) {
		faults[cpu] += kvm_try(write_there, (void *)virt).address == virt;
		kvm_map(virt, (uintptr_t)page, PAGESIZE, PTE_WRITABLE);
		wrong[cpu] += kvm_try(write_there, (void *)virt).vector != -1;
		kvm_unmap(virt, PAGESIZE);
		tst_lock(&lock);
		sum++;
		tst_unlock(&lock);
	}
	/* Nobody is in the next phase while another one is in the last. */
	for (unsigned int phase = 1; phase <= 3; phase++) {
		phases[cpu] = phase;
		tst_wait_barrier(&barrier, CPUS);
		for (int other = 0; other < CPUS; other++)
			wrong[cpu] += phases[other] < phase;
		tst_wait_barrier(&barrier, CPUS);
	}
}

static volatile int exits;

static void leave(void *arg)
{
	exits++;
	kvm_exit();
}

static void leave_from_inside(void *arg)
{
	kvm_try(leave, NULL);
}

/* A CPU that has left with kvm_exit() starts anew, with a whole stack and no kvm_try(). */
static void check_exit(void)
{
	for (int i = 0; i < 200; i++) {
		tst_start_cpu(1, leave_from_inside, NULL);
		tst_join_cpu(1);
	}
	CHECK_EQ(exits, 200);
}

void main(void)
{
	unsigned int cpu;

	CHECK_EQ(tst_cpus(), CPUS);
	CHECK_EQ(tst_cpu(), 0);
	CHECK_EQ(tst_arg(), 0);
	for (cpu = 1; cpu < CPUS; cpu++)
		tst_start_cpu(cpu, work, (void *)(uintptr_t)cpu);
	work((void *)0);
	for (cpu = 1; cpu < CPUS; cpu++)
		tst_join_cpu(cpu);
	CHECK_EQ(sum, CPUS * ROUNDS);
	for (cpu = 0; cpu < CPUS; cpu++) {
		CHECK_EQ(faults[cpu], ROUNDS);
		CHECK_EQ(wrong[cpu], 0);
	}
	check_exit();
}

#else /* COMPILE_PAYLOAD */

static void run_with(enum tst_kvm_irqchip irqchip)
{
	static struct tst_kvm_instance vm;
	const struct tst_kvm_config config = {.vcpus = 4, .irqchip = irqchip};

	tst_kvm_create(&vm, &config);
	tst_kvm_run_instance(&vm, 0);
	tst_kvm_destroy_instance(&vm);
}

static void run(void)
{
	run_with(TST_KVM_NO_IRQCHIP);
	run_with(TST_KVM_KERNEL_IRQCHIP);
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
