// SPDX-License-Identifier: MIT
// Which results are refused.
#include <gtest/gtest.h>

#include "measured.h"

namespace
{

TEST(Measured, TakesTheMiddle)
{
	const Measured measured = {{5, 1, 2, 4, 3}, "us"};

	EXPECT_EQ(measured.Median(), 3);
	EXPECT_NEAR(measured.Spread(), (4.0 - 2.0) / 3.0, 1e-9);
	EXPECT_EQ((Measured{{7}, "us"}).Median(), 7);
	EXPECT_EQ((Measured{{7}, "us"}).Spread(), 0);
}

TEST(Measured, RefusesWhatVaries)
{
	EXPECT_FALSE((Measured{{100, 101, 102, 103, 104}, "us"}).MeansNothing());
	EXPECT_FALSE((Measured{{90, 90, 100, 110, 110}, "us"}).MeansNothing());
	EXPECT_TRUE((Measured{{89, 89, 100, 110, 110}, "us"}).MeansNothing());
	// One that was disturbed is none of the half that counts.
	EXPECT_FALSE((Measured{{100, 100, 100, 100, 900}, "us"}).MeansNothing());
}

TEST(Measured, RefusesWhatHasNoRatio)
{
	EXPECT_FALSE((Measured{{0, 0, 0}, "KiB"}).MeansNothing()) << "always nothing";
	EXPECT_TRUE((Measured{{0, 0, 0, 4, 4}, "KiB"}).MeansNothing());
	EXPECT_TRUE((Measured{{-4, -4, -2, 0, 0}, "KiB"}).MeansNothing());
}

} // namespace
