/* SPDX-License-Identifier: MIT */
/* A test that can't run where it was told to. */
#ifndef RINGSIDE_MACHINES_RUNNER_SKIP_H
#define RINGSIDE_MACHINES_RUNNER_SKIP_H

/**
 * skip_test() - report a skip the way GoogleTest does
 * @missing: what the machine does not offer, in words
 *
 * Writes Bazel's test.xml, with one skipped test case, where XML_OUTPUT_FILE says.
 *
 * Return: the exit status, 0.
 */
int skip_test(const char *missing);

#endif /* RINGSIDE_MACHINES_RUNNER_SKIP_H */
