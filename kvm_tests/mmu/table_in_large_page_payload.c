// SPDX-License-Identifier: MIT
/* A large page becomes a page table at the same place; the guest reads through both. */
#include "guest_case.h"
#include "kvm_x86.h"
#include "table_in_large_page.h"

#define VIRT 0x90000000ul

GUEST_SHARED uint64_t entry; /* the physical address of the directory's entry */
GUEST_SHARED uint32_t pages[2][PAGESIZE / 4] __attribute__((aligned(PAGESIZE)));
GUEST_SHARED uint32_t seen[2];

GUEST_CASE(read_both_ways)
{
	volatile uint64_t *table = (volatile uint64_t *)(uintptr_t)LARGE_PAGE;
	volatile uint32_t *page = (volatile uint32_t *)(VIRT + INDEX * PAGESIZE);
	unsigned int level;

	pages[0][0] = 0x11111111;
	pages[1][0] = 0x22222222;
	kvm_map(VIRT, LARGE_PAGE, PAGESIZE_2M, PTE_WRITABLE);
	entry = (uintptr_t)kvm_find_pte(VIRT, &level);
	if (level != 2)
		tst_brk(TBROK, "VIRT is mapped at level %u, not by a large page", level);
	(void)*(volatile uint32_t *)(VIRT + PAGESIZE);
	kvm_yield(); /* the controller has the entry point to a table at LARGE_PAGE */

	table[INDEX] = (uintptr_t)pages[0] | PTE_PRESENT | PTE_WRITABLE;
	kvm_invlpg((uintptr_t)page);
	seen[0] = *page;
	table[INDEX] = (uintptr_t)pages[1] | PTE_PRESENT | PTE_WRITABLE;
	kvm_invlpg((uintptr_t)page);
	seen[1] = *page;
	kvm_yield();
}
