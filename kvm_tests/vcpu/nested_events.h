/* SPDX-License-Identifier: MIT */
/* What the payload and the controller of the nested guest's events know together. */
#ifndef RINGSIDE_KVM_TESTS_NESTED_EVENTS_H
#define RINGSIDE_KVM_TESTS_NESTED_EVENTS_H

#define NESTED_PORT 0x5400

#endif /* RINGSIDE_KVM_TESTS_NESTED_EVENTS_H */
