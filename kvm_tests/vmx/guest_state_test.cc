// SPDX-License-Identifier: MIT
// Registers of a nested guest that come from the VMCS and go there: the tables in
// guest_state.h. KVM reads most of the latter when the hypervisor asks.
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
#define LOADED(name, ...) {#name "Loaded"}, {#name "NotLoaded"},

constexpr NamedCase kCases[] = {LOADED_REGISTERS(LOADED) SEGMENTS(NAME) SAVED_REGISTERS(NAME)
					OTHER_CASES(NAME)};

INSTANTIATE_TEST_SUITE_P(Cases, GuestState, testing::ValuesIn(kCases),
			 kvm_tests::NameOf<NamedCase>);

} // namespace
