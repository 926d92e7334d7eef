// SPDX-License-Identifier: MIT
/*
 * A page that is read-only by an upper level of its page tables must stay so
 * when KVM shadows them: CVE-2021-38198.
 *
 * Without two-dimensional paging (EPT, NPT), KVM runs a guest on shadow page
 * tables of its own. A guest's table that is reached through several entries
 * gets one shadow per set of permissions, those of the whole path to it. KVM
 * named the shadows of all levels after the permissions of the path's last
 * entry. So a shadow made on the way to a read-only page served as the one
 * for a read-only upper entry later, though writable pages had been entered
 * in it meanwhile: the guest could write where its tables forbid it. Fixed by
 * b1bd5cba3306.
 *
 *   upper table        middle table       address
 *   writable -----+--> read-only  ------> [0]  first page
 *                 +--> writable   ------> [1]  second page
 *   read-only ----+--> (the same table)   [2]  first page
 *                                         [3]  second page
 *
 * Only [1] may be written to. The bug needs this order: read [0], write [1],
 * read [2], write [3]. On a vulnerable kernel, the last write is carried out;
 * the CPU has to refuse it with a page fault.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "kvm_x86.h"

/* The lowest address bit that each level translates: APM Vol. 2 "Long-Mode Page Translation". */
#define PML4_SHIFT 39
#define PDPT_SHIFT 30
#define PD_SHIFT 21

#define FREE_PML4_ENTRY 1

#define FIRST_VALUE 0x11111111u
#define SECOND_VALUE 0x22222222u
#define WRITTEN_VALUE 0x33333333u

static struct page_table_entry_pae *upper, *middle;
static uint32_t *first_page, *second_page;

static struct {
	volatile unsigned int count;
	volatile unsigned long error_code, address;
	struct page_table_entry_pae *mend[2]; /* to be made writable */
} fault;

/* Makes the page writable, so that the write can be completed. */
static int handle_page_fault(void *userdata LTP_ATTRIBUTE_UNUSED,
			     struct kvm_interrupt_frame *ifrm LTP_ATTRIBUTE_UNUSED,
			     unsigned long errcode)
{
	struct kvm_cregs cregs;

	kvm_read_cregs(&cregs);
	fault.count++;
	fault.error_code = errcode;
	fault.address = cregs.cr2;
	for (unsigned int i = 0; i < ARRAY_SIZE(fault.mend); i++)
		fault.mend[i]->writable = 1;
	kvm_set_cr3(cregs.cr3);
	/* Another fault at the same place would come for ever. */
	return fault.count > 1;
}

static struct page_table_entry_pae *alloc_table(void)
{
	return memzero(tst_heap_alloc_aligned(PAGESIZE, PAGESIZE), PAGESIZE);
}

static void set_entry(struct page_table_entry_pae *entry, const void *target, int writable)
{
	*entry = (struct page_table_entry_pae){
		.present = 1,
		.writable = writable,
		.address = (uintptr_t)target / PAGESIZE,
	};
}

static struct page_table_entry_pae *table_for(const void *page)
{
	struct page_table_entry_pae *table = alloc_table();

	set_entry(&table[0], page, 1);
	return table;
}

static volatile uint32_t *address(unsigned int upper_index, unsigned int middle_index)
{
	return (volatile uint32_t *)((uintptr_t)FREE_PML4_ENTRY << PML4_SHIFT |
				     (uintptr_t)upper_index << PDPT_SHIFT |
				     (uintptr_t)middle_index << PD_SHIFT);
}

static void build_tables(void)
{
	upper = alloc_table();
	middle = alloc_table();
	first_page = tst_heap_alloc_aligned(PAGESIZE, PAGESIZE);
	second_page = tst_heap_alloc_aligned(PAGESIZE, PAGESIZE);
	*first_page = FIRST_VALUE;
	*second_page = SECOND_VALUE;

	set_entry(&middle[0], table_for(first_page), 0);
	set_entry(&middle[1], table_for(second_page), 1);
	set_entry(&upper[0], middle, 1);
	set_entry(&upper[1], middle, 0);
	set_entry(&kvm_pagetable[FREE_PML4_ENTRY], upper, 1);
}

