/* SPDX-License-Identifier: MIT */
/* How a hypervisor sends events to its nested guest, one case each; a function of the payload has the name. */
#ifndef RINGSIDE_KVM_TESTS_SVM_EVENTS_H
#define RINGSIDE_KVM_TESTS_SVM_EVENTS_H

/* "Event Injection": EVENTINJ. */
#define INJECTED_CASES(NAME)               \
	NAME(Interrupt)                    \
	NAME(InterruptWhileMasked)         \
	NAME(Nmi)                          \
	NAME(InvalidOpcode)                \
	NAME(ProtectionFaultWithErrorCode) \
	NAME(PageFaultWithAddress)         \
	NAME(SoftwareInterrupt)            \
	NAME(NotValid)                     \
	NAME(DeliveryThatFaults)           \
	NAME(ExceptionThatFaults)          \
	NAME(ErrorCodeThatFaults)

/* "Virtualized Interrupts": V_IRQ and its kin; "Interrupt Shadows". */
#define VIRTUAL_CASES(NAME)                \
	NAME(VirtualInterrupt)             \
	NAME(VirtualInterruptWaitsForFlag) \
	NAME(VirtualInterruptNotAboveTpr)  \
	NAME(VirtualInterruptIgnoresTpr)   \
	NAME(VirtualInterruptIntercepted)  \
	NAME(VirtualInterruptAfterShadow)

#endif /* RINGSIDE_KVM_TESTS_SVM_EVENTS_H */
