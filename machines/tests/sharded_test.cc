/* SPDX-License-Identifier: MIT */
/* Bazel's sharding reaches a machine: each case runs in the shard that it belongs to. */
#include <cstdlib>
#include <string>

#include "ringside/kvm_gtest.h"

static void expect_shard(const char *index)
{
	const char *total = getenv("TEST_TOTAL_SHARDS"), *mine = getenv("TEST_SHARD_INDEX");

	ASSERT_TRUE(total && mine) << "not sharded: is shard_count = 2 in BUILD.bazel?";
	EXPECT_EQ(std::string(total), "2");
	EXPECT_EQ(std::string(mine), index);
}

TEST(Sharded, First)
{
	expect_shard("0");
}

TEST(Sharded, Second)
{
	expect_shard("1");
}
