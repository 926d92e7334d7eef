/* SPDX-License-Identifier: MIT */
/* What the payload and the controller of the interrupt controllers' tests know together. */
#ifndef RINGSIDE_KVM_TESTS_IRQCHIP_H
#define RINGSIDE_KVM_TESTS_IRQCHIP_H

#define PIN 5
#define VECTOR 0x55
#define OTHER_VECTOR 0x66

/* A write to it asks the controller for something. */
#define DEVICE_PORT 0x5100

/* Where no memory is; and a port. */
#define DOORBELL_ADDRESS 0x40000000u
#define DOORBELL_PORT 0x5200
#define RING_VALUE 0x12345678u

#endif /* RINGSIDE_KVM_TESTS_IRQCHIP_H */
