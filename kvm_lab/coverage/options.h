/* SPDX-License-Identifier: MIT */
/* The command line: see options.c. */
#ifndef RINGSIDE_KVM_LAB_COVERAGE_OPTIONS_H
#define RINGSIDE_KVM_LAB_COVERAGE_OPTIONS_H

#include <stdbool.h>

#include "machines/bazel/command.h"

struct options {
	struct words suites; /* patterns of labels */
	struct words bazel_options;
	bool tests; /* tell of each what it reaches */
	const char *output; /* folder for the reports; NULL: bazel-coverage-report */
};

/** options_read() - read the command line; ends the program where it makes no sense */
void options_read(struct options *options, char **argv);

#endif /* RINGSIDE_KVM_LAB_COVERAGE_OPTIONS_H */
