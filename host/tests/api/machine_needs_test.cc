// SPDX-License-Identifier: MIT
// What a machine's kernel has: known in the machine, as on a host.
#include "ringside/kvm_gtest.h"
#include "ringside/runner.h"

namespace
{

using ::ringside::Collect;
using ::ringside::Result;
using ::ringside::ResultIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<Result> Check(const tst_test &test)
{
	tst_suite suite = {nullptr, &test, "needs.c", 0};

	return Collect([&suite] {
		tst_suite_set_up(&suite);
		tst_suite_finish(&suite);
	});
}

std::vector<Result> CheckKconfig(const char *expression)
{
	const char *const list[] = {expression, nullptr};
	tst_test test = {};

	test.test_all = [] {};
	test.needs_kconfigs = list;
	return Check(test);
}

std::vector<Result> CheckDriver(const char *name)
{
	const char *const list[] = {name, nullptr};
	tst_test test = {};

	test.test_all = [] {};
	test.needs_drivers = list;
	return Check(test);
}

TEST(MachineNeeds, Kconfigs)
{
	EXPECT_THAT(CheckKconfig("CONFIG_KVM"), IsEmpty());
	EXPECT_THAT(CheckKconfig("CONFIG_KVM_AMD=m & CONFIG_KVM_INTEL=m"), IsEmpty());
	EXPECT_THAT(CheckKconfig("CONFIG_NO_SUCH_OPTION=y"),
		    ElementsAre(ResultIs(TCONF, AllOf(HasSubstr("does not meet"),
						      HasSubstr("CONFIG_NO_SUCH_OPTION=y")))));
	EXPECT_THAT(CheckKconfig("!CONFIG_KVM"),
		    ElementsAre(ResultIs(TCONF, HasSubstr("does not meet"))));
}

TEST(MachineNeeds, Drivers)
{
	// Loaded, built in, and neither.
	EXPECT_THAT(CheckDriver("kvm"), IsEmpty());
	EXPECT_THAT(CheckDriver("binfmt_script"), IsEmpty());
	EXPECT_THAT(CheckDriver("no_such_driver"),
		    ElementsAre(ResultIs(TCONF, HasSubstr("no driver no_such_driver"))));
}

} // namespace
