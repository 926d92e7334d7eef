/* SPDX-License-Identifier: MIT */
/* A test that has to fail, since it looks for a bug and its kernel lacks the fix. */
#ifndef RINGSIDE_MACHINES_RUNNER_EXPECTED_FAILURE_H
#define RINGSIDE_MACHINES_RUNNER_EXPECTED_FAILURE_H

/**
 * expect_failure() - have a file for the test's report, whoever starts the test
 *
 * Call it before the test runs.
 *
 * Return: its path.
 */
const char *expect_failure(void);

/**
 * judge_expected_failure() - come to a verdict, and have the report say the same
 * @status: the test's exit status
 * @path: what expect_failure() has returned
 * @lacks: the fixes that the kernel lacks, in words
 *
 * Each case has to be skipped, or to fail by a verdict of its own: a failure that is
 * neither TBROK, as a timeout is, nor TWARN. In Bazel's test.xml, a case that fails so
 * passes, with what it said as its output, and one that passes fails.
 *
 * Return: the exit status.
 */
int judge_expected_failure(int status, const char *path, const char *lacks);

#endif /* RINGSIDE_MACHINES_RUNNER_EXPECTED_FAILURE_H */
