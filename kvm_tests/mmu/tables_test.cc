// SPDX-License-Identifier: MIT
// A guest changes its page tables, and forgets what it knew of them: from then on, the new
// entries are in force, however they were written. SDM Vol. 3 "Invalidation of TLBs and
// Paging-Structure Caches", "Accessed and Dirty Flags"; APM Vol. 2 "TLB Management".
#include "case_test.h"
#include "tables.h"

namespace
{

using kvm_tests::NamedCase;

class Tables : public kvm_tests::CaseTest, public testing::WithParamInterface<NamedCase>
{
};

TEST_P(Tables, AreInForce)
{
	Choose(GetParam().name);
	RunTo(TST_KVM_ENDED);
}

#define NAME(name, ...) {#name},

constexpr NamedCase kCases[] = {
#ifdef CASES_OF_64_BITS
	WRITE_CASES_OF_64_BITS(NAME)
#else
	WRITE_CASES(NAME) TABLE_CASES(NAME)
#endif
};

INSTANTIATE_TEST_SUITE_P(Cases, Tables, testing::ValuesIn(kCases), kvm_tests::NameOf<NamedCase>);

} // namespace
