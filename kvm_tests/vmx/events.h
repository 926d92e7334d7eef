/* SPDX-License-Identifier: MIT */
/*
 * Events that stop a nested guest, reach it, or are sent to it: Intel SDM Vol. 3, "Other
 * Causes of VM Exits" (26.2), "Event Blocking" (26.4.1), "Event Injection" (27.6), "Special
 * Features of VM Entry" (27.7), "Information for VM Exits During Event Delivery" (28.2.4).
 */
#ifndef RINGSIDE_KVM_TESTS_VMX_EVENTS_H
#define RINGSIDE_KVM_TESTS_VMX_EVENTS_H

/* Functions of their own in the payload. */
#define EVENT_CASES(NAME)                   \
	NAME(ExternalInterrupt)             \
	NAME(ExternalInterruptMasked)       \
	NAME(ExternalInterruptAcknowledged) \
	NAME(InterruptOfGuest)              \
	NAME(InterruptOfGuestMasked)        \
	NAME(NmiStops)                      \
	NAME(NmiOfGuest)                    \
	NAME(NmiWindow)                     \
	NAME(NmiWindowWhileBlocked)         \
	NAME(MonitorTrap)                   \
	NAME(MonitorTrapInjected)           \
	NAME(MonitorTrapBehindEmulation)    \
	NAME(InitSignal)                    \
	NAME(TimerStopsLoop)                \
	NAME(TimerStopsHalt)                \
	NAME(InjectionEndsHalt)             \
	NAME(TimerSaved)                    \
	NAME(TimerNotSaved)                 \
	NAME(PostedInterrupt)               \
	NAME(PostedInterruptAboveVirtual)   \
	NAME(PageFaultOfOutput)             \
	NAME(PageFaultOfInput)              \
	NAME(PageFaultThatDiffers)          \
	NAME(PageFaultThatMatches)          \
	NAME(PageFaultOfGuest)              \
	NAME(ProtectionFaultOfMsr)          \
	NAME(SingleStepOverOutput)

/*
 * Sent by a VM entry: it reaches the guest; and if that faults, the exit tells of both.
 *	INJECTION(name, interruption information, error code, instruction length)
 */
#define INJECTIONS(INJECTION)                                                \
	INJECTION(Interrupt, EVENT(0, VECTOR), 0, 0)                         \
	INJECTION(Nmi, EVENT(2, 2), 0, 0)                                    \
	INJECTION(InvalidOpcode, EVENT(3, 6), 0, 0)                          \
	INJECTION(ProtectionFault, EVENT(3, 13) | EVENT_ERROR_CODE, 0x58, 0) \
	INJECTION(SoftwareInterrupt, EVENT(4, VECTOR), 0, 2)                 \
	INJECTION(Breakpoint, EVENT(6, 3), 0, 1)

#endif /* RINGSIDE_KVM_TESTS_VMX_EVENTS_H */
