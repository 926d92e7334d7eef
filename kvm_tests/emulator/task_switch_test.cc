// SPDX-License-Identifier: MIT
// Hardware task switches, which KVM does for any CPU: task_switch_payload.c.
#include "case_test.h"
#include "task_switch.h"

namespace
{

using kvm_tests::NamedCase;

class TaskSwitch : public kvm_tests::CaseTest, public testing::WithParamInterface<NamedCase>
{
};

TEST_P(TaskSwitch, SavesAndLoadsTheRegisters)
{
	Choose(GetParam().name);
	RunTo(TST_KVM_ENDED);
}

#define CASE(name) NamedCase{#name},
constexpr NamedCase kSwitches[] = {SWITCHES(CASE)};

INSTANTIATE_TEST_SUITE_P(Switches, TaskSwitch, testing::ValuesIn(kSwitches),
			 kvm_tests::NameOf<NamedCase>);

} // namespace
