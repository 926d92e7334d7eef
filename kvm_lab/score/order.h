/* SPDX-License-Identifier: MIT */
/* Which test a fault meets next: the one that says most for its time. */
#ifndef RINGSIDE_KVM_LAB_SCORE_ORDER_H
#define RINGSIDE_KVM_LAB_SCORE_ORDER_H

#include "kvm_lab/score/score.h"

/**
 * order_next() - choose a suite's next test for a fault
 * @score: all, with what came out so far
 * @fault: index of the fault
 * @suite: index of the suite
 *
 * Likely are tests that a named fault names, that have caught other faults of the same
 * function or file, and whose folder is about that file; not so likely are those whose
 * twin for another guest has been tried. Of equally likely ones, the quicker comes first.
 *
 * Return: the test's index, or score->test_count if none is left.
 */
size_t order_next(const struct score *score, size_t fault, size_t suite);

#endif /* RINGSIDE_KVM_LAB_SCORE_ORDER_H */
