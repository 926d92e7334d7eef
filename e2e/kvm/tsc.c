// SPDX-License-Identifier: MIT
/* The time stamp counter never goes backwards. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

static uint64_t read_tsc(void)
{
	uint32_t low, high;

	asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

void main(void)
{
	uint64_t before = read_tsc();
	uint64_t now;
	int i;

	for (i = 0; i < READINGS; i++) {
		now = read_tsc();
		if (now < before)
			tst_brk(TFAIL, "reading %d: %llu after %llu", i, (unsigned long long)now,
				(unsigned long long)before);
		before = now;
	}
	tst_res(TPASS, "%d readings in their order", READINGS);
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
