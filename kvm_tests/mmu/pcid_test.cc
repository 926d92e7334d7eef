// SPDX-License-Identifier: MIT
// A CPU keeps translations of several process contexts. What a guest tells it to forget of
// them is read anew from the tables: SDM Vol. 3 "Process-Context Identifiers (PCIDs)",
// "Operations that Invalidate TLBs and Paging-Structure Caches"; Vol. 2 "INVPCID". With
// shadow paging, KVM keeps the shadows of the last few contexts, and executes INVPCID.
#include "case_test.h"
#include "pcid.h"

namespace
{

using kvm_tests::NamedCase;

class Pcid : public kvm_tests::CaseTest, public testing::WithParamInterface<NamedCase>
{
};

TEST_P(Pcid, IsForgotten)
{
	Choose(GetParam().name);
	RunTo(TST_KVM_ENDED);
}

#define NAME(name) {#name},

constexpr NamedCase kCases[] = {PCID_CASES(NAME)};

INSTANTIATE_TEST_SUITE_P(Cases, Pcid, testing::ValuesIn(kCases), kvm_tests::NameOf<NamedCase>);

} // namespace
