/* SPDX-License-Identifier: MIT */
/* The cases of task_switch, by what becomes of them. */
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

#define REFUSALS(C)            \
	C(BusyTask)            \
	C(AbsentTask)          \
	C(ShortTask)           \
	C(Short16BitTask)      \
	C(LocalSelectorOfTask) \
	C(UsersSelectorOfTask) \
	C(AbsentTaskGate)      \
	C(GateToBusyTask)      \
	C(GateToData)          \
	C(ReturnToTaskNotBusy)

#endif /* RINGSIDE_KVM_TESTS_EMULATOR_TASK_SWITCH_H */
