// SPDX-License-Identifier: MIT
// A nested guest under its hypervisor's nested page tables: the tables in npt.h. KVM has to do
// what the CPU does with them, since the CPU walks tables that KVM has made from two.
#include "case_test.h"
#include "npt.h"

namespace
{

using kvm_tests::NamedCase;

int Ignore(struct tst_kvm_vcpu *, void *)
{
	return 0;
}

class Npt : public kvm_tests::CaseTest, public testing::WithParamInterface<NamedCase>
{
};

TEST_P(Npt, IsHeeded)
{
	// A port, of which no device is behind it.
	tst_kvm_on_exit(vm(), KVM_EXIT_IO, Ignore, nullptr);
	Choose(GetParam().name);
	RunTo(TST_KVM_ENDED);
}

#define NAME(name, ...) {#name},

constexpr NamedCase kCases[] = {NPT_FAULTS(NAME) OTHER_CASES(NAME)};

INSTANTIATE_TEST_SUITE_P(Cases, Npt, testing::ValuesIn(kCases), kvm_tests::NameOf<NamedCase>);

} // namespace
