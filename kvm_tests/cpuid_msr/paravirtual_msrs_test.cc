// SPDX-License-Identifier: MIT
// KVM's own MSRs, Documentation/virt/kvm/x86/msr.rst: there if CPUID says so
// (cpuid.rst), where KVM_CAP_ENFORCE_PV_FEATURE_CPUID makes it count (KVM API, 7.22).
#include "cpuid_list.h"
#include "msrs_fixture.h"

namespace
{

using kvm_tests::Read;
using kvm_tests::Write;

constexpr uint32_t kFeaturesLeaf = 0x40000001;
constexpr uint64_t kArea = 0x50000000; // memory for what KVM writes
constexpr uint64_t kEnabled = 1;

struct ParavirtualMsr {
	const char *name;
	uint32_t index;
	int feature; // bit of CPUID 0x40000001, EAX
	uint64_t value; // that the guest may write, and reads back
	uint64_t reserved; // bits of which msr.rst says that they are to be zero
};

[[maybe_unused]] void PrintTo(const ParavirtualMsr &msr, std::ostream *os)
{
	*os << msr.name;
}

class ParavirtualMsrs : public kvm_tests::MsrTest,
			public testing::WithParamInterface<ParavirtualMsr>
{
protected:
	// A machine whose CPU has the feature, or has it not.
	void Make(bool has_feature, bool is_enforced)
	{
		const uint32_t bit = 1u << GetParam().feature;
		kvm_tests::CpuidList cpuid;

		Create(TST_KVM_KERNEL_IRQCHIP);
		tst_kvm_alloc_memory(vm(), kAreaSlot, kArea, kPageSize, 0);
		cpuid.Get(vm()->vcpu_fd);
		kvm_cpuid_entry2 *features = cpuid.Find(kFeaturesLeaf);
		ASSERT_TRUE(features) << "KVM does not offer its own leaf of CPUID";
		if (!(features->eax & bit))
			GTEST_SKIP() << "this KVM does not offer bit " << GetParam().feature
				     << " of CPUID 0x40000001, EAX";
		if (!has_feature)
			features->eax &= ~bit;
		cpuid.Set(vm()->vcpu_fd);
		if (is_enforced) {
			kvm_enable_cap cap = {};

			cap.cap = KVM_CAP_ENFORCE_PV_FEATURE_CPUID;
			cap.args[0] = 1;
			SAFE_IOCTL(vm()->vcpu_fd, KVM_ENABLE_CAP, &cap);
		}
	}

	void Access()
	{
		const ParavirtualMsr &msr = GetParam();

		Plan({Write(msr.index, msr.value), Read(msr.index)});
		RunTo(TST_KVM_ENDED);
	}

	void ExpectAccessed()
	{
		ExpectDone(0);
		ExpectRead(1, GetParam().value);
	}

private:
	static constexpr unsigned int kAreaSlot = 10;
	static constexpr size_t kPageSize = 4096;
};

TEST_P(ParavirtualMsrs, AreThereWithTheirFeature)
{
	Make(true, true);
	if (IsSkipped())
		return;
	Access();
	ExpectAccessed();
}

TEST_P(ParavirtualMsrs, FaultWithoutTheirFeature)
{
	Make(false, true);
	if (IsSkipped())
		return;
	Access();
	ExpectFault(0);
	ExpectFault(1);
}

// "Otherwise, a guest may use the paravirtual features regardless of what has actually
// been exposed through the CPUID leaf."
TEST_P(ParavirtualMsrs, AreThereAnywayUnlessEnforced)
{
	Make(false, false);
	if (IsSkipped())
		return;
	Access();
	ExpectAccessed();
}

// SDM Vol. 2 "WRMSR": #GP for a reserved bit.
TEST_P(ParavirtualMsrs, ReservedBitsFault)
{
	const ParavirtualMsr &msr = GetParam();

	Make(true, true);
	for (uint64_t bit = 1; bit <= msr.reserved && !IsSkipped(); bit <<= 1) {
		if (!(msr.reserved & bit))
			continue;
		Make(true, true);
		Plan({Write(msr.index, msr.value | bit)});
		RunTo(TST_KVM_ENDED);
		ExpectFault(0);
	}
}

constexpr ParavirtualMsr kMsrs[] = {
	{"WallClockOld", 0x11, 0, kArea, 0},
	{"SystemTimeOld", 0x12, 0, kArea | kEnabled, 0},
	{"WallClock", 0x4b564d00, 3, kArea, 0},
	{"SystemTime", 0x4b564d01, 3, kArea | kEnabled, 0},
	{"AsyncPageFault", 0x4b564d02, 4, kArea | kEnabled, 3u << 4},
	{"StealTime", 0x4b564d03, 5, kArea | kEnabled, 0x1fu << 1},
	{"EndOfInterrupt", 0x4b564d04, 6, kArea | kEnabled, 1u << 1},
	{"PollControl", 0x4b564d05, 12, 0, 1u << 1},
	{"AsyncPageFaultVector", 0x4b564d06, 14, 0xf3, 1u << 8},
	{"AsyncPageFaultAck", 0x4b564d07, 14, 0, 0},
};

INSTANTIATE_TEST_SUITE_P(Cases, ParavirtualMsrs, testing::ValuesIn(kMsrs),
			 kvm_tests::NameOf<ParavirtualMsr>);

} // namespace
