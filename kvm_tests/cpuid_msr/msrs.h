/* SPDX-License-Identifier: MIT */
/* What the payload and the controllers of the MSR tests know together. */
#ifndef RINGSIDE_KVM_TESTS_MSRS_H
#define RINGSIDE_KVM_TESTS_MSRS_H

#include <stdint.h>

/* One access that the payload makes, and what came of it. */
struct msr_access {
	uint32_t is_write;
	uint32_t index;
	uint64_t value; /* written or, without a fault, read */
	int32_t vector; /* of the exception; -1: none */
	uint32_t errcode;
};

#define MAX_ACCESSES 8

#endif /* RINGSIDE_KVM_TESTS_MSRS_H */
