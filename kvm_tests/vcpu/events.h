/* SPDX-License-Identifier: MIT */
/* What the payload and the controller of the events' tests know together. */
#ifndef RINGSIDE_KVM_TESTS_EVENTS_H
#define RINGSIDE_KVM_TESTS_EVENTS_H

#define EVENT_VECTOR 0x45
#define STEPPED_PORT 0x5200

#endif /* RINGSIDE_KVM_TESTS_EVENTS_H */
