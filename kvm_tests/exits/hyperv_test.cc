// SPDX-License-Identifier: MIT
// Hyper-V's ways to interrupt a CPU, in a machine without KVM's APICs: each must fail, and
// the host survive. A synthetic interrupt controller "has to be activated": KVM API,
// KVM_CAP_HYPERV_SYNIC; the results of calls are in the Hyper-V Top-Level Functional
// Specification. CVE-2022-2153 (7ec37d1cbe17, b1e34d325397) and CVE-2025-21779: KVM went to
// an APIC that was not there.
#include <sys/ioctl.h>

#include "case_test.h"
#include "cpuid_list.h"

namespace
{

using kvm_tests::NamedCase;

// TLFS, "Feature and Interface Discovery".
constexpr uint32_t kVendorLeaf = 0x40000000, kInterfaceLeaf = 0x40000001;
constexpr uint32_t kInterface = 0x31237648; // "Hv#1"

class HyperV : public kvm_tests::CaseTest
{
protected:
	void SetUp() override
	{
		kvm_tests::CpuidList cpuid;

		CaseTest::SetUp();
		cpuid.Get(vm()->vcpu_fd);
		for (uint32_t leaf : {kVendorLeaf, kInterfaceLeaf})
			if (!cpuid.Find(leaf))
				cpuid.Add(leaf);
		cpuid.Find(kVendorLeaf)->eax = kInterfaceLeaf;
		cpuid.Find(kInterfaceLeaf)->eax = kInterface;
		cpuid.Set(vm()->vcpu_fd);
	}
};

class Hypercalls : public HyperV, public testing::WithParamInterface<NamedCase>
{
};

TEST_P(Hypercalls, FailWithoutAnApic)
{
	Choose(GetParam().name);
	RunTo(TST_KVM_ENDED);
}

constexpr NamedCase kCalls[] = {{"send_ipi_fast"}, {"send_ipi"},     {"send_ipi_ex"},
				{"signal_event"},  {"post_message"}, {"synic_msrs"}};

INSTANTIATE_TEST_SUITE_P(Cases, Hypercalls, testing::ValuesIn(kCalls),
			 kvm_tests::NameOf<NamedCase>);

// Nor has user space a way in.
TEST_F(HyperV, UserSpaceCannotSetMsrsOfAnInactiveController)
{
	constexpr uint32_t kControl = 0x40000080, kTimerConfig = 0x400000b0,
			   kTimerCount = 0x400000b1;

	for (uint32_t index : {kControl, kTimerConfig, kTimerCount}) {
		struct {
			kvm_msrs header;
			kvm_msr_entry entry;
		} msrs = {{1, 0, {}}, {index, 0, 1}};

		EXPECT_EQ(ioctl(vm()->vcpu_fd, KVM_SET_MSRS, &msrs), 0)
			<< "MSR " << std::hex << index << " is set";
	}
}

} // namespace
