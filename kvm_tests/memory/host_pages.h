/* SPDX-License-Identifier: MIT */
/* What the payload and the controller of the tests of the host's pages know together. */
#ifndef RINGSIDE_KVM_TESTS_HOST_PAGES_H
#define RINGSIDE_KVM_TESTS_HOST_PAGES_H

#include <stdint.h>

/* An access that the guest is to make. */
struct page_access {
	uint32_t is_write;
	uint32_t is_call; /* of a function, which returns the value */
	uint32_t address;
	uint32_t value; /* written, or read */
};

#endif /* RINGSIDE_KVM_TESTS_HOST_PAGES_H */
