// SPDX-License-Identifier: MIT
// MSRs that user space handles or forbids: KVM API, KVM_CAP_X86_USER_SPACE_MSR,
// KVM_X86_SET_MSR_FILTER, KVM_EXIT_X86_RDMSR and KVM_EXIT_X86_WRMSR.
#include <cstring>
#include <vector>

#include "msrs_fixture.h"

namespace
{

using kvm_tests::Read;
using kvm_tests::Write;

constexpr uint32_t kLstar = 0xc0000082, kCstar = 0xc0000083, kSfmask = 0xc0000084;
constexpr uint32_t kUnknown = 0x12345678;
constexpr uint64_t kValue = 0x123456789a, kOther = 0x55aa55aa55;

class MsrFilter : public kvm_tests::MsrTest
{
protected:
	// Denies what the bitmap of @count MSRs at @base has no bit for.
	void Filter(uint32_t flags, uint32_t base, uint32_t count, std::vector<uint8_t> allowed,
		    uint32_t otherwise = KVM_MSR_FILTER_DEFAULT_ALLOW)
	{
		kvm_msr_filter filter = {};

		filter.flags = otherwise;
		filter.ranges[0].flags = flags;
		filter.ranges[0].base = base;
		filter.ranges[0].nmsrs = count;
		filter.ranges[0].bitmap = allowed.data();
		SAFE_IOCTL(vm()->vm_fd, KVM_X86_SET_MSR_FILTER, &filter);
	}

	// Which accesses are user space's.
	void AskFor(uint64_t reasons)
	{
		kvm_enable_cap cap = {};

		cap.cap = KVM_CAP_X86_USER_SPACE_MSR;
		cap.args[0] = reasons;
		SAFE_IOCTL(vm()->vm_fd, KVM_ENABLE_CAP, &cap);
	}

