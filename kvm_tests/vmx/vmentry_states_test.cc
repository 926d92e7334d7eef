// SPDX-License-Identifier: MIT
// A VM entry refuses a VMCS that no CPU may run, in the way that the manual has for it,
// and takes one that is legal: the table in vmentry_states.h. KVM has to find out by
// itself: what it hands to the CPU is another VMCS, which it made from this one.
#include "case_test.h"
#include "vmentry_states.h"

namespace
{

using kvm_tests::NamedCase;

class VmentryStates : public kvm_tests::CaseTest, public testing::WithParamInterface<NamedCase>
{
};

TEST_P(VmentryStates, AreJudged)
{
	// One case reaches for the APIC.
	Create(TST_KVM_KERNEL_IRQCHIP);
	Choose(GetParam().name);
	RunTo(TST_KVM_ENDED);
}

#define NAME(name, statement) {#name},

constexpr NamedCase kStates[] = {
#if defined(STATES_OF_64_BITS)
	ILLEGAL_HOST_STATES_OF_64_BITS(NAME) ILLEGAL_GUEST_STATES_OF_64_BITS(NAME)
#elif defined(STATES_OF_32_BITS)
	ILLEGAL_HOST_STATES_OF_32_BITS(NAME) ILLEGAL_PAGE_DIRECTORIES_OF_32_BITS(NAME)
#elif defined(STATES_OF_EPT)
	ILLEGAL_CONTROLS_OF_EPT(NAME)
#else
	ILLEGAL_CONTROLS(NAME) ILLEGAL_HOST_STATES(NAME) ILLEGAL_GUEST_STATES(NAME)
		ILLEGAL_LINK_POINTERS(NAME) ILLEGAL_MSR_LOADS(NAME) LEGAL_STATES(NAME)
#endif
};

INSTANTIATE_TEST_SUITE_P(Cases, VmentryStates, testing::ValuesIn(kStates),
			 kvm_tests::NameOf<NamedCase>);

} // namespace