static int check_read(const char *what, volatile uint32_t *pointer, uint32_t expected)
{
	uint32_t value = *pointer;

	if (value == expected)
		return 1;
	tst_res(TFAIL, "%s reads %#x, expected %#x", what, value, expected);
	return 0;
}

/* Writes where the tables forbid it, by the entries mend1 and mend2, which may be one. */
static void check_protection(const char *what, volatile uint32_t *pointer, uint32_t *page,
			     struct page_table_entry_pae *mend1, struct page_table_entry_pae *mend2)
{
	fault.count = 0;
	fault.mend[0] = mend1;
	fault.mend[1] = mend2;
	*pointer = WRITTEN_VALUE;
	if (!fault.count) {
		tst_res(TFAIL, "%s: the write was carried out, the page holds %#x: %s", what, *page,
			"the upper level's protection is lost");
	} else if (fault.error_code != (PF_PRESENT | PF_WRITE) ||
		   fault.address != (uintptr_t)pointer) {
		tst_res(TFAIL,
			"%s: the page fault has error code %#lx and address %#lx, expected %#x and %p",
			what, fault.error_code, fault.address, PF_PRESENT | PF_WRITE,
			(void *)pointer);
	} else {
		tst_res(TPASS, "%s: the write is refused with a page fault", what);
	}
	mend1->writable = 0;
	mend2->writable = 0;
	kvm_set_cr3((uintptr_t)kvm_pagetable);
}

void main(void)
{
	build_tables();
	tst_set_interrupt_callback(INTR_PAGE_FAULT, handle_page_fault, NULL);

	/* What shadow pages exist, and for what, depends on this order. */
	if (!check_read("[0]", address(0, 0), FIRST_VALUE))
		return;
	fault.mend[0] = fault.mend[1] = &upper[0]; /* no fault is expected, nothing to mend */
	*address(0, 1) = SECOND_VALUE + 1;
	if (fault.count || *second_page != SECOND_VALUE + 1) {
		tst_res(TFAIL, "[1]: the write to a writable page did not arrive");
		return;
	}
	if (!check_read("[2]", address(1, 0), FIRST_VALUE))
		return;
	check_protection("[3], read-only by the upper table", address(1, 1), second_page, &upper[1],
			 &upper[1]);

	/* The simple cases, which need no particular shadow. */
	check_protection("[0], read-only by the middle table", address(0, 0), first_page,
			 &middle[0], &middle[0]);
	check_protection("[2], read-only by both", address(1, 0), first_page, &middle[0],
			 &upper[1]);
}

#else /* COMPILE_PAYLOAD */

#include "tst_module.h"

static void setup(void)
{
	static const char *const two_dimensional[] = {
		"/sys/module/kvm_intel/parameters/ept",
		"/sys/module/kvm_amd/parameters/npt",
	};

	tst_kvm_setup();
	for (unsigned int i = 0; i < ARRAY_SIZE(two_dimensional); i++) {
		int value = tst_read_bool_sys_param(two_dimensional[i]);

		if (value < 0)
			continue;
		tst_res(TINFO, "%s is %s: %s", two_dimensional[i], value ? "on" : "off",
			value ? "shadow page tables, where the bug was, are not in use; "
				"reload the module with this parameter 0 to test them"
			      : "shadow page tables are in use");
		return;
	}
	tst_res(TINFO, "This KVM does not tell whether it uses shadow page tables");
}

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = setup,
	.cleanup = tst_kvm_cleanup,
	.supported_archs = (const char *const[]){"x86_64", NULL},
	.tags =
		(const struct tst_tag[]){
			{"linux-git", "b1bd5cba3306"},
			{"CVE", "2021-38198"},
			{},
		},
};

#endif /* COMPILE_PAYLOAD */
