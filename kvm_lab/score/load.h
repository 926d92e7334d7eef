/* SPDX-License-Identifier: MIT */
/* From descriptions that the build writes to what the score knows. */
#ifndef RINGSIDE_KVM_LAB_SCORE_LOAD_H
#define RINGSIDE_KVM_LAB_SCORE_LOAD_H

#include "kvm_lab/score/score.h"

/** load_program() - read what the score's own target says: machines, runner, lists */
void load_program(struct score *score, const char *path);

/**
 * load_test() - add a test
 *
 * Return: false if @label is a test with which the score can do nothing: one without a
 * description, or one that fails on KVM as it is (fixed_by).
 */
bool load_test(struct score *score, const char *label, size_t suite);

/** load_generated() - add all generated faults that the lists name */
void load_generated(struct score *score);

/** load_named() - add a fault, of which nothing is known yet but its label */
void load_named(struct score *score, const char *label);

/** load_equivalents() - mark the generated faults that are said to change nothing */
void load_equivalents(struct score *score);

/** load_built() - read a fault's description, and see whether its modules are there */
void load_built(struct score *score, struct fault *fault);

/** load_capabilities() - read what machines provide, once the runfiles stand in @folder */
void load_capabilities(struct score *score, const char *folder);

#endif /* RINGSIDE_KVM_LAB_SCORE_LOAD_H */
