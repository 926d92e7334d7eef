/* SPDX-License-Identifier: MIT */
/* What the nested guests of the migration tests do: they leave for the controller. */
#ifndef RINGSIDE_KVM_TESTS_STATE_NESTED_WORK_H
#define RINGSIDE_KVM_TESTS_STATE_NESTED_WORK_H

#ifdef COMPILE_PAYLOAD

#include "kvm_x86.h"
#include "migration.h"

/* The nested guest halts after each round, and its hypervisor lets it go on. */
#define NESTED_LOOPS 10
#define NESTED_EXITS 8 /* of a loop: an access that crosses a page takes two */
#define NESTED_ROUNDS (MIGRATION_EXITS / (NESTED_LOOPS * NESTED_EXITS) + 1)

static volatile uint64_t nested_sum;

static void nested_add(uint64_t value)
{
	nested_sum = nested_sum * 31 + value;
}

/* Nothing of this is intercepted by the hypervisor. */
static void nested_exits(void)
{
	volatile uint32_t *mmio = (volatile uint32_t *)MIGRATION_MMIO;
	volatile uint32_t *crossing = (volatile uint32_t *)(MIGRATION_MMIO + PAGESIZE - 2);
	uint32_t value;

	asm volatile("inl %1, %0" : "=a"(value) : "d"((uint16_t)MIGRATION_PORT));
	nested_add(value);
	asm volatile("outl %0, %1" : : "a"((uint32_t)nested_sum), "d"((uint16_t)MIGRATION_PORT));
	nested_add(*mmio);
	*mmio = (uint32_t)nested_sum;
	nested_add(*crossing);
	*crossing = (uint32_t)nested_sum;
}

static LTP_ATTRIBUTE_UNUSED int nested_main(void)
{
	for (unsigned int round = 0; round < NESTED_ROUNDS; round++) {
		for (unsigned int i = 0; i < NESTED_LOOPS; i++)
			nested_exits();
		asm volatile("hlt");
	}
	return 0;
}

/* The hypervisor's own exit, between two rounds. */
static LTP_ATTRIBUTE_UNUSED void nested_pause(void)
{
	asm volatile("outl %0, %1" : : "a"((uint32_t)~nested_sum), "d"((uint16_t)MIGRATION_PORT));
}

#endif /* COMPILE_PAYLOAD */

#endif /* RINGSIDE_KVM_TESTS_STATE_NESTED_WORK_H */
