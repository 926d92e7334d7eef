/* SPDX-License-Identifier: MIT */
/* What the payload and the controller of the MMIO tests know together. */
#ifndef RINGSIDE_KVM_TESTS_MMIO_H
#define RINGSIDE_KVM_TESTS_MMIO_H

/* The guest has it mapped one to one, and no memory is there. */
#define MMIO_BASE 0x40000000u
#define MMIO_BYTES 0x4000u

#endif /* RINGSIDE_KVM_TESTS_MMIO_H */
