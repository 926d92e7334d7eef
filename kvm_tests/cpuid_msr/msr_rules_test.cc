// SPDX-License-Identifier: MIT
// MSRs of which user space may do more than the guest, or which are there with a feature: SDM
// Vol. 4 "Model-Specific Registers"; APM Vol. 2 "MSR Cross-Reference"; KVM API, KVM_GET_MSRS,
// KVM_SET_MSRS, KVM_GET_MSR_INDEX_LIST.
#include <fcntl.h>

#include <cstring>
#include <vector>

#include "cpuid_list.h"
#include "msrs_fixture.h"
#include "tst_safe_macros.h"

namespace
{

using kvm_tests::HasMsr;
using kvm_tests::Read;
using kvm_tests::Write;

constexpr uint32_t kTsc = 0x10, kTscAdjust = 0x3b, kMicrocode = 0x8b, kPlatformInfo = 0xce,
		   kMiscFeatures = 0x140, kPerfStatus = 0x198, kMiscEnable = 0x1a0, kXss = 0xda0,
		   kXfd = 0x1c4, kXfdErr = 0x1c5, kPerfCapabilities = 0x345, kHwcr = 0xc0010015;

class MsrRules : public kvm_tests::MsrTest
{
protected:
	void ExpectRefused(uint32_t index, uint64_t value)
	{
		EXPECT_EQ(SetMsr(index, value), 0) << "MSR " << index << " takes " << value;
	}

