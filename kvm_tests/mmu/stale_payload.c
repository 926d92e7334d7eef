// SPDX-License-Identifier: MIT
/* A page whose entry changes behind the guest's back. */
#include "guest_case.h"
#include "kvm_x86.h"
#include "stale.h"

#define VIRT 0x90000000ul

GUEST_SHARED uint64_t entry; /* the physical address of VIRT's */
GUEST_SHARED uint32_t pages[2][PAGESIZE / 4] __attribute__((aligned(PAGESIZE)));

/* Reads the page, so that its translation is known, and has it changed; then writes. */
GUEST_CASE(write_after_change)
{
	volatile uint32_t *page = (volatile uint32_t *)VIRT;
	unsigned int level;

	kvm_map(VIRT, (uintptr_t)pages[0], PAGESIZE, PTE_WRITABLE);
	entry = (uintptr_t)kvm_find_pte(VIRT, &level);
	(void)*page;
	kvm_yield();
	*page = FIRST_VALUE;
	kvm_invlpg(VIRT);
	*page = SECOND_VALUE;
	kvm_yield();
}
