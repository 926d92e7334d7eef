/* SPDX-License-Identifier: MIT */
/* The tests and programs that come along into a machine: built by Bazel, from labels. */
#ifndef RINGSIDE_MACHINES_SHELL_TESTS_H
#define RINGSIDE_MACHINES_SHELL_TESTS_H

#include <stddef.h>

#include "machines/runner/outbox.h"

/* One kvm_test, kvm_program_test or program. */
struct shell_test {
	char *label; /* "//package:name" */
	char *folder; /* in the machine: "/tests/package" */
	char *name; /* its name, and its controller's in that folder */
	char *root; /* the folder to which the description's paths are relative */
	char *description; /* on the host: machines/shell/come_along.bzl */
};

struct shell_tests {
	struct shell_test *list;
	size_t count;
};

/**
 * tests_build() - have Bazel build tests
 * @labels: labels or patterns; of what patterns match, only tests for machines are
 *          taken, of labels any program
 * @count: of @labels
 * @tests: to be filled in
 *
 * Bazel reports to stderr. Dies with its status when it fails.
 */
void tests_build(char **labels, size_t count, struct shell_tests *tests);

/** tests_write() - have a machine get controllers and their data */
void tests_write(const struct shell_tests *tests, struct outbox *outbox);

/** tests_path() - the folders of the tests, as PATH wants them; the caller frees it */
char *tests_path(const struct shell_tests *tests);

/* Where the machine has the tests' runfiles. */
#define TESTS_RUNFILES "/tests/.runfiles"

#endif /* RINGSIDE_MACHINES_SHELL_TESTS_H */
