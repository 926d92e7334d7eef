/* SPDX-License-Identifier: MIT */
/* Which faults: all, or some of them by chance. */
#ifndef RINGSIDE_KVM_LAB_SCORE_SAMPLE_H
#define RINGSIDE_KVM_LAB_SCORE_SAMPLE_H

#include "kvm_lab/score/score.h"

/** sample_shuffle() - put the faults in an order that depends on score->seed alone */
void sample_shuffle(struct score *score);

#endif /* RINGSIDE_KVM_LAB_SCORE_SAMPLE_H */
