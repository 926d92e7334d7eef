// SPDX-License-Identifier: MIT
// A nested guest under its hypervisor's EPT: the tables in ept.h. KVM has to do what the
// CPU does with an EPT, since the CPU walks tables that KVM has made from two.
#include "case_test.h"
#include "ept.h"

namespace
{

using kvm_tests::NamedCase;

class Ept : public kvm_tests::CaseTest, public testing::WithParamInterface<NamedCase>
{
};

TEST_P(Ept, IsHeeded)
{
	Choose(GetParam().name);
	RunTo(TST_KVM_ENDED);
}

#define NAME(name, ...) {#name},

constexpr NamedCase kCases[] = {VIOLATIONS(NAME) MISCONFIGURATIONS(NAME) OTHER_CASES(NAME)};

INSTANTIATE_TEST_SUITE_P(Cases, Ept, testing::ValuesIn(kCases), kvm_tests::NameOf<NamedCase>);

} // namespace
