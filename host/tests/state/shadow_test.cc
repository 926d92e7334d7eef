// SPDX-License-Identifier: MIT
// What becomes of KVM's shadow pages at a reset when KVM says less than others, or refuses.
#include <sys/syscall.h>

#include "exits_test.h"
#include "host/tests/api/syscall_filter.h"
#include "ringside/runner.h"

namespace
{

using ringside::Result;
using ringside::ResultIs;
using state_tests::Device;
using state_tests::Machine;
using state_tests::Step;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class Shadow : public ::testing::Test
{
protected:
	Shadow()
	{
		tst_watchdog_arm(240);
		tst_kvm_set_arg(machine_.cpu(), STATE_TABLES);
		Step(&machine_, &start_);
		tst_kvm_snapshot(machine_.vm());
	}

	void SetUp() override
	{
		if (!CanFilterSyscalls())
			GTEST_SKIP() << "this kernel has no seccomp filters";
	}

	// What the guest does from the snapshot to its end.
	std::string Run()
	{
		Device device = start_;

		while (Step(&machine_, &device))
			;
		return device.log();
	}

	// Resets the machine while that ioctl fails.
	std::vector<Result> ResetWithout(uint32_t request, int error)
	{
		const FailingCall call = {SYS_ioctl, error, false, request};

		return CollectWithFailing(call, [this] { tst_kvm_reset(machine_.vm()); });
	}

	Machine machine_{tst_kvm_config{}};
	Device start_;
};

// As before Linux 5.14, which has no KVM_GET_STATS_FD: there may be shadow pages.
TEST_F(Shadow, PagesGoThoughNothingCountsThem)
{
	const std::string first = Run();

	EXPECT_THAT(ResetWithout(KVM_GET_STATS_FD, ENOTTY), IsEmpty());
	EXPECT_EQ(Run(), first);
}

TEST_F(Shadow, PagesThatStayAreAnError)
{
	Run();
	EXPECT_THAT(
		ResetWithout(KVM_SET_USER_MEMORY_REGION, EINVAL),
		ElementsAre(ResultIs(
			TBROK,
			AllOf(StartsWith("tst_kvm_reset(): KVM keeps what it has made of the "
					 "guest's page tables: ioctl(KVM_SET_USER_MEMORY_REGION)"),
			      HasSubstr("EINVAL")))));
}

} // namespace
