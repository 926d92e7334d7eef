/* SPDX-License-Identifier: MIT */
/* What the payload and the controller of the debugging tests know together. */
#ifndef RINGSIDE_KVM_TESTS_DEBUG_H
#define RINGSIDE_KVM_TESTS_DEBUG_H

/* Where no memory is. */
#define DEVICE_ADDRESS 0x40000000u

#endif /* RINGSIDE_KVM_TESTS_DEBUG_H */
