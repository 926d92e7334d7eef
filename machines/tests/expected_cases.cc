// SPDX-License-Identifier: MIT
// Cases for expected_failure_test.sh, one for each way in which a case ends.
#include <unistd.h>

#include <cstdlib>

#include "ringside/kvm_gtest.h"
#include "ringside/runner.h"

TEST(Cases, Passes)
{
	tst_res(TPASS, "the bug isn't there");
}

TEST(Cases, PassesWithProperty)
{
	RecordProperty("found", "nothing");
	tst_res(TPASS, "the bug isn't there");
}

TEST(Cases, Fails)
{
	tst_res(TFAIL, "the bug is there: </failure> & <failure>");
	tst_res(TFAIL, "and once more");
}

TEST(Cases, Asserts)
{
	ASSERT_EQ(1, 2) << "the bug is there";
}

TEST(Cases, EndsWithFailure)
{
	tst_brk(TFAIL, "the bug is there");
}

TEST(Cases, Skips)
{
	tst_res(TCONF, "nothing to see here");
}

TEST(Cases, Breaks)
{
	tst_brk(TBROK, "something else is wrong");
}

TEST(Cases, RunsOutOfTime)
{
	tst_watchdog_arm(1);
	for (;;)
		pause();
}

TEST(Cases, EndsTheProgram)
{
	_exit(1);
}

TEST(Cases, Crashes)
{
	abort();
}
