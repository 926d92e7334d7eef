// SPDX-License-Identifier: MIT
// A nested guest stops where its hypervisor has asked for it, with the reason and the
// qualification that the manual has for it, and nowhere else: the tables in exits.h.
// A port that the hypervisor lets pass leaves the virtual machine, and not to L1.
#include "case_test.h"
#include "exits.h"

namespace
{

using kvm_tests::NamedCase;

class VmExits : public kvm_tests::CaseTest, public testing::WithParamInterface<NamedCase>
{
};

int Ignore(struct tst_kvm_vcpu *, void *)
{
	return 0;
}

TEST_P(VmExits, ComeAsAskedFor)
{
	// Ports, of which no device is behind any.
	tst_kvm_on_exit(vm(), KVM_EXIT_IO, Ignore, nullptr);
	Choose(GetParam().name);
	RunTo(TST_KVM_ENDED);
}

#define NAME(name, ...) {#name},

constexpr NamedCase kCases[] = {
#ifdef CASES_OF_64_BITS
	EXIT_CASES_OF_64_BITS(NAME)
#else
	EXIT_CASES(NAME) ALWAYS_CASES(NAME) PASS_CASES(NAME) FAULT_CASES(NAME) OTHER_CASES(NAME)
#endif
};

INSTANTIATE_TEST_SUITE_P(Cases, VmExits, testing::ValuesIn(kCases), kvm_tests::NameOf<NamedCase>);

} // namespace
