// SPDX-License-Identifier: MIT
// A nested guest stops where its hypervisor has asked for it, with the exit code that
// the manual has for it, and nowhere else: the table in intercepts.h. KVM intercepts
// for itself, too, and has to tell its own intercepts from the hypervisor's.
#include "case_test.h"
#include "intercepts.h"

namespace
{

using kvm_tests::NamedCase;

class Intercepts : public kvm_tests::CaseTest, public testing::WithParamInterface<NamedCase>
{
};

TEST_P(Intercepts, StopTheNestedGuest)
{
	Choose(GetParam().name);
	RunTo(TST_KVM_ENDED);
}

#define NAME(name, ...) {#name},

constexpr NamedCase kIntercepts[] = {
#ifdef CASES_OF_64_BITS
	INTERCEPTS_OF_64_BITS(NAME)
#else
	INTERCEPTS(NAME) SPECIAL_INTERCEPTS(NAME)
#endif
};

INSTANTIATE_TEST_SUITE_P(Cases, Intercepts, testing::ValuesIn(kIntercepts),
			 kvm_tests::NameOf<NamedCase>);

} // namespace
