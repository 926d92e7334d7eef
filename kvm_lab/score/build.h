/* SPDX-License-Identifier: MIT */
/* What Bazel is asked for: descriptions, and everything that is run. */
#ifndef RINGSIDE_KVM_LAB_SCORE_BUILD_H
#define RINGSIDE_KVM_LAB_SCORE_BUILD_H

#include "kvm_lab/score/score.h"
#include "machines/bazel/bazel.h"

/**
 * build_described() - build tests and faults with their descriptions
 * @bazel: from bazel_find()
 * @labels: what to build
 *
 * What can't be built is left out, and Bazel says why.
 *
 * Return: Bazel's exit status.
 */
int build_described(const struct bazel *bazel, const struct words *labels);

/** description_path() - where the description of a label's target is; the caller frees it */
char *description_path(const struct score *score, const char *label);

#endif /* RINGSIDE_KVM_LAB_SCORE_BUILD_H */
