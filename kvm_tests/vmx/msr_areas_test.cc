// SPDX-License-Identifier: MIT
// A VM exit saves the nested guest's MSRs and loads its hypervisor's, each from an area in
// memory: msr_areas.h. An entry there that no CPU takes shuts the CPU down.
#include "case_test.h"
#include "msr_areas.h"

namespace
{

using kvm_tests::NamedCase;

class MsrAreas : public kvm_tests::CaseTest, public testing::WithParamInterface<NamedCase>
{
protected:
	// Some cases reach for the APIC.
	void SetUp() override
	{
		CaseTest::SetUp();
		Create(TST_KVM_KERNEL_IRQCHIP);
		Choose(GetParam().name);
	}
};

// The guest's TSC is the host's: Bochs stores it with the offset that is for RDTSC alone
// (SDM Vol. 3, 25.6.5), and an offset of 0 makes no difference.
void ClearTscOffset(struct tst_kvm_vcpu *cpu)
{
	uint64_t offset = 0;
	const kvm_device_attr attr = {0, KVM_VCPU_TSC_CTRL, KVM_VCPU_TSC_OFFSET,
				      reinterpret_cast<uintptr_t>(&offset)};

	SAFE_IOCTL(cpu->fd, KVM_SET_DEVICE_ATTR, &attr);
}

TEST_P(MsrAreas, AreHeeded)
{
	ClearTscOffset(cpu());
	RunTo(TST_KVM_ENDED);
}

#define NAME(name, ...) {#name},

constexpr NamedCase kAreas[] = {AREA_CASES(NAME)};

INSTANTIATE_TEST_SUITE_P(Cases, MsrAreas, testing::ValuesIn(kAreas), kvm_tests::NameOf<NamedCase>);

class VmxAborts : public MsrAreas
{
};

TEST_P(VmxAborts, ShutTheCpuDown)
{
	RunTo(KVM_EXIT_SHUTDOWN);
	EXPECT_EQ(*Shared<uint32_t>("entered"), 1u);
	EXPECT_EQ(*Shared<uint32_t>("came_back"), 0u) << "the hypervisor goes on";
}

constexpr NamedCase kAborts[] = {ABORT_CASES(NAME)};

INSTANTIATE_TEST_SUITE_P(Cases, VmxAborts, testing::ValuesIn(kAborts),
			 kvm_tests::NameOf<NamedCase>);

} // namespace
