// SPDX-License-Identifier: MIT
// Instructions in the kernel's name and in a user's, by groups: instructions_payload.c.
#include "instructions.h"
#include "instructions_fixture.h"

namespace
{

using kvm_tests::NamedCase;

class Instructions : public kvm_tests::InstructionsTest,
		     public testing::WithParamInterface<NamedCase>
{
};

TEST_P(Instructions, AreDoneAsTheCpuDoesThem)
{
	Run(GetParam().name);
}

#define GROUP(name) NamedCase{#name},
constexpr NamedCase kGroups[] = {GROUPS(GROUP)};

INSTANTIATE_TEST_SUITE_P(Groups, Instructions, testing::ValuesIn(kGroups),
			 kvm_tests::NameOf<NamedCase>);

} // namespace
