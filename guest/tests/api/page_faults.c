// SPDX-License-Identifier: MIT
/*
 * Interrupts that a callback can mend: page faults, with their error codes and
 * addresses, and changes of the page tables that bring them about.
 */
#include "kvm_test.h"

#ifdef COMPILE_PAYLOAD

#include "check.h"
#include "kvm_x86.h"

/* A large page of RAM, behind the heap's first megabytes. */
#define PAGE 0xa00000u
#define LARGE_PAGE 0x200000u

/* The error code's bits: SDM Vol. 3 "Page-Fault Exceptions". */
#define ERROR_PRESENT 1
#define ERROR_WRITE 2

struct fault {
	int count;
	unsigned long errcode, address;
};

static struct page_table_entry_pae *entry_of_page(void)
{
	struct page_table_entry_pae *pdpt = kvm_pagetable;

#ifdef __x86_64__
	pdpt = (struct page_table_entry_pae *)kvm_get_page_address_pae(kvm_pagetable);
#endif
	return (struct page_table_entry_pae *)kvm_get_page_address_pae(pdpt) + PAGE / LARGE_PAGE;
}

/* Makes the CPU forget what it knows of the page tables. */
static void flush(void)
{
	struct kvm_cregs cregs;

	kvm_read_cregs(&cregs);
	kvm_set_cr3(cregs.cr3);
}

static int mend_page(void *userdata, struct kvm_interrupt_frame *ifrm LTP_ATTRIBUTE_UNUSED,
		     unsigned long errcode)
{
	struct fault *fault = userdata;
	struct kvm_cregs cregs;

	kvm_read_cregs(&cregs);
	fault->count++;
	fault->errcode = errcode;
	fault->address = cregs.cr2;
	entry_of_page()->present = 1;
	entry_of_page()->writable = 1;
	flush();
	return 0;
}

void main(void)
{
	volatile uint32_t *word = (volatile uint32_t *)(PAGE + 0x1234);
	struct fault fault = {0};

	*word = 42;
	tst_set_interrupt_callback(INTR_PAGE_FAULT, mend_page, &fault);
	entry_of_page()->present = 0;
	flush();
	CHECK_EQ(*word, 42);
	CHECK_EQ(fault.count, 1);
	CHECK_EQ(fault.errcode, 0);
	CHECK_EQ(fault.address, (uintptr_t)word);

	entry_of_page()->present = 0;
	flush();
	*word = 43;
	CHECK_EQ(fault.count, 2);
	CHECK_EQ(fault.errcode, ERROR_WRITE);

	entry_of_page()->writable = 0;
	flush();
	CHECK_EQ(*word, 43);
	CHECK_EQ(fault.count, 2);
	*word = 44;
	CHECK_EQ(fault.count, 3);
	CHECK_EQ(fault.errcode, ERROR_PRESENT | ERROR_WRITE);
	CHECK_EQ(*word, 44);
}

#else /* COMPILE_PAYLOAD */

static struct tst_test test = {
	.test_all = tst_kvm_run,
	.setup = tst_kvm_setup,
	.cleanup = tst_kvm_cleanup,
};

#endif /* COMPILE_PAYLOAD */
