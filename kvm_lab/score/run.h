/* SPDX-License-Identifier: MIT */
/* Running tests on faults, a few at a time. */
#ifndef RINGSIDE_KVM_LAB_SCORE_RUN_H
#define RINGSIDE_KVM_LAB_SCORE_RUN_H

#include "kvm_lab/score/options.h"
#include "kvm_lab/score/score.h"

/**
 * run_prepare() - lay out what tests find on their machines
 * @score: with all its tests
 * @folder: an empty folder, which gets runfiles/
 */
void run_prepare(struct score *score, const char *folder);

/**
 * run_all() - run each suite's tests on each fault, until one catches it
 * @score: ready, with score->cells to be filled in
 * @options: how many at a time, how long, and whether to go on after a catch
 * @folder: as for run_prepare()
 *
 * A test that fails counts only if it passes on the same machine with KVM as it is, and
 * one that runs out of time only if it does so twice. The faults take turns, so that
 * each has met the likely tests when time is over. Ctrl-C ends it early.
 */
void run_all(struct score *score, const struct options *options, const char *folder);

#endif /* RINGSIDE_KVM_LAB_SCORE_RUN_H */
