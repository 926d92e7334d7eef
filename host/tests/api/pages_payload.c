// SPDX-License-Identifier: MIT
/*
 * Memory that the controller can look at while the payload waits: yields once
 * with its page tables as they were at the start, then maps PAGE_VIRT to
 * PAGE_PHYS and yields again.
 */
#include "kvm_test.h"
#include "kvm_x86.h"
#include "pages.h"

uint32_t pages_marker = PAGES_MARKER;

/* An empty page table, from the heap. */
static struct page_table_entry_pae *new_table(void)
{
	return memzero(tst_heap_alloc_aligned(PAGESIZE, PAGESIZE), PAGESIZE);
}

static void set_entry(struct page_table_entry_pae *entry, uintptr_t address)
{
	entry->address = address >> 12;
	entry->writable = 1;
	entry->present = 1;
}

/* The page directory that maps the third GiB, which has none at the start. */
static void map_page(void)
{
	struct page_table_entry_pae *table = kvm_pagetable, *directory = new_table();
	struct page_table_entry_pae *pages = new_table();
	struct kvm_cregs cregs;

#ifdef __x86_64__
	table = (struct page_table_entry_pae *)kvm_get_page_address_pae(table);
	set_entry(&table[2], (uintptr_t)directory);
#else
	/* The bit that means "writable" elsewhere is reserved in this table. */
	table[2].address = (uintptr_t)directory >> 12;
	table[2].present = 1;
#endif
	set_entry(&directory[0], (uintptr_t)pages);
	set_entry(&pages[0], PAGE_PHYS);
	kvm_read_cregs(&cregs);
	kvm_set_cr3(cregs.cr3);
}

void main(void)
{
	tst_signal_host(&pages_marker);
	kvm_yield();
	map_page();
	tst_signal_host(&pages_marker);
	kvm_yield();
	tst_res(TPASS, "page mapped");
}
