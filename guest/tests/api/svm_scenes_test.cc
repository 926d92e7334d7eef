// SPDX-License-Identifier: MIT
// What the SVM library refuses, and how its nested guests fail.
#include "nested_scenes_fixture.h"

namespace
{

class SvmScenes : public NestedScenes
{
};

TEST_F(SvmScenes, SvmThatTheHostDisabledSkipsTheTest)
{
	ExpectEnd(SCENE_DISABLED, TCONF, "SVM is disabled by the host: VM_CR.SVMDIS is set");
}

TEST_F(SvmScenes, StacksTakeNoDescriptor)
{
	ExpectEnd(SCENE_GDT_FULL, TPASS, "many nested CPUs, no descriptor");
}

TEST_F(SvmScenes, StackOverflowOfANestedGuestIsExplained)
{
	ExpectEnd(SCENE_STACK_OVERFLOW, TBROK, "a nested guest has used up its stack, 8192 bytes");
}

TEST_F(SvmScenes, ExceptionInANestedGuestIsExplained)
{
	ExpectException("guest/tests/api/nested_guests.h");
}

TEST_F(SvmScenes, ExceptionInANestedGuestCanBeHandled)
{
	ExpectEnd(SCENE_EXCEPTION_HANDLED, TPASS, "the nested guest returned 13");
}

} // namespace
