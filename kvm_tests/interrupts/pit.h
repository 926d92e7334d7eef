/* SPDX-License-Identifier: MIT */
/* What the payload and the controller of the PIT's test know together. */
#ifndef RINGSIDE_KVM_TESTS_PIT_H
#define RINGSIDE_KVM_TESTS_PIT_H

#define PIT_COUNT 0x4567

#endif /* RINGSIDE_KVM_TESTS_PIT_H */
