// SPDX-License-Identifier: MIT
/* What becomes of results that Collect() has taken; collect_test.sh runs the cases one by one. */
#include <unistd.h>

#include <thread>

#include "ringside/kvm_gtest.h"
#include "ringside/runner.h"

namespace
{

// The process gives up, and nobody gets the list.
TEST(Collect, NeverReturns)
{
	tst_watchdog_arm(1);
	ringside::Collect([] {
		tst_res(TINFO, "before it hangs");
		for (;;)
			pause();
	});
}

TEST(Collect, InASecondThread)
{
	const auto results = ringside::Collect([] {
		std::thread([] { ringside::Collect([] { tst_res(TFAIL, "inside"); }); }).join();
		tst_res(TPASS, "after it");
	});

	ASSERT_EQ(results.size(), 2u);
	EXPECT_EQ(results[0].type, TBROK);
	EXPECT_NE(results[0].text.find("Collect(): another thread"), std::string::npos)
		<< results[0].text;
	EXPECT_EQ(results[1].text, "after it");
}

TEST(Collect, WithinCollect)
{
	std::vector<ringside::Result> inner;
	const auto outer = ringside::Collect([&inner] {
		inner = ringside::Collect([] { tst_res(TFAIL, "inner"); });
		tst_res(TFAIL, "outer");
	});

	ASSERT_EQ(inner.size(), 1u);
	EXPECT_EQ(inner[0].text, "inner");
	ASSERT_EQ(outer.size(), 1u);
	EXPECT_EQ(outer[0].text, "outer");
}

} // namespace
