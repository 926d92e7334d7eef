/* SPDX-License-Identifier: MIT */
/*
 * A nested guest's nested page tables, in the paging mode of its hypervisor: its physical
 * addresses are the hypervisor's, but where a test wants it.
 */
#ifndef RINGSIDE_KVM_TESTS_SVM_NPT_TABLES_H
#define RINGSIDE_KVM_TESTS_SVM_NPT_TABLES_H

#include "kvm_x86_svm.h"

#define NPT_ALL (NPT_PRESENT | NPT_WRITABLE | NPT_USER)
#define NPT_ADDRESS 0x000ffffffffff000

#ifdef __x86_64__
#define NPT_LEVELS 4
#else
#define NPT_LEVELS 3
#endif

static inline uint64_t npt_page(void)
{
	void *const page = tst_heap_alloc_aligned(PAGESIZE, PAGESIZE);

	return (uintptr_t)memzero(page, PAGESIZE);
}

static inline uint64_t *npt_table(uint64_t address)
{
	return (uint64_t *)(uintptr_t)(address & NPT_ADDRESS);
}

/* Of an entry that leads to a table. In PAE paging, all else of a PDPTE is reserved. */
static inline uint64_t npt_table_flags(unsigned int level)
{
	return level == 3 && NPT_LEVELS == 3 ? NPT_PRESENT : NPT_ALL;
}

/* The entry of a level for an address; there are tables of pages once it has been asked for. */
static inline uint64_t *npt_entry(uint64_t root, uint64_t address, unsigned int level)
{
	uint64_t table = root, *entry;

	for (unsigned int l = NPT_LEVELS;; l--) {
		entry = &npt_table(table)[address >> (12 + 9 * (l - 1)) & 511];
		if (l == level)
			return entry;
		if (!*entry) {
			*entry = npt_page() | npt_table_flags(l);
		} else if (*entry & NPT_LARGE) {
			const uint64_t pages = npt_page();

			for (unsigned int i = 0; i < 512; i++)
				npt_table(pages)[i] =
					(*entry & ~(uint64_t)NPT_LARGE) + i * PAGESIZE;
			*entry = pages | NPT_ALL;
		}
		table = *entry;
	}
}

/* The first 4 GiB, as they are. Returns the root. */
static inline uint64_t npt_identity(void)
{
	const uint64_t root = npt_page();

	for (uint64_t address = 0; address < 1ull << 32; address += 1ull << 21)
		*npt_entry(root, address, 2) = address | NPT_LARGE | NPT_ALL;
	return root;
}

#endif /* RINGSIDE_KVM_TESTS_SVM_NPT_TABLES_H */
