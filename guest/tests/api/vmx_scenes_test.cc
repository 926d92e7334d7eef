// SPDX-License-Identifier: MIT
// What the VMX library refuses, and how its nested guests fail.
#include "nested_scenes_fixture.h"

namespace
{

class VmxScenes : public NestedScenes
{
};

TEST_F(VmxScenes, VmxThatTheHostDisabledSkipsTheTest)
{
	ExpectEnd(SCENE_DISABLED, TCONF,
		  "VMX is disabled by the host: IA32_FEATURE_CONTROL is locked at 0x1");
}

TEST_F(VmxScenes, StacksTakeNoDescriptor)
{
	ExpectEnd(SCENE_GDT_FULL, TPASS, "many nested CPUs, no descriptor");
}

// Nothing of VMX, but it takes a CPU: KVM's instruction emulator has no software
// interrupts, and QEMU 7.2 gives them a wrong error code in 64-bit mode.
TEST_F(VmxScenes, InterruptWithoutAHandlerIsNamed)
{
	ExpectEnd(SCENE_NO_GATE, TBROK, "Unexpected interrupt 64, error code 0x202");
}

TEST_F(VmxScenes, StackOverflowOfANestedGuestIsExplained)
{
	ExpectEnd(SCENE_STACK_OVERFLOW, TBROK, "a nested guest has used up its stack, 8192 bytes");
}

TEST_F(VmxScenes, ExceptionInANestedGuestIsExplained)
{
	ExpectException("guest/tests/api/nested_guests.h");
}

TEST_F(VmxScenes, ExceptionInANestedGuestCanBeHandled)
{
	ExpectEnd(SCENE_EXCEPTION_HANDLED, TPASS, "the nested guest returned 13");
}

TEST_F(VmxScenes, ReadingWithoutAVmcsIsRefused)
{
	ExpectEnd(SCENE_READ_WITHOUT_VMCS, TBROK,
		  "kvm_vmx_vmread(0x681e): there is no current VMCS");
}

TEST_F(VmxScenes, UnknownFieldsAreRefused)
{
	ExpectEnd(SCENE_READ_UNKNOWN_FIELD, TBROK,
		  "kvm_vmx_vmread(0x7ffe): the CPU does not have this VMCS field");
}

TEST_F(VmxScenes, WritesToUnknownFieldsAreRefused)
{
	ExpectEnd(SCENE_WRITE_UNKNOWN_FIELD, TBROK,
		  "kvm_vmx_vmwrite(0x7ffe, 0x123456789abcdef0): the CPU does not have this");
}

TEST_F(VmxScenes, ClearingAMisalignedVmcsIsRefused)
{
	ExpectEnd(SCENE_CLEAR_MISALIGNED, TBROK, "VMCLEAR of an invalid physical address");
}

TEST_F(VmxScenes, LoadingAMisalignedVmcsIsRefused)
{
	ExpectEnd(SCENE_LOAD_MISALIGNED, TBROK, "VMPTRLD of an invalid physical address");
}

TEST_F(VmxScenes, ResumingWhatWasNotLaunchedIsExplained)
{
	ExpectEnd(SCENE_RESUME_REFUSED, TBROK,
		  "kvm_vmx_vmrun: VMRESUME refused: VMRESUME of a VMCS that was not launched (VMX "
		  "instruction error 5)");
}

TEST_F(VmxScenes, LaunchingTwiceIsExplained)
{
	ExpectEnd(SCENE_LAUNCH_REFUSED, TBROK,
		  "kvm_vmx_vmrun: VMLAUNCH refused: VMLAUNCH of a VMCS that is not clear (VMX "
		  "instruction error 4)");
}

TEST_F(VmxScenes, BadControlsAreExplained)
{
	ExpectEnd(SCENE_BAD_CONTROLS, TBROK,
		  "VMLAUNCH refused: invalid control field in the VMCS (VMX instruction error 7)");
}

TEST_F(VmxScenes, BadGuestStateIsExplained)
{
	ExpectEnd(SCENE_BAD_GUEST_STATE, TBROK,
		  "kvm_vmx_vmrun: VM entry failed: invalid guest state in the VMCS (reason 33, "
		  "qualification 0)");
}

} // namespace
