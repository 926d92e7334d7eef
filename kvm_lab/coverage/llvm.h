/* SPDX-License-Identifier: MIT */
/* llvm-profdata and llvm-cov, which know what a counter is about. */
#ifndef RINGSIDE_KVM_LAB_COVERAGE_LLVM_H
#define RINGSIDE_KVM_LAB_COVERAGE_LLVM_H

#include "kvm_lab/coverage/suite.h"

struct llvm {
	const char *profdata, *cov; /* the programs */
	char *source; /* the kernel's root: where HTML takes the text from */
};

/**
 * llvm_export() - tell what raw profiles say in lcov's format
 * @llvm: the programs
 * @profiles: their paths
 * @modules: which hold the map from counters to lines
 * @profile: path of a file for them all together
 * @lcov: path of the report
 */
void llvm_export(const struct llvm *llvm, const struct words *profiles,
		 const struct modules *modules, const char *profile, const char *lcov);

/**
 * llvm_report() - make a suite's profile into coverage.lcov and a page in its folder
 * @llvm: the programs
 * @suite: with its raw profiles; gets its coverage
 * @modules: which hold the map from counters to lines
 * @work: folder for files that nobody needs afterwards
 */
void llvm_report(const struct llvm *llvm, struct suite *suite, const struct modules *modules,
		 const char *work);

#endif /* RINGSIDE_KVM_LAB_COVERAGE_LLVM_H */
