// SPDX-License-Identifier: MIT
// VMRUN and the exit switch each register between a hypervisor and its nested guest:
// the tables in guest_state.h.
#include "case_test.h"
#include "guest_state.h"

namespace
{

using kvm_tests::NamedCase;

class GuestState : public kvm_tests::CaseTest, public testing::WithParamInterface<NamedCase>
{
};

TEST_P(GuestState, IsSwitched)
{
	Choose(GetParam().name);
	RunTo(TST_KVM_ENDED);
}

#define NAME(name, ...) {#name},

constexpr NamedCase kCases[] = {ENTER_CASES(NAME) EXIT_CASES(NAME) OTHER_CASES(NAME)};

INSTANTIATE_TEST_SUITE_P(Cases, GuestState, testing::ValuesIn(kCases),
			 kvm_tests::NameOf<NamedCase>);

} // namespace
