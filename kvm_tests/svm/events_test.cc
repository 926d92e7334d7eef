// SPDX-License-Identifier: MIT
// Events that a hypervisor sends to its nested guest: APM Vol. 2, "Event Injection",
// "Interrupt and Local APIC Support", "EXITINTINFO"; the cases are in events.h.
#include "case_test.h"
#include "events.h"

namespace
{

using kvm_tests::NamedCase;

class Events : public kvm_tests::CaseTest, public testing::WithParamInterface<NamedCase>
{
};

TEST_P(Events, ReachTheNestedGuest)
{
	Choose(GetParam().name);
	RunTo(TST_KVM_ENDED);
}

#define NAME(name) {#name},

constexpr NamedCase kCases[] = {INJECTED_CASES(NAME) VIRTUAL_CASES(NAME)};

INSTANTIATE_TEST_SUITE_P(Cases, Events, testing::ValuesIn(kCases), kvm_tests::NameOf<NamedCase>);

} // namespace
