/* SPDX-License-Identifier: MIT */
/* The cases of task_switch. */
#ifndef RINGSIDE_KVM_TESTS_EMULATOR_TASK_SWITCH_H
#define RINGSIDE_KVM_TESTS_EMULATOR_TASK_SWITCH_H

#define SWITCHES(C)                 \
	C(JumpAndJumpBack)          \
	C(JumpThroughTaskGate)      \
	C(CallAndReturn)            \
	C(InterruptThroughTaskGate) \
	C(ExceptionThroughTaskGate) \
	C(LocalTableIsLoaded)       \
	C(LocalBreakpointsAreSwitchedOff)

#endif /* RINGSIDE_KVM_TESTS_EMULATOR_TASK_SWITCH_H */
