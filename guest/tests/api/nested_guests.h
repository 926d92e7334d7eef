/* SPDX-License-Identifier: MIT */
/* Nested guests, and what else payloads of nested_scenarios.h have in common. */
#ifndef RINGSIDE_GUEST_TESTS_API_NESTED_GUESTS_H
#define RINGSIDE_GUEST_TESTS_API_NESTED_GUESTS_H

#include "kvm_x86.h"
#include "nested_scenarios.h"

/* The name is part of the report's backtrace. */
static inline int __attribute__((noinline)) raise_bad_opcode(void)
{
	asm volatile("ud2");
	return 0;
}

/* Calls itself 1,000 times, with 64 bytes and more each time. */
static inline int __attribute__((noinline)) recurse(int depth)
{
	volatile char space[64];

	space[0] = depth;
	return depth ? recurse(depth - 1) + space[0] : 0;
}

static inline int overflow_stack(void)
{
	return recurse(1000);
}

static volatile unsigned int divisor;

static inline int divide_by_zero(void)
{
	return 91 / divisor;
}

/* A callback that lets the division be tried again. */
static inline int mend_divisor(void *userdata LTP_ATTRIBUTE_UNUSED,
			       struct kvm_interrupt_frame *ifrm LTP_ATTRIBUTE_UNUSED,
			       unsigned long errcode LTP_ATTRIBUTE_UNUSED)
{
	divisor = 7;
	return 0;
}

static inline void fill_gdt(void)
{
	int free;

	while ((free = kvm_find_free_descriptor(kvm_gdt, KVM_GDT_SIZE)) >= 0)
		kvm_gdt[free].flags_lo = SEGTYPE_RWDATA | SEGFLAG_PRESENT;
}

static inline uint32_t asked_scenario(void)
{
	return *(volatile uint32_t *)SCENARIO_ADDRESS;
}

#endif /* RINGSIDE_GUEST_TESTS_API_NESTED_GUESTS_H */
