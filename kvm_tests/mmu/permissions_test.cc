// SPDX-License-Identifier: MIT
// A guest's page tables mean what the manual says: SDM Vol. 3 "Paging", APM Vol. 2 "Page
// Translation and Protection". With shadow paging, KVM reads them in the CPU's place; and
// with any, for an instruction that it executes itself.
#include <cstring>

#include "case_test.h"
#include "permissions.h"

namespace
{

using kvm_tests::NamedCase;

class Paging : public kvm_tests::CaseTest, public testing::WithParamInterface<NamedCase>
{
};

int ReadDevice(struct tst_kvm_vcpu *vcpu, void *arg)
{
	const uint32_t value = CODE;

	if (vcpu->run->mmio.phys_addr != DEVICE || vcpu->run->mmio.is_write)
		return -1;
	memcpy(vcpu->run->mmio.data, &value, sizeof(value));
	return 0;
}

TEST_P(Paging, MeansWhatTheManualSays)
{
	tst_kvm_on_exit(vm(), KVM_EXIT_MMIO, ReadDevice, nullptr);
	Choose(GetParam().name);
	RunTo(TST_KVM_ENDED);
}

#define NAME(name, ...) {#name},

constexpr NamedCase kCases[] = {
#ifdef CASES_OF_64_BITS
	ENTRY_CASES_OF_64_BITS(NAME)
#else
	ENTRY_CASES(NAME) PAGING_CASES(NAME)
#endif
};

INSTANTIATE_TEST_SUITE_P(Cases, Paging, testing::ValuesIn(kCases), kvm_tests::NameOf<NamedCase>);

} // namespace
