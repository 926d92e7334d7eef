// SPDX-License-Identifier: MIT
// A kvm_test that names machines makes a test for each, which runs there.
#include <cstdlib>
#include <string>

#include "ringside/kvm_gtest.h"
#include "tst_module.h"

TEST(NamedMachines, EachTestRunsOnItsOwn)
{
	const char *target = getenv("TEST_TARGET");

	ASSERT_TRUE(target) << "run this with 'bazel test'";
	const std::string name = target;
	const bool without_npt = name.find("_npt0") != std::string::npos;

	ASSERT_NE(name.find("_amd"), std::string::npos) << name;
	EXPECT_EQ(tst_read_bool_sys_param("/sys/module/kvm_amd/parameters/npt"), !without_npt);
}
