/* SPDX-License-Identifier: MIT */
/* Functions that a test may reach. */
#ifndef RINGSIDE_KVM_LAB_COVERAGE_TESTS_SAMPLE_H
#define RINGSIDE_KVM_LAB_COVERAGE_TESTS_SAMPLE_H

/** sign() - -1 or 1 */
int sign(int number);

/** twice() - so much */
int twice(int number);

#endif /* RINGSIDE_KVM_LAB_COVERAGE_TESTS_SAMPLE_H */
