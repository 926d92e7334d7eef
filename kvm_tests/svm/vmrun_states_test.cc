// SPDX-License-Identifier: MIT
// VMRUN refuses a VMCB that no CPU may run, with VMEXIT_INVALID in all 64 bits of the
// exit code, and takes one that is legal: the table in vmrun_states.h. KVM has to find
// out by itself: what it hands to the CPU is another VMCB, which it made from this one.
#include "case_test.h"
#include "vmrun_states.h"

namespace
{

using kvm_tests::NamedCase;

class VmrunStates : public kvm_tests::CaseTest, public testing::WithParamInterface<NamedCase>
{
};

TEST_P(VmrunStates, AreJudged)
{
	Choose(GetParam().name);
	RunTo(TST_KVM_ENDED);
}

#define NAME(name, statement) {#name},

constexpr NamedCase kStates[] = {
#if defined(STATES_OF_LONG_MODE)
	ILLEGAL_STATES_OF_LONG_MODE(NAME)
#elif defined(STATES_OF_NESTED_PAGING)
	ILLEGAL_STATES_OF_NESTED_PAGING(NAME)
#elif defined(RESERVED_EVENTS)
	EVENTS_OF_RESERVED_TYPES(NAME)
#elif defined(EVENTS)
	ILLEGAL_EVENTS(NAME)
#else
	ILLEGAL_STATES(NAME) LEGAL_STATES(NAME)
#endif
};

INSTANTIATE_TEST_SUITE_P(Cases, VmrunStates, testing::ValuesIn(kStates),
			 kvm_tests::NameOf<NamedCase>);

} // namespace
