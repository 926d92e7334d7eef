// SPDX-License-Identifier: MIT
// A kernel that becomes tainted, and one that is locked down. Both last until it is
// booted again: only on a machine that is the test's own.
#include <sys/mount.h>

#include <fstream>

#include "ringside/kvm_gtest.h"
#include "ringside/runner.h"

namespace
{

using ::ringside::Collect;
using ::ringside::ResultIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class Taint : public ::testing::Test
{
protected:
	// A test that taints the kernel in between: what its end says.
	static std::vector<ringside::Result> TestThatAdds(unsigned int taint, unsigned int checked)
	{
		tst_test test = {};
		tst_suite suite = {};

		test.taint_check = checked;
		suite.test = &test;
		return Collect([&] {
			tst_suite_set_up(&suite);
			if (taint)
				std::ofstream("/proc/sys/kernel/tainted") << taint;
			tst_suite_finish(&suite);
		});
	}
};

// In this order, since no taint goes away.
TEST_F(Taint, IsReportedIfItAppears)
{
	if (!getenv("RINGSIDE_RELOAD_MODULES"))
		GTEST_SKIP() << "this machine's kernel is not ours to taint";

	EXPECT_THAT(TestThatAdds(0, TST_TAINT_W | TST_TAINT_D), IsEmpty());
	// A taint that is not asked for.
	EXPECT_THAT(TestThatAdds(TST_TAINT_D, TST_TAINT_W), IsEmpty());
	// One of before is left out of the report.
	EXPECT_THAT(TestThatAdds(TST_TAINT_W, TST_TAINT_W),
		    ElementsAre(ResultIs(TFAIL, AllOf(HasSubstr("became tainted during the test"),
						      HasSubstr("(0x200): it warned;"),
						      Not(HasSubstr("oopsed"))))));
	EXPECT_THAT(TestThatAdds(0, TST_TAINT_W),
		    ElementsAre(ResultIs(TCONF, HasSubstr("is tainted already (0x280)"))));
	EXPECT_THAT(TestThatAdds(0, 0), IsEmpty());
}

TEST(Lockdown, SkipsTheTest)
{
	if (!getenv("RINGSIDE_RELOAD_MODULES"))
		GTEST_SKIP() << "this machine's kernel is not ours to lock down";

	static const char file[] = "/sys/kernel/security/lockdown";
	tst_test test = {};
	tst_suite suite = {};
	const auto set_up = [&suite] {
		tst_suite_set_up(&suite);
		tst_suite_finish(&suite);
	};

	suite.test = &test;
	test.skip_in_lockdown = 1;
	EXPECT_THAT(Collect(set_up), IsEmpty()); // the kernel does not say
	ASSERT_EQ(mount("securityfs", "/sys/kernel/security", "securityfs", 0, nullptr), 0)
		<< strerror(errno);
	EXPECT_THAT(Collect(set_up), IsEmpty());
	std::ofstream(file) << "integrity";
	EXPECT_THAT(Collect(set_up), ElementsAre(ResultIs(TCONF, "the kernel is locked down (" +
									 std::string(file) + ")")));
	test.skip_in_lockdown = 0;
	EXPECT_THAT(Collect(set_up), IsEmpty());
}

} // namespace
