// SPDX-License-Identifier: MIT
// 32-bit paging: two levels of tables with entries of 4 bytes, and pages of 4 MiB. SDM Vol. 3
// "32-Bit Paging"; APM Vol. 2 "Legacy-Mode Page Translation", "Normal (Non-PAE) Paging". With
// shadow paging, KVM has two tables for one of the guest's.
#include "case_test.h"
#include "legacy.h"

namespace
{

using kvm_tests::NamedCase;

class Legacy : public kvm_tests::CaseTest
{
};

class Paging32 : public Legacy, public testing::WithParamInterface<NamedCase>
{
};

TEST_P(Paging32, MeansWhatTheManualSays)
{
	Choose(GetParam().name);
	RunTo(TST_KVM_ENDED);
}

#define NAME(name) {#name},

constexpr NamedCase kCases[] = {LEGACY_CASES(NAME)};

INSTANTIATE_TEST_SUITE_P(Cases, Paging32, testing::ValuesIn(kCases), kvm_tests::NameOf<NamedCase>);

TEST_F(Legacy, LargePageAbove4GiB)
{
	const auto *memory = static_cast<volatile uint32_t *>(
		tst_kvm_alloc_memory(vm(), 2, FAR_MEMORY, FAR_SIZE, 0));

	Choose("write_far");
	RunTo(TST_KVM_ENDED);
	EXPECT_EQ(memory[0], FAR_VALUE);
	EXPECT_EQ(memory[FAR_SIZE / sizeof(uint32_t) - 1], FAR_VALUE + 1);
}

} // namespace
