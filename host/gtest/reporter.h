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
 * Calls a function of the library from outside a test's body: if it ends
 * with tst_brk(), that has been recorded, and this returns.
 */
void CallUntilBreak(const std::function<void()> &function);

} /* namespace ringside */

#endif /* RINGSIDE_HOST_GTEST_REPORTER_H */
