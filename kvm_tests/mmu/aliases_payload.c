// SPDX-License-Identifier: MIT
/* Maps pages at many addresses, and does what the controller says. */
#include "aliases.h"
#include "guest_case.h"
#include "kvm_x86.h"

GUEST_SHARED struct alias_request request;

static void read_it(void *arg)
{
	(void)*(volatile uint32_t *)arg;
}

static void act(uint32_t action, uint32_t number)
{
	const uintptr_t address = ALIASES + number * request.stride;
	struct kvm_fault fault;

	switch (action) {
	case MAP_ALIASES:
		kvm_map(address, AREA + number % request.pages * PAGESIZE, PAGESIZE, PTE_WRITABLE);
		break;
	case UNMAP_ALIASES:
		kvm_unmap(address, PAGESIZE);
		break;
	case READ_ALIASES:
		request.found += *(volatile uint32_t *)address == request.value;
		break;
	case WRITE_ALIASES:
		*(volatile uint32_t *)address = request.value;
		break;
	case TRY_ALIASES:
		fault = kvm_try(read_it, (void *)address);
		request.found += fault.vector == INTR_PAGE_FAULT && fault.address == address;
		break;
	}
}

GUEST_CASE(serve)
{
	for (;;) {
		kvm_yield();
		request.found = 0;
		for (uint32_t i = 0; i < request.count; i++)
			act(request.action, request.first + i * request.step);
	}
}
