/* SPDX-License-Identifier: MIT */
/* What the payload and the controller of the virtual CPUs' tests know together. */
#ifndef RINGSIDE_KVM_TESTS_VCPU_H
#define RINGSIDE_KVM_TESTS_VCPU_H

#define VECTOR 0x45
#define DEVICE_PORT 0x5100

/* The page that a startup IPI names; free memory of the payload's. */
#define STARTUP_PAGE 0x90

#endif /* RINGSIDE_KVM_TESTS_VCPU_H */
