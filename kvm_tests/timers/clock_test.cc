// SPDX-License-Identifier: MIT
// KVM's clock, from the guest (Documentation/virt/kvm/x86/msr.rst) and from user space (KVM API,
// KVM_GET_CLOCK, KVM_SET_CLOCK, KVM_KVMCLOCK_CTRL): it is one clock.
#include <sys/ioctl.h>

#include <cerrno>
#include <ctime>

#include "case_test.h"
#include "clock.h"

namespace
{

constexpr uint64_t kSecond = 1000000000;

// By which the two sides may differ: each counts on from an update of its own.
constexpr uint64_t kSlack = kSecond / 100;

// The machine's wall clock may be set, and a CPU may wait, between two looks.
constexpr uint64_t kWallSlack = 2 * kSecond;

class Clock : public kvm_tests::CaseTest
{
protected:
	void SetUp() override
	{
		CaseTest::SetUp();
		Create(TST_KVM_KERNEL_IRQCHIP);
		Choose("look_at_clocks");
		RunTo(KVM_EXIT_HLT);
	}

	uint64_t Get()
	{
		kvm_clock_data data = {};

		SAFE_IOCTL(vm()->vm_fd, KVM_GET_CLOCK, &data);
		return data.clock;
	}

	int Set(uint64_t clock, uint32_t flags = 0)
	{
		kvm_clock_data data = {};

		data.clock = clock;
		data.flags = flags;
		return ioctl(vm()->vm_fd, KVM_SET_CLOCK, &data);
	}

	const volatile clock_look *Look()
	{
		RunTo(KVM_EXIT_HLT);
		return Shared<clock_look>("clock_look");
	}
};

TEST_F(Clock, IsTheSameOnBothSides)
{
	uint64_t last = 0;

	for (int i = 0; i < 20; i++) {
		const uint64_t before = Get(), now = Look()->now, after = Get();

		EXPECT_GE(now + kSlack, before);
		EXPECT_LE(now, after + kSlack);
		EXPECT_GE(now, last) << "it goes back";
		last = now;
	}
}

TEST_F(Clock, IsWhatUserSpaceSets)
{
	const uint64_t hour = 3600 * kSecond;

	for (uint64_t value : {100 * hour, 10 * hour, 10000 * hour}) {
		ASSERT_EQ(Set(value), 0);
		const uint64_t before = Get(), now = Look()->now, after = Get();

		EXPECT_GE(before + kSlack, value);
		EXPECT_LT(before, value + hour);
		EXPECT_GE(now + kSlack, value);
		EXPECT_LE(now, after + kSlack);
	}
}

TEST_F(Clock, UnknownFlagsAreRefused)
{
	EXPECT_EQ(Set(kSecond, 1u << 31), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_GT(Look()->multiplier, 0u);
}

// "version: guest has to check version before and after grabbing time information": even.
TEST_F(Clock, VersionIsEvenAndGrows)
{
	const uint32_t first = Look()->version;

	EXPECT_EQ(first % 2, 0u);
	EXPECT_GT(first, 0u);
	ASSERT_EQ(Set(5 * kSecond), 0);
	const uint32_t second = Look()->version;
	EXPECT_EQ(second % 2, 0u);
	EXPECT_GT(second, first);
}

// "the guest has been stopped by the host": bit 1 of the flags, until the guest clears it.
TEST_F(Clock, TellsThatTheGuestWasStopped)
{
	EXPECT_EQ(Look()->flags & CLOCK_STOPPED, 0u);
	SAFE_IOCTL(vm()->vcpu_fd, KVM_KVMCLOCK_CTRL, 0);
	EXPECT_EQ(Look()->flags & CLOCK_STOPPED, unsigned{CLOCK_STOPPED});
}

TEST_F(Clock, CantTellAGuestWithoutOne)
{
	Create(TST_KVM_KERNEL_IRQCHIP);
	Choose("have_no_clock");
	RunTo(KVM_EXIT_HLT);
	EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_KVMCLOCK_CTRL, 0), -1);
	EXPECT_EQ(errno, EINVAL);
}

// "The wallclock at the moment when the clock was 0": with the clock, the time of day.
TEST_F(Clock, WallClockCountsFromItsZero)
{
	timespec now;
	const volatile clock_look *look = Look();

	clock_gettime(CLOCK_REALTIME, &now);
	EXPECT_EQ(look->wall_version % 2, 0u);
	EXPECT_GT(look->wall_version, 0u);
	EXPECT_LT(look->wall_nanoseconds, kSecond);
	const uint64_t zero = look->wall_seconds * kSecond + look->wall_nanoseconds;
	const uint64_t host = now.tv_sec * kSecond + now.tv_nsec;
	EXPECT_NEAR(static_cast<double>(zero + look->now), static_cast<double>(host), kWallSlack);
}

} // namespace
