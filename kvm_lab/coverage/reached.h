/* SPDX-License-Identifier: MIT */
/*
 * reached.txt: which lines of KVM each test reaches. Words of a line are parted by tabs,
 * RANGES are "12-45,67".
 *
 *   lines FILE RANGES      all lines of a file that count
 *   test LABEL MACHINE SECONDS
 *                          begins what a test has reached where it ran, and in what time
 *   reached FILE RANGES
 */
#ifndef RINGSIDE_KVM_LAB_COVERAGE_REACHED_H
#define RINGSIDE_KVM_LAB_COVERAGE_REACHED_H

struct llvm;
struct reached;
struct test_result;

/**
 * reached_begin() - begin such a file
 * @llvm: the programs
 * @output: the folder for it
 * @work: folder for files that nobody needs afterwards
 */
struct reached *reached_begin(const struct llvm *llvm, const char *output, const char *work);

/** reached_add() - add what the runs of a test have left in their folders */
void reached_add(struct reached *reached, const struct test_result *result);

/** reached_end() - the file is complete */
void reached_end(struct reached *reached);

#endif /* RINGSIDE_KVM_LAB_COVERAGE_REACHED_H */
