/* SPDX-License-Identifier: MIT */
/* What the payload and the controller of the XCR0 tests know together. */
#ifndef RINGSIDE_KVM_TESTS_XCR0_H
#define RINGSIDE_KVM_TESTS_XCR0_H

#include <stdint.h>

enum xsetbv_way {
	XSETBV_AT_CPL0,
	XSETBV_AT_CPL3,
	XSETBV_WITHOUT_OSXSAVE, /* CR4 */
};

/* One XSETBV, or one KVM_SET_XCRS of the controller's. */
struct xcr0_change {
	uint32_t way; /* enum xsetbv_way */
	uint32_t xcr;
	uint64_t value;
	/* What comes of it. */
	uint64_t before, after; /* XCR0 */
	uint32_t supported; /* bits of XCR0 */
	uint32_t area_size; /* for what is enabled then, in bytes */
	int32_t vector; /* of the exception; -1: none */
	uint32_t errcode;
};

#endif /* RINGSIDE_KVM_TESTS_XCR0_H */
