// SPDX-License-Identifier: MIT
/* Changes to the page tables in use: kvm_map(), kvm_unmap(), kvm_find_pte(). */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "check.h"
#include "kvm_x86.h"

#define LARGE 0x200000u
#define VIRT 0x90000000u

static void write_there(void *arg)
{
	*(volatile uint32_t *)arg = 0x77;
}

static void read_there(void *arg)
{
	(void)*(volatile uint32_t *)arg;
}

static uint32_t read_word(uintptr_t addr)
{
	return *(volatile uint32_t *)addr;
}

static void check_small_pages(void)
{
	uint32_t *one = tst_heap_alloc_aligned(PAGESIZE, PAGESIZE);
	uint32_t *two = tst_heap_alloc_aligned(PAGESIZE, PAGESIZE);
	struct kvm_fault fault;
	unsigned int level = 9;
	uint64_t *pte;

	*one = 0x111;
	*two = 0x222;
	CHECK(!kvm_find_pte(VIRT, &level));
	CHECK_EQ(level, 9);
	kvm_map(VIRT, (uintptr_t)one, PAGESIZE, 0);
	CHECK_EQ(read_word(VIRT), 0x111);
	fault = kvm_try(write_there, (void *)VIRT);
	CHECK_EQ(fault.vector, INTR_PAGE_FAULT);
	CHECK_EQ(fault.errcode, 3);

	/* In place of what was there, at once. */
	kvm_map(VIRT, (uintptr_t)two, PAGESIZE, PTE_WRITABLE);
	CHECK_EQ(read_word(VIRT), 0x222);
	CHECK_EQ(kvm_try(write_there, (void *)VIRT).vector, -1);
	CHECK_EQ(*two, 0x77);

	pte = kvm_find_pte(VIRT + 0x123, &level);
	CHECK_EQ(level, 1);
	CHECK_EQ(*pte & ~(uint64_t)(PTE_ACCESSED | PTE_DIRTY),
		 (uintptr_t)two | PTE_PRESENT | PTE_WRITABLE);
	CHECK(*pte & PTE_DIRTY);
	CHECK(!kvm_find_pte(VIRT + PAGESIZE, NULL));

	kvm_unmap(VIRT, PAGESIZE);
	CHECK(!kvm_find_pte(VIRT, NULL));
	CHECK_EQ(kvm_try(read_there, (void *)VIRT).vector, INTR_PAGE_FAULT);
	kvm_unmap(VIRT, PAGESIZE);
}

static void check_large_pages(void)
{
	char *memory = tst_heap_alloc_aligned(LARGE, LARGE);
	unsigned int level = 0;
	uint64_t *pte;

	*(uint32_t *)(memory + 5 * PAGESIZE) = 0x555;
	kvm_map(VIRT, (uintptr_t)memory, LARGE, PTE_WRITABLE);
	CHECK_EQ(read_word(VIRT + 5 * PAGESIZE), 0x555);
	pte = kvm_find_pte(VIRT + 5 * PAGESIZE, &level);
	CHECK_EQ(level, 2);
	CHECK(*pte & PTE_LARGE);

	/* A hole in it: the rest stays as it is. */
	kvm_unmap(VIRT + 4 * PAGESIZE, PAGESIZE);
	CHECK_EQ(kvm_try(read_there, (void *)(uintptr_t)(VIRT + 4 * PAGESIZE)).vector,
		 INTR_PAGE_FAULT);
	CHECK_EQ(read_word(VIRT + 5 * PAGESIZE), 0x555);
	CHECK_EQ(kvm_try(write_there, (void *)(uintptr_t)(VIRT + 3 * PAGESIZE)).vector, -1);
	kvm_find_pte(VIRT + 3 * PAGESIZE, &level);
	CHECK_EQ(level, 1);

	/* And whole again. */
	kvm_map(VIRT, (uintptr_t)memory, LARGE, 0);
	CHECK_EQ(kvm_try(read_there, (void *)(uintptr_t)(VIRT + 4 * PAGESIZE)).vector, -1);
	CHECK_EQ(kvm_try(write_there, (void *)(uintptr_t)(VIRT + 3 * PAGESIZE)).vector,
		 INTR_PAGE_FAULT);
	kvm_unmap(VIRT, LARGE);
	CHECK(!kvm_find_pte(VIRT + 5 * PAGESIZE, NULL));
}

/* A hole in the payload's own memory. */
static void check_own_memory(void)
{
	unsigned char *memory = tst_heap_alloc_aligned(3 * PAGESIZE, PAGESIZE);

	memory[0] = 1;
	memory[2 * PAGESIZE] = 3;
	kvm_unmap((uintptr_t)memory + PAGESIZE, PAGESIZE);
	CHECK_EQ(memory[0], 1);
	CHECK_EQ(memory[2 * PAGESIZE], 3);
	CHECK_EQ(kvm_try(read_there, memory + PAGESIZE).vector, INTR_PAGE_FAULT);
	kvm_map((uintptr_t)memory + PAGESIZE, (uintptr_t)memory, PAGESIZE, PTE_WRITABLE);
	CHECK_EQ(memory[PAGESIZE], 1);
}

#ifdef __x86_64__
static void check_high_addresses(void)
{
	const uintptr_t addresses[] = {0xffff800000000000, 0x7ffffffff000, 0xfffffffffffff000};
	uint32_t *memory = tst_heap_alloc_aligned(PAGESIZE, PAGESIZE);
	unsigned int level = 0;

	*memory = 0x999;
	for (unsigned int i = 0; i < ARRAY_SIZE(addresses); i++) {
		kvm_map(addresses[i], (uintptr_t)memory, PAGESIZE, PTE_WRITABLE);
		CHECK_EQ(read_word(addresses[i]), 0x999);
		kvm_unmap(addresses[i], PAGESIZE);
		CHECK_EQ(kvm_try(read_there, (void *)addresses[i]).vector, INTR_PAGE_FAULT);
	}
	if (!kvm_cpuid_has(X86_FEATURE_PDPE1GB)) {
		tst_res(TINFO, "no pages of 1 GiB");
		return;
	}
	kvm_map(0x8000000000, 0, 0x40000000, PTE_WRITABLE);
	CHECK_EQ(read_word(0x8000000000 + (uintptr_t)memory), 0x999);
	kvm_find_pte(0x8000000000, &level);
	CHECK_EQ(level, 3);
	kvm_unmap(0x8000000000 + PAGESIZE, PAGESIZE);
	CHECK_EQ(read_word(0x8000000000 + (uintptr_t)memory), 0x999);
	CHECK(!kvm_find_pte(0x8000000000 + PAGESIZE, NULL));
}
#else
/* The CPU keeps copies of the page-directory pointers: a new one has to be seen. */
static void check_high_addresses(void)
{
	uint32_t *memory = tst_heap_alloc_aligned(PAGESIZE, PAGESIZE);

	*memory = 0x999;
	kvm_map(0xbffff000, (uintptr_t)memory, PAGESIZE, PTE_WRITABLE);
	CHECK_EQ(read_word(0xbffff000), 0x999);
	kvm_map(0xfffe0000, (uintptr_t)memory, PAGESIZE, PTE_WRITABLE);
	CHECK_EQ(read_word(0xfffe0000), 0x999);
}
#endif

void main(void)
{
	check_high_addresses();
	check_small_pages();
	check_large_pages();
	check_own_memory();
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
