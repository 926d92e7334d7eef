// SPDX-License-Identifier: MIT
// Hardware task switches, which KVM does for any CPU: task_switch_payload.c.
#include "case_test.h"
#include "task_switch.h"

namespace
{

using kvm_tests::NamedCase;

class TaskSwitch : public kvm_tests::CaseTest, public testing::WithParamInterface<NamedCase>
{
protected:
	void Run()
	{
		Choose(GetParam().name);
		RunTo(TST_KVM_ENDED);
	}
};

class RefusedTaskSwitch : public TaskSwitch
{
};

TEST_P(TaskSwitch, SavesAndLoadsTheRegisters)
{
	Run();
}

TEST_P(RefusedTaskSwitch, StaysInTheTask)
{
	Run();
}

#define CASE(name) NamedCase{#name},
constexpr NamedCase kSwitches[] = {SWITCHES(CASE)};
constexpr NamedCase kRefusals[] = {REFUSALS(CASE)};

INSTANTIATE_TEST_SUITE_P(Switches, TaskSwitch, testing::ValuesIn(kSwitches),
			 kvm_tests::NameOf<NamedCase>);
INSTANTIATE_TEST_SUITE_P(Refusals, RefusedTaskSwitch, testing::ValuesIn(kRefusals),
			 kvm_tests::NameOf<NamedCase>);

} // namespace
