/* SPDX-License-Identifier: MIT */
/* What the payload's library refuses: the controller asks for one after the other. */
#ifndef RINGSIDE_GUEST_TESTS_LIMITS_H
#define RINGSIDE_GUEST_TESTS_LIMITS_H

#include <stdint.h>

#define LIMIT_SLOT 2
#define LIMIT_ADDRESS 0x40000000u

enum limit {
	LIMIT_NONE,
	LIMIT_STACK_RECURSION,
	LIMIT_STACK_ARRAY,
	LIMIT_STACK_FITS,
	LIMIT_INTERRUPT_SP,
	LIMIT_INTERRUPT_CS,
	LIMIT_MAP_SIZE,
	LIMIT_MAP_VIRT,
	LIMIT_MAP_PHYS,
	LIMIT_MAP_PHYS_END,
	LIMIT_MAP_FLAGS,
	LIMIT_MAP_CANONICAL,
	LIMIT_UNMAP_SIZE,
	LIMIT_APIC_NONE,
	LIMIT_X2APIC_NONE,
	LIMIT_APIC_READ,
	LIMIT_PLACE,
	LIMIT_CONVERSION,
	LIMIT_START_CPU,
	LIMIT_JOIN_CPU,
	LIMIT_OTHER_STACK,
};

struct limit_page {
	uint32_t limit;
	uint32_t bits; /* of a pointer */
	char format[16];
	char text[64];
};

#endif /* RINGSIDE_GUEST_TESTS_LIMITS_H */
