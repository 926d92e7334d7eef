/* SPDX-License-Identifier: MIT */
/* What the payload and the controller of the tests of changed page tables know together. */
#ifndef RINGSIDE_KVM_TESTS_MMU_STALE_H
#define RINGSIDE_KVM_TESTS_MMU_STALE_H

/* Where no memory is. */
#define DEVICE_ADDRESS 0x40000000u

/* What the guest writes before and after it has forgotten the old translation. */
#define FIRST_VALUE 0x11111111u
#define SECOND_VALUE 0x22222222u

#endif /* RINGSIDE_KVM_TESTS_MMU_STALE_H */
