/* SPDX-License-Identifier: MIT */
/* What the payload and the controller of table_in_large_page know together. */
#ifndef RINGSIDE_KVM_TESTS_MMU_TABLE_IN_LARGE_PAGE_H
#define RINGSIDE_KVM_TESTS_MMU_TABLE_IN_LARGE_PAGE_H

/* Memory that is a large page at first, and whose first 4 KiB are a page table then. */
#define LARGE_PAGE 0x40000000u
#define LARGE_PAGE_SIZE 0x200000u

/* The number in that table of the page that the guest reads. */
#define INDEX 2

#endif /* RINGSIDE_KVM_TESTS_MMU_TABLE_IN_LARGE_PAGE_H */
