// SPDX-License-Identifier: MIT
/* Two addresses for one page, and the entry that the CPU marks. */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#define ALIAS 0x90000000u

void main(void)
{
	volatile uint32_t *page = tst_heap_alloc_aligned(PAGESIZE, PAGESIZE);
	volatile uint32_t *alias = (volatile uint32_t *)ALIAS;
	unsigned int level;
	volatile uint64_t *pte;

	kvm_map(ALIAS, (uintptr_t)page, PAGESIZE, PTE_WRITABLE);
	pte = kvm_find_pte(ALIAS, &level);
	if (level != 1 || (*pte & PTE_DIRTY))
		tst_brk(TBROK, "entry %#llx at level %u", *pte, level);

	*alias = 42;
	if (*page == 42 && (*pte & PTE_DIRTY))
		tst_res(TPASS, "written through another address, and marked");
	else
		tst_res(TFAIL, "the page holds %u, its entry is %#llx", *page, *pte);
	kvm_unmap(ALIAS, PAGESIZE);
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
