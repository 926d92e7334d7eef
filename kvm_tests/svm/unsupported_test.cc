// SPDX-License-Identifier: MIT
// A nested guest executes an instruction that its CPU, by CPUID, does not have, and that its
// hypervisor has asked to intercept. The instruction raises #UD (APM Vol. 3, "RDTSCP"), which
// comes before the intercept (APM Vol. 2, "Instruction Intercepts").
//
// KVM knew of the CPU's real abilities alone, and told the hypervisor of the intercept: fixed
// by 1d1722e52fcd.
#include "case_test.h"
#include "cpuid_list.h"

namespace
{

constexpr uint32_t kExtendedFeatures = 0x80000001;
constexpr uint32_t kRdtscp = 1 << 27; // of EDX

class Unsupported : public kvm_tests::CaseTest
{
};

TEST_F(Unsupported, InstructionIsInvalidThoughIntercepted)
{
	kvm_tests::CpuidList list;

	list.Get(cpu()->fd);
	ASSERT_TRUE(list.Find(kExtendedFeatures));
	list.Find(kExtendedFeatures)->edx &= ~kRdtscp;
	list.Set(cpu()->fd);
	Choose("unsupported");
	RunTo(TST_KVM_ENDED);
}

} // namespace
