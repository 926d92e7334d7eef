// SPDX-License-Identifier: MIT
/*
 * Live migration of a running guest, at each of its exits: port and MMIO, reads and
 * writes, within a page and across its end, halts. Two CPUs by turns.
 */
#include "kvm_test.h"

#include "migration.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86.h"

#define ROUNDS (MIGRATION_EXITS / 20) /* of each CPU, with a dozen exits */

static struct {
	uint64_t sum;
	uint8_t string[16];
	volatile uint32_t is_done;
} data[2];

static void work(void *arg)
{
	volatile uint32_t *mmio = (volatile uint32_t *)MIGRATION_MMIO;
	volatile uint32_t *crossing = (volatile uint32_t *)(MIGRATION_MMIO + PAGESIZE - 2);
	uint64_t *sum = &data[tst_cpu()].sum;

	(void)arg;
	for (unsigned int i = 0; i < ROUNDS; i++) {
		void *to = data[tst_cpu()].string;
		size_t count = sizeof(data[0].string);
		uint32_t value;

		asm volatile("inl %1, %0" : "=a"(value) : "d"((uint16_t)MIGRATION_PORT));
		*sum = *sum * 31 + value;
		asm volatile("outl %0, %1" : : "a"((uint32_t)*sum), "d"((uint16_t)MIGRATION_PORT));
		asm volatile("rep insb"
			     : "+D"(to), "+c"(count)
			     : "d"((uint16_t)MIGRATION_PORT)
			     : "memory");
		*sum = *sum * 31 + data[tst_cpu()].string[i % sizeof(data[0].string)];
		*sum = *sum * 31 + *mmio;
		*mmio = (uint32_t)*sum;
		*sum = *sum * 31 + *crossing;
		*crossing = (uint32_t)*sum;
		asm volatile("incl %0" : "+m"(*mmio) : : "cc");
		kvm_yield();
	}
	data[tst_cpu()].is_done = 1;
}

void main(void)
{
	tst_start_cpu(1, work, NULL);
	work(NULL);
	/* The controller runs one CPU at a time: no waiting inside. */
	while (!data[1].is_done)
		kvm_yield();
	tst_res(TPASS, "the guest has come to %#llx and %#llx", (unsigned long long)data[0].sum,
		(unsigned long long)data[1].sum);
}

#else /* COMPILE_PAYLOAD */

static void run(void)
{
	const struct tst_kvm_config config = {.vcpus = 2};

	migration_run(&config, 0);
}

static struct tst_test test = {
	.test_all = run,
	.cleanup = migration_cleanup,
	.timeout = 800,
};

#endif /* COMPILE_PAYLOAD */
