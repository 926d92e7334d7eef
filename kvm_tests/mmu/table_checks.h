/* SPDX-License-Identifier: MIT */
/* What payloads check whose page tables are their own, and change: a case's first failure counts. */
#ifndef RINGSIDE_KVM_TESTS_TABLE_CHECKS_H
#define RINGSIDE_KVM_TESTS_TABLE_CHECKS_H

#include "kvm_x86.h"

#define TABLE (PTE_PRESENT | PTE_WRITABLE | PTE_USER)

/* What write_it() writes: RET, which call_it() can call. */
#define WRITTEN 0xc3

static int good = 1;

static inline void *new_page(void)
{
	return memzero(tst_heap_alloc_aligned(PAGESIZE, PAGESIZE), PAGESIZE);
}

/* For kvm_try(). */
static inline void read_it(void *arg)
{
	(void)*(volatile uint32_t *)arg;
}

static inline void write_it(void *arg)
{
	*(volatile uint32_t *)arg = WRITTEN;
}

static inline void call_it(void *arg)
{
	((void (*)(void))arg)();
}

static inline void check(const char *name, uintptr_t address, uint32_t expected)
{
	const uint32_t value = *(volatile uint32_t *)address;

	if (value == expected)
		return;
	if (good)
		tst_res(TFAIL, "%s: at %#lx is %#x, expected %#x", name, (unsigned long)address,
			value, expected);
	good = 0;
}

static inline void check_fault(const char *name, void (*access)(void *arg), uintptr_t address,
			       unsigned long code)
{
	const struct kvm_fault fault = kvm_try(access, (void *)address);

	if (fault.vector == INTR_PAGE_FAULT && fault.errcode == code && fault.address == address)
		return;
	if (good)
		tst_res(TFAIL,
			"%s: at %#lx, vector %d, error code %#lx, address %#lx; expected a page "
			"fault, error code %#lx",
			name, (unsigned long)address, fault.vector, fault.errcode,
			(unsigned long)fault.address, code);
	good = 0;
}

#endif /* RINGSIDE_KVM_TESTS_TABLE_CHECKS_H */
