/* SPDX-License-Identifier: MIT */
/* A suite: its tests run on the KVM that counts, and their counters are added up. */
#ifndef RINGSIDE_KVM_LAB_COVERAGE_SUITE_H
#define RINGSIDE_KVM_LAB_COVERAGE_SUITE_H

#include "kvm_lab/coverage/lcov.h"
#include "kvm_lab/coverage/modules.h"
#include "kvm_lab/coverage/options.h"
#include "kvm_lab/coverage/reached.h"
#include "machines/bazel/command.h"

struct suite {
	char *pattern; /* NULL: all suites together */
	char *name; /* in tables: the pattern without what all have */
	char *folder; /* for its reports, absolute */
	size_t tests; /* that have brought counters */
	size_t failed; /* of these, the ones that did not pass */
	struct words profiles; /* files of raw profiles */
	struct coverage coverage;
};

/** suite_make() - what a pattern of labels is called, and where below @output it reports */
void suite_make(struct suite *suite, const char *pattern, const char *output);

/**
 * suite_run() - run a suite's tests, and write its profiles
 * @suite: whose folder exists
 * @options: Bazel's are used
 * @bazel: from bazel_find()
 * @modules: what the tests are to run on; its profiles are used in between
 * @reached: gets what each test reaches; or NULL
 * @work: folder for files that nobody needs afterwards
 *
 * Names the tests whose counters are missing, with the reason. Ends the program if no
 * test of the suite has brought any.
 */
void suite_run(struct suite *suite, const struct options *options, const struct bazel *bazel,
	       struct modules *modules, struct reached *reached, const char *work);

#endif /* RINGSIDE_KVM_LAB_COVERAGE_SUITE_H */
