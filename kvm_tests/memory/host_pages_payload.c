// SPDX-License-Identifier: MIT
/* Reads, writes and calls what the controller says. */
#include "guest_case.h"
#include "host_pages.h"
#include "kvm_x86.h"

GUEST_SHARED struct page_access page_access;

GUEST_CASE(access_pages)
{
	for (;;) {
		volatile uint32_t *page;

		kvm_yield();
		page = (volatile uint32_t *)(uintptr_t)page_access.address;
		if (page_access.is_call)
			page_access.value = ((uint32_t (*)(void))(uintptr_t)page)();
		else if (page_access.is_write)
			*page = page_access.value;
		else
			page_access.value = *page;
	}
}