	void RunToMsr(int exit, uint32_t index, uint32_t reason)
	{
		RunTo(exit);
		EXPECT_EQ(cpu()->run->msr.index, index);
		EXPECT_EQ(cpu()->run->msr.reason, reason);
	}
};

constexpr uint32_t kBoth = KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE;

TEST_F(MsrFilter, DeniedReadsAndWritesFault)
{
	Plan({Write(kLstar, kValue), Read(kLstar), Write(kCstar, kValue), Read(kCstar)});
	Filter(kBoth, kLstar, 2, {0x2}); // CSTAR is allowed
	RunTo(TST_KVM_ENDED);
	ExpectFault(0);
	ExpectFault(1);
	ExpectDone(2);
	ExpectRead(3, kValue);
	EXPECT_EQ(GetMsr(kLstar), 0u) << "the denied write was carried out";
}

TEST_F(MsrFilter, ReadsAloneAreDenied)
{
	Plan({Write(kLstar, kValue), Read(kLstar)});
	Filter(KVM_MSR_FILTER_READ, kLstar, 1, {0});
	RunTo(TST_KVM_ENDED);
	ExpectDone(0);
	ExpectFault(1);
	EXPECT_EQ(GetMsr(kLstar), kValue);
}

TEST_F(MsrFilter, WritesAloneAreDenied)
{
	Plan({Write(kLstar, kOther), Read(kLstar)});
	Filter(KVM_MSR_FILTER_WRITE, kLstar, 1, {0});
	SetMsr(kLstar, kValue);
	RunTo(TST_KVM_ENDED);
	ExpectFault(0);
	ExpectRead(1, kValue);
}

// The neighbours of a range, on both sides, are what the default says.
TEST_F(MsrFilter, RangeEndsWhereItEnds)
{
	Plan({Write(kLstar, kValue), Write(kCstar, kValue), Write(kSfmask, 0x55), Read(kSfmask)});
	Filter(kBoth, kCstar, 1, {0});
	RunTo(TST_KVM_ENDED);
	ExpectDone(0);
	ExpectFault(1);
	ExpectDone(2);
	ExpectRead(3, 0x55);
}

TEST_F(MsrFilter, DefaultDeniesAllOthers)
{
	Plan({Write(kLstar, kValue), Read(kLstar), Write(kCstar, kValue), Read(kCstar)});
	Filter(kBoth, kLstar, 1, {0x1}, KVM_MSR_FILTER_DEFAULT_DENY);
	RunTo(TST_KVM_ENDED);
	ExpectDone(0);
	ExpectRead(1, kValue);
	ExpectFault(2);
	ExpectFault(3);
}

TEST_F(MsrFilter, EmptyFilterAllowsAll)
{
	kvm_msr_filter none = {};

	Plan({Write(kLstar, kValue), Read(kLstar)});
	Filter(kBoth, kLstar, 1, {0});
	SAFE_IOCTL(vm()->vm_fd, KVM_X86_SET_MSR_FILTER, &none);
	RunTo(TST_KVM_ENDED);
	ExpectDone(0);
	ExpectRead(1, kValue);
}

// "KVM_MSR_FILTER_DEFAULT_DENY with no MSR ranges" would deny everything: EINVAL.
TEST_F(MsrFilter, DenyingWithoutRangesIsRefused)
{
	kvm_msr_filter filter = {};

	filter.flags = KVM_MSR_FILTER_DEFAULT_DENY;
	EXPECT_EQ(ioctl(vm()->vm_fd, KVM_X86_SET_MSR_FILTER, &filter), -1);
	EXPECT_EQ(errno, EINVAL);
	filter.flags = 1u << 31;
	EXPECT_EQ(ioctl(vm()->vm_fd, KVM_X86_SET_MSR_FILTER, &filter), -1);
	EXPECT_EQ(errno, EINVAL);
}

TEST_F(MsrFilter, UserSpaceAnswersARead)
{
	Plan({Read(kLstar)});
	AskFor(KVM_MSR_EXIT_REASON_FILTER);
	Filter(kBoth, kLstar, 1, {0});
	RunToMsr(KVM_EXIT_X86_RDMSR, kLstar, KVM_MSR_EXIT_REASON_FILTER);
	cpu()->run->msr.data = kOther;
	cpu()->run->msr.error = 0;
	RunTo(TST_KVM_ENDED);
	ExpectRead(0, kOther);
	EXPECT_EQ(GetMsr(kLstar), 0u);
}

TEST_F(MsrFilter, UserSpaceTakesAWrite)
{
	Plan({Write(kLstar, kValue)});
	AskFor(KVM_MSR_EXIT_REASON_FILTER);
	Filter(kBoth, kLstar, 1, {0});
	RunToMsr(KVM_EXIT_X86_WRMSR, kLstar, KVM_MSR_EXIT_REASON_FILTER);
	EXPECT_EQ(cpu()->run->msr.data, kValue);
	cpu()->run->msr.error = 0;
	RunTo(TST_KVM_ENDED);
	ExpectDone(0);
	EXPECT_EQ(GetMsr(kLstar), 0u) << "the write is user space's, and KVM has done it, too";
}

TEST_F(MsrFilter, UserSpaceRefusesWithAFault)
{
	Plan({Read(kLstar), Write(kLstar, kValue), Write(kCstar, kValue)});
	AskFor(KVM_MSR_EXIT_REASON_FILTER);
	Filter(kBoth, kLstar, 1, {0});
	RunToMsr(KVM_EXIT_X86_RDMSR, kLstar, KVM_MSR_EXIT_REASON_FILTER);
	cpu()->run->msr.error = 1;
	RunToMsr(KVM_EXIT_X86_WRMSR, kLstar, KVM_MSR_EXIT_REASON_FILTER);
	cpu()->run->msr.error = 1;
	RunTo(TST_KVM_ENDED);
	ExpectFault(0);
	ExpectFault(1);
	ExpectDone(2);
}

TEST_F(MsrFilter, UserSpaceIsAskedForUnknownMsrs)
{
	Plan({Read(kUnknown), Write(kUnknown, kValue)});
	AskFor(KVM_MSR_EXIT_REASON_UNKNOWN);
	RunToMsr(KVM_EXIT_X86_RDMSR, kUnknown, KVM_MSR_EXIT_REASON_UNKNOWN);
	cpu()->run->msr.data = kOther;
	cpu()->run->msr.error = 0;
	RunToMsr(KVM_EXIT_X86_WRMSR, kUnknown, KVM_MSR_EXIT_REASON_UNKNOWN);
	EXPECT_EQ(cpu()->run->msr.data, kValue);
	cpu()->run->msr.error = 1;
	RunTo(TST_KVM_ENDED);
	ExpectRead(0, kOther);
	ExpectFault(1);
}

TEST_F(MsrFilter, UnknownMsrsFaultWhenNobodyIsAsked)
{
	Plan({Read(kUnknown), Write(kUnknown, kValue)});
	RunTo(TST_KVM_ENDED);
	ExpectFault(0);
	ExpectFault(1);
}

// The filter is the guest's: user space reads and writes what it denies.
TEST_F(MsrFilter, UserSpaceIsNotFiltered)
{
	Plan({Read(kLstar)});
	Filter(kBoth, kLstar, 1, {0});
	EXPECT_EQ(SetMsr(kLstar, kValue), 1);
	EXPECT_EQ(GetMsr(kLstar), kValue);
	RunTo(TST_KVM_ENDED);
	ExpectFault(0);
}

} // namespace
