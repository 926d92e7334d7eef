/* SPDX-License-Identifier: MIT */
/* What the compiler calls in code that counts its edges. */
#ifndef RINGSIDE_GUEST_LIB_COVERAGE_H
#define RINGSIDE_GUEST_LIB_COVERAGE_H

#include <stdint.h>

/** Called by a constructor of each file, with all counters. */
void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *end);

#endif /* RINGSIDE_GUEST_LIB_COVERAGE_H */
