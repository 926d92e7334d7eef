// SPDX-License-Identifier: MIT
/* Tests with 20,000 results each; flood_test.sh runs them, and most of them must fail. */
#include <cstdlib>

#include "ringside/kvm_gtest.h"

namespace
{

constexpr int kResults = 20000;

TEST(Flood, FailsOnce)
{
	for (int i = 0; i < kResults; i++)
		tst_res(i == 15000 ? TFAIL : TPASS, "result %d, with some words around it", i);
}

TEST(Flood, FailsAlways)
{
	for (int i = 0; i < kResults; i++)
		tst_res(TFAIL, "result %d, with some words around it", i);
}

TEST(Flood, Expects)
{
	for (int i = 0; i < kResults; i++)
		EXPECT_EQ(i, -1);
}

TEST(Flood, Aborts)
{
	for (int i = 0; i < kResults; i++)
		tst_res(TPASS, "result %d, with some words around it", i);
	abort();
}

TEST(Flood, SaysLittle)
{
	tst_res(TPASS, "little");
}

} /* namespace */
