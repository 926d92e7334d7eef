/* SPDX-License-Identifier: MIT */
/* Which tests can't notice a fault, since they never come to its line, and how long they take. */
#ifndef RINGSIDE_KVM_LAB_SCORE_REACHED_H
#define RINGSIDE_KVM_LAB_SCORE_REACHED_H

#include "kvm_lab/score/score.h"

/**
 * reached_load() - set cells out of reach, and the tests' seconds
 * @score: with all but the cells' outcomes
 * @path: a reached.txt of //kvm_lab:coverage's (kvm_lab/coverage/reached.h)
 *
 * It says nothing of a test that is not in the file, or ran on another machine there than
 * the fault needs; nor of a fault whose line is unknown, or is none that counts. Ends the
 * program if that is no such file.
 */
void reached_load(struct score *score, const char *path);

#endif /* RINGSIDE_KVM_LAB_SCORE_REACHED_H */
