// SPDX-License-Identifier: MIT
/*
 * VMRUN on i386 with an emulated CPU of QEMU's.
 *
 * That CPU marks page-directory pointers as accessed. The bit is reserved there
 * (APM Vol. 2 "PAE Paging"), and KVM, which looks at the nested guest's table
 * at VMRUN and at the payload's at the exit, accepts neither when it is set.
 * So the payload goes through VMRUN with a page table of two levels, which has
 * no such pointers, and a nested guest's are unmarked before.
 */
#include "guest/arch/x86/nested/nested.h"
#include "guest/arch/x86/svm/enter.h"

#ifdef __x86_64__

_Bool svm_has_marked_pdpt(void)
{
	return 0;
}

void svm_enter_unmarked(struct kvm_regs64 *regs, struct kvm_vmcb *guest, struct kvm_vmcb *own)
{
	svm_enter(regs, guest, own);
}

#else /* __x86_64__ */

#define PDPT_SIZE 4
#define PDPT_MASK (~0x1ful) /* of CR3 */

/* A page directory of 4 MiB pages: APM Vol. 2 "4-Mbyte Page Translation". */
#define PDE_COUNT 1024
#define PDE_SHIFT 22
#define PDE_PRESENT (1 << 0)
#define PDE_WRITABLE (1 << 1)
#define PDE_LARGE (1 << 7)

static struct page_table_entry_pae *page_directory_pointers(unsigned long cr3)
{
	return (struct page_table_entry_pae *)(cr3 & PDPT_MASK);
}

_Bool svm_has_marked_pdpt(void)
{
	const struct page_table_entry_pae *pdpt;
	struct kvm_cregs cregs;

	kvm_read_cregs(&cregs);
	if (!(cregs.cr0 & CR0_PG) || !(cregs.cr4 & CR4_PAE))
		return 0;
	pdpt = page_directory_pointers(cregs.cr3);
	for (int i = 0; i < PDPT_SIZE; i++) {
		if (pdpt[i].accessed)
			return 1;
	}
	return 0;
}

static void unmark(unsigned long cr3)
{
	struct page_table_entry_pae *pdpt = page_directory_pointers(cr3);

	for (int i = 0; i < PDPT_SIZE; i++)
		pdpt[i].accessed = 0;
}

/* With nested paging, KVM does not look, and the address is not one of ours. */
static _Bool has_pdpt(const struct kvm_vmcb *guest)
{
	return (guest->cr0 & CR0_PG) && (guest->cr4 & CR4_PAE) && !guest->enable_nested_paging;
}

/* All 4 GiB, one to one: what is mapped otherwise is not used on the way. */
static unsigned long two_level_table(void)
{
	static uint32_t table[PDE_COUNT] __attribute__((aligned(PAGESIZE)));

	for (uint32_t i = 0; i < PDE_COUNT; i++)
		table[i] = i << PDE_SHIFT | PDE_PRESENT | PDE_WRITABLE | PDE_LARGE;
	return (uintptr_t)table;
}

void svm_enter_unmarked(struct kvm_regs64 *regs, struct kvm_vmcb *guest, struct kvm_vmcb *own)
{
	struct kvm_cregs cregs;

	kvm_read_cregs(&cregs);
	kvm_set_cr0(cregs.cr0 & ~CR0_PG);
	kvm_set_cr4((cregs.cr4 & ~CR4_PAE) | CR4_PSE);
	kvm_set_cr3(two_level_table());
	kvm_set_cr0(cregs.cr0);
	if (has_pdpt(guest))
		unmark(guest->cr3);
	svm_enter(regs, guest, own);
	kvm_set_cr0(cregs.cr0 & ~CR0_PG);
	kvm_set_cr4(cregs.cr4);
	kvm_set_cr3(cregs.cr3);
	/* KVM looks here, too; the nested guest may have used the same table. */
	unmark(cregs.cr3);
	kvm_set_cr0(cregs.cr0);
}

#endif /* __x86_64__ */
