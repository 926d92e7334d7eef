/* SPDX-License-Identifier: MIT */
/* The command line: see options.c. */
#ifndef RINGSIDE_KVM_LAB_SCORE_OPTIONS_H
#define RINGSIDE_KVM_LAB_SCORE_OPTIONS_H

#include "kvm_lab/score/score.h"

struct options {
	struct words suites; /* "kvm_tests", "selftests" or patterns of labels */
	struct words faults; /* "named", "generated" or patterns of labels */
	struct words reached; /* files that say which lines tests reach */
	unsigned int sample; /* how many faults; 0: all */
	uint64_t seed;
	unsigned int jobs; /* machines at a time */
	unsigned int minutes; /* after which no test begins; 0: never */
	bool all; /* go on after the first catch */
	const char *output; /* folder for the reports; NULL: bazel-score-report */
};

/** options_read() - read the command line; ends the program where it makes no sense */
void options_read(struct options *options, char **argv);

#endif /* RINGSIDE_KVM_LAB_SCORE_OPTIONS_H */
