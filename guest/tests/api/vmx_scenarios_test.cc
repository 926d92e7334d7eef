// SPDX-License-Identifier: MIT
// What the VMX library refuses, and how its nested guests fail.
#include "nested_scenarios_fixture.h"

namespace
{

class VmxScenarios : public NestedScenarios
{
};

TEST_F(VmxScenarios, VmxThatTheHostDisabledSkipsTheTest)
{
	ExpectEnd(SCENARIO_DISABLED, TCONF,
		  "VMX is disabled by the host: IA32_FEATURE_CONTROL is locked at 0x1");
}

TEST_F(VmxScenarios, StacksTakeNoDescriptor)
{
	ExpectEnd(SCENARIO_GDT_FULL, TPASS, "many nested CPUs, no descriptor");
}

// Nothing of VMX, but it takes a CPU: KVM's instruction emulator has no software
// interrupts, and QEMU 7.2 gives them a wrong error code in 64-bit mode.
TEST_F(VmxScenarios, InterruptWithoutAHandlerIsNamed)
{
	ExpectEnd(SCENARIO_NO_GATE, TBROK, "Unexpected interrupt 64, error code 0x202");
}

TEST_F(VmxScenarios, StackOverflowOfANestedGuestIsExplained)
{
	ExpectEnd(SCENARIO_STACK_OVERFLOW, TBROK,
		  "a nested guest has used up its stack, 8192 bytes");
}

TEST_F(VmxScenarios, ExceptionInANestedGuestIsExplained)
{
	ExpectException("guest/tests/api/nested_guests.h");
}

TEST_F(VmxScenarios, ExceptionInANestedGuestCanBeHandled)
{
	ExpectEnd(SCENARIO_EXCEPTION_HANDLED, TPASS, "the nested guest returned 13");
}

TEST_F(VmxScenarios, ReadingWithoutAVmcsIsRefused)
{
	ExpectEnd(SCENARIO_READ_WITHOUT_VMCS, TBROK,
		  "kvm_vmx_vmread(0x681e): there is no current VMCS");
}

TEST_F(VmxScenarios, UnknownFieldsAreRefused)
{
	ExpectEnd(SCENARIO_READ_UNKNOWN_FIELD, TBROK,
		  "kvm_vmx_vmread(0x7ffe): the CPU does not have this VMCS field");
}

TEST_F(VmxScenarios, WritesToUnknownFieldsAreRefused)
{
	ExpectEnd(SCENARIO_WRITE_UNKNOWN_FIELD, TBROK,
		  "kvm_vmx_vmwrite(0x7ffe, 0x123456789abcdef0): the CPU does not have this");
}

TEST_F(VmxScenarios, ClearingAMisalignedVmcsIsRefused)
{
	ExpectEnd(SCENARIO_CLEAR_MISALIGNED, TBROK, "VMCLEAR of an invalid physical address");
}

TEST_F(VmxScenarios, LoadingAMisalignedVmcsIsRefused)
{
	ExpectEnd(SCENARIO_LOAD_MISALIGNED, TBROK, "VMPTRLD of an invalid physical address");
}

TEST_F(VmxScenarios, ResumingWhatWasNotLaunchedIsExplained)
{
	ExpectEnd(SCENARIO_RESUME_REFUSED, TBROK,
		  "kvm_vmx_vmrun: VMRESUME refused: VMRESUME of a VMCS that was not launched (VMX "
		  "instruction error 5)");
}

TEST_F(VmxScenarios, LaunchingTwiceIsExplained)
{
	ExpectEnd(SCENARIO_LAUNCH_REFUSED, TBROK,
		  "kvm_vmx_vmrun: VMLAUNCH refused: VMLAUNCH of a VMCS that is not clear (VMX "
		  "instruction error 4)");
}

TEST_F(VmxScenarios, BadControlsAreExplained)
{
	ExpectEnd(SCENARIO_BAD_CONTROLS, TBROK,
		  "VMLAUNCH refused: invalid control field in the VMCS (VMX instruction error 7)");
}

TEST_F(VmxScenarios, BadGuestStateIsExplained)
{
	ExpectEnd(SCENARIO_BAD_GUEST_STATE, TBROK,
		  "kvm_vmx_vmrun: VM entry failed: invalid guest state in the VMCS (reason 33, "
		  "qualification 0)");
}

} // namespace
