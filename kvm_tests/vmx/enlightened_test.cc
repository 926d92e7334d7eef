// SPDX-License-Identifier: MIT
// A nested hypervisor that believes to be under Hyper-V, with enlightened VMCSs: KVM API,
// KVM_CAP_HYPERV_ENLIGHTENED_VMCS; TLFS, "Nested Virtualization". What they hold is in
// enlightened_fields.h, what is tried in enlightened.h.
#include <sys/ioctl.h>

#include <cstring>
#include <vector>

#include "case_test.h"
#include "cpuid_list.h"
#include "enlightened.h"

namespace
{

using kvm_tests::NamedCase;

// TLFS, "Feature and Interface Discovery".
constexpr uint32_t kVendorLeaf = 0x40000000, kInterfaceLeaf = 0x40000001, kFeatureLeaf = 0x40000003,
		   kRecommendationLeaf = 0x40000004, kNestedLeaf = 0x4000000a;
constexpr uint32_t kInterface = 0x31237648; // "Hv#1"
constexpr uint32_t kApicMsrs = 1 << 4, kHypercallMsrs = 1 << 5;
constexpr uint32_t kEnlightenedVmcs = 1 << 14;

int Ignore(struct tst_kvm_vcpu *, void *)
{
	return 0;
}

class Enlightened : public kvm_tests::CaseTest
{
protected:
	void SetUp() override
	{
		uint16_t versions = 0;
		kvm_enable_cap cap = {};

		CaseTest::SetUp();
		cap.cap = KVM_CAP_HYPERV_ENLIGHTENED_VMCS;
		cap.args[0] = reinterpret_cast<uintptr_t>(&versions);
		if (ioctl(vm()->vm_fd, KVM_CHECK_EXTENSION, cap.cap) <= 0)
			tst_brk(TCONF, "this KVM has no enlightened VMCS");
		SAFE_IOCTL(vm()->vcpu_fd, KVM_ENABLE_CAP, &cap);
		// The lowest and the highest version.
		ASSERT_EQ(versions & 0xff, 1);
		SetCpuid(versions);
	}

	kvm_nested_state *GetNested()
	{
		const int size = ioctl(vm()->vm_fd, KVM_CHECK_EXTENSION, KVM_CAP_NESTED_STATE);

		nested_.resize(size);
		auto *state = reinterpret_cast<kvm_nested_state *>(nested_.data());
		state->size = size;
		SAFE_IOCTL(vm()->vcpu_fd, KVM_GET_NESTED_STATE, state);
		return state;
	}

private:
	void SetCpuid(uint16_t versions)
	{
		kvm_tests::CpuidList cpuid;

		cpuid.Get(vm()->vcpu_fd);
		for (uint32_t leaf :
		     {kVendorLeaf, kInterfaceLeaf, kFeatureLeaf, kRecommendationLeaf, kNestedLeaf})
			if (!cpuid.Find(leaf))
				cpuid.Add(leaf);
		cpuid.Find(kVendorLeaf)->eax = kNestedLeaf;
		cpuid.Find(kInterfaceLeaf)->eax = kInterface;
		cpuid.Find(kFeatureLeaf)->eax = kApicMsrs | kHypercallMsrs;
		cpuid.Find(kRecommendationLeaf)->eax = kEnlightenedVmcs;
		cpuid.Find(kNestedLeaf)->eax = versions;
		cpuid.Set(vm()->vcpu_fd);
	}

	std::vector<char> nested_;
};

class EnlightenedCases : public Enlightened, public testing::WithParamInterface<NamedCase>
{
};

TEST_P(EnlightenedCases, Work)
{
	// A port, of which no device is behind it.
	tst_kvm_on_exit(vm(), KVM_EXIT_IO, Ignore, nullptr);
	Choose(GetParam().name);
	RunTo(TST_KVM_ENDED);
}

#define NAME(name, ...) {#name},

constexpr NamedCase kCases[] = {ENLIGHTENED_CASES(NAME) CHANGES(NAME)};

INSTANTIATE_TEST_SUITE_P(Cases, EnlightenedCases, testing::ValuesIn(kCases),
			 kvm_tests::NameOf<NamedCase>);

// KVM_SET_NESTED_STATE of what KVM_GET_NESTED_STATE has given, in the nested guest and
// outside: the guest goes on, and the enlightened VMCS stays in use.
TEST_F(Enlightened, IsSavedAndLoaded)
{
	Choose("Saved");
	for (uint32_t mode : {KVM_STATE_NESTED_GUEST_MODE, 0}) {
		RunTo(KVM_EXIT_IO);
		// The exit is completed first: KVM API, KVM_RUN.
		vm()->vcpu_info->immediate_exit = 1;
		ASSERT_EQ(ioctl(vm()->vcpu_fd, KVM_RUN, 0), -1);
		vm()->vcpu_info->immediate_exit = 0;

		kvm_nested_state *state = GetNested();
		EXPECT_TRUE(state->flags & KVM_STATE_NESTED_EVMCS);
		EXPECT_EQ(state->flags & KVM_STATE_NESTED_GUEST_MODE, mode);
		SAFE_IOCTL(vm()->vcpu_fd, KVM_SET_NESTED_STATE, state);
	}
	RunTo(TST_KVM_ENDED);
}

} // namespace
