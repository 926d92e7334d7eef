/* SPDX-License-Identifier: MIT */
/*
 * Running a struct tst_test, for a test framework: its cases are the
 * framework's tests, between one set-up and one clean-up. These functions
 * report through the reporter, and leave through its end_test() as any test
 * function does.
 */
#ifndef RINGSIDE_HOST_RUNNER_H
#define RINGSIDE_HOST_RUNNER_H

#include <stdbool.h>

#include "tst_test.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The test of one source file. */
struct tst_suite {
	struct tst_suite *next;
	const struct tst_test *test;
	const char *file; /* the source, as the compiler was told */
	int set_up; /* the clean-up is due */
};

/* All tests that sources have registered, in no particular order. */
struct tst_suite *tst_suites(void);

/*
 * What is wrong with the definition of a test: a text for its author, or NULL.
 * A suite with an error cannot be run.
 */
const char *tst_suite_error(const struct tst_suite *suite);

/* The number of cases. */
unsigned int tst_suite_cases(const struct tst_suite *suite);

/* Checks the test's needs, then runs its set-up. */
void tst_suite_set_up(struct tst_suite *suite);

/*
 * Runs a case once. @again: the same case is run once more right after it, with nothing
 * of the test's in between, so that tst_kvm_run() may keep its machine for it.
 */
void tst_suite_run_case(struct tst_suite *suite, unsigned int nr, bool again);

/*
 * Runs the clean-up if the set-up had begun, and puts back what the set-up
 * changed. tst_suite_finish() does the second part only: for after a clean-up
 * that broke.
 */
void tst_suite_clean_up(struct tst_suite *suite);
void tst_suite_finish(struct tst_suite *suite);

/*
 * What a failing test may point to, one line for each tag. Returns a string
 * for the caller to free(), or NULL when the test has no tags.
 */
char *tst_suite_hints(const struct tst_suite *suite);

/*
 * Starts the test's clock: when @seconds pass before tst_watchdog_disarm(),
 * guests are stopped and the test has failed; if it still does not end, the
 * process does. TST_UNLIMITED_TIMEOUT: no limit of the test's own. The
 * environment's variable LTP_TIMEOUT_MUL multiplies @seconds. The same happens
 * some seconds before Bazel's own timeout (TEST_TIMEOUT), a quarter of it or 6 s,
 * counted from the process's start: whatever comes first.
 */
void tst_watchdog_arm(int seconds);
void tst_watchdog_disarm(void);

/*
 * Whether that time before Bazel's own timeout has come: what a guest was stopped for
 * then is not its doing, and what is left is for the test's end.
 */
bool tst_watchdog_bazel_expired(void);

#ifdef __cplusplus
}
#endif

#endif /* RINGSIDE_HOST_RUNNER_H */
