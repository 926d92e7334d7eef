// SPDX-License-Identifier: MIT
/* Makes two address spaces that differ in one page, and looks at it in the controller's choice. */
#include "address_space.h"
#include "guest_case.h"
#include "kvm_x86.h"

/* Below an entry of the root table that maps nothing else. */
#ifdef __x86_64__
#define ALIAS 0x8000000000
#define ALIAS_ENTRY 1
#define ROOT_SIZE PAGESIZE
#else
#define ALIAS 0x90000000
#define ALIAS_ENTRY 2
#define ROOT_SIZE 32
#endif

GUEST_SHARED struct address_spaces address_spaces;

static uintptr_t make_page(uint32_t value)
{
	uint32_t *page = tst_heap_alloc_aligned(PAGESIZE, PAGESIZE);

	*page = value;
	return (uintptr_t)page;
}

static void make_address_spaces(void)
{
	const uintptr_t own = (uintptr_t)kvm_pagetable;
	uint64_t *root = tst_heap_alloc_aligned(PAGESIZE, PAGESIZE);

	memset(root, 0, PAGESIZE);
	memcpy(root, kvm_pagetable, ROOT_SIZE);
	address_spaces.own_root = own;
	address_spaces.other_root = (uintptr_t)root;
	address_spaces.alias = ALIAS;
	address_spaces.own_page = make_page(OWN_VALUE);
	address_spaces.other_page = make_page(OTHER_VALUE);
	kvm_map(ALIAS, address_spaces.own_page, PAGESIZE, PTE_WRITABLE | PTE_NX);
	kvm_set_cr3((uintptr_t)root);
	kvm_map(ALIAS, address_spaces.other_page, PAGESIZE, PTE_WRITABLE | PTE_NX);
	kvm_set_cr3(own);
}

GUEST_CASE(look)
{
	const volatile uint32_t *alias = (const volatile uint32_t *)ALIAS;

	make_address_spaces();
	address_spaces.seen = *alias;
	kvm_yield();
	address_spaces.seen = *alias;
	kvm_yield();
	address_spaces.seen = *alias;
}