	void ExpectTaken(uint32_t index, uint64_t value)
	{
		EXPECT_EQ(SetMsr(index, value), 1) << "MSR " << index << " refuses " << value;
	}
};

/* --- What the guest can read alone: WRMSR is #GP --- */

struct ReadOnlyMsr {
	const char *name;
	uint32_t index;
	uint64_t value;
	bool is_readable; // for the guest
};

[[maybe_unused]] void PrintTo(const ReadOnlyMsr &msr, std::ostream *os)
{
	*os << msr.name;
}

class ReadOnlyMsrs : public MsrRules, public testing::WithParamInterface<ReadOnlyMsr>
{
};

TEST_P(ReadOnlyMsrs, AreUserSpacesToWrite)
{
	const ReadOnlyMsr &c = GetParam();

	Plan({Read(c.index), Write(c.index, c.value), Write(c.index, 0), Read(c.index)});
	ExpectTaken(c.index, c.value);
	EXPECT_EQ(GetMsr(c.index), c.value);
	RunTo(TST_KVM_ENDED);
	if (c.is_readable)
		ExpectRead(0, c.value);
	else
		ExpectFault(0);
	ExpectFault(1);
	ExpectFault(2);
	if (c.is_readable)
		ExpectRead(3, c.value);
	else
		ExpectFault(3);
	EXPECT_EQ(GetMsr(c.index), c.value);
	ExpectTaken(c.index, 0);
	EXPECT_EQ(GetMsr(c.index), 0u);
}

constexpr ReadOnlyMsr kReadOnly[] = {
	{"SmiCount", 0x34, 0x1234, true},
	{"PlatformInfo", kPlatformInfo, 0x80000000, true},
	{"ArchCapabilities", 0x10a, 0x9, true},
	// Outside system management mode, it is not there.
	{"Smbase", 0x9e, 0x50000, false},
};

INSTANTIATE_TEST_SUITE_P(Cases, ReadOnlyMsrs, testing::ValuesIn(kReadOnly),
			 kvm_tests::NameOf<ReadOnlyMsr>);

// "IA32_BIOS_SIGN_ID": a write is how software asks for it, and loads nothing here.
TEST_F(MsrRules, MicrocodeRevisionIsUserSpaces)
{
	constexpr uint64_t kRevision = 0x12300000000;

	Plan({Read(kMicrocode), Write(kMicrocode, 0), Read(kMicrocode)});
	ExpectTaken(kMicrocode, kRevision);
	EXPECT_EQ(GetMsr(kMicrocode), kRevision);
	RunTo(TST_KVM_ENDED);
	ExpectRead(0, kRevision);
	ExpectDone(1);
	ExpectRead(2, kRevision);
}

/* --- What is there with a feature: CPUID --- */

struct FeatureMsr {
	const char *name;
	uint32_t index;
	uint32_t function, subleaf;
	__u32 kvm_cpuid_entry2::*reg;
	int bit;
	uint64_t value; // that can be written
	bool is_writable; // by the guest
	bool is_user_spaces; // without the feature, too
};

[[maybe_unused]] void PrintTo(const FeatureMsr &msr, std::ostream *os)
{
	*os << msr.name;
}

class FeatureMsrs : public MsrRules, public testing::WithParamInterface<FeatureMsr>
{
protected:
	void Make(bool has_feature)
	{
		const FeatureMsr &c = GetParam();
		const uint32_t bit = 1u << c.bit;
		kvm_tests::CpuidList cpuid;

		cpuid.Get(vm()->vcpu_fd);
		kvm_cpuid_entry2 *entry = cpuid.FindOrAdd(c.function, c.subleaf);
		if (has_feature)
			entry->*c.reg |= bit;
		else
			entry->*c.reg &= ~bit;
		cpuid.Set(vm()->vcpu_fd);
	}
};

TEST_P(FeatureMsrs, AreThereWithIt)
{
	const FeatureMsr &c = GetParam();

	Make(true);
	Plan({Read(c.index), Write(c.index, c.value), Read(c.index)});
	ExpectTaken(c.index, c.value);
	RunTo(TST_KVM_ENDED);
	ExpectRead(0, c.value);
	if (c.is_writable)
		ExpectDone(1);
	else
		ExpectFault(1);
	ExpectRead(2, c.value);
	EXPECT_EQ(GetMsr(c.index), c.value);
}

TEST_P(FeatureMsrs, FaultWithoutIt)
{
	const FeatureMsr &c = GetParam();

	Make(false);
	Plan({Read(c.index), Write(c.index, c.value)});
	EXPECT_EQ(HasMsr(vm()->vcpu_fd, c.index), c.is_user_spaces);
	EXPECT_EQ(SetMsr(c.index, c.value), c.is_user_spaces);
	RunTo(TST_KVM_ENDED);
	ExpectFault(0);
	ExpectFault(1);
}

constexpr auto kEax = &kvm_cpuid_entry2::eax, kEcx = &kvm_cpuid_entry2::ecx,
	       kEdx = &kvm_cpuid_entry2::edx;

constexpr FeatureMsr kFeatureMsrs[] = {
	{"ArchCapabilities", 0x10a, 7, 0, kEdx, 29, 0x8, false, true},
	{"PerfCapabilities", kPerfCapabilities, 1, 0, kEcx, 15, 0, false, true},
	{"Xss", kXss, 0xd, 1, kEax, 3, 0, true, true},
	{"Xfd", kXfd, 0xd, 1, kEax, 4, 0, true, true},
	{"XfdErr", kXfdErr, 0xd, 1, kEax, 4, 0, true, true},
	{"OsvwLength", 0xc0010140, 0x80000001, 0, kEcx, 9, 5, true, false},
	{"OsvwStatus", 0xc0010141, 0x80000001, 0, kEcx, 9, 0x15, true, false},
};

INSTANTIATE_TEST_SUITE_P(Cases, FeatureMsrs, testing::ValuesIn(kFeatureMsrs),
			 kvm_tests::NameOf<FeatureMsr>);

// Bits of what KVM does not have.
TEST_F(MsrRules, UnsupportedBitsAreRefused)
{
	constexpr uint64_t kHighest = uint64_t{1} << 63;

	for (uint32_t index : {kXss, kXfd, kXfdErr, kPerfCapabilities}) {
		ExpectRefused(index, kHighest);
		EXPECT_EQ(GetMsr(index), 0u);
		ExpectTaken(index, 0);
	}
}

/* --- IA32_TSC_ADJUST: SDM Vol. 3 "IA32_TSC_ADJUST MSR" --- */

constexpr uint64_t kLong = uint64_t{1} << 50; // ticks: longer than any test

TEST_F(MsrRules, AdjustingMovesTheTsc)
{
	Plan({Read(kTsc), Write(kTscAdjust, kLong), Read(kTsc), Read(kTscAdjust),
	      Write(kTscAdjust, 0), Read(kTsc), Read(kTscAdjust)});
	RunTo(TST_KVM_ENDED);
	ExpectDone(1);
	EXPECT_GE(access_[2].value - access_[0].value, kLong);
	EXPECT_LT(access_[2].value - access_[0].value, 2 * kLong);
	ExpectRead(3, kLong);
	ExpectDone(4);
	EXPECT_LT(access_[5].value, kLong);
	ExpectRead(6, 0);
}

TEST_F(MsrRules, MovingTheTscIsAnAdjustment)
{
	Plan({Read(kTsc), Write(kTsc, kLong), Read(kTsc), Read(kTscAdjust)});
	RunTo(TST_KVM_ENDED);
	EXPECT_GE(access_[2].value, kLong);
	EXPECT_LT(access_[2].value, 2 * kLong);
	EXPECT_GE(access_[3].value, kLong / 2);
	EXPECT_LE(access_[3].value, kLong);
}

// Loading a saved one is no adjustment.
TEST_F(MsrRules, UserSpaceSetsTheAdjustmentAlone)
{
	Plan({Read(kTsc), Read(kTscAdjust)});
	const uint64_t before = GetMsr(kTsc);
	ExpectTaken(kTscAdjust, kLong);
	EXPECT_EQ(GetMsr(kTscAdjust), kLong);
	EXPECT_LT(GetMsr(kTsc) - before, kLong / 2);
	RunTo(TST_KVM_ENDED);
	EXPECT_LT(access_[0].value - before, kLong / 2);
	ExpectRead(1, kLong);
}

TEST_F(MsrRules, UserSpaceSetsTheTsc)
{
	Plan({Read(kTsc), Read(kTscAdjust)});
	ExpectTaken(kTsc, kLong);
	EXPECT_GE(GetMsr(kTsc), kLong);
	EXPECT_LT(GetMsr(kTsc), 2 * kLong);
	RunTo(TST_KVM_ENDED);
	EXPECT_GE(access_[0].value, kLong);
	EXPECT_LT(access_[0].value, 2 * kLong);
	ExpectRead(1, 0);
}

/* --- IA32_MISC_ENABLE: SDM Vol. 4, 1A0H --- */

class MiscEnable : public MsrRules
{
protected:
	static constexpr uint64_t kFastStrings = 1 << 0, kPerformanceMonitoring = 1 << 7,
				  kNoBts = 1 << 11, kNoPebs = 1 << 12, kMonitor = 1 << 18;

