// SPDX-License-Identifier: MIT
// What the SVM library refuses, and how its nested guests fail.
#include "nested_scenarios_fixture.h"

namespace
{

class SvmScenarios : public NestedScenarios
{
};

TEST_F(SvmScenarios, SvmThatTheHostDisabledSkipsTheTest)
{
	ExpectEnd(SCENARIO_DISABLED, TCONF, "SVM is disabled by the host: VM_CR.SVMDIS is set");
}

TEST_F(SvmScenarios, StacksTakeNoDescriptor)
{
	ExpectEnd(SCENARIO_GDT_FULL, TPASS, "many nested CPUs, no descriptor");
}

TEST_F(SvmScenarios, StackOverflowOfANestedGuestIsExplained)
{
	ExpectEnd(SCENARIO_STACK_OVERFLOW, TBROK,
		  "a nested guest has used up its stack, 8192 bytes");
}

TEST_F(SvmScenarios, ExceptionInANestedGuestIsExplained)
{
	ExpectException("guest/tests/api/nested_guests.h");
}

TEST_F(SvmScenarios, ExceptionInANestedGuestCanBeHandled)
{
	ExpectEnd(SCENARIO_EXCEPTION_HANDLED, TPASS, "the nested guest returned 13");
}

} // namespace
