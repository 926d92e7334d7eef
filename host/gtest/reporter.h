/* SPDX-License-Identifier: MIT */
/* The library's results as GoogleTest's. */
#ifndef RINGSIDE_HOST_GTEST_REPORTER_H
#define RINGSIDE_HOST_GTEST_REPORTER_H

#include <functional>

namespace ringside
{

/*
 * Makes the library report to GoogleTest. Called once, by the thread that
 * runs the tests, after GoogleTest has been initialized.
 */
void InstallReporter();

/* Results so far, of all kinds but TINFO; collected ones not counted. */
unsigned long ResultCount();

/*
 * Calls a function that may end the test with tst_brk(), and returns also in
 * that case: with false, and the result recorded.
 */
bool CallUntilBreak(const std::function<void()> &function);

} /* namespace ringside */

#endif /* RINGSIDE_HOST_GTEST_REPORTER_H */