	// KVM API, KVM_CAP_DISABLE_QUIRKS2.
	void Disable(uint64_t quirks)
	{
		kvm_enable_cap cap = {};

		cap.cap = KVM_CAP_DISABLE_QUIRKS2;
		cap.args[0] = quirks;
		SAFE_IOCTL(vm()->vm_fd, KVM_ENABLE_CAP, &cap);
	}

	// CPUID.01H:ECX.MONITOR, as the guest is told.
	bool HasMonitor()
	{
		kvm_tests::CpuidList cpuid;

		cpuid.Get(vm()->vcpu_fd);
		return cpuid.Find(1)->ecx & 1 << 3;
	}

	// Has the CPU a feature of leaf 1, ECX?
	void Change(int bit, bool is_there)
	{
		kvm_tests::CpuidList cpuid;

		cpuid.Get(vm()->vcpu_fd);
		kvm_cpuid_entry2 *features = cpuid.Find(1);
		features->ecx = (features->ecx & ~(1u << bit)) | uint32_t{is_there} << bit;
		cpuid.Set(vm()->vcpu_fd);
	}
};

TEST_F(MiscEnable, ReadOnlyBitsStay)
{
	const uint64_t before = GetMsr(kMiscEnable);

	ASSERT_EQ(before & (kNoBts | kNoPebs), kNoBts | kNoPebs) << "KVM has neither";
	Plan({Write(kMiscEnable, before & ~kNoBts), Write(kMiscEnable, before & ~kNoPebs),
	      Read(kMiscEnable), Write(kMiscEnable, before ^ kFastStrings), Read(kMiscEnable)});
	RunTo(TST_KVM_ENDED);
	ExpectRead(2, before);
	ExpectDone(3);
	ExpectRead(4, before ^ kFastStrings);
	EXPECT_EQ(GetMsr(kMiscEnable), before ^ kFastStrings);
}

TEST_F(MiscEnable, UserSpaceSetsReadOnlyBits)
{
	const uint64_t other = GetMsr(kMiscEnable) ^ (kNoBts | kNoPebs | kPerformanceMonitoring);

	Plan({Read(kMiscEnable)});
	ExpectTaken(kMiscEnable, other);
	EXPECT_EQ(GetMsr(kMiscEnable), other);
	RunTo(TST_KVM_ENDED);
	ExpectRead(0, other);
}

TEST_F(MiscEnable, PerformanceMonitoringStays)
{
	for (bool is_there : {false, true}) {
		const uint64_t others = GetMsr(kMiscEnable) & ~kPerformanceMonitoring;
		const uint64_t before = others | (is_there ? kPerformanceMonitoring : 0);

		Create(TST_KVM_NO_IRQCHIP);
		Plan({Write(kMiscEnable, before ^ kPerformanceMonitoring), Read(kMiscEnable)});
		ExpectTaken(kMiscEnable, before);
		RunTo(TST_KVM_ENDED);
		ExpectRead(1, before);
	}
}

// KVM_X86_QUIRK_MISC_ENABLE_NO_MWAIT: without it, "ENABLE MONITOR FSM" is CPUID's bit.
TEST_F(MiscEnable, MonitorFollowsIt)
{
	constexpr int kSse3 = 0;

	Disable(KVM_X86_QUIRK_MISC_ENABLE_NO_MWAIT);
	Change(kSse3, true);
	for (bool is_on : {true, false}) {
		const uint64_t others = GetMsr(kMiscEnable) & ~kMonitor;
		const uint64_t value = others | (is_on ? kMonitor : 0);

		ExpectTaken(kMiscEnable, value);
		EXPECT_EQ(GetMsr(kMiscEnable), value);
		EXPECT_EQ(HasMonitor(), is_on);
	}
	const uint64_t off = GetMsr(kMiscEnable);
	Plan({Write(kMiscEnable, off | kMonitor), Read(kMiscEnable)});
	RunTo(TST_KVM_ENDED);
	ExpectDone(0);
	ExpectRead(1, off | kMonitor);
	EXPECT_TRUE(HasMonitor());
}

// "writing this bit when the SSE3 feature flag is set to 0 may generate a #GP exception".
TEST_F(MiscEnable, MonitorNeedsSse3)
{
	constexpr int kSse3 = 0;
	const uint64_t before = GetMsr(kMiscEnable);

	Disable(KVM_X86_QUIRK_MISC_ENABLE_NO_MWAIT);
	Change(kSse3, false);
	ExpectRefused(kMiscEnable, before ^ kMonitor);
	EXPECT_EQ(GetMsr(kMiscEnable), before);
	ExpectTaken(kMiscEnable, before ^ kFastStrings);
}

TEST_F(MiscEnable, MonitorDoesNotFollowWithTheQuirk)
{
	constexpr int kBit = 3;

	Change(kBit, false);
	const uint64_t before = GetMsr(kMiscEnable);
	ExpectTaken(kMiscEnable, before | kMonitor);
	EXPECT_EQ(GetMsr(kMiscEnable), before | kMonitor);
	EXPECT_FALSE(HasMonitor());
}

/* --- CPUID faulting: SDM Vol. 4, CEH and 140H --- */

constexpr uint64_t kCpuidFault = uint64_t{1} << 31; // in MSR_PLATFORM_INFO
constexpr uint64_t kFaultEnabled = 1; // in MSR_MISC_FEATURES_ENABLES

TEST_F(MsrRules, CpuidFaultingIsEnabledWhereItIs)
{
	Plan({Write(kMiscFeatures, kFaultEnabled), Read(kMiscFeatures)});
	ExpectTaken(kPlatformInfo, kCpuidFault);
	RunTo(TST_KVM_ENDED);
	ExpectDone(0);
	ExpectRead(1, kFaultEnabled);
	ExpectRefused(kPlatformInfo, 0); // it is in use
	EXPECT_EQ(GetMsr(kPlatformInfo), kCpuidFault);
	ExpectTaken(kPlatformInfo, kCpuidFault | 0x100);
	ExpectTaken(kMiscFeatures, 0);
	ExpectTaken(kPlatformInfo, 0);
	ExpectRefused(kMiscFeatures, kFaultEnabled);
	EXPECT_EQ(GetMsr(kMiscFeatures), 0u);
}

TEST_F(MsrRules, CpuidFaultingIsNotEnabledWhereItIsNot)
{
	Plan({Write(kMiscFeatures, kFaultEnabled), Read(kMiscFeatures)});
	ExpectTaken(kPlatformInfo, 0);
	RunTo(TST_KVM_ENDED);
	ExpectFault(0);
	ExpectRead(1, 0);
}

// KVM API, KVM_CAP_MSR_PLATFORM_INFO: user space may keep it from the guest.
TEST_F(MsrRules, PlatformInfoIsKeptFromTheGuest)
{
	kvm_enable_cap cap = {};

	cap.cap = KVM_CAP_MSR_PLATFORM_INFO;
	cap.args[0] = 0;
	Plan({Read(kPlatformInfo)});
	SAFE_IOCTL(vm()->vm_fd, KVM_ENABLE_CAP, &cap);
	ExpectTaken(kPlatformInfo, kCpuidFault);
	EXPECT_EQ(GetMsr(kPlatformInfo), kCpuidFault);
	RunTo(TST_KVM_ENDED);
	ExpectFault(0);
}

/* --- What KVM writes at once: Documentation/virt/kvm/x86/msr.rst --- */

class Clocks : public MsrRules
{
protected:
	static constexpr uint64_t kPage = 0x50000000, kEnabled = 1;

