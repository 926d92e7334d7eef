/* SPDX-License-Identifier: MIT */
/* The page tables that start code makes, and what the library does to them. */
#ifndef RINGSIDE_GUEST_X86_PAGING_H
#define RINGSIDE_GUEST_X86_PAGING_H

#include "kvm_x86.h"

/* Page directory entries for the lower 2 GiB. */
#define LOW_DIRECTORY_ENTRIES 1024

/* From start.S. */
extern volatile uint64_t kvm_page_directory_low[LOW_DIRECTORY_ENTRIES];
extern volatile uint64_t kvm_page_directory_high[512]; /* the last GiB below 4 GiB */
extern volatile uint64_t kvm_page_table_high[512]; /* the last 2 MiB of it */

/** Whether the running CPU has paging on, of a kind that the library knows (else TBROK). */
_Bool paging_is_on(const char *function);

/**
 * Unmaps one page of the payload's own memory on all CPUs that use its page
 * tables, unless paging is off.
 */
void unmap_guard_page(uintptr_t page);

/** Opens the payload's own memory to CPL 3 (PTE_USER), for the running CPU. */
void open_memory_to_user(void);

#endif /* RINGSIDE_GUEST_X86_PAGING_H */
