/* SPDX-License-Identifier: MIT */
#ifndef RINGSIDE_HOST_GTEST_SUITE_TESTS_H
#define RINGSIDE_HOST_GTEST_SUITE_TESTS_H

namespace ringside
{

/*
 * Registers each source's struct tst_test with GoogleTest: a suite named after
 * the source, with the test "test_all" or the tests "test_0", "test_1", ….
 * Each case runs @iterations times. Returns whether all definitions are sound;
 * if not, the reasons have been printed.
 */
bool RegisterSuites(unsigned long iterations);

} /* namespace ringside */

#endif /* RINGSIDE_HOST_GTEST_SUITE_TESTS_H */