	// The fields of the structure that comes of a write to one of KVM's MSRs.
	const uint32_t *Fill(uint32_t index, uint64_t value)
	{
		Create(TST_KVM_KERNEL_IRQCHIP);
		const void *page = tst_kvm_alloc_memory(vm(), 10, kPage, 4096, 0);
		Plan({Write(index, value), Read(index)});
		RunTo(TST_KVM_ENDED);
		ExpectRead(1, value);
		return static_cast<const uint32_t *>(page);
	}

	// "an odd version indicates an in-progress update".
	void ExpectWritten(uint32_t version)
	{
		EXPECT_NE(version, 0u);
		EXPECT_EQ(version % 2, 0u);
	}
};

TEST_F(Clocks, BothMsrsGiveTheWallClock)
{
	for (uint32_t index : {0x11u, 0x4b564d00u})
		ExpectWritten(Fill(index, kPage)[0]);
}

TEST_F(Clocks, BothMsrsGiveTheSystemTime)
{
	constexpr size_t kMultiplier = 6; // tsc_to_system_mul

	for (uint32_t index : {0x12u, 0x4b564d01u}) {
		const uint32_t *time = Fill(index, kPage | kEnabled);

		ExpectWritten(time[0]);
		EXPECT_NE(time[kMultiplier], 0u);
	}
}

TEST_F(Clocks, StealTimeIsGiven)
{
	constexpr size_t kVersion = 2; // behind the time

	ExpectWritten(Fill(0x4b564d03, kPage | kEnabled)[kVersion]);
}

/* --- Others --- */

// BKDG "Hardware Configuration Register": FFDIS, TlbCacheDis and IgnneEm may be set.
TEST_F(MsrRules, HardwareConfigurationBitsMayBeSet)
{
	constexpr uint64_t kMcStatusWrEn = 1 << 18;

	Plan({Write(kHwcr, 1 << 3), Write(kHwcr, 1 << 6), Write(kHwcr, 1 << 8),
	      Write(kHwcr, kMcStatusWrEn), Read(kHwcr)});
	RunTo(TST_KVM_ENDED);
	for (size_t i = 0; i < 4; i++)
		ExpectDone(i);
	ExpectRead(4, kMcStatusWrEn);
	EXPECT_EQ(GetMsr(kHwcr), kMcStatusWrEn);
}

// Software divides by it: "IA32_PERF_STATUS", the maximum bus ratio in bits 40 to 44.
TEST_F(MsrRules, BusRatioIsNotZero)
{
	Plan({Read(kPerfStatus)});
	RunTo(TST_KVM_ENDED);
	ExpectDone(0);
	EXPECT_NE(access_[0].value >> 40 & 0x1f, 0u);
}

// APM Vol. 2 "Performance Counter MSRs": zero after a reset.
TEST_F(MsrRules, CountersAreZeroAtFirst)
{
	Plan({Read(kTsc), Read(0xc0010000), Read(kTsc), Read(0xc0010004), Read(kTsc),
	      Read(0xc0010007)});
	RunTo(TST_KVM_ENDED);
	for (size_t i : {1, 3, 5})
		ExpectRead(i, 0);
}

// KVM API, KVM_CAP_X86_USER_SPACE_MSR: what KVM does not know is told from what it refuses.
TEST_F(MsrRules, MsrBehindTheLastBankIsUnknown)
{
	constexpr uint32_t kBehind = 0x400 + 4 * 32;
	constexpr int kVmx = 5;
	kvm_tests::CpuidList cpuid;
	kvm_enable_cap cap = {};

	cpuid.Get(vm()->vcpu_fd);
	if (cpuid.Find(1)->ecx & 1 << kVmx)
		GTEST_SKIP() << "VMX has an MSR there";
	cap.cap = KVM_CAP_X86_USER_SPACE_MSR;
	cap.args[0] = KVM_MSR_EXIT_REASON_UNKNOWN;
	Plan({Read(kBehind), Write(kBehind, 0)});
	SAFE_IOCTL(vm()->vm_fd, KVM_ENABLE_CAP, &cap);
	for (int exit : {KVM_EXIT_X86_RDMSR, KVM_EXIT_X86_WRMSR}) {
		RunTo(exit);
		cpu()->run->msr.error = 0;
	}
	RunTo(TST_KVM_ENDED);
}

// What user space is to save, it can read, and write back.
TEST_F(MsrRules, AllListedOnesAreReadAndWritten)
{
	constexpr uint32_t kRoom = 1000;
	std::vector<uint32_t> buffer(1 + kRoom); // their number, then they
	int kvm = SAFE_OPEN("/dev/kvm", O_RDWR | O_CLOEXEC);

	Create(TST_KVM_KERNEL_IRQCHIP);
	buffer[0] = kRoom;
	SAFE_IOCTL(kvm, KVM_GET_MSR_INDEX_LIST, buffer.data());
	SAFE_CLOSE(kvm);
	ASSERT_GT(buffer[0], 20u);
	for (uint32_t i = 1; i <= buffer[0]; i++) {
		const uint32_t index = buffer[i];

		ASSERT_TRUE(HasMsr(vm()->vcpu_fd, index)) << "MSR " << std::hex << index;
		if (index != kTsc)
			EXPECT_EQ(SetMsr(index, GetMsr(index)), 1) << "MSR " << std::hex << index;
	}
}

} // namespace
